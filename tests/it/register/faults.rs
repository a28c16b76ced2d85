//! It stops rather than guesses.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use shomei::register::retention::Retention;
use shomei::register::vault::KeyRing;
use shomei::register::{Ask, Batch, Mode, OfficeId, Register, RegisterError, Sqlite, Written};

use super::fixture::{Database, Fixture, PROGRAM, deployment, kita, sql};
use super::on_both;
use super::scene::*;

on_both! {
    async fn another_program_schema_or_node_is_refused(database) {
        let (fixture, register) = Fixture::new(database).await;
        let (keys, clock) = (fixture.keys(), fixture.clock());
        let other = Register::open(&fixture.url, &keys, "program-2", clock.clone()).await;
        assert!(matches!(other, Err(RegisterError::OtherProgram { .. })));
        assert!(matches!(fixture.open().await, Err(RegisterError::SecondNode)));
        assert!(matches!(adopt(&fixture, "program-2").await, Err(RegisterError::SecondNode)));
        register.close().await.unwrap();
        fixture.open().await.unwrap().close().await.unwrap();
        adopt(&fixture, "program-2").await.unwrap();
        Register::open(&fixture.url, &keys, "program-2", clock.clone()).await.unwrap().close().await.unwrap();
        fixture.try_run("UPDATE deployment SET schema = 4").await.unwrap();
        let other = Register::open(&fixture.url, &keys, "program-2", clock).await;
        assert!(matches!(other, Err(RegisterError::OtherSchema { expected: 3, found: 4 })));
        let again = Register::install(&fixture.owner, &deployment(Mode::Single)).await;
        assert!(matches!(again, Err(RegisterError::NotEmpty)));
    }

    async fn a_node_that_was_opened_under_another_deployment_writes_nothing(database) {
        let (fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        let before = register.head(&kita()).await.unwrap();
        for (change, back, code) in [
            ("program = 'program-2'", "program = 'program-1'", "other-program"),
            ("schema = 4", "schema = 3", "other-schema"),
            ("mode = 'shared'", "mode = 'single'", "other-mode"),
        ] {
            let set = |columns: &str| sql(format!("UPDATE deployment SET {columns}"));
            fixture.try_run(set(change)).await.unwrap();
            let minato = OfficeId::parse("minato").unwrap();
            let table = Retention::sample().unwrap();
            for refused in [
                begin(&register, case, 1).await.err(),
                register.enrol(&minato).await.err(),
                register.checkpoint(&kita(), &signer(), event("wish", "who")).await.err(),
                register.destroy(&kita(), &[], ["a", "b"], &table).await.err(),
            ] {
                assert_eq!(refused.unwrap().code(), code);
            }
            assert_eq!(register.head(&kita()).await.unwrap(), before);
            fixture.try_run(set(back)).await.unwrap();
        }
        begin(&register, case, 1).await.unwrap();
    }

    async fn nothing_is_opened_where_nothing_was_installed(database) {
        let fixture = Fixture::empty(database).await;
        let opened = Register::open(&fixture.owner, &fixture.keys(), PROGRAM, fixture.clock()).await;
        assert!(matches!(opened, Err(RegisterError::OtherSchema { found: 0, .. })));
    }

    async fn only_a_server_is_shared(database) {
        if database == Database::Sqlite {
            let fixture = Fixture::empty(database).await;
            let shared = Register::install(&fixture.owner, &deployment(Mode::Shared)).await;
            assert!(matches!(shared, Err(RegisterError::SharedNeedsServer)));
            return;
        }
        let fixture = Fixture::installed(database, Mode::Shared).await;
        let (one, two) = (fixture.open().await.unwrap(), fixture.open().await.unwrap());
        one.enrol(&kita()).await.unwrap();
        let case = open(&two, "contractor").await;
        assert_eq!(begin(&one, case, 1).await.unwrap().1.serial, 1);
        assert_eq!(begin(&two, case, 1).await.unwrap().1.serial, 2);
        assert_eq!(one.audit(&kita(), Default::default()).await.unwrap().findings, []);
    }

    async fn a_clock_that_was_moved_stops_writing_and_opening(database) {
        let (fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        fixture.drift.store(-60_000, Ordering::Relaxed);
        assert!(matches!(begin(&register, case, 1).await, Err(RegisterError::ClockDrift { .. })));
        register.close().await.unwrap();
        assert!(matches!(fixture.open().await, Err(RegisterError::ClockDrift { .. })));
        fixture.drift.store(0, Ordering::Relaxed);
        begin(&fixture.open().await.unwrap(), case, 1).await.unwrap();
    }

    async fn the_database_itself_refuses_to_forget(database) {
        let (fixture, register) = Fixture::new(database).await;
        day(&register).await;
        for statement in [
            "UPDATE events SET kind = 'x'",
            "DELETE FROM events",
            "UPDATE papers SET sealed = sealed",
            "DELETE FROM papers",
            "DELETE FROM issuances",
            "UPDATE issuances SET serial = serial + 1 WHERE state = 'issuing'",
            "UPDATE serials SET last = last + 2",
            "DELETE FROM serials",
            "UPDATE heads SET size = size - 1",
            "DELETE FROM heads",
            "DELETE FROM cases",
            "UPDATE case_keys SET destroyed = NULL, wrapped = hash FROM heads WHERE destroyed IS NOT NULL",
            "DELETE FROM case_keys",
            "UPDATE incidents SET closed_at = NULL WHERE closed_at IS NOT NULL",
            "DELETE FROM incidents",
            "UPDATE answers SET sealed = sealed",
            "DELETE FROM flows",
            "DELETE FROM checkpoints",
        ] {
            let done = fixture.try_run(statement).await;
            assert!(matches!(done, Err(RegisterError::Refused { .. })), "{statement}: {done:?}");
        }
    }
}

/// Gives the register to another build, as its owner does it.
async fn adopt(fixture: &Fixture, program: &str) -> Result<(), RegisterError> {
    let note = (&kita(), event("office/adopted", program));
    Register::adopt(&fixture.owner, &fixture.keys(), program, fixture.clock(), note).await
}

/// The server learns of the end of a node's session a moment after the node is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_starts_while_the_node_before_ends_waits_a_moment() {
    let (fixture, register) = Fixture::new(Database::Postgres).await;
    let ending = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        register.close().await.unwrap();
    });
    fixture.open().await.unwrap().close().await.unwrap();
    ending.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_over_waits_for_a_write_and_is_not_waited_for_in_vain() {
    let fixture = Fixture::installed(Database::Postgres, Mode::Shared).await;
    let (one, two) = (fixture.open().await.unwrap(), fixture.open().await.unwrap());
    one.enrol(&kita()).await.unwrap();
    let minato = OfficeId::parse("minato").unwrap();
    one.enrol(&minato).await.unwrap();
    let fixture = Arc::new(fixture);
    let taker = fixture.clone();
    let (elsewhere, here) = (Ask::office(&minato), Ask::office(&kita()));
    let taking = one.write(&elsewhere, |_| {
        // Another office's write is under way: its deployment is the old one until it ends.
        let taking = tokio::spawn(async move { adopt(&taker, "program-2").await });
        std::thread::sleep(Duration::from_millis(300));
        assert!(!taking.is_finished());
        Ok::<_, RegisterError>((Batch { events: vec![event("last", "1")], ..Batch::default() }, taking))
    });
    let Written::Now(taking) = taking.await.unwrap() else { panic!() };
    taking.await.unwrap().unwrap();
    for register in [&one, &two] {
        let late = register.write(&here, |_| -> Result<(Batch, ()), RegisterError> { panic!("refused before") });
        assert_eq!(late.await.unwrap_err().code(), "other-program");
    }
    let noted = one.events_from(&kita(), 1, 9).await.unwrap();
    assert_eq!(noted[0].event.as_ref().unwrap().kind, "office/adopted");
    assert_eq!(one.audit(&kita(), Default::default()).await.unwrap().findings, []);
}

#[tokio::test]
async fn a_full_disk_writes_nothing() {
    let (fixture, register) = Fixture::new(Database::Sqlite).await;
    let case = open(&register, "contractor").await;
    register.close().await.unwrap();
    let store = Sqlite::open(fixture.owner.as_ref()).await.unwrap();
    sqlx::raw_sql("PRAGMA max_page_count = 1").execute(store.writer()).await.unwrap();
    let ring = KeyRing::open(&fixture.keys()).unwrap();
    let register = Register::with(Box::new(store), ring, PROGRAM, fixture.clock()).await.unwrap();
    let (id, _) = begin(&register, case, 1).await.unwrap();
    let before = register.head(&kita()).await.unwrap();
    let full = end(&register, case, id, issue(&vec![0; 1_000_000])).await;
    assert!(matches!(full, Err(RegisterError::Full)), "{full:?}");
    assert_eq!(register.head(&kita()).await.unwrap(), before);
    assert!(register.issuance(&kita(), id).await.unwrap().unwrap().end.is_none());
    assert_eq!(register.audit(&kita(), Default::default()).await.unwrap().findings, []);
    end(&register, case, id, void("disk")).await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_read_only_says_so() {
    let (fixture, register) = Fixture::new(Database::Sqlite).await;
    let case = open(&register, "contractor").await;
    register.close().await.unwrap();
    // The tests may run as root, whom no file mode holds back.
    let store = Sqlite::open(fixture.owner.as_ref()).await.unwrap();
    sqlx::raw_sql("PRAGMA query_only = ON").execute(store.writer()).await.unwrap();
    let ring = KeyRing::open(&fixture.keys()).unwrap();
    let register = Register::with(Box::new(store), ring, PROGRAM, fixture.clock()).await.unwrap();
    assert!(matches!(begin(&register, case, 1).await, Err(RegisterError::ReadOnly)));
}

#[tokio::test]
async fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (fixture, register) = Fixture::new(Database::Sqlite).await;
    open(&register, "contractor").await;
    for entry in std::fs::read_dir(fixture.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
    }
}

#[tokio::test]
async fn a_destroyed_key_is_gone_from_the_files() {
    let (fixture, register) = Fixture::new(Database::Sqlite).await;
    let case = ended(&register).await;
    let query = format!("SELECT wrapped FROM case_keys WHERE case_id = '{case}'");
    let wrapped = fixture.rows(sql(query)).await.pop().unwrap().bytes().unwrap();
    assert!(fixture.stands_in_a_file(&wrapped));
    register.destroy(&kita(), &[case], ["a", "b"], &Retention::sample().unwrap()).await.unwrap();
    assert!(!fixture.stands_in_a_file(&wrapped));
}

#[tokio::test]
async fn the_working_role_cannot_touch_what_was_recorded() {
    let (fixture, register) = Fixture::new(Database::Postgres).await;
    open(&register, "contractor").await;
    // Even without triggers.
    fixture.disarm().await;
    let worker = Fixture { owner: fixture.url.clone(), ..fixture };
    for statement in [
        "UPDATE events SET kind = 'x'",
        "DELETE FROM events",
        "TRUNCATE events",
        "DELETE FROM papers",
        "UPDATE deployment SET program = 'x'",
        "DROP TABLE events",
    ] {
        let done = worker.try_run(statement).await;
        assert!(matches!(done, Err(RegisterError::Refused { .. })), "{statement}: {done:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_writes_nothing() {
    let (fixture, register) = Fixture::new(Database::Postgres).await;
    let case = open(&register, "contractor").await;
    let before = register.head(&kita()).await.unwrap();
    let terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let ask = shomei::register::Ask::case(&kita(), case, 2);
    let lost: Result<shomei::register::Written<()>, RegisterError> = register
        .write(&ask, |_| {
            // Every session ends while the writer holds the lock.
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(fixture.try_run(terminate)).unwrap();
            });
            let batch = shomei::register::Batch { events: vec![event("lost", "1")], ..Default::default() };
            Ok((batch, ()))
        })
        .await;
    assert!(matches!(lost, Err(RegisterError::Unavailable { .. })), "{lost:?}");
    assert_eq!(register.head(&kita()).await.unwrap(), before);
    // The claim is lost too: another node may have come, so this one does not write again.
    assert!(matches!(begin(&register, case, 1).await, Err(RegisterError::SecondNode)));
    let again = fixture.open().await.unwrap();
    begin(&again, case, 1).await.unwrap();
    assert_eq!(again.audit(&kita(), Default::default()).await.unwrap().findings, []);
}

#[tokio::test]
async fn lists_are_read_by_index() {
    let (fixture, register) = Fixture::new(Database::Sqlite).await;
    day(&register).await;
    for statement in [
        include_str!("../../../sql/work_list.sql"),
        include_str!("../../../sql/events_of_case.sql"),
        include_str!("../../../sql/version_and_serial.sql"),
        include_str!("../../../sql/find_cases.sql"),
        include_str!("../../../sql/case_by_number.sql"),
        include_str!("../../../sql/issuance_by_number.sql"),
        include_str!("../../../sql/issuances_of_case.sql"),
        include_str!("../../../sql/issuances_of_day.sql"),
        include_str!("../../../sql/issuances_without_end.sql"),
        include_str!("../../../sql/open_incidents.sql"),
        include_str!("../../../sql/due.sql"),
        include_str!("../../../sql/last_close.sql"),
        include_str!("../../../sql/record.sql"),
        include_str!("../../../sql/records.sql"),
        include_str!("../../../sql/find_records.sql"),
        include_str!("../../../sql/find_records_by_all.sql"),
        include_str!("../../../sql/find_records_by_merging.sql"),
        include_str!("../../../sql/count_records.sql"),
        include_str!("../../../sql/terms_of_record.sql"),
        include_str!("../../../sql/event_of_stream.sql"),
        include_str!("../../../sql/keys_wrapped_otherwise.sql"),
    ] {
        let plan = fixture.rows(sql(format!("EXPLAIN QUERY PLAN {statement}"))).await;
        assert!(!plan.is_empty());
        for mut row in plan {
            let (_, _, _, detail) = (row.integer(), row.integer(), row.integer(), row.text().unwrap());
            // What was asked for, and what was found by it, is gone through whole: no table is.
            let own = ["SCAN CONSTANT ROW", "SCAN wanted", "SCAN hidden", "SCAN found", "SCAN counted"];
            let scans = detail.contains("SCAN") && !own.contains(&detail.as_str());
            assert!(!scans, "{statement}: {detail}");
            let list = statement.contains("case_waiting");
            assert!(!list || !detail.contains("TEMP B-TREE"), "sorted, not read in order: {statement}: {detail}");
        }
    }
}
