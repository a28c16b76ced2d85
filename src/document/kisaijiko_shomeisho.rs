//! 住民票記載事項証明書 and 除票記載事項証明書 (法12条, 法15条の4): the items that were asked for, and no
//! others.
//!
//! An item that was not asked for is absent from the data: it has no row, and nothing says that it
//! was left out. The rows that there are close up.

use std::borrow::Cow;

use serde_json::json;

use crate::domain::calendar::{RecordedDate, SeirekiDate, WarekiDate};
use crate::domain::number::{AtenaBango, JuminhyoCode, KojinBango, ZairyuCardBango};
use crate::domain::person::{Kana, Seibetsu, Zokugara};
use crate::{either, record};

use super::Document;
use super::entry::{Nothing, Perhaps};
use super::jumin::{self, Furigana, GaikokujinShimei, Jusho, Kubun, Kyushi, Member, Shimei, TokubetsuKyoka, Tsusho};
use super::juminhyo_utsushi::ShojoJiyu;
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::Words;

either! {
    /// The two certificates of 記載事項.
    pub enum KisaijikoShomeisho {
        /// 住民票記載事項証明書.
        Juminhyo(Box<JuminhyoKisai>) = "juminhyo",
        /// 除票記載事項証明書: one person, never together with residents.
        Johyo(Box<JohyoKisai>) = "johyo",
    }
}

record! {
    /// 住民票記載事項証明書.
    pub struct JuminhyoKisai {
        /// 住所. Here alone the 方書 is left out where that was asked for (標準仕様書 5.4).
        pub jusho: Jusho,
        /// 世帯主の氏名, where it was asked for.
        pub setainushi: Option<Text>,
        /// People on the certificate.
        pub taishosha: Vec<KisaiJumin>,
        /// Permission for 個人番号 and 住民票コード.
        pub kyoka: Option<TokubetsuKyoka>,
    }
}

record! {
    /// 除票記載事項証明書.
    pub struct JohyoKisai {
        /// 住所 when removed.
        pub jusho: Jusho,
        /// 世帯主の氏名, where it was asked for.
        pub setainushi: Option<Text>,
        /// The person.
        pub hito: KisaiJumin,
        /// 消除の事由.
        pub jiyu: Option<ShojoJiyu>,
        /// 事由の生じた年月日.
        pub jiyu_hi: Option<WarekiDate>,
        /// 転出先住所（予定）.
        pub tenshutsusaki_yotei: Option<Perhaps<Jusho>>,
        /// 転出先住所（確定）.
        pub tenshutsusaki_kakutei: Option<Perhaps<Jusho>>,
        /// Permission for 個人番号 and 住民票コード.
        pub kyoka: Option<TokubetsuKyoka>,
    }
}

record! {
    /// What was asked for of one person.
    pub struct KisaiJumin {
        /// 宛名番号: identifies the person; never printed.
        pub atena_bango: AtenaBango,
        /// 宛名番号 of the 子 around whom the person's family within the household gathers.
        pub kazoku: Option<AtenaBango>,
        /// What depends on nationality.
        pub kokumin: KisaiKokumin,
        /// 性別.
        pub seibetsu: Option<Seibetsu>,
        /// 続柄.
        pub zokugara: Option<Zokugara>,
        /// 住所を定めた年月日.
        pub jusho_wo_sadameta_hi: Option<Perhaps<WarekiDate>>,
        /// 届出日.
        pub todokede_hi: Option<Perhaps<WarekiDate>>,
        /// 従前の住所 (転入前住所).
        pub juzen_no_jusho: Option<Perhaps<Jusho>>,
        /// 個人番号.
        pub kojin_bango: Option<KojinBango>,
        /// 住民票コード.
        pub juminhyo_code: Option<JuminhyoCode>,
    }
}

either! {
    /// Whom the nationality rules divide.
    pub enum KisaiKokumin {
        /// 日本人住民.
        Nihonjin(Box<KisaiNihonjin>) = "nihonjin",
        /// 外国人住民.
        Gaikokujin(Box<KisaiGaikokujin>) = "gaikokujin",
    }
}

record! {
    /// A Japanese resident.
    pub struct KisaiNihonjin {
        /// 氏名: on every certificate.
        pub shimei: Shimei,
        /// 氏名の振り仮名.
        pub furigana: Option<Furigana>,
        /// 旧氏.
        pub kyushi: Option<Perhaps<Kyushi>>,
        /// 生年月日, in 和暦.
        pub seinengappi: Option<WarekiDate>,
        /// 住民となった年月日.
        pub jumin_to_natta_hi: Option<Perhaps<WarekiDate>>,
        /// 本籍 (なし and 不明 are texts of the register).
        pub honseki: Option<Text>,
        /// 筆頭者.
        pub hittosha: Option<Text>,
    }
}

record! {
    /// A foreign resident.
    pub struct KisaiGaikokujin {
        /// 氏名: on every certificate.
        pub shimei: GaikokujinShimei,
        /// 氏名の振り仮名.
        pub furigana: Option<Perhaps<Kana>>,
        /// 通称.
        pub tsusho: Option<Perhaps<Tsusho>>,
        /// 生年月日, in 西暦 only.
        pub seinengappi: Option<SeirekiDate>,
        /// 外国人住民となった年月日.
        pub gaikokujin_jumin_to_natta_hi: Option<Perhaps<WarekiDate>>,
        /// 国籍・地域.
        pub kokuseki: Option<Text>,
        /// 法30条の45に規定する区分.
        pub kubun: Option<Kubun>,
        /// 在留資格.
        pub zairyu_shikaku: Option<Perhaps<Text>>,
        /// 在留期間等.
        pub zairyu_kikan: Option<Perhaps<Text>>,
        /// 在留カード等の番号.
        pub card_bango: Option<Perhaps<ZairyuCardBango>>,
        /// 在留期間の満了の日, in 西暦 only.
        pub manryo_hi: Option<Perhaps<SeirekiDate>>,
    }
}

/// People on one sheet, where nobody has more rows than a block of [`ROWS_A_BLOCK`].
const PEOPLE_A_SHEET: usize = 4;
/// Rows of 8 mm in a block of 48 mm. Where anyone has more, everyone has a sheet of their own.
const ROWS_A_BLOCK: usize = 6;

/// An item's printed form, before wording is put to it.
enum Shown<'a> {
    Plain(Cow<'a, str>),
    Date(&'a RecordedDate),
    Furigana(&'a Furigana),
    /// Wording by its key.
    Word(String),
    Nothing(Nothing),
}

/// An item that was asked for: name of its field and slot, and what is printed.
struct Item<'a> {
    name: &'static str,
    shown: Shown<'a>,
}

/// Items of one row: one over its whole width, two halves, or 生年月日, 性別 and 続柄.
type Row<'a> = Vec<Item<'a>>;

impl Shown<'_> {
    fn printed(&self, draft: &Draft<'_>) -> String {
        match self {
            Self::Plain(text) => text.to_string(),
            Self::Date(date) => draft.grid_date(date),
            Self::Furigana(furigana) => furigana.printed(draft.words()),
            Self::Word(key) => draft.words().get(key).to_owned(),
            Self::Nothing(kind) => draft.nothing(*kind),
        }
    }
}

/// An item, where it was asked for.
fn item<'a, T>(name: &'static str, value: Option<T>, show: impl FnOnce(T) -> Shown<'a>) -> Option<Item<'a>> {
    value.map(|value| Item { name, shown: show(value) })
}

/// An item that may be empty in the register or not concern the person, where it was asked for.
fn perhaps<'a, T>(
    name: &'static str,
    value: Option<&'a Perhaps<T>>,
    show: impl FnOnce(&'a T) -> Shown<'a>,
) -> Option<Item<'a>> {
    item(name, value, |entry| match entry.as_result() {
        Ok(value) => show(value),
        Err(kind) => Shown::Nothing(kind),
    })
}

fn plain(text: &Text) -> Shown<'_> {
    Shown::Plain(Cow::Borrowed(text.as_str()))
}

fn address(jusho: &Jusho) -> Shown<'_> {
    Shown::Plain(Cow::Owned(jusho.printed()))
}

fn wareki(date: &WarekiDate) -> Shown<'_> {
    Shown::Date(date.recorded())
}

fn seireki(date: &SeirekiDate) -> Shown<'_> {
    Shown::Date(date.recorded())
}

/// Closes items up into rows of at most `most`.
fn rows<'a, const N: usize>(items: [Option<Item<'a>>; N], most: usize) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for item in items.into_iter().flatten() {
        match rows.last_mut() {
            Some(row) if row.len() < most => row.push(item),
            _ => rows.push(vec![item]),
        }
    }
    rows
}

impl KisaiKokumin {
    fn shimei(&self) -> String {
        match self {
            Self::Nihonjin(person) => person.shimei.printed(),
            Self::Gaikokujin(person) => person.shimei.printed(),
        }
    }

    fn seinengappi(&self) -> Option<&RecordedDate> {
        match self {
            Self::Nihonjin(person) => person.seinengappi.as_ref().map(WarekiDate::recorded),
            Self::Gaikokujin(person) => person.seinengappi.as_ref().map(SeirekiDate::recorded),
        }
    }

    fn natta_hi(&self) -> Option<&Perhaps<WarekiDate>> {
        match self {
            Self::Nihonjin(person) => person.jumin_to_natta_hi.as_ref(),
            Self::Gaikokujin(person) => person.gaikokujin_jumin_to_natta_hi.as_ref(),
        }
    }

    fn is_gaikokujin(&self) -> bool {
        matches!(self, Self::Gaikokujin(_))
    }

    /// 氏名 and 旧氏 or 通称.
    fn name_rows(&self) -> Vec<Row<'_>> {
        let shimei = Item { name: "shimei", shown: Shown::Plain(Cow::Owned(self.shimei())) };
        let kana = |kana: Option<&'_ Kana>| match kana {
            Some(kana) => Shown::Plain(Cow::Owned(kana.as_str().to_owned())),
            None => Shown::Nothing(Nothing::NotApplicable),
        };
        let (furigana, betsumei, betsumei_furigana) = match self {
            Self::Nihonjin(person) => (
                item("furigana", person.furigana.as_ref(), Shown::Furigana),
                perhaps("kyushi", person.kyushi.as_ref(), |k| plain(&k.kyushi)),
                perhaps("kyushi_furigana", person.kyushi.as_ref(), |k| kana(Some(&k.furigana))),
            ),
            Self::Gaikokujin(person) => (
                perhaps("furigana", person.furigana.as_ref(), |k| kana(Some(k))),
                perhaps("tsusho", person.tsusho.as_ref(), |t| plain(&t.tsusho)),
                perhaps("tsusho_furigana", person.tsusho.as_ref(), |t| kana(t.furigana.as_ref())),
            ),
        };
        let mut all = rows([furigana, Some(shimei)], 1);
        all.extend(rows([betsumei, betsumei_furigana], 2));
        all
    }

    /// 戸籍の表示, or the items of 法30条の45.
    fn status_rows(&self) -> Vec<Row<'_>> {
        match self {
            Self::Nihonjin(person) => rows(
                [item("honseki", person.honseki.as_ref(), plain), item("hittosha", person.hittosha.as_ref(), plain)],
                2,
            ),
            Self::Gaikokujin(person) => rows(
                [
                    item("kokuseki", person.kokuseki.as_ref(), plain),
                    item("kubun", person.kubun, |kubun| Shown::Word(format!("kubun.{}", kubun.key()))),
                    perhaps("zairyu_shikaku", person.zairyu_shikaku.as_ref(), plain),
                    perhaps("zairyu_kikan", person.zairyu_kikan.as_ref(), plain),
                    perhaps("card_bango", person.card_bango.as_ref(), |n| Shown::Plain(Cow::Borrowed(n.as_str()))),
                    perhaps("manryo_hi", person.manryo_hi.as_ref(), seireki),
                ],
                2,
            ),
        }
    }
}

impl KisaiJumin {
    /// Everything that was asked for, in fixed order.
    fn rows(&self) -> Vec<Row<'_>> {
        let mut all = self.kokumin.name_rows();
        all.extend(rows(
            [
                item("seinengappi", self.kokumin.seinengappi(), Shown::Date),
                item("seibetsu", self.seibetsu, |s| Shown::Word(format!("seibetsu.{}", s.key()))),
                item("zokugara", self.zokugara.as_ref(), |z| Shown::Plain(Cow::Borrowed(z.as_str()))),
            ],
            3,
        ));
        all.extend(rows(
            [
                perhaps("jumin_to_natta_hi", self.kokumin.natta_hi(), wareki),
                perhaps("jusho_wo_sadameta_hi", self.jusho_wo_sadameta_hi.as_ref(), wareki),
                perhaps("todokede_hi", self.todokede_hi.as_ref(), wareki),
            ],
            2,
        ));
        all.extend(rows([perhaps("juzen_no_jusho", self.juzen_no_jusho.as_ref(), address)], 1));
        all.extend(self.kokumin.status_rows());
        all.extend(rows(
            [
                item("kojin_bango", self.kojin_bango.as_ref(), |n| Shown::Plain(Cow::Owned(n.grouped(" ")))),
                item("juminhyo_code", self.juminhyo_code.as_ref(), |n| Shown::Plain(Cow::Owned(n.grouped(" ")))),
            ],
            1,
        ));
        all
    }

    /// Names of the items that whoever is on the certificate must have alike: all but the numbers,
    /// which are permitted for a person each.
    fn common_items(&self) -> Vec<&'static str> {
        let names = self.rows().into_iter().flatten().map(|item| item.name);
        names.filter(|name| !matches!(*name, "kojin_bango" | "juminhyo_code")).collect()
    }

    fn check(&self, permission: Option<&TokubetsuKyoka>, reader: &mut Reader<'_>) {
        let given = (self.kojin_bango.is_some(), self.juminhyo_code.is_some());
        jumin::refuse_numbers(given, permission, reader);
        let known = |date: &'_ Option<Perhaps<WarekiDate>>| date.as_ref().and_then(|date| date.given().copied());
        if let (Some(sadameta), Some(todokede)) = (known(&self.jusho_wo_sadameta_hi), known(&self.todokede_hi)) {
            jumin::check_reported(&sadameta, &todokede, reader);
        }
        let Some(birth) = self.kokumin.seinengappi() else {
            return;
        };
        for (field, date) in [
            ("jumin_to_natta_hi", self.kokumin.natta_hi()),
            ("jusho_wo_sadameta_hi", self.jusho_wo_sadameta_hi.as_ref()),
            ("todokede_hi", self.todokede_hi.as_ref()),
        ] {
            let date = date.and_then(Perhaps::given);
            if date.is_some_and(|date| date.recorded().certainly_before(birth)) {
                reader.at(field, |reader| reader.refuse::<()>("date-before-birth"));
            }
        }
    }
}

impl Member for KisaiJumin {
    fn atena_bango(&self) -> &AtenaBango {
        &self.atena_bango
    }

    fn kazoku(&self) -> Option<&AtenaBango> {
        self.kazoku.as_ref()
    }

    fn zokugara(&self) -> Option<&Zokugara> {
        self.zokugara.as_ref()
    }

    fn seinengappi(&self) -> Option<&RecordedDate> {
        self.kokumin.seinengappi()
    }
}

impl Document for KisaijikoShomeisho {
    fn check(&self, reader: &mut Reader<'_>) {
        match self {
            Self::Juminhyo(sheet) => reader.at("juminhyo", |reader| sheet.check(reader)),
            Self::Johyo(sheet) => reader.at("johyo", |reader| sheet.check(reader)),
        }
    }

    fn view(&self, words: &Words) -> View {
        match self {
            Self::Juminhyo(sheet) => sheet.view(words),
            Self::Johyo(sheet) => sheet.view(words),
        }
    }
}

impl JuminhyoKisai {
    fn check(&self, reader: &mut Reader<'_>) {
        jumin::check_setainushi(&self.taishosha, false, "taishosha", reader);
        jumin::check_distinct(&self.taishosha, "taishosha", reader);
        for (index, person) in self.taishosha.iter().enumerate() {
            let missing = self.missing_of(person);
            reader.at("taishosha", |reader| {
                reader.at_index(index, |reader| {
                    person.check(self.kyoka.as_ref(), reader);
                    for name in missing {
                        reader.at(name, |reader| reader.refuse::<()>("item-of-others"));
                    }
                });
            });
        }
    }

    /// Items that someone else of the same nationality rules has on the certificate. Were they left
    /// out here they would be left out by forgetting.
    fn missing_of(&self, person: &KisaiJumin) -> Vec<&'static str> {
        let own = person.common_items();
        let mut missing = Vec::new();
        for other in &self.taishosha {
            if other.kokumin.is_gaikokujin() != person.kokumin.is_gaikokujin() {
                continue;
            }
            for name in other.common_items() {
                if !own.contains(&name) && !missing.contains(&name) {
                    missing.push(name);
                }
            }
        }
        missing
    }

    fn view(&self, words: &Words) -> View {
        let people = jumin::in_household_order(&self.taishosha);
        let blocks: Vec<Block<'_>> = people
            .into_iter()
            .map(|person| {
                let given = self.taishosha.iter().position(|other| std::ptr::eq(other, person)).unwrap_or(0);
                Block { path: format!("juminhyo.taishosha[{given}]"), person, rows: person.rows() }
            })
            .collect();
        let mut draft = Draft::new(words, words.get("title.juminhyo"), sheets_of(&blocks).len());
        draft.shape("form", "juminhyo");
        put_sheets(&mut draft, "juminhyo", &self.jusho, self.setainushi.as_ref(), &blocks);
        draft.subject_of("jusho", self.jusho.printed());
        if let Some(setainushi) = &self.setainushi {
            draft.subject_of("setainushi", setainushi.as_str());
        }
        draft.certify(words.get("ninsho.juminhyo"));
        draft.finish()
    }
}

impl JohyoKisai {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.at("hito", |reader| self.hito.check(self.kyoka.as_ref(), reader));
        let before_birth = match (self.jiyu_hi.as_ref(), self.hito.kokumin.seinengappi()) {
            (Some(removal), Some(birth)) => removal.recorded().certainly_before(birth),
            _ => false,
        };
        let dead = self.jiyu == Some(ShojoJiyu::Shibo);
        if before_birth {
            let code = if dead { "death-before-birth" } else { "removal-before-birth" };
            reader.at("jiyu_hi", |reader| reader.refuse::<()>(code));
        }
        for (field, jusho) in
            [("tenshutsusaki_yotei", &self.tenshutsusaki_yotei), ("tenshutsusaki_kakutei", &self.tenshutsusaki_kakutei)]
        {
            if dead && jusho.as_ref().is_some_and(|jusho| jusho.given().is_some()) {
                reader.at(field, |reader| reader.refuse::<()>("destination-of-the-dead"));
            }
        }
        if let (Some(jiyu), Some(yotei), Some(kakutei)) =
            (self.jiyu, &self.tenshutsusaki_yotei, &self.tenshutsusaki_kakutei)
        {
            jumin::check_destination(jiyu.is_tenshutsu(), [yotei, kakutei], reader);
        }
    }

    /// What was asked for of the removal.
    fn removal_rows(&self) -> Vec<Row<'_>> {
        let jiyu = item("jiyu", self.jiyu, |jiyu| Shown::Word(format!("shojo-jiyu.{}", jiyu.key())));
        let mut all = rows([jiyu, item("jiyu_hi", self.jiyu_hi.as_ref(), wareki)], 2);
        all.extend(rows(
            [
                perhaps("tenshutsusaki_yotei", self.tenshutsusaki_yotei.as_ref(), address),
                perhaps("tenshutsusaki_kakutei", self.tenshutsusaki_kakutei.as_ref(), address),
            ],
            1,
        ));
        all
    }

    fn view(&self, words: &Words) -> View {
        let mut rows = self.hito.rows();
        rows.extend(self.removal_rows());
        let block = Block { path: "johyo.hito".to_owned(), person: &self.hito, rows };
        let mut draft = Draft::new(words, words.get("title.johyo"), 1);
        draft.shape("form", "johyo");
        put_sheets(&mut draft, "johyo", &self.jusho, self.setainushi.as_ref(), &[block]);
        draft.subject_of("shimei", self.hito.kokumin.shimei());
        draft.certify(words.get("ninsho.johyo"));
        draft.finish()
    }
}

/// One person on the form.
struct Block<'a> {
    path: String,
    person: &'a KisaiJumin,
    rows: Vec<Row<'a>>,
}

impl Block<'_> {
    fn shape(&self, number: usize) -> serde_json::Value {
        let rows: Vec<Vec<&str>> = self.rows.iter().map(|row| row.iter().map(|item| item.name).collect()).collect();
        json!({ "number": number, "gaikokujin": self.person.kokumin.is_gaikokujin(), "rows": rows })
    }
}

/// Whose blocks stand on each sheet.
fn sheets_of<'b, 'a>(blocks: &'b [Block<'a>]) -> Vec<&'b [Block<'a>]> {
    let fit = blocks.iter().all(|block| block.rows.len() <= ROWS_A_BLOCK);
    blocks.chunks(if fit { PEOPLE_A_SHEET } else { 1 }).collect()
}

fn put_sheets(draft: &mut Draft<'_>, path: &str, jusho: &Jusho, setainushi: Option<&Text>, blocks: &[Block<'_>]) {
    let mut number = 0;
    let mut shapes = Vec::new();
    for (sheet, blocks) in sheets_of(blocks).into_iter().enumerate() {
        draft.put(format!("s{sheet}.jusho"), jusho.printed(), format!("{path}.jusho"));
        if let Some(setainushi) = setainushi {
            draft.put(format!("s{sheet}.setainushi"), setainushi.as_str(), format!("{path}.setainushi"));
        }
        let mut people = Vec::new();
        for block in blocks {
            number += 1;
            people.push(block.shape(number));
            for item in block.rows.iter().flatten() {
                let text = item.shown.printed(draft);
                let place = format!("{}.{}", block.path, item.name);
                draft.put_for(number, format!("m{number}.{}", item.name), text, place);
            }
        }
        shapes.push(json!(people));
    }
    draft.shape("setainushi", setainushi.is_some());
    draft.shape("sheets", shapes);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::document::catalog::{Composed, Kind};
    use crate::domain::text::Anything;

    fn read(document: &Value) -> Result<Composed, Vec<(&'static str, String)>> {
        let bytes = serde_json::to_vec(document).unwrap();
        Kind::by_id("kisaijiko-shomeisho")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.iter().map(|r| (r.code, r.path.clone())).collect())
    }

    fn view(document: &Value) -> View {
        let words = include_str!("../../templates/words/kisaijiko-shomeisho.toml");
        let common = include_str!("../../templates/words/common.toml");
        read(document).unwrap().view(&Words::read([("common", common), ("own", words)]).unwrap())
    }

    fn nothing(kind: &str) -> Value {
        json!({ "nothing": kind })
    }

    /// Puts `more` over `base`.
    fn merged(mut base: Value, more: Value) -> Value {
        match (&mut base, more) {
            (Value::Object(base), Value::Object(more)) => {
                for (key, value) in more {
                    let value = match base.remove(&key) {
                        Some(old) => merged(old, value),
                        None => value,
                    };
                    base.insert(key, value);
                }
            }
            (base, more) => *base = more,
        }
        base
    }

    fn nihonjin(atena: &str, mei: &str, more: Value) -> Value {
        merged(
            json!({
                "atena_bango": atena,
                "kokumin": { "nihonjin": { "shimei": { "shi_mei": { "shi": "見本", "mei": mei } } } },
            }),
            more,
        )
    }

    fn gaikokujin(atena: &str, more: Value) -> Value {
        let shimei = json!({ "alphabet": "SMITH JOHN" });
        merged(json!({ "atena_bango": atena, "kokumin": { "gaikokujin": { "shimei": shimei } } }), more)
    }

    fn genzon(people: Vec<Value>) -> Value {
        json!({ "juminhyo": { "jusho": { "jusho": "見本県見本市北区１" }, "taishosha": people } })
    }

    fn johyo(more: Value) -> Value {
        let hito = nihonjin("1000012", "太郎", json!({ "kokumin": { "nihonjin": { "seinengappi": "S20-01-01" } } }));
        merged(
            json!({ "johyo": { "jusho": { "jusho": "見本県見本市北区１" }, "hito": hito } }),
            json!({ "johyo": more }),
        )
    }

    fn row_names(view: &View, sheet: usize, person: usize) -> Vec<String> {
        let rows = &view.shape["sheets"][sheet][person]["rows"];
        rows.as_array().unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_what_was_asked_for_has_a_row_and_rows_close_up() {
        for (case, more, expected) in [
            ("the name alone", json!({}), vec![r#"["shimei"]"#]),
            ("性別 alone takes the row", json!({ "seibetsu": "otoko" }), vec![r#"["shimei"]"#, r#"["seibetsu"]"#]),
            (
                "three dates",
                json!({
                    "kokumin": { "nihonjin": { "jumin_to_natta_hi": "H1" } },
                    "jusho_wo_sadameta_hi": nothing("no-data"),
                    "todokede_hi": nothing("not-applicable"),
                }),
                vec![r#"["shimei"]"#, r#"["jumin_to_natta_hi","jusho_wo_sadameta_hi"]"#, r#"["todokede_hi"]"#],
            ),
            (
                "本籍 and 筆頭者 share a row",
                json!({ "kokumin": { "nihonjin": { "hittosha": "見本　太郎", "honseki": "なし" } } }),
                vec![r#"["shimei"]"#, r#"["honseki","hittosha"]"#],
            ),
            (
                "筆頭者 without 本籍",
                json!({ "kokumin": { "nihonjin": { "hittosha": "見本　太郎", "kyushi": nothing("not-applicable") } } }),
                vec![r#"["shimei"]"#, r#"["kyushi","kyushi_furigana"]"#, r#"["hittosha"]"#],
            ),
        ] {
            let view = view(&genzon(vec![nihonjin("1000012", "太郎", more)]));
            assert_eq!(row_names(&view, 0, 0), expected, "{case}");
        }
    }

    #[test]
    fn an_item_cannot_be_said_to_be_omitted() {
        let person = nihonjin("1000012", "太郎", json!({ "juzen_no_jusho": nothing("omitted") }));
        let path = "juminhyo.taishosha[0].juzen_no_jusho".to_owned();
        assert_eq!(read(&genzon(vec![person])).unwrap_err(), [("not-a-choice", path)]);
    }

    #[test]
    fn more_rows_than_a_block_give_everyone_a_sheet() {
        let six = json!({
            "kokumin": { "gaikokujin": { "kokuseki": "ブラジル", "kubun": "tokubetsu-eiju",
                "zairyu_shikaku": "特別永住者", "furigana": nothing("no-data") } },
            "seibetsu": "otoko",
            "juzen_no_jusho": nothing("no-data"),
        });
        let seven = merged(six.clone(), json!({ "todokede_hi": "R1" }));
        let atena = ["1000012", "1000020", "1000039", "1000047", "1000055"];
        for (rows, more, sheets) in [(6, six, 2), (7, seven, 5)] {
            let people = atena.iter().map(|atena| gaikokujin(atena, more.clone())).collect();
            let view = view(&genzon(people));
            assert_eq!((row_names(&view, 0, 0).len(), view.sheets), (rows, sheets));
        }
    }

    #[test]
    fn the_household_is_ordered_only_where_the_order_can_be_known() {
        let child = |more: Value| nihonjin("1000012", "一郎", merged(json!({ "zokugara": "子" }), more));
        let head = |more: Value| nihonjin("1000020", "花子", merged(json!({ "zokugara": "世帯主" }), more));
        let birth = json!({ "kokumin": { "nihonjin": { "seinengappi": "H1-01-08" } } });
        for (more, expected) in [(birth, "見本　花子"), (json!({}), "見本　一郎")] {
            let view = view(&genzon(vec![child(more.clone()), head(more)]));
            let first = view.values.iter().find(|v| v.slot == "m1.shimei").unwrap();
            assert_eq!(first.text, expected);
        }
    }

    #[test]
    fn title_and_certification_follow_the_register() {
        let residents = view(&genzon(vec![nihonjin("1000012", "太郎", json!({}))]));
        let removed = view(&johyo(json!({})));
        assert_eq!(residents.title, "住民票記載事項証明書");
        assert_eq!(removed.title, "除票記載事項証明書");
        assert!(!residents.certification.unwrap().contains("除票"));
        assert!(removed.certification.unwrap().contains("除票"));
    }

    #[test]
    fn contradictions_are_refused() {
        let taro = |more| nihonjin("1000012", "太郎", more);
        let number = || json!({ "kojin_bango": "123456789018" });
        let permitted = json!({ "juminhyo": { "kyoka": { "kojin_bango": "年金の手続のため" } } });
        let head = json!({ "zokugara": "世帯主" });
        let early = json!({ "kokumin": { "nihonjin": { "seinengappi": "H1-01-08" } }, "todokede_hi": "S64-01-07" });
        let honseki = json!({ "kokumin": { "nihonjin": { "honseki": "なし" } } });
        for (case, document, expected) in [
            ("nobody", genzon(vec![]), vec![("empty-household", "juminhyo.taishosha")]),
            (
                "two heads",
                genzon(vec![taro(head.clone()), nihonjin("1000020", "花子", head)]),
                vec![("setainushi-double", "juminhyo.taishosha")],
            ),
            (
                "one person twice",
                genzon(vec![taro(json!({})), taro(json!({}))]),
                vec![("same-person-twice", "juminhyo.taishosha[1].atena_bango")],
            ),
            (
                "個人番号 without permission",
                genzon(vec![taro(number())]),
                vec![("needs-permission", "juminhyo.taishosha[0].kojin_bango")],
            ),
            ("個人番号 with permission", merged(genzon(vec![taro(number())]), permitted.clone()), vec![]),
            (
                "個人番号 of one of two, permitted",
                merged(genzon(vec![taro(number()), nihonjin("1000020", "花子", json!({}))]), permitted),
                vec![],
            ),
            (
                "本籍 of one of two",
                genzon(vec![taro(honseki.clone()), nihonjin("1000020", "花子", json!({}))]),
                vec![("item-of-others", "juminhyo.taishosha[1].honseki")],
            ),
            ("本籍 of the one who can have it", genzon(vec![taro(honseki), gaikokujin("1000020", json!({}))]), vec![]),
            (
                "before birth",
                genzon(vec![taro(early)]),
                vec![("date-before-birth", "juminhyo.taishosha[0].todokede_hi")],
            ),
            (
                "removed before birth",
                johyo(json!({ "jiyu_hi": "S19" })),
                vec![("removal-before-birth", "johyo.jiyu_hi")],
            ),
            (
                "dead before birth",
                johyo(json!({ "jiyu": "shibo", "jiyu_hi": "S19-12-31" })),
                vec![("death-before-birth", "johyo.jiyu_hi")],
            ),
            (
                "the dead moved",
                johyo(json!({ "jiyu": "shibo", "tenshutsusaki_kakutei": { "jusho": "見本県みなと市１" } })),
                vec![("destination-of-the-dead", "johyo.tenshutsusaki_kakutei")],
            ),
            (
                "the dead did not move",
                johyo(json!({ "jiyu": "shibo", "tenshutsusaki_kakutei": nothing("not-applicable") })),
                vec![],
            ),
            (
                "a number of a removed person",
                johyo(json!({ "hito": { "juminhyo_code": "24727059608" } })),
                vec![("needs-permission", "johyo.hito.juminhyo_code")],
            ),
        ] {
            let found = read(&document).err().unwrap_or_default();
            let found: Vec<_> = found.iter().map(|(code, path)| (*code, path.as_str())).collect();
            assert_eq!(found, expected, "{case}");
        }
    }
}
