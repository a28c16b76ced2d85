//! What people want to do with a case.

use crate::document::reception::Received;
use crate::procedure::StepKey;

use super::event::{AlertSeen, Attributes, Entry, Evidence, IssueEnd, Lapse, Reason, Seen};
use super::handing::Shown;
use super::id::{EntryId, IssuanceId};
use super::settlement::ReceiptNumber;

/// What a person wants to do with a case.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Do a step.
    Do(Work),
    /// 交付, with the fee where one is due.
    HandOver(Box<Shown>),
    /// A receipt is printed.
    PrintReceipt {
        /// Which.
        receipt: ReceiptNumber,
    },
    /// More, or other, became known of the case.
    Amend {
        /// What.
        attributes: Attributes,
    },
    /// 受付の記録: who came, for what, with which papers.
    Record {
        /// What was recorded.
        request: Received,
    },
    /// 差戻し to the last entry, from collation, examination, approval or sealing.
    Return {
        /// Why.
        reason: Reason,
    },
    /// 修正依頼 to the visitor.
    RequestCorrection {
        /// What.
        reason: Reason,
    },
    /// 本市へ引継ぎ.
    HandToCity {
        /// Why.
        reason: Reason,
    },
    /// Back from the city's staff, who did themselves what had stopped.
    HandBack,
    /// 不交付.
    Refuse {
        /// Why.
        reason: Reason,
    },
    /// T1 of issuing: a number for one copy of an approved document.
    BeginIssue {
        /// The issuance.
        issuance: IssuanceId,
        /// Of which document.
        entry: EntryId,
        /// The number line.
        number: String,
        /// What else the page depends on.
        evidence: Evidence,
    },
    /// T2 of issuing: the end of that number.
    EndIssue {
        /// The issuance.
        issuance: IssuanceId,
        /// Which end.
        end: IssueEnd,
    },
    /// What was approved can no longer be printed as it was seen.
    Lapse {
        /// Which document.
        entry: EntryId,
        /// Why.
        cause: Lapse,
    },
    /// 書損.
    Spoil {
        /// The issuance.
        issuance: IssuanceId,
        /// Why.
        reason: Reason,
    },
}

/// A step, and what was made, seen or confirmed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Which step.
    pub step: StepKey,
    /// Documents entered.
    pub entries: Vec<Entry>,
    /// Documents seen before a decision, at a gate.
    pub seen: Vec<Seen>,
    /// Alerts that were seen before a decision.
    pub alerts: Vec<AlertSeen>,
    /// Ids of sheets that the program does not print and that a person confirms to exist.
    pub confirmed: Vec<String>,
}

impl Work {
    /// A step with which nothing is made.
    pub fn plain(step: StepKey) -> Self {
        Self { step, entries: Vec::new(), seen: Vec::new(), alerts: Vec::new(), confirmed: Vec::new() }
    }
}

impl Command {
    /// Its name in logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Do(_) => "a step",
            Self::HandOver(_) => "handing over",
            Self::PrintReceipt { .. } => "printing a receipt",
            Self::Amend { .. } => "an amendment",
            Self::Record { .. } => "a record of the reception",
            Self::Return { .. } => "a return",
            Self::RequestCorrection { .. } => "a request for correction",
            Self::HandToCity { .. } => "handing to the city",
            Self::HandBack => "handing back",
            Self::Refuse { .. } => "a refusal",
            Self::BeginIssue { .. } => "the beginning of an issuance",
            Self::EndIssue { .. } => "the end of an issuance",
            Self::Lapse { .. } => "a lapse",
            Self::Spoil { .. } => "spoiling",
        }
    }
}
