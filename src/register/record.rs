//! 簿: what an office keeps besides its cases: subjects, suppressions, accounts, terminals. A record is
//! the last event of a stream of its own, enciphered under a key of its own; its row says only where that
//! stream is. It is found by its id, which names nobody, and by the keyed hashes of what was said of it.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use zeroize::Zeroizing;

use super::clock::Moment;
use super::id::{CaseId, Fresh as _, OfficeId};
use super::merkle::Hash;
use super::read::open_event;
use super::replay::checked;
use super::store::{Access, Row, Transaction, maybe_one};
use super::table::Of;
use super::vault::{Place as At, Secret};
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

    /// Records of a kind that are found by all of some terms, at most `limit` of them. Whatever is found, and
    /// were it nothing, the same statements are run: nobody learns by them what there is. (Terms that are all had
    /// by [`MOST_TRIED`] records are gone through together.)
    pub async fn find_records(
        &self,
        office: &OfficeId,
        kind: &'static str,
        terms: &[Term],
        limit: u32,
    ) -> Result<Vec<Record>, RegisterError> {
        const FIND: &str = include_str!("../../sql/find_records_by_all.sql");
        let mut transaction = self.begin(Access::Read).await?;
        const MERGE: &str = include_str!("../../sql/find_records_by_merging.sql");
        let (rarest, hashes) = rarest_first(&mut *transaction, office, kind, self.hashes(office, terms)?).await?;
        let Some((first, others)) = hashes.split_first() else { return Ok(Vec::new()) };
        if rarest >= MOST_TRIED && !others.is_empty() {
            let values = vec![office.as_str().into(), kind.into(), hashes.concat().into(), i64::from(limit).into()];
            return self.open_found(office, kind, transaction.rows(MERGE, values).await?);
        }
        // The first one again, where there is no other.
        let others = if others.is_empty() { &hashes[..] } else { others };
        let values =
            vec![office.as_str().into(), kind.into(), (*first).into(), others.concat().into(), i64::from(limit).into()];
        self.open_found(office, kind, transaction.rows(FIND, values).await?)
    }

    /// Records of a kind that are found by any of some terms, each once, in the order of their ids: with one
    /// statement, be there many terms or none.
    pub async fn find_records_by_any(
        &self,
        office: &OfficeId,
        kind: &'static str,
        terms: &[Term],
    ) -> Result<Vec<Record>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        self.found_by_any(&mut *transaction, office, kind, terms).await
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
                Key::AnyOf(terms) => records.extend(self.found_by_any(transaction, office, kind, terms).await?),
            }
        }
        Ok(records)
    }

    fn hashes(&self, office: &OfficeId, terms: &[Term]) -> Result<Vec<Hash>, RegisterError> {
        let search = self.ring().search(office)?;
        terms.iter().map(|term| search.search_hash(term)).collect()
    }

    async fn found_by_any(
        &self,
        transaction: &mut dyn Transaction,
        office: &OfficeId,
        kind: &'static str,
        terms: &[Term],
    ) -> Result<Vec<Record>, RegisterError> {
        const FIND: &str = include_str!("../../sql/find_records.sql");
        let hashes = self.hashes(office, terms)?.concat();
        let rows = transaction.rows(FIND, vec![office.as_str().into(), kind.into(), hashes.into()]).await?;
        self.open_found(office, kind, rows)
    }

    /// Records as `find_records.sql` has them: where each is, the key of its stream, its last event.
    fn open_found(&self, office: &OfficeId, kind: &'static str, rows: Vec<Row>) -> Result<Vec<Record>, RegisterError> {
        let mut wrapping = HashMap::new();
        let mut open = |mut row: Row| {
            let place = Place { id: row.text()?, stream: CaseId::parse(&row.text()?)?, version: row.count()? };
            let ring_key = row.maybe_text()?.ok_or_else(missing)?;
            let wrapped = row.maybe_bytes()?.ok_or(RegisterError::Destroyed)?;
            if !wrapping.contains_key(&ring_key) {
                wrapping.insert(ring_key.clone(), self.ring().get(&ring_key)?);
            }
            let key = wrapping.get(&ring_key).ok_or_else(missing)?;
            let secret = Secret::from_slice(&key.open(&At::case_key(office, place.stream), &wrapped)?)?;
            open_event_of(office, kind, place, &secret, Row::new(row.into_values()))
        };
        rows.into_iter().map(&mut open).collect()
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
        place: Place,
    ) -> Result<Record, RegisterError> {
        const EVENT: &str = include_str!("../../sql/event_of_stream.sql");
        let secret = self.case_key_in(transaction, office, place.stream).await?.ok_or_else(missing)?;
        let key =
            vec![office.as_str().into(), place.stream.to_string().into(), super::rows::whole(place.version)?.into()];
        let row = maybe_one(transaction, EVENT, key).await?.ok_or_else(missing)?;
        open_event_of(office, kind, place, &secret, row)
    }
}

fn missing() -> RegisterError {
    RegisterError::damaged("a record's event or key is missing")
}

/// The record that a row of `event_of_stream.sql` is, checked along the chain.
fn open_event_of(
    office: &OfficeId,
    kind: &'static str,
    Place { id, stream, version }: Place,
    secret: &Secret,
    row: Row,
) -> Result<Record, RegisterError> {
    let mut values = checked(row, version)?;
    values.remove(2);
    let event = open_event(office, stream, secret, Row::new(values.split_off(1)))?;
    if event.kind.strip_prefix(RECORD) != Some(kind) {
        return Err(RegisterError::damaged("a record's event is of another kind"));
    }
    Ok(Record { kind: kind.to_owned(), id, version, at: event.at, v: event.v, body: event.body })
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

/// So many records of a term are counted, and tried one after the other whether they have the other terms. Where
/// each term is had by as many it is quicker to go through all that have any of them, in order.
const MOST_TRIED: u64 = 1_000;

/// Hashes by how few records have them, and how few that are: the register goes through those that have the first.
async fn rarest_first(
    transaction: &mut dyn Transaction,
    office: &OfficeId,
    kind: &str,
    hashes: Vec<Hash>,
) -> Result<(u64, Vec<Hash>), RegisterError> {
    const COUNT: &str = include_str!("../../sql/count_records.sql");
    let values =
        vec![office.as_str().into(), kind.into(), hashes.concat().into(), super::rows::whole(MOST_TRIED)?.into()];
    let mut counted = Vec::with_capacity(hashes.len());
    for (mut row, hash) in transaction.rows(COUNT, values).await?.into_iter().zip(hashes) {
        counted.push((row.count()?, hash));
    }
    counted.sort_by_key(|(count, _)| *count);
    let rarest = counted.first().map_or(0, |(count, _)| *count);
    Ok((rarest, counted.into_iter().map(|(_, hash)| hash).collect()))
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
