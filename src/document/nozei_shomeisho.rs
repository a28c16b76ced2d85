//! 納税証明書 (地方税法20条の10): what of each tax is paid, not yet due, and overdue. Nothing of how the
//! tax came about stands in it.

use serde_json::json;

use crate::domain::calendar::Day;
use crate::{either, record};

use super::Document;
use super::entry::IfAny;
use super::jumin::Jusho;
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};
use super::zei::{Gaku, Nendo, Nozeisha, ShunoKijun, check_sum, each, or_none, refuse_at, refuse_repeated, total};

record! {
    /// 納税証明書.
    pub struct NozeiShomeisho {
        /// Whose taxes they are, by name and address as they are now.
        pub nozei_gimusha: NozeiGimusha,
        /// 収納基準日時.
        pub shuno_kijun: ShunoKijun,
        /// 使用目的, where the municipality states it.
        pub shiyo_mokuteki: IfAny<Text>,
        /// One row a tax and year, in the order of printing.
        pub nozei_meisai: Vec<NozeiMeisai>,
        /// 備考.
        pub biko: Option<Text>,
    }
}

either! {
    /// 納税義務者.
    pub enum NozeiGimusha {
        /// A person.
        Kojin(Kojin) = "kojin",
        /// A corporation.
        Hojin(Hojin) = "hojin",
    }
}

record! {
    /// A person.
    pub struct Kojin {
        /// 住所, the newest: another certificate may show the one of 1 January.
        pub jusho: Jusho,
        /// 氏名, the newest.
        pub nozeisha: Nozeisha,
    }
}

record! {
    /// A corporation.
    pub struct Hojin {
        /// 所在地.
        pub shozaichi: Jusho,
        /// 名称.
        pub meisho: Text,
    }
}

either! {
    /// The year that a tax is of.
    pub enum KazeiKikan {
        /// 年度.
        Nendo(Nendo) = "nendo",
        /// 事業年度 of a corporation.
        JigyoNendo(JigyoNendo) = "jigyo_nendo",
    }
}

record! {
    /// 事業年度.
    pub struct JigyoNendo {
        /// First day.
        pub jigyo_kaishi: Day,
        /// Last day.
        pub jigyo_shuryo: Day,
    }
}

record! {
    /// One tax of one year.
    pub struct NozeiMeisai {
        /// 年度 or 事業年度.
        pub kazei_kikan: KazeiKikan,
        /// 税目, with the way of collection where the municipality states it.
        pub zeimoku_mei: Text,
        /// 課税額: what the next three come to.
        pub kazeigaku: Gaku,
        /// 納付済額.
        pub nofuzumi: Gaku,
        /// 納期未到来額.
        pub noki_mitorai: Gaku,
        /// 滞納額.
        pub tainogaku: Gaku,
        /// 備考, such as 外１名 for joint owners.
        pub meisai_biko: Option<Text>,
    }
}

/// Rows of one sheet.
const ROWS: usize = 11;
/// Most days of a 事業年度: a year (法人税法13条1項).
const LONGEST_JIGYO_NENDO: i64 = 366;

impl Document for NozeiShomeisho {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.nozei_meisai.is_empty() {
            refuse_at("nozei_meisai", "empty-list", reader);
        }
        let is_hojin = matches!(self.nozei_gimusha, NozeiGimusha::Hojin(_));
        each("nozei_meisai", &self.nozei_meisai, reader, |row, reader| {
            row.check(reader);
            reader.at("kazei_kikan", |reader| row.kazei_kikan.check(is_hojin, self.shuno_kijun.hi, reader));
        });
        refuse_repeated("nozei_meisai", &self.nozei_meisai, |a, b| a == b, reader);
    }

    fn view(&self, words: &Words) -> View {
        let sheets = self.nozei_meisai.len().div_ceil(ROWS);
        let mut draft = Draft::new(words, words.get("title.nozei"), sheets);
        draft.shape("hojin", matches!(self.nozei_gimusha, NozeiGimusha::Hojin(_)));
        let rows: Vec<usize> = self.nozei_meisai.chunks(ROWS).map(<[_]>::len).collect();
        draft.shape("rows", json!(rows));
        for sheet in 0..sheets {
            self.put_heading(&mut draft, sheet);
        }
        for (index, row) in self.nozei_meisai.iter().enumerate() {
            row.put(&mut draft, index);
        }
        self.put_total(&mut draft);
        draft.put("biko", or_none(&draft, self.biko.as_ref()), "biko");
        draft.certify(words.get("ninsho.shomei"));
        draft.finish()
    }
}

impl NozeiShomeisho {
    fn put_heading(&self, draft: &mut Draft<'_>, sheet: usize) {
        let words = draft.words();
        let (jusho, jusho_path, shimei, shimei_path) = match &self.nozei_gimusha {
            NozeiGimusha::Kojin(kojin) => {
                (kojin.jusho.printed(), "kojin.jusho", kojin.nozeisha.shimei(words), "kojin.nozeisha.shimei")
            }
            NozeiGimusha::Hojin(hojin) => {
                (hojin.shozaichi.printed(), "hojin.shozaichi", hojin.meisho.as_str().to_owned(), "hojin.meisho")
            }
        };
        let mokuteki = draft.entry(&self.shiyo_mokuteki, |text| text.as_str().to_owned());
        draft.put(format!("s{sheet}.jusho"), jusho, format!("nozei_gimusha.{jusho_path}"));
        draft.put(format!("s{sheet}.shimei"), shimei.clone(), format!("nozei_gimusha.{shimei_path}"));
        draft.put(format!("s{sheet}.shuno_kijun"), self.shuno_kijun.printed(words), "shuno_kijun");
        draft.put(format!("s{sheet}.shiyo_mokuteki"), mokuteki, "shiyo_mokuteki");
        if sheet == 0 {
            draft.subject_of(shimei_path.rsplit('.').next().unwrap_or_default(), shimei);
        }
    }

    /// 合計 of every sheet, on the last.
    fn put_total(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        for (column, field) in COLUMNS.iter().enumerate() {
            let sum = total(self.nozei_meisai.iter().map(|row| row.amounts()[column].yen()));
            draft.put(format!("total.{field}"), words.yen(sum), "nozei_meisai");
        }
        draft.put("total.biko", words.get("nothing.not-applicable"), "nozei_meisai");
    }
}

/// Columns of amounts, in their order on the sheet.
const COLUMNS: [&str; 4] = ["kazeigaku", "nofuzumi", "noki_mitorai", "tainogaku"];

impl NozeiMeisai {
    fn amounts(&self) -> [Gaku; 4] {
        [self.kazeigaku, self.nofuzumi, self.noki_mitorai, self.tainogaku]
    }

    fn check(&self, reader: &mut Reader<'_>) {
        let [whole, parts @ ..] = self.amounts();
        check_sum(whole.yen(), total(parts.map(Gaku::yen)), "kazeigaku", reader);
    }

    fn put(&self, draft: &mut Draft<'_>, index: usize) {
        let words = draft.words();
        let path = |field: &str| format!("nozei_meisai[{index}].{field}");
        let slot = |field: &str| format!("r{index}.{field}");
        let number = index + 1;
        draft.put_for(number, slot("kikan"), self.kazei_kikan.printed(words), path("kazei_kikan"));
        draft.put_for(number, slot("zeimoku"), self.zeimoku_mei.as_str(), path("zeimoku_mei"));
        for (field, gaku) in COLUMNS.iter().zip(self.amounts()) {
            draft.put_for(number, slot(field), gaku.printed(words), path(field));
        }
        let biko = or_none(draft, self.meisai_biko.as_ref());
        draft.put_for(number, slot("biko"), biko, path("meisai_biko"));
    }
}

impl KazeiKikan {
    fn check(&self, is_hojin: bool, kijun: Day, reader: &mut Reader<'_>) {
        match self {
            Self::Nendo(nendo) if nendo.shonichi() > kijun => refuse_at("nendo", "year-after-reference-day", reader),
            Self::Nendo(_) => {}
            Self::JigyoNendo(_) if !is_hojin => refuse_at("jigyo_nendo", "jigyo-nendo-of-a-person", reader),
            Self::JigyoNendo(years) => reader.at("jigyo_nendo", |reader| years.check(kijun, reader)),
        }
    }

    fn printed(&self, words: &Words) -> String {
        match self {
            Self::Nendo(nendo) => nendo.mijikai(words),
            Self::JigyoNendo(JigyoNendo { jigyo_kaishi, jigyo_shuryo }) => words.fill(
                "jigyo-nendo",
                &[
                    ("kaishi", &words.day(*jigyo_kaishi, DateStyle::Grid)),
                    ("shuryo", &words.day(*jigyo_shuryo, DateStyle::Grid)),
                ],
            ),
        }
    }
}

impl JigyoNendo {
    fn check(&self, kijun: Day, reader: &mut Reader<'_>) {
        let days = self.jigyo_kaishi.days_until(self.jigyo_shuryo) + 1;
        if days < 1 {
            refuse_at("jigyo_shuryo", "date-span", reader);
        } else if days > LONGEST_JIGYO_NENDO {
            refuse_at("jigyo_shuryo", "jigyo-nendo-too-long", reader);
        }
        if self.jigyo_kaishi > kijun {
            refuse_at("jigyo_kaishi", "year-after-reference-day", reader);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::document::zei::testing;

    const KIND: &str = "nozei-shomeisho";

    fn refusals(change: impl FnOnce(&mut Value)) -> Vec<(String, &'static str)> {
        testing::refusals(KIND, testing::sample(KIND), change)
    }

    fn row(kazeigaku: i64) -> Value {
        json!({
            "kazei_kikan": {"nendo": "R7"}, "zeimoku_mei": "市民税・県民税",
            "kazeigaku": kazeigaku, "nofuzumi": kazeigaku - 3, "noki_mitorai": 2, "tainogaku": 1
        })
    }

    fn corporation(document: &mut Value) {
        let jusho = json!({"jusho": "見本県見本市中央区本町一丁目１番１号"});
        testing::put(document, "/nozei_gimusha", json!({"hojin": {"shozaichi": jusho, "meisho": "見本株式会社"}}));
    }

    fn jigyo_nendo(document: &mut Value, from: &str, to: &str) {
        let years = json!({"jigyo_nendo": {"jigyo_kaishi": from, "jigyo_shuryo": to}});
        testing::put(document, "/nozei_meisai/0/kazei_kikan", years);
    }

    #[test]
    fn what_is_charged_is_paid_not_due_or_overdue() {
        assert_eq!(refusals(|_| {}), []);
        for field in COLUMNS {
            let found = refusals(|d| {
                let pointer = format!("/nozei_meisai/0/{field}");
                let amount = d.pointer(&pointer).and_then(Value::as_i64).unwrap();
                testing::put(d, &pointer, json!(amount + 1));
            });
            assert_eq!(found, [("nozei_meisai[0].kazeigaku".to_owned(), "sum-mismatch")], "{field}");
        }
        let overpaid = refusals(|d| testing::put(d, "/nozei_meisai/0/tainogaku", json!(-1)));
        assert_eq!(overpaid, [("nozei_meisai[0].tainogaku".to_owned(), "amount-out-of-range")]);
    }

    #[test]
    fn a_list_is_neither_empty_nor_says_a_tax_twice() {
        let path = "nozei_meisai".to_owned();
        assert_eq!(refusals(|d| testing::put(d, "/nozei_meisai", json!([]))), [(path, "empty-list")]);
        let twice = refusals(|d| testing::put(d, "/nozei_meisai", json!([row(10), row(11), row(10)])));
        assert_eq!(twice, [("nozei_meisai[2]".to_owned(), "same-item-twice")]);
    }

    #[test]
    fn years_that_cannot_be() {
        let later = refusals(|d| testing::put(d, "/nozei_meisai/0/kazei_kikan", json!({"nendo": "R8"})));
        assert_eq!(later, [("nozei_meisai[0].kazei_kikan.nendo".to_owned(), "year-after-reference-day")]);
        let person = refusals(|d| jigyo_nendo(d, "2024-04-01", "2025-03-31"));
        assert_eq!(person, [("nozei_meisai[0].kazei_kikan.jigyo_nendo".to_owned(), "jigyo-nendo-of-a-person")]);
        let cases = [
            ("2023-04-01", "2024-03-31", None),
            ("2024-04-01", "2024-04-01", None),
            ("2024-04-01", "2024-03-31", Some(("jigyo_shuryo", "date-span"))),
            ("2024-04-01", "2025-04-02", Some(("jigyo_shuryo", "jigyo-nendo-too-long"))),
            ("2026-04-01", "2027-03-31", Some(("jigyo_kaishi", "year-after-reference-day"))),
        ];
        for (from, to, refused) in cases {
            let found = refusals(|d| {
                corporation(d);
                jigyo_nendo(d, from, to);
            });
            let expected: Vec<_> = refused
                .map(|(field, code)| (format!("nozei_meisai[0].kazei_kikan.jigyo_nendo.{field}"), code))
                .into_iter()
                .collect();
            assert_eq!(found, expected, "{from} {to}");
        }
    }

    #[test]
    fn the_total_is_of_every_sheet() {
        for (count, rows) in [(1, vec![1]), (11, vec![11]), (12, vec![11, 1]), (23, vec![11, 11, 1])] {
            let mut document = testing::sample(KIND);
            let all: Vec<Value> = (0..count).map(|n| row(1_000 + n)).collect();
            testing::put(&mut document, "/nozei_meisai", json!(all));
            let view = testing::view(KIND, &document);
            assert_eq!((view.sheets, &view.shape["rows"]), (rows.len(), &json!(rows)));
            let counted =
                [1_000 * count + count * (count - 1) / 2, 997 * count + count * (count - 1) / 2, 2 * count, count];
            for (field, sum) in COLUMNS.iter().zip(counted) {
                let shown = testing::text(&view, &format!("total.{field}")).replace(',', "");
                assert_eq!(shown, sum.to_string(), "{count} {field}");
            }
        }
    }
}
