//! Inspection: after layout and before anything is written, every page is looked at once more, by
//! its frames and not by what was meant.

use typst::layout::{Frame, FrameItem, Point, Transform};
use typst::text::TextItem;

use super::form::{Slot, slot_name};
use super::sheet::Sheets;

/// Space that a value keeps to the rule of its box, in points (0.3 mm); slots without inset keep none.
const CLEAR: f64 = 0.3 * 72.0 / 25.4;
/// What rounding of positions may add, in points.
const TOLERANCE: f64 = 0.02;

/// Something on a page is not as it must be. Never released; always an incident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A character was set as the missing glyph.
    #[error("page {page}: a glyph is missing")]
    MissingGlyph {
        /// Page, from 1.
        page: usize,
    },
    /// Text leaves its box or the sheet.
    #[error("page {page}: text outside its box ({slot})")]
    OutsideBox {
        /// Page, from 1.
        page: usize,
        /// Slot, or `static`.
        slot: String,
    },
    /// A page does not show whose it is.
    #[error("page {page}: the subject is not on it")]
    NoSubject {
        /// Page, from 1.
        page: usize,
    },
    /// A page lacks its number line with n/N.
    #[error("page {page}: the number line is not on it")]
    NoNumber {
        /// Page, from 1.
        page: usize,
    },
    /// Wording was looked up that does not exist.
    #[error("page {page}: wording is missing")]
    NoWording {
        /// Page, from 1.
        page: usize,
    },
    /// The sheets are not as many as the document has.
    #[error("{found} pages where {meant} were meant")]
    PageCount {
        /// How many there are.
        found: usize,
        /// How many were meant.
        meant: usize,
    },
}

/// A text on a page, positioned from the sheet's top left corner.
pub struct SeenText<'a> {
    /// The item.
    pub item: &'a TextItem,
    /// Origin of its baseline.
    pub origin: Point,
    /// Transformation of its surroundings.
    pub transform: Transform,
    /// Slot that it fills, if any, with the slot's top left corner.
    pub slot: Option<(String, Point)>,
}

/// Every text of a frame, in the order in which it is drawn.
pub fn texts(frame: &Frame) -> Vec<SeenText<'_>> {
    let mut seen = Vec::new();
    walk(frame, Transform::identity(), &mut seen);
    seen
}

fn walk<'a>(frame: &'a Frame, transform: Transform, seen: &mut Vec<SeenText<'a>>) {
    let mut slot: Option<(String, Point)> = None;
    for (position, item) in frame.items() {
        match item {
            FrameItem::Group(group) => {
                let inner =
                    transform.pre_concat(Transform::translate(position.x, position.y)).pre_concat(group.transform);
                walk(&group.frame, inner, seen);
                slot = None;
            }
            FrameItem::Tag(_) => {
                if let Some(name) = slot_name(item) {
                    slot = Some((name, position.transform(transform)));
                }
            }
            FrameItem::Text(text) => {
                seen.push(SeenText { item: text, origin: position.transform(transform), transform, slot: slot.clone() })
            }
            _ => {}
        }
    }
}

/// Looks at every page. An empty list means that nothing is wrong.
pub fn inspect(sheets: &Sheets, numbered: bool) -> Vec<Fault> {
    let pages = sheets.document.pages();
    let mut faults = Vec::new();
    if pages.len() != sheets.meant {
        faults.push(Fault::PageCount { found: pages.len(), meant: sheets.meant });
    }
    for (index, page) in pages.iter().enumerate() {
        let number = index + 1;
        let seen = texts(&page.frame);
        inspect_texts(sheets, &seen, &page.frame, number, &mut faults);
        let all: String = seen.iter().map(|text| text.item.text.as_str()).collect();
        // A subject that was wrapped stands on consecutive lines, so that its pieces follow each other.
        if !sheets.subject.iter().all(|subject| all.contains(subject.as_str())) {
            faults.push(Fault::NoSubject { page: number });
        }
        if numbered && !sheets.numbers.get(index).is_some_and(|line| all.contains(line.as_str())) {
            faults.push(Fault::NoNumber { page: number });
        }
        if all.contains('◇') {
            faults.push(Fault::NoWording { page: number });
        }
    }
    faults
}

fn inspect_texts(sheets: &Sheets, seen: &[SeenText<'_>], frame: &Frame, page: usize, faults: &mut Vec<Fault>) {
    for text in seen {
        if text.item.glyphs.iter().any(|glyph| glyph.id == 0) {
            faults.push(Fault::MissingGlyph { page });
        }
        let inside = match &text.slot {
            Some((name, corner)) => sheets.form.slots.get(name).is_some_and(|slot| in_slot(text, slot, *corner)),
            None => on_sheet(text, frame),
        };
        if !inside {
            let slot = text.slot.as_ref().map_or("static", |(name, _)| name.as_str()).to_owned();
            faults.push(Fault::OutsideBox { page, slot });
        }
    }
}

/// Whether a value lies within its box: its ink from side to side and clear of the rules above and
/// below, its em box from top to bottom.
fn in_slot(text: &SeenText<'_>, slot: &Slot, corner: Point) -> bool {
    let clear = slot.inset.min(CLEAR) - TOLERANCE;
    let size = text.item.size.to_pt();
    let left = (text.origin.x - corner.x).to_pt();
    let right = left + ink_width(text.item);
    let baseline = (text.origin.y - corner.y).to_pt();
    let (below, above) = ink_height(text.item);
    let white = slot.clearance() - TOLERANCE;
    left >= clear
        && baseline - above >= white
        && baseline - below <= slot.height - white
        && right <= slot.width - clear
        && baseline - 0.88 * size >= -TOLERANCE
        && baseline + 0.12 * size <= slot.height + TOLERANCE
}

/// Advance width without the spaces at the end, which print nothing.
fn ink_width(item: &TextItem) -> f64 {
    let text = item.text.as_str();
    let ink = text.trim_end_matches([' ', '\u{3000}']).len();
    let glyphs = item.glyphs.iter().filter(|glyph| usize::from(glyph.range.start) < ink);
    glyphs.map(|glyph| glyph.x_advance.at(item.size).to_pt()).sum()
}

/// How far the ink of a text reaches below and above its baseline, in points (upwards positive).
fn ink_height(item: &TextItem) -> (f64, f64) {
    let face = item.font.ttf();
    let em = item.size.to_pt() / f64::from(face.units_per_em());
    let bounds = item.glyphs.iter().filter_map(|glyph| {
        let id = ttf_parser::GlyphId(glyph.id);
        match face.tables().glyf {
            Some(glyf) => glyf.bbox(id),
            None => face.glyph_bounding_box(id),
        }
    });
    bounds.fold((0.0, 0.0), |(below, above): (f64, f64), ink| {
        (below.min(f64::from(ink.y_min) * em), above.max(f64::from(ink.y_max) * em))
    })
}

fn on_sheet(text: &SeenText<'_>, frame: &Frame) -> bool {
    let (width, height) = (frame.width().to_pt(), frame.height().to_pt());
    let (x, y) = (text.origin.x.to_pt(), text.origin.y.to_pt());
    (0.0..=width).contains(&x) && (0.0..=height).contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::press::form::map_frame;
    use crate::press::testing::laid_out;
    use typst::layout::Abs;
    use typst_layout::{Page, PagedDocument};

    /// A sample whose pages are changed before they are looked at.
    fn faults(change: impl FnOnce(&mut Sheets)) -> Vec<Fault> {
        let mut sheets = laid_out("juminhyo-utsushi/nine-members");
        change(&mut sheets);
        inspect(&sheets, true)
    }

    /// Puts a second copy of a slot's text beside it, changed.
    fn with_copy(sheets: &mut Sheets, slot: &str, change: impl Fn(&mut TextItem) -> Point) {
        let pages: Vec<Page> = sheets
            .document
            .pages()
            .iter()
            .map(|page| {
                let mut page = page.clone();
                let copy = texts(&page.frame)
                    .into_iter()
                    .find(|text| text.slot.as_ref().is_some_and(|(name, _)| name == slot))
                    .map(|text| text.item.clone());
                let framed = map_frame(&page.frame, &mut |name| match &copy {
                    Some(item) if name == slot => {
                        let mut item = item.clone();
                        let place = change(&mut item);
                        vec![(place, FrameItem::Text(item))]
                    }
                    _ => Vec::new(),
                });
                page.frame = framed.unwrap_or(page.frame);
                page
            })
            .collect();
        sheets.document = PagedDocument::new(pages.into(), sheets.form.info.clone());
    }

    #[test]
    fn a_page_as_it_must_be_has_no_fault() {
        assert_eq!(faults(|_| ()), []);
    }

    #[test]
    fn a_page_without_its_subject_or_its_number_is_found_one_by_one() {
        let found = faults(|sheets| sheets.subject = vec!["見本　他人".to_owned()]);
        assert_eq!(found, [1, 2, 3].map(|page| Fault::NoSubject { page }));
        let found = faults(|sheets| sheets.numbers[1] = "20260115".to_owned());
        assert_eq!(found, [Fault::NoNumber { page: 2 }]);
    }

    #[test]
    fn a_page_too_many_or_too_few_is_found() {
        assert_eq!(faults(|sheets| sheets.meant = 2), [Fault::PageCount { found: 3, meant: 2 }]);
    }

    #[test]
    fn a_missing_glyph_and_text_outside_its_box_are_found() {
        let inside = Point::new(Abs::pt(4.0), Abs::pt(13.0));
        let glyph = faults(|sheets| {
            with_copy(sheets, "s0.jusho", |item| {
                item.glyphs[0].id = 0;
                inside
            });
        });
        assert_eq!(glyph, [Fault::MissingGlyph { page: 1 }]);
        for outside in [Point::new(Abs::pt(400.0), Abs::pt(13.0)), Point::new(Abs::pt(4.0), Abs::pt(40.0))] {
            let found = faults(|sheets| with_copy(sheets, "s0.jusho", |_| outside));
            assert_eq!(found, [Fault::OutsideBox { page: 1, slot: "s0.jusho".to_owned() }]);
        }
    }

    #[test]
    fn ink_that_comes_near_the_rule_above_or_below_is_found() {
        // The slot is 7 mm high. Its em box lies inside at each of these places; its ink, of kanji with
        // 0.84 em above the baseline and 0.08 em below, keeps more than 0.4 mm at the middle one only.
        for (baseline, found) in [(9.75, 1), (13.0, 0), (18.4, 1)] {
            let place = Point::new(Abs::pt(4.0), Abs::pt(baseline));
            let faults = faults(|sheets| with_copy(sheets, "s0.jusho", |_| place));
            assert_eq!(faults.len(), found, "{baseline}: {faults:?}");
        }
    }
}
