//! 住民: what several certificates say of a resident. One model, so that a name, an address or a
//! foreign resident's items mean and print the same on each.

use crate::domain::calendar::{RecordedDate, SeirekiDate, WarekiDate};
use crate::domain::number::{AtenaBango, JuminhyoCode, KojinBango, ZairyuCardBango};
use crate::domain::person::{Family, Kana, MemberKey, Seibetsu, Zokugara};

use super::entry::{Nothing, Omittable, OmittableIfAny, Perhaps};
use super::parse::{Reader, Text};
use super::view::Draft;
use super::words::{DateStyle, Words};
use crate::{choice, either, record};

record! {
    /// 住所 and 方書. The 方書 is never omitted from a certificate.
    pub struct Jusho {
        /// 都道府県 to 地番 or 住居番号, as recorded.
        pub jusho: Text,
        /// 方書: building and room.
        pub katagaki: Option<Text>,
    }
}

impl Jusho {
    /// As printed: the 方書 follows after a full-width space, before which a line may break.
    pub fn printed(&self) -> String {
        match &self.katagaki {
            None => self.jusho.as_str().to_owned(),
            Some(katagaki) => format!("{}\u{3000}{}", self.jusho.as_str(), katagaki.as_str()),
        }
    }
}

either! {
    /// 氏名 as the register holds it.
    pub enum Shimei {
        /// 氏 and 名 held apart: a full-width space stands between them.
        ShiMei(ShiMei) = "shi_mei",
        /// Held as one text and printed as it is.
        Zenbu(Text) = "zenbu",
    }
}

record! {
    /// 氏 and 名.
    pub struct ShiMei {
        /// 氏.
        pub shi: Text,
        /// 名.
        pub mei: Text,
    }
}

impl Shimei {
    /// As printed.
    pub fn printed(&self) -> String {
        match self {
            Self::ShiMei(name) => format!("{}\u{3000}{}", name.shi.as_str(), name.mei.as_str()),
            Self::Zenbu(name) => name.as_str().to_owned(),
        }
    }
}

record! {
    /// 氏名の振り仮名 (法7条1号の2). A half that is left out is not notarised (公証されていない).
    pub struct Furigana {
        /// 氏の振り仮名.
        pub shi: Option<Kana>,
        /// 名の振り仮名.
        pub mei: Option<Kana>,
    }
}

impl Furigana {
    /// As printed, with the wording for each half that is not notarised.
    pub fn printed(&self, words: &Words) -> String {
        match (&self.shi, &self.mei) {
            (Some(shi), Some(mei)) => format!("{}\u{3000}{}", shi.as_str(), mei.as_str()),
            (Some(shi), None) => words.fill("furigana.shi-only", &[("shi", shi.as_str())]),
            (None, Some(mei)) => words.fill("furigana.mei-only", &[("mei", mei.as_str())]),
            (None, None) => words.get("furigana.none").to_owned(),
        }
    }
}

record! {
    /// 旧氏 (令30条の13). Name and 振り仮名 come together.
    pub struct Kyushi {
        /// 旧氏.
        pub kyushi: Text,
        /// 旧氏の振り仮名.
        pub furigana: Kana,
    }
}

record! {
    /// 通称 (令30条の16).
    pub struct Tsusho {
        /// 通称.
        pub tsusho: Text,
        /// 通称の振り仮名, where the municipality records it.
        pub furigana: Option<Kana>,
    }
}

record! {
    /// 通称の記載及び削除に関する事項: one entry of its history.
    pub struct TsushoRireki {
        /// 通称.
        pub tsusho: Text,
        /// 記載年月日.
        pub kisai_hi: WarekiDate,
        /// 記載した市区町村.
        pub kisai_shichoson: Text,
        /// 削除年月日.
        pub sakujo_hi: Option<WarekiDate>,
        /// 削除した市区町村.
        pub sakujo_shichoson: Option<Text>,
    }
}

choice! {
    /// 法30条の45に規定する区分.
    pub enum Kubun {
        /// 中長期在留者.
        ChuchokiZairyu = "chuchoki-zairyu",
        /// 特別永住者.
        TokubetsuEiju = "tokubetsu-eiju",
        /// 一時庇護許可者.
        IchijiHigo = "ichiji-higo",
        /// 仮滞在許可者.
        KariTaizai = "kari-taizai",
        /// 出生による経過滞在者.
        ShusshoKeika = "shussho-keika",
        /// 国籍喪失による経過滞在者.
        KokusekiSoshitsuKeika = "kokuseki-soshitsu-keika",
    }
}

record! {
    /// 氏名 of a foreign resident: アルファベット, and 漢字 where it is recorded beside.
    pub struct GaikokujinShimei {
        /// アルファベット.
        pub alphabet: Text,
        /// 漢字.
        pub kanji: Option<Text>,
    }
}

impl GaikokujinShimei {
    /// As printed on one line.
    pub fn printed(&self) -> String {
        match &self.kanji {
            None => self.alphabet.as_str().to_owned(),
            Some(kanji) => format!("{}\u{3000}{}", self.alphabet.as_str(), kanji.as_str()),
        }
    }
}

record! {
    /// A Japanese resident (法7条).
    pub struct Nihonjin {
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
        /// 本籍 (なし and 不明 are texts of the register).
        pub honseki: Omittable<Text>,
        /// 筆頭者.
        pub hittosha: Omittable<Text>,
    }
}

record! {
    /// A foreign resident (法30条の45).
    pub struct Gaikokujin {
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
        /// 通称の記載及び削除に関する事項.
        pub tsusho_rireki: Omittable<Vec<TsushoRireki>>,
    }
}

either! {
    /// Whom the nationality rules divide.
    pub enum Kokumin {
        /// 日本人住民.
        Nihonjin(Box<Nihonjin>) = "nihonjin",
        /// 外国人住民.
        Gaikokujin(Box<Gaikokujin>) = "gaikokujin",
    }
}

impl Kokumin {
    /// 氏名 as printed on one line.
    pub fn shimei(&self) -> String {
        match self {
            Self::Nihonjin(person) => person.shimei.printed(),
            Self::Gaikokujin(person) => person.shimei.printed(),
        }
    }

    /// Every way in which a heading may name the person: 氏名, and for foreign residents each part of it
    /// and the 通称.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.shimei()];
        if let Self::Gaikokujin(person) = self {
            names.push(person.shimei.alphabet.as_str().to_owned());
            names.extend(person.shimei.kanji.iter().map(|kanji| kanji.as_str().to_owned()));
            names.extend(person.tsusho.iter().map(|tsusho| tsusho.tsusho.as_str().to_owned()));
        }
        names
    }

    /// 生年月日, in the years that the law wants for the person.
    pub fn seinengappi(&self) -> &RecordedDate {
        match self {
            Self::Nihonjin(person) => person.seinengappi.recorded(),
            Self::Gaikokujin(person) => person.seinengappi.recorded(),
        }
    }

    /// Whether the items of a foreign resident apply.
    pub fn is_gaikokujin(&self) -> bool {
        matches!(self, Self::Gaikokujin(_))
    }
}

record! {
    /// A resident as a certificate shows them.
    pub struct Jumin {
        /// 宛名番号: identifies the person; never printed on a certificate.
        pub atena_bango: AtenaBango,
        /// 宛名番号 of the 子 around whom the person's family within the household gathers.
        pub kazoku: Option<AtenaBango>,
        /// What depends on nationality.
        pub kokumin: Kokumin,
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
        /// 統合記載・備考 (最新), a line each.
        pub biko: Vec<Text>,
    }
}

record! {
    /// 個人番号・住民票コードの記載許可: the permission without which neither is printed (法12条5項).
    pub struct TokubetsuKyoka {
        /// Reason for which 個人番号 is printed.
        pub kojin_bango: Option<Text>,
        /// Reason for which 住民票コード is printed.
        pub juminhyo_code: Option<Text>,
    }
}

/// Refuses 個人番号 and 住民票コード that are given without a permission of their own.
pub fn check_permission(
    people: &[Jumin],
    permission: Option<&TokubetsuKyoka>,
    list: &'static str,
    reader: &mut Reader<'_>,
) {
    for (index, person) in people.iter().enumerate() {
        reader.at(list, |reader| {
            reader.at_index(index, |reader| refuse_unpermitted(person, permission, reader));
        });
    }
}

/// The same for the one person at `field`.
pub fn check_permission_of(
    person: &Jumin,
    permission: Option<&TokubetsuKyoka>,
    field: &'static str,
    reader: &mut Reader<'_>,
) {
    reader.at(field, |reader| refuse_unpermitted(person, permission, reader));
}

fn refuse_unpermitted(person: &Jumin, permission: Option<&TokubetsuKyoka>, reader: &mut Reader<'_>) {
    let given = (person.kojin_bango.given().is_some(), person.juminhyo_code.given().is_some());
    refuse_numbers(given, permission, reader);
}

/// Refuses the 個人番号 and the 住民票コード of the person at the present place, where they are given
/// (`given`, in this order) without a permission of their own.
pub fn refuse_numbers(given: (bool, bool), permission: Option<&TokubetsuKyoka>, reader: &mut Reader<'_>) {
    let kojin_bango = permission.is_some_and(|p| p.kojin_bango.is_some());
    let juminhyo_code = permission.is_some_and(|p| p.juminhyo_code.is_some());
    if given.0 && !kojin_bango {
        reader.at("kojin_bango", |reader| reader.refuse::<()>("needs-permission"));
    }
    if given.1 && !juminhyo_code {
        reader.at("juminhyo_code", |reader| reader.refuse::<()>("needs-permission"));
    }
}

/// One of several people of a household, as whom they are told apart and ordered.
pub trait Member {
    /// 宛名番号.
    fn atena_bango(&self) -> &AtenaBango;
    /// 宛名番号 of the 子 around whom the person's family within the household gathers.
    fn kazoku(&self) -> Option<&AtenaBango>;
    /// 続柄, where it is known here.
    fn zokugara(&self) -> Option<&Zokugara>;
    /// 生年月日, where it is known here.
    fn seinengappi(&self) -> Option<&RecordedDate>;
}

impl Member for Jumin {
    fn atena_bango(&self) -> &AtenaBango {
        &self.atena_bango
    }

    fn kazoku(&self) -> Option<&AtenaBango> {
        self.kazoku.as_ref()
    }

    fn zokugara(&self) -> Option<&Zokugara> {
        self.zokugara.given()
    }

    fn seinengappi(&self) -> Option<&RecordedDate> {
        Some(self.kokumin.seinengappi())
    }
}

/// Refuses a household without exactly one 世帯主. `whole` says that everyone of it is listed; of a
/// part of a household the 世帯主 may be missing. Where 続柄 is omitted nothing can be told.
pub fn check_setainushi<M: Member>(people: &[M], whole: bool, list: &'static str, reader: &mut Reader<'_>) {
    let zokugara: Vec<Option<&Zokugara>> = people.iter().map(M::zokugara).collect();
    check_heads(&zokugara, whole, list, reader);
}

/// The same for people of whom the 続柄 alone is looked at.
pub fn check_heads(zokugara: &[Option<&Zokugara>], whole: bool, list: &'static str, reader: &mut Reader<'_>) {
    if zokugara.is_empty() {
        reader.at(list, |reader| reader.refuse::<()>("empty-household"));
        return;
    }
    let known: Vec<&Zokugara> = zokugara.iter().copied().flatten().collect();
    let heads = known.iter().filter(|zokugara| zokugara.is_setainushi()).count();
    if heads > 1 {
        reader.at(list, |reader| reader.refuse::<()>("setainushi-double"));
    } else if whole && heads == 0 && known.len() == zokugara.len() {
        reader.at(list, |reader| reader.refuse::<()>("setainushi-missing"));
    }
}

/// Refuses dates of the register that lie before the person's birth.
pub fn check_dates(person: &Jumin, reader: &mut Reader<'_>) {
    let birth = person.kokumin.seinengappi();
    let (became, field) = match &person.kokumin {
        Kokumin::Nihonjin(person) => (person.jumin_to_natta_hi.given(), "jumin_to_natta_hi"),
        Kokumin::Gaikokujin(person) => (person.gaikokujin_jumin_to_natta_hi.given(), "gaikokujin_jumin_to_natta_hi"),
    };
    for (date, field) in [
        (became, field),
        (person.jusho_wo_sadameta_hi.given(), "jusho_wo_sadameta_hi"),
        (person.todokede_hi.given(), "todokede_hi"),
    ] {
        if date.is_some_and(|date| date.recorded().certainly_before(birth)) {
            reader.at(field, |reader| reader.refuse::<()>("date-before-birth"));
        }
    }
    if let (Some(sadameta), Some(todokede)) = (person.jusho_wo_sadameta_hi.given(), person.todokede_hi.given()) {
        check_reported(sadameta, todokede, reader);
    }
    if let Kokumin::Gaikokujin(person) = &person.kokumin {
        check_tsusho_rireki(person.tsusho_rireki.given().map_or(&[], Vec::as_slice), reader);
    }
}

/// Refuses a 届出日 before the 住所を定めた日 that it is of: 転入 and 転居 are reported once they have
/// happened (法22条, 23条).
pub fn check_reported(sadameta: &WarekiDate, todokede: &WarekiDate, reader: &mut Reader<'_>) {
    if todokede.recorded().certainly_before(sadameta.recorded()) {
        reader.at("todokede_hi", |reader| reader.refuse::<()>("reported-before-it-happened"));
    }
}

/// Refuses a removal for 転出 whose destinations, 予定 and 確定, both do not apply. One that is not known
/// is 空欄.
pub fn check_destination(is_tenshutsu: bool, yotei_kakutei: [&Perhaps<Jusho>; 2], reader: &mut Reader<'_>) {
    let nowhere = |jusho: &Perhaps<Jusho>| jusho.as_result().err() == Some(Nothing::NotApplicable);
    if is_tenshutsu && yotei_kakutei.into_iter().all(nowhere) {
        reader.at("tenshutsusaki_yotei", |reader| reader.refuse::<()>("no-destination"));
    }
}

/// Refuses a 通称 that was deleted before it was recorded.
fn check_tsusho_rireki(history: &[TsushoRireki], reader: &mut Reader<'_>) {
    for (index, entry) in history.iter().enumerate() {
        let (kisai, sakujo) = (entry.kisai_hi.recorded(), entry.sakujo_hi.as_ref().map(WarekiDate::recorded));
        if sakujo.is_some_and(|sakujo| sakujo.certainly_before(kisai)) {
            reader.at("tsusho_rireki", |reader| {
                reader.at_index(index, |reader| reader.at("sakujo_hi", |reader| reader.refuse::<()>("date-span")))
            });
        }
    }
}

/// Refuses two entries for one person.
pub fn check_distinct<M: Member>(people: &[M], list: &'static str, reader: &mut Reader<'_>) {
    for (index, person) in people.iter().enumerate() {
        if people[..index].iter().any(|earlier| earlier.atena_bango() == person.atena_bango()) {
            reader.at(list, |reader| {
                reader.at_index(index, |reader| {
                    reader.at("atena_bango", |reader| reader.refuse::<()>("same-person-twice"))
                })
            });
        }
    }
}

/// People in the order of a household (four tiers, 標準仕様書 5.2). Where a 続柄 or a 生年月日 is omitted
/// the order given is kept: it was made when both were still known.
pub fn in_household_order<M: Member>(people: &[M]) -> Vec<&M> {
    let mut ordered: Vec<&M> = people.iter().collect();
    let keys: Option<Vec<MemberKey>> = people.iter().map(|person| household_key(person, people)).collect();
    if keys.is_some() {
        ordered.sort_by_key(|person| household_key(*person, people));
    }
    ordered
}

fn household_key<M: Member>(person: &M, people: &[M]) -> Option<MemberKey> {
    let family = person.kazoku().and_then(|head| {
        let head = people.iter().find(|other| other.atena_bango() == head)?;
        Some(Family::of(head.seinengappi()?, head.atena_bango()))
    });
    Some(MemberKey::new(person.zokugara()?, person.seinengappi()?, person.atena_bango(), family))
}

/// Puts what a resident's block of a 住民票 shows into the slots `m{number}.*`. `path` is the resident's
/// place in the document.
pub fn put_jumin(draft: &mut Draft<'_>, number: usize, path: &str, person: &Jumin) {
    let slot = |name: &str| format!("m{number}.{name}");
    let field = |name: &str| format!("{path}.{name}");
    let words = draft.words();
    let none = || words.get("nothing.not-applicable").to_owned();

    let kojin_bango = draft.entry(&person.kojin_bango, |n| n.grouped(" "));
    let juminhyo_code = draft.entry(&person.juminhyo_code, |n| n.as_str().to_owned());
    let zokugara = draft.entry(&person.zokugara, |z| z.as_str().to_owned());
    let sadameta = draft.entry(&person.jusho_wo_sadameta_hi, |d| words.date(d.recorded(), DateStyle::Grid));
    let todokede = draft.entry(&person.todokede_hi, |d| words.date(d.recorded(), DateStyle::Grid));
    let tennyumae = draft.entry(&person.tennyumae_jusho, Jusho::printed);
    let seibetsu = words.get(&format!("seibetsu.{}", person.seibetsu.key())).to_owned();
    let mut put = |name: &str, text: String| draft.put_for(number, slot(name), text, field(name));
    put("kojin_bango", kojin_bango);
    put("juminhyo_code", juminhyo_code);
    put("zokugara", zokugara);
    put("jusho_wo_sadameta_hi", sadameta);
    put("todokede_hi", todokede);
    put("tennyumae_jusho", tennyumae);
    put("seibetsu", seibetsu);
    put("seinengappi", words.date(person.kokumin.seinengappi(), DateStyle::Grid));
    match &person.kokumin {
        Kokumin::Nihonjin(nihonjin) => {
            for item in ["gaikokujin1", "gaikokujin2", "gaikokujin3", "gaikokujin4"] {
                put(item, none());
            }
            put_nihonjin_names(draft, number, path, &nihonjin.shimei, &nihonjin.furigana, nihonjin.kyushi.as_ref());
            put_nihonjin_items(draft, number, path, nihonjin);
        }
        Kokumin::Gaikokujin(gaikokujin) => put_gaikokujin(draft, number, path, gaikokujin),
    }
    for (index, line) in person.biko.iter().enumerate() {
        draft.put_for(number, slot(&format!("biko{}", index + 1)), line.as_str(), format!("{path}.biko[{index}]"));
    }
}

/// Puts 氏名 and 旧氏 with their 振り仮名 into the slots of a resident's block.
pub fn put_nihonjin_names(
    draft: &mut Draft<'_>,
    number: usize,
    path: &str,
    shimei: &Shimei,
    furigana: &Furigana,
    kyushi: Option<&Kyushi>,
) {
    let words = draft.words();
    let none = || words.get("nothing.not-applicable").to_owned();
    let names = [
        ("furigana", "furigana", furigana.printed(words)),
        ("shimei", "shimei", shimei.printed()),
        ("betsumei", "kyushi", kyushi.map_or_else(none, |k| k.kyushi.as_str().to_owned())),
        ("betsumei_furigana", "kyushi.furigana", kyushi.map_or_else(none, |k| k.furigana.as_str().to_owned())),
    ];
    for (slot, field, text) in names {
        draft.put_for(number, format!("m{number}.{slot}"), text, format!("{path}.{field}"));
    }
}

/// Puts the names of a foreign resident, アルファベット above 漢字 where both are recorded, and 通称.
pub fn put_gaikokujin_names(
    draft: &mut Draft<'_>,
    number: usize,
    path: &str,
    shimei: &GaikokujinShimei,
    furigana: Option<&Kana>,
    tsusho: Option<&Tsusho>,
) {
    let none = || draft.words().get("nothing.not-applicable").to_owned();
    let kana = |kana: Option<&Kana>| kana.map_or_else(none, |k| k.as_str().to_owned());
    let mut names = vec![
        ("furigana", "furigana", kana(furigana)),
        ("betsumei", "tsusho", tsusho.map_or_else(none, |t| t.tsusho.as_str().to_owned())),
        ("betsumei_furigana", "tsusho.furigana", kana(tsusho.and_then(|t| t.furigana.as_ref()))),
    ];
    match &shimei.kanji {
        None => names.push(("shimei", "shimei", shimei.alphabet.as_str().to_owned())),
        Some(kanji) => {
            names.push(("shimei_alphabet", "shimei.alphabet", shimei.alphabet.as_str().to_owned()));
            names.push(("shimei_kanji", "shimei.kanji", kanji.as_str().to_owned()));
        }
    }
    for (slot, field, text) in names {
        draft.put_for(number, format!("m{number}.{slot}"), text, format!("{path}.{field}"));
    }
}

fn put_nihonjin_items(draft: &mut Draft<'_>, number: usize, path: &str, person: &Nihonjin) {
    let words = draft.words();
    let natta = draft.entry(&person.jumin_to_natta_hi, |d| words.date(d.recorded(), DateStyle::Grid));
    let honseki = draft.entry(&person.honseki, |t| t.as_str().to_owned());
    let hittosha = draft.entry(&person.hittosha, |t| t.as_str().to_owned());
    for (name, text) in [("jumin_to_natta_hi", natta), ("honseki", honseki), ("hittosha", hittosha)] {
        draft.put_for(number, format!("m{number}.{name}"), text, format!("{path}.{name}"));
    }
}

fn put_gaikokujin(draft: &mut Draft<'_>, number: usize, path: &str, person: &Gaikokujin) {
    let words = draft.words();
    let kubun = draft.entry(&person.kubun, |k| words.get(&format!("kubun.{}", k.key())).to_owned());
    let manryo = draft.entry(&person.manryo_hi, |d| words.date(d.recorded(), DateStyle::Grid));
    let natta = draft.entry(&person.gaikokujin_jumin_to_natta_hi, |d| words.date(d.recorded(), DateStyle::Grid));
    let kokuseki = draft.entry(&person.kokuseki, |t| t.as_str().to_owned());
    let shikaku = draft.entry(&person.zairyu_shikaku, |t| t.as_str().to_owned());
    let kikan = draft.entry(&person.zairyu_kikan, |t| t.as_str().to_owned());
    let card = draft.entry(&person.card_bango, |n| n.as_str().to_owned());
    put_gaikokujin_names(draft, number, path, &person.shimei, person.furigana.as_ref(), person.tsusho.as_ref());
    let mut put = |slot: &str, field: &str, text: String| {
        draft.put_for(number, format!("m{number}.{slot}"), text, format!("{path}.{field}"));
    };
    put("jumin_to_natta_hi", "gaikokujin_jumin_to_natta_hi", natta);
    put("hittosha", "kokuseki", kokuseki);
    put("honseki", "kubun", kubun);
    put("gaikokujin1", "zairyu_shikaku", shikaku);
    put("gaikokujin2", "zairyu_kikan", kikan);
    put("gaikokujin3", "card_bango", card);
    put("gaikokujin4", "manryo_hi", manryo);
}

/// What a template must know of a resident: nothing but which labels and slots their block has.
pub fn jumin_shape(number: usize, person: &Jumin) -> serde_json::Value {
    let two_names = matches!(&person.kokumin, Kokumin::Gaikokujin(g) if g.shimei.kanji.is_some());
    serde_json::json!({
        "number": number,
        "gaikokujin": person.kokumin.is_gaikokujin(),
        "two_names": two_names,
        "biko": person.biko.len(),
    })
}
