//! 職員の登録: who works where, as records of the city. An account is never deleted, only ended. The first two
//! approvers of an office are entered once; whatever comes after, one proposes and another confirms
//! ([`super::proposals`]).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::actor::{Actor, ActorError};
use crate::case::id::{OfficeId, PersonId};
use crate::procedure::Role;
use crate::register::{Key, Put, Register, RegisterError, Term, Watch};

use super::machine::Machine;
use super::records::{Author, Kept, RecordError, Records, Version};
use super::right::Right;
use super::sign_in::Admission;
use super::token::{Code, NoRandom};

/// How long a code for the first two of an office is good, in milliseconds.
const OPENING: i64 = 60 * 60 * 1_000;

/// The first accounts of an office could not be entered.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Roles.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The codes.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// Not two different approvers of the office who may register people.
    #[error("entering the first accounts of {office}: they are not two approvers")]
    NotTwo {
        /// Office.
        office: String,
    },
    /// The office has had its first accounts.
    #[error("entering the first accounts of {office}: they were entered before")]
    NotFirst {
        /// Office.
        office: String,
    },
    /// No such code, or its time is over.
    #[error("entering the first accounts of an office: there is no such code, or it is over")]
    Code,
}

impl From<RegisterError> for AccountError {
    fn from(error: RegisterError) -> Self {
        Self::Record(error.into())
    }
}

impl AccountError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Actor(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Random(error) => error.code(),
            Self::NotTwo { .. } => "accounts-not-two",
            Self::NotFirst { .. } => "accounts-not-first",
            Self::Code => "accounts-code-over",
        }
    }
}

/// 職員: an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Who.
    #[schemars(with = "String")]
    pub person: PersonId,
    /// Where.
    #[schemars(with = "String")]
    pub office: OfficeId,
    /// Name.
    pub name: String,
    /// As what: all of one party.
    pub roles: BTreeSet<Role>,
    /// What they may do beside the steps of cases.
    pub rights: BTreeSet<Right>,
    /// What makes it a program's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub machine: Option<Machine>,
    /// Whether it is over.
    pub ended: bool,
}

impl Account {
    /// One of the first two of an office.
    pub fn first(person: PersonId, office: OfficeId, name: String) -> Self {
        let (roles, rights) = (BTreeSet::from([Role::CityApprover]), BTreeSet::from([Right::People]));
        Self { person, office, name, roles, rights, machine: None, ended: false }
    }

    /// The person at work.
    ///
    /// # Errors
    /// [`ActorError`]: without a role, or with roles of two parties.
    pub fn actor(&self) -> Result<Actor, ActorError> {
        Actor::new(self.person.clone(), self.office.clone(), self.roles.iter().copied())
    }

    /// Whether a program, if it is one's, may have it.
    pub(super) fn is_fit(&self) -> bool {
        self.machine.as_ref().is_none_or(|machine| machine.may_be(self))
    }

    /// Whether it has a right now.
    pub(super) fn may(&self, right: Right) -> bool {
        !self.ended && self.rights.contains(&right)
    }
}

impl Kept for Account {
    const KIND: &'static str = "account";

    fn found_by(&self) -> Vec<Term> {
        if self.may(Right::People) { vec![registering_in(&self.office)] } else { Vec::new() }
    }
}

/// Who may register people in an office.
fn registering_in(office: &OfficeId) -> Term {
    Term { field: "registering-in".to_owned(), term: Zeroizing::new(office.to_string()) }
}

/// 最初の登録コード: by which the first two of an office are entered from elsewhere than the machine itself, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    office: OfficeId,
    until: i64,
}

impl Kept for Opening {
    const KIND: &'static str = "first-code";
}

/// That an office has had its first accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    office: OfficeId,
}

impl Kept for First {
    const KIND: &'static str = "first-accounts";
}

/// The accounts of a city.
#[derive(Clone, Copy)]
pub struct Accounts<'a> {
    register: &'a Register,
    city: &'a OfficeId,
    accounts: Records<'a, Account>,
    firsts: Records<'a, First>,
    openings: Records<'a, Opening>,
}

impl<'a> Accounts<'a> {
    /// Those of a city.
    pub fn of(register: &'a Register, city: &'a OfficeId) -> Self {
        let (accounts, firsts) = (Records::of(register, city), Records::of(register, city));
        Self { register, city, accounts, firsts, openings: Records::of(register, city) }
    }

    /// Id of the records about a person, which says nothing of them.
    pub(super) fn id(&self, person: &PersonId) -> Result<String, RegisterError> {
        let term = Zeroizing::new(person.to_string());
        self.register.id_of(self.city, &Term { field: "account".to_owned(), term })
    }

    /// All, also those that are over.
    pub async fn all(&self) -> Result<Vec<Account>, RecordError> {
        Ok(self.accounts.all("").await?.into_iter().map(|known| known.state).collect())
    }

    /// Somebody who works here now.
    pub async fn standing(&self, person: &PersonId) -> Result<Option<Account>, RecordError> {
        let known = self.accounts.find_id(&self.id(person)?).await?;
        Ok(known.map(|known| known.state).filter(|account| !account.ended))
    }

    /// Enters accounts and that their offices have had their first, with what else is to be written.
    async fn enter(&self, accounts: &[Account], author: &Author, mut puts: Vec<Put>) -> Result<(), RecordError> {
        for account in accounts {
            puts.push(self.accounts.draft(&self.id(&account.person)?, 0, account, author)?);
        }
        let offices: BTreeMap<&str, &OfficeId> =
            accounts.iter().map(|account| (account.office.as_str(), &account.office)).collect();
        for (id, office) in offices {
            puts.push(self.firsts.draft(id, 0, &First { office: office.clone() }, author)?);
        }
        self.accounts.put_all(puts).await
    }

    /// Fills a new register with the accounts of a sample.
    pub async fn fill(&self, accounts: &[Account], by: &PersonId) -> Result<(), RecordError> {
        self.enter(accounts, &Author::one(by), Vec::new()).await
    }

    /// The first two approvers of an office, once. Says the code by which each chooses a password.
    ///
    /// # Errors
    /// [`AccountError::NotTwo`], [`AccountError::NotFirst`].
    pub async fn first(&self, two: [Account; 2]) -> Result<[(PersonId, [Code; 2]); 2], AccountError> {
        let office = two[0].office.clone();
        let one = |account: &Account| {
            account.office == office && account.may(Right::People) && account.roles.contains(&Role::CityApprover)
        };
        if two[0].person == two[1].person || !two.iter().all(one) {
            return Err(AccountError::NotTwo { office: office.to_string() });
        }
        let author = Author { by: two.iter().map(|account| account.person.clone()).collect(), reason: None };
        let (until, admissions) = (Admission::until(self.register.now().await?), Records::of(self.register, self.city));
        let (mut puts, mut told) = (Vec::new(), Vec::new());
        for account in &two {
            account.actor()?;
            let halves = [Code::fresh()?, Code::fresh()?];
            let admission = Admission { halves: halves.each_ref().map(Code::id), until, used: false };
            puts.push(admissions.draft(&self.id(&account.person)?, 0, &admission, &author)?);
            told.push((account.person.clone(), halves));
        }
        self.enter(&two, &author, puts).await.map_err(|error| match error {
            RecordError::Stale { .. } => AccountError::NotFirst { office: office.to_string() },
            error => error.into(),
        })?;
        let not_two = |_| AccountError::NotTwo { office: office.to_string() };
        <[_; 2]>::try_from(told).map_err(not_two)
    }

    /// A code by which the first two of an office are entered over HTTP within an hour; whoever has the machine may
    /// have one. None where the office has had its first.
    pub async fn opening(&self, office: &OfficeId) -> Result<Option<Code>, AccountError> {
        if self.firsts.find_id(office.as_str()).await?.is_some() {
            return Ok(None);
        }
        let (code, until) = (Code::fresh()?, self.register.now().await?.millis().saturating_add(OPENING));
        let machine = PersonId::parse("machine").map_err(ActorError::from)?;
        let opening = Opening { office: office.clone(), until };
        self.openings.put(&code.id(), 0, &opening, &Author::one(&machine)).await?;
        Ok(Some(code))
    }

    /// The office that a code opens. Once the first two are entered it opens nothing more: they are the first once.
    ///
    /// # Errors
    /// [`AccountError::Code`].
    pub async fn opened(&self, code: &Code) -> Result<OfficeId, AccountError> {
        let (now, known) = (self.register.now().await?, self.openings.find_id(&code.id()).await?);
        let known = known.filter(|known| now.millis() < known.state.until).ok_or(AccountError::Code)?;
        Ok(known.state.office)
    }

    /// Somebody, also if it is over with them.
    pub(super) async fn known(&self, person: &PersonId) -> Result<Option<Account>, RecordError> {
        Ok(self.version(person).await?.map(|known| known.state))
    }

    /// The same, with the version.
    pub(super) async fn version(&self, person: &PersonId) -> Result<Option<Version<Account>>, RecordError> {
        self.accounts.find_id(&self.id(person)?).await
    }

    /// An account to be written with whatever else is.
    pub(super) fn draft(&self, seen: u64, account: &Account, author: &Author) -> Result<Put, RecordError> {
        self.accounts.draft(&self.id(&account.person)?, seen, account, author)
    }
}

/// Who may register people in an office, to be seen under the lock.
pub(super) fn registrars(city: &OfficeId, office: &OfficeId) -> Watch {
    Watch { office: city.clone(), kind: Account::KIND, key: Key::AnyOf(vec![registering_in(office)]) }
}

/// Fewest who may register people: one to propose and one to confirm.
const FEWEST: usize = 2;

/// Whether an office would have too few who may register people, were an account to become another.
pub(super) fn leaves_too_few(known: &[Account], becomes: &Account) -> bool {
    let may = |account: &&Account| account.office == becomes.office && account.may(Right::People);
    let now: BTreeSet<&PersonId> = known.iter().filter(may).map(|account| &account.person).collect();
    let loses = now.contains(&becomes.person) && !becomes.may(Right::People);
    loses && now.len() <= FEWEST
}
