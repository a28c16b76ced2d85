//! A case on its way: what was entered, how far its steps have come.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::document::reception::Received;
use crate::domain::calendar::Day;
use crate::domain::opening_days::{OpeningDays, OpeningDaysError};
use crate::procedure::{Act, Procedure, SealPolicy, SealRule, Step, StepKey};

use super::actor::By;
use super::event::{Attributes, Opening};
use super::handing::HandingFault;
use super::id::{EntryId, IssuanceId};
use super::progress::{self, Progress};
use super::settlement::{ReceiptNumber, Settlement};
use super::sheet::{ApprovedSheet, Sheet};

/// 受付の記録, and who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was recorded.
    pub request: Received,
    /// By whom.
    pub by: By,
}

/// A case on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    pub(super) flow: Arc<Procedure>,
    pub(super) opening: Opening,
    pub(super) attributes: Attributes,
    pub(super) request: Option<Recorded>,
    pub(super) progress: Progress,
    pub(super) sheets: Vec<Sheet>,
    pub(super) entries: u32,
    pub(super) confirmed: Vec<(StepKey, String)>,
    pub(super) handed: Vec<Handed>,
    pub(super) stopped: Option<HandingFault>,
}

/// 交付済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// At which step.
    pub step: StepKey,
    /// 収納, where something was paid or might have been.
    pub settlement: Option<Settlement>,
    /// How often its receipt was printed.
    pub printed: u32,
    /// By whom.
    pub by: By,
}

impl Running {
    pub(super) fn new(flow: Arc<Procedure>, opening: Opening) -> Self {
        let attributes = opening.attributes.clone();
        Self {
            flow,
            opening,
            attributes,
            request: None,
            progress: Progress::default(),
            sheets: Vec::new(),
            entries: 0,
            confirmed: Vec::new(),
            handed: Vec::new(),
            stopped: None,
        }
    }

    /// Its flow, in the version with which it began.
    pub fn flow(&self) -> &Procedure {
        &self.flow
    }

    /// How it began.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// What is known of it.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// 受付の記録, once it is made.
    pub fn request(&self) -> Option<&Recorded> {
        self.request.as_ref()
    }

    /// Which steps were done.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Its documents, as they were entered.
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// A document.
    pub fn sheet(&self, id: EntryId) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.entered().id == id)
    }

    /// The document under which a number was given.
    pub fn sheet_of(&self, issuance: IssuanceId) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.approved().is_some_and(|sheet| sheet.issuances.contains_key(&issuance)))
    }

    /// Sheets that a person confirmed to exist, with the step.
    pub fn confirmed(&self) -> &[(StepKey, String)] {
        &self.confirmed
    }

    /// The steps that wait for somebody now.
    pub fn open_steps(&self) -> Vec<&Step> {
        self.progress.open(&self.flow, &self.attributes)
    }

    /// 翌日処理: the first open day on which a step may be done; none where any day will do.
    ///
    /// # Errors
    /// [`OpeningDaysError::UnknownYear`].
    pub fn opens_on(&self, step: &Step, days: &OpeningDays) -> Result<Option<Day>, OpeningDaysError> {
        self.progress.follows_on(&self.flow, step).map(|day| days.next_after(day)).transpose()
    }

    pub(super) fn open_step(&self, key: &StepKey) -> Option<&Step> {
        self.open_steps().into_iter().find(|step| step.key == *key)
    }

    /// Whether it is recorded who came, for a step that receives.
    pub(super) fn is_received_for(&self, key: &StepKey) -> bool {
        let receives = self.flow.step(key).is_some_and(|step| step.act == Act::Receive);
        !receives || self.flow.reception.is_none() || self.request.is_some()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.progress.is_complete(&self.flow, &self.attributes)
    }

    /// Everybody who entered, made or wrote something before a step.
    pub(super) fn enterers_before(&self, key: &StepKey) -> impl Iterator<Item = &By> {
        let before = self.flow.ancestors(key);
        let written = before.clone();
        let sheets = self
            .sheets
            .iter()
            .map(Sheet::entered)
            .filter(move |sheet| before.contains(&sheet.step))
            .map(|sheet| &sheet.by);
        let steps = self
            .flow
            .steps
            .iter()
            .filter(move |step| matches!(step.act, Act::Enter | Act::Annotate) && written.contains(&step.key))
            .filter_map(|step| self.progress.done_by(&step.key));
        sheets.chain(steps)
    }

    /// How a document gets its seal, as the case's attributes have it.
    pub fn seal_rule(&self, kind: &str) -> Option<&SealRule> {
        self.flow.seals.iter().find(|rule| {
            rule.document == kind
                && rule
                    .condition
                    .as_ref()
                    .is_none_or(|condition| progress::holds(&self.flow, condition, &self.attributes))
        })
    }

    /// The step that seals a document, or that allows its sealing; without a gate, the one at which it was
    /// entered. None for what is not sealed here.
    pub fn gate_of<'c>(&'c self, sheet: &'c Sheet) -> Option<&'c StepKey> {
        let rule = self.seal_rule(&sheet.entered().entry.kind)?;
        match rule.policy {
            SealPolicy::Step | SealPolicy::OnApproval => rule.step.as_ref(),
            SealPolicy::Auto => Some(&sheet.entered().step),
            SealPolicy::None | SealPolicy::Never => None,
        }
    }

    /// The kinds that a step makes. An entry step also takes what a later gate seals (転出証明書, printed
    /// with its approval): it is entered and collated before it is approved.
    pub fn made_at<'r>(&'r self, step: &'r Step) -> Vec<&'r str> {
        let mut made: Vec<&str> = step.generates.iter().map(String::as_str).collect();
        if step.act == Act::Enter {
            let later = self.flow.followers(&step.key);
            for rule in &self.flow.seals {
                let sealed_later = rule.step.as_ref().is_some_and(|gate| later.contains(gate));
                let asked_for = self.seal_rule(&rule.document) == Some(rule);
                if sealed_later && asked_for && !made.contains(&rule.document.as_str()) {
                    made.push(&rule.document);
                }
            }
        }
        made
    }

    /// The documents that a step seals, or whose sealing it allows.
    pub fn sealed_at<'c>(&'c self, key: &'c StepKey) -> impl Iterator<Item = &'c Sheet> {
        self.sheets.iter().filter(move |sheet| self.gate_of(sheet) == Some(key))
    }

    /// What was handed over, and how it was paid.
    pub fn handed(&self) -> &[Handed] {
        &self.handed
    }

    /// Why what was shown last was not handed over; none once it was.
    pub fn stopped(&self) -> Option<&HandingFault> {
        self.stopped.as_ref()
    }

    /// 収納 of a receipt.
    pub fn settlement(&self, receipt: &ReceiptNumber) -> Option<&Settlement> {
        self.handed.iter().filter_map(|handed| handed.settlement.as_ref()).find(|known| known.receipt == *receipt)
    }

    /// Whether a document was handed over.
    pub(super) fn is_handed(&self, sheet: &ApprovedSheet) -> bool {
        let id = sheet.entered.id;
        self.handed.iter().any(|handed| self.due_at(&handed.step).iter().any(|sheet| sheet.entered().id == id))
    }

    /// The documents that go out at a step: what must be out before it, and did not go out before.
    pub(super) fn due_at(&self, key: &StepKey) -> Vec<&Sheet> {
        let before = self.flow.ancestors(key);
        let earlier: Vec<EntryId> = self
            .handed
            .iter()
            .filter(|handed| before.contains(&handed.step))
            .flat_map(|handed| self.due_before(&handed.step))
            .map(|sheet| sheet.entered().id)
            .collect();
        self.due_before(key).into_iter().filter(|sheet| !earlier.contains(&sheet.entered().id)).collect()
    }

    /// The documents that must be out before a step.
    pub(super) fn due_before(&self, key: &StepKey) -> Vec<&Sheet> {
        let before = self.flow.ancestors(key);
        self.sheets.iter().filter(|sheet| self.gate_of(sheet).is_some_and(|gate| before.contains(gate))).collect()
    }

    /// Whether a certificate is out, or on its way out.
    pub(super) fn has_issued(&self) -> bool {
        self.sheets
            .iter()
            .filter_map(Sheet::approved)
            .any(|sheet| sheet.issuances.values().any(|issuance| issuance.state.counts()))
    }

    /// Undoes a step and everything that waited for it, with what was entered there.
    pub(super) fn undo_from(&mut self, key: &StepKey) {
        let undone: BTreeSet<StepKey> = self.flow.followers(key);
        self.progress.undo(&undone);
        self.sheets.retain(|sheet| !undone.contains(&sheet.entered().step));
        self.confirmed.retain(|(step, _)| !undone.contains(step));
        for sheet in &mut self.sheets {
            if let Sheet::Approved(approved) = sheet
                && undone.contains(&approved.step)
            {
                *sheet = Sheet::Entered(approved.entered.clone());
            }
        }
    }
}
