//! 受付: what the slips and internal sheets of a case have in common. Numbers of the case and of the
//! call, the time of day, the paper.

use std::sync::LazyLock;

use encoding_rs::SHIFT_JIS;

use crate::choice;
use crate::domain::calendar::Day;
use crate::domain::text::{Moji, moji};

use super::cbor::Cbor;
use super::json::Json;
use super::parse::{Parse, Reader, Text};
use super::picture::{code128, qr};
use super::view::{Draft, SlotPicture};
use super::words::{DateStyle, Words, full_width};

/// A number or time of a desk is not written as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UketsukeError {
    /// 案件番号.
    #[error("not a case number: YYMMDD-NNNN, or a letter and three digits after the day")]
    AnkenBango,
    /// 呼出番号.
    #[error("not a call number: up to four digits, after one capital letter or none")]
    YobidashiBango,
    /// 時刻.
    #[error("not a time of day: HH:MM")]
    Jikoku,
    /// 一連番号.
    #[error("not a serial number: four to eight digits")]
    IchirenBango,
    /// 取扱者番号.
    #[error("not a clerk's number: up to eight digits and capital letters")]
    Toriatsukaisha,
}

impl UketsukeError {
    /// Key by which the sentence shown to a person is looked up.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AnkenBango => "case-number-form",
            Self::YobidashiBango => "call-number-form",
            Self::Jikoku => "time-form",
            Self::IchirenBango => "serial-number-form",
            Self::Toriatsukaisha => "clerk-number-form",
        }
    }
}

/// Declares a text of a fixed form, and the error of which each is the variant of its name.
macro_rules! fixed_text {
    ($error:ident; $($(#[$doc:meta])* $name:ident: $test:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// As given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let test: fn(&str) -> bool = $test;
                test(text).then(|| Self(text.to_owned())).ok_or($error::$name)
            }
        }

        impl $crate::document::parse::Parse for $name {
            fn parse(
                json: &$crate::document::json::Json,
                reader: &mut $crate::document::parse::Reader<'_>,
            ) -> Option<Self> {
                $crate::document::parse::parse_with(json, reader, str::parse::<Self>, $error::code)
            }

            fn encode(&self) -> Option<$crate::document::cbor::Cbor> {
                Some($crate::document::cbor::Cbor::Text(self.0.clone()))
            }
        }
    )*};
}
pub(super) use fixed_text;

fixed_text! {
    UketsukeError;
    /// 案件番号: day of receipt and number of that day (`260115-0042`); a letter before three digits
    /// for what came otherwise than over the counter (`260115-M003`, by mail).
    AnkenBango: is_case_number;
    /// 呼出番号: up to four digits, after the letter of the queue where there are several (`A042`).
    YobidashiBango: |text| {
        let digits = text.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(text);
        all_digits(digits, 1..=4)
    };
    /// 時刻: hour and minute of the day (`10:24`).
    Jikoku: |text| {
        text.split_once(':').is_some_and(|(hour, minute)| {
            all_digits(hour, 2..=2) && all_digits(minute, 2..=2) && hour < "24" && minute < "60"
        })
    };
    /// 一連番号 of a till, from which a receipt is found again.
    IchirenBango: |text| all_digits(text, 4..=8);
    /// 取扱者番号: a clerk by number, never by name, on what leaves the office.
    Toriatsukaisha: |text| {
        (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
}

fn all_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_case_number(text: &str) -> bool {
    let Some((day, number)) = text.split_once('-') else {
        return false;
    };
    let tail = number.strip_prefix(|c: char| c.is_ascii_uppercase());
    let numbered = tail.map_or(all_digits(number, 4..=4), |tail| all_digits(tail, 3..=3));
    numbered && all_digits(day, 6..=6) && is_day(day)
}

/// Whether six digits name a day of this century.
fn is_day(digits: &str) -> bool {
    let part = |at: std::ops::Range<usize>| digits.get(at).and_then(|part| part.parse::<u8>().ok());
    match (part(0..2), part(2..4), part(4..6)) {
        (Some(year), Some(month), Some(day)) => Day::from_ymd(2000 + i32::from(year), month, day).is_ok(),
        _ => false,
    }
}

impl YobidashiBango {
    /// As printed: a space between letter and digits.
    pub fn printed(&self) -> String {
        match self.0.strip_prefix(|c: char| c.is_ascii_uppercase()) {
            Some(digits) => format!("{} {digits}", &self.0[..1]),
            None => self.0.clone(),
        }
    }
}

/// A text that slips set in ゴシック, which lacks what 明朝 has beyond the common characters: no
/// variation selector, nothing outside Windows-31J. Names of people are never of this type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlipText(Text);

impl SlipText {
    /// As given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Parse for SlipText {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        let text = Text::parse(json, reader)?;
        let strange = moji(text.as_str()).find(|moji| moji.selector.is_some() || windows_31j(moji.base).is_none());
        match strange {
            None => Some(Self(text)),
            Some(moji) => {
                let refusal =
                    reader.refusal("moji-not-on-slips").with("moji", moji).with("code_points", moji.code_points());
                reader.push(refusal)
            }
        }
    }

    fn encode(&self) -> Option<Cbor> {
        self.0.encode()
    }
}

choice! {
    /// 用紙 of a slip.
    pub enum Yoshi {
        /// Roll of 80 mm, 72 mm of which print.
        Roll80 = "roll80",
        /// A4.
        A4 = "a4",
    }
}

/// Day and time as a slip prints them.
pub fn day_and_time(words: &Words, day: Day, time: &Jikoku) -> String {
    let day = words.day(day, DateStyle::Running);
    // Its digits are of one width with those of the day.
    let time = full_width(time.as_str());
    let (hour, minute) = time.split_once(':').unwrap_or((&time, ""));
    words.fill("day-and-time", &[("day", &day), ("hour", hour), ("minute", minute)])
}

/// Puts 案件番号 as Code 128 (`width` by `height` millimetres) and in digits on one sheet.
pub fn put_case_code(draft: &mut Draft<'_>, sheet: usize, number: &AnkenBango, width: f64, height: f64) {
    put_code(draft, &format!("s{sheet}.code"), number.as_str(), width, height);
    draft.put(format!("s{sheet}.anken_bango"), number.as_str(), "anken_bango");
}

/// Puts a Code 128 of a number into a slot.
pub fn put_code(draft: &mut Draft<'_>, slot: &str, number: &str, width: f64, height: f64) {
    put_made(draft, code128(slot, number, width, height).ok());
}

/// Puts 案件番号 as QR into the slot `s{sheet}.qr`, modules of so many millimetres.
pub fn put_case_qr(draft: &mut Draft<'_>, sheet: usize, number: &AnkenBango, module: f64) {
    put_made(draft, qr(&format!("s{sheet}.qr"), number.as_str(), module).ok());
}

/// Numbers of a desk are short ASCII: a code is always made of them. Were it not, its slot would stay
/// empty, which the press refuses.
fn put_made(draft: &mut Draft<'_>, picture: Option<SlotPicture>) {
    if let Some(picture) = picture {
        draft.picture(picture);
    }
}

/// 符号位置: which characters of a name a reader may take for another (異体字, 外字, and ideographs
/// outside JIS X 0208), each with its place in the name and its code points. Empty for most names.
pub fn code_points(name: &str, words: &Words) -> String {
    code_points_beside(name, "", words)
}

/// 符号位置 of a name that stands beside another: also of what the other writes as another variant of
/// the same character, so that both sides say what they have.
pub fn code_points_beside(name: &str, other: &str, words: &Words) -> String {
    let letters = |name| moji(name).filter(|moji| !matches!(moji.base, ' ' | '\u{3000}'));
    let others: Vec<Moji> = letters(other).collect();
    let is_variant_of_other = |moji: Moji, place: usize| {
        others.get(place - 1).is_some_and(|other| other.base == moji.base && other.selector != moji.selector)
    };
    letters(name)
        .zip(1_usize..)
        .filter(|(moji, place)| is_easily_mistaken(*moji) || is_variant_of_other(*moji, *place))
        .map(|(moji, place)| words.fill("code-points", &[("n", &place.to_string()), ("codes", &moji.code_points())]))
        .collect::<Vec<_>>()
        .join(words.get("code-points-joint"))
}

fn is_easily_mistaken(moji: Moji) -> bool {
    static KANJI: LazyLock<Vec<std::ops::RangeInclusive<u32>>> = LazyLock::new(|| {
        vec![0x3400..=0x4DBF, 0x4E00..=0x9FFF, 0xE000..=0xFAFF, 0x20000..=0x3FFFF, 0xF0000..=0x10FFFF]
    });
    let ideograph = KANJI.iter().any(|range| range.contains(&u32::from(moji.base)));
    moji.selector.is_some() || ideograph && !is_in_jis_x_0208(moji.base)
}

/// Whether JIS X 0208 has an ideograph. Its rows end with lead byte EA; above it Windows-31J keeps the
/// extensions of the makers (髙, 﨑).
fn is_in_jis_x_0208(base: char) -> bool {
    windows_31j(base).is_some_and(|lead| (0x88..=0xEA).contains(&lead))
}

/// First byte of a character in Windows-31J, where that has it. Its private area (外字) is no character.
fn windows_31j(base: char) -> Option<u8> {
    let mut text = [0; 4];
    let (bytes, _, unmapped) = SHIFT_JIS.encode(base.encode_utf8(&mut text));
    bytes.first().copied().filter(|lead| !unmapped && !(0xF0..=0xF9).contains(lead))
}

/// Width of a text in em as 明朝 prints it, Latin reckoned broad: for choosing a row's height before
/// it is laid out.
pub fn em_width(text: &str) -> f64 {
    moji(text).map(|moji| if moji.base.is_ascii() { 0.72 } else { 1.0 }).sum()
}

/// Lines that a text takes at so many em a line, its own line breaks included.
pub fn lines_at(text: &str, room: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a text has at most 2,000 characters")]
    let count = |line: &str| (em_width(line) / room).ceil().max(1.0) as usize;
    text.split('\n').map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Anything;

    fn accepts<T: Parse>(text: &str) -> bool {
        let mut reader = Reader::new(&Anything);
        T::parse(&Json::Text(text.to_owned()), &mut reader).is_some()
    }

    #[test]
    fn numbers_of_a_desk_have_one_form_each() {
        assert!(accepts::<Text>("anything"));
        for (text, is_case) in [
            ("260115-0042", true),
            ("260115-M003", true),
            ("260115-042", false),
            ("260115-M0003", false),
            ("260115-m003", false),
            ("261315-0042", false),
            ("260230-0042", false),
            ("2601150042", false),
            ("260115-０042", false),
        ] {
            assert_eq!(accepts::<AnkenBango>(text), is_case, "{text}");
        }
        for (text, is_call) in
            [("A042", true), ("7", true), ("A", false), ("AB1", false), ("12345", false), ("a042", false)]
        {
            assert_eq!(accepts::<YobidashiBango>(text), is_call, "{text}");
        }
        for (text, is_time) in
            [("00:00", true), ("23:59", true), ("24:00", false), ("10:60", false), ("9:30", false), ("10:2x", false)]
        {
            assert_eq!(accepts::<Jikoku>(text), is_time, "{text}");
        }
        for (text, is_clerk) in [("K07", true), ("見本", false), ("k07", false), ("", false), ("123456789", false)] {
            assert_eq!(accepts::<Toriatsukaisha>(text), is_clerk, "{text}");
        }
    }

    #[test]
    fn slips_take_only_what_their_typeface_has() {
        for (text, goes) in [
            ("住民票の写し（世帯全員）", true),
            ("③→①", true),
            ("髙﨑 A-1", true),
            ("葛\u{E0102}城", false),
            ("𠮷田", false),
            ("➉", false),
            ("\u{E000}", false),
        ] {
            assert_eq!(accepts::<SlipText>(text), goes, "{text}");
        }
    }

    #[test]
    fn a_call_number_is_read_from_afar() {
        assert_eq!(YobidashiBango("A042".to_owned()).printed(), "A 042");
        assert_eq!(YobidashiBango("7".to_owned()).printed(), "7");
    }

    #[test]
    fn characters_taken_for_others_are_named_by_place() {
        let words = Words::read([("w", "code-points = \"{n}:{codes}\"\ncode-points-joint = \" / \"")]).unwrap();
        for (name, expected) in [
            ("見本　太郎", ""),
            ("GÜNTER Müller", ""),
            ("ヤマダ ハナコ", ""),
            ("葛\u{E0102}城　髙子", "1:U+845B U+E0102 / 3:U+9AD9"),
            ("山﨑　一", "2:U+FA11"),
            ("𠮷田", "1:U+20BB7"),
            ("吉\u{E000}", "2:U+E000"),
        ] {
            assert_eq!(code_points(name, &words), expected, "{name}");
        }
    }

    #[test]
    fn a_text_takes_the_lines_of_each_of_its_lines() {
        assert_eq!(lines_at("", 10.0), 1);
        assert_eq!(lines_at("あいうえおかきくけこ", 10.0), 1);
        assert_eq!(lines_at("あいうえおかきくけこさ", 10.0), 2);
        assert_eq!(lines_at("あ\nい\nあいうえおかきくけこさ", 10.0), 4);
    }
}
