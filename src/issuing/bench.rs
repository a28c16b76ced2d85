//! Measuring: sealed households of four, different each time, as an office would issue them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::case::actor::Actor;
use crate::case::command::{Command, Work};
use crate::case::event::{Data, Entry, Event, Evidence, IssueEnd, Seen, Source};
use crate::case::handing::{self, Asked, Shown};
use crate::case::id::{CaseId, EntryId, IssuanceId, OfficeId, PersonId};
use crate::case::running::Running;
use crate::case::settlement::ReceiptNumber;
use crate::case::sheet::{IssuanceState, Sheet};
use crate::case::warrant::{Cover, Sealed};
use crate::case::{Case, Request};
use crate::document::catalog::{Composed, Kind};
use crate::document::change::is_entered_on;
use crate::document::compose::compose;
use crate::document::reception::{Form, Received};
use crate::document::request::KofuSeikyu;
use crate::document::subject::Subject;
use crate::domain::calendar::Day;
use crate::domain::number::AtenaBango;
use crate::domain::text::Anything;
use crate::office::right::{Officer, Right};
use crate::office::subjects::{Subjects, noted};
use crate::press::Press;
use crate::press::mark::MarkKey;
use crate::press::sheet::Paper;
use crate::procedure::settings::Settings;
use crate::procedure::{self, Act, Procedure, Procedures, Role};
use crate::register::{Ask, Batch, COUNTER, CaseRow, Fresh as _, Locked, Register, Step};

use super::casework::{self, Casework, CaseworkError};
use super::city::City;
use super::hall::Hall;
use super::specimen::specimen_day;
use super::{Issuing, Terminal};

/// What a household gets.
const KIND: &str = "juminhyo-utsushi";

/// Characters of which names are made.
const KANJI: &str = "青赤秋朝安池石泉市今岩上内江大岡小川木北清倉黒小坂桜佐沢島白杉関高竹田谷千土手寺中永西野橋林東平深福星前松水南宮村本森山吉若渡辺";

/// What is held of a household of four: the sample's residents with other names and numbers, the same for
/// the same number.
pub fn subjects(number: usize) -> Option<Vec<Subject>> {
    let kanji: Vec<char> = KANJI.chars().collect();
    let pick = |salt: usize| kanji[(number.wrapping_mul(31).wrapping_add(salt.wrapping_mul(97))) % kanji.len()];
    let shi = format!("{}{}", pick(1), pick(2 + number / kanji.len()));
    let mei = |index: usize| format!("{}{}", pick(3 + index), pick(7 + index));
    let lines = include_str!("../../samples/subjects.jsonl").lines().take(4).enumerate();
    let people = lines.map(|(index, line)| {
        let mut subject = Subject::read(line.as_bytes(), &Anything).ok()?;
        subject.atena_bango = atena_bango(number.wrapping_mul(4).wrapping_add(index))?;
        let data = &mut subject.data;
        data["setai_bango"] = json!(atena_bango(number.wrapping_add(500_000))?);
        data["setainushi"] = json!(format!("{shi}\u{3000}{}", mei(0)));
        data["hito"]["atena_bango"] = json!(subject.atena_bango);
        *data.pointer_mut("/hito/kokumin/nihonjin/shimei/shi_mei")? = json!({ "shi": shi, "mei": mei(index) });
        Some(subject)
    });
    people.collect()
}

/// 交付請求 of the sample's household.
const SAMPLE: &str = include_str!("../../samples/requests/juminhyo-utsushi.json");

/// 交付請求 of the household's head: everyone, with 続柄.
pub fn request(number: usize) -> Option<String> {
    let mut request: Value = serde_json::from_str(SAMPLE).ok()?;
    *request.pointer_mut("/taisho/zenin/atena_bango")? = json!(atena_bango(number.wrapping_mul(4))?);
    Some(request.to_string())
}

/// The household's certificate.
pub fn household(number: usize) -> Option<Vec<u8>> {
    let request = KofuSeikyu::read(request(number)?.as_bytes()).ok()?;
    serde_json::to_vec(&compose(Kind::by_id(KIND)?, &request, &subjects(number)?).ok()?).ok()
}

/// The household's certificate as it is entered.
pub fn entry(number: usize, copies: u8, cover: Cover) -> Option<Entry> {
    let (subjects, request) = (noted(&subjects(number)?), Data::from(request(number)?));
    let source = Source::Composed { subjects, request, as_of: None };
    let data = Data::from(String::from_utf8(household(number)?).ok()?);
    Some(Entry { kind: KIND.to_owned(), copies, cover, data, source })
}

/// Puts a household into the records of a city.
pub async fn hold(register: &Register, city: &OfficeId, number: usize) -> Result<(), Failure> {
    let (actor, rights) = (actor(Role::CityApprover, HERE)?, BTreeSet::from([Right::Import]));
    let officer = Officer { actor: &actor, rights: &rights };
    let people = subjects(number).ok_or("the samples are broken")?;
    let lines = people.into_iter().enumerate().map(|(at, subject)| Ok((at, subject)));
    Subjects::of(register, city).take_over(lines, officer, |_| {}).await?;
    Ok(())
}

/// Files an approved case of a household, and what is held of them; says its 案件番号.
pub async fn file(hall: &Hall, number: usize) -> Result<String, Failure> {
    let today = hall.register.now().await?.day();
    let document = read(&household(number).ok_or("the samples are broken")?, &hall.press)?;
    let cover = hall.counter().issuing.cover(&document, hall.city.office(HERE)?, today)?;
    hold(&hall.register, &hall.city.id, number).await?;
    let entry = entry(number, 1, cover).ok_or("the samples are broken")?;
    Ok(Way::new()?.approved(CaseId::new(), &entry)?.file(hall.casework()).await?.number)
}

/// 宛名番号 of a person.
fn atena_bango(number: usize) -> Option<String> {
    let of = |digit: usize| format!("{}{digit}", number.wrapping_add(200_000));
    (0..10).map(of).find(|text| AtenaBango::parse_checked(text).is_ok())
}

/// A household's flow: 住民票の写しの交付.
const FLOW: &str = "juminhyo-kofu";
/// The office whose case it is, and the one that makes what another ward must make.
const HERE: &str = "kita-ku";
const ELSEWHERE: &str = "minato-ku";

/// Why something could not be measured.
type Failure = Box<dyn std::error::Error>;

/// A case that its own people walked, each role another person, and what happened on the way.
#[derive(Debug, Clone)]
pub struct Walk {
    /// Where it stands.
    pub case: Case,
    /// Everything that happened, from its opening.
    pub events: Vec<Event>,
}

impl Walk {
    /// 受付, by whoever does or sees the first step.
    pub fn open(flow: &Arc<Procedure>, settings: &Settings, case: CaseId, day: Day) -> Result<Self, Failure> {
        const OPENERS: [Role; 7] = [
            Role::ContractorCounter,
            Role::ContractorInput,
            Role::CityCounter,
            Role::CityReviewer,
            Role::CityTerminal,
            Role::CityNextday,
            Role::CityApprover,
        ];
        let office = OfficeId::parse(HERE)?;
        for role in OPENERS {
            let request = Request { case, office: office.clone(), attributes: Default::default(), day };
            if let Ok(Event::Opened(opening)) = Case::open(flow, request, &actor(role, HERE)?, settings) {
                let case = Case::begin(flow.clone(), opening.clone());
                return Ok(Self { case, events: vec![Event::Opened(opening)] });
            }
        }
        Err("nobody opens it".into())
    }

    /// What happens next, and who does it: first the copies that were approved, then the next step.
    /// Nothing once the case has ended. What is entered is `entry` at the step that
    /// makes its kind, and the same under another kind elsewhere.
    pub fn next(&self, settings: &Settings, entry: &Entry) -> Result<Option<(Command, Actor)>, Failure> {
        let Case::Running(running) = &self.case else { return Ok(None) };
        if let Some(command) = self.issuance(running) {
            return Ok(Some((command, actor(Role::CityApprover, HERE)?)));
        }
        let waiting = self.case.waiting(settings).into_iter().next().ok_or("it stands still")?;
        let role = waiting.roles.first().ok_or("a step waits for nobody")?;
        let at = if waiting.step.performer.elsewhere { ELSEWHERE } else { HERE };
        if let (None, Some(rule)) = (running.request(), &running.flow().reception) {
            let request = Received::read(match rule.form {
                Form::Seikyu => include_str!("../../samples/receptions/seikyu.json"),
                Form::Todoke => include_str!("../../samples/receptions/todoke.json"),
            })?;
            return Ok(Some((Command::Record { request }, actor(*role, at)?)));
        }
        let work = work(running, waiting.step, entry);
        let command = match handing::asked(running, waiting.step, settings, running.opening().day) {
            None => Command::Do(work),
            Some(asked) => Command::HandOver(Box::new(shown(running, work, &asked).ok_or("a sheet without a number")?)),
        };
        Ok(Some((command, actor(*role, at)?)))
    }

    fn issuance(&self, running: &Running) -> Option<Command> {
        let mut approved = running.sheets().iter().filter_map(Sheet::approved);
        approved.find_map(|sheet| {
            let under_way = sheet.issuances.iter().find(|(_, issuance)| issuance.state == IssuanceState::Issuing);
            match under_way {
                Some((id, _)) => {
                    Some(Command::EndIssue { issuance: *id, end: IssueEnd::Issued { sha256: [0; 32], pages: 1 } })
                }
                None if sheet.copies_left() > 0 => Some(Command::BeginIssue {
                    issuance: IssuanceId(uuid::Uuid::from_u128(self.events.len() as u128)),
                    entry: sheet.entered.id,
                    number: "2026-01-01 t 000001".to_owned(),
                    evidence: evidence(),
                }),
                None => None,
            }
        })
    }

    /// Does it.
    pub fn go(mut self, command: Command, actor: &Actor, settings: &Settings) -> Result<Self, Failure> {
        let today = day_for(&self.case, &command, settings);
        for event in self.case.decide(command, actor, settings, today)? {
            self.case = self.case.apply(&event);
            self.events.push(event);
        }
        Ok(self)
    }

    /// Puts it into a register in one write, as if it had been walked there.
    pub async fn file(&self, casework: Casework<'_>) -> Result<CaseRow, CaseworkError> {
        let record = self.case.record();
        let (office, case) = (&record.opening().office, record.opening().case);
        casework.keep_flow(office, record.flow()).await?;
        let ask = Ask { terminal: Some(COUNTER), ..Ask::case(office, case, 0) };
        let written = casework.register.write(&ask, |locked: &Locked| -> Result<_, CaseworkError> {
            let class = casework.retention.class_of(&record.flow().id)?;
            let row = casework::first_row(&self.case, class, locked);
            let batch = casework.batch(&self.case, &self.events, row, locked)?;
            let row = batch.case.as_ref().map(|(row, _)| row.clone()).ok_or(CaseworkError::NoCase)?;
            Ok((Batch { step: Some(Step::Count), ..batch }, row))
        });
        casework::now(written.await?)
    }
}

/// All that is asked for, shown and paid.
fn shown(running: &Running, work: Work, asked: &Asked) -> Option<Shown> {
    let receipt = ReceiptNumber { day: running.opening().day, till: "t".to_owned(), serial: 1 };
    let (slip, time) = (Some(running.opening().case), "09:00".to_owned());
    let handing = asked.whole("260101-0001")?;
    Some(Shown { step: work.step, handing, slip, confirmed: work.confirmed, receipt, time })
}

/// What a page that nobody prints would depend on.
/// The day on which a walk does something: that on which its case began, and of 翌日処理 the next open one.
pub fn day_for(case: &Case, command: &Command, settings: &Settings) -> Day {
    let running = case.record();
    let step = match command {
        Command::Do(work) => running.flow().step(&work.step),
        _ => None,
    };
    let next = step.and_then(|step| running.opens_on(step, &settings.opening_days).ok().flatten());
    next.unwrap_or(running.opening().day)
}

fn evidence() -> Evidence {
    let none = String::new;
    Evidence { program: none(), paper: none(), host: none(), terminal: none(), printer: none() }
}

/// The one person of a role in an office.
fn actor(role: Role, office: &str) -> Result<Actor, Failure> {
    Ok(Actor::new(PersonId::parse(role.key())?, OfficeId::parse(office)?, [role])?)
}

/// A step, with what it makes entered or confirmed, and what it decides on seen.
fn work(running: &Running, step: &procedure::Step, entry: &Entry) -> Work {
    let made = running.made_at(step);
    let (ours, theirs): (Vec<&str>, Vec<&str>) = made.iter().partition(|kind| Kind::by_id(kind).is_some());
    let enters = running.flow().is_entry(step);
    let wanted = |kind: &&&str| enters && (**kind == entry.kind || !ours.contains(&entry.kind.as_str()));
    let seen = running
        .sealed_at(&step.key)
        .filter(|_| step.act != Act::Enter)
        .map(|sheet| Seen { entry: sheet.entered().id, cover: sheet.entered().entry.cover.clone() });
    Work {
        step: step.key.clone(),
        entries: ours.iter().filter(wanted).map(|kind| entry_of(kind, entry)).collect(),
        seen: seen.collect(),
        alerts: Vec::new(),
        confirmed: theirs
            .iter()
            .filter(|kind| step.generates.iter().any(|made| made == *kind))
            .map(|kind| (*kind).to_owned())
            .collect(),
    }
}

/// The same entry of another kind.
fn entry_of(kind: &str, entry: &Entry) -> Entry {
    let over = Source::Change { subjects: Vec::new() };
    let source = if is_entered_on(kind) { over } else { entry.source.clone() };
    Entry { kind: kind.to_owned(), source, ..entry.clone() }
}

/// The way of a household's case.
pub struct Way {
    flow: Arc<Procedure>,
    settings: Settings,
}

impl Way {
    /// 住民票の写しの交付.
    pub fn new() -> Result<Self, Failure> {
        let flows = Procedures::embedded()?;
        let settings = Settings::sample(&flows)?;
        Ok(Self { flow: Arc::new(flows.get(FLOW).ok_or("no such flow")?.clone()), settings })
    }

    /// The warrant of an approved case about a document of this cover: the whole way from reception to
    /// approval, by four people.
    pub fn approve(&self, cover: &Cover) -> Result<Sealed, Failure> {
        let walk = self.approved(CaseId(uuid::Uuid::nil()), &blank(cover))?;
        Ok(walk.case.sealed_warrant(CERTIFICATE).ok_or("the flow has no gate")?)
    }

    /// The same case as soon as the document is entered.
    pub fn enter(&self, cover: &Cover) -> Result<Case, Failure> {
        let is_there = |walk: &Walk| walk.case.collation_warrant(CERTIFICATE).is_some();
        Ok(self.walk(CaseId(uuid::Uuid::nil()), &blank(cover), is_there)?.case)
    }

    /// A case up to the approval of what was entered.
    pub fn approved(&self, case: CaseId, entry: &Entry) -> Result<Walk, Failure> {
        self.walk(case, entry, |walk| walk.case.sealed_warrant(CERTIFICATE).is_some())
    }

    /// A case until it is where it is wanted.
    pub fn walk(&self, case: CaseId, entry: &Entry, is_there: impl Fn(&Walk) -> bool) -> Result<Walk, Failure> {
        let mut walk = Walk::open(&self.flow, &self.settings, case, entry.cover.day)?;
        while !is_there(&walk) {
            let (command, actor) = walk.next(&self.settings, entry)?.ok_or("the flow ends before")?;
            walk = walk.go(command, &actor, &self.settings)?;
        }
        Ok(walk)
    }
}

/// The certificate in a household's case.
pub const CERTIFICATE: EntryId = EntryId(1);

/// An entry whose data nobody reads.
pub fn blank(cover: &Cover) -> Entry {
    let nobody = Source::Composed { subjects: Vec::new(), request: Data::from(SAMPLE.to_owned()), as_of: None };
    Entry {
        kind: KIND.to_owned(),
        copies: 1,
        cover: cover.clone(),
        data: Data::from(String::from("{}")),
        source: nobody,
    }
}

/// Issues households one after the other.
pub struct Line<'a> {
    issuing: Issuing<'a>,
    way: Way,
    terminal: Terminal,
    serial: u32,
}

impl<'a> Line<'a> {
    /// A line over a press.
    pub fn new(press: &'a Press, city: &'a City, key: &'a MarkKey, paper: Paper) -> Result<Self, Failure> {
        Ok(Self {
            issuing: Issuing { press, city, key, host: "verify.mihon.example", paper },
            way: Way::new()?,
            terminal: Terminal { number: 1, name: "本庁01".to_owned(), printer: "P003".to_owned() },
            serial: 0,
        })
    }

    /// Reads, walks and seals one household; the file.
    pub fn issue(&mut self, household: &[u8]) -> Result<Vec<u8>, Failure> {
        let document = read(household, self.issuing.press)?;
        let office = self.issuing.city.office(HERE)?;
        let day = specimen_day()?;
        let warrant = self.way.approve(&self.issuing.cover(&document, office, day)?)?;
        self.serial = self.serial.wrapping_add(1).max(1);
        let number = self.terminal.number_line(day, self.serial);
        let page = self.issuing.seal(&warrant, &document, office, &number, &self.terminal)?;
        Ok(page.pdf().to_vec())
    }
}

/// Reads a household with all its checks.
pub fn read(household: &[u8], press: &Press) -> Result<Composed, Failure> {
    let kind = Kind::by_id(KIND).ok_or("no such kind")?;
    Ok(kind.read(household, &**press.typefaces())?)
}
