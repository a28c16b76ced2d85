//! Cases and the register: what people do is decided on the case as the register has it, and written
//! there before anybody learns that it was done.

use std::collections::BTreeSet;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::case::actor::Actor;
use crate::case::command::Command;
use crate::case::error::CaseError;
use crate::case::event::{Attributes, Event, EventError, Opening};
use crate::case::handing::Shown;
use crate::case::id::{CaseId, EntryId, OfficeId};
use crate::case::settlement::ReceiptNumber;
use crate::case::{Case, Request};
use crate::document::change::ChangeError;
use crate::document::names::{Name, names};
use crate::document::refusal::Refusals;
use crate::domain::calendar::Day;
use crate::office::records::{RecordError, term};
use crate::office::till::{self, Tills};
use crate::procedure::settings::Settings;
use crate::procedure::{Procedure, ProcedureError, Procedures};
use crate::register::replay::{Replay, ReplayError};
use crate::register::retention::Retention;
use crate::register::{
    self, Ask, Batch, COUNTER, CaseEvents, CaseRow, Fresh, Locked, Register, RegisterError, Step, Term, Written,
};

use super::note;

/// Somebody else was quicker this many times in a row: then it is said rather than tried again.
const TRIES: usize = 8;

/// A case could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum CaseworkError {
    /// The command is not allowed.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// An event that this program cannot read.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The text of a flow that was kept.
    #[error(transparent)]
    Flow(#[from] ProcedureError),
    /// What is held cannot be changed as it was entered.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// What was to be changed is another since it was entered: it must be entered anew.
    #[error("changing what is held: another case or the city's system was quicker")]
    SubjectChanged {
        /// The entry.
        entry: EntryId,
    },
    /// Something is known of somebody on the document that whoever decides has not said to have seen.
    #[error("deciding: an alert was not seen")]
    Alerts {
        /// Which, for whoever decides.
        told: Refusals,
    },
    /// A record, or a till's list.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// No flow of this id.
    #[error("opening a case: there is no flow {id}")]
    NoFlow {
        /// Which.
        id: String,
    },
    /// No such case, or none of this office.
    #[error("finding a case: the office has no such case")]
    NoCase,
    /// The till's day is closed, or the day went by while it was paid.
    #[error("handing over: the till's day is closed")]
    TillClosed,
    /// No such incident is open.
    #[error("closing an incident: none of this id is open")]
    NoIncident,
    /// Somebody else changed it since it was seen.
    #[error("working on a case: it was changed since version {seen}")]
    Changed {
        /// Version that was seen.
        seen: u64,
    },
    /// Its key was destroyed with the end of its retention period.
    #[error("reading a case: its retention period is over")]
    Destroyed,
    /// Its events are not a case's.
    #[error("reading the case {case}: it does not begin with its opening")]
    NoOpening {
        /// Which.
        case: CaseId,
    },
}

impl From<ReplayError> for CaseworkError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Register(error) => Self::Register(error),
            ReplayError::Event(error) => Self::Event(error),
        }
    }
}

impl CaseworkError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Case(error) => error.code(),
            Self::Register(error) => error.code(),
            Self::Event(error) => error.code(),
            Self::Flow(error) => error.code(),
            Self::Change(error) => error.code(),
            Self::SubjectChanged { .. } => "subject-changed",
            Self::Alerts { .. } => "alerts-unseen",
            Self::Record(error) => error.code(),
            Self::NoFlow { .. } => "no-flow",
            Self::NoCase => "no-case",
            Self::TillClosed => "till-closed",
            Self::NoIncident => "no-incident",
            Self::Changed { .. } => "case-changed",
            Self::Destroyed => "case-destroyed",
            Self::NoOpening { .. } => "case-no-opening",
        }
    }
}

/// The flows that new cases follow.
#[derive(Debug)]
pub struct Flows(Vec<Arc<Procedure>>);

impl Flows {
    /// All 48.
    pub fn embedded() -> Result<Self, ProcedureError> {
        Ok(Self::of(Procedures::embedded()?.all().iter().cloned()))
    }

    /// Given ones.
    pub fn of(flows: impl IntoIterator<Item = Procedure>) -> Self {
        Self(flows.into_iter().map(Arc::new).collect())
    }

    /// A flow by its id.
    pub fn get(&self, id: &str) -> Option<&Arc<Procedure>> {
        self.0.iter().find(|flow| flow.id == id)
    }

    /// All, by number.
    pub fn all(&self) -> &[Arc<Procedure>] {
        &self.0
    }
}

/// A case as the register has it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The case.
    pub case: Case,
    /// How many events it has.
    pub version: u64,
    /// What lists show of it.
    pub row: CaseRow,
}

impl Loaded {
    fn unless_changed(self, seen: Option<u64>) -> Result<Self, CaseworkError> {
        match seen {
            Some(seen) if seen != self.version => Err(CaseworkError::Changed { seen }),
            _ => Ok(self),
        }
    }
}

/// What came of replaying an office's cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// How many were replayed.
    pub replayed: usize,
    /// How many cannot be, because their keys were destroyed.
    pub destroyed: usize,
    /// 案件番号 of those whose events say something else than the lists.
    pub different: Vec<String>,
}

/// What an office's people work with.
#[derive(Clone, Copy)]
pub struct Casework<'a> {
    /// The register.
    pub register: &'a Register,
    /// Under whose id stands what all offices know together.
    pub city: &'a OfficeId,
    /// The flows of new cases.
    pub flows: &'a Flows,
    /// What the office chose.
    pub settings: &'a Settings,
    /// How long cases are kept.
    pub retention: &'a Retention,
}

impl Casework<'_> {
    /// 受付: a new case and its 案件番号.
    pub async fn open(&self, procedure: &str, attributes: Attributes, actor: &Actor) -> Result<Loaded, CaseworkError> {
        let flow = self.flows.get(procedure).ok_or_else(|| CaseworkError::NoFlow { id: procedure.to_owned() })?;
        self.keep_flow(actor.office(), flow).await?;
        let case = CaseId::new();
        let ask = Ask { terminal: Some(COUNTER), ..Ask::case(actor.office(), case, 0) };
        let request = |day| Request { case, office: actor.office().clone(), attributes: attributes.clone(), day };
        let written: Written<Loaded> = self
            .register
            .write(&ask, |locked: &Locked| -> Result<_, CaseworkError> {
                let event = Case::open(flow, request(locked.now.day()), actor, self.settings)?;
                let Event::Opened(opening) = &event else { return Err(CaseworkError::NoOpening { case }) };
                let opened = Case::begin(flow.clone(), opening.clone());
                let row = first_row(&opened, self.retention.class_of(procedure)?, locked);
                let batch = self.batch(&opened, std::slice::from_ref(&event), row.clone(), locked)?;
                Ok((Batch { step: Some(Step::Count), ..batch }, Loaded { case: opened, version: 1, row }))
            })
            .await?;
        now(written)
    }

    /// The flow's text, kept once for each version, so that a case can end on the one with which it began.
    pub(super) async fn keep_flow(&self, office: &OfficeId, flow: &Procedure) -> Result<(), CaseworkError> {
        let version = flow.version.to_string();
        if self.register.flow(office, &flow.id, &version).await?.is_some() {
            return Ok(());
        }
        let kept = register::Flow { procedure: flow.id.clone(), version: version.clone(), text: flow.text.clone() };
        let batch = Batch { events: vec![note::flow_kept(&version)], flow: Some(kept), ..Batch::default() };
        let ask = Ask::office(office);
        match self.register.write(&ask, |_: &Locked| Ok::<_, CaseworkError>((batch, ()))).await {
            // Somebody else kept the same text in between.
            Err(_) if self.register.flow(office, &flow.id, &flow.version.to_string()).await?.is_some() => Ok(()),
            kept => kept.map(drop),
        }
    }

    /// A case of an office, as its events make it. The register has checked the chain over them.
    pub async fn load(&self, office: &OfficeId, id: CaseId) -> Result<Loaded, CaseworkError> {
        self.replayed(office, id).await.map(|(loaded, _)| loaded)
    }

    /// A case, and the events that made it.
    async fn replayed(&self, office: &OfficeId, id: CaseId) -> Result<(Loaded, Vec<Event>), CaseworkError> {
        let row = self.register.case(office, id).await?.ok_or(CaseworkError::NoCase)?;
        let (events, version) = match self.register.replay(office, id).await? {
            Replay::Events(events, version) => (events, version),
            Replay::Destroyed => return Err(CaseworkError::Destroyed),
        };
        let Some((Event::Opened(opening), later)) = events.split_first() else {
            return Err(CaseworkError::NoOpening { case: id });
        };
        let begun = Case::begin(self.flow_of(office, opening).await?, opening.clone());
        let case = later.iter().fold(begun, |case, event| case.apply(event));
        Ok((Loaded { case, version, row }, events))
    }

    /// Position of the event with which a number was released, in its office's register.
    pub async fn released_at(
        &self,
        office: &OfficeId,
        issuance: &register::Issuance,
    ) -> Result<Option<u64>, CaseworkError> {
        let CaseEvents::Whole(events) = self.register.events(office, issuance.case).await? else {
            return Err(CaseworkError::Destroyed);
        };
        for kept in events.iter().filter(|kept| kept.kind == "issue-ended") {
            let event = Event::decode(&kept.kind, kept.v, &kept.body)?;
            if matches!(event, Event::IssueEnded { issuance: id, .. } if id == issuance.id) {
                return Ok(Some(kept.position));
            }
        }
        Ok(None)
    }

    async fn flow_of(&self, office: &OfficeId, opening: &Opening) -> Result<Arc<Procedure>, CaseworkError> {
        let current = self.flows.get(&opening.procedure).filter(|flow| flow.version.0 == opening.version);
        if let Some(flow) = current {
            return Ok(flow.clone());
        }
        let version = data_encoding::HEXLOWER.encode(&opening.version);
        let kept = self.register.flow(office, &opening.procedure, &version).await?;
        let text = kept.ok_or_else(|| CaseworkError::NoFlow { id: opening.procedure.clone() })?;
        Ok(Arc::new(Procedure::parse(&opening.procedure, &text)?))
    }

    /// A command by a person: decided on the case as it is, and written. Where somebody else was quicker,
    /// it is decided again on what they left.
    pub async fn act(
        &self,
        office: &OfficeId,
        id: CaseId,
        command: &Command,
        actor: &Actor,
    ) -> Result<Loaded, CaseworkError> {
        self.act_on((office, id), None, command, actor).await
    }

    /// The same, and on nothing but the version that the person saw, if they say which.
    pub async fn act_on(
        &self,
        (office, id): (&OfficeId, CaseId),
        seen: Option<u64>,
        command: &Command,
        actor: &Actor,
    ) -> Result<Loaded, CaseworkError> {
        let mut tries = TRIES;
        loop {
            tries = tries.saturating_sub(1);
            let loaded = self.load(office, id).await?.unless_changed(seen)?;
            let mut ask = Ask::case(office, id, loaded.version);
            if let Command::Do(work) = command {
                ask = self.asking_to_fill(&loaded, work.step.as_str(), ask)?;
                ask = self.asking_for_alerts(&loaded, &work.step, ask);
            }
            let written =
                self.register.write(&ask, |locked: &Locked| self.decided(&loaded, command.clone(), actor, locked));
            match written.await.and_then(now) {
                Err(CaseworkError::SubjectChanged { entry }) => {
                    return self.lapse_change(office, id, entry, actor).await;
                }
                Err(CaseworkError::Register(RegisterError::Conflict { .. })) if tries > 0 => {}
                other => return other,
            }
        }
    }

    /// 交付 at a till: what was shown is decided on under the lock; a receipt has the till's next number, and stands in
    /// its list in the same write. Nothing is taken at a till whose day is closed.
    pub async fn hand_over(
        &self,
        (office, id): (&OfficeId, CaseId),
        seen: Option<u64>,
        (shown, till): (&Shown, u16),
        actor: &Actor,
    ) -> Result<Loaded, CaseworkError> {
        let mut tries = TRIES;
        loop {
            tries = tries.saturating_sub(1);
            let loaded = self.load(office, id).await?.unless_changed(seen)?;
            let watch = vec![till::watch(office, shown.receipt.day, &shown.receipt.till)];
            let ask = Ask { terminal: Some(till::counter(till)), watch, ..Ask::case(office, id, loaded.version) };
            let written = self.register.write(&ask, |locked: &Locked| self.handed(&loaded, shown, actor, locked)).await;
            match written.and_then(now) {
                Err(CaseworkError::Register(RegisterError::Conflict { .. })) if tries > 0 => {}
                other => return other,
            }
        }
    }

    fn handed(
        &self,
        loaded: &Loaded,
        shown: &Shown,
        actor: &Actor,
        locked: &Locked,
    ) -> Result<(Batch, Loaded), CaseworkError> {
        if locked.now.day() != shown.receipt.day || !locked.watched.is_empty() {
            return Err(CaseworkError::TillClosed);
        }
        let serial = locked.number.map_or(0, |number| number.serial);
        let receipt = ReceiptNumber { serial, ..shown.receipt.clone() };
        let (hour, minute) = locked.now.hour_and_minute();
        let time = format!("{hour:02}:{minute:02}");
        let command = Command::HandOver(Box::new(Shown { receipt, time, ..shown.clone() }));
        let (batch, after) = self.decided(loaded, command, actor, locked)?;
        let new = after.case.record().handed().get(loaded.case.record().handed().len());
        let Some(settlement) = new.and_then(|handed| handed.settlement.clone()) else { return Ok((batch, after)) };
        let receipt = till::Receipt { case: loaded.row.id, settlement, by: actor.person().clone() };
        let tills = Tills::of(self.register, actor.office());
        let records = vec![tills.draft(&receipt)?];
        Ok((Batch { step: Some(Step::Count), records, ..batch }, after))
    }

    /// What a command brings about, as a batch.
    pub(super) fn decided(
        &self,
        loaded: &Loaded,
        command: Command,
        actor: &Actor,
        locked: &Locked,
    ) -> Result<(Batch, Loaded), CaseworkError> {
        let work = match &command {
            Command::Do(work) => Some(work.clone()),
            _ => None,
        };
        let mut events = loaded.case.decide(command, actor, self.settings, locked.now.day())?;
        if let Some(work) = work {
            events.extend(self.alerts(loaded, &work, &events, locked)?);
        }
        let (beside, notes) = self.filling(loaded, &events, locked)?;
        events.extend(notes);
        let case = events.iter().fold(loaded.case.clone(), |case, event| case.apply(event));
        let mut row = loaded.row.clone();
        if row.state != case.state() {
            row.since = locked.now;
        }
        let batch = Batch { beside, ..self.batch(&case, &events, row, locked)? };
        let row = batch.case.as_ref().map_or_else(|| loaded.row.clone(), |(row, _)| row.clone());
        let version = loaded.version.saturating_add(events.len() as u64);
        Ok((batch, Loaded { case, version, row }))
    }

    pub(super) fn batch(
        &self,
        case: &Case,
        events: &[Event],
        row: CaseRow,
        locked: &Locked,
    ) -> Result<Batch, CaseworkError> {
        let encoded = events.iter().map(|event| {
            let kept = event.encode()?;
            Ok(register::Event { kind: kept.kind.to_owned(), v: kept.version, body: Zeroizing::new(kept.body) })
        });
        let (case, terms) = (Some(self.projected(case, row, Some(locked.now.day()))), terms(events));
        let events = encoded.collect::<Result<_, CaseworkError>>()?;
        Ok(Batch { events, case, terms, ..Batch::default() })
    }

    /// Replays every case of an office and compares what lists show of it with what its events say. Cases
    /// whose keys were destroyed cannot be replayed; they are counted.
    pub async fn rebuild(&self, office: &OfficeId) -> Result<Rebuilt, CaseworkError> {
        let mut rebuilt = Rebuilt::default();
        for (row, waiting) in self.register.lists(office).await? {
            let number = row.number.clone();
            let (loaded, events) = match self.replayed(office, row.id).await {
                Err(CaseworkError::Destroyed) => {
                    rebuilt.destroyed += 1;
                    continue;
                }
                other => other?,
            };
            let (expected, roles) = self.projected(&loaded.case, row.clone(), row.ended);
            rebuilt.replayed += 1;
            let found = self.register.found_by(office, row.id, &terms(&events)).await?;
            if (expected, roles) != (row, waiting) || !found {
                rebuilt.different.push(number);
            }
        }
        Ok(rebuilt)
    }

    /// What lists show of a case, and the roles for whom it waits: nothing but what its events say.
    fn projected(&self, case: &Case, row: CaseRow, today: Option<Day>) -> (CaseRow, Vec<String>) {
        let waiting = case.waiting(self.settings);
        // What waits, and of what waits for a day, for which.
        let next: Vec<String> = waiting
            .iter()
            .map(|waiting| match waiting.from {
                Some(day) => format!("{}@{day}", waiting.step.key),
                None => waiting.step.key.to_string(),
            })
            .collect();
        let ended = matches!(case, Case::Completed(_) | Case::Refused(_));
        let mut roles: Vec<String> =
            waiting.iter().flat_map(|waiting| &waiting.roles).map(|role| role.key().to_owned()).collect();
        roles.sort();
        roles.dedup();
        let row = CaseRow {
            state: case.state().to_owned(),
            next: next.join(" "),
            ended: if ended { row.ended.or(today) } else { None },
            ..row
        };
        (row, roles)
    }
}

/// By what a case is found, after these of its events.
fn terms(events: &[Event]) -> Vec<Term> {
    let entered = events.iter().filter_map(|event| match event {
        Event::DocumentEntered { entry, .. } => Some(names(entry.data.0.as_bytes())),
        _ => None,
    });
    let names: BTreeSet<Name> = entered.flatten().collect();
    names.iter().map(term).collect()
}

/// The row of a case that has just begun, with its 案件番号: day and number of that day.
pub(super) fn first_row(case: &Case, class: &str, locked: &Locked) -> CaseRow {
    let day = locked.now.day();
    let serial = locked.number.map_or(0, |number| number.serial);
    let opening = case.record().opening();
    CaseRow {
        id: opening.case,
        number: format!("{:02}{:02}{:02}-{serial:04}", day.year().rem_euclid(100), day.month(), day.day()),
        procedure: opening.procedure.clone(),
        flow_version: data_encoding::HEXLOWER.encode(&opening.version),
        state: case.state().to_owned(),
        since: locked.now,
        opened_at: locked.now,
        next: String::new(),
        class: class.to_owned(),
        ended: None,
    }
}

pub(super) fn now<T>(written: Written<T>) -> Result<T, CaseworkError> {
    match written {
        Written::Now(value) => Ok(value),
        // Only a request with a key of its own is answered from before.
        Written::Earlier(_) => Err(RegisterError::KeyReused.into()),
    }
}
