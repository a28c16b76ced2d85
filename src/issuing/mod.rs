//! 発行: the one place where number, press, signature and release meet.

pub mod alerts;
pub mod bench;
pub mod casework;
pub mod city;
pub mod clerk;
pub mod day_book;
pub mod decision;
pub mod entering;
pub mod fail;
pub mod filling;
pub mod hall;
pub mod issue;
pub mod note;
pub mod people;
pub mod reprint;
pub mod specimen;
pub mod tally;
pub mod till;

use crate::case::event::Evidence;
use crate::case::warrant::{Cover, Sealed};
use crate::document::catalog::Composed;
use crate::domain::calendar::Day;
use crate::office::terminals::{Enrolled, Seat};
use crate::press::mark::{self, Facts, MarkError, MarkKey};
use crate::press::sheet::{Marker, NumberLine, Paper, PrintedFacts, Surround};
use crate::press::{Press, PressError, SealedPage};

use city::{City, CityError, OfficeEntry};

/// A certificate could not be issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The office.
    #[error(transparent)]
    City(#[from] CityError),
    /// The press.
    #[error(transparent)]
    Press(#[from] PressError),
}

/// A terminal that issues.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terminal {
    /// Number, as the QR has it.
    pub number: u16,
    /// 端末名番号, as the number line has it (本庁01).
    pub name: String,
    /// プリンタ番号; empty where the printer is not yet known.
    pub printer: String,
}

impl Terminal {
    /// One that was shown to be enrolled.
    pub fn of(enrolled: &Enrolled) -> Self {
        let Seat { number, name, printer, .. } = enrolled.seat().clone();
        Self { number, name, printer }
    }

    /// The number line of its issuance of a day.
    pub fn number_line(&self, day: Day, serial: u32) -> NumberLine {
        NumberLine { day, terminal: self.name.clone(), printer: self.printer.clone(), serial }
    }
}

/// What issuing needs besides the case: the press, the city's offices and seals, the key of the QR.
#[derive(Clone, Copy)]
pub struct Issuing<'a> {
    /// The press.
    pub press: &'a Press,
    /// Offices, signatories, seals.
    pub city: &'a City,
    /// Key of the QR.
    pub key: &'a MarkKey,
    /// Host of the verification page.
    pub host: &'a str,
    /// What certificates are printed on.
    pub paper: Paper,
}

impl Issuing<'_> {
    /// What stands around a document of an office on a day, before a number is given.
    pub fn surround<'s>(
        &'s self,
        office: &'s OfficeEntry,
        day: Day,
        short_digest: &'s str,
    ) -> Result<Surround<'s>, IssueError> {
        let signatory = office.office.signatory(day).map_err(CityError::from)?;
        Ok(Surround { day, office: &office.office.name, signatory, number: None, paper: self.paper, short_digest })
    }

    /// What a page from a terminal depends on besides what was approved.
    pub fn evidence(&self, terminal: &Terminal) -> Evidence {
        Evidence {
            program: crate::PROGRAM.to_owned(),
            paper: self.paper.key().to_owned(),
            host: self.host.to_owned(),
            terminal: terminal.name.clone(),
            printer: terminal.printer.clone(),
        }
    }

    /// What an approval of the document, to be certified on a day, covers.
    pub fn cover(&self, document: &Composed, office: &OfficeEntry, day: Day) -> Result<Cover, IssueError> {
        let short = document.digest().short();
        Ok(self.press.cover(document, &self.surround(office, day, &short)?))
    }

    /// Seals what a warrant covers, under a number of today. A day later than today stays as it was
    /// approved (郵送: the day of posting); an earlier one is over, and refused.
    pub fn seal(
        &self,
        warrant: &Sealed,
        document: &Composed,
        office: &OfficeEntry,
        number: &NumberLine,
        terminal: &Terminal,
    ) -> Result<SealedPage, IssueError> {
        let short = document.digest().short();
        let day = warrant.cover().day.max(number.day);
        let surround = Surround { number: Some(number), ..self.surround(office, day, &short)? };
        let seal = self.city.seal(&surround.signatory.seal)?;
        let marker = OfficeMarker { issuing: self, office, kind: document.kind().id, number, terminal };
        Ok(self.press.seal(document, warrant, &surround, seal, &marker)?)
    }
}

/// Makes the QR of one issuance.
struct OfficeMarker<'a> {
    issuing: &'a Issuing<'a>,
    office: &'a OfficeEntry,
    kind: &'static str,
    number: &'a NumberLine,
    terminal: &'a Terminal,
}

impl Marker for OfficeMarker<'_> {
    fn mark(&self, printed: &PrintedFacts) -> Result<String, MarkError> {
        let key = self.issuing.key;
        let issuance =
            format!("{}/{}/{}/{}", self.office.id, self.number.day, self.terminal.number, self.number.serial);
        let salt = key.salt(issuance.as_bytes());
        let pages = u8::try_from(printed.pages)
            .map_err(|_| MarkError::Encoding { message: "more than 255 pages".to_owned() })?;
        let signed = key.sign(&Facts {
            code: self.office.office.code.clone(),
            kind: self.kind.to_owned(),
            terminal: self.terminal.number,
            serial: self.number.serial,
            day: self.number.day,
            pages,
            fields: mark::fields_digest(&salt, &printed.fields),
            salt,
        })?;
        mark::text(self.issuing.host, &signed)
    }
}
