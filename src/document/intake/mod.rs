//! Reads a sheet from outside, a form that a visitor brings (持込様式) or a received FAX
//! (FAX転写), into grey page pictures of bounded size whose true size on paper is known.
//!
//! Bytes in, pages out: nothing is read from or written to a file. The bytes are hostile until
//! shown otherwise. Every width and height is checked before its pixels are allocated, what a
//! compressed PDF stream expands to is measured first, and decoders of other makers run on a
//! thread of their own, so that a panic or deep recursion refuses the sheet and nothing more.
//!
//! | input | read as | true size |
//! |---|---|---|
//! | PDF | rasterised at [`PDF_DPI`], /Rotate, /CropBox and /UserUnit honoured | PDF user space |
//! | PNG, JPEG | decoded, Exif orientation honoured | pHYs, JFIF or Exif density; else see [`SizeBasis`] |
//! | TIFF, CCITT | every line decoded strictly: a damaged one is refused | XResolution, YResolution |
//! | TIFF, other | decoded, Orientation honoured | XResolution, YResolution; else see [`SizeBasis`] |

mod fax;
mod inspect;
mod pdf;
mod raster;
mod tiff;
mod work;

use std::fmt;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, GrayImage, ImageEncoder};
use thiserror::Error;

/// Largest input, in bytes.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Most pages of one sheet.
pub const MAX_PAGES: usize = 10;
/// Most pixels of one page, and of one picture inside a PDF page.
pub const MAX_PIXELS: u64 = 60_000_000;
/// Resolution at which a PDF page is rasterised, in dots per inch.
pub const PDF_DPI: f64 = 300.0;

/// A3 (ISO 216), short and long side in mm: the largest paper that is taken.
const A3_MM: (f64, f64) = (297.0, 420.0);
/// A4 (ISO 216), short and long side in mm.
const A4_MM: (f64, f64) = (210.0, 297.0);
/// How far a scanner's picture may overshoot the paper, in mm.
const OVERSHOOT_MM: f64 = 6.0;
const MM_PER_INCH: f64 = 25.4;
/// User space units per inch (PDF 1.7, 8.3.2.3).
const UNITS_PER_INCH: f64 = 72.0;

/// Where a sheet comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A form that the visitor brought (持込様式): PDF, PNG, JPEG or TIFF.
    Form,
    /// A received FAX: a TIFF whose pages are all CCITT-coded (ITU-T T.4 or T.6) and state
    /// their resolution.
    Fax,
}

/// One page as a picture with its size on paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Width on paper in mm.
    pub width_mm: f64,
    /// Height on paper in mm.
    pub height_mm: f64,
    /// What the size rests on.
    pub basis: SizeBasis,
    /// The pixels. Those of a FAX need not be square: draw the picture stretched to
    /// `width_mm` by `height_mm`, never at its own aspect ratio.
    pub picture: Picture,
}

/// What the size of a page rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeBasis {
    /// The file states its size or resolution.
    Stated,
    /// The file states none, or only the placeholder of 72 dpi that Exif 2.3 (4.6.4,
    /// XResolution) prescribes for an unknown one, and its sides are in the ratio 1:√2 of
    /// A-series paper within 3 %: it is taken as A4. Any other ratio is refused.
    AssumedA4,
}

/// An 8-bit grey picture, black 0 and white 255; CCITT-coded pages hold only these two.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The pixels as PNG (greyscale, 8 bits, no metadata). The same pixels give the same bytes.
    pub png: Vec<u8>,
}

impl fmt::Debug for Picture {
    /// The picture shows a person's data, so only its measure is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture {{ width: {}, height: {}, png: *** }}", self.width, self.height)
    }
}

/// Why a sheet is refused. Pages and lines count from 1.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum IntakeError {
    #[error("intake: input of {bytes} bytes exceeds {MAX_BYTES}")]
    InputTooLarge { bytes: usize },
    #[error("intake: neither PDF, PNG, JPEG nor TIFF")]
    UnknownFormat,
    #[error("intake: the document has no pages")]
    NoPages,
    #[error("intake: the document has more than {MAX_PAGES} pages")]
    TooManyPages,
    #[error("intake: page {page} is {width} x {height} pixels, more than {MAX_PIXELS}")]
    ImageTooLarge { page: usize, width: u32, height: u32 },
    #[error("intake: page {page} is {width_mm:.0} x {height_mm:.0} mm, beyond A3")]
    PageTooLarge { page: usize, width_mm: f64, height_mm: f64 },
    #[error("intake: page {page} states no resolution and is not of A-series proportions")]
    ResolutionMissing { page: usize },
    #[error("intake: the PDF is damaged")]
    CorruptPdf,
    #[error("intake: the PDF is encrypted")]
    EncryptedPdf,
    #[error("intake: the PDF expands beyond its limits")]
    PdfExpandsTooFar,
    #[error("intake: drawing page {page} would take too long")]
    FormTooComplex { page: usize },
    #[error("intake: page {page} shows text in font {font:?}, which is not embedded")]
    FontNotEmbedded { page: usize, font: String },
    #[error("intake: page {page} shows text in an embedded font that cannot be read")]
    FontUnreadable { page: usize },
    #[error("intake: page {page} has a picture that cannot be decoded")]
    PdfPictureUnreadable { page: usize },
    #[error("intake: the {format} picture is damaged")]
    CorruptPicture { format: &'static str },
    #[error("intake: the TIFF is cut off at page {page}")]
    TruncatedTiff { page: usize },
    #[error("intake: the TIFF is damaged at page {page}")]
    CorruptTiff { page: usize },
    #[error("intake: page {page} of the TIFF uses compression {compression}, which is not read")]
    UnsupportedCompression { page: usize, compression: u32 },
    #[error("intake: page {page} of the TIFF has pixels of a kind that is not read")]
    UnsupportedPixels { page: usize },
    #[error("intake: line {line} of page {page} does not decode")]
    FaxLine { page: usize, line: u32 },
    #[error("intake: a FAX must be a TIFF of CCITT-coded pages")]
    NotFax,
}

impl IntakeError {
    /// The code by which the sentence for the clerk is looked up.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InputTooLarge { .. } => "input-too-large",
            Self::UnknownFormat => "unknown-format",
            Self::NoPages => "no-pages",
            Self::TooManyPages => "too-many-pages",
            Self::ImageTooLarge { .. } => "image-too-large",
            Self::PageTooLarge { .. } => "page-too-large",
            Self::ResolutionMissing { .. } => "resolution-missing",
            Self::CorruptPdf => "corrupt-pdf",
            Self::EncryptedPdf => "encrypted-pdf",
            Self::PdfExpandsTooFar => "pdf-expands-too-far",
            Self::FormTooComplex { .. } => "form-too-complex",
            Self::FontNotEmbedded { .. } => "font-not-embedded",
            Self::FontUnreadable { .. } => "font-unreadable",
            Self::PdfPictureUnreadable { .. } => "pdf-picture-unreadable",
            Self::CorruptPicture { .. } => "corrupt-picture",
            Self::TruncatedTiff { .. } => "truncated-tiff",
            Self::CorruptTiff { .. } => "corrupt-tiff",
            Self::UnsupportedCompression { .. } => "unsupported-compression",
            Self::UnsupportedPixels { .. } => "unsupported-pixels",
            Self::FaxLine { .. } => "fax-line",
            Self::NotFax => "not-fax",
        }
    }
}

/// Reads a sheet of 1 to [`MAX_PAGES`] pages.
///
/// The format is told by the first bytes, never by a name.
pub fn read(bytes: &[u8], source: Source) -> Result<Vec<Page>, IntakeError> {
    if bytes.len() > MAX_BYTES {
        return Err(IntakeError::InputTooLarge { bytes: bytes.len() });
    }
    match (Format::of(bytes).ok_or(IntakeError::UnknownFormat)?, source) {
        (Format::Tiff, _) => tiff::read(bytes, source),
        (_, Source::Fax) => Err(IntakeError::NotFax),
        (Format::Pdf, _) => pdf::read(bytes),
        (Format::Png, _) => raster::read_png(bytes),
        (Format::Jpeg, _) => raster::read_jpeg(bytes),
    }
}

/// A file format, told by its first bytes.
enum Format {
    Pdf,
    Png,
    Jpeg,
    Tiff,
}

impl Format {
    fn of(bytes: &[u8]) -> Option<Self> {
        // Readers of PDF accept leading rubbish before the header in the first 1024 bytes
        // (PDF 1.7, implementation note 13), and mailers do prepend a line.
        let head = bytes.get(..1024).unwrap_or(bytes);
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(Self::Tiff),
            _ if head.windows(5).any(|w| w == b"%PDF-") => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// Refuses a picture of more than [`MAX_PIXELS`] or of none, before its pixels are allocated.
fn check_pixels(page: usize, width: u32, height: u32) -> Result<(), IntakeError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > MAX_PIXELS {
        return Err(IntakeError::ImageTooLarge { page, width, height });
    }
    Ok(())
}

/// Refuses paper beyond A3, in either orientation.
fn check_paper(page: usize, width_mm: f64, height_mm: f64) -> Result<(), IntakeError> {
    let (short, long) = (width_mm.min(height_mm), width_mm.max(height_mm));
    if short > A3_MM.0 + OVERSHOOT_MM || long > A3_MM.1 + OVERSHOOT_MM {
        return Err(IntakeError::PageTooLarge { page, width_mm, height_mm });
    }
    Ok(())
}

/// Resolution in dots per inch, across and down.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Dpi {
    x: f64,
    y: f64,
}

impl Dpi {
    /// A resolution that a scanner or FAX can have; anything else states nothing.
    fn new(x: f64, y: f64) -> Option<Self> {
        let plausible = |dpi: f64| (36.0..=4800.0).contains(&dpi);
        (plausible(x) && plausible(y)).then_some(Self { x, y })
    }

    /// As [`Dpi::new`], from dots per centimetre.
    fn per_cm(x: f64, y: f64) -> Option<Self> {
        Self::new(x * 2.54, y * 2.54)
    }

    /// The resolution unless it is the 72 dpi that stands for an unknown one.
    fn unless_placeholder(self) -> Option<Self> {
        let placeholder = |dpi: f64| (dpi - 72.0).abs() < 0.1;
        (!(placeholder(self.x) && placeholder(self.y))).then_some(self)
    }

    fn turned(self) -> Self {
        Self { x: self.y, y: self.x }
    }
}

/// The size of a picture on paper in mm, see [`SizeBasis`].
fn paper_size(
    page: usize,
    (width, height): (u32, u32),
    dpi: Option<Dpi>,
) -> Result<(f64, f64, SizeBasis), IntakeError> {
    let (width, height) = (f64::from(width), f64::from(height));
    if let Some(Dpi { x, y }) = dpi {
        let (width_mm, height_mm) = (width / x * MM_PER_INCH, height / y * MM_PER_INCH);
        check_paper(page, width_mm, height_mm)?;
        return Ok((width_mm, height_mm, SizeBasis::Stated));
    }
    let ratio = width.max(height) / width.min(height);
    if (ratio / std::f64::consts::SQRT_2 - 1.0).abs() > 0.03 {
        return Err(IntakeError::ResolutionMissing { page });
    }
    let (width_mm, height_mm) = if width <= height { A4_MM } else { (A4_MM.1, A4_MM.0) };
    Ok((width_mm, height_mm, SizeBasis::AssumedA4))
}

/// A page from its pixels and its size on paper in mm.
fn page(pixels: &GrayImage, (width_mm, height_mm, basis): (f64, f64, SizeBasis)) -> Result<Page, IntakeError> {
    let (width, height) = pixels.dimensions();
    let mut png = Vec::new();
    // Forms and faxes are line art: filters only cost, and higher levels gain 3 % for twice the
    // time (A4 form at 300 dpi: level 3 170 kB, default 166 kB, Fast 3.5 MB).
    PngEncoder::new_with_quality(&mut png, CompressionType::Level(3), FilterType::NoFilter)
        .write_image(pixels, width, height, ExtendedColorType::L8)
        .map_err(|_| IntakeError::CorruptPicture { format: "PNG" })?;
    Ok(Page { width_mm, height_mm, basis, picture: Picture { width, height, png } })
}

/// Luminance of an sRGB colour over white paper (Rec. ITU-R BT.709 weights), as [`image`] has it.
fn luminance([r, g, b]: [u8; 3]) -> u8 {
    let sum = 2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b);
    // The weights sum to 10 000, so the quotient is at most 255.
    u8::try_from(sum / 10_000).unwrap_or(u8::MAX)
}

/// Grey of a given opacity over white paper.
fn over_paper(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

/// Runs a decoder of another maker on a thread of its own with a deep stack. A panic in it
/// becomes `failure`; a refusal that was thrown through it is told as it is.
fn contained<T: Send>(
    failure: IntakeError,
    decode: impl FnOnce() -> Result<T, IntakeError> + Send,
) -> Result<T, IntakeError> {
    const STACK_BYTES: usize = 64 * 1024 * 1024;
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().name("intake".to_owned()).stack_size(STACK_BYTES).spawn_scoped(scope, decode);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(thrown)) => Err(thrown.downcast().map_or(failure, |refusal| *refusal)),
            Err(_) => Err(failure),
        }
    })
}

#[cfg(test)]
mod tests;
