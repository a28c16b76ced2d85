//! What a city may choose.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Role, Step};

/// provisional
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonRule {
    /// R2
    CollatorNotEnterer,
    /// R4
    OfficerNotEnterer,
}
/// provisional
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// relaxed
    pub relaxed: BTreeSet<PersonRule>,
    /// own
    pub own_making: bool,
}
impl Settings {
    /// role
    pub fn performer(&self, _flow: &str, step: &Step) -> Role {
        step.performer.role
    }
    /// hoki
    pub fn seals_before_review(&self) -> bool {
        false
    }
}
