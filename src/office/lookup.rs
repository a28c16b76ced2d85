//! 照会: looking people up among what is held. Of whom nothing may be looked up, nothing is found, unless who
//! asks has the right to see what is suppressed; then it is said.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::id::OfficeId;
use crate::document::names::Name;
use crate::document::subject::Subject;
use crate::register::Register;
use crate::register::clock::Moment;

use super::records::{RecordError, Version};
use super::right::{Officer, Right};
use super::subjects::{Subjects, noted};
use super::suppression::{self, Suppression, Work, found};

/// Most that are shown at once: who gets more must say more.
const MOST: u32 = 50;

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
        let now = self.register.now().await?;
        let subjects = Subjects::of(self.register, self.city);
        let mut asked = MOST.saturating_add(1);
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

    /// Those among them who may be seen.
    async fn seen(&self, held: Vec<Version<Subject>>, now: Moment) -> Result<Vec<Seen>, RecordError> {
        let sees = self.officer.with(Right::SuppressSee).is_ok();
        let mut people = Vec::new();
        for Version { state: subject, .. } in held {
            let known = self.suppressed(&subject).await?;
            let hidden = known.iter().any(|known| known.state.forbids(Work::Shokai, now));
            if sees {
                people.push(Seen { subject: shown(subject), suppressions: known });
            } else if !hidden {
                people.push(Seen { subject: shown(subject), suppressions: Vec::new() });
            }
        }
        Ok(people)
    }

    /// What is suppressed of anyone on a record or of their household, be it in force now or not.
    async fn suppressed(&self, subject: &Subject) -> Result<Vec<Version<Suppression>>, RecordError> {
        let about = suppression::about(subject.data.to_string().as_bytes(), &noted(std::slice::from_ref(subject)));
        let known = found(self.register, self.city, &about).await?;
        let once: BTreeMap<String, _> = known.into_iter().map(|known| (known.id.clone(), known)).collect();
        Ok(once.into_values().collect())
    }
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
