//! What closes a day: the 交付簿 with the day's numbers of an office out of the register and a checkpoint
//! signed just before, and the 日計 of a till, counted by people and compared with the register.

use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Value as Json, json};

use crate::case::actor::Actor;
use crate::case::event::Evidence;
use crate::case::id::{OfficeId, PersonId};
use crate::case::sheet::{IssuanceState, Sheet};
use crate::document::catalog::{Composed, Kind};
use crate::document::refusal::Refusals;
use crate::document::words::{Words, WordsError};
use crate::domain::calendar::Day;
use crate::domain::money::Yen;
use crate::office::paper::PaperError;
use crate::office::records::RecordError;
use crate::register::checkpoint::{Checkpoint, Signer};
use crate::register::{End, Issuance, RegisterError};

use super::casework::CaseworkError;
use super::city::CityError;
use super::issue::Counter;
use super::note::Note;
use super::people::People;

/// A day could not be closed.
#[derive(Debug, thiserror::Error)]
pub enum DayBookError {
    /// A case or the register.
    #[error(transparent)]
    Casework(#[from] CaseworkError),
    /// The office.
    #[error(transparent)]
    City(#[from] CityError),
    /// A number has no end yet.
    #[error("closing {day}: a number has no end yet")]
    Open {
        /// Day.
        day: Day,
    },
    /// The book does not hold what it should.
    #[error("closing a day: the book is refused: {0:?}")]
    Document(Refusals),
    /// A till took money that day, and its day is not closed.
    #[error("closing {day}: the till {till} is not closed")]
    TillOpen {
        /// Day.
        day: Day,
        /// Till.
        till: String,
    },
    /// The till's day is closed, or money was taken while it was being closed.
    #[error("closing a till: its day is closed, or it took money meanwhile")]
    TillClosed,
    /// What was counted is not JSON, or names what the register alone says.
    #[error("closing a day: what was counted: {message}")]
    Counted {
        /// What is wrong.
        message: String,
    },
    /// Wording, fees, or the kind of the book itself.
    #[error("closing a day: {message}")]
    Data {
        /// What.
        message: String,
    },
}

impl From<RegisterError> for DayBookError {
    fn from(error: RegisterError) -> Self {
        Self::Casework(error.into())
    }
}

impl From<RecordError> for DayBookError {
    fn from(error: RecordError) -> Self {
        Self::Casework(error.into())
    }
}

impl From<PaperError> for DayBookError {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::Record(error) => error.into(),
            other => data(other),
        }
    }
}

impl From<WordsError> for DayBookError {
    fn from(error: WordsError) -> Self {
        Self::Data { message: error.to_string() }
    }
}

impl DayBookError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Casework(error) => error.code(),
            Self::City(_) => "issuing-office",
            Self::Open { .. } => "day-open",
            Self::Document(_) => "day-book-refused",
            Self::TillOpen { .. } => "day-till-open",
            Self::TillClosed => "till-closed",
            Self::Counted { .. } => "till-count-broken",
            Self::Data { .. } => "day-book-data",
        }
    }
}

pub(super) fn data(message: impl std::fmt::Display) -> DayBookError {
    DayBookError::Data { message: message.to_string() }
}

impl Counter<'_> {
    /// The book of a day in the office of who closes it. A checkpoint is signed first, so that the paper shows the register with all of
    /// the day in it.
    pub async fn day_book(
        &self,
        (day, actor): (Day, &Actor),
        signer: &Signer,
        people: &People,
    ) -> Result<Composed, DayBookError> {
        let office = actor.office();
        let register = self.casework.register;
        self.check_tills(office, day).await?;
        let words = self.book_words()?;
        let rows = Rows { counter: self, office, day, people, words: &words };
        let mut book = Vec::new();
        for issuance in register.issuances_of_day(office, day).await? {
            book.push(rows.row(&issuance).await?);
        }
        let before = register.last_close(office).await?;
        let before = before.map(|note| signer.verifier().open(&note)).transpose()?;
        let wish = Note::DayClosed { day, by: actor.person().clone() }.encode().map_err(CaseworkError::from)?;
        let note = register.close_day(office, signer, wish).await?;
        let now = signer.verifier().open(&note)?;
        let mut whole = json!({
            "jimusho": self.issuing.city.office(office.as_str())?.office.name,
            "hi": day.to_string(),
            "gyo": book,
            "checkpoint": {
                "origin": now.origin,
                "tree_head": tree_head(&now),
                "signatures": note.rsplit_once("\n\n").map_or("", |(_, lines)| lines).lines().collect::<Vec<_>>(),
            },
        });
        // The first book has none before it.
        if let Some(before) = before {
            whole["mae_no_checkpoint"] = tree_head(&before);
        }
        self.read(kind_of(BOOK)?, &whole)
    }

    pub(super) fn book_words(&self) -> Result<Arc<Words>, DayBookError> {
        self.issuing.press.words(kind_of(BOOK)?).map_err(data)
    }

    pub(super) fn read(&self, kind: &'static Kind, whole: &Json) -> Result<Composed, DayBookError> {
        kind.read(whole.to_string().as_bytes(), &**self.issuing.press.typefaces()).map_err(DayBookError::Document)
    }
}

/// Id of the kind of the day's book: 交付簿.
const BOOK: &str = "kofubo";

pub(super) fn kind_of(book: &str) -> Result<&'static Kind, DayBookError> {
    Kind::by_id(book).ok_or_else(|| data("there is no kind of it"))
}

fn tree_head(checkpoint: &Checkpoint) -> Json {
    json!({ "tree_size": checkpoint.tree.size, "root_hash": BASE64.encode(&checkpoint.tree.root) })
}

/// What every row of a book is made with.
pub(super) struct Rows<'a> {
    pub(super) counter: &'a Counter<'a>,
    pub(super) office: &'a OfficeId,
    pub(super) day: Day,
    pub(super) people: &'a People,
    pub(super) words: &'a Words,
}

/// What the case of a number says of it.
pub(super) struct Found {
    /// 案件番号.
    case: String,
    pub(super) evidence: Evidence,
    approved_by: PersonId,
    issued_by: PersonId,
}

/// How a number ended, in sheets of paper.
pub(super) enum Fate {
    Released { pages: u32 },
    Void { reason: String, pages: u32 },
}

impl Rows<'_> {
    pub(super) async fn found(&self, issuance: &Issuance) -> Result<(Found, Fate), DayBookError> {
        let loaded = self.counter.casework.load(self.office, issuance.case).await?;
        let sheet = loaded.case.record().sheet_of(issuance.id).and_then(Sheet::approved);
        let sheet = sheet.ok_or_else(|| data("a number has no document"))?;
        let given = sheet.issuances.get(&issuance.id).ok_or_else(|| data("a number has no issuance"))?;
        let fate = match (&issuance.end, &given.state) {
            (None, _) => return Err(DayBookError::Open { day: self.day }),
            (Some(End::Issued { pages, .. }), IssuanceState::Spoiled) => {
                Fate::Void { reason: self.reason("spoiled"), pages: *pages }
            }
            (Some(End::Issued { pages, .. }), _) => Fate::Released { pages: *pages },
            (Some(End::Voided { reason, .. }), _) => Fate::Void { reason: self.reason(reason), pages: 0 },
        };
        let found = Found {
            case: loaded.row.number.clone(),
            evidence: given.evidence.clone(),
            approved_by: sheet.by.person.clone(),
            issued_by: given.by.person.clone(),
        };
        Ok((found, fate))
    }

    async fn row(&self, issuance: &Issuance) -> Result<Json, DayBookError> {
        let (found, fate) = self.found(issuance).await?;
        let (end, pages) = match fate {
            Fate::Released { pages } => (json!({ "kofu": { "tesuryo": self.fee(&issuance.kind)? } }), pages),
            Fate::Void { reason, pages } => (json!({ "muko": { "riyu": reason } }), pages),
        };
        let (hour, minute) = issuance.begun_at.hour_and_minute();
        Ok(json!({
            "tanmatsu": found.evidence.terminal,
            "renban": issuance.number.serial,
            "jikoku": format!("{hour:02}:{minute:02}"),
            "shubetsu": self.counter.name_of(&issuance.kind)?,
            "tsusu": 1,
            "maisu": pages,
            "anken_bango": found.case,
            "shoninsha": self.name(&found.approved_by),
            "hakkosha": self.name(&found.issued_by),
            "shumatsu": end,
        }))
    }

    /// 手数料 of a kind on the day, in yen.
    fn fee(&self, kind: &str) -> Result<i64, DayBookError> {
        if !Kind::by_id(kind).is_some_and(|kind| kind.fee) {
            return Ok(0);
        }
        let fee = self.counter.casework.settings.fee(kind, self.day);
        fee.map(Yen::amount).ok_or_else(|| data(format!("no fee for {kind} on {}", self.day)))
    }

    /// Why a number is 無効.
    fn reason(&self, cause: &str) -> String {
        let key = format!("muko.{cause}");
        let reason = if self.words.has(&key) { self.words.get(&key) } else { self.words.get("muko.other") };
        reason.to_owned()
    }

    /// What others call a person; the account of who is no longer there.
    fn name(&self, id: &PersonId) -> String {
        self.people.person(id.as_str()).map_or_else(|_| id.to_string(), |person| person.name.clone())
    }
}
