//! Typed records: each is put by somebody, for a reason, at the version that they have seen.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::event::Reason;
use crate::case::id::{OfficeId, PersonId};
use crate::document::names::Name;
use crate::register::{Ask, Batch, Key, Locked, Put, Record, Register, RegisterError, Term, Watch, Written};

/// Records that are read at once where all are.
const PAGE: u32 = 200;

/// A record could not be read or put.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A record that this program cannot read.
    #[error("reading the record {kind}/{id}: {source}")]
    Body {
        /// What kind.
        kind: String,
        /// Id.
        id: String,
        /// Why.
        source: serde_json::Error,
    },
    /// There is none of this id.
    #[error("finding the record {kind}/{id}: there is none")]
    None {
        /// What kind.
        kind: &'static str,
        /// Id.
        id: String,
    },
    /// Somebody else changed it since it was seen.
    #[error("putting the record {kind}/{id}: it was changed since version {seen}")]
    Stale {
        /// What kind.
        kind: &'static str,
        /// Id.
        id: String,
        /// Version that was seen.
        seen: u64,
    },
}

impl RecordError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Register(error) => error.code(),
            Self::Body { .. } => "record-unreadable",
            Self::None { .. } => "no-record",
            Self::Stale { .. } => "record-stale",
        }
    }
}

/// What is kept as a record.
pub trait Kept: Serialize + DeserializeOwned {
    /// What kind of record it is: part of the types of its events, and never changed.
    const KIND: &'static str;
    /// Version of its form.
    const V: u32 = 1;

    /// By what it is found, besides its id.
    fn found_by(&self) -> Vec<Term> {
        Vec::new()
    }
}

/// A name or number as the register hashes it.
pub fn term(Name { field, text }: &Name) -> Term {
    Term { field: field.key().to_owned(), term: Zeroizing::new(text.clone()) }
}

/// Who put a record, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// One person, or the two of what no one does alone.
    pub by: Vec<PersonId>,
    /// Why, where a reason is asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Reason>,
}

impl Author {
    /// One person, without a reason.
    pub fn one(person: &PersonId) -> Self {
        Self { by: vec![person.clone()], reason: None }
    }

    /// The same, for a reason.
    #[must_use]
    pub fn because(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

/// The body of a record's event.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<T> {
    author: Author,
    state: T,
}

/// A record as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<T> {
    /// Id.
    pub id: String,
    /// Version: what is put next says that this was seen.
    pub version: u64,
    /// Who put it, and why.
    pub author: Author,
    /// What it says.
    pub state: T,
}

impl<T: Kept> Version<T> {
    /// Out of a record of the register.
    pub fn read(record: &Record) -> Result<Self, RecordError> {
        let body: Body<T> = serde_json::from_slice(&record.body).map_err(|source| RecordError::Body {
            kind: record.kind.clone(),
            id: record.id.clone(),
            source,
        })?;
        Ok(Self { id: record.id.clone(), version: record.version, author: body.author, state: body.state })
    }

    /// Those of the watched records that are of this kind.
    pub fn watched(locked: &Locked) -> Result<Vec<Self>, RecordError> {
        locked.watched.iter().filter(|record| record.kind == T::KIND).map(Self::read).collect()
    }
}

/// The records of one kind in an office.
pub struct Records<'a, T> {
    register: &'a Register,
    office: &'a OfficeId,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Records<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Records<'_, T> {}

impl<'a, T: Kept> Records<'a, T> {
    /// Those of an office.
    pub fn of(register: &'a Register, office: &'a OfficeId) -> Self {
        Self { register, office, kind: PhantomData }
    }

    /// The record of an id.
    ///
    /// # Errors
    /// [`RecordError::None`].
    pub async fn get(&self, id: &str) -> Result<Version<T>, RecordError> {
        self.find_id(id).await?.ok_or_else(|| RecordError::None { kind: T::KIND, id: id.to_owned() })
    }

    /// The record of an id, if there is one.
    pub async fn find_id(&self, id: &str) -> Result<Option<Version<T>>, RecordError> {
        let record = self.register.record(self.office, T::KIND, id).await?;
        record.as_ref().map(Version::read).transpose()
    }

    /// Records in the order of their ids after one, at most `limit`.
    pub async fn list(&self, after: &str, limit: u32) -> Result<Vec<Version<T>>, RecordError> {
        let records = self.register.records(self.office, T::KIND, after, limit).await?;
        records.iter().map(Version::read).collect()
    }

    /// All whose ids begin with a text, in order.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn all(&self, begin: &str) -> Result<Vec<Version<T>>, RecordError> {
        let (mut found, mut after) = (Vec::new(), begin.to_owned());
        loop {
            let mut page = self.list(&after, PAGE).await?;
            page.retain(|version| version.id.starts_with(begin));
            let Some(last) = page.last() else { return Ok(found) };
            after.clone_from(&last.id);
            found.extend(page);
        }
    }

    /// Records that are found by all of some terms, at most `limit`.
    pub async fn find(&self, terms: &[Term], limit: u32) -> Result<Vec<Version<T>>, RecordError> {
        let records = self.register.find_records(self.office, T::KIND, terms, limit).await?;
        records.iter().map(Version::read).collect()
    }

    /// Records that are found by any of some terms, each once.
    pub async fn find_by_any(&self, terms: &[Term]) -> Result<Vec<Version<T>>, RecordError> {
        let records = self.register.find_records_by_any(self.office, T::KIND, terms).await?;
        records.iter().map(Version::read).collect()
    }

    /// A new record, or another version of one: to be put with whatever else is written.
    pub fn draft(&self, id: &str, version: u64, state: &T, author: &Author) -> Result<Put, RecordError> {
        #[derive(Serialize)]
        struct BodyOf<'b, T> {
            author: &'b Author,
            state: &'b T,
        }
        let body = serde_json::to_vec(&BodyOf { author, state }).map_err(|source| RecordError::Body {
            kind: T::KIND.to_owned(),
            id: id.to_owned(),
            source,
        })?;
        let terms = state.found_by();
        Ok(Put { kind: T::KIND, id: id.to_owned(), version, v: T::V, body: Zeroizing::new(body), terms })
    }

    /// Puts one record: 0 is the version of a new one.
    ///
    /// # Errors
    /// [`RecordError::Stale`].
    pub async fn put(&self, id: &str, version: u64, state: &T, author: &Author) -> Result<(), RecordError> {
        self.put_all(vec![self.draft(id, version, state, author)?]).await
    }

    /// Puts records: all of them, or none if one was changed since it was seen. Nothing is put of none.
    ///
    /// # Errors
    /// [`RecordError::Stale`] names the first.
    pub async fn put_all(&self, records: Vec<Put>) -> Result<(), RecordError> {
        if records.is_empty() {
            return Ok(());
        }
        let watch = |put: &Put| Watch { office: self.office.clone(), kind: put.kind, key: Key::Id(put.id.clone()) };
        let watch = records.iter().map(watch).collect();
        let ask = Ask { watch, ..Ask::office(self.office) };
        let written: Written<()> = self
            .register
            .write(&ask, |locked| {
                for put in &records {
                    let now = locked.watched.iter().find(|record| record.kind == put.kind && record.id == put.id);
                    if now.map_or(0, |record| record.version) != put.version {
                        return Err(RecordError::Stale { kind: put.kind, id: put.id.clone(), seen: put.version });
                    }
                }
                Ok((Batch { records, ..Batch::default() }, ()))
            })
            .await?;
        drop(written);
        Ok(())
    }
}
