//! Events come out of the register only here, and only along the chain: each row is hashed again with the
//! row before it, so that no changed, moved or missing event of a case reaches anybody.

use super::chain::{self, BEGINNING};
use super::id::{CaseId, OfficeId};
use super::merkle::Hash;
use super::store::{Row, Value};
use super::{CaseEvents, Recorded, Register, RegisterError};
use crate::case::event::{Event, EventError};

/// Beginning of the types of what an office notes beside a case (incidents): it does not change the case.
pub const OFFICE_NOTE: &str = "office/";

/// What is to be replayed.
#[derive(Debug, Clone)]
pub enum Replay {
    /// The events of the case, oldest first, and how many rows the case has.
    Events(Vec<Event>, u64),
    /// The retention period is over.
    Destroyed,
}

/// A case could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// An event that this program cannot read.
    #[error(transparent)]
    Event(#[from] EventError),
}

impl ReplayError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Register(error) => error.code(),
            Self::Event(error) => error.code(),
        }
    }
}

impl Register {
    /// The events of a case as the case knows them.
    pub async fn replay(&self, office: &OfficeId, case: CaseId) -> Result<Replay, ReplayError> {
        let CaseEvents::Whole(rows) = self.events(office, case).await? else { return Ok(Replay::Destroyed) };
        let version = rows.last().map_or(0, |last| last.version);
        let own = rows.iter().filter(|row| !row.kind.starts_with(OFFICE_NOTE));
        let decode = |row: &Recorded| Event::decode(&row.kind, row.v, &row.body);
        Ok(Replay::Events(own.map(decode).collect::<Result<_, _>>()?, version))
    }
}

/// A row of `events_of_case.sql` as its hashes say it must be: every column of the event, then the hash of
/// the row before it. Gives the columns back.
pub(in crate::register) fn checked(row: Row, version: u64) -> Result<Vec<Value>, RegisterError> {
    let mut values = row.into_values();
    let broken = || RegisterError::damaged("an event is not the one that the chain has");
    let (Some(previous), true) = (values.pop(), values.len() == chain::HASHED + 2) else { return Err(broken()) };
    let first = values.get(1) == Some(&Value::from(0));
    let previous = match previous {
        Value::Bytes(Some(bytes)) => Hash::try_from(bytes).map_err(|_| broken())?,
        _ if first => BEGINNING,
        _ => return Err(broken()),
    };
    let link = chain::link(&previous, &values[..chain::HASHED]);
    let kept = [Value::from(link.leaf), Value::from(link.hash)];
    let in_order = i64::try_from(version).is_ok_and(|version| values.get(3) == Some(&Value::from(version)));
    if values[chain::HASHED..] == kept && in_order { Ok(values) } else { Err(broken()) }
}
