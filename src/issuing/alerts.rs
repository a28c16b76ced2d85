//! アラート: what is known of somebody that forbids nothing and must be seen by whoever decides. The city's staff
//! name each alert that they saw; the case keeps which, and a decision without one of them is none.

use crate::case::command::Work as Doing;
use crate::case::event::{AlertSeen, Entry, Event, Source};
use crate::case::sheet::Sheet;
use crate::document::names::Name;
use crate::document::refusal::{Refusal, Refusals};
use crate::office::records::Version;
use crate::office::suppression::{self, Level, Suppression, Work};
use crate::procedure::{Act, StepKey};
use crate::register::{Ask, Locked};

use super::casework::{Casework, CaseworkError, Loaded};

/// Whom an entry is about.
fn about(entry: &Entry) -> Vec<Name> {
    let held = match &entry.source {
        Source::Composed { subjects, .. } | Source::Change { subjects } => &subjects[..],
        Source::Typed => &[],
    };
    suppression::about(entry.data.0.as_bytes(), held)
}

/// Whom a decision at a step is about; nobody where nothing is decided.
fn decided_about(loaded: &Loaded, step: &StepKey) -> Vec<Name> {
    let running = loaded.case.record();
    let decides = |act| matches!(act, Act::Review | Act::Approve | Act::Seal | Act::Decide);
    if !running.flow().step(step).is_some_and(|step| decides(step.act)) {
        return Vec::new();
    }
    let mut about: Vec<Name> =
        running.sealed_at(step).map(Sheet::entered).flat_map(|sheet| about(&sheet.entry)).collect();
    about.sort();
    about.dedup();
    about
}

impl Casework<'_> {
    /// What must be seen under the lock for a decision.
    pub(super) fn asking_for_alerts(&self, loaded: &Loaded, step: &StepKey, mut ask: Ask) -> Ask {
        let about = decided_about(loaded, step);
        if !about.is_empty() {
            ask.watch.push(suppression::watch(self.city, &about));
        }
        ask
    }

    /// That every alert was seen, for the case to keep.
    ///
    /// # Errors
    /// [`CaseworkError::Alerts`] names those that were not.
    pub(super) fn alerts(
        &self,
        loaded: &Loaded,
        work: &Doing,
        events: &[Event],
        locked: &Locked,
    ) -> Result<Vec<Event>, CaseworkError> {
        let about = decided_about(loaded, &work.step);
        let alerts: Vec<AlertSeen> = Version::<Suppression>::watched(locked)?
            .into_iter()
            .filter(|known| known.state.level == Level::Alert && known.state.works.contains(&Work::Hakko))
            .filter(|known| known.state.holds(locked.now) && known.state.target.is_among(&about))
            .map(|known| AlertSeen { id: known.id, version: known.version })
            .collect();
        let unseen: Vec<Refusal> = alerts
            .iter()
            .filter(|alert| !work.alerts.contains(alert))
            .map(|alert| Refusal::new("", "alert-unseen").with("alert", format!("{}:{}", alert.id, alert.version)))
            .collect();
        if let Some(told) = Refusals::of(unseen) {
            return Err(CaseworkError::Alerts { told });
        }
        let by = events.iter().rev().find_map(|event| match event {
            Event::StepDone { by, .. } => Some(by.clone()),
            _ => None,
        });
        let note =
            by.filter(|_| !alerts.is_empty()).map(|by| Event::AlertsSeen { step: work.step.clone(), alerts, by });
        Ok(note.into_iter().collect())
    }
}
