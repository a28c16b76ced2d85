//! 不在住証明書 and 不在籍・不在住証明書 (地方自治法2条2項の事務): nobody of this name is or was registered
//! there. What was searched for is printed as the application writes it: another form of a character
//! (異体字) would be another search.

use crate::domain::calendar::{Day, RecordedDate};
use crate::{either, record};

use super::Document;
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

either! {
    /// What was searched.
    pub enum FuzaijuShomeisho {
        /// 不在住: 住民基本台帳 alone.
        Fuzaiju(Box<Fuzaiju>) = "fuzaiju",
        /// 不在籍・不在住: the family registers too.
        FuzaisekiFuzaiju(Box<FuzaisekiFuzaiju>) = "fuzaiseki_fuzaiju",
    }
}

record! {
    /// What was searched for in 住民基本台帳.
    pub struct Fuzaiju {
        /// 住所, as the application writes it.
        pub jusho: Text,
        /// 氏名, as the application writes it.
        pub shimei: Text,
        /// 生年月日; absent where the application has none.
        pub seinengappi: Option<RecordedDate>,
        /// Day from which 除票 are still kept: so far back the search reached.
        pub johyo_kara: Day,
        /// 備考, a line each.
        pub biko: Vec<Text>,
    }
}

record! {
    /// The same, and what was searched for in the family registers.
    pub struct FuzaisekiFuzaiju {
        /// 本籍, as the application writes it.
        pub honseki: Text,
        /// What was searched for in 住民基本台帳.
        pub fuzaiju: Fuzaiju,
    }
}

impl FuzaijuShomeisho {
    fn fuzaiju(&self) -> &Fuzaiju {
        match self {
            Self::Fuzaiju(terms) => terms,
            Self::FuzaisekiFuzaiju(terms) => &terms.fuzaiju,
        }
    }

    fn honseki(&self) -> Option<&Text> {
        match self {
            Self::Fuzaiju(_) => None,
            Self::FuzaisekiFuzaiju(terms) => Some(&terms.honseki),
        }
    }

    /// Key of the wording that differs between the two, and path of [`Self::fuzaiju`].
    fn form(&self) -> (&'static str, &'static str) {
        match self {
            Self::Fuzaiju(_) => ("fuzaiju", "fuzaiju"),
            Self::FuzaisekiFuzaiju(_) => ("fuzaiseki-fuzaiju", "fuzaiseki_fuzaiju.fuzaiju"),
        }
    }
}

impl Document for FuzaijuShomeisho {
    fn check(&self, reader: &mut Reader<'_>) {
        match self {
            Self::Fuzaiju(terms) => reader.at("fuzaiju", |reader| terms.check(reader)),
            Self::FuzaisekiFuzaiju(terms) => reader.at("fuzaiseki_fuzaiju", |reader| {
                check_term(&terms.honseki, "honseki", reader);
                reader.at("fuzaiju", |reader| terms.fuzaiju.check(reader));
            }),
        }
    }

    fn view(&self, words: &Words) -> View {
        let (form, path) = self.form();
        let terms = self.fuzaiju();
        let mut draft = Draft::new(words, words.get(&format!("title.{form}")), 1);
        draft.shape("honseki", self.honseki().is_some());
        if let Some(honseki) = self.honseki() {
            draft.put("honseki", honseki.as_str(), "fuzaiseki_fuzaiju.honseki");
        }
        for (name, text) in terms.items(words, form) {
            draft.put(name, text, format!("{path}.{name}"));
        }
        draft.subject_of("shimei", terms.shimei.as_str());
        draft.certify(words.get(&format!("ninsho.{form}")));
        draft.finish()
    }
}

impl Fuzaiju {
    fn check(&self, reader: &mut Reader<'_>) {
        check_term(&self.jusho, "jusho", reader);
        check_term(&self.shimei, "shimei", reader);
    }

    fn items(&self, words: &Words, form: &str) -> [(&'static str, String); 5] {
        let birth = self.seinengappi.as_ref();
        let kara = words.day(self.johyo_kara, DateStyle::Running);
        let biko: Vec<&str> = self.biko.iter().map(Text::as_str).collect();
        [
            ("jusho", self.jusho.as_str().to_owned()),
            ("shimei", self.shimei.as_str().to_owned()),
            (
                "seinengappi",
                birth.map_or_else(
                    || words.get("nothing.not-applicable").to_owned(),
                    |date| words.date(date, DateStyle::Grid),
                ),
            ),
            ("johyo_kara", words.fill(&format!("hani.{form}"), &[("hi", &kara)])),
            ("biko", biko.join("\n")),
        ]
    }
}

/// Refuses a search term with a space at its edge: nobody sees it, and with it nothing is ever found.
fn check_term(term: &Text, field: &str, reader: &mut Reader<'_>) {
    if term.as_str().trim() != term.as_str() {
        reader.at(field, |reader| reader.refuse::<()>("space-at-the-edge"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::catalog::Kind;
    use crate::document::refusal::Refusal;
    use crate::domain::text::Anything;
    use serde_json::{Value, json};

    const WORDS: &str = include_str!("../../templates/words/fuzaiju-shomeisho.toml");
    const COMMON: &str = include_str!("../../templates/words/common.toml");

    fn terms() -> Value {
        json!({ "jusho": "見本市北区桜木一丁目３番", "shimei": "見本　三郎", "johyo_kara": "2014-06-20", "biko": [] })
    }

    fn read(document: &Value) -> Result<View, Vec<Refusal>> {
        let words = Words::read([("common", COMMON), ("own", WORDS)]).unwrap();
        let kind = Kind::by_id("fuzaiju-shomeisho").unwrap();
        let read = kind.read(document.to_string().as_bytes(), &Anything);
        read.map(|composed| composed.view(&words)).map_err(|refusals| refusals.0)
    }

    fn text<'v>(view: &'v View, slot: &str) -> Option<&'v str> {
        view.values.iter().find(|value| value.slot == slot).map(|value| value.text.as_str())
    }

    #[test]
    fn what_was_searched_for_is_printed_as_it_was_written() {
        for name in ["葛\u{E0102}城　髙子", "𠮷﨑　 二重空白", "JOHN  Smith"] {
            let mut terms = terms();
            terms["shimei"] = json!(name);
            let view = read(&json!({ "fuzaiju": terms })).unwrap();
            assert_eq!(text(&view, "shimei"), Some(name));
            assert_eq!(view.subject.iter().map(|subject| subject.text.as_str()).collect::<Vec<_>>(), [name]);
        }
    }

    #[test]
    fn a_term_with_a_space_at_its_edge_is_refused() {
        for (field, value) in [
            ("shimei", "見本　三郎　"),
            ("shimei", " 見本　三郎"),
            ("jusho", "\u{3000}見本市北区"),
            ("jusho", "見本市北区\u{a0}"),
        ] {
            let mut terms = terms();
            terms[field] = json!(value);
            let refusals = read(&json!({ "fuzaiju": terms })).unwrap_err();
            assert_eq!(refusals, [Refusal::new(format!("fuzaiju.{field}"), "space-at-the-edge")]);
        }
        let refusals = read(&json!({ "fuzaiseki_fuzaiju": { "honseki": "港区 ", "fuzaiju": terms() } })).unwrap_err();
        assert_eq!(refusals, [Refusal::new("fuzaiseki_fuzaiju.honseki", "space-at-the-edge")]);
    }

    #[test]
    fn the_registers_searched_decide_title_range_and_certification() {
        let alone = read(&json!({ "fuzaiju": terms() })).unwrap();
        let both = read(&json!({ "fuzaiseki_fuzaiju": { "honseki": "港区一番地", "fuzaiju": terms() } })).unwrap();
        assert_eq!((alone.title.as_str(), both.title.as_str()), ("不在住証明書", "不在籍・不在住証明書"));
        for (view, koseki) in [(alone, false), (both, true)] {
            assert_eq!(view.certification.as_ref().unwrap().contains("戸籍"), koseki);
            let range = text(&view, "johyo_kara").unwrap();
            assert_eq!(range.contains("除籍"), koseki);
            assert!(range.contains("平成２６年６月２０日"), "{range}");
            assert_eq!(text(&view, "honseki").is_some(), koseki);
        }
    }

    #[test]
    fn a_birth_date_that_the_application_lacks_is_said_not_to_be_there() {
        for (given, printed) in [
            (None, "＊＊＊"),
            (Some("S64-01-07"), "昭和64年\u{2007}1月\u{2007}7日"),
            (Some("1990-12-31"), "1990年12月31日"),
        ] {
            let mut terms = terms();
            if let Some(date) = given {
                terms["seinengappi"] = json!(date);
            }
            let view = read(&json!({ "fuzaiju": terms })).unwrap();
            assert_eq!(text(&view, "seinengappi"), Some(printed));
        }
    }
}
