//! Ids of what the register keeps.

use uuid::Uuid;

use super::RegisterError;

/// An office: 1 to 40 lower-case letters, digits and hyphens, beginning with a letter. It is part of
/// the names of key files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfficeId(String);

impl OfficeId {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, RegisterError> {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.len() <= 40 && text.chars().all(known);
        if fits { Ok(Self(text.to_owned())) } else { Err(RegisterError::Id { text: text.to_owned() }) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for OfficeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        #[allow(clippy::new_without_default, reason = "each one is another")]
        impl $name {
            /// A new one: UUID version 7 (RFC 9562).
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Reads one, as it is written.
            pub fn parse(text: &str) -> Result<Self, RegisterError> {
                Uuid::parse_str(text).map(Self).map_err(|_| RegisterError::Id { text: text.to_owned() })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// 案件.
    CaseId
    /// One number's way from its giving to its end.
    IssuanceId
    /// A doubt that stopped an issuance, or whatever else must not be passed over.
    IncidentId
}

impl CaseId {
    /// What stands for the office itself where something belongs to no case.
    pub(in crate::register) const OFFICE: Self = Self(Uuid::nil());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_id_cannot_lead_out_of_the_key_folder() {
        for good in ["kita", "mihon-chuo-2"] {
            assert_eq!(OfficeId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-", "2", "../kita", "Kita", "kita/1", "kita.key", "北区", &"a".repeat(41)] {
            assert!(OfficeId::parse(bad).is_err(), "{bad}");
        }
    }
}
