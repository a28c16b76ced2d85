//! Forms: what of a page never changes, laid out once by Typst and kept.
//!
//! A template draws rules, labels and static text, and marks where values go with `slot(…)`. Typst
//! never sees a value: it is given the *shape* of the document (how many sheets, which rows exist)
//! and the same shape gives the same form. Values are set into the slots by [`super::setting`].
//! Hence a page costs milliseconds, and nothing of one document can reach another through a cache:
//! no cache holds any of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use sha2::{Digest, Sha256};
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Bytes, Dict, Value};
use typst::introspection::{MetadataElem, Tag};
use typst::layout::{Frame, FrameItem, Point};
use typst::model::DocumentInfo;
use typst::{World, WorldExt};
use typst_layout::{Page, PagedDocument};

use super::template::Templates;
use super::typeface::{Style, Typefaces};
use super::world::FormWorld;

/// How a value lies in its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// From the left edge: texts.
    Left,
    /// In the middle: 性別, 有無, numbers.
    Center,
    /// To the right edge: amounts, the number line.
    Right,
}

/// What happens to a value that does not fit even at its least size and greatest number of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// The slot says 別紙のとおり and the value goes to an annex sheet (別紙).
    Annex,
    /// The document is refused, naming the field.
    Refuse,
}

/// A place on a form for one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Name, unique within the form.
    pub name: String,
    /// Page, counted from 0.
    pub page: usize,
    /// Width of the box in points.
    pub width: f64,
    /// Height of the box in points.
    pub height: f64,
    /// Style of its text.
    pub style: Style,
    /// Size that text has where it fits, in points.
    pub size: f64,
    /// Size below which text is never set, in points.
    pub least: f64,
    /// Greatest number of lines.
    pub lines: usize,
    /// Distance between baselines as a multiple of the size.
    pub leading: f64,
    /// Horizontal alignment.
    pub align: Align,
    /// Space kept free at the left and right edge, in points.
    pub inset: f64,
    /// Grey of the text, 0 black to 1 white.
    pub grey: f64,
    /// Whether its strokes are thickened: changed values. The glyphs stay those of the style.
    pub bold: bool,
    /// Extra space between characters, in em.
    pub tracking: f64,
    /// What happens to a value that does not fit.
    pub overflow: Overflow,
    /// Whether it takes a picture instead of text.
    pub picture: bool,
    /// Whether it may stay empty.
    pub optional: bool,
}

/// White that ink keeps to the rules above and below it, in points (0.4 mm from the middle of a rule;
/// half a rule of 1.2 pt takes 0.2 mm of it).
const CLEAR: f64 = 0.4 * 72.0 / 25.4;

impl Slot {
    /// White that ink keeps to the upper and lower edge, in points. A slot without inset is no cell of
    /// a table: no rule is near, and it keeps none.
    pub fn clearance(&self) -> f64 {
        if self.inset > 0.0 { CLEAR } else { 0.0 }
    }
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            name: String::new(),
            page: 0,
            width: 0.0,
            height: 0.0,
            style: Style::Mincho,
            size: 9.0,
            least: 9.0,
            lines: 1,
            leading: 1.2,
            align: Align::Left,
            inset: 0.0,
            grey: 0.0,
            bold: false,
            tracking: 0.0,
            overflow: Overflow::Refuse,
            picture: false,
            optional: false,
        }
    }
}

/// A form could not be laid out.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// There is no template of that name.
    #[error("laying out the form {name}: no such template")]
    NoTemplate {
        /// Name of the form.
        name: String,
    },
    /// Typst refused the template.
    #[error("laying out the form {name}: {}", messages.join("; "))]
    Typst {
        /// Name of the form.
        name: String,
        /// What Typst said, each with file and line.
        messages: Vec<String>,
    },
    /// A slot is declared wrongly.
    #[error("laying out the form {name}: slot {slot}: {what}")]
    Slot {
        /// Name of the form.
        name: String,
        /// Name of the slot.
        slot: String,
        /// What is wrong.
        what: &'static str,
    },
}

/// A form, laid out: pages with static content, and its slots.
#[derive(Debug)]
pub struct Form {
    /// Pages, their slots marked by tags.
    pub pages: Vec<Page>,
    /// Title, language: what the template set for the document.
    pub info: DocumentInfo,
    /// Slots by name.
    pub slots: HashMap<String, Slot>,
}

/// Identity of a form: template set, name, shape and assets.
type FormKey = [u8; 32];

/// How many forms are kept. A form takes about 1 MB; one office prints a few dozen shapes a day.
const MOST_FORMS: usize = 96;

/// Lays out forms and keeps them.
pub struct Foundry {
    templates: Arc<Templates>,
    typefaces: Arc<Typefaces>,
    kept: Mutex<HashMap<FormKey, (u64, Arc<Form>)>>,
    clock: std::sync::atomic::AtomicU64,
}

impl Foundry {
    /// A foundry over one set of templates and fonts.
    pub fn new(templates: Arc<Templates>, typefaces: Arc<Typefaces>) -> Self {
        Self { templates, typefaces, kept: Mutex::default(), clock: 0.into() }
    }

    /// The templates.
    pub fn templates(&self) -> &Arc<Templates> {
        &self.templates
    }

    /// The fonts.
    pub fn typefaces(&self) -> &Arc<Typefaces> {
        &self.typefaces
    }

    /// The form `name` for a shape, laid out now or kept from before.
    pub fn form<S: Serialize>(
        &self,
        name: &str,
        shape: &S,
        assets: &[(&'static str, Bytes)],
    ) -> Result<Arc<Form>, FormError> {
        // A shape is made of maps with text keys, numbers and flags: its JSON always exists.
        let shape = serde_json::to_vec(shape).unwrap_or_default();
        let key = key_of(name, &shape, assets);
        let now = self.clock.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if let Some((used, form)) = self.lock().get_mut(&key) {
            *used = now;
            return Ok(form.clone());
        }
        let form = Arc::new(self.lay_out(name, shape, assets.to_vec())?);
        let mut kept = self.lock();
        if kept.len() >= MOST_FORMS
            && let Some(oldest) = kept.iter().min_by_key(|(_, (used, _))| *used).map(|(k, _)| *k)
        {
            kept.remove(&oldest);
        }
        kept.insert(key, (now, form.clone()));
        Ok(form)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<FormKey, (u64, Arc<Form>)>> {
        // A panic while the lock was held can only have lost a cache entry.
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn lay_out(&self, name: &str, shape: Vec<u8>, assets: Vec<(&'static str, Bytes)>) -> Result<Form, FormError> {
        let no_template = || FormError::NoTemplate { name: name.to_owned() };
        self.templates.file(&format!("{name}.typ")).ok_or_else(no_template)?;
        let world = FormWorld::new(name, shape, assets, self.templates.clone(), self.typefaces.clone())
            .ok_or_else(no_template)?;
        let compiled = typst::compile::<PagedDocument>(&world);
        // Forms are kept here; what the compiler remembers of them would only take memory.
        comemo::evict(0);
        let document = compiled.output.map_err(|diagnostics| FormError::Typst {
            name: name.to_owned(),
            messages: diagnostics.iter().map(|d| describe(&world, d)).collect(),
        })?;
        let mut slots = HashMap::new();
        for (page, laid_out) in document.pages().iter().enumerate() {
            collect_slots(name, &laid_out.frame, page, &mut slots)?;
        }
        let info = typst::model::Document::info(&document).clone();
        Ok(Form { pages: document.pages().to_vec(), info, slots })
    }
}

fn key_of(name: &str, shape: &[u8], assets: &[(&'static str, Bytes)]) -> FormKey {
    let mut hasher = Sha256::new();
    for part in [name.as_bytes(), shape] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    for (path, data) in assets {
        hasher.update(path);
        hasher.update(Sha256::digest(data));
    }
    hasher.finalize().into()
}

fn describe(world: &FormWorld, diagnostic: &SourceDiagnostic) -> String {
    let place = diagnostic.span.id().and_then(|id| {
        let source = world.source(id).ok()?;
        let range = world.range(diagnostic.span)?;
        let line = source.lines().byte_to_line(range.start)? + 1;
        Some(format!("{}:{line}: ", id.vpath().get_with_slash()))
    });
    format!("{}{}", place.unwrap_or_default(), diagnostic.message)
}

/// The slot that a tag starts, if it is one.
pub fn slot_name(item: &FrameItem) -> Option<String> {
    let FrameItem::Tag(Tag::Start(content, _)) = item else { return None };
    let Value::Dict(dict) = &content.to_packed::<MetadataElem>()?.value else { return None };
    text_of(dict, "slot")
}

fn collect_slots(form: &str, frame: &Frame, page: usize, slots: &mut HashMap<String, Slot>) -> Result<(), FormError> {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => collect_slots(form, &group.frame, page, slots)?,
            FrameItem::Tag(Tag::Start(content, _)) => {
                let Some(metadata) = content.to_packed::<MetadataElem>() else { continue };
                let Value::Dict(dict) = &metadata.value else { continue };
                let Some(name) = text_of(dict, "slot") else { continue };
                let slot = slot_of(dict, name.clone(), page).map_err(|what| FormError::Slot {
                    name: form.to_owned(),
                    slot: name.clone(),
                    what,
                })?;
                if slots.insert(name.clone(), slot).is_some() {
                    return Err(FormError::Slot { name: form.to_owned(), slot: name, what: "declared twice" });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn slot_of(dict: &Dict, name: String, page: usize) -> Result<Slot, &'static str> {
    let length = |key| match dict.get(key) {
        Ok(Value::Length(length)) => Ok(length.abs.to_pt()),
        _ => Err("a length is missing"),
    };
    let number = |key, default: f64| match dict.get(key) {
        Ok(Value::Float(number)) => *number,
        #[expect(clippy::cast_precision_loss, reason = "templates give small numbers")]
        Ok(Value::Int(number)) => *number as f64,
        _ => default,
    };
    let flag = |key| matches!(dict.get(key), Ok(Value::Bool(true)));
    Ok(Slot {
        name,
        page,
        width: length("width")?,
        height: length("height")?,
        style: text_of(dict, "style").as_deref().and_then(Style::by_name).ok_or("its style is unknown")?,
        size: length("size")?,
        least: length("least")?,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=20 first")]
        lines: number("lines", 1.0).clamp(1.0, 20.0) as usize,
        leading: number("leading", 1.2),
        align: match text_of(dict, "align").as_deref() {
            Some("center") => Align::Center,
            Some("right") => Align::Right,
            _ => Align::Left,
        },
        inset: length("inset")?,
        grey: number("grey", 0.0),
        bold: flag("bold"),
        tracking: number("tracking", 0.0),
        overflow: match text_of(dict, "overflow").as_deref() {
            Some("annex") => Overflow::Annex,
            _ => Overflow::Refuse,
        },
        picture: flag("picture"),
        optional: flag("optional"),
    })
}

fn text_of(dict: &Dict, key: &str) -> Option<String> {
    match dict.get(key) {
        Ok(Value::Str(text)) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

/// Walks a frame with its items' positions on the page, following groups.
pub fn map_frame(frame: &Frame, place: &mut dyn FnMut(&str) -> Vec<(Point, FrameItem)>) -> Option<Frame> {
    let mut changed: Option<Vec<(Point, FrameItem)>> = None;
    for (index, (position, item)) in frame.items().enumerate() {
        let mut keep = || frame.items().take(index).cloned().collect::<Vec<_>>();
        match item {
            FrameItem::Group(group) => {
                if let Some(inner) = map_frame(&group.frame, place) {
                    let mut group = group.clone();
                    group.frame = inner;
                    changed.get_or_insert_with(&mut keep).push((*position, FrameItem::Group(group)));
                    continue;
                }
            }
            FrameItem::Tag(Tag::Start(..)) => {
                if let Some(name) = slot_name(item) {
                    let items = changed.get_or_insert_with(&mut keep);
                    items.push((*position, item.clone()));
                    items.extend(place(&name).into_iter().map(|(offset, item)| (*position + offset, item)));
                    continue;
                }
            }
            _ => {}
        }
        if let Some(items) = &mut changed {
            items.push((*position, item.clone()));
        }
    }
    changed.map(|items| rebuilt(frame, items))
}

fn rebuilt(frame: &Frame, items: Vec<(Point, FrameItem)>) -> Frame {
    let mut made = Frame::new(frame.size(), frame.kind());
    if frame.has_baseline() {
        made.set_baseline(frame.baseline());
    }
    made.push_multiple(items);
    made
}
