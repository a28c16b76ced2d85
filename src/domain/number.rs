//! 番号 and their check digits.
//!
//! Every number is a value that was checked when it was read. Only ASCII digits are read: a
//! full-width digit in a number is a fault of the source, not a spelling of it.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// Why a number was refused. Carries no digit of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not so many characters as the number has.
    #[error("number must have {expected} characters")]
    Length {
        /// Characters that the number has.
        expected: usize,
    },
    /// No digits, or more than the number can have.
    #[error("number must have 1 to {most} digits")]
    LengthUpTo {
        /// Most digits that the number can have.
        most: usize,
    },
    /// Something other than an ASCII digit.
    #[error("character {position} is not an ASCII digit")]
    NotADigit {
        /// Place of the character, from 1.
        position: usize,
    },
    /// The check digit does not fit the other digits.
    #[error("check digit does not fit")]
    CheckDigit,
    /// Letters and digits do not stand where the number has them.
    #[error("number is not in its form")]
    Form,
}

impl NumberError {
    /// Key by which the sentence shown to a person is looked up.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "number-length",
            Self::LengthUpTo { .. } => "number-length-up-to",
            Self::NotADigit { .. } => "number-not-a-digit",
            Self::CheckDigit => "number-check-digit",
            Self::Form => "number-form",
        }
    }
}

// ---------------------------------------------------------------------------------------------
// 検査数字

/// Σ of digit times weight; `weights` begins at the right end and recurs.
fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().rev().zip(weights.iter().cycle()).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

/// Weights 2 to 7 from the right end, over and over: Q(n) = n+1 to the sixth digit, then n−5.
const TWO_TO_SEVEN: [u32; 6] = [2, 3, 4, 5, 6, 7];

/// Modulus 11, weights 2 to 7; remainders 0 and 1 give 0.
///
/// Every change of one digit is found but one that turns remainder 0 into 1 or 1 into 0.
fn modulus_11(payload: &[u8]) -> u32 {
    match weighted(payload, &TWO_TO_SEVEN) % 11 {
        0 | 1 => 0,
        remainder => 11 - remainder,
    }
}

/// 行政手続における特定の個人を識別するための番号の利用等に関する法律施行令8条, 平成26年総務省令第85号5条.
fn ends_with_modulus_11(digits: &[u8]) -> bool {
    match digits.split_last() {
        Some((check, payload)) => u32::from(*check) == modulus_11(payload),
        None => false,
    }
}

/// 法人番号の指定等に関する省令2条: modulus 9, weights 1 and 2 by turns, the check digit first.
///
/// Every change of one digit is found but 0 for 9 and 9 for 0.
fn begins_with_modulus_9(digits: &[u8]) -> bool {
    match digits.split_first() {
        Some((check, payload)) => u32::from(*check) == 9 - weighted(payload, &[1, 2]) % 9,
        None => false,
    }
}

/// 全国地方公共団体コード: modulus 11, weights 2 to 6 from the right end, the last digit of 11 − r.
///
/// Every change of one digit is found but one that turns remainder 0 into 10 or 10 into 0.
fn dantai_check_digit(payload: &[u8]) -> u32 {
    (11 - weighted(payload, &TWO_TO_SEVEN) % 11) % 10
}

fn ends_with_dantai_check_digit(digits: &[u8]) -> bool {
    match digits.split_last() {
        Some((check, payload)) => u32::from(*check) == dantai_check_digit(payload),
        None => false,
    }
}

/// 基礎年金番号 and 郵便番号 have no check digit that is published.
fn any_digits(_: &[u8]) -> bool {
    true
}

/// Values of ASCII digits.
fn digits_of(text: &str) -> Result<Vec<u8>, NumberError> {
    text.chars()
        .enumerate()
        .map(|(at, letter)| {
            u8::try_from(letter)
                .ok()
                .filter(u8::is_ascii_digit)
                .map(|byte| byte - b'0')
                .ok_or(NumberError::NotADigit { position: at + 1 })
        })
        .collect()
}

fn exactly(text: &str, expected: usize) -> Result<Vec<u8>, NumberError> {
    if text.chars().count() != expected {
        return Err(NumberError::Length { expected });
    }
    digits_of(text)
}

/// The text without the hyphen that stands after `at` characters, if one may and does stand there.
fn without_hyphen(text: &str, at: Option<usize>) -> Cow<'_, str> {
    match text.split_once('-') {
        Some((head, tail)) if Some(head.chars().count()) == at => Cow::Owned(format!("{head}{tail}")),
        _ => Cow::Borrowed(text),
    }
}

/// `text` in groups of so many characters; what is left over makes the last group.
fn in_groups(text: &str, groups: &[usize], separator: &str) -> String {
    let mut rest = text;
    let mut parts = Vec::with_capacity(groups.len() + 1);
    for length in groups {
        let (part, after) = rest.split_at_checked(*length).unwrap_or((rest, ""));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts.join(separator)
}

// ---------------------------------------------------------------------------------------------
// けたの決まった番号

/// A number of digits: its length, groups, check, the hyphen it may be written with, and whether it
/// tells of a person.
macro_rules! digit_number {
    (
        $(#[$doc:meta])*
        $name:ident, $length:literal, $groups:expr, $fits:path, $hyphen:expr, $debug:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Digits in the number.
            pub const LENGTH: usize = $length;

            /// Reads the digits, with no separator but the hyphen named above, if one is.
            ///
            /// # Errors
            /// Wrong length, something other than an ASCII digit, or a check digit that does not
            /// fit.
            pub fn parse(text: &str) -> Result<Self, NumberError> {
                let text = without_hyphen(text, $hyphen);
                if $fits(&exactly(&text, Self::LENGTH)?) {
                    Ok(Self(text.into_owned()))
                } else {
                    Err(NumberError::CheckDigit)
                }
            }

            /// The digits, without separators.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The digits in their customary groups.
            #[must_use]
            pub fn grouped(&self, separator: &str) -> String {
                in_groups(&self.0, &$groups, separator)
            }
        }

        $debug!($name);
    };
}

/// A number that tells of a person, which no log may hold.
macro_rules! secret {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("***")
            }
        }
    };
}

/// A number that anybody may know.
macro_rules! public {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

digit_number! {
    /// 個人番号 (番号法2条): 11 digits and a check digit. Grouped 4-4-4.
    KojinBango, 12, [4, 4, 4], ends_with_modulus_11, None, secret
}

digit_number! {
    /// 住民票コード (住民基本台帳法7条13号): 10 random digits and a check digit. Grouped 4-4-3.
    JuminhyoCode, 11, [4, 4, 3], ends_with_modulus_11, None, secret
}

digit_number! {
    /// 法人番号 (番号法2条): a check digit and 12 digits. Grouped 1-4-4-4.
    HojinBango, 13, [1, 4, 4, 4], begins_with_modulus_9, None, public
}

digit_number! {
    /// 全国地方公共団体コード: 都道府県 2, 市区町村 3 (JIS X 0401, JIS X 0402) and a check digit.
    /// Grouped 5-1.
    DantaiCode, 6, [5, 1], ends_with_dantai_check_digit, None, public
}

impl DantaiCode {
    /// Completes the five digits of 都道府県 and 市区町村 by their check digit.
    ///
    /// # Errors
    /// Wrong length or something other than an ASCII digit.
    pub fn from_five(text: &str) -> Result<Self, NumberError> {
        let check = dantai_check_digit(&exactly(text, 5)?);
        Ok(Self(format!("{text}{check}")))
    }

    /// 都道府県 and 市区町村 without the check digit.
    #[must_use]
    pub fn five(&self) -> &str {
        self.0.get(..5).unwrap_or(&self.0)
    }
}

digit_number! {
    /// 郵便番号, form only, read as `1234567` or `123-4567`. Grouped 3-4.
    YubinBango, 7, [3, 4], any_digits, Some(3), secret
}

digit_number! {
    /// 基礎年金番号 (国民年金法14条), form only, read as `1234567890` or `1234-567890`. Grouped 4-6.
    KisoNenkinBango, 10, [4, 6], any_digits, Some(4), secret
}

/// 在留カード等の番号 (入管法19条の4; 入管特例法8条): two letters, eight digits, two letters. Form only:
/// its check is not published.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZairyuCardBango(String);

impl ZairyuCardBango {
    /// Characters in the number.
    pub const LENGTH: usize = 12;

    /// Reads the number as printed on the card, in capitals.
    ///
    /// # Errors
    /// Wrong length, or letters and digits that do not stand where the number has them.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        if text.chars().count() != Self::LENGTH {
            return Err(NumberError::Length { expected: Self::LENGTH });
        }
        let fits = text.chars().enumerate().all(|(at, letter)| match at {
            2..=9 => letter.is_ascii_digit(),
            _ => letter.is_ascii_uppercase(),
        });
        if fits { Ok(Self(text.to_owned())) } else { Err(NumberError::Form) }
    }

    /// The number without separators.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Grouped 2-8-2.
    #[must_use]
    pub fn grouped(&self, separator: &str) -> String {
        in_groups(&self.0, &[2, 8, 2], separator)
    }
}

secret!(ZairyuCardBango);

// ---------------------------------------------------------------------------------------------
// 宛名番号・世帯番号

/// A serial number of 1 to 15 digits.
macro_rules! serial_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Ordered by value, so that `9` comes before `10`.
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name {
            value: u64,
            text: String,
        }

        impl $name {
            /// Most digits in the number.
            pub const MOST: usize = 15;

            /// Reads the digits, without checking them: numbers given before the standard keep
            /// whatever last digit they had.
            ///
            /// # Errors
            /// Wrong length or something other than an ASCII digit.
            pub fn parse(text: &str) -> Result<Self, NumberError> {
                if text.is_empty() || text.chars().count() > Self::MOST {
                    return Err(NumberError::LengthUpTo { most: Self::MOST });
                }
                let digits = digits_of(text)?;
                let value = digits
                    .iter()
                    .fold(0, |value, digit| value * 10 + u64::from(*digit));
                Ok(Self {
                    value,
                    text: text.to_owned(),
                })
            }

            /// Reads a number given under the standard, whose last digit is the check digit.
            ///
            /// # Errors
            /// Those of `parse`, and a check digit that does not fit.
            pub fn parse_checked(text: &str) -> Result<Self, NumberError> {
                let number = Self::parse(text)?;
                if number.has_check_digit() {
                    Ok(number)
                } else {
                    Err(NumberError::CheckDigit)
                }
            }

            /// Whether the last digit is the check digit of the others (M11W2~7).
            #[must_use]
            pub fn has_check_digit(&self) -> bool {
                self.text.len() > 1
                    && digits_of(&self.text).is_ok_and(|digits| ends_with_modulus_11(&digits))
            }

            /// The digits as given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                (self.value, &self.text).cmp(&(other.value, &other.text))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        secret!($name);
    };
}

serial_number! {
    /// 宛名番号: a person's number within the municipality (標準仕様書 1.1.13).
    ///
    /// Numbers newly given end with a check digit by modulus 11 with weights 2 to 7. Remainder 0
    /// gives 0; the standard is silent on remainder 1, which here gives 0 as well, so that a number
    /// is right whether its giver wrote 0 there or skipped it.
    AtenaBango
}

serial_number! {
    /// 世帯番号: a household's number within the municipality, built like [`AtenaBango`].
    SetaiBango
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = fn(&str) -> Result<String, NumberError>;

    fn kojin(text: &str) -> Result<String, NumberError> {
        KojinBango::parse(text).map(|number| number.as_str().to_owned())
    }

    fn juminhyo(text: &str) -> Result<String, NumberError> {
        JuminhyoCode::parse(text).map(|number| number.as_str().to_owned())
    }

    fn hojin(text: &str) -> Result<String, NumberError> {
        HojinBango::parse(text).map(|number| number.as_str().to_owned())
    }

    fn dantai(text: &str) -> Result<String, NumberError> {
        DantaiCode::parse(text).map(|number| number.as_str().to_owned())
    }

    fn atena(text: &str) -> Result<String, NumberError> {
        AtenaBango::parse_checked(text).map(|number| number.as_str().to_owned())
    }

    #[test]
    fn published_specimens_pass() {
        let specimens: [(Read, &[&str]); 5] = [
            (kojin, &["983205673214", "379474484458"]),
            (juminhyo, &["24727059608", "24846016224", "25208017643"]),
            (hojin, &["7000012050002"]),
            (dantai, &["271004", "271276", "011002", "010006"]),
            // Σ = 106, remainder 7; Σ = 0, remainder 0; Σ = 12, remainder 1.
            (atena, &["12345674", "00", "60"]),
        ];
        for (read, texts) in specimens {
            for text in texts {
                assert_eq!(read(text).as_deref(), Ok(*text));
            }
        }
    }

    #[test]
    fn each_fault_is_told_apart() {
        let length = |expected| Err(NumberError::Length { expected });
        let not_a_digit = |position| Err(NumberError::NotADigit { position });
        let cases: [(Read, &str, Result<String, NumberError>); 10] = [
            (kojin, "", length(12)),
            (kojin, "98320567321", length(12)),
            (kojin, "9832 0567 3214", length(12)),
            (kojin, "983205673215", Err(NumberError::CheckDigit)),
            (kojin, "98320567321４", not_a_digit(12)),
            (kojin, "9832-5673214", not_a_digit(5)),
            (juminhyo, "24727059609", Err(NumberError::CheckDigit)),
            (hojin, "0000012050002", Err(NumberError::CheckDigit)),
            (dantai, "271005", Err(NumberError::CheckDigit)),
            (atena, "", Err(NumberError::LengthUpTo { most: 15 })),
        ];
        for (read, text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_postal_code_may_have_its_hyphen_and_no_other() {
        for text in ["1234567", "123-4567"] {
            let number = YubinBango::parse(text).unwrap();
            assert_eq!(number.as_str(), "1234567");
            assert_eq!(number.grouped("-"), "123-4567");
        }
        for text in ["12-34567", "123-456-7", "123‐4567", "-1234567", "１２３４５６７"] {
            assert!(YubinBango::parse(text).is_err(), "{text}");
        }
        assert_eq!(KisoNenkinBango::parse("1234-567890").unwrap().grouped("-"), "1234-567890");
    }

    #[test]
    fn a_residence_card_number_has_capitals_around_its_digits() {
        let number = ZairyuCardBango::parse("AB12345678CD").unwrap();
        assert_eq!(number.grouped(" "), "AB 12345678 CD");
        for text in ["ab12345678cd", "A112345678CD", "AB1234567XCD", "ＡＢ12345678CD"] {
            assert_eq!(ZairyuCardBango::parse(text), Err(NumberError::Form), "{text}");
        }
    }

    #[test]
    fn numbers_are_grouped_as_is_the_custom() {
        assert_eq!(KojinBango::parse("983205673214").unwrap().grouped(" "), "9832 0567 3214");
        assert_eq!(JuminhyoCode::parse("24727059608").unwrap().grouped("-"), "2472-7059-608");
        assert_eq!(HojinBango::parse("7000012050002").unwrap().grouped("-"), "7-0000-1205-0002");
        assert_eq!(DantaiCode::parse("271276").unwrap().grouped("-"), "27127-6");
    }

    #[test]
    fn five_digits_are_completed_to_a_dantai_code() {
        let code = DantaiCode::from_five("27127").unwrap();
        assert_eq!((code.as_str(), code.five()), ("271276", "27127"));
    }

    #[test]
    fn numbers_from_before_the_standard_are_kept_unchecked() {
        let old = AtenaBango::parse("1").unwrap();
        assert!(!old.has_check_digit());
        assert_eq!(AtenaBango::parse_checked("12345675"), Err(NumberError::CheckDigit));
        assert!(AtenaBango::parse("12345675").is_ok());
        assert!(SetaiBango::parse("1234567890123456").is_err());
    }

    #[test]
    fn atena_numbers_go_by_value() {
        let mut numbers: Vec<_> = ["10", "9", "009", "100"].map(|text| AtenaBango::parse(text).unwrap()).into();
        numbers.sort();
        let texts: Vec<_> = numbers.iter().map(AtenaBango::as_str).collect();
        assert_eq!(texts, ["009", "9", "10", "100"]);
    }

    #[test]
    fn logs_never_hold_a_personal_number() {
        let shown = [
            format!("{:?}", KojinBango::parse("983205673214")),
            format!("{:?}", JuminhyoCode::parse("24727059608")),
            format!("{:?}", ZairyuCardBango::parse("AB12345678CD")),
            format!("{:?}", AtenaBango::parse("12345674")),
            format!("{:?}", KisoNenkinBango::parse("1234567890")),
        ];
        assert!(shown.iter().all(|text| text == "Ok(***)"), "{shown:?}");
    }

    /// The one digit that completes `payload`, placed by `place`.
    fn complete(read: Read, place: impl Fn(u8) -> String) -> String {
        let fitting: Vec<_> = (0..=9).map(place).filter(|text| read(text).is_ok()).collect();
        assert_eq!(fitting.len(), 1, "exactly one check digit fits");
        fitting[0].clone()
    }

    /// Every other text that differs from `text` in one digit and is accepted all the same.
    fn missed(read: Read, text: &str) -> Vec<String> {
        let mut missed = Vec::new();
        for at in 0..text.len() {
            for digit in '0'..='9' {
                let mut other: Vec<char> = text.chars().collect();
                other[at] = digit;
                let other: String = other.into_iter().collect();
                if other != text && read(&other).is_ok() {
                    missed.push(other);
                }
            }
        }
        missed
    }

    fn remainder_11(text: &str) -> u32 {
        let digits = digits_of(text).unwrap();
        weighted(&digits[..digits.len() - 1], &TWO_TO_SEVEN) % 11
    }

    proptest! {
        #[test]
        fn modulus_11_misses_only_remainder_0_for_1(payload in "[0-9]{11}") {
            let text = complete(kojin, |check| format!("{payload}{check}"));
            for other in missed(kojin, &text) {
                let mut remainders = [remainder_11(&text), remainder_11(&other)];
                remainders.sort_unstable();
                prop_assert_eq!(remainders, [0, 1]);
            }
            let text = complete(juminhyo, |check| format!("{}{check}", &payload[1..]));
            for other in missed(juminhyo, &text) {
                prop_assert!(remainder_11(&text) < 2 && remainder_11(&other) < 2);
            }
        }

        #[test]
        fn modulus_9_misses_only_0_for_9(payload in "[0-9]{12}") {
            let text = complete(hojin, |check| format!("{check}{payload}"));
            for other in missed(hojin, &text) {
                let changed: Vec<_> = text.chars().zip(other.chars()).filter(|(a, b)| a != b).collect();
                prop_assert!(changed == [('0', '9')] || changed == [('9', '0')]);
            }
        }

        #[test]
        fn dantai_code_misses_only_remainder_0_for_10(payload in "[0-9]{5}") {
            let text = complete(dantai, |check| format!("{payload}{check}"));
            prop_assert!(DantaiCode::from_five(&payload) == DantaiCode::parse(&text));
            for other in missed(dantai, &text) {
                let mut remainders = [remainder_11(&text), remainder_11(&other)];
                remainders.sort_unstable();
                prop_assert_eq!(remainders, [0, 10]);
            }
        }

        #[test]
        fn no_text_breaks_the_readers(text in "\\PC{0,16}|[0-9０-９A-Z-]{0,16}") {
            for read in [kojin, juminhyo, hojin, dantai, atena] {
                if let Ok(number) = read(&text) {
                    prop_assert_eq!(number, text.as_str());
                }
            }
            let _ = (YubinBango::parse(&text), KisoNenkinBango::parse(&text));
            let _ = (ZairyuCardBango::parse(&text), SetaiBango::parse(&text));
        }
    }
}
