//! An office of the sample city, and registers for it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use shomei::case::actor::Actor;
use shomei::case::id::{CaseId, IssuanceId, OfficeId};
use shomei::document::catalog::Composed;
use shomei::issuing::Issuing;
use shomei::issuing::bench::{self, CERTIFICATE, Way, household};
use shomei::issuing::casework::{Casework, Flows};
use shomei::issuing::city::City;
use shomei::issuing::issue::{Counter, Order, PATIENCE, ReleaseError, Released};
use shomei::issuing::people::People;
use shomei::office::accounts::Accounts;
use shomei::office::terminals::{Enrolled, Seat, TerminalError, Terminals};
use shomei::office::token::Token;
use shomei::press::Press;
use shomei::press::mark::MarkKey;
use shomei::press::readback::read_back;
use shomei::press::sheet::Paper;
use shomei::procedure::settings::Settings;
use shomei::procedure::{Procedures, Role};
use shomei::register::retention::Retention;
use shomei::register::{
    Alarm, Ask, Batch, CaseRow, Deployment, End, Event, Fresh as _, IncidentId, Issuance, Locked, Mode, Register,
    RegisterError,
};
use zeroize::Zeroizing;

use crate::register::fixture::{Database, Fixture};

/// What is issued.
pub const KIND: &str = "juminhyo-utsushi";

/// Token of the office's terminal.
pub const TERMINAL: &str = "the terminal of a proof";

/// What stands in an office besides its register.
pub struct Office {
    pub press: Press,
    pub city: City,
    pub people: People,
    flows: Flows,
    pub settings: Settings,
    retention: Retention,
    key: MarkKey,
    way: Way,
    pub id: OfficeId,
}

/// The one office of a run.
pub fn office() -> &'static Office {
    static OFFICE: OnceLock<Office> = OnceLock::new();
    OFFICE.get_or_init(|| Office {
        press: Press::embedded().unwrap(),
        city: City::sample().unwrap(),
        people: People::sample().unwrap(),
        flows: Flows::embedded().unwrap(),
        settings: Settings::sample(&Procedures::embedded().unwrap()).unwrap(),
        retention: Retention::sample().unwrap(),
        key: MarkKey::from_bytes(&[7; 32]).unwrap(),
        way: Way::new().unwrap(),
        id: OfficeId::parse("kita-ku").unwrap(),
    })
}

impl Office {
    pub fn counter<'a>(&'a self, register: &'a Register) -> Counter<'a> {
        let (city, flows, settings, retention) = (&self.city.id, &self.flows, &self.settings, &self.retention);
        let casework = Casework { register, city, flows, settings, retention };
        let (press, city, key) = (&self.press, &self.city, &self.key);
        let issuing = Issuing { press, city, key, host: "verify.mihon.example", paper: Paper::Plain };
        Counter { casework, issuing, patience: PATIENCE }
    }

    /// Enrols the office, and the city with what all its offices know; and a terminal of the office.
    pub async fn enrol(&self, register: &Register) {
        register.enrol(&self.id).await.unwrap();
        register.enrol(&self.city.id).await.unwrap();
        let terminal = [(self.id.clone(), self.seat().clone(), Token::shown(TERMINAL))];
        Terminals::of(register, &self.city.id).fill(&terminal, self.officer().person()).await.unwrap();
    }

    /// Its people are entered, as a register that the program makes has them.
    pub async fn employ(&self, register: &Register) {
        let by = self.officer().person();
        Accounts::of(register, &self.city.id).fill(&self.people.accounts(), by).await.unwrap();
    }

    pub fn officer(&self) -> &Actor {
        &self.people.of(&self.id, &[Role::CitySealKeeper, Role::CityApprover]).unwrap().actor
    }

    /// Where its terminal stands.
    pub fn seat(&self) -> &Seat {
        &self.people.terminals().iter().find(|(office, _)| *office == self.id).unwrap().1
    }

    pub async fn terminal(&self, register: &Register) -> Result<Enrolled, TerminalError> {
        Terminals::of(register, &self.city.id).here(&Token::shown(TERMINAL), &self.id).await
    }

    /// A case whose document was approved, of household `number`.
    pub async fn approved(&self, register: &Register, number: usize, copies: u8) -> CaseRow {
        let counter = self.counter(register);
        let data = household(number).unwrap();
        let document: Composed = bench::read(&data, &self.press).unwrap();
        let today = register.now().await.unwrap().day();
        let cover = counter.issuing.cover(&document, self.city.office(self.id.as_str()).unwrap(), today).unwrap();
        bench::hold(register, &self.city.id, number).await.unwrap();
        let walk = self.way.approved(CaseId::new(), &bench::entry(number, copies, cover).unwrap()).unwrap();
        walk.file(counter.casework).await.unwrap()
    }

    /// One copy of its document.
    pub async fn issue(&self, register: &Register, case: CaseId) -> Result<Released, ReleaseError> {
        self.counter(register).issue(self.order(case, &self.terminal(register).await?)).await
    }

    /// Likewise, by a counter that waits for no press.
    pub async fn issue_too_late(&self, register: &Register, case: CaseId) -> Result<Released, ReleaseError> {
        Counter { patience: Duration::ZERO, ..self.counter(register) }
            .issue(self.order(case, &self.terminal(register).await?))
            .await
    }

    fn order<'a>(&'a self, case: CaseId, terminal: &'a Enrolled) -> Order<'a> {
        let (office, actor) = (&self.id, self.officer());
        Order { office, case, entry: CERTIFICATE, actor, terminal, once: None }
    }

    /// What a node does when it starts.
    pub async fn sweep(&self, register: &Register) -> usize {
        let machine = &self.people.of(&self.id, &[Role::CityTerminal]).unwrap().actor;
        self.counter(register).sweep(&self.id, machine).await.unwrap()
    }

    /// Incidents about a kind, each found by somebody.
    pub async fn open_incidents(&self, register: &Register, kind: &str, count: usize) {
        let open = |_| Alarm::Open { id: IncidentId::new(), kind: format!("read-back {kind}") };
        self.alarm(register, (0..count).map(open).collect()).await;
    }

    /// People close the first open incidents.
    pub async fn close_incidents(&self, register: &Register, count: usize) {
        let open = register.open_incidents(&self.id).await.unwrap();
        let alarms: Vec<Alarm> = open.iter().take(count).map(|incident| Alarm::Close { id: incident.id }).collect();
        if !alarms.is_empty() {
            self.alarm(register, alarms).await;
        }
    }

    async fn alarm(&self, register: &Register, alarms: Vec<Alarm>) {
        let event = Event { kind: "office/noted".to_owned(), v: 1, body: Zeroizing::new(b"1".to_vec()) };
        let batch = Batch { events: vec![event], alarms, ..Batch::default() };
        let ask = Ask::office(&self.id);
        register.write(&ask, |_: &Locked| Ok::<_, RegisterError>((batch, ()))).await.unwrap();
    }

    /// The register is whole: the chain by audit, and of these cases every paper is there that was released and
    /// none that was not.
    pub async fn check(&self, register: &Register, cases: &[CaseId]) -> Count {
        assert_eq!(register.audit(&self.id, Default::default()).await.unwrap().findings, []);
        let mut count = Count::default();
        for case in cases {
            for issuance in register.issuances_of_case(&self.id, *case).await.unwrap() {
                let paper = register.paper(&self.id, issuance.id).await.unwrap();
                assert_eq!(paper.is_some(), matches!(issuance.end, Some(End::Issued { .. })), "{issuance:?}");
                count.add(&issuance);
            }
        }
        count
    }

    /// The text of a released paper, out of the register.
    pub async fn text_of(&self, register: &Register, id: IssuanceId) -> String {
        let paper = register.paper(&self.id, id).await.unwrap().unwrap();
        read_back(&paper).unwrap().iter().flat_map(|page| &page.runs).map(|run| run.text.as_str()).collect()
    }
}

/// Numbers by how they ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub issued: usize,
    pub voided: BTreeMap<String, usize>,
    pub open: usize,
}

impl Count {
    fn add(&mut self, issuance: &Issuance) {
        match &issuance.end {
            Some(End::Issued { .. }) => self.issued += 1,
            Some(End::Voided { reason, .. }) => *self.voided.entry(reason.clone()).or_default() += 1,
            None => self.open += 1,
        }
    }

    /// So many released, and one number voided for each of these reasons.
    pub fn of(issued: usize, voided: &[&str]) -> Self {
        let voided = voided.iter().map(|reason| ((*reason).to_owned(), 1)).collect();
        Self { issued, voided, open: 0 }
    }
}

/// The person whose household `number` is, as the paper names them.
pub fn subject(number: usize) -> String {
    let data: serde_json::Value = serde_json::from_slice(&household(number).unwrap()).unwrap();
    data.pointer("/setai_renki/setainushi").unwrap().as_str().unwrap().to_owned()
}

/// A register in which the office is enrolled.
pub struct Hall {
    pub fixture: Fixture,
    program: String,
}

impl Hall {
    /// One that a build of the program runs.
    pub async fn of(database: Database, mode: Mode, program: &str) -> Self {
        let fixture = Fixture::empty(database).await;
        let deployment = Deployment { mode, program: program.to_owned() };
        Register::install(&fixture.owner, &deployment).await.unwrap();
        fixture.let_worker_in().await;
        Self { fixture, program: program.to_owned() }
    }

    /// One for this process, open.
    pub async fn open_for_one(database: Database) -> (Self, Register) {
        let hall = Self::of(database, Mode::Single, shomei::PROGRAM).await;
        let register = hall.open().await;
        office().enrol(&register).await;
        (hall, register)
    }

    /// Opens it; a node that was killed a moment ago may still be there for the server.
    pub async fn open(&self) -> Register {
        for _ in 0..100 {
            match self.try_open().await {
                Err(RegisterError::SecondNode) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                other => return other.unwrap(),
            }
        }
        panic!("another node does not let go");
    }

    pub async fn try_open(&self) -> Result<Register, RegisterError> {
        Register::open(&self.fixture.url, &self.keys(), &self.program, self.fixture.clock()).await
    }

    pub fn keys(&self) -> PathBuf {
        self.fixture.keys()
    }
}
