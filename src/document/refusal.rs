//! Refusals: why a document cannot be printed, one for every fault, each with its place.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// One reason not to print. Its own text is for logs; a person reads the sentence that
/// [`super::words::Words::sentence`] makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refused: {}", self.told().map(|refusal| refusal.to_string()).collect::<Vec<_>>().join("; "))]
pub struct Refusals(pub Vec<Refusal>);

/// Most refusals that are told one by one: nobody mends more at a time.
const MOST_TOLD: usize = 200;

impl Refusals {
    /// The refusals, if there are any, each of them once.
    pub fn of(refusals: Vec<Refusal>) -> Option<Self> {
        let mut seen = HashSet::new();
        let once: Vec<Refusal> = refusals.into_iter().filter(|refusal| seen.insert(refusal.clone())).collect();
        (!once.is_empty()).then_some(Self(once))
    }

    /// What is told: the first ones, and of a long list last how many more there are.
    pub fn told(&self) -> impl Iterator<Item = Refusal> {
        let more = self.0.len().saturating_sub(MOST_TOLD);
        let last = (more > 0).then(|| Refusal::new("", "more-refusals").with("more", more));
        self.0.iter().take(MOST_TOLD).cloned().chain(last)
    }
}

impl From<Refusal> for Refusals {
    fn from(refusal: Refusal) -> Self {
        Self(vec![refusal])
    }
}
