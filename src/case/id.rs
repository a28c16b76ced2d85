//! Ids of offices, people, cases and issuances.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest id of a person or an office, in bytes.
const MOST: usize = 40;

/// A text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reading an id: {text:?} is none")]
pub struct IdError {
    /// What was given.
    pub text: String,
}

impl IdError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        "id-form"
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads one.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
                if begins && text.len() <= MOST && text.chars().all(known) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError { text: text.to_owned() })
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// An office (kita-ku): 1 to 40 lower-case letters, digits and hyphens, beginning with a letter. It is
    /// part of the names of key files.
    OfficeId
    /// A person's account, of the same form.
    PersonId
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Reads one, as it is written.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError { text: text.to_owned() })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// 案件, the same for as long as it exists. What people read is its 案件番号.
    CaseId
    /// One number's way from its giving to its end: one sheet or set of sheets.
    IssuanceId
}

/// An entered document of a case: the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub u32);

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
