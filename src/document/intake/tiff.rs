//! TIFF 6.0: the directories are read here; CCITT-coded strips go to [`super::fax`], which is
//! strict about every line, other compressions to the `tiff` crate.

use std::io::Cursor;

use ::tiff::decoder::{Decoder, DecodingResult, Limits};
use ::tiff::{ColorType, TiffError, TiffUnsupportedError};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage};

use super::fax::{self, BadLine, Coding};
use super::{
    Dpi, IntakeError, MAX_PAGES, MAX_PIXELS, Page, Source, check_pixels, contained, luminance, over_paper, page,
    paper_size,
};

/// Tags of TIFF 6.0, chapter 8 and 11.
mod tag {
    pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(super) const IMAGE_WIDTH: u16 = 256;
    pub(super) const IMAGE_LENGTH: u16 = 257;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC_INTERPRETATION: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const ORIENTATION: u16 = 274;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(super) const X_RESOLUTION: u16 = 282;
    pub(super) const Y_RESOLUTION: u16 = 283;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const T6_OPTIONS: u16 = 293;
    pub(super) const RESOLUTION_UNIT: u16 = 296;
}

/// Reads the pages of a TIFF. Thumbnails are passed over.
pub(super) fn read(bytes: &[u8], source: Source) -> Result<Vec<Page>, IntakeError> {
    let directories = directories(bytes)?;
    let pages: Vec<_> =
        directories.into_iter().enumerate().filter(|(_, directory)| !directory.is_thumbnail()).collect();
    if pages.is_empty() {
        return Err(IntakeError::NoPages);
    }
    pages
        .iter()
        .enumerate()
        .map(|(number, (index, directory))| {
            let sheet = Sheet::new(directory, number + 1)?;
            match (Strips::of(directory, &sheet)?, source) {
                (Some(strips), _) => sheet.finish(strips.decode(bytes, &sheet)?, source),
                (None, Source::Fax) => Err(IntakeError::NotFax),
                (None, Source::Form) => sheet.finish(decode_other(bytes, *index, &sheet)?, source),
            }
        })
        .collect()
}

/// The resolution that the first directory of the TIFF structure inside Exif states.
pub(super) fn exif_dpi(exif: &[u8]) -> Option<Dpi> {
    let file = File::new(exif)?;
    file.directory(file.first_directory()?, 1).ok()?.0.dpi()
}

/// All directories in the order of their chain.
fn directories(bytes: &[u8]) -> Result<Vec<Directory<'_>>, IntakeError> {
    let cut = |page| IntakeError::TruncatedTiff { page };
    let file = File::new(bytes).ok_or(cut(1))?;
    let mut next = file.first_directory().ok_or(cut(1))?;
    let mut directories = Vec::new();
    while next != 0 {
        // Each page may bring a thumbnail along.
        if directories.len() >= 2 * MAX_PAGES {
            return Err(IntakeError::TooManyPages);
        }
        let (directory, following) = file.directory(next, directories.len() + 1)?;
        directories.push(directory);
        next = following;
    }
    let pages = directories.iter().filter(|directory| !directory.is_thumbnail()).count();
    if pages > MAX_PAGES { Err(IntakeError::TooManyPages) } else { Ok(directories) }
}

/// What every page states, whatever its compression.
struct Sheet {
    page: usize,
    width: u32,
    height: u32,
    compression: u32,
    black_is_zero: bool,
    lsb_first: bool,
    orientation: Orientation,
    dpi: Option<Dpi>,
}

impl Sheet {
    fn new(directory: &Directory<'_>, page: usize) -> Result<Self, IntakeError> {
        let corrupt = IntakeError::CorruptTiff { page };
        let first = |tag| directory.first(tag);
        let width = first(tag::IMAGE_WIDTH).ok_or(corrupt.clone())?;
        let height = first(tag::IMAGE_LENGTH).ok_or(corrupt)?;
        check_pixels(page, width, height)?;
        Ok(Self {
            page,
            width,
            height,
            compression: first(tag::COMPRESSION).unwrap_or(1),
            black_is_zero: first(tag::PHOTOMETRIC_INTERPRETATION) == Some(1),
            lsb_first: first(tag::FILL_ORDER) == Some(2),
            orientation: first(tag::ORIENTATION)
                .and_then(|value| Orientation::from_exif(u8::try_from(value).ok()?))
                .unwrap_or(Orientation::NoTransforms),
            dpi: directory.dpi(),
        })
    }

    fn unsupported(&self) -> IntakeError {
        IntakeError::UnsupportedCompression { page: self.page, compression: self.compression }
    }

    /// Turns the pixels upright and gives the page its size. A FAX always knows its own.
    fn finish(&self, pixels: GrayImage, source: Source) -> Result<Page, IntakeError> {
        let turned = |dpi: Dpi| {
            if swaps_sides(self.orientation) { dpi.turned() } else { dpi }
        };
        let dpi = self.dpi.map(turned);
        if source == Source::Fax && dpi.is_none() {
            return Err(IntakeError::ResolutionMissing { page: self.page });
        }
        let mut picture = DynamicImage::ImageLuma8(pixels);
        picture.apply_orientation(self.orientation);
        let upright = picture.into_luma8();
        page(&upright, paper_size(self.page, upright.dimensions(), dpi)?)
    }
}

/// Whether an orientation turns width into height.
pub(super) fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// The CCITT-coded strips of a page.
struct Strips {
    coding: Coding,
    rows_per_strip: u32,
    /// Offset and length of each strip in the file.
    places: Vec<(u32, u32)>,
}

impl Strips {
    /// The strips, or none if the page is compressed in another way.
    fn of(directory: &Directory<'_>, sheet: &Sheet) -> Result<Option<Self>, IntakeError> {
        let t4 = directory.first(tag::T4_OPTIONS).unwrap_or(0);
        let t6 = directory.first(tag::T6_OPTIONS).unwrap_or(0);
        // Bit 1 of either word is the uncompressed mode, which no FAX sends.
        let (coding, uncompressed) = match sheet.compression {
            2 => (Coding::Runs, false),
            3 if t4 & 1 == 0 => (Coding::OneDimensional, t4 & 2 != 0),
            3 => (Coding::TwoDimensional, t4 & 2 != 0),
            4 => (Coding::T6, t6 & 2 != 0),
            _ => return Ok(None),
        };
        if uncompressed {
            return Err(sheet.unsupported());
        }
        let corrupt = IntakeError::CorruptTiff { page: sheet.page };
        let offsets = directory.all(tag::STRIP_OFFSETS).ok_or(corrupt.clone())?;
        let lengths = directory.all(tag::STRIP_BYTE_COUNTS).ok_or(corrupt.clone())?;
        let rows_per_strip = directory.first(tag::ROWS_PER_STRIP).unwrap_or(sheet.height).min(sheet.height);
        let fits = rows_per_strip > 0
            && offsets.len() == lengths.len()
            && u32::try_from(offsets.len()) == Ok(sheet.height.div_ceil(rows_per_strip));
        if !fits {
            return Err(corrupt);
        }
        let places = offsets.into_iter().zip(lengths).collect();
        Ok(Some(Self { coding, rows_per_strip, places }))
    }

    fn decode(&self, bytes: &[u8], sheet: &Sheet) -> Result<GrayImage, IntakeError> {
        let Sheet { page, width, height, .. } = *sheet;
        // Bounded by check_pixels, so that neither cast nor product can overflow.
        let (columns, rows) = (width as usize, self.rows_per_strip as usize);
        let mut ink = vec![0; columns * height as usize];
        for (index, (part, &(offset, length))) in ink.chunks_mut(columns * rows).zip(&self.places).enumerate() {
            let strip = slice(bytes, offset, length).ok_or(IntakeError::TruncatedTiff { page })?;
            fax::decode(strip, self.coding, sheet.lsb_first, columns, part).map_err(|BadLine(line)| {
                let line = u32::try_from(index * rows + line + 1).unwrap_or(height);
                IntakeError::FaxLine { page, line }
            })?;
        }
        // The coder's black is sample 1, which BlackIsZero shows white (TIFF 6.0, chapter 10).
        let black = u8::from(!sheet.black_is_zero);
        for sample in &mut ink {
            *sample = if *sample == black { 0 } else { 255 };
        }
        GrayImage::from_raw(width, height, ink).ok_or(IntakeError::CorruptTiff { page })
    }
}

/// Decodes a page that is not CCITT-coded, the `index`th directory of the file.
fn decode_other(bytes: &[u8], index: usize, sheet: &Sheet) -> Result<GrayImage, IntakeError> {
    if sheet.lsb_first {
        // The decoder knows only FillOrder 1, and would show a mirrored pattern.
        return Err(sheet.unsupported());
    }
    contained(IntakeError::CorruptTiff { page: sheet.page }, || {
        // Four samples a pixel are the most that is read.
        let most = usize::try_from(4 * MAX_PIXELS).unwrap_or(usize::MAX);
        let mut limits = Limits::default();
        limits.decoding_buffer_size = most;
        limits.intermediate_buffer_size = most;
        let failed = |error| tiff_failure(error, sheet);
        let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(failed)?.with_limits(limits);
        decoder.seek_to_image(index).map_err(failed)?;
        let color = decoder.colortype().map_err(failed)?;
        match decoder.read_image().map_err(failed)? {
            DecodingResult::U8(samples) => to_grey(&samples, color, sheet),
            _ => Err(IntakeError::UnsupportedPixels { page: sheet.page }),
        }
    })
}

fn tiff_failure(error: TiffError, sheet: &Sheet) -> IntakeError {
    let Sheet { page, width, height, .. } = *sheet;
    match error {
        TiffError::IoError(_) => IntakeError::TruncatedTiff { page },
        TiffError::UnsupportedError(TiffUnsupportedError::UnsupportedCompressionMethod(_)) => sheet.unsupported(),
        TiffError::UnsupportedError(_) => IntakeError::UnsupportedPixels { page },
        TiffError::LimitsExceeded => IntakeError::ImageTooLarge { page, width, height },
        _ => IntakeError::CorruptTiff { page },
    }
}

/// Grey pixels from the samples of one page; transparency shows white paper.
fn to_grey(samples: &[u8], color: ColorType, sheet: &Sheet) -> Result<GrayImage, IntakeError> {
    let pixels: Vec<u8> = match color {
        ColorType::Gray(8) => samples.to_vec(),
        ColorType::Gray(1) => unpack(samples, sheet.width),
        ColorType::GrayA(8) => samples.chunks_exact(2).map(|s| over_paper(s[0], s[1])).collect(),
        ColorType::RGB(8) | ColorType::YCbCr(8) => {
            samples.chunks_exact(3).map(|s| luminance([s[0], s[1], s[2]])).collect()
        }
        ColorType::RGBA(8) => {
            samples.chunks_exact(4).map(|s| over_paper(luminance([s[0], s[1], s[2]]), s[3])).collect()
        }
        _ => return Err(IntakeError::UnsupportedPixels { page: sheet.page }),
    };
    GrayImage::from_raw(sheet.width, sheet.height, pixels).ok_or(IntakeError::CorruptTiff { page: sheet.page })
}

/// One bit a pixel, rows on byte boundaries, 1 white.
fn unpack(samples: &[u8], width: u32) -> Vec<u8> {
    let columns = width as usize;
    let white = |row: &[u8], x: usize| row[x / 8] >> (7 - x % 8) & 1;
    samples.chunks_exact(columns.div_ceil(8)).flat_map(|row| (0..columns).map(move |x| 255 * white(row, x))).collect()
}

fn slice(bytes: &[u8], offset: u32, length: u32) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

/// The bytes of a TIFF with their byte order.
#[derive(Clone, Copy)]
struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> File<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = bytes.first()? == &b'M';
        Some(Self { bytes, big_endian })
    }

    fn first_directory(self) -> Option<u32> {
        self.long(4)
    }

    fn short(self, at: u32) -> Option<u16> {
        let bytes = slice(self.bytes, at, 2)?.try_into().ok()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(self, at: u32) -> Option<u32> {
        let bytes = slice(self.bytes, at, 4)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// The directory at an offset, and the offset of the next or 0.
    fn directory(self, at: u32, page: usize) -> Result<(Directory<'a>, u32), IntakeError> {
        let parse = || {
            let entries = self.short(at)?;
            let first = at.checked_add(2)?;
            let end = first.checked_add(12 * u32::from(entries))?;
            Some((Directory { file: self, first, end }, self.long(end)?))
        };
        parse().ok_or(IntakeError::TruncatedTiff { page })
    }
}

/// One image file directory: entries of 12 bytes.
#[derive(Clone, Copy)]
struct Directory<'a> {
    file: File<'a>,
    first: u32,
    end: u32,
}

impl Directory<'_> {
    /// Type, count and place of the values of a tag.
    fn entry(&self, tag: u16) -> Option<(u16, u32, u32)> {
        let entry = (self.first..self.end).step_by(12).find(|&at| self.file.short(at) == Some(tag))?;
        let (kind, count) = (self.file.short(entry + 2)?, self.file.long(entry + 4)?);
        let size = match kind {
            1 => 1,
            3 => 2,
            4 => 4,
            5 => 8,
            _ => return None,
        };
        // Values of four bytes or fewer stand in the entry itself.
        let inline = count.checked_mul(size)? <= 4;
        let place = if inline { entry + 8 } else { self.file.long(entry + 8)? };
        slice(self.file.bytes, place, count * size)?;
        Some((kind, count, place))
    }

    /// All values of a tag of whole numbers.
    fn all(&self, tag: u16) -> Option<Vec<u32>> {
        let (kind, count, place) = self.entry(tag)?;
        (0..count).map(|index| self.number(kind, place, index)).collect()
    }

    fn first(&self, tag: u16) -> Option<u32> {
        let (kind, count, place) = self.entry(tag)?;
        (count > 0).then(|| self.number(kind, place, 0))?
    }

    fn number(&self, kind: u16, place: u32, index: u32) -> Option<u32> {
        match kind {
            1 => slice(self.file.bytes, place + index, 1)?.first().copied().map(u32::from),
            3 => self.file.short(place + 2 * index).map(u32::from),
            4 => self.file.long(place + 4 * index),
            _ => None,
        }
    }

    fn rational(&self, tag: u16) -> Option<f64> {
        let (5, 1.., place) = self.entry(tag)? else {
            return None;
        };
        let (numerator, denominator) = (self.file.long(place)?, self.file.long(place + 4)?);
        Some(f64::from(numerator) / f64::from(denominator))
    }

    /// The resolution. Unit 2, the inch, is the default; 1 gives a ratio only.
    fn dpi(&self) -> Option<Dpi> {
        let (x, y) = (self.rational(tag::X_RESOLUTION)?, self.rational(tag::Y_RESOLUTION)?);
        match self.first(tag::RESOLUTION_UNIT).unwrap_or(2) {
            2 => Dpi::new(x, y),
            3 => Dpi::per_cm(x, y),
            _ => None,
        }
    }

    /// Whether this is a reduced copy of another page (bit 0 of NewSubfileType).
    fn is_thumbnail(&self) -> bool {
        self.first(tag::NEW_SUBFILE_TYPE).unwrap_or(0) & 1 != 0
    }
}
