//! 住居表示変更証明書 (住居表示に関する法律): how the name of a place changed, though nobody moved. It
//! goes to the land or company register (登記) and costs nothing.

use crate::domain::calendar::WarekiDate;
use crate::domain::number::HojinBango;
use crate::{choice, either, record};

use super::Document;
use super::entry::Known;
use super::jumin::Shimei;
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

either! {
    /// Whose place it is.
    pub enum JukyohyojiHenkoShomei {
        /// 個人の住所.
        Kojin(Kojin) = "kojin",
        /// 法人の所在地.
        Hojin(Hojin) = "hojin",
        /// 本籍.
        Honseki(Honseki) = "honseki",
    }
}

record! {
    /// A person at their 住所.
    pub struct Kojin {
        /// 氏名.
        pub shimei: Shimei,
        /// Changes, oldest first.
        pub henko: Vec<Henko>,
    }
}

record! {
    /// A legal person at its seat.
    pub struct Hojin {
        /// 名称.
        pub meisho: Text,
        /// 法人番号; absent where it is not to be printed.
        pub hojin_bango: Option<HojinBango>,
        /// Changes, oldest first.
        pub henko: Vec<Henko>,
    }
}

record! {
    /// A family register at its 本籍.
    pub struct Honseki {
        /// 筆頭者氏名.
        pub hittosha: Shimei,
        /// Changes, oldest first.
        pub henko: Vec<Henko>,
    }
}

record! {
    /// One change.
    pub struct Henko {
        /// 変更前の表示.
        pub mae: Text,
        /// 変更後の表示.
        pub ato: Text,
        /// 変更年月日.
        pub henko_hi: WarekiDate,
        /// 変更の事由.
        pub jiyu: Jiyu,
        /// 根拠: law and 告示.
        pub konkyo: Known<Text>,
        /// 備考, a line each.
        pub biko: Vec<Text>,
    }
}

choice! {
    /// 変更の事由.
    pub enum Jiyu {
        /// 住居表示の実施.
        Jisshi = "jisshi",
        /// 住居表示の変更.
        Henko = "henko",
        /// 町名変更.
        ChomeiHenko = "chomei-henko",
        /// 地番整理.
        ChibanSeiri = "chiban-seiri",
        /// 行政区画変更.
        GyoseiKukakuHenko = "gyosei-kukaku-henko",
    }
}

impl JukyohyojiHenkoShomei {
    fn key(&self) -> &'static str {
        match self {
            Self::Kojin(_) => "kojin",
            Self::Hojin(_) => "hojin",
            Self::Honseki(_) => "honseki",
        }
    }

    /// Name on every sheet, and its field.
    fn name(&self) -> (String, &'static str) {
        match self {
            Self::Kojin(person) => (person.shimei.printed(), "shimei"),
            Self::Hojin(person) => (person.meisho.as_str().to_owned(), "meisho"),
            Self::Honseki(register) => (register.hittosha.printed(), "hittosha"),
        }
    }

    fn hojin_bango(&self) -> Option<&HojinBango> {
        match self {
            Self::Hojin(person) => person.hojin_bango.as_ref(),
            Self::Kojin(_) | Self::Honseki(_) => None,
        }
    }

    fn henko(&self) -> &[Henko] {
        match self {
            Self::Kojin(person) => &person.henko,
            Self::Hojin(person) => &person.henko,
            Self::Honseki(register) => &register.henko,
        }
    }

    /// Key of the 認証文: the verb is that of the cause; of several causes it is the general one.
    fn ninsho(&self) -> String {
        let mut causes = self.henko().iter().map(|henko| henko.jiyu);
        let first = causes.next().unwrap_or(Jiyu::Henko);
        let cause = if causes.all(|cause| cause == first) { first } else { Jiyu::Henko };
        let whose = if matches!(self, Self::Honseki(_)) { "honseki" } else { "jusho" };
        format!("ninsho.{whose}.{}", cause.key())
    }
}

impl Document for JukyohyojiHenkoShomei {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.at(self.key(), |reader| reader.at("henko", |reader| check_changes(self.henko(), reader)));
    }

    fn view(&self, words: &Words) -> View {
        let (name, field) = self.name();
        let path = self.key();
        let mut draft = Draft::new(words, words.get("title"), self.henko().len());
        draft.shape("whose", path);
        draft.shape("hojin_bango", self.hojin_bango().is_some());
        for (sheet, henko) in self.henko().iter().enumerate() {
            draft.put(format!("s{sheet}.shimei"), name.clone(), format!("{path}.{field}"));
            if let Some(number) = self.hojin_bango() {
                let text = words.fill("hojin-bango", &[("bango", number.as_str())]);
                draft.put(format!("s{sheet}.hojin_bango"), text, format!("{path}.hojin_bango"));
            }
            for (item, text) in henko.items(&draft) {
                draft.put(format!("s{sheet}.{item}"), text, format!("{path}.henko[{sheet}].{item}"));
            }
        }
        draft.subject(name);
        draft.certify(words.get(&self.ninsho()));
        draft.finish()
    }
}

impl Henko {
    fn items(&self, draft: &Draft<'_>) -> [(&'static str, String); 6] {
        let words = draft.words();
        let biko: Vec<&str> = self.biko.iter().map(Text::as_str).collect();
        [
            ("mae", self.mae.as_str().to_owned()),
            ("ato", self.ato.as_str().to_owned()),
            ("henko_hi", words.date(self.henko_hi.recorded(), DateStyle::Grid)),
            ("jiyu", words.get(&format!("jiyu.{}", self.jiyu.key())).to_owned()),
            ("konkyo", draft.entry(&self.konkyo, |text| text.as_str().to_owned())),
            ("biko", biko.join("\n")),
        ]
    }
}

/// Refuses changes that are none, that are not in order, or that do not lead from one to the next.
fn check_changes(changes: &[Henko], reader: &mut Reader<'_>) {
    if changes.is_empty() {
        reader.refuse::<()>("no-change");
    }
    for (index, henko) in changes.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|earlier| changes.get(earlier));
        reader.at_index(index, |reader| check_change(before, henko, reader));
    }
}

fn check_change(before: Option<&Henko>, henko: &Henko, reader: &mut Reader<'_>) {
    if henko.mae == henko.ato {
        reader.at("ato", |reader| reader.refuse::<()>("changes-nothing"));
    }
    let Some(before) = before else { return };
    if henko.henko_hi.recorded().certainly_before(before.henko_hi.recorded()) {
        reader.at("henko_hi", |reader| reader.refuse::<()>("not-oldest-first"));
    }
    if henko.mae != before.ato {
        reader.at("mae", |reader| reader.refuse::<()>("not-what-it-had-become"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::catalog::Kind;
    use crate::document::refusal::Refusal;
    use crate::domain::text::Anything;
    use serde_json::{Value, json};

    const WORDS: &str = include_str!("../../templates/words/jukyohyoji-henko-shomei.toml");
    const COMMON: &str = include_str!("../../templates/words/common.toml");

    fn henko(mae: &str, ato: &str, hi: &str, jiyu: &str) -> Value {
        json!({ "mae": mae, "ato": ato, "henko_hi": hi, "jiyu": jiyu, "konkyo": { "nothing": "no-data" }, "biko": [] })
    }

    fn kojin(henko: Vec<Value>) -> Value {
        json!({ "kojin": { "shimei": { "shi_mei": { "shi": "見本", "mei": "太郎" } }, "henko": henko } })
    }

    fn read(document: &Value) -> Result<View, Vec<Refusal>> {
        let words = Words::read([("common", COMMON), ("own", WORDS)]).unwrap();
        let kind = Kind::by_id("jukyohyoji-henko-shomei").unwrap();
        let read = kind.read(document.to_string().as_bytes(), &Anything);
        read.map(|composed| composed.view(&words)).map_err(|refusals| refusals.0)
    }

    #[test]
    fn the_cause_chooses_the_verb_and_several_causes_the_general_one() {
        for (causes, verb) in [
            (vec!["jisshi"], "住居表示が実施された"),
            (vec!["henko"], "住居表示が変更された"),
            (vec!["chomei-henko"], "町名が変更された"),
            (vec!["chiban-seiri"], "地番が整理された"),
            (vec!["gyosei-kukaku-henko"], "行政区画が変更された"),
            (vec!["jisshi", "jisshi"], "住居表示が実施された"),
            (vec!["chomei-henko", "jisshi"], "住居表示が変更された"),
        ] {
            let changes = causes.iter().enumerate().map(|(index, jiyu)| {
                henko(&index.to_string(), &(index + 1).to_string(), &format!("S5{index}-02-13"), jiyu)
            });
            let view = read(&kojin(changes.collect())).unwrap();
            assert_eq!(view.sheets, causes.len());
            assert!(view.certification.as_ref().unwrap().contains(verb), "{causes:?} {view:?}");
        }
    }

    #[test]
    fn of_a_family_register_the_honseki_is_certified() {
        let changes = vec![henko("旧町一番地", "新町一番地", "S53-02-13", "chomei-henko")];
        let view = read(&json!({ "honseki": { "hittosha": { "zenbu": "見本太郎" }, "henko": changes } })).unwrap();
        assert!(view.certification.unwrap().contains("本籍"));
    }

    #[test]
    fn a_chain_of_changes_that_breaks_is_refused_where_it_breaks() {
        let first = || henko("甲", "乙", "S53-02-13", "jisshi");
        for (changes, path, code) in [
            (vec![], "", "no-change"),
            (vec![henko("甲", "甲", "S53-02-13", "jisshi")], "[0].ato", "changes-nothing"),
            (vec![first(), henko("丙", "丁", "H1-01-08", "jisshi")], "[1].mae", "not-what-it-had-become"),
            (vec![first(), henko("乙", "丁", "S53-02-12", "jisshi")], "[1].henko_hi", "not-oldest-first"),
            (vec![first(), henko("乙", "丁", "S52", "jisshi")], "[1].henko_hi", "not-oldest-first"),
        ] {
            let refusals = read(&kojin(changes)).unwrap_err();
            assert_eq!(refusals, [Refusal::new(format!("kojin.henko{path}"), code)]);
        }
        for hi in ["S53-02-13", "S53", "S54-01-01"] {
            assert!(read(&kojin(vec![first(), henko("乙", "丁", hi, "jisshi")])).is_ok(), "{hi}");
        }
    }

    #[test]
    fn every_sheet_names_whom_it_concerns() {
        let changes = vec![henko("甲", "乙", "S53-02-13", "jisshi"), henko("乙", "丙", "H13-05-14", "jisshi")];
        let document =
            json!({ "hojin": { "meisho": "株式会社見本", "hojin_bango": "9000000000000", "henko": changes } });
        let view = read(&document).map_err(|refusals| format!("{refusals:?}")).unwrap();
        for slot in ["s0.shimei", "s1.shimei", "s0.hojin_bango", "s1.hojin_bango"] {
            assert!(view.values.iter().any(|value| value.slot == slot), "{slot}");
        }
    }
}
