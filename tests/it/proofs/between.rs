//! What happens to the register while the press works, between T1 and T2.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use shomei::case::id::CaseId;
use shomei::issuing::issue::{ReleaseError, Released};
use shomei::register::vault::KeyRing;
use shomei::register::{Access, Job, Mode, Postgres, Register, RegisterError, Sqlite, Store, Transaction};

use super::office::{Count, Hall, office};
use crate::register::fixture::{Database, sql};
use crate::register::on_both;

type Happening = Pin<Box<dyn Future<Output = Result<(), RegisterError>> + Send>>;

/// Two ways to one store. On the first, something happens after its next write, before it is read again: in an
/// issuance, that is between T1 and T2.
pub struct Between {
    pub hall: Hall,
    /// The node that issues.
    pub register: Register,
    pub other: Other,
}

/// Whoever else works on the store.
pub struct Other {
    pub register: Arc<Register>,
    next: Arc<Mutex<Option<Happening>>>,
    sqlite: Option<Arc<Sqlite>>,
}

impl Other {
    /// What happens once the next number is given.
    pub fn happens(&self, happening: impl Future<Output = ()> + Send + 'static) {
        self.next_is(async move {
            happening.await;
            Ok(())
        });
    }

    /// Once the next number is given, the store fails a single time.
    pub fn fails(&self, fault: RegisterError) {
        self.next_is(async move { Err(fault) });
    }

    fn next_is(&self, happening: impl Future<Output = Result<(), RegisterError>> + Send + 'static) {
        *self.next.lock().unwrap() = Some(Box::pin(happening));
    }

    /// A setting of the one connection that writes, made once the next number is given.
    fn pragma(&self, pragma: &'static str) {
        let store = self.sqlite.clone().unwrap();
        self.happens(async move {
            sqlx::raw_sql(pragma).execute(store.writer()).await.unwrap();
        });
    }
}

/// A store, watched.
struct Watched {
    store: Arc<dyn Store>,
    next: Arc<Mutex<Option<Happening>>>,
    written: AtomicBool,
    /// Whether it asks to be the only node; the other way to the store does not.
    claims: bool,
}

impl Store for Watched {
    fn begin(&self, access: Access) -> Job<'_, Box<dyn Transaction>> {
        Box::pin(async move {
            let armed = self.next.lock().unwrap().is_some();
            let written = self.written.swap(armed && access == Access::Write, Ordering::Relaxed);
            let happening = if written { self.next.lock().unwrap().take() } else { None };
            if let Some(happening) = happening {
                happening.await?;
            }
            self.store.begin(access).await
        })
    }

    fn install(&self) -> Job<'_, ()> {
        self.store.install()
    }

    fn is_installed(&self) -> Job<'_, bool> {
        self.store.is_installed()
    }

    fn lock_head(&self) -> &'static str {
        self.store.lock_head()
    }

    fn clock(&self) -> Option<&'static str> {
        self.store.clock()
    }

    fn can_be_shared(&self) -> bool {
        self.store.can_be_shared()
    }

    fn claim(&self) -> Job<'_, ()> {
        if self.claims { self.store.claim() } else { Box::pin(async { Ok(()) }) }
    }

    fn still_claimed<'a>(&'a self, transaction: &'a mut dyn Transaction) -> Job<'a, ()> {
        self.store.still_claimed(transaction)
    }

    fn scrub(&self) -> Job<'_, ()> {
        self.store.scrub()
    }

    fn close(&self) -> Job<'_, ()> {
        self.store.close()
    }
}

/// A register with an office, and two ways to it.
pub async fn between(database: Database) -> Between {
    between_in(database, Mode::Single).await
}

async fn between_in(database: Database, mode: Mode) -> Between {
    let hall = Hall::of(database, mode, shomei::PROGRAM).await;
    let (store, sqlite): (Arc<dyn Store>, _) = match database {
        Database::Sqlite => {
            let store = Arc::new(Sqlite::open(hall.fixture.owner.as_ref()).await.unwrap());
            (store.clone(), Some(store))
        }
        Database::Postgres => (Arc::new(Postgres::open(&hall.fixture.url).await.unwrap()), None),
    };
    let next: Arc<Mutex<Option<Happening>>> = Arc::default();
    let way = async |next: Arc<Mutex<Option<Happening>>>, claims: bool| {
        let watched = Watched { store: store.clone(), next, written: AtomicBool::default(), claims };
        let ring = KeyRing::open(&hall.keys()).unwrap();
        Register::with(Box::new(watched), ring, shomei::PROGRAM, hall.fixture.clock()).await.unwrap()
    };
    let register = way(next.clone(), true).await;
    let other = Other { register: Arc::new(way(Arc::default(), false).await), next, sqlite };
    office().enrol(&register).await;
    Between { hall, register, other }
}

fn code(result: Result<Released, ReleaseError>) -> &'static str {
    result.expect_err("something was released").code()
}

/// What is told, in the order of the alphabet.
async fn incidents(register: &Register) -> Vec<String> {
    let open = register.open_incidents(&office().id).await.unwrap();
    let mut kinds: Vec<String> = open.into_iter().map(|incident| incident.kind).collect();
    kinds.sort();
    kinds
}

/// A node that starts where this one stopped: it voids the number without an end, and the case can be issued.
async fn goes_on(hall: &Hall, register: Register, case: CaseId) {
    // This one may not even be able to say good-bye.
    drop(register.close().await);
    let register = hall.open().await;
    let without_end = Count { open: 1, ..Count::default() };
    assert_eq!(office().check(&register, &[case]).await, without_end, "nothing was released");
    assert_eq!(office().sweep(&register).await, 1);
    office().issue(&register, case).await.unwrap();
    assert_eq!(office().check(&register, &[case]).await, Count::of(1, &["orphan"]));
    register.close().await.unwrap();
}

on_both! {
    async fn a_page_whose_number_was_voided_meanwhile_is_thrown_away(database) {
        let Between { hall: _hall, register, other } = between(database).await;
        let case = office().approved(&register, 1, 1).await.id;
        let sweeper = other.register.clone();
        other.happens(async move { assert_eq!(office().sweep(&sweeper).await, 1) });
        assert_eq!(code(office().issue(&register, case).await), "issuing-late");
        assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["orphan"]));
        let open = register.open_incidents(&office().id).await.unwrap();
        assert_eq!(incidents(&register).await, ["late-duplicate juminhyo-utsushi", "orphan juminhyo-utsushi"]);
        assert!(open.iter().all(|incident| incident.case == Some(case)));
        // The copy is still to be had, under a number of its own.
        let released = office().issue(&register, case).await.unwrap();
        assert_eq!(released.number.serial, 2);
        assert_eq!(register.open_incidents(&office().id).await.unwrap().len(), 2, "a later success closes none");
    }

    async fn a_page_that_comes_too_late_is_thrown_away(database) {
        let Between { hall: _hall, register, other } = between(database).await;
        let case = office().approved(&register, 1, 1).await.id;
        assert_eq!(code(office().issue_too_late(&register, case).await), "issuing-too-late");
        assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["too-late"]));
        assert_eq!(incidents(&register).await, ["too-late juminhyo-utsushi"]);
        // And where another node has ended its number by then, that is a doubt of its own.
        let sweeper = other.register.clone();
        other.happens(async move { assert_eq!(office().sweep(&sweeper).await, 1) });
        assert_eq!(code(office().issue_too_late(&register, case).await), "issuing-late");
        assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["orphan", "too-late"]));
        let kinds = ["late-duplicate juminhyo-utsushi", "orphan juminhyo-utsushi", "too-late juminhyo-utsushi"];
        assert_eq!(incidents(&register).await, kinds);
    }

    async fn a_number_that_the_register_could_not_end_ends_as_soon_as_it_can(database) {
        let Between { hall: _hall, register, other } = between(database).await;
        let case = office().approved(&register, 1, 1).await.id;
        other.fails(RegisterError::Unavailable { message: "a moment".to_owned() });
        assert_eq!(code(office().issue(&register, case).await), "register-unavailable");
        assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["register"]));
        assert_eq!(incidents(&register).await, ["register juminhyo-utsushi"]);
        office().issue(&register, case).await.unwrap();
    }

    async fn somebody_who_writes_to_the_case_meanwhile_does_not_stop_it(database) {
        let Between { hall: _hall, register, other } = between(database).await;
        let case = office().approved(&register, 1, 2).await.id;
        let quicker = other.register.clone();
        other.happens(async move { drop(office().issue(&quicker, case).await.unwrap()) });
        office().issue(&register, case).await.unwrap();
        assert_eq!(office().check(&register, &[case]).await, Count::of(2, &[]));
    }

    async fn a_clock_set_back_meanwhile_releases_nothing(database) {
        let Between { hall, register, other } = between(database).await;
        let case = office().approved(&register, 1, 1).await.id;
        let drift = hall.fixture.drift.clone();
        other.happens(async move { drift.store(-60_000, Ordering::Relaxed) });
        assert_eq!(code(office().issue(&register, case).await), "clock-drift");
        // Nor does it give another number.
        assert_eq!(code(office().issue(&register, case).await), "clock-drift");
        hall.fixture.drift.store(0, Ordering::Relaxed);
        drop(other);
        goes_on(&hall, register, case).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_meanwhile_releases_nothing() {
    let Between { hall, register, other } = between(Database::Sqlite).await;
    let case = office().approved(&register, 1, 1).await.id;
    other.pragma("PRAGMA max_page_count = 1");
    assert_eq!(code(office().issue(&register, case).await), "register-full");
    // The page had no room; that its number is void had.
    assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["register"]));
    drop((other, register));
    let register = hall.open().await;
    office().issue(&register, case).await.unwrap();
    assert_eq!(office().check(&register, &[case]).await, Count::of(1, &["register"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_read_only_meanwhile_releases_nothing() {
    let Between { hall, register, other } = between(Database::Sqlite).await;
    let case = office().approved(&register, 1, 1).await.id;
    other.pragma("PRAGMA query_only = ON");
    assert_eq!(code(office().issue(&register, case).await), "register-read-only");
    drop(other);
    goes_on(&hall, register, case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_meanwhile_releases_nothing() {
    let Between { hall, register, other } = between(Database::Postgres).await;
    let case = office().approved(&register, 1, 1).await.id;
    let terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let hall = Arc::new(hall);
    let server = hall.clone();
    other.happens(async move {
        server.fixture.try_run(terminate).await.unwrap();
    });
    let lost = code(office().issue(&register, case).await);
    // The pool may connect again, but whoever was the one node may not be it any more.
    assert!(matches!(lost, "register-unavailable" | "second-node"), "{lost}");
    assert_eq!(code(office().issue(&register, case).await), "second-node");
    drop(other);
    goes_on(&hall, register, case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_ends_meanwhile_releases_nothing() {
    // On a server the day is the server's.
    let Between { hall, register, other } = between(Database::Sqlite).await;
    let case = office().approved(&register, 1, 1).await.id;
    let drift = hall.fixture.drift.clone();
    other.happens(async move { drift.store(86_400_000, Ordering::Relaxed) });
    assert_eq!(code(office().issue(&register, case).await), "warrant-other-day");
    assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["warrant-other-day"]));
    // The next try sends the case back to examination.
    assert_eq!(code(office().issue(&register, case).await), "issuing-lapsed");
    assert_eq!(office().check(&register, &[case]).await, Count::of(0, &["warrant-other-day"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_shares_the_register_voids_nothing_that_may_still_be_printing() {
    let Between { hall: _hall, register, other } = between_in(Database::Postgres, Mode::Shared).await;
    let case = office().approved(&register, 1, 1).await.id;
    let sweeper = other.register.clone();
    other.happens(async move { assert_eq!(office().sweep(&sweeper).await, 0) });
    office().issue(&register, case).await.unwrap();
    assert_eq!(office().check(&register, &[case]).await, Count::of(1, &[]));
}

/// Whoever is not the node of the register issues nothing on it.
mod strangers {
    use super::*;

    on_both! {
        async fn another_program_or_a_second_node_is_refused_with_a_sentence(database) {
            let (hall, register) = Hall::open_for_one(database).await;
            let case = office().approved(&register, 1, 1).await.id;
            let (url, keys, clock) = (&hall.fixture.url, hall.keys(), hall.fixture.clock());
            let other = Register::open(url, &keys, "another", clock).await.unwrap_err();
            assert_eq!(other.code(), "other-program");
            assert_eq!(hall.try_open().await.unwrap_err().code(), "second-node");
            assert_eq!(program(url, &keys), "second-node");
            assert_eq!(office().check(&register, &[case]).await, Count::default());
            office().issue(&register, case).await.unwrap();
            register.close().await.unwrap();
            hall.fixture.try_run("UPDATE deployment SET program = 'another'").await.unwrap();
            assert_eq!(program(url, &keys), "other-program");
            if database == Database::Sqlite {
                let shared = format!("UPDATE deployment SET mode = 'shared', program = '{}'", shomei::PROGRAM);
                hall.fixture.try_run(sql(shared)).await.unwrap();
                assert_eq!(program(url, &keys), "shared-needs-server");
            }
        }
    }

    /// The code with which the program refuses to work on a register; its sentence asks for something.
    fn program(url: &str, keys: &std::path::Path) -> &'static str {
        let keys = keys.to_str().unwrap();
        let done = crate::shomei(&["case", "--database", url, "--keys", keys, "--as", "kita-koin", "list"]);
        assert_eq!(done.status.code(), Some(2));
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(told.contains("ください。"), "{told}");
        let codes = ["second-node", "other-program", "shared-needs-server"];
        codes.into_iter().find(|code| told.contains(&format!(": {code} ("))).unwrap_or_else(|| panic!("{told}"))
    }
}
