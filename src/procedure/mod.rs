//! 業務フロー: the 48 procedures as data (`flows/*.toml`), and what reads them.
//!
//! A file says once who does what, where, with which papers, and in which order; `load.rs` reads it and
//! refuses what would let a case stand still or the wrong party decide.

pub mod diagram;
mod documents;
mod load;
pub mod settings;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::identity::Needed;
use crate::document::juminhyo_utsushi::ShojoJiyu;
use crate::document::reception::Form;
use crate::document::request::Kubun;

pub use documents::{DocumentName, Documents};
pub use load::{Fault, ProcedureError};

/// 当事者: on whose side a person stands. No rule between parties can be configured away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// 来庁者.
    Visitor,
    /// 受注者.
    Contractor,
    /// 本市.
    City,
    /// Somebody outside the office: 出入国在留管理庁, 市税事務所, 他担当.
    Outside,
}

/// 役割: what a person may be at work as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 来庁者.
    Visitor,
    /// 受注者（窓口）.
    ContractorCounter,
    /// 受注者（バックヤード・入力）.
    ContractorInput,
    /// 受注者（照合）.
    ContractorCollator,
    /// 受注者（保管）.
    ContractorArchivist,
    /// 本市（審査）.
    CityReviewer,
    /// 本市（承認）.
    CityApprover,
    /// 本市（公印）.
    CitySealKeeper,
    /// 本市（窓口）.
    CityCounter,
    /// 本市（ＣＳ端末・専用システム）.
    CityTerminal,
    /// 本市（翌日処理）.
    CityNextday,
    /// 出入国在留管理庁.
    Immigration,
    /// 市税事務所.
    TaxOffice,
    /// 他担当（保険等）.
    OtherDesk,
}

impl Role {
    /// Its word in data.
    pub fn key(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::ContractorCounter => "contractor-counter",
            Self::ContractorInput => "contractor-input",
            Self::ContractorCollator => "contractor-collator",
            Self::ContractorArchivist => "contractor-archivist",
            Self::CityReviewer => "city-reviewer",
            Self::CityApprover => "city-approver",
            Self::CitySealKeeper => "city-seal-keeper",
            Self::CityCounter => "city-counter",
            Self::CityTerminal => "city-terminal",
            Self::CityNextday => "city-nextday",
            Self::Immigration => "immigration",
            Self::TaxOffice => "tax-office",
            Self::OtherDesk => "other-desk",
        }
    }

    /// On whose side a person in this role stands.
    pub fn party(self) -> Party {
        match self {
            Self::Visitor => Party::Visitor,
            Self::ContractorCounter | Self::ContractorInput | Self::ContractorCollator | Self::ContractorArchivist => {
                Party::Contractor
            }
            Self::CityReviewer
            | Self::CityApprover
            | Self::CitySealKeeper
            | Self::CityCounter
            | Self::CityTerminal
            | Self::CityNextday => Party::City,
            Self::Immigration | Self::TaxOffice | Self::OtherDesk => Party::Outside,
        }
    }
}

/// 場所.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// 窓口.
    Counter,
    /// バックヤード.
    BackYard,
    /// 郵送.
    Post,
    /// Not in the office: before the visit.
    Outside,
    /// The source does not say.
    Unstated,
}

/// How sure the source is of who does a step, or where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Printed, or clear from the words.
    #[default]
    Stated,
    /// Not printed, but follows from the sheet.
    Inferred,
    /// Left open: a recommendation, which a city may settle otherwise.
    Open,
}

/// What kind of act a step is: the rules of who may do it hang on this, not on its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// 記入・作成 by the visitor.
    Fill,
    /// 届出・請求・申請・申出, and the showing of papers.
    Submit,
    /// 受付・確認 (of form, not of right).
    Receive,
    /// 受付登録.
    Register,
    /// 番号札の配付.
    GiveSlip,
    /// 番号札の受領.
    TakeSlip,
    /// 案内・説明・伝達.
    Guide,
    /// 入力（仮登録）・作成・出力: what is returned comes back here.
    Enter,
    /// 裏書・補記・住居地の記載.
    Annotate,
    /// 照合.
    Collate,
    /// 審査・確認 by 本市.
    Review,
    /// 承認入力.
    Approve,
    /// 公印の押印.
    Seal,
    /// 交付または不交付の決定 (税).
    Decide,
    /// 呼出.
    Call,
    /// 番号札の提出.
    ReturnSlip,
    /// 番号札の確認.
    CheckSlip,
    /// 交付 (without a fee), 発送 of what was asked for.
    HandOver,
    /// レジ入金・レシート作成・交付.
    Collect,
    /// 納付と受領.
    Pay,
    /// 受領 by the visitor.
    Take,
    /// 本人確認の実施.
    Identify,
    /// ＣＳ端末・統合端末・専用システム.
    Terminal,
    /// 本人確認通知作成, 住基法第9条2項通知の作成.
    Notify,
    /// 送付.
    Send,
    /// 書類の提出・整理・保管・引抜・抜出.
    File,
    /// 他の区役所への依頼.
    Request,
    /// Making in another ward's office.
    MakeElsewhere,
    /// 受理 (of another ward's paper, of a 戸籍届, of what 出入国在留管理庁 sent).
    Accept,
    /// 引継ぎ・依頼 between parties.
    Pass,
    /// Anything else that a person confirms.
    Other,
}

impl Act {
    /// The party that alone may do it. Review, approval, seal, decision, identification and terminals
    /// are 本市's; collation, 補記 and fees are 受注者's; what a visitor does nobody does instead.
    pub fn party(self) -> Option<Party> {
        match self {
            Self::Fill | Self::Submit | Self::TakeSlip | Self::ReturnSlip | Self::Pay | Self::Take => {
                Some(Party::Visitor)
            }
            Self::Collate | Self::Annotate | Self::Collect => Some(Party::Contractor),
            Self::Review | Self::Approve | Self::Seal | Self::Decide | Self::Identify | Self::Terminal => {
                Some(Party::City)
            }
            _ => None,
        }
    }

    /// Whether a person in this role may do it at all.
    pub fn may_be_done_by(self, role: Role) -> bool {
        self.party().is_none_or(|party| party == role.party())
    }
}

/// Key of a step, unique within its procedure: `14a`, `5x` (⑤’), `u1` (a box without a number).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct StepKey(String);

/// A key of a step is not of its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key of a step: a number with a, b or x after it, or u and a number")]
pub struct StepKeyForm(String);

impl StepKey {
    /// Reads a key.
    pub fn parse(text: &str) -> Result<Self, StepKeyForm> {
        let digits = text.strip_prefix('u').unwrap_or_else(|| text.strip_suffix(['a', 'b', 'x']).unwrap_or(text));
        let is_number = (1..=2).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { Ok(Self(text.to_owned())) } else { Err(StepKeyForm(text.to_owned())) }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StepKey {
    type Error = StepKeyForm;
    fn try_from(text: String) -> Result<Self, StepKeyForm> {
        Self::parse(&text)
    }
}

impl From<StepKey> for String {
    fn from(key: StepKey) -> Self {
        key.0
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A row of steps that follow each other: `main`, `cashier`, `payer`, `filing`, `next-day`, `other-ward`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Branch(pub String);

impl Default for Branch {
    fn default() -> Self {
        Self("main".to_owned())
    }
}

/// Who does a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performer {
    /// Who does it by default.
    pub role: Role,
    /// Who a city may choose instead; never a party that a rule forbids.
    pub alternatives: Vec<Role>,
    /// How sure the source is.
    pub certainty: Certainty,
    /// In another ward's office (他の区役所).
    pub elsewhere: bool,
}

/// A paper in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Name, as printed.
    pub name: String,
    /// Id of the document, if the procedure makes it.
    pub id: Option<String>,
    /// （括弧書き）: only where there is one.
    pub only_if_any: bool,
}

/// When a step is done: all of these attributes of the case have these values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// As printed; empty where only the city's practice asks for it.
    pub text: String,
    /// What must hold.
    pub all: Vec<Term>,
}

impl Condition {
    /// Whether it holds, given what the case says of each attribute.
    pub fn holds<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.all.iter().all(|term| value(&term.attribute) == Some(term.is.as_str()))
    }
}

/// An attribute of the case has a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Term {
    /// Attribute.
    pub attribute: String,
    /// Value.
    pub is: String,
}

/// An attribute of the case that the procedure asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Id, romanised.
    pub id: String,
    /// Values; the first is the default.
    pub values: Vec<String>,
}

/// One step (工程).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Key, unique within the procedure.
    pub key: StepKey,
    /// Number, as printed; a box without a number has none.
    pub number: Option<String>,
    /// 行為. Where the print breaks off, completed.
    pub action: String,
    /// 行為 as printed, where it was completed.
    pub printed: Option<String>,
    /// What kind of act it is.
    pub act: Act,
    /// Who does it.
    pub performer: Performer,
    /// Where.
    pub place: Place,
    /// How sure the source is of the place.
    pub place_certainty: Certainty,
    /// 細目.
    pub details: Vec<String>,
    /// Papers that come in.
    pub documents_in: Vec<Paper>,
    /// Papers that go out.
    pub documents_out: Vec<Paper>,
    /// Ids of the documents that it makes.
    pub generates: Vec<String>,
    /// When it is done; without one, always.
    pub condition: Option<Condition>,
    /// 翌日処理.
    pub next_day: bool,
    /// The row it belongs to.
    pub branch: Branch,
    /// Every step that must be over before this one.
    pub after: Vec<StepKey>,
    /// A box that is not this system's step (他担当での確認): shown, never waited for.
    pub outside: bool,
    /// Line in the file.
    pub line: usize,
    /// A remark of the source.
    pub note: Option<String>,
}

/// What approval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// 承認入力.
    ApproveInput,
    /// 公印の押印.
    Seal,
    /// 審査, 本人確認 or 受理, where no 承認入力 is printed.
    Review,
    /// 交付または不交付の決定 (税).
    Decide,
    /// No gate at all: 広域交付.
    None,
}

impl GateKind {
    /// Whether a step with this act can be such a gate.
    pub fn is_done_by(self, act: Act) -> bool {
        match self {
            Self::ApproveInput => act == Act::Approve,
            Self::Seal => act == Act::Seal,
            Self::Review => matches!(act, Act::Review | Act::Identify | Act::Accept),
            Self::Decide => act == Act::Decide,
            Self::None => false,
        }
    }
}

/// What opens what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// What approval is here.
    pub kind: GateKind,
    /// The step that is the gate.
    pub step: Option<StepKey>,
    /// The steps that wait for it. None wait for a gate that ends the case.
    pub opens: Vec<StepKey>,
}

/// How a document gets its seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealPolicy {
    /// 本市 seals it at a step of its own.
    Step,
    /// With the approval.
    OnApproval,
    /// When it is made: 広域交付.
    Auto,
    /// It carries its maker's seal.
    None,
    /// It must never carry one.
    Never,
}

/// How a document of the procedure gets its seal. A document without a rule never gets one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SealRule {
    /// Id of the document.
    pub document: String,
    /// The document, made by a step, under whose printed name it goes too (住民票の写し等); none where a step
    /// makes it under its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alongside: Option<String>,
    /// How.
    pub policy: SealPolicy,
    /// The step whose doing seals it.
    pub step: Option<StepKey>,
    /// When the rule holds (⑤ and ⑤’ differ).
    pub condition: Option<Condition>,
    /// Whether its content may be typed: where nothing is held from which it could be composed.
    pub typed: bool,
}

/// 異動の反映: what was entered becomes the next record of what is held, with an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// Id of the sheet on which it was entered.
    pub document: String,
    /// The approval.
    pub step: StepKey,
    /// For what somebody is removed (消除); none where nobody is.
    pub removal: Option<ShojoJiyu>,
}

/// 期限: some days after that of a step, which is not counted; on a day off, the next day that is open.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Of what.
    pub id: String,
    /// The step from whose day on it is counted.
    pub after: StepKey,
    /// Days, where a city has not chosen others.
    pub days: u32,
}

/// 修正依頼: a dashed arrow back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Words of the arrow, as printed.
    pub text: String,
    /// From these steps,
    pub from: Vec<StepKey>,
    /// to that one.
    pub to: StepKey,
}

/// SHA-256 of a procedure's file: which wording of the procedure a case follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowVersion(pub [u8; 32]);

impl fmt::Display for FlowVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// A procedure (業務フロー).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Id: the name of its file.
    pub id: String,
    /// Number in the list of procedures, from 1 to 48.
    pub number: u8,
    /// Title, as printed.
    pub title: String,
    /// 系統, as printed (住基, 税, 印鑑, …).
    pub family: String,
    /// Steps, in the order of the file.
    pub steps: Vec<Step>,
    /// What it asks of a case.
    pub attributes: Vec<Attribute>,
    /// What must be passed before anything leaves the office.
    pub gates: Vec<Gate>,
    /// How its documents get their seals.
    pub seals: Vec<SealRule>,
    /// 異動の反映: which sheets become records of what is held, and when.
    pub fills: Vec<Fill>,
    /// 期限: what must be there some days after a step.
    pub deadlines: Vec<Deadline>,
    /// 修正依頼.
    pub corrections: Vec<Correction>,
    /// Code in the dated table of fees; without one it is free.
    pub fee: Option<String>,
    /// What is recorded of who comes, before its 受付 is over; nothing where nobody comes.
    pub reception: Option<ReceptionRule>,
    /// Steps from which a case may be handed to city staff (聞き取りを要する本人確認).
    pub handover_to_city: Vec<StepKey>,
    /// Steps at which 不交付 may be decided.
    pub refusable: Vec<StepKey>,
    /// Which wording this is.
    pub version: FlowVersion,
    /// The file itself, which the register keeps with the version.
    pub text: String,
}

impl Procedure {
    /// A step by its key.
    pub fn step(&self, key: &StepKey) -> Option<&Step> {
        self.steps.iter().find(|step| step.key == *key)
    }

    /// Every step that must be over before this one, however far back.
    pub fn ancestors(&self, key: &StepKey) -> BTreeSet<StepKey> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&StepKey> = vec![key];
        while let Some(step) = open.pop().and_then(|key| self.step(key)) {
            open.extend(step.after.iter().filter(|before| found.insert((*before).clone())));
        }
        found
    }

    /// That step and everything that waits for it, however far on.
    pub fn followers(&self, key: &StepKey) -> BTreeSet<StepKey> {
        let mut found = BTreeSet::from([key.clone()]);
        loop {
            let next: Vec<StepKey> = self
                .steps
                .iter()
                .filter(|step| !found.contains(&step.key) && step.after.iter().any(|before| found.contains(before)))
                .map(|step| step.key.clone())
                .collect();
            if next.is_empty() {
                return found;
            }
            found.extend(next);
        }
    }

    /// Steps before this one at which what it looks at was made, the nearest first: where a fault is
    /// mended. Two of them may exclude each other by their conditions (⑤ and ⑤’).
    pub fn entries_before(&self, key: &StepKey) -> impl Iterator<Item = &Step> {
        let before = self.ancestors(key);
        self.steps.iter().rev().filter(move |step| before.contains(&step.key) && self.is_entry(step))
    }

    /// The nearest of them. The source prints no way back from 照合, 審査 or 承認; this is the house's.
    pub fn last_entry_before(&self, key: &StepKey) -> Option<&Step> {
        self.entries_before(key).next()
    }

    /// Whether a step is 入力・作成; or the 受理 of what another ward made; or a 補記 that is not collated but reviewed itself.
    pub fn is_entry(&self, step: &Step) -> bool {
        match step.act {
            Act::Enter => true,
            Act::Accept => !step.generates.is_empty(),
            Act::Annotate => self.steps.iter().all(|other| other.act != Act::Collate),
            _ => false,
        }
    }
}

/// What a procedure asks of a 受付.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceptionRule {
    /// 請求 or 届出.
    pub form: Form,
    /// 請求区分 that may ask; empty of a 届出.
    #[serde(default)]
    pub requesters: Vec<Kubun>,
    /// Which papers must have been seen.
    #[serde(default)]
    pub papers: Needed,
}

/// All 48 procedures.
#[derive(Debug, Clone)]
pub struct Procedures(Vec<Procedure>);

impl Procedures {
    /// A procedure by its id.
    pub fn get(&self, id: &str) -> Option<&Procedure> {
        self.0.iter().find(|procedure| procedure.id == id)
    }

    /// All, by their numbers.
    pub fn all(&self) -> &[Procedure] {
        &self.0
    }
}
