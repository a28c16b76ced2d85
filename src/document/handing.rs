//! 交付: what was shown and paid when something is handed over at the counter: the 番号札, every sheet's code n/N,
//! and how the fee was paid.

use super::json::Json;
use super::parse::{Count, Parse, Reader, parse_with};
use super::receipt::CashlessShurui;
use super::refusal::Refusals;
use super::uketsuke::AnkenBango;
use crate::document::cbor::Cbor;
use crate::domain::calendar::Day;
use crate::domain::money::Yen;
use crate::domain::text::Anything;
use crate::{either, record};

record! {
    /// 交付.
    pub struct Handing {
        /// 番号札: the 案件番号 in its code; absent where the flow gives out none.
        pub bangofuda: Option<AnkenBango>,
        /// 証明書の各葉, in any order.
        pub kami: Vec<SheetCode>,
        /// 収納; absent where nothing is paid.
        pub shuno: Option<Shuno>,
        /// 通数 of what another system prints, where the flow takes a fee for it.
        pub tsusu: Option<Count>,
    }
}

either! {
    /// 収納の方法.
    pub enum Shuno {
        /// 現金.
        Genkin(Uketori) = "genkin",
        /// キャッシュレス: exactly the sum.
        Cashless(CashlessShurui) = "cashless",
        /// 定額小為替.
        Kawase(Uketori) = "kawase",
        /// 現金書留.
        GenkinKakitome(Uketori) = "genkin-kakitome",
        /// 収入印紙: exactly the sum.
        ShunyuInshi(Uketori) = "shunyu-inshi",
        /// 免除, on a ground that the office knows.
        Menjo(Menjo) = "menjo",
    }
}

record! {
    /// What was taken.
    pub struct Uketori {
        /// お預かり in yen.
        pub azukari: Yen,
    }
}

record! {
    /// 免除.
    pub struct Menjo {
        /// Code of the ground.
        pub jiyu: super::parse::Text,
    }
}

impl Handing {
    /// Reads what was shown and paid.
    ///
    /// # Errors
    /// Everything that is refused, with its path.
    pub fn read(text: &str) -> Result<Self, Refusals> {
        let mut reader = Reader::new(&Anything);
        let json = Json::read(text.as_bytes()).map_err(|error| Refusals::from(reader.refusal(error.code())))?;
        let handing = Self::parse(&json, &mut reader);
        match (Refusals::of(reader.into_found().refusals), handing) {
            (None, Some(handing)) => Ok(handing),
            (refused, _) => Err(refused.unwrap_or(Refusals(Vec::new()))),
        }
    }
}

/// A sheet as its number line has it: day, 端末名番号, 発行順番号, page and pages. Whoever types it may leave out the
/// office and the printer, and the hyphens of the day: `2026-01-15 本庁01 000123 1/2`, or what the line itself says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SheetCode {
    /// Day of issue.
    pub day: Day,
    /// 端末名番号.
    pub terminal: String,
    /// 発行順番号.
    pub serial: u32,
    /// n.
    pub page: u16,
    /// N.
    pub pages: u16,
}

impl SheetCode {
    /// Whether it is a sheet of a number, as the register has it: day, 端末名番号, 発行順番号.
    pub fn is_of(&self, number: &str) -> bool {
        format!("{number} {}/{}", self.page, self.pages).parse() == Ok(self.clone())
    }
}

/// Not a sheet's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("reading a sheet's code: it is none")]
pub struct NoSheetCode;

impl NoSheetCode {
    /// Key by which the sentence shown to a person is looked up.
    pub fn code(&self) -> &'static str {
        "sheet-code-form"
    }
}

impl std::str::FromStr for SheetCode {
    type Err = NoSheetCode;

    fn from_str(text: &str) -> Result<Self, NoSheetCode> {
        let half: String = text.chars().map(half_width).collect();
        let words: Vec<&str> = half.split_whitespace().collect();
        // 年月日　市区町村　端末　プリンタ　発行順番号　n／N, as it is printed; the printer may be unknown, and empty.
        let (day, terminal, serial, pages) = match words.as_slice() {
            [day, terminal, serial, pages] => (day, terminal, serial, pages),
            [day, _office, terminal, serial, pages] | [day, _office, terminal, _, serial, pages] => {
                (day, terminal, serial, pages)
            }
            _ => return Err(NoSheetCode),
        };
        let (page, pages) = pages.split_once('/').ok_or(NoSheetCode)?;
        let (page, pages) = (number(page)?, number(pages)?);
        if page == 0 || page > pages {
            return Err(NoSheetCode);
        }
        Ok(Self { day: day_of(day)?, terminal: (*terminal).to_owned(), serial: number(serial)?, page, pages })
    }
}

impl std::fmt::Display for SheetCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:06} {}/{}", self.day, self.terminal, self.serial, self.page, self.pages)
    }
}

fn number<T: std::str::FromStr>(digits: &str) -> Result<T, NoSheetCode> {
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| whole).ok_or(NoSheetCode)
}

/// `2026-01-15`, or `20260115` as it is printed.
fn day_of(text: &str) -> Result<Day, NoSheetCode> {
    let dashed = match (text.len(), text.get(0..4), text.get(4..6), text.get(6..8)) {
        (8, Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => text.to_owned(),
    };
    dashed.parse().map_err(|_| NoSheetCode)
}

/// 全角 digits, stroke and space as they are typed on another keyboard.
fn half_width(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        '\u{3000}' => ' ',
        other => other,
    }
}

impl Parse for SheetCode {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        parse_with(json, reader, |text| text.parse::<Self>(), NoSheetCode::code)
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Text(self.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(page: u16, pages: u16) -> SheetCode {
        let day = Day::from_ymd(2026, 1, 15).unwrap();
        SheetCode { day, terminal: "本庁01".to_owned(), serial: 123, page, pages }
    }

    #[test]
    fn a_sheet_is_read_as_it_is_printed_and_as_it_is_typed() {
        for text in [
            "2026-01-15 本庁01 000123 1/2",
            "20260115 本庁01 123 1/2",
            "20260115　見本市北区役所　本庁01　1　000123　１／２",
            "20260115　見本市北区役所　本庁01　　000123　１／２",
        ] {
            assert_eq!(text.parse(), Ok(code(1, 2)), "{text}");
        }
    }

    #[test]
    fn what_is_no_code_of_a_sheet() {
        for text in [
            "",
            "本庁01 000123 1/2",
            "2026-01-15 本庁01 000123",
            "2026-01-15 本庁01 000123 0/2",
            "2026-01-15 本庁01 000123 3/2",
            "2026-13-15 本庁01 000123 1/2",
            "2026-01-15 本庁01 -123 1/2",
            "2026-01-15 本庁01 +123 1/2",
            "2026-01-15 本庁01 000123 1/2/3",
        ] {
            assert_eq!(text.parse::<SheetCode>(), Err(NoSheetCode), "{text}");
        }
    }

    #[test]
    fn a_sheet_is_of_its_own_number_alone() {
        assert!(code(1, 2).is_of("2026-01-15 本庁01 000123"));
        for other in ["2026-01-16 本庁01 000123", "2026-01-15 本庁02 000123", "2026-01-15 本庁01 000124", ""] {
            assert!(!code(1, 2).is_of(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_code_reads_as_it_was_written(serial in 0..1_000_000_u32, page in 1..100_u16, more in 0..100_u16) {
            let code = SheetCode { serial, ..code(page, page + more) };
            prop_assert_eq!(code.to_string().parse(), Ok(code));
        }

        #[test]
        fn no_text_brings_the_reader_down(text in "\\PC{0,40}") {
            let _ = text.parse::<SheetCode>();
        }
    }
}
