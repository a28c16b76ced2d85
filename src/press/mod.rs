//! The press: document + template + issuer + day + warrant → pages → PDF. A pure function: the same
//! input gives the same bytes on any day and any node.

pub mod form;
pub mod ground;
pub mod pdf;
pub mod setting;
pub mod sheet;
pub mod template;
pub mod typeface;
pub mod world;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::case::warrant::Warrant;
use crate::document::catalog::{Composed, Kind};
use crate::document::words::{Words, WordsError};

use form::Foundry;
use sheet::{SheetError, Sheets, Surround};
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
    /// Pages.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// File.
    #[error(transparent)]
    Export(#[from] pdf::ExportError),
}

/// One press, shared by all threads.
pub struct Press {
    foundry: Foundry,
    words: Mutex<HashMap<&'static str, Arc<Words>>>,
}

/// A printed document.
pub struct Printed {
    /// The file.
    pub pdf: Vec<u8>,
    /// Pages and what was put on them.
    pub sheets: Sheets,
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

    /// The wording of a kind.
    pub fn words(&self, kind: &'static Kind) -> Result<Arc<Words>, PressError> {
        // A panic while the lock was held can only have lost a cache entry.
        let mut kept = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = kept.get(kind.id) {
            return Ok(words.clone());
        }
        let own = format!("words/{}.toml", kind.id);
        let files = ["words/common.toml", "words/fields.toml", "words/refusals.toml", &own];
        let words = Arc::new(Words::read(
            files.into_iter().filter_map(|file| Some((file, self.templates().text(file)?))),
        )?);
        kept.insert(kind.id, words.clone());
        Ok(words)
    }

    /// Prints a document.
    pub fn print(
        &self,
        document: &Composed,
        warrant: &Warrant,
        surround: &Surround<'_>,
    ) -> Result<Printed, PressError> {
        let words = self.words(document.kind())?;
        let view = document.view(&words);
        let sheets = sheet::lay_out(&self.foundry, document.kind(), &view, warrant, &words, surround)?;
        let pdf = pdf::export(&sheets.document, &document.digest().hex())?;
        Ok(Printed { pdf, sheets })
    }
}
