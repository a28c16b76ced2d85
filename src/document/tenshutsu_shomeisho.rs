//! 転出証明書 (令23条) and 転出証明書に準ずる証明書: what the municipality of arrival needs of those who move.
//!
//! 個人番号 and 住民票コード stand on the sheet by law, without a permission of their own. A 再交付 says that
//! it is one and states what the first issue stated: its data are those of the first issue, kept
//! since then, and never what the register holds today (標準仕様書 4.1.3).

use serde_json::json;

use crate::domain::calendar::{Day, RecordedDate, SeirekiDate, WarekiDate};
use crate::domain::number::{AtenaBango, JuminhyoCode, KisoNenkinBango, KojinBango, ZairyuCardBango};
use crate::domain::person::{Kana, Seibetsu, Zokugara};
use crate::{choice, either, record};

use super::Document;
use super::entry::{Entry, Known, Perhaps};
use super::hikitsugi::{self, Csv};
use super::jumin::{self, Furigana, GaikokujinShimei, Jusho, Kubun, Kyushi, Member, Shimei, Tsusho, TsushoRireki};
use super::juminhyo_utsushi::tsusho_rireki_text;
use super::parse::{Reader, Text};
use super::view::{Draft, SlotPicture, View};
use super::words::{DateStyle, Words};

either! {
    /// The two certificates of 転出.
    pub enum TenshutsuShomeisho {
        /// 転出証明書: first issue or 再交付.
        Tenshutsu(Box<Tenshutsu>) = "tenshutsu",
        /// 転出証明書に準ずる証明書: where 14 days have gone by since the move.
        Junzuru(Box<Todoke>) = "junzuru",
    }
}

record! {
    /// 転出証明書.
    pub struct Tenshutsu {
        /// 再交付; absent on a first issue.
        pub saikofu: Option<Saikofu>,
        /// What was reported.
        pub todoke: Todoke,
    }
}

record! {
    /// 再交付.
    pub struct Saikofu {
        /// Day of the first issue.
        pub tosho_kofu_hi: Day,
    }
}

record! {
    /// 転出届: where from, where to, and who.
    pub struct Todoke {
        /// 届出年月日.
        pub todokede_hi: WarekiDate,
        /// 転出予定年月日.
        pub tenshutsu_yotei_hi: WarekiDate,
        /// 転出前の住所.
        pub tenshutsumae_jusho: Jusho,
        /// 世帯主 there.
        pub setainushi: Text,
        /// 転出先の住所.
        pub tenshutsusaki_jusho: Jusho,
        /// 世帯主 there, as reported.
        pub tenshutsusaki_setainushi: Perhaps<Text>,
        /// 転出する者.
        pub tenshutsusha: Vec<Tenshutsusha>,
        /// For which reason 個人番号, 住民票コード and 基礎年金番号 are in the 引継ぎQR too; absent where they
        /// are not.
        pub hikitsugi_kyoka: Option<Text>,
    }
}

choice! {
    /// 有無.
    pub enum Umu {
        /// 有.
        Ari = "ari",
        /// 無.
        Nashi = "nashi",
    }
}

choice! {
    /// 国民年金の被保険者の種別 (国民年金法7条, 附則5条).
    pub enum NenkinShubetsu {
        /// 第１号.
        Daiichi = "dai-1-go",
        /// 第２号.
        Daini = "dai-2-go",
        /// 第３号.
        Daisan = "dai-3-go",
        /// 任意加入.
        Ninni = "nin-i",
    }
}

record! {
    /// 国民年金.
    pub struct Nenkin {
        /// 種別.
        pub shubetsu: NenkinShubetsu,
        /// 基礎年金番号.
        pub kiso_nenkin_bango: Option<KisoNenkinBango>,
    }
}

record! {
    /// 転出する者.
    pub struct Tenshutsusha {
        /// 宛名番号: identifies the person; never printed.
        pub atena_bango: AtenaBango,
        /// 宛名番号 of the 子 around whom the person's family within the household gathers.
        pub kazoku: Option<AtenaBango>,
        /// What depends on nationality.
        pub kokumin: TenshutsuKokumin,
        /// 性別.
        pub seibetsu: Seibetsu,
        /// 続柄.
        pub zokugara: Zokugara,
        /// 個人番号.
        pub kojin_bango: Known<KojinBango>,
        /// 住民票コード.
        pub juminhyo_code: Known<JuminhyoCode>,
        /// 国民健康保険の被保険者.
        pub kokuho: Umu,
        /// 後期高齢者医療の被保険者.
        pub koki: Umu,
        /// 介護保険の被保険者.
        pub kaigo: Umu,
        /// 国民年金の被保険者.
        pub nenkin: Perhaps<Nenkin>,
        /// 児童手当の受給.
        pub jido_teate: Umu,
    }
}

either! {
    /// Whom the nationality rules divide.
    pub enum TenshutsuKokumin {
        /// 日本人住民.
        Nihonjin(Box<TenshutsuNihonjin>) = "nihonjin",
        /// 外国人住民.
        Gaikokujin(Box<TenshutsuGaikokujin>) = "gaikokujin",
    }
}

record! {
    /// A Japanese resident.
    pub struct TenshutsuNihonjin {
        /// 氏名.
        pub shimei: Shimei,
        /// 氏名の振り仮名.
        pub furigana: Furigana,
        /// 旧氏; absent where none is recorded.
        pub kyushi: Option<Kyushi>,
        /// 生年月日, in 和暦.
        pub seinengappi: WarekiDate,
        /// 本籍 (なし and 不明 are texts of the register).
        pub honseki: Text,
        /// 筆頭者.
        pub hittosha: Text,
    }
}

record! {
    /// A foreign resident.
    pub struct TenshutsuGaikokujin {
        /// 氏名.
        pub shimei: GaikokujinShimei,
        /// 氏名の振り仮名, where the municipality records one.
        pub furigana: Option<Kana>,
        /// 通称; absent where none is recorded.
        pub tsusho: Option<Tsusho>,
        /// 生年月日, in 西暦 only.
        pub seinengappi: SeirekiDate,
        /// 国籍・地域.
        pub kokuseki: Text,
        /// 法30条の45に規定する区分.
        pub kubun: Kubun,
        /// 在留資格.
        pub zairyu_shikaku: Perhaps<Text>,
        /// 在留期間等.
        pub zairyu_kikan: Perhaps<Text>,
        /// 在留期間の満了の日, in 西暦 only.
        pub manryo_hi: Perhaps<SeirekiDate>,
        /// 在留カード等の番号.
        pub card_bango: Perhaps<ZairyuCardBango>,
        /// 通称の記載及び削除に関する事項: goes to an annex sheet.
        pub tsusho_rireki: Vec<TsushoRireki>,
    }
}

/// Most people on one sheet; fewer where more do not go into its codes (引継ぎQR).
const PEOPLE_A_SHEET: usize = 4;

impl TenshutsuShomeisho {
    fn key(&self) -> &'static str {
        match self {
            Self::Tenshutsu(sheet) if sheet.saikofu.is_some() => "saikofu",
            Self::Tenshutsu(_) => "tenshutsu",
            Self::Junzuru(_) => "junzuru",
        }
    }

    /// What was reported, and its place in the document.
    fn todoke(&self) -> (&Todoke, &'static str) {
        match self {
            Self::Tenshutsu(sheet) => (&sheet.todoke, "tenshutsu.todoke"),
            Self::Junzuru(todoke) => (todoke, "junzuru"),
        }
    }
}

impl Document for TenshutsuShomeisho {
    fn check(&self, reader: &mut Reader<'_>) {
        match self {
            Self::Junzuru(todoke) => reader.at("junzuru", |reader| todoke.check(reader)),
            Self::Tenshutsu(sheet) => reader.at("tenshutsu", |reader| {
                reader.at("todoke", |reader| sheet.todoke.check(reader));
                let first = sheet.saikofu.as_ref().map(|saikofu| RecordedDate::wareki(saikofu.tosho_kofu_hi));
                if first.is_some_and(|first| first.certainly_before(sheet.todoke.todokede_hi.recorded())) {
                    reader.at("saikofu", |reader| {
                        reader.at("tosho_kofu_hi", |reader| reader.refuse::<()>("issued-before-reported"))
                    });
                }
            }),
        }
    }

    fn view(&self, words: &Words) -> View {
        let (todoke, path) = self.todoke();
        let sheets = todoke.sheets(self.key());
        let mut draft = Draft::new(words, words.get(&format!("title.{}", self.key())), sheets.len());
        draft.shape("form", self.key());
        todoke.put(&mut draft, path, &sheets);
        if let Self::Tenshutsu(sheet) = self
            && let Some(saikofu) = &sheet.saikofu
        {
            let hi = words.day(saikofu.tosho_kofu_hi, DateStyle::Running);
            let line = words.fill("tosho-kofu", &[("hi", &hi)]);
            draft.put("tosho_kofu", line, "tenshutsu.saikofu.tosho_kofu_hi");
        }
        if matches!(self, Self::Junzuru(_)) {
            draft.put("tempu", words.get("tempu"), "");
        }
        draft.subject_of("tenshutsumae_jusho", todoke.tenshutsumae_jusho.printed());
        draft.subject_of("setainushi", todoke.setainushi.as_str());
        draft.certify(words.get(&format!("ninsho.{}", self.key())));
        draft.finish()
    }
}

/// Whose blocks stand on a sheet, and its codes (引継ぎQR); none where they do not go into any.
struct Sheet<'a> {
    people: Vec<&'a Tenshutsusha>,
    codes: Vec<SlotPicture>,
}

impl Todoke {
    fn check(&self, reader: &mut Reader<'_>) {
        jumin::check_setainushi(&self.tenshutsusha, false, "tenshutsusha", reader);
        jumin::check_distinct(&self.tenshutsusha, "tenshutsusha", reader);
        if self.tenshutsumae_jusho == self.tenshutsusaki_jusho {
            reader.at("tenshutsusaki_jusho", |reader| reader.refuse::<()>("moved-nowhere"));
        }
        for (index, person) in self.tenshutsusha.iter().enumerate() {
            reader.at("tenshutsusha", |reader| {
                reader.at_index(index, |reader| self.check_person(person, reader));
            });
        }
    }

    fn check_person(&self, person: &Tenshutsusha, reader: &mut Reader<'_>) {
        if self.todokede_hi.recorded().certainly_before(person.kokumin.seinengappi()) {
            reader.at("kokumin", |reader| reader.refuse::<()>("born-after-report"));
        }
        if person.kokuho == Umu::Ari && person.koki == Umu::Ari {
            reader.at("koki", |reader| reader.refuse::<()>("kokuho-and-koki"));
        }
    }

    /// People in the order of the household, on as few sheets as their codes allow.
    fn sheets(&self, key: &str) -> Vec<Sheet<'_>> {
        let people = jumin::in_household_order(&self.tenshutsusha);
        // How many sheets there will be is known only when they are filled, and stands in every code:
        // each is filled as if there were the most that there can be, and its code then made anew.
        let most = people.len();
        let mut chunks: Vec<&[&Tenshutsusha]> = Vec::new();
        let mut rest = people.as_slice();
        while !rest.is_empty() {
            let number = people.len() - rest.len() + 1;
            let fits = |count: &usize| {
                let text = self.hikitsugi(key, (most, most), number, &rest[..*count]);
                hikitsugi::fits(&text)
            };
            let count = (2..=PEOPLE_A_SHEET.min(rest.len())).rev().find(fits).unwrap_or(1);
            let (chunk, remaining) = rest.split_at(count);
            chunks.push(chunk);
            rest = remaining;
        }
        let mut number = 1;
        let sheets = chunks.len();
        let made = chunks.iter().enumerate().map(|(sheet, chunk)| {
            let text = self.hikitsugi(key, (sheet + 1, sheets), number, chunk);
            number += chunk.len();
            Sheet { people: chunk.to_vec(), codes: hikitsugi::pictures(&format!("s{sheet}.hikitsugi"), &text) }
        });
        made.collect()
    }

    /// Text of a sheet's codes; `number` is that of its first person.
    fn hikitsugi(&self, key: &str, sheet: (usize, usize), number: usize, people: &[&Tenshutsusha]) -> String {
        let mut csv = Csv::default();
        let katagaki = |jusho: &Jusho| jusho.katagaki.as_ref().map_or_else(String::new, |k| k.as_str().to_owned());
        csv.line([
            key.to_owned(),
            sheet.0.to_string(),
            sheet.1.to_string(),
            self.todokede_hi.to_string(),
            self.tenshutsu_yotei_hi.to_string(),
            self.tenshutsumae_jusho.jusho.as_str().to_owned(),
            katagaki(&self.tenshutsumae_jusho),
            self.setainushi.as_str().to_owned(),
            self.tenshutsusaki_jusho.jusho.as_str().to_owned(),
            katagaki(&self.tenshutsusaki_jusho),
            given(&self.tenshutsusaki_setainushi, |name| name.as_str().to_owned()),
        ]);
        let mut before = Vec::new();
        for (index, person) in people.iter().enumerate() {
            let line = person.hikitsugi(number + index, self.hikitsugi_kyoka.is_some());
            csv.line_after(&before, &line);
            before = line;
        }
        csv.as_str().to_owned()
    }

    fn put(&self, draft: &mut Draft<'_>, path: &str, sheets: &[Sheet<'_>]) {
        let words = draft.words();
        let date = |d: &WarekiDate| words.date(d.recorded(), DateStyle::Grid);
        let head = [
            ("todokede_hi", date(&self.todokede_hi)),
            ("tenshutsu_yotei_hi", date(&self.tenshutsu_yotei_hi)),
            ("tenshutsumae_jusho", self.tenshutsumae_jusho.printed()),
            ("setainushi", self.setainushi.as_str().to_owned()),
            ("tenshutsusaki_jusho", self.tenshutsusaki_jusho.printed()),
            ("tenshutsusaki_setainushi", draft.entry(&self.tenshutsusaki_setainushi, |name| name.as_str().to_owned())),
        ];
        let mut number = 0;
        let mut shapes = Vec::new();
        for (index, sheet) in sheets.iter().enumerate() {
            for (name, text) in &head {
                draft.put(format!("s{index}.{name}"), text, format!("{path}.{name}"));
            }
            let mut people = Vec::new();
            for person in &sheet.people {
                number += 1;
                people.push(json!({ "number": number, "gaikokujin": person.kokumin.is_gaikokujin() }));
                let given = self.tenshutsusha.iter().position(|other| std::ptr::eq(other, *person)).unwrap_or(0);
                person.put(draft, number, &format!("{path}.tenshutsusha[{given}]"));
            }
            shapes.push(json!({ "people": people, "codes": sheet.codes.len() }));
            sheet.codes.iter().for_each(|code| draft.sealed_picture(code.clone()));
        }
        draft.shape("sheets", shapes);
    }
}

/// The value of an entry as the 引継ぎQR has it: nothing where there is none.
fn given<T, A>(entry: &Entry<T, A>, show: impl FnOnce(&T) -> String) -> String {
    entry.given().map_or_else(String::new, show)
}

impl TenshutsuKokumin {
    fn seinengappi(&self) -> &RecordedDate {
        match self {
            Self::Nihonjin(person) => person.seinengappi.recorded(),
            Self::Gaikokujin(person) => person.seinengappi.recorded(),
        }
    }

    fn is_gaikokujin(&self) -> bool {
        matches!(self, Self::Gaikokujin(_))
    }
}

impl Member for Tenshutsusha {
    fn atena_bango(&self) -> &AtenaBango {
        &self.atena_bango
    }

    fn kazoku(&self) -> Option<&AtenaBango> {
        self.kazoku.as_ref()
    }

    fn zokugara(&self) -> Option<&Zokugara> {
        Some(&self.zokugara)
    }

    fn seinengappi(&self) -> Option<&RecordedDate> {
        Some(self.kokumin.seinengappi())
    }
}

impl Tenshutsusha {
    fn put(&self, draft: &mut Draft<'_>, number: usize, path: &str) {
        let words = draft.words();
        let umu = |umu: Umu| words.get(&format!("umu.{}", umu.key())).to_owned();
        let items = [
            ("kojin_bango", draft.entry(&self.kojin_bango, |n| n.grouped(" "))),
            ("juminhyo_code", draft.entry(&self.juminhyo_code, |n| n.as_str().to_owned())),
            ("seinengappi", draft.grid_date(self.kokumin.seinengappi())),
            ("seibetsu", words.get(&format!("seibetsu.{}", self.seibetsu.key())).to_owned()),
            ("zokugara", self.zokugara.as_str().to_owned()),
            ("kokuho", umu(self.kokuho)),
            ("koki", umu(self.koki)),
            ("kaigo", umu(self.kaigo)),
            ("nenkin", draft.entry(&self.nenkin, |nenkin| nenkin.printed(words))),
            ("jido_teate", umu(self.jido_teate)),
        ];
        put_items(draft, number, path, items);
        match &self.kokumin {
            TenshutsuKokumin::Nihonjin(person) => person.put(draft, number, path),
            TenshutsuKokumin::Gaikokujin(person) => person.put(draft, number, path),
        }
    }

    fn hikitsugi(&self, number: usize, numbers: bool) -> Vec<String> {
        let umu = |umu: Umu| if umu == Umu::Ari { "1" } else { "0" }.to_owned();
        let (letter, names, status) = match &self.kokumin {
            TenshutsuKokumin::Nihonjin(person) => ("N", person.names(), person.status()),
            TenshutsuKokumin::Gaikokujin(person) => ("G", person.names(), person.status()),
        };
        let mut line = vec![number.to_string(), letter.to_owned()];
        line.extend(names);
        line.extend([
            self.kokumin.seinengappi().to_string(),
            self.seibetsu.key().to_owned(),
            self.zokugara.as_str().to_owned(),
            umu(self.kokuho),
            umu(self.koki),
            umu(self.kaigo),
            umu(self.jido_teate),
            given(&self.nenkin, |nenkin| nenkin.shubetsu.key().to_owned()),
        ]);
        line.extend(status);
        if numbers {
            let nenkin = self.nenkin.given().and_then(|nenkin| nenkin.kiso_nenkin_bango.as_ref());
            line.push(given(&self.kojin_bango, |n| n.as_str().to_owned()));
            line.push(given(&self.juminhyo_code, |n| n.as_str().to_owned()));
            line.push(nenkin.map_or_else(String::new, |n| n.as_str().to_owned()));
        }
        line
    }
}

impl Nenkin {
    fn printed(&self, words: &Words) -> String {
        let shubetsu = words.get(&format!("nenkin.{}", self.shubetsu.key()));
        match &self.kiso_nenkin_bango {
            None => shubetsu.to_owned(),
            Some(bango) => format!("{shubetsu}\u{3000}{}", bango.grouped("-")),
        }
    }
}

impl TenshutsuNihonjin {
    fn put(&self, draft: &mut Draft<'_>, number: usize, path: &str) {
        let words = draft.words();
        let kyushi = self.kyushi.as_ref().map(|k| (k.kyushi.as_str(), Some(k.furigana.as_str())));
        let items = [
            ("shimei", self.shimei.printed()),
            ("furigana", self.furigana.printed(words)),
            ("kyushi", betsumei(words, kyushi)),
            ("honseki", self.honseki.as_str().to_owned()),
            ("hittosha", self.hittosha.as_str().to_owned()),
        ];
        put_items(draft, number, path, items);
    }

    /// 氏名, 旧氏 and their 振り仮名 for the 引継ぎQR.
    fn names(&self) -> [String; 4] {
        let half = |half: &Option<Kana>| half.as_ref().map_or_else(String::new, |kana| kana.as_str().to_owned());
        let furigana = match (&self.furigana.shi, &self.furigana.mei) {
            (None, None) => String::new(),
            (shi, mei) => format!("{}\u{3000}{}", half(shi), half(mei)),
        };
        let kyushi = self.kyushi.as_ref();
        [
            self.shimei.printed(),
            furigana,
            kyushi.map_or_else(String::new, |k| k.kyushi.as_str().to_owned()),
            kyushi.map_or_else(String::new, |k| k.furigana.as_str().to_owned()),
        ]
    }

    fn status(&self) -> Vec<String> {
        vec![self.honseki.as_str().to_owned(), self.hittosha.as_str().to_owned()]
    }
}

impl TenshutsuGaikokujin {
    fn put(&self, draft: &mut Draft<'_>, number: usize, path: &str) {
        let words = draft.words();
        let text = |t: &Text| t.as_str().to_owned();
        let none = || words.get("nothing.not-applicable").to_owned();
        let tsusho = self.tsusho.as_ref().map(|t| (t.tsusho.as_str(), t.furigana.as_ref().map(|kana| kana.as_str())));
        let shikaku = draft.entry(&self.zairyu_shikaku, text);
        let kikan = draft.entry(&self.zairyu_kikan, text);
        let card = draft.entry(&self.card_bango, |n| n.as_str().to_owned());
        let manryo = draft.entry(&self.manryo_hi, |d| draft.grid_date(d.recorded()));
        let items = [
            ("shimei", self.shimei.printed()),
            ("furigana", self.furigana.as_ref().map_or_else(none, |kana| kana.as_str().to_owned())),
            ("tsusho", betsumei(words, tsusho)),
            ("kokuseki", text(&self.kokuseki)),
            ("kubun", words.get(&format!("kubun.{}", self.kubun.key())).to_owned()),
            ("zairyu_shikaku_kikan", format!("{shikaku}\u{3000}{kikan}")),
            ("card_bango_manryo_hi", format!("{card}\u{3000}{manryo}")),
        ];
        put_items(draft, number, path, items);
        for (index, entry) in self.tsusho_rireki.iter().enumerate() {
            let place = format!("{path}.tsusho_rireki[{index}]");
            draft.annex(number, "tsusho_rireki", tsusho_rireki_text(words, entry), place);
        }
    }

    /// 氏名, 通称 and their 振り仮名 for the 引継ぎQR.
    fn names(&self) -> [String; 4] {
        let kana = |kana: Option<&Kana>| kana.map_or_else(String::new, |kana| kana.as_str().to_owned());
        let tsusho = self.tsusho.as_ref();
        [
            self.shimei.printed(),
            kana(self.furigana.as_ref()),
            tsusho.map_or_else(String::new, |t| t.tsusho.as_str().to_owned()),
            kana(tsusho.and_then(|t| t.furigana.as_ref())),
        ]
    }

    fn status(&self) -> Vec<String> {
        vec![
            self.kokuseki.as_str().to_owned(),
            self.kubun.key().to_owned(),
            given(&self.zairyu_shikaku, |t| t.as_str().to_owned()),
            given(&self.zairyu_kikan, |t| t.as_str().to_owned()),
            given(&self.manryo_hi, ToString::to_string),
            given(&self.card_bango, |n| n.as_str().to_owned()),
        ]
    }
}

fn put_items<const N: usize>(draft: &mut Draft<'_>, number: usize, path: &str, items: [(&str, String); N]) {
    for (name, text) in items {
        draft.put_for(number, format!("m{number}.{name}"), text, format!("{path}.{name}"));
    }
}

/// 旧氏 or 通称 with its 振り仮名, on one line.
fn betsumei(words: &Words, name: Option<(&str, Option<&str>)>) -> String {
    match name {
        None => words.get("nothing.not-applicable").to_owned(),
        Some((name, None)) => name.to_owned(),
        Some((name, Some(kana))) => words.fill("betsumei", &[("betsumei", name), ("furigana", kana)]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::document::catalog::{Composed, Kind};
    use crate::document::json::Json;
    use crate::document::parse::Parse;
    use crate::domain::text::Anything;

    fn read(document: &Value) -> Result<Composed, Vec<(&'static str, String)>> {
        let bytes = serde_json::to_vec(document).unwrap();
        Kind::by_id("tenshutsu-shomeisho")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.iter().map(|r| (r.code, r.path.clone())).collect())
    }

    fn view(document: &Value) -> View {
        let words = include_str!("../../templates/words/tenshutsu-shomeisho.toml");
        let common = include_str!("../../templates/words/common.toml");
        read(document).unwrap().view(&Words::read([("common", common), ("own", words)]).unwrap())
    }

    /// The texts of the codes of a first issue, sheet by sheet.
    fn codes(todoke: &Value) -> Vec<String> {
        let bytes = serde_json::to_vec(todoke).unwrap();
        let todoke = Todoke::parse(&Json::read(&bytes).unwrap(), &mut Reader::new(&Anything)).unwrap();
        let sheets = todoke.sheets("tenshutsu");
        let mut number = 1;
        let text = |(index, sheet): (usize, &Sheet<'_>)| {
            let text = todoke.hikitsugi("tenshutsu", (index + 1, sheets.len()), number, &sheet.people);
            number += sheet.people.len();
            text
        };
        sheets.iter().enumerate().map(text).collect()
    }

    fn person(atena: &str, mei: &str, zokugara: &str) -> Value {
        json!({
            "atena_bango": atena,
            "kokumin": { "nihonjin": {
                "shimei": { "shi_mei": { "shi": "見本", "mei": mei } },
                "furigana": { "mei": "タロウ" },
                "seinengappi": "S55-12-26",
                "honseki": "見本県見本市北区若葉二丁目１番",
                "hittosha": "見本　太郎",
            } },
            "seibetsu": "otoko",
            "zokugara": zokugara,
            "kojin_bango": "123456789018",
            "juminhyo_code": "24727059608",
            "kokuho": "ari", "koki": "nashi", "kaigo": "nashi", "jido_teate": "nashi",
            "nenkin": { "shubetsu": "dai-1-go", "kiso_nenkin_bango": "1234-567890" },
        })
    }

    fn todoke(people: Vec<Value>) -> Value {
        json!({
            "todokede_hi": "R8-01-15",
            "tenshutsu_yotei_hi": "R8-01-31",
            "tenshutsumae_jusho": { "jusho": "見本県見本市北区若葉二丁目１番２７号" },
            "setainushi": "見本　太郎",
            "tenshutsusaki_jusho": { "jusho": "見本県みなと市桜町六丁目５番１号", "katagaki": "桜町, ハイツ" },
            "tenshutsusaki_setainushi": { "nothing": "no-data" },
            "tenshutsusha": people,
        })
    }

    fn taro() -> Value {
        person("1000012", "太郎", "世帯主")
    }

    fn with(mut document: Value, pointer: &str, value: Value) -> Value {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value;
        document
    }

    #[test]
    fn title_certification_and_lines_follow_the_kind_of_issue() {
        let first = json!({ "tenshutsu": { "todoke": todoke(vec![taro()]) } });
        let again = with(first.clone(), "/tenshutsu/saikofu", json!({ "tosho_kofu_hi": "2026-01-15" }));
        let junzuru = json!({ "junzuru": todoke(vec![taro()]) });
        for (document, form, title, lines) in [
            (first, "tenshutsu", "転出証明書", vec![]),
            (again, "saikofu", "転出証明書", vec!["当初交付　令和８年１月１５日"]),
            (junzuru, "junzuru", "転出証明書に準ずる証明書", vec!["転入届に添付すべき書類として交付する。"]),
        ] {
            let view = view(&document);
            assert_eq!((view.shape["form"].as_str(), view.title.as_str()), (Some(form), title));
            let found: Vec<&str> = view
                .values
                .iter()
                .filter(|value| matches!(value.slot.as_str(), "tosho_kofu" | "tempu"))
                .map(|value| value.text.as_str())
                .collect();
            assert_eq!(found, lines, "{form}");
            assert!(view.certification.is_some());
        }
    }

    #[test]
    fn the_sheet_always_has_the_numbers_and_the_code_only_with_leave() {
        let plain = todoke(vec![taro()]);
        let printed = view(&json!({ "junzuru": plain }));
        assert!(printed.values.iter().any(|value| value.text == "1234 5678 9018"));
        let line = "1,N,見本　太郎,　タロウ,,,S55-12-26,otoko,世帯主,1,0,0,0,dai-1-go,見本県見本市北区若葉二丁目１番,見本　太郎";
        let head = "tenshutsu,1,1,R8-01-15,R8-01-31,見本県見本市北区若葉二丁目１番２７号,,見本　太郎,見本県みなと市桜町六丁目５番１号,\"桜町, ハイツ\",";
        assert_eq!(codes(&plain), [format!("{head}\n{line}\n")]);
        let leave = with(plain, "/hikitsugi_kyoka", json!("転入先の求めによる"));
        assert_eq!(codes(&leave), [format!("{head}\n{line},123456789018,24727059608,1234567890\n")]);
    }

    #[test]
    fn what_repeats_the_line_before_is_a_ditto() {
        let code = codes(&todoke(vec![taro(), person("1000020", "花子", "妻")]));
        let second = code.first().unwrap().lines().last().unwrap();
        assert_eq!(second, "2,N,見本　花子,=,,,=,=,妻,1,0,0,0,=,=,=");
    }

    #[test]
    fn a_sheet_has_no_more_people_than_its_code_holds() {
        let atena = ["1000012", "1000020", "1000039", "1000047", "1000055"];
        for (length, expected) in [(10, vec![4, 1]), (80, vec![2, 2, 1]), (200, vec![1, 1, 1, 1, 1])] {
            let honseki = |atena: &&str| {
                with(
                    person(atena, "太郎", "子"),
                    "/kokumin/nihonjin/honseki",
                    json!(format!("{atena}{}", "見".repeat(length))),
                )
            };
            let view = view(&json!({ "junzuru": todoke(atena.iter().map(honseki).collect()) }));
            let sheets = view.shape["sheets"].as_array().unwrap();
            let people: Vec<usize> = sheets.iter().map(|s| s["people"].as_array().unwrap().len()).collect();
            assert_eq!(people, expected, "{length}");
            let codes: u64 = sheets.iter().map(|sheet| sheet["codes"].as_u64().unwrap()).sum();
            assert!(sheets.iter().all(|sheet| sheet["codes"] != json!(0)), "{length}");
            assert_eq!(view.sealed_pictures.len() as u64, codes, "{length}");
        }
    }

    #[test]
    fn who_does_not_go_into_a_code_has_a_sheet_that_says_so() {
        let long = with(taro(), "/kokumin/nihonjin/honseki", json!("見".repeat(500)));
        let view = view(&json!({ "junzuru": todoke(vec![long, person("1000020", "花子", "妻")]) }));
        let codes: Vec<&Value> = view.shape["sheets"].as_array().unwrap().iter().map(|sheet| &sheet["codes"]).collect();
        assert_eq!(codes, [&json!(0), &json!(1)]);
        assert_eq!(view.sealed_pictures.iter().map(|p| p.slot.as_str()).collect::<Vec<_>>(), ["s1.hikitsugi0"]);
    }

    #[test]
    fn contradictions_are_refused() {
        let hanako = || person("1000020", "花子", "妻");
        let both = || todoke(vec![taro(), hanako()]);
        let same = both()["tenshutsumae_jusho"].clone();
        for (case, todoke, expected) in [
            ("a household", both(), vec![]),
            ("part of a household", todoke(vec![hanako()]), vec![]),
            ("nobody", todoke(vec![]), vec![("empty-household", "junzuru.tenshutsusha")]),
            (
                "two heads",
                with(both(), "/tenshutsusha/1/zokugara", json!("世帯主")),
                vec![("setainushi-double", "junzuru.tenshutsusha")],
            ),
            (
                "one person twice",
                with(both(), "/tenshutsusha/1/atena_bango", json!("1000012")),
                vec![("same-person-twice", "junzuru.tenshutsusha[1].atena_bango")],
            ),
            (
                "to where they are",
                with(both(), "/tenshutsusaki_jusho", same),
                vec![("moved-nowhere", "junzuru.tenshutsusaki_jusho")],
            ),
            (
                "born after the report",
                with(both(), "/tenshutsusha/1/kokumin/nihonjin/seinengappi", json!("R8-01-16")),
                vec![("born-after-report", "junzuru.tenshutsusha[1].kokumin")],
            ),
            (
                "two insurances",
                with(both(), "/tenshutsusha/0/koki", json!("ari")),
                vec![("kokuho-and-koki", "junzuru.tenshutsusha[0].koki")],
            ),
            (
                "a number left out",
                with(both(), "/tenshutsusha/0/kojin_bango", json!({ "nothing": "omitted" })),
                vec![("not-a-choice", "junzuru.tenshutsusha[0].kojin_bango")],
            ),
        ] {
            let found = read(&json!({ "junzuru": todoke })).err().unwrap_or_default();
            let found: Vec<_> = found.iter().map(|(code, path)| (*code, path.as_str())).collect();
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn a_reissue_follows_a_first_issue_that_follows_the_report() {
        for (day, expected) in [
            ("2026-01-14", vec![("issued-before-reported", "tenshutsu.saikofu.tosho_kofu_hi")]),
            ("2026-01-15", vec![]),
        ] {
            let saikofu = json!({ "tosho_kofu_hi": day });
            let document = json!({ "tenshutsu": { "saikofu": saikofu, "todoke": todoke(vec![taro()]) } });
            let found = read(&document).err().unwrap_or_default();
            let found: Vec<_> = found.iter().map(|(code, path)| (*code, path.as_str())).collect();
            assert_eq!(found, expected, "{day}");
        }
        let junzuru = with(
            json!({ "junzuru": todoke(vec![taro()]) }),
            "/junzuru/saikofu",
            json!({ "tosho_kofu_hi": "2026-01-15" }),
        );
        assert_eq!(read(&junzuru).unwrap_err(), [("unknown-field", "junzuru.saikofu".to_owned())]);
    }
}
