//! 住民票の写しの広域交付 (法12条の4): made by the place of issue of what the place of residence notified.
//!
//! 戸籍の表示 (法7条5号) is always left out, and so are history, 備考 and 除票. Nothing here can hold
//! them. The certifying head is the place of issue's, never the place of residence's.

use serde_json::json;

use crate::domain::calendar::{RecordedDate, SeirekiDate, WarekiDate};
use crate::domain::number::{JuminhyoCode, KojinBango, ZairyuCardBango};
use crate::domain::person::{Kana, Seibetsu, Zokugara};
use crate::{either, record};

use super::Document;
use super::entry::{Omittable, OmittableIfAny, Perhaps};
use super::jumin::{self, Furigana, GaikokujinShimei, Jusho, Kubun, Kyushi, Shimei, TokubetsuKyoka, Tsusho};
use super::parse::{Reader, Text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

record! {
    /// 住民票の写し（広域交付）.
    pub struct JuminhyoUtsushiKoiki {
        /// 住所地の都道府県及び市区町村.
        pub jushochi_shichoson: Text,
        /// 住所.
        pub jusho: Jusho,
        /// 世帯主の氏名.
        pub setainushi: Omittable<Text>,
        /// People on the sheet, in the order in which they were notified: that of the household.
        pub setaiin: Vec<KoikiJumin>,
        /// Permission for 個人番号 and 住民票コード.
        pub kyoka: Option<TokubetsuKyoka>,
    }
}

record! {
    /// A resident of another municipality. They have no 宛名番号 here.
    pub struct KoikiJumin {
        /// What depends on nationality.
        pub kokumin: KoikiKokumin,
        /// 性別.
        pub seibetsu: Seibetsu,
        /// 続柄.
        pub zokugara: Omittable<Zokugara>,
        /// 個人番号.
        pub kojin_bango: Omittable<KojinBango>,
        /// 住民票コード.
        pub juminhyo_code: Omittable<JuminhyoCode>,
        /// 住所を定めた年月日.
        pub jusho_wo_sadameta_hi: Perhaps<WarekiDate>,
        /// 届出日.
        pub todokede_hi: Perhaps<WarekiDate>,
        /// 転入前住所.
        pub tennyumae_jusho: Perhaps<Jusho>,
    }
}

either! {
    /// Whom the nationality rules divide.
    pub enum KoikiKokumin {
        /// 日本人住民.
        Nihonjin(Box<KoikiNihonjin>) = "nihonjin",
        /// 外国人住民.
        Gaikokujin(Box<KoikiGaikokujin>) = "gaikokujin",
    }
}

record! {
    /// A Japanese resident, without 本籍 and 筆頭者.
    pub struct KoikiNihonjin {
        /// 氏名.
        pub shimei: Shimei,
        /// 氏名の振り仮名.
        pub furigana: Furigana,
        /// 旧氏; absent where none is recorded.
        pub kyushi: Option<Kyushi>,
        /// 生年月日, in 和暦.
        pub seinengappi: WarekiDate,
        /// 住民となった年月日.
        pub jumin_to_natta_hi: Perhaps<WarekiDate>,
    }
}

record! {
    /// A foreign resident, without the history of 通称.
    pub struct KoikiGaikokujin {
        /// 氏名.
        pub shimei: GaikokujinShimei,
        /// 氏名の振り仮名, where the municipality records one.
        pub furigana: Option<Kana>,
        /// 通称; absent where none is recorded.
        pub tsusho: Option<Tsusho>,
        /// 生年月日, in 西暦 only.
        pub seinengappi: SeirekiDate,
        /// 外国人住民となった年月日.
        pub gaikokujin_jumin_to_natta_hi: Perhaps<WarekiDate>,
        /// 国籍・地域.
        pub kokuseki: Omittable<Text>,
        /// 法30条の45に規定する区分.
        pub kubun: Omittable<Kubun>,
        /// 在留資格.
        pub zairyu_shikaku: OmittableIfAny<Text>,
        /// 在留期間等.
        pub zairyu_kikan: OmittableIfAny<Text>,
        /// 在留期間の満了の日, in 西暦 only.
        pub manryo_hi: OmittableIfAny<SeirekiDate>,
        /// 在留カード等の番号.
        pub card_bango: OmittableIfAny<ZairyuCardBango>,
    }
}

/// People on one sheet.
const PEOPLE_A_SHEET: usize = 4;

impl KoikiKokumin {
    fn seinengappi(&self) -> &RecordedDate {
        match self {
            Self::Nihonjin(person) => person.seinengappi.recorded(),
            Self::Gaikokujin(person) => person.seinengappi.recorded(),
        }
    }

    fn shimei(&self) -> String {
        match self {
            Self::Nihonjin(person) => person.shimei.printed(),
            Self::Gaikokujin(person) => person.shimei.printed(),
        }
    }
}

impl Document for JuminhyoUtsushiKoiki {
    fn check(&self, reader: &mut Reader<'_>) {
        let zokugara: Vec<Option<&Zokugara>> = self.setaiin.iter().map(|person| person.zokugara.given()).collect();
        jumin::check_heads(&zokugara, false, "setaiin", reader);
        if !lies_in(self.jusho.jusho.as_str(), self.jushochi_shichoson.as_str()) {
            reader.at("jusho", |reader| reader.refuse::<()>("jusho-elsewhere"));
        }
        for (index, person) in self.setaiin.iter().enumerate() {
            reader.at("setaiin", |reader| {
                reader.at_index(index, |reader| person.check(&self.setaiin[..index], self.kyoka.as_ref(), reader));
            });
        }
    }

    fn view(&self, words: &Words) -> View {
        let sheets = self.setaiin.len().div_ceil(PEOPLE_A_SHEET);
        let mut draft = Draft::new(words, words.get("title.koiki"), sheets);
        let shapes: Vec<_> = self.setaiin.iter().enumerate().map(|(index, person)| person.shape(index + 1)).collect();
        draft.shape("sheets", shapes.chunks(PEOPLE_A_SHEET).map(|people| json!(people)).collect::<Vec<_>>());
        let setainushi = draft.entry(&self.setainushi, |name| name.as_str().to_owned());
        for sheet in 0..sheets {
            let name = |field: &str| format!("s{sheet}.{field}");
            draft.put(name("jushochi_shichoson"), self.jushochi_shichoson.as_str(), "jushochi_shichoson");
            draft.put(name("jusho"), self.jusho.printed(), "jusho");
            draft.put(name("setainushi"), setainushi.clone(), "setainushi");
        }
        for (index, person) in self.setaiin.iter().enumerate() {
            person.put(&mut draft, index + 1, &format!("setaiin[{index}]"));
        }
        draft.subject_of("jusho", self.jusho.printed());
        if let Some(setainushi) = self.setainushi.given() {
            draft.subject_of("setainushi", setainushi.as_str());
        }
        draft.certify(words.get("ninsho"));
        draft.finish()
    }
}

impl KoikiJumin {
    fn check(&self, earlier: &[Self], permission: Option<&TokubetsuKyoka>, reader: &mut Reader<'_>) {
        let given = (self.kojin_bango.given().is_some(), self.juminhyo_code.given().is_some());
        jumin::refuse_numbers(given, permission, reader);
        let same = |other: &Self| {
            other.kokumin.shimei() == self.kokumin.shimei() && other.kokumin.seinengappi() == self.kokumin.seinengappi()
        };
        if earlier.iter().any(same) {
            reader.at("kokumin", |reader| reader.refuse::<()>("same-name-and-birth"));
        }
        for (field, date) in self.dates() {
            if date.is_some_and(|date| date.recorded().certainly_before(self.kokumin.seinengappi())) {
                reader.at(field, |reader| reader.refuse::<()>("date-before-birth"));
            }
        }
        if let (Some(sadameta), Some(todokede)) = (self.jusho_wo_sadameta_hi.given(), self.todokede_hi.given()) {
            jumin::check_reported(sadameta, todokede, reader);
        }
    }

    /// Every date that cannot lie before birth, by its field.
    fn dates(&self) -> [(&'static str, Option<&WarekiDate>); 3] {
        let natta = match &self.kokumin {
            KoikiKokumin::Nihonjin(person) => &person.jumin_to_natta_hi,
            KoikiKokumin::Gaikokujin(person) => &person.gaikokujin_jumin_to_natta_hi,
        };
        [
            ("jumin_to_natta_hi", natta.given()),
            ("jusho_wo_sadameta_hi", self.jusho_wo_sadameta_hi.given()),
            ("todokede_hi", self.todokede_hi.given()),
        ]
    }

    fn shape(&self, number: usize) -> serde_json::Value {
        let (gaikokujin, two_names) = match &self.kokumin {
            KoikiKokumin::Nihonjin(_) => (false, false),
            KoikiKokumin::Gaikokujin(person) => (true, person.shimei.kanji.is_some()),
        };
        json!({ "number": number, "gaikokujin": gaikokujin, "two_names": two_names })
    }

    fn put(&self, draft: &mut Draft<'_>, number: usize, path: &str) {
        let words = draft.words();
        let date = |d: &WarekiDate| words.date(d.recorded(), DateStyle::Grid);
        let items = [
            ("kojin_bango", draft.entry(&self.kojin_bango, |n| n.grouped(" "))),
            ("juminhyo_code", draft.entry(&self.juminhyo_code, |n| n.as_str().to_owned())),
            ("zokugara", draft.entry(&self.zokugara, |z| z.as_str().to_owned())),
            ("jusho_wo_sadameta_hi", draft.entry(&self.jusho_wo_sadameta_hi, date)),
            ("todokede_hi", draft.entry(&self.todokede_hi, date)),
            ("tennyumae_jusho", draft.entry(&self.tennyumae_jusho, Jusho::printed)),
            ("seibetsu", words.get(&format!("seibetsu.{}", self.seibetsu.key())).to_owned()),
            ("seinengappi", words.date(self.kokumin.seinengappi(), DateStyle::Grid)),
        ];
        for (name, text) in items {
            draft.put_for(number, format!("m{number}.{name}"), text, format!("{path}.{name}"));
        }
        match &self.kokumin {
            KoikiKokumin::Nihonjin(person) => person.put(draft, number, path),
            KoikiKokumin::Gaikokujin(person) => person.put(draft, number, path),
        }
    }
}

impl KoikiNihonjin {
    fn put(&self, draft: &mut Draft<'_>, number: usize, path: &str) {
        let words = draft.words();
        jumin::put_nihonjin_names(draft, number, path, &self.shimei, &self.furigana, self.kyushi.as_ref());
        let natta = draft.entry(&self.jumin_to_natta_hi, |d| words.date(d.recorded(), DateStyle::Grid));
        draft.put_for(number, format!("m{number}.jumin_to_natta_hi"), natta, format!("{path}.jumin_to_natta_hi"));
        for item in 1..=4 {
            let none = words.get("nothing.not-applicable");
            draft.put_for(number, format!("m{number}.gaikokujin{item}"), none, path);
        }
    }
}

impl KoikiGaikokujin {
    fn put(&self, draft: &mut Draft<'_>, number: usize, path: &str) {
        let words = draft.words();
        jumin::put_gaikokujin_names(draft, number, path, &self.shimei, self.furigana.as_ref(), self.tsusho.as_ref());
        let text = |t: &Text| t.as_str().to_owned();
        let natta = draft.entry(&self.gaikokujin_jumin_to_natta_hi, |d| words.date(d.recorded(), DateStyle::Grid));
        let kubun = draft.entry(&self.kubun, |k| words.get(&format!("kubun.{}", k.key())).to_owned());
        let manryo = draft.entry(&self.manryo_hi, |d| words.date(d.recorded(), DateStyle::Grid));
        let items = [
            ("jumin_to_natta_hi", "gaikokujin_jumin_to_natta_hi", natta),
            ("gaikokujin1", "kokuseki", draft.entry(&self.kokuseki, text)),
            ("gaikokujin2", "kubun", kubun),
            ("gaikokujin3", "zairyu_shikaku", draft.entry(&self.zairyu_shikaku, text)),
            ("gaikokujin4", "zairyu_kikan", draft.entry(&self.zairyu_kikan, text)),
            ("gaikokujin5", "card_bango", draft.entry(&self.card_bango, |n| n.as_str().to_owned())),
            ("gaikokujin6", "manryo_hi", manryo),
        ];
        for (slot, field, text) in items {
            draft.put_for(number, format!("m{number}.{slot}"), text, format!("{path}.{field}"));
        }
    }
}

/// Whether an address lies in a municipality. Registers may begin an address at any of its levels
/// (都道府県, 郡, 市), so that what stands before the last of them need not be repeated.
fn lies_in(jusho: &str, shichoson: &str) -> bool {
    let levels = shichoson.char_indices().filter(|(_, c)| "都道府県郡".contains(*c)).map(|(at, c)| at + c.len_utf8());
    std::iter::once(0)
        .chain(levels)
        .any(|at| shichoson.get(at..).is_some_and(|rest| !rest.is_empty() && jusho.starts_with(rest)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::document::catalog::Kind;
    use crate::domain::text::Anything;

    fn nothing(kind: &str) -> Value {
        json!({ "nothing": kind })
    }

    fn person(mei: &str, zokugara: Value) -> Value {
        json!({
            "kokumin": { "nihonjin": {
                "shimei": { "shi_mei": { "shi": "見本", "mei": mei } },
                "furigana": { "shi": "ミホン" },
                "seinengappi": "S64-01-07",
                "jumin_to_natta_hi": "H1-01-08",
            } },
            "seibetsu": "onna",
            "zokugara": zokugara,
            "kojin_bango": nothing("omitted"),
            "juminhyo_code": nothing("omitted"),
            "jusho_wo_sadameta_hi": nothing("no-data"),
            "todokede_hi": nothing("no-data"),
            "tennyumae_jusho": nothing("not-applicable"),
        })
    }

    fn document(people: Vec<Value>) -> Value {
        json!({
            "jushochi_shichoson": "見本県みなと市",
            "jusho": { "jusho": "見本県みなと市桜町六丁目５番１号" },
            "setainushi": "見本　花子",
            "setaiin": people,
        })
    }

    /// Code and path of every refusal.
    fn refusals(document: &Value) -> Vec<(&'static str, String)> {
        let bytes = serde_json::to_vec(document).unwrap();
        match Kind::by_id("juminhyo-utsushi-koiki").unwrap().read(&bytes, &Anything) {
            Ok(_) => Vec::new(),
            Err(refusals) => refusals.0.iter().map(|r| (r.code, r.path.clone())).collect(),
        }
    }

    /// `document` with `value` at a JSON pointer.
    fn with(mut document: Value, pointer: &str, value: Value) -> Value {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key] = value;
        document
    }

    #[test]
    fn what_the_law_always_omits_cannot_be_given() {
        let whole = document(vec![person("花子", json!("世帯主"))]);
        assert_eq!(refusals(&whole), []);
        let nihonjin = "/setaiin/0/kokumin/nihonjin";
        for (parent, field, value) in [
            (nihonjin, "honseki", json!("見本県見本市北区若葉二丁目１番")),
            (nihonjin, "honseki", nothing("omitted")),
            (nihonjin, "hittosha", json!("見本　花子")),
            ("/setaiin/0", "biko", json!(["転居"])),
            ("/setaiin/0", "atena_bango", json!("1000012")),
            ("", "rireki", json!([])),
            ("", "johyo", json!({})),
        ] {
            let found = refusals(&with(whole.clone(), &format!("{parent}/{field}"), value));
            assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["unknown-field"], "{field}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let head = || person("花子", json!("世帯主"));
        let child = || person("一郎", json!("子"));
        let both = || document(vec![head(), child()]);
        let kojin_bango = || with(both(), "/setaiin/1/kojin_bango", json!("123456789018"));
        let reason = json!({ "kojin_bango": "勤務先に提出するため" });
        for (case, document, expected) in [
            ("a household", both(), vec![]),
            ("a part of one", document(vec![child()]), vec![]),
            (
                "reported before birth",
                with(both(), "/setaiin/1/todokede_hi", json!("S63")),
                vec![("date-before-birth", "setaiin[1].todokede_hi")],
            ),
            (
                "resident before birth",
                with(both(), "/setaiin/0/kokumin/nihonjin/jumin_to_natta_hi", json!("S64-01-06")),
                vec![("date-before-birth", "setaiin[0].jumin_to_natta_hi")],
            ),
            ("nobody", document(vec![]), vec![("empty-household", "setaiin")]),
            (
                "two heads",
                document(vec![head(), person("一郎", json!("世帯主"))]),
                vec![("setainushi-double", "setaiin")],
            ),
            (
                "one person twice",
                document(vec![head(), person("花子", json!("妻"))]),
                vec![("same-name-and-birth", "setaiin[1].kokumin")],
            ),
            (
                "an address elsewhere",
                with(both(), "/jusho/jusho", json!("見本県見本市北区１")),
                vec![("jusho-elsewhere", "jusho")],
            ),
            ("個人番号 without permission", kojin_bango(), vec![("needs-permission", "setaiin[1].kojin_bango")]),
            ("個人番号 with permission", with(kojin_bango(), "/kyoka", reason.clone()), vec![]),
            (
                "the other number's permission",
                with(with(both(), "/setaiin/0/juminhyo_code", json!("24727059608")), "/kyoka", reason),
                vec![("needs-permission", "setaiin[0].juminhyo_code")],
            ),
        ] {
            let found = refusals(&document);
            let found: Vec<_> = found.iter().map(|(code, path)| (*code, path.as_str())).collect();
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn an_address_may_begin_at_any_level_of_its_municipality() {
        for (jusho, shichoson, expected) in [
            ("見本県みなと市桜町１", "見本県みなと市", true),
            ("みなと市桜町１", "見本県みなと市", true),
            ("みなと町１", "見本県見本郡みなと町", true),
            ("見本郡みなと町１", "見本県見本郡みなと町", true),
            ("見本県見本市１", "見本県みなと市", false),
            ("見本県", "見本県", true),
            ("桜町１", "見本県", false),
        ] {
            assert_eq!(lies_in(jusho, shichoson), expected, "{jusho} in {shichoson}");
        }
    }

    #[test]
    fn people_run_on_in_the_order_notified() {
        let words = Words::read([("words", "ninsho = \"証\"\n[title]\nkoiki = \"広域\"")]).unwrap();
        let names = ["一郎", "花子", "二郎", "三郎", "四郎"];
        let people = names.iter().map(|mei| person(mei, nothing("omitted"))).collect();
        let bytes = serde_json::to_vec(&document(people)).unwrap();
        let composed = Kind::by_id("juminhyo-utsushi-koiki").unwrap().read(&bytes, &Anything).unwrap();
        let view = composed.view(&words);
        assert_eq!(view.sheets, 2);
        assert_eq!(view.certification.as_deref(), Some("証"));
        let printed: Vec<&str> =
            view.values.iter().filter(|v| v.slot.ends_with(".shimei")).map(|v| v.text.as_str()).collect();
        assert_eq!(printed, names.map(|mei| format!("見本　{mei}")));
    }
}
