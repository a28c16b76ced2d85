//! A thousand certificates at one and the same moment, fifty at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use shomei::case::id::CaseId;
use shomei::issuing::issue::ReleaseError;
use shomei::register::clock::Clock;
use shomei::register::{End, Mode, Register};

use super::count;
use super::office::{Count, Hall, office, subject};
use crate::register::fixture::{Database, sql};
use crate::register::on_both;

/// 2026-01-15 10:00 in Tokyo; nobody's clock moves.
const MOMENT: i64 = 1_768_438_800_000;
/// How many are issued; more by `scripts/soak`.
const USUAL: usize = 1_000;
/// How many at once.
const AT_ONCE: usize = 50;

fn stopped_clock() -> Clock {
    Arc::new(|| MOMENT)
}

async fn open(hall: &Hall) -> Register {
    Register::open(&hall.fixture.url, &hall.keys(), shomei::PROGRAM, stopped_clock()).await.unwrap()
}

/// A register at whose clock no time passes.
async fn hall(database: Database, mode: Mode) -> Hall {
    let hall = Hall::of(database, mode, shomei::PROGRAM).await;
    if database == Database::Postgres {
        // A function of this name, found before the server's own.
        let stop = format!(
            "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT to_timestamp({})'",
            MOMENT / 1000
        );
        hall.fixture.try_run(sql(stop)).await.unwrap();
        let first = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$";
        hall.fixture.try_run(first).await.unwrap();
    }
    hall
}

/// Cases of different households, each with an approved document.
async fn approved(register: &Register, cases: usize) -> Vec<CaseId> {
    let mut found = Vec::with_capacity(cases);
    for number in 0..cases {
        found.push(office().approved(register, number, 1).await.id);
    }
    found
}

/// Issues them, so many at once: whoever is free takes the next. Says how many were refused because somebody
/// else was quicker.
fn issue(register: &Register, cases: &[CaseId], at_once: usize) -> usize {
    let runtime = tokio::runtime::Handle::current();
    let (next, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match runtime.block_on(office().issue(register, *case)) {
                            Ok(_) => {}
                            Err(ReleaseError::Casework(error))
                                if matches!(error.code(), "case-no-copy-left" | "register-conflict") =>
                            {
                                refused.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(error) => panic!("{error}"),
                        }
                    }
                });
            }
        });
    });
    refused.into_inner()
}

/// Every paper is its own subject's and bears its own number; numbers run from 1 without gap and without double.
async fn check(register: &Register, cases: &[CaseId]) {
    assert_eq!(office().check(register, cases).await, Count::of(cases.len(), &[]));
    let subjects: Vec<String> = (0..cases.len()).map(subject).collect();
    assert_eq!(subjects.iter().collect::<BTreeSet<_>>().len(), cases.len(), "no two households have one name");
    let mut serials = Vec::with_capacity(cases.len());
    for (case, own) in cases.iter().zip(&subjects) {
        let issuance = register.issuances_of_case(&office().id, *case).await.unwrap().remove(0);
        assert!(matches!(issuance.end, Some(End::Issued { at, .. }) if at.millis() == MOMENT), "{issuance:?}");
        let text = office().text_of(register, issuance.id).await;
        let terminal = office().seat();
        let line =
            format!("{}\u{3000}{}\u{3000}{:06}\u{3000}", terminal.name, terminal.printer, issuance.number.serial);
        assert!(text.contains(own.as_str()) && text.contains(&line), "{line}: not its own paper");
        let others = subjects.iter().filter(|other| *other != own && text.contains(other.as_str())).count();
        assert_eq!(others, 0, "{line}: somebody else's name");
        serials.push(issuance.number.serial as usize);
    }
    serials.sort_unstable();
    assert_eq!(serials, (1..=cases.len()).collect::<Vec<_>>());
}

fn tell(what: &str, cases: usize, since: Instant) {
    println!("{cases} certificates at one moment, {what}: {:.1} s", since.elapsed().as_secs_f64());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_certificates_at_one_moment_by_fifty_at_once() {
    let hall = hall(Database::Sqlite, Mode::Single).await;
    let register = open(&hall).await;
    office().enrol(&register).await;
    let cases = approved(&register, count("SHOMEI_PROOF_CERTIFICATES", USUAL)).await;
    let since = Instant::now();
    assert_eq!(issue(&register, &cases, AT_ONCE), 0);
    tell("SQLite, 50 at once", cases.len(), since);
    check(&register, &cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_certificates_at_one_moment_by_two_nodes() {
    let hall = hall(Database::Postgres, Mode::Shared).await;
    let register = open(&hall).await;
    office().enrol(&register).await;
    let cases = approved(&register, count("SHOMEI_PROOF_CERTIFICATES", USUAL)).await;
    // The nodes come from both ends; in the middle they want the same cases.
    let contested = (cases.len() / 20).max(1);
    let half = cases.len() / 2;
    let shares = [cases[..half + contested].to_vec(), cases[half - contested..].to_vec()];
    let since = Instant::now();
    let nodes: Vec<_> = shares
        .iter()
        .zip(["forward", "backward"])
        .map(|(share, name)| {
            let list = hall.fixture.folder.path().join(name);
            let lines: Vec<String> = share.iter().map(CaseId::to_string).collect();
            std::fs::write(&list, lines.join("\n")).unwrap();
            node(&hall, &list).stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut refused = 0;
    for node in nodes {
        let done = node.wait_with_output().unwrap();
        let told = String::from_utf8(done.stdout).unwrap();
        assert!(done.status.success(), "{told}");
        let line = told.lines().find_map(|line| line.split_once("refused ")).unwrap_or_else(|| panic!("{told}"));
        refused += line.1.trim().parse::<usize>().unwrap();
    }
    tell("PostgreSQL, two nodes, 25 at once each", cases.len(), since);
    assert_eq!(refused, 2 * contested, "of two who want one copy, one is refused");
    check(&register, &cases).await;
}

/// A process of its own that issues the cases of a list.
fn node(hall: &Hall, list: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "--nocapture", "proofs::thousand::a_node"])
        .env("SHOMEI_NODE_DATABASE", &hall.fixture.url)
        .env("SHOMEI_NODE_KEYS", hall.keys())
        .env("SHOMEI_NODE_CASES", list);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that another test starts"]
async fn a_node() {
    let given = |name: &str| std::env::var(name).unwrap();
    let keys = given("SHOMEI_NODE_KEYS");
    let database = given("SHOMEI_NODE_DATABASE");
    let register = Register::open(&database, Path::new(&keys), shomei::PROGRAM, stopped_clock()).await.unwrap();
    let list = std::fs::read_to_string(given("SHOMEI_NODE_CASES")).unwrap();
    let cases: Vec<CaseId> = list.lines().map(|line| CaseId::parse(line).unwrap()).collect();
    println!("refused {}", issue(&register, &cases, AT_ONCE / 2));
}

on_both! {
    async fn of_three_copies_eight_get_three(database) {
        let hall = hall(database, Mode::Single).await;
        let register = open(&hall).await;
        office().enrol(&register).await;
        let case = office().approved(&register, 1, 3).await.id;
        // Who met a conflict asks again, as long as there is something to be had.
        let mut given = 0;
        while given < 3 {
            let refused = issue(&register, &[case; 8], 8);
            assert!(refused < 8 && given + 8 - refused <= 3, "{given} and {}", 8 - refused);
            given += 8 - refused;
        }
        assert_eq!(issue(&register, &[case; 8], 8), 8);
        assert_eq!(office().check(&register, &[case]).await, Count::of(3, &[]));
    }
}
