//! 日計（内部用）: the day's closing of a till. What was taken by kind and by way of payment, the numbers
//! that were voided, the security paper, and the cash as two people counted and checked it. Every sum is
//! given and checked: a closing that does not add up is refused where it does not.

use crate::domain::calendar::Day;
use crate::domain::money::{MoneyError, Yen};
use crate::{record, whole_number};

use super::Document;
use super::kofubo::Renban;
use super::parse::{Count, Reader, Text};
use super::uketsuke::{Jikoku, SlipText, day_and_time};
use super::view::{Draft, View};
use super::words::Words;

record! {
    /// 日計.
    pub struct Nikkei {
        /// 役所と課.
        pub jimusho: SlipText,
        /// レジ.
        pub reji: SlipText,
        /// Day.
        pub hi: Day,
        /// 締切時刻.
        pub shimekiri_jikoku: Jikoku,
        /// By kind of document.
        pub uchiwake: Vec<Uchiwake>,
        /// Of all kinds.
        pub gokei: Shiharaibetsu,
        /// 無効の番号.
        pub muko_bango: Vec<MukoBango>,
        /// 偽造防止用紙.
        pub yoshi_zaiko: YoshiZaiko,
        /// The cash.
        pub genkin_seisa: GenkinSeisa,
    }
}

record! {
    /// What was taken for one kind.
    pub struct Uchiwake {
        /// 種別.
        pub shubetsu: Text,
        /// By way of payment.
        pub shiharai: Shiharaibetsu,
    }
}

record! {
    /// By way of payment, and together.
    pub struct Shiharaibetsu {
        /// 現金.
        pub genkin: Tsusugaku,
        /// キャッシュレス.
        pub cashless: Tsusugaku,
        /// 定額小為替.
        pub kawase: Tsusugaku,
        /// 現金書留.
        pub genkin_kakitome: Tsusugaku,
        /// 収入印紙.
        pub shunyu_inshi: Tsusugaku,
        /// 免除・無料: copies alone.
        pub menjo: Count,
        /// 計.
        pub kei: Tsusugaku,
    }
}

record! {
    /// 通数 and 金額.
    pub struct Tsusugaku {
        /// 通数.
        pub tsusu: Count,
        /// 金額 in yen.
        pub kingaku: Yen,
    }
}

record! {
    /// 発行番号 that was voided.
    pub struct MukoBango {
        /// 端末名番号.
        pub tanmatsu: SlipText,
        /// 発行順番号.
        pub renban: Renban,
        /// Why.
        pub riyu: Text,
    }
}

whole_number! {
    /// Sheets of paper.
    Maisu: 0..=999_999, "maisu-out-of-range";
}

record! {
    /// 偽造防止用紙, in sheets.
    pub struct YoshiZaiko {
        /// 繰越 from the day before.
        pub kurikoshi: Maisu,
        /// 受入.
        pub ukeire: Maisu,
        /// 使用.
        pub shiyo: Maisu,
        /// 書損, destroyed before two people.
        pub kakison: Maisu,
        /// 残.
        pub zan: Maisu,
    }
}

record! {
    /// 現金の精査.
    pub struct GenkinSeisa {
        /// 釣銭準備金 with which the till was opened.
        pub junbikin: Yen,
        /// How many of each note and coin.
        pub kinshu: Kinshu,
        /// 現在高: what was counted.
        pub genzaidaka: Yen,
        /// 計算高: what must be there, 準備金 and cash taken.
        pub keisandaka: Yen,
        /// 過不足: what was counted less what must be there.
        pub kabusoku: Yen,
        /// Why they differ, where they do.
        pub kabusoku_riyu: Option<Text>,
        /// 計数者.
        pub keisusha: Text,
        /// 検査者, another than who counted.
        pub kensasha: Text,
    }
}

record! {
    /// 金種: how many of each note and coin.
    pub struct Kinshu {
        /// 10,000 円.
        pub ichiman_en: Count,
        /// 5,000 円.
        pub gosen_en: Count,
        /// 2,000 円.
        pub nisen_en: Count,
        /// 1,000 円.
        pub sen_en: Count,
        /// 500 円.
        pub gohyaku_en: Count,
        /// 100 円.
        pub hyaku_en: Count,
        /// 50 円.
        pub goju_en: Count,
        /// 10 円.
        pub ju_en: Count,
        /// 5 円.
        pub go_en: Count,
        /// 1 円.
        pub ichi_en: Count,
    }
}

/// 金種: each note and coin, and its value in yen.
pub const FACES: [(&str, i64); 10] = [
    ("ichiman_en", 10_000),
    ("gosen_en", 5_000),
    ("nisen_en", 2_000),
    ("sen_en", 1_000),
    ("gohyaku_en", 500),
    ("hyaku_en", 100),
    ("goju_en", 50),
    ("ju_en", 10),
    ("go_en", 5),
    ("ichi_en", 1),
];
/// Most kinds that are listed.
const MOST_UCHIWAKE: usize = 200;
/// Kinds on a sheet.
const UCHIWAKE_A_SHEET: usize = 24;
/// Voided numbers beside the cash, and on each sheet after it.
const MUKO_BESIDE: usize = 9;
const MUKO_A_SHEET: usize = 24;

impl Document for Nikkei {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.at("uchiwake", |reader| {
            if self.uchiwake.len() > MOST_UCHIWAKE {
                let refusal = reader.refusal("too-many-items").with("most", MOST_UCHIWAKE);
                reader.push::<()>(refusal.with("found", self.uchiwake.len()));
            }
            for (index, row) in self.uchiwake.iter().enumerate() {
                reader.at_index(index, |reader| reader.at("shiharai", |reader| row.shiharai.check(reader)));
            }
        });
        reader.at("gokei", |reader| {
            self.gokei.check(reader);
            self.gokei.check_sums(self.uchiwake.iter().map(|row| &row.shiharai), reader);
        });
        reader.at("yoshi_zaiko", |reader| self.yoshi_zaiko.check(reader));
        reader.at("genkin_seisa", |reader| self.genkin_seisa.check(self.gokei.genkin.kingaku, reader));
    }

    fn view(&self, words: &Words) -> View {
        let kinds = sheets_of(&self.uchiwake);
        let (beside, after) = self.muko_bango.split_at(self.muko_bango.len().min(MUKO_BESIDE));
        let voided: Vec<usize> = after.chunks(MUKO_A_SHEET).map(<[MukoBango]>::len).collect();
        let sheets = kinds.len() + 1 + voided.len();
        let mut draft = Draft::new(words, words.get("title"), sheets);
        draft.shape("kinds", kinds);
        draft.shape("beside", beside.len());
        draft.shape("voided", voided);
        let time = day_and_time(words, self.hi, &self.shimekiri_jikoku);
        let heading =
            words.fill("heading", &[("jimusho", self.jimusho.as_str()), ("reji", self.reji.as_str()), ("hi", &time)]);
        for sheet in 0..sheets {
            draft.put(format!("s{sheet}.heading"), heading.clone(), "jimusho");
        }
        for (index, row) in self.uchiwake.iter().enumerate() {
            let path = format!("uchiwake[{index}]");
            draft.put(format!("u{index}.shubetsu"), row.shubetsu.as_str(), format!("{path}.shubetsu"));
            row.shiharai.put(&format!("u{index}"), &format!("{path}.shiharai"), &mut draft);
        }
        self.gokei.put("gokei", "gokei", &mut draft);
        for (index, muko) in self.muko_bango.iter().enumerate() {
            muko.put(index, &mut draft);
        }
        draft.put("muko.kensu", self.muko_bango.len().to_string(), "muko_bango");
        self.yoshi_zaiko.put(&mut draft);
        self.genkin_seisa.put(&mut draft);
        draft.subject(heading);
        draft.finish()
    }
}

/// Rows of each sheet; one sheet without rows where there are none.
fn sheets_of(rows: &[Uchiwake]) -> Vec<usize> {
    let sheets: Vec<usize> = rows.chunks(UCHIWAKE_A_SHEET).map(<[Uchiwake]>::len).collect();
    if sheets.is_empty() { vec![0] } else { sheets }
}

/// Refuses a field whose value is not the sum of what it is made of.
fn check_sum(field: &str, sum: Result<Yen, MoneyError>, found: Yen, reader: &mut Reader<'_>) {
    reader.at(field, |reader| match sum {
        Err(error) => {
            reader.refuse::<()>(error.code());
        }
        Ok(sum) if sum != found => {
            let refusal = reader.refusal("totals-differ").with("sum", sum.grouped("-"));
            reader.push::<()>(refusal.with("found", found.grouped("-")));
        }
        Ok(_) => {}
    });
}

fn check_not_negative(field: &str, amount: Yen, reader: &mut Reader<'_>) {
    if amount < Yen::ZERO {
        reader.at(field, |reader| reader.refuse::<()>("negative-amount"));
    }
}

/// A count as an amount, so that it is summed and refused as amounts are.
fn counted(count: Count) -> Yen {
    Yen::new(i64::from(count.0))
}

impl Shiharaibetsu {
    /// Ways that bring in money, in the order of the columns.
    fn paid(&self) -> [(&'static str, &Tsusugaku); 5] {
        [
            ("genkin", &self.genkin),
            ("cashless", &self.cashless),
            ("kawase", &self.kawase),
            ("genkin_kakitome", &self.genkin_kakitome),
            ("shunyu_inshi", &self.shunyu_inshi),
        ]
    }

    /// 計 is the sum of the ways.
    fn check(&self, reader: &mut Reader<'_>) {
        for (way, taken) in self.paid() {
            reader.at(way, |reader| taken.check(reader));
        }
        let copies = self.paid().map(|(_, taken)| counted(taken.tsusu)).into_iter().chain([counted(self.menjo)]);
        let amounts = self.paid().map(|(_, taken)| taken.kingaku);
        reader.at("kei", |reader| self.kei.check_sum(copies, amounts, reader));
    }

    /// Every column is the sum of its rows.
    fn check_sums<'a>(&self, rows: impl Iterator<Item = &'a Self> + Clone, reader: &mut Reader<'_>) {
        for (column, (way, total)) in self.paid().into_iter().enumerate() {
            let cells = rows.clone().filter_map(|row| row.paid().get(column).map(|(_, taken)| *taken));
            let copies = cells.clone().map(|taken| counted(taken.tsusu));
            let amounts = cells.map(|taken| taken.kingaku);
            reader.at(way, |reader| total.check_sum(copies, amounts, reader));
        }
        let free = Yen::total(rows.map(|row| counted(row.menjo)));
        check_sum("menjo", free, counted(self.menjo), reader);
    }

    fn put(&self, slot: &str, path: &str, draft: &mut Draft<'_>) {
        for (way, taken) in self.paid().into_iter().chain([("kei", &self.kei)]) {
            taken.put(&format!("{slot}.{way}"), &format!("{path}.{way}"), draft);
        }
        let free = draft.words().yen(counted(self.menjo));
        draft.put(format!("{slot}.menjo"), free, format!("{path}.menjo"));
    }
}

impl Tsusugaku {
    fn check(&self, reader: &mut Reader<'_>) {
        check_not_negative("kingaku", self.kingaku, reader);
        if self.tsusu.0 == 0 && self.kingaku != Yen::ZERO {
            reader.at("kingaku", |reader| reader.refuse::<()>("amount-without-copies"));
        }
    }

    fn check_sum(
        &self,
        copies: impl IntoIterator<Item = Yen>,
        amounts: impl IntoIterator<Item = Yen>,
        reader: &mut Reader<'_>,
    ) {
        check_sum("tsusu", Yen::total(copies), counted(self.tsusu), reader);
        check_sum("kingaku", Yen::total(amounts), self.kingaku, reader);
    }

    fn put(&self, slot: &str, path: &str, draft: &mut Draft<'_>) {
        let (copies, amount) = (draft.words().yen(counted(self.tsusu)), draft.words().yen(self.kingaku));
        draft.put(format!("{slot}.tsusu"), copies, format!("{path}.tsusu"));
        draft.put(format!("{slot}.kingaku"), amount, format!("{path}.kingaku"));
    }
}

impl MukoBango {
    fn put(&self, index: usize, draft: &mut Draft<'_>) {
        let number = draft
            .words()
            .fill("hakko-bango", &[("tanmatsu", self.tanmatsu.as_str()), ("renban", &self.renban.printed())]);
        draft.put(format!("m{index}.bango"), number, format!("muko_bango[{index}].renban"));
        draft.put(format!("m{index}.riyu"), self.riyu.as_str(), format!("muko_bango[{index}].riyu"));
    }
}

impl YoshiZaiko {
    /// 残 = 繰越 + 受入 − 使用 − 書損.
    fn check(&self, reader: &mut Reader<'_>) {
        let sheets = |count: Maisu| Yen::new(count.get());
        let left = Yen::total([sheets(self.kurikoshi), sheets(self.ukeire)])
            .and_then(|stock| stock.minus(sheets(self.shiyo)))
            .and_then(|stock| stock.minus(sheets(self.kakison)));
        check_sum("zan", left, sheets(self.zan), reader);
    }

    fn put(&self, draft: &mut Draft<'_>) {
        for (name, count) in [
            ("kurikoshi", self.kurikoshi),
            ("ukeire", self.ukeire),
            ("shiyo", self.shiyo),
            ("kakison", self.kakison),
            ("zan", self.zan),
        ] {
            let text = draft.words().yen(Yen::new(count.get()));
            draft.put(format!("yoshi.{name}"), text, format!("yoshi_zaiko.{name}"));
        }
    }
}

impl Kinshu {
    /// Each note and coin: its name, its value in yen, how many.
    fn rows(&self) -> impl Iterator<Item = (&'static str, i64, Count)> {
        let counts = [
            self.ichiman_en,
            self.gosen_en,
            self.nisen_en,
            self.sen_en,
            self.gohyaku_en,
            self.hyaku_en,
            self.goju_en,
            self.ju_en,
            self.go_en,
            self.ichi_en,
        ];
        FACES.iter().zip(counts).map(|((name, value), count)| (*name, *value, count))
    }

    /// A count has at most four digits, so that no product of it is out of range.
    fn amounts(&self) -> impl Iterator<Item = Yen> {
        self.rows().map(|(_, value, count)| Yen::new(value * i64::from(count.0)))
    }
}

impl GenkinSeisa {
    fn check(&self, taken: Yen, reader: &mut Reader<'_>) {
        check_not_negative("junbikin", self.junbikin, reader);
        check_sum("genzaidaka", Yen::total(self.kinshu.amounts()), self.genzaidaka, reader);
        check_sum("keisandaka", self.junbikin.plus(taken), self.keisandaka, reader);
        check_sum("kabusoku", self.genzaidaka.minus(self.keisandaka), self.kabusoku, reader);
        if self.kabusoku != Yen::ZERO && self.kabusoku_riyu.is_none() {
            reader.at("kabusoku_riyu", |reader| reader.refuse::<()>("difference-without-reason"));
        }
        if self.keisusha == self.kensasha {
            reader.at("kensasha", |reader| reader.refuse::<()>("counted-and-checked-by-one"));
        }
    }

    fn put(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        for ((name, _, count), amount) in self.kinshu.rows().zip(self.kinshu.amounts()) {
            let path = format!("genkin_seisa.kinshu.{name}");
            draft.put(format!("kinshu.{name}.maisu"), words.yen(counted(count)), path.clone());
            draft.put(format!("kinshu.{name}.kingaku"), words.yen(amount), path);
        }
        for (name, text) in [
            ("junbikin", words.yen(self.junbikin)),
            ("genzaidaka", words.yen(self.genzaidaka)),
            ("keisandaka", words.yen(self.keisandaka)),
            ("kabusoku", words.yen(self.kabusoku)),
            ("kabusoku_riyu", self.kabusoku_riyu.as_ref().map_or_else(String::new, |why| why.as_str().to_owned())),
            ("keisusha", self.keisusha.as_str().to_owned()),
            ("kensasha", self.kensasha.as_str().to_owned()),
        ] {
            draft.put(name, text, format!("genkin_seisa.{name}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::document::catalog::{Composed, Kind};
    use crate::domain::text::Anything;

    /// What makes a good document a bad one.
    type Spoil = fn(&mut Json);

    fn sample() -> Json {
        serde_json::from_str(include_str!("../../samples/nikkei.json")).unwrap()
    }

    fn read(data: &Json) -> Result<Composed, Vec<(String, &'static str)>> {
        let bytes = serde_json::to_vec(data).unwrap();
        Kind::by_id("nikkei")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.into_iter().map(|r| (r.path, r.code)).collect())
    }

    fn refusals_of(spoil: Spoil) -> Vec<(String, &'static str)> {
        let mut data = sample();
        spoil(&mut data);
        read(&data).err().unwrap_or_default()
    }

    #[test]
    fn what_does_not_add_up_is_refused_at_its_place() {
        let cases: [(Spoil, &str, &str); 15] = [
            (
                |d| d["uchiwake"][0]["shiharai"]["kei"]["tsusu"] = json!(1),
                "uchiwake[0].shiharai.kei.tsusu",
                "totals-differ",
            ),
            (
                |d| d["uchiwake"][0]["shiharai"]["kei"]["kingaku"] = json!(1),
                "uchiwake[0].shiharai.kei.kingaku",
                "totals-differ",
            ),
            (|d| d["uchiwake"][0]["shiharai"]["menjo"] = json!(5), "uchiwake[0].shiharai.kei.tsusu", "totals-differ"),
            (|d| d["uchiwake"][0]["shiharai"]["menjo"] = json!(5), "gokei.menjo", "totals-differ"),
            (|d| d["gokei"]["cashless"]["tsusu"] = json!(1), "gokei.cashless.tsusu", "totals-differ"),
            (|d| d["gokei"]["shunyu_inshi"]["kingaku"] = json!(1), "gokei.shunyu_inshi.kingaku", "totals-differ"),
            (|d| d["gokei"]["kei"]["kingaku"] = json!(1), "gokei.kei.kingaku", "totals-differ"),
            (
                |d| d["uchiwake"][0]["shiharai"]["kawase"] = json!({ "tsusu": 0, "kingaku": 300 }),
                "uchiwake[0].shiharai.kawase.kingaku",
                "amount-without-copies",
            ),
            (
                |d| d["uchiwake"][0]["shiharai"]["kawase"]["kingaku"] = json!(-300),
                "uchiwake[0].shiharai.kawase.kingaku",
                "negative-amount",
            ),
            (|d| d["yoshi_zaiko"]["kakison"] = json!(4), "yoshi_zaiko.zan", "totals-differ"),
            (|d| d["genkin_seisa"]["kinshu"]["ichi_en"] = json!(1), "genkin_seisa.genzaidaka", "totals-differ"),
            (|d| d["genkin_seisa"]["junbikin"] = json!(40_000), "genkin_seisa.keisandaka", "totals-differ"),
            (|d| d["genkin_seisa"]["kabusoku"] = json!(1), "genkin_seisa.kabusoku", "totals-differ"),
            (
                |d| d["genkin_seisa"]["kensasha"] = d["genkin_seisa"]["keisusha"].clone(),
                "genkin_seisa.kensasha",
                "counted-and-checked-by-one",
            ),
            (
                |d| d["uchiwake"][0]["shiharai"]["genkin"]["kingaku"] = json!(i64::MAX),
                "gokei.genkin.kingaku",
                "money-overflow",
            ),
        ];
        assert!(read(&sample()).is_ok());
        for (spoil, path, code) in cases {
            let refusals = refusals_of(spoil);
            assert!(refusals.contains(&(path.to_owned(), code)), "{path} {code}: {refusals:?}");
        }
    }

    #[test]
    fn a_difference_needs_its_reason() {
        let short = |data: &mut Json| {
            let seisa = &mut data["genkin_seisa"];
            let coins = seisa["kinshu"]["hyaku_en"].as_i64().unwrap();
            seisa["kinshu"]["hyaku_en"] = json!(coins - 1);
            seisa["genzaidaka"] = json!(seisa["genzaidaka"].as_i64().unwrap() - 100);
            seisa["kabusoku"] = json!(-100);
        };
        let mut data = sample();
        short(&mut data);
        let refused = read(&data).unwrap_err();
        assert_eq!(refused, [("genkin_seisa.kabusoku_riyu".to_owned(), "difference-without-reason")]);
        data["genkin_seisa"]["kabusoku_riyu"] = json!("釣銭の渡し違え");
        assert!(read(&data).is_ok());
    }
}
