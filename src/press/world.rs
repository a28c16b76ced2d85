//! The world that a template sees: its own files, the fonts, and the shape of one form. No clock, no
//! file system, no packages, no plugins; and never a value of a document (see [`super::form`]).

use std::sync::{Arc, OnceLock};

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Features, Library, LibraryExt, World};

use super::template::Templates;
use super::typeface::Typefaces;

/// Path of the virtual file in which a template finds the shape of its form.
const SHAPE: &str = "/shape.json";

/// Everything that Typst may ask for while it lays out one form.
pub struct FormWorld {
    main: FileId,
    shape: Bytes,
    /// Files that belong to the form but not to the templates (the seal, the cells of the ground).
    assets: Vec<(&'static str, Bytes)>,
    templates: Arc<Templates>,
    typefaces: Arc<Typefaces>,
    book: LazyHash<FontBook>,
}

impl FormWorld {
    /// The world of the form `name` (`juminhyo-utsushi`) with the given shape.
    pub fn new(
        name: &str,
        shape: Vec<u8>,
        assets: Vec<(&'static str, Bytes)>,
        templates: Arc<Templates>,
        typefaces: Arc<Typefaces>,
    ) -> Option<Self> {
        let book = LazyHash::new(FontBook::from_fonts(typefaces.fonts()));
        let main = file_id(&format!("/{name}.typ"))?;
        Some(Self { main, shape: Bytes::new(shape), assets, templates, typefaces, book })
    }
}

fn file_id(path: &str) -> Option<FileId> {
    Some(RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).ok()?).intern())
}

fn library() -> &'static LazyHash<Library> {
    static LIBRARY: OnceLock<LazyHash<Library>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let features: Features = [Feature::A11yExtras].into_iter().collect();
        LazyHash::new(Library::builder().with_features(features).build())
    })
}

impl World for FormWorld {
    fn library(&self) -> &LazyHash<Library> {
        library()
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let text = self.file(id)?;
        let text = std::str::from_utf8(&text).map_err(|_| FileError::InvalidUtf8)?;
        Ok(Source::new(id, text.to_owned()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.vpath().get_with_slash().to_owned();
        if path == SHAPE {
            return Ok(self.shape.clone());
        }
        if let Some((_, data)) = self.assets.iter().find(|(name, _)| *name == path) {
            return Ok(data.clone());
        }
        self.templates.file(path.trim_start_matches('/')).cloned().ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.typefaces.fonts().nth(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
