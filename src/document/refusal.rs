//! Refusals: why a document cannot be printed, one for every fault, each with its place.

use std::collections::BTreeMap;
use std::fmt;

/// One reason not to print. Its own text is for logs; a person reads the sentence that
/// [`super::words::Words::sentence`] makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Field: `setaiin[2].shimei`, counted from 0 as the data is; empty for the whole document.
    pub path: String,
    /// Key of the sentence.
    pub code: &'static str,
    /// What the sentence fills in. Never the value itself of a field that holds a number of a person.
    pub details: BTreeMap<&'static str, String>,
}

impl Refusal {
    /// A refusal at a field.
    pub fn new(path: impl Into<String>, code: &'static str) -> Self {
        Self { path: path.into(), code, details: BTreeMap::new() }
    }

    /// Adds something that the sentence fills in.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.details.insert(key, value.to_string());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "document" } else { &self.path };
        write!(f, "{path}: {}", self.code)?;
        for (index, (key, value)) in self.details.iter().enumerate() {
            write!(f, "{}{key}={value}", if index == 0 { " (" } else { ", " })?;
        }
        if self.details.is_empty() { Ok(()) } else { write!(f, ")") }
    }
}

/// All refusals of one document; never empty.
#[derive(Debug, thiserror::Error)]
#[error("refused: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Refusals(pub Vec<Refusal>);

impl From<Refusal> for Refusals {
    fn from(refusal: Refusal) -> Self {
        Self(vec![refusal])
    }
}
