//! Under which names a document's case is found again: by the names of people and bodies on it, and by
//! their 宛名番号. 個人番号 and 住民票コード are none of these, and are never searched.

use super::json::Json;
use crate::domain::calendar::RecordedDate;
use crate::domain::text::search_form;

/// Fields whose texts are names: as the kinds have them, with those of a foreign resident's parts.
const NAMES: [&str; 10] = [
    "shimei",
    "shoyusha_shimei",
    "shimei_meisho",
    "meisho",
    "setainushi",
    "hittosha",
    "todokedenin",
    "tsusho",
    "kyushi",
    "katakana",
];
/// A list of names, where its items are texts.
const LISTED: &str = "taishosha";
/// Fields whose texts are numbers by which people and households are told apart.
const NUMBERS: [(&str, Field); 2] = [("atena_bango", Field::AtenaBango), ("setai_bango", Field::SetaiBango)];

/// What something is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// 氏名・名称.
    Shimei,
    /// 宛名番号.
    AtenaBango,
    /// 世帯番号.
    SetaiBango,
    /// 氏 alone.
    Shi,
    /// 氏名の振り仮名.
    Furigana,
    /// 氏の振り仮名 alone.
    FuriganaShi,
    /// 生年月日.
    Seinengappi,
    /// 住所 without 方書.
    Jusho,
    /// 住所 up to the 町.
    Cho,
}

impl Field {
    /// All, by how few are found by one: the register goes through those who are found by the first.
    pub const RAREST_FIRST: [Self; 9] = [
        Self::AtenaBango,
        Self::SetaiBango,
        Self::Jusho,
        Self::Shimei,
        Self::Furigana,
        Self::Seinengappi,
        Self::Shi,
        Self::FuriganaShi,
        Self::Cho,
    ];

    /// The word by which the register knows it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Shimei => "shimei",
            Self::AtenaBango => "atena-bango",
            Self::SetaiBango => "setai-bango",
            Self::Shi => "shi",
            Self::Furigana => "furigana",
            Self::FuriganaShi => "furigana-shi",
            Self::Seinengappi => "seinengappi",
            Self::Jusho => "jusho",
            Self::Cho => "cho",
        }
    }
}

/// A name or number in the form in which it is looked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// What it is.
    pub field: Field,
    /// In its [`search_form`].
    pub text: String,
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Name({}, ***)", self.field.key())
    }
}

impl Name {
    /// What somebody looks for.
    pub fn new(field: Field, text: &str) -> Self {
        // A day is looked for in whichever calendar it was written.
        let day = text.parse::<RecordedDate>().ok().and_then(|date| date.calendar_day());
        match day.filter(|_| field == Field::Seinengappi) {
            Some(day) => Self { field, text: day.to_string() },
            None => Self { field, text: search_form(text) },
        }
    }
}

/// Every name and 宛名番号 in the data of a document, each once, in order.
pub fn names(data: &[u8]) -> Vec<Name> {
    let mut names = Vec::new();
    // What was entered was read before: data that is no JSON has no names.
    if let Ok(json) = Json::read(data) {
        collect(&json, &mut names);
    }
    names.retain(|name: &Name| !name.text.is_empty());
    names.sort();
    names.dedup();
    names
}

/// Whom a document is about: everyone by their number, and whoever has none beside them by their name. A
/// name that stands with a number elsewhere on it is not asked for again.
pub fn about(data: &[u8]) -> Vec<Name> {
    let (mut about, mut numbered) = (Vec::new(), Vec::new());
    if let Ok(json) = Json::read(data) {
        divide(&json, &mut about, &mut numbered);
    }
    about.retain(|name: &Name| !name.text.is_empty() && (name.field != Field::Shimei || !numbered.contains(name)));
    about.sort();
    about.dedup();
    about
}

/// Goes down to whoever has a number, and takes what stands there with it; other names apart.
fn divide(json: &Json, about: &mut Vec<Name>, numbered: &mut Vec<Name>) {
    let mut here = Vec::new();
    match json {
        Json::Map(entries) if entries.iter().any(|(key, _)| key == "atena_bango") => {
            collect(json, &mut here);
            let (names, numbers): (Vec<_>, _) = here.into_iter().partition(|name| name.field == Field::Shimei);
            numbered.extend(names);
            about.extend::<Vec<Name>>(numbers);
        }
        Json::Map(entries) => {
            collect_here(entries, &mut here);
            about.extend(here);
            entries.iter().for_each(|(_, value)| divide(value, about, numbered));
        }
        Json::List(items) => items.iter().for_each(|item| divide(item, about, numbered)),
        Json::Null | Json::Flag(_) | Json::Number(_) | Json::Text(_) => {}
    }
}

fn collect(json: &Json, names: &mut Vec<Name>) {
    match json {
        Json::Map(entries) => {
            collect_here(entries, names);
            entries.iter().for_each(|(_, value)| collect(value, names));
        }
        Json::List(items) => items.iter().for_each(|item| collect(item, names)),
        Json::Null | Json::Flag(_) | Json::Number(_) | Json::Text(_) => {}
    }
}

/// What stands in a map itself.
fn collect_here(entries: &[(String, Json)], names: &mut Vec<Name>) {
    for (key, value) in entries {
        if NAMES.contains(&key.as_str()) {
            name(value, names);
        }
        if let (LISTED, Json::List(items)) = (key.as_str(), value) {
            let texts = items.iter().filter(|item| matches!(item, Json::Text(_)));
            texts.for_each(|text| name(text, names));
        }
        let number = NUMBERS.iter().find(|(known, _)| known == key);
        if let (Some((_, field)), Json::Text(text)) = (number, value) {
            names.push(Name::new(*field, text));
        }
    }
}

/// A name: a text, 氏 and 名 apart, or one of several scripts.
fn name(value: &Json, names: &mut Vec<Name>) {
    let Json::Map(entries) = value else {
        if let Json::Text(text) = value {
            names.push(Name::new(Field::Shimei, text));
        }
        return;
    };
    let half = |wanted: &str| {
        entries.iter().find_map(|(key, value)| match value {
            Json::Text(text) if key == wanted => Some(text.as_str()),
            _ => None,
        })
    };
    match (value.nothing(), half("shi"), half("mei")) {
        (Some(_), ..) => {}
        (None, Some(shi), Some(mei)) => names.push(Name::new(Field::Shimei, &format!("{shi}{mei}"))),
        _ => entries.iter().for_each(|(_, value)| name(value, names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::catalog::KINDS;

    fn found(data: serde_json::Value) -> Vec<(&'static str, String)> {
        names(data.to_string().as_bytes()).into_iter().map(|name| (name.field.key(), name.text)).collect()
    }

    #[test]
    fn names_are_found_however_a_kind_holds_them() {
        let name = |shimei: serde_json::Value| found(serde_json::json!({ "hito": [{ "shimei": shimei }] }));
        let one = |text: &str| vec![("shimei", text.to_owned())];
        assert_eq!(name("見本　太郎".into()), one("見本太郎"));
        assert_eq!(name(serde_json::json!({ "shi_mei": { "shi": "見本", "mei": "太郎" } })), one("見本太郎"));
        assert_eq!(name(serde_json::json!({ "zenbu": "見本太郎" })), one("見本太郎"));
        assert_eq!(name(serde_json::json!({ "nothing": "omitted" })), vec![]);
        let both = serde_json::json!({ "alphabet": "Mihon Maria", "kanji": "見本真理" });
        assert_eq!(name(both), [one("MIHONMARIA"), one("見本真理")].concat());
        let listed = serde_json::json!({ "hittosha": "見本太郎", "taishosha": ["見本　花子"] });
        assert_eq!(found(listed), [one("見本太郎"), one("見本花子")].concat());
        assert_eq!(found(serde_json::json!({ "taishosha": "zenin" })), vec![]);
        assert_eq!(found(serde_json::json!({ "atena_bango": "1000012" })), vec![("atena-bango", "1000012".to_owned())]);
    }

    #[test]
    fn whoever_has_no_number_beside_them_is_asked_for_by_name() {
        let asked = |data: serde_json::Value| {
            let about = about(data.to_string().as_bytes()).into_iter();
            about.map(|name| format!("{} {}", name.field.key(), name.text)).collect::<Vec<_>>()
        };
        let taro =
            serde_json::json!({ "atena_bango": "1000012", "kokumin": { "shimei": "見本太郎", "hittosha": "別" } });
        let hanako = serde_json::json!({ "shimei": "見本花子" });
        let sheet =
            serde_json::json!({ "setainushi": "見本　太郎", "setai_bango": "2000016", "setaiin": [taro, hanako] });
        assert_eq!(asked(sheet), ["shimei 見本花子", "atena-bango 1000012", "setai-bango 2000016"]);
        assert_eq!(asked(serde_json::json!({ "nozeisha": { "shimei": "見本太郎" } })), ["shimei 見本太郎"]);
        let other = serde_json::json!({ "setainushi": "見本三郎", "hito": { "atena_bango": "1000012" } });
        assert_eq!(asked(other), ["shimei 見本三郎", "atena-bango 1000012"]);
    }

    #[test]
    fn numbers_that_nobody_may_search_are_no_names() {
        let numbers = serde_json::json!({ "kojin_bango": "123456789018", "juminhyo_code": "24727059608" });
        assert_eq!(found(numbers), vec![]);
    }

    /// Sheets on which nobody stands.
    const NOBODYS: [&str; 4] = ["bangofuda", "kofubo", "nikkei", "receipt"];

    #[test]
    fn every_kind_about_somebody_is_found_by_a_name() {
        for kind in KINDS.iter().filter(|kind| !NOBODYS.contains(&kind.id)) {
            let sample = std::fs::read(kind.sample()).unwrap();
            let by_name = names(&sample).iter().any(|name| name.field == Field::Shimei);
            assert!(by_name, "{}", kind.id);
        }
    }
}
