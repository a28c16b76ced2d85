//! Why a command is not allowed.

use crate::document::refusal::{Refusal, Refusals};
use crate::domain::calendar::{Day, WarekiDate};
use crate::domain::opening_days::OpeningDaysError;
use crate::procedure::{Party, StepKey};

use super::id::EntryId;

/// A command is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// The case has come to its end.
    #[error("deciding {command}: the case is {state}")]
    NotRunning {
        /// Command.
        command: &'static str,
        /// State.
        state: &'static str,
    },
    /// The flow has no such step, or it is not done here.
    #[error("deciding a step: the flow has no step {step}")]
    UnknownStep {
        /// Which.
        step: String,
    },
    /// The step does not wait for anybody now.
    #[error("deciding a step: {step} is not open")]
    OutOfOrder {
        /// Which.
        step: StepKey,
    },
    /// Nothing that the actor may do now allows the command.
    #[error("deciding {command}: no step that is open allows it to this person")]
    NotNow {
        /// Command.
        command: &'static str,
    },
    /// 翌日処理, before its day.
    #[error("deciding {step}: it is done on the next open day")]
    NextDay {
        /// Step.
        step: StepKey,
        /// From which day on, for whoever is told.
        told: Refusals,
    },
    /// Whether a day is open.
    #[error(transparent)]
    OpeningDays(#[from] OpeningDaysError),
    /// The wrong party.
    #[error("deciding {step}: it belongs to {party:?}")]
    WrongParty {
        /// Step.
        step: StepKey,
        /// Whose it is.
        party: Party,
    },
    /// The right party, but not the role.
    #[error("deciding {step}: the person does not hold its role")]
    WrongRole {
        /// Step.
        step: StepKey,
    },
    /// Somebody of another office, or of this one where another's is meant.
    #[error("deciding {step}: it belongs to another office's people")]
    OtherOffice {
        /// Step.
        step: StepKey,
    },
    /// The person entered what this step must check.
    #[error("deciding {step}: the same person entered the document")]
    SamePerson {
        /// Step.
        step: StepKey,
    },
    /// An attribute that the flow does not ask for, or a value that it does not know.
    #[error("deciding the attributes: {attribute} does not have this value")]
    Attribute {
        /// Which.
        attribute: String,
    },
    /// An attribute on which a step that was done depended.
    #[error("deciding the attributes: {attribute} was already used")]
    AttributeUsed {
        /// Which.
        attribute: String,
    },
    /// 受付 is not over before it is recorded who came, for what, with which papers.
    #[error("deciding {step}: nobody recorded who came")]
    NoRequest {
        /// Step.
        step: StepKey,
    },
    /// A 届出 where there is a 請求, or the other way round.
    #[error("deciding the record of the reception: it is of another form than the flow's")]
    ReceptionForm,
    /// A 請求区分 that may not ask for this.
    #[error("deciding the record of the reception: this kind of requester may not ask for it")]
    Requester,
    /// The papers that were seen do not show who it is.
    #[error("deciding the record of the reception: the papers do not suffice")]
    Papers,
    /// The request was already worked on.
    #[error("deciding the record of the reception: something was already made of it")]
    RequestUsed,
    /// A certificate for another requester, or with other items, than was recorded.
    #[error("deciding {step}: {kind} is composed for another request than was recorded")]
    OtherRequest {
        /// Step.
        step: StepKey,
        /// Kind.
        kind: String,
    },
    /// A kind that is not made at this step.
    #[error("deciding {step}: {kind} is not made there")]
    KindNotMade {
        /// Step.
        step: StepKey,
        /// Kind.
        kind: String,
    },
    /// A certificate that is composed from what is held, and was typed.
    #[error("deciding {step}: {kind} is typed, not composed")]
    Typed {
        /// Step.
        step: StepKey,
        /// Kind.
        kind: String,
    },
    /// A sheet that is to change what is held, and does not say what was.
    #[error("deciding {step}: {kind} does not say what it changes")]
    NoBasis {
        /// Step.
        step: StepKey,
        /// Kind.
        kind: String,
    },
    /// No copy, or the same kind twice.
    #[error("deciding {step}: {kind} is entered twice or without a copy")]
    Copies {
        /// Step.
        step: StepKey,
        /// Kind.
        kind: String,
    },
    /// Nothing was entered or confirmed where the step makes a document.
    #[error("deciding {step}: nothing was entered")]
    NothingEntered {
        /// Step.
        step: StepKey,
    },
    /// A gate without the document that it is about.
    #[error("deciding {step}: document {} was not seen", entry.0)]
    Unseen {
        /// Step.
        step: StepKey,
        /// Document.
        entry: EntryId,
    },
    /// What was seen is not what was entered.
    #[error("deciding {step}: what was seen is not what was entered")]
    OtherContent {
        /// Step.
        step: StepKey,
    },
    /// No such document, or it is not approved.
    #[error("deciding {command}: document {} is not approved", entry.0)]
    NotApproved {
        /// Command.
        command: &'static str,
        /// Document.
        entry: EntryId,
    },
    /// Handing over before every copy was released.
    #[error("deciding {step}: document {} was not issued", entry.0)]
    NotIssued {
        /// Step.
        step: StepKey,
        /// Document.
        entry: EntryId,
    },
    /// A step that is done by handing over, with what is shown and paid.
    #[error("deciding {step}: it is done by handing over")]
    HandingStep {
        /// Step.
        step: StepKey,
    },
    /// A step at which nothing is handed over.
    #[error("deciding {step}: nothing is handed over there")]
    NotHanding {
        /// Step.
        step: StepKey,
    },
    /// The office's table has no fee for it on this day.
    #[error("deciding {step}: no fee is known for {code}")]
    NoFee {
        /// Step.
        step: StepKey,
        /// Of what.
        code: String,
    },
    /// How many copies another system printed is not said, or said where the program knows.
    #[error("deciding {step}: the copies that another system printed")]
    CopiesElsewhere {
        /// Step.
        step: StepKey,
    },
    /// A fee is due.
    #[error("deciding {step}: the fee was not paid")]
    NotPaid {
        /// Step.
        step: StepKey,
    },
    /// Nothing is due.
    #[error("deciding {step}: nothing is to be paid")]
    NothingDue {
        /// Step.
        step: StepKey,
    },
    /// What is the city's is not paid in 収入印紙, and what is the state's not otherwise, nor in more than is due.
    #[error("deciding {step}: it is not paid in this way")]
    OtherWay {
        /// Step.
        step: StepKey,
    },
    /// Less than is due.
    #[error("deciding {step}: less was paid than is due")]
    TooLittle {
        /// Step.
        step: StepKey,
    },
    /// 定額小為替 above the sum (地方自治法施行令156条).
    #[error("deciding {step}: money orders above the sum")]
    KawaseOver {
        /// Step.
        step: StepKey,
    },
    /// A ground of 免除 that the office does not know, or not for this 請求区分.
    #[error("deciding {step}: no exemption on this ground")]
    NotExempt {
        /// Step.
        step: StepKey,
    },
    /// What was handed over is not spoiled afterwards.
    #[error("deciding spoiling: the sheet was handed over")]
    Handed,
    /// No receipt of this number in the case.
    #[error("finding a receipt: the case has none of this number")]
    NoReceipt,
    /// As many copies as were asked for have their numbers.
    #[error("deciding an issuance: document {} has no copy left", entry.0)]
    NoCopyLeft {
        /// Document.
        entry: EntryId,
    },
    /// Somebody who does not issue.
    #[error("deciding an issuance: the person may not issue")]
    MayNotIssue,
    /// The issuance is unknown, has its end, or was not released.
    #[error("deciding the end of an issuance: it is not where this belongs")]
    IssuanceState,
    /// A certificate is being issued or out.
    #[error("deciding {command}: a certificate of the case is issued or being issued")]
    Issued {
        /// Command.
        command: &'static str,
    },
}

impl CaseError {
    /// 翌日処理, before its day.
    pub(super) fn next_day(step: &StepKey, day: Day) -> Self {
        let told = Refusal::new("", "case-next-day-from").with("day", WarekiDate::from(day));
        Self::NextDay { step: step.clone(), told: Refusals(vec![told]) }
    }

    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotRunning { .. } => "case-not-running",
            Self::UnknownStep { .. } => "case-unknown-step",
            Self::OutOfOrder { .. } => "case-out-of-order",
            Self::NotNow { .. } => "case-not-now",
            Self::NextDay { .. } => "case-next-day",
            Self::OpeningDays(error) => error.code(),
            Self::WrongParty { .. } => "case-wrong-party",
            Self::WrongRole { .. } => "case-wrong-role",
            Self::OtherOffice { .. } => "case-other-office",
            Self::SamePerson { .. } => "case-same-person",
            Self::Attribute { .. } => "case-attribute",
            Self::AttributeUsed { .. } => "case-attribute-used",
            Self::NoRequest { .. } => "case-no-request",
            Self::ReceptionForm => "case-reception-form",
            Self::Requester => "case-requester",
            Self::Papers => "case-papers",
            Self::RequestUsed => "case-request-used",
            Self::OtherRequest { .. } => "case-other-request",
            Self::KindNotMade { .. } => "case-kind-not-made",
            Self::Typed { .. } => "case-typed",
            Self::NoBasis { .. } => "case-no-basis",
            Self::Copies { .. } => "case-copies",
            Self::NothingEntered { .. } => "case-nothing-entered",
            Self::Unseen { .. } => "case-unseen",
            Self::OtherContent { .. } => "case-other-content",
            Self::NotApproved { .. } => "case-not-approved",
            Self::NotIssued { .. } => "case-not-issued",
            Self::HandingStep { .. } => "case-handing-step",
            Self::NotHanding { .. } => "case-not-handing",
            Self::NoFee { .. } => "case-no-fee",
            Self::CopiesElsewhere { .. } => "case-copies-elsewhere",
            Self::NotPaid { .. } => "case-not-paid",
            Self::NothingDue { .. } => "case-nothing-due",
            Self::OtherWay { .. } => "case-other-way",
            Self::TooLittle { .. } => "case-too-little",
            Self::KawaseOver { .. } => "case-kawase-over",
            Self::NotExempt { .. } => "case-not-exempt",
            Self::Handed => "case-handed",
            Self::NoReceipt => "case-no-receipt",
            Self::NoCopyLeft { .. } => "case-no-copy-left",
            Self::MayNotIssue => "case-may-not-issue",
            Self::IssuanceState => "case-issuance-state",
            Self::Issued { .. } => "case-issued",
        }
    }
}
