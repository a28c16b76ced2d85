//! レシート（手数料領収）: what was paid for, how, and by which till. It names nobody.

use crate::domain::calendar::Day;
use crate::domain::money::{MoneyError, Yen};
use crate::{choice, either, record};

use super::Document;
use super::parse::{Count, Reader};
use super::uketsuke::{
    IchirenBango, Jikoku, SlipText, Toriatsukaisha, YobidashiBango, Yoshi, day_and_time, em_width, lines_at, put_code,
};
use super::view::{Draft, View};
use super::words::Words;

record! {
    /// レシート.
    pub struct Receipt {
        /// 用紙.
        pub yoshi: Yoshi,
        /// 再印字: printed once more, and says so.
        pub sai_inji: bool,
        /// 一連番号 of the till.
        pub ichiren_bango: IchirenBango,
        /// 役所と課.
        pub jimusho: SlipText,
        /// 領収日.
        pub ryoshu_hi: Day,
        /// 領収時刻.
        pub ryoshu_jikoku: Jikoku,
        /// レジ.
        pub reji: SlipText,
        /// 呼出番号, where there was one.
        pub yobidashi_bango: Option<YobidashiBango>,
        /// 明細.
        pub meisai: Vec<Meisai>,
        /// 合計 in yen.
        pub gokei: Yen,
        /// 支払い.
        pub shiharai: Shiharai,
        /// 取扱者番号.
        pub toriatsukaisha: Toriatsukaisha,
    }
}

record! {
    /// One row of the 明細.
    pub struct Meisai {
        /// 種別.
        pub shubetsu: SlipText,
        /// 単価 in yen.
        pub tanka: Yen,
        /// 通数.
        pub tsusu: Count,
    }
}

either! {
    /// How it was paid.
    pub enum Shiharai {
        /// 現金.
        Genkin(Azukari) = "genkin",
        /// 定額小為替: what is over goes back in 小為替.
        Kawase(Azukari) = "kawase",
        /// 現金書留.
        GenkinKakitome(Azukari) = "genkin-kakitome",
        /// キャッシュレス: exactly the sum.
        Cashless(CashlessShurui) = "cashless",
    }
}

record! {
    /// What was handed over, and what was given back.
    pub struct Azukari {
        /// お預かり in yen.
        pub azukari: Yen,
        /// お釣り in yen.
        pub otsuri: Yen,
    }
}

choice! {
    /// Means without cash.
    pub enum CashlessShurui {
        /// クレジットカード.
        Credit = "credit",
        /// 電子マネー.
        DenshiMoney = "denshi-money",
        /// コード決済.
        Code = "code",
    }
}

/// Most rows of a 明細.
const MOST_MEISAI: usize = 24;
/// Em that a name of a 明細 has beside its figures, and on lines of its own, on a roll.
const NAME_EM: f64 = 10.6;
const LINE_EM: f64 = 23.0;

impl Document for Receipt {
    fn check(&self, reader: &mut Reader<'_>) {
        self.check_rows(reader);
        match self.sum() {
            Err(error) => {
                reader.at("gokei", |reader| reader.refuse::<()>(error.code()));
            }
            Ok(sum) if sum != self.gokei => {
                let refusal = reader.at("gokei", |reader| reader.refusal("sum-differs"));
                reader.push::<()>(refusal.with("sum", sum.grouped("-")).with("found", self.gokei.grouped("-")));
            }
            Ok(_) => {}
        }
        reader.at("shiharai", |reader| self.shiharai.check(self.gokei, reader));
    }

    fn view(&self, words: &Words) -> View {
        let mut draft = Draft::new(words, words.get("title"), 1);
        draft.shape("yoshi", self.yoshi.key());
        draft.shape("sai_inji", self.sai_inji);
        draft.shape("uketsuke", self.yobidashi_bango.is_some());
        draft.shape("meisai", self.meisai.iter().map(Meisai::name_lines).collect::<Vec<_>>());
        self.put_heading(&mut draft);
        self.put_rows(&mut draft);
        self.put_payment(&mut draft);
        let (width, height) = match self.yoshi {
            Yoshi::Roll80 => (48.0, 10.0),
            Yoshi::A4 => (54.0, 12.0),
        };
        put_code(&mut draft, "code", self.ichiren_bango.as_str(), width, height);
        draft.subject(self.ichiren_bango.as_str());
        draft.finish()
    }
}

impl Receipt {
    fn check_rows(&self, reader: &mut Reader<'_>) {
        reader.at("meisai", |reader| {
            if self.meisai.is_empty() {
                reader.refuse::<()>("empty-list");
            }
            if self.meisai.len() > MOST_MEISAI {
                let refusal = reader.refusal("too-many-items").with("most", MOST_MEISAI);
                reader.push::<()>(refusal.with("found", self.meisai.len()));
            }
            for (index, row) in self.meisai.iter().enumerate() {
                reader.at_index(index, |reader| row.check(reader));
            }
        });
    }

    /// Σ 単価 × 通数.
    fn sum(&self) -> Result<Yen, MoneyError> {
        self.meisai.iter().try_fold(Yen::ZERO, |sum, row| sum.plus(row.amount()?))
    }

    fn put_heading(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft.put("jimusho", self.jimusho.as_str(), "jimusho");
        draft.put("ryoshu_hi", day_and_time(words, self.ryoshu_hi, &self.ryoshu_jikoku), "ryoshu_hi");
        draft.put("reji", self.reji.as_str(), "reji");
        draft.put("ichiren_bango", self.ichiren_bango.as_str(), "ichiren_bango");
        draft.put("toriatsukaisha", self.toriatsukaisha.as_str(), "toriatsukaisha");
        draft.put("code.text", self.ichiren_bango.as_str(), "ichiren_bango");
        if let Some(number) = &self.yobidashi_bango {
            draft.put("yobidashi_bango", number.printed(), "yobidashi_bango");
        }
    }

    fn put_rows(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        for (index, row) in self.meisai.iter().enumerate() {
            let mut put = |name: &str, text: String| {
                draft.put(format!("m{index}.{name}"), text, format!("meisai[{index}].{name}"));
            };
            put("shubetsu", row.shubetsu.as_str().to_owned());
            put("tanka", row.tanka.grouped(words.get("minus")));
            put("tsusu", words.fill(&format!("tsusu.{}", self.yoshi.key()), &[("n", &row.tsusu.0.to_string())]));
            // What would not fit was refused when the document was read.
            put("kingaku", row.amount().unwrap_or_default().grouped(words.get("minus")));
        }
        let gokei = self.gokei.grouped(words.get("minus"));
        draft.put("gokei", words.fill("kingaku", &[("kingaku", &gokei)]), "gokei");
        if self.yoshi == Yoshi::A4 {
            draft.put("ryoshu_kingaku", words.fill("kingaku", &[("kingaku", &gokei)]), "gokei");
        }
    }

    fn put_payment(&self, draft: &mut Draft<'_>) {
        let rows = self.shiharai.rows(self.gokei);
        draft.shape("shiharai", rows.len());
        let words = draft.words();
        for (index, (key, amount)) in rows.into_iter().enumerate() {
            draft.put(format!("shiharai{index}.label"), words.get(&format!("shiharai.{key}")), "shiharai");
            draft.put(format!("shiharai{index}.kingaku"), amount.grouped(words.get("minus")), "shiharai");
        }
    }
}

impl Meisai {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.tsusu.0 == 0 {
            reader.at("tsusu", |reader| reader.refuse::<()>("no-copies"));
        }
        if self.tanka < Yen::ZERO {
            reader.at("tanka", |reader| reader.refuse::<()>("negative-amount"));
        }
    }

    fn amount(&self) -> Result<Yen, MoneyError> {
        self.tanka.times(u32::from(self.tsusu.0))
    }

    /// Lines that the name has for itself on a roll; 0 where it stands beside its figures.
    fn name_lines(&self) -> usize {
        let name = self.shubetsu.as_str();
        if em_width(name) <= NAME_EM { 0 } else { lines_at(name, LINE_EM) }
    }
}

impl Shiharai {
    fn check(&self, gokei: Yen, reader: &mut Reader<'_>) {
        let (key, azukari) = match self {
            Self::Genkin(azukari) => ("genkin", azukari),
            Self::Kawase(azukari) => ("kawase", azukari),
            Self::GenkinKakitome(azukari) => ("genkin-kakitome", azukari),
            Self::Cashless(_) => return,
        };
        reader.at(key, |reader| azukari.check(gokei, reader));
    }

    /// Keys of the wording, and amounts, of the rows below the sum.
    fn rows(&self, gokei: Yen) -> Vec<(&'static str, Yen)> {
        match self {
            Self::Genkin(Azukari { azukari, otsuri }) => vec![("azukari", *azukari), ("otsuri", *otsuri)],
            Self::Kawase(Azukari { azukari, otsuri }) => {
                vec![("kawase", *azukari), ("kawase-otsuri", *otsuri)]
            }
            Self::GenkinKakitome(Azukari { azukari, otsuri }) => {
                vec![("genkin-kakitome", *azukari), ("otsuri", *otsuri)]
            }
            Self::Cashless(means) => vec![(means.key(), gokei)],
        }
    }
}

impl Azukari {
    fn check(&self, gokei: Yen, reader: &mut Reader<'_>) {
        if self.azukari < gokei {
            reader.at("azukari", |reader| reader.refuse::<()>("deposit-too-small"));
            return;
        }
        match self.azukari.minus(gokei) {
            Err(error) => {
                reader.at("otsuri", |reader| reader.refuse::<()>(error.code()));
            }
            Ok(change) if change != self.otsuri => {
                let refusal = reader.at("otsuri", |reader| reader.refusal("change-differs"));
                reader.push::<()>(refusal.with("sum", change.grouped("-")).with("found", self.otsuri.grouped("-")));
            }
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::document::catalog::{Composed, Kind};
    use crate::domain::text::Anything;

    fn sample() -> Json {
        json!({
            "yoshi": "roll80",
            "sai_inji": false,
            "ichiren_bango": "004821",
            "jimusho": "見本市北区役所",
            "ryoshu_hi": "2026-01-15",
            "ryoshu_jikoku": "10:41",
            "reji": "レジ03",
            "meisai": [
                { "shubetsu": "住民票の写し", "tanka": 300, "tsusu": 2 },
                { "shubetsu": "印鑑登録証明書", "tanka": 350, "tsusu": 1 },
            ],
            "gokei": 950,
            "shiharai": { "genkin": { "azukari": 1000, "otsuri": 50 } },
            "toriatsukaisha": "K07",
        })
    }

    fn read(data: &Json) -> Result<Composed, Vec<(String, &'static str)>> {
        let bytes = serde_json::to_vec(data).unwrap();
        Kind::by_id("receipt")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.into_iter().map(|r| (r.path, r.code)).collect())
    }

    fn view(data: &Json) -> View {
        let words = Words::read([
            ("common", include_str!("../../templates/words/common.toml")),
            ("own", include_str!("../../templates/words/receipt.toml")),
        ]);
        read(data).unwrap().view(&words.unwrap())
    }

    fn value<'v>(view: &'v View, slot: &str) -> Option<&'v str> {
        view.values.iter().find(|value| value.slot == slot).map(|value| value.text.as_str())
    }

    /// What makes a good document a bad one.
    type Spoil = fn(&mut Json);

    #[test]
    fn what_does_not_add_up_is_refused_at_its_place() {
        let cases: [(Spoil, &str, &str); 11] = [
            (|d| d["gokei"] = json!(900), "gokei", "sum-differs"),
            (|d| d["meisai"][0]["tsusu"] = json!(3), "gokei", "sum-differs"),
            (|d| d["shiharai"]["genkin"]["otsuri"] = json!(60), "shiharai.genkin.otsuri", "change-differs"),
            (
                |d| d["shiharai"] = json!({ "kawase": { "azukari": 1000, "otsuri": 0 } }),
                "shiharai.kawase.otsuri",
                "change-differs",
            ),
            (
                |d| d["shiharai"]["genkin"] = json!({ "azukari": 900, "otsuri": -50 }),
                "shiharai.genkin.azukari",
                "deposit-too-small",
            ),
            (|d| d["meisai"] = json!([]), "meisai", "empty-list"),
            (|d| d["meisai"] = Json::Array(vec![d["meisai"][0].clone(); 25]), "meisai", "too-many-items"),
            (|d| d["meisai"][1]["tsusu"] = json!(0), "meisai[1].tsusu", "no-copies"),
            (|d| d["meisai"][1]["tanka"] = json!(-350), "meisai[1].tanka", "negative-amount"),
            (|d| d["meisai"][1]["tanka"] = json!(i64::MAX), "gokei", "money-overflow"),
            (|d| d["toriatsukaisha"] = json!("見本"), "toriatsukaisha", "clerk-number-form"),
        ];
        assert!(read(&sample()).is_ok());
        for (spoil, path, code) in cases {
            let mut data = sample();
            spoil(&mut data);
            let refusals = read(&data).unwrap_err();
            assert!(refusals.contains(&(path.to_owned(), code)), "{path} {code}: {refusals:?}");
        }
    }

    proptest! {
        #[test]
        fn only_the_exact_sum_and_change_are_accepted(
            rows in prop::collection::vec((0_i64..10_000, 1_u16..100), 1..8), paid in 0_i64..5_000, off in -3_i64..4,
        ) {
            let sum: i64 = rows.iter().map(|(price, count)| price * i64::from(*count)).sum();
            let mut data = sample();
            data["meisai"] = rows.iter().map(|(price, count)| json!({ "shubetsu": "写し", "tanka": price, "tsusu": count })).collect();
            data["gokei"] = json!(sum);
            data["shiharai"] = json!({ "genkin": { "azukari": sum + paid, "otsuri": paid + off } });
            prop_assert_eq!(read(&data).is_ok(), off == 0);
        }
    }

    #[test]
    fn means_are_told_by_the_name_of_the_row() {
        let rows = |shiharai: Json| {
            let mut data = sample();
            data["shiharai"] = shiharai;
            let view = view(&data);
            let label = |n: usize| value(&view, &format!("shiharai{n}.label")).map(str::to_owned);
            (label(0), label(1), view.shape["shiharai"].clone())
        };
        let some = |text: &str| Some(text.to_owned());
        let given = json!({ "azukari": 1000, "otsuri": 50 });
        assert_eq!(rows(json!({ "genkin": given })), (some("お預かり"), some("お釣り"), json!(2)));
        assert_eq!(
            rows(json!({ "kawase": given })),
            (some("お預かり（定額小為替）"), some("お返し（定額小為替）"), json!(2))
        );
        assert_eq!(rows(json!({ "cashless": "credit" })), (some("クレジットカード"), None, json!(1)));
    }

    #[test]
    fn amounts_of_rows_are_reckoned() {
        let view = view(&sample());
        assert_eq!(value(&view, "m0.kingaku"), Some("600"));
        assert_eq!(value(&view, "m1.kingaku"), Some("350"));
        assert_eq!(value(&view, "gokei"), Some("￥950"));
    }

    #[test]
    fn a_long_name_has_lines_of_its_own() {
        let mut data = sample();
        for (name, lines) in [("十字までの名前は一行", 0), ("十一字以上の名前は別の行", 1)] {
            data["meisai"][0]["shubetsu"] = json!(name);
            assert_eq!(view(&data).shape["meisai"][0], json!(lines), "{name}");
        }
        data["meisai"][0]["shubetsu"] = json!("字".repeat(24));
        assert_eq!(view(&data).shape["meisai"][0], json!(2));
    }
}
