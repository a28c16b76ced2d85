//! 戸籍の附票廃棄済証明書: a 附票 that was removed or remade is no longer kept, so that no copy of it can
//! be given. Some wards never recorded the day of disposal; then only that it is not kept is certified.

use crate::domain::calendar::{Day, WarekiDate};
use crate::{choice, record};

use super::Document;
use super::cbor::Cbor;
use super::entry::Known;
use super::json::Json;
use super::parse::{Count, Parse, Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

record! {
    /// 戸籍の附票廃棄済証明書.
    pub struct FuhyoHaikizumiShomeisho {
        /// 本籍.
        pub honseki: Text,
        /// 筆頭者氏名.
        pub hittosha: Text,
        /// 対象者氏名.
        pub taishosha: Taishosha,
        /// 附票の種別.
        pub shubetsu: Shubetsu,
        /// 消除・改製の年月日.
        pub shojo_hi: WarekiDate,
        /// 保存期間, in years.
        pub hozon_nen: Count,
        /// 廃棄の年月日; no data where the ward did not record it.
        pub haiki_hi: Known<WarekiDate>,
        /// 作成区: the ward office that kept the 附票, where it is not the one that certifies.
        pub sakusei_ku: Option<Text>,
        /// 備考, a line each.
        pub biko: Vec<Text>,
    }
}

/// 対象者: everyone of the register, or some. In data `"zenin"`, or a list of names.
#[derive(Debug, Clone, PartialEq)]
pub enum Taishosha {
    /// 全員.
    Zenin,
    /// 氏名.
    Shimei(Vec<Text>),
}

impl Parse for Taishosha {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        match json {
            Json::Text(word) if word == "zenin" => Some(Self::Zenin),
            Json::Text(_) => {
                let refusal = reader.refusal("not-a-choice").with("choices", "zenin");
                reader.push(refusal)
            }
            _ => Vec::parse(json, reader).map(Self::Shimei),
        }
    }

    fn encode(&self) -> Option<Cbor> {
        match self {
            Self::Zenin => Some(Cbor::Text("zenin".to_owned())),
            Self::Shimei(names) => names.encode(),
        }
    }
}

choice! {
    /// 附票の種別.
    pub enum Shubetsu {
        /// 戸籍の附票の除票.
        Johyo = "johyo",
        /// 改製原附票.
        Kaiseigen = "kaiseigen",
    }
}

/// From this day on what is removed or remade is kept for 150 years (令34条1項, as of 令和元年6月20日):
/// it cannot have been disposed of.
const KEPT_SINCE: (i32, u8, u8) = (2014, 6, 20);

impl Document for FuhyoHaikizumiShomeisho {
    fn check(&self, reader: &mut Reader<'_>) {
        if matches!(&self.taishosha, Taishosha::Shimei(names) if names.is_empty()) {
            reader.at("taishosha", |reader| reader.refuse::<()>("nobody-named"));
        }
        if self.hozon_nen.0 == 0 {
            reader.at("hozon_nen", |reader| reader.refuse::<()>("kept-for-no-time"));
        }
        if self.must_still_be_kept() {
            reader.at("shojo_hi", |reader| reader.refuse::<()>("must-still-be-kept"));
        }
        if self.was_kept_too_short() {
            reader.at("haiki_hi", |reader| reader.refuse::<()>("disposed-of-too-early"));
        }
    }

    fn view(&self, words: &Words) -> View {
        let known = self.haiki_hi.given().is_some();
        let mut draft = Draft::new(words, words.get("title"), 1);
        draft.shape("haiki_hi", known);
        draft.shape("sakusei_ku", self.sakusei_ku.is_some());
        for (name, text) in self.items(words) {
            draft.put(name, text, name);
        }
        if let Some(date) = self.haiki_hi.given() {
            draft.put("haiki_hi", words.date(date.recorded(), DateStyle::Grid), "haiki_hi");
        }
        if let Some(office) = &self.sakusei_ku {
            draft.put("sakusei_ku", words.fill("sakusei", &[("ku", office.as_str())]), "sakusei_ku");
        }
        draft.subject_of("hittosha", self.hittosha.as_str());
        draft.certify(words.get(if known { "ninsho.haiki" } else { "ninsho.hozon-nashi" }));
        draft.finish()
    }
}

impl FuhyoHaikizumiShomeisho {
    fn items(&self, words: &Words) -> [(&'static str, String); 7] {
        let biko: Vec<&str> = self.biko.iter().map(Text::as_str).collect();
        let taishosha = match &self.taishosha {
            Taishosha::Zenin => words.get("zenin").to_owned(),
            Taishosha::Shimei(names) => names.iter().map(Text::as_str).collect::<Vec<_>>().join(words.get("joint")),
        };
        [
            ("honseki", self.honseki.as_str().to_owned()),
            ("hittosha", self.hittosha.as_str().to_owned()),
            ("taishosha", taishosha),
            ("shubetsu", words.get(&format!("shubetsu.{}", self.shubetsu.key())).to_owned()),
            ("shojo_hi", words.date(self.shojo_hi.recorded(), DateStyle::Grid)),
            ("hozon_nen", words.fill("hozon", &[("nen", &self.hozon_nen.0.to_string())])),
            ("biko", biko.join("\n")),
        ]
    }

    fn must_still_be_kept(&self) -> bool {
        let (year, month, day) = KEPT_SINCE;
        let Ok(since) = Day::from_ymd(year, month, day) else {
            return false;
        };
        self.shojo_hi.recorded().calendar_day().is_some_and(|removed| removed >= since)
    }

    /// Whether the day of disposal lies before the end of the years of keeping.
    fn was_kept_too_short(&self) -> bool {
        let day = |date: &WarekiDate| date.recorded().calendar_day();
        let (Some(removed), Some(disposed)) = (day(&self.shojo_hi), self.haiki_hi.given().and_then(day)) else {
            return self
                .haiki_hi
                .given()
                .is_some_and(|disposed| disposed.recorded().certainly_before(self.shojo_hi.recorded()));
        };
        let end = (removed.year() + i32::from(self.hozon_nen.0), removed.month(), removed.day());
        (disposed.year(), disposed.month(), disposed.day()) < end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::catalog::Kind;
    use crate::document::refusal::Refusal;
    use crate::domain::text::Anything;
    use serde_json::{Value, json};

    const WORDS: &str = include_str!("../../templates/words/fuhyo-haikizumi-shomeisho.toml");
    const COMMON: &str = include_str!("../../templates/words/common.toml");

    fn document(changes: &[(&str, Value)]) -> Value {
        let mut document = json!({
            "honseki": "見本県見本市北区若葉二丁目１番", "hittosha": "見本　太郎", "taishosha": "zenin",
            "shubetsu": "johyo", "shojo_hi": "H18-03-20", "hozon_nen": 5, "haiki_hi": "H24-04-01", "biko": [],
        });
        for (field, value) in changes {
            document[field] = value.clone();
        }
        document
    }

    fn read(document: &Value) -> Result<View, Vec<Refusal>> {
        let words = Words::read([("common", COMMON), ("own", WORDS)]).unwrap();
        let kind = Kind::by_id("fuhyo-haikizumi-shomeisho").unwrap();
        let read = kind.read(document.to_string().as_bytes(), &Anything);
        read.map(|composed| composed.view(&words)).map_err(|refusals| refusals.0)
    }

    #[test]
    fn only_a_known_day_of_disposal_certifies_the_disposal() {
        let known = read(&document(&[])).unwrap();
        let unknown = read(&document(&[("haiki_hi", json!({ "nothing": "no-data" }))])).unwrap();
        assert!(known.certification.unwrap().contains("廃棄した"));
        let words = unknown.certification.unwrap();
        assert!(words.contains("保存していない") && !words.contains("廃棄"), "{words}");
        assert!(!unknown.values.iter().any(|value| value.slot == "haiki_hi"));
    }

    #[test]
    fn what_the_law_did_not_let_go_is_refused() {
        for (changes, path, code) in [
            (vec![("shojo_hi", json!("H26-06-20")), ("haiki_hi", json!("R2-04-01"))], "shojo_hi", "must-still-be-kept"),
            (vec![("haiki_hi", json!("H23-03-19"))], "haiki_hi", "disposed-of-too-early"),
            (vec![("haiki_hi", json!("H17"))], "haiki_hi", "disposed-of-too-early"),
            (vec![("hozon_nen", json!(0))], "hozon_nen", "kept-for-no-time"),
            (vec![("taishosha", json!([]))], "taishosha", "nobody-named"),
        ] {
            let refusals = read(&document(&changes)).unwrap_err();
            assert_eq!(refusals, [Refusal::new(path, code)], "{changes:?}");
        }
        for changes in [
            vec![("shojo_hi", json!("H26-06-19")), ("haiki_hi", json!("R1-06-19"))],
            vec![("haiki_hi", json!("H23-03-20"))],
            vec![("haiki_hi", json!("H23"))],
            vec![("shojo_hi", json!("?"))],
        ] {
            assert!(read(&document(&changes)).is_ok(), "{changes:?}");
        }
    }

    #[test]
    fn whom_it_concerns_is_everyone_or_the_named() {
        for (given, printed) in [
            (json!("zenin"), "全員"),
            (json!(["見本　太郎"]), "見本　太郎"),
            (json!(["見本　太郎", "見本　花子"]), "見本　太郎、見本　花子"),
        ] {
            let view = read(&document(&[("taishosha", given)])).unwrap();
            let value = view.values.iter().find(|value| value.slot == "taishosha").unwrap();
            assert_eq!(value.text, printed);
        }
        let refusals = read(&document(&[("taishosha", json!("見本　太郎"))])).unwrap_err();
        assert_eq!(refusals[0].code, "not-a-choice");
    }
}
