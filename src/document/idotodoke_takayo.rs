//! 住民異動届（他課用）: tells another section of a change of residence, with the fields that this
//! section needs and no others. Never 個人番号.

use serde_json::json;

use crate::domain::calendar::WarekiDate;
use crate::domain::number::AtenaBango;
use crate::domain::person::{Kana, Seibetsu, Zokugara};
use crate::{choice, either, record};

use super::Document;
use super::cbor::Cbor;
use super::entry::Perhaps;
use super::json::Json;
use super::jumin::{Jusho, Shimei};
use super::parse::{Count, Parse, Reader, Text};
use super::uketsuke::{AnkenBango, SlipText, put_case_code};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

record! {
    /// 住民異動届（他課用）.
    pub struct IdotodokeTakayo {
        /// 案件番号.
        pub anken_bango: AnkenBango,
        /// 送付先の課.
        pub sofusaki: SlipText,
        /// 取扱注意: somebody of the household is protected (支援措置・抑止).
        pub toriatsukai_chui: bool,
        /// 異動の種類.
        pub ido_shurui: Text,
        /// 届出日; none where nobody notified (職権).
        pub todokede_hi: Perhaps<WarekiDate>,
        /// 異動日.
        pub ido_hi: WarekiDate,
        /// 届出人の氏名.
        pub todokedenin: Perhaps<Text>,
        /// 電話.
        pub denwa: Perhaps<Text>,
        /// 世帯の人数, listed or not.
        pub setai_ninzu: Count,
        /// 旧住所; none for who was born.
        pub kyu_jusho: Perhaps<Jusho>,
        /// 新住所; none for who died.
        pub shin_jusho: Perhaps<Jusho>,
        /// 旧世帯主.
        pub kyu_setainushi: Perhaps<Text>,
        /// 新世帯主.
        pub shin_setainushi: Perhaps<Text>,
        /// 異動者, with the field of the section.
        pub idosha: Idosha,
        /// 連絡事項.
        pub renraku: Option<Text>,
    }
}

either! {
    /// 異動者 by receiving section: all of them with the field of the same section.
    pub enum Idosha {
        /// 国保・年金.
        KokuhoNenkin(Vec<Hito<KokuhoNenkin>>) = "kokuho_nenkin",
        /// 介護・後期高齢者医療.
        KaigoKoki(Vec<Hito<KaigoKoki>>) = "kaigo_koki",
        /// 児童手当.
        JidoTeate(Vec<Hito<JidoTeate>>) = "jido_teate",
        /// 就学.
        Shugaku(Vec<Hito<Shugaku>>) = "shugaku",
        /// 選挙.
        Senkyo(Vec<Hito<Senkyo>>) = "senkyo",
        /// 税.
        Zei(Vec<Hito<Zei>>) = "zei",
        /// 上下水道.
        Jogesuido(Vec<Hito<Jogesuido>>) = "jogesuido",
    }
}

record! {
    /// Who moved.
    pub struct HitoKihon {
        /// 宛名番号: tells people apart; not printed.
        pub atena_bango: AtenaBango,
        /// 氏名.
        pub shimei: Shimei,
        /// 振り仮名.
        pub furigana: Perhaps<Kana>,
        /// 生年月日: 和暦, or 西暦 of a foreign resident.
        pub seinengappi: Seinengappi,
        /// 性別.
        pub seibetsu: Seibetsu,
        /// 続柄 before.
        pub kyu_zokugara: Perhaps<Zokugara>,
        /// 続柄 after.
        pub shin_zokugara: Perhaps<Zokugara>,
    }
}

either! {
    /// 生年月日, in the years that the law wants for the person.
    pub enum Seinengappi {
        /// 日本人住民.
        Wareki(WarekiDate) = "wareki",
        /// 外国人住民.
        Seireki(crate::domain::calendar::SeirekiDate) = "seireki",
    }
}

impl Seinengappi {
    fn recorded(&self) -> &crate::domain::calendar::RecordedDate {
        match self {
            Self::Wareki(date) => date.recorded(),
            Self::Seireki(date) => date.recorded(),
        }
    }
}

/// Who moved, and what one section needs of them. In data, `kihon` and `ran`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hito<R> {
    /// What every section sees.
    pub kihon: HitoKihon,
    /// この課の欄.
    pub ran: R,
}

impl<R: Parse> Parse for Hito<R> {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        let entries = reader.record(json, &["kihon", "ran"])?;
        let kihon = reader.field::<HitoKihon>(entries, "kihon");
        let ran = reader.field::<R>(entries, "ran");
        Some(Self { kihon: kihon?, ran: ran? })
    }

    fn encode(&self) -> Option<Cbor> {
        let fields = [("kihon", self.kihon.encode()), ("ran", self.ran.encode())];
        Some(Cbor::Map(fields.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()))
    }
}

/// この課の欄 as text.
trait Ran {
    fn printed(&self, words: &Words) -> String;
}

choice! {
    /// Whether a person is insured after the change.
    pub enum Shikaku {
        /// 加入.
        Kanyu = "kanyu",
        /// 喪失.
        Soshitsu = "soshitsu",
        /// 継続.
        Keizoku = "keizoku",
        /// 対象外.
        Gai = "gai",
    }
}

choice! {
    /// 国民年金の種別.
    pub enum NenkinShubetsu {
        /// 第１号.
        Dai1 = "dai1",
        /// 第２号.
        Dai2 = "dai2",
        /// 第３号.
        Dai3 = "dai3",
        /// 受給者.
        Jukyu = "jukyu",
        /// 対象外.
        Gai = "gai",
    }
}

record! {
    /// 国保年金の欄.
    pub struct KokuhoNenkin {
        /// 国民健康保険.
        pub kokuho: Shikaku,
        /// 国民年金.
        pub nenkin: NenkinShubetsu,
    }
}

choice! {
    /// 介護保険の被保険者の種別.
    pub enum KaigoShubetsu {
        /// 第１号.
        Dai1 = "dai1",
        /// 第２号.
        Dai2 = "dai2",
        /// 対象外.
        Gai = "gai",
    }
}

record! {
    /// 介護・後期の欄.
    pub struct KaigoKoki {
        /// 介護保険.
        pub kaigo: KaigoShubetsu,
        /// 要介護認定 before the change.
        pub nintei: bool,
        /// 後期高齢者医療.
        pub koki: Shikaku,
    }
}

choice! {
    /// What a person is to 児童手当.
    pub enum JidoTeateKubun {
        /// 受給者.
        Jukyusha = "jukyusha",
        /// 支給対象児童.
        Jido = "jido",
        /// 対象外.
        Gai = "gai",
    }
}

record! {
    /// 児童手当の欄.
    pub struct JidoTeate {
        /// 区分.
        pub teate_kubun: JidoTeateKubun,
    }
}

record! {
    /// 就学の欄.
    pub struct Shugaku {
        /// 学校名 and 学年; none where the person goes to no school of the city.
        pub gakko: Perhaps<Text>,
    }
}

record! {
    /// 選挙の欄.
    pub struct Senkyo {
        /// 本籍.
        pub honseki: Perhaps<Text>,
    }
}

choice! {
    /// Where a person lived on the day by which tax is levied (賦課期日, 1月1日).
    pub enum KijunbiJusho {
        /// 旧住所.
        Kyu = "kyu",
        /// 新住所.
        Shin = "shin",
    }
}

record! {
    /// 税の欄.
    pub struct Zei {
        /// 1月1日の住所.
        pub kijunbi_jusho: KijunbiJusho,
    }
}

choice! {
    /// 使用の開始・中止.
    pub enum Shiyo {
        /// 開始.
        Kaishi = "kaishi",
        /// 中止.
        Chushi = "chushi",
        /// 継続.
        Keizoku = "keizoku",
    }
}

record! {
    /// 上下水道の欄.
    pub struct Jogesuido {
        /// 使用.
        pub shiyo: Shiyo,
    }
}

impl Ran for KokuhoNenkin {
    fn printed(&self, words: &Words) -> String {
        let kokuho = words.get(&format!("shikaku.{}", self.kokuho.key()));
        let nenkin = words.get(&format!("nenkin.{}", self.nenkin.key()));
        words.fill("ran.kokuho-nenkin", &[("kokuho", kokuho), ("nenkin", nenkin)])
    }
}

impl Ran for KaigoKoki {
    fn printed(&self, words: &Words) -> String {
        let kaigo = words.get(&format!("kaigo.{}", self.kaigo.key()));
        let nintei = words.get(if self.nintei { "nintei.ari" } else { "nintei.nashi" });
        let koki = words.get(&format!("shikaku.{}", self.koki.key()));
        words.fill("ran.kaigo-koki", &[("kaigo", kaigo), ("nintei", nintei), ("koki", koki)])
    }
}

impl Ran for JidoTeate {
    fn printed(&self, words: &Words) -> String {
        words.get(&format!("jido-teate.{}", self.teate_kubun.key())).to_owned()
    }
}

impl Ran for Shugaku {
    fn printed(&self, words: &Words) -> String {
        words.entry(&self.gakko, |gakko| gakko.as_str().to_owned())
    }
}

impl Ran for Senkyo {
    fn printed(&self, words: &Words) -> String {
        words.entry(&self.honseki, |honseki| honseki.as_str().to_owned())
    }
}

impl Ran for Zei {
    fn printed(&self, words: &Words) -> String {
        words.get(&format!("kijunbi-jusho.{}", self.kijunbi_jusho.key())).to_owned()
    }
}

impl Ran for Jogesuido {
    fn printed(&self, words: &Words) -> String {
        words.get(&format!("shiyo.{}", self.shiyo.key())).to_owned()
    }
}

/// One row: who, and この課の欄 as text.
struct Row<'a> {
    kihon: &'a HitoKihon,
    ran: &'a dyn Ran,
}

impl Idosha {
    /// Key of the section, in data and in the template.
    fn key(&self) -> &'static str {
        match self {
            Self::KokuhoNenkin(_) => "kokuho_nenkin",
            Self::KaigoKoki(_) => "kaigo_koki",
            Self::JidoTeate(_) => "jido_teate",
            Self::Shugaku(_) => "shugaku",
            Self::Senkyo(_) => "senkyo",
            Self::Zei(_) => "zei",
            Self::Jogesuido(_) => "jogesuido",
        }
    }

    fn rows(&self) -> Vec<Row<'_>> {
        fn of<R: Ran>(people: &[Hito<R>]) -> Vec<Row<'_>> {
            people.iter().map(|hito| Row { kihon: &hito.kihon, ran: &hito.ran }).collect()
        }
        match self {
            Self::KokuhoNenkin(people) => of(people),
            Self::KaigoKoki(people) => of(people),
            Self::JidoTeate(people) => of(people),
            Self::Shugaku(people) => of(people),
            Self::Senkyo(people) => of(people),
            Self::Zei(people) => of(people),
            Self::Jogesuido(people) => of(people),
        }
    }
}

/// People on one sheet.
const PEOPLE_A_SHEET: usize = 8;

impl Document for IdotodokeTakayo {
    fn check(&self, reader: &mut Reader<'_>) {
        let rows = self.idosha.rows();
        if rows.len() > usize::from(self.setai_ninzu.0) {
            reader.at("setai_ninzu", |reader| reader.refuse::<()>("fewer-than-listed"));
        }
        if self.kyu_jusho.given().is_none() && self.shin_jusho.given().is_none() {
            reader.at("shin_jusho", |reader| reader.refuse::<()>("no-address"));
        }
        reader.at("idosha", |reader| {
            reader.at(self.idosha.key(), |reader| {
                if rows.is_empty() {
                    reader.refuse::<()>("empty-list");
                }
                for (index, row) in rows.iter().enumerate() {
                    let twice = rows[..index].iter().any(|other| other.kihon.atena_bango == row.kihon.atena_bango);
                    reader.at_index(index, |reader| {
                        reader.at("kihon", |reader| row.kihon.check(&self.ido_hi, twice, reader));
                    });
                }
            });
        });
    }

    fn view(&self, words: &Words) -> View {
        let rows = self.idosha.rows();
        let sheets = rows.len().div_ceil(PEOPLE_A_SHEET);
        let mut draft = Draft::new(words, words.get("title"), sheets);
        draft.shape("ka", self.idosha.key());
        draft.shape("toriatsukai_chui", self.toriatsukai_chui);
        let counts: Vec<_> = rows.chunks(PEOPLE_A_SHEET).map(<[Row<'_>]>::len).collect();
        draft.shape("sheets", json!(counts));
        for sheet in 0..sheets {
            self.put_heading(&mut draft, sheet, rows.len());
        }
        for (index, row) in rows.iter().enumerate() {
            row.put(&mut draft, index, self.idosha.key());
        }
        draft.subject(self.anken_bango.as_str());
        draft.finish()
    }
}

impl IdotodokeTakayo {
    fn put_heading(&self, draft: &mut Draft<'_>, sheet: usize, people: usize) {
        let words = draft.words();
        let text = |text: &Text| text.as_str().to_owned();
        let date = |date: &WarekiDate| words.date(date.recorded(), DateStyle::Grid);
        let counted = [("n", &*people.to_string()), ("all", &*self.setai_ninzu.0.to_string())];
        let items = [
            ("sofusaki", self.sofusaki.as_str().to_owned()),
            ("ido_shurui", self.ido_shurui.as_str().to_owned()),
            ("todokede_hi", words.entry(&self.todokede_hi, date)),
            ("ido_hi", date(&self.ido_hi)),
            ("todokedenin", words.entry(&self.todokedenin, text)),
            ("denwa", words.entry(&self.denwa, text)),
            ("setai_ninzu", words.fill("ninzu", &counted)),
            ("kyu_jusho", words.entry(&self.kyu_jusho, Jusho::printed)),
            ("shin_jusho", words.entry(&self.shin_jusho, Jusho::printed)),
            ("kyu_setainushi", words.entry(&self.kyu_setainushi, text)),
            ("shin_setainushi", words.entry(&self.shin_setainushi, text)),
            ("renraku", self.renraku.as_ref().map(text).unwrap_or_default()),
        ];
        for (name, text) in items {
            draft.put(format!("s{sheet}.{name}"), text, name);
        }
        put_case_code(draft, sheet, &self.anken_bango, 52.0, 9.0);
    }
}

impl HitoKihon {
    fn check(&self, ido_hi: &WarekiDate, twice: bool, reader: &mut Reader<'_>) {
        if twice {
            reader.at("atena_bango", |reader| reader.refuse::<()>("same-person-twice"));
        }
        if ido_hi.recorded().certainly_before(self.seinengappi.recorded()) {
            reader.at("seinengappi", |reader| reader.refuse::<()>("change-before-birth"));
        }
        if self.kyu_zokugara.given().is_none() && self.shin_zokugara.given().is_none() {
            reader.at("shin_zokugara", |reader| reader.refuse::<()>("no-zokugara"));
        }
    }
}

impl Row<'_> {
    fn put(&self, draft: &mut Draft<'_>, index: usize, section: &str) {
        let words = draft.words();
        let kihon = self.kihon;
        let zokugara = |entry: &Perhaps<Zokugara>| words.entry(entry, |z| z.as_str().to_owned());
        let furigana = words.entry(&kihon.furigana, |kana| words.fill("furigana-row", &[("furigana", kana.as_str())]));
        let change = [("kyu", &*zokugara(&kihon.kyu_zokugara)), ("shin", &*zokugara(&kihon.shin_zokugara))];
        let items = [
            ("shimei", kihon.shimei.printed()),
            ("furigana", furigana),
            ("seinengappi", words.date(kihon.seinengappi.recorded(), DateStyle::Grid)),
            ("seibetsu", words.get(&format!("seibetsu.{}", kihon.seibetsu.key())).to_owned()),
            ("shin_zokugara", words.fill("zokugara-henko", &change)),
        ];
        let place = format!("idosha.{section}[{index}]");
        for (name, text) in items {
            draft.put_for(index + 1, format!("p{index}.{name}"), text, format!("{place}.kihon.{name}"));
        }
        draft.put_for(index + 1, format!("p{index}.ran"), self.ran.printed(words), format!("{place}.ran"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Shape;

    use super::*;
    use crate::document::catalog::{Composed, Kind};
    use crate::domain::text::Anything;

    const ATENA: [&str; 2] = ["1000012", "1000020"];

    fn hito(atena_bango: &str, ran: &Shape) -> Shape {
        json!({
            "kihon": {
                "atena_bango": atena_bango,
                "shimei": { "shi_mei": { "shi": "見本", "mei": "太郎" } },
                "furigana": "ミホンタロウ",
                "seinengappi": { "wareki": "S55-12-26" },
                "seibetsu": "otoko",
                "kyu_zokugara": "子",
                "shin_zokugara": "世帯主",
            },
            "ran": ran,
        })
    }

    fn sample() -> Shape {
        let ran = json!({ "kokuho": "kanyu", "nenkin": "dai1" });
        json!({
            "anken_bango": "260115-0042",
            "sofusaki": "保険年金課",
            "toriatsukai_chui": false,
            "ido_shurui": "転入",
            "todokede_hi": "R8-01-15",
            "ido_hi": "R8-01-10",
            "todokedenin": "見本　太郎",
            "denwa": { "nothing": "no-data" },
            "setai_ninzu": 2,
            "kyu_jusho": { "jusho": "見本県見本市港区桜町六丁目５番１号" },
            "shin_jusho": { "jusho": "見本県見本市北区若葉二丁目１番２７号" },
            "kyu_setainushi": "見本　太郎",
            "shin_setainushi": "見本　太郎",
            "idosha": { "kokuho_nenkin": [hito(ATENA[0], &ran), hito(ATENA[1], &ran)] },
        })
    }

    fn read(data: &Shape) -> Result<Composed, Vec<(String, &'static str)>> {
        let bytes = serde_json::to_vec(data).unwrap();
        Kind::by_id("idotodoke-takayo")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.into_iter().map(|r| (r.path, r.code)).collect())
    }

    fn view(data: &Shape) -> View {
        let words = Words::read([
            ("common", include_str!("../../templates/words/common.toml")),
            ("own", include_str!("../../templates/words/idotodoke-takayo.toml")),
        ]);
        read(data).unwrap().view(&words.unwrap())
    }

    fn value<'v>(view: &'v View, slot: &str) -> Option<&'v str> {
        view.values.iter().find(|value| value.slot == slot).map(|value| value.text.as_str())
    }

    /// What makes a good document a bad one.
    type Spoil<'a> = &'a dyn Fn(&mut Shape);

    #[test]
    fn what_cannot_be_is_refused_at_its_place() {
        let none = || json!({ "nothing": "not-applicable" });
        let cases: [(Spoil<'_>, &str, &str); 8] = [
            (&|d| d["setai_ninzu"] = json!(1), "setai_ninzu", "fewer-than-listed"),
            (
                &|d| {
                    d["kyu_jusho"] = none();
                    d["shin_jusho"] = none();
                },
                "shin_jusho",
                "no-address",
            ),
            (&|d| d["idosha"] = json!({ "zei": [] }), "idosha.zei", "empty-list"),
            (
                &|d| d["idosha"]["kokuho_nenkin"][1]["kihon"]["atena_bango"] = json!(ATENA[0]),
                "idosha.kokuho_nenkin[1].kihon.atena_bango",
                "same-person-twice",
            ),
            (&|d| d["ido_hi"] = json!("S55-12-25"), "idosha.kokuho_nenkin[0].kihon.seinengappi", "change-before-birth"),
            (
                &|d| {
                    d["idosha"]["kokuho_nenkin"][0]["kihon"]["kyu_zokugara"] = none();
                    d["idosha"]["kokuho_nenkin"][0]["kihon"]["shin_zokugara"] = none();
                },
                "idosha.kokuho_nenkin[0].kihon.shin_zokugara",
                "no-zokugara",
            ),
            (
                &|d| d["idosha"]["kokuho_nenkin"][0]["kihon"]["kojin_bango"] = json!("123456789018"),
                "idosha.kokuho_nenkin[0].kihon.kojin_bango",
                "unknown-field",
            ),
            (
                &|d| d["idosha"]["kokuho_nenkin"][0]["ran"]["honseki"] = json!("見本県"),
                "idosha.kokuho_nenkin[0].ran.honseki",
                "unknown-field",
            ),
        ];
        assert!(read(&sample()).is_ok());
        for (spoil, path, code) in cases {
            let mut data = sample();
            spoil(&mut data);
            let refusals = read(&data).unwrap_err();
            assert!(refusals.contains(&(path.to_owned(), code)), "{path} {code}: {refusals:?}");
        }
    }

    #[test]
    fn each_section_reads_its_own_field() {
        for (section, ran, expected) in [
            ("kokuho_nenkin", json!({ "kokuho": "soshitsu", "nenkin": "dai3" }), "国保　喪失\n年金　第３号"),
            (
                "kaigo_koki",
                json!({ "kaigo": "dai1", "nintei": true, "koki": "keizoku" }),
                "介護　第１号（認定あり）\n後期　継続",
            ),
            ("jido_teate", json!({ "teate_kubun": "jido" }), "支給対象児童"),
            ("shugaku", json!({ "gakko": { "nothing": "not-applicable" } }), "＊＊＊"),
            ("senkyo", json!({ "honseki": "見本県見本市北区若葉二丁目１番" }), "見本県見本市北区若葉二丁目１番"),
            ("zei", json!({ "kijunbi_jusho": "kyu" }), "１月１日　旧住所"),
            ("jogesuido", json!({ "shiyo": "kaishi" }), "使用開始"),
        ] {
            let mut data = sample();
            data["idosha"] = json!({ section: [hito(ATENA[0], &ran)] });
            let view = view(&data);
            assert_eq!(value(&view, "p0.ran"), Some(expected));
            assert_eq!(view.shape["ka"], json!(section));
        }
    }

    #[test]
    fn the_ninth_person_goes_to_the_next_sheet_with_the_same_heading() {
        let atena = ["1000012", "1000020", "1000039", "1000047", "1000055", "1000063", "1000071", "1000080", "1000098"];
        let ran = json!({ "kijunbi_jusho": "shin" });
        let mut data = sample();
        data["setai_ninzu"] = json!(9);
        let listed = |count: usize| json!({ "zei": atena[..count].iter().map(|n| hito(n, &ran)).collect::<Vec<_>>() });
        data["idosha"] = listed(8);
        assert_eq!(view(&data).shape["sheets"], json!([8]));
        data["idosha"] = listed(9);
        let view = view(&data);
        assert_eq!(view.shape["sheets"], json!([8, 1]));
        assert_eq!(value(&view, "s1.ido_shurui"), value(&view, "s0.ido_shurui"));
        assert_eq!(value(&view, "s1.setai_ninzu"), Some("9人／世帯9人"));
    }

    #[test]
    fn zokugara_is_told_before_and_after() {
        let mut data = sample();
        assert_eq!(value(&view(&data), "p0.shin_zokugara"), Some("子→世帯主"));
        data["idosha"]["kokuho_nenkin"][0]["kihon"]["kyu_zokugara"] = json!({ "nothing": "not-applicable" });
        assert_eq!(value(&view(&data), "p0.shin_zokugara"), Some("＊＊＊→世帯主"));
    }

    #[test]
    fn a_protected_household_is_marked() {
        let mut data = sample();
        assert_eq!(view(&data).shape["toriatsukai_chui"], json!(false));
        data["toriatsukai_chui"] = json!(true);
        assert_eq!(view(&data).shape["toriatsukai_chui"], json!(true));
    }
}
