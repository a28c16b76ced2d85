//! Warrants: what lets paper be made. Only [`crate::case`] makes the last three, out of an event.

use serde::{Deserialize, Serialize};

use crate::document::cbor::Digest;
use crate::domain::calendar::Day;

use super::wire;

/// What a warrant covers: if one of these differs, the case goes back to examination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cover {
    /// Digest of the document that was seen.
    #[serde(with = "wire::digest")]
    pub digest: Digest,
    /// Digest of the templates with which it was seen.
    #[serde(with = "wire::hex")]
    pub templates: [u8; 32],
    /// Office, title and name of who certifies.
    pub issuer: String,
    /// 証明日.
    #[serde(with = "wire::text")]
    pub day: Day,
}

/// A warrant is not for what it is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WarrantError {
    /// The document is not the one that was approved.
    #[error("using a warrant: it covers another content")]
    OtherContent,
    /// The templates are not those with which it was approved.
    #[error("using a warrant: it covers another template")]
    OtherTemplate,
    /// The issuer is not the one for whom it was approved.
    #[error("using a warrant: it covers another issuer")]
    OtherIssuer,
    /// The day is not the one for which it was approved.
    #[error("using a warrant: it covers another day")]
    OtherDay,
    /// The kind is never sealed.
    #[error("using a warrant: the kind is never sealed")]
    NeverSealed,
    /// A certificate without watermark and without seal was asked for.
    #[error("using a warrant: a certificate is not printed clean without a seal")]
    CleanCertificate,
}

impl WarrantError {
    /// Key of the sentence that tells a person.
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherContent => "warrant-other-content",
            Self::OtherTemplate => "warrant-other-template",
            Self::OtherIssuer => "warrant-other-issuer",
            Self::OtherDay => "warrant-other-day",
            Self::NeverSealed => "warrant-never-sealed",
            Self::CleanCertificate => "warrant-clean-certificate",
        }
    }
}

impl Cover {
    /// Whether what is about to be printed is what was seen.
    pub fn covers(&self, actual: &Self) -> Result<(), WarrantError> {
        if self.digest != actual.digest {
            Err(WarrantError::OtherContent)
        } else if self.templates != actual.templates {
            Err(WarrantError::OtherTemplate)
        } else if self.issuer != actual.issuer {
            Err(WarrantError::OtherIssuer)
        } else if self.day != actual.day {
            Err(WarrantError::OtherDay)
        } else {
            Ok(())
        }
    }
}

/// 承認前・照合用: a copy for collation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collation(Cover);

/// An internal sheet or a notice, clean and never sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office(Cover);

/// What was approved, to be sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(Cover);

impl Collation {
    pub(in crate::case) fn new(cover: Cover) -> Self {
        Self(cover)
    }

    /// What it covers.
    pub fn cover(&self) -> &Cover {
        &self.0
    }
}

impl Office {
    /// For an internal sheet: of a case, or of the office itself (交付簿). The press prints no certificate
    /// by it.
    pub fn new(cover: Cover) -> Self {
        Self(cover)
    }

    /// What it covers.
    pub fn cover(&self) -> &Cover {
        &self.0
    }
}

impl Sealed {
    pub(in crate::case) fn new(cover: Cover) -> Self {
        Self(cover)
    }

    /// What it covers.
    pub fn cover(&self) -> &Cover {
        &self.0
    }
}
