//! 課税（所得）・非課税証明書: income, deductions and 個人住民税 of one person for one 年度.

use serde_json::json;

use crate::domain::calendar::RecordedDate;
use crate::domain::money::Yen;
use crate::{choice, either, record};

use super::Document;
use super::entry::{Declared, Nothing};
use super::jumin::Jusho;
use super::parse::{Count, Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};
use super::zei::{Gaku, Nendo, Nozeisha, ShotokuGaku, check_sum, each, or_none, refuse_at, refuse_repeated, total};

record! {
    /// 課税証明書, 非課税証明書 or 所得証明書: which of them, its content decides.
    pub struct KazeiShotokuShomeisho {
        /// 課税年度. The year of income is the one before.
        pub nendo: Nendo,
        /// 住所 on 1 January of the year, the 賦課期日.
        pub jusho: Jusho,
        /// Whose income it is.
        pub nozeisha: Nozeisha,
        /// What is certified.
        pub shomei_jiko: ShomeiJiko,
        /// 備考.
        pub biko: Option<Text>,
    }
}

either! {
    /// What is certified. Where tax is not, the document holds no tax.
    pub enum ShomeiJiko {
        /// Income, deductions and tax: 課税証明書, or 非課税証明書 where the tax is 0.
        Kazei(Box<Kazei>) = "kazei",
        /// 非課税証明書 of a dependant for whom nothing was declared (申告なし).
        Hikazei(Mishinkoku) = "hikazei_mishinkoku",
        /// Income alone: 所得証明書.
        Shotoku(Shotoku) = "shotoku",
    }
}

record! {
    /// Income, deductions and tax.
    pub struct Kazei {
        /// 所得.
        pub shotoku: Shinkoku,
        /// 所得控除.
        pub kojo: Kojo,
        /// 扶養人数・本人該当.
        pub fuyo: Fuyo,
        /// 税額.
        pub zei: Zei,
    }
}

either! {
    /// 所得, declared or not.
    pub enum Shotoku {
        /// 申告あり: what is zero prints 0.
        Shinkoku(Shinkoku) = "shinkoku",
        /// 申告なし: there is no figure, and ＊ is printed.
        Mishinkoku(Mishinkoku) = "mishinkoku",
    }
}

record! {
    /// Declared income.
    pub struct Shinkoku {
        /// 所得の内訳.
        pub shotoku_uchiwake: Vec<ShotokuShurui>,
        /// 合計所得金額 (地方税法292条1項13号).
        pub gokei_shotoku: ShotokuGaku,
        /// 総所得金額等: the same after losses carried forward.
        pub so_shotoku: ShotokuGaku,
    }
}

record! {
    /// Income of one kind.
    pub struct ShotokuShurui {
        /// 種類.
        pub shurui: Text,
        /// 収入金額, for the kinds that the certificate states it of.
        pub shunyu_kingaku: Declared<Gaku>,
        /// 所得金額, as it counts towards the sum.
        pub shotoku_kingaku: ShotokuGaku,
    }
}

record! {
    /// 申告なし.
    pub struct Mishinkoku {
        /// Kinds of income that the certificate lists without a figure.
        pub shurui_ichiran: Vec<Text>,
    }
}

record! {
    /// 所得控除.
    pub struct Kojo {
        /// 所得控除の内訳.
        pub kojo_uchiwake: Vec<KojoShurui>,
        /// 所得控除額の合計.
        pub kojo_gokei: Gaku,
    }
}

record! {
    /// One deduction.
    pub struct KojoShurui {
        /// 種類.
        pub shurui: Text,
        /// 控除額.
        pub kojogaku: Gaku,
    }
}

choice! {
    /// 控除対象配偶者.
    pub enum Haigusha {
        /// 無.
        Nashi = "nashi",
        /// 有.
        Ari = "ari",
        /// 老人控除対象配偶者.
        Rojin = "rojin",
    }
}

choice! {
    /// 本人該当.
    pub enum HonninGaito {
        /// 特別障害者.
        TokubetsuShogai = "tokubetsu-shogai",
        /// 障害者.
        Shogai = "shogai",
        /// 寡婦.
        Kafu = "kafu",
        /// ひとり親.
        Hitorioya = "hitorioya",
        /// 勤労学生.
        KinroGakusei = "kinro-gakusei",
        /// 未成年者.
        Miseinen = "miseinen",
    }
}

record! {
    /// 扶養人数・本人該当.
    pub struct Fuyo {
        /// 控除対象配偶者.
        pub haigusha: Haigusha,
        /// 扶養（一般）.
        pub fuyo_ippan: Count,
        /// 扶養（特定）.
        pub fuyo_tokutei: Count,
        /// 扶養（老人）, those living together included.
        pub fuyo_rojin: Count,
        /// うち同居老親.
        pub dokyo_rojin: Count,
        /// 扶養（年少）.
        pub fuyo_nensho: Count,
        /// 障害（特別）.
        pub shogai_tokubetsu: Count,
        /// 障害（その他）.
        pub shogai_sonota: Count,
        /// 本人該当.
        pub honnin_gaito: Vec<HonninGaito>,
        /// 調整控除等.
        pub chosei_kojo: Declared<Gaku>,
    }
}

record! {
    /// 税額.
    pub struct Zei {
        /// 市区町村民税.
        pub shichosonminzei: Juminzei,
        /// 都道府県民税.
        pub todofukenminzei: Juminzei,
        /// 森林環境税, of 令和6年度 and after.
        pub shinrin_kankyozei: Option<Gaku>,
        /// 年税額.
        pub nenzeigaku: Gaku,
    }
}

record! {
    /// One of the two 住民税.
    pub struct Juminzei {
        /// 課税標準額.
        pub kazei_hyojun: Gaku,
        /// 税額控除等.
        pub zeigaku_kojo: Gaku,
        /// 所得割額.
        pub shotokuwari: Gaku,
        /// 均等割額.
        pub kintowari: Gaku,
        /// 計.
        pub zeigaku_kei: Gaku,
    }
}

/// First 年度 of 森林環境税 (森林環境税及び森林環境譲与税に関する法律 附則1条).
const SHINRIN_KANKYOZEI: i32 = 2024;
/// Kinds of income and of deductions that the sheet has rows for. Of more the last row refers to 別紙.
const SHOTOKU_ROWS: usize = 14;
const KOJO_ROWS: usize = 12;

impl Document for KazeiShotokuShomeisho {
    fn check(&self, reader: &mut Reader<'_>) {
        let last = RecordedDate::wareki(self.nendo.zennen_matsu());
        if last.certainly_before(self.nozeisha.seinengappi()) {
            reader.at("nozeisha", |reader| refuse_at("seinengappi", "birth-after-year-of-income", reader));
        }
        reader.at("shomei_jiko", |reader| match &self.shomei_jiko {
            ShomeiJiko::Kazei(kazei) => reader.at("kazei", |reader| kazei.check(self.has_shinrin(), reader)),
            ShomeiJiko::Hikazei(kinds) => reader.at("hikazei_mishinkoku", |reader| kinds.check(reader)),
            ShomeiJiko::Shotoku(shotoku) => reader.at("shotoku", |reader| match shotoku {
                Shotoku::Shinkoku(declared) => reader.at("shinkoku", |reader| declared.check(reader)),
                Shotoku::Mishinkoku(kinds) => reader.at("mishinkoku", |reader| kinds.check(reader)),
            }),
        });
    }

    fn view(&self, words: &Words) -> View {
        let mut draft = Draft::new(words, words.get(&format!("title.{}", self.title())), 1);
        draft.shape("stated", !matches!(self.shomei_jiko, ShomeiJiko::Shotoku(_)));
        self.put_heading(&mut draft);
        match &self.shomei_jiko {
            ShomeiJiko::Kazei(kazei) => {
                kazei.shotoku.put(&mut draft, "shomei_jiko.kazei.shotoku");
                kazei.kojo.put(&mut draft);
                kazei.fuyo.put(&mut draft);
                kazei.zei.put(&mut draft);
            }
            ShomeiJiko::Hikazei(kinds) => {
                kinds.put(&mut draft, "shomei_jiko.hikazei_mishinkoku");
                self.put_untaxed(&mut draft);
            }
            ShomeiJiko::Shotoku(shotoku) => {
                match shotoku {
                    Shotoku::Shinkoku(declared) => declared.put(&mut draft, "shomei_jiko.shotoku.shinkoku"),
                    Shotoku::Mishinkoku(kinds) => kinds.put(&mut draft, "shomei_jiko.shotoku.mishinkoku"),
                }
                draft.put("nenzeigaku", draft.nothing(Nothing::Undeclared), "nenzeigaku");
            }
        }
        draft.unnumbered();
        draft.certify(words.get("ninsho.shomei"));
        draft.finish()
    }
}

impl KazeiShotokuShomeisho {
    /// Which of the three certificates it is: key of the title.
    fn title(&self) -> &'static str {
        match &self.shomei_jiko {
            ShomeiJiko::Kazei(kazei) if kazei.zei.nenzeigaku.yen() > Yen::ZERO => "kazei",
            ShomeiJiko::Kazei(_) | ShomeiJiko::Hikazei(_) => "hikazei",
            ShomeiJiko::Shotoku(_) => "shotoku",
        }
    }

    fn has_shinrin(&self) -> bool {
        self.nendo.gregorian() >= SHINRIN_KANKYOZEI
    }

    fn put_heading(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let shinrin = self.has_shinrin();
        let nendo = words.fill(
            "nendo-to-shotoku",
            &[("nendo", &self.nendo.printed(words)), ("nen", &self.nendo.shotoku_nen(words))],
        );
        let shimei = self.nozeisha.shimei(words);
        draft.put("nendo", nendo, "nendo");
        draft.put("zeimoku", words.get(if shinrin { "zeimoku.shinrin-ari" } else { "zeimoku.shinrin-nashi" }), "nendo");
        draft.put("jusho", self.jusho.printed(), "jusho");
        draft.put("shimei", shimei.clone(), "nozeisha.shimei");
        draft.put("seinengappi", words.date(self.nozeisha.seinengappi(), DateStyle::Grid), "nozeisha.seinengappi");
        draft.put("biko", or_none(draft, self.biko.as_ref()), "biko");
        draft.subject_of("shimei", shimei);
        let third = if shinrin { "zeimei.shinrin-kankyozei" } else { "nothing.not-applicable" };
        draft.shape(
            "zeimei",
            json!([words.get("zeimei.shichosonminzei"), words.get("zeimei.todofukenminzei"), words.get(third)]),
        );
    }

    /// 非課税 without a declaration: no tax was found, and of what leads to it nothing is known.
    fn put_untaxed(&self, draft: &mut Draft<'_>) {
        let unknown = draft.nothing(Nothing::Undeclared);
        let zero = draft.words().yen(Yen::ZERO);
        put_kojo_rows(draft, 1, false);
        draft.put("k0.shurui", unknown.clone(), "kojo_uchiwake");
        draft.put("k0.gaku", unknown.clone(), "kojo_uchiwake");
        draft.put("kojo_gokei", unknown.clone(), "kojo_gokei");
        for field in FUYO {
            draft.put(format!("f.{field}"), unknown.clone(), *field);
        }
        for row in ["shichosonminzei", "todofukenminzei"] {
            for (field, text) in ZEI.iter().zip([&unknown, &unknown, &zero, &zero, &zero]) {
                draft.put(format!("z.{row}.{field}"), text.as_str(), *field);
            }
        }
        put_shinrin(draft, self.has_shinrin().then_some(zero.as_str()));
        draft.put("nenzeigaku", zero, "nenzeigaku");
    }
}

impl Kazei {
    fn check(&self, has_shinrin: bool, reader: &mut Reader<'_>) {
        reader.at("shotoku", |reader| self.shotoku.check(reader));
        reader.at("kojo", |reader| self.kojo.check(reader));
        reader.at("fuyo", |reader| self.fuyo.check(reader));
        reader.at("zei", |reader| self.zei.check(has_shinrin, reader));
    }
}

impl Shinkoku {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.shotoku_uchiwake.is_empty() {
            refuse_at("shotoku_uchiwake", "empty-list", reader);
        }
        each("shotoku_uchiwake", &self.shotoku_uchiwake, reader, |kind, reader| {
            if kind.shunyu_kingaku.given().is_some_and(|shunyu| kind.shotoku_kingaku.yen() > shunyu.yen()) {
                refuse_at("shotoku_kingaku", "income-above-revenue", reader);
            }
        });
        refuse_repeated("shotoku_uchiwake", &self.shotoku_uchiwake, |a, b| a.shurui == b.shurui, reader);
        let counted = total(self.shotoku_uchiwake.iter().map(|kind| kind.shotoku_kingaku.yen()));
        // Losses that exceed all income make the sum 0 or leave it below, as the system has it.
        if !(counted < Yen::ZERO && self.gokei_shotoku.yen() == Yen::ZERO) {
            check_sum(self.gokei_shotoku.yen(), counted, "gokei_shotoku", reader);
        }
        if self.so_shotoku > self.gokei_shotoku {
            refuse_at("so_shotoku", "above-gokei-shotoku", reader);
        }
    }

    fn put(&self, draft: &mut Draft<'_>, path: &str) {
        let words = draft.words();
        let kinds = &self.shotoku_uchiwake;
        let shown = put_shotoku_rows(draft, kinds.len());
        for (index, kind) in kinds.iter().enumerate() {
            let place = format!("{path}.shotoku_uchiwake[{index}]");
            let shunyu = draft.entry(&kind.shunyu_kingaku, |gaku| gaku.printed(words));
            let shotoku = kind.shotoku_kingaku.printed(words);
            if index < shown {
                let slot = |name: &str| format!("i{index}.{name}");
                let number = index + 1;
                draft.put_for(number, slot("shurui"), kind.shurui.as_str(), format!("{place}.shurui"));
                draft.put_for(number, slot("shunyu"), shunyu, format!("{place}.shunyu_kingaku"));
                draft.put_for(number, slot("shotoku"), shotoku, format!("{place}.shotoku_kingaku"));
            } else {
                let values = [("shurui", kind.shurui.as_str()), ("shunyu", &shunyu), ("shotoku", &shotoku)];
                draft.annex(index + 1, "shotoku_uchiwake", words.fill("annex.shotoku", &values), place);
            }
        }
        draft.put("gokei_shotoku", self.gokei_shotoku.printed(words), format!("{path}.gokei_shotoku"));
        draft.put("so_shotoku", self.so_shotoku.printed(words), format!("{path}.so_shotoku"));
    }
}

impl Mishinkoku {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.shurui_ichiran.is_empty() {
            refuse_at("shurui_ichiran", "empty-list", reader);
        }
        if self.shurui_ichiran.len() > SHOTOKU_ROWS {
            reader.at("shurui_ichiran", |reader| {
                let refusal = reader.refusal("too-many-items").with("most", SHOTOKU_ROWS);
                reader.push::<()>(refusal.with("found", self.shurui_ichiran.len()))
            });
        }
        refuse_repeated("shurui_ichiran", &self.shurui_ichiran, |a, b| a == b, reader);
    }

    fn put(&self, draft: &mut Draft<'_>, path: &str) {
        let unknown = draft.nothing(Nothing::Undeclared);
        put_shotoku_rows(draft, self.shurui_ichiran.len());
        for (index, kind) in self.shurui_ichiran.iter().enumerate() {
            let place = format!("{path}.shurui_ichiran[{index}]");
            draft.put_for(index + 1, format!("i{index}.shurui"), kind.as_str(), place.clone());
            draft.put(format!("i{index}.shunyu"), unknown.clone(), place.clone());
            draft.put(format!("i{index}.shotoku"), unknown.clone(), place);
        }
        draft.put("gokei_shotoku", unknown.clone(), path);
        draft.put("so_shotoku", unknown, path);
    }
}

/// Tells the template how many kinds of income there are. Returns how many of them the sheet shows.
fn put_shotoku_rows(draft: &mut Draft<'_>, count: usize) -> usize {
    let (shown, annexed) = shown_of(count, SHOTOKU_ROWS);
    draft.shape("shotoku", json!({ "shown": shown, "annexed": annexed }));
    shown
}

fn put_kojo_rows(draft: &mut Draft<'_>, shown: usize, annexed: bool) {
    draft.shape("kojo", json!({ "shown": shown, "annexed": annexed }));
}

/// How many of `count` entries stand on so many rows, and whether the last row refers to 別紙.
fn shown_of(count: usize, rows: usize) -> (usize, bool) {
    if count > rows { (rows - 1, true) } else { (count, false) }
}

impl Kojo {
    fn check(&self, reader: &mut Reader<'_>) {
        refuse_repeated("kojo_uchiwake", &self.kojo_uchiwake, |a, b| a.shurui == b.shurui, reader);
        let counted = total(self.kojo_uchiwake.iter().map(|kind| kind.kojogaku.yen()));
        check_sum(self.kojo_gokei.yen(), counted, "kojo_gokei", reader);
    }

    fn put(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let (shown, annexed) = shown_of(self.kojo_uchiwake.len(), KOJO_ROWS);
        put_kojo_rows(draft, shown, annexed);
        for (index, kind) in self.kojo_uchiwake.iter().enumerate() {
            let place = format!("shomei_jiko.kazei.kojo.kojo_uchiwake[{index}]");
            let gaku = kind.kojogaku.printed(words);
            if index < shown {
                draft.put_for(index + 1, format!("k{index}.shurui"), kind.shurui.as_str(), format!("{place}.shurui"));
                draft.put_for(index + 1, format!("k{index}.gaku"), gaku, format!("{place}.kojogaku"));
            } else {
                let text = words.fill("annex.kojo", &[("shurui", kind.shurui.as_str()), ("gaku", &gaku)]);
                draft.annex(index + 1, "kojo_uchiwake", text, place);
            }
        }
        draft.put("kojo_gokei", self.kojo_gokei.printed(words), "shomei_jiko.kazei.kojo.kojo_gokei");
    }
}

/// Columns of 扶養人数・本人該当, in their order on the sheet.
const FUYO: &[&str] = &[
    "haigusha",
    "fuyo_ippan",
    "fuyo_tokutei",
    "fuyo_rojin",
    "dokyo_rojin",
    "fuyo_nensho",
    "shogai_tokubetsu",
    "shogai_sonota",
    "honnin_gaito",
    "chosei_kojo",
];

impl Fuyo {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.dokyo_rojin > self.fuyo_rojin {
            refuse_at("dokyo_rojin", "more-than-the-whole", reader);
        }
        refuse_repeated("honnin_gaito", &self.honnin_gaito, |a, b| a == b, reader);
        let is = |gaito| self.honnin_gaito.contains(&gaito);
        let both = |a, b| is(a) && is(b);
        if both(HonninGaito::Shogai, HonninGaito::TokubetsuShogai) || both(HonninGaito::Kafu, HonninGaito::Hitorioya) {
            refuse_at("honnin_gaito", "contradictory-gaito", reader);
        }
    }

    fn put(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let count = |count: Count| count.0.to_string();
        let gaito: Vec<&str> =
            self.honnin_gaito.iter().map(|gaito| words.get(&format!("honnin-gaito.{}", gaito.key()))).collect();
        let texts = [
            words.get(&format!("haigusha.{}", self.haigusha.key())).to_owned(),
            count(self.fuyo_ippan),
            count(self.fuyo_tokutei),
            count(self.fuyo_rojin),
            count(self.dokyo_rojin),
            count(self.fuyo_nensho),
            count(self.shogai_tokubetsu),
            count(self.shogai_sonota),
            if gaito.is_empty() {
                draft.nothing(Nothing::NotApplicable)
            } else {
                gaito.join(words.get("honnin-gaito.joint"))
            },
            draft.entry(&self.chosei_kojo, |gaku| gaku.printed(words)),
        ];
        for (field, text) in FUYO.iter().zip(texts) {
            draft.put(format!("f.{field}"), text, format!("shomei_jiko.kazei.fuyo.{field}"));
        }
    }
}

/// Columns of 税額, in their order on the sheet.
const ZEI: &[&str] = &["kazei_hyojun", "zeigaku_kojo", "shotokuwari", "kintowari", "zeigaku_kei"];

impl Zei {
    fn check(&self, has_shinrin: bool, reader: &mut Reader<'_>) {
        reader.at("shichosonminzei", |reader| self.shichosonminzei.check(reader));
        reader.at("todofukenminzei", |reader| self.todofukenminzei.check(reader));
        match (has_shinrin, self.shinrin_kankyozei) {
            (true, None) => refuse_at("shinrin_kankyozei", "missing-field", reader),
            (false, Some(_)) => refuse_at("shinrin_kankyozei", "shinrin-kankyozei-too-early", reader),
            _ => {}
        }
        let taxes =
            [Some(self.shichosonminzei.zeigaku_kei), Some(self.todofukenminzei.zeigaku_kei), self.shinrin_kankyozei];
        check_sum(self.nenzeigaku.yen(), total(taxes.iter().flatten().map(|tax| tax.yen())), "nenzeigaku", reader);
    }

    fn put(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let rows = [("shichosonminzei", &self.shichosonminzei), ("todofukenminzei", &self.todofukenminzei)];
        for (row, tax) in rows {
            let amounts = [tax.kazei_hyojun, tax.zeigaku_kojo, tax.shotokuwari, tax.kintowari, tax.zeigaku_kei];
            for (field, gaku) in ZEI.iter().zip(amounts) {
                let path = format!("shomei_jiko.kazei.zei.{row}.{field}");
                draft.put(format!("z.{row}.{field}"), gaku.printed(words), path);
            }
        }
        put_shinrin(draft, self.shinrin_kankyozei.map(|gaku| gaku.printed(words)).as_deref());
        draft.put("nenzeigaku", self.nenzeigaku.printed(words), "shomei_jiko.kazei.zei.nenzeigaku");
    }
}

impl Juminzei {
    fn check(&self, reader: &mut Reader<'_>) {
        let counted = total([self.shotokuwari.yen(), self.kintowari.yen()]);
        check_sum(self.zeigaku_kei.yen(), counted, "zeigaku_kei", reader);
    }
}

/// 森林環境税 is one amount a person: the columns of the other two taxes do not concern it.
fn put_shinrin(draft: &mut Draft<'_>, gaku: Option<&str>) {
    let none = draft.nothing(Nothing::NotApplicable);
    for field in ZEI {
        let own = matches!(*field, "kintowari" | "zeigaku_kei");
        let text = gaku.filter(|_| own).unwrap_or(&none).to_owned();
        draft.put(format!("z.shinrin_kankyozei.{field}"), text, "shomei_jiko.kazei.zei.shinrin_kankyozei");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::document::zei::testing;

    const KIND: &str = "kazei-shotoku-shomeisho";

    fn sample() -> Value {
        testing::sample(KIND)
    }

    fn refusals(change: impl FnOnce(&mut Value)) -> Vec<(String, &'static str)> {
        testing::refusals(KIND, sample(), change)
    }

    fn view(document: &Value) -> View {
        testing::view(KIND, document)
    }

    const KAZEI: &str = "/shomei_jiko/kazei";

    #[test]
    fn the_ordinary_sample_can_be_printed() {
        assert_eq!(refusals(|_| {}), []);
    }

    #[test]
    fn sums_and_contradictions_are_refused_at_their_place() {
        type Case = (&'static str, Value, &'static str, &'static str);
        let cases: &[Case] = &[
            ("/shotoku/gokei_shotoku", json!(4_760_001), "shotoku.gokei_shotoku", "sum-mismatch"),
            ("/shotoku/so_shotoku", json!(99_999_999), "shotoku.so_shotoku", "above-gokei-shotoku"),
            ("/kojo/kojo_gokei", json!(1), "kojo.kojo_gokei", "sum-mismatch"),
            ("/fuyo/dokyo_rojin", json!(9), "fuyo.dokyo_rojin", "more-than-the-whole"),
            ("/fuyo/honnin_gaito", json!(["kafu", "hitorioya"]), "fuyo.honnin_gaito", "contradictory-gaito"),
            ("/fuyo/honnin_gaito", json!(["shogai", "tokubetsu-shogai"]), "fuyo.honnin_gaito", "contradictory-gaito"),
            ("/fuyo/honnin_gaito", json!(["kafu", "kafu"]), "fuyo.honnin_gaito[1]", "same-item-twice"),
            ("/zei/todofukenminzei/kintowari", json!(0), "zei.todofukenminzei.zeigaku_kei", "sum-mismatch"),
            ("/zei/nenzeigaku", json!(1), "zei.nenzeigaku", "sum-mismatch"),
            ("/zei/nenzeigaku", json!(-1), "zei.nenzeigaku", "amount-out-of-range"),
        ];
        for (pointer, value, path, code) in cases {
            let found = refusals(|d| testing::put(d, &format!("{KAZEI}{pointer}"), value.clone()));
            assert_eq!(found, [(format!("shomei_jiko.kazei.{path}"), *code)], "{pointer}");
        }
    }

    #[test]
    fn what_a_kind_of_income_may_not_be() {
        let list = format!("{KAZEI}/shotoku/shotoku_uchiwake");
        let path = "shomei_jiko.kazei.shotoku.shotoku_uchiwake";
        let twice = refusals(|d| {
            testing::put(d, &format!("{list}/1/shurui"), d.pointer(&format!("{list}/0/shurui")).unwrap().clone())
        });
        assert_eq!(twice, [(format!("{path}[1]"), "same-item-twice")]);
        // Columns exchanged.
        let above = refusals(|d| testing::put(d, &format!("{list}/0/shunyu_kingaku"), json!(1)));
        assert_eq!(above, [(format!("{path}[0].shotoku_kingaku"), "income-above-revenue")]);
        let empty = refusals(|d| testing::put(d, &list, json!([])));
        assert!(empty.contains(&(path.to_owned(), "empty-list")));
    }

    #[test]
    fn losses_beyond_all_income_make_the_sum_negative_or_nothing() {
        for (gokei, good) in [(-300_000, true), (0, true), (-299_999, false), (300_000, false)] {
            let found = refusals(|d| {
                let loss = json!([{"shurui": "営業等", "shunyu_kingaku": 0, "shotoku_kingaku": -300_000}]);
                testing::put(
                    d,
                    &format!("{KAZEI}/shotoku"),
                    json!({
                        "shotoku_uchiwake": loss, "gokei_shotoku": gokei, "so_shotoku": gokei.min(0)
                    }),
                );
            });
            assert_eq!(found.is_empty(), good, "{gokei}: {found:?}");
        }
    }

    #[test]
    fn shinrin_kankyozei_belongs_to_its_years() {
        let path = "shomei_jiko.kazei.zei.shinrin_kankyozei".to_owned();
        assert_eq!(
            refusals(|d| testing::put(d, "/nendo", json!("R5"))),
            [(path.clone(), "shinrin-kankyozei-too-early")]
        );
        let missing = refusals(|d| {
            testing::remove(d, &format!("{KAZEI}/zei"), "shinrin_kankyozei");
            testing::put(d, "/nendo", json!("R6"));
        });
        assert!(missing.contains(&(path, "missing-field")));
    }

    #[test]
    fn nobody_is_taxed_for_a_year_before_birth() {
        for (birth, good) in [("R6-12-31", true), ("R7-01-01", false), ("R8-05-01", false)] {
            let found = refusals(|d| testing::put(d, "/nozeisha/nihonjin/seinengappi", json!(birth)));
            assert_eq!(found.is_empty(), good, "{birth}: {found:?}");
        }
    }

    #[test]
    fn the_title_follows_the_content() {
        let mut untaxed = sample();
        let nothing = json!({"kazei_hyojun": 0, "zeigaku_kojo": 0, "shotokuwari": 0, "kintowari": 0, "zeigaku_kei": 0});
        testing::put(
            &mut untaxed,
            &format!("{KAZEI}/zei"),
            json!({
                "shichosonminzei": nothing, "todofukenminzei": nothing, "shinrin_kankyozei": 0, "nenzeigaku": 0
            }),
        );
        let mut income = sample();
        let declared = income.pointer(&format!("{KAZEI}/shotoku")).unwrap().clone();
        testing::put(&mut income, "/shomei_jiko", json!({"shotoku": {"shinkoku": declared}}));
        let mut undeclared = sample();
        testing::put(&mut undeclared, "/shomei_jiko", json!({"hikazei_mishinkoku": {"shurui_ichiran": ["給与"]}}));
        let words = testing::words(KIND);
        for (document, title, nenzeigaku) in [
            (sample(), "title.kazei", None),
            (untaxed, "title.hikazei", Some("0")),
            (undeclared, "title.hikazei", Some("0")),
            (income, "title.shotoku", Some("＊")),
        ] {
            let view = view(&document);
            assert_eq!(view.title, words.get(title));
            let shown = testing::text(&view, "nenzeigaku");
            assert!(nenzeigaku.is_none_or(|expected| shown == expected), "{shown}");
        }
    }

    #[test]
    fn nothing_declared_prints_stars_where_zero_prints_0() {
        let mut document = sample();
        testing::put(&mut document, "/shomei_jiko", json!({"shotoku": {"mishinkoku": {"shurui_ichiran": ["給与"]}}}));
        let undeclared = view(&document);
        let zero = json!([{"shurui": "給与", "shunyu_kingaku": 0, "shotoku_kingaku": 0}]);
        let declared = json!({"shotoku_uchiwake": zero, "gokei_shotoku": 0, "so_shotoku": 0});
        testing::put(&mut document, "/shomei_jiko", json!({"shotoku": {"shinkoku": declared}}));
        let declared = view(&document);
        for slot in ["i0.shunyu", "i0.shotoku", "gokei_shotoku", "so_shotoku"] {
            assert_eq!((testing::text(&undeclared, slot), testing::text(&declared, slot)), ("＊", "0"), "{slot}");
        }
    }

    #[test]
    fn kinds_beyond_the_rows_go_to_an_annex_sheet() {
        for (count, shown, annexed) in [(1, 1, 0), (14, 14, 0), (15, 13, 2), (20, 13, 7)] {
            let mut document = sample();
            let kinds: Vec<Value> = (0..count)
                .map(|n| json!({"shurui": format!("種類{n}"), "shunyu_kingaku": {"nothing": "undeclared"}, "shotoku_kingaku": 1}))
                .collect();
            testing::put(
                &mut document,
                &format!("{KAZEI}/shotoku"),
                json!({
                    "shotoku_uchiwake": kinds, "gokei_shotoku": count, "so_shotoku": count
                }),
            );
            let view = view(&document);
            let on_sheet =
                view.values.iter().filter(|v| v.slot.starts_with('i') && v.slot.ends_with(".shurui")).count();
            assert_eq!((on_sheet, view.annex.len()), (shown, annexed), "{count}");
        }
    }
}
