//! 再印字の証跡: a released page is made again and compared, byte by byte, with the file that was kept.
//! What is made is thrown away; a sheet for the counter has a new number always.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::PROGRAM;
use crate::case::event::Evidence;
use crate::case::id::{IssuanceId, OfficeId};
use crate::case::sheet::{ApprovedSheet, IssuanceState, Sheet};
use crate::press::sheet::{NumberLine, Paper};
use crate::register::{Issuance, RegisterError};

use super::casework::{CaseworkError, Loaded};
use super::city::CityError;
use super::issue::{Counter, ReleaseError};
use super::{IssueError, Issuing, Terminal};

/// A released page could not be shown to be what it was.
#[derive(Debug, thiserror::Error)]
pub enum ReprintError {
    /// The case or the register.
    #[error(transparent)]
    Casework(#[from] CaseworkError),
    /// No such issuance in the office.
    #[error("making a page again: the office has no such issuance")]
    NoIssuance,
    /// Nothing was released under the number, or it was spoiled.
    #[error("making a page again: nothing is released under the number")]
    NotReleased,
    /// Another program made the page.
    #[error("making a page again: program {made} made it, this is {PROGRAM}")]
    OtherProgram {
        /// Which one made it.
        made: String,
    },
    /// The kept file is not what the case says of it.
    #[error("making a page again: the kept file is not the released one")]
    OtherFile,
    /// The page came out otherwise.
    #[error("making a page again: the bytes differ from the released ones")]
    OtherBytes,
    /// The document as it was entered.
    #[error(transparent)]
    Document(#[from] ReleaseError),
    /// The office.
    #[error(transparent)]
    City(#[from] CityError),
    /// The press.
    #[error(transparent)]
    Press(#[from] IssueError),
}

impl From<RegisterError> for ReprintError {
    fn from(error: RegisterError) -> Self {
        Self::Casework(error.into())
    }
}

impl ReprintError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Casework(error) => error.code(),
            Self::NoIssuance => "no-issuance",
            Self::NotReleased => "reprint-not-released",
            Self::OtherProgram { .. } => "reprint-other-program",
            Self::OtherFile => "reprint-other-file",
            Self::OtherBytes => "reprint-other-bytes",
            Self::Document(error) => error.code(),
            Self::City(_) => "issuing-office",
            Self::Press(_) => "reprint-other-bytes",
        }
    }
}

/// A page that was made again to the same bytes.
pub struct Proven {
    /// The number's row.
    pub issuance: Issuance,
    /// The kept file.
    pub file: Zeroizing<Vec<u8>>,
    /// SHA-256 of both.
    pub sha256: [u8; 32],
}

impl std::fmt::Debug for Proven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Counter<'_> {
    /// Makes a released page again, and compares it with the kept file and with its SHA-256.
    ///
    /// # Errors
    /// [`ReprintError::OtherProgram`] names the program that made it, where that is not this one.
    pub async fn prove(&self, office: &OfficeId, id: IssuanceId) -> Result<Proven, ReprintError> {
        let register = self.casework.register;
        let issuance = register.issuance(office, id).await?.ok_or(ReprintError::NoIssuance)?;
        let loaded = self.casework.load(office, issuance.case).await?;
        let (sheet, evidence, released) = released(&loaded, id).ok_or(ReprintError::NotReleased)?;
        let file = register.paper(office, id).await?.ok_or(ReprintError::NotReleased)?;
        if Sha256::digest(&*file)[..] != released {
            return Err(ReprintError::OtherFile);
        }
        let made = self.make_again(office, &loaded, sheet, evidence, &issuance)?;
        if made != *file {
            return Err(ReprintError::OtherBytes);
        }
        Ok(Proven { issuance, file, sha256: released })
    }

    /// The page, under the number and on the paper that it had.
    fn make_again(
        &self,
        office: &OfficeId,
        loaded: &Loaded,
        sheet: &ApprovedSheet,
        evidence: &Evidence,
        issuance: &Issuance,
    ) -> Result<Vec<u8>, ReprintError> {
        let paper = Paper::by_key(&evidence.paper).filter(|_| evidence.program == PROGRAM);
        let other = || ReprintError::OtherProgram { made: evidence.program.clone() };
        let paper = paper.ok_or_else(other)?;
        let warrant = loaded.case.evidence_warrant(issuance.id).ok_or(ReprintError::NotReleased)?;
        let document = self.document_of(sheet)?;
        let (number, terminal) = as_it_was(evidence, issuance);
        let issuing = Issuing { host: &evidence.host, paper, ..self.issuing };
        let entry = self.issuing.city.office(office.as_str())?;
        Ok(issuing.seal(&warrant, &document, entry, &number, &terminal)?.pdf().to_vec())
    }
}

/// The number line and the terminal of an issuance.
fn as_it_was(evidence: &Evidence, issuance: &Issuance) -> (NumberLine, Terminal) {
    let Evidence { terminal, printer, .. } = evidence;
    let number = issuance.number;
    let terminal = Terminal { number: number.terminal, name: terminal.clone(), printer: printer.clone() };
    (terminal.number_line(number.day, number.serial), terminal)
}

/// The document of a released number, what else its page depended on, and its SHA-256.
fn released(loaded: &Loaded, id: IssuanceId) -> Option<(&ApprovedSheet, &Evidence, [u8; 32])> {
    let sheet = loaded.case.record().sheet_of(id).and_then(Sheet::approved)?;
    let issuance = sheet.issuances.get(&id)?;
    match issuance.state {
        IssuanceState::Issued { sha256, .. } => Some((sheet, &issuance.evidence, sha256)),
        _ => None,
    }
}
