//! 引継ぎQR: what the municipality of arrival would otherwise type in from a 転出証明書, in one QR or two of
//! at most 36 mm each with their quiet zones. Only a sealed page has them.
//!
//! The text is CSV (RFC 4180) in UTF-8, lines ended by LF. What has no value is an empty field.
//! Dates are in the text form of [`crate::domain::calendar`] (`S55-12-26`, `1990-12-31`, `R7~`),
//! choices are the words of the data (`otoko`, `chuchoki-zairyu`). A person's field that says what the
//! same field of the line before says is `=`.
//!
//! ```text
//! first line     tenshutsu | saikofu | junzuru, sheet, sheets, 届出年月日, 転出予定年月日,
//!                転出前の住所, 方書, 世帯主, 転出先の住所, 方書, 世帯主
//! each person    number, N, 氏名, 振り仮名, 旧氏, 振り仮名, 生年月日, 性別, 続柄, 国保, 後期, 介護,
//!                児童手当, 年金種別, 本籍, 筆頭者
//!                number, G, 氏名, 振り仮名, 通称, 振り仮名, 生年月日, 性別, 続柄, 国保, 後期, 介護,
//!                児童手当, 年金種別, 国籍・地域, 区分, 在留資格, 在留期間等, 満了の日, カード番号
//! with leave     …, 個人番号, 住民票コード, 基礎年金番号
//! ```
//!
//! Each code holds one line of its own (`TS2`, which code, of how many, the first eight hexadecimal
//! digits of the SHA-256 of the whole text) and its part of the text. The parts of the codes with the
//! same digits, put together in order, are the text; the digits tell whether it is whole.

use sha2::{Digest as _, Sha256};

use super::picture::{png, qr_modules_utf8};
use super::view::SlotPicture;

/// Name and version of the format.
pub const FORMAT: &str = "TS2";
/// Stands for what the line before says.
const DITTO: &str = "=";
/// Side of a code with its quiet zone, in pixels of 600 dpi: 36 mm.
const SIDE_PX: u32 = 850;
/// Modules of quiet zone at both sides together (JIS X 0510).
const QUIET: u32 = 8;
/// Least width of a module in pixels of 600 dpi: 0.38 mm, which another program reads from a page drawn at 250 dpi.
const LEAST_PX: u32 = 9;
/// Most bytes of a code: the largest whose modules are wide enough is version 17, of which error
/// correction M leaves so many (JIS X 0510).
const MOST_BYTES: usize = 504;
/// Most codes of a sheet.
const MOST_CODES: usize = 2;
/// Bytes of a code's own line.
const OWN_LINE: usize = "TS2,1,2,00000000\n".len();
/// A pixel of 600 dpi in millimetres.
const PX_MM: f64 = 25.4 / 600.0;

/// Lines of CSV.
#[derive(Default)]
pub struct Csv(String);

impl Csv {
    /// Adds a line.
    pub fn line<S: AsRef<str>>(&mut self, fields: impl IntoIterator<Item = S>) {
        for (index, field) in fields.into_iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.field(field.as_ref());
        }
        self.0.push('\n');
    }

    /// Adds a line, with `=` for each field that repeats the same field of the line before.
    pub fn line_after(&mut self, before: &[String], line: &[String]) {
        let fields = line.iter().enumerate().map(|(index, field)| {
            // A short field is not made shorter, and the kind of line stays readable.
            let same = field.len() > 1 && before.get(index) == Some(field);
            if same { DITTO } else { field.as_str() }
        });
        self.line(fields);
    }

    fn field(&mut self, field: &str) {
        if field.contains([',', '"', '\n', '\r']) {
            self.0.push('"');
            self.0.push_str(&field.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(field);
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text has codes; cheaper than to make them.
pub fn fits(text: &str) -> bool {
    contents(text).is_some()
}

/// What the codes of a text hold, in order; nothing where they would be too many.
pub fn contents(text: &str) -> Option<Vec<String>> {
    let codes = text.len().div_ceil(MOST_BYTES - OWN_LINE).max(1);
    let check = data_encoding::HEXLOWER.encode(&Sha256::digest(text)[..4]);
    let mut contents = Vec::new();
    let mut rest = text;
    for code in 0..codes {
        // Parts of like length, so that the codes beside each other are of like size.
        let (part, more) = rest.split_at(rest.ceil_char_boundary(rest.len().div_ceil(codes - code)));
        contents.push(format!("{FORMAT},{},{codes},{check}\n{part}", code + 1));
        rest = more;
    }
    let fit = codes <= MOST_CODES && contents.iter().all(|content| content.len() <= MOST_BYTES);
    fit.then_some(contents)
}

/// The codes of a text for the slots `{slot}0` and following, with modules as wide as 36 mm allow.
pub fn pictures(slot: &str, text: &str) -> Vec<SlotPicture> {
    let contents = contents(text).unwrap_or_default();
    let made = contents.iter().enumerate().map(|(index, content)| picture(format!("{slot}{index}"), content));
    // One code without the other is of no use.
    made.collect::<Option<_>>().unwrap_or_default()
}

fn picture(slot: String, content: &str) -> Option<SlotPicture> {
    let (modules, side) = qr_modules_utf8(content).ok()?;
    let module = SIDE_PX / (side + QUIET);
    if module < LEAST_PX {
        return None;
    }
    let mm = f64::from(side * module) * PX_MM;
    Some(SlotPicture { slot, png: png(&modules), size_mm: (mm, mm) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_field_that_would_break_its_line_is_quoted() {
        let mut csv = Csv::default();
        csv.line(["見本", "O'Neil, Jr.", "\"Bob\"", "", "a\nb"]);
        csv.line(["2"]);
        assert_eq!(csv.as_str(), "見本,\"O'Neil, Jr.\",\"\"\"Bob\"\"\",,\"a\nb\"\n2\n");
    }

    #[test]
    fn what_two_codes_cannot_hold_has_none() {
        for (text, expected) in [
            ("見".repeat(162), 1),
            (format!("{}a", "見".repeat(162)), 1),
            (format!("{}aa", "見".repeat(162)), 2),
            ("見".repeat(324), 2),
            ("見".repeat(325), 0),
            ("a".repeat(5_000), 0),
        ] {
            let found = (fits(&text), pictures("q", &text).len());
            assert_eq!(found, (expected > 0, expected), "{}", text.len());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_parts_of_the_codes_are_the_text(text in "[a-z見本]{0,500}") {
            let Some(contents) = contents(&text) else { return Ok(()) };
            let mut joined = String::new();
            for (index, content) in contents.iter().enumerate() {
                let (line, part) = content.split_once('\n').unwrap();
                prop_assert_eq!(line.len() + 1, OWN_LINE);
                let start = format!("TS2,{},{},", index + 1, contents.len());
                prop_assert!(line.starts_with(&start), "{}", line);
                joined.push_str(part);
            }
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn a_code_with_its_quiet_zone_stays_within_36_mm(length in 1_usize..970) {
            let pictures = pictures("q", &"x".repeat(length));
            prop_assert!(!pictures.is_empty());
            for picture in pictures {
                let side = image::load_from_memory(&picture.png).unwrap().width();
                let module = picture.size_mm.0 / f64::from(side);
                prop_assert!(module >= 0.38, "{}", module);
                prop_assert!(picture.size_mm.0 + 8.0 * module <= 36.0, "{:?}", picture.size_mm);
            }
        }
    }
}
