//! 本人確認通知 (法27条; 住民異動届の受理通知): tells a person at the address before the change that a
//! notification was accepted, so that a false one is found out. Someone else may open it there: it has
//! no field for a new address, a birth date or any number of a person.

use crate::domain::calendar::Day;
use crate::domain::number::YubinBango;
use crate::{choice, either, record};

use super::Document;
use super::jumin::Jusho;
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

record! {
    /// 本人確認通知.
    pub struct HonninKakuninTsuchi {
        /// 文書番号.
        pub bunsho_bango: Text,
        /// Day of the letter.
        pub tsuchi_hi: Day,
        /// Who writes.
        pub hasshinsha: Hasshinsha,
        /// To whom and where it goes.
        pub atesaki: Atesaki,
        /// 届出年月日.
        pub todokede_hi: Day,
        /// 届出の種類.
        pub todokede: Todokede,
        /// 届出人.
        pub todokedenin: Todokedenin,
        /// 異動した方の氏名.
        pub idosha: Vec<Text>,
        /// Where to ask.
        pub renrakusaki: Renrakusaki,
    }
}

record! {
    /// 発信者.
    pub struct Hasshinsha {
        /// 職名, from the prefecture on.
        pub shokumei: Text,
        /// 氏名.
        pub shimei: Text,
    }
}

either! {
    /// 宛先.
    pub enum Atesaki {
        /// 異動前の住所.
        IdoMae(Atena) = "ido_mae",
        /// 異動後の住所, for whom there is none before: a birth, or entry from abroad.
        IdoGo(Atena) = "ido_go",
    }
}

record! {
    /// What the window of the envelope shows.
    pub struct Atena {
        /// 郵便番号.
        pub yubin_bango: YubinBango,
        /// 住所.
        pub jusho: Jusho,
        /// 氏名, without 様.
        pub shimei: Text,
    }
}

choice! {
    /// 届出の種類.
    pub enum Todokede {
        /// 転入届.
        Tennyu = "tennyu",
        /// 転入届（国外から）.
        KokugaiTennyu = "kokugai-tennyu",
        /// 転居届.
        Tenkyo = "tenkyo",
        /// 転出届.
        Tenshutsu = "tenshutsu",
        /// 転出取消届.
        TenshutsuTorikeshi = "tenshutsu-torikeshi",
        /// 世帯変更届.
        SetaiHenko = "setai-henko",
        /// 出生による記載.
        Shussho = "shussho",
    }
}

record! {
    /// 届出人.
    pub struct Todokedenin {
        /// 氏名.
        pub shimei: Text,
        /// Whether it was a 代理人.
        pub dairinin: bool,
    }
}

record! {
    /// Where to ask.
    pub struct Renrakusaki {
        /// 課.
        pub ka: Text,
        /// 電話番号.
        pub denwa: Text,
        /// Hours.
        pub jikan: Text,
    }
}

/// Names on one sheet.
const NAMES_A_SHEET: usize = 8;

impl Todokede {
    /// Whether those concerned had no address here or elsewhere in the country before.
    fn is_without_former_address(self) -> bool {
        matches!(self, Self::KokugaiTennyu | Self::Shussho)
    }
}

impl Atesaki {
    fn atena(&self) -> (&Atena, &'static str) {
        match self {
            Self::IdoMae(atena) => (atena, "atesaki.ido_mae"),
            Self::IdoGo(atena) => (atena, "atesaki.ido_go"),
        }
    }
}

impl Document for HonninKakuninTsuchi {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.idosha.is_empty() {
            reader.at("idosha", |reader| reader.refuse::<()>("nobody-moved"));
        }
        if self.tsuchi_hi < self.todokede_hi {
            reader.at("tsuchi_hi", |reader| reader.refuse::<()>("notice-before-notification"));
        }
        if matches!(self.atesaki, Atesaki::IdoGo(_)) && !self.todokede.is_without_former_address() {
            reader.at("atesaki", |reader| {
                reader.at("ido_go", |reader| reader.refuse::<()>("notice-to-the-new-address"));
            });
        }
    }

    fn view(&self, words: &Words) -> View {
        let sheets: Vec<&[Text]> = self.idosha.chunks(NAMES_A_SHEET).collect();
        let mut draft = Draft::new(words, words.get("title"), sheets.len());
        let names: Vec<usize> = sheets.iter().map(|names| names.len()).collect();
        draft.shape("names", names);
        for (sheet, names) in sheets.iter().enumerate() {
            for (slot, text, path) in self.items(words) {
                draft.put(format!("s{sheet}.{slot}"), text, path);
            }
            for (row, name) in names.iter().enumerate() {
                let index = sheet * NAMES_A_SHEET + row;
                draft.put(format!("s{sheet}.name{row}"), name.as_str(), format!("idosha[{index}]"));
            }
        }
        draft.subject(self.atesaki.atena().0.shimei.as_str());
        draft.finish()
    }
}

impl HonninKakuninTsuchi {
    /// What stands on every sheet: slot, text, path.
    fn items(&self, words: &Words) -> Vec<(&'static str, String, String)> {
        let (atena, place) = self.atesaki.atena();
        let Hasshinsha { shokumei, shimei } = &self.hasshinsha;
        let Renrakusaki { ka, denwa, jikan } = &self.renrakusaki;
        let by = if self.todokedenin.dairinin { "todokedenin.dairinin" } else { "todokedenin.honnin" };
        let fill = |key: &str, name: &str, text: &str| words.fill(key, &[(name, text)]);
        vec![
            ("yubin_bango", fill("yubin", "bango", &atena.yubin_bango.grouped("-")), format!("{place}.yubin_bango")),
            ("jusho", address(&atena.jusho), format!("{place}.jusho")),
            ("shimei", fill("keisho", "shimei", atena.shimei.as_str()), format!("{place}.shimei")),
            ("bunsho_bango", self.bunsho_bango.as_str().to_owned(), "bunsho_bango".to_owned()),
            ("tsuchi_hi", words.day(self.tsuchi_hi, DateStyle::Running), "tsuchi_hi".to_owned()),
            ("hasshinsha", format!("{}\u{3000}{}", shokumei.as_str(), shimei.as_str()), "hasshinsha".to_owned()),
            ("todokede_hi", words.day(self.todokede_hi, DateStyle::Grid), "todokede_hi".to_owned()),
            ("todokede", words.get(&format!("todokede.{}", self.todokede.key())).to_owned(), "todokede".to_owned()),
            ("todokedenin", fill(by, "shimei", self.todokedenin.shimei.as_str()), "todokedenin.shimei".to_owned()),
            (
                "renrakusaki",
                words.fill("renrakusaki", &[("ka", ka.as_str()), ("denwa", denwa.as_str()), ("jikan", jikan.as_str())]),
                "renrakusaki".to_owned(),
            ),
        ]
    }
}

/// An address as an envelope shows it: 方書 on a line of its own.
fn address(jusho: &Jusho) -> String {
    match &jusho.katagaki {
        None => jusho.jusho.as_str().to_owned(),
        Some(katagaki) => format!("{}\n{}", jusho.jusho.as_str(), katagaki.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::catalog::Kind;
    use crate::document::refusal::Refusal;
    use crate::domain::text::Anything;
    use serde_json::{Value, json};

    const WORDS: &str = include_str!("../../templates/words/honnin-kakunin-tsuchi.toml");
    const COMMON: &str = include_str!("../../templates/words/common.toml");
    const SAMPLE: &str = include_str!("../../samples/honnin-kakunin-tsuchi.json");

    fn sample(changes: &[(&str, Value)]) -> Value {
        let mut document: Value = serde_json::from_str(SAMPLE).unwrap();
        for (field, value) in changes {
            document[field] = value.clone();
        }
        document
    }

    fn read(document: &Value) -> Result<View, Vec<Refusal>> {
        let words = Words::read([("common", COMMON), ("own", WORDS)]).unwrap();
        let kind = Kind::by_id("honnin-kakunin-tsuchi").unwrap();
        let read = kind.read(document.to_string().as_bytes(), &Anything);
        read.map(|composed| composed.view(&words)).map_err(|refusals| refusals.0)
    }

    #[test]
    fn eight_names_stand_on_a_sheet_and_none_is_left_out() {
        for (people, sheets) in [(1, vec![1]), (8, vec![8]), (9, vec![8, 1]), (16, vec![8, 8]), (17, vec![8, 8, 1])] {
            let names: Vec<String> = (0..people).map(|n| format!("見本　{n}")).collect();
            let view = read(&sample(&[("idosha", json!(names))])).unwrap();
            assert_eq!(view.shape["names"], json!(sheets));
            let printed: Vec<&str> =
                view.values.iter().filter(|v| v.slot.contains(".name")).map(|v| v.text.as_str()).collect();
            assert_eq!(printed, names);
        }
    }

    #[test]
    fn a_letter_goes_to_the_new_address_only_where_there_is_no_other() {
        let atena = sample(&[])["atesaki"]["ido_mae"].clone();
        for (todokede, may_go) in [
            ("tennyu", false),
            ("kokugai-tennyu", true),
            ("tenkyo", false),
            ("tenshutsu", false),
            ("tenshutsu-torikeshi", false),
            ("setai-henko", false),
            ("shussho", true),
        ] {
            let document = sample(&[("todokede", json!(todokede)), ("atesaki", json!({ "ido_go": atena }))]);
            let refused = [Refusal::new("atesaki.ido_go", "notice-to-the-new-address")];
            assert_eq!(read(&document).map(|_| ()), if may_go { Ok(()) } else { Err(refused.to_vec()) });
        }
    }

    #[test]
    fn a_letter_about_nobody_or_before_its_reason_is_refused() {
        for (change, path, code) in [
            (("idosha", json!([])), "idosha", "nobody-moved"),
            (("tsuchi_hi", json!("2026-01-14")), "tsuchi_hi", "notice-before-notification"),
            (("shin_jusho", json!("見本市港区")), "shin_jusho", "unknown-field"),
            (("seinengappi", json!("S55-12-26")), "seinengappi", "unknown-field"),
        ] {
            assert_eq!(read(&sample(&[change])).unwrap_err(), [Refusal::new(path, code)]);
        }
    }

    #[test]
    fn an_agent_is_called_one() {
        for (dairinin, printed) in [(false, "見本　太郎"), (true, "見本　太郎（代理人）")] {
            let person = json!({ "shimei": "見本　太郎", "dairinin": dairinin });
            let view = read(&sample(&[("todokedenin", person)])).unwrap();
            let value = view.values.iter().find(|value| value.slot == "s0.todokedenin").unwrap();
            assert_eq!(value.text, printed);
        }
    }
}
