//! Measuring: sealed households of four, different each time, as an office would issue them.

use serde_json::{Value, json};

use crate::case::{Actor, Case, Command};
use crate::document::catalog::{Composed, Kind};
use crate::press::Press;
use crate::press::mark::MarkKey;
use crate::press::sheet::Paper;
use crate::procedure::Party;

use super::city::City;
use super::specimen::specimen_day;
use super::{Issuing, Numbers, Terminal};

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

/// Issues households one after the other.
pub struct Line<'a> {
    issuing: Issuing<'a>,
    numbers: Numbers,
    terminal: Terminal,
}

impl<'a> Line<'a> {
    /// A line over a press.
    pub fn new(press: &'a Press, city: &'a City, key: &'a MarkKey, paper: Paper) -> Self {
        Self {
            issuing: Issuing { press, city, key, host: "verify.mihon.example", paper },
            numbers: Numbers::default(),
            terminal: Terminal { number: 1, name: "本庁01".to_owned(), printer: "P003".to_owned() },
        }
    }

    /// Reads, walks and seals one household; the file.
    pub fn issue(&mut self, household: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let document = read(household, self.issuing.press)?;
        let office = self.issuing.city.office("kita-ku")?;
        let day = specimen_day()?;
        let short = document.digest().short();
        let cover = self.issuing.press.cover(&document, &self.issuing.surround(office, day, &short)?);
        let person = |id: &str, party| Actor { id: id.to_owned(), party };
        let mut case = Case::receive(person("a", Party::Contractor))?;
        for (command, actor) in [
            (Command::Enter { cover: cover.clone() }, person("a", Party::Contractor)),
            (Command::Collate, person("b", Party::Contractor)),
            (Command::Examine, person("c", Party::City)),
            (Command::Approve { cover }, person("c", Party::City)),
        ] {
            let event = case.decide(command, &actor)?;
            case = case.apply(event);
        }
        let issued = self.issuing.issue(&case, &document, office, day, &self.terminal, &mut self.numbers)?;
        Ok(issued.page.pdf().to_vec())
    }
}

/// Reads a household with all its checks.
pub fn read(household: &[u8], press: &Press) -> Result<Composed, Box<dyn std::error::Error>> {
    let kind = Kind::by_id("juminhyo-utsushi").ok_or("no such kind")?;
    Ok(kind.read(household, &**press.typefaces())?)
}
