//! 台帳: the store that only grows. Each office's events are numbered without gaps, chained by hash and
//! enciphered per case; beside them stand rows for lists, and the chain covers those too. The register
//! knows events only as opaque bytes; what they mean is `case`'s.

pub mod audit;
mod chain;
pub mod checkpoint;
pub mod clock;
mod copy;
mod error;
pub mod id;
mod keys;
pub mod merkle;
mod postgres;
mod read;
mod record;
pub mod replay;
pub mod retention;
mod rows;
mod sqlite;
mod store;
mod table;
pub mod vault;
mod write;

use std::path::Path;

pub use copy::{Copied, verify_copy};
pub use error::RegisterError;
pub use id::{CaseId, Fresh, IncidentId, IssuanceId, OfficeId};
pub use postgres::Postgres;
pub use read::{After, CaseEvents, Entry, Recorded};
pub use record::{Key, Put, RECORD, Record, Watch};
pub use rows::{CaseRow, End, Head, Incident, Issuance, Number};
pub use sqlite::Sqlite;
pub use store::{Access, Job, Row, Store, Transaction, Value};
pub use write::{Alarm, Answer, Ask, Batch, COUNTER, COUNTERS, Event, Flow, Locked, Once, Step, Term, Written};

use checkpoint::Log;
use clock::{Clock, Moment, settle};
use store::{maybe_one, one};
use vault::KeyRing;
use write::Writing;

/// Version of the tables; it moves with `sql/*/schema.sql`.
const SCHEMA: i64 = 3;

/// Says by whom an empty register is run.
const DEPLOY: &str = include_str!("../../sql/deploy.sql");

/// How the types of the register's own events begin; no other's do.
const OWN: &str = "register/";
const ENROLLED: &str = "register/enrolled";
const CHECKPOINTED: &str = "register/checkpointed";
const DAY_CLOSED: &str = "register/day-closed";
const DESTROYED: &str = "register/keys-destroyed";
const REWRAPPED: &str = "register/keys-rewrapped";

/// How many nodes work on a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One; a second is refused.
    Single,
    /// Several, each with the same program. Only on PostgreSQL.
    Shared,
}

impl Mode {
    fn key(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Shared => "shared",
        }
    }

    fn parse(key: &str) -> Result<Self, RegisterError> {
        match key {
            "single" => Ok(Self::Single),
            "shared" => Ok(Self::Shared),
            _ => Err(RegisterError::damaged("the deployment's mode is unknown")),
        }
    }
}

/// By whom a register is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// How many nodes.
    pub mode: Mode,
    /// Hash of the program.
    pub program: String,
}

impl Deployment {
    /// Out of the first columns of a row, if the tables are those that this program knows.
    fn read(row: &mut Row) -> Result<Self, RegisterError> {
        let (mode, schema, program) = (row.text()?, row.integer()?, row.text()?);
        if schema != SCHEMA {
            return Err(RegisterError::OtherSchema { expected: SCHEMA, found: schema });
        }
        Ok(Self { mode: Mode::parse(&mode)?, program })
    }

    /// Refuses a node that was opened under this deployment where another one holds now.
    fn still_holds(&self, now: Self) -> Result<(), RegisterError> {
        if now.program != self.program {
            return Err(RegisterError::OtherProgram { expected: now.program, found: self.program.clone() });
        }
        if now.mode == self.mode { Ok(()) } else { Err(RegisterError::OtherMode) }
    }
}

/// The register.
pub struct Register {
    store: Box<dyn Store>,
    ring: KeyRing,
    clock: Clock,
    deployment: Deployment,
    /// By whom checkpoints are signed each hour.
    log: Option<Log>,
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Register {{ deployment: {:?} }}", self.deployment)
    }
}

/// The store at a URL: `postgres://user@host/database`, `sqlite:PATH`, or a plain path.
async fn connect(url: &str) -> Result<Box<dyn Store>, RegisterError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Box::new(Postgres::open(url).await?));
    }
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    Ok(Box::new(Sqlite::open(Path::new(path)).await?))
}

impl Register {
    /// Creates the tables and says by whom the register will be run. On PostgreSQL this is done by the
    /// owner of the database; the program's own role is then made a member of `shomei_work`.
    ///
    /// # Errors
    /// [`RegisterError::NotEmpty`] where tables are there, [`RegisterError::SharedNeedsServer`].
    pub async fn install(url: &str, deployment: &Deployment) -> Result<(), RegisterError> {
        let store = create(url, deployment.mode).await?;
        let mut transaction = store.begin(Access::Write).await?;
        let row = vec![deployment.mode.key().into(), SCHEMA.into(), deployment.program.as_str().into()];
        transaction.execute(DEPLOY, row).await?;
        transaction.commit().await?;
        store.close().await
    }

    /// Opens an installed register for a node.
    ///
    /// # Errors
    /// [`RegisterError::OtherSchema`], [`RegisterError::OtherProgram`], [`RegisterError::SecondNode`],
    /// [`RegisterError::ClockDrift`].
    pub async fn open(url: &str, keys: &Path, program: &str, clock: Clock) -> Result<Self, RegisterError> {
        let store = connect(url).await?;
        Self::with(store, KeyRing::open(keys)?, program, clock).await
    }

    /// [`Self::open`] on a store.
    pub async fn with(
        store: Box<dyn Store>,
        ring: KeyRing,
        program: &str,
        clock: Clock,
    ) -> Result<Self, RegisterError> {
        let deployment = deployment(&*store).await?;
        if deployment.program != program {
            return Err(RegisterError::OtherProgram { expected: deployment.program, found: program.to_owned() });
        }
        if deployment.mode == Mode::Shared && !store.can_be_shared() {
            return Err(RegisterError::SharedNeedsServer);
        }
        if deployment.mode == Mode::Single {
            store.claim().await?;
        }
        let register = Self { store, ring, clock, deployment, log: None };
        register.now().await?;
        Ok(register)
    }

    /// Gives a register to a new build of the program, and notes that in an office, in one write: there
    /// is no new deployment without the note of who made it. Nodes of the old build that are still open
    /// are refused from their next write on. On PostgreSQL the owner does it.
    ///
    /// # Errors
    /// [`RegisterError::SecondNode`] where the one node is open, [`RegisterError::UnknownOffice`].
    pub async fn adopt(
        url: &str,
        keys: &Path,
        program: &str,
        clock: Clock,
        (office, note): (&OfficeId, Event),
    ) -> Result<(), RegisterError> {
        const ADOPT: &str = include_str!("../../sql/adopt.sql");
        let store = connect(url).await?;
        let deployment = deployment(&*store).await?;
        if deployment.mode == Mode::Single {
            store.claim().await?;
        }
        let old = Self { store, ring: KeyRing::open(keys)?, clock, deployment, log: None };
        let ask = Ask::office(office);
        // The head is locked before the deployment, as every writer does it: so none waits for the other.
        let mut writing = Writing::begin(&old, &ask).await?;
        writing.transaction().execute(ADOPT, vec![program.into()]).await?;
        writing.add(vec![note], 0).await?;
        writing.commit().await?;
        old.close().await
    }

    /// Closes every connection and lets another node in.
    pub async fn close(self) -> Result<(), RegisterError> {
        self.store.close().await
    }

    /// By whom it is run.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The folder of keys.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Now, by the store's clock.
    ///
    /// # Errors
    /// [`RegisterError::ClockDrift`] where the node's clock is apart from it, or it was set back.
    pub async fn now(&self) -> Result<Moment, RegisterError> {
        Ok(self.now_and_last().await?.0)
    }

    /// Refuses to go on after a long time in which nothing was recorded, where the machine's clock is the only
    /// one: it may have been set far forward. Who knows that it is right does not ask.
    ///
    /// # Errors
    /// [`RegisterError::ClockLeap`].
    pub async fn refuse_leap(&self) -> Result<(), RegisterError> {
        let (now, recorded) = self.now_and_last().await?;
        if self.store.clock().is_some() { Ok(()) } else { clock::refuse_leap(now, recorded) }
    }

    async fn now_and_last(&self) -> Result<(Moment, i64), RegisterError> {
        const LAST: &str = include_str!("../../sql/last_recorded.sql");
        let mut transaction = self.begin(Access::Read).await?;
        let recorded = one(&mut *transaction, LAST, Vec::new()).await?.integer()?;
        let node = (self.clock)();
        let store = match self.store.clock() {
            Some(clock) => one(&mut *transaction, clock, Vec::new()).await?.integer()?,
            None => node,
        };
        Ok((settle(node, store, recorded)?, recorded))
    }

    async fn begin(&self, access: Access) -> Result<Box<dyn Transaction>, RegisterError> {
        self.store.begin(access).await
    }
}

/// A store with empty tables.
async fn create(url: &str, mode: Mode) -> Result<Box<dyn Store>, RegisterError> {
    let store = connect(url).await?;
    if mode == Mode::Shared && !store.can_be_shared() {
        return Err(RegisterError::SharedNeedsServer);
    }
    if store.is_installed().await? {
        return Err(RegisterError::NotEmpty);
    }
    store.install().await?;
    Ok(store)
}

/// By whom the register in a store is run, if its tables are those that this program knows.
async fn deployment(store: &dyn Store) -> Result<Deployment, RegisterError> {
    const DEPLOYMENT: &str = include_str!("../../sql/deployment.sql");
    let none = RegisterError::OtherSchema { expected: SCHEMA, found: 0 };
    if !store.is_installed().await? {
        return Err(none);
    }
    let mut transaction = store.begin(Access::Read).await?;
    Deployment::read(&mut maybe_one(&mut *transaction, DEPLOYMENT, Vec::new()).await?.ok_or(none)?)
}
