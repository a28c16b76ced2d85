//! Setting a value into its slot: shrink, then wrap, never cut.
//!
//! Widths come from the font itself, so that what is decided here is what the page shows. A value
//! that does not fit at its least size on its greatest number of lines is returned as
//! [`TooLong`]; the caller sends it to an annex sheet or refuses it by name.

use std::str::FromStr;

use typst::layout::{Abs, Em, FrameItem, Point};
use typst::syntax::Span;
use typst::text::{Glyph, Lang, Region, TextItem};
use typst::visualize::{Color, FixedStroke, Luma, Paint, ProcessColor};

use crate::domain::text::{Moji, moji};

use super::form::{Align, Slot};
use super::typeface::{Typeface, Typefaces};

/// A step by which text shrinks, in points.
const STEP: f64 = 0.5;
/// Part of the em box that lies above the baseline, as in both typefaces.
const ASCENT: f64 = 0.88;
/// White that several lines keep to the edges of their slot, in points (0.2 mm), so that they do not
/// run into the lines of the next where no rule parts them.
const APART: f64 = 0.2 * 72.0 / 25.4;
/// What rounding of lengths may add, in points.
const ROUNDING: f64 = 0.01;
/// Thickness of the stroke around the glyphs of a bold slot, in em.
const BOLD: f64 = 0.045;
/// Space of one digit: a character of wording only, so that 1 stands under 10.
pub const FIGURE_SPACE: char = '\u{2007}';
/// A line break that wording may ask for.
pub const LINE_BREAK: char = '\n';

/// Characters that must not begin a line (行頭禁則).
const NOT_FIRST: &str = "、。）】」』〕｝〉》・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ，．";
/// Characters that must not end a line (行末禁則).
const NOT_LAST: &str = "（【「『〔｛〈《";
/// Characters of numbers. Between them no line is broken where digits stand on both sides.
const OF_NUMBERS: &str = "0123456789０１２３４５６７８９-－−,，.．";
/// Characters of dates. Between them no line is broken where they make a date.
const OF_DATES: &str = "0123456789０１２３４５６７８９\u{2007}元年月日明治大正昭和平成令";
/// The last character of a date.
const DATE_END: char = '日';

/// A value does not fit its slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLong {
    /// How many characters (bases, with their selectors) the value has.
    pub length: usize,
    /// About how many the slot takes at its least size.
    pub capacity: usize,
}

/// A value as it will be printed: its lines and their size.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Size in points.
    pub size: f64,
    /// Lines, from the top; together they are the value, character by character.
    pub lines: Vec<String>,
}

/// One character ready to be set.
struct Sort<'a> {
    moji: Moji,
    typeface: &'a Typeface,
    glyph: u16,
    /// Advance in em.
    advance: f64,
    /// How far its ink reaches below and above the baseline, in em.
    ink: Option<(f64, f64)>,
    /// What the text layer says in its place, if not the character itself.
    stand_in: Option<String>,
}

/// Finds the greatest size at which `text` fits `slot`.
pub fn set(text: &str, slot: &Slot, typefaces: &Typefaces) -> Result<Setting, TooLong> {
    let room = slot.width - 2.0 * slot.inset;
    let sorts = sorts(text, slot, typefaces);
    let advances: Vec<(Moji, f64)> = sorts.iter().map(|sort| (sort.moji, sort.advance)).collect();
    let ink = |line: &str| Ink::of(&self::sorts(line, slot, typefaces));
    let clear = |lines: &[String], size| match lines {
        [] => true,
        [_] => is_clear(slot, 1, size, Ink::of(&sorts), Ink::of(&sorts)),
        [first, .., last] => is_clear(slot, lines.len(), size, ink(first), ink(last)),
    };
    let mut size = slot.size;
    loop {
        let most = most_lines(slot, size);
        let broken =
            |figures| broken(&advances, room / size, slot.tracking, most, figures).filter(|lines| clear(lines, size));
        if let Some(lines) = broken(Figures::Whole) {
            return Ok(Setting { size, lines });
        }
        if size <= slot.least {
            // A date or number longer than its line would otherwise fit nowhere.
            if let Some(lines) = broken(Figures::Torn) {
                return Ok(Setting { size, lines });
            }
            let capacity = (room / slot.least).floor().max(0.0) * most as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count of characters on a sheet of paper"
            )]
            return Err(TooLong { length: advances.len(), capacity: capacity as usize });
        }
        size = (size - STEP).max(slot.least);
    }
}

/// How far the ink of a text reaches below and above the baseline, in em.
#[derive(Clone, Copy)]
struct Ink {
    below: f64,
    above: f64,
}

impl Ink {
    fn of(sorts: &[Sort<'_>]) -> Self {
        // A text without ink is as high as nothing.
        let none = Self { below: 0.0, above: 0.0 };
        sorts
            .iter()
            .filter_map(|sort| sort.ink)
            .fold(none, |ink, (below, above)| Self { below: ink.below.min(below), above: ink.above.max(above) })
    }
}

/// How many lines of a size the slot's height takes, at most the number it allows.
fn most_lines(slot: &Slot, size: f64) -> usize {
    let fits = |lines: &usize| {
        let apart = if *lines > 1 { APART } else { 0.0 };
        above(slot, *lines, size) >= apart - ROUNDING
    };
    (1..=slot.lines).rev().find(fits).unwrap_or(0)
}

/// White above the em boxes of so many lines in the middle of their slot, and below them.
fn above(slot: &Slot, lines: usize, size: f64) -> f64 {
    (slot.height - block_height(lines, size, slot.leading)) / 2.0
}

/// Whether the ink of the first line is clear of the slot's upper edge, and that of the last of its lower.
fn is_clear(slot: &Slot, lines: usize, size: f64, first: Ink, last: Ink) -> bool {
    let clear = slot.clearance() - ROUNDING;
    let above = above(slot, lines, size);
    above + (ASCENT - first.above) * size >= clear && above + (1.0 - ASCENT + last.below) * size >= clear
}

fn block_height(lines: usize, size: f64, leading: f64) -> f64 {
    size * (1.0 + leading * (lines - 1) as f64)
}

/// Whether a line may end inside a date or a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Figures {
    Whole,
    Torn,
}

/// Breaks characters into at most `most` lines of `room` em, or gives nothing where they do not fit.
fn broken(advances: &[(Moji, f64)], room: f64, tracking: f64, most: usize, figures: Figures) -> Option<Vec<String>> {
    if most == 0 {
        return None;
    }
    let mut lines = Vec::new();
    let mut rest = advances;
    loop {
        let end = line_end(rest, room, tracking, figures)?;
        let (line, next) = rest.split_at(end);
        // The space at which a line was broken belongs to neither line; it stays in the text layer
        // as the end of the first, where it prints nothing.
        lines.push(line.iter().filter(|(m, _)| m.base != LINE_BREAK).map(|(m, _)| m.to_string()).collect());
        rest = next;
        if rest.is_empty() {
            return Some(lines);
        }
        if lines.len() == most {
            return None;
        }
    }
}

/// How many characters the first line takes.
fn line_end(advances: &[(Moji, f64)], room: f64, tracking: f64, figures: Figures) -> Option<usize> {
    let mut width = 0.0;
    let mut fits = 0;
    for (index, (moji, advance)) in advances.iter().enumerate() {
        if moji.base == LINE_BREAK {
            return Some(index + 1);
        }
        let trimmed = if index == 0 { trim(*moji, *advance) } else { 0.0 };
        width += advance - trimmed;
        // A space at the end of a line may hang over its edge: it prints nothing.
        if width > room + 1e-6 && !is_space(moji.base) {
            break;
        }
        width += tracking;
        fits = index + 1;
    }
    if fits == advances.len() {
        return Some(fits);
    }
    if figures == Figures::Whole {
        fits = torn(advances, fits).unwrap_or(fits);
    }
    (fits > 0).then(|| better_break(advances, fits, figures))
}

/// Where the date or the number begins that a break at `end` would tear.
fn torn(advances: &[(Moji, f64)], end: usize) -> Option<usize> {
    torn_date(advances, end).or_else(|| torn_number(advances, end))
}

/// Where the number begins that a break at `end` would tear: digits, and what joins them.
fn torn_number(advances: &[(Moji, f64)], end: usize) -> Option<usize> {
    let (before, after) = advances.split_at(end);
    let of_number = |(moji, _): &&(Moji, f64)| OF_NUMBERS.contains(moji.base);
    let has_digit = |(moji, _): &(Moji, f64)| moji.base.is_numeric();
    let left = before.iter().rev().take_while(of_number).count();
    let is_number = before.iter().rev().take(left).any(has_digit) && after.iter().take_while(of_number).any(has_digit);
    is_number.then(|| end - left)
}

/// Where the date (年月日) begins that a break at `end` would tear.
fn torn_date(advances: &[(Moji, f64)], end: usize) -> Option<usize> {
    let (before, after) = advances.split_at(end);
    let of_date = |(moji, _): &&(Moji, f64)| OF_DATES.contains(moji.base);
    let left: Vec<char> =
        before.iter().rev().take_while(of_date).map(|(m, _)| m.base).take_while(|c| *c != DATE_END).collect();
    let right: Vec<char> = after.iter().take_while(of_date).map(|(m, _)| m.base).collect();
    let date_end = right.iter().position(|c| *c == DATE_END).map_or(right.len(), |place| place + 1);
    let run = || left.iter().chain(right.iter().take(date_end));
    let is_date =
        !left.is_empty() && !right.is_empty() && run().any(|c| c.is_numeric()) && run().any(|c| "年月日".contains(*c));
    is_date.then(|| end - left.len())
}

/// The break at or before `fits` that does not put a forbidden character at an edge; a space near
/// the end of the line is preferred (方書 and the parts of a name begin after one).
fn better_break(advances: &[(Moji, f64)], fits: usize, figures: Figures) -> usize {
    let base = |index: usize| advances.get(index).map(|(moji, _)| moji.base);
    let tears = |end: usize| figures == Figures::Whole && torn(advances, end).is_some();
    let after_space = (1..=fits)
        .rev()
        .find(|end| base(end - 1).is_some_and(is_space) && base(*end).is_some_and(|c| !is_space(c)) && !tears(*end));
    let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inside_word = is_latin(base(fits)) && is_latin(base(fits.saturating_sub(1)));
    if let Some(end) = after_space
        && (inside_word || end * 2 >= fits)
    {
        return end;
    }
    let allowed = |end: usize| {
        base(end).is_none_or(|c| !NOT_FIRST.contains(c))
            && base(end - 1).is_none_or(|c| !NOT_LAST.contains(c))
            && !tears(end)
    };
    (1..=fits).rev().take(4).find(|end| allowed(*end)).unwrap_or(fits)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{3000}' | FIGURE_SPACE)
}

/// How much of an opening bracket's left half is dropped at the start of a line, in em.
fn trim(moji: Moji, advance: f64) -> f64 {
    if NOT_LAST.contains(moji.base) && advance > 0.9 { 0.5 } else { 0.0 }
}

fn sorts<'a>(text: &str, slot: &Slot, typefaces: &'a Typefaces) -> Vec<Sort<'a>> {
    moji(text)
        .map(|moji| {
            let typeface = typefaces.for_moji(slot.style, moji);
            let shown = if moji.base == FIGURE_SPACE { ' ' } else { moji.base };
            // A missing glyph is set as glyph 0, which the inspection of the page finds; documents
            // never get here with one, since they are checked character by character when parsed.
            let glyph = typeface.glyph(Moji { base: shown, ..moji }).unwrap_or_default();
            let advance = match moji.base {
                FIGURE_SPACE => digit_advance(typeface),
                LINE_BREAK => 0.0,
                _ => typeface.advance(glyph),
            };
            let ink = if moji.base == LINE_BREAK { None } else { typeface.ink(glyph) };
            Sort { moji, typeface, glyph: glyph.0, advance, ink, stand_in: typefaces.stand_in(moji) }
        })
        .collect()
}

fn digit_advance(typeface: &Typeface) -> f64 {
    typeface.glyph(Moji { base: '0', selector: None }).map_or(0.5, |zero| typeface.advance(zero))
}

/// The items that print a setting, positioned from the slot's top left corner.
pub fn items(setting: &Setting, slot: &Slot, typefaces: &Typefaces) -> Vec<(Point, FrameItem)> {
    let size = setting.size;
    let block = block_height(setting.lines.len(), size, slot.leading);
    let mut baseline = (slot.height - block) / 2.0 + ASCENT * size;
    let mut made = Vec::with_capacity(setting.lines.len());
    for line in &setting.lines {
        let mut sorts = sorts(line, slot, typefaces);
        if let Some(first) = sorts.first_mut() {
            first.advance -= trim(first.moji, first.advance);
        }
        let trailing = if sorts.last().is_some_and(|sort| is_space(sort.moji.base)) {
            sorts.last().map_or(0.0, |sort| sort.advance)
        } else {
            0.0
        };
        let tracked = slot.tracking * sorts.len().saturating_sub(1) as f64;
        let width = (sorts.iter().map(|sort| sort.advance).sum::<f64>() + tracked - trailing) * size;
        let mut x = match slot.align {
            Align::Left => slot.inset,
            Align::Center => (slot.width - width) / 2.0,
            Align::Right => slot.width - slot.inset - width,
        };
        for run in runs(&sorts) {
            let Some(first) = run.first() else { continue };
            let item = text_item(first, run, slot, size);
            let advance = item.width().to_pt();
            made.push((Point::new(Abs::pt(x), Abs::pt(baseline)), FrameItem::Text(item)));
            x += advance;
        }
        baseline += size * slot.leading;
    }
    made
}

/// Stretches of a line that are set in one typeface.
fn runs<'s, 'a>(sorts: &'s [Sort<'a>]) -> impl Iterator<Item = &'s [Sort<'a>]> {
    sorts.chunk_by(|a, b| std::ptr::eq(a.typeface, b.typeface))
}

fn text_item(first: &Sort<'_>, sorts: &[Sort<'_>], slot: &Slot, size: f64) -> TextItem {
    let mut text = String::new();
    let mut glyphs = Vec::with_capacity(sorts.len());
    for (index, sort) in sorts.iter().enumerate() {
        let start = text.len();
        match sort.moji.base {
            FIGURE_SPACE => text.push(' '),
            _ => match &sort.stand_in {
                Some(stand_in) => text.push_str(stand_in),
                None => {
                    text.push(sort.moji.base);
                    text.extend(sort.moji.selector);
                }
            },
        }
        let natural = sort.typeface.advance(ttf_parser::GlyphId(sort.glyph));
        let trimmed = if sort.moji.base == FIGURE_SPACE { 0.0 } else { natural - sort.advance };
        let tracking = if index + 1 < sorts.len() { slot.tracking } else { 0.0 };
        glyphs.push(Glyph {
            id: sort.glyph,
            x_advance: Em::new(sort.advance + tracking),
            x_offset: Em::new(-trimmed),
            y_advance: Em::zero(),
            y_offset: Em::zero(),
            // A slot holds at most a few hundred characters: 16 bits of position are enough, and
            // a longer text does not fit any sheet.
            range: clamp(start)..clamp(text.len()),
            span: (Span::detached(), 0),
        });
    }
    let paint = Paint::Solid(Color::Process(ProcessColor::Luma(Luma::new(slot.grey as f32, 1.0))));
    TextItem {
        font: first.typeface.instance().clone(),
        size: Abs::pt(size),
        stroke: slot.bold.then(|| FixedStroke::from_pair(paint.clone(), Abs::pt(BOLD * size))),
        fill: paint,
        lang: Lang::JAPANESE,
        region: Region::from_str("JP").ok(),
        text: text.into(),
        glyphs,
    }
}

/// A place in a line's text as the typesetter counts it. A line is shorter than a sheet is wide: it
/// never comes near 65,535 bytes.
fn clamp(position: usize) -> u16 {
    u16::try_from(position).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MM: f64 = 72.0 / 25.4;

    fn slot(width: f64, height: f64, lines: usize) -> Slot {
        Slot { width: width * MM, height: height * MM, size: 11.0, least: 6.0, lines, inset: MM, ..Slot::default() }
    }

    fn lines(text: &str, slot: &Slot) -> Vec<String> {
        set(text, slot, &Typefaces::embedded().unwrap()).unwrap().lines
    }

    #[test]
    fn a_date_stays_on_one_line() {
        let box_ = Slot { least: 11.0, ..slot(42.0, 20.0, 4) };
        for (text, expected) in [
            // Ten characters a line: 12月 would end the first, 2日 begin the second.
            ("届出の年月日令和7年12月\u{2007}2日", vec!["届出の年月日", "令和7年12月\u{2007}2日"]),
            ("転居平成２０年４月１日まで", vec!["転居", "平成２０年４月１日ま", "で"]),
            // Two dates may part.
            ("見令和7年12月12日令和8年1月1日", vec!["見令和7年12月12日", "令和8年1月1日"]),
            // No date: 年 without a number.
            ("見本見本見本見本年月日の欄", vec!["見本見本見本見本年月", "日の欄"]),
        ] {
            assert_eq!(lines(text, &box_), expected, "{text}");
        }
    }

    #[test]
    fn a_number_stays_on_one_line() {
        let box_ = Slot { least: 11.0, ..slot(42.0, 20.0, 4) };
        for (text, expected) in [
            ("若葉二丁目１２３４５６７", vec!["若葉二丁目", "１２３４５６７"]),
            ("若葉台桜木町二丁５－２０１号", vec!["若葉台桜木町二丁", "５－２０１号"]),
            ("見本市自動交付機０１-999009", vec!["見本市自動交付機", "０１-999009"]),
            // A hyphen between words joins no number.
            ("見本見本見本見本見－本", vec!["見本見本見本見本見－", "本"]),
        ] {
            assert_eq!(lines(text, &box_), expected, "{text}");
        }
    }

    #[test]
    fn a_number_longer_than_its_line_is_torn_rather_than_refused() {
        let box_ = Slot { size: 6.0, ..slot(16.0, 20.0, 4) };
        assert_eq!(lines("１２３４５６７８９０１２３４５", &box_).concat(), "１２３４５６７８９０１２３４５");
    }

    #[test]
    fn a_date_longer_than_its_line_is_torn_rather_than_refused() {
        let box_ = Slot { size: 6.0, ..slot(16.0, 20.0, 4) };
        assert_eq!(lines("昭和５５年１２月２６日", &box_).concat(), "昭和５５年１２月２６日");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn ink_keeps_clear_of_the_rules_or_the_text_does_not_fit(
            text in "[見本永平gjyÅQ（]{1,60}", height in 3.0_f64..14.0, most in 1_usize..5,
        ) {
            let typefaces = Typefaces::embedded().unwrap();
            let slot = slot(60.0, height, most);
            let Ok(setting) = set(&text, &slot, &typefaces) else { return Ok(()) };
            prop_assert_eq!(setting.lines.concat(), text);
            for (place, item) in items(&setting, &slot, &typefaces) {
                let FrameItem::Text(item) = item else { continue };
                for glyph in &item.glyphs {
                    let id = ttf_parser::GlyphId(glyph.id);
                    // Outlined, and not read from the header as the program does.
                    let Some(ink) = item.font.ttf().glyph_bounding_box(id) else { continue };
                    let em = setting.size / f64::from(item.font.ttf().units_per_em());
                    let (top, bottom) = (f64::from(ink.y_max) * em, f64::from(ink.y_min) * em);
                    prop_assert!(place.y.to_pt() - top >= 0.39 * MM, "{:?}", setting);
                    prop_assert!(slot.height - place.y.to_pt() + bottom >= 0.39 * MM, "{:?}", setting);
                }
            }
        }
    }
}
