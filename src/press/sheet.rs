//! From a document to pages: form, values, annex sheets, and what stands around every certificate.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value as Shape, json};
use typst::foundations::{Bytes, Smart};
use typst::layout::{Abs, FrameItem, Point, Size};
use typst::syntax::Span;
use typst::visualize::{ExchangeFormat, Image, ImageScaling, RasterImage};
use typst_layout::{Page, PagedDocument};

use crate::document::catalog::{Frame, Kind};
use crate::document::refusal::{Refusal, Refusals};
use crate::document::view::{AnnexEntry, SlotPicture, SlotValue, Subject, View};
use crate::document::words::{DateStyle, Words, full_width};
use crate::domain::calendar::Day;
use crate::domain::office::Signatory;
use crate::domain::text::{Moji, moji};

use super::form::{Form, FormError, Foundry, Overflow, Slot, map_frame};
use super::ground;
use super::mark::{self, MarkError};
use super::setting::{self, Setting, TooLong};

/// What stands around the content of a certificate.
#[derive(Debug, Clone)]
pub struct Surround<'a> {
    /// 証明日 or day of printing.
    pub day: Day,
    /// 市区町村 as the number line names it.
    pub office: &'a str,
    /// 証明者 of the day.
    pub signatory: &'a Signatory,
    /// 発行番号, where one was given.
    pub number: Option<&'a NumberLine>,
    /// What it is printed on.
    pub paper: Paper,
    /// 照合符号 of the document.
    pub short_digest: &'a str,
}

/// 用紙: what a page is printed on. The tray says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 普通紙: the ground (地紋) is printed.
    Plain,
    /// 偽造防止用紙: the paper brings its ground along; a second one would only blacken it.
    Security,
    /// 画面: nothing is printed, and a fine screen of dots would only flicker.
    Screen,
}

impl Paper {
    /// Its word in data.
    pub fn key(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Security => "security",
            Self::Screen => "screen",
        }
    }

    /// By its word.
    pub fn by_key(key: &str) -> Option<Self> {
        [Self::Plain, Self::Security, Self::Screen].into_iter().find(|paper| paper.key() == key)
    }
}

/// 発行番号 without its page: 年月日, 端末, プリンタ, 発行順番号.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberLine {
    /// Day of issue.
    pub day: Day,
    /// 端末名番号 (本庁01).
    pub terminal: String,
    /// プリンタ番号, empty where the printer is not yet known.
    pub printer: String,
    /// 発行順番号 of the day and terminal, from 1.
    pub serial: u32,
}

impl NumberLine {
    /// As logs and the register have it: day, terminal and number.
    pub fn text(&self) -> String {
        format!("{} {} {:06}", self.day, self.terminal, self.serial)
    }
}

/// 公印 as it is printed.
#[derive(Debug, Clone)]
pub struct Seal {
    /// Black and white, PNG.
    pub png: Vec<u8>,
    /// Side in millimetres, at most 25.
    pub mm: f64,
    /// Whose seal it is, for a reader who hears the page (見本市北区長之印).
    pub alt: String,
}

/// What the QR of a sealed page is made of.
#[derive(Debug)]
pub struct PrintedFacts {
    /// Pages of the certificate, annex sheets included.
    pub pages: usize,
    /// Every printed field and its text, in order of name.
    pub fields: Vec<(String, String)>,
}

/// Makes the text of the QR once it is known what is printed.
pub trait Marker {
    /// The text.
    fn mark(&self, facts: &PrintedFacts) -> Result<String, MarkError>;
}

/// What a sealed page has and no other: only a `Sealed` warrant brings it here.
pub(super) struct Sealing<'a> {
    pub seal: &'a Seal,
    pub marker: &'a dyn Marker,
}

/// Pages with every value in its place.
pub struct Sheets {
    /// For the exporter.
    pub document: PagedDocument,
    /// What was put where, for the inspection and the read-back.
    pub placed: Vec<Placed>,
    /// Texts of which each must stand on every page.
    pub subject: Vec<String>,
    /// Number line of each page, where the form has one.
    pub numbers: Vec<String>,
    /// How many pages the document and its annex have.
    pub meant: usize,
    /// Day of printing.
    pub day: Day,
    /// The text of the QR, on sealed pages.
    pub mark: Option<String>,
    /// The form.
    pub form: Arc<Form>,
}

/// A value in its slot.
#[derive(Clone)]
pub struct Placed {
    /// Page, from 0.
    pub page: usize,
    /// Slot.
    pub slot: String,
    /// What is printed there, line by line.
    pub setting: Setting,
}

/// Pages could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The form.
    #[error(transparent)]
    Form(#[from] FormError),
    /// Values that do not fit.
    #[error(transparent)]
    Refused(#[from] Refusals),
    /// The document has a value for which the form has no slot.
    #[error("filling the form {form}: no slot {slot}")]
    NoSlot {
        /// Form.
        form: String,
        /// Slot.
        slot: String,
    },
    /// The form has a slot for which the document has no value.
    #[error("filling the form {form}: nothing for the slot {slot}")]
    Unfilled {
        /// Form.
        form: String,
        /// Slot.
        slot: String,
    },
    /// Two values for one slot.
    #[error("filling the form {form}: two values for the slot {slot}")]
    Twice {
        /// Form.
        form: String,
        /// Slot.
        slot: String,
    },
    /// The QR.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// A picture that cannot be shown.
    #[error("filling the form {form}: the picture for {slot} cannot be read")]
    Picture {
        /// Form.
        form: String,
        /// Slot.
        slot: String,
    },
}

/// Rows of an annex sheet, and most rows that one entry takes.
const ANNEX_ROWS: usize = 25;
const ANNEX_MOST: usize = 4;
/// One millimetre in points.
const MM: f64 = 72.0 / 25.4;

/// Makes the pages of a document.
pub(super) fn lay_out(job: &Job<'_>) -> Result<Sheets, SheetError> {
    let settled = job.settle()?;
    job.fill(settled)
}

/// Everything that one document's pages are made of.
pub(super) struct Job<'a> {
    pub foundry: &'a Foundry,
    pub kind: &'static Kind,
    pub view: &'a View,
    /// The word that templates and wording know the warrant by.
    pub mode: &'static str,
    pub words: &'a Words,
    pub surround: &'a Surround<'a>,
    pub sealing: Option<&'a Sealing<'a>>,
}

/// What goes into the slots of one form.
#[derive(Default)]
struct Settings {
    texts: HashMap<String, Setting>,
}

/// A form on which everything fits.
struct Settled {
    form: Arc<Form>,
    settings: Settings,
    /// Texts of which each must stand on every page.
    subject: Vec<String>,
    /// How many pages the document and its annex have.
    meant: usize,
}

/// An annex entry and how many rows it takes.
struct AnnexRow {
    entry: AnnexEntry,
    rows: usize,
}

impl Job<'_> {
    fn form_name(&self) -> &'static str {
        self.kind.id
    }

    /// Finds the form on which everything fits, sending what does not fit to annex sheets.
    fn settle(&self) -> Result<Settled, SheetError> {
        let mut annexed: Vec<AnnexEntry> = self.view.annex.clone();
        let mut moved: Vec<String> = Vec::new();
        let mut refusals: Vec<Refusal> = Vec::new();
        // The second pass finds nothing more to move: slots do not change with annex sheets.
        for _ in 0..2 {
            let annex = self.annex_rows(&annexed, &mut refusals);
            let form = self.form(&annex)?;
            let (settings, overflowing) = self.set_all(&form, &annex, &moved, &mut refusals)?;
            if overflowing.is_empty() {
                if let Some(refusals) = Refusals::of(refusals) {
                    return Err(refusals.into());
                }
                let subject = self.subject(&moved).into_iter().map(|subject| self.text_layer(&subject.text)).collect();
                return Ok(Settled { form, settings, subject, meant: self.pages(&annex) });
            }
            for (value, _) in &overflowing {
                moved.push(value.slot.clone());
                let entry = AnnexEntry {
                    number: value.number,
                    field: value.path.rsplit('.').next().unwrap_or_default().to_owned(),
                    text: value.text.clone(),
                    path: value.path.clone(),
                };
                // The heading of every sheet says the same: once is enough.
                if !annexed.contains(&entry) {
                    annexed.push(entry);
                }
            }
            // A sheet that no longer says whose it is must not be: the value stays, and is refused.
            if self.subject(&moved).is_empty() {
                let subject = overflowing
                    .iter()
                    .filter(|(value, _)| self.view.subject.iter().any(|subject| subject.text == value.text));
                refusals.extend(subject.map(|(value, too_long)| refusal(value, too_long)));
                refusals.dedup();
                return Err(Refusals(refusals).into());
            }
        }
        Err(SheetError::NoSlot { form: self.form_name().to_owned(), slot: "annex".to_owned() })
    }

    /// The rows of the annex sheets. Entries that fit none are refused, and left out.
    fn annex_rows(&self, entries: &[AnnexEntry], refusals: &mut Vec<Refusal>) -> Vec<Vec<AnnexRow>> {
        let mut sheets: Vec<Vec<AnnexRow>> = Vec::new();
        let mut used = ANNEX_ROWS;
        for entry in entries {
            let rows = (1..=ANNEX_MOST)
                .find(|rows| setting::set(&entry.text, &annex_slot(*rows), self.foundry.typefaces()).is_ok());
            let Some(rows) = rows else {
                let length = crate::domain::text::moji(&entry.text).count();
                refusals.push(Refusal::new(entry.path.clone(), "too-long-for-annex").with("length", length));
                continue;
            };
            if used + rows > ANNEX_ROWS {
                sheets.push(Vec::new());
                used = 0;
            }
            used += rows;
            if let Some(sheet) = sheets.last_mut() {
                sheet.push(AnnexRow { entry: entry.clone(), rows });
            }
        }
        sheets
    }

    fn form(&self, annex: &[Vec<AnnexRow>]) -> Result<Arc<Form>, FormError> {
        let mut shape = self.view.shape.clone();
        let rows: Vec<Vec<usize>> = annex.iter().map(|sheet| sheet.iter().map(|row| row.rows).collect()).collect();
        shape.insert(
            "frame".to_owned(),
            json!({
                "kind": self.kind.id,
                "title": self.view.title,
                "mode": self.mode,
                "ground": self.has_ground(),
                "sheets": self.view.sheets,
                "annex": rows,
                "annex_numbered": numbered(annex),
                "certified": self.view.certification.is_some(),
                "sealed": self.sealing.is_some(),
                "seal": self.sealing.map(|s| json!({ "alt": s.seal.alt, "mm": s.seal.mm })),
                "version": self.words.get("version"),
            }),
        );
        let assets: Vec<(&'static str, Bytes)> =
            if self.has_ground() { ground::assets(self.foundry.typefaces()) } else { Vec::new() };
        self.foundry.form(self.form_name(), &Shape::Object(shape), &assets)
    }

    fn pages(&self, annex: &[Vec<AnnexRow>]) -> usize {
        self.view.sheets + annex.len()
    }

    /// Sets every value. Returns those that do not fit and may go to an annex sheet; those that may not
    /// are refused.
    fn set_all(
        &self,
        form: &Form,
        annex: &[Vec<AnnexRow>],
        moved: &[String],
        refusals: &mut Vec<Refusal>,
    ) -> Result<(Settings, Vec<(SlotValue, TooLong)>), SheetError> {
        let mut settings = Settings::default();
        let mut overflowing = Vec::new();
        let annexed = self.words.get("nothing.annexed");
        for value in self.view.values.iter().chain(&self.surrounding_values(form, annex, moved)) {
            let slot = self.slot(form, &value.slot)?;
            let text = if moved.contains(&value.slot) { annexed } else { value.text.as_str() };
            match setting::set(text, slot, self.foundry.typefaces()) {
                Ok(setting) => self.keep(&mut settings, &value.slot, setting)?,
                Err(too_long) if slot.overflow == Overflow::Annex => overflowing.push((value.clone(), too_long)),
                Err(too_long) => refusals.push(refusal(value, &too_long)),
            }
        }
        Ok((settings, overflowing))
    }

    /// Texts that say on every sheet whose it is: without those that went to an annex sheet from every
    /// place where they were to stand.
    fn subject(&self, moved: &[String]) -> Vec<&Subject> {
        let gone = |text: &str| {
            let mut places = self.view.values.iter().filter(|value| value.text == text).peekable();
            places.peek().is_some() && places.all(|value| moved.contains(&value.slot))
        };
        self.view.subject.iter().filter(|subject| !gone(&subject.text)).collect()
    }

    /// The subject as the head of an annex sheet says it: each text on a line of its own, after the name of its field.
    fn named_subject(&self, moved: &[String]) -> String {
        let named = |subject: &&Subject| match subject.field {
            Some(field) => format!("{}\u{3000}{}", self.words.get(&format!("field.{field}")), subject.text),
            None => subject.text.clone(),
        };
        self.subject(moved).iter().map(named).collect::<Vec<_>>().join("\n")
    }

    fn slot<'f>(&self, form: &'f Form, name: &str) -> Result<&'f Slot, SheetError> {
        form.slots
            .get(name)
            .ok_or_else(|| SheetError::NoSlot { form: self.form_name().to_owned(), slot: name.to_owned() })
    }

    fn keep(&self, settings: &mut Settings, slot: &str, setting: Setting) -> Result<(), SheetError> {
        match settings.texts.insert(slot.to_owned(), setting) {
            None => Ok(()),
            Some(_) => Err(SheetError::Twice { form: self.form_name().to_owned(), slot: slot.to_owned() }),
        }
    }

    /// What the frame of a certificate prints, and the annex sheets.
    fn surrounding_values(&self, form: &Form, annex: &[Vec<AnnexRow>], moved: &[String]) -> Vec<SlotValue> {
        let mut values = Vec::new();
        let mut put = |slot: String, text: String, path: &str, number| {
            values.push(SlotValue { slot, text, path: path.to_owned(), number });
        };
        let pages = self.pages(annex);
        for page in 0..pages {
            if form.slots.contains_key(&format!("number.{page}")) {
                put(format!("number.{page}"), self.number_line(page, pages), "", None);
            }
        }
        for slot in (0..pages).map(|page| format!("digest.{page}")).filter(|slot| form.slots.contains_key(slot)) {
            put(slot, self.surround.short_digest.to_owned(), "", None);
        }
        for (index, sheet) in annex.iter().enumerate() {
            put(format!("a{index}.subject"), self.named_subject(moved), "", None);
            for (row, annexed) in sheet.iter().enumerate() {
                let entry = &annexed.entry;
                let number = entry.number.map_or_else(String::new, |number| number.to_string());
                let field = entry.field.split('[').next().unwrap_or_default();
                if numbered(annex) {
                    put(format!("a{index}.{row}.number"), number, &entry.path, entry.number);
                }
                put(
                    format!("a{index}.{row}.item"),
                    self.words.get(&format!("field.{field}")).to_owned(),
                    &entry.path,
                    entry.number,
                );
                put(format!("a{index}.{row}.text"), entry.text.clone(), &entry.path, entry.number);
            }
        }
        if self.kind.frame == Frame::Certificate {
            self.certifying_values(form, &mut |slot, text| put(slot.to_owned(), text, "", None));
        }
        values
    }

    fn certifying_values(&self, form: &Form, put: &mut dyn FnMut(&str, String)) {
        if let Some(certification) = &self.view.certification {
            put("ninsho", certification.clone());
        }
        put("day", self.words.day(self.surround.day, DateStyle::Running));
        let Signatory { title, deputy, name, .. } = self.surround.signatory;
        let space = '\u{3000}';
        let (above, line) = match deputy {
            Some(deputy) => {
                (Some(self.words.fill("issuer.deputy-of", &[("title", title)])), format!("{deputy}{space}{name}"))
            }
            None => {
                let line = format!("{title}{space}{name}");
                let fits = form
                    .slots
                    .get("issuer.b")
                    .is_none_or(|slot| setting::set(&line, slot, self.foundry.typefaces()).is_ok());
                if fits { (None, line) } else { (Some(title.clone()), name.clone()) }
            }
        };
        put("issuer.a", above.unwrap_or_default());
        put("issuer.b", line);
    }

    fn number_line(&self, page: usize, pages: usize) -> String {
        let page = full_width(&(page + 1).to_string());
        let pages = full_width(&pages.to_string());
        let Some(number) = self.surround.number else {
            let key = format!("number.{}", self.mode);
            return self
                .words
                .fill(&key, &[("page", &page), ("pages", &pages), ("digest", self.surround.short_digest)]);
        };
        self.words.fill(
            "number.issued",
            &[
                ("day", &number.day.to_string().replace('-', "")),
                ("office", self.surround.office),
                ("terminal", &number.terminal),
                ("printer", &number.printer),
                ("serial", &format!("{:06}", number.serial)),
                ("page", &page),
                ("pages", &pages),
            ],
        )
    }

    /// Whether the ground is drawn: on plain paper, and on a sealed page only. Copies leave its place white.
    fn has_ground(&self) -> bool {
        self.surround.paper == Paper::Plain && self.sealing.is_some()
    }

    /// A text as the file's text layer has it.
    fn text_layer(&self, text: &str) -> String {
        let shown = |moji: Moji| self.foundry.typefaces().stand_in(moji).unwrap_or_else(|| moji.to_string());
        moji(text).map(shown).collect()
    }

    /// The document's pictures, and the seal, the QR and the codes of a sealed page.
    fn pictures(&self, form: &Form, mark: Option<&str>) -> Result<Vec<SlotPicture>, SheetError> {
        let mut pictures = self.view.pictures.clone();
        if let (Some(Sealing { seal, .. }), Some(mark)) = (self.sealing, mark) {
            let (png, side) = mark::picture(mark)?;
            // A smaller box than the usual 28 mm takes a smaller code, its quiet zone of four modules
            // included.
            let modules = side / mark::MODULE_MM;
            let room = form.slots.get("mark").map_or(side, |slot| slot.width / MM * modules / (modules + 8.0));
            let side = side.min(room);
            let square = |slot: &str, png, side| SlotPicture { slot: slot.to_owned(), png, size_mm: (side, side) };
            pictures.extend(self.view.sealed_pictures.iter().cloned());
            pictures.push(square("seal", seal.png.clone(), seal.mm));
            pictures.push(square("mark", png, side));
        }
        Ok(pictures)
    }

    fn mark(&self, form: &Form, placed: &[Placed]) -> Result<Option<String>, SheetError> {
        let Some(sealing) = self.sealing else { return Ok(None) };
        let mut fields: Vec<(String, String)> =
            placed.iter().map(|p| (p.slot.clone(), p.setting.lines.concat())).collect();
        fields.sort();
        Ok(Some(sealing.marker.mark(&PrintedFacts { pages: form.pages.len(), fields })?))
    }

    fn fill(&self, settled: Settled) -> Result<Sheets, SheetError> {
        let Settled { form, settings, subject, meant } = settled;
        let mut items: HashMap<String, Vec<(Point, FrameItem)>> = HashMap::new();
        let mut placed = Vec::with_capacity(settings.texts.len());
        for (name, setting) in settings.texts {
            let slot = self.slot(&form, &name)?;
            items.insert(name.clone(), setting::items(&setting, slot, self.foundry.typefaces()));
            placed.push(Placed { page: slot.page, slot: name, setting });
        }
        placed.sort_by(|a, b| (a.page, &a.slot).cmp(&(b.page, &b.slot)));
        let mark = self.mark(&form, &placed)?;
        for picture in self.pictures(&form, mark.as_deref())? {
            let slot = self.slot(&form, &picture.slot)?;
            let item = picture_item(&picture, slot)
                .ok_or_else(|| SheetError::Picture { form: self.form_name().to_owned(), slot: picture.slot.clone() })?;
            items.insert(picture.slot.clone(), vec![item]);
        }
        if let Some(unfilled) = form.slots.values().find(|s| !s.optional && !items.contains_key(&s.name)) {
            return Err(SheetError::Unfilled { form: self.form_name().to_owned(), slot: unfilled.name.clone() });
        }
        let document = self.document(&form, &mut items);
        let pages = form.pages.len();
        Ok(Sheets {
            document,
            placed,
            subject,
            numbers: (0..pages).map(|page| self.number_line(page, pages)).collect(),
            meant,
            day: self.surround.day,
            mark,
            form,
        })
    }

    fn document(&self, form: &Form, items: &mut HashMap<String, Vec<(Point, FrameItem)>>) -> PagedDocument {
        let pages: Vec<Page> = form
            .pages
            .iter()
            .map(|page| {
                let mut page = page.clone();
                let filled = map_frame(&page.frame, &mut |name| items.remove(name).unwrap_or_default());
                page.frame = filled.unwrap_or(page.frame);
                page
            })
            .collect();
        PagedDocument::new(pages.into(), form.info.clone())
    }
}

fn refusal(value: &SlotValue, too_long: &TooLong) -> Refusal {
    Refusal::new(value.path.clone(), "too-long").with("length", too_long.length).with("capacity", too_long.capacity)
}

/// Whether the form numbers what is on its annex sheets: a form without numbers has no column for them.
fn numbered(annex: &[Vec<AnnexRow>]) -> bool {
    annex.iter().flatten().any(|row| row.entry.number.is_some())
}

/// The text box of an annex entry of so many rows; its form declares the same.
fn annex_slot(rows: usize) -> Slot {
    Slot {
        width: 135.0 * MM,
        height: 8.0 * MM * rows as f64,
        size: 9.0,
        least: 7.0,
        lines: 3 * rows,
        inset: MM,
        ..Slot::default()
    }
}

/// A picture, centred in its slot at true size.
fn picture_item(picture: &SlotPicture, slot: &Slot) -> Option<(Point, FrameItem)> {
    let raster = RasterImage::plain(Bytes::new(picture.png.clone()), ExchangeFormat::Png).ok()?;
    let image = Image::new(raster, None, Smart::Custom(ImageScaling::Pixelated));
    let (width, height) = (picture.size_mm.0 * MM, picture.size_mm.1 * MM);
    let x = (slot.width - width) / 2.0;
    let y = (slot.height - height) / 2.0;
    let size = Size::new(Abs::pt(width), Abs::pt(height));
    Some((Point::new(Abs::pt(x), Abs::pt(y)), FrameItem::Image(image, size, Span::detached())))
}
