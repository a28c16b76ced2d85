//! 印影: the imprint of a registered seal (印鑑), black and white, at true size.
//!
//! In data: `{"png": "…", "dpi": 600}`, a PNG in Base64 (RFC 4648) and its resolution in dots per inch. A
//! resolution that the PNG states itself (pHYs) must be the same. Only what a registration takes can be
//! parsed: an imprint that does not fit a square of 8 mm and does fit one of 25 mm.

use std::io::Cursor;

use data_encoding::BASE64;
use image::codecs::png::PngDecoder;
use image::{DynamicImage, GrayImage, Limits, Luma, Rgba};

use super::cbor::Cbor;
use super::json::Json;
use super::parse::{Parse, Reader, parse_with};
use super::picture;
use super::view::SlotPicture;

/// An imprint that does not fit a square of this many millimetres is large enough.
const TOO_SMALL_MM: u32 = 8;
/// An imprint fits a square of this many millimetres.
pub const MOST_MM: u32 = 25;
/// Resolutions at which seals are scanned, in dots per inch.
const LEAST_DPI: u32 = 200;
const MOST_DPI: u32 = 1200;
/// Largest PNG, in bytes: 25 mm at the highest resolution are 170 kB uncompressed.
const MOST_BYTES: usize = 512 * 1024;
/// Most memory of the decoder, in bytes: 25 mm at the highest resolution in the widest pixels, twice.
const MOST_MEMORY: u64 = 2 * 8 * 1182 * 1182;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// An imprint.
#[derive(Clone, PartialEq)]
pub struct Inei {
    /// 0 or 255 in each pixel.
    picture: GrayImage,
    dpi: u32,
}

impl std::fmt::Debug for Inei {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A picture is not an imprint that can be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IneiError {
    /// Not Base64.
    #[error("reading an imprint: not Base64")]
    NotBase64,
    /// More than 512 KiB.
    #[error("reading an imprint: too many bytes")]
    TooManyBytes,
    /// Not a PNG.
    #[error("reading an imprint: not a PNG")]
    NotPng,
    /// A PNG that is damaged.
    #[error("reading an imprint: the PNG is damaged")]
    Damaged,
    /// Below 200 or above 1200 dots per inch.
    #[error("reading an imprint: resolution outside {LEAST_DPI} to {MOST_DPI} dots per inch")]
    Resolution,
    /// The PNG states another resolution than the data.
    #[error("reading an imprint: the PNG states another resolution")]
    OtherResolution,
    /// A pixel is neither black nor white.
    #[error("reading an imprint: a pixel is neither black nor white")]
    NotBilevel,
    /// All pixels are white, or all black.
    #[error("reading an imprint: of one colour")]
    OneColour,
    /// Fits a square of 8 mm.
    #[error("reading an imprint: fits a square of {TOO_SMALL_MM} mm")]
    TooSmall,
    /// Does not fit a square of 25 mm.
    #[error("reading an imprint: does not fit a square of {MOST_MM} mm")]
    TooLarge,
}

impl IneiError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotBase64 => "imprint-not-base64",
            Self::TooManyBytes => "imprint-too-many-bytes",
            Self::NotPng => "imprint-not-png",
            Self::Damaged => "imprint-damaged",
            Self::Resolution => "imprint-resolution",
            Self::OtherResolution => "imprint-other-resolution",
            Self::NotBilevel => "imprint-not-bilevel",
            Self::OneColour => "imprint-of-one-colour",
            Self::TooSmall => "imprint-too-small",
            Self::TooLarge => "imprint-too-large",
        }
    }
}

impl Inei {
    /// Reads a PNG at a resolution in dots per inch.
    ///
    /// # Errors
    /// Anything that cannot be registered. Size and resolution are looked at before a pixel is decoded.
    pub fn read(png: &[u8], dpi: u32) -> Result<Self, IneiError> {
        if !(LEAST_DPI..=MOST_DPI).contains(&dpi) {
            return Err(IneiError::Resolution);
        }
        if png.len() > MOST_BYTES {
            return Err(IneiError::TooManyBytes);
        }
        let (width, height) = size(png).ok_or(IneiError::NotPng)?;
        if width.max(height) > pixels(MOST_MM, dpi) {
            return Err(IneiError::TooLarge);
        }
        if !states(png, dpi) {
            return Err(IneiError::OtherResolution);
        }
        let picture = bilevel(&decode(png)?)?;
        let (width, height) = ink(&picture).ok_or(IneiError::OneColour)?;
        if width.max(height) <= pixels(TOO_SMALL_MM, dpi) {
            return Err(IneiError::TooSmall);
        }
        Ok(Self { picture, dpi })
    }

    /// Width and height in millimetres.
    pub fn size_mm(&self) -> (f64, f64) {
        let mm = |pixels: u32| f64::from(pixels) * 25.4 / f64::from(self.dpi);
        (mm(self.picture.width()), mm(self.picture.height()))
    }

    /// For a slot, at true size.
    pub fn picture(&self, slot: impl Into<String>) -> SlotPicture {
        SlotPicture { slot: slot.into(), png: picture::png(&self.picture), size_mm: self.size_mm() }
    }

    /// One bit a pixel, black as 1, rows from the top, each filled up to a byte.
    fn bits(&self) -> Vec<u8> {
        let pack = |byte: &[u8]| {
            byte.iter()
                .zip([128, 64, 32, 16, 8, 4, 2, 1])
                .fold(0, |sum, (pixel, bit)| if *pixel == 0 { sum | bit } else { sum })
        };
        let width = self.picture.width().max(1) as usize;
        self.picture.as_raw().chunks(width).flat_map(|row| row.chunks(8).map(pack)).collect()
    }
}

impl Parse for Inei {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        let entries = reader.record(json, &["png", "dpi"])?;
        let png = reader.field::<Base64>(entries, "png");
        let dpi = reader.field::<i64>(entries, "dpi");
        // What does not fit the type is no resolution either.
        let (png, dpi) = (png?.0, u32::try_from(dpi?).unwrap_or(0));
        Self::read(&png, dpi).map_or_else(|error| reader.refuse(error.code()), Some)
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Map(vec![
            ("dpi", Cbor::Integer(i64::from(self.dpi))),
            ("width", Cbor::Integer(i64::from(self.picture.width()))),
            ("height", Cbor::Integer(i64::from(self.picture.height()))),
            ("bits", Cbor::Bytes(self.bits())),
        ]))
    }
}

/// Bytes in Base64, only on their way to a picture.
struct Base64(Vec<u8>);

impl Parse for Base64 {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        parse_with(
            json,
            reader,
            |text| {
                if text.len() > MOST_BYTES.div_ceil(3) * 4 {
                    return Err(IneiError::TooManyBytes);
                }
                BASE64.decode(text.as_bytes()).map(Self).map_err(|_| IneiError::NotBase64)
            },
            IneiError::code,
        )
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Bytes(self.0.clone()))
    }
}

/// How many pixels so many millimetres are, to the nearest.
fn pixels(mm: u32, dpi: u32) -> u32 {
    (mm * dpi * 10 + 127) / 254
}

fn big_endian(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

/// Width and height, from the header alone.
fn size(png: &[u8]) -> Option<(u32, u32)> {
    (png.starts_with(SIGNATURE) && png.get(12..16) == Some(b"IHDR")).then_some(())?;
    let (width, height) = (big_endian(png, 16)?, big_endian(png, 20)?);
    (width > 0 && height > 0).then_some((width, height))
}

/// Whether the resolution that the PNG states (pHYs), if it states one, is this one to the nearest dot.
fn states(png: &[u8], dpi: u32) -> bool {
    let Some((x, y, unit)) = density(png) else {
        return true;
    };
    let agrees = |per_metre: u32| (u64::from(per_metre) * 254).abs_diff(u64::from(dpi) * 10_000) <= 5_000;
    x == y && (unit != 1 || agrees(x))
}

/// pHYs: pixels per unit across and down, and the unit (1: metre).
fn density(png: &[u8]) -> Option<(u32, u32, u8)> {
    let mut at = SIGNATURE.len();
    loop {
        let length = usize::try_from(big_endian(png, at)?).ok()?;
        match png.get(at + 4..at + 8)? {
            b"pHYs" => {
                return Some((big_endian(png, at + 8)?, big_endian(png, at + 12)?, *png.get(at + 16)?));
            }
            b"IDAT" => return None,
            _ => at = at.checked_add(length)?.checked_add(12)?,
        }
    }
}

fn decode(png: &[u8]) -> Result<DynamicImage, IneiError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    let decoder = PngDecoder::with_limits(Cursor::new(png), limits).map_err(|_| IneiError::Damaged)?;
    DynamicImage::from_decoder(decoder).map_err(|_| IneiError::Damaged)
}

/// Whether bytes are a PNG in black and white, and nothing else.
pub fn is_bilevel_png(png: &[u8]) -> bool {
    decode(png).is_ok_and(|picture| bilevel(&picture).is_ok())
}

/// The picture in black and white, if it has nothing else.
fn bilevel(picture: &DynamicImage) -> Result<GrayImage, IneiError> {
    const BLACK: Rgba<u16> = Rgba([0, 0, 0, u16::MAX]);
    const WHITE: Rgba<u16> = Rgba([u16::MAX; 4]);
    let picture = picture.to_rgba16();
    if picture.pixels().any(|pixel| *pixel != BLACK && *pixel != WHITE) {
        return Err(IneiError::NotBilevel);
    }
    Ok(GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        Luma([if *picture.get_pixel(x, y) == BLACK { 0 } else { 255 }])
    }))
}

/// Width and height of what is black, where some is and some is not.
fn ink(picture: &GrayImage) -> Option<(u32, u32)> {
    let mut black = picture.enumerate_pixels().filter(|(_, _, pixel)| pixel.0 == [0]).map(|(x, y, _)| (x, y));
    let (x, y) = black.next()?;
    let (left, right, bottom) =
        black.fold((x, x, y), |(left, right, bottom), (x, y)| (left.min(x), right.max(x), bottom.max(y)));
    let some_white = picture.pixels().any(|pixel| pixel.0 != [0]);
    // Pixels come row by row: the first is of the topmost row.
    some_white.then(|| (right - left + 1, bottom - y + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayAlphaImage, ImageFormat, LumaA, Rgb, RgbImage};
    use proptest::prelude::*;
    use serde_json::json;

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.into().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    /// A frame of so many pixels that touches all edges.
    fn frame(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| {
            let edge = x == 0 || y == 0 || x + 1 == width || y + 1 == height;
            Luma([if edge { 0 } else { 255 }])
        })
    }

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let mut hasher = png_crc(&[kind.as_slice(), data].concat());
        let mut out = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
        out.extend_from_slice(kind);
        out.extend_from_slice(data);
        out.append(&mut hasher);
        out
    }

    fn png_crc(bytes: &[u8]) -> Vec<u8> {
        let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
        });
        (!crc).to_be_bytes().to_vec()
    }

    /// The PNG with pHYs after its header.
    fn with_density(png: &[u8], x: u32, y: u32, unit: u8) -> Vec<u8> {
        let data = [x.to_be_bytes().as_slice(), &y.to_be_bytes(), &[unit]].concat();
        [&png[..33], &chunk(b"pHYs", &data), &png[33..]].concat()
    }

    #[test]
    fn an_imprint_is_as_large_as_a_registration_takes() {
        // 8 mm are 189 pixels at 600 dots per inch, 25 mm are 591.
        for (width, height, dpi, expected) in [
            (189, 189, 600, Err(IneiError::TooSmall)),
            (190, 10, 600, Ok(())),
            (10, 190, 600, Ok(())),
            (190, 190, 600, Ok(())),
            (591, 591, 600, Ok(())),
            (592, 591, 600, Err(IneiError::TooLarge)),
            (591, 592, 600, Err(IneiError::TooLarge)),
            (197, 197, 200, Ok(())),
            (198, 197, 200, Err(IneiError::TooLarge)),
            (1181, 1181, 1200, Ok(())),
            (1182, 1181, 1200, Err(IneiError::TooLarge)),
            (190, 190, 199, Err(IneiError::Resolution)),
            (190, 190, 1201, Err(IneiError::Resolution)),
        ] {
            let read = Inei::read(&png(frame(width, height)), dpi).map(|_| ());
            assert_eq!(read, expected, "{width} x {height} at {dpi}");
        }
    }

    #[test]
    fn a_white_margin_makes_no_imprint_larger() {
        let mut picture = GrayImage::from_pixel(500, 500, Luma([255]));
        image::imageops::replace(&mut picture, &frame(189, 189), 100, 200);
        assert_eq!(Inei::read(&png(picture.clone()), 600), Err(IneiError::TooSmall));
        image::imageops::replace(&mut picture, &frame(190, 189), 100, 200);
        assert!(Inei::read(&png(picture), 600).is_ok());
    }

    #[test]
    fn only_black_and_white_are_an_imprint() {
        let grey = |level: u8| {
            let mut picture = frame(300, 300);
            picture.put_pixel(150, 150, Luma([level]));
            png(picture)
        };
        let mut red = RgbImage::from_pixel(300, 300, Rgb([255; 3]));
        red.put_pixel(0, 0, Rgb([255, 0, 0]));
        let mut clear = GrayAlphaImage::from_pixel(300, 300, LumaA([255, 255]));
        clear.put_pixel(0, 0, LumaA([0, 254]));
        for (picture, expected) in [
            (grey(1), IneiError::NotBilevel),
            (grey(254), IneiError::NotBilevel),
            (png(red), IneiError::NotBilevel),
            (png(clear), IneiError::NotBilevel),
            (png(GrayImage::from_pixel(300, 300, Luma([255]))), IneiError::OneColour),
            (png(GrayImage::from_pixel(300, 300, Luma([0]))), IneiError::OneColour),
        ] {
            assert_eq!(Inei::read(&picture, 600), Err(expected));
        }
        let colours = RgbImage::from_fn(300, 300, |x, _| Rgb(if x < 200 { [0; 3] } else { [255; 3] }));
        assert!(Inei::read(&png(colours), 600).is_ok(), "black and white in colour are black and white");
    }

    #[test]
    fn what_is_no_png_is_refused_before_it_is_decoded() {
        let good = png(frame(300, 300));
        let mut bomb = good.clone();
        bomb[16..24].copy_from_slice(&[0xFF; 8]);
        let mut empty = good.clone();
        empty[16..20].copy_from_slice(&[0; 4]);
        for (bytes, expected) in [
            (b"GIF89a".to_vec(), IneiError::NotPng),
            (Vec::new(), IneiError::NotPng),
            (good[..23].to_vec(), IneiError::NotPng),
            (empty, IneiError::NotPng),
            (bomb, IneiError::TooLarge),
            (good[..good.len() / 2].to_vec(), IneiError::Damaged),
            (good[..33].to_vec(), IneiError::Damaged),
            (vec![0; MOST_BYTES + 1], IneiError::TooManyBytes),
        ] {
            assert_eq!(Inei::read(&bytes, 600), Err(expected), "{} bytes", bytes.len());
        }
    }

    #[test]
    fn a_stated_resolution_must_be_the_given_one() {
        let plain = png(frame(300, 300));
        for (x, y, unit, agrees) in [
            (23_622, 23_622, 1, true),
            (23_640, 23_640, 1, true),
            (23_700, 23_700, 1, false),
            (11_811, 11_811, 1, false),
            (23_622, 11_811, 1, false),
            (1, 1, 0, true),
            (1, 2, 0, false),
        ] {
            let read = Inei::read(&with_density(&plain, x, y, unit), 600).map(|_| ());
            let expected = if agrees { Ok(()) } else { Err(IneiError::OtherResolution) };
            assert_eq!(read, expected, "{x} {y} {unit}");
        }
    }

    #[test]
    fn an_imprint_is_shown_at_true_size_pixel_by_pixel() {
        let inei = Inei::read(&png(frame(354, 236)), 600).unwrap();
        let shown = inei.picture("inei");
        assert!((shown.size_mm.0 - 14.986).abs() < 0.001 && (shown.size_mm.1 - 9.991).abs() < 0.001);
        assert_eq!(image::load_from_memory(&shown.png).unwrap().to_luma8(), frame(354, 236));
    }

    #[test]
    fn the_digest_is_of_the_pixels() {
        let inei = |picture: GrayImage| Inei::read(&png(picture), 600).unwrap();
        let one = inei(frame(200, 200));
        let stated = Inei::read(&with_density(&png(frame(200, 200)), 23_622, 23_622, 1), 600).unwrap();
        assert_eq!(one.encode(), stated.encode());
        let mut other = frame(200, 200);
        other.put_pixel(199, 100, Luma([255]));
        assert_ne!(one.encode(), inei(other).encode());
        assert_ne!(one.encode(), Inei::read(&png(frame(200, 200)), 500).unwrap().encode());
        assert_eq!(inei(frame(200, 10)).bits()[..26], [[255; 25].as_slice(), &[0x80]].concat());
    }

    #[test]
    fn faults_are_told_by_place() {
        let png = BASE64.encode(&png(frame(300, 300)));
        for (value, path, code) in [
            (json!({ "png": "@@", "dpi": 600 }), "png", "imprint-not-base64"),
            (json!({ "png": "A".repeat(MOST_BYTES * 2), "dpi": 600 }), "png", "imprint-too-many-bytes"),
            (json!({ "png": png, "dpi": -600 }), "", "imprint-resolution"),
            (json!({ "png": png, "dpi": 600.5 }), "dpi", "not-a-whole-number"),
            (json!({ "png": "AAAA", "dpi": 600 }), "", "imprint-not-png"),
            (json!({ "png": png }), "dpi", "missing-field"),
        ] {
            let mut reader = Reader::new(&crate::domain::text::Anything);
            let json = Json::read(value.to_string().as_bytes()).unwrap();
            assert_eq!(Inei::parse(&json, &mut reader), None);
            let found: Vec<_> = reader.into_found().refusals.into_iter().map(|r| (r.path, r.code)).collect();
            assert_eq!(found, [(path.to_owned(), code)]);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_bring_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..400) {
            let mut damaged = png(frame(200, 200));
            let at = at % damaged.len();
            let end = damaged.len().min(at + bytes.len());
            damaged[at..end].copy_from_slice(&bytes[..end - at]);
            let _ = Inei::read(&damaged, 600);
            let _ = Inei::read(&[SIGNATURE, &bytes].concat(), 600);
        }
    }
}
