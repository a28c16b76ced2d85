//! The register in one SQLite file: for one node, with nothing to be installed.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Column as _, Connection as _, Row as _, SqlSafeStr, TypeInfo as _, ValueRef as _};

use super::RegisterError;
use super::store::{Access, Job, Row, Store, Transaction, Value};

const SCHEMA: &str = include_str!("../../sql/sqlite/schema.sql");
const LOCK_HEAD: &str = include_str!("../../sql/sqlite/lock_head.sql");

/// A SQLite file.
pub struct Sqlite {
    path: PathBuf,
    /// One connection: writers wait in order and never meet.
    writer: SqlitePool,
    readers: SqlitePool,
    /// Held by the one node; the system lets go of it when the node ends, however it ends.
    lock: Mutex<Option<File>>,
}

impl Sqlite {
    /// Opens a file, which is made (0600) if it is not there.
    pub async fn open(path: &Path) -> Result<Self, RegisterError> {
        if !path.exists() {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600).open(path).map_err(RegisterError::file(path))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            // What was deleted (a destroyed key) is written over.
            .pragma("secure_delete", "ON");
        // On a full disk SQLite itself rolls back, and sqlx then takes the transaction for open: such a
        // connection is closed instead of being used again.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(30))
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
        let readers = SqlitePoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(30));
        Ok(Self {
            path: path.to_path_buf(),
            writer: writer.connect_with(options.clone()).await.map_err(fault)?,
            readers: readers.connect_lazy_with(options),
            lock: Mutex::new(None),
        })
    }

    /// The one connection that writes, for a test to set limits on.
    pub fn writer(&self) -> &SqlitePool {
        &self.writer
    }
}

impl Store for Sqlite {
    fn begin(&self, access: Access) -> Job<'_, Box<dyn Transaction>> {
        Box::pin(async move {
            let begun = match access {
                Access::Read => self.readers.begin_with("BEGIN DEFERRED").await,
                Access::Write => self.writer.begin_with("BEGIN IMMEDIATE").await,
            };
            Ok(Box::new(Open { begun: begun.map_err(fault)?, waiting: Vec::new() }) as Box<dyn Transaction>)
        })
    }

    fn install(&self) -> Job<'_, ()> {
        Box::pin(async move {
            let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
            sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await.map_err(fault)?;
            transaction.commit().await.map_err(fault)
        })
    }

    fn is_installed(&self) -> Job<'_, bool> {
        const TABLES: &str = "SELECT 1 FROM sqlite_master WHERE name = 'deployment'";
        Box::pin(async move { Ok(sqlx::query(TABLES).fetch_optional(&self.readers).await.map_err(fault)?.is_some()) })
    }

    fn lock_head(&self) -> &'static str {
        LOCK_HEAD
    }

    fn clock(&self) -> Option<&'static str> {
        None
    }

    fn can_be_shared(&self) -> bool {
        false
    }

    fn claim(&self) -> Job<'_, ()> {
        Box::pin(async move {
            let mut path = self.path.clone().into_os_string();
            path.push("-node");
            let path = PathBuf::from(path);
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            let file = options.open(&path).map_err(RegisterError::file(&path))?;
            match file.try_lock() {
                Ok(()) => *self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(file),
                Err(TryLockError::WouldBlock) => return Err(RegisterError::SecondNode),
                Err(TryLockError::Error(error)) => return Err(RegisterError::file(&path)(error)),
            }
            Ok(())
        })
    }

    fn still_claimed<'a>(&'a self, _: &'a mut dyn Transaction) -> Job<'a, ()> {
        Box::pin(async { Ok(()) }) // the system holds the lock as long as this process lives
    }

    /// Rows that were written over are still in the write-ahead log until it is emptied.
    fn scrub(&self) -> Job<'_, ()> {
        Box::pin(async move {
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await.map_err(fault)?;
            Ok(())
        })
    }

    fn close(&self) -> Job<'_, ()> {
        Box::pin(async move {
            self.readers.close().await;
            self.writer.close().await;
            self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            Ok(())
        })
    }
}

/// A transaction, and statements that wait: each way to SQLite's own thread and back costs more than the
/// statement, so they go there together.
struct Open {
    begun: sqlx::Transaction<'static, sqlx::Sqlite>,
    waiting: Vec<(&'static str, Vec<Value>)>,
}

/// So many statements wait at most.
const MOST_WAITING: usize = 64;

type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn query(sql: impl SqlSafeStr, values: impl IntoIterator<Item = Value>) -> Query {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Integer(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
    })
}

/// Statements as one text: the places of each are counted on from those of the ones before it.
fn joined(statements: &[(&'static str, Vec<Value>)]) -> String {
    let (mut text, mut before) = (String::new(), 0);
    for (sql, values) in statements {
        let mut parts = sql.split('$');
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let place: usize = part[..digits].parse().unwrap_or_default();
            text.push_str(&format!("${}{}", before + place, &part[digits..]));
        }
        text.push_str(";\n");
        before += values.len();
    }
    text
}

impl Open {
    async fn run_waiting(&mut self) -> Result<(), RegisterError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        // Nothing but the program's own statements, with other numbers for their places.
        let text = AssertSqlSafe(joined(&waiting));
        let values = waiting.into_iter().flat_map(|(_, values)| values);
        query(text, values).execute(&mut *self.begun).await.map_err(fault)?;
        Ok(())
    }
}

impl Transaction for Open {
    fn execute<'a>(&'a mut self, sql: &'static str, values: Vec<Value>) -> Job<'a, ()> {
        Box::pin(async move {
            self.waiting.push((sql, values));
            if self.waiting.len() < MOST_WAITING { Ok(()) } else { self.run_waiting().await }
        })
    }

    fn rows<'a>(&'a mut self, sql: &'static str, values: Vec<Value>) -> Job<'a, Vec<Row>> {
        Box::pin(async move {
            self.run_waiting().await?;
            let rows = query(sql, values).fetch_all(&mut *self.begun).await.map_err(fault)?;
            rows.iter().map(read).collect()
        })
    }

    fn commit(mut self: Box<Self>) -> Job<'static, ()> {
        Box::pin(async move {
            self.run_waiting().await?;
            self.begun.commit().await.map_err(fault)
        })
    }
}

fn read(row: &SqliteRow) -> Result<Row, RegisterError> {
    let value = |column: &sqlx::sqlite::SqliteColumn| {
        let at = column.ordinal();
        let kind = row.try_get_raw(at)?.type_info().name().to_owned();
        Ok(match kind.as_str() {
            "TEXT" => Value::Text(row.try_get(at)?),
            "BLOB" => Value::Bytes(row.try_get(at)?),
            _ => Value::Integer(row.try_get(at)?),
        })
    };
    let values = row.columns().iter().map(value).collect::<Result<_, sqlx::Error>>();
    values.map(Row::new).map_err(fault)
}

/// What an error of the driver means (primary result codes of sqlite.org/rescode.html).
fn fault(error: sqlx::Error) -> RegisterError {
    let message = error.to_string();
    let sqlx::Error::Database(database) = &error else {
        return match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                RegisterError::Unavailable { message }
            }
            _ => RegisterError::damaged(message),
        };
    };
    let code = database.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    match code & 0xFF {
        5 | 6 | 10 | 14 => RegisterError::Unavailable { message }, // BUSY, LOCKED, IOERR, CANTOPEN
        8 => RegisterError::ReadOnly,
        13 => RegisterError::Full,
        19 => RegisterError::Refused { message }, // CONSTRAINT, of which a trigger's refusal is one
        _ => RegisterError::damaged(message),
    }
}
