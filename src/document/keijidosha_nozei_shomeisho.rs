//! 継続検査用軽自動車税納税証明書 (道路運送車両法97条の2). Free of charge.

use crate::domain::calendar::Day;
use crate::domain::text::moji;
use crate::{choice, either, record};

use super::Document;
use super::entry::Nothing;
use super::jumin::Jusho;
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};
use super::zei::{Nendo, NoItems, or_none, refuse_at};

record! {
    /// 継続検査用軽自動車税納税証明書: of one vehicle.
    pub struct KeijidoshaNozeiShomeisho {
        /// 納税義務者の住所.
        pub jusho: Jusho,
        /// 納税義務者の氏名又は名称.
        pub shimei_meisho: Text,
        /// 年度.
        pub nendo: Nendo,
        /// 税目.
        pub keiji_zeimoku: KeijiZeimoku,
        /// Whether anything is overdue.
        pub joukyou: Joukyou,
        /// 備考.
        pub biko: Option<Text>,
    }
}

choice! {
    /// The name that the tax bears in the year.
    pub enum KeijiZeimoku {
        /// 軽自動車税（種別割）.
        Shubetsuwari = "shubetsuwari",
        /// 軽自動車税.
        Keijidoshazei = "keijidoshazei",
    }
}

either! {
    /// 滞納の有無. With arrears there is neither a plate nor an expiry that a sheet could show, and no
    /// inspection can be passed with it. Whether such a sheet is handed out at all the office decides;
    /// most do not.
    pub enum Joukyou {
        /// 滞納なし.
        TainouNashi(TainouNashi) = "tainou_nashi",
        /// 滞納あり: number plate and expiry are blanked with ＊.
        TainouAri(NoItems) = "tainou_ari",
    }
}

record! {
    /// 滞納なし.
    pub struct TainouNashi {
        /// 車両番号.
        pub sharyo_bango: SharyoBango,
        /// 有効期限.
        pub yuko_kigen: Day,
    }
}

record! {
    /// 車両番号, each part exactly as on the plate (標板).
    pub struct SharyoBango {
        /// 地名.
        pub chimei: Text,
        /// 分類番号; small motorcycles have none.
        pub bunrui_bango: Option<Text>,
        /// かな, or a letter.
        pub kana: Text,
        /// 一連指定番号: `１２－３４`, `・・－１２`.
        pub ichiren_bango: Text,
    }
}

impl SharyoBango {
    /// As printed: its parts with a full-width space between them.
    fn printed(&self) -> String {
        let parts = [Some(&self.chimei), self.bunrui_bango.as_ref(), Some(&self.kana), Some(&self.ichiren_bango)];
        parts.into_iter().flatten().map(Text::as_str).collect::<Vec<_>>().join("\u{3000}")
    }
}

impl Document for KeijidoshaNozeiShomeisho {
    fn check(&self, reader: &mut Reader<'_>) {
        let Joukyou::TainouNashi(clear) = &self.joukyou else {
            return;
        };
        reader.at("joukyou", |reader| {
            reader.at("tainou_nashi", |reader| {
                if !self.is_expiry_of_the_year(clear.yuko_kigen) {
                    refuse_at("yuko_kigen", "yuko-kigen-outside-year", reader);
                }
                if moji(clear.sharyo_bango.kana.as_str()).count() != 1 {
                    reader.at("sharyo_bango", |reader| refuse_at("kana", "kana-not-one", reader));
                }
            });
        });
    }

    fn view(&self, words: &Words) -> View {
        let zeimoku = words.get(&format!("keiji-zeimoku.{}", self.keiji_zeimoku.key()));
        let fill = |key: &str| words.fill(key, &[("zeimoku", zeimoku)]);
        let mut draft = Draft::new(words, fill("title.keijidosha"), 1);
        let case = match &self.joukyou {
            Joukyou::TainouNashi(clear) => {
                let path = "joukyou.tainou_nashi";
                draft.put("sharyo_bango", clear.sharyo_bango.printed(), format!("{path}.sharyo_bango"));
                draft.put("yuko_kigen", words.day(clear.yuko_kigen, DateStyle::Grid), format!("{path}.yuko_kigen"));
                "tainou-nashi"
            }
            Joukyou::TainouAri(NoItems) => {
                for slot in ["sharyo_bango", "yuko_kigen"] {
                    draft.put(slot, draft.nothing(Nothing::Undeclared), "joukyou.tainou_ari");
                }
                "tainou-ari"
            }
        };
        draft.shape("note", words.get(&format!("note.{case}")));
        draft.put("jusho", self.jusho.printed(), "jusho");
        draft.put("shimei", self.shimei_meisho.as_str(), "shimei_meisho");
        draft.put("nendo", self.nendo.printed(words), "nendo");
        draft.put("zeimoku", zeimoku, "keiji_zeimoku");
        draft.put("biko", or_none(&draft, self.biko.as_ref()), "biko");
        draft.subject_of("shimei_meisho", self.shimei_meisho.as_str());
        draft.certify(fill(&format!("ninsho.{case}")));
        draft.finish()
    }
}

impl KeijidoshaNozeiShomeisho {
    /// The certificate runs until the next year's tax falls due, or some weeks longer where it is paid
    /// by direct debit: it ends within this 年度 or the next.
    fn is_expiry_of_the_year(&self, expiry: Day) -> bool {
        let after = expiry.to_naive().signed_duration_since(self.nendo.shonichi().to_naive()).num_days();
        (0..730).contains(&after)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::document::zei::testing;

    const KIND: &str = "keijidosha-nozei-shomeisho";
    const CLEAR: &str = "/joukyou/tainou_nashi";

    fn refusals(change: impl FnOnce(&mut Value)) -> Vec<(String, &'static str)> {
        testing::refusals(KIND, testing::sample(KIND), change)
    }

    #[test]
    fn the_expiry_lies_in_the_year_or_the_next() {
        let cases = [
            ("2025-03-31", false),
            ("2025-04-01", true),
            ("2026-05-31", true),
            ("2027-03-31", true),
            ("2027-04-01", false),
        ];
        for (day, good) in cases {
            let found = refusals(|d| testing::put(d, &format!("{CLEAR}/yuko_kigen"), json!(day)));
            let path = "joukyou.tainou_nashi.yuko_kigen".to_owned();
            assert_eq!(found, if good { vec![] } else { vec![(path, "yuko-kigen-outside-year")] }, "{day}");
        }
    }

    #[test]
    fn a_plate_has_one_kana() {
        for kana in ["あい", "　あ"] {
            let found = refusals(|d| testing::put(d, &format!("{CLEAR}/sharyo_bango/kana"), json!(kana)));
            assert_eq!(found, [("joukyou.tainou_nashi.sharyo_bango.kana".to_owned(), "kana-not-one")]);
        }
    }

    #[test]
    fn a_plate_prints_as_it_is_with_its_parts_apart() {
        let mut document = testing::sample(KIND);
        let plate = json!({"chimei": "見本", "kana": "A", "ichiren_bango": "・・－１２"});
        testing::put(&mut document, &format!("{CLEAR}/sharyo_bango"), plate);
        assert_eq!(testing::text(&testing::view(KIND, &document), "sharyo_bango"), "見本　A　・・－１２");
    }

    #[test]
    fn with_arrears_no_plate_can_be_given_and_no_clearance_is_certified() {
        let clear = testing::view(KIND, &testing::sample(KIND)).certification.unwrap();
        let mut document = testing::sample(KIND);
        testing::put(&mut document, "/joukyou", json!({"tainou_ari": {}}));
        let view = testing::view(KIND, &document);
        assert_eq!((testing::text(&view, "sharyo_bango"), testing::text(&view, "yuko_kigen")), ("＊", "＊"));
        let denied = view.certification.unwrap();
        assert!(clear.contains("滞納がない") && !denied.contains("滞納がない"), "{denied}");
        let with_plate = refusals(|d| {
            let plate = d.pointer(&format!("{CLEAR}/sharyo_bango")).unwrap().clone();
            testing::put(d, "/joukyou", json!({"tainou_ari": {"sharyo_bango": plate}}));
        });
        assert_eq!(with_plate, [("joukyou.tainou_ari.sharyo_bango".to_owned(), "unknown-field")]);
        let both = refusals(|d| {
            let clear = d.pointer(CLEAR).unwrap().clone();
            testing::put(d, "/joukyou", json!({"tainou_ari": {}, "tainou_nashi": clear}));
        });
        assert_eq!(both, [("joukyou".to_owned(), "not-one-of")]);
    }
}
