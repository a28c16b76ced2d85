//! What can go wrong with the register.

use std::path::Path;

/// The register could not do what was asked. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Somebody else wrote to the case in between.
    #[error("writing to a case: it is at version {found}, not {expected}")]
    Conflict {
        /// Version that the writer had seen.
        expected: u64,
        /// Version in the register.
        found: u64,
    },
    /// A batch does not fit what was asked for under the lock.
    #[error("writing: {what}")]
    Batch {
        /// What does not fit.
        what: &'static str,
    },
    /// The number of this issuance already has its end.
    #[error("ending an issuance: it was ended before")]
    AlreadyEnded,
    /// An idempotency key came again with another request.
    #[error("writing: the idempotency key belongs to another request")]
    KeyReused,
    /// No such office in this register.
    #[error("using the register: no office {office} is enrolled")]
    UnknownOffice {
        /// Office.
        office: String,
    },
    /// The office is already there.
    #[error("enrolling {office}: it is already enrolled")]
    AlreadyEnrolled {
        /// Office.
        office: String,
    },
    /// An id that is not of the form that ids have.
    #[error(transparent)]
    Id(#[from] crate::case::id::IdError),
    /// A key file is not there.
    #[error("finding a key: {key} is not in the key folder")]
    KeyMissing {
        /// Name of the key.
        key: String,
    },
    /// A key file or its folder is open to others, or not a key.
    #[error("reading keys: {path}: {message}")]
    KeyFile {
        /// File or folder.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// Cipher and key, or cipher and place, do not belong together.
    #[error("deciphering {what}: the key is another one, or the bytes were changed or moved")]
    Undecipherable {
        /// What.
        what: String,
    },
    /// The retention period is over and the key was destroyed.
    #[error("reading a case: its key was destroyed")]
    Destroyed,
    /// The retention period of a case is not over.
    #[error("destroying keys: case {case} is not due")]
    NotDue {
        /// Case.
        case: String,
    },
    /// What two people do was asked for by one.
    #[error("destroying keys or wrapping them again: both people are the same")]
    SamePerson,
    /// No rule says how long a class of cases is kept.
    #[error("reading the retention table: {message}")]
    Retention {
        /// What is wrong.
        message: String,
    },
    /// The register belongs to another build of the program, from the start or since it was opened.
    #[error("using the register: it is run by program {expected}, this is {found}")]
    OtherProgram {
        /// Program that runs the register.
        expected: String,
        /// This one.
        found: String,
    },
    /// The register has another schema, or none.
    #[error("using the register: its schema is {found}, this program knows {expected}")]
    OtherSchema {
        /// What this program knows.
        expected: i64,
        /// What the register has; 0 where nothing is installed.
        found: i64,
    },
    /// The register was for one node when it was opened and is for several now, or the other way.
    #[error("writing: how many nodes may work on the register was changed since it was opened")]
    OtherMode,
    /// Another node has it, and it is for one alone.
    #[error("opening the register: another node is using it")]
    SecondNode,
    /// Several nodes cannot share one SQLite file.
    #[error("opening the register: a shared register must be on a PostgreSQL server")]
    SharedNeedsServer,
    /// Clocks disagree.
    #[error("reading the clock: {millis} ms apart")]
    ClockDrift {
        /// By how much, in milliseconds.
        millis: u64,
    },
    /// Nothing was recorded for so long that the clock must be confirmed.
    #[error("the machine's clock is {days} days after what was recorded last")]
    ClockLeap {
        /// By how many days.
        days: i64,
    },
    /// The register already holds something.
    #[error("installing the register: it is not empty")]
    NotEmpty,
    /// The store may be read only.
    #[error("writing: the store is read-only")]
    ReadOnly,
    /// No room.
    #[error("writing: the disk is full")]
    Full,
    /// The store is not there, or the connection broke.
    #[error("reaching the store: {message}")]
    Unavailable {
        /// What the driver says.
        message: String,
    },
    /// A rule of the database refused a row.
    #[error("writing: the database refused it: {message}")]
    Refused {
        /// What the driver says.
        message: String,
    },
    /// What stands in the store is not what this program wrote.
    #[error("reading the store: {what}")]
    Damaged {
        /// What.
        what: String,
    },
    /// A copy is not whole.
    #[error("reading a copy: line {line}: {message}")]
    Copy {
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A signed note is not one, or is not signed by the key.
    #[error("reading a checkpoint: {message}")]
    Checkpoint {
        /// What is wrong.
        message: &'static str,
    },
    /// Chance failed.
    #[error("asking the system for random bytes: {message}")]
    Random {
        /// What the system says.
        message: String,
    },
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

impl RegisterError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "register-conflict",
            Self::Batch { .. } => "register-batch",
            Self::AlreadyEnded => "register-already-ended",
            Self::KeyReused => "register-key-reused",
            Self::UnknownOffice { .. } => "register-unknown-office",
            Self::AlreadyEnrolled { .. } => "register-already-enrolled",
            Self::Id(error) => error.code(),
            Self::KeyMissing { .. } => "register-key-missing",
            Self::KeyFile { .. } => "register-key-file",
            Self::Undecipherable { .. } => "register-undecipherable",
            Self::Destroyed => "register-destroyed",
            Self::NotDue { .. } => "register-not-due",
            Self::SamePerson => "register-same-person",
            Self::Retention { .. } => "register-retention",
            Self::OtherProgram { .. } => "other-program",
            Self::OtherSchema { .. } => "other-schema",
            Self::OtherMode => "other-mode",
            Self::SecondNode => "second-node",
            Self::SharedNeedsServer => "shared-needs-server",
            Self::ClockDrift { .. } => "clock-drift",
            Self::ClockLeap { .. } => "clock-leap",
            Self::NotEmpty => "register-not-empty",
            Self::ReadOnly => "register-read-only",
            Self::Full => "register-full",
            Self::Unavailable { .. } => "register-unavailable",
            Self::Refused { .. } => "register-refused",
            Self::Damaged { .. } => "register-damaged",
            Self::Copy { .. } => "register-copy",
            Self::Checkpoint { .. } => "register-checkpoint",
            Self::Random { .. } => "register-random",
            Self::File { .. } => "register-file",
        }
    }

    pub(in crate::register) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }

    pub(in crate::register) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File { path, source }
    }
}
