//! Codes as pictures: Code 128 and QR, one pixel a module, black on white.

use std::io::Cursor;

use barcoders::sym::code128::Code128;
use image::{GrayImage, ImageFormat, Luma};
use qrcode::bits::Bits;
use qrcode::{EcLevel, QrCode, Version};

use super::view::SlotPicture;

/// A code could not be made of a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The text has characters that the code lacks, or is too long for it.
    #[error("making a {code} code: the text does not go into one")]
    DoesNotFit {
        /// Which code.
        code: &'static str,
    },
}

/// A Code 128 (set B) of ASCII text, `width` by `height` millimetres, without quiet zones.
pub fn code128(slot: &str, text: &str, width: f64, height: f64) -> Result<SlotPicture, CodeError> {
    let refused = |_| CodeError::DoesNotFit { code: "Code 128" };
    // The crate chooses the character set by a leading letter; Ɓ is set B.
    let modules = Code128::new(format!("Ɓ{text}")).map_err(refused)?.encode();
    let picture = GrayImage::from_fn(modules.len() as u32, 1, |x, _| {
        Luma([if modules.get(x as usize) == Some(&1) { 0 } else { 255 }])
    });
    Ok(SlotPicture { slot: slot.to_owned(), png: png(&picture), size_mm: (width, height) })
}

/// A QR of error correction M whose modules are `module` millimetres wide, without quiet zone.
pub fn qr(slot: &str, text: &str, module: f64) -> Result<SlotPicture, CodeError> {
    let (picture, modules) = qr_modules(text)?;
    let side = f64::from(modules) * module;
    Ok(SlotPicture { slot: slot.to_owned(), png: png(&picture), size_mm: (side, side) })
}

/// The modules of a QR of error correction M, one pixel each, and how many stand along a side. The text
/// is ASCII: what comes near a Shift_JIS character would be stored as one.
pub fn qr_modules(text: &str) -> Result<(GrayImage, u32), CodeError> {
    let code =
        QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| CodeError::DoesNotFit { code: "QR" })?;
    Ok(drawn(&code))
}

/// The same for text in UTF-8, stored byte by byte.
pub fn qr_modules_utf8(text: &str) -> Result<(GrayImage, u32), CodeError> {
    let code = (1..=40).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_byte_data(text.as_bytes()).ok()?;
        bits.push_terminator(EcLevel::M).ok()?;
        QrCode::with_bits(bits, EcLevel::M).ok()
    });
    code.as_ref().map(drawn).ok_or(CodeError::DoesNotFit { code: "QR" })
}

fn drawn(code: &QrCode) -> (GrayImage, u32) {
    let side = code.width() as u32;
    let colors = code.to_colors();
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let dark = colors.get((y * side + x) as usize) == Some(&qrcode::Color::Dark);
        Luma([if dark { 0 } else { 255 }])
    });
    (picture, side)
}

/// A picture as PNG.
pub fn png(picture: &GrayImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory fails only for lack of memory, which aborts anyway.
    let _ = picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png);
    bytes
}
