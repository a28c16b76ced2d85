//! The finished file against what was meant: [`super::readback`] reads it with code of its own, and
//! every text must be there, where it was put, character by character, and nothing else.

use typst::layout::Frame;

use super::inspect::texts;
use super::readback::{PageText, ReadBackError, read_back};
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
        let offset = meant.item.glyphs.first().map_or(0.0, |glyph| glyph.x_offset.at(meant.item.size).to_pt());
        let near = (meant.origin.x.to_pt() + offset - run.x).abs() < NEAR
            && (meant.origin.y.to_pt() - run.y).abs() < NEAR;
        if meant.item.text.as_str() != run.text || !near {
            return Err(Mismatch::Text { page, index });
        }
    }
    Ok(())
}
