//! `kill -9` at every place of an issuance, and at any moment.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use shomei::issuing::fail;
use shomei::register::{CaseRow, Mode, Register};

use super::count;
use super::office::{Count, Hall, TERMINAL, office};
use crate::register::fixture::Database;
use crate::register::on_both;

/// The program with its fail points.
fn program() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_shomei")).with_file_name("shomei-crash");
    assert!(path.is_file(), "cargo build --release --features fail-points --bin shomei-crash (scripts/test does it)");
    path
}

/// `shomei case issue` of a case's document.
fn issuing(hall: &Hall, case: &CaseRow) -> Command {
    let mut command = Command::new(program());
    command
        .args(["case", "--database", &hall.fixture.url, "--keys"])
        .arg(hall.keys())
        .args(["--as", office().officer().person().as_str(), "issue", &case.number, "1", "-o"])
        .arg(hall.fixture.folder.path().join("page.pdf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// A register that the program with fail points runs: it takes itself for another build.
async fn hall(database: Database) -> Hall {
    let hall = Hall::of(database, Mode::Single, &format!("{}.test", shomei::PROGRAM)).await;
    let register = hall.open().await;
    office().enrol(&register).await;
    office().employ(&register).await;
    // The machine of the program that is killed is the office's terminal.
    let number = office().seat().number;
    std::fs::write(hall.keys().join(format!("terminal-kita-ku-{number}.token")), TERMINAL).unwrap();
    register.close().await.unwrap();
    hall
}

/// One case, an issuance that `kill` ends, and the next one. Says how the numbers stood after the crash.
async fn round(hall: &Hall, number: usize, kill: impl FnOnce(Command)) -> Count {
    let register = hall.open().await;
    // What was swept before has been looked into: else the office stops issuing.
    office().close_incidents(&register, usize::MAX).await;
    let case = office().approved(&register, number, 1).await;
    register.close().await.unwrap();
    kill(issuing(hall, &case));

    let register = hall.open().await;
    let after = office().check(&register, &[case.id]).await;
    register.close().await.unwrap();
    let again = issuing(hall, &case).output().unwrap();
    let told = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.success(), after.issued == 0, "{after:?}: {told}");
    assert!(again.status.success() || told.contains("no-copy-left"), "{told}");

    let register = hall.open().await;
    let orphans = vec!["orphan"; after.open];
    assert_eq!(office().check(&register, &[case.id]).await, Count::of(1, &orphans), "{told}");
    assert!(register.issuances_without_end(&office().id).await.unwrap().is_empty());
    assert_eq!(register.open_incidents(&office().id).await.unwrap().len(), after.open);
    register.close().await.unwrap();
    after
}

/// How the numbers of a case stand after a crash at a place.
fn expected(point: &str) -> Count {
    match point {
        "beginning" => Count::default(),
        "begun" | "printed" | "ending" => Count { open: 1, ..Count::default() },
        "released" => Count { issued: 1, ..Count::default() },
        _ => panic!("what is to be expected at {point}?"),
    }
}

on_both! {
    async fn a_node_killed_at_a_fail_point_leaves_nothing_twice_and_loses_nothing(database) {
        use std::os::unix::process::ExitStatusExt as _;
        let hall = hall(database).await;
        for number in 0..count("SHOMEI_PROOF_CRASHES", 5) {
            for point in fail::ALL {
                let after = round(&hall, number, |mut command| {
                    let died = command.env("SHOMEI_FAIL_POINT", point).output().unwrap();
                    assert_eq!(died.status.signal(), Some(9), "{point}: {}", String::from_utf8_lossy(&died.stderr));
                });
                assert_eq!(after.await, expected(point), "{point}");
            }
        }
    }

    async fn a_node_killed_at_any_moment_leaves_nothing_twice_and_loses_nothing(database) {
        let hall = hall(database).await;
        let rounds = count("SHOMEI_PROOF_CRASHES", 5);
        // The whole way takes the program a tenth of a second and more; the moments are spread over it.
        for number in 0..rounds {
            let moment = Duration::from_micros(60_000 + 160_000 * number as u64 / rounds as u64);
            round(&hall, number, |mut command| {
                let mut child = command.spawn().unwrap();
                std::thread::sleep(moment);
                child.kill().unwrap();
                child.wait().unwrap();
            })
            .await;
        }
    }
}

/// Types of what the office noted beside its cases, in order.
async fn notes(register: &Register) -> Vec<String> {
    let entries = register.events_from(&office().id, 0, 100).await.unwrap();
    let kinds = entries.into_iter().filter_map(|entry| Some(entry.event?.kind));
    kinds.filter(|kind| kind.starts_with("office/")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_outside_of_the_register_is_noted_before_it_is_there_and_after() {
    use std::os::unix::process::ExitStatusExt as _;
    for (point, is_there) in fail::NOTED.into_iter().zip([false, true, false, true]) {
        let hall = hall(Database::Sqlite).await;
        let copy = |name: &str| hall.fixture.folder.path().join(name);
        let making = |name: &str| {
            let mut command = Command::new(program());
            if point.starts_with("key") {
                command.args(["key", "new", "--and", "kita-shonin-2"]);
            } else {
                command.arg("backup").arg(copy(name));
            }
            command.args(["--as", "kita-shonin", "--database", &hall.fixture.url, "--keys"]).arg(hall.keys());
            command
        };
        let (first, made) = if point.starts_with("key") {
            (hall.keys().join("office-kita-ku-2.key"), ["office/key-begun", "office/key-made"])
        } else {
            (copy("first"), ["office/copy-begun", "office/copy-made"])
        };
        let died = making("first").env("SHOMEI_FAIL_POINT", point).output().unwrap();
        assert_eq!(died.status.signal(), Some(9), "{point}: {}", String::from_utf8_lossy(&died.stderr));
        assert_eq!(first.exists(), is_there, "{point}");
        let register = hall.open().await;
        assert_eq!(notes(&register).await, made[..1], "{point}");
        register.close().await.unwrap();
        let again = making("again").output().unwrap();
        assert!(again.status.success(), "{point}: {}", String::from_utf8_lossy(&again.stderr));
        let register = hall.open().await;
        assert_eq!(notes(&register).await, [&made[..1], &made].concat(), "{point}");
        assert_eq!(office().check(&register, &[]).await, Count::default());
        register.close().await.unwrap();
    }
}

#[test]
fn every_fail_point_is_tried() {
    let places = |sources: &[&'static str]| {
        let rests = sources.iter().flat_map(|source| source.split("fail_point(\"").skip(1));
        rests.filter_map(|rest| rest.split('"').next()).collect::<BTreeSet<&str>>()
    };
    assert_eq!(places(&[include_str!("../../../src/issuing/issue.rs")]), BTreeSet::from(fail::ALL));
    let noted = [include_str!("../../../src/cli/key.rs"), include_str!("../../../src/cli/backup.rs")];
    assert_eq!(places(&noted), BTreeSet::from(fail::NOTED));
}

#[test]
fn the_program_that_is_handed_out_has_no_fail_points() {
    let holds = |path: PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(17).any(|window| window == b"SHOMEI_FAIL_POINT")
    };
    assert!(holds(program()), "then this test would see none anywhere");
    assert!(!holds(PathBuf::from(env!("CARGO_BIN_EXE_shomei"))));
}
