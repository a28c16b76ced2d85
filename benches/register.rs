//! How long cases and the register take: a decision, a write, an approved case to its released page.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use shomei::case::Case;
use shomei::case::actor::Actor;
use shomei::case::command::Command;
use shomei::case::event::Entry;
use shomei::case::id::{CaseId, IssuanceId, OfficeId, PersonId};
use shomei::case::warrant::Cover;
use shomei::document::cbor::Digest;
use shomei::issuing::bench::{self, CERTIFICATE, Walk, Way, blank, day_for, household, read};
use shomei::issuing::casework::{Casework, Flows};
use shomei::issuing::city::City;
use shomei::issuing::issue::{Counter, Order, PATIENCE};
use shomei::issuing::people::People;
use shomei::issuing::specimen::specimen_day;
use shomei::issuing::{Issuing, Terminal};
use shomei::office::terminals::{Enrolled, Seat, Terminals};
use shomei::office::token::Token;
use shomei::press::Press;
use shomei::press::mark::MarkKey;
use shomei::press::sheet::Paper;
use shomei::procedure::settings::Settings;
use shomei::procedure::{Procedures, Role};
use shomei::register::retention::Retention;
use shomei::register::vault::KeyRing;
use shomei::register::{
    Ask, Batch, Deployment, Event, Fresh as _, Locked, Mode, Register, RegisterError, Sqlite, Step, clock,
};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

const KIND: &str = "juminhyo-utsushi";

/// Every step of every flow, with the case before it.
fn steps(settings: &Settings) -> Vec<(Case, Command, Actor)> {
    let day = specimen_day().unwrap();
    let cover = Cover { digest: Digest([1; 32]), templates: [0; 32], issuer: "office".to_owned(), day };
    let entry = blank(&cover);
    let mut steps = Vec::new();
    for flow in Procedures::embedded().unwrap().all() {
        let mut walk = Walk::open(&Arc::new(flow.clone()), settings, CaseId::new(), day).unwrap();
        while let Some((command, actor)) = walk.next(settings, &entry).unwrap() {
            let before = walk.case.clone();
            walk = walk.go(command.clone(), &actor, settings).unwrap_or_else(|error| panic!("{}: {error}", flow.id));
            steps.push((before, command, actor));
        }
        assert_eq!(walk.case.state(), "completed", "{}", flow.id);
    }
    steps
}

fn decisions(criterion: &mut Criterion) {
    let settings = Settings::sample(&Procedures::embedded().unwrap()).unwrap();
    let steps = steps(&settings);
    criterion.bench_function("case/decide and apply, mean of all steps of the 48 flows", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let commands: Vec<Command> = steps.iter().map(|(_, command, _)| command.clone()).collect();
                let begun = Instant::now();
                for ((case, _, actor), command) in steps.iter().zip(commands) {
                    let events = {
                        let today = day_for(case, &command, &settings);
                        case.decide(command, actor, &settings, today).unwrap()
                    };
                    let after = events.iter().fold(case.clone(), |case, event| case.apply(event));
                    black_box(after);
                }
                spent += begun.elapsed();
            }
            spent / u32::try_from(steps.len()).unwrap()
        });
    });
}

/// A register in a folder. `synchronous` OFF leaves the disk to itself: what is left is the program's work.
async fn register(folder: &Path, synchronous: &'static str) -> Register {
    let file = folder.join("register.db");
    let deployment = Deployment { mode: Mode::Single, program: shomei::PROGRAM.to_owned() };
    Register::install(file.to_str().unwrap(), &deployment).await.unwrap();
    let store = Sqlite::open(&file).await.unwrap();
    sqlx::raw_sql(synchronous).execute(store.writer()).await.unwrap();
    let ring = KeyRing::open(&folder.join("keys")).unwrap();
    let register = Register::with(Box::new(store), ring, shomei::PROGRAM, clock::system()).await.unwrap();
    register.enrol(&kita()).await.unwrap();
    register.enrol(&City::sample().unwrap().id).await.unwrap();
    register
}

fn kita() -> OfficeId {
    OfficeId::parse("kita-ku").unwrap()
}

const DISKS: [(&str, &str); 2] =
    [("with fsync", "PRAGMA synchronous = FULL"), ("without fsync", "PRAGMA synchronous = OFF")];

fn appends(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    for (name, synchronous) in DISKS {
        let folder = tempfile::tempdir().unwrap();
        let register = runtime.block_on(register(folder.path(), synchronous));
        let ask = Ask { case: Some(CaseId::new()), ..Ask::office(&kita()) };
        criterion.bench_function(&format!("register/append, {name}"), |bencher| {
            bencher.iter(|| {
                let event = Event { kind: "step".to_owned(), v: 1, body: Zeroizing::new(vec![b'x'; 300]) };
                let batch = Batch { events: vec![event], ..Batch::default() };
                runtime.block_on(register.write(&ask, |_: &Locked| Ok::<_, RegisterError>((batch, ())))).unwrap()
            });
        });
    }
}

struct Desk {
    press: Press,
    city: City,
    people: People,
    flows: Flows,
    settings: Settings,
    retention: Retention,
    key: MarkKey,
    way: Way,
}

impl Desk {
    fn new() -> Self {
        Self {
            press: Press::embedded().unwrap(),
            city: City::sample().unwrap(),
            people: People::sample().unwrap(),
            flows: Flows::embedded().unwrap(),
            settings: Settings::sample(&Procedures::embedded().unwrap()).unwrap(),
            retention: Retention::sample().unwrap(),
            key: MarkKey::from_bytes(&[7; 32]).unwrap(),
            way: Way::new().unwrap(),
        }
    }

    fn casework<'a>(&'a self, register: &'a Register) -> Casework<'a> {
        let Self { city, flows, settings, retention, .. } = self;
        Casework { register, city: &city.id, flows, settings, retention }
    }

    fn issuing(&self) -> Issuing<'_> {
        let (press, city, key) = (&self.press, &self.city, &self.key);
        Issuing { press, city, key, host: "verify.mihon.example", paper: Paper::Plain }
    }

    fn seat(&self) -> &Seat {
        &self.people.terminals().iter().find(|(office, _)| *office == kita()).unwrap().1
    }

    /// The office's terminal, enrolled in a register.
    async fn terminal(&self, register: &Register) -> Enrolled {
        let (terminals, token) = (Terminals::of(register, &self.city.id), Token::fresh().unwrap());
        let by = PersonId::parse("bench").unwrap();
        terminals.fill(&[(kita(), self.seat().clone(), token.clone())], &by).await.unwrap();
        terminals.here(&token, &kita()).await.unwrap()
    }

    fn entry(&self, number: usize, day: shomei::domain::calendar::Day) -> Entry {
        let data = household(number).unwrap();
        let document = read(&data, &self.press).unwrap();
        let cover = self.issuing().cover(&document, self.city.office("kita-ku").unwrap(), day).unwrap();
        bench::entry(number, 1, cover).unwrap()
    }
}

/// The press alone is given what an issuance gives it: the document as JSON, and a warrant.
fn issuances(criterion: &mut Criterion) {
    let (runtime, desk) = (Runtime::new().unwrap(), Desk::new());
    let office = desk.city.office("kita-ku").unwrap();
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    let day = specimen_day().unwrap();
    criterion.bench_function("issue/the press alone", |bencher| {
        bencher.iter_batched(
            || {
                let entry = desk.entry(next(), day);
                let walk = desk.way.approved(CaseId::new(), &entry).unwrap();
                (entry, walk.case.sealed_warrant(CERTIFICATE).unwrap())
            },
            |(entry, warrant)| {
                let document = read(entry.data.0.as_bytes(), &desk.press).unwrap();
                let Seat { number, name, printer, .. } = desk.seat().clone();
                let terminal = Terminal { number, name, printer };
                let line = terminal.number_line(day, 1);
                black_box(desk.issuing().seal(&warrant, &document, office, &line, &terminal).unwrap())
            },
            BatchSize::SmallInput,
        );
    });
    for (name, synchronous) in DISKS {
        let folder = tempfile::tempdir().unwrap();
        let register = runtime.block_on(register(folder.path(), synchronous));
        let casework = desk.casework(&register);
        let counter = Counter { casework, issuing: desk.issuing(), patience: PATIENCE };
        let terminal = runtime.block_on(desk.terminal(&register));
        let office = kita();
        let actor = &desk.people.of(&office, &[Role::CitySealKeeper, Role::CityApprover]).unwrap().actor;
        criterion.bench_function(&format!("issue/approved case to released page, {name}"), |bencher| {
            bencher.iter_batched(
                || {
                    let (today, number) = (runtime.block_on(register.now()).unwrap().day(), next());
                    runtime.block_on(bench::hold(&register, &desk.city.id, number)).unwrap();
                    let walk = desk.way.approved(CaseId::new(), &desk.entry(number, today)).unwrap();
                    runtime.block_on(walk.file(casework)).unwrap().id
                },
                |case| {
                    let order =
                        Order { office: &office, case, entry: CERTIFICATE, actor, terminal: &terminal, once: None };
                    black_box(runtime.block_on(counter.issue(order)).unwrap())
                },
                BatchSize::SmallInput,
            );
        });
    }
}

/// What an issuance asks of the register, a part at a time: the case is read twice, and written to twice.
fn parts(criterion: &mut Criterion) {
    let (runtime, desk, folder) = (Runtime::new().unwrap(), Desk::new(), tempfile::tempdir().unwrap());
    let register = runtime.block_on(register(folder.path(), DISKS[1].1));
    let casework = desk.casework(&register);
    let today = runtime.block_on(register.now()).unwrap().day();
    let walk = desk.way.approved(CaseId::new(), &desk.entry(1, today)).unwrap();
    let case = runtime.block_on(walk.file(casework)).unwrap().id;
    criterion.bench_function("issue/part: reading the case", |bencher| {
        bencher.iter(|| black_box(runtime.block_on(casework.load(&kita(), case)).unwrap()));
    });
    let event = |kind: &str| Event { kind: kind.to_owned(), v: 1, body: Zeroizing::new(vec![b'x'; 300]) };
    criterion.bench_function("issue/part: a number and its end with a page of 120 kB, without fsync", |bencher| {
        bencher.iter(|| {
            let id = IssuanceId::new();
            let ask = Ask { case: Some(case), terminal: Some(1), ..Ask::office(&kita()) };
            let (kind, issuer) = (KIND.to_owned(), "office".to_owned());
            let step = Step::Begin { id, kind, digest: [1; 32], template: [2; 32], issuer };
            let batch = Batch { events: vec![event("begun")], step: Some(step), ..Batch::default() };
            let written = register.write(&ask, |_: &Locked| Ok::<_, RegisterError>((batch, ())));
            runtime.block_on(written).unwrap();
            let ask = Ask { case: Some(case), issuance: Some(id), ..Ask::office(&kita()) };
            let step = Step::Issue { file: Zeroizing::new(vec![b'x'; 120_000]), pages: 1 };
            let batch = Batch { events: vec![event("ended")], step: Some(step), ..Batch::default() };
            let written = register.write(&ask, |_: &Locked| Ok::<_, RegisterError>((batch, ())));
            runtime.block_on(written).unwrap();
        });
    });
}

criterion_group! {
    name = register_bench;
    config = Criterion::default().sample_size(60);
    targets = decisions, appends, issuances, parts
}
criterion_main!(register_bench);
