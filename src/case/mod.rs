//! 案件: a case is a pure state machine. [`Case::decide`] says what a command by a person would bring
//! about, [`Case::apply`] is the only thing that changes a case, and warrants come out of nothing but its
//! events.

pub mod actor;
mod apply;
pub mod command;
mod decide;
pub mod error;
pub mod event;
pub mod handing;
pub mod id;
pub mod progress;
mod reception;
pub mod rules;
pub mod running;
pub mod settlement;
pub mod sheet;
pub mod warrant;
pub(crate) mod wire;

use std::sync::Arc;

use crate::domain::calendar::Day;
use crate::procedure::settings::Settings;
use crate::procedure::{Procedure, Role, Step, StepKey};

use actor::{Actor, By};
use command::Command;
use decide::Decision;
use error::CaseError;
use event::{Attributes, Event, Opening, Reason};
use id::{CaseId, EntryId, OfficeId};
use running::Running;
use sheet::{ApprovedSheet, Sheet};
use warrant::{Collation, Cover, Office, Sealed};

/// A case, by how far it has come. Each state holds what happened on the way to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Case {
    /// On its way.
    Running(Running),
    /// 本市へ引継ぎ中: it stands still for the contractor.
    WithCity(WithCity),
    /// 完了: every step is over.
    Completed(Completed),
    /// 不交付.
    Refused(Refused),
}

/// 本市へ引継ぎ中.
#[derive(Debug, Clone, PartialEq)]
pub struct WithCity {
    /// The way here.
    pub running: Running,
    /// The step at which it was handed over.
    pub step: StepKey,
    /// Why.
    pub reason: Reason,
    /// By whom.
    pub by: By,
}

/// 完了.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    /// The way here.
    pub running: Running,
}

/// 不交付.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The way here.
    pub running: Running,
    /// Why.
    pub reason: Reason,
    /// By whom.
    pub by: By,
}

/// What is asked for when a case begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The new case.
    pub case: CaseId,
    /// The office.
    pub office: OfficeId,
    /// What is known of it.
    pub attributes: Attributes,
    /// The day, by the register's clock.
    pub day: Day,
}

/// What somebody may do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting<'c> {
    /// The step.
    pub step: &'c Step,
    /// Who may do it.
    pub roles: Vec<Role>,
    /// 翌日処理: the first day on which it may be done.
    pub from: Option<Day>,
}

impl Case {
    /// 受付: what the beginning of a case would be. Whoever may do, or see done, the first step may begin
    /// it.
    pub fn open(
        flow: &Arc<Procedure>,
        request: Request,
        actor: &Actor,
        settings: &Settings,
    ) -> Result<Event, CaseError> {
        decide::check_attributes(flow, &request.attributes)?;
        let Request { case, office, attributes, day } = request;
        // Only to ask who may do the first step: the opening says who it was.
        let by = actor.as_any();
        let opening =
            Opening { case, office, procedure: flow.id.clone(), version: flow.version.0, attributes, day, by };
        let running = Running::new(flow.clone(), opening.clone());
        let first = running.open_steps();
        let by = first
            .iter()
            .find_map(|step| rules::may_do(&running, step, actor, settings).ok())
            .ok_or(CaseError::NotNow { command: "a beginning" })?;
        Ok(Event::Opened(Opening { by, ..opening }))
    }

    /// The case that an opening begins.
    pub fn begin(flow: Arc<Procedure>, opening: Opening) -> Self {
        Self::Running(Running::new(flow, opening))
    }

    /// What a command by a person would bring about, or why it is not allowed.
    pub fn decide(
        &self,
        command: Command,
        actor: &Actor,
        settings: &Settings,
        today: Day,
    ) -> Result<Vec<Event>, CaseError> {
        match self {
            Self::Running(running) => Decision { running, actor, settings, today }.decide(command),
            Self::WithCity(with) => with.decide(command, actor),
            // A receipt is printed whenever somebody asks for it.
            Self::Completed(Completed { running }) if matches!(command, Command::PrintReceipt { .. }) => {
                Decision { running, actor, settings, today }.decide(command)
            }
            Self::Completed(_) | Self::Refused(_) => {
                Err(CaseError::NotRunning { command: command.name(), state: self.state() })
            }
        }
    }

    /// How far it has come, for logs and lists.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Running(_) => "running",
            Self::WithCity(_) => "with-city",
            Self::Completed(_) => "completed",
            Self::Refused(_) => "refused",
        }
    }

    /// What was entered and done, wherever it stands.
    pub fn record(&self) -> &Running {
        match self {
            Self::Running(running) => running,
            Self::WithCity(with) => &with.running,
            Self::Completed(completed) => &completed.running,
            Self::Refused(refused) => &refused.running,
        }
    }

    /// What waits for somebody now, and for whom.
    pub fn waiting(&self, settings: &Settings) -> Vec<Waiting<'_>> {
        match self {
            Self::Running(running) => running
                .open_steps()
                .into_iter()
                .map(|step| {
                    let roles = rules::roles_of(running.flow(), step, settings);
                    // Of a year of which no holidays are known, it is said when somebody wants to do it.
                    let from = running.opens_on(step, &settings.opening_days).unwrap_or_default();
                    Waiting { step, roles, from }
                })
                .collect(),
            Self::WithCity(with) => {
                let step = with.running.flow().step(&with.step);
                step.into_iter().map(|step| Waiting { step, roles: rules::CITY_AT_HAND.to_vec(), from: None }).collect()
            }
            Self::Completed(_) | Self::Refused(_) => Vec::new(),
        }
    }

    /// What may be printed for collation, once it was entered and while the case runs.
    pub fn collation_warrant(&self, entry: EntryId) -> Option<Collation> {
        self.live_sheet(entry).map(Sheet::collation_warrant)
    }

    /// What may be sealed, once it was approved, while copies are left and the case runs.
    pub fn sealed_warrant(&self, entry: EntryId) -> Option<Sealed> {
        self.live_sheet(entry).and_then(Sheet::approved).and_then(ApprovedSheet::sealed_warrant)
    }

    /// What may be sealed under a number that T1 gave.
    pub fn issuing_warrant(&self, issuance: id::IssuanceId) -> Option<Sealed> {
        let Self::Running(running) = self else { return None };
        running.sheet_of(issuance).and_then(Sheet::approved).and_then(|sheet| sheet.warrant_of(issuance))
    }

    /// For a number that was released, wherever the case stands: only for making the same page again, whose
    /// bytes are compared with the released ones and thrown away.
    pub fn evidence_warrant(&self, issuance: id::IssuanceId) -> Option<Sealed> {
        let sheet = self.record().sheet_of(issuance).and_then(Sheet::approved)?;
        sheet.evidence_warrant(issuance)
    }

    /// The internal sheets that go with a case (受付確認票, 番号札) at any of its steps.
    pub fn office_warrant(&self, cover: Cover) -> Office {
        Office::new(cover)
    }

    fn live_sheet(&self, entry: EntryId) -> Option<&Sheet> {
        let Self::Running(running) = self else { return None };
        running.sheet(entry)
    }
}

impl WithCity {
    /// While it is with the city, only its staff decide: back to the counter, or 不交付.
    fn decide(&self, command: Command, actor: &Actor) -> Result<Vec<Event>, CaseError> {
        let name = command.name();
        let own_office = *actor.office() == self.running.opening().office;
        let by = rules::CITY_AT_HAND
            .iter()
            .find(|role| actor.roles().contains(role) && own_office)
            .map(|role| actor.as_role(*role))
            .ok_or(CaseError::NotNow { command: name })?;
        let step = self.step.clone();
        match command {
            Command::HandBack => {
                let theirs = self.running.flow().handover_to_city.contains(&step);
                // Nothing leaves the reception before it is recorded who came, the city's staff neither.
                let done = theirs && self.running.is_received_for(&step);
                Ok(vec![Event::HandedBack { done: done.then_some(step), by }])
            }
            Command::Refuse { reason } => Ok(vec![Event::Refused { step, reason, by }]),
            _ => Err(CaseError::NotNow { command: name }),
        }
    }
}

/// Whether a warrant's day is over: then the case goes back to examination.
pub fn is_over(cover: &Cover, today: Day) -> bool {
    cover.day < today
}

#[cfg(test)]
mod tests;
