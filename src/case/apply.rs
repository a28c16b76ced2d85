//! What an event changes. Nothing else changes a case.

use std::collections::BTreeMap;

use crate::procedure::StepKey;

use super::actor::By;
use super::event::{Event, IssueEnd, Seen};
use super::id::{EntryId, IssuanceId};
use super::running::{Handed, Recorded, Running};
use super::settlement::ReceiptNumber;
use super::sheet::{ApprovedSheet, EnteredSheet, Issuance, IssuanceState, Sheet};
use super::{Case, Completed, Refused, WithCity};

impl Case {
    /// The case after an event. An event that does not belong here changes nothing: events come only out
    /// of [`Self::decide`].
    #[must_use]
    pub fn apply(self, event: &Event) -> Self {
        match (self, event) {
            (Self::Running(mut running), event) => match event {
                Event::HandedToCity { step, reason, by } => {
                    Self::WithCity(WithCity { running, step: step.clone(), reason: reason.clone(), by: by.clone() })
                }
                Event::Refused { reason, by, .. } => {
                    Self::Refused(Refused { running, reason: reason.clone(), by: by.clone() })
                }
                event => {
                    running.apply(event);
                    Self::Running(running).or_completed()
                }
            },
            (Self::WithCity(mut with), Event::HandedBack { done, by }) => {
                if let Some(step) = done {
                    with.running.progress.mark(step.clone(), by.clone(), None);
                }
                Self::Running(with.running).or_completed()
            }
            (Self::WithCity(with), Event::Refused { reason, by, .. }) => {
                Self::Refused(Refused { running: with.running, reason: reason.clone(), by: by.clone() })
            }
            (Self::Completed(mut completed), event @ Event::ReceiptPrinted { .. }) => {
                completed.running.apply(event);
                Self::Completed(completed)
            }
            (unchanged, _) => unchanged,
        }
    }

    fn or_completed(self) -> Self {
        match self {
            Self::Running(running) if running.is_complete() => Self::Completed(Completed { running }),
            other => other,
        }
    }
}

impl Running {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::AttributesAmended { attributes, .. } => self.attributes.extend(attributes.clone()),
            Event::DocumentEntered { id, step, entry, by } => {
                self.entries = self.entries.max(id.0);
                let sheet = EnteredSheet { id: *id, step: step.clone(), entry: entry.clone(), by: by.clone() };
                self.sheets.push(Sheet::Entered(sheet));
            }
            Event::RequestRecorded { request, by } => {
                self.request = Some(Recorded { request: request.clone(), by: by.clone() });
            }
            Event::PrintedElsewhere { kind, step, .. } => self.confirmed.push((step.clone(), kind.clone())),
            Event::StepDone { step, seen, day, by } => {
                self.progress.mark(step.clone(), by.clone(), *day);
                self.approve(step, seen, by);
            }
            Event::HandedOver { step, settlement, by, .. } => {
                let (step, settlement, by) = (step.clone(), settlement.clone(), by.clone());
                self.stopped = None;
                self.handed.push(Handed { step, settlement, printed: 0, by });
            }
            Event::ReceiptPrinted { receipt, .. } => self.print_receipt(receipt),
            Event::HandingStopped { fault, .. } => self.stopped = Some(fault.clone()),
            Event::Returned { to, .. } | Event::CorrectionRequested { to, .. } | Event::ApprovalLapsed { to, .. } => {
                self.undo_from(to)
            }
            Event::IssueBegun { issuance, entry, number, evidence, by } => {
                let state = IssuanceState::Issuing;
                let begun = Issuance { number: number.clone(), evidence: evidence.clone(), by: by.clone(), state };
                self.begin(*issuance, *entry, begun);
            }
            Event::IssueEnded { issuance, end, .. } => self.change(
                *issuance,
                match end {
                    IssueEnd::Issued { sha256, pages } => IssuanceState::Issued { sha256: *sha256, pages: *pages },
                    IssueEnd::Voided { .. } => IssuanceState::Voided,
                },
            ),
            Event::Spoiled { issuance, .. } => self.change(*issuance, IssuanceState::Spoiled),
            // What a relaxed rule allowed is told by the events after it; what is held, and what is known of people, stands elsewhere; the others end
            // the running.
            Event::RuleRelaxed { .. }
            | Event::SubjectsFilled { .. }
            | Event::AlertsSeen { .. }
            | Event::Opened(_)
            | Event::HandedToCity { .. }
            | Event::HandedBack { .. }
            | Event::Refused { .. } => {}
        }
    }

    /// What a step seals, or whose sealing it allows, is approved with it.
    fn approve(&mut self, step: &StepKey, seen: &[Seen], by: &By) {
        let sealed: Vec<EntryId> = self.sealed_at(step).map(|sheet| sheet.entered().id).collect();
        for sheet in &mut self.sheets {
            if let Sheet::Entered(entered) = sheet
                && sealed.contains(&entered.id)
            {
                let seen = seen.iter().find(|seen| seen.entry == entered.id);
                *sheet = Sheet::Approved(ApprovedSheet {
                    cover: seen.map_or_else(|| entered.entry.cover.clone(), |seen| seen.cover.clone()),
                    entered: entered.clone(),
                    step: step.clone(),
                    by: by.clone(),
                    issuances: BTreeMap::new(),
                });
            }
        }
    }

    fn print_receipt(&mut self, receipt: &ReceiptNumber) {
        for handed in &mut self.handed {
            if handed.settlement.as_ref().is_some_and(|settlement| settlement.receipt == *receipt) {
                handed.printed = handed.printed.saturating_add(1);
            }
        }
    }

    fn begin(&mut self, issuance: IssuanceId, entry: EntryId, begun: Issuance) {
        for sheet in &mut self.sheets {
            if let Sheet::Approved(approved) = sheet
                && approved.entered.id == entry
            {
                approved.issuances.insert(issuance, begun);
                return;
            }
        }
    }

    fn change(&mut self, issuance: IssuanceId, to: IssuanceState) {
        for sheet in &mut self.sheets {
            if let Sheet::Approved(approved) = sheet
                && let Some(known) = approved.issuances.get_mut(&issuance)
            {
                known.state = to;
                return;
            }
        }
    }
}
