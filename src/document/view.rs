//! What a document says to the press: the shape of its form and the value of every slot.

use serde_json::{Map, Value as Shape};

use super::entry::{Entry, Nothing};
use super::words::{DateStyle, Words};

/// A value and the slot that it goes to.
#[derive(Clone, PartialEq)]
pub struct SlotValue {
    /// Name of the slot on the form.
    pub slot: String,
    /// The text, exactly as it is to be printed.
    pub text: String,
    /// Path of the field in the document, for a refusal and for the annex sheet.
    pub path: String,
    /// Number of the person or property it belongs to, for the annex sheet.
    pub number: Option<usize>,
}

impl std::fmt::Debug for SlotValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlotValue({})", self.slot)
    }
}

/// A picture at true size and the slot that it goes to.
#[derive(Clone, PartialEq)]
pub struct SlotPicture {
    /// Name of the slot on the form.
    pub slot: String,
    /// PNG, as it is to be shown: no interpolation.
    pub png: Vec<u8>,
    /// True width and height in millimetres.
    pub size_mm: (f64, f64),
}

impl std::fmt::Debug for SlotPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlotPicture({}, {:?} mm)", self.slot, self.size_mm)
    }
}

/// A text that must stand on every sheet.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// What it is, said before it on an annex sheet: key of the field's name in the wording.
    pub field: Option<&'static str>,
    /// The text.
    pub text: String,
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subject({:?}, ***)", self.field)
    }
}

/// Something that goes to an annex sheet (別紙): history that no form has room for, or a value that
/// did not fit its slot.
#[derive(Clone, PartialEq)]
pub struct AnnexEntry {
    /// Number of the person or property, where there are several.
    pub number: Option<usize>,
    /// What it is: key of the field's name in the wording.
    pub field: String,
    /// The text.
    pub text: String,
    /// Path of the field in the document.
    pub path: String,
}

impl std::fmt::Debug for AnnexEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AnnexEntry({})", self.field)
    }
}

/// A document as the press sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Title of the document as it stands in the file's metadata; nothing personal.
    pub title: String,
    /// Number of sheets of the form itself, without annex sheets.
    pub sheets: usize,
    /// What the template needs to know of the document's structure; nothing personal.
    pub shape: Map<String, Shape>,
    /// Values.
    pub values: Vec<SlotValue>,
    /// Pictures.
    pub pictures: Vec<SlotPicture>,
    /// Pictures that only a sealed page has: codes from which a machine takes data over.
    pub sealed_pictures: Vec<SlotPicture>,
    /// What stands on annex sheets in any case.
    pub annex: Vec<AnnexEntry>,
    /// Texts of which each must stand on every sheet: whose page it is.
    pub subject: Vec<Subject>,
    /// 認証文 for the last sheet; nothing for sheets that certify nothing.
    pub certification: Option<String>,
}

/// Makes a [`View`] step by step.
pub struct Draft<'w> {
    words: &'w Words,
    view: View,
}

impl<'w> Draft<'w> {
    /// Begins a view of `sheets` sheets.
    pub fn new(words: &'w Words, title: impl Into<String>, sheets: usize) -> Self {
        Self {
            words,
            view: View {
                title: title.into(),
                sheets,
                shape: Map::new(),
                values: Vec::new(),
                pictures: Vec::new(),
                sealed_pictures: Vec::new(),
                annex: Vec::new(),
                subject: Vec::new(),
                certification: None,
            },
        }
    }

    /// The wording.
    pub fn words(&self) -> &'w Words {
        self.words
    }

    /// The finished view.
    pub fn finish(self) -> View {
        self.view
    }

    /// Says something of the structure to the template.
    pub fn shape(&mut self, key: &str, value: impl Into<Shape>) {
        self.view.shape.insert(key.to_owned(), value.into());
    }

    /// Names a text that must stand on every sheet.
    pub fn subject(&mut self, text: impl Into<String>) {
        self.view.subject.push(Subject { field: None, text: text.into() });
    }

    /// Names the text of a field that must stand on every sheet: an annex sheet says the field's name before it.
    pub fn subject_of(&mut self, field: &'static str, text: impl Into<String>) {
        self.view.subject.push(Subject { field: Some(field), text: text.into() });
    }

    /// Says that the form prints no numbers: then its annex sheets have none that point nowhere.
    pub fn unnumbered(&mut self) {
        self.view.values.iter_mut().for_each(|value| value.number = None);
        self.view.annex.iter_mut().for_each(|entry| entry.number = None);
    }

    /// Chooses the 認証文.
    pub fn certify(&mut self, text: impl Into<String>) {
        self.view.certification = Some(text.into());
    }

    /// Adds a picture.
    pub fn picture(&mut self, picture: SlotPicture) {
        self.view.pictures.push(picture);
    }

    /// Adds a picture that only a sealed page has.
    pub fn sealed_picture(&mut self, picture: SlotPicture) {
        self.view.sealed_pictures.push(picture);
    }

    /// Puts a text into a slot.
    pub fn put(&mut self, slot: impl Into<String>, text: impl Into<String>, path: impl Into<String>) {
        self.view.values.push(SlotValue { slot: slot.into(), text: text.into(), path: path.into(), number: None });
    }

    /// Puts a text into a slot, for one of several people or properties.
    pub fn put_for(
        &mut self,
        number: usize,
        slot: impl Into<String>,
        text: impl Into<String>,
        path: impl Into<String>,
    ) {
        self.put(slot, text, path);
        if let Some(last) = self.view.values.last_mut() {
            last.number = Some(number);
        }
    }

    /// Puts a text on an annex sheet.
    pub fn annex(&mut self, number: usize, field: &str, text: impl Into<String>, path: impl Into<String>) {
        self.view.annex.push(AnnexEntry {
            number: Some(number),
            field: field.to_owned(),
            text: text.into(),
            path: path.into(),
        });
    }

    /// The printed form of a kind of nothing.
    pub fn nothing(&self, kind: Nothing) -> String {
        self.words.get(&format!("nothing.{}", kind.key())).to_owned()
    }

    /// The printed form of an entry: its value by `show`, or its kind of nothing.
    pub fn entry<T, A>(&self, entry: &Entry<T, A>, show: impl FnOnce(&T) -> String) -> String {
        self.words.entry(entry, show)
    }

    /// A date inside a grid.
    pub fn grid_date(&self, date: &crate::domain::calendar::RecordedDate) -> String {
        self.words.date(date, DateStyle::Grid)
    }
}
