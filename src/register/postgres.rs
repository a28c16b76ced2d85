//! The register on a PostgreSQL server: for several nodes, or for one that has a server.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{Column as _, Connection as _, PgConnection, Row as _, TypeInfo as _};
use tokio::sync::Mutex;

use super::RegisterError;
use super::store::{Access, Job, Row, Store, Transaction, Value, maybe_one};

const SCHEMA: &str = include_str!("../../sql/postgres/schema.sql");
const LOCK_HEAD: &str = include_str!("../../sql/postgres/lock_head.sql");
const CLOCK: &str = include_str!("../../sql/postgres/clock.sql");
const CLAIM: &str = include_str!("../../sql/postgres/claim.sql");
const STILL_CLAIMED: &str = include_str!("../../sql/postgres/still_claimed.sql");

/// How long the server may take to let go of what a node held that has just ended.
const LETTING_GO: Duration = Duration::from_secs(2);

/// A database of a PostgreSQL server.
pub struct Postgres {
    options: PgConnectOptions,
    pool: PgPool,
    /// The session that holds the one node's advisory lock, and its process on the server.
    claim: Mutex<Option<(PgConnection, i64)>>,
}

impl Postgres {
    /// Connects (`postgres://user@host/database`).
    pub async fn open(url: &str) -> Result<Self, RegisterError> {
        let options = PgConnectOptions::from_str(url).map_err(fault)?.application_name("shomei");
        let pool = PgPoolOptions::new().max_connections(8).acquire_timeout(Duration::from_secs(30));
        let pool = pool.connect_with(options.clone()).await.map_err(fault)?;
        Ok(Self { options, pool, claim: Mutex::new(None) })
    }
}

impl Store for Postgres {
    fn begin(&self, access: Access) -> Job<'_, Box<dyn Transaction>> {
        let begin = match access {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // After the head's lock was waited for, each statement must see what the other committed.
            Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        Box::pin(async move {
            let begun = self.pool.begin_with(begin).await.map_err(fault)?;
            Ok(Box::new(Open(begun)) as Box<dyn Transaction>)
        })
    }

    fn install(&self) -> Job<'_, ()> {
        Box::pin(async move {
            let mut transaction = self.pool.begin().await.map_err(fault)?;
            sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await.map_err(fault)?;
            transaction.commit().await.map_err(fault)
        })
    }

    fn is_installed(&self) -> Job<'_, bool> {
        const TABLES: &str = "SELECT 1 WHERE to_regclass('deployment') IS NOT NULL";
        Box::pin(async move { Ok(sqlx::query(TABLES).fetch_optional(&self.pool).await.map_err(fault)?.is_some()) })
    }

    fn lock_head(&self) -> &'static str {
        LOCK_HEAD
    }

    fn clock(&self) -> Option<&'static str> {
        Some(CLOCK)
    }

    fn can_be_shared(&self) -> bool {
        true
    }

    fn claim(&self) -> Job<'_, ()> {
        Box::pin(async move {
            let mut session = PgConnection::connect_with(&self.options).await.map_err(fault)?;
            let since = Instant::now();
            loop {
                let row = sqlx::query(CLAIM).fetch_one(&mut session).await.map_err(fault)?;
                if row.try_get::<bool, _>(0).map_err(fault)? {
                    let process = row.try_get::<i64, _>(1).map_err(fault)?;
                    *self.claim.lock().await = Some((session, process));
                    return Ok(());
                }
                if since.elapsed() > LETTING_GO {
                    return Err(RegisterError::SecondNode);
                }
                tokio::time::sleep(LETTING_GO / 20).await;
            }
        })
    }

    /// The server lets go of the lock when the session breaks; then another node may have it, and this
    /// one must not write.
    fn still_claimed<'a>(&'a self, transaction: &'a mut dyn Transaction) -> Job<'a, ()> {
        Box::pin(async move {
            let process = self.claim.lock().await.as_ref().map(|(_, process)| *process);
            let Some(process) = process else { return Ok(()) };
            match maybe_one(transaction, STILL_CLAIMED, vec![Value::from(process)]).await? {
                Some(_) => Ok(()),
                None => Err(RegisterError::SecondNode),
            }
        })
    }

    /// The server keeps old rows until its own VACUUM, which the working role may not run.
    fn scrub(&self) -> Job<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn close(&self) -> Job<'_, ()> {
        Box::pin(async move {
            if let Some((session, _)) = self.claim.lock().await.take() {
                session.close().await.map_err(fault)?;
            }
            self.pool.close().await;
            Ok(())
        })
    }
}

struct Open(sqlx::Transaction<'static, sqlx::Postgres>);

type Query = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn query(sql: &'static str, values: Vec<Value>) -> Query {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Integer(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
    })
}

impl Transaction for Open {
    fn execute<'a>(&'a mut self, sql: &'static str, values: Vec<Value>) -> Job<'a, ()> {
        Box::pin(async move {
            query(sql, values).execute(&mut *self.0).await.map_err(fault)?;
            Ok(())
        })
    }

    fn rows<'a>(&'a mut self, sql: &'static str, values: Vec<Value>) -> Job<'a, Vec<Row>> {
        Box::pin(async move {
            let rows = query(sql, values).fetch_all(&mut *self.0).await.map_err(fault)?;
            rows.iter().map(read).collect()
        })
    }

    fn commit(self: Box<Self>) -> Job<'static, ()> {
        Box::pin(async move { self.0.commit().await.map_err(fault) })
    }
}

fn read(row: &PgRow) -> Result<Row, RegisterError> {
    let value = |column: &sqlx::postgres::PgColumn| {
        let at = column.ordinal();
        Ok(match column.type_info().name() {
            "TEXT" => Value::Text(row.try_get(at)?),
            "BYTEA" => Value::Bytes(row.try_get(at)?),
            _ => Value::Integer(row.try_get(at)?),
        })
    };
    let values = row.columns().iter().map(value).collect::<Result<_, sqlx::Error>>();
    values.map(Row::new).map_err(fault)
}

/// What an error of the driver means (classes of SQLSTATE, PostgreSQL manual, appendix A).
fn fault(error: sqlx::Error) -> RegisterError {
    let message = error.to_string();
    let sqlx::Error::Database(database) = &error else {
        return match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Configuration(_) => RegisterError::Unavailable { message },
            _ => RegisterError::damaged(message),
        };
    };
    let code = database.code().unwrap_or_default();
    match (&code[..code.len().min(2)], &*code) {
        (_, "25006") => RegisterError::ReadOnly,
        (_, "53100") => RegisterError::Full,
        // Integrity, insufficient privilege, and what our triggers raise.
        ("23", _) | (_, "42501" | "P0001") => RegisterError::Refused { message },
        // Connections, resources, serialisation and locks, intervention by the administrator.
        ("08" | "53" | "40" | "55" | "57" | "28", _) => RegisterError::Unavailable { message },
        _ => RegisterError::damaged(message),
    }
}
