//! What is entered where nothing is typed: the content of a certificate, composed from what is held.

use serde_json::Value;

use crate::case::event::{Data, Entry, Source};
use crate::document::catalog::{Composed, Kind};
use crate::document::change::ChangeError;
use crate::document::compose::{ComposeError, compose};
use crate::document::names::{Field, Name};
use crate::document::refusal::Refusals;
use crate::document::request::KofuSeikyu;
use crate::document::subject::Subject;
use crate::domain::calendar::Day;
use crate::office::numbers::NumberError;
use crate::office::records::RecordError;
use crate::office::subjects::{Subjects, noted};
use crate::office::suppression::{self, Work, found};

use super::IssueError;
use super::city::OfficeEntry;
use super::issue::Counter;

/// A document could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum EnteringError {
    /// The request.
    #[error("composing: the request is refused")]
    Request(Refusals),
    /// The content.
    #[error("composing {kind}: what is held is refused")]
    Document {
        /// Kind.
        kind: &'static str,
        /// Why.
        refusals: Refusals,
    },
    /// What is held does not give it.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// What is held is older than the city wants anything to be composed of.
    #[error("composing: what is held is too old")]
    Stale,
    /// What is held cannot be changed so.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A number for whoever has none.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What would stand around it.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl EnteringError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "compose-request",
            Self::Document { .. } => "compose-document",
            Self::Compose(error) => error.code(),
            Self::Stale => "source-stale",
            Self::Change(error) => error.code(),
            Self::Number(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Issue(_) => "issuing-office",
        }
    }
}

/// What is to be composed.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Kind.
    pub kind: &'static Kind,
    /// 部数.
    pub copies: u8,
    /// 交付請求: JSON.
    pub request: &'a str,
    /// The office that certifies.
    pub office: &'a OfficeEntry,
    /// 証明日.
    pub day: Day,
}

impl Counter<'_> {
    /// An entry composed from what is held. Of whom nothing is held and of whom nothing may be given out,
    /// the same is told.
    pub async fn composed(&self, wish: Wish<'_>) -> Result<Entry, EnteringError> {
        let Wish { kind, copies, request, office, day } = wish;
        let asked = KofuSeikyu::read(request.as_bytes()).map_err(EnteringError::Request)?;
        let subjects = Subjects::of(self.casework.register, &self.issuing.city.id);
        let held = subjects.held(&asked).await?;
        let as_of = subjects.as_of(&held).await?;
        let now: Vec<Subject> = held.iter().cloned().map(|held| held.on(day)).collect();
        let content = compose(kind, &asked, &now);
        if self.is_withheld(&asked, content.as_ref().ok(), &held).await? {
            // As if nothing were held: whatever else is wrong with the request is told as of nobody.
            compose(kind, &asked, &[])?;
            return Err(ComposeError::Nobody { kind: kind.id }.into());
        }
        let content = content?;
        if as_of.is_some_and(|as_of| self.casework.settings.source.is_refused(as_of, day)) {
            return Err(EnteringError::Stale);
        }
        let document = self.read_composed(kind, &content)?;
        let source = Source::Composed { subjects: noted(&held), request: Data::from(request.to_owned()), as_of };
        let cover = self.issuing.cover(&document.0, office, day)?;
        Ok(Entry { kind: kind.id.to_owned(), copies, cover, data: Data::from(document.1), source })
    }

    fn read_composed(&self, kind: &'static Kind, content: &Value) -> Result<(Composed, String), EnteringError> {
        let text = content.to_string();
        let read = kind.read(text.as_bytes(), &**self.issuing.press.typefaces());
        let document = read.map_err(|refusals| EnteringError::Document { kind: kind.id, refusals })?;
        Ok((document, text))
    }

    /// Whether anything forbids it of anyone who is asked about, whether anything is held of them or not, or
    /// who would stand on it.
    async fn is_withheld(
        &self,
        asked: &KofuSeikyu,
        content: Option<&Value>,
        held: &[Subject],
    ) -> Result<bool, RecordError> {
        let register = self.casework.register;
        let now = register.now().await?;
        let content = content.map(Value::to_string).unwrap_or_default();
        let mut about = suppression::about(content.as_bytes(), &noted(held));
        about.extend(asked.asked().into_iter().map(|asked| Name::new(Field::AtenaBango, asked.as_str())));
        let known = found(register, &self.issuing.city.id, &about).await?;
        Ok(known.iter().any(|known| known.state.forbids(Work::Hakko, now)))
    }
}
