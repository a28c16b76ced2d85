//! 住民票の写し (法12条; 除票は法15条の4): 世帯連記式, 個人票 and 除票.

use serde_json::json;

use crate::domain::calendar::{RecordedDate, WarekiDate};
use crate::domain::text::moji;
use crate::{choice, either, record};

use super::Document;
use super::entry::{Omittable, Perhaps};
use super::jumin::{
    self, Jumin, Jusho, Kokumin, TokubetsuKyoka, TsushoRireki, in_household_order, jumin_shape, put_jumin,
};
use super::parse::{Count, Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

either! {
    /// The three forms of a 住民票の写し.
    pub enum JuminhyoUtsushi {
        /// 世帯連記式: what is newest, four people a sheet.
        SetaiRenki(SetaiRenki) = "setai_renki",
        /// 個人票: one person, with history where it was asked for.
        Kojinhyo(Kojinhyo) = "kojinhyo",
        /// 除票: 個人票 only, never together with residents.
        Johyo(Johyo) = "johyo",
    }
}

record! {
    /// 世帯連記式.
    pub struct SetaiRenki {
        /// 住所.
        pub jusho: Jusho,
        /// 世帯主の氏名.
        pub setainushi: Omittable<Text>,
        /// Number of people of the household, whether on the sheet or not: decides the 認証文.
        pub setai_ninzu: Count,
        /// People on the sheet.
        pub setaiin: Vec<Jumin>,
        /// Permission for 個人番号 and 住民票コード.
        pub kyoka: Option<TokubetsuKyoka>,
    }
}

record! {
    /// 個人票.
    pub struct Kojinhyo {
        /// 住所.
        pub jusho: Jusho,
        /// 世帯主の氏名.
        pub setainushi: Omittable<Text>,
        /// Number of people of the household: of a household of one the whole is certified.
        pub setai_ninzu: Count,
        /// The person.
        pub hito: Jumin,
        /// 統合記載欄: history, oldest first; empty where what is newest was asked for.
        pub rireki: Vec<Ido>,
        /// Permission for 個人番号 and 住民票コード.
        pub kyoka: Option<TokubetsuKyoka>,
    }
}

record! {
    /// One change of the register (異動).
    pub struct Ido {
        /// 異動年月日.
        pub ido_hi: WarekiDate,
        /// 異動事由.
        pub jiyu: Text,
        /// 届出年月日.
        pub todokede_hi: Perhaps<WarekiDate>,
        /// 記載事項: what stood before the change.
        pub kisai: Text,
    }
}

impl Ido {
    fn check(&self, earlier: Option<&Self>, birth: &RecordedDate, reader: &mut Reader<'_>) {
        if self.ido_hi.recorded().certainly_before(birth) {
            reader.at("ido_hi", |reader| reader.refuse::<()>("date-before-birth"));
        }
        if earlier.is_some_and(|earlier| self.is_older_than(earlier)) {
            reader.at("ido_hi", |reader| reader.refuse::<()>("not-oldest-first"));
        }
        let length = moji(self.kisai.as_str()).count();
        if length > KISAI_TWO_ROWS {
            reader.at("kisai", |reader| {
                let refusal = reader.refusal("too-long").with("length", length).with("capacity", KISAI_TWO_ROWS);
                reader.push::<()>(refusal)
            });
        }
    }

    /// Whether this change should stand before the one above it. What was reported late may stand where
    /// it was recorded: then the reports are in order.
    fn is_older_than(&self, earlier: &Self) -> bool {
        let reported_in_order = match (earlier.todokede_hi.given(), self.todokede_hi.given()) {
            (Some(earlier), Some(own)) => !own.recorded().certainly_before(earlier.recorded()),
            _ => false,
        };
        self.ido_hi.recorded().certainly_before(earlier.ido_hi.recorded()) && !reported_in_order
    }
}

choice! {
    /// 消除の事由.
    pub enum ShojoJiyu {
        /// 転出.
        Tenshutsu = "tenshutsu",
        /// 国外転出.
        KokugaiTenshutsu = "kokugai-tenshutsu",
        /// 死亡.
        Shibo = "shibo",
        /// 職権消除.
        Shokken = "shokken",
        /// 改製.
        Kaisei = "kaisei",
    }
}

impl ShojoJiyu {
    /// Whether the person moved out, and so to somewhere.
    pub fn is_tenshutsu(self) -> bool {
        matches!(self, Self::Tenshutsu | Self::KokugaiTenshutsu)
    }
}

record! {
    /// 除票.
    pub struct Johyo {
        /// 住所 when removed.
        pub jusho: Jusho,
        /// 世帯主の氏名.
        pub setainushi: Omittable<Text>,
        /// The person.
        pub hito: Jumin,
        /// 消除の事由.
        pub jiyu: ShojoJiyu,
        /// 事由の生じた年月日.
        pub jiyu_hi: WarekiDate,
        /// 転出先住所（予定）.
        pub tenshutsusaki_yotei: Perhaps<Jusho>,
        /// 転出先住所（確定）.
        pub tenshutsusaki_kakutei: Perhaps<Jusho>,
        /// 届出年月日 of the removal.
        pub shojo_todokede_hi: Perhaps<WarekiDate>,
        /// 転入通知年月日.
        pub tennyu_tsuchi_hi: Perhaps<WarekiDate>,
        /// 統合記載欄.
        pub rireki: Vec<Ido>,
        /// Permission for 個人番号 and 住民票コード.
        pub kyoka: Option<TokubetsuKyoka>,
    }
}

/// People on one sheet of the 世帯連記式.
const PEOPLE_A_SHEET: usize = 4;
/// Lines of 備考 in a block of the 世帯連記式.
const BIKO_LINES: usize = 2;
/// Rows of history on the first sheet of a 個人票, of a 除票, and on each further sheet.
const ROWS_KOJINHYO: usize = 17;
const ROWS_JOHYO: usize = 12;
const ROWS_CONTINUED: usize = 29;
/// Most characters of a 記載事項 that one row of two lines takes; longer ones take a pair of rows.
const KISAI_ONE_ROW: usize = 80;
const KISAI_TWO_ROWS: usize = 160;

impl Document for JuminhyoUtsushi {
    fn check(&self, reader: &mut Reader<'_>) {
        match self {
            Self::SetaiRenki(sheet) => reader.at("setai_renki", |reader| sheet.check(reader)),
            Self::Kojinhyo(sheet) => reader.at("kojinhyo", |reader| {
                check_person(&sheet.hito, sheet.kyoka.as_ref(), reader);
                check_history(&sheet.rireki, sheet.hito.kokumin.seinengappi(), reader);
                if sheet.setai_ninzu.0 == 0 {
                    reader.at("setai_ninzu", |reader| reader.refuse::<()>("fewer-than-listed"));
                }
            }),
            Self::Johyo(sheet) => reader.at("johyo", |reader| {
                check_person(&sheet.hito, sheet.kyoka.as_ref(), reader);
                check_history(&sheet.rireki, sheet.hito.kokumin.seinengappi(), reader);
                sheet.check(reader);
            }),
        }
    }

    fn view(&self, words: &Words) -> View {
        match self {
            Self::SetaiRenki(sheet) => sheet.view(words),
            Self::Kojinhyo(sheet) => sheet.view(words),
            Self::Johyo(sheet) => sheet.view(words),
        }
    }
}

impl SetaiRenki {
    fn is_whole(&self) -> bool {
        self.setaiin.len() == usize::from(self.setai_ninzu.0)
    }

    fn check(&self, reader: &mut Reader<'_>) {
        jumin::check_setainushi(&self.setaiin, self.is_whole(), "setaiin", reader);
        jumin::check_distinct(&self.setaiin, "setaiin", reader);
        for (index, person) in self.setaiin.iter().enumerate() {
            reader.at("setaiin", |reader| reader.at_index(index, |reader| jumin::check_dates(person, reader)));
        }
        jumin::check_permission(&self.setaiin, self.kyoka.as_ref(), "setaiin", reader);
        if let Some(setainushi) = self.setainushi.given() {
            self.check_setainushi_name(setainushi.as_str(), reader);
        }
        if self.setaiin.len() > usize::from(self.setai_ninzu.0) {
            reader.at("setai_ninzu", |reader| reader.refuse::<()>("fewer-than-listed"));
        }
        for (index, person) in self.setaiin.iter().enumerate() {
            if person.biko.len() > BIKO_LINES {
                reader.at("setaiin", |reader| {
                    reader.at_index(index, |reader| {
                        reader.at("biko", |reader| {
                            let refusal = reader
                                .refusal("too-many-items")
                                .with("most", BIKO_LINES)
                                .with("found", person.biko.len());
                            reader.push::<()>(refusal)
                        })
                    })
                });
            }
        }
    }

    /// Refuses a heading that names another 世帯主 than the one on the sheet.
    fn check_setainushi_name(&self, name: &str, reader: &mut Reader<'_>) {
        let head = self.setaiin.iter().find(|person| person.zokugara.given().is_some_and(|z| z.is_setainushi()));
        if head.is_some_and(|head| !head.kokumin.names().iter().any(|known| known == name)) {
            reader.at("setainushi", |reader| reader.refuse::<()>("setainushi-differs"));
        }
    }

    fn view(&self, words: &Words) -> View {
        let people = in_household_order(&self.setaiin);
        let sheets = people.len().div_ceil(PEOPLE_A_SHEET);
        let mut draft = Draft::new(words, words.get("title.setai-renki"), sheets);
        draft.shape("form", "setai-renki");
        let blocks: Vec<_> = people
            .chunks(PEOPLE_A_SHEET)
            .enumerate()
            .map(|(sheet, chunk)| {
                let people: Vec<_> = chunk
                    .iter()
                    .enumerate()
                    .map(|(index, person)| jumin_shape(sheet * PEOPLE_A_SHEET + index + 1, person))
                    .collect();
                json!({ "people": people })
            })
            .collect();
        draft.shape("sheets", blocks);
        put_heading(&mut draft, "setai_renki", sheets, &self.jusho, &self.setainushi);
        for (index, person) in people.iter().enumerate() {
            let given = self.setaiin.iter().position(|p| std::ptr::eq(p, *person)).unwrap_or(index);
            put_jumin(&mut draft, index + 1, &format!("setai_renki.setaiin[{given}]"), person);
            put_tsusho_rireki(&mut draft, index + 1, &format!("setai_renki.setaiin[{given}]"), person);
        }
        draft.subject_of("jusho", self.jusho.printed());
        if let Some(setainushi) = self.setainushi.given() {
            draft.subject_of("setainushi", setainushi.as_str());
        }
        draft.certify(words.get(if self.is_whole() { "ninsho.zenin" } else { "ninsho.ichibu" }));
        draft.finish()
    }
}

impl Kojinhyo {
    fn view(&self, words: &Words) -> View {
        let rows = layout_history(&self.rireki, ROWS_KOJINHYO);
        let mut draft = Draft::new(words, words.get("title.kojinhyo"), rows.len());
        draft.shape("form", "kojinhyo");
        put_single(&mut draft, "kojinhyo", &self.jusho, &self.setainushi, &self.hito, &rows, &self.rireki);
        draft.certify(words.get(if self.setai_ninzu.0 == 1 { "ninsho.zenin" } else { "ninsho.ichibu" }));
        draft.finish()
    }
}

impl Johyo {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.jiyu_hi.recorded().certainly_before(self.hito.kokumin.seinengappi()) {
            let code = if self.jiyu == ShojoJiyu::Shibo { "death-before-birth" } else { "removal-before-birth" };
            reader.at("jiyu_hi", |reader| reader.refuse::<()>(code));
        }
        if self.jiyu == ShojoJiyu::Shibo
            && (self.tenshutsusaki_yotei.given().is_some() || self.tenshutsusaki_kakutei.given().is_some())
        {
            reader.at("tenshutsusaki_yotei", |reader| reader.refuse::<()>("destination-of-the-dead"));
        }
        let destinations = [&self.tenshutsusaki_yotei, &self.tenshutsusaki_kakutei];
        jumin::check_destination(self.jiyu.is_tenshutsu(), destinations, reader);
        // 転出 is reported before it happens (法24条), and 職権消除 after whatever led to it; a death is not
        // reported ahead.
        if self.jiyu == ShojoJiyu::Shibo
            && self.shojo_todokede_hi.given().is_some_and(|hi| hi.recorded().certainly_before(self.jiyu_hi.recorded()))
        {
            reader.at("shojo_todokede_hi", |reader| reader.refuse::<()>("reported-before-it-happened"));
        }
    }

    fn view(&self, words: &Words) -> View {
        let rows = layout_history(&self.rireki, ROWS_JOHYO);
        let mut draft = Draft::new(words, words.get("title.johyo"), rows.len());
        draft.shape("form", "johyo");
        put_single(&mut draft, "johyo", &self.jusho, &self.setainushi, &self.hito, &rows, &self.rireki);
        let date = |d: &WarekiDate| words.date(d.recorded(), DateStyle::Grid);
        let items = [
            ("jiyu", words.get(&format!("shojo-jiyu.{}", self.jiyu.key())).to_owned()),
            ("jiyu_hi", date(&self.jiyu_hi)),
            ("tenshutsusaki_yotei", draft.entry(&self.tenshutsusaki_yotei, Jusho::printed)),
            ("tenshutsusaki_kakutei", draft.entry(&self.tenshutsusaki_kakutei, Jusho::printed)),
            ("shojo_todokede_hi", draft.entry(&self.shojo_todokede_hi, date)),
            ("tennyu_tsuchi_hi", draft.entry(&self.tennyu_tsuchi_hi, date)),
        ];
        for (name, text) in items {
            draft.put(name, text, format!("johyo.{name}"));
        }
        draft.certify(words.get("ninsho.johyo"));
        draft.finish()
    }
}

fn check_person(person: &Jumin, permission: Option<&TokubetsuKyoka>, reader: &mut Reader<'_>) {
    reader.at("hito", |reader| jumin::check_dates(person, reader));
    jumin::check_permission_of(person, permission, "hito", reader);
}

fn check_history(history: &[Ido], birth: &RecordedDate, reader: &mut Reader<'_>) {
    for (index, ido) in history.iter().enumerate() {
        let earlier = index.checked_sub(1).and_then(|earlier| history.get(earlier));
        reader.at("rireki", |reader| reader.at_index(index, |reader| ido.check(earlier, birth, reader)));
    }
}

/// Heading of every sheet: 住所 and 世帯主.
fn put_heading(draft: &mut Draft<'_>, path: &str, sheets: usize, jusho: &Jusho, setainushi: &Omittable<Text>) {
    let head = draft.entry(setainushi, |name| name.as_str().to_owned());
    for sheet in 0..sheets {
        draft.put(format!("s{sheet}.jusho"), jusho.printed(), format!("{path}.jusho"));
        draft.put(format!("s{sheet}.setainushi"), head.clone(), format!("{path}.setainushi"));
    }
}

/// 通称の記載及び削除: goes to an annex sheet, since the block has no room for a history.
fn put_tsusho_rireki(draft: &mut Draft<'_>, number: usize, path: &str, person: &Jumin) {
    let Kokumin::Gaikokujin(gaikokujin) = &person.kokumin else { return };
    let Some(history) = gaikokujin.tsusho_rireki.given() else { return };
    for (index, entry) in history.iter().enumerate() {
        let text = tsusho_rireki_text(draft.words(), entry);
        draft.annex(number, "tsusho_rireki", text, format!("{path}.tsusho_rireki[{index}]"));
    }
}

/// One entry of the history of 通称 in a sentence.
pub(super) fn tsusho_rireki_text(words: &Words, entry: &TsushoRireki) -> String {
    let kisai_hi = words.date(entry.kisai_hi.recorded(), DateStyle::Running);
    let mut text = words.fill(
        "tsusho-rireki.kisai",
        &[("tsusho", entry.tsusho.as_str()), ("hi", &kisai_hi), ("shichoson", entry.kisai_shichoson.as_str())],
    );
    if let Some(sakujo_hi) = &entry.sakujo_hi {
        let hi = words.date(sakujo_hi.recorded(), DateStyle::Running);
        let shichoson = entry.sakujo_shichoson.as_ref().map_or("", Text::as_str);
        text.push_str(&words.fill("tsusho-rireki.sakujo", &[("hi", &hi), ("shichoson", shichoson)]));
    }
    text
}

/// Which change stands on which row: for each sheet, the changes by index, each with its first row
/// and number of rows. A change is never split between sheets.
fn layout_history(history: &[Ido], first: usize) -> Vec<Vec<(usize, usize, usize)>> {
    let mut sheets = vec![Vec::new()];
    let mut room = first;
    let mut row = 0;
    for (index, ido) in history.iter().enumerate() {
        let height = if moji(ido.kisai.as_str()).count() > KISAI_ONE_ROW { 2 } else { 1 };
        if row + height > room {
            sheets.push(Vec::new());
            room = ROWS_CONTINUED;
            row = 0;
        }
        if let Some(sheet) = sheets.last_mut() {
            sheet.push((index, row, height));
        }
        row += height;
    }
    sheets
}

fn put_single(
    draft: &mut Draft<'_>,
    path: &str,
    jusho: &Jusho,
    setainushi: &Omittable<Text>,
    person: &Jumin,
    rows: &[Vec<(usize, usize, usize)>],
    history: &[Ido],
) {
    let words = draft.words();
    put_heading(draft, path, 1, jusho, setainushi);
    for sheet in 1..rows.len() {
        draft.put(format!("s{sheet}.jusho"), jusho.printed(), format!("{path}.jusho"));
        draft.put(format!("s{sheet}.shimei"), person.kokumin.shimei(), format!("{path}.hito"));
    }
    let biko: Vec<&str> = person.biko.iter().map(Text::as_str).collect();
    draft.put("biko", biko.join("\n"), format!("{path}.hito.biko"));
    put_jumin(draft, 1, &format!("{path}.hito"), &Jumin { biko: Vec::new(), ..person.clone() });
    put_tsusho_rireki(draft, 1, &format!("{path}.hito"), person);
    draft.shape("person", jumin_shape(1, person));
    let shape: Vec<_> = rows
        .iter()
        .map(|sheet| {
            let rows: Vec<_> = sheet.iter().map(|(index, row, height)| json!([index, row, height])).collect();
            json!({ "rows": rows, "used": sheet.last().map_or(0, |(_, row, height)| row + height) })
        })
        .collect();
    draft.shape("sheets", shape);
    for (index, ido) in history.iter().enumerate() {
        let date = |d: &WarekiDate| words.date(d.recorded(), DateStyle::Grid);
        let todokede = draft.entry(&ido.todokede_hi, date);
        let place = format!("{path}.rireki[{index}]");
        draft.put(format!("r{index}.ido_hi"), date(&ido.ido_hi), format!("{place}.ido_hi"));
        draft.put(format!("r{index}.jiyu"), ido.jiyu.as_str(), format!("{place}.jiyu"));
        draft.put(format!("r{index}.todokede_hi"), todokede, format!("{place}.todokede_hi"));
        draft.put(format!("r{index}.kisai"), ido.kisai.as_str(), format!("{place}.kisai"));
    }
    // アルファベット and 漢字 stand in slots of their own.
    match &person.kokumin {
        Kokumin::Gaikokujin(gaikokujin) => {
            draft.subject_of("shimei", gaikokujin.shimei.alphabet.as_str());
            gaikokujin.shimei.kanji.iter().for_each(|kanji| draft.subject(kanji.as_str()));
        }
        Kokumin::Nihonjin(nihonjin) => draft.subject_of("shimei", nihonjin.shimei.printed()),
    }
    draft.unnumbered();
}
