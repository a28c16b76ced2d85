//! Cases over the register.

use shomei::case::actor::Actor;
use shomei::case::command::{Command, Work};
use shomei::case::error::CaseError;
use shomei::case::id::{OfficeId, PersonId};
use shomei::issuing::casework::{Casework, CaseworkError, Flows};
use shomei::procedure::settings::Settings;
use shomei::procedure::{Procedure, Procedures, Role, StepKey};
use shomei::register::retention::Retention;
use shomei::register::{Deployment, Mode, Register, RegisterError, clock};

struct City {
    folder: tempfile::TempDir,
    register: Register,
    city: OfficeId,
    settings: Settings,
    retention: Retention,
}

fn office(id: &str) -> OfficeId {
    OfficeId::parse(id).unwrap()
}

fn person(id: &str, at: &str, role: Role) -> Actor {
    Actor::new(PersonId::parse(id).unwrap(), office(at), [role]).unwrap()
}

fn step(key: &str) -> Command {
    Command::Do(Work::plain(StepKey::parse(key).unwrap()))
}

impl City {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("register.db").display().to_string();
        let deployment = Deployment { mode: Mode::Single, program: "p".to_owned() };
        Register::install(&url, &deployment).await.unwrap();
        let register = Register::open(&url, &folder.path().join("keys"), "p", clock::system()).await.unwrap();
        for ward in ["kita-ku", "minato-ku"] {
            register.enrol(&office(ward)).await.unwrap();
        }
        let settings = Settings::sample(&Procedures::embedded().unwrap()).unwrap();
        Self { folder, register, city: office("mihon-shi"), settings, retention: Retention::sample().unwrap() }
    }

    fn casework<'a>(&'a self, flows: &'a Flows) -> Casework<'a> {
        let Self { register, city, settings, retention, .. } = self;
        Casework { register, city, flows, settings, retention }
    }
}

#[tokio::test]
async fn a_case_ends_on_the_flow_with_which_it_began() {
    let city = City::new().await;
    let now = Flows::embedded().unwrap();
    // Before, nobody had to register what came in.
    let text = now.get("juminhyo-kofu").unwrap().text.replace("action = \"受付登録\"", "action = \"受付の記帳\"");
    let before = Flows::of([Procedure::parse("juminhyo-kofu.toml", &text).unwrap()]);
    let counter = person("a", "kita-ku", Role::ContractorCounter);
    let opened = city.casework(&before).open("juminhyo-kofu", Default::default(), &counter).await.unwrap();
    let case = opened.case.record().opening().case;
    let loaded = city.casework(&now).load(&office("kita-ku"), case).await.unwrap();
    assert_eq!(loaded.case.record().flow().text, text);
    let done = city.casework(&now).act(&office("kita-ku"), case, &step("1"), &counter).await.unwrap();
    assert_eq!(done.case.record().flow().text, text);
    // New ones follow the new flow.
    let other = city.casework(&now).open("juminhyo-kofu", Default::default(), &counter).await.unwrap();
    assert_ne!(other.case.record().flow().text, text);
    drop(city.folder);
}

#[tokio::test]
async fn another_wards_case_cannot_be_seen_or_touched() {
    let city = City::new().await;
    let flows = Flows::embedded().unwrap();
    let casework = city.casework(&flows);
    let counter = person("a", "kita-ku", Role::ContractorCounter);
    let opened = casework.open("juminhyo-kofu", Default::default(), &counter).await.unwrap();
    let case = opened.case.record().opening().case;
    assert!(matches!(casework.load(&office("minato-ku"), case).await, Err(CaseworkError::NoCase)));
    let stranger = person("b", "minato-ku", Role::ContractorCounter);
    let tried = casework.act(&office("kita-ku"), case, &step("1"), &stranger).await;
    assert!(matches!(tried, Err(CaseworkError::Case(CaseError::OtherOffice { .. }))));
}

#[tokio::test]
async fn case_numbers_have_neither_gap_nor_double() {
    let city = City::new().await;
    let flows = Flows::embedded().unwrap();
    let casework = city.casework(&flows);
    let counter = person("a", "kita-ku", Role::ContractorCounter);
    // Many at once, and some that are refused in between: those take no number.
    let wrong = [("nothing".to_owned(), "yes".to_owned())];
    let mut numbers = Vec::new();
    for _ in 0..5 {
        let (one, two, none) = tokio::join!(
            casework.open("juminhyo-kofu", Default::default(), &counter),
            casework.open("tennyu", Default::default(), &counter),
            casework.open("tennyu", wrong.clone().into(), &counter),
        );
        assert!(matches!(none, Err(CaseworkError::Case(CaseError::Attribute { .. }))));
        numbers.extend([one.unwrap().row.number, two.unwrap().row.number]);
    }
    numbers.sort();
    let serials: Vec<&str> = numbers.iter().map(|number| number.split_once('-').unwrap().1).collect();
    let expected: Vec<String> = (1..=10).map(|serial| format!("{serial:04}")).collect();
    assert_eq!(serials, expected);
}

#[tokio::test]
async fn two_people_who_do_one_step_at_once_do_it_once() {
    let city = City::new().await;
    let flows = Flows::embedded().unwrap();
    let casework = city.casework(&flows);
    let counter = person("a", "kita-ku", Role::ContractorCounter);
    let opened = casework.open("juminhyo-kofu", Default::default(), &counter).await.unwrap();
    let (case, at) = (opened.case.record().opening().case, office("kita-ku"));
    let other = person("b", "kita-ku", Role::ContractorCounter);
    let (command, ward) = (step("1"), at.clone());
    let (one, two) =
        tokio::join!(casework.act(&at, case, &command, &counter), casework.act(&ward, case, &command, &other));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|done| **done).count(), 1);
    let refused = one.err().or(two.err()).unwrap();
    assert!(matches!(refused, CaseworkError::Case(CaseError::OutOfOrder { .. })), "{refused}");
}

#[tokio::test]
async fn a_case_whose_events_were_changed_is_not_replayed() {
    let city = City::new().await;
    let flows = Flows::embedded().unwrap();
    let counter = person("a", "kita-ku", Role::ContractorCounter);
    let opened = city.casework(&flows).open("juminhyo-kofu", Default::default(), &counter).await.unwrap();
    let case = opened.case.record().opening().case;
    let file = city.folder.path().join("register.db");
    // Somebody with the file, past the triggers.
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    for statement in ["DROP TRIGGER events_update", "UPDATE events SET at = at + 1 WHERE kind = 'opened'"] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let loaded = city.casework(&flows).load(&office("kita-ku"), case).await;
    assert!(matches!(loaded, Err(CaseworkError::Register(RegisterError::Damaged { .. }))), "{loaded:?}");
}
