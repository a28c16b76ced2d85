//! 印鑑登録証明書 (印鑑条例, 印鑑登録証明事務処理要領): the imprint of a registered seal at true size, and
//! whose it is. The number of the registration is not on it.

use crate::domain::calendar::{RecordedDate, SeirekiDate, WarekiDate};
use crate::domain::person::{Kana, Seibetsu};
use crate::{either, record};

use super::Document;
use super::inei::Inei;
use super::jumin::{GaikokujinShimei, Jusho, Shimei};
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

record! {
    /// 印鑑登録証明書.
    pub struct InkanTorokuShomeisho {
        /// 印影.
        pub inei: Inei,
        /// Whose seal it is.
        pub torokusha: Torokusha,
        /// 性別; absent where the ordinance of the city does not have it printed.
        pub seibetsu: Option<Seibetsu>,
        /// 住所.
        pub jusho: Jusho,
        /// 備考, a line each.
        pub biko: Vec<Text>,
    }
}

either! {
    /// 印鑑の登録を受けた者.
    pub enum Torokusha {
        /// 日本人住民.
        Nihonjin(Box<TorokuNihonjin>) = "nihonjin",
        /// 外国人住民.
        Gaikokujin(Box<TorokuGaikokujin>) = "gaikokujin",
    }
}

record! {
    /// A Japanese resident with a registered seal.
    pub struct TorokuNihonjin {
        /// 氏名.
        pub shimei: Shimei,
        /// 旧氏; absent where none is recorded.
        pub kyushi: Option<Text>,
        /// 生年月日, in 和暦.
        pub seinengappi: WarekiDate,
    }
}

record! {
    /// A foreign resident with a registered seal.
    pub struct TorokuGaikokujin {
        /// 氏名.
        pub shimei: GaikokujinShimei,
        /// 通称; absent where none is recorded.
        pub tsusho: Option<Text>,
        /// 氏名の片仮名表記, where the seal shows it (非漢字圏の外国人住民).
        pub katakana: Option<Kana>,
        /// 生年月日, in 西暦 only.
        pub seinengappi: SeirekiDate,
    }
}

impl Torokusha {
    /// 氏名.
    pub fn shimei(&self) -> String {
        match self {
            Self::Nihonjin(person) => person.shimei.printed(),
            Self::Gaikokujin(person) => person.shimei.printed(),
        }
    }

    /// 旧氏 or 通称.
    pub fn betsumei(&self) -> Option<&str> {
        match self {
            Self::Nihonjin(person) => person.kyushi.as_ref().map(Text::as_str),
            Self::Gaikokujin(person) => person.tsusho.as_ref().map(Text::as_str),
        }
    }

    /// 氏名の片仮名表記.
    pub fn katakana(&self) -> Option<&str> {
        match self {
            Self::Nihonjin(_) => None,
            Self::Gaikokujin(person) => person.katakana.as_ref().map(Kana::as_str),
        }
    }

    /// 生年月日, in the years of the person's nationality.
    pub fn seinengappi(&self) -> &RecordedDate {
        match self {
            Self::Nihonjin(person) => person.seinengappi.recorded(),
            Self::Gaikokujin(person) => person.seinengappi.recorded(),
        }
    }

    /// Key in data.
    fn key(&self) -> &'static str {
        match self {
            Self::Nihonjin(_) => "nihonjin",
            Self::Gaikokujin(_) => "gaikokujin",
        }
    }

    /// Field of [`Self::betsumei`].
    fn betsumei_field(&self) -> &'static str {
        match self {
            Self::Nihonjin(_) => "kyushi",
            Self::Gaikokujin(_) => "tsusho",
        }
    }
}

impl Document for InkanTorokuShomeisho {
    /// Every field says by its type what it allows, the imprint above all.
    fn check(&self, _: &mut Reader<'_>) {}

    fn view(&self, words: &Words) -> View {
        let mut draft = Draft::new(words, words.get("title"), 1);
        draft.shape("seibetsu", self.seibetsu.is_some());
        draft.picture(self.inei.picture("inei"));
        put_torokusha(&mut draft, &self.torokusha);
        if let Some(seibetsu) = self.seibetsu {
            draft.put("seibetsu", words.get(&format!("seibetsu.{}", seibetsu.key())), "seibetsu");
        }
        let biko: Vec<&str> = self.biko.iter().map(Text::as_str).collect();
        draft.put("jusho", self.jusho.printed(), "jusho");
        let none = words.get("nothing.not-applicable");
        draft.put("biko", if biko.is_empty() { none.to_owned() } else { biko.join("\n") }, "biko");
        draft.subject_of("shimei", self.torokusha.shimei());
        draft.certify(words.get("ninsho"));
        draft.finish()
    }
}

fn put_torokusha(draft: &mut Draft<'_>, person: &Torokusha) {
    let words = draft.words();
    let or_none = |text: Option<&str>| text.unwrap_or(words.get("nothing.not-applicable")).to_owned();
    let items = [
        ("shimei", "shimei", person.shimei()),
        ("betsumei", person.betsumei_field(), or_none(person.betsumei())),
        ("katakana", "katakana", or_none(person.katakana())),
        ("seinengappi", "seinengappi", words.date(person.seinengappi(), DateStyle::Grid)),
    ];
    for (slot, field, text) in items {
        draft.put(slot, text, format!("torokusha.{}.{field}", person.key()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::catalog::Kind;
    use crate::document::refusal::Refusal;
    use crate::domain::text::Anything;
    use serde_json::{Value, json};

    const WORDS: &str = include_str!("../../templates/words/inkan-toroku-shomeisho.toml");
    const COMMON: &str = include_str!("../../templates/words/common.toml");
    const SAMPLE: &str = include_str!("../../samples/inkan-toroku-shomeisho.json");

    fn sample() -> Value {
        serde_json::from_str(SAMPLE).unwrap()
    }

    fn read(document: &Value) -> Result<View, Vec<Refusal>> {
        let words = Words::read([("common", COMMON), ("own", WORDS)]).unwrap();
        let kind = Kind::by_id("inkan-toroku-shomeisho").unwrap();
        let read = kind.read(document.to_string().as_bytes(), &Anything);
        read.map(|composed| composed.view(&words)).map_err(|refusals| refusals.0)
    }

    fn text<'v>(view: &'v View, slot: &str) -> Option<&'v str> {
        view.values.iter().find(|value| value.slot == slot).map(|value| value.text.as_str())
    }

    #[test]
    fn each_nationality_has_its_own_other_name_and_years() {
        for (person, expected) in [
            (
                json!({ "nihonjin": { "shimei": { "shi_mei": { "shi": "見本", "mei": "花子" } }, "kyushi": "若葉", "seinengappi": "S64-01-07" } }),
                ["見本　花子", "若葉", "＊＊＊", "昭和64年\u{2007}1月\u{2007}7日"],
            ),
            (
                json!({ "gaikokujin": { "shimei": { "alphabet": "MIHON MARIA" }, "tsusho": "見本　まりあ", "katakana": "ミホン　マリア", "seinengappi": "1990-12-31" } }),
                ["MIHON MARIA", "見本　まりあ", "ミホン　マリア", "1990年12月31日"],
            ),
            (
                json!({ "gaikokujin": { "shimei": { "alphabet": "MIHON MARIA", "kanji": "見本真理" }, "seinengappi": "1990-12-31" } }),
                ["MIHON MARIA　見本真理", "＊＊＊", "＊＊＊", "1990年12月31日"],
            ),
        ] {
            let mut document = sample();
            document["torokusha"] = person;
            let view = read(&document).unwrap();
            for (slot, printed) in ["shimei", "betsumei", "katakana", "seinengappi"].into_iter().zip(expected) {
                assert_eq!(text(&view, slot), Some(printed), "{slot}");
            }
            assert_eq!(view.subject.iter().map(|subject| subject.text.as_str()).collect::<Vec<_>>(), [expected[0]]);
        }
        let mut document = sample();
        document["torokusha"]["nihonjin"]["tsusho"] = json!("通称");
        assert_eq!(read(&document).unwrap_err(), [Refusal::new("torokusha.nihonjin.tsusho", "unknown-field")]);
    }

    #[test]
    fn sex_is_printed_only_where_it_is_given() {
        for (given, printed) in [(None, None), (Some("onna"), Some("女")), (Some("kuran"), Some("【空欄】"))] {
            let mut document = sample();
            if let Some(word) = given {
                document["seibetsu"] = json!(word);
            }
            let view = read(&document).unwrap();
            assert_eq!(text(&view, "seibetsu"), printed);
            assert_eq!(view.shape["seibetsu"], json!(printed.is_some()));
        }
    }

    #[test]
    fn without_an_imprint_nothing_is_certified() {
        let mut document = sample();
        document["inei"]["dpi"] = json!(1200);
        assert_eq!(read(&document).unwrap_err(), [Refusal::new("inei", "imprint-other-resolution")]);
        document.as_object_mut().unwrap().remove("inei");
        assert_eq!(read(&document).unwrap_err(), [Refusal::new("inei", "missing-field")]);
    }

    #[test]
    fn the_imprint_is_in_the_digest() {
        let digest = |document: &Value| {
            let kind = Kind::by_id("inkan-toroku-shomeisho").unwrap();
            kind.read(document.to_string().as_bytes(), &Anything).unwrap().digest()
        };
        let mut other = sample();
        let square: Value =
            serde_json::from_str(include_str!("../../samples/inkan-toroku-shomeisho/gaikokujin.json")).unwrap();
        other["inei"] = square["inei"].clone();
        assert_ne!(digest(&sample()), digest(&other));
    }
}
