//! The finished file against what was meant: [`super::readback`] reads it with code of its own, and
//! every text must be there, where it was put, character by character, and nothing else.

use typst::layout::{Abs, Em, Frame, Ratio};

use super::inspect::{SeenText, texts};
use super::readback::{PageText, ReadBackError, Run, read_back};
use super::sheet::Sheets;

/// How far a text may stand from where it was put, in points.
const NEAR: f64 = 0.2;

/// The file does not say what was meant. Never released; always an incident.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// The file could not be read back.
    #[error("reading the file back: {0}")]
    Unreadable(#[from] ReadBackError),
    /// Another number of pages.
    #[error("reading the file back: {found} pages where {meant} were meant")]
    Pages {
        /// How many there are.
        found: usize,
        /// How many were meant.
        meant: usize,
    },
    /// Another text, or the text elsewhere. The texts themselves are personal and stay out of the log.
    #[error("reading the file back: page {page}: text {index} is not the one meant, or not in its place")]
    Text {
        /// Page, from 1.
        page: usize,
        /// Which text of the page, from 0.
        index: usize,
    },
    /// More or fewer texts than were set.
    #[error("reading the file back: page {page}: {found} texts where {meant} were meant")]
    Count {
        /// Page, from 1.
        page: usize,
        /// How many there are.
        found: usize,
        /// How many were meant.
        meant: usize,
    },
}

/// Compares a finished file with the pages it was made of.
pub fn compare(sheets: &Sheets, pdf: &[u8]) -> Result<(), Mismatch> {
    let pages = sheets.document.pages();
    let found = read_back(pdf)?;
    if found.len() != pages.len() {
        return Err(Mismatch::Pages { found: found.len(), meant: pages.len() });
    }
    for (index, (page, found)) in pages.iter().zip(&found).enumerate() {
        compare_page(&page.frame, found, index + 1)?;
    }
    Ok(())
}

fn compare_page(frame: &Frame, found: &PageText, page: usize) -> Result<(), Mismatch> {
    let meant: Vec<_> = texts(frame).into_iter().filter(|text| !text.item.glyphs.is_empty()).collect();
    if meant.len() != found.runs.len() {
        return Err(Mismatch::Count { page, found: found.runs.len(), meant: meant.len() });
    }
    for (index, (meant, run)) in meant.iter().zip(&found.runs).enumerate() {
        if meant.item.text.as_str() != run.text || !in_place(meant, run) {
            return Err(Mismatch::Text { page, index });
        }
    }
    Ok(())
}

/// Whether a text begins and ends where it was put, in the size that it was given.
fn in_place(meant: &SeenText<'_>, run: &Run) -> bool {
    let item = meant.item;
    let Some((last, before)) = item.glyphs.split_last() else { return true };
    let Some(width) = item.font.x_advance(last.id) else { return false };
    let start = item.glyphs.first().map_or(Em::zero(), |glyph| glyph.x_offset).at(item.size);
    let end = before.iter().fold(last.x_offset + width, |end, glyph| end + glyph.x_advance).at(item.size);
    // The origin of a text is that of its baseline; turned text goes along its own axis.
    let along = |x: Abs| {
        let (sx, ky) = (meant.transform.sx.get(), meant.transform.ky.get());
        (meant.origin.x.to_pt() + x.to_pt() * sx, meant.origin.y.to_pt() + x.to_pt() * ky)
    };
    let near = |a: f64, b: f64| (a - b).abs() < NEAR;
    let [a, b, c, d] = [meant.transform.sx, meant.transform.ky, meant.transform.kx, meant.transform.sy].map(Ratio::get);
    let size = item.size.to_pt() * (a * d - b * c).abs() / a.hypot(b);
    near(along(start).0, run.x) && near(along(start).1, run.y) && near(along(end).0, run.end_x) && near(size, run.size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::press::testing::{households, laid_out};

    #[test]
    fn another_document_s_file_is_not_taken_for_this_one() {
        let (one, other) = households();
        let own = crate::press::pdf::export(&one.document, "x", one.day).unwrap();
        assert!(compare(&one, &own).is_ok());
        let foreign = crate::press::pdf::export(&other.document, "x", other.day).unwrap();
        assert!(matches!(compare(&one, &foreign), Err(Mismatch::Text { .. } | Mismatch::Count { .. })));
    }

    #[test]
    fn a_sheet_of_several_that_is_another_s_is_found() {
        // Only the second sheet of a bundle was another family's: it happened.
        let mut mixed = laid_out("juminhyo-utsushi/nine-members");
        let own = laid_out("juminhyo-utsushi/nine-members");
        let (other, _) = households();
        let mut pages = own.document.pages().to_vec();
        pages[1] = other.document.pages()[0].clone();
        let info = typst::model::Document::info(&own.document).clone();
        let file = typst_layout::PagedDocument::new(pages.into(), info);
        let file = crate::press::pdf::export(&file, "x", own.day).unwrap();
        assert!(matches!(
            compare(&mixed, &file),
            Err(Mismatch::Text { page: 2, .. } | Mismatch::Count { page: 2, .. })
        ));
        mixed.document = typst_layout::PagedDocument::new(own.document.pages()[..2].into(), own.form.info.clone());
        let file = crate::press::pdf::export(&own.document, "x", own.day).unwrap();
        assert!(matches!(compare(&mixed, &file), Err(Mismatch::Pages { found: 3, meant: 2 })));
    }
}
