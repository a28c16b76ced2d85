//! 冪等キー: what became of a request that its sender gave a key, so that it is done once though it is sent twice.
//! What a case says is not kept here, but with the case, whose key is destroyed one day: of such an answer only
//! whose case it showed.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::case::actor::Actor;
use crate::case::id::CaseId;
use crate::register::{Once, Register};

use super::records::{Author, Kept, RecordError, Records, Version};

/// A request with a key cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum RepeatError {
    /// The same key came with another request.
    #[error("repeating a request: the key was used for another one")]
    Other,
    /// The request was begun, and its end is not known, or not yet.
    #[error("repeating a request: its end is not known")]
    UnderWay,
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl RepeatError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Other => "request-key-reused",
            Self::UnderWay => "request-under-way",
            Self::Record(error) => error.code(),
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum End {
    /// With a case, as it is shown.
    Case {
        /// Status of the answer.
        status: u16,
        /// Which.
        case: CaseId,
    },
    /// With something else.
    Answer {
        /// Status.
        status: u16,
        /// What it is.
        content_type: Option<String>,
        /// The answer, in hexadecimal.
        body: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum State {
    Begun,
    /// Nothing was done: it may be tried again.
    Refused,
    Done(End),
}

/// What is kept of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    request: String,
    state: State,
}

impl Kept for Repeat {
    const KIND: &'static str = "repeat";
}

/// A request that is being done for the first time.
#[derive(Debug)]
pub struct First {
    id: String,
    version: u64,
    request: String,
}

/// What is to be done with a request.
#[derive(Debug)]
pub enum Turn {
    /// It is done.
    First(First),
    /// It was done.
    Again(End),
}

/// The requests of an office's people.
pub struct Repeats<'a> {
    records: Records<'a, Repeat>,
    actor: &'a Actor,
}

impl<'a> Repeats<'a> {
    /// Those of a person.
    pub fn of(register: &'a Register, actor: &'a Actor) -> Self {
        Self { records: Records::of(register, actor.office()), actor }
    }

    /// Notes that a request is begun, or says what became of it.
    ///
    /// # Errors
    /// [`RepeatError::Other`], [`RepeatError::UnderWay`].
    pub async fn begin(&self, Once { key, request }: &Once) -> Result<Turn, RepeatError> {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        // The id is not enciphered, and whatever the sender put into the key is nobody's business.
        let (id, request) = (hex(&Sha256::digest(key)), hex(request));
        let version = match self.records.find_id(&id).await? {
            None => 0,
            Some(Version { state, .. }) if state.request != request => return Err(RepeatError::Other),
            Some(Version { state: Repeat { state: State::Done(end), .. }, .. }) => return Ok(Turn::Again(end)),
            Some(Version { state: Repeat { state: State::Begun, .. }, .. }) => return Err(RepeatError::UnderWay),
            Some(Version { version, .. }) => version,
        };
        let first = First { id, version, request };
        match self.put(&first, State::Begun).await {
            Ok(()) => Ok(Turn::First(First { version: version.saturating_add(1), ..first })),
            // The same request came at the same moment.
            Err(RecordError::Stale { .. }) => Err(RepeatError::UnderWay),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes how it ended; none where it was refused.
    ///
    /// # Errors
    /// The register.
    pub async fn end(&self, first: &First, end: Option<End>) -> Result<(), RecordError> {
        self.put(first, end.map_or(State::Refused, State::Done)).await
    }

    async fn put(&self, First { id, version, request }: &First, state: State) -> Result<(), RecordError> {
        let repeat = Repeat { request: request.clone(), state };
        self.records.put(id, *version, &repeat, &Author::one(self.actor.person())).await
    }
}
