//! 印鑑異動結果確認票 (内部用): the imprint before and after a change side by side at true size, for the
//! collator and the examiner to hold against the application.

use serde_json::json;

use crate::domain::calendar::{Day, WarekiDate};
use crate::domain::number::AtenaBango;
use crate::{choice, either, record};

use super::Document;
use super::entry::Known;
use super::inei::Inei;
use super::inkan_toroku_shomeisho::Torokusha;
use super::jumin::Jusho;
use super::parse::{Reader, Text};
use super::uketsuke::{AnkenBango, lines_at, put_case_code};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

record! {
    /// 印鑑異動結果確認票.
    pub struct InkanIdoKekkaKakuninhyo {
        /// 案件番号.
        pub anken_bango: AnkenBango,
        /// 申請日.
        pub shinsei_hi: Day,
        /// 宛名番号.
        pub atena_bango: AtenaBango,
        /// What changes.
        pub ido: InkanIdo,
        /// 本人確認の方法.
        pub kakunin_hoho: Text,
        /// 代理人の氏名; absent where the person came in person.
        pub dairinin: Option<Text>,
        /// 抑止: whether the person is under protection (支援措置等).
        pub yokushi: bool,
        /// 備考, a line each.
        pub biko: Vec<Text>,
    }
}

either! {
    /// A change of a registration.
    pub enum InkanIdo {
        /// 登録, and 改印 where there was a registration before.
        Toroku(Box<TorokuIdo>) = "toroku",
        /// 廃止 (廃印).
        Haishi(Box<HaishiIdo>) = "haishi",
        /// 印鑑登録証の再交付: the card changes and nothing else.
        Saikofu(Box<SaikofuIdo>) = "saikofu",
        /// 回復: what was abolished is valid again (転出取消).
        Kaifuku(Box<KaifukuIdo>) = "kaifuku",
    }
}

record! {
    /// 登録 or 改印.
    pub struct TorokuIdo {
        /// How the will of the person was made sure of.
        pub hoho: TorokuHoho,
        /// The registration before; absent for a first one.
        pub mae: Option<Toroku>,
        /// The registration after.
        pub ato: Toroku,
    }
}

record! {
    /// 廃止.
    pub struct HaishiIdo {
        /// Why.
        pub jiyu: HaishiJiyu,
        /// The registration that ends.
        pub mae: Toroku,
    }
}

record! {
    /// 再交付.
    pub struct SaikofuIdo {
        /// The registration.
        pub mae: Toroku,
        /// 印鑑登録証の番号 of the new card.
        pub shin_torokusho_bango: Text,
    }
}

record! {
    /// 回復.
    pub struct KaifukuIdo {
        /// The registration that is valid again.
        pub ato: Toroku,
    }
}

record! {
    /// A registration.
    pub struct Toroku {
        /// 登録番号.
        pub toroku_bango: Text,
        /// Whose seal it is.
        pub torokusha: Torokusha,
        /// 住所.
        pub jusho: Jusho,
        /// 登録年月日.
        pub toroku_hi: WarekiDate,
        /// 印鑑登録証の番号.
        pub torokusho_bango: Known<Text>,
        /// 印影.
        pub inei: Inei,
    }
}

choice! {
    /// How the will of the person was made sure of.
    pub enum TorokuHoho {
        /// 即時: by a document with a photograph.
        Sokuji = "sokuji",
        /// 照会: a letter goes out; the registration waits for the answer.
        Shokai = "shokai",
        /// 回答: the answer came.
        Kaito = "kaito",
    }
}

choice! {
    /// Why a registration ends.
    pub enum HaishiJiyu {
        /// 廃止申請.
        Shinsei = "shinsei",
        /// 印章の亡失.
        InshoBoshitsu = "insho-boshitsu",
        /// 印鑑登録証の亡失.
        TorokushoBoshitsu = "torokusho-boshitsu",
        /// 転出.
        Tenshutsu = "tenshutsu",
        /// 死亡.
        Shibo = "shibo",
        /// 氏名等の変更.
        ShimeiHenko = "shimei-henko",
        /// 職権.
        Shokken = "shokken",
    }
}

/// Youngest age at which a seal is registered (印鑑登録証明事務処理要領 第2の1), in years.
const LEAST_AGE: i32 = 15;

/// What the columns of the comparison hold: a registration, or why there is none.
#[derive(Clone, Copy)]
enum Side<'a> {
    Toroku(&'a Toroku),
    Without(&'static str),
}

impl<'a> Side<'a> {
    fn toroku(self) -> Option<&'a Toroku> {
        match self {
            Self::Toroku(toroku) => Some(toroku),
            Self::Without(_) => None,
        }
    }

    /// `toroku`, or the key of what stands instead.
    fn key(self) -> &'static str {
        match self {
            Self::Toroku(_) => "toroku",
            Self::Without(why) => why,
        }
    }
}

impl InkanIdo {
    /// Before and after.
    fn sides(&self) -> (Side<'_>, Side<'_>) {
        match self {
            Self::Toroku(ido) => {
                (ido.mae.as_ref().map_or(Side::Without("shinki"), Side::Toroku), Side::Toroku(&ido.ato))
            }
            Self::Haishi(ido) => (Side::Toroku(&ido.mae), Side::Without("haishi")),
            Self::Saikofu(ido) => (Side::Toroku(&ido.mae), Side::Toroku(&ido.mae)),
            Self::Kaifuku(ido) => (Side::Without("haishi"), Side::Toroku(&ido.ato)),
        }
    }

    /// Keys of 事務, of 事由, and of 状態 before and after.
    fn keys(&self) -> [&'static str; 4] {
        match self {
            Self::Toroku(ido) => {
                let (jiyu, before) = if ido.mae.is_some() { ("kaiin", "toroku") } else { ("shinki", "nashi") };
                let after = if ido.hoho == TorokuHoho::Shokai { "shokai" } else { "toroku" };
                [ido.hoho.key(), jiyu, before, after]
            }
            Self::Haishi(ido) => ["haishi", ido.jiyu.key(), "toroku", "haishi"],
            Self::Saikofu(_) => ["saikofu", "saikofu", "toroku", "toroku"],
            Self::Kaifuku(_) => ["kaifuku", "tenshutsu-torikeshi", "haishi", "toroku"],
        }
    }

    /// The path of each side in the document.
    fn paths(&self) -> (&'static str, &'static str) {
        match self {
            Self::Toroku(_) => ("ido.toroku.mae", "ido.toroku.ato"),
            Self::Haishi(_) => ("ido.haishi.mae", "ido.haishi"),
            Self::Saikofu(_) => ("ido.saikofu.mae", "ido.saikofu.mae"),
            Self::Kaifuku(_) => ("ido.kaifuku", "ido.kaifuku.ato"),
        }
    }

    /// Whom it concerns.
    fn torokusha(&self) -> &Torokusha {
        match self {
            Self::Toroku(ido) => &ido.ato.torokusha,
            Self::Haishi(ido) => &ido.mae.torokusha,
            Self::Saikofu(ido) => &ido.mae.torokusha,
            Self::Kaifuku(ido) => &ido.ato.torokusha,
        }
    }
}

impl Document for InkanIdoKekkaKakuninhyo {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.at("ido", |reader| match &self.ido {
            InkanIdo::Toroku(ido) => reader.at("toroku", |reader| ido.check(reader)),
            InkanIdo::Saikofu(ido) => reader.at("saikofu", |reader| ido.check(reader)),
            InkanIdo::Haishi(_) | InkanIdo::Kaifuku(_) => {}
        });
    }

    fn view(&self, words: &Words) -> View {
        let mut draft = Draft::new(words, words.get("title"), 1);
        put_case_code(&mut draft, 0, &self.anken_bango, 60.0, 8.0);
        self.put_heading(&mut draft);
        self.put_imprints(&mut draft);
        let rows = self.put_comparison(&mut draft);
        self.put_circumstances(&mut draft);
        let (before, after) = self.ido.sides();
        draft.shape("mae", before.key());
        draft.shape("ato", after.key());
        draft.shape("rows", rows);
        draft.subject(self.ido.torokusha().shimei());
        draft.finish()
    }
}

impl InkanIdoKekkaKakuninhyo {
    fn put_heading(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let jimu = words.get(&format!("jimu.{}", self.ido.keys()[0])).to_owned();
        draft.put("jimu", jimu, "ido");
        draft.put("shinsei_hi", words.day(self.shinsei_hi, DateStyle::Grid), "shinsei_hi");
        draft.put("taisho", self.ido.torokusha().shimei(), "ido");
        draft.put("atena_bango", self.atena_bango.as_str(), "atena_bango");
    }

    fn put_imprints(&self, draft: &mut Draft<'_>) {
        let (before, after) = self.ido.sides();
        for (slot, side) in [("mae.inei", before), ("ato.inei", after)] {
            if let Some(toroku) = side.toroku() {
                draft.picture(toroku.inei.picture(slot));
            }
        }
    }

    /// Puts the rows of the comparison. Returns for each its name, whether it changes, and its height.
    fn put_comparison(&self, draft: &mut Draft<'_>) -> Vec<serde_json::Value> {
        let words = draft.words();
        let (before, after) = self.ido.sides();
        let (before_path, after_path) = self.ido.paths();
        let mut rows = Vec::new();
        let was = before.toroku().map(|toroku| toroku.items(draft));
        let is = after.toroku().map(|toroku| self.after(toroku).items(draft));
        for (place, (name, field)) in ITEMS.into_iter().enumerate() {
            let text =
                |items: &Option<[String; ITEMS.len()]>| items.as_ref().and_then(|items| items.get(place).cloned());
            let (old, new) = (text(&was), text(&is));
            let height = units(old.as_deref()).max(units(new.as_deref()));
            rows.push(json!([name, old != new, height]));
            for (side, path, value) in [("mae", before_path, old), ("ato", after_path, new)] {
                if let Some(value) = value {
                    draft.put(format!("{side}.{name}"), value, format!("{path}.{field}"));
                }
            }
        }
        let [_, _, old, new] = self.ido.keys();
        rows.push(json!(["jotai", old != new, 1]));
        draft.put("mae.jotai", words.get(&format!("jotai.{old}")), "ido");
        draft.put("ato.jotai", words.get(&format!("jotai.{new}")), "ido");
        rows
    }

    /// A registration as it is after the change.
    fn after(&self, toroku: &Toroku) -> Toroku {
        match &self.ido {
            InkanIdo::Saikofu(ido) => {
                Toroku { torokusho_bango: Known::Given(ido.shin_torokusho_bango.clone()), ..toroku.clone() }
            }
            _ => toroku.clone(),
        }
    }

    fn put_circumstances(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let none = words.get("nothing.not-applicable");
        let marks = self.yokushi.then(|| words.get("yokushi"));
        let biko: Vec<&str> = marks.into_iter().chain(self.biko.iter().map(Text::as_str)).collect();
        let jiyu = words.get(&format!("jiyu.{}", self.ido.keys()[1]));
        draft.put("jiyu", jiyu, "ido");
        draft.put("kakunin_hoho", self.kakunin_hoho.as_str(), "kakunin_hoho");
        draft.put("dairinin", self.dairinin.as_ref().map_or(none, Text::as_str), "dairinin");
        draft.put("biko", biko.join("\n"), "biko");
    }
}

/// Rows that compare two registrations, each with its field.
const ITEMS: [(&str, &str); 7] = [
    ("toroku_bango", "toroku_bango"),
    ("shimei", "torokusha"),
    ("betsumei", "torokusha"),
    ("seinengappi", "torokusha"),
    ("jusho", "jusho"),
    ("toroku_hi", "toroku_hi"),
    ("torokusho_bango", "torokusho_bango"),
];

/// Em across a column of the comparison, and lines in one unit of its height, at 7 points.
const COLUMN_EM: f64 = 24.0;
const LINES_A_UNIT: usize = 3;
/// Most units of a row: with three such rows the sheet is full.
const MOST_UNITS: usize = 2;

/// Height of a value's row in units of 8 mm.
fn units(value: Option<&str>) -> usize {
    value.map_or(1, |text| lines_at(text, COLUMN_EM).div_ceil(LINES_A_UNIT).min(MOST_UNITS))
}

impl Toroku {
    /// What its rows print, in the order of [`ITEMS`].
    fn items(&self, draft: &Draft<'_>) -> [String; ITEMS.len()] {
        let words = draft.words();
        let names: Vec<&str> = self.torokusha.betsumei().into_iter().chain(self.torokusha.katakana()).collect();
        let none = words.get("nothing.not-applicable");
        [
            self.toroku_bango.as_str().to_owned(),
            self.torokusha.shimei(),
            if names.is_empty() { none.to_owned() } else { names.join(words.get("joint")) },
            words.date(self.torokusha.seinengappi(), DateStyle::Grid),
            self.jusho.printed(),
            words.date(self.toroku_hi.recorded(), DateStyle::Grid),
            draft.entry(&self.torokusho_bango, |number| number.as_str().to_owned()),
        ]
    }

    /// Whether the person was certainly too young on the day of registration. An age is reached at the
    /// end of the day before the birthday (年齢計算ニ関スル法律).
    fn is_too_early(&self) -> bool {
        let birth = self.torokusha.seinengappi().calendar_day();
        let next = self.toroku_hi.recorded().calendar_day().and_then(|day| day.plus_days(1).ok());
        let (Some(birth), Some(next)) = (birth, next) else {
            return false;
        };
        (next.year(), next.month(), next.day()) < (birth.year() + LEAST_AGE, birth.month(), birth.day())
    }
}

impl TorokuIdo {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.at("ato", |reader| {
            if self.ato.is_too_early() {
                reader.at("toroku_hi", |reader| reader.refuse::<()>("too-young-for-a-seal"));
            }
            let Some(before) = &self.mae else { return };
            if before.inei == self.ato.inei {
                reader.at("inei", |reader| reader.refuse::<()>("same-imprint"));
            }
            if self.ato.toroku_hi.recorded().certainly_before(before.toroku_hi.recorded()) {
                reader.at("toroku_hi", |reader| reader.refuse::<()>("before-the-former-registration"));
            }
        });
    }
}

impl SaikofuIdo {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.mae.torokusho_bango.given() == Some(&self.shin_torokusho_bango) {
            reader.at("shin_torokusho_bango", |reader| reader.refuse::<()>("same-card-number"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::catalog::Kind;
    use crate::document::refusal::Refusal;
    use crate::domain::text::Anything;
    use serde_json::Value;

    const WORDS: &str = include_str!("../../templates/words/inkan-ido-kekka-kakuninhyo.toml");
    const COMMON: &str = include_str!("../../templates/words/common.toml");
    const ROUND: &str = include_str!("../../samples/inkan-toroku-shomeisho.json");
    const SQUARE: &str = include_str!("../../samples/inkan-toroku-shomeisho/seibetsu.json");

    fn imprint(sample: &str) -> Value {
        serde_json::from_str::<Value>(sample).unwrap()["inei"].clone()
    }

    fn toroku(sample: &str, hi: &str) -> Value {
        json!({
            "toroku_bango": "123456", "jusho": { "jusho": "見本県見本市北区" }, "toroku_hi": hi,
            "torokusha": { "nihonjin": { "shimei": { "zenbu": "見本太郎" }, "seinengappi": "H10-04-01" } },
            "torokusho_bango": "0456789", "inei": imprint(sample),
        })
    }

    fn document(ido: &Value) -> Value {
        json!({
            "anken_bango": "260115-0042", "shinsei_hi": "2026-01-15", "atena_bango": "1000012", "ido": ido,
            "kakunin_hoho": "個人番号カード", "yokushi": false, "biko": [],
        })
    }

    fn read(document: &Value) -> Result<View, Vec<Refusal>> {
        let words = Words::read([("common", COMMON), ("own", WORDS)]).unwrap();
        let kind = Kind::by_id("inkan-ido-kekka-kakuninhyo").unwrap();
        let read = kind.read(document.to_string().as_bytes(), &Anything);
        read.map(|composed| composed.view(&words)).map_err(|refusals| refusals.0)
    }

    fn text<'v>(view: &'v View, slot: &str) -> Option<&'v str> {
        view.values.iter().find(|value| value.slot == slot).map(|value| value.text.as_str())
    }

    #[test]
    fn each_side_has_its_imprint_or_the_reason_for_none() {
        let (old, new) = (toroku(ROUND, "H30-04-01"), toroku(SQUARE, "R8-01-15"));
        for (ido, mae, ato, jotai) in [
            (json!({ "toroku": { "hoho": "sokuji", "ato": new } }), "shinki", "toroku", ["登録なし", "登録"]),
            (json!({ "toroku": { "hoho": "shokai", "ato": new } }), "shinki", "toroku", ["登録なし", "照会中"]),
            (json!({ "toroku": { "hoho": "kaito", "mae": old, "ato": new } }), "toroku", "toroku", ["登録", "登録"]),
            (json!({ "haishi": { "jiyu": "insho-boshitsu", "mae": old } }), "toroku", "haishi", ["登録", "廃止"]),
            (
                json!({ "saikofu": { "mae": old, "shin_torokusho_bango": "0456790" } }),
                "toroku",
                "toroku",
                ["登録", "登録"],
            ),
            (json!({ "kaifuku": { "ato": old } }), "haishi", "toroku", ["廃止", "登録"]),
        ] {
            let view = read(&document(&ido)).unwrap();
            assert_eq!((&view.shape["mae"], &view.shape["ato"]), (&json!(mae), &json!(ato)));
            for (side, key, jotai) in [("mae", mae, jotai[0]), ("ato", ato, jotai[1])] {
                let slot = format!("{side}.inei");
                assert_eq!(view.pictures.iter().any(|picture| picture.slot == slot), key == "toroku", "{ido}");
                assert_eq!(text(&view, &format!("{side}.toroku_bango")).is_some(), key == "toroku");
                assert_eq!(text(&view, &format!("{side}.jotai")), Some(jotai));
            }
        }
    }

    #[test]
    fn of_a_new_card_nothing_but_its_number_is_marked() {
        let ido = json!({ "saikofu": { "mae": toroku(ROUND, "H30-04-01"), "shin_torokusho_bango": "0456790" } });
        let view = read(&document(&ido)).unwrap();
        let marked: Vec<&Value> =
            view.shape["rows"].as_array().unwrap().iter().filter(|row| row[1] == true).map(|row| &row[0]).collect();
        assert_eq!(marked, [&json!("torokusho_bango")]);
        assert_eq!(text(&view, "mae.torokusho_bango"), Some("0456789"));
        assert_eq!(text(&view, "ato.torokusho_bango"), Some("0456790"));
    }

    #[test]
    fn a_change_that_cannot_be_is_refused() {
        let (old, new) = (toroku(ROUND, "H30-04-01"), toroku(SQUARE, "R8-01-15"));
        for (ido, path, code) in [
            (
                json!({ "toroku": { "hoho": "sokuji", "mae": old, "ato": toroku(ROUND, "R8-01-15") } }),
                "ido.toroku.ato.inei",
                "same-imprint",
            ),
            (
                json!({ "toroku": { "hoho": "sokuji", "mae": new, "ato": toroku(ROUND, "R8-01-14") } }),
                "ido.toroku.ato.toroku_hi",
                "before-the-former-registration",
            ),
            (
                json!({ "toroku": { "hoho": "sokuji", "ato": toroku(ROUND, "H25-03-30") } }),
                "ido.toroku.ato.toroku_hi",
                "too-young-for-a-seal",
            ),
            (
                json!({ "saikofu": { "mae": old, "shin_torokusho_bango": "0456789" } }),
                "ido.saikofu.shin_torokusho_bango",
                "same-card-number",
            ),
        ] {
            assert_eq!(read(&document(&ido)).unwrap_err(), [Refusal::new(path, code)]);
        }
        let ido = json!({ "toroku": { "hoho": "sokuji", "ato": toroku(ROUND, "H25-03-31") } });
        assert!(read(&document(&ido)).is_ok(), "fifteen on the eve of the birthday");
        let mut ido = json!({ "haishi": { "jiyu": "shibo", "mae": old, "ato": new } });
        assert_eq!(read(&document(&ido)).unwrap_err()[0].code, "unknown-field");
        ido["haishi"]["mae"].as_object_mut().unwrap().remove("inei");
        assert!(read(&document(&ido)).is_err(), "no registration is without an imprint");
    }

    #[test]
    fn protection_is_said_first_among_the_remarks() {
        let mut document = document(&json!({ "kaifuku": { "ato": toroku(ROUND, "H30-04-01") } }));
        document["biko"] = json!(["転出取消届による。"]);
        document["yokushi"] = json!(true);
        let view = read(&document).unwrap();
        assert!(text(&view, "biko").unwrap().starts_with("■　抑止"), "{:?}", text(&view, "biko"));
    }
}
