//! 照会: looking people up among what is held. Of whom nothing may be looked up, nothing is found, unless who
//! asks has the right to see what is suppressed; then it is said.

use serde_json::Value;

use crate::case::id::OfficeId;
use crate::document::names::{Field, Name};
use crate::document::subject::Subject;
use crate::register::clock::Moment;
use crate::register::{CaseRow, Register, Term};

use super::grid::on_grid;
use super::records::{RecordError, Version, term};
use super::right::{Officer, Right};
use super::subjects::{Subjects, noted};
use super::suppression::{self, Suppression, Work, found};

/// Most that are shown at once: who gets more must say more.
const MOST: u32 = 50;

/// So many are asked for, whether there are any or not: enough to show [`MOST`] and to know of more, even if
/// many of them are hidden.
const ASKED: u32 = 2 * (MOST + 1);

/// What is never shown to who looks somebody up: it stands on a certificate only where that was asked for.
const NEVER_SHOWN: [&str; 2] = ["kojin_bango", "juminhyo_code"];

/// Somebody who was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What is held, without 個人番号 and 住民票コード.
    pub subject: Subject,
    /// What is suppressed of them; empty for whoever may not know.
    pub suppressions: Vec<Version<Suppression>>,
}

/// Who was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// In the order of kinds and 宛名番号.
    pub people: Vec<Seen>,
    /// Whether there are more than are shown.
    pub more: bool,
}

/// What is held in a city, for a person.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    register: &'a Register,
    city: &'a OfficeId,
    officer: Officer<'a>,
}

impl<'a> Lookup<'a> {
    /// What a person may look up.
    pub fn of(register: &'a Register, city: &'a OfficeId, officer: Officer<'a>) -> Self {
        Self { register, city, officer }
    }

    /// Those who are found by all of some names. Who is hidden is not counted either: as many are shown, and
    /// as many are said to be more, as if nothing were held of them.
    ///
    /// # Errors
    /// The register.
    pub async fn find(&self, names: &[Name]) -> Result<Found, RecordError> {
        on_grid(self.found(names)).await
    }

    /// Cases of the person's office with a name or number on a document, newest first, at most `limit`; and
    /// whether there are more. Of whom nothing may be looked up, no case is found; nor, where their name is
    /// looked for, one that says by no number whose it is.
    ///
    /// # Errors
    /// The register.
    pub async fn cases(&self, name: &Name, limit: u32) -> Result<(Vec<CaseRow>, bool), RecordError> {
        on_grid(self.found_cases(name, limit)).await
    }

    async fn found_cases(&self, name: &Name, limit: u32) -> Result<(Vec<CaseRow>, bool), RecordError> {
        let now = self.register.now().await?;
        let held = Subjects::of(self.register, self.city).find_by_any(std::slice::from_ref(name)).await?;
        let mut about = numbers(held.iter().map(|held| &held.state));
        about.push(name.clone());
        let known = found(self.register, self.city, &about).await?;
        let sees = self.officer.with(Right::SuppressSee).is_ok();
        let forbids = known.iter().filter(|known| !sees && known.state.forbids(Work::Shokai, now));
        let hidden = forbids.flat_map(|known| known.state.target.names()).filter(|name| name.field != Field::Shimei);
        let hidden: Vec<Term> = hidden.map(|name| term(&name)).collect();
        let office = self.officer.actor.office();
        let mut cases = self.register.find(office, &term(name), &hidden, limit.saturating_add(1)).await?;
        let more = cases.len() as u64 > u64::from(limit);
        cases.truncate(limit as usize);
        Ok((cases, more))
    }

    /// What [`Self::find`] tells, as soon as it is known: to measure how long that takes, and for nobody to be told.
    ///
    /// # Errors
    /// The register.
    pub async fn found(&self, names: &[Name]) -> Result<Found, RecordError> {
        let now = self.register.now().await?;
        let subjects = Subjects::of(self.register, self.city);
        let mut asked = ASKED;
        loop {
            let held = subjects.find(names, asked).await?;
            let all = (held.len() as u64) < u64::from(asked);
            let mut people = self.seen(held, now).await?;
            if all || people.len() > MOST as usize {
                let more = people.len() > MOST as usize;
                people.truncate(MOST as usize);
                people.sort_by_key(|seen| seen.subject.key());
                return Ok(Found { people, more });
            }
            asked = asked.saturating_mul(2);
        }
    }

    /// Those among them who may be seen. It is asked about all at once, and also where there is nobody.
    async fn seen(&self, held: Vec<Version<Subject>>, now: Moment) -> Result<Vec<Seen>, RecordError> {
        let sees = self.officer.with(Right::SuppressSee).is_ok();
        let held: Vec<(Subject, Vec<Name>)> =
            held.into_iter().map(|Version { state, .. }| (state.clone(), whom(&state))).collect();
        let mut all: Vec<Name> = held.iter().flat_map(|(_, about)| about).cloned().collect();
        all.sort();
        all.dedup();
        let known = found(self.register, self.city, &all).await?;
        let mut people = Vec::new();
        for (subject, about) in held {
            let theirs = known.iter().filter(|known| known.state.target.is_among(&about));
            let theirs: Vec<Version<Suppression>> = theirs.cloned().collect();
            let hidden = theirs.iter().any(|known| known.state.forbids(Work::Shokai, now));
            if sees {
                people.push(Seen { subject: shown(subject), suppressions: theirs });
            } else if !hidden {
                people.push(Seen { subject: shown(subject), suppressions: Vec::new() });
            }
        }
        Ok(people)
    }
}

/// By which numbers people are known.
fn numbers<'s>(held: impl Iterator<Item = &'s Subject>) -> Vec<Name> {
    let of = |subject: &Subject| {
        let household = subject.setai_bango().map(|number| Name::new(Field::SetaiBango, number));
        std::iter::once(Name::new(Field::AtenaBango, &subject.atena_bango)).chain(household)
    };
    held.flat_map(of).collect()
}

/// Anyone on a record, and their household.
fn whom(subject: &Subject) -> Vec<Name> {
    suppression::about(subject.data.to_string().as_bytes(), &noted(std::slice::from_ref(subject)))
}

/// What is held, as it is shown.
fn shown(mut subject: Subject) -> Subject {
    hide(&mut subject.data);
    subject
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !NEVER_SHOWN.contains(&key.as_str()));
            fields.values_mut().for_each(hide);
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => {}
    }
}
