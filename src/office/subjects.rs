//! What is held of people: taken over from the city's systems, found by whole names, numbers, days and
//! addresses. Nothing stands in clear beside it: what is searched for is hashed under the office's key.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::case::event::Held;
use crate::case::id::OfficeId;
use crate::case::wire;
use crate::document::names::{Field, Name};
use crate::document::request::KofuSeikyu;
use crate::document::subject::Subject;
use crate::document::subject_import::{BadLine, Line, Reason as Bad};
use crate::domain::calendar::Day;
use crate::register::clock::Moment;
use crate::register::{Key, Register, RegisterError, Term, Watch};

use super::records::{Author, Kept, RecordError, Records, Version, term};
use super::right::{NoRight, Officer, Right};

/// Subjects that are put in one write.
const AT_ONCE: usize = 200;

/// Subjects could not be taken over.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// Nobody may do this without the right to it.
    #[error(transparent)]
    Right(#[from] NoRight),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The file.
    #[error("reading what is taken over: {0}")]
    File(#[from] std::io::Error),
}

impl From<RegisterError> for SubjectError {
    fn from(error: RegisterError) -> Self {
        Self::Record(error.into())
    }
}

impl SubjectError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Right(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::File(_) => "import-file",
        }
    }
}

impl Kept for Subject {
    const KIND: &'static str = "subject";

    fn found_by(&self) -> Vec<Term> {
        Self::found_by(self).iter().map(term).collect()
    }
}

/// That something was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// On which day last.
    #[serde(with = "wire::text")]
    pub day: Day,
}

impl Kept for Imported {
    const KIND: &'static str = "imported";
}

/// The one record of it in a city.
const LAST: &str = "last";

/// When something was last taken over in a city, to be seen under the lock.
pub fn watch_import(city: &OfficeId) -> Watch {
    Watch { office: city.clone(), kind: Imported::KIND, key: Key::Id(LAST.to_owned()) }
}

/// What came of taking over.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Lines of people of whom nothing was held.
    pub new: usize,
    /// Lines that follow on what was held.
    pub newer: usize,
    /// Lines of what was held already.
    pub unchanged: usize,
    /// Lines that were refused, each by its place.
    pub bad: usize,
}

/// Lines that are taken over together.
#[derive(Default)]
struct Few {
    /// Those of subjects, with the id of each.
    good: Vec<(usize, String, Subject)>,
    /// The others.
    bad: Vec<BadLine>,
}

impl Few {
    fn is_full(&self) -> bool {
        self.good.len().max(self.bad.len()) >= AT_ONCE
    }

    fn waits(&self, id: &str) -> bool {
        self.good.iter().any(|(_, waiting, _)| waiting == id)
    }
}

/// The subjects of a city.
#[derive(Clone, Copy)]
pub struct Subjects<'a> {
    register: &'a Register,
    city: &'a OfficeId,
    records: Records<'a, Subject>,
}

impl<'a> Subjects<'a> {
    /// Those of a city.
    pub fn of(register: &'a Register, city: &'a OfficeId) -> Self {
        Self { register, city, records: Records::of(register, city) }
    }

    /// Under which id a subject of a key is kept: one that says nothing of it.
    pub fn id_of(&self, key: &str) -> Result<String, RegisterError> {
        let text = zeroize::Zeroizing::new(key.to_owned());
        self.register.id_of(self.city, &Term { field: "subject".to_owned(), term: text })
    }

    /// The newest of a key.
    pub async fn newest(&self, key: &str) -> Result<Option<Version<Subject>>, RecordError> {
        self.records.find_id(&self.id_of(key)?).await
    }

    /// Takes over lines, in order; tells of every bad one. A line of what is held already changes
    /// nothing, one that is older is bad. No more than [`AT_ONCE`] lines are held at a time.
    pub async fn take_over(
        &self,
        lines: impl Iterator<Item = Line>,
        officer: Officer<'_>,
        mut tell: impl FnMut(&BadLine),
    ) -> Result<Taken, SubjectError> {
        let author = Author::one(officer.with(Right::Import)?.person());
        let (mut taken, mut few) = (Taken::default(), Few::default());
        for line in lines {
            let line = match line {
                Ok((number, subject)) => Ok((number, self.id_of(&subject.key())?, subject)),
                Err(bad) => Err(bad),
            };
            // The same person again: what waits must be there first.
            if few.is_full() || line.as_ref().is_ok_and(|(_, id, _)| few.waits(id)) {
                self.take(std::mem::take(&mut few), &author, &mut taken, &mut tell).await?;
            }
            match line {
                Ok(line) => few.good.push(line),
                Err(bad) => few.bad.push(bad),
            }
        }
        self.take(few, &author, &mut taken, &mut tell).await?;
        if taken.new.saturating_add(taken.newer).saturating_add(taken.unchanged) > 0 {
            self.imported(&author).await?;
        }
        Ok(taken)
    }

    /// Takes over lines of different people: what is held of them is asked for at once, and put at once what
    /// follows on it.
    async fn take(
        &self,
        Few { good, mut bad }: Few,
        author: &Author,
        taken: &mut Taken,
        tell: &mut impl FnMut(&BadLine),
    ) -> Result<(), SubjectError> {
        let numbers: Vec<Name> =
            good.iter().map(|(_, _, subject)| Name::new(Field::AtenaBango, &subject.atena_bango)).collect();
        let held = if numbers.is_empty() { Vec::new() } else { self.find_by_any(&numbers).await? };
        let held: HashMap<&str, &Version<Subject>> = held.iter().map(|held| (held.id.as_str(), held)).collect();
        let mut puts = Vec::new();
        for (number, id, subject) in &good {
            let version = match held.get(id.as_str()) {
                None => {
                    taken.new += 1;
                    0
                }
                Some(held) if held.state == *subject => {
                    taken.unchanged += 1;
                    continue;
                }
                Some(held) if held.state.rireki_bango >= subject.rireki_bango => {
                    bad.push(BadLine { line: *number, reason: Bad::Older });
                    continue;
                }
                Some(held) => {
                    taken.newer += 1;
                    held.version
                }
            };
            puts.push(self.records.draft(id, version, subject, author)?);
        }
        taken.bad += bad.len();
        bad.sort_by_key(|bad| bad.line);
        bad.iter().for_each(tell);
        Ok(self.records.put_all(puts).await?)
    }

    /// Notes on which day something was last taken over.
    async fn imported(&self, author: &Author) -> Result<(), RecordError> {
        let imports = Records::<Imported>::of(self.register, self.city);
        let (today, last) = (self.register.now().await?.day(), imports.find_id(LAST).await?);
        if last.as_ref().is_some_and(|last| last.state.day >= today) {
            return Ok(());
        }
        let version = last.map_or(0, |last| last.version);
        match imports.put(LAST, version, &Imported { day: today }, author).await {
            // Somebody else has just noted it.
            Err(RecordError::Stale { .. }) => Ok(()),
            put => put,
        }
    }

    /// Of which day what is held is: of the last import, or of an approval that wrote it since; of several the
    /// oldest. None of nobody.
    pub async fn as_of(&self, held: &[Subject]) -> Result<Option<Day>, RecordError> {
        let last = Records::<Imported>::of(self.register, self.city).find_id(LAST).await?;
        let last = last.map(|last| last.state.day);
        let day = |held: &Subject| Moment::from_millis(held.as_of).ok().map(Moment::day);
        Ok(held.iter().map(|held| day(held).max(last)).min().flatten())
    }

    /// Subjects that are found by all of some names, at most `limit`.
    pub async fn find(&self, names: &[Name], limit: u32) -> Result<Vec<Version<Subject>>, RecordError> {
        let terms: Vec<Term> = names.iter().map(term).collect();
        self.records.find(&terms, limit).await
    }

    /// What a request is composed from: what is held of those who are asked about, and of their households.
    /// Whoever is held, and were it nobody, it is asked twice.
    pub async fn held(&self, request: &KofuSeikyu) -> Result<Vec<Subject>, RecordError> {
        let asked: Vec<Name> =
            request.asked().into_iter().map(|asked| Name::new(Field::AtenaBango, asked.as_str())).collect();
        let mut held = self.find_by_any(&asked).await?;
        let mut households: Vec<Name> = held
            .iter()
            .filter_map(|version| Some(Name::new(Field::SetaiBango, version.state.setai_bango()?)))
            .collect();
        households.sort();
        households.dedup();
        held.extend(self.find_by_any(&households).await?);
        held.sort_by(|a, b| a.id.cmp(&b.id));
        held.dedup_by(|a, b| a.id == b.id);
        Ok(held.into_iter().map(|version| version.state).collect())
    }

    /// Subjects that are found by any of some names, each once: with one question, be there many names or none.
    pub async fn find_by_any(&self, names: &[Name]) -> Result<Vec<Version<Subject>>, RecordError> {
        let terms: Vec<Term> = names.iter().map(term).collect();
        self.records.find_by_any(&terms).await
    }
}

/// What was held, as an entry notes it.
pub fn noted(held: &[Subject]) -> Vec<Held> {
    let note = |subject: &Subject| Held {
        kind: subject.kind.clone(),
        atena_bango: subject.atena_bango.clone(),
        setai_bango: subject.setai_bango().map(str::to_owned),
        rireki_bango: subject.rireki_bango,
    };
    held.iter().map(note).collect()
}

/// The records from which an entry was composed, and whoever came into the household since.
pub fn watch(city: &OfficeId, held: &[Held]) -> Vec<Watch> {
    let numbers = held.iter().map(|held| Name::new(Field::AtenaBango, &held.atena_bango));
    let households = held.iter().filter_map(|held| Some(Name::new(Field::SetaiBango, held.setai_bango.as_ref()?)));
    let mut names: Vec<Name> = numbers.chain(households).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    vec![watch_any(city, &names)]
}

/// Everyone who is held by a name.
pub fn watch_name(city: &OfficeId, name: &Name) -> Watch {
    watch_any(city, std::slice::from_ref(name))
}

fn watch_any(city: &OfficeId, names: &[Name]) -> Watch {
    Watch { office: city.clone(), kind: Subject::KIND, key: Key::AnyOf(names.iter().map(term).collect()) }
}
