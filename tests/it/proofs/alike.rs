//! To whoever may not know, somebody suppressed is nobody: the same statements are run, the same is told. And
//! whatever kind a document is, whoever stands on it is asked for.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use shomei::case::event::{Data, Entry, Reason, Source};
use shomei::case::id::CaseId;
use shomei::case::sheet::{ApprovedSheet, EnteredSheet};
use shomei::document::catalog::{KINDS, Kind};
use shomei::document::names::{Field, Name};
use shomei::document::subject::Subject;
use shomei::domain::text::Anything;
use shomei::issuing::bench::{self, Way};
use shomei::issuing::decision::{self, Obstacle, Question};
use shomei::issuing::entering::Wish;
use shomei::issuing::issue::ReleaseError;
use shomei::office::lookup::Lookup;
use shomei::office::right::{Officer, Right};
use shomei::office::subjects::Subjects;
use shomei::office::suppression::{AsSeen, Basis, Level, Suppression, Suppressions, Target, Work, about};
use shomei::register::vault::KeyRing;
use shomei::register::{
    Access, Ask, Batch, Fresh as _, Job, Locked, Mode, Postgres, Register, Row, Sqlite, Store, Transaction, Value,
};

use super::office::{Hall, office, subject};
use crate::register::fixture::Database;
use crate::register::on_both;

type Statements = Arc<Mutex<Vec<&'static str>>>;

/// A store that notes which statements are run.
struct Noted {
    store: Box<dyn Store>,
    run: Statements,
}

struct NotedTransaction {
    begun: Box<dyn Transaction>,
    run: Statements,
}

impl Transaction for NotedTransaction {
    fn execute<'a>(&'a mut self, sql: &'static str, values: Vec<Value>) -> Job<'a, ()> {
        self.run.lock().unwrap().push(sql);
        self.begun.execute(sql, values)
    }

    fn rows<'a>(&'a mut self, sql: &'static str, values: Vec<Value>) -> Job<'a, Vec<Row>> {
        self.run.lock().unwrap().push(sql);
        self.begun.rows(sql, values)
    }

    fn commit(self: Box<Self>) -> Job<'static, ()> {
        self.run.lock().unwrap().push("COMMIT");
        self.begun.commit()
    }
}

impl Store for Noted {
    fn begin(&self, access: Access) -> Job<'_, Box<dyn Transaction>> {
        Box::pin(async move {
            self.run.lock().unwrap().push("BEGIN");
            let begun = self.store.begin(access).await?;
            Ok(Box::new(NotedTransaction { begun, run: self.run.clone() }) as Box<dyn Transaction>)
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
        self.store.claim()
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

/// A register of the office, and what it runs.
struct Watching {
    _hall: Hall,
    register: Register,
    run: Statements,
}

/// What was told, and which statements were run for it.
#[derive(Debug, PartialEq)]
struct Told {
    said: String,
    run: Vec<&'static str>,
}

impl Watching {
    async fn with(database: Database) -> Self {
        let hall = Hall::of(database, Mode::Single, shomei::PROGRAM).await;
        let store: Box<dyn Store> = match database {
            Database::Sqlite => Box::new(Sqlite::open(hall.fixture.owner.as_ref()).await.unwrap()),
            Database::Postgres => Box::new(Postgres::open(&hall.fixture.url).await.unwrap()),
        };
        let run = Statements::default();
        let store = Box::new(Noted { store, run: run.clone() });
        let ring = KeyRing::open(&hall.keys()).unwrap();
        let register = Register::with(store, ring, shomei::PROGRAM, hall.fixture.clock()).await.unwrap();
        office().enrol(&register).await;
        Self { _hall: hall, register, run }
    }

    async fn told<T: std::fmt::Debug>(&self, work: impl Future<Output = T>) -> Told {
        self.run.lock().unwrap().clear();
        let said = format!("{:?}", work.await);
        Told { said, run: std::mem::take(&mut self.run.lock().unwrap()) }
    }

    fn lookup<'a>(&'a self, rights: &'a BTreeSet<Right>) -> Lookup<'a> {
        Lookup::of(&self.register, &office().city.id, Officer { actor: office().officer(), rights })
    }

    /// Takes over the samples.
    async fn samples(&self) {
        let lines = include_str!("../../../samples/subjects.jsonl").lines().enumerate();
        let lines = lines.map(|(at, line)| Ok((at, Subject::read(line.as_bytes(), &Anything).unwrap())));
        let rights = BTreeSet::from([Right::Import]);
        let officer = Officer { actor: office().officer(), rights: &rights };
        Subjects::of(&self.register, &office().city.id).take_over(lines, officer, |_| {}).await.unwrap();
    }

    async fn suppress(&self, target: Target) -> AsSeen {
        let rights = BTreeSet::from([Right::SuppressSet]);
        let officer = Officer { actor: office().officer(), rights: &rights };
        let suppression = Suppression {
            target,
            works: [Work::Hakko, Work::Shokai].into(),
            level: Level::Error,
            basis: Basis::Shien,
            from: self.register.now().await.unwrap().day(),
            review: None,
            lifted: false,
            temporarily: None,
        };
        let suppressions = Suppressions::of(&self.register, &office().city.id, officer);
        AsSeen { id: suppressions.set(&suppression, because()).await.unwrap(), version: 1 }
    }

    async fn lift(&self, seen: AsSeen) {
        let rights = BTreeSet::from([Right::SuppressLift]);
        let officer = Officer { actor: office().officer(), rights: &rights };
        Suppressions::of(&self.register, &office().city.id, officer).lift(&[seen], because()).await.unwrap();
    }

    /// What is told of a certificate that is to be composed.
    async fn composed(&self, kind: &'static Kind, request: &Json) -> Told {
        let counter = office().counter(&self.register);
        let day = self.register.now().await.unwrap().day();
        let issuer = office().city.office(office().id.as_str()).unwrap();
        let request = request.to_string();
        let wish = Wish { kind, copies: 1, request: &request, office: issuer, day };
        self.told(async { counter.composed(wish).await.map(|_| ()).map_err(|error| (error.code(), error.to_string())) })
            .await
    }
}

fn because() -> Reason {
    Reason::parse("申出").unwrap()
}

fn person(atena_bango: &str, shimei: &str) -> Target {
    let shimei = [Name::new(Field::Shimei, shimei).text].into();
    Target { atena_bango: atena_bango.to_owned(), setai_bango: None, shimei }
}

/// A document of a kind as its sample has it, approved.
fn approved(kind: &Kind, entry: &Entry) -> ApprovedSheet {
    let walk = Way::new().unwrap().approved(CaseId::new(), entry).unwrap();
    let sheet = walk.case.record().sheet(bench::CERTIFICATE).unwrap().approved().unwrap().clone();
    let data = Data::from(std::fs::read_to_string(kind.sample()).unwrap());
    let entry = Entry { kind: kind.id.to_owned(), data, source: Source::Typed, ..sheet.entered.entry.clone() };
    ApprovedSheet { entered: EnteredSheet { entry, ..sheet.entered }, ..sheet }
}

on_both! {
    async fn whoever_is_suppressed_is_looked_up_as_nobody_is(database) {
        let watching = Watching::with(database).await;
        watching.samples().await;
        watching.suppress(person("1000020", "見本花子")).await;
        let none = BTreeSet::new();
        let all = |field: Field, known: &str, unknown: &str| [Name::new(field, known), Name::new(field, unknown)];
        let asked = [
            all(Field::AtenaBango, "1000020", "1000055"),
            all(Field::Shimei, "見本　花子", "見本　三郎"),
            all(Field::Furigana, "ミホンハナコ", "ミホンサブロウ"),
        ];
        for [known, nobody] in asked {
            let seen = BTreeSet::from([Right::SuppressSee]);
            assert!(!watching.lookup(&seen).find(std::slice::from_ref(&known)).await.unwrap().people.is_empty());
            for more in [None, Some(Name::new(Field::Shi, "見本"))] {
                let with = |name: &Name| more.iter().cloned().chain([name.clone()]).collect::<Vec<_>>();
                let hidden = watching.told(watching.lookup(&none).find(&with(&known))).await;
                let absent = watching.told(watching.lookup(&none).find(&with(&nobody))).await;
                assert_eq!(hidden, absent, "{known:?}");
                assert!(hidden.run.len() > 3, "{hidden:?}");
            }
        }
    }

    async fn the_cases_of_whoever_is_suppressed_are_found_as_nobodys_are(database) {
        let watching = Watching::with(database).await;
        let one = [office().approved(&watching.register, 1, 1).await];
        let people = bench::subjects(1).unwrap();
        let (number, household) = (people[3].atena_bango.clone(), people[3].setai_bango().unwrap().to_owned());
        let shimei = Name::new(Field::Shimei, &subject(1));
        let (own, nobody) = (Name::new(Field::AtenaBango, &number), Name::new(Field::AtenaBango, "1000055"));
        let none = BTreeSet::new();
        let found = async |name: &Name| watching.lookup(&none).cases(name, 50).await.unwrap().0;
        assert_eq!(found(&own).await, one);
        assert_eq!(found(&shimei).await, one);
        let target = Target { setai_bango: Some(household), ..person(&number, "別名") };
        let set = watching.suppress(target).await;
        let absent = watching.told(watching.lookup(&none).cases(&nobody, 50)).await;
        for name in [&own, &shimei] {
            assert_eq!(watching.told(watching.lookup(&none).cases(name, 50)).await, absent, "{name:?}");
            let sees = BTreeSet::from([Right::SuppressSee]);
            assert_eq!(watching.lookup(&sees).cases(name, 50).await.unwrap().0, one);
        }
        watching.lift(set).await;
        assert_eq!(found(&own).await, one);
    }

    async fn whatever_is_composed_of_somebody_suppressed_is_refused_as_of_nobody(database) {
        let watching = Watching::with(database).await;
        watching.samples().await;
        watching.suppress(person("1000020", "見本花子")).await;
        let alone = |number: &str| json!({ "atena_bango": number, "rireki": false });
        let forms = |number: &str| [
            json!({ "zenin": { "atena_bango": number } }),
            json!({ "ichibu": { "atena_bango": [number] } }),
            json!({ "ichibu": { "atena_bango": ["1000012", number] } }),
            json!({ "kojin": alone(number) }),
            json!({ "johyo": alone(number) }),
        ];
        let sample = include_str!("../../../samples/requests/juminhyo-utsushi.json");
        for kind in KINDS {
            for (hidden, absent) in forms("1000020").into_iter().zip(forms("1000055")) {
                let mut request: Json = serde_json::from_str(sample).unwrap();
                request["taisho"] = hidden.clone();
                let hidden_told = watching.composed(kind, &request).await;
                request["taisho"] = absent;
                assert_eq!(hidden_told, watching.composed(kind, &request).await, "{} {hidden}", kind.id);
                assert!(hidden_told.said.starts_with("Err"), "{} {hidden}", kind.id);
            }
        }
    }

    async fn of_every_kind_nothing_is_issued_with_somebody_suppressed_on_it(database) {
        let watching = Watching::with(database).await;
        let (register, city) = (&watching.register, &office().city.id);
        let day = register.now().await.unwrap().day();
        let counter = office().counter(register);
        let document = bench::read(&bench::household(1).unwrap(), &office().press).unwrap();
        let cover = counter.issuing.cover(&document, office().city.office(office().id.as_str()).unwrap(), day).unwrap();
        let entry = bench::entry(1, 1, cover).unwrap();
        let walk = Way::new().unwrap().approved(CaseId::new(), &entry).unwrap();
        let mut nobodys = Vec::new();
        for kind in KINDS {
            let sheet = approved(kind, &entry);
            let stands_in_the_way = async || {
                // Whatever is decided, nothing is written.
                let ask = Ask { watch: decision::watch(city, &sheet), ..Ask::office(city) };
                let decided = register.write(&ask, |locked: &Locked| -> Result<(Batch, ()), ReleaseError> {
                    Question { running: walk.case.record(), sheet: &sheet, locked, age: Default::default() }.decide()?;
                    Err(ReleaseError::OtherDocument)
                });
                matches!(decided.await.unwrap_err(), ReleaseError::Obstacle(Obstacle::Withheld))
            };
            let people = about(sheet.entered.entry.data.0.as_bytes(), &[]);
            if people.is_empty() {
                nobodys.push(kind.id);
            }
            for name in people {
                let target = match name.field {
                    Field::Shimei => Target { shimei: [name.text.clone()].into(), ..person("9", "") },
                    Field::SetaiBango => Target { setai_bango: Some(name.text.clone()), ..person("9", "") },
                    _ => person(&name.text, ""),
                };
                assert!(!stands_in_the_way().await, "{}", kind.id);
                let set = watching.suppress(target).await;
                assert!(stands_in_the_way().await, "{} {}", kind.id, name.text);
                watching.lift(set).await;
            }
        }
        assert_eq!(nobodys, ["bangofuda", "receipt", "kofubo", "nikkei"]);
    }
}
