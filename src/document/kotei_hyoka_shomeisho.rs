//! 固定資産（土地・家屋）評価証明書 and 公課証明書 (地方税法382条の3).

use std::str::FromStr;

use serde_json::json;

use crate::domain::money::Yen;
use crate::{either, record};

use super::Document;
use super::cbor::Cbor;
use super::entry::{IfAny, Nothing, Perhaps};
use super::json::Json;
use super::jumin::Jusho;
use super::parse::{Count, Parse, Reader, Text, parse_with};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};
use super::zei::{Gaku, Nen, Nendo, NoItems, check_sum, each, or_none, refuse_at, refuse_repeated, total};

record! {
    /// 評価証明書 or 公課証明書 of what one owner, or one group of owners, holds.
    pub struct KoteiHyokaShomeisho {
        /// 年度. The 賦課期日 is its 1 January.
        pub nendo: Nendo,
        /// 所有者の住所又は所在地.
        pub shoyusha_jusho: Jusho,
        /// 所有者の氏名又は名称.
        pub shoyusha_shimei: Text,
        /// 単独 or 共有. What is owned otherwise is certified on another certificate.
        pub shoyu_keitai: ShoyuKeitai,
        /// What is certified.
        pub kotei_shomei: KoteiShomei,
    }
}

either! {
    /// 所有形態.
    pub enum ShoyuKeitai {
        /// 単独所有.
        Tandoku(NoItems) = "tandoku",
        /// 共有.
        Kyoyu(Kyoyu) = "kyoyu",
    }
}

record! {
    /// 共有.
    pub struct Kyoyu {
        /// Number of owners besides the one named (外○名).
        pub hoka_ninzu: Count,
        /// 持分 of the one named, as registered.
        pub mochibun: Option<Text>,
    }
}

either! {
    /// What is certified. A 評価証明書 holds no tax, so that none can be printed.
    pub enum KoteiShomei {
        /// 評価証明書.
        Hyoka(Hyoka) = "hyoka",
        /// 公課証明書.
        Koka(Koka) = "koka",
    }
}

record! {
    /// 評価証明書.
    pub struct Hyoka {
        /// Properties, in the order of printing.
        pub bukken: Vec<Bukken>,
        /// 評価額の合計.
        pub hyokagaku_gokei: Gaku,
        /// 件数.
        pub kensu: Count,
    }
}

record! {
    /// 公課証明書.
    pub struct Koka {
        /// Properties, in the order of printing.
        pub kazei_bukken: Vec<KazeiBukken>,
        /// 評価額の合計.
        pub hyokagaku_gokei: Gaku,
        /// 税相当額の合計, both taxes together.
        pub zei_sotogaku_gokei: Gaku,
        /// 件数.
        pub kensu: Count,
    }
}

record! {
    /// A property with its taxes.
    pub struct KazeiBukken {
        /// The property.
        pub hyoka_jiko: Bukken,
        /// 固定資産税相当額.
        pub kotei_zei: Gaku,
        /// 都市計画税相当額; not where that tax is not levied.
        pub toshi_zei: IfAny<Gaku>,
    }
}

record! {
    /// A property (物件).
    pub struct Bukken {
        /// 土地 or 家屋.
        pub shubetsu: TochiKaoku,
        /// 所在.
        pub shozai: Text,
        /// 評価額.
        pub hyokagaku: Gaku,
        /// 固定資産税課税標準額.
        pub kotei_hyojun: Gaku,
        /// 都市計画税課税標準額; not where that tax is not levied.
        pub toshi_hyojun: IfAny<Gaku>,
        /// 摘要: 非課税, 軽減 and the like.
        pub tekiyo: Option<Text>,
    }
}

either! {
    /// 種別.
    pub enum TochiKaoku {
        /// 土地.
        Tochi(Tochi) = "tochi",
        /// 家屋.
        Kaoku(Kaoku) = "kaoku",
    }
}

record! {
    /// 土地.
    pub struct Tochi {
        /// 地番, as recorded.
        pub chiban: Text,
        /// 登記地目.
        pub toki_chimoku: Perhaps<Text>,
        /// 現況地目.
        pub genkyo_chimoku: Text,
        /// 登記地積.
        pub toki_chiseki: Perhaps<Menseki>,
        /// 現況地積.
        pub genkyo_chiseki: Menseki,
    }
}

record! {
    /// 家屋.
    pub struct Kaoku {
        /// 家屋番号; a building that is not registered has none.
        pub kaoku_bango: Perhaps<Text>,
        /// 登記の種類.
        pub toki_shurui: Perhaps<Text>,
        /// 現況の用途.
        pub genkyo_yoto: Text,
        /// 登記床面積.
        pub toki_yukamenseki: Perhaps<Menseki>,
        /// 現況床面積.
        pub genkyo_yukamenseki: Menseki,
        /// 構造.
        pub kozo: Text,
        /// 建築年.
        pub kenchikunen: Perhaps<Nen>,
    }
}

/// 面積 in m² to two places, in hundredths; in data `123.45`, as a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Menseki(u64);

/// Not an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("reading an area: not more than 0, or not of up to eight digits and two decimals")]
pub struct MensekiError;

impl FromStr for Menseki {
    type Err = MensekiError;

    fn from_str(text: &str) -> Result<Self, MensekiError> {
        let (whole, part) = text.split_once('.').ok_or(MensekiError)?;
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if !(1..=8).contains(&whole.len()) || part.len() != 2 || leading_zero || !is_digits(whole) || !is_digits(part) {
            return Err(MensekiError);
        }
        match format!("{whole}{part}").parse() {
            Ok(0) | Err(_) => Err(MensekiError),
            Ok(hundredths) => Ok(Self(hundredths)),
        }
    }
}

impl std::fmt::Display for Menseki {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl std::fmt::Debug for Menseki {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Parse for Menseki {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        parse_with(json, reader, str::parse, |_: &MensekiError| "menseki-form")
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Text(self.to_string()))
    }
}

/// Properties of one sheet.
const BUKKEN_A_SHEET: usize = 5;

impl Document for KoteiHyokaShomeisho {
    fn check(&self, reader: &mut Reader<'_>) {
        if matches!(&self.shoyu_keitai, ShoyuKeitai::Kyoyu(Kyoyu { hoka_ninzu: Count(0), .. })) {
            reader.at("shoyu_keitai", |reader| {
                reader.at("kyoyu", |reader| refuse_at("hoka_ninzu", "kyoyu-alone", reader));
            });
        }
        reader.at("kotei_shomei", |reader| match &self.kotei_shomei {
            KoteiShomei::Hyoka(hyoka) => reader.at("hyoka", |reader| hyoka.check(self.nendo, reader)),
            KoteiShomei::Koka(koka) => reader.at("koka", |reader| koka.check(self.nendo, reader)),
        });
    }

    fn view(&self, words: &Words) -> View {
        let lines = self.kotei_shomei.lines();
        let sheets = lines.len().div_ceil(BUKKEN_A_SHEET);
        let mut draft = Draft::new(words, words.get(&format!("title.{}", self.kotei_shomei.key())), sheets);
        let counts: Vec<usize> = lines.chunks(BUKKEN_A_SHEET).map(<[_]>::len).collect();
        draft.shape("bukken", json!(counts));
        for sheet in 0..sheets {
            self.put_heading(&mut draft, sheet);
        }
        for (index, line) in lines.iter().enumerate() {
            line.put(&mut draft, index);
        }
        self.kotei_shomei.put_total(&mut draft);
        draft.subject_of("shoyusha_shimei", self.shoyusha_shimei.as_str());
        draft.certify(words.get("ninsho.shomei"));
        draft.finish()
    }
}

impl KoteiHyokaShomeisho {
    fn put_heading(&self, draft: &mut Draft<'_>, sheet: usize) {
        let words = draft.words();
        let kyoyu = match &self.shoyu_keitai {
            ShoyuKeitai::Tandoku(NoItems) => words.get("shoyu-keitai.tandoku").to_owned(),
            ShoyuKeitai::Kyoyu(kyoyu) => kyoyu.printed(words),
        };
        let values = [
            ("nendo", self.nendo.printed(words), "nendo"),
            ("fuka_kijitsu", words.day(self.nendo.fuka_kijitsu(), DateStyle::Grid), "nendo"),
            ("jusho", self.shoyusha_jusho.printed(), "shoyusha_jusho"),
            ("shimei", self.shoyusha_shimei.as_str().to_owned(), "shoyusha_shimei"),
            ("kyoyu", kyoyu, "shoyu_keitai"),
        ];
        for (slot, text, path) in values {
            draft.put(format!("s{sheet}.{slot}"), text, path);
        }
    }
}

impl Kyoyu {
    fn printed(&self, words: &Words) -> String {
        let ninzu = super::words::full_width(&self.hoka_ninzu.0.to_string());
        match &self.mochibun {
            None => words.fill("shoyu-keitai.kyoyu", &[("ninzu", &ninzu)]),
            Some(mochibun) => {
                words.fill("shoyu-keitai.kyoyu-mochibun", &[("ninzu", &ninzu), ("mochibun", mochibun.as_str())])
            }
        }
    }
}

/// What both certificates have in common of a property.
struct Line<'a> {
    bukken: &'a Bukken,
    path: String,
    zei: Option<(&'a KazeiBukken, String)>,
}

impl KoteiShomei {
    fn key(&self) -> &'static str {
        match self {
            Self::Hyoka(_) => "hyoka",
            Self::Koka(_) => "koka",
        }
    }

    fn lines(&self) -> Vec<Line<'_>> {
        match self {
            Self::Hyoka(hyoka) => {
                let place = |index| format!("kotei_shomei.hyoka.bukken[{index}]");
                hyoka
                    .bukken
                    .iter()
                    .enumerate()
                    .map(|(index, bukken)| Line { bukken, path: place(index), zei: None })
                    .collect()
            }
            Self::Koka(koka) => {
                let place = |index| format!("kotei_shomei.koka.kazei_bukken[{index}]");
                koka.kazei_bukken.iter().enumerate().map(|(index, kazei)| line_of(kazei, place(index))).collect()
            }
        }
    }

    /// 合計 of every sheet, on the last.
    fn put_total(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let (hyokagaku, zei, kensu) = match self {
            Self::Hyoka(hyoka) => (hyoka.hyokagaku_gokei, draft.nothing(Nothing::NotApplicable), hyoka.kensu),
            Self::Koka(koka) => (koka.hyokagaku_gokei, koka.zei_sotogaku_gokei.printed(words), koka.kensu),
        };
        let path = |field: &str| format!("kotei_shomei.{}.{field}", self.key());
        draft.put("total.hyokagaku", hyokagaku.printed(words), path("hyokagaku_gokei"));
        draft.put("total.zei", zei, path("zei_sotogaku_gokei"));
        draft.put("total.kensu", words.yen(Yen::new(i64::from(kensu.0))), path("kensu"));
    }
}

fn line_of(kazei: &KazeiBukken, path: String) -> Line<'_> {
    Line { bukken: &kazei.hyoka_jiko, path: format!("{path}.hyoka_jiko"), zei: Some((kazei, path)) }
}

impl Hyoka {
    fn check(&self, nendo: Nendo, reader: &mut Reader<'_>) {
        each("bukken", &self.bukken, reader, |bukken, reader| bukken.check(nendo, reader));
        let values = self.bukken.iter().map(|bukken| bukken.hyokagaku);
        check_list("bukken", &self.bukken, self.kensu, reader);
        check_sum(self.hyokagaku_gokei.yen(), total(values.map(Gaku::yen)), "hyokagaku_gokei", reader);
    }
}

impl Koka {
    fn check(&self, nendo: Nendo, reader: &mut Reader<'_>) {
        each("kazei_bukken", &self.kazei_bukken, reader, |kazei, reader| kazei.check(nendo, reader));
        check_list("kazei_bukken", &self.kazei_bukken, self.kensu, reader);
        let values = self.kazei_bukken.iter().map(|kazei| kazei.hyoka_jiko.hyokagaku);
        check_sum(self.hyokagaku_gokei.yen(), total(values.map(Gaku::yen)), "hyokagaku_gokei", reader);
        let taxes = self.kazei_bukken.iter().flat_map(KazeiBukken::taxes);
        check_sum(self.zei_sotogaku_gokei.yen(), total(taxes.map(Gaku::yen)), "zei_sotogaku_gokei", reader);
    }
}

/// Refuses a list that is empty, says the same twice, or is not of the stated length.
fn check_list<T: PartialEq>(list: &str, items: &[T], kensu: Count, reader: &mut Reader<'_>) {
    if items.is_empty() {
        refuse_at(list, "empty-list", reader);
    }
    refuse_repeated(list, items, |a, b| a == b, reader);
    if usize::from(kensu.0) != items.len() {
        refuse_at("kensu", "kensu-mismatch", reader);
    }
}

impl Bukken {
    fn check(&self, nendo: Nendo, reader: &mut Reader<'_>) {
        if self.kotei_hyojun > self.hyokagaku {
            refuse_at("kotei_hyojun", "hyojun-above-hyokagaku", reader);
        }
        if self.toshi_hyojun.given().is_some_and(|hyojun| *hyojun > self.hyokagaku) {
            refuse_at("toshi_hyojun", "hyojun-above-hyokagaku", reader);
        }
        // What is built in a year is assessed on 1 January of the next.
        if let TochiKaoku::Kaoku(kaoku) = &self.shubetsu
            && kaoku.kenchikunen.given().is_some_and(|nen| nen.gregorian() >= nendo.gregorian())
        {
            reader.at("shubetsu", |reader| {
                reader.at("kaoku", |reader| refuse_at("kenchikunen", "built-after-assessment", reader));
            });
        }
    }
}

impl KazeiBukken {
    fn taxes(&self) -> impl Iterator<Item = Gaku> + '_ {
        [Some(self.kotei_zei), self.toshi_zei.given().copied()].into_iter().flatten()
    }

    fn check(&self, nendo: Nendo, reader: &mut Reader<'_>) {
        reader.at("hyoka_jiko", |reader| self.hyoka_jiko.check(nendo, reader));
        if self.kotei_zei > self.hyoka_jiko.kotei_hyojun {
            refuse_at("kotei_zei", "zei-above-hyojun", reader);
        }
        match (self.toshi_zei.given(), self.hyoka_jiko.toshi_hyojun.given()) {
            (Some(zei), Some(hyojun)) if zei > hyojun => refuse_at("toshi_zei", "zei-above-hyojun", reader),
            (Some(_), None) | (None, Some(_)) => refuse_at("toshi_zei", "toshi-zei-by-halves", reader),
            _ => {}
        }
    }
}

impl Line<'_> {
    fn put(&self, draft: &mut Draft<'_>, index: usize) {
        let words = draft.words();
        let bukken = self.bukken;
        let none = draft.nothing(Nothing::NotApplicable);
        let values = [
            ("shozai", bukken.shozai.as_str().to_owned()),
            ("hyokagaku", bukken.hyokagaku.printed(words)),
            ("kotei_hyojun", bukken.kotei_hyojun.printed(words)),
            ("toshi_hyojun", draft.entry(&bukken.toshi_hyojun, |gaku| gaku.printed(words))),
            ("tekiyo", or_none(draft, bukken.tekiyo.as_ref())),
        ];
        let put = |draft: &mut Draft<'_>, slot: &str, text: String, path: String| {
            draft.put_for(index + 1, format!("b{index}.{slot}"), text, path);
        };
        for (field, text) in values {
            put(draft, field, text, format!("{}.{field}", self.path));
        }
        for (slot, text, field) in bukken.shubetsu.values(draft) {
            put(draft, slot, text, format!("{}.shubetsu.{field}", self.path));
        }
        let (kotei, toshi, path) = match &self.zei {
            None => (none.clone(), none, self.path.clone()),
            Some((kazei, path)) => {
                let toshi = draft.entry(&kazei.toshi_zei, |gaku| gaku.printed(words));
                (kazei.kotei_zei.printed(words), toshi, path.clone())
            }
        };
        put(draft, "kotei_zei", kotei, format!("{path}.kotei_zei"));
        put(draft, "toshi_zei", toshi, format!("{path}.toshi_zei"));
    }
}

impl TochiKaoku {
    /// Slot, text and field of what differs between land and buildings.
    fn values(&self, draft: &Draft<'_>) -> Vec<(&'static str, String, &'static str)> {
        let words = draft.words();
        let text = |text: &Text| text.as_str().to_owned();
        match self {
            Self::Tochi(tochi) => {
                let none = || draft.nothing(Nothing::NotApplicable);
                vec![
                    ("shubetsu", words.get("shubetsu.tochi").to_owned(), "tochi"),
                    ("bango", text(&tochi.chiban), "tochi.chiban"),
                    ("toki", draft.entry(&tochi.toki_chimoku, text), "tochi.toki_chimoku"),
                    ("genkyo", text(&tochi.genkyo_chimoku), "tochi.genkyo_chimoku"),
                    ("toki_menseki", draft.entry(&tochi.toki_chiseki, Menseki::to_string), "tochi.toki_chiseki"),
                    ("genkyo_menseki", tochi.genkyo_chiseki.to_string(), "tochi.genkyo_chiseki"),
                    ("kozo", none(), "tochi"),
                    ("kenchikunen", none(), "tochi"),
                ]
            }
            Self::Kaoku(kaoku) => {
                let nen = |nen: &Nen| words.fill("nendo.nen", &[("nen", &nen.printed(words, DateStyle::Grid))]);
                let menseki = draft.entry(&kaoku.toki_yukamenseki, Menseki::to_string);
                vec![
                    ("shubetsu", words.get("shubetsu.kaoku").to_owned(), "kaoku"),
                    ("bango", draft.entry(&kaoku.kaoku_bango, text), "kaoku.kaoku_bango"),
                    ("toki", draft.entry(&kaoku.toki_shurui, text), "kaoku.toki_shurui"),
                    ("genkyo", text(&kaoku.genkyo_yoto), "kaoku.genkyo_yoto"),
                    ("toki_menseki", menseki, "kaoku.toki_yukamenseki"),
                    ("genkyo_menseki", kaoku.genkyo_yukamenseki.to_string(), "kaoku.genkyo_yukamenseki"),
                    ("kozo", text(&kaoku.kozo), "kaoku.kozo"),
                    ("kenchikunen", draft.entry(&kaoku.kenchikunen, nen), "kaoku.kenchikunen"),
                ]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::document::zei::testing;

    const KIND: &str = "kotei-hyoka-shomeisho";
    const PATH: &str = "kotei_shomei.koka";

    fn land(n: u64) -> Value {
        json!({
            "shubetsu": {"tochi": {
                "chiban": format!("{n}番"), "toki_chimoku": "宅地", "genkyo_chimoku": "宅地",
                "toki_chiseki": "100.00", "genkyo_chiseki": "100.00"
            }},
            "shozai": "見本県見本市北区若葉二丁目", "hyokagaku": 1_000 + n, "kotei_hyojun": 500, "toshi_hyojun": 600
        })
    }

    fn house(kenchikunen: &Value) -> Value {
        let mut house = land(1);
        house["shubetsu"] = json!({"kaoku": {
            "kaoku_bango": {"nothing": "no-data"}, "toki_shurui": "居宅", "genkyo_yoto": "居宅",
            "toki_yukamenseki": "98.76", "genkyo_yukamenseki": "98.76", "kozo": "木造", "kenchikunen": kenchikunen
        }});
        house
    }

    fn koka(bukken: &[Value]) -> Value {
        let mut document = testing::sample(KIND);
        let kazei: Vec<Value> =
            bukken.iter().map(|b| json!({"hyoka_jiko": b, "kotei_zei": 7, "toshi_zei": 2})).collect();
        let hyokagaku: u64 = bukken.iter().filter_map(|b| b["hyokagaku"].as_u64()).sum();
        testing::put(
            &mut document,
            "/kotei_shomei",
            json!({"koka": {
                "kazei_bukken": kazei, "hyokagaku_gokei": hyokagaku,
                "zei_sotogaku_gokei": 9 * bukken.len(), "kensu": bukken.len()
            }}),
        );
        document
    }

    fn refusals(document: Value, change: impl FnOnce(&mut Value)) -> Vec<(String, &'static str)> {
        testing::refusals(KIND, document, change)
    }

    #[test]
    fn the_ordinary_sample_can_be_printed() {
        assert_eq!(refusals(testing::sample(KIND), |_| {}), []);
        assert_eq!(refusals(koka(&[land(1), house(&json!("H12"))]), |_| {}), []);
    }

    #[test]
    fn figures_that_cannot_be_are_refused_at_their_place() {
        let not_levied = json!({"nothing": "not-applicable"});
        let cases: &[(&str, Value, &str, &str)] = &[
            ("/hyokagaku_gokei", json!(1), "hyokagaku_gokei", "sum-mismatch"),
            ("/zei_sotogaku_gokei", json!(1), "zei_sotogaku_gokei", "sum-mismatch"),
            ("/kensu", json!(3), "kensu", "kensu-mismatch"),
            (
                "/kazei_bukken/1/hyoka_jiko/kotei_hyojun",
                json!(1_003),
                "kazei_bukken[1].hyoka_jiko.kotei_hyojun",
                "hyojun-above-hyokagaku",
            ),
            (
                "/kazei_bukken/1/hyoka_jiko/toshi_hyojun",
                json!(1_003),
                "kazei_bukken[1].hyoka_jiko.toshi_hyojun",
                "hyojun-above-hyokagaku",
            ),
            ("/kazei_bukken/0/hyoka_jiko/kotei_hyojun", json!(6), "kazei_bukken[0].kotei_zei", "zei-above-hyojun"),
            ("/kazei_bukken/0/hyoka_jiko/toshi_hyojun", json!(1), "kazei_bukken[0].toshi_zei", "zei-above-hyojun"),
            ("/kazei_bukken/0/hyoka_jiko/toshi_hyojun", not_levied, "kazei_bukken[0].toshi_zei", "toshi-zei-by-halves"),
            (
                "/kazei_bukken/0/hyoka_jiko/shubetsu/tochi/genkyo_chiseki",
                json!("0.00"),
                "kazei_bukken[0].hyoka_jiko.shubetsu.tochi.genkyo_chiseki",
                "menseki-form",
            ),
        ];
        for (pointer, value, path, code) in cases {
            let found = refusals(koka(&[land(1), land(2)]), |d| {
                testing::put(d, &format!("/kotei_shomei/koka{pointer}"), value.clone());
            });
            assert_eq!(found, [(format!("{PATH}.{path}"), *code)], "{pointer}");
        }
        let twice = refusals(koka(&[land(1), land(2), land(1)]), |_| {});
        assert_eq!(twice, [(format!("{PATH}.kazei_bukken[2]"), "same-item-twice")]);
        assert_eq!(refusals(koka(&[]), |_| {}), [(format!("{PATH}.kazei_bukken"), "empty-list")]);
        let alone =
            refusals(koka(&[land(1)]), |d| testing::put(d, "/shoyu_keitai", json!({"kyoyu": {"hoka_ninzu": 0}})));
        assert_eq!(alone, [("shoyu_keitai.kyoyu.hoka_ninzu".to_owned(), "kyoyu-alone")]);
    }

    #[test]
    fn a_house_is_assessed_in_the_year_after_it_is_built() {
        for (year, good) in [(json!("R6"), true), (json!("R7"), false), (json!({"nothing": "no-data"}), true)] {
            let found = refusals(koka(&[house(&year)]), |_| {});
            let path = format!("{PATH}.kazei_bukken[0].hyoka_jiko.shubetsu.kaoku.kenchikunen");
            assert_eq!(found, if good { vec![] } else { vec![(path, "built-after-assessment")] }, "{year}");
        }
    }

    #[test]
    fn a_hyoka_shomeisho_can_hold_no_tax() {
        let mut document = koka(&[land(1)]);
        testing::put(
            &mut document,
            "/kotei_shomei",
            json!({"hyoka": {"bukken": [land(1)], "hyokagaku_gokei": 1_001, "kensu": 1}}),
        );
        let view = testing::view(KIND, &document);
        for slot in ["b0.kotei_zei", "b0.toshi_zei", "total.zei"] {
            assert_eq!(testing::text(&view, slot), "＊＊＊", "{slot}");
        }
        let found =
            refusals(document, |d| d.pointer_mut("/kotei_shomei/hyoka/bukken/0").unwrap()["kotei_zei"] = json!(7));
        assert_eq!(found, [("kotei_shomei.hyoka.bukken[0].kotei_zei".to_owned(), "unknown-field")]);
    }

    #[test]
    fn five_properties_a_sheet_and_the_total_of_all() {
        for (count, sheets) in [(1, vec![1]), (5, vec![5]), (6, vec![5, 1]), (11, vec![5, 5, 1])] {
            let bukken: Vec<Value> = (1..=count).map(land).collect();
            let view = testing::view(KIND, &koka(&bukken));
            assert_eq!((view.sheets, &view.shape["bukken"]), (sheets.len(), &json!(sheets)));
            assert_eq!(testing::text(&view, "total.kensu"), count.to_string());
            let sum = 1_000 * count + count * (count + 1) / 2;
            assert_eq!(testing::text(&view, "total.hyokagaku").replace(',', ""), sum.to_string());
        }
    }

    #[test]
    fn areas_have_two_decimals() {
        for text in
            ["", ".", "1", "1.2", "1.234", "01.00", "0.00", "-1.00", "+1.00", "123456789.00", "１.00", "1,000.00"]
        {
            assert_eq!(text.parse::<Menseki>(), Err(MensekiError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_area_prints_as_it_was_given(hundredths in 1_u64..=9_999_999_999) {
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            prop_assert_eq!(text.parse::<Menseki>().map(|area| area.to_string()), Ok(text));
        }
    }
}
