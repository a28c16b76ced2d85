//! 引継ぎQR: what the municipality of arrival would otherwise type in from a 転出証明書, in a QR of at most
//! 30 mm with its quiet zone.
//!
//! The text is CSV (RFC 4180) in UTF-8, lines ended by LF. What has no value is an empty field.
//! Dates are in the text form of [`crate::domain::calendar`] (`S55-12-26`, `1990-12-31`, `R7~`),
//! choices are the words of the data (`otoko`, `chuchoki-zairyu`). A person's field that says what the
//! same field of the line before says is `=`.
//!
//! ```text
//! first line     TS1, tenshutsu | saikofu | junzuru, sheet, sheets, 届出年月日, 転出予定年月日,
//!                転出前の住所, 方書, 世帯主, 転出先の住所, 方書, 世帯主
//! each person    number, N, 氏名, 振り仮名, 旧氏, 振り仮名, 生年月日, 性別, 続柄, 国保, 後期, 介護,
//!                児童手当, 年金種別, 本籍, 筆頭者
//!                number, G, 氏名, 振り仮名, 通称, 振り仮名, 生年月日, 性別, 続柄, 国保, 後期, 介護,
//!                児童手当, 年金種別, 国籍・地域, 区分, 在留資格, 在留期間等, 満了の日, カード番号
//! with leave     …, 個人番号, 住民票コード, 基礎年金番号
//! ```

use super::picture::{png, qr_modules};
use super::view::SlotPicture;

/// Name and version of the format.
pub const FORMAT: &str = "TS1";
/// Stands for what the line before says.
const DITTO: &str = "=";
/// Side of the code with its quiet zone, in pixels of 600 dpi: 30 mm.
const SIDE_PX: u32 = 708;
/// Modules of quiet zone at both sides together (JIS X 0510).
const QUIET: u32 = 8;
/// Least width of a module in pixels of 600 dpi: 0.21 mm, which a hand-held reader can still read.
const LEAST_PX: u32 = 5;
/// Most bytes of a text that always has a code: the largest whose modules are wide enough is version
/// 29, of which error correction M leaves so many (JIS X 0510).
const MOST_BYTES: usize = 1_264;
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

/// Whether a text is sure to have a code; cheaper than to make it.
pub fn fits(text: &str) -> bool {
    text.len() <= MOST_BYTES
}

/// The code of a text, with modules as wide as 30 mm allow, or nothing where they would be too small
/// to be read.
pub fn picture(slot: &str, text: &str) -> Option<SlotPicture> {
    let (modules, side) = qr_modules(text).ok()?;
    let module = SIDE_PX / (side + QUIET);
    if module < LEAST_PX {
        return None;
    }
    let mm = f64::from(side * module) * PX_MM;
    Some(SlotPicture {
        slot: slot.to_owned(),
        png: png(&modules),
        size_mm: (mm, mm),
    })
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
        assert_eq!(
            csv.as_str(),
            "見本,\"O'Neil, Jr.\",\"\"\"Bob\"\"\",,\"a\nb\"\n2\n"
        );
    }

    #[test]
    fn what_modules_of_five_pixels_cannot_hold_has_no_code() {
        // Version 30 would have modules of four pixels.
        for (text, expected) in [
            ("見".repeat(421), true),
            (format!("{}a", "見".repeat(421)), true),
            ("見".repeat(422), false),
            ("a".repeat(5_000), false),
        ] {
            assert_eq!(
                (fits(&text), picture("q", &text).is_some()),
                (expected, expected),
                "{}",
                text.len()
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_code_with_its_quiet_zone_stays_within_30_mm(length in 1_usize..1_300) {
            let Some(picture) = picture("q", &"x".repeat(length)) else { return Ok(()) };
            let side = image::load_from_memory(&picture.png).unwrap().width();
            let module = picture.size_mm.0 / f64::from(side);
            prop_assert!(module >= 0.21, "{module}");
            prop_assert!(picture.size_mm.0 + 8.0 * module <= 30.0, "{:?}", picture.size_mm);
        }
    }
}
