//! What a command by a person would bring about, or why it is not allowed.

use crate::document::catalog::Kind;
use crate::document::reception::Received;
use crate::domain::calendar::Day;
use crate::procedure::settings::{AnnotationSeal, Settings};
use crate::procedure::{Act, SealPolicy, Step, StepKey};

use super::actor::{Actor, By};
use super::command::{Command, Work};
use super::error::CaseError;
use super::event::{Attributes, Entry, Event, IssueEnd, Lapse, Reason, Source};
use super::handing;
use super::id::{EntryId, IssuanceId};
use super::reception;
use super::rules;
use super::running::Running;
use super::settlement::{ReceiptNumber, Settlement};
use super::sheet::{ApprovedSheet, IssuanceState, Sheet};

/// An office's settings, the person who acts, and the day.
#[derive(Clone, Copy)]
pub(super) struct Decision<'a> {
    pub running: &'a Running,
    pub actor: &'a Actor,
    pub settings: &'a Settings,
    pub today: Day,
}

impl Decision<'_> {
    pub(super) fn decide(self, command: Command) -> Result<Vec<Event>, CaseError> {
        let name = command.name();
        match command {
            Command::Do(work) => self.work(work),
            Command::HandOver(shown) => self.hand_over(*shown),
            Command::PrintReceipt { receipt } => self.print_receipt(receipt),
            Command::Amend { attributes } => self.amend(attributes),
            Command::Record { request } => self.record(request, name),
            Command::Return { reason } => self.give_back(reason, name),
            Command::RequestCorrection { reason } => self.request_correction(reason, name),
            Command::HandToCity { reason } => self.hand_to_city(reason, name),
            Command::HandBack => Err(CaseError::NotNow { command: name }),
            Command::Refuse { reason } => self.refuse(reason, name),
            Command::BeginIssue { issuance, entry, number, evidence } => {
                let by = self.may_begin(entry, name)?;
                Ok(vec![Event::IssueBegun { issuance, entry, number, evidence, by }])
            }
            Command::EndIssue { issuance, end } => self.end_issue(issuance, end),
            Command::Lapse { entry, cause } => self.lapse(entry, cause, name),
            Command::Spoil { issuance, reason } => self.spoil(issuance, reason),
        }
    }

    fn work(self, work: Work) -> Result<Vec<Event>, CaseError> {
        let step = self.open(&work.step)?;
        let by = rules::may_do(self.running, step, self.actor, self.settings)?;
        if handing::is_handing(self.running, step) {
            return Err(CaseError::HandingStep { step: step.key.clone() });
        }
        let relaxed = rules::separate(self.running, step, &by, self.settings)?;
        self.check_day(step)?;
        self.check_received(step)?;
        self.check_entries(step, &work)?;
        self.check_seen(step, &work)?;
        self.check_released(step)?;
        let mut events: Vec<Event> = relaxed.into_iter().collect();
        let key = || step.key.clone();
        for (entry, number) in work.entries.into_iter().zip(self.running.entries.saturating_add(1)..) {
            events.push(Event::DocumentEntered { id: EntryId(number), step: key(), entry, by: by.clone() });
        }
        for kind in work.confirmed {
            events.push(Event::PrintedElsewhere { kind, step: key(), by: by.clone() });
        }
        let day = Some(self.today);
        events.push(Event::StepDone { step: key(), seen: work.seen, day, by: by.clone() });
        let sealed = self.seal_already_there(step);
        events.extend(sealed.map(|seal| Event::StepDone { step: seal, seen: Vec::new(), day, by }));
        Ok(events)
    }

    pub(super) fn open(&self, key: &StepKey) -> Result<&Step, CaseError> {
        let unknown = || CaseError::UnknownStep { step: key.to_string() };
        let known = self.running.flow().step(key).ok_or_else(unknown)?;
        if known.outside {
            return Err(unknown());
        }
        self.running.open_step(key).ok_or_else(|| CaseError::OutOfOrder { step: key.clone() })
    }

    /// 翌日処理 is done on the next open day, or later.
    fn check_day(&self, step: &Step) -> Result<(), CaseError> {
        match self.running.opens_on(step, &self.settings.opening_days)? {
            Some(day) if self.today < day => Err(CaseError::next_day(&step.key, day)),
            _ => Ok(()),
        }
    }

    /// 補記の自動公印: where the office prints the seal with the entry on the card, the examination has
    /// seen it, and the sealing step is over with it.
    fn seal_already_there(&self, step: &Step) -> Option<StepKey> {
        if step.act != Act::Review || self.settings.annotation_seal != AnnotationSeal::BeforeReview {
            return None;
        }
        let flow = self.running.flow();
        let entered = flow.steps.iter().any(|other| other.act == Act::Annotate && step.after.contains(&other.key));
        let seal = flow.steps.iter().find(|other| other.act == Act::Seal && other.after.contains(&step.key))?;
        (entered && self.running.sealed_at(&seal.key).next().is_none()).then(|| seal.key.clone())
    }

    pub(super) fn check_entries(&self, step: &Step, work: &Work) -> Result<(), CaseError> {
        let made = self.running.made_at(step);
        for (index, Entry { kind, copies, source, .. }) in work.entries.iter().enumerate() {
            let twice = work.entries.iter().skip(index + 1).any(|other| other.kind == *kind);
            if twice || *copies == 0 {
                return Err(CaseError::Copies { step: step.key.clone(), kind: kind.clone() });
            }
            if Kind::by_id(kind).is_none() || !made.contains(&kind.as_str()) {
                return Err(CaseError::KindNotMade { step: step.key.clone(), kind: kind.clone() });
            }
            let rule = self.running.flow().seals.iter().find(|rule| rule.document == *kind);
            let fills = self.running.flow().fills.iter().any(|fill| fill.document == *kind);
            if fills && !matches!(source, Source::Change { .. }) {
                return Err(CaseError::NoBasis { step: step.key.clone(), kind: kind.clone() });
            }
            if source.is_typed() && rule.is_some_and(|rule| !rule.typed) {
                return Err(CaseError::Typed { step: step.key.clone(), kind: kind.clone() });
            }
            if !reception::is_asked_for(self.running, source) {
                return Err(CaseError::OtherRequest { step: step.key.clone(), kind: kind.clone() });
            }
        }
        for kind in &work.confirmed {
            if Kind::by_id(kind).is_some() || !step.generates.contains(kind) {
                return Err(CaseError::KindNotMade { step: step.key.clone(), kind: kind.clone() });
            }
        }
        // What is to change what is held is entered, whatever else is.
        let mut fills = self.running.flow().fills.iter().map(|fill| &fill.document);
        let entered = |kind: &String| work.entries.iter().any(|entry| entry.kind == *kind);
        if step.act == Act::Enter && fills.any(|kind| step.generates.contains(kind) && !entered(kind)) {
            return Err(CaseError::NothingEntered { step: step.key.clone() });
        }
        let nothing = work.entries.is_empty() && work.confirmed.is_empty();
        if nothing && self.must_make(step, &made) {
            return Err(CaseError::NothingEntered { step: step.key.clone() });
        }
        Ok(())
    }

    /// An entry step makes something; any other that prints only what the program does not know has it
    /// confirmed; and an approval that prints a certificate has it before it.
    fn must_make(&self, step: &Step, made: &[&str]) -> bool {
        let is_here = |kind: &&str| self.running.sheets().iter().any(|sheet| sheet.entered().entry.kind == **kind);
        match step.act {
            _ if self.running.flow().is_entry(step) => !made.is_empty(),
            Act::Approve | Act::Seal => !made.is_empty() && !made.iter().any(is_here),
            _ => !made.is_empty() && made.iter().all(|kind| Kind::by_id(kind).is_none()),
        }
    }

    fn check_seen(&self, step: &Step, work: &Work) -> Result<(), CaseError> {
        let other = || CaseError::OtherContent { step: step.key.clone() };
        for seen in &work.seen {
            let sheet = self.running.sheet(seen.entry).ok_or_else(other)?;
            if sheet.entered().entry.cover.digest != seen.cover.digest {
                return Err(other());
            }
        }
        if !self.running.flow().gates.iter().any(|gate| gate.step.as_ref() == Some(&step.key)) {
            return Ok(());
        }
        for sheet in self.running.sealed_at(&step.key) {
            let entry = sheet.entered().id;
            if !work.seen.iter().any(|seen| seen.entry == entry) {
                return Err(CaseError::Unseen { step: step.key.clone(), entry });
            }
        }
        Ok(())
    }

    /// R6: what is handed over is the sealed version, and all of it.
    pub(super) fn check_released(&self, step: &Step) -> Result<(), CaseError> {
        if !matches!(step.act, Act::HandOver | Act::Collect | Act::Send) {
            return Ok(());
        }
        for sheet in self.running.due_before(&step.key) {
            if !sheet.approved().is_some_and(ApprovedSheet::is_issued) {
                return Err(CaseError::NotIssued { step: step.key.clone(), entry: sheet.entered().id });
            }
        }
        Ok(())
    }

    /// 受付の記録, by whoever may do a step that is open, or received it; again only as long as nothing was made
    /// of it.
    fn record(self, request: Received, command: &'static str) -> Result<Vec<Event>, CaseError> {
        let receives = self.running.flow().steps.iter().filter(|step| step.act == Act::Receive);
        let here = self.running.open_steps().into_iter().chain(receives);
        let mut own = here.filter_map(|step| rules::may_do(self.running, step, self.actor, self.settings).ok());
        let by = own.next().ok_or(CaseError::NotNow { command })?;
        reception::allowed(self.running.flow(), request.reception())?;
        if self.running.request().is_some() && reception::is_used(self.running) {
            return Err(CaseError::RequestUsed);
        }
        Ok(vec![Event::RequestRecorded { request, by }])
    }

    /// Nothing leaves the reception before it is recorded who came.
    fn check_received(&self, step: &Step) -> Result<(), CaseError> {
        if !self.running.is_received_for(&step.key) {
            return Err(CaseError::NoRequest { step: step.key.clone() });
        }
        Ok(())
    }

    fn amend(self, attributes: Attributes) -> Result<Vec<Event>, CaseError> {
        check_attributes(self.running.flow(), &attributes)?;
        if self.actor.office() != &self.running.opening().office {
            return Err(CaseError::NotNow { command: "an amendment" });
        }
        let flow = self.running.flow();
        for (attribute, value) in &attributes {
            let unchanged = self.running.attributes().get(attribute) == Some(value);
            let used = flow.steps.iter().any(|step| {
                self.running.progress().done_by(&step.key).is_some()
                    && step.condition.as_ref().is_some_and(|c| c.all.iter().any(|term| term.attribute == *attribute))
            });
            if used && !unchanged {
                return Err(CaseError::AttributeUsed { attribute: attribute.clone() });
            }
        }
        Ok(vec![Event::AttributesAmended { attributes, by: self.actor.as_any() }])
    }

    fn give_back(self, reason: Reason, command: &'static str) -> Result<Vec<Event>, CaseError> {
        let (from, by) = self.returnable().ok_or(CaseError::NotNow { command })?;
        self.nothing_issued(command)?;
        // Of two entries that exclude each other (⑤ and ⑤’), the one that was made.
        let done = |step: &&Step| self.running.progress().done_by(&step.key).is_some();
        let entry = self.running.flow().entries_before(&from).find(done);
        let to = entry.ok_or(CaseError::NotNow { command })?.key.clone();
        Ok(vec![Event::Returned { from, to, reason, by }])
    }

    /// The open step at which the actor may turn the case back; or the last gate that the city passed, as
    /// long as nothing is out.
    fn returnable(&self) -> Option<(StepKey, By)> {
        let may = |step: &&Step| {
            let by = rules::may_do(self.running, step, self.actor, self.settings).ok()?;
            Some((step.key.clone(), by))
        };
        let open = self.running.open_steps();
        let here = open.iter().filter(|step| rules::may_return(step.act)).find_map(may);
        here.or_else(|| {
            let done = |step: &&Step| self.running.progress().done_by(&step.key).is_some();
            let gates = |step: &&Step| matches!(step.act, Act::Review | Act::Approve | Act::Seal | Act::Decide);
            let steps: Vec<&Step> = self.running.flow().steps.iter().collect();
            steps.iter().rev().filter(|step| done(step) && gates(step)).find_map(may)
        })
    }

    fn request_correction(self, reason: Reason, command: &'static str) -> Result<Vec<Event>, CaseError> {
        for correction in &self.running.flow().corrections {
            let open = correction.from.iter().find_map(|key| self.running.open_step(key));
            if let Some(step) = open {
                let by = rules::may_do(self.running, step, self.actor, self.settings)?;
                let (from, to) = (step.key.clone(), correction.to.clone());
                return Ok(vec![Event::CorrectionRequested { from, to, reason, by }]);
            }
        }
        Err(CaseError::NotNow { command })
    }

    fn hand_to_city(self, reason: Reason, command: &'static str) -> Result<Vec<Event>, CaseError> {
        self.nothing_issued(command)?;
        let open = self.running.open_steps();
        let mut own = open.iter().filter_map(|step| {
            let by = rules::may_do(self.running, step, self.actor, self.settings).ok()?;
            (by.role.party() == crate::procedure::Party::Contractor).then(|| (step.key.clone(), by))
        });
        let (step, by) = own.next().ok_or(CaseError::NotNow { command })?;
        Ok(vec![Event::HandedToCity { step, reason, by }])
    }

    fn refuse(self, reason: Reason, command: &'static str) -> Result<Vec<Event>, CaseError> {
        self.nothing_issued(command)?;
        let open = self.running.open_steps();
        let mut own = open.iter().filter(|step| rules::may_refuse(step, self.running.flow())).filter_map(|step| {
            let by = rules::may_do(self.running, step, self.actor, self.settings).ok()?;
            (by.role.party() == crate::procedure::Party::City).then(|| (step.key.clone(), by))
        });
        let (step, by) = own.next().ok_or(CaseError::NotNow { command })?;
        Ok(vec![Event::Refused { step, reason, by }])
    }

    fn nothing_issued(&self, command: &'static str) -> Result<(), CaseError> {
        if self.running.has_issued() { Err(CaseError::Issued { command }) } else { Ok(()) }
    }

    fn may_begin(&self, entry: EntryId, command: &'static str) -> Result<By, CaseError> {
        let sheet = self.approved(entry, command)?;
        if sheet.copies_left() == 0 {
            return Err(CaseError::NoCopyLeft { entry });
        }
        self.issuer(sheet)
    }

    fn issuer(&self, sheet: &ApprovedSheet) -> Result<By, CaseError> {
        let rule = self.running.seal_rule(&sheet.entered.entry.kind);
        let policy = rule.map_or(SealPolicy::Never, |rule| rule.policy);
        let own_office = *self.actor.office() == self.running.opening().office;
        rules::may_issue(policy, self.actor).filter(|_| own_office).ok_or(CaseError::MayNotIssue)
    }

    fn approved(&self, entry: EntryId, command: &'static str) -> Result<&ApprovedSheet, CaseError> {
        let sheet = self.running.sheet(entry).and_then(Sheet::approved);
        sheet.ok_or(CaseError::NotApproved { command, entry })
    }

    fn end_issue(self, issuance: IssuanceId, end: IssueEnd) -> Result<Vec<Event>, CaseError> {
        let sheet = self.running.sheet_of(issuance).and_then(Sheet::approved).ok_or(CaseError::IssuanceState)?;
        if sheet.state_of(issuance) != Some(&IssuanceState::Issuing) {
            return Err(CaseError::IssuanceState);
        }
        // A sweep that voids what a crash left behind is not the issuer's doing: whoever runs it is named.
        let by = match end {
            IssueEnd::Issued { .. } => self.issuer(sheet)?,
            IssueEnd::Voided { .. } => self.actor.as_any(),
        };
        Ok(vec![Event::IssueEnded { issuance, end, by }])
    }

    fn lapse(self, entry: EntryId, cause: Lapse, command: &'static str) -> Result<Vec<Event>, CaseError> {
        self.nothing_issued(command)?;
        let entered = self.running.sheet(entry).map(Sheet::entered);
        if let Some(change) = entered.filter(|sheet| matches!(sheet.entry.source, Source::Change { .. })) {
            // What it was to change is another by now: it is entered anew.
            return Ok(vec![Event::ApprovalLapsed { to: change.step.clone(), cause, by: self.actor.as_any() }]);
        }
        let sheet = self.approved(entry, command)?;
        let flow = self.running.flow();
        let before = flow.ancestors(&sheet.step);
        let review = flow.steps.iter().rev().find(|step| step.act == Act::Review && before.contains(&step.key));
        let to = review.map_or_else(|| sheet.step.clone(), |step| step.key.clone());
        Ok(vec![Event::ApprovalLapsed { to, cause, by: self.actor.as_any() }])
    }

    /// The receipt of what was handed over, by whoever is at the counter of the case's office.
    fn print_receipt(self, receipt: ReceiptNumber) -> Result<Vec<Event>, CaseError> {
        let known = self.running.settlement(&receipt).is_some_and(Settlement::has_receipt);
        if !known || *self.actor.office() != self.running.opening().office {
            return Err(CaseError::NoReceipt);
        }
        Ok(vec![Event::ReceiptPrinted { receipt, by: self.actor.as_any() }])
    }

    fn spoil(self, issuance: IssuanceId, reason: Reason) -> Result<Vec<Event>, CaseError> {
        let sheet = self.running.sheet_of(issuance).and_then(Sheet::approved).ok_or(CaseError::IssuanceState)?;
        match sheet.state_of(issuance) {
            Some(IssuanceState::Issued { .. }) if self.running.is_handed(sheet) => Err(CaseError::Handed),
            Some(IssuanceState::Issued { .. }) if *self.actor.office() == self.running.opening().office => {
                Ok(vec![Event::Spoiled { issuance, reason, by: self.actor.as_any() }])
            }
            _ => Err(CaseError::IssuanceState),
        }
    }
}

/// Whether the flow asks for these attributes and knows these values.
pub(super) fn check_attributes(flow: &crate::procedure::Procedure, attributes: &Attributes) -> Result<(), CaseError> {
    for (id, value) in attributes {
        let attribute = flow.attributes.iter().find(|attribute| attribute.id == *id);
        if !attribute.is_some_and(|attribute| attribute.values.contains(value)) {
            return Err(CaseError::Attribute { attribute: id.clone() });
        }
    }
    Ok(())
}
