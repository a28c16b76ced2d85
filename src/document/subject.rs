//! 住民等: what the city's systems hold of somebody at a moment. Certificates are composed from it; it is
//! never changed, only followed by a newer one (宛名番号, 履歴番号).

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::Kind;
use super::change::is_to_come;
use super::entry::Perhaps;
use super::json::{Json, JsonError};
use super::jumin::{self, Jumin, Jusho};
use super::juminhyo_utsushi::{Ido, ShojoJiyu};
use super::names::{Field, Name, names};
use super::parse::{Parse, Reader, Text};
use super::refusal::{Refusal, Refusals};
use super::tenshutsu_shomeisho::{Nenkin, Umu};
use crate::domain::calendar::{Day, WarekiDate};
use crate::domain::number::{AtenaBango, SetaiBango};
use crate::domain::text::{Repertoire, search_form};
use crate::{choice, record, whole_number};

/// The word for the record of a resident, out of which several kinds are composed.
pub const JUMIN: &str = "jumin";

/// Kinds whose content a system of the city holds as it is to be certified.
const HELD: [&str; 6] = [
    "juminhyo-utsushi-koiki",
    "inkan-toroku-shomeisho",
    "kazei-shotoku-shomeisho",
    "nozei-shomeisho",
    "keijidosha-nozei-shomeisho",
    "kotei-hyoka-shomeisho",
];

choice! {
    /// What became of it.
    pub enum Status {
        /// 現存: in force.
        Genzon = "genzon",
        /// 消除: a 除票.
        Shojo = "shojo",
        /// 異動中: somebody is changing it now.
        Idochu = "idochu",
        /// 廃印: the seal was abolished.
        Haiin = "haiin",
    }
}

whole_number! {
    /// 履歴番号: 1 for the first; the greatest is the newest.
    RirekiBango: 1..=999_999, "rireki-bango-out-of-range";
}

record! {
    /// A resident as the city's system holds them: everything, nothing omitted.
    pub struct Resident {
        /// 世帯番号.
        pub setai_bango: SetaiBango,
        /// 世帯主の氏名.
        pub setainushi: Text,
        /// 住所.
        pub jusho: Jusho,
        /// The person.
        pub hito: Jumin,
        /// 異動履歴, oldest first.
        pub rireki: Vec<Ido>,
        /// 消除; absent of a resident.
        pub shojo: Option<Shojo>,
        /// 資格: national health insurance and the like; absent where the city keeps them elsewhere.
        pub shikaku: Option<Shikaku>,
    }
}

record! {
    /// 消除.
    pub struct Shojo {
        /// 事由.
        pub jiyu: ShojoJiyu,
        /// 事由の生じた年月日.
        pub jiyu_hi: WarekiDate,
        /// 転出先住所（予定）.
        pub tenshutsusaki_yotei: Perhaps<Jusho>,
        /// 転出先住所（確定）.
        pub tenshutsusaki_kakutei: Perhaps<Jusho>,
        /// 届出年月日.
        pub shojo_todokede_hi: Perhaps<WarekiDate>,
        /// 転入通知年月日.
        pub tennyu_tsuchi_hi: Perhaps<WarekiDate>,
    }
}

record! {
    /// 資格 that go with whoever moves out.
    pub struct Shikaku {
        /// 国民健康保険の被保険者.
        pub kokuho: Umu,
        /// 後期高齢者医療の被保険者.
        pub koki: Umu,
        /// 介護保険の被保険者.
        pub kaigo: Umu,
        /// 国民年金の被保険者.
        pub nenkin: Perhaps<Nenkin>,
        /// 児童手当の受給.
        pub jido_teate: Umu,
    }
}

/// What is held of somebody, checked.
#[derive(Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// `jumin`, or the kind whose content it is.
    pub kind: String,
    /// 宛名番号.
    pub atena_bango: String,
    /// 履歴番号.
    pub rireki_bango: u32,
    /// As of when, in milliseconds since 1970.
    pub as_of: i64,
    /// What became of it, by its word.
    pub status: String,
    /// The data, as it came.
    pub data: Value,
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subject({}, {}, ***)", self.kind, self.rireki_bango)
    }
}

/// What a subject is found by besides names and numbers.
const FURIGANA: [&str; 1] = ["furigana"];

impl Subject {
    /// Reads what a system of the city says: `kind`, `atena_bango`, `rireki_bango`, `as_of` (RFC 3339),
    /// `status`, `data`.
    ///
    /// # Errors
    /// Everything that is refused, with its path.
    pub fn read(bytes: &[u8], repertoire: &dyn Repertoire) -> Result<Self, Refusals> {
        let json = Json::read(bytes).map_err(|error| Refusals::from(error.refusal()))?;
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| Refusals::from(JsonError::from(error).refusal()))?;
        let mut reader = Reader::new(repertoire);
        let subject = Self::parse(&json, &value, &mut reader);
        match (Refusals::of(reader.into_found().refusals), subject) {
            (None, Some(subject)) => Ok(subject),
            (refused, _) => Err(refused.unwrap_or(Refusals(Vec::new()))),
        }
    }

    fn parse(json: &Json, value: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let entries =
            reader.record(json, &["kind", "atena_bango", "rireki_bango", "as_of", "status", "data"])?.to_vec();
        let kind = reader.field::<Text>(&entries, "kind");
        let atena_bango = reader.field::<AtenaBango>(&entries, "atena_bango");
        let rireki_bango = reader.field::<RirekiBango>(&entries, "rireki_bango");
        let as_of = reader.field::<Text>(&entries, "as_of").and_then(|text| moment(&text, reader));
        let status = reader.field::<Status>(&entries, "status");
        let data = entries.iter().find(|(key, _)| key == "data").map(|(_, data)| data);
        let (kind, atena_bango, status) = (kind?, atena_bango?, status?);
        let Some(data) = data else { return reader.at("data", |reader| reader.refuse("missing-field")) };
        reader.at("data", |reader| check_data(kind.as_str(), &atena_bango, status, data, &value["data"], reader));
        Some(Self {
            kind: kind.as_str().to_owned(),
            atena_bango: atena_bango.as_str().to_owned(),
            rireki_bango: u32::try_from(rireki_bango?.get()).ok()?,
            as_of: as_of?,
            status: status.key().to_owned(),
            data: value["data"].clone(),
        })
    }

    /// Reads what came of a change as it would be read from a system of the city.
    ///
    /// # Errors
    /// Everything that is refused, with its path.
    pub fn check(&self, repertoire: &dyn Repertoire) -> Result<(), Refusals> {
        let refuse = |code| Refusals::from(Refusal::new("data", code));
        let data = Json::read(self.data.to_string().as_bytes()).map_err(|error| refuse(error.code()))?;
        let number = AtenaBango::parse(&self.atena_bango).map_err(|error| refuse(error.code()))?;
        let status = Status::ALL.iter().find(|status| status.key() == self.status);
        let status = *status.ok_or_else(|| refuse("not-a-choice"))?;
        let mut reader = Reader::new(repertoire);
        reader.at("data", |reader| check_data(&self.kind, &number, status, &data, &self.data, reader));
        Refusals::of(reader.into_found().refusals).map_or(Ok(()), Err)
    }

    /// As it stands on a day: whoever is to move out is a resident until the day of moving, and a 除票 from it on.
    #[must_use]
    pub fn on(mut self, day: Day) -> Self {
        if self.status != Status::Idochu.key() || self.data.get("shojo").is_none_or(Value::is_null) {
            return self;
        }
        if is_to_come(&self.data["shojo"]["jiyu_hi"], day) {
            self.status = Status::Genzon.key().to_owned();
            self.data.as_object_mut().map(|data| data.remove("shojo"));
        } else {
            self.status = Status::Shojo.key().to_owned();
        }
        self
    }

    /// Which subject it is, whatever its 履歴番号.
    pub fn key(&self) -> String {
        key_of(&self.kind, &self.atena_bango)
    }

    /// 世帯番号, of a resident.
    pub fn setai_bango(&self) -> Option<&str> {
        self.data.get("setai_bango").and_then(Value::as_str)
    }

    /// Whether it is in force.
    pub fn is_in_force(&self) -> bool {
        self.status == Status::Genzon.key()
    }

    /// Whether it is a 除票.
    pub fn is_removed(&self) -> bool {
        self.status == Status::Shojo.key()
    }

    /// By what it is found: names whole and by the 氏 alone, 振り仮名, 生年月日, 住所 without 方書 and by
    /// 町 alone, numbers. 個人番号 and 住民票コード are none of these.
    pub fn found_by(&self) -> Vec<Name> {
        let mut found = names(self.data.to_string().as_bytes());
        found.push(Name::new(Field::AtenaBango, &self.atena_bango));
        collect(&self.data, &mut found);
        found.retain(|name| !name.text.is_empty());
        found.sort();
        found.dedup();
        found
    }
}

/// Which subject it is, by its kind and 宛名番号.
pub fn key_of(kind: &str, atena_bango: &str) -> String {
    format!("{kind}/{atena_bango}")
}

/// What else is looked for, wherever it stands.
fn collect(value: &Value, found: &mut Vec<Name>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("shi_mei", Value::Object(name)) => {
                        found.extend(name.get("shi").and_then(Value::as_str).map(|shi| Name::new(Field::Shi, shi)));
                    }
                    ("seinengappi", Value::String(day)) => found.push(Name::new(Field::Seinengappi, day)),
                    ("jusho", Value::String(jusho)) => {
                        found.push(Name::new(Field::Jusho, jusho));
                        found.push(Name::new(Field::Cho, &cho(jusho)));
                    }
                    (key, value) if FURIGANA.contains(&key) => furigana(value, found),
                    _ => {}
                }
                collect(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn furigana(value: &Value, found: &mut Vec<Name>) {
    let half = |half: &str| value.get(half).and_then(Value::as_str).unwrap_or_default();
    let whole = value.as_str().map_or_else(|| format!("{}{}", half("shi"), half("mei")), str::to_owned);
    found.push(Name::new(Field::Furigana, &whole));
    found.push(Name::new(Field::FuriganaShi, half("shi")));
}

/// An address up to its first digit: prefecture to 町. Digits of 丁目 are written in kanji.
fn cho(jusho: &str) -> String {
    search_form(jusho).chars().take_while(|c| !c.is_numeric()).collect()
}

fn moment(text: &Text, reader: &mut Reader<'_>) -> Option<i64> {
    match DateTime::parse_from_rfc3339(text.as_str()) {
        Ok(moment) => Some(moment.timestamp_millis()),
        Err(_) => reader.at("as_of", |reader| reader.refuse("not-a-moment")),
    }
}

fn check_data(
    kind: &str,
    atena_bango: &AtenaBango,
    status: Status,
    data: &Json,
    value: &Value,
    reader: &mut Reader<'_>,
) {
    if kind == JUMIN {
        let Some(resident) = Resident::parse(data, reader) else { return };
        if resident.hito.atena_bango != *atena_bango {
            reader.at("hito", |reader| reader.at("atena_bango", |reader| reader.refuse::<()>("other-atena-bango")));
        }
        // Of 異動中, a 消除 of a day to come may be known already.
        if resident.shojo.is_some() != (status == Status::Shojo) && status != Status::Idochu {
            reader.at("shojo", |reader| reader.refuse::<()>("status-and-shojo-differ"));
        }
        reader.at("hito", |reader| jumin::check_dates(&resident.hito, reader));
        omitted(value, reader);
        return;
    }
    match Kind::by_id(kind).filter(|known| HELD.contains(&known.id)) {
        Some(kind) => kind.read_at(data, reader),
        None => {
            let refusal =
                Refusal::new("kind", "not-a-choice").with("choices", [&[JUMIN], &HELD[..]].concat().join(", "));
            reader.push::<()>(refusal);
        }
    }
}

/// Refuses what is omitted: a register omits nothing.
fn omitted(value: &Value, reader: &mut Reader<'_>) {
    match value {
        Value::Object(entries) if entries.get("nothing").and_then(Value::as_str) == Some("omitted") => {
            reader.refuse::<()>("omitted-in-a-register");
        }
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| reader.at(key, |reader| omitted(value, reader)))
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                reader.at_index(index, |reader| omitted(item, reader));
            }
        }
        _ => {}
    }
}
