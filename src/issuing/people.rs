//! Who works where, and the terminals of the sample.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::case::actor::{Actor, ActorError};
use crate::case::id::{OfficeId, PersonId};
use crate::office::accounts::{Account, Accounts};
use crate::office::machine::Machine;
use crate::office::records::RecordError;
use crate::office::right::{Officer, Right};
use crate::office::terminals::Seat;
use crate::procedure::{Party, Role};

/// The people and terminals of a city are broken, or lack what is asked for.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Not readable.
    #[error("reading people: {message}")]
    Malformed {
        /// Why.
        message: String,
    },
    /// A person's id, office or roles.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// The records of the register.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Nobody of this id.
    #[error("finding a person: there is no {id}")]
    NoPerson {
        /// Which.
        id: String,
    },
    /// Something that two people do was asked for by one.
    #[error("finding two people: both are {id}")]
    SamePerson {
        /// Who.
        id: String,
    },
    /// Something that the city's approvers do was asked for by somebody else, or by one of another office.
    #[error("finding two people: {id} is no approver of {office}")]
    NotApprover {
        /// Who.
        id: String,
        /// Office.
        office: String,
    },
    /// Something that the city's staff do was asked for by somebody else.
    #[error("finding a person: {id} is not of the city's staff of {office}")]
    NotCity {
        /// Who.
        id: String,
        /// Office.
        office: String,
    },
}

impl PeopleError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "people-malformed",
            Self::Actor(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::NoPerson { .. } => "no-person",
            Self::SamePerson { .. } => "people-same-person",
            Self::NotApprover { .. } => "people-not-approver",
            Self::NotCity { .. } => "people-not-city",
        }
    }
}

/// A person and what others call them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// At work.
    pub actor: Actor,
    /// What they may do beside the steps of cases.
    pub rights: BTreeSet<Right>,
    /// Name.
    pub name: String,
    /// What makes it a program.
    pub machine: Option<Machine>,
}

/// 二人: two different approvers of the city in one office, for what no one does alone.
#[derive(Debug, Clone, Copy)]
pub struct TwoApprovers<'p>([&'p Actor; 2]);

impl Person {
    /// Whose account it is.
    ///
    /// # Errors
    /// Roles that do not go together.
    pub fn of(account: Account) -> Result<Self, ActorError> {
        Ok(Self { actor: account.actor()?, rights: account.rights, name: account.name, machine: account.machine })
    }

    /// At work, if they are of the city's staff.
    ///
    /// # Errors
    /// [`PeopleError::NotCity`].
    pub fn staff(&self) -> Result<&Actor, PeopleError> {
        let Self { actor, .. } = self;
        let no = || PeopleError::NotCity { id: actor.person().to_string(), office: actor.office().to_string() };
        if actor.party() == Party::City { Ok(actor) } else { Err(no()) }
    }

    /// At work, with their rights.
    pub fn officer(&self) -> Officer<'_> {
        Officer { actor: &self.actor, rights: &self.rights }
    }
}

impl<'p> TwoApprovers<'p> {
    /// Their office.
    pub fn office(&self) -> &OfficeId {
        self.0[0].office()
    }

    /// Who they are.
    pub fn ids(&self) -> [PersonId; 2] {
        self.0.map(|actor| actor.person().clone())
    }

    /// Their ids, as the register notes them.
    pub fn names(&self) -> [&'p str; 2] {
        self.0.map(|actor| actor.person().as_str())
    }
}

/// The people of a city, and where terminals stand in its sample.
#[derive(Debug, Default)]
pub struct People {
    people: BTreeMap<String, Person>,
    terminals: Vec<(OfficeId, Seat)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeopleFile {
    person: Vec<PersonData>,
    terminal: Vec<TerminalData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonData {
    id: String,
    office: String,
    name: String,
    roles: Vec<Role>,
    #[serde(default)]
    rights: BTreeSet<Right>,
}

#[derive(Deserialize)]
struct TerminalData {
    office: OfficeId,
    #[serde(flatten)]
    seat: Seat,
}

impl People {
    /// The sample city's.
    pub fn sample() -> Result<Self, PeopleError> {
        Self::read(include_str!("../../samples/people.toml"))
    }

    /// Those who work in a city now, out of the register. Programs work through the API alone.
    ///
    /// # Errors
    /// The register, or roles that no longer go together.
    pub async fn load(self, accounts: &Accounts<'_>) -> Result<Self, PeopleError> {
        let mut people = BTreeMap::new();
        for account in accounts.all().await?.into_iter().filter(|account| !account.ended && account.machine.is_none()) {
            people.insert(account.person.to_string(), Person::of(account)?);
        }
        Ok(Self { people, ..self })
    }

    /// Everybody as an account, to fill a new register with.
    pub fn accounts(&self) -> Vec<Account> {
        let account = |Person { actor, rights, name, .. }: &Person| Account {
            person: actor.person().clone(),
            office: actor.office().clone(),
            name: name.clone(),
            roles: actor.roles().clone(),
            rights: rights.clone(),
            machine: None,
            ended: false,
        };
        self.people.values().map(account).collect()
    }

    /// A city's, from TOML.
    pub fn read(text: &str) -> Result<Self, PeopleError> {
        let file: PeopleFile =
            toml::from_str(text).map_err(|error| PeopleError::Malformed { message: error.to_string() })?;
        let mut people = BTreeMap::new();
        for PersonData { id, office, name, roles, rights } in file.person {
            let actor = Actor::new(
                PersonId::parse(&id).map_err(ActorError::from)?,
                OfficeId::parse(&office).map_err(ActorError::from)?,
                roles,
            )?;
            if people.insert(id.clone(), Person { actor, rights, name, machine: None }).is_some() {
                return Err(PeopleError::Malformed { message: format!("{id} is there twice") });
            }
        }
        let terminals = file.terminal.into_iter().map(|TerminalData { office, seat }| (office, seat)).collect();
        Ok(Self { people, terminals })
    }

    /// A person by id.
    pub fn person(&self, id: &str) -> Result<&Person, PeopleError> {
        self.people.get(id).ok_or_else(|| PeopleError::NoPerson { id: id.to_owned() })
    }

    /// A person of an office: of others' people nothing is told.
    pub fn of_office(&self, office: &OfficeId, id: &str) -> Result<&Person, PeopleError> {
        let here = self.person(id)?;
        if here.actor.office() == office { Ok(here) } else { Err(PeopleError::NoPerson { id: id.to_owned() }) }
    }

    /// Two different approvers of one office.
    pub fn two_approvers(&self, first: &str, second: &str) -> Result<TwoApprovers<'_>, PeopleError> {
        let two = [&self.person(first)?.actor, &self.person(second)?.actor];
        if two[0].person() == two[1].person() {
            return Err(PeopleError::SamePerson { id: first.to_owned() });
        }
        let office = two[0].office();
        let other = |actor: &&&Actor| actor.office() != office || !actor.roles().contains(&Role::CityApprover);
        match two.iter().find(other) {
            Some(actor) => Err(PeopleError::NotApprover { id: actor.person().to_string(), office: office.to_string() }),
            None => Ok(TwoApprovers(two)),
        }
    }

    /// A person of the city's staff.
    pub fn staff(&self, id: &str) -> Result<&Actor, PeopleError> {
        self.person(id)?.staff()
    }

    /// The first person of an office who holds one of the roles.
    pub fn of(&self, office: &OfficeId, roles: &[Role]) -> Option<&Person> {
        self.people.values().find(|person| {
            person.actor.office() == office && roles.iter().any(|role| person.actor.roles().contains(role))
        })
    }

    /// Everybody, by id.
    pub fn all(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Where terminals stand in the sample, to fill a new register with.
    pub fn terminals(&self) -> &[(OfficeId, Seat)] {
        &self.terminals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_office_has_its_own_people_for_every_role_at_work() {
        let people = People::sample().unwrap();
        for office in ["chuo-ku", "kita-ku", "minato-ku"] {
            let office = OfficeId::parse(office).unwrap();
            for role in [
                Role::ContractorCounter,
                Role::ContractorInput,
                Role::ContractorCollator,
                Role::ContractorArchivist,
                Role::CityReviewer,
                Role::CityApprover,
                Role::CitySealKeeper,
                Role::CityCounter,
                Role::CityTerminal,
                Role::CityNextday,
            ] {
                assert!(people.of(&office, &[role]).is_some(), "{office} {role:?}");
            }
            assert!(people.terminals().iter().any(|(at, _)| *at == office));
        }
    }

    #[test]
    fn what_two_do_is_done_by_two_approvers_of_one_office() {
        let people = People::sample().unwrap();
        let two = people.two_approvers("kita-shonin", "kita-shonin-2").unwrap();
        assert_eq!(two.ids().map(|id| id.to_string()), ["kita-shonin", "kita-shonin-2"]);
        let code = |first, second| people.two_approvers(first, second).unwrap_err().code();
        assert_eq!(code("kita-shonin", "kita-shonin"), "people-same-person");
        assert_eq!(code("kita-shonin", "kita-shinsa"), "people-not-approver");
        assert_eq!(code("kita-nyuryoku", "kita-shonin"), "people-not-approver");
        assert_eq!(code("kita-shonin", "minato-shonin"), "people-not-approver", "another office");
        assert_eq!(people.staff("kita-shinsa").unwrap().office().as_str(), "kita-ku");
        assert_eq!(people.staff("kita-nyuryoku").unwrap_err().code(), "people-not-city");
        assert_eq!(people.staff("nobody").unwrap_err().code(), "no-person");
    }

    #[test]
    fn a_person_who_is_there_twice_or_on_both_sides_is_refused() {
        let one = "[[person]]\nid = \"a\"\noffice = \"o\"\nname = \"n\"\nroles = [\"city-counter\"]\n";
        let none = "terminal = []\n";
        assert!(People::read(&format!("{none}{one}")).is_ok());
        assert!(matches!(People::read(&format!("{none}{one}{one}")), Err(PeopleError::Malformed { .. })));
        let both = one.replace("[\"city-counter\"]", "[\"city-counter\", \"contractor-input\"]");
        assert!(matches!(People::read(&format!("{none}{both}")), Err(PeopleError::Actor(_))));
    }
}
