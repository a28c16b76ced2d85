//! What happened to a case. Events are never changed and never taken back; every form in which one was
//! ever written stays readable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::reception::Received;
use crate::domain::calendar::Day;
use crate::procedure::StepKey;
use crate::procedure::settings::PersonRule;

use super::actor::By;
use super::handing::HandingFault;
use super::id::{CaseId, EntryId, IssuanceId, OfficeId};
use super::settlement::{ReceiptNumber, Settlement};
use super::warrant::Cover;
use super::wire;

/// Attributes of a case by their ids, as its flow asks for them.
pub type Attributes = BTreeMap<String, String>;

/// Why something was done, in a person's words. They may name people.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(String);

impl Reason {
    /// A reason, or none if nothing was written.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The data of a document as it was entered: JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Data(pub std::sync::Arc<str>);

impl From<String> for Data {
    fn from(json: String) -> Self {
        Self(json.into())
    }
}

impl From<Data> for String {
    fn from(data: Data) -> Self {
        data.0.as_ref().to_owned()
    }
}

impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A document as it was entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Id of its kind.
    pub kind: String,
    /// 部数: how many are to be issued.
    pub copies: u8,
    /// What was entered, with what it would be printed.
    pub cover: Cover,
    /// The data itself.
    pub data: Data,
    /// Where it is from.
    #[serde(default, skip_serializing_if = "Source::is_plain")]
    pub source: Source,
}

/// Where the content of a document is from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// Typed by who entered it.
    #[default]
    Typed,
    /// Composed from what is held of somebody, as was asked for.
    Composed {
        /// What was held, by kind and 履歴番号.
        subjects: Vec<Held>,
        /// 交付請求: JSON.
        request: Data,
        /// Of which day it is: the oldest that any of it is known to stand.
        #[serde(with = "wire::maybe_text", skip_serializing_if = "Option::is_none", default)]
        as_of: Option<Day>,
    },
    /// Typed by who entered it, over what is held: it is to change that.
    Change {
        /// What was held, by kind and 履歴番号; 0 of whom nothing was.
        subjects: Vec<Held>,
    },
}

impl Source {
    /// Whether somebody typed it.
    pub fn is_typed(&self) -> bool {
        matches!(self, Self::Typed | Self::Change { .. })
    }

    /// Whether nothing more is to be said of it than that.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Typed)
    }
}

/// What was held of somebody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Which kind of record.
    pub kind: String,
    /// 宛名番号.
    pub atena_bango: String,
    /// 世帯番号, of a resident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setai_bango: Option<String>,
    /// 履歴番号.
    pub rireki_bango: u32,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// An alert (抑止 that forbids nothing) that somebody saw before a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertSeen {
    /// Which suppression.
    pub id: String,
    /// Version.
    pub version: u64,
}

/// A document that somebody saw before a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Which.
    pub entry: EntryId,
    /// What of it.
    pub cover: Cover,
}

/// 受付: how a case began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Which case.
    pub case: CaseId,
    /// The office that received it.
    pub office: OfficeId,
    /// Id of the flow.
    pub procedure: String,
    /// SHA-256 of the flow's text: a case ends on the version with which it began.
    #[serde(with = "wire::hex")]
    pub version: [u8; 32],
    /// What is known of it.
    pub attributes: Attributes,
    /// The day, by the register's clock.
    #[serde(with = "wire::text")]
    pub day: Day,
    /// Who received it.
    pub by: By,
}

/// What a page depends on besides what was approved: with it, the page can be made again to the same
/// bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The program that made it; no other makes the same bytes.
    pub program: String,
    /// Key of the paper.
    pub paper: String,
    /// Host of the verification page that the QR names.
    pub host: String,
    /// 端末名番号, as the number line has it.
    pub terminal: String,
    /// プリンタ番号, likewise; empty where it was not known.
    pub printer: String,
}

/// Why an approval no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lapse {
    /// The 証明日 is over.
    DayOver,
    /// The program prints it otherwise than it was seen.
    OtherTemplate,
    /// Another signatory certifies.
    OtherIssuer,
    /// The record behind it is no longer what it was.
    SourceChanged,
}

/// How an issuance ended. It ends once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum IssueEnd {
    /// Released.
    Issued {
        /// SHA-256 of the released file.
        #[serde(with = "wire::hex")]
        sha256: [u8; 32],
        /// Pages.
        pages: u16,
    },
    /// Nothing was released under the number, and nothing ever will be.
    Voided {
        /// Code of what stood in the way.
        cause: String,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// 受付.
    Opened(Opening),
    /// More, or other, became known of the case.
    AttributesAmended {
        /// What.
        attributes: Attributes,
        /// By whom.
        by: By,
    },
    /// 受付の記録: who came, for what, with which papers.
    RequestRecorded {
        /// What was recorded.
        request: Received,
        /// By whom.
        by: By,
    },
    /// 入力: a document was entered.
    DocumentEntered {
        /// Its number in the case.
        id: EntryId,
        /// At which step.
        step: StepKey,
        /// The document.
        entry: Entry,
        /// By whom.
        by: By,
    },
    /// A sheet that the program does not print exists, as a person confirms.
    PrintedElsewhere {
        /// Id of the document.
        kind: String,
        /// At which step.
        step: StepKey,
        /// By whom.
        by: By,
    },
    /// A rule between persons was relaxed for this step.
    RuleRelaxed {
        /// Which.
        rule: PersonRule,
        /// At which step.
        step: StepKey,
        /// For whom.
        by: By,
    },
    /// A step was done.
    StepDone {
        /// Which.
        step: StepKey,
        /// What was seen before it was decided, at a gate.
        seen: Vec<Seen>,
        /// On which day, by the register's clock; none of what was written before days were noted.
        #[serde(with = "wire::maybe_text", skip_serializing_if = "Option::is_none", default)]
        day: Option<Day>,
        /// By whom.
        by: By,
    },
    /// 交付: what was shown was right, and went out.
    HandedOver {
        /// At which step.
        step: StepKey,
        /// Codes of its sheets, n/N.
        sheets: Vec<String>,
        /// 収納.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settlement: Option<Settlement>,
        /// By whom.
        by: By,
    },
    /// What was shown was not right, and nothing went out.
    HandingStopped {
        /// At which step.
        step: StepKey,
        /// What was wrong.
        fault: HandingFault,
        /// By whom.
        by: By,
    },
    /// A receipt was printed; after the first time it says that it is printed again.
    ReceiptPrinted {
        /// Which.
        receipt: ReceiptNumber,
        /// By whom.
        by: By,
    },
    /// 異動の反映: what was entered became the next records of what is held.
    SubjectsFilled {
        /// At which step.
        step: StepKey,
        /// The records, by kind and 履歴番号.
        subjects: Vec<Held>,
        /// By whom.
        by: By,
    },
    /// アラート: what is known of somebody was seen before a decision.
    AlertsSeen {
        /// At which step.
        step: StepKey,
        /// What.
        alerts: Vec<AlertSeen>,
        /// By whom.
        by: By,
    },
    /// 差戻し: back to the last entry.
    Returned {
        /// From where.
        from: StepKey,
        /// To where.
        to: StepKey,
        /// Why.
        reason: Reason,
        /// By whom.
        by: By,
    },
    /// 修正依頼: the visitor is asked to correct the form.
    CorrectionRequested {
        /// From where.
        from: StepKey,
        /// To where.
        to: StepKey,
        /// What.
        reason: Reason,
        /// By whom.
        by: By,
    },
    /// The approval no longer holds: back to examination.
    ApprovalLapsed {
        /// To where.
        to: StepKey,
        /// Why.
        cause: Lapse,
        /// Who wanted to issue.
        by: By,
    },
    /// 本市へ引継ぎ.
    HandedToCity {
        /// From where.
        step: StepKey,
        /// Why.
        reason: Reason,
        /// By whom.
        by: By,
    },
    /// Back from the city's staff.
    HandedBack {
        /// The step that they did themselves, if any.
        done: Option<StepKey>,
        /// By whom.
        by: By,
    },
    /// 不交付: the end, with its reason.
    Refused {
        /// At which step.
        step: StepKey,
        /// Why.
        reason: Reason,
        /// By whom.
        by: By,
    },
    /// T1: a number was given.
    IssueBegun {
        /// The issuance.
        issuance: IssuanceId,
        /// Of which document.
        entry: EntryId,
        /// The number line.
        number: String,
        /// What else the page depends on.
        evidence: Evidence,
        /// By whom.
        by: By,
    },
    /// T2: the number has its end.
    IssueEnded {
        /// The issuance.
        issuance: IssuanceId,
        /// Which end.
        end: IssueEnd,
        /// By whom.
        by: By,
    },
    /// 書損: a released sheet was spoiled and is not handed over; another may be issued for it.
    Spoiled {
        /// The issuance.
        issuance: IssuanceId,
        /// Why.
        reason: Reason,
        /// By whom.
        by: By,
    },
}

/// An event as the register keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Its type.
    pub kind: &'static str,
    /// Version of the body's form.
    pub version: u32,
    /// JSON.
    pub body: Vec<u8>,
}

/// An event could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A body that is not of its type and version.
    #[error("reading an event {kind} of version {version}: {source}")]
    Body {
        /// Type.
        kind: String,
        /// Version.
        version: u32,
        /// Why.
        source: serde_json::Error,
    },
    /// A type or version that this program does not know.
    #[error("reading an event: the type {kind} has no version {version}")]
    Unknown {
        /// Type.
        kind: String,
        /// Version.
        version: u32,
    },
}

impl EventError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Body { .. } => "event-body",
            Self::Unknown { .. } => "event-unknown",
        }
    }
}

/// Versions in which events are written. A new version adds its reading to [`Event::decode`]; the old
/// reading stays.
const VERSION: u32 = 1;

impl Event {
    /// Its type, as the register names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::AttributesAmended { .. } => "attributes-amended",
            Self::RequestRecorded { .. } => "request-recorded",
            Self::DocumentEntered { .. } => "document-entered",
            Self::PrintedElsewhere { .. } => "printed-elsewhere",
            Self::RuleRelaxed { .. } => "rule-relaxed",
            Self::StepDone { .. } => "step-done",
            Self::HandedOver { .. } => "handed-over",
            Self::HandingStopped { .. } => "handing-stopped",
            Self::ReceiptPrinted { .. } => "receipt-printed",
            Self::SubjectsFilled { .. } => "subjects-filled",
            Self::AlertsSeen { .. } => "alerts-seen",
            Self::Returned { .. } => "returned",
            Self::CorrectionRequested { .. } => "correction-requested",
            Self::ApprovalLapsed { .. } => "approval-lapsed",
            Self::HandedToCity { .. } => "handed-to-city",
            Self::HandedBack { .. } => "handed-back",
            Self::Refused { .. } => "refused",
            Self::IssueBegun { .. } => "issue-begun",
            Self::IssueEnded { .. } => "issue-ended",
            Self::Spoiled { .. } => "spoiled",
        }
    }

    /// Who did it.
    pub fn by(&self) -> &By {
        match self {
            Self::Opened(Opening { by, .. })
            | Self::AttributesAmended { by, .. }
            | Self::RequestRecorded { by, .. }
            | Self::DocumentEntered { by, .. }
            | Self::PrintedElsewhere { by, .. }
            | Self::RuleRelaxed { by, .. }
            | Self::StepDone { by, .. }
            | Self::HandedOver { by, .. }
            | Self::HandingStopped { by, .. }
            | Self::ReceiptPrinted { by, .. }
            | Self::SubjectsFilled { by, .. }
            | Self::AlertsSeen { by, .. }
            | Self::Returned { by, .. }
            | Self::CorrectionRequested { by, .. }
            | Self::ApprovalLapsed { by, .. }
            | Self::HandedToCity { by, .. }
            | Self::HandedBack { by, .. }
            | Self::Refused { by, .. }
            | Self::IssueBegun { by, .. }
            | Self::IssueEnded { by, .. }
            | Self::Spoiled { by, .. } => by,
        }
    }

    /// As the register keeps it.
    pub fn encode(&self) -> Result<Encoded, EventError> {
        let failed = |source| EventError::Body { kind: self.kind().to_owned(), version: VERSION, source };
        let body = serde_json::to_vec(self).map_err(failed)?;
        Ok(Encoded { kind: self.kind(), version: VERSION, body })
    }

    /// As it was kept. Its type must be the one under which it stood.
    pub fn decode(kind: &str, version: u32, body: &[u8]) -> Result<Self, EventError> {
        let unknown = || EventError::Unknown { kind: kind.to_owned(), version };
        if version != VERSION {
            return Err(unknown());
        }
        let event: Self = serde_json::from_slice(body).map_err(|source| EventError::Body {
            kind: kind.to_owned(),
            version,
            source,
        })?;
        if event.kind() == kind { Ok(event) } else { Err(unknown()) }
    }
}
