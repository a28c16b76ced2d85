//! A register of its own for each test, on either database.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use shomei::register::clock::{self, Clock};
use shomei::register::{
    Access, Deployment, Mode, OfficeId, Postgres, Register, RegisterError, Row, Sqlite, Store, Value,
};
use tempfile::TempDir;

pub const PROGRAM: &str = "program-1";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// The one server of a run. It ends when its standard input, held here, is closed with the process.
fn server() -> &'static str {
    static SERVER: OnceLock<(Child, String)> = OnceLock::new();
    let (_, folder) = SERVER.get_or_init(|| {
        let script = crate::root().join("scripts/postgres-for-tests");
        let mut child = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut folder = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "PostgreSQL must be installed (scripts/test does it)");
        (child, folder.trim_end().to_owned())
    });
    folder
}

pub struct Fixture {
    pub folder: TempDir,
    pub database: Database,
    /// For who owns the tables.
    pub owner: String,
    /// For the program.
    pub url: String,
    /// By how much the node's clock is off, in milliseconds.
    pub drift: Arc<AtomicI64>,
}

pub fn deployment(mode: Mode) -> Deployment {
    Deployment { mode, program: PROGRAM.to_owned() }
}

pub fn kita() -> OfficeId {
    OfficeId::parse("kita").unwrap()
}

/// Statements that tests make live as long as the run.
pub fn sql(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

impl Fixture {
    /// A place where nothing is installed yet.
    pub async fn empty(database: Database) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        let (owner, url) = match database {
            Database::Sqlite => {
                let path = folder.path().join("register.db").display().to_string();
                (path.clone(), format!("sqlite:{path}"))
            }
            Database::Postgres => {
                let name = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
                let url = |user: &str, name: &str| format!("postgres://{user}@localhost/{name}?host={}", server());
                // No transaction: a database cannot be created in one.
                let mut admin =
                    <sqlx::PgConnection as sqlx::Connection>::connect(&url("owner", "postgres")).await.unwrap();
                sqlx::raw_sql(sql(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
                (url("owner", &name), url("worker", &name))
            }
        };
        Self { folder, database, owner, url, drift: Arc::default() }
    }

    /// An installed register.
    pub async fn installed(database: Database, mode: Mode) -> Self {
        let fixture = Self::empty(database).await;
        Register::install(&fixture.owner, &deployment(mode)).await.unwrap();
        fixture.let_worker_in().await;
        fixture
    }

    /// Makes the program's role a member of the working role.
    pub async fn let_worker_in(&self) {
        if self.database == Database::Postgres {
            let role = "DO $$ BEGIN CREATE ROLE worker LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
            // Tests run side by side on one server; the first one makes the role.
            drop(self.try_run(role).await);
            for _ in 0..20 {
                if self.try_run("GRANT shomei_work TO worker").await.is_ok() {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            panic!("the working role could not be granted");
        }
    }

    /// An enrolled office in an open register.
    pub async fn new(database: Database) -> (Self, Register) {
        let fixture = Self::installed(database, Mode::Single).await;
        let register = fixture.open().await.unwrap();
        register.enrol(&kita()).await.unwrap();
        (fixture, register)
    }

    pub fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    pub fn clock(&self) -> Clock {
        let (system, drift) = (clock::system(), self.drift.clone());
        Arc::new(move || system() + drift.load(Ordering::Relaxed))
    }

    pub async fn open(&self) -> Result<Register, RegisterError> {
        Register::open(&self.url, &self.keys(), PROGRAM, self.clock()).await
    }

    /// The database, as whoever owns it.
    pub async fn store(&self) -> Box<dyn Store> {
        match self.database {
            Database::Sqlite => Box::new(Sqlite::open(self.owner.as_ref()).await.unwrap()),
            Database::Postgres => Box::new(Postgres::open(&self.owner).await.unwrap()),
        }
    }

    pub async fn try_run(&self, statement: &'static str) -> Result<(), RegisterError> {
        let store = self.store().await;
        let mut transaction = store.begin(Access::Write).await?;
        transaction.execute(statement, Vec::new()).await?;
        transaction.commit().await?;
        store.close().await
    }

    pub async fn rows(&self, query: &'static str) -> Vec<Row> {
        let store = self.store().await;
        let mut transaction = store.begin(Access::Read).await.unwrap();
        let rows = transaction.rows(query, Vec::new()).await.unwrap();
        drop(transaction);
        store.close().await.unwrap();
        rows
    }

    /// Whether bytes stand somewhere in the files of a database.
    pub fn stands_in_a_file(&self, wanted: &[u8]) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            path.is_file() && std::fs::read(path).unwrap().windows(wanted.len()).any(|bytes| bytes == wanted)
        })
    }

    /// Takes down what the database itself holds against changes, as an attacker with every right
    /// would.
    pub async fn disarm(&self) {
        let drop = match self.database {
            Database::Sqlite => "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'",
            Database::Postgres => {
                "SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname || ' CASCADE' FROM pg_constraint
                 WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
                 UNION ALL SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
            }
        };
        for mut row in self.rows(drop).await {
            self.try_run(sql(row.text().unwrap())).await.unwrap();
        }
    }

    /// Changes rows behind the register's back. Says how many.
    pub async fn tamper(&self, statement: &'static str, values: Vec<Value>) -> usize {
        let store: Box<dyn Store> = match self.database {
            Database::Sqlite => {
                let store = Sqlite::open(self.owner.as_ref()).await.unwrap();
                let careless = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON";
                sqlx::raw_sql(careless).execute(store.writer()).await.unwrap();
                Box::new(store)
            }
            Database::Postgres => self.store().await,
        };
        let mut transaction = store.begin(Access::Write).await.unwrap();
        let changed = transaction.rows(sql(format!("{statement} RETURNING office")), values).await.unwrap();
        transaction.commit().await.unwrap();
        store.close().await.unwrap();
        changed.len()
    }
}
