//! PDF forms: weighed, inspected, then rasterised.
//!
//! 1. [`weigh`] loads the file with `lopdf`, which bounds what streams expand to, and refuses
//!    encryption, a page tree without end and pictures beyond [`super::MAX_PIXELS`].
//! 2. [`inspect`] follows each page as the rasteriser will, and refuses text in a font that
//!    is not embedded, and work that has no end (`work.rs`). What counts is what would be drawn: a font that is merely listed, or
//!    carries the invisible text layer of a scan (text rendering mode 3), is no fault.
//! 3. `hayro` rasterises.

use std::collections::HashSet;

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::page::Page as PdfPage;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{RenderCache, RenderSettings};
use image::GrayImage;
use lopdf::{Document, LoadOptions};

use super::inspect::{Alarm, UnembeddedFonts, inspect, unembedded_fonts};
use super::raster::jpeg_dimensions;
use super::work::{Longest, Work};
use super::{
    IntakeError, MAX_PAGES, MM_PER_INCH, PDF_DPI, Page, SizeBasis, UNITS_PER_INCH, check_paper, check_pixels,
    contained, luminance, page,
};

/// Most bytes that one stream may expand to: a picture of [`super::MAX_PIXELS`] in three colours.
const MAX_STREAM: usize = 180_000_000;
/// Most bytes that all streams of a file may expand to.
const MAX_STREAMS: usize = 3 * MAX_STREAM;
/// Deepest nesting of arrays and dictionaries. Parsers recurse into them.
const MAX_NESTING: usize = 4096;
/// Deepest page tree; balanced trees of ten pages have a few levels.
const MAX_TREE_DEPTH: usize = 32;

/// Reads the pages of a PDF.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Page>, IntakeError> {
    contained(IntakeError::CorruptPdf, || {
        let mut work = Work::new(weigh(bytes)?);
        let pdf = Pdf::new(bytes.to_vec()).map_err(|_| IntakeError::CorruptPdf)?;
        match pdf.pages().len() {
            0 => return Err(IntakeError::NoPages),
            1..=MAX_PAGES => {}
            _ => return Err(IntakeError::TooManyPages),
        }
        let fonts = unembedded_fonts(&pdf);
        let cache = RenderCache::new();
        let pages = pdf.pages().iter().enumerate();
        pages.map(|(index, page)| rasterise(page, index + 1, &fonts, &mut work, &cache)).collect()
    })
}

fn rasterise<'a>(
    pdf_page: &'a PdfPage<'a>,
    number: usize,
    fonts: &UnembeddedFonts,
    work: &mut Work,
    cache: &RenderCache<'a>,
) -> Result<Page, IntakeError> {
    let unit = pdf_page.raw().get::<f32>("UserUnit").filter(|&unit| unit > 0.0).unwrap_or(1.0);
    let unit = f64::from(unit);
    let (width, height) = pdf_page.render_dimensions();
    let mm = |units: f32| f64::from(units) * unit / UNITS_PER_INCH * MM_PER_INCH;
    let (width_mm, height_mm) = (mm(width), mm(height));
    check_paper(number, width_mm, height_mm)?;
    inspect(pdf_page, number, unit, fonts, work)?;

    // A3 at 300 dpi has fewer than 5000 dots a side, so the casts hold.
    let dots = |mm: f64| (mm / MM_PER_INCH * PDF_DPI).round().max(1.0) as u16;
    let (columns, rows) = (dots(width_mm), dots(height_mm));
    let scale = |dots: u16, units: f32| f32::from(dots) / units;
    let settings = RenderSettings {
        x_scale: scale(columns, width),
        y_scale: scale(rows, height),
        width: Some(columns),
        height: Some(rows),
        bg_color: WHITE,
    };
    let alarm = Alarm::default();
    let pixmap = hayro::render(pdf_page, cache, &alarm.settings(), &settings);
    if alarm.picture_failed() {
        return Err(IntakeError::PdfPictureUnreadable { page: number });
    }
    let grey = pixmap.data().iter().map(|pixel| luminance([pixel.r, pixel.g, pixel.b])).collect();
    let grey = GrayImage::from_raw(u32::from(columns), u32::from(rows), grey).ok_or(IntakeError::CorruptPdf)?;
    page(&grey, (width_mm, height_mm, SizeBasis::Stated))
}

/// Refuses a file that is encrypted, has no end or would not fit into memory; tells how long its
/// longest streams are that may be run again and again.
fn weigh(bytes: &[u8]) -> Result<Longest, IntakeError> {
    check_nesting(bytes)?;
    let options = LoadOptions { max_decompressed_size: Some(MAX_STREAM), ..Default::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|e| load_failure(&e))?;
    if document.trailer.has(b"Encrypt") || document.was_encrypted() {
        return Err(IntakeError::EncryptedPdf);
    }
    check_page_tree(&document)?;
    let mut budget = MAX_STREAMS;
    let glyphs = type3_glyphs(&document);
    let mut longest = Longest::default();
    for (id, object) in &document.objects {
        if let lopdf::Object::Stream(stream) = object {
            let expanded = weigh_stream(&document, stream)?;
            if stream.dict.has(b"BBox") || stream.dict.has(b"ShadingType") || glyphs.contains(id) {
                longest.drawing = longest.drawing.max(expanded);
            }
            let function = stream.dict.get_deref(b"FunctionType", &document);
            if function.and_then(lopdf::Object::as_i64).is_ok_and(|kind| kind == 4) {
                longest.function = longest.function.max(expanded);
            }
            budget = budget.checked_sub(expanded).ok_or(IntakeError::PdfExpandsTooFar)?;
        }
    }
    Ok(longest)
}

/// The drawings that Type 3 fonts have for glyphs (PDF 1.7, 9.6.5).
fn type3_glyphs(document: &Document) -> HashSet<lopdf::ObjectId> {
    let glyphs = |object: &lopdf::Object| {
        let procedures = object.as_dict().ok()?.get_deref(b"CharProcs", document).ok()?.as_dict().ok()?;
        Some(procedures.iter().filter_map(|(_, glyph)| glyph.as_reference().ok()).collect::<Vec<_>>())
    };
    document.objects.values().filter_map(glyphs).flatten().collect()
}

fn load_failure(error: &lopdf::Error) -> IntakeError {
    use lopdf::{DecompressError, Error};
    match error {
        Error::Decryption(_) | Error::InvalidPassword => IntakeError::EncryptedPdf,
        Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => IntakeError::PdfExpandsTooFar,
        _ => IntakeError::CorruptPdf,
    }
}

/// Refuses arrays and dictionaries nested beyond [`MAX_NESTING`], wherever parsing may begin:
/// openings less closings since any earlier byte.
fn check_nesting(bytes: &[u8]) -> Result<(), IntakeError> {
    let mut depth = 0_usize;
    for (&byte, &next) in bytes.iter().zip(bytes.iter().skip(1).chain([&0])) {
        match (byte, next) {
            (b'[', _) | (b'<', b'<') => depth += 1,
            (b']', _) | (b'>', b'>') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(IntakeError::CorruptPdf);
        }
    }
    Ok(())
}

/// Refuses a page tree with a cycle, which the rasteriser would follow for ever.
fn check_page_tree(document: &Document) -> Result<(), IntakeError> {
    let root = document.catalog().and_then(|catalog| catalog.get(b"Pages"));
    let mut level = vec![root.map_err(|_| IntakeError::CorruptPdf)?];
    for _ in 0..MAX_TREE_DEPTH {
        level = level.into_iter().filter_map(|node| kids(document, node)).flatten().collect();
        if level.len() > 64 * MAX_PAGES {
            return Err(IntakeError::TooManyPages);
        }
        if level.is_empty() {
            return Ok(());
        }
    }
    Err(IntakeError::CorruptPdf)
}

fn kids<'d>(document: &'d Document, node: &'d lopdf::Object) -> Option<&'d Vec<lopdf::Object>> {
    let node = document.dereference(node).ok()?.1.as_dict().ok()?;
    node.get_deref(b"Kids", document).and_then(lopdf::Object::as_array).ok()
}

/// The bytes that a stream expands to, with a picture's pixels counted by its own header.
fn weigh_stream(document: &Document, stream: &lopdf::Stream) -> Result<usize, IntakeError> {
    let number = |dict: &lopdf::Dictionary, key: &[u8]| {
        let value = dict.get_deref(key, document).and_then(lopdf::Object::as_i64).ok()?;
        u32::try_from(value).ok()
    };
    let is_picture = stream.dict.has_type(b"Image")
        || stream.dict.get(b"Subtype").and_then(lopdf::Object::as_name).is_ok_and(|n| n == b"Image");
    let size = number(&stream.dict, b"Width").zip(number(&stream.dict, b"Height"));
    if let Some((width, height)) = size.filter(|_| is_picture) {
        check_picture(width, height)?;
    }
    let Ok(filters) = stream.filters() else {
        return Ok(stream.content.len());
    };
    let is_codec = |filter: &[u8]| matches!(filter, b"DCTDecode" | b"JPXDecode" | b"JBIG2Decode" | b"CCITTFaxDecode");
    let codec = filters.iter().copied().find(|filter| is_codec(filter));
    let expanded = expand(stream, filters.iter().take_while(|filter| !is_codec(filter)))?;
    let parameters = || {
        let value = stream.dict.get_deref(b"DecodeParms", document).ok()?;
        value.as_dict().ok().or_else(|| value.as_array().ok()?.last()?.as_dict().ok())
    };
    let stated = match codec {
        Some(b"DCTDecode") => jpeg_dimensions(&expanded),
        Some(b"JPXDecode") => jpx_dimensions(&expanded),
        Some(b"JBIG2Decode") => jbig2_dimensions(&expanded),
        Some(b"CCITTFaxDecode") => parameters().map(|parameters| {
            let rows = number(parameters, b"Rows").or(size.map(|(_, height)| height));
            (number(parameters, b"Columns").unwrap_or(1728), rows.unwrap_or(1).max(1))
        }),
        _ => None,
    };
    if let Some((width, height)) = stated {
        check_picture(width, height)?;
    }
    if !is_picture {
        check_nesting(&expanded)?;
    }
    Ok(expanded.len())
}

/// A picture within a page. Which page shows it is not known yet.
pub(super) fn check_picture(width: u32, height: u32) -> Result<(), IntakeError> {
    check_pixels(1, width.max(1), height.max(1)).map_err(|_| IntakeError::PdfExpandsTooFar)
}

/// The stream with only these of its filters undone. Damage is left for the rasteriser to
/// find, which draws as much as there is.
fn expand<'f>(stream: &lopdf::Stream, filters: impl Iterator<Item = &'f &'f [u8]>) -> Result<Vec<u8>, IntakeError> {
    use lopdf::Object;
    let mut stream = stream.clone();
    let names: Vec<Object> = filters.map(|name| Object::Name(name.to_vec())).collect();
    if names.is_empty() {
        return Ok(stream.content);
    }
    stream.dict.set("Filter", Object::Array(names));
    match stream.decompressed_content_with_limit(MAX_STREAM) {
        Ok(expanded) => Ok(expanded),
        Err(error) if load_failure(&error) == IntakeError::PdfExpandsTooFar => Err(IntakeError::PdfExpandsTooFar),
        Err(_) => Ok(stream.content),
    }
}

/// Width and height in the SIZ segment of JPEG 2000 (ITU-T T.800, A.5.1).
fn jpx_dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let siz = bytes.windows(4).position(|w| w == [0xff, 0x4f, 0xff, 0x51])?;
    let side = |at| Some(u32::from_be_bytes(*bytes.get(siz + at..)?.first_chunk()?));
    Some((side(8)?, side(12)?))
}

/// Width and height of the largest region among the segments of JBIG2 (ITU-T T.88, 7.2, 7.4).
fn jbig2_dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let long = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let mut largest = None;
    let mut at = 0_usize;
    loop {
        let Some(number) = long(at) else {
            return largest;
        };
        let flags = *bytes.get(at + 4)?;
        let short_count = usize::from(bytes.get(at + 5)? >> 5);
        let (count, retention) = match short_count {
            7 => {
                let count = usize::try_from(long(at + 5)? & 0x1fff_ffff).ok()?;
                (count, 4 + (count + 1).div_ceil(8))
            }
            count => (count, 1),
        };
        let reference = if number <= 256 {
            1
        } else if number <= 65536 {
            2
        } else {
            4
        };
        let association = if flags & 0x40 == 0 { 1 } else { 4 };
        let data = at + 5 + retention + count.checked_mul(reference)? + association + 4;
        let length = long(data - 4)?;
        // Regions (types 4 to 43) and page information (48) begin with their width and height.
        if matches!(flags & 0x3f, 4..=43 | 48) && flags & 0x3f != 16 {
            // A page of unknown height (7.4.8.2) is bounded by the regions drawn on it.
            let height = long(data + 4)?;
            let size = (long(data)?, if height == u32::MAX { 1 } else { height });
            let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
            if largest.is_none_or(|known| area(known) < area(size)) {
                largest = Some(size);
            }
        }
        at = data.checked_add(usize::try_from(length).ok()?)?;
    }
}
