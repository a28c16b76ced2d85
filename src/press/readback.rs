//! Read-back (読み戻し) of a finished PDF: what its pages say, read by other code than wrote them.
//!
//! The reader walks the content operators of each page (ISO 32000-1, 7.8 and 9.4) and returns every
//! text run with its place, so that the paper can be compared with what was meant. It knows only the
//! PDF that certificates are made of: composite fonts with `Identity-H`, `ToUnicode` or
//! `ActualText` for every glyph, form XObjects, images. Anything else is an error, for what the reader
//! does not understand it cannot vouch for. Not walked are tiling patterns, soft masks and the
//! logical structure; whether text is covered, clipped or coloured like the paper is not judged.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::rc::Rc;

use lopdf::{DecompressError, Dictionary, Document, LoadOptions, Object, ObjectId, Stream};
use thiserror::Error;

/// Most bytes of inflated content and maps that one file may ask to be read.
const MAX_INFLATED: usize = 64 << 20;
/// Deepest nesting of form XObjects.
const MAX_FORM_DEPTH: usize = 8;
/// Deepest nesting of the page tree.
const MAX_TREE_DEPTH: usize = 32;
/// Deepest nesting of saved graphics states; PDF/A-2 (ISO 19005-2, 6.1.13) allows 28.
const MAX_SAVED: usize = 64;
/// Least area in pt² of an em square that anyone can see.
const LEAST_EM_AREA: f64 = 1e-6;
/// How far, in em along the baseline, the next piece of a run may begin from the end of the piece
/// before: kana and brackets are set back by up to one em, letterspacing (字間) pulls apart.
const PIECE_GAP: std::ops::RangeInclusive<f64> = -1.01..=4.0;
/// How far, in em across the baseline, a piece of a run may be raised or lowered.
const PIECE_RISE: f64 = 0.5;

/// What one page says, in content order.
#[derive(Debug, Clone, PartialEq)]
pub struct PageText {
    /// Width of the media box in pt.
    pub width_pt: f64,
    /// Height of the media box in pt.
    pub height_pt: f64,
    pub runs: Vec<Run>,
    pub images: Vec<PlacedImage>,
}

/// The text of one text object (`BT … ET`) in one font, size and direction.
///
/// Places are in pt from the top left corner of the page.
#[derive(Clone, PartialEq)]
pub struct Run {
    pub text: String,
    /// Origin of the first glyph on the baseline.
    pub x: f64,
    pub y: f64,
    /// Where the last glyph's own advance width ends, without spacing added after it.
    pub end_x: f64,
    /// Height of the em square across the baseline, in pt, all matrices applied.
    pub size: f64,
    /// `BaseFont` without its subset tag.
    pub font: String,
    /// Whether the run is page furniture (`/Artifact`), not part of the document's text.
    pub artifact: bool,
}

/// The text is personal data.
impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("text", &"***")
            .field("x", &self.x)
            .field("y", &self.y)
            .field("end_x", &self.end_x)
            .field("size", &self.size)
            .field("font", &self.font)
            .field("artifact", &self.artifact)
            .finish()
    }
}

/// An image on a page: its bounding box in pt from the top left corner, and its own pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedImage {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub pixel_width: u32,
    pub pixel_height: u32,
    /// Whether the viewer is asked to smooth the image (`/Interpolate`).
    pub interpolate: bool,
}

/// Why a file could not be read back.
#[derive(Debug, Error)]
pub enum ReadBackError {
    #[error("the file is not a sound PDF: {0}")]
    Unsound(#[from] lopdf::Error),
    #[error("the file is encrypted")]
    Encrypted,
    #[error("object streams or page tree: {0}")]
    Structure(PageFault),
    #[error("page {page}: {fault}")]
    Page { page: usize, fault: PageFault },
}

impl ReadBackError {
    /// The key under which the sentence for the counter is looked up.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsound(_) => "read-back-unsound-file",
            Self::Encrypted => "read-back-encrypted",
            Self::Structure(_) => "read-back-structure",
            Self::Page { fault, .. } => fault.code(),
        }
    }
}

/// What is wrong with a page. Places are in pt from the top left corner.
#[derive(Debug, Error)]
pub enum PageFault {
    #[error("unsound object: {0}")]
    Object(#[from] lopdf::Error),
    #[error("malformed: {0}")]
    Malformed(&'static str),
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    #[error("unknown stream filter {0}")]
    UnknownFilter(String),
    #[error("broken stream")]
    BrokenStream,
    #[error("more content than {MAX_INFLATED} bytes")]
    TooLong,
    #[error("XObjects nested deeper than {MAX_FORM_DEPTH}")]
    TooDeep,
    #[error("unknown operator {0}")]
    UnknownOperator(String),
    #[error("glyph {glyph} at ({x:.2}, {y:.2}) has no text")]
    NoUnicode { glyph: u16, x: f64, y: f64 },
    #[error("missing glyph (.notdef) at ({x:.2}, {y:.2})")]
    Notdef { x: f64, y: f64 },
    #[error("text that cannot be seen at ({x:.2}, {y:.2})")]
    HiddenText { x: f64, y: f64 },
    #[error("ActualText without a glyph")]
    TextWithoutGlyph,
}

impl PageFault {
    /// The key under which the sentence for the counter is looked up.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Object(_) | Self::Malformed(_) | Self::UnknownOperator(_) => "read-back-malformed",
            Self::Unsupported(_) | Self::UnknownFilter(_) => "read-back-unsupported",
            Self::BrokenStream => "read-back-broken-stream",
            Self::TooLong | Self::TooDeep => "read-back-limit",
            Self::NoUnicode { .. } => "read-back-glyph-without-text",
            Self::Notdef { .. } => "read-back-missing-glyph",
            Self::HiddenText { .. } => "read-back-hidden-text",
            Self::TextWithoutGlyph => "read-back-text-without-glyph",
        }
    }
}

/// Reads back every page of a finished PDF.
pub fn read_back(pdf: &[u8]) -> Result<Vec<PageText>, ReadBackError> {
    let document = load(pdf)?;
    let mut shelf = Shelf { document: &document, fonts: HashMap::new(), budget: MAX_INFLATED };
    shelf.check_object_streams().map_err(ReadBackError::Structure)?;
    let leaves = leaves(&document).map_err(ReadBackError::Structure)?;
    let pages = leaves.iter().zip(1..);
    pages.map(|(leaf, page)| read_page(&mut shelf, leaf).map_err(|fault| ReadBackError::Page { page, fault })).collect()
}

/// Parses the file's objects, strictly: a repaired file is not the file that was written.
fn load(pdf: &[u8]) -> Result<Document, ReadBackError> {
    let options = LoadOptions { strict: true, max_decompressed_size: Some(MAX_INFLATED), ..Default::default() };
    let document = Document::load_mem_with_options(pdf, options)?;
    if document.trailer.has(b"Encrypt") { Err(ReadBackError::Encrypted) } else { Ok(document) }
}

// ---- pages ----------------------------------------------------------------------------------

/// A page object with what it inherits from the page tree (ISO 32000-1, 7.7.3.4).
struct Leaf<'a> {
    page: &'a Dictionary,
    inherited: Inherited<'a>,
}

#[derive(Clone, Copy, Default)]
struct Inherited<'a> {
    resources: Option<&'a Object>,
    media_box: Option<&'a Object>,
    crop_box: Option<&'a Object>,
    rotate: Option<&'a Object>,
}

impl<'a> Inherited<'a> {
    fn overridden_by(self, node: &'a Dictionary) -> Self {
        let own = |key: &[u8], inherited| node.get(key).ok().or(inherited);
        Self {
            resources: own(b"Resources", self.resources),
            media_box: own(b"MediaBox", self.media_box),
            crop_box: own(b"CropBox", self.crop_box),
            rotate: own(b"Rotate", self.rotate),
        }
    }
}

/// All pages in order. A lost, repeated or foreign node is an error, never passed over.
fn leaves(document: &Document) -> Result<Vec<Leaf<'_>>, PageFault> {
    let mut tree = Tree { document, seen: HashSet::new(), leaves: Vec::new() };
    let root = document.catalog()?.get(b"Pages")?;
    tree.collect(root, Inherited::default(), 0)?;
    let count = number_of(document, document.dereference(root)?.1.as_dict()?, b"Count")?;
    if count != Some(tree.leaves.len() as f64) {
        return Err(PageFault::Malformed("page count"));
    }
    Ok(tree.leaves)
}

struct Tree<'a> {
    document: &'a Document,
    seen: HashSet<ObjectId>,
    leaves: Vec<Leaf<'a>>,
}

impl<'a> Tree<'a> {
    fn collect(&mut self, node: &'a Object, inherited: Inherited<'a>, depth: usize) -> Result<(), PageFault> {
        let id = node.as_reference()?;
        if depth > MAX_TREE_DEPTH || !self.seen.insert(id) {
            return Err(PageFault::Malformed("page tree too deep or with a node twice"));
        }
        let node = self.document.get_dictionary(id)?;
        let inherited = inherited.overridden_by(node);
        match node.get_type()? {
            b"Page" => self.leaves.push(Leaf { page: node, inherited }),
            b"Pages" => {
                for kid in node.get_deref(b"Kids", self.document)?.as_array()? {
                    self.collect(kid, inherited, depth + 1)?;
                }
            }
            _ => return Err(PageFault::Malformed("page tree node of another type")),
        }
        Ok(())
    }
}

fn read_page<'a>(shelf: &mut Shelf<'a>, leaf: &Leaf<'a>) -> Result<PageText, PageFault> {
    let document = shelf.document;
    let [left, bottom, right, top] = media_box(document, leaf)?;
    refuse_unread_parts(document, leaf)?;
    let content = page_content(shelf, leaf.page)?;
    let resources = match leaf.inherited.resources {
        Some(resources) => Some(document.dereference(resources)?.1.as_dict()?),
        None => None,
    };
    let mut walker = Walker::new(shelf, Matrix([1.0, 0.0, 0.0, -1.0, -left, top]));
    walker.walk(&content, resources, 0)?;
    Ok(PageText { width_pt: right - left, height_pt: top - bottom, runs: walker.runs, images: walker.images })
}

/// The media box as left, bottom, right, top.
fn media_box(document: &Document, leaf: &Leaf<'_>) -> Result<[f64; 4], PageFault> {
    let rectangle = |object: &Object| -> Result<[f64; 4], PageFault> {
        let sides = document.dereference(object)?.1.as_array()?;
        let sides: Vec<f64> = sides.iter().map(|side| number(document, side)).collect::<Result<_, _>>()?;
        let [a, b, c, d] = sides[..] else {
            return Err(PageFault::Malformed("page box"));
        };
        Ok([a.min(c), b.min(d), a.max(c), b.max(d)])
    };
    let media = rectangle(leaf.inherited.media_box.ok_or(PageFault::Malformed("no media box"))?)?;
    match leaf.inherited.crop_box.map(rectangle).transpose()? {
        Some(crop) if crop != media => Err(PageFault::Unsupported("cropped page")),
        _ => Ok(media),
    }
}

/// Refuses what would turn the page or put marks on it that are not in its content.
fn refuse_unread_parts(document: &Document, leaf: &Leaf<'_>) -> Result<(), PageFault> {
    if let Some(turn) = leaf.inherited.rotate
        && number(document, turn)? != 0.0
    {
        return Err(PageFault::Unsupported("turned page"));
    }
    if number_of(document, leaf.page, b"UserUnit")?.is_some_and(|unit| unit != 1.0) {
        return Err(PageFault::Unsupported("user unit"));
    }
    if let Some(annotations) = entry(document, leaf.page, b"Annots")? {
        for annotation in annotations.as_array()? {
            if document.dereference(annotation)?.1.as_dict()?.has(b"AP") {
                return Err(PageFault::Unsupported("annotation with an appearance"));
            }
        }
    }
    Ok(())
}

/// The page's content streams as one.
fn page_content<'a>(shelf: &mut Shelf<'a>, page: &'a Dictionary) -> Result<Cow<'a, [u8]>, PageFault> {
    match entry(shelf.document, page, b"Contents")? {
        // A blank page has empty content; one without any has lost it.
        None => Err(PageFault::Malformed("page without content")),
        Some(Object::Array(parts)) => {
            let mut whole = Vec::new();
            for part in parts {
                let stream = shelf.document.dereference(part)?.1.as_stream()?;
                whole.extend_from_slice(&shelf.inflate(stream)?);
                whole.push(b'\n');
            }
            Ok(Cow::Owned(whole))
        }
        Some(content) => shelf.inflate(content.as_stream()?),
    }
}

// ---- objects --------------------------------------------------------------------------------

/// A dictionary's entry with references followed; `None` if it is missing or null.
fn entry<'a>(document: &'a Document, dictionary: &'a Dictionary, key: &[u8]) -> Result<Option<&'a Object>, PageFault> {
    let Ok(object) = dictionary.get(key) else {
        return Ok(None);
    };
    let (_, object) = document.dereference(object)?;
    Ok(if object.is_null() { None } else { Some(object) })
}

fn number(document: &Document, object: &Object) -> Result<f64, PageFault> {
    match document.dereference(object)?.1 {
        Object::Integer(value) => Ok(*value as f64),
        Object::Real(value) => Ok(f64::from(*value)),
        _ => Err(PageFault::Malformed("not a number")),
    }
}

fn number_of(document: &Document, dictionary: &Dictionary, key: &[u8]) -> Result<Option<f64>, PageFault> {
    entry(document, dictionary, key)?.map(|object| number(document, object)).transpose()
}

/// The entry `name` of the resource category `category`, with the id it is kept under.
fn resource<'a>(
    document: &'a Document,
    resources: Option<&'a Dictionary>,
    category: &[u8],
    name: &[u8],
) -> Result<(Option<ObjectId>, &'a Object), PageFault> {
    let resources = resources.ok_or(PageFault::Malformed("no resources"))?;
    let category = entry(document, resources, category)?.ok_or(PageFault::Malformed("no such resource category"))?;
    Ok(document.dereference(category.as_dict()?.get(name)?)?)
}

/// A PDF text string: UTF-16 or UTF-8 by its mark, otherwise ASCII, where PDFDocEncoding agrees with it.
fn text_string(bytes: &[u8]) -> Result<String, PageFault> {
    const BAD: PageFault = PageFault::Malformed("text string");
    if let Some(units) = bytes.strip_prefix(b"\xFE\xFF") {
        return utf16(units).ok_or(BAD);
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if text.len() == bytes.len() && !bytes.iter().all(|byte| (0x20..0x7F).contains(byte)) {
        return Err(BAD);
    }
    String::from_utf8(text.to_vec()).map_err(|_| BAD)
}

/// Big-endian UTF-16 without a mark; `None` for half characters.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (units, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit))).collect::<Result<_, _>>().ok()
}

/// What all pages share: the objects, the fonts already read, and how much may still be inflated.
struct Shelf<'a> {
    document: &'a Document,
    fonts: HashMap<ObjectId, Rc<Font>>,
    budget: usize,
}

impl<'a> Shelf<'a> {
    /// A stream's content. Only plain and `FlateDecode` streams are known.
    fn inflate(&mut self, stream: &'a Stream) -> Result<Cow<'a, [u8]>, PageFault> {
        let filters = if stream.dict.has(b"Filter") { stream.filters()? } else { Vec::new() };
        let content = match filters[..] {
            [] => Cow::Borrowed(&stream.content[..]),
            [b"FlateDecode"] if stream.dict.has(b"DecodeParms") => {
                return Err(PageFault::Unsupported("stream predictor"));
            }
            [b"FlateDecode"] => Cow::Owned(unzip(&stream.content, stream, self.budget)?),
            [b"FlateDecode", filter, ..] | [filter, ..] => {
                return Err(PageFault::UnknownFilter(String::from_utf8_lossy(filter).into_owned()));
            }
        };
        self.budget = self.budget.checked_sub(content.len()).ok_or(PageFault::TooLong)?;
        Ok(content)
    }

    /// The parser has unpacked the object streams already, but made do with what it got of broken ones.
    fn check_object_streams(&mut self) -> Result<(), PageFault> {
        let streams = self.document.objects.values().filter_map(|object| object.as_stream().ok());
        for stream in streams.filter(|stream| stream.dict.has_type(b"ObjStm")) {
            self.inflate(stream)?;
        }
        Ok(())
    }

    /// The font kept under `id`, read the first time it is asked for.
    fn font(&mut self, id: Option<ObjectId>, object: &'a Object) -> Result<Rc<Font>, PageFault> {
        if let Some(font) = id.and_then(|id| self.fonts.get(&id)) {
            return Ok(Rc::clone(font));
        }
        let font = Rc::new(Font::read(self, object.as_dict()?)?);
        if let Some(id) = id {
            self.fonts.insert(id, Rc::clone(&font));
        }
        Ok(font)
    }
}

/// Inflates zlib data and checks its sum: the parser makes do with what it gets of a broken stream.
fn unzip(zipped: &[u8], stream: &Stream, limit: usize) -> Result<Vec<u8>, PageFault> {
    let content = stream.decompressed_content_with_limit(limit).map_err(|error| match error {
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => PageFault::TooLong,
        error => PageFault::Object(error),
    })?;
    match zipped.last_chunk::<4>() {
        Some(sum) if u32::from_be_bytes(*sum) == adler32(&content) => Ok(content),
        _ => Err(PageFault::BrokenStream),
    }
}

/// The checksum of zlib (RFC 1950, 8.2).
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    // The longest stretch after which the sums still fit 32 bits.
    const STRETCH: usize = 5_552;
    let (mut a, mut b) = (1, 0);
    for stretch in bytes.chunks(STRETCH) {
        for &byte in stretch {
            a += u32::from(byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    (b << 16) | a
}

// ---- fonts ----------------------------------------------------------------------------------

/// A composite font whose codes are glyph ids (`Identity-H`): its widths and its text.
struct Font {
    name: String,
    /// Advance width by glyph id in 1/1000 em, where it differs from the default.
    widths: Vec<Option<f64>>,
    default_width: f64,
    unicode: ToUnicode,
}

impl Font {
    fn read<'a>(shelf: &mut Shelf<'a>, font: &'a Dictionary) -> Result<Self, PageFault> {
        const COMPOSITE: PageFault = PageFault::Unsupported("font that is not composite with Identity-H");
        let document = shelf.document;
        let is = |key, name| -> Result<bool, PageFault> {
            Ok(entry(document, font, key)?.is_some_and(|value| value.as_name().ok() == Some(name)))
        };
        if !is(b"Subtype", b"Type0")? || !is(b"Encoding", b"Identity-H")? {
            return Err(COMPOSITE);
        }
        let [descendant] = &font.get_deref(b"DescendantFonts", document)?.as_array()?[..] else {
            return Err(COMPOSITE);
        };
        let descendant = document.dereference(descendant)?.1.as_dict()?;
        if entry(document, descendant, b"CIDToGIDMap")?.is_some_and(|map| map.as_name().ok() != Some(b"Identity")) {
            return Err(PageFault::Unsupported("CIDToGIDMap other than Identity"));
        }
        let unicode = match entry(document, font, b"ToUnicode")? {
            Some(map) => ToUnicode::read(&shelf.inflate(map.as_stream()?)?)?,
            None => ToUnicode::default(),
        };
        Ok(Self {
            name: without_subset_tag(descendant.get_deref(b"BaseFont", document)?.as_name()?),
            widths: widths(document, descendant)?,
            default_width: number_of(document, descendant, b"DW")?.unwrap_or(1000.0),
            unicode,
        })
    }

    /// Advance width in em.
    fn advance(&self, glyph: u16) -> f64 {
        self.widths.get(usize::from(glyph)).copied().flatten().unwrap_or(self.default_width) / 1000.0
    }
}

/// `BaseFont` without the six letters and plus sign of a subset (ISO 32000-1, 9.6.4).
fn without_subset_tag(name: &[u8]) -> String {
    let plain = match name.split_first_chunk::<7>() {
        Some((tag, plain)) if tag[..6].iter().all(u8::is_ascii_uppercase) && tag[6] == b'+' => plain,
        _ => name,
    };
    String::from_utf8_lossy(plain).into_owned()
}

/// The `/W` array: `first [w …]` or `first last w` (ISO 32000-1, 9.7.4.3).
fn widths(document: &Document, descendant: &Dictionary) -> Result<Vec<Option<f64>>, PageFault> {
    const BAD: PageFault = PageFault::Malformed("glyph widths");
    let mut widths = Vec::new();
    let Some(array) = entry(document, descendant, b"W")? else {
        return Ok(widths);
    };
    let glyph = |object: &Object| -> Result<usize, PageFault> {
        let id = document.dereference(object)?.1.as_i64()?;
        u16::try_from(id).map(usize::from).map_err(|_| BAD)
    };
    let mut rest = &array.as_array()?[..];
    while let [first, second, more @ ..] = rest {
        let first = glyph(first)?;
        rest = if let Object::Array(list) = document.dereference(second)?.1 {
            for (id, width) in (first..=usize::from(u16::MAX)).zip(list) {
                set_once(&mut widths, id, number(document, width)?).ok_or(BAD)?;
            }
            more
        } else {
            let (width, more) = more.split_first().ok_or(BAD)?;
            let width = number(document, width)?;
            for id in first..=glyph(second)? {
                set_once(&mut widths, id, width).ok_or(BAD)?;
            }
            more
        };
    }
    if rest.is_empty() { Ok(widths) } else { Err(BAD) }
}

/// Sets what was not yet set. Refusing a second value keeps the reading unambiguous and the work bounded.
fn set_once<T: Clone>(values: &mut Vec<Option<T>>, index: usize, value: T) -> Option<()> {
    if index >= values.len() {
        values.resize(index + 1, None);
    }
    match &mut values[index] {
        Some(_) => None,
        slot => {
            *slot = Some(value);
            Some(())
        }
    }
}

/// A `ToUnicode` map (ISO 32000-1, 9.10.3) from two-byte codes to text.
#[derive(Default)]
struct ToUnicode {
    /// All texts, one after another.
    text: String,
    /// Where the text of a code stands in `text`.
    places: Vec<Option<(usize, usize)>>,
}

impl ToUnicode {
    fn read(map: &[u8]) -> Result<Self, PageFault> {
        let mut unicode = Self::default();
        let mut lexer = Lexer::new(map);
        let mut operands = Vec::new();
        while let Some(token) = lexer.next()? {
            let Token::Word(word) = token else {
                operands.push(token);
                continue;
            };
            match word {
                b"endbfchar" => unicode.add_chars(&operands)?,
                b"endbfrange" => unicode.add_ranges(&operands)?,
                b"endcodespacerange" => check_code_space(&operands)?,
                b"usecmap" => return Err(PageFault::Unsupported("usecmap")),
                _ => {}
            }
            operands.clear();
        }
        Ok(unicode)
    }

    fn text(&self, code: u16) -> Option<&str> {
        let (start, end) = self.places.get(usize::from(code)).copied().flatten()?;
        self.text.get(start..end)
    }

    fn add_chars(&mut self, operands: &[Token<'_>]) -> Result<(), PageFault> {
        let (pairs, []) = operands.as_chunks::<2>() else {
            return Err(BAD_MAP);
        };
        for [code, text] in pairs {
            self.add(usize::from(code.code()?), &utf16(&text.string()?).ok_or(BAD_MAP)?)?;
        }
        Ok(())
    }

    /// `<first> <last> <text>`, counting up the text's last unit, or `<first> <last> [<text> …]`.
    fn add_ranges(&mut self, mut operands: &[Token<'_>]) -> Result<(), PageFault> {
        while let [first, last, target, rest @ ..] = operands {
            let mut codes = usize::from(first.code()?)..=usize::from(last.code()?);
            operands = rest;
            if matches!(target, Token::ArrayOpen) {
                for code in codes.by_ref() {
                    let (text, rest) = operands.split_first().ok_or(BAD_MAP)?;
                    self.add(code, &utf16(&text.string()?).ok_or(BAD_MAP)?)?;
                    operands = rest;
                }
                operands = operands.strip_prefix(&[Token::ArrayClose]).ok_or(BAD_MAP)?;
            } else {
                self.add_counting(codes, target.string()?.into_owned())?;
            }
        }
        if operands.is_empty() { Ok(()) } else { Err(BAD_MAP) }
    }

    fn add_counting(&mut self, codes: std::ops::RangeInclusive<usize>, mut text: Vec<u8>) -> Result<(), PageFault> {
        let last = codes.end().to_owned();
        for code in codes {
            self.add(code, &utf16(&text).ok_or(BAD_MAP)?)?;
            if code < last {
                let unit = text.last_chunk_mut::<2>().ok_or(BAD_MAP)?;
                *unit = u16::from_be_bytes(*unit).checked_add(1).ok_or(BAD_MAP)?.to_be_bytes();
            }
        }
        Ok(())
    }

    fn add(&mut self, code: usize, text: &str) -> Result<(), PageFault> {
        if text.is_empty() {
            return Ok(());
        }
        let start = self.text.len();
        self.text.push_str(text);
        set_once(&mut self.places, code, (start, self.text.len())).ok_or(BAD_MAP)
    }
}

const BAD_MAP: PageFault = PageFault::Malformed("ToUnicode map");

/// All codes must be two bytes long, as `Identity-H` reads them.
fn check_code_space(operands: &[Token<'_>]) -> Result<(), PageFault> {
    operands.iter().try_for_each(|bound| bound.code().map(drop))
}

// ---- tokens ---------------------------------------------------------------------------------

/// A token of a content stream or character map. Strings and names are kept as written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Number(f64),
    Name(&'a [u8]),
    /// Between `(` and `)`.
    Literal(&'a [u8]),
    /// Between `<` and `>`.
    Hex(&'a [u8]),
    ArrayOpen,
    ArrayClose,
    DictOpen,
    DictClose,
    /// `true`, `false` or `null`.
    Atom,
    /// An operator.
    Word(&'a [u8]),
}

impl<'a> Token<'a> {
    fn string(&self) -> Result<Cow<'a, [u8]>, PageFault> {
        match self {
            Self::Hex(digits) => unhex(digits).map(Cow::Owned),
            Self::Literal(written) if !written.iter().any(|byte| matches!(byte, b'\\' | b'\r')) => {
                Ok(Cow::Borrowed(*written))
            }
            Self::Literal(written) => Ok(Cow::Owned(unescape(written))),
            _ => Err(PageFault::Malformed("not a string")),
        }
    }

    /// A two-byte character code.
    fn code(&self) -> Result<u16, PageFault> {
        match self.string()?[..] {
            [high, low] => Ok(u16::from_be_bytes([high, low])),
            _ => Err(PageFault::Unsupported("character code that is not two bytes")),
        }
    }

    fn name(&self) -> Result<Cow<'a, [u8]>, PageFault> {
        match self {
            Self::Name(written) => plain_name(written),
            _ => Err(PageFault::Malformed("not a name")),
        }
    }
}

/// A name with its `#xx` resolved.
fn plain_name(written: &[u8]) -> Result<Cow<'_, [u8]>, PageFault> {
    if !written.contains(&b'#') {
        return Ok(Cow::Borrowed(written));
    }
    let mut plain = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some((&byte, more)) = rest.split_first() {
        rest = more;
        if byte == b'#' {
            let (digits, more) = rest.split_at_checked(2).ok_or(PageFault::Malformed("name"))?;
            plain.extend(unhex(digits)?);
            rest = more;
        } else {
            plain.push(byte);
        }
    }
    Ok(Cow::Owned(plain))
}

/// Hexadecimal digits to bytes; white space counts for nothing and a missing last digit is 0.
fn unhex(digits: &[u8]) -> Result<Vec<u8>, PageFault> {
    let mut bytes = Vec::with_capacity(digits.len() / 2 + 1);
    let mut high = None;
    for &digit in digits {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            b'A'..=b'F' => digit - b'A' + 10,
            _ if is_space(digit) => continue,
            _ => return Err(PageFault::Malformed("hexadecimal string")),
        };
        match high.take() {
            Some(high) => bytes.push(high << 4 | value),
            None => high = Some(value),
        }
    }
    bytes.extend(high.map(|high| high << 4));
    Ok(bytes)
}

/// A literal string with its escapes and line ends resolved (ISO 32000-1, 7.3.4.2).
fn unescape(written: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte == b'\r' {
            rest.next_if_eq(&b'\n');
            bytes.push(b'\n');
            continue;
        }
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'b') => bytes.push(8),
            Some(b'f') => bytes.push(12),
            Some(b'\r') => drop(rest.next_if_eq(&b'\n')),
            Some(b'\n') | None => {}
            Some(digit @ b'0'..=b'7') => {
                let mut value = u16::from(digit - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|digit| matches!(digit, b'0'..=b'7')) else {
                        break;
                    };
                    value = value << 3 | u16::from(digit - b'0');
                }
                bytes.push(value.to_le_bytes()[0]);
            }
            Some(other) => bytes.push(other),
        }
    }
    bytes
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | b'\x0C' | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

struct Lexer<'a> {
    rest: &'a [u8],
}

impl<'a> Lexer<'a> {
    fn new(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    fn next(&mut self) -> Result<Option<Token<'a>>, PageFault> {
        self.skip_space();
        let token = match *self.rest {
            [] => return Ok(None),
            [b'<', b'<', ..] => self.sign(2, Token::DictOpen),
            [b'>', b'>', ..] => self.sign(2, Token::DictClose),
            [b'[', ..] => self.sign(1, Token::ArrayOpen),
            [b']', ..] => self.sign(1, Token::ArrayClose),
            [b'<', ..] => {
                self.take(1);
                let digits = self.take_while(|byte| byte != b'>');
                if self.take(1).is_empty() {
                    return Err(PageFault::Malformed("open string"));
                }
                Token::Hex(digits)
            }
            [b'(', ..] => self.literal()?,
            [b'/', ..] => {
                self.take(1);
                Token::Name(self.take_while(is_regular))
            }
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => Token::Number(decimal(self.take_while(is_regular))?),
            [byte, ..] if is_regular(byte) => match self.take_while(is_regular) {
                b"true" | b"false" | b"null" => Token::Atom,
                word => Token::Word(word),
            },
            _ => return Err(PageFault::Malformed("stray delimiter")),
        };
        Ok(Some(token))
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        self.take(self.rest.iter().position(|&byte| !wanted(byte)).unwrap_or(self.rest.len()))
    }

    fn sign(&mut self, length: usize, token: Token<'a>) -> Token<'a> {
        self.take(length);
        token
    }

    fn skip_space(&mut self) {
        self.take_while(is_space);
        while self.rest.first() == Some(&b'%') {
            self.take_while(|byte| !matches!(byte, b'\r' | b'\n'));
            self.take_while(is_space);
        }
    }

    /// A string up to the parenthesis that closes it.
    fn literal(&mut self) -> Result<Token<'a>, PageFault> {
        self.take(1);
        let (mut depth, mut escaped) = (0usize, false);
        for (length, &byte) in self.rest.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' => {
                    let written = self.take(length);
                    return Ok(self.sign(1, Token::Literal(written)));
                }
                _ => {}
            }
        }
        Err(PageFault::Malformed("open string"))
    }
}

/// A number as PDF writes it: a sign, digits and a point, no exponent.
fn decimal(written: &[u8]) -> Result<f64, PageFault> {
    const POWERS: [f64; 19] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];
    const BAD: PageFault = PageFault::Malformed("number");
    let (negative, digits) = match written {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let (mut value, mut count, mut point) = (0u64, 0usize, None);
    for &digit in digits {
        match digit {
            b'0'..=b'9' if count < 18 => {
                value = value * 10 + u64::from(digit - b'0');
                count += 1;
            }
            // What lies eighteen digits behind the point moves nothing.
            b'0'..=b'9' if point.is_some() => {}
            b'.' if point.is_none() => point = Some(count),
            _ => return Err(BAD),
        }
    }
    if count == 0 {
        return Err(BAD);
    }
    let value = value as f64 / POWERS[count - point.unwrap_or(count)];
    Ok(if negative { -value } else { value })
}

// ---- content --------------------------------------------------------------------------------

/// `[a b c d e f]`: maps (x, y) to (a·x + c·y + e, b·x + d·y + f).
#[derive(Debug, Clone, Copy, PartialEq)]
struct Matrix([f64; 6]);

impl Matrix {
    const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// This mapping first, `next` after it.
    fn then(self, next: Self) -> Self {
        let Self([a, b, c, d, e, f]) = self;
        let Self([na, nb, nc, nd, ..]) = next;
        let (e, f) = next.map(e, f);
        Self([a * na + b * nc, a * nb + b * nd, c * na + d * nc, c * nb + d * nd, e, f])
    }

    fn map(self, x: f64, y: f64) -> (f64, f64) {
        let Self([a, b, c, d, e, f]) = self;
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// Moves the origin before this mapping.
    fn moved(self, x: f64, y: f64) -> Self {
        let Self([a, b, c, d, ..]) = self;
        let (e, f) = self.map(x, y);
        Self([a, b, c, d, e, f])
    }

    fn origin(self) -> (f64, f64) {
        (self.0[4], self.0[5])
    }

    /// By how much areas grow.
    fn area(self) -> f64 {
        let Self([a, b, c, d, ..]) = self;
        (a * d - b * c).abs()
    }

    /// Whether both turn and scale alike.
    fn is_parallel(self, other: Self) -> bool {
        let scale = self.0[..4].iter().fold(0.0, |most: f64, part| most.max(part.abs()));
        self.0[..4].iter().zip(&other.0[..4]).all(|(one, other)| (one - other).abs() <= scale * 1e-6)
    }

    /// A vector of the page in the directions of this matrix, along and across; `None` if it is singular.
    fn measure(self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let Self([a, b, c, d, ..]) = self;
        let area = a * d - b * c;
        (area != 0.0).then(|| ((x * d - y * c) / area, (y * a - x * b) / area))
    }
}

/// The part of the graphics state that places text (ISO 32000-1, 8.4 and 9.3).
#[derive(Clone)]
struct Graphics {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    character_spacing: f64,
    horizontal_scale: f64,
    leading: f64,
    rise: f64,
    mode: f64,
}

/// A text object, `BT … ET`.
struct TextObject {
    matrix: Matrix,
    line: Matrix,
    /// The text matrix at the end of the last glyph.
    end: Matrix,
    /// The run that the next piece may carry on.
    open: Option<OpenRun>,
}

/// The last run of the text object, which stands last in [`Walker::runs`].
struct OpenRun {
    font: Rc<Font>,
    /// From em to page.
    em: Matrix,
    /// Where on the page it ends.
    end: (f64, f64),
}

/// A marked-content sequence that has begun.
struct Mark {
    artifact: bool,
    /// Whether [`Walker::actual`] ends with it.
    actual: bool,
}

/// The text that stands for all glyphs of a marked-content sequence.
struct ActualText {
    text: String,
    shown: bool,
}

/// The resources of one content stream, and how far it may unwind what it did not begin.
struct Scope<'a> {
    resources: Option<&'a Dictionary>,
    fonts: Vec<(Vec<u8>, Rc<Font>)>,
    depth: usize,
    saved: usize,
    marks: usize,
}

/// Follows the content of one page.
struct Walker<'s, 'a> {
    shelf: &'s mut Shelf<'a>,
    graphics: Graphics,
    saved: Vec<Graphics>,
    text: Option<TextObject>,
    marks: Vec<Mark>,
    actual: Option<ActualText>,
    runs: Vec<Run>,
    images: Vec<PlacedImage>,
}

const OUTSIDE_TEXT: PageFault = PageFault::Malformed("text operator outside a text object");

impl<'s, 'a> Walker<'s, 'a> {
    fn new(shelf: &'s mut Shelf<'a>, matrix: Matrix) -> Self {
        let graphics = Graphics {
            matrix,
            font: None,
            size: 0.0,
            character_spacing: 0.0,
            horizontal_scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0.0,
        };
        let (saved, marks, runs, images) = Default::default();
        Self { shelf, graphics, saved, text: None, marks, actual: None, runs, images }
    }

    /// Walks one content stream, which must close all that it opens.
    fn walk(&mut self, content: &[u8], resources: Option<&'a Dictionary>, depth: usize) -> Result<(), PageFault> {
        let (saved, marks) = (self.saved.len(), self.marks.len());
        let mut scope = Scope { resources, fonts: Vec::new(), depth, saved, marks };
        let mut lexer = Lexer::new(content);
        let mut operands = Vec::new();
        while let Some(token) = lexer.next()? {
            if let Token::Word(operator) = token {
                self.operate(operator, &operands, &mut scope)?;
                operands.clear();
            } else {
                operands.push(token);
            }
        }
        if !operands.is_empty() || self.saved.len() != saved || self.marks.len() != marks || self.text.is_some() {
            return Err(PageFault::Malformed("content ends too early"));
        }
        Ok(())
    }

    fn operate(&mut self, operator: &[u8], operands: &[Token<'_>], scope: &mut Scope<'a>) -> Result<(), PageFault> {
        match operator {
            b"q" | b"Q" | b"cm" | b"Do" | b"BT" if self.text.is_some() => {
                Err(PageFault::Malformed("graphics operator inside a text object"))
            }
            b"q" => self.save(),
            b"Q" => self.restore(scope),
            b"cm" => {
                self.graphics.matrix = Matrix(numbers(operands)?).then(self.graphics.matrix);
                Ok(())
            }
            b"gs" => self.set_parameters(operands, scope),
            b"Do" => self.paint(operands, scope),
            b"BT" => {
                let (matrix, line, end) = (Matrix::IDENTITY, Matrix::IDENTITY, Matrix::IDENTITY);
                self.text = Some(TextObject { matrix, line, end, open: None });
                Ok(())
            }
            b"ET" => self.text.take().map(drop).ok_or(OUTSIDE_TEXT),
            b"Tf" | b"Tr" | b"Tc" | b"Tw" | b"Tz" | b"TL" | b"Ts" => self.set_text_state(operator, operands, scope),
            b"Tm" | b"Td" | b"TD" | b"T*" => self.move_text(operator, operands),
            b"Tj" | b"TJ" | b"'" | b"\"" => self.show(operator, operands),
            b"BMC" | b"BDC" => self.begin_mark(operands, scope),
            b"EMC" => self.end_mark(scope),
            b"w" | b"J" | b"j" | b"M" | b"d" | b"ri" | b"i" | b"m" | b"l" | b"c" | b"v" | b"y" | b"h" | b"re"
            | b"S" | b"s" | b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" | b"n" | b"W" | b"W*" | b"CS" | b"cs"
            | b"SC" | b"SCN" | b"sc" | b"scn" | b"G" | b"g" | b"RG" | b"rg" | b"K" | b"k" | b"sh" | b"MP" | b"DP" => {
                Ok(())
            }
            other => Err(PageFault::UnknownOperator(String::from_utf8_lossy(other).into_owned())),
        }
    }

    fn save(&mut self) -> Result<(), PageFault> {
        if self.saved.len() >= MAX_SAVED {
            return Err(PageFault::Malformed("too many saved graphics states"));
        }
        self.saved.push(self.graphics.clone());
        Ok(())
    }

    fn restore(&mut self, scope: &Scope<'_>) -> Result<(), PageFault> {
        let saved = if self.saved.len() > scope.saved { self.saved.pop() } else { None };
        self.graphics = saved.ok_or(PageFault::Malformed("graphics state restored but not saved"))?;
        Ok(())
    }

    /// `gs`: nothing in it matters here unless it sets a font.
    fn set_parameters(&mut self, operands: &[Token<'_>], scope: &Scope<'a>) -> Result<(), PageFault> {
        let [name] = operands else {
            return Err(PageFault::Malformed("gs"));
        };
        let (_, parameters) = resource(self.shelf.document, scope.resources, b"ExtGState", &name.name()?)?;
        if parameters.as_dict()?.has(b"Font") {
            return Err(PageFault::Unsupported("font set by graphics state parameters"));
        }
        Ok(())
    }

    // ---- XObjects ----

    fn paint(&mut self, operands: &[Token<'_>], scope: &Scope<'a>) -> Result<(), PageFault> {
        let [name] = operands else {
            return Err(PageFault::Malformed("Do"));
        };
        let (_, object) = resource(self.shelf.document, scope.resources, b"XObject", &name.name()?)?;
        let stream = object.as_stream()?;
        if stream.dict.has(b"OC") {
            return Err(PageFault::Unsupported("optional content"));
        }
        match entry(self.shelf.document, &stream.dict, b"Subtype")?.map(Object::as_name).transpose()? {
            Some(b"Image") => self.paint_image(&stream.dict),
            Some(b"Form") => self.paint_form(stream, scope),
            _ => Err(PageFault::Unsupported("XObject that is neither image nor form")),
        }
    }

    fn paint_image(&mut self, image: &Dictionary) -> Result<(), PageFault> {
        const BAD: PageFault = PageFault::Malformed("image");
        let document = self.shelf.document;
        let pixels = |key| -> Result<u32, PageFault> {
            let count = entry(document, image, key)?.ok_or(BAD)?.as_i64()?;
            u32::try_from(count).map_err(|_| BAD)
        };
        let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(x, y)| self.graphics.matrix.map(x, y));
        let least = |side: fn((f64, f64)) -> f64| corners.into_iter().map(side).fold(f64::INFINITY, f64::min);
        let (x, y) = (least(|corner| corner.0), least(|corner| corner.1));
        self.images.push(PlacedImage {
            x,
            y,
            width: -least(|corner| -corner.0) - x,
            height: -least(|corner| -corner.1) - y,
            pixel_width: pixels(b"Width")?,
            pixel_height: pixels(b"Height")?,
            interpolate: match entry(document, image, b"Interpolate")? {
                Some(interpolate) => interpolate.as_bool()?,
                None => false,
            },
        });
        Ok(())
    }

    fn paint_form(&mut self, form: &'a Stream, scope: &Scope<'a>) -> Result<(), PageFault> {
        if scope.depth >= MAX_FORM_DEPTH {
            return Err(PageFault::TooDeep);
        }
        let document = self.shelf.document;
        let resources = match entry(document, &form.dict, b"Resources")? {
            Some(resources) => Some(resources.as_dict()?),
            None => scope.resources,
        };
        let before = self.graphics.clone();
        if let Some(matrix) = entry(document, &form.dict, b"Matrix")? {
            let parts: Vec<f64> =
                matrix.as_array()?.iter().map(|part| number(document, part)).collect::<Result<_, _>>()?;
            let parts = parts.try_into().map_err(|_| PageFault::Malformed("form matrix"))?;
            self.graphics.matrix = Matrix(parts).then(self.graphics.matrix);
        }
        let content = self.shelf.inflate(form)?;
        self.walk(&content, resources, scope.depth + 1)?;
        self.graphics = before;
        Ok(())
    }

    // ---- marked content ----

    fn begin_mark(&mut self, operands: &[Token<'_>], scope: &Scope<'a>) -> Result<(), PageFault> {
        let (tag, properties) = operands.split_first().ok_or(PageFault::Malformed("marked content without a tag"))?;
        let tag = tag.name()?;
        match &tag[..] {
            b"OC" => return Err(PageFault::Unsupported("optional content")),
            b"ReversedChars" => return Err(PageFault::Unsupported("reversed text")),
            _ => {}
        }
        // An enclosing text stands for everything within it.
        let text = if self.actual.is_none() { self.actual_text(properties, scope)? } else { None };
        self.marks.push(Mark { artifact: self.is_artifact() || *tag == *b"Artifact", actual: text.is_some() });
        if let Some(text) = text {
            self.actual = Some(ActualText { text, shown: false });
        }
        Ok(())
    }

    /// The `ActualText` of a property list, written in place or kept among the resources.
    fn actual_text(&self, properties: &[Token<'_>], scope: &Scope<'a>) -> Result<Option<String>, PageFault> {
        if let [name @ Token::Name(_)] = properties {
            let (_, list) = resource(self.shelf.document, scope.resources, b"Properties", &name.name()?)?;
            let text = entry(self.shelf.document, list.as_dict()?, b"ActualText")?;
            return text.map(|text| text_string(text.as_str()?)).transpose();
        }
        let mut depth = 0usize;
        for (token, rest) in (1..).map_while(|next| Some((properties.get(next - 1)?, properties.get(next..)?))) {
            match (token, rest) {
                (Token::DictOpen | Token::ArrayOpen, _) => depth += 1,
                (Token::DictClose | Token::ArrayClose, _) => depth = depth.saturating_sub(1),
                (Token::Name(written), [text, ..]) if depth == 1 && *plain_name(written)? == *b"ActualText" => {
                    return text_string(&text.string()?).map(Some);
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn end_mark(&mut self, scope: &Scope<'_>) -> Result<(), PageFault> {
        let mark = if self.marks.len() > scope.marks { self.marks.pop() } else { None };
        let mark = mark.ok_or(PageFault::Malformed("marked content ended but not begun"))?;
        if mark.actual && self.actual.take().is_some_and(|actual| !actual.shown) {
            return Err(PageFault::TextWithoutGlyph);
        }
        Ok(())
    }

    fn is_artifact(&self) -> bool {
        self.marks.last().is_some_and(|mark| mark.artifact)
    }

    // ---- text ----

    fn set_text_state(
        &mut self,
        operator: &[u8],
        operands: &[Token<'_>],
        scope: &mut Scope<'a>,
    ) -> Result<(), PageFault> {
        if operator == b"Tf" {
            let [name, Token::Number(size)] = operands else {
                return Err(PageFault::Malformed("Tf"));
            };
            self.graphics.font = Some(self.font(&name.name()?, scope)?);
            self.graphics.size = *size;
            return Ok(());
        }
        let [value] = numbers(operands)?;
        match operator {
            b"Tr" => self.graphics.mode = value,
            b"Tc" => self.graphics.character_spacing = value,
            b"Tz" => self.graphics.horizontal_scale = value / 100.0,
            b"TL" => self.graphics.leading = value,
            b"Ts" => self.graphics.rise = value,
            // Word spacing applies to one-byte codes only, which no composite font of ours has.
            _ => {}
        }
        Ok(())
    }

    fn font(&mut self, name: &[u8], scope: &mut Scope<'a>) -> Result<Rc<Font>, PageFault> {
        if let Some((_, font)) = scope.fonts.iter().find(|(known, _)| known == name) {
            return Ok(Rc::clone(font));
        }
        let (id, object) = resource(self.shelf.document, scope.resources, b"Font", name)?;
        let font = self.shelf.font(id, object)?;
        scope.fonts.push((name.to_vec(), Rc::clone(&font)));
        Ok(font)
    }

    fn move_text(&mut self, operator: &[u8], operands: &[Token<'_>]) -> Result<(), PageFault> {
        let text = self.text.as_mut().ok_or(OUTSIDE_TEXT)?;
        text.line = match operator {
            b"Tm" => Matrix(numbers(operands)?),
            b"T*" => text.line.moved(0.0, -self.graphics.leading),
            _ => {
                let [x, y] = numbers(operands)?;
                if operator == b"TD" {
                    self.graphics.leading = -y;
                }
                text.line.moved(x, y)
            }
        };
        text.matrix = text.line;
        Ok(())
    }

    /// `Tj`, `TJ`, `'` and `"`.
    fn show(&mut self, operator: &[u8], operands: &[Token<'_>]) -> Result<(), PageFault> {
        const BAD: PageFault = PageFault::Malformed("shown text");
        let mut pieces = operands;
        if let (b"\"", [_, Token::Number(spacing), string @ ..]) = (operator, operands) {
            self.graphics.character_spacing = *spacing;
            pieces = string;
        }
        if matches!(operator, b"'" | b"\"") {
            self.move_text(b"T*", &[])?;
        }
        pieces = match (operator, pieces) {
            (b"TJ", [Token::ArrayOpen, pieces @ .., Token::ArrayClose]) => pieces,
            (b"TJ", _) => return Err(BAD),
            (_, [Token::Hex(_) | Token::Literal(_)]) => pieces,
            _ => return Err(BAD),
        };
        self.show_pieces(pieces)
    }

    /// Shows strings with the adjustments between them (in 1/1000 em, against the writing direction).
    fn show_pieces(&mut self, pieces: &[Token<'_>]) -> Result<(), PageFault> {
        let font = self.graphics.font.clone().ok_or(PageFault::Malformed("text without a font"))?;
        let mut begun = false;
        for piece in pieces {
            if let Token::Number(adjustment) = piece {
                self.advance(-adjustment / 1000.0 * self.graphics.size)?;
                continue;
            }
            let string = piece.string()?;
            let (codes, []) = string.as_chunks::<2>() else {
                return Err(PageFault::Malformed("half a character code"));
            };
            for code in codes {
                if !begun {
                    self.begin_piece(&font)?;
                    begun = true;
                }
                self.show_glyph(u16::from_be_bytes(*code), &font)?;
            }
        }
        if begun { self.end_piece() } else { Ok(()) }
    }

    fn advance(&mut self, distance: f64) -> Result<(), PageFault> {
        let text = self.text.as_mut().ok_or(OUTSIDE_TEXT)?;
        text.matrix = text.matrix.moved(distance * self.graphics.horizontal_scale, 0.0);
        Ok(())
    }

    /// From em to page with the text matrix `text` (ISO 32000-1, 9.4.4).
    fn em(&self, text: Matrix) -> Matrix {
        let Graphics { size, horizontal_scale, rise, matrix, .. } = self.graphics;
        Matrix([size * horizontal_scale, 0.0, 0.0, size, 0.0, rise]).then(text).then(matrix)
    }

    /// Begins a run at the pen, or carries on the run before.
    ///
    /// A writer breaks a run of text into pieces where it needs `ActualText`; the pieces lie in one text
    /// object, in one font, size and direction, one after another on a line.
    fn begin_piece(&mut self, font: &Rc<Font>) -> Result<(), PageFault> {
        let em = self.em(self.text.as_ref().ok_or(OUTSIDE_TEXT)?.matrix);
        let (x, y) = em.origin();
        let seen = em.area() >= LEAST_EM_AREA && em.0.iter().all(|part| part.is_finite());
        if !seen || !matches!(self.graphics.mode, 0.0 | 1.0 | 2.0 | 4.0 | 5.0 | 6.0) {
            return Err(PageFault::HiddenText { x, y });
        }
        let artifact = self.is_artifact();
        let carries_on = |open: &OpenRun| {
            Rc::ptr_eq(&open.font, font)
                && open.em.is_parallel(em)
                && em
                    .measure((x - open.end.0, y - open.end.1))
                    .is_some_and(|(along, across)| PIECE_GAP.contains(&along) && across.abs() <= PIECE_RISE)
        };
        let open = self.text.as_ref().and_then(|text| text.open.as_ref());
        let same_kind = self.runs.last().is_some_and(|run| run.artifact == artifact);
        if !(same_kind && open.is_some_and(carries_on)) {
            let size = em.area() / em.0[0].hypot(em.0[1]);
            self.runs.push(Run { text: String::new(), x, y, end_x: x, size, font: font.name.clone(), artifact });
        }
        Ok(())
    }

    fn show_glyph(&mut self, glyph: u16, font: &Font) -> Result<(), PageFault> {
        let text = match &mut self.actual {
            Some(actual) if actual.shown => Some(""),
            Some(actual) => {
                actual.shown = true;
                Some(&actual.text[..])
            }
            None => font.unicode.text(glyph),
        };
        match text {
            Some(text) if glyph != 0 => {
                if let Some(run) = self.runs.last_mut() {
                    run.text.push_str(text);
                }
                self.move_past(glyph, font)
            }
            _ => Err(self.fault_of_glyph(glyph)),
        }
    }

    fn fault_of_glyph(&self, glyph: u16) -> PageFault {
        let Some(text) = &self.text else {
            return OUTSIDE_TEXT;
        };
        let (x, y) = self.em(text.matrix).origin();
        if glyph == 0 { PageFault::Notdef { x, y } } else { PageFault::NoUnicode { glyph, x, y } }
    }

    fn move_past(&mut self, glyph: u16, font: &Font) -> Result<(), PageFault> {
        self.advance(font.advance(glyph) * self.graphics.size)?;
        let text = self.text.as_mut().ok_or(OUTSIDE_TEXT)?;
        text.end = text.matrix;
        self.advance(self.graphics.character_spacing)
    }

    /// Notes where the piece ended.
    fn end_piece(&mut self) -> Result<(), PageFault> {
        let text = self.text.as_ref().ok_or(OUTSIDE_TEXT)?;
        let em = self.em(text.end);
        let font = self.graphics.font.clone().ok_or(PageFault::Malformed("text without a font"))?;
        if let Some(run) = self.runs.last_mut() {
            run.end_x = em.origin().0;
        }
        if let Some(text) = &mut self.text {
            text.open = Some(OpenRun { font, em, end: em.origin() });
        }
        Ok(())
    }
}

/// The operands of an operator that takes `N` numbers.
fn numbers<const N: usize>(operands: &[Token<'_>]) -> Result<[f64; N], PageFault> {
    const BAD: PageFault = PageFault::Malformed("operands");
    let operands: &[Token<'_>; N] = operands.try_into().map_err(|_| BAD)?;
    let mut values = [0.0; N];
    for (value, operand) in values.iter_mut().zip(operands) {
        let Token::Number(number) = operand else {
            return Err(BAD);
        };
        *value = *number;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;
    use proptest::prelude::*;

    use super::*;

    /// `<1>` 葛 with U+E0102, `<2>` 𠮷, `<3>` 食, `<4>` to `<6>` a, b, c, `<8>` without text; `<0>` is .notdef.
    const MAP: &str = "1 begincodespacerange <0000> <FFFF> endcodespacerange
        3 beginbfchar <0001> <845BDB40DD02> <0002> <D842DFB7> <0003> <98DF> endbfchar
        2 beginbfrange <0004> <0005> <0061> <0006> <0006> [<0063>] endbfrange endcmap";

    /// A page of 200 pt by 100 pt whose font `F` has glyphs one em wide, but for 4 to 6, half an em.
    fn file(content: &str, change: impl FnOnce(&mut Document, &mut Dictionary)) -> Vec<u8> {
        let mut document = Document::with_version("1.7");
        let map = document.add_object(zipped(MAP.as_bytes()));
        let descendant = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "ABCDEF+Sample",
            "CIDToGIDMap" => "Identity", "DW" => 1000,
            "W" => vec![4.into(), vec![500.into()].into(), 5.into(), 6.into(), 500.into()],
        });
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "ABCDEF+Sample", "Encoding" => "Identity-H",
            "DescendantFonts" => vec![descendant.into()], "ToUnicode" => map,
        });
        let tree = document.new_object_id();
        let mut page = dictionary! {
            "Type" => "Page", "Parent" => tree, "Contents" => document.add_object(zipped(content.as_bytes())),
            "Resources" => dictionary! { "Font" => dictionary! { "F" => font } },
        };
        change(&mut document, &mut page);
        let kids = vec![document.add_object(page).into()];
        let media_box = vec![0.into(), 0.into(), 200.into(), 100.into()];
        let node = dictionary! { "Type" => "Pages", "Count" => 1, "Kids" => kids, "MediaBox" => media_box };
        document.objects.insert(tree, node.into());
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        let mut pdf = Vec::new();
        document.save_to(&mut pdf).unwrap();
        pdf
    }

    fn zipped(content: &[u8]) -> Stream {
        let mut stream = Stream::new(Dictionary::new(), content.to_vec());
        stream.compress().unwrap();
        stream
    }

    fn pdf(content: &str) -> Vec<u8> {
        file(content, |_, _| {})
    }

    /// Puts an XObject `X` into the page's resources.
    fn with_xobject(content: &str, xobject: Stream) -> Vec<u8> {
        file(content, |document, page| {
            let id = document.add_object(xobject);
            page.get_mut(b"Resources").unwrap().as_dict_mut().unwrap().set("XObject", dictionary! { "X" => id });
        })
    }

    fn page(pdf: &[u8]) -> PageText {
        let mut pages = read_back(pdf).unwrap();
        assert_eq!(pages.len(), 1);
        pages.remove(0)
    }

    fn texts(content: &str) -> Vec<String> {
        page(&pdf(content)).runs.into_iter().map(|run| run.text).collect()
    }

    fn code(pdf: &[u8]) -> &'static str {
        read_back(pdf).map(drop).map_err(|error| error.code()).unwrap_err()
    }

    /// x, y, end x and size of the only run.
    fn place(pdf: &[u8]) -> [f64; 4] {
        let page = page(pdf);
        let [run] = &page.runs[..] else { panic!("{} runs", page.runs.len()) };
        [run.x, run.y, run.end_x, run.size].map(|value| (value * 1e3).round() / 1e3)
    }

    #[test]
    fn a_glyph_says_what_its_map_says() {
        assert_eq!(texts("BT /F 10 Tf <000100020003000400050006> Tj ET"), ["葛\u{E0102}𠮷食abc"]);
    }

    #[test]
    fn a_literal_string_is_the_same_string_as_its_hexadecimal_one() {
        for literal in [r"(\000\003\000\004)", "(\0\x03\0\x04)", r"(\0\3\0\4)", "(\0\\\n\x03\0\\\r\n\x04)"] {
            assert_eq!(texts(&format!("BT /F 10 Tf {literal} Tj ET")), ["食a"], "{literal:?}");
        }
        assert_eq!(unescape(br"(a\)\(\\\n\t\b\f\r\101\53x\q"), b"(a)(\\\n\t\x08\x0C\rA+xq");
        assert_eq!(unhex(b"4 1\n5").unwrap(), b"AP");
        assert_eq!(*plain_name(b"A#42#20C").unwrap(), *b"AB C");
    }

    #[test]
    fn text_is_placed_by_all_matrices_and_the_text_state() {
        for (content, place_of) in [
            ("BT /F 10 Tf 1 0 0 1 20 30 Tm <00030004> Tj ET", [20.0, 70.0, 35.0, 10.0]),
            ("q 2 0 0 -2 10 90 cm BT /F 10 Tf 1 0 0 -1 5 5 Tm <0003> Tj ET Q", [20.0, 20.0, 40.0, 20.0]),
            ("q 1 0 0 1 9 9 cm q 1 0 0 1 1 1 cm Q Q BT /F 10 Tf <0003> Tj ET", [0.0, 100.0, 10.0, 10.0]),
            (".7071068 .7071068 -.7071068 .7071068 50 50 cm BT /F 10 Tf <0003> Tj ET", [50.0, 50.0, 57.071, 10.0]),
            ("BT /F 10 Tf 5 Tc <00040004> Tj ET", [0.0, 100.0, 15.0, 10.0]),
            ("BT /F 10 Tf 50 Tz 2 Ts <0003> Tj ET", [0.0, 98.0, 5.0, 10.0]),
            ("BT /F 10 Tf [-500 <0003> -1000 <0003> -900] TJ ET", [5.0, 100.0, 35.0, 10.0]),
            ("BT /F 10 Tf 12 TL 5 60 Td T* <0003> Tj ET", [5.0, 52.0, 15.0, 10.0]),
            ("BT /F 10 Tf 5 60 Td 0 -20 TD T* <0003> Tj ET", [5.0, 80.0, 15.0, 10.0]),
            ("BT /F 10 Tf 12 TL 5 60 Td <0003> ' ET", [5.0, 52.0, 15.0, 10.0]),
            ("BT /F 10 Tf 12 TL 0 3 <00030003> \" ET", [0.0, 112.0, 23.0, 10.0]),
        ] {
            assert_eq!(place(&pdf(content)), place_of, "{content}");
        }
    }

    #[test]
    fn places_count_from_the_corner_of_the_media_box() {
        let moved = file("BT /F 10 Tf 20 40 Td <0003> Tj ET", |_, page| {
            page.set("MediaBox", vec![10.into(), 120.into(), 110.into(), 20.into()]);
        });
        assert_eq!(place(&moved), [10.0, 80.0, 20.0, 10.0]);
        assert_eq!((page(&moved).width_pt, page(&moved).height_pt), (100.0, 100.0));
    }

    #[test]
    fn a_form_is_placed_by_its_own_matrix_and_then_the_page_s() {
        let form = Stream::new(
            dictionary! { "Subtype" => "Form", "Matrix" => vec![1.into(), 0.into(), 0.into(), 1.into(), 5.into(), 0.into()] },
            b"BT /F 10 Tf <0003> Tj ET".to_vec(),
        );
        assert_eq!(place(&with_xobject("q 2 0 0 2 0 0 cm /X Do Q", form)), [10.0, 100.0, 30.0, 20.0]);
    }

    #[test]
    fn forms_that_call_themselves_are_refused() {
        let form = Stream::new(dictionary! { "Subtype" => "Form" }, b"/X Do /X Do".to_vec());
        assert_eq!(code(&with_xobject("/X Do", form)), "read-back-limit");
    }

    #[test]
    fn an_image_is_the_box_that_its_unit_square_becomes() {
        let image = Stream::new(
            dictionary! { "Subtype" => "Image", "Width" => 40, "Height" => 20, "Interpolate" => true },
            vec![1, 2, 3],
        );
        let page = page(&with_xobject("q 0 30 -60 0 100 10 cm /X Do Q", image));
        let placed = PlacedImage {
            x: 40.0,
            y: 60.0,
            width: 60.0,
            height: 30.0,
            pixel_width: 40,
            pixel_height: 20,
            interpolate: true,
        };
        assert_eq!(page.images, [placed]);
    }

    #[test]
    fn pieces_of_one_text_object_on_one_line_are_one_run() {
        let tail = |rest: &str| format!("BT /F 10 Tf 20 30 Td <0003> Tj {rest} <0004> Tj ET");
        for (content, runs) in [
            (tail("/F 10 Tf 1 0 0 1 30 30 Tm"), vec!["食a"]),
            (tail("1 0 0 1 33 31 Tm"), vec!["食a"]),
            (tail("1 0 0 1 30 40 Tm"), vec!["食", "a"]),
            (tail("1 0 0 1 90 30 Tm"), vec!["食", "a"]),
            (tail("1 0 0 1 5 30 Tm"), vec!["食", "a"]),
            (tail("/F 9 Tf 1 0 0 1 30 30 Tm"), vec!["食", "a"]),
            (tail("0 1 -1 0 30 30 Tm"), vec!["食", "a"]),
            (tail("ET BT 1 0 0 1 30 30 Tm"), vec!["食", "a"]),
            (tail("/Artifact BMC").replace(" ET", " EMC ET"), vec!["食", "a"]),
        ] {
            assert_eq!(texts(&content), runs, "{content}");
        }
    }

    #[test]
    fn actual_text_stands_once_for_all_glyphs_it_encloses() {
        let whole =
            "BT /F 10 Tf <0003> Tj /Span <</Lang (ja) /ActualText <FEFF2EDD>>> BDC <00030003> Tj EMC <0004> Tj ET";
        assert_eq!(texts(whole), ["食⻝a"]);
        let nested = "/Span <</ActualText (-)>> BDC BT /F 10 Tf /Span <</ActualText (x)>> BDC <0008> Tj EMC ET EMC";
        assert_eq!(texts(nested), ["-"]);
    }

    #[test]
    fn furniture_is_told_from_text() {
        let content =
            "/Artifact <</Type /Pagination>> BDC /Span BMC BT /F 9 Tf <0003> Tj ET EMC EMC BT /F 9 Tf <0004> Tj ET";
        let kinds: Vec<bool> = page(&pdf(content)).runs.iter().map(|run| run.artifact).collect();
        assert_eq!(kinds, [true, false]);
    }

    #[test]
    fn what_cannot_be_vouched_for_is_refused() {
        for (content, expected) in [
            ("BT /F 10 Tf <0008> Tj ET", "read-back-glyph-without-text"),
            ("BT /F 10 Tf <0000> Tj ET", "read-back-missing-glyph"),
            ("BT /F 10 Tf /Span <</ActualText (a)>> BDC <0000> Tj EMC ET", "read-back-missing-glyph"),
            ("BT 3 Tr /F 10 Tf <0003> Tj ET", "read-back-hidden-text"),
            ("BT 7 Tr /F 10 Tf <0003> Tj ET", "read-back-hidden-text"),
            ("BT /F 0 Tf <0003> Tj ET", "read-back-hidden-text"),
            ("0 0 0 1 0 0 cm BT /F 10 Tf <0003> Tj ET", "read-back-hidden-text"),
            ("/Span <</ActualText (a)>> BDC EMC", "read-back-text-without-glyph"),
            ("BT /F 10 Tf <00> Tj ET", "read-back-malformed"),
            ("BT /G 10 Tf ET", "read-back-malformed"),
            ("BT <0003> Tj ET", "read-back-malformed"),
            ("/F 10 Tf <0003> Tj", "read-back-malformed"),
            ("/F 10 Tf", ""),
            ("BT", "read-back-malformed"),
            ("BT q ET", "read-back-malformed"),
            ("q", "read-back-malformed"),
            ("Q", "read-back-malformed"),
            ("EMC", "read-back-malformed"),
            ("/P BMC", "read-back-malformed"),
            ("1 0 0 1 0 cm", "read-back-malformed"),
            ("1e3 w", "read-back-malformed"),
            ("(", "read-back-malformed"),
            ("1 2", "read-back-malformed"),
            ("BI /W 1 ID x EI", "read-back-malformed"),
            ("/OC /Layer BDC EMC", "read-back-unsupported"),
            ("/ReversedChars BMC EMC", "read-back-unsupported"),
        ] {
            let found = read_back(&pdf(content)).map_or_else(|error| error.code(), |_| "");
            assert_eq!(found, expected, "{content}");
        }
    }

    #[test]
    fn a_fault_names_its_page_and_place() {
        let error = read_back(&pdf("BT /F 10 Tf 20 30 Td <00030008> Tj ET")).unwrap_err();
        assert_eq!(error.to_string(), "page 1: glyph 8 at (30.00, 70.00) has no text");
    }

    #[test]
    fn pages_that_show_more_than_their_content_are_refused() {
        let set = |key: &str, value: Object| file("", |_, page| page.set(key, value));
        assert_eq!(code(&set("Rotate", 90.into())), "read-back-unsupported");
        assert_eq!(code(&set("UserUnit", 2.into())), "read-back-unsupported");
        assert_eq!(code(&set("CropBox", vec![0.into(), 0.into(), 9.into(), 9.into()].into())), "read-back-unsupported");
        let stamp: Object = dictionary! { "Subtype" => "FreeText", "AP" => Dictionary::new() }.into();
        assert_eq!(code(&set("Annots", vec![stamp].into())), "read-back-unsupported");
        assert_eq!(code(&set("Type", "Pages".into())), "read-back-structure");
    }

    #[test]
    fn streams_of_unknown_make_or_with_a_wrong_sum_are_refused() {
        let content = |stream: Stream| file("", |document, page| page.set("Contents", document.add_object(stream)));
        let odd = Stream::new(dictionary! { "Filter" => "LZWDecode" }, vec![1]);
        assert_eq!(code(&content(odd)), "read-back-unsupported");
        let whole = zipped("0 0 m 1 1 l S ".repeat(9).as_bytes());
        assert!(read_back(&content(whole.clone())).is_ok());
        // The two bytes before the deflated data say nothing about the content.
        for place in 2..whole.content.len() {
            let mut broken = whole.clone();
            broken.content[place] ^= 0x10;
            assert!(read_back(&content(broken)).is_err(), "byte {place}");
        }
        let mut short = whole.clone();
        short.set_content(whole.content[..whole.content.len() - 5].to_vec());
        assert_eq!(code(&content(short)), "read-back-broken-stream");
    }

    #[test]
    fn a_file_that_inflates_without_end_is_refused() {
        let bomb = zipped(&vec![b' '; MAX_INFLATED / 2 + 1]);
        let content = file("", |document, page| {
            let id: Object = document.add_object(bomb).into();
            page.set("Contents", vec![id.clone(), id]);
        });
        assert_eq!(code(&content), "read-back-limit");
    }

    #[test]
    fn parts_of_the_content_are_read_as_one() {
        let pdf = file("", |document, page| {
            let parts = ["BT /F 10 Tf", "<0003> Tj ET"].map(|part| document.add_object(zipped(part.as_bytes())).into());
            page.set("Contents", parts.to_vec());
        });
        assert_eq!(page(&pdf).runs[0].text, "食");
    }

    #[test]
    fn a_code_with_two_texts_is_refused() {
        assert!(ToUnicode::read(b"<0001> <0061> <0001> <0062> endbfchar").is_err());
        assert!(ToUnicode::read(b"<0001> <D842> endbfchar").is_err());
        assert!(ToUnicode::read(b"<01> <0061> endbfchar").is_err());
    }

    #[test]
    fn numbers_are_read_to_the_last_place_that_counts() {
        for (written, value) in [("0", 0.0), ("-.5", -0.5), ("4.", 4.0), ("+12.25", 12.25), ("841.88977", 841.88977)] {
            assert_eq!(decimal(written.as_bytes()).unwrap(), value, "{written}");
        }
        assert!(decimal(b"0.00000000000000086785995").unwrap() < 1e-15);
        for written in ["", "-", ".", "1.2.3", "1e5", "--1", "1234567890123456789"] {
            assert!(decimal(written.as_bytes()).is_err(), "{written}");
        }
    }

    #[test]
    fn a_run_does_not_tell_its_text() {
        let shown = format!("{:?}", page(&pdf("BT /F 10 Tf <0003> Tj ET")));
        assert!(shown.contains("***") && !shown.contains('食'));
    }

    /// Operators and operands in any order.
    fn soup() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "q",
            "Q",
            "cm",
            "BT",
            "ET",
            "/F",
            "10",
            "Tf",
            "Tm",
            "Td",
            "Tj",
            "TJ",
            "[",
            "]",
            "<0003>",
            "<00030004>",
            "(\\000\\003)",
            "1 0 0 1 9 9",
            "0 -5",
            "-300",
            "BMC",
            "BDC",
            "EMC",
            "/Span",
            "<<",
            ">>",
            "/ActualText",
            "(a)",
            "Do",
            "/X",
            "3 Tr",
            "99999999999999999",
            "'",
            "T*",
            "%",
            "\n",
            "gs",
        ]);
        prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.join(" "))
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read_back(&bytes).is_err());
            prop_assert!(read_back(&[b"%PDF-1.7\n", &bytes[..]].concat()).is_err());
        }

        #[test]
        fn no_content_makes_it_panic(content in soup()) {
            drop(read_back(&pdf(&content)));
        }

        #[test]
        fn no_flipped_byte_makes_it_panic(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
            let mut broken = pdf("BT /F 10 Tf 20 30 Td [<0003> 20 <0004>] TJ ET");
            for (place, byte) in places {
                let place = place.index(broken.len());
                broken[place] = byte;
            }
            drop(read_back(&broken));
        }
    }
}
