//! The press: document + template + issuer + day + warrant → pages → PDF. A pure function: the same
//! input gives the same bytes on any day and any node.

pub mod compare;
pub mod form;
pub mod ground;
pub mod inspect;
pub mod mark;
pub mod pdf;
pub mod raster;
pub mod readback;
pub mod setting;
pub mod sheet;
pub mod template;
#[cfg(test)]
mod testing;
pub mod typeface;
pub mod world;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::case::warrant::{Collation, Cover, Office, Sealed, WarrantError};
use crate::document::catalog::{Composed, Frame, Kind, Parsed, Sealing as SealingRule};
use crate::document::refusal::Refusals;
use crate::document::view::View;
use crate::document::words::{Words, WordsError};

use form::Foundry;
use inspect::Fault;
use sheet::{Job, Marker, Seal, Sealing, SheetError, Sheets, Surround};
use template::Templates;
use typeface::{TypefaceError, Typefaces};

/// A page could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    /// Fonts.
    #[error(transparent)]
    Typeface(#[from] TypefaceError),
    /// Wording.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// The warrant is for something else.
    #[error(transparent)]
    Warrant(#[from] WarrantError),
    /// A sealed page was asked of templates that are not inside the binary.
    #[error("sealing: only the templates inside the program may be sealed")]
    ForeignTemplates,
    /// Pages.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// File.
    #[error(transparent)]
    Export(#[from] pdf::ExportError),
    /// The pages are not as they must be.
    #[error("inspecting the pages: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Inspection(Vec<Fault>),
    /// The finished file does not say what was meant.
    #[error(transparent)]
    ReadBack(#[from] compare::Mismatch),
}

/// What a page other than a sealed one is printed under.
#[derive(Debug, Clone, Copy)]
pub enum Leave<'a> {
    /// 見本: anybody may print one of any document.
    Specimen,
    /// 承認前・照合用.
    Collation(&'a Collation),
    /// Internal sheets and notices.
    Office(&'a Office),
}

impl Leave<'_> {
    /// The word that templates and wording know it by.
    fn key(&self) -> &'static str {
        match self {
            Self::Specimen => "specimen",
            Self::Collation(_) => "collation",
            Self::Office(_) => "office",
        }
    }

    fn cover(&self) -> Option<&Cover> {
        match self {
            Self::Specimen => None,
            Self::Collation(warrant) => Some(warrant.cover()),
            Self::Office(warrant) => Some(warrant.cover()),
        }
    }
}

/// One press, shared by all threads.
pub struct Press {
    foundry: Foundry,
    words: Mutex<HashMap<&'static str, Arc<Words>>>,
}

/// A printed document that is not sealed.
pub struct Printed {
    /// The file.
    pub pdf: Vec<u8>,
    /// Pages and what was put on them.
    pub sheets: Sheets,
}

/// A sealed certificate. Nothing but [`Press::seal`] makes one.
pub struct SealedPage {
    printed: Printed,
}

impl SealedPage {
    /// The file.
    pub fn pdf(&self) -> &[u8] {
        &self.printed.pdf
    }

    /// Pages and what was put on them.
    pub fn sheets(&self) -> &Sheets {
        &self.printed.sheets
    }
}

/// Lets the exporter forget what it remembers of former pages, whether this page came out or not.
struct Forget;

/// For how many pages it may remember (glyph widths, font tables): without an end it would remember
/// every text that it ever wrote.
const REMEMBERED_PAGES: usize = 4;

impl Drop for Forget {
    fn drop(&mut self) {
        typst::comemo::evict(REMEMBERED_PAGES);
    }
}

impl Press {
    /// The press with the templates inside the binary and the embedded fonts.
    pub fn embedded() -> Result<Self, PressError> {
        Ok(Self::new(Templates::embedded(), Typefaces::embedded()?))
    }

    /// A press over given templates and fonts.
    pub fn new(templates: Arc<Templates>, typefaces: Arc<Typefaces>) -> Self {
        Self { foundry: Foundry::new(templates, typefaces), words: Mutex::default() }
    }

    /// The fonts.
    pub fn typefaces(&self) -> &Arc<Typefaces> {
        self.foundry.typefaces()
    }

    /// The templates.
    pub fn templates(&self) -> &Arc<Templates> {
        self.foundry.templates()
    }

    /// The wording of a kind. A folder's wording stands over the embedded one, except for the sentences
    /// of refusals, which are not a form's.
    pub fn words(&self, kind: &'static Kind) -> Result<Arc<Words>, PressError> {
        // A panic while the lock was held can only have lost a cache entry.
        let mut kept = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = kept.get(kind.id) {
            return Ok(words.clone());
        }
        let embedded = Templates::embedded();
        let own = format!("words/{}.toml", kind.id);
        let of_form = ["words/common.toml", "words/fields.toml", &own];
        let layers = [(&embedded, &of_form[..]), (self.templates(), &of_form), (&embedded, &["words/refusals.toml"])];
        let files = layers
            .iter()
            .flat_map(|(templates, files)| files.iter().filter_map(|file| Some((*file, templates.text(file)?))));
        let words = Arc::new(Words::read(files)?);
        kept.insert(kind.id, words.clone());
        Ok(words)
    }

    /// What a warrant for a document must cover, if it is printed here with this surround.
    pub fn cover(&self, document: &Composed, surround: &Surround<'_>) -> Cover {
        let signatory = surround.signatory;
        Cover {
            digest: document.digest(),
            templates: self.templates().digest_of(document.kind().id),
            issuer: format!("{}\u{3000}{}\u{3000}{}", surround.office, signatory.title, signatory.name),
            day: surround.day,
        }
    }

    /// Prints a document without a seal.
    pub fn print(&self, document: &Composed, leave: Leave<'_>, surround: &Surround<'_>) -> Result<Printed, PressError> {
        if matches!(leave, Leave::Office(_)) && document.kind().frame == Frame::Certificate {
            return Err(WarrantError::CleanCertificate.into());
        }
        if let Some(cover) = leave.cover() {
            cover.covers(&self.cover(document, surround))?;
            check_day(document, surround)?;
        }
        self.make(document, leave.key(), surround, None)
    }

    /// Lays out a 見本 and goes no further: for measuring.
    pub fn lay_out_specimen(&self, document: &Composed, surround: &Surround<'_>) -> Result<Sheets, PressError> {
        let words = self.words(document.kind())?;
        self.try_out(document.kind(), &document.view(&words), surround)
    }

    /// Everything that is said against a refused document: also what of it does not fit its form.
    pub fn refusals(&self, refused: Parsed, surround: &Surround<'_>) -> Result<Refusals, PressError> {
        let kind = refused.kind();
        let view = refused.view(&*self.words(kind)?);
        let Refusals(mut refusals) = refused.into_refusals();
        // A refused document may have a shape for which there is no form: then its own refusals are all.
        if let Some(view) = view
            && let Err(PressError::Sheet(SheetError::Refused(more))) = self.try_out(kind, &view, surround)
        {
            refusals.extend(more.0);
        }
        Ok(Refusals::of(refusals).unwrap_or(Refusals(Vec::new())))
    }

    fn try_out(&self, kind: &'static Kind, view: &View, surround: &Surround<'_>) -> Result<Sheets, PressError> {
        let words = self.words(kind)?;
        let mode = Leave::Specimen.key();
        let job = Job { foundry: &self.foundry, kind, view, mode, words: &words, surround, sealing: None };
        Ok(sheet::lay_out(&job)?)
    }

    /// Prints a sealed certificate.
    pub fn seal(
        &self,
        document: &Composed,
        warrant: &Sealed,
        surround: &Surround<'_>,
        seal: &Seal,
        marker: &dyn Marker,
    ) -> Result<SealedPage, PressError> {
        if document.kind().sealing == SealingRule::Never {
            return Err(WarrantError::NeverSealed.into());
        }
        if !self.templates().is_embedded() {
            return Err(PressError::ForeignTemplates);
        }
        warrant.cover().covers(&self.cover(document, surround))?;
        check_day(document, surround)?;
        let printed = self.make(document, "sealed", surround, Some(&Sealing { seal, marker }))?;
        Ok(SealedPage { printed })
    }

    fn make(
        &self,
        document: &Composed,
        mode: &'static str,
        surround: &Surround<'_>,
        sealing: Option<&Sealing<'_>>,
    ) -> Result<Printed, PressError> {
        let kind = document.kind();
        let words = self.words(kind)?;
        let view = document.view(&words);
        let job = Job { foundry: &self.foundry, kind, view: &view, mode, words: &words, surround, sealing };
        let _forget = Forget;
        let sheets = sheet::lay_out(&job)?;
        let faults = inspect::inspect(&sheets, kind.frame == Frame::Certificate);
        if !faults.is_empty() {
            return Err(PressError::Inspection(faults));
        }
        let pdf = pdf::export(&sheets.document, &document.digest().hex(), sheets.day)?;
        compare::compare(&sheets, &pdf)?;
        Ok(Printed { pdf, sheets })
    }
}

/// Refuses a document that knows more than its 証明日.
fn check_day(document: &Composed, surround: &Surround<'_>) -> Result<(), PressError> {
    match Refusals::of(document.later_than(surround.day)) {
        None => Ok(()),
        Some(refusals) => Err(SheetError::Refused(refusals).into()),
    }
}
