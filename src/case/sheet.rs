//! A document of a case, by how far it has come.

use std::collections::BTreeMap;

use crate::procedure::StepKey;

use super::actor::By;
use super::event::{Entry, Evidence};
use super::id::{EntryId, IssuanceId};
use super::warrant::{Collation, Cover, Office, Sealed};

/// A document of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sheet {
    /// 入力済み: it may be printed for collation.
    Entered(EnteredSheet),
    /// 承認済み: it may be sealed.
    Approved(ApprovedSheet),
}

/// 入力済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnteredSheet {
    /// Its number in the case.
    pub id: EntryId,
    /// At which step it was entered.
    pub step: StepKey,
    /// What was entered.
    pub entry: Entry,
    /// By whom.
    pub by: By,
}

/// 承認済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedSheet {
    /// The way here.
    pub entered: EnteredSheet,
    /// What was approved.
    pub cover: Cover,
    /// At which step.
    pub step: StepKey,
    /// By whom.
    pub by: By,
    /// The numbers given for it.
    pub issuances: BTreeMap<IssuanceId, Issuance>,
}

/// A number given for a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuance {
    /// The number line.
    pub number: String,
    /// What else the page depends on.
    pub evidence: Evidence,
    /// Who had it issued.
    pub by: By,
    /// How far it has come.
    pub state: IssuanceState,
}

/// How far a number has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuanceState {
    /// Between T1 and T2.
    Issuing,
    /// Released.
    Issued {
        /// SHA-256 of the file.
        sha256: [u8; 32],
        /// 枚数.
        pages: u16,
    },
    /// Nothing was released.
    Voided,
    /// 書損.
    Spoiled,
}

impl IssuanceState {
    /// Whether it takes up one of the copies that were asked for.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Issuing | Self::Issued { .. })
    }

    /// Its word in lists.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Issuing => "issuing",
            Self::Issued { .. } => "issued",
            Self::Voided => "voided",
            Self::Spoiled => "spoiled",
        }
    }
}

impl Sheet {
    /// What was entered.
    pub fn entered(&self) -> &EnteredSheet {
        match self {
            Self::Entered(sheet) => sheet,
            Self::Approved(sheet) => &sheet.entered,
        }
    }

    /// The approved one, once it is.
    pub fn approved(&self) -> Option<&ApprovedSheet> {
        match self {
            Self::Entered(_) => None,
            Self::Approved(sheet) => Some(sheet),
        }
    }

    /// The copy for collation.
    pub fn collation_warrant(&self) -> Collation {
        Collation::new(self.entered().entry.cover.clone())
    }

    /// The clean copy of a sheet that is never sealed.
    pub fn office_warrant(&self) -> Office {
        Office::new(self.entered().entry.cover.clone())
    }
}

impl ApprovedSheet {
    /// How many copies may still be issued.
    pub fn copies_left(&self) -> usize {
        let given = self.issuances.values().filter(|issuance| issuance.state.counts()).count();
        usize::from(self.entered.entry.copies).saturating_sub(given)
    }

    /// Whether every copy was released.
    pub fn is_issued(&self) -> bool {
        let released = self.issuances.values().filter(|i| matches!(i.state, IssuanceState::Issued { .. })).count();
        released >= usize::from(self.entered.entry.copies)
    }

    /// What may be sealed, while copies are left.
    pub fn sealed_warrant(&self) -> Option<Sealed> {
        (self.copies_left() > 0).then(|| self.warrant())
    }

    /// For the number that T1 gave: what may be sealed under it.
    pub fn warrant_of(&self, issuance: IssuanceId) -> Option<Sealed> {
        (self.state_of(issuance) == Some(&IssuanceState::Issuing)).then(|| self.warrant())
    }

    /// For a number that was released: what its page was sealed by. Only for making the same page again,
    /// whose bytes are compared with the released ones and thrown away.
    pub fn evidence_warrant(&self, issuance: IssuanceId) -> Option<Sealed> {
        matches!(self.state_of(issuance), Some(IssuanceState::Issued { .. })).then(|| self.warrant())
    }

    /// How far a number has come.
    pub fn state_of(&self, issuance: IssuanceId) -> Option<&IssuanceState> {
        self.issuances.get(&issuance).map(|issuance| &issuance.state)
    }

    fn warrant(&self) -> Sealed {
        Sealed::new(self.cover.clone())
    }
}
