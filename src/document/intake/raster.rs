//! PNG and JPEG, decoded by the `image` crate.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::{DynamicImage, GrayImage, ImageDecoder, Limits};

use super::tiff::{exif_dpi, swaps_sides};
use super::{Dpi, IntakeError, MAX_PIXELS, Page, check_pixels, contained, over_paper, page, paper_size};

/// Eight bytes a pixel: 16-bit RGBA, the widest that PNG has.
const MAX_ALLOC: u64 = 8 * MAX_PIXELS;

pub(super) fn read_png(bytes: &[u8]) -> Result<Vec<Page>, IntakeError> {
    let failure = IntakeError::CorruptPicture { format: "PNG" };
    contained(failure.clone(), || {
        let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits());
        finish(decoder.map_err(|_| failure.clone())?, png_dpi(bytes), failure)
    })
}

pub(super) fn read_jpeg(bytes: &[u8]) -> Result<Vec<Page>, IntakeError> {
    let failure = IntakeError::CorruptPicture { format: "JPEG" };
    contained(failure.clone(), || {
        // A decoder fills what is missing with grey, and the form would be printed short.
        if !is_whole_jpeg(bytes) {
            return Err(failure);
        }
        let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|_| failure.clone())?;
        let stated = jfif_dpi(bytes).and_then(Dpi::unless_placeholder);
        let exif = decoder.exif_metadata().ok().flatten();
        let dpi = stated.or_else(|| exif_dpi(&exif?));
        finish(decoder, dpi, failure)
    })
}

/// Width and height of a JPEG, from its header alone.
pub(super) fn jpeg_dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    Some(JpegDecoder::new(Cursor::new(bytes)).ok()?.dimensions())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOC);
    limits
}

/// Decodes the one page once its size has been checked, and turns it upright.
fn finish(mut decoder: impl ImageDecoder, dpi: Option<Dpi>, failure: IntakeError) -> Result<Vec<Page>, IntakeError> {
    let (width, height) = decoder.dimensions();
    check_pixels(1, width, height)?;
    decoder.set_limits(limits()).map_err(|_| failure.clone())?;
    let orientation = decoder.orientation().map_err(|_| failure.clone())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| failure)?;
    picture.apply_orientation(orientation);
    let dpi = dpi.and_then(Dpi::unless_placeholder);
    let dpi = if swaps_sides(orientation) { dpi.map(Dpi::turned) } else { dpi };
    let grey = on_paper(picture);
    Ok(vec![page(&grey, paper_size(1, grey.dimensions(), dpi)?)?])
}

/// Grey, with transparency showing white paper.
fn on_paper(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let transparent = picture.into_luma_alpha8();
    let (width, height) = transparent.dimensions();
    GrayImage::from_fn(width, height, |x, y| {
        let [grey, alpha] = transparent.get_pixel(x, y).0;
        image::Luma([over_paper(grey, alpha)])
    })
}

/// The density in the pHYs chunk (PNG 11.3.5.3), which is per metre.
fn png_dpi(bytes: &[u8]) -> Option<Dpi> {
    let mut rest = bytes.get(8..)?;
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let kind = rest.get(4..8)?;
        let data = rest.get(8..8_usize.checked_add(length)?)?;
        match (kind, data) {
            (b"pHYs", [x @ .., 1]) if x.len() == 8 => {
                let (x, y) = (x.first_chunk()?, x.last_chunk()?);
                let per_cm = |density: &[u8; 4]| f64::from(u32::from_be_bytes(*density)) / 100.0;
                return Dpi::per_cm(per_cm(x), per_cm(y));
            }
            (b"IDAT", _) => return None,
            _ => rest = rest.get(length.checked_add(12)?..)?,
        }
    }
}

/// Whether the end-of-image marker follows the first scan (ITU-T T.81, B.1.1.2). Within
/// entropy-coded data a byte 0xff is stuffed, so only the marker itself can match.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let [0xff, marker, high, low, ..] = *rest {
        if marker == 0xda {
            return rest.windows(2).any(|pair| pair == [0xff, 0xd9]);
        }
        // A marker may be preceded by fill bytes.
        let step = if marker == 0xff { 1 } else { 2 + usize::from(u16::from_be_bytes([high, low])) };
        rest = rest.get(step..).unwrap_or_default();
    }
    false
}

/// The density in the JFIF segment (ITU-T T.871, 10.1), which is the first segment if present.
fn jfif_dpi(bytes: &[u8]) -> Option<Dpi> {
    let segment = bytes.get(2..18)?;
    if !segment.starts_with(&[0xff, 0xe0]) || segment.get(4..9)? != b"JFIF\0" {
        return None;
    }
    let &[unit, x1, x2, y1, y2] = segment.get(11..16)?.first_chunk()?;
    let density = |high, low| f64::from(u16::from_be_bytes([high, low]));
    match unit {
        1 => Dpi::new(density(x1, x2), density(y1, y2)),
        2 => Dpi::per_cm(density(x1, x2), density(y1, y2)),
        _ => None,
    }
}
