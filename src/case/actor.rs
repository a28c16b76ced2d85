//! People at work, and in which role they did what.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::procedure::{Party, Role};

use super::id::{IdError, OfficeId, PersonId};

/// Not a set of roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActorError {
    /// The id of a person or an office.
    #[error(transparent)]
    Id(#[from] IdError),
    /// Nobody works without a role.
    #[error("reading the roles of {person}: there is none")]
    NoRole {
        /// Who.
        person: String,
    },
    /// Nobody stands on two sides of the counter.
    #[error("reading the roles of {person}: they belong to more than one party")]
    MixedParties {
        /// Who.
        person: String,
    },
}

impl ActorError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Id(error) => error.code(),
            Self::NoRole { .. } => "actor-no-role",
            Self::MixedParties { .. } => "actor-mixed-parties",
        }
    }
}

/// A person at work: who, in which office, as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    person: PersonId,
    office: OfficeId,
    roles: BTreeSet<Role>,
    party: Party,
}

impl Actor {
    /// A person with one or more roles, all of one party: whoever could both enter and approve would
    /// make every separation of duties void.
    pub fn new(person: PersonId, office: OfficeId, roles: impl IntoIterator<Item = Role>) -> Result<Self, ActorError> {
        let roles: BTreeSet<Role> = roles.into_iter().collect();
        let mut parties = roles.iter().map(|role| role.party());
        let Some(party) = parties.next() else {
            return Err(ActorError::NoRole { person: person.to_string() });
        };
        if parties.any(|other| other != party) {
            return Err(ActorError::MixedParties { person: person.to_string() });
        }
        Ok(Self { person, office, roles, party })
    }

    /// Who.
    pub fn person(&self) -> &PersonId {
        &self.person
    }

    /// Where.
    pub fn office(&self) -> &OfficeId {
        &self.office
    }

    /// On whose side.
    pub fn party(&self) -> Party {
        self.party
    }

    /// As what.
    pub fn roles(&self) -> &BTreeSet<Role> {
        &self.roles
    }

    /// The person in one of the roles.
    pub(super) fn as_role(&self, role: Role) -> By {
        By { person: self.person.clone(), office: self.office.clone(), role }
    }

    /// The person in the first of the roles, for acts that any of them may do.
    pub(super) fn as_any(&self) -> By {
        // Made by `new` alone, which refuses an empty set; the role of who merely witnesses stands in.
        let role = self.roles.first().copied().unwrap_or(Role::Visitor);
        self.as_role(role)
    }
}

/// Who did something, and in which role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    /// Who.
    pub person: PersonId,
    /// Where that person works.
    pub office: OfficeId,
    /// As what.
    pub role: Role,
}
