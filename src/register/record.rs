//! 簿: what an office keeps besides its cases: subjects, suppressions, accounts, terminals. A record is
//! the last event of a stream of its own, enciphered under a key of its own; its row says only where that
//! stream is. It is found by its id, which names nobody, and by the keyed hashes of what was said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use zeroize::Zeroizing;

use super::clock::Moment;
use super::id::{CaseId, Fresh as _, OfficeId};
use super::merkle::Hash;
use super::read::open_event;
use super::replay::checked;
use super::store::{Access, Row, Transaction, Value, maybe_one};
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
    /// Those that are found by any of some terms.
    AnyOf(Vec<Term>),
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
        let mut records = Vec::new();
        for row in transaction.rows(RECORDS, values).await? {
            records.push(self.open_record(&mut *transaction, office, kind, Place::read(row)?).await?);
        }
        Ok(records)
    }

    /// Records of a kind that are found by all of some terms, at most `limit` of them. The rarest term
    /// comes first.
    pub async fn find_records(
        &self,
        office: &OfficeId,
        kind: &'static str,
        terms: &[Term],
        limit: u32,
    ) -> Result<Vec<Record>, RegisterError> {
        let Some((first, others)) = terms.split_first() else { return Ok(Vec::new()) };
        let mut transaction = self.begin(Access::Read).await?;
        let hash = |term: &Term| self.ring().search(office)?.search_hash(term);
        let others = others.iter().map(hash).collect::<Result<Vec<_>, _>>()?;
        let mut found = Vec::new();
        for place in found_by_any(&mut *transaction, office, kind, &[hash(first)?]).await? {
            if has_all(&mut *transaction, office, kind, &place.id, &others).await? {
                found.push(self.open_record(&mut *transaction, office, kind, place).await?);
            }
            if found.len() as u64 >= u64::from(limit) {
                break;
            }
        }
        Ok(found)
    }

    /// What was put for a record, oldest first.
    pub async fn history(
        &self,
        office: &OfficeId,
        kind: &'static str,
        id: &str,
    ) -> Result<Vec<Recorded>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        let Some(place) = place_of(&mut *transaction, office, kind, id).await? else { return Ok(Vec::new()) };
        drop(transaction);
        match self.events(office, place.stream).await? {
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
                Key::AnyOf(terms) => {
                    let search = self.ring().search(office)?;
                    let hashes = terms.iter().map(|term| search.search_hash(term)).collect::<Result<Vec<_>, _>>()?;
                    for place in found_by_any(transaction, office, kind, &hashes).await? {
                        records.push(self.open_record(transaction, office, kind, place).await?);
                    }
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
            Some(place) => self.open_record(transaction, office, kind, place).await.map(Some),
            None => Ok(None),
        }
    }

    /// The event that a record is, checked along the chain.
    async fn open_record(
        &self,
        transaction: &mut dyn Transaction,
        office: &OfficeId,
        kind: &'static str,
        Place { id, stream, version }: Place,
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
        Ok(Record { kind: kind.to_owned(), id, version, at: event.at, v: event.v, body: event.body })
    }
}

/// Where a record's stream is, and at which version.
struct Place {
    id: String,
    stream: CaseId,
    version: u64,
}

impl Place {
    fn read(mut row: Row) -> Result<Self, RegisterError> {
        Ok(Self { id: row.text()?, stream: CaseId::parse(&row.text()?)?, version: row.count()? })
    }
}

async fn place_of(
    transaction: &mut dyn Transaction,
    office: &OfficeId,
    kind: &str,
    id: &str,
) -> Result<Option<Place>, RegisterError> {
    const RECORD: &str = include_str!("../../sql/record.sql");
    let key = vec![office.as_str().into(), kind.into(), id.into()];
    maybe_one(transaction, RECORD, key).await?.map(Place::read).transpose()
}

/// Terms that one query asks for.
const AT_ONCE: usize = 8;

/// Records that are found by any of some hashes, each once, in the order of their ids.
async fn found_by_any(
    transaction: &mut dyn Transaction,
    office: &OfficeId,
    kind: &str,
    hashes: &[Hash],
) -> Result<Vec<Place>, RegisterError> {
    const FIND: &str = include_str!("../../sql/find_records.sql");
    let mut places = BTreeMap::new();
    for some in hashes.chunks(AT_ONCE) {
        // The first one again, where there are fewer.
        let padded = some.iter().chain(some.iter().take(1).cycle()).take(AT_ONCE);
        let mut values = vec![office.as_str().into(), kind.into()];
        values.extend(padded.map(|hash| Value::from(*hash)));
        for row in transaction.rows(FIND, values).await? {
            let place = Place::read(row)?;
            places.insert(place.id.clone(), place);
        }
    }
    Ok(places.into_values().collect())
}

/// Whether a record is found by each of some hashes.
async fn has_all(
    transaction: &mut dyn Transaction,
    office: &OfficeId,
    kind: &str,
    id: &str,
    hashes: &[Hash],
) -> Result<bool, RegisterError> {
    const HAS: &str = include_str!("../../sql/record_has_term.sql");
    for hash in hashes {
        let values = vec![office.as_str().into(), kind.into(), (*hash).into(), id.into()];
        if maybe_one(transaction, HAS, values).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Writing<'_> {
    /// Puts a record, if it is still at the version that the writer has seen.
    pub(in crate::register) async fn put_record(&mut self, put: Put) -> Result<(), RegisterError> {
        let Put { kind, id, version, v, body, terms } = put;
        let office = self.office_id().clone();
        let place = place_of(self.transaction(), &office, kind, &id).await?;
        let found = place.as_ref().map_or(0, |place| place.version);
        if found != version {
            return Err(RegisterError::Conflict { expected: version, found });
        }
        let stream = place.map_or_else(CaseId::new, |place| place.stream);
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
        let mut wanted = terms.iter().map(|term| self.search_hash(term)).collect::<Result<BTreeSet<_>, _>>()?;
        if had {
            let key = vec![self.office(), kind.into(), id.into()];
            for mut row in self.transaction().rows(TERMS, key).await? {
                let kept = row.hash()?;
                if !wanted.remove(&kept) {
                    let key = vec![self.office(), kind.into(), kept.into(), id.into()];
                    self.remove(Of::record_terms, key).await?;
                }
            }
        }
        for hash in wanted {
            self.put(Of::record_terms, vec![self.office(), kind.into(), hash.into(), id.into()]).await?;
        }
        Ok(())
    }
}
