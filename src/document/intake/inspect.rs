//! Follows each page of a PDF as the rasteriser will, without drawing, and refuses what would
//! not come out as it was meant: text in a font that is not embedded or cannot be read, and
//! pictures beyond [`super::MAX_PIXELS`]. It also reckons the work of drawing ([`Work`]) and stops
//! where that has no end.

use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::font::Glyph;
use hayro::hayro_interpret::pattern::Pattern;
use hayro::hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache, InterpreterSettings, Paint,
    PathDrawMode, SoftMask, interpret_page,
};
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, Stream};
use hayro::hayro_syntax::page::Page as PdfPage;
use hayro::vello_cpu::kurbo::{Affine, BezPath, Rect};

use super::pdf::check_picture;
use super::work::Work;
use super::{IntakeError, PDF_DPI, UNITS_PER_INCH};

/// Names of fonts that are not embedded, by the key of their dictionary.
pub(super) type UnembeddedFonts = HashMap<u128, String>;

pub(super) fn unembedded_fonts(pdf: &Pdf) -> UnembeddedFonts {
    let mut fonts = HashMap::new();
    for object in pdf.objects() {
        collect_fonts(MaybeRef::NotRef(object), &mut fonts);
    }
    fonts
}

/// Looks into direct objects only; indirect ones have their own turn.
fn collect_fonts(object: MaybeRef<Object<'_>>, fonts: &mut UnembeddedFonts) {
    let MaybeRef::NotRef(object) = object else {
        return;
    };
    let dict = match object {
        Object::Dict(dict) => dict,
        Object::Stream(stream) => stream.dict().clone(),
        Object::Array(array) => {
            return array.raw_iter().for_each(|item| collect_fonts(item, fonts));
        }
        _ => return,
    };
    if let Some(name) = unembedded_font(&dict) {
        fonts.insert(dict.cache_key(), name);
    }
    for (_, entry) in dict.entries() {
        collect_fonts(entry, fonts);
    }
}

/// The name of a font without a font program (PDF 1.7, 9.9). The standard 14 fonts are no
/// exception. Type 3 fonts consist of drawings and need none.
fn unembedded_font(dict: &Dict<'_>) -> Option<String> {
    let kind = dict.get::<Name<'_>>("Subtype")?;
    let descendant = || dict.get::<Array<'_>>("DescendantFonts")?.iter::<Dict<'_>>().next();
    let described = match kind.as_ref() {
        b"Type1" | b"MMType1" | b"TrueType" | b"OpenType" => Some(dict.clone()),
        b"Type0" => descendant(),
        _ => return None,
    };
    let embedded = described.and_then(|font| font.get::<Dict<'_>>("FontDescriptor")).is_some_and(|descriptor| {
        ["FontFile", "FontFile2", "FontFile3"].iter().any(|key| descriptor.get::<Stream<'_>>(key).is_some())
    });
    let name = dict.get::<Name<'_>>("BaseFont");
    let name = name.map(|name| String::from_utf8_lossy(name.as_ref()).chars().take(64).collect());
    (!embedded).then(|| name.unwrap_or_default())
}

/// What the interpreter warns of.
#[derive(Default, Clone)]
pub(super) struct Alarm {
    picture: Arc<AtomicBool>,
    font: Arc<AtomicBool>,
}

impl Alarm {
    pub(super) fn settings(&self) -> InterpreterSettings {
        let (picture, font) = (self.picture.clone(), self.font.clone());
        let standard = InterpreterSettings::default();
        let substitute = standard.font_resolver.clone();
        InterpreterSettings {
            warning_sink: Arc::new(move |_| picture.store(true, Ordering::Relaxed)),
            font_resolver: Arc::new(move |query| {
                font.store(true, Ordering::Relaxed);
                substitute(query)
            }),
            ..standard
        }
    }

    pub(super) fn picture_failed(&self) -> bool {
        self.picture.load(Ordering::Relaxed)
    }

    fn font_substituted(&self) -> bool {
        self.font.load(Ordering::Relaxed)
    }
}

/// Refuses a page that shows text in a font that is not embedded or cannot be read, and one whose
/// drawing would take more than is left of the file's work. `unit` is its UserUnit.
pub(super) fn inspect<'a>(
    pdf_page: &'a PdfPage<'a>,
    number: usize,
    unit: f64,
    fonts: &UnembeddedFonts,
    work: &mut Work,
) -> Result<(), IntakeError> {
    let alarm = Alarm::default();
    let cache = InterpreterCache::new();
    let (width, height) = pdf_page.render_dimensions();
    let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let scale = PDF_DPI / UNITS_PER_INCH * unit;
    let mut context =
        Context::new(Affine::scale(scale), bounds.scale_from_origin(scale), &cache, pdf_page.xref(), alarm.settings());
    work.begin_page(bounds.scale_from_origin(scale).size());
    let mut inspector = Inspector {
        fonts,
        work,
        number,
        masks: HashSet::new(),
        open: Vec::new(),
        groups: 0,
        form_begins: false,
        fault: None,
    };
    let written = pdf_page.page_stream().map_or(0, <[u8]>::len);
    inspector.charge(|work| work.content(written));
    interpret_page(pdf_page, &mut context, &mut inspector);
    match inspector.fault {
        Some(Fault::NotEmbedded(font)) => Err(IntakeError::FontNotEmbedded { page: number, font }),
        Some(Fault::Unreadable) => Err(IntakeError::FontUnreadable { page: number }),
        Some(Fault::HugePicture) => Err(IntakeError::PdfExpandsTooFar),
        // Every font of the file is embedded, and yet one had to be replaced.
        None if fonts.is_empty() && alarm.font_substituted() => Err(IntakeError::FontUnreadable { page: number }),
        None => Ok(()),
    }
}

/// Why a page cannot be drawn as it was meant.
enum Fault {
    NotEmbedded(String),
    Unreadable,
    HugePicture,
}

/// Follows a page as a rasteriser would, without drawing, and keeps the first fault.
struct Inspector<'f> {
    fonts: &'f UnembeddedFonts,
    work: &'f mut Work,
    /// Page, from 1.
    number: usize,
    /// Masks already followed, of which the rasteriser keeps what it drew.
    masks: HashSet<u128>,
    /// Patterns, masks and Type 3 glyphs that are being followed.
    open: Vec<u128>,
    /// Transparency groups that are open.
    groups: usize,
    /// Whether the interpreter is about to enter a form: it sets the blend mode, then clips to the
    /// form's box. Nothing else has these two in sequence.
    form_begins: bool,
    fault: Option<Fault>,
}

/// The key under which the interpreter files the font it falls back on.
const FALLBACK_FONT: u128 = 0;

impl Inspector<'_> {
    /// Adds to the work. Where it is too much, the interpretation, which cannot be told to end, is
    /// unwound, with the refusal for [`super::contained`] to find.
    fn charge(&mut self, add: impl FnOnce(&mut Work)) {
        add(self.work);
        if self.work.is_too_much() {
            self.stop();
        }
        self.form_begins = false;
    }

    fn stop(&self) {
        resume_unwind(Box::new(IntakeError::FormTooComplex { page: self.number }));
    }

    /// Follows a drawing within the page, which must not contain itself.
    fn follow(&mut self, key: u128, interpret: impl FnOnce(&mut Self)) {
        if self.open.contains(&key) {
            self.stop();
        }
        self.open.push(key);
        self.charge(Work::drawing);
        interpret(self);
        self.open.pop();
    }

    fn follow_paint<'a>(&mut self, paint: &Paint<'a>, transform: Affine, is_stroke: bool) {
        if let Paint::Pattern(pattern) = paint
            && let Pattern::Tiling(tiling) = &**pattern
        {
            let steps = (f64::from(tiling.x_step), f64::from(tiling.y_step));
            self.charge(|work| work.tile(tiling.bbox, steps, tiling.matrix));
            // A tile is drawn apart, with nothing kept from elsewhere.
            let kept = std::mem::take(&mut self.masks);
            self.follow(tiling.cache_key(), |inspector| {
                tiling.interpret(inspector, transform, is_stroke);
            });
            self.masks = kept;
        }
    }

    fn follow_mask<'a>(&mut self, mask: Option<SoftMask<'a>>) {
        if let Some(mask) = mask
            && self.masks.insert(mask.cache_key())
        {
            self.charge(Work::mask);
            self.follow(mask.cache_key(), |inspector| mask.interpret(inspector));
        }
    }
}

impl<'a> Device<'a> for Inspector<'_> {
    fn set_soft_mask(&mut self, mask: Option<SoftMask<'a>>) {
        self.follow_mask(mask);
    }

    fn push_transparency_group(&mut self, _: f32, mask: Option<SoftMask<'a>>, _: BlendMode) {
        self.charge(Work::group);
        self.groups += 1;
        self.follow_mask(mask);
    }

    fn pop_transparency_group(&mut self) {
        self.groups = self.groups.saturating_sub(1);
    }

    fn draw_path(&mut self, path: &BezPath, at: Affine, paint: &Paint<'a>, mode: &PathDrawMode) {
        let groups = self.groups;
        let is_shading = matches!(paint, Paint::Pattern(pattern) if matches!(**pattern, Pattern::Shading(_)));
        let stroke = match mode {
            PathDrawMode::Stroke(stroke) => Some(stroke),
            PathDrawMode::Fill(_) => None,
        };
        self.charge(|work| work.path(path, at, stroke, is_shading, groups));
        self.follow_paint(paint, at, stroke.is_some());
    }

    fn draw_glyph(
        &mut self,
        glyph: &Glyph<'a>,
        transform: Affine,
        glyph_transform: Affine,
        paint: &Paint<'a>,
        mode: &GlyphDrawMode,
    ) {
        if matches!(mode, GlyphDrawMode::Invisible) {
            return;
        }
        let groups = self.groups;
        self.charge(|work| work.glyph(transform * glyph_transform, groups));
        self.follow_paint(paint, transform, matches!(mode, GlyphDrawMode::Stroke(_)));
        match glyph {
            Glyph::Outline(outline) => {
                let key = outline.font_cache_key();
                let fault = match self.fonts.get(&key) {
                    Some(font) => Some(Fault::NotEmbedded(font.clone())),
                    None if key == FALLBACK_FONT => Some(Fault::Unreadable),
                    None => None,
                };
                self.fault = self.fault.take().or(fault);
            }
            Glyph::Type3(drawing) => self.follow(drawing.cache_key(), |inspector| {
                drawing.interpret(inspector, transform, glyph_transform, paint);
            }),
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, at: Affine) {
        if check_picture(image.width(), image.height()).is_err() {
            self.fault.get_or_insert(Fault::HugePicture);
            return;
        }
        self.charge(|work| work.picture(image.width(), image.height(), at));
    }

    fn set_blend_mode(&mut self, _: BlendMode) {
        self.form_begins = true;
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        // Inside patterns and glyphs the blend mode is not told: any clip may be a form's.
        let is_form = self.form_begins || !self.open.is_empty();
        self.charge(|work| work.clip(&clip.path));
        if is_form {
            self.charge(Work::drawing);
        }
    }

    fn pop_clip_path(&mut self) {}
}
