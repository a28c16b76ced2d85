//! Measuring: sealed households of four, different each time, as an office would issue them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::case::actor::Actor;
use crate::case::id::{CaseId, EntryId, OfficeId, PersonId};
use crate::case::command::{Command, Work};
use crate::case::event::{Data, Entry, Event, Seen};
use crate::case::warrant::{Cover, Sealed};
use crate::case::{Case, Request};
use crate::document::catalog::{Composed, Kind};
use crate::press::Press;
use crate::press::mark::MarkKey;
use crate::press::sheet::Paper;
use crate::procedure::settings::Settings;
use crate::procedure::{Act, Procedure, Procedures, Role};

use super::city::City;
use super::specimen::specimen_day;
use super::{Issuing, Terminal};

/// Characters of which names are made.
const KANJI: &str = "青赤秋朝安池石泉市今岩上内江大岡小川木北清倉黒小坂桜佐沢島白杉関高竹田谷千土手寺中永西野橋林東平深福星前松水南宮村本森山吉若渡辺";

/// A household of four: the sample with other names, the same for the same number.
pub fn household(number: usize) -> Option<Vec<u8>> {
    let mut sample: Value = serde_json::from_str(include_str!("../../samples/juminhyo-utsushi.json")).ok()?;
    let kanji: Vec<char> = KANJI.chars().collect();
    let pick = |salt: usize| kanji[(number.wrapping_mul(31).wrapping_add(salt.wrapping_mul(97))) % kanji.len()];
    let shi = format!("{}{}", pick(1), pick(2 + number / kanji.len()));
    let people = sample.pointer_mut("/setai_renki/setaiin")?.as_array_mut()?;
    for (index, person) in people.iter_mut().enumerate() {
        let name = person.pointer_mut("/kokumin/nihonjin/shimei/shi_mei")?;
        *name = json!({ "shi": shi, "mei": format!("{}{}", pick(3 + index), pick(7 + index)) });
    }
    let head = people.first()?.pointer("/kokumin/nihonjin/shimei/shi_mei/mei")?.as_str()?.to_owned();
    *sample.pointer_mut("/setai_renki/setainushi")? = json!(format!("{shi}\u{3000}{head}"));
    serde_json::to_vec(&sample).ok()
}

/// A household's flow: 住民票の写しの交付.
const FLOW: &str = "juminhyo-kofu";

/// The way of a case without a register: for measuring, and for trying what warrants allow.
pub struct Way {
    flow: Arc<Procedure>,
    settings: Settings,
}

impl Way {
    /// 住民票の写しの交付.
    pub fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let flows = Procedures::embedded()?;
        let settings = Settings::recommended(&flows)?;
        Ok(Self { flow: Arc::new(flows.get(FLOW).ok_or("no such flow")?.clone()), settings })
    }

    /// The warrant of an approved case about a document of this cover: the whole way from reception to
    /// approval, by four people.
    pub fn approve(&self, cover: &Cover) -> Result<Sealed, Box<dyn std::error::Error>> {
        let case = self.walk(cover, |case| case.sealed_warrant(EntryId(1)).is_some())?;
        Ok(case.sealed_warrant(EntryId(1)).ok_or("the flow has no gate")?)
    }

    /// The same case as soon as the document is entered.
    pub fn enter(&self, cover: &Cover) -> Result<Case, Box<dyn std::error::Error>> {
        self.walk(cover, |case| case.collation_warrant(EntryId(1)).is_some())
    }

    fn walk(&self, cover: &Cover, is_there: impl Fn(&Case) -> bool) -> Result<Case, Box<dyn std::error::Error>> {
        let (flow, settings) = (&self.flow, &self.settings);
        let office = OfficeId::parse("kita-ku")?;
        let person = |role: Role| Actor::new(PersonId::parse(role.key())?, office.clone(), [role]);
        let request = Request {
            case: CaseId(uuid::Uuid::nil()),
            office: office.clone(),
            attributes: Default::default(),
            day: cover.day,
        };
        let Event::Opened(opening) = Case::open(flow, request, &person(Role::ContractorCounter)?, settings)? else {
            return Err("a case begins with its opening".into());
        };
        let mut case = Case::begin(flow.clone(), opening);
        while !is_there(&case) {
            let (work, role) = next(&case, settings, cover).ok_or("the flow ends before")?;
            for event in case.decide(Command::Do(work), &person(role)?, settings)? {
                case = case.apply(&event);
            }
        }
        Ok(case)
    }
}

/// The next step, with the document entered or seen where it has to be.
fn next(case: &Case, settings: &Settings, cover: &Cover) -> Option<(Work, Role)> {
    let waiting = case.waiting(settings).into_iter().next()?;
    let mut work = Work::plain(waiting.step.key.clone());
    match waiting.step.act {
        Act::Enter => work.entries.push(Entry {
            kind: "juminhyo-utsushi".to_owned(),
            copies: 1,
            cover: cover.clone(),
            data: Data::from(String::from("{}")),
        }),
        Act::Approve => work.seen.push(Seen { entry: EntryId(1), cover: cover.clone() }),
        _ => {}
    }
    Some((work, *waiting.roles.first()?))
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
    pub fn new(
        press: &'a Press,
        city: &'a City,
        key: &'a MarkKey,
        paper: Paper,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            issuing: Issuing { press, city, key, host: "verify.mihon.example", paper },
            way: Way::new()?,
            terminal: Terminal { number: 1, name: "本庁01".to_owned(), printer: "P003".to_owned() },
            serial: 0,
        })
    }

    /// Reads, walks and seals one household; the file.
    pub fn issue(&mut self, household: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let document = read(household, self.issuing.press)?;
        let office = self.issuing.city.office("kita-ku")?;
        let day = specimen_day()?;
        let warrant = self.way.approve(&self.issuing.cover(&document, office, day)?)?;
        self.serial = self.serial.wrapping_add(1).max(1);
        let number = self.terminal.number_line(day, self.serial);
        let page = self.issuing.seal(&warrant, &document, office, &number, &self.terminal)?;
        Ok(page.pdf().to_vec())
    }
}

/// Reads a household with all its checks.
pub fn read(household: &[u8], press: &Press) -> Result<Composed, Box<dyn std::error::Error>> {
    let kind = Kind::by_id("juminhyo-utsushi").ok_or("no such kind")?;
    Ok(kind.read(household, &**press.typefaces())?)
}
