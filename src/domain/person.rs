//! 続柄, 性別 and 氏名の振り仮名.

use std::fmt;
use std::str::FromStr;

use super::calendar::RecordedDate;
use super::number::AtenaBango;

/// Why something about a person was refused. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// 続柄 outside the closed vocabulary.
    #[error("relationship is not in the vocabulary")]
    ZokugaraUnknown,
    /// 続柄 that links more than [`Zokugara::MOST_SEDAI`] words.
    #[error("relationship links too many generations")]
    ZokugaraTooLong,
    /// A key that is none of [`Seibetsu::key`].
    #[error("sex is not one of the known keys")]
    SeibetsuUnknown,
    /// 振り仮名 without a letter.
    #[error("reading is empty")]
    FuriganaEmpty,
    /// 振り仮名 with something other than full-width katakana.
    #[error("character {position} of a reading is not katakana")]
    FuriganaNotKatakana {
        /// Place of the character, from 1.
        position: usize,
    },
}

impl PersonError {
    /// Key by which the sentence shown to a person is looked up.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ZokugaraUnknown => "zokugara-unknown",
            Self::ZokugaraTooLong => "zokugara-too-long",
            Self::SeibetsuUnknown => "seibetsu-unknown",
            Self::FuriganaEmpty => "furigana-empty",
            Self::FuriganaNotKatakana { .. } => "furigana-not-katakana",
        }
    }
}

/// Something about a person, which no log may hold.
macro_rules! secret_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("***")
            }
        }
    )*};
}

secret_debug!(Zokugara, Seibetsu, Kana, FuriganaHalf, Furigana, MemberKey, Family);

// ---------------------------------------------------------------------------------------------
// 続柄

/// One word of a 続柄 that の can link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kin {
    Haigusha,
    Ko,
    /// 子（子の夫）, 子（子の妻）: a child by adoption who is married to a child.
    KoAndHaigusha,
    Fubo,
    Kyodai,
}

/// The words that の links (標準仕様書 1.1.11 ②). One that begins another comes after it.
const WORDS: [(&str, Kin); 13] = [
    ("夫（未届）", Kin::Haigusha),
    ("妻（未届）", Kin::Haigusha),
    ("夫", Kin::Haigusha),
    ("妻", Kin::Haigusha),
    ("子（子の夫）", Kin::KoAndHaigusha),
    ("子（子の妻）", Kin::KoAndHaigusha),
    ("子", Kin::Ko),
    ("父", Kin::Fubo),
    ("母", Kin::Fubo),
    ("兄", Kin::Kyodai),
    ("姉", Kin::Kyodai),
    ("弟", Kin::Kyodai),
    ("妹", Kin::Kyodai),
];

/// 世帯主との続柄 (住民基本台帳法7条4号; 標準仕様書 1.1.11): 世帯主, one to five words linked by の,
/// 縁故者 or 同居人.
///
/// The standard counts each linked word as a 世代 and allows four; beyond them it writes 縁故者.
/// A register that holds five is printed as it stands; [`Zokugara::is_within_standard`] tells.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Zokugara {
    text: String,
    sedai: usize,
    order: HouseholdOrder,
}

impl Zokugara {
    /// Most words that の may link.
    pub const MOST_SEDAI: usize = 5;
    /// Most words that the standard links.
    pub const STANDARD_SEDAI: usize = 4;

    /// Reads a 続柄 in full-width letters, as on the register.
    ///
    /// # Errors
    /// A word outside the vocabulary, or too many words.
    pub fn parse(text: &str) -> Result<Self, PersonError> {
        let (sedai, order) = match text {
            "世帯主" => (1, HouseholdOrder::new(1, 0, 0)),
            "縁故者" => (1, HouseholdOrder::new(4, 4, 0)),
            "同居人" => (1, HouseholdOrder::new(4, 5, 0)),
            _ => {
                let words = linked_words(text)?;
                (words.len(), order_of(&words))
            }
        };
        Ok(Self { text: text.to_owned(), sedai, order })
    }

    /// The 続柄 as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// 世代: how many words are linked, counted mechanically.
    #[must_use]
    pub fn sedai(&self) -> usize {
        self.sedai
    }

    /// Whether no more words are linked than the standard allows.
    #[must_use]
    pub fn is_within_standard(&self) -> bool {
        self.sedai <= Self::STANDARD_SEDAI
    }

    /// 世帯主
    #[must_use]
    pub fn is_setainushi(&self) -> bool {
        self.order == HouseholdOrder::new(1, 0, 0)
    }

    /// Whether this is the head's 配偶者, 未届 included.
    #[must_use]
    pub fn is_haigusha(&self) -> bool {
        self.order == HouseholdOrder::new(1, 1, 0)
    }

    /// What the 続柄 alone says about the order of members; [`MemberKey`] settles the rest.
    #[must_use]
    pub fn household_order(&self) -> HouseholdOrder {
        self.order
    }
}

impl FromStr for Zokugara {
    type Err = PersonError;

    fn from_str(text: &str) -> Result<Self, PersonError> {
        Self::parse(text)
    }
}

fn linked_words(text: &str) -> Result<Vec<Kin>, PersonError> {
    let mut kin = Vec::new();
    let mut rest = text;
    loop {
        let (word, after) = WORDS
            .iter()
            .find_map(|(word, kin)| Some((*kin, rest.strip_prefix(word)?)))
            .ok_or(PersonError::ZokugaraUnknown)?;
        kin.push(word);
        if after.is_empty() {
            break;
        }
        rest = after.strip_prefix('の').ok_or(PersonError::ZokugaraUnknown)?;
    }
    if kin.len() > Zokugara::MOST_SEDAI {
        return Err(PersonError::ZokugaraTooLong);
    }
    Ok(kin)
}

/// Place of a 続柄 among the four 順位 (標準仕様書 5.2), smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HouseholdOrder {
    /// 順位, 1 to 4.
    pub tier: u8,
    /// Place within the 順位.
    pub place: u8,
    /// 世代, where the 順位 goes by it.
    pub depth: u8,
}

impl HouseholdOrder {
    const fn new(tier: u8, place: u8, depth: u8) -> Self {
        Self { tier, place, depth }
    }
}

/// - 第1順位: 世帯主, 配偶者, 子
/// - 第2順位: 子の家族 — 子 (where [`Family`] says so), 子の配偶者, 子の子 and their descendants
/// - 第3順位: 父母, 兄弟姉妹, 祖父母
/// - 第4順位: 配偶者の父母, 兄弟姉妹, 祖父母; the other 親族 by 世代; 縁故者; 同居人
fn order_of(words: &[Kin]) -> HouseholdOrder {
    use Kin::{Fubo, Haigusha, Ko, KoAndHaigusha, Kyodai};
    let depth = u8::try_from(words.len()).unwrap_or(u8::MAX); // at most five
    match words {
        [Haigusha] => HouseholdOrder::new(1, 1, 0),
        [Ko] => HouseholdOrder::new(1, 2, 0),
        [KoAndHaigusha] | [Ko | KoAndHaigusha, Haigusha] => HouseholdOrder::new(2, 1, 0),
        [Ko | KoAndHaigusha, rest @ ..] if rest.iter().all(|word| matches!(word, Ko | KoAndHaigusha | Haigusha)) => {
            HouseholdOrder::new(2, 2, depth)
        }
        [Fubo] => HouseholdOrder::new(3, 0, 0),
        [Kyodai] => HouseholdOrder::new(3, 1, 0),
        [Fubo, Fubo] => HouseholdOrder::new(3, 2, 0),
        [Haigusha, Fubo] => HouseholdOrder::new(4, 0, 0),
        [Haigusha, Kyodai] => HouseholdOrder::new(4, 1, 0),
        [Haigusha, Fubo, Fubo] => HouseholdOrder::new(4, 2, 0),
        _ => HouseholdOrder::new(4, 3, depth),
    }
}

/// 子の家族: the 子 around whom a family within the household gathers. 続柄 does not name that 子, so
/// the register must.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Family {
    birth: chrono::NaiveDate,
    atena: AtenaBango,
}

impl Family {
    /// The family of the 子 with this 生年月日 and 宛名番号.
    #[must_use]
    pub fn of(birth: &RecordedDate, atena: &AtenaBango) -> Self {
        Self { birth: birth.sort_day(), atena: atena.clone() }
    }
}

/// Sort key of a member of a household (標準仕様書 5.2): 順位, then 家族, then place, then 生年月日, then
/// 宛名番号.
///
/// 不詳日 sort by the earliest day that they name and 年月日不詳 last. As 宛名番号 are unique, no two
/// members are equal. The standard puts the 筆頭者 first among 父母 and 祖父母; a register that
/// holds an order of its own, which the standard allows, says so better than this key can.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberKey {
    tier: u8,
    family: Option<Family>,
    place: u8,
    depth: u8,
    birth: chrono::NaiveDate,
    atena: AtenaBango,
}

impl MemberKey {
    /// `family` is given for the 子 who has a family within the household and for that family;
    /// such a 子 moves from 第1順位 to the head of that family in 第2順位.
    #[must_use]
    pub fn new(zokugara: &Zokugara, birth: &RecordedDate, atena: &AtenaBango, family: Option<Family>) -> Self {
        let order = zokugara.household_order();
        let ko = HouseholdOrder::new(1, 2, 0);
        let order = match &family {
            Some(_) if order == ko => HouseholdOrder::new(2, 0, 0),
            _ => order,
        };
        Self {
            tier: order.tier,
            family: family.filter(|_| order.tier == 2),
            place: order.place,
            depth: order.depth,
            birth: birth.sort_day(),
            atena: atena.clone(),
        }
    }
}

// ---------------------------------------------------------------------------------------------
// 性別

/// 性別 (住民基本台帳法7条3号).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seibetsu {
    /// 男
    Otoko,
    /// 女
    Onna,
    /// 空欄: the register holds none.
    Kuran,
}

impl Seibetsu {
    /// Every 性別.
    pub const ALL: [Seibetsu; 3] = [Self::Otoko, Self::Onna, Self::Kuran];

    /// `otoko`, `onna` or `kuran`: the key of input and wording data.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Otoko => "otoko",
            Self::Onna => "onna",
            Self::Kuran => "kuran",
        }
    }
}

impl FromStr for Seibetsu {
    type Err = PersonError;

    fn from_str(key: &str) -> Result<Self, PersonError> {
        Self::ALL.into_iter().find(|one| one.key() == key).ok_or(PersonError::SeibetsuUnknown)
    }
}

// ---------------------------------------------------------------------------------------------
// 氏名の振り仮名

/// 振り仮名: full-width katakana, ー, ・ and the full-width space, of which at least one is a letter.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Kana(String);

impl Kana {
    /// Reads a 振り仮名 as given.
    ///
    /// # Errors
    /// No letter, or something other than full-width katakana.
    pub fn parse(text: &str) -> Result<Self, PersonError> {
        if let Some(at) = text.chars().position(|letter| !is_kana(letter)) {
            return Err(PersonError::FuriganaNotKatakana { position: at + 1 });
        }
        if text.chars().any(is_katakana_letter) { Ok(Self(text.to_owned())) } else { Err(PersonError::FuriganaEmpty) }
    }

    /// The 振り仮名 as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_katakana_letter(letter: char) -> bool {
    ('ァ'..='ヺ').contains(&letter)
}

fn is_kana(letter: char) -> bool {
    is_katakana_letter(letter) || matches!(letter, 'ー' | '・' | '\u{3000}')
}

/// 氏 or 名 of a 振り仮名.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum FuriganaHalf {
    /// Entered in the 戸籍, and so attested.
    Notarised(Kana),
    /// Not yet entered in the 戸籍: no certificate shows it, so it is not held here either.
    Unnotarised,
}

impl FuriganaHalf {
    /// The 振り仮名 if it is attested.
    #[must_use]
    pub fn notarised(&self) -> Option<&Kana> {
        match self {
            Self::Notarised(kana) => Some(kana),
            Self::Unnotarised => None,
        }
    }
}

/// 氏名の振り仮名 (住民基本台帳法7条1号の2). Either half may be attested without the other.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Furigana {
    /// 氏
    pub shi: FuriganaHalf,
    /// 名
    pub mei: FuriganaHalf,
}

impl Furigana {
    /// Reads the attested halves; `None` is a half that is not.
    ///
    /// # Errors
    /// Those of [`Kana::parse`].
    pub fn parse(shi: Option<&str>, mei: Option<&str>) -> Result<Self, PersonError> {
        let half = |text: Option<&str>| match text {
            Some(text) => Kana::parse(text).map(FuriganaHalf::Notarised),
            None => Ok(FuriganaHalf::Unnotarised),
        };
        Ok(Self { shi: half(shi)?, mei: half(mei)? })
    }

    /// Whether neither half is attested.
    #[must_use]
    pub fn is_unnotarised(&self) -> bool {
        self.shi.notarised().is_none() && self.mei.notarised().is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zokugara(text: &str) -> Zokugara {
        Zokugara::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_sentence_about_an_unknown_zokugara_lists_every_word() {
        let sentences = include_str!("../../templates/words/refusals.toml");
        let sentence = sentences.lines().find(|line| line.starts_with("zokugara-unknown")).unwrap();
        for (word, _) in WORDS {
            assert!(sentence.contains(&format!("・{word}")) || sentence.contains(&format!("、{word}")), "{word}");
        }
        for word in ["世帯主", "縁故者", "同居人"] {
            assert!(sentence.contains(word), "{word}");
        }
    }

    #[test]
    fn every_word_of_the_law_is_read() {
        for (word, _) in WORDS {
            assert_eq!(zokugara(word).sedai(), 1, "{word}");
            assert_eq!(zokugara(word).as_str(), word);
        }
        for word in ["世帯主", "縁故者", "同居人"] {
            assert_eq!(zokugara(word).sedai(), 1);
        }
    }

    #[test]
    fn sedai_counts_the_linked_words() {
        let cases = [
            ("子の子", 2, true),
            ("妻（未届）の子", 2, true),
            ("子（子の夫）の子", 2, true),
            ("妻の子の子の妻", 4, true),
            ("子の子の子の子", 4, true),
            ("妻の子の子の子の妻", 5, false),
        ];
        for (text, sedai, standard) in cases {
            let read = zokugara(text);
            assert_eq!((read.sedai(), read.is_within_standard()), (sedai, standard), "{text}");
        }
        assert_eq!(Zokugara::parse("妻の子の子の子の子の妻"), Err(PersonError::ZokugaraTooLong));
    }

    #[test]
    fn words_outside_the_law_are_refused() {
        for text in [
            "",
            "の",
            "子の",
            "の子",
            "子のの子",
            "子子",
            "祖父",
            "孫",
            "甥",
            "世帯主の子",
            "子の世帯主",
            "縁故者の子",
            "同居人の妻",
            "夫(未届)",
            "子（未届）",
            "長男",
            " 子",
            "子（子の子）",
            "配偶者",
        ] {
            assert_eq!(Zokugara::parse(text), Err(PersonError::ZokugaraUnknown), "{text}");
        }
    }

    /// One row a member: 続柄, 生年月日, 宛名番号, and 宛名番号 of the 子 in whose family it is.
    type Row = (&'static str, &'static str, &'static str, &'static str);

    /// In the order of the standard.
    const HOUSEHOLD: [Row; 24] = [
        ("世帯主", "S30-05-05", "901", ""),
        ("妻", "S32-01-01", "902", ""),
        ("子", "S60-04-04", "31", ""),
        ("子", "S62-02-02", "9", ""),
        ("子", "S62-02-02", "10", ""),   // born on one day: by 宛名番号
        ("子", "S55-12-26", "50", "50"), // older, but with a family: second
        ("子の妻", "S56-06-06", "61", "50"),
        ("子の子", "H20-01-01", "62", "50"),
        ("子の子", "H22-01-01", "60", "50"),
        ("子", "S58-01-01", "40", "40"),
        ("子の夫", "S50-01-01", "41", "40"),
        ("子の子", "H18-01-01", "42", "40"),
        ("父", "S5-01-01", "201", ""),
        ("母", "S8-01-01", "200", ""),
        ("兄", "S28-01-01", "210", ""),
        ("母の母", "T1-07-30", "220", ""),
        ("妻の父", "S4-01-01", "301", ""),
        ("妻の兄", "S29-01-01", "311", ""),
        ("妻の妹", "H2-01-01", "312", ""),
        ("妻の子", "H1-01-08", "320", ""),
        ("兄の子", "H3-01-01", "321", ""),
        ("父の兄の子", "S20-01-01", "330", ""),
        ("縁故者", "S1-12-25", "340", ""),
        ("同居人", "?", "350", ""),
    ];

    fn key(row: &Row) -> MemberKey {
        let (text, birth, atena, family) = row;
        let family = HOUSEHOLD
            .iter()
            .find(|ko| !family.is_empty() && ko.2 == *family)
            .map(|ko| Family::of(&ko.1.parse().unwrap(), &AtenaBango::parse(ko.2).unwrap()));
        MemberKey::new(&zokugara(text), &birth.parse().unwrap(), &AtenaBango::parse(atena).unwrap(), family)
    }

    #[test]
    fn sexes_are_read_by_their_keys() {
        for one in Seibetsu::ALL {
            assert!(one.key().parse() == Ok(one));
        }
        assert_eq!("男".parse::<Seibetsu>(), Err(PersonError::SeibetsuUnknown));
    }

    #[test]
    fn either_half_of_a_reading_may_be_attested_alone() {
        let read = Furigana::parse(Some("ミホン"), None).unwrap();
        assert_eq!(read.shi.notarised().map(Kana::as_str), Some("ミホン"));
        assert!(read.mei.notarised().is_none() && !read.is_unnotarised());
        assert!(Furigana::parse(None, None).unwrap().is_unnotarised());
    }

    #[test]
    fn readings_are_full_width_katakana() {
        for text in ["タロウ", "ヴァンダー・ベルク", "ジョー", "アンナ　マリア", "ヷヸヹヺ"] {
            assert!(Kana::parse(text).is_ok(), "{text}");
        }
        for (text, position) in [("たろう", 1), ("ﾀﾛｳ", 1), ("タロ ウ", 3), ("タロウ1", 4), ("タ郎", 2)]
        {
            assert_eq!(Kana::parse(text), Err(PersonError::FuriganaNotKatakana { position }), "{text}");
        }
        for text in ["", "　", "ー", "・"] {
            assert_eq!(Kana::parse(text), Err(PersonError::FuriganaEmpty), "{text}");
        }
    }

    #[test]
    fn logs_hold_nothing_of_a_person() {
        assert_eq!(format!("{:?}", zokugara("妻（未届）")), "***");
        assert_eq!(format!("{:?}", Furigana::parse(Some("ミホン"), None).unwrap()), "***");
        assert_eq!(format!("{:?}", [Seibetsu::Onna]), "[***]");
        assert_eq!(format!("{:?}", key(&HOUSEHOLD[0])), "***");
    }

    fn word() -> impl Strategy<Value = &'static str> {
        prop::sample::select(WORDS.map(|(word, _)| word).to_vec())
    }

    proptest! {
        #[test]
        fn up_to_five_linked_words_are_read_and_kept(words in prop::collection::vec(word(), 1..8)) {
            let text = words.join("の");
            match Zokugara::parse(&text) {
                Ok(read) => {
                    prop_assert_eq!(read.as_str(), text.as_str());
                    prop_assert_eq!(read.sedai(), words.len());
                }
                Err(error) => prop_assert_eq!(error, PersonError::ZokugaraTooLong),
            }
            prop_assert_eq!(Zokugara::parse(&text).is_ok(), words.len() <= 5);
        }

        #[test]
        fn no_text_breaks_the_readers(text in "\\PC{0,12}|[の子夫妻父（）未届]{0,12}|[ァ-ヺー・　]{0,6}") {
            if let Ok(read) = Zokugara::parse(&text) {
                prop_assert_eq!(read.as_str(), text.as_str());
            }
            if let Ok(read) = Kana::parse(&text) {
                prop_assert_eq!(read.as_str(), text.as_str());
            }
        }

        #[test]
        fn a_household_is_always_arranged_alike(mixed in Just(HOUSEHOLD.to_vec()).prop_shuffle()) {
            let mut arranged = mixed;
            arranged.sort_by_key(key);
            prop_assert_eq!(arranged, HOUSEHOLD.to_vec());
        }
    }
}
