//! 連携プログラム: a program that works through the API is an account with a token in place of a password. Two people
//! make it, and one ends it at once. It never collates, approves, seals, issues or registers anybody.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::procedure::Role;

use super::accounts::Account;
use super::right::Right;

/// What a program may ask for, among what the endpoints need. What is not here no program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Permit {
    /// What anybody who signed in may ask for, in the roles that it has.
    Session,
    /// To take over subjects.
    Import,
}

/// What makes an account a program's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// What it may ask for.
    pub permits: BTreeSet<Permit>,
    /// For how many days a token of it is good.
    pub days: u16,
}

/// Days for which a token may be good.
const DAYS: std::ops::RangeInclusive<u16> = 1..=366;
/// Roles in which nobody collates, examines, approves, seals or identifies.
const ROLES: [Role; 3] = [Role::ContractorCounter, Role::ContractorInput, Role::ContractorArchivist];

impl Machine {
    /// The rights that it has.
    pub fn rights(&self) -> BTreeSet<Right> {
        self.permits.iter().filter(|permit| **permit == Permit::Import).map(|_| Right::Import).collect()
    }

    /// How long a token is good, in milliseconds.
    pub(super) fn millis(&self) -> i64 {
        i64::from(self.days).saturating_mul(24 * 60 * 60 * 1_000)
    }

    /// Whether an account is one that a program may have.
    pub(super) fn may_be(&self, account: &Account) -> bool {
        let roles = account.roles.iter().all(|role| ROLES.contains(role));
        roles && DAYS.contains(&self.days) && account.rights == self.rights()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedure::{Act, Procedures};

    #[test]
    fn in_no_flow_a_role_of_programs_decides_anything() {
        let procedures = Procedures::embedded().unwrap();
        for step in procedures.all().iter().flat_map(|flow| &flow.steps) {
            let decides =
                matches!(step.act, Act::Collate | Act::Review | Act::Approve | Act::Seal | Act::Decide | Act::Identify);
            assert!(!decides || !ROLES.contains(&step.performer.role), "{:?}", step.key);
        }
    }
}
