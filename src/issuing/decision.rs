//! The one place that decides whether something may be issued: asked before a number is given (T1) and
//! again before anything is released (T2). Every rule of the office that may forbid it is a line here.

use crate::case::event::{Held, Source};
use crate::case::id::OfficeId;
use crate::case::running::Running;
use crate::case::sheet::ApprovedSheet;
use crate::document::absence::Absence;
use crate::document::catalog::Kind;
use crate::document::compose::compose;
use crate::document::request::KofuSeikyu;
use crate::document::subject::Subject;
use crate::domain::calendar::Day;
use crate::office::records::{RecordError, Version};
use crate::office::subjects::{self, Imported};
use crate::office::suppression::{self, Suppression, Work};
use crate::procedure::settings::SourceAge;
use crate::register::{Incident, Locked, Watch};

/// Open incidents of one kind of document at which its issuing stops until people have closed them.
const MOST_INCIDENTS: usize = 3;

/// What is about to be issued.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The case.
    pub running: &'a Running,
    /// The document.
    pub sheet: &'a ApprovedSheet,
    /// The office, under its lock.
    pub locked: &'a Locked,
    /// How old what is held may be.
    pub age: SourceAge,
}

/// Why it may not be issued now.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// Too many incidents of this kind wait for somebody.
    #[error("deciding an issuance: too many incidents of this kind are open")]
    Incidents,
    /// The day for which it was approved is over.
    #[error("deciding an issuance: the day of the approval is over")]
    DayOver,
    /// Something is known of somebody whom it is about that forbids it. What, is told to nobody who has no
    /// right to know.
    #[error("deciding an issuance: it is withheld")]
    Withheld,
    /// What is held is no longer that from which it was composed.
    #[error("deciding an issuance: what is held was changed since")]
    SourceChanged,
    /// What is held from which it was composed is too old.
    #[error("deciding an issuance: what is held is too old")]
    Stale,
    /// What is known cannot be read.
    #[error(transparent)]
    Unreadable(#[from] RecordError),
}

impl Obstacle {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Withheld => "hand-to-city",
            Self::SourceChanged => "source-changed",
            Self::Stale => "source-stale",
            Self::Unreadable(error) => error.code(),
            Self::Incidents => "issuing-stopped",
            Self::DayOver => "warrant-other-day",
        }
    }
}

/// From what it was composed.
fn held(sheet: &ApprovedSheet) -> &[Held] {
    match &sheet.entered.entry.source {
        Source::Composed { subjects, .. } => subjects,
        Source::Typed | Source::Change { .. } => &[],
    }
}

/// What it certifies not to be there.
fn absence(sheet: &ApprovedSheet) -> Option<Absence> {
    let entry = &sheet.entered.entry;
    Absence::certified(&entry.kind, entry.data.0.as_bytes())
}

/// What must be seen under the lock to decide about a document.
pub fn watch(city: &OfficeId, sheet: &ApprovedSheet) -> Vec<Watch> {
    let about = suppression::about(sheet.entered.entry.data.0.as_bytes(), held(sheet));
    let mut watch = vec![suppression::watch(city, &about)];
    watch.extend(subjects::watch(city, held(sheet)));
    watch.push(subjects::watch_import(city));
    watch.extend(absence(sheet).map(|absence| subjects::watch_name(city, absence.name())));
    watch
}

impl Question<'_> {
    /// Whether anything stands in the way. What [`watch`] names must have been watched.
    pub fn decide(&self) -> Result<(), Obstacle> {
        self.day()?;
        self.incidents()?;
        self.suppressions()?;
        self.absence()?;
        self.age()?;
        self.source()
    }

    /// What it was composed from is not too old by now, or something was taken over since.
    fn age(&self) -> Result<(), Obstacle> {
        let Source::Composed { as_of: Some(as_of), .. } = &self.sheet.entered.entry.source else { return Ok(()) };
        let last = Version::<Imported>::watched(self.locked)?.into_iter().map(|version| version.state.day).max();
        let as_of = last.map_or(*as_of, |last| last.max(*as_of));
        if self.age.is_refused(as_of, self.today()) { Err(Obstacle::Stale) } else { Ok(()) }
    }

    /// What was composed is what would be composed now: nothing that is held was changed since, nobody
    /// came into the household or left it, and nobody wrote something else into the case.
    fn source(&self) -> Result<(), Obstacle> {
        let entry = &self.sheet.entered.entry;
        let Source::Composed { request, .. } = &entry.source else { return Ok(()) };
        let held: Vec<Version<Subject>> = Version::watched(self.locked)?;
        let held: Vec<Subject> = held.into_iter().map(|version| version.state.on(self.today())).collect();
        let now = KofuSeikyu::read(request.0.as_bytes()).ok().and_then(|request| {
            let kind = Kind::by_id(&entry.kind)?;
            compose(kind, &request, &held).ok()
        });
        let entered = serde_json::from_str::<serde_json::Value>(&entry.data.0).ok();
        if now.is_some() && now == entered { Ok(()) } else { Err(Obstacle::SourceChanged) }
    }

    fn suppressions(&self) -> Result<(), Obstacle> {
        let suppressions = Version::<Suppression>::watched(self.locked)?;
        let forbids = |known: &Version<Suppression>| known.state.forbids(Work::Hakko, self.locked.now);
        if suppressions.iter().any(forbids) { Err(Obstacle::Withheld) } else { Ok(()) }
    }

    /// Nobody is certified to be absent of whom something is held there, be it suppressed or not: both are
    /// told alike.
    fn absence(&self) -> Result<(), Obstacle> {
        let Some(absence) = absence(self.sheet) else { return Ok(()) };
        let held = Version::<Subject>::watched(self.locked)?;
        let contradicted = held.iter().any(|held| absence.is_contradicted_by(&held.state));
        if contradicted { Err(Obstacle::Withheld) } else { Ok(()) }
    }

    fn today(&self) -> Day {
        self.locked.now.day()
    }

    /// What was approved holds on its 証明日; by mail, until the day of posting.
    fn day(&self) -> Result<(), Obstacle> {
        if self.sheet.cover.day < self.today() { Err(Obstacle::DayOver) } else { Ok(()) }
    }

    fn incidents(&self) -> Result<(), Obstacle> {
        let kind = &self.sheet.entered.entry.kind;
        let of_kind = |incident: &&Incident| incident.kind.split_once(' ').is_some_and(|(_, of)| of == kind);
        let open = self.locked.incidents.iter().filter(of_kind).count();
        if open >= MOST_INCIDENTS { Err(Obstacle::Incidents) } else { Ok(()) }
    }
}
