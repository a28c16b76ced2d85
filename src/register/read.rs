//! What is read out of the register. Each call reads from one moment.

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;

use zeroize::Zeroizing;

use super::clock::Moment;
use super::id::{CaseId, IssuanceId, OFFICE, OfficeId};
use super::merkle::{self, Hash};
use super::replay::checked;
use super::rows::{CaseRow, Head, Incident, Issuance, Number, whole};
use super::store::{Access, Row, Transaction, Value, maybe_one};
use super::table::sha256;
use super::vault::{Place, Secret};
use super::write::Term;
use super::{Register, RegisterError};
use crate::domain::calendar::Day;

/// An event as it was recorded.
#[derive(Clone)]
pub struct Recorded {
    /// Position in the office's register, from 0.
    pub position: u64,
    /// Version of the case after it, from 1; 0 for an event of the office itself.
    pub version: u64,
    /// When.
    pub at: Moment,
    /// Type.
    pub kind: String,
    /// Version of the type's form.
    pub v: u32,
    /// Body.
    pub body: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recorded {{ position: {}, kind: {:?}, body: *** }}", self.position, self.kind)
    }
}

/// What happened in a case.
#[derive(Debug, Clone)]
pub enum CaseEvents {
    /// All events, oldest first.
    Whole(Vec<Recorded>),
    /// The retention period is over: the key was destroyed, nothing can be read.
    Destroyed,
}

/// An event of an office's register.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its case; none if it is the office's own.
    pub case: Option<CaseId>,
    /// The event; none if the case's key was destroyed.
    pub event: Option<Recorded>,
}

/// Where a list goes on.
#[derive(Debug, Clone, Copy)]
pub struct After {
    /// When the last case of the page before was opened.
    pub opened_at: Moment,
    /// Its id.
    pub case: CaseId,
}

impl Register {
    /// What happened in a case, oldest first; nothing where there is no such case. Each row is checked
    /// along the chain.
    pub async fn events(&self, office: &OfficeId, case: CaseId) -> Result<CaseEvents, RegisterError> {
        const EVENTS: &str = include_str!("../../sql/events_of_case.sql");
        let mut transaction = self.begin(Access::Read).await?;
        let secret = match self.case_key_in(&mut *transaction, office, case).await {
            Ok(Some(secret)) => secret,
            Ok(None) => return Ok(CaseEvents::Whole(Vec::new())),
            Err(RegisterError::Destroyed) => return Ok(CaseEvents::Destroyed),
            Err(error) => return Err(error),
        };
        let rows = transaction.rows(EVENTS, of_case(office, case)).await?;
        let open = |(row, version)| {
            let mut values = checked(row, version)?;
            // Position, version, time, type, version of the type, body: as every query of events has them.
            values.remove(2);
            open_event(office, case, &secret, Row::new(values.split_off(1)))
        };
        Ok(CaseEvents::Whole(rows.into_iter().zip(1..).map(open).collect::<Result<_, _>>()?))
    }

    /// What happened in an office from a position on, at most `limit` events.
    pub async fn events_from(&self, office: &OfficeId, position: u64, limit: u32) -> Result<Vec<Entry>, RegisterError> {
        const EVENTS: &str = include_str!("../../sql/entries_from.sql");
        let mut transaction = self.begin(Access::Read).await?;
        let values = vec![office.as_str().into(), whole(position)?.into(), i64::from(limit).into()];
        let (mut entries, mut keys) = (Vec::new(), HashMap::new());
        for mut row in transaction.rows(EVENTS, values).await? {
            let case = row.maybe_text()?.map(|text| CaseId::parse(&text)).transpose()?;
            let owner = case.unwrap_or(OFFICE);
            if let MapEntry::Vacant(place) = keys.entry(owner) {
                place.insert(match self.case_key_in(&mut *transaction, office, owner).await {
                    Err(RegisterError::Destroyed) => None,
                    found => Some(found?.ok_or_else(|| RegisterError::damaged("an event's case has no key"))?),
                });
            }
            let secret = keys.get(&owner).and_then(Option::as_ref);
            let event = secret.map(|secret| open_event(office, owner, secret, row)).transpose()?;
            entries.push(Entry { case, event });
        }
        Ok(entries)
    }

    /// A case as its last event left it.
    pub async fn case(&self, office: &OfficeId, case: CaseId) -> Result<Option<CaseRow>, RegisterError> {
        const CASE: &str = include_str!("../../sql/case.sql");
        self.find_one(CASE, of_case(office, case), CaseRow::read).await
    }

    /// The case of a 案件番号.
    pub async fn case_by_number(&self, office: &OfficeId, number: &str) -> Result<Option<CaseRow>, RegisterError> {
        const CASE: &str = include_str!("../../sql/case_by_number.sql");
        self.find_one(CASE, vec![office.as_str().into(), number.into()], CaseRow::read).await
    }

    /// Every case as lists show it, and the roles for whom it waits.
    pub async fn lists(&self, office: &OfficeId) -> Result<Vec<(CaseRow, Vec<String>)>, RegisterError> {
        const CASES: &str = include_str!("../../sql/cases.sql");
        const WAITING: &str = include_str!("../../sql/waiting_of_case.sql");
        let mut transaction = self.begin(Access::Read).await?;
        let mut lists = Vec::new();
        for row in transaction.rows(CASES, vec![office.as_str().into()]).await? {
            let case = CaseRow::read(row)?;
            let waiting = transaction.rows(WAITING, of_case(office, case.id)).await?;
            let mut roles = waiting.into_iter().map(|mut row| row.text()).collect::<Result<Vec<_>, _>>()?;
            roles.sort();
            lists.push((case, roles));
        }
        Ok(lists)
    }

    /// 作業一覧: the cases that wait for a role, oldest first, and whether there are more than `limit`.
    pub async fn work_list(
        &self,
        office: &OfficeId,
        role: &str,
        after: Option<After>,
        limit: u32,
    ) -> Result<(Vec<CaseRow>, bool), RegisterError> {
        const WORK_LIST: &str = include_str!("../../sql/work_list.sql");
        let (opened_at, case) =
            after.map_or((i64::MIN, String::new()), |after| (after.opened_at.millis(), after.case.to_string()));
        let one_more = i64::from(limit) + 1;
        let values = vec![office.as_str().into(), role.into(), opened_at.into(), case.into(), one_more.into()];
        let mut cases = self.find_all(WORK_LIST, values, CaseRow::read).await?;
        let more = cases.len() as u64 > u64::from(limit);
        cases.truncate(limit as usize);
        Ok((cases, more))
    }

    /// An issuance.
    pub async fn issuance(&self, office: &OfficeId, id: IssuanceId) -> Result<Option<Issuance>, RegisterError> {
        const ISSUANCE: &str = include_str!("../../sql/issuance.sql");
        self.find_one(ISSUANCE, vec![office.as_str().into(), id.to_string().into()], Issuance::read).await
    }

    /// The issuance of a number.
    pub async fn issuance_by_number(
        &self,
        office: &OfficeId,
        number: Number,
    ) -> Result<Option<Issuance>, RegisterError> {
        const ISSUANCE: &str = include_str!("../../sql/issuance_by_number.sql");
        let (terminal, serial) = (i64::from(number.terminal), i64::from(number.serial));
        let values = vec![office.as_str().into(), number.day.to_string().into(), terminal.into(), serial.into()];
        self.find_one(ISSUANCE, values, Issuance::read).await
    }

    /// A case's issuances, oldest first.
    pub async fn issuances_of_case(&self, office: &OfficeId, case: CaseId) -> Result<Vec<Issuance>, RegisterError> {
        const ISSUANCES: &str = include_str!("../../sql/issuances_of_case.sql");
        self.find_all(ISSUANCES, of_case(office, case), Issuance::read).await
    }

    /// A day's issuances, by terminal and number.
    pub async fn issuances_of_day(&self, office: &OfficeId, day: Day) -> Result<Vec<Issuance>, RegisterError> {
        const ISSUANCES: &str = include_str!("../../sql/issuances_of_day.sql");
        self.find_all(ISSUANCES, vec![office.as_str().into(), day.to_string().into()], Issuance::read).await
    }

    /// Numbers that were given and have no end: those of a node that stopped in between.
    pub async fn issuances_without_end(&self, office: &OfficeId) -> Result<Vec<Issuance>, RegisterError> {
        const ISSUANCES: &str = include_str!("../../sql/issuances_without_end.sql");
        self.find_all(ISSUANCES, vec![office.as_str().into()], Issuance::read).await
    }

    /// The released file of an issuance, compared with its SHA-256; none before its end.
    ///
    /// # Errors
    /// [`RegisterError::Destroyed`] after the retention period.
    pub async fn paper(&self, office: &OfficeId, id: IssuanceId) -> Result<Option<Zeroizing<Vec<u8>>>, RegisterError> {
        const PAPER: &str = include_str!("../../sql/paper.sql");
        let mut transaction = self.begin(Access::Read).await?;
        let key = vec![office.as_str().into(), id.to_string().into()];
        let Some(mut row) = maybe_one(&mut *transaction, PAPER, key).await? else { return Ok(None) };
        let (case, hash, sealed) = (CaseId::parse(&row.text()?)?, row.hash()?, row.bytes()?);
        let secret = self.case_key_in(&mut *transaction, office, case).await?;
        let secret = secret.ok_or_else(|| RegisterError::damaged("a paper's case has no key"))?;
        let file = secret.open(&Place::row(office, case, "paper", &id.to_string()), &sealed)?;
        if sha256(&file) == hash {
            Ok(Some(file))
        } else {
            Err(RegisterError::damaged("a paper is not what its SHA-256 says"))
        }
    }

    /// The cases that have a search term, the newest first, at most `limit`. Where anything is hidden, those are
    /// left out that have a hidden term, too, or no number by which it could be told whose they are.
    pub async fn find(
        &self,
        office: &OfficeId,
        term: &Term,
        hidden: &[Term],
        limit: u32,
    ) -> Result<Vec<CaseRow>, RegisterError> {
        const FIND: &str = include_str!("../../sql/find_cases.sql");
        let search = self.ring.search(office)?;
        let hidden = hidden.iter().map(|term| search.search_hash(term)).collect::<Result<Vec<_>, _>>()?.concat();
        let hash = search.search_hash(term)?;
        let (field, limit) = (term.field.as_str(), i64::from(limit));
        let values = vec![office.as_str().into(), field.into(), hash.into(), hidden.into(), limit.into()];
        self.find_all(FIND, values, CaseRow::read).await
    }

    /// Whether a case is found by these search terms, each of them once in the list, and by no others.
    pub async fn found_by(&self, office: &OfficeId, case: CaseId, terms: &[Term]) -> Result<bool, RegisterError> {
        const TERMS: &str = include_str!("../../sql/search_keys_of_case.sql");
        let kept = self.find_all(TERMS, of_case(office, case), |mut row| Ok((row.text()?, row.hash()?))).await?;
        let search = self.ring.search(office)?;
        let hash = |term: &Term| Ok((term.field.clone(), search.search_hash(term)?));
        let meant = terms.iter().map(hash).collect::<Result<Vec<_>, RegisterError>>()?;
        Ok(kept.len() == meant.len() && meant.iter().all(|term| kept.contains(term)))
    }

    /// The text of a flow.
    pub async fn flow(
        &self,
        office: &OfficeId,
        procedure: &str,
        version: &str,
    ) -> Result<Option<String>, RegisterError> {
        const FLOW: &str = include_str!("../../sql/flow.sql");
        let values = vec![office.as_str().into(), procedure.into(), version.into()];
        self.find_one(FLOW, values, |mut row| row.text()).await
    }

    /// Open incidents.
    pub async fn open_incidents(&self, office: &OfficeId) -> Result<Vec<Incident>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        self.incidents_in(&mut *transaction, office).await
    }

    /// Signed checkpoints, by size.
    pub async fn checkpoints(&self, office: &OfficeId) -> Result<Vec<(u64, String)>, RegisterError> {
        const CHECKPOINTS: &str = include_str!("../../sql/checkpoints.sql");
        self.find_all(CHECKPOINTS, vec![office.as_str().into()], |mut row| Ok((row.count()?, row.text()?))).await
    }

    /// Enrolled offices.
    pub async fn offices(&self) -> Result<Vec<OfficeId>, RegisterError> {
        const OFFICES: &str = include_str!("../../sql/offices.sql");
        self.find_all(OFFICES, Vec::new(), |mut row| Ok(OfficeId::parse(&row.text()?)?)).await
    }

    /// Where an office's chain stands.
    pub async fn head(&self, office: &OfficeId) -> Result<Head, RegisterError> {
        const HEAD: &str = include_str!("../../sql/head.sql");
        let head = self.find_one(HEAD, vec![office.as_str().into()], Head::read).await?;
        head.ok_or_else(|| RegisterError::UnknownOffice { office: office.to_string() })
    }

    /// Hashes of the Merkle tree's leaves, for proofs: those of the first `size` events.
    pub async fn leaves(&self, office: &OfficeId, size: u64) -> Result<Vec<Hash>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        leaves(&mut *transaction, office, size).await
    }

    /// Proof that the event at a position is in the register of the first `size` events: its leaf, and
    /// the path that [`merkle::includes`] verifies.
    pub async fn inclusion(
        &self,
        office: &OfficeId,
        position: u64,
        size: u64,
    ) -> Result<(Hash, Vec<Hash>), RegisterError> {
        let leaves = self.leaves(office, size).await?;
        let absent = || RegisterError::damaged(format!("no event at {position} of {size}"));
        let index = usize::try_from(position).map_err(|_| absent())?;
        let leaf = *leaves.get(index).ok_or_else(absent)?;
        Ok((leaf, merkle::inclusion(&leaves, index)))
    }

    /// Proof that the register of the first `older` events is the beginning of that of the first
    /// `newer`, which [`merkle::consistent`] verifies.
    pub async fn consistency(&self, office: &OfficeId, older: u64, newer: u64) -> Result<Vec<Hash>, RegisterError> {
        let leaves = self.leaves(office, newer).await?;
        let older = usize::try_from(older).map_err(|_| RegisterError::damaged("a size is too great"))?;
        Ok(merkle::consistency(&leaves, older))
    }

    pub(in crate::register) async fn find_one<T>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
        read: fn(Row) -> Result<T, RegisterError>,
    ) -> Result<Option<T>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        maybe_one(&mut *transaction, sql, values).await?.map(read).transpose()
    }

    pub(in crate::register) async fn find_all<T>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
        read: fn(Row) -> Result<T, RegisterError>,
    ) -> Result<Vec<T>, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        transaction.rows(sql, values).await?.into_iter().map(read).collect()
    }

    /// The key of a case; none where nothing was written to it.
    ///
    /// # Errors
    /// [`RegisterError::Destroyed`], [`RegisterError::KeyMissing`], [`RegisterError::Undecipherable`].
    pub(in crate::register) async fn case_key_in(
        &self,
        transaction: &mut dyn Transaction,
        office: &OfficeId,
        case: CaseId,
    ) -> Result<Option<Secret>, RegisterError> {
        const KEY: &str = include_str!("../../sql/case_key.sql");
        let Some(mut row) = maybe_one(transaction, KEY, of_case(office, case)).await? else { return Ok(None) };
        let (ring_key, wrapped) = (row.text()?, row.maybe_bytes()?);
        let wrapped = wrapped.ok_or(RegisterError::Destroyed)?;
        let key = self.ring.get(&ring_key)?.open(&Place::case_key(office, case), &wrapped)?;
        Secret::from_slice(&key).map(Some)
    }

    pub(in crate::register) async fn incidents_in(
        &self,
        transaction: &mut dyn Transaction,
        office: &OfficeId,
    ) -> Result<Vec<Incident>, RegisterError> {
        const OPEN: &str = include_str!("../../sql/open_incidents.sql");
        transaction.rows(OPEN, vec![office.as_str().into()]).await?.into_iter().map(Incident::read).collect()
    }
}

fn of_case(office: &OfficeId, case: CaseId) -> Vec<Value> {
    vec![office.as_str().into(), case.to_string().into()]
}

/// Leaves of the first `size` events.
pub(in crate::register) async fn leaves(
    transaction: &mut dyn Transaction,
    office: &OfficeId,
    size: u64,
) -> Result<Vec<Hash>, RegisterError> {
    const LEAVES: &str = include_str!("../../sql/leaves.sql");
    let rows = transaction.rows(LEAVES, vec![office.as_str().into(), 0.into(), whole(size)?.into()]).await?;
    rows.into_iter().map(|mut row| row.hash()).collect()
}

pub(in crate::register) fn open_event(
    office: &OfficeId,
    case: CaseId,
    secret: &Secret,
    mut row: Row,
) -> Result<Recorded, RegisterError> {
    let (position, version, at) = (row.count()?, row.count()?, Moment::from_millis(row.integer()?)?);
    let (kind, v, sealed) = (row.text()?, row.small()?, row.bytes()?);
    let place = Place::event(office, case, whole(position)?, &kind, i64::from(v));
    let body = secret.open(&place, &sealed)?;
    Ok(Recorded { position, version, at, kind, v, body })
}
