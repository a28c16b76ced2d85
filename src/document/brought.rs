//! Sheets that come from outside (持込様式, FAX) and are certified as they are: pictures at true size,
//! with 認証文, number and seal laid over a place that the clerk chooses.

use std::io::Cursor;

use data_encoding::BASE64;
use image::{GrayAlphaImage, GrayImage, ImageFormat, LumaA};

use super::cbor::Cbor;
use super::intake::{self, IntakeError, Page, Source};
use super::json::Json;
use super::parse::{Parse, Reader, Text};
use super::refusal::Refusal;
use super::view::{Draft, SlotPicture};
use crate::record;

/// Width and height in millimetres of the frame that is laid over: 認証文, day, issuer, seal, number.
pub const OVERLAY_MM: (f64, f64) = (110.0, 42.0);
/// Width and height of the sheet that a FAX is transferred to, in millimetres (A4).
const A4_MM: (f64, f64) = (210.0, 297.0);
/// A dot darker than this is ink.
const INK: u8 = 160;
/// Less ink than this, in square millimetres, is dust on the scanner or noise on the line: a full stop
/// of eight points has as much.
const SPECK_MM2: f64 = 0.1;

record! {
    /// Where the frame is laid on the last sheet: its top left corner in whole millimetres.
    pub struct Ichi {
        /// From the left edge.
        pub x_mm: i64,
        /// From the top edge.
        pub y_mm: i64,
        /// That whoever chose the place knows of the writing that the frame hides. Copies for collation
        /// say so, and approval covers it.
        pub kasanaru: Option<bool>,
    }
}

impl Ichi {
    fn is_overlap_known(&self) -> bool {
        self.kasanaru == Some(true)
    }
}

/// A visitor's own form: PDF, PNG, JPEG or TIFF, one to ten pages. In data: the file in base64.
#[derive(Debug, Clone, PartialEq)]
pub struct FormFile(Brought);

/// A FAX as received: TIFF with CCITT pages. In data: the file in base64.
#[derive(Debug, Clone, PartialEq)]
pub struct FaxFile(Brought);

#[derive(Clone, PartialEq)]
struct Brought {
    bytes: Vec<u8>,
    pages: Vec<Page>,
}

impl std::fmt::Debug for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Brought({} pages)", self.pages.len())
    }
}

impl Brought {
    fn parse(json: &Json, reader: &mut Reader<'_>, source: Source) -> Option<Self> {
        let Json::Text(text) = json else { return reader.wrong_type("text", json) };
        let Ok(bytes) = BASE64.decode(text.as_bytes()) else { return reader.refuse("not-base64") };
        match intake::read(&bytes, source) {
            Ok(pages) => Some(Self { bytes, pages }),
            Err(error) => {
                let refusal = told(reader.refusal(error.code()), &error);
                reader.push(refusal)
            }
        }
    }
}

/// Adds what the sentence about a file fills in.
fn told(refusal: Refusal, error: &IntakeError) -> Refusal {
    match error {
        IntakeError::FontNotEmbedded { page, font } => refusal.with("page", page).with("font", font),
        IntakeError::FormTooComplex { page } => refusal.with("page", page),
        IntakeError::FaxLine { page, line } => refusal.with("page", page).with("line", line),
        other => refusal.with("reason", other),
    }
}

macro_rules! brought_file {
    ($type:ident, $source:ident) => {
        impl $type {
            /// Its pages, at true size.
            pub fn pages(&self) -> &[Page] {
                &self.0.pages
            }
        }

        impl Parse for $type {
            fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
                Brought::parse(json, reader, Source::$source).map(Self)
            }

            fn encode(&self) -> Option<Cbor> {
                Some(Cbor::Bytes(self.0.bytes.clone()))
            }
        }
    };
}

brought_file!(FormFile, Form);
brought_file!(FaxFile, Fax);

impl FaxFile {
    /// Refuses a FAX with ink where the sheet ends: it would be cut off.
    pub fn check_fits(&self, reader: &mut Reader<'_>) {
        for (index, page) in self.0.pages.iter().enumerate() {
            if ink_outside(page) {
                let refusal = reader.refusal("fax-beyond-sheet").with("page", index + 1);
                reader.push::<()>(refusal);
            }
        }
    }
}

/// Whether a page, centred on A4 from the top, has ink beyond its edges.
fn ink_outside(page: &Page) -> bool {
    let Some(picture) = decoded(page) else { return true };
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let beyond = ((page.width_mm - A4_MM.0) / 2.0).max(0.0) / page.width_mm * width;
    let last_row = A4_MM.1 / page.height_mm * height;
    picture.enumerate_pixels().any(|(x, y, dot)| {
        let (x, y) = (f64::from(x), f64::from(y));
        dot.0[0] < INK && (x + 1.0 <= beyond || x >= width - beyond || y >= last_row)
    })
}

fn decoded(page: &Page) -> Option<GrayImage> {
    Some(image::load_from_memory_with_format(&page.picture.png, ImageFormat::Png).ok()?.into_luma8())
}

/// A FAX page with its paper made transparent, so that the ground shows through.
fn ink_alone(page: &Page) -> Option<Vec<u8>> {
    let picture = decoded(page)?;
    let ink = GrayAlphaImage::from_fn(picture.width(), picture.height(), |x, y| {
        LumaA([0, u8::MAX - picture.get_pixel(x, y).0[0]])
    });
    let mut bytes = Vec::new();
    ink.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).ok()?;
    Some(bytes)
}

/// Refuses a place at which the frame would leave the last sheet, or hide writing of it unknown to
/// whoever chose the place.
pub fn check_place(place: &Ichi, last: &Laid<'_>, reader: &mut Reader<'_>) {
    let fits = |at: i64, length: f64, sheet: f64| at >= 0 && at as f64 + length <= sheet;
    let (width, height) = last.sheet_mm;
    if !fits(place.x_mm, OVERLAY_MM.0, width) || !fits(place.y_mm, OVERLAY_MM.1, height) {
        reader.at("ichi", |reader| reader.refuse::<()>("overlay-off-sheet"));
        return;
    }
    let ink = last.ink_under(place);
    if ink >= SPECK_MM2 && !place.is_overlap_known() {
        reader.at("ichi", |reader| {
            let refusal = reader.refusal("overlay-covers-writing").with("ink", format_args!("{ink:.1}"));
            reader.push::<()>(refusal)
        });
    }
}

/// How a page is laid on its sheet.
pub struct Laid<'p> {
    /// The page.
    pub page: &'p Page,
    /// The sheet in millimetres.
    pub sheet_mm: (f64, f64),
    /// Whether the paper of the picture is transparent.
    pub transparent: bool,
}

impl<'p> Laid<'p> {
    /// A form on a sheet of its own size.
    pub fn form(page: &'p Page) -> Self {
        Self { page, sheet_mm: (page.width_mm, page.height_mm), transparent: false }
    }

    /// A FAX on A4.
    pub fn fax(page: &'p Page) -> Self {
        Self { page, sheet_mm: A4_MM, transparent: true }
    }

    /// Ink under the frame, in square millimetres. A page that cannot be looked at is all ink.
    fn ink_under(&self, place: &Ichi) -> f64 {
        let Some(picture) = decoded(self.page) else { return OVERLAY_MM.0 * OVERLAY_MM.1 };
        let (across, down) =
            (f64::from(picture.width()) / self.page.width_mm, f64::from(picture.height()) / self.page.height_mm);
        // A page lies in the middle of its sheet, from the top.
        let left = place.x_mm as f64 - (self.sheet_mm.0 - self.page.width_mm) / 2.0;
        let hidden = |dot: u32, dots_a_mm: f64, from: f64, length: f64| {
            let (begin, end) = (f64::from(dot) / dots_a_mm, f64::from(dot + 1) / dots_a_mm);
            end > from && begin < from + length
        };
        let dots = picture
            .enumerate_pixels()
            .filter(|(x, y, dot)| {
                dot.0[0] < INK
                    && hidden(*x, across, left, OVERLAY_MM.0)
                    && hidden(*y, down, place.y_mm as f64, OVERLAY_MM.1)
            })
            .count();
        dots as f64 / (across * down)
    }
}

/// Puts the sheets and what is laid over them.
pub fn put(draft: &mut Draft<'_>, laid: &[Laid<'_>], place: &Ichi, subject: &Text) {
    let round = |mm: f64| (mm * 100.0).round() / 100.0;
    let sheets: Vec<_> = laid
        .iter()
        .map(|laid| {
            serde_json::json!({
                "width": round(laid.sheet_mm.0),
                "height": round(laid.sheet_mm.1),
                "page_height": round(laid.page.height_mm),
            })
        })
        .collect();
    draft.shape("sheets", sheets);
    draft.shape("place", serde_json::json!({ "x": place.x_mm, "y": place.y_mm, "kasanaru": place.is_overlap_known() }));
    for (index, laid) in laid.iter().enumerate() {
        let png = if laid.transparent { ink_alone(laid.page) } else { None };
        draft.picture(SlotPicture {
            slot: format!("page.{index}"),
            png: png.unwrap_or_else(|| laid.page.picture.png.clone()),
            size_mm: (laid.page.width_mm, laid.page.height_mm),
        });
        draft.put(format!("s{index}.subject"), subject.as_str(), "shimei");
    }
    draft.subject_of("shimei", subject.as_str());
}
