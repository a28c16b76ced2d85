//! A register of a million events: how long it takes to be read, and in how much memory. `scripts/million` runs it.

use std::collections::HashMap;
use std::time::Instant;

use shomei::case::Case;
use shomei::case::event::Event;
use shomei::case::id::CaseId;
use shomei::case::warrant::Cover;
use shomei::document::cbor::Digest;
use shomei::issuing::bench::{self, Way};
use shomei::issuing::casework::{Casework, Flows};
use shomei::procedure::Procedures;
use shomei::procedure::settings::Settings;
use shomei::register::vault::KeyRing;
use shomei::register::{Fresh as _, Mode, Register, Sqlite};

use super::count;
use super::office::{Hall, office};
use crate::register::fixture::Database;

/// Memory that the process holds now (VmRSS) or has held at most (VmHWM), in MB, as Linux counts it.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|found| found.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn tell(what: &str, since: Instant) {
    println!("{what}: {:.2} s, {} MB held", since.elapsed().as_secs_f64(), memory("VmRSS"));
}

/// A register whose disk is left to itself: nothing is measured of it but how it is read.
async fn open(hall: &Hall) -> Register {
    let store = Sqlite::open(hall.fixture.owner.as_ref()).await.unwrap();
    sqlx::raw_sql("PRAGMA synchronous = OFF").execute(store.writer()).await.unwrap();
    let ring = KeyRing::open(&hall.keys()).unwrap();
    Register::with(Box::new(store), ring, shomei::PROGRAM, hall.fixture.clock()).await.unwrap()
}

/// Cases of households, each left at another step of its way, until the register has so many events.
async fn fill(register: &Register, casework: Casework<'_>, events: u64) -> usize {
    let way = Way::new().unwrap();
    let day = register.now().await.unwrap().day();
    let cover = Cover { digest: Digest([1; 32]), templates: [0; 32], issuer: "office".to_owned(), day };
    let entry = bench::entry(1, 1, cover).unwrap();
    let mut cases = 0;
    while register.head(&office().id).await.unwrap().tree.size() < events {
        for _ in 0..500 {
            let length = 4 + cases % 6;
            let walk = way.walk(CaseId::new(), &entry, |walk| walk.events.len() >= length).unwrap();
            walk.file(casework).await.unwrap();
            cases += 1;
        }
    }
    cases
}

/// Every case as its events make it, all in memory at once.
async fn replay(register: &Register, flows: &Flows) -> HashMap<CaseId, Case> {
    let (mut cases, mut position) = (HashMap::new(), 0);
    loop {
        let page = register.events_from(&office().id, position, 5_000).await.unwrap();
        if page.is_empty() {
            return cases;
        }
        position += page.len() as u64;
        for entry in page {
            let (Some(id), Some(kept)) = (entry.case, entry.event) else { continue };
            match Event::decode(&kept.kind, kept.v, &kept.body).unwrap() {
                Event::Opened(opening) => {
                    let flow = flows.get(&opening.procedure).unwrap().clone();
                    cases.insert(id, Case::begin(flow, opening));
                }
                event => {
                    let case = cases.remove(&id).unwrap();
                    cases.insert(id, case.apply(&event));
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "scripts/million"]
async fn a_million_events() {
    let hall = Hall::of(Database::Sqlite, Mode::Single, shomei::PROGRAM).await;
    let register = open(&hall).await;
    office().enrol(&register).await;
    let flows = Flows::embedded().unwrap();
    let settings = Settings::sample(&Procedures::embedded().unwrap()).unwrap();
    let retention = shomei::register::retention::Retention::sample().unwrap();
    let city = shomei::issuing::city::City::sample().unwrap().id;
    let (flows, settings, retention) = (&flows, &settings, &retention);
    let casework = Casework { register: &register, city: &city, flows, settings, retention };

    let since = Instant::now();
    let filled = fill(&register, casework, count("SHOMEI_MILLION", 1_000_000) as u64).await;
    let size = register.head(&office().id).await.unwrap().tree.size();
    let file = std::fs::metadata(&hall.fixture.owner).unwrap().len() / 1_000_000;
    tell(&format!("{size} events of {filled} cases written, {file} MB"), since);

    for role in ["contractor-input", "contractor-collator", "city-reviewer", "city-approver"] {
        let mut slowest = 0.0_f64;
        let mut found = 0;
        for _ in 0..20 {
            let since = Instant::now();
            found = register.work_list(&office().id, role, None, 50).await.unwrap().0.len();
            slowest = slowest.max(since.elapsed().as_secs_f64() * 1000.0);
        }
        println!("first page of the work list of {role}, {found} cases: at most {slowest:.2} ms of 20");
        assert!(slowest < 20.0 || size < 100_000, "{role}: {slowest} ms");
    }

    let before = memory("VmRSS");
    let since = Instant::now();
    let cases = replay(&register, flows).await;
    tell("every case replayed", since);
    let each = (memory("VmRSS") - before) * 1024 / cases.len() as u64;
    println!("{} cases in memory, {each} kB each; at most {} MB", cases.len(), memory("VmHWM"));
    assert_eq!(cases.len(), filled);
    drop(cases);

    let since = Instant::now();
    let report = register.audit(&office().id, Default::default()).await.unwrap();
    assert_eq!(report.findings, []);
    tell("audited", since);
    println!("at most {} MB", memory("VmHWM"));
}
