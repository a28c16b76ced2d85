//! Ids of what the register keeps. Those of cases are the case's own; new ones are drawn here.

use uuid::Uuid;

pub use crate::case::id::{CaseId, IdError, IssuanceId, OfficeId};

/// A doubt that stopped an issuance, or whatever else must not be passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(Uuid);

impl IncidentId {
    /// Reads one, as it is written.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        Uuid::parse_str(text).map(Self).map_err(|_| IdError { text: text.to_owned() })
    }
}

impl std::fmt::Display for IncidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Ids that are drawn: UUID version 7 (RFC 9562).
pub trait Fresh: Sized {
    /// A new one; each is another.
    fn new() -> Self;
}

impl Fresh for CaseId {
    fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl Fresh for IssuanceId {
    fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl Fresh for IncidentId {
    fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

/// What stands for the office itself where something belongs to no case.
pub(in crate::register) const OFFICE: CaseId = CaseId(Uuid::nil());
