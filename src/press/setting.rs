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
/// Space that several lines keep to the rules above and below them together, in points (0.4 mm).
const CLEAR: f64 = 0.4 * 72.0 / 25.4;
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
    /// What the text layer says in its place, if not the character itself.
    stand_in: Option<String>,
}

/// Finds the greatest size at which `text` fits `slot`.
pub fn set(text: &str, slot: &Slot, typefaces: &Typefaces) -> Result<Setting, TooLong> {
    let room = slot.width - 2.0 * slot.inset;
    let advances: Vec<(Moji, f64)> = sorts(text, slot, typefaces)
        .iter()
        .map(|sort| (sort.moji, sort.advance))
        .collect();
    let mut size = slot.size;
    loop {
        let most = most_lines(slot, size);
        if let Some(lines) = broken(&advances, room / size, slot.tracking, most) {
            return Ok(Setting { size, lines });
        }
        if size <= slot.least {
            let capacity = (room / slot.least).floor().max(0.0) * most_lines(slot, slot.least) as f64;
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

/// How many lines of a size the slot's height takes, at most the number it allows.
fn most_lines(slot: &Slot, size: f64) -> usize {
    (1..=slot.lines)
        .rev()
        .find(|lines| {
            let clear = if *lines > 1 { CLEAR } else { 0.0 };
            block_height(*lines, size, slot.leading) + clear <= slot.height + 0.01
        })
        .unwrap_or(1)
}

fn block_height(lines: usize, size: f64, leading: f64) -> f64 {
    size * (1.0 + leading * (lines - 1) as f64)
}

/// Breaks characters into at most `most` lines of `room` em, or gives nothing where they do not fit.
fn broken(advances: &[(Moji, f64)], room: f64, tracking: f64, most: usize) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    let mut rest = advances;
    loop {
        let end = line_end(rest, room, tracking)?;
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
fn line_end(advances: &[(Moji, f64)], room: f64, tracking: f64) -> Option<usize> {
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
    if fits == 0 {
        return None;
    }
    Some(better_break(advances, fits))
}

/// The break at or before `fits` that does not put a forbidden character at an edge; a space near
/// the end of the line is preferred (方書 and the parts of a name begin after one).
fn better_break(advances: &[(Moji, f64)], fits: usize) -> usize {
    let base = |index: usize| advances.get(index).map(|(moji, _)| moji.base);
    let after_space = (1..=fits).rev().find(|end| {
        base(end - 1).is_some_and(is_space) && base(*end).is_some_and(|c| !is_space(c))
    });
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
            Sort { moji, typeface, glyph: glyph.0, advance, stand_in: typefaces.stand_in(moji) }
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
