//! 交付簿: the day's numbers of an office out of the register, closed with a checkpoint signed just before.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::{Value as Json, json};

use crate::case::id::{OfficeId, PersonId};
use crate::case::sheet::{IssuanceState, Sheet};
use crate::document::catalog::{Composed, Kind};
use crate::document::refusal::Refusals;
use crate::document::words::{Words, WordsError};
use crate::domain::calendar::Day;
use crate::register::checkpoint::{Checkpoint, Signer};
use crate::register::{End, Issuance, RegisterError};

use super::casework::CaseworkError;
use super::city::CityError;
use super::issue::Counter;
use super::people::People;

/// 手数料 of the sample city, in yen, by kind. A city's own table is dated and knows exemptions.
const FEES: &str = include_str!("../../samples/fees.toml");

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
            Self::Data { .. } => "day-book-data",
        }
    }
}

fn data(message: impl std::fmt::Display) -> DayBookError {
    DayBookError::Data { message: message.to_string() }
}

impl Counter<'_> {
    /// The book of a day. A checkpoint is signed first, so that the paper shows the register with all of
    /// the day in it.
    pub async fn day_book(
        &self,
        office: &OfficeId,
        day: Day,
        signer: &Signer,
        people: &People,
    ) -> Result<Composed, DayBookError> {
        let register = self.casework.register;
        let kind = Kind::by_id("kofubo").ok_or_else(|| data("there is no kind of it"))?;
        let words = self.issuing.press.words(kind).map_err(data)?;
        let fees: BTreeMap<String, u32> = toml::from_str(FEES).map_err(data)?;
        let rows = Rows { counter: self, office, people, words: &words, fees: &fees };
        let mut book = Vec::new();
        for issuance in register.issuances_of_day(office, day).await? {
            book.push(rows.row(day, &issuance).await?);
        }
        let before = register.last_close(office).await?;
        let before = before.map(|note| signer.verifier().open(&note)).transpose()?;
        let note = register.close_day(office, signer).await?;
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
        kind.read(whole.to_string().as_bytes(), &**self.issuing.press.typefaces()).map_err(DayBookError::Document)
    }
}

fn tree_head(checkpoint: &Checkpoint) -> Json {
    json!({ "tree_size": checkpoint.tree.size, "root_hash": BASE64.encode(&checkpoint.tree.root) })
}

/// What every row of a book is made with.
struct Rows<'a> {
    counter: &'a Counter<'a>,
    office: &'a OfficeId,
    people: &'a People,
    words: &'a Words,
    fees: &'a BTreeMap<String, u32>,
}

impl Rows<'_> {
    async fn row(&self, day: Day, issuance: &Issuance) -> Result<Json, DayBookError> {
        let loaded = self.counter.casework.load(self.office, issuance.case).await?;
        let sheet = loaded.case.record().sheet_of(issuance.id).and_then(Sheet::approved);
        let sheet = sheet.ok_or_else(|| data("a number has no document"))?;
        let given = sheet.issuances.get(&issuance.id).ok_or_else(|| data("a number has no issuance"))?;
        let (end, pages) = match (&issuance.end, &given.state) {
            (None, _) => return Err(DayBookError::Open { day }),
            (Some(End::Issued { pages, .. }), IssuanceState::Spoiled) => (self.void("spoiled"), *pages),
            (Some(End::Issued { pages, .. }), _) => (self.released(&issuance.kind)?, *pages),
            (Some(End::Voided { reason, .. }), _) => (self.void(reason), 0),
        };
        let (hour, minute) = issuance.begun_at.hour_and_minute();
        let kind = Kind::by_id(&issuance.kind).ok_or_else(|| data(&issuance.kind))?;
        Ok(json!({
            "tanmatsu": given.evidence.terminal,
            "renban": issuance.number.serial,
            "jikoku": format!("{hour:02}:{minute:02}"),
            "shubetsu": self.counter.issuing.press.words(kind).map_err(data)?.get("name"),
            "tsusu": 1,
            "maisu": pages,
            "anken_bango": loaded.row.number,
            "shoninsha": self.name(&sheet.by.person),
            "hakkosha": self.name(&given.by.person),
            "shumatsu": end,
        }))
    }

    /// 交付, with its fee.
    fn released(&self, kind: &str) -> Result<Json, DayBookError> {
        let fee = match Kind::by_id(kind) {
            Some(known) if known.fee => {
                self.fees.get(kind).copied().ok_or_else(|| data(format!("no fee for {kind}")))?
            }
            _ => 0,
        };
        Ok(json!({ "kofu": { "tesuryo": fee } }))
    }

    /// 無効, and why.
    fn void(&self, cause: &str) -> Json {
        let key = format!("muko.{cause}");
        let reason = if self.words.has(&key) { self.words.get(&key) } else { self.words.get("muko.other") };
        json!({ "muko": { "riyu": reason } })
    }

    /// What others call a person; the account of who is no longer there.
    fn name(&self, id: &PersonId) -> String {
        self.people.person(id.as_str()).map_or_else(|_| id.to_string(), |person| person.name.clone())
    }
}
