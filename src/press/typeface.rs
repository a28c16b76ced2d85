//! The typefaces that text is set in, and the one question asked of each character before it is
//! set: does the font have it, as it was written, variation selector included?

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use ttf_parser::{Face, GlyphId};
use typst::foundations::Bytes;
use typst::layout::Abs;
use typst::text::{Font, FontInstance, FontVariant, FontVariations};

use crate::domain::text::{Moji, Repertoire, Unprintable};

/// What a piece of text is, and therefore what it is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Style {
    /// 明朝: everything that is certified.
    Mincho,
    /// ゴシック: labels, numbers, notes.
    Gothic,
    /// ゴシック太字: changed values on internal sheets, call numbers.
    GothicBold,
}

impl Style {
    /// The style of a slot, by the name that templates use.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "mincho" => Some(Self::Mincho),
            "gothic" => Some(Self::Gothic),
            "gothic-bold" => Some(Self::GothicBold),
            _ => None,
        }
    }
}

/// One font file, parsed once for the life of the program.
pub struct Typeface {
    /// As the typesetter wants it.
    font: Font,
    instance: FontInstance,
    face: Face<'static>,
    units_per_em: f64,
}

impl Typeface {
    fn parse(data: &'static [u8]) -> Result<Self, TypefaceError> {
        let face = Face::parse(data, 0).map_err(|_| TypefaceError::Unreadable)?;
        let font = Font::new(Bytes::new(data), 0).ok_or(TypefaceError::Unreadable)?;
        let instance = font.clone().instantiate(FontVariant::default(), Abs::pt(10.0), &FontVariations::default());
        let units_per_em = f64::from(face.units_per_em());
        Ok(Self { font, instance, face, units_per_em })
    }

    /// The font for the typesetter's book.
    pub fn font(&self) -> &Font {
        &self.font
    }

    /// The font for text items that we set ourselves.
    pub fn instance(&self) -> &FontInstance {
        &self.instance
    }

    /// The glyph that stands for `moji`, or nothing where the font lacks it. A sequence is looked up
    /// in the cmap's format 14 only: the base glyph never stands in for it.
    pub fn glyph(&self, moji: Moji) -> Option<GlyphId> {
        let glyph = match moji.selector {
            None => self.face.glyph_index(moji.base)?,
            Some(selector) => self.face.glyph_variation_index(moji.base, selector)?,
        };
        (glyph.0 != 0).then_some(glyph)
    }

    /// Advance width of a glyph, in em.
    pub fn advance(&self, glyph: GlyphId) -> f64 {
        f64::from(self.face.glyph_hor_advance(glyph).unwrap_or(0)) / self.units_per_em
    }

    /// How far the ink of a glyph reaches below and above the baseline, in em (upwards positive); nothing
    /// for a glyph without ink.
    pub fn ink(&self, glyph: GlyphId) -> Option<(f64, f64)> {
        let bounds = match self.face.tables().glyf {
            // The bounds stand in the glyph's header: nothing is outlined.
            Some(glyf) => glyf.bbox(glyph),
            None => self.face.glyph_bounding_box(glyph),
        }?;
        Some((f64::from(bounds.y_min) / self.units_per_em, f64::from(bounds.y_max) / self.units_per_em))
    }

    /// The outline of a glyph, in font units (y upwards), for drawing text that must not be read out.
    pub fn outline(&self, glyph: GlyphId, builder: &mut dyn ttf_parser::OutlineBuilder) {
        self.face.outline_glyph(glyph, builder);
    }

    /// Font units in one em.
    pub fn units_per_em(&self) -> f64 {
        self.units_per_em
    }

    /// The selectors with which the font has `base`, in order.
    fn selectors_of(&self, base: char) -> Vec<char> {
        SELECTORS
            .flat_map(char::from_u32)
            .filter(|selector| self.face.glyph_variation_index(base, *selector).is_some())
            .collect()
    }
}

/// Ideographic variation selectors VS17 to VS256 (UTS #37).
const SELECTORS: RangeInclusive<u32> = 0xE0100..=0xE01EF;

/// A font could not be taken up.
#[derive(Debug, thiserror::Error)]
pub enum TypefaceError {
    /// The bytes are not a font that can be parsed.
    #[error("taking up a font: its tables cannot be read")]
    Unreadable,
    /// A range that is not of a private-use area: IPAmj明朝 alone sets everything else.
    #[error("taking up a font: only code points of a private-use area may be assigned to it")]
    NotPrivate,
    /// The file is not the one that the configuration pins.
    #[error("taking up a font: its SHA-256 is {found}, the configuration pins {pinned}")]
    OtherFile {
        /// Hash that the configuration names, hexadecimal.
        pinned: String,
        /// Hash of the file that was found, hexadecimal.
        found: String,
    },
}

/// An extra font of a city (行政事務標準文字 in the private-use area) for stated code points only.
pub struct ExtraFont {
    /// Code points that are set in this font and in no other.
    pub ranges: Vec<RangeInclusive<char>>,
    /// What the text layer says for a code point: its reading or its name. A private code point means
    /// nothing to whoever reads or hears the file, and PDF/A-2a forbids it there.
    pub stand_ins: BTreeMap<char, String>,
    typeface: Typeface,
}

/// What the text layer says for a private code point without a stand-in: 〓, the mark for a character
/// that cannot be written.
const GETA: &str = "\u{3013}";

impl ExtraFont {
    /// Takes up a font whose file must have the given SHA-256 (hexadecimal).
    pub fn pinned(
        data: Vec<u8>,
        sha256: &str,
        ranges: Vec<RangeInclusive<char>>,
        stand_ins: BTreeMap<char, String>,
    ) -> Result<Self, TypefaceError> {
        if ranges.iter().any(|range| !is_private_range(range)) {
            return Err(TypefaceError::NotPrivate);
        }
        let found = data_encoding::HEXLOWER.encode(&Sha256::digest(&data));
        if !found.eq_ignore_ascii_case(sha256) {
            return Err(TypefaceError::OtherFile { pinned: sha256.to_owned(), found });
        }
        // Fonts live as long as the program: leaking one per configured file is what lets a parsed
        // face be shared by all threads without a lock.
        let typeface = Typeface::parse(Box::leak(data.into_boxed_slice()))?;
        Ok(Self { ranges, stand_ins, typeface })
    }
}

/// All typefaces of a press.
pub struct Typefaces {
    mincho: Typeface,
    gothic: Typeface,
    gothic_bold: Typeface,
    extra: Vec<ExtraFont>,
}

impl Typefaces {
    /// The embedded fonts alone.
    pub fn embedded() -> Result<Arc<Self>, TypefaceError> {
        static SHARED: OnceLock<Arc<Typefaces>> = OnceLock::new();
        if let Some(shared) = SHARED.get() {
            return Ok(shared.clone());
        }
        let made = Arc::new(Self::with_extra(Vec::new())?);
        Ok(SHARED.get_or_init(|| made).clone())
    }

    /// The embedded fonts and those that a city adds for stated code points.
    pub fn with_extra(extra: Vec<ExtraFont>) -> Result<Self, TypefaceError> {
        Ok(Self {
            mincho: Typeface::parse(shomei_fonts::IPAMJ_MINCHO.data)?,
            gothic: Typeface::parse(shomei_fonts::BIZ_UD_GOTHIC.data)?,
            gothic_bold: Typeface::parse(shomei_fonts::BIZ_UD_GOTHIC_BOLD.data)?,
            extra,
        })
    }

    /// The typeface of a style.
    pub fn of(&self, style: Style) -> &Typeface {
        match style {
            Style::Mincho => &self.mincho,
            Style::Gothic => &self.gothic,
            Style::GothicBold => &self.gothic_bold,
        }
    }

    /// The typeface in which one character of a style is set: an extra font where the city assigned
    /// the code point to one, else the style's own. There is no fallback from one to another.
    pub fn for_moji(&self, style: Style, moji: Moji) -> &Typeface {
        self.extra
            .iter()
            .find(|extra| extra.ranges.iter().any(|range| range.contains(&moji.base)))
            .map_or_else(|| self.of(style), |extra| &extra.typeface)
    }

    /// What the text layer of a page says in place of a character: nothing else but for one of a
    /// private-use area.
    pub fn stand_in(&self, moji: Moji) -> Option<String> {
        if !is_private_use(moji.base) {
            return None;
        }
        let stand_in = self.extra.iter().find_map(|extra| extra.stand_ins.get(&moji.base));
        Some(stand_in.cloned().unwrap_or_else(|| GETA.to_owned()))
    }

    /// Every font, embedded first, for the typesetter's book.
    pub fn fonts(&self) -> impl Iterator<Item = &Font> {
        [&self.mincho, &self.gothic, &self.gothic_bold]
            .into_iter()
            .chain(self.extra.iter().map(|extra| &extra.typeface))
            .map(Typeface::font)
    }

    /// SHA-256 over every font file in order: the version of the fonts, kept with each certificate.
    pub fn digest(&self) -> [u8; 32] {
        static EMBEDDED: OnceLock<[u8; 32]> = OnceLock::new();
        let embedded = EMBEDDED.get_or_init(|| {
            let mut hasher = Sha256::new();
            shomei_fonts::ALL.iter().for_each(|font| hasher.update(font.data));
            hasher.finalize().into()
        });
        let mut hasher = Sha256::new();
        hasher.update(embedded);
        self.extra.iter().for_each(|extra| hasher.update(extra.typeface.font.data()));
        hasher.finalize().into()
    }
}

impl Repertoire for Typefaces {
    fn missing(&self, moji: Moji) -> Option<Unprintable> {
        let typeface = self.for_moji(Style::Mincho, moji);
        if typeface.glyph(moji).is_some() {
            return None;
        }
        Some(match moji.selector {
            Some(_) if typeface.glyph(Moji { selector: None, ..moji }).is_some() => {
                Unprintable::SequenceNotInFont { available: typeface.selectors_of(moji.base) }
            }
            _ if is_private_use(moji.base) => Unprintable::PrivateUse,
            _ => Unprintable::NotInFont,
        })
    }
}

/// Whether a range lies within one private-use area.
fn is_private_range(range: &RangeInclusive<char>) -> bool {
    // The three areas are far apart: a range that began in one and ended in another would be longer
    // than any of them.
    let length = u32::from(*range.end()).saturating_sub(u32::from(*range.start()));
    is_private_use(*range.start()) && is_private_use(*range.end()) && length <= 0xFFFF
}

/// Whether a code point is of a private-use area (外字 and 行政事務標準文字 live there).
fn is_private_use(base: char) -> bool {
    matches!(u32::from(base), 0xE000..=0xF8FF | 0xF_0000..=0xF_FFFD | 0x10_0000..=0x10_FFFD)
}
