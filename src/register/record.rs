//! 簿: what an office keeps besides its cases: subjects, suppressions, accounts, terminals. A record is
//! the last event of a stream of its own, enciphered under a key of its own; its row says only where that
//! stream is. It is found by its id, which names nobody, and by the keyed hashes of what was said of it.

use std::fmt;

use zeroize::Zeroizing;

use super::clock::Moment;
use super::id::{CaseId, Fresh as _, OfficeId};
use super::read::open_event;
use super::replay::checked;
use super::store::{Access, Row, Transaction, maybe_one};
use super::table::Of;
use super::write::{Event, Term, Writing};
use super::{CaseEvents, Recorded, Register, RegisterError};

/// How the types of the events of records begin, before the record's kind.
pub const RECORD: &str = "record/";

/// A record as its last event left it.
#[derive(Clone)]
pub struct Record {
    /// What kind.
    pub kind: String,
    /// Id.
    pub id: String,
    /// How often it was put.
    pub version: u64,
    /// When last.
    pub at: Moment,
    /// Version of the form of the body.
    pub v: u32,
    /// Body.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({}/{}, version {}, ***)", self.kind, self.id, self.version)
    }
}

/// A record to be put.
#[derive(Clone)]
pub struct Put {
    /// What kind.
    pub kind: &'static str,
    /// Id. It is not enciphered: it must not say whom the record is about.
    pub id: String,
    /// Version that the writer has seen (0 for a new one).
    pub version: u64,
    /// Version of the form of the body.
    pub v: u32,
    /// Body; it is enciphered.
    pub body: Zeroizing<Vec<u8>>,
    /// By what the record is found from now on, and by nothing else.
    pub terms: Vec<Term>,
}

/// Records that a writer wants to see under the lock of its own office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Whose.
    pub office: OfficeId,
    /// What kind.
    pub kind: &'static str,
    /// Which of them.
    pub key: Key,
}

/// Which records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The one of an id.
    Id(String),
    /// Those that are found by all of some terms; the rarest comes first.
    Terms(Vec<Term>),
}

impl Register {
    /// The record of a kind and an id.
    ///
    /// # Errors
    /// [`RegisterError::Destroyed`] after its retention period.
    pub async fn record(
        &self,
        office: &OfficeId,
        kind: &'static str,
        id: &str,
    ) -> Result<Option<Record>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        self.record_in(&mut *transaction, office, kind, id).await
    }

    /// Records of a kind in the order of their ids, at most `limit`, after an id.
    pub async fn records(
        &self,
        office: &OfficeId,
        kind: &'static str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Record>, RegisterError> {
        const RECORDS: &str = include_str!("../../sql/records.sql");
        let mut transaction = self.begin(Access::Read).await?;
        let values = vec![office.as_str().into(), kind.into(), after.into(), i64::from(limit).into()];
        let rows = transaction.rows(RECORDS, values).await?;
        self.opened(&mut *transaction, office, kind, rows).await
    }

    /// Records of a kind that are found by all of some terms, at most `limit` of them.
    pub async fn find_records(
        &self,
        office: &OfficeId,
        kind: &'static str,
        terms: &[Term],
        limit: u32,
    ) -> Result<Vec<Record>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        self.find_records_in(&mut *transaction, office, kind, terms, limit).await
    }

    /// What was put for a record, oldest first.
    pub async fn history(
        &self,
        office: &OfficeId,
        kind: &'static str,
        id: &str,
    ) -> Result<Vec<Recorded>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        let Some((stream, _)) = place_of(&mut *transaction, office, kind, id).await? else { return Ok(Vec::new()) };
        drop(transaction);
        match self.events(office, stream).await? {
            CaseEvents::Whole(events) => Ok(events),
            CaseEvents::Destroyed => Err(RegisterError::Destroyed),
        }
    }

    /// An id for a record about somebody, which says nothing of them: the keyed hash of a term, in
    /// hexadecimal.
    pub fn id_of(&self, office: &OfficeId, term: &Term) -> Result<String, RegisterError> {
        Ok(data_encoding::HEXLOWER.encode(&self.ring().search(office)?.search_hash(term)?))
    }

    /// What a writer watches, under the lock.
    pub(in crate::register) async fn watched(
        &self,
        transaction: &mut dyn Transaction,
        watches: &[Watch],
    ) -> Result<Vec<Record>, RegisterError> {
        let mut records = Vec::new();
        for Watch { office, kind, key } in watches {
            match key {
                Key::Id(id) => records.extend(self.record_in(transaction, office, kind, id).await?),
                Key::Terms(terms) => {
                    records.extend(self.find_records_in(transaction, office, kind, terms, MOST_WATCHED).await?);
                }
            }
        }
        Ok(records)
    }

    async fn record_in(
        &self,
        transaction: &mut dyn Transaction,
        office: &OfficeId,
        kind: &'static str,
        id: &str,
    ) -> Result<Option<Record>, RegisterError> {
        match place_of(transaction, office, kind, id).await? {
            Some((stream, version)) => {
                self.open_record(transaction, office, (kind, id), stream, version).await.map(Some)
            }
            None => Ok(None),
        }
    }

    async fn find_records_in(
        &self,
        transaction: &mut dyn Transaction,
        office: &OfficeId,
        kind: &'static str,
        terms: &[Term],
        limit: u32,
    ) -> Result<Vec<Record>, RegisterError> {
        const FIND: &str = include_str!("../../sql/find_records.sql");
        const HAS: &str = include_str!("../../sql/record_has_term.sql");
        let Some((first, others)) = terms.split_first() else { return Ok(Vec::new()) };
        let search = self.ring().search(office)?;
        let key = |term: &Term| -> Result<Vec<_>, RegisterError> {
            Ok(vec![office.as_str().into(), kind.into(), term.field.as_str().into(), search.search_hash(term)?.into()])
        };
        let mut found = Vec::new();
        // The first term narrows most: it is for the caller to name that one first.
        for mut row in transaction.rows(FIND, key(first)?).await? {
            let id = row.text()?;
            let mut all = true;
            for other in others {
                let mut values = key(other)?;
                values.push(id.as_str().into());
                all = all && maybe_one(transaction, HAS, values).await?.is_some();
            }
            if all {
                let stream = CaseId::parse(&row.text()?)?;
                let version = row.count()?;
                found.push(self.open_record(transaction, office, (kind, &id), stream, version).await?);
            }
            if found.len() as u64 >= u64::from(limit) {
                break;
            }
        }
        Ok(found)
    }

    async fn opened(
        &self,
        transaction: &mut dyn Transaction,
        office: &OfficeId,
        kind: &'static str,
        rows: Vec<Row>,
    ) -> Result<Vec<Record>, RegisterError> {
        let mut records = Vec::with_capacity(rows.len());
        for mut row in rows {
            let (id, stream, version) = (row.text()?, CaseId::parse(&row.text()?)?, row.count()?);
            records.push(self.open_record(transaction, office, (kind, &id), stream, version).await?);
        }
        Ok(records)
    }

    /// The event that a record is, checked along the chain.
    async fn open_record(
        &self,
        transaction: &mut dyn Transaction,
        office: &OfficeId,
        (kind, id): (&'static str, &str),
        stream: CaseId,
        version: u64,
    ) -> Result<Record, RegisterError> {
        const EVENT: &str = include_str!("../../sql/event_of_stream.sql");
        let missing = || RegisterError::damaged("a record's event or key is missing");
        let secret = self.case_key_in(transaction, office, stream).await?.ok_or_else(missing)?;
        let key = vec![office.as_str().into(), stream.to_string().into(), super::rows::whole(version)?.into()];
        let row = maybe_one(transaction, EVENT, key).await?.ok_or_else(missing)?;
        let mut values = checked(row, version)?;
        values.remove(2);
        let event = open_event(office, stream, &secret, Row::new(values.split_off(1)))?;
        if event.kind.strip_prefix(RECORD) != Some(kind) {
            return Err(RegisterError::damaged("a record's event is of another kind"));
        }
        Ok(Record { kind: kind.to_owned(), id: id.to_owned(), version, at: event.at, v: event.v, body: event.body })
    }
}

/// More than this many records of one term are nobody's: a person has a handful.
const MOST_WATCHED: u32 = 1_000;

/// Where a record's stream is, and at which version.
async fn place_of(
    transaction: &mut dyn Transaction,
    office: &OfficeId,
    kind: &str,
    id: &str,
) -> Result<Option<(CaseId, u64)>, RegisterError> {
    const RECORD: &str = include_str!("../../sql/record.sql");
    let key = vec![office.as_str().into(), kind.into(), id.into()];
    let Some(mut row) = maybe_one(transaction, RECORD, key).await? else { return Ok(None) };
    Ok(Some((CaseId::parse(&row.text()?)?, row.count()?)))
}

impl Writing<'_> {
    /// Puts a record, if it is still at the version that the writer has seen.
    pub(in crate::register) async fn put_record(&mut self, put: Put) -> Result<(), RegisterError> {
        let Put { kind, id, version, v, body, terms } = put;
        let office = self.office_id().clone();
        let place = place_of(self.transaction(), &office, kind, &id).await?;
        let found = place.as_ref().map_or(0, |(_, version)| *version);
        if found != version {
            return Err(RegisterError::Conflict { expected: version, found });
        }
        let stream = place.map_or_else(CaseId::new, |(stream, _)| stream);
        let secret = self.key_of(stream).await?;
        let version = version.saturating_add(1);
        self.add_one(&secret, Some((stream, version)), Event { kind: format!("{RECORD}{kind}"), v, body })?;
        let stream = stream.to_string();
        let row =
            vec![self.office(), kind.into(), id.as_str().into(), stream.into(), super::rows::whole(version)?.into()];
        self.put(Of::records, row).await?;
        self.put_terms(kind, &id, &terms, found > 0).await
    }

    async fn put_terms(&mut self, kind: &str, id: &str, terms: &[Term], had: bool) -> Result<(), RegisterError> {
        const TERMS: &str = include_str!("../../sql/terms_of_record.sql");
        let mut wanted = Vec::with_capacity(terms.len());
        for term in terms {
            wanted.push((term.field.clone(), self.search_hash(term)?));
        }
        wanted.sort();
        wanted.dedup();
        if had {
            let key = vec![self.office(), kind.into(), id.into()];
            for mut row in self.transaction().rows(TERMS, key).await? {
                let kept = (row.text()?, row.hash()?);
                match wanted.iter().position(|term| *term == kept) {
                    Some(at) => drop(wanted.swap_remove(at)),
                    None => {
                        let key = vec![self.office(), kind.into(), kept.0.into(), kept.1.into(), id.into()];
                        self.remove(Of::record_terms, key).await?;
                    }
                }
            }
        }
        for (field, hash) in wanted {
            self.put(Of::record_terms, vec![self.office(), kind.into(), field.into(), hash.into(), id.into()]).await?;
        }
        Ok(())
    }
}
