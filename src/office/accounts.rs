//! 職員の登録: who works where, as records of the city. An account is never deleted, only ended. The first two
//! approvers of an office are entered once; whatever comes after, one proposes and another confirms.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::actor::{Actor, ActorError};
use crate::case::id::{OfficeId, PersonId};
use crate::procedure::Role;
use crate::register::{Ask, Batch, Key, Put, Register, RegisterError, Term, Watch, Written};

use super::records::{Author, Kept, RecordError, Records, Version};
use super::right::{NoRight, Officer, Right};

/// Accounts that are read at once.
const PAGE: u32 = 200;

/// An account could not be read, proposed or confirmed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Nobody may do this without the right to it.
    #[error(transparent)]
    Right(#[from] NoRight),
    /// Roles.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Nobody of this id in the office.
    #[error("finding an account: there is no {id}")]
    None {
        /// Which.
        id: String,
    },
    /// There was somebody of this id before: ids are not given twice.
    #[error("proposing an account: {id} is taken")]
    Taken {
        /// Which.
        id: String,
    },
    /// Nobody confirms what they proposed.
    #[error("confirming a proposal: {id} proposed it")]
    OwnProposal {
        /// Who.
        id: String,
    },
    /// No open proposal of this id in the office.
    #[error("finding a proposal: {id} is not open")]
    NoProposal {
        /// Which.
        id: String,
    },
    /// What it changes was changed meanwhile.
    #[error("confirming a proposal: {id} lapsed, the account was changed meanwhile")]
    Lapsed {
        /// Which.
        id: String,
    },
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
            Self::Right(error) => error.code(),
            Self::Actor(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::None { .. } => "no-person",
            Self::Taken { .. } => "account-taken",
            Self::OwnProposal { .. } => "proposal-own",
            Self::NoProposal { .. } => "no-proposal",
            Self::Lapsed { .. } => "proposal-lapsed",
            Self::NotTwo { .. } => "accounts-not-two",
            Self::NotFirst { .. } => "accounts-not-first",
        }
    }
}

/// 職員: an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub office: OfficeId,
    /// Name.
    pub name: String,
    /// As what: all of one party.
    pub roles: BTreeSet<Role>,
    /// What they may do beside the steps of cases.
    pub rights: BTreeSet<Right>,
    /// Whether it is over.
    pub ended: bool,
}

impl Account {
    /// The person at work.
    ///
    /// # Errors
    /// [`ActorError`]: without a role, or with roles of two parties.
    pub fn actor(&self) -> Result<Actor, ActorError> {
        Actor::new(self.person.clone(), self.office.clone(), self.roles.iter().copied())
    }

    /// Whether it may register people now.
    fn may_register(&self) -> bool {
        !self.ended && self.rights.contains(&Right::People)
    }
}

impl Kept for Account {
    const KIND: &'static str = "account";

    fn found_by(&self) -> Vec<Term> {
        Vec::new()
    }
}

/// 申請: what an account is to become, once somebody else confirms it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// What it is to become.
    pub account: Account,
    /// Version of the account that was seen; 0 of a new one.
    pub seen: u64,
    /// Who proposed it.
    pub by: PersonId,
    /// Whether it was confirmed.
    pub confirmed: bool,
}

impl Kept for Proposal {
    const KIND: &'static str = "account-proposal";

    fn found_by(&self) -> Vec<Term> {
        if self.confirmed { Vec::new() } else { vec![open_in(&self.account.office)] }
    }
}

/// Open proposals of an office.
fn open_in(office: &OfficeId) -> Term {
    Term { field: "proposed-in".to_owned(), term: Zeroizing::new(office.to_string()) }
}

/// That an office has had its first accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    office: OfficeId,
}

impl Kept for First {
    const KIND: &'static str = "first-accounts";

    fn found_by(&self) -> Vec<Term> {
        Vec::new()
    }
}

/// The accounts of a city.
#[derive(Clone, Copy)]
pub struct Accounts<'a> {
    register: &'a Register,
    city: &'a OfficeId,
    accounts: Records<'a, Account>,
    proposals: Records<'a, Proposal>,
    firsts: Records<'a, First>,
}

impl<'a> Accounts<'a> {
    /// Those of a city.
    pub fn of(register: &'a Register, city: &'a OfficeId) -> Self {
        let (accounts, proposals) = (Records::of(register, city), Records::of(register, city));
        Self { register, city, accounts, proposals, firsts: Records::of(register, city) }
    }

    fn id(&self, person: &PersonId) -> Result<String, RegisterError> {
        let term = Zeroizing::new(person.to_string());
        self.register.id_of(self.city, &Term { field: "account".to_owned(), term })
    }

    /// All, also those that are over.
    pub async fn all(&self) -> Result<Vec<Account>, RecordError> {
        let mut all: Vec<Account> = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.accounts.list(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after.clone_from(&last.id);
            all.extend(page.into_iter().map(|known| known.state));
        }
    }

    /// Somebody who works here now.
    pub async fn standing(&self, person: &PersonId) -> Result<Option<Account>, RecordError> {
        let known = self.accounts.find_id(&self.id(person)?).await?;
        Ok(known.map(|known| known.state).filter(|account| !account.ended))
    }

    /// Enters accounts and that their offices have had their first.
    async fn enter(&self, accounts: &[Account], author: &Author) -> Result<(), RecordError> {
        let mut puts = Vec::new();
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
        self.enter(accounts, &Author::one(by)).await
    }

    /// The first two approvers of an office, once.
    ///
    /// # Errors
    /// [`AccountError::NotTwo`], [`AccountError::NotFirst`].
    pub async fn first(&self, two: [Account; 2]) -> Result<(), AccountError> {
        let office = two[0].office.clone();
        let one = |account: &Account| {
            account.office == office && account.may_register() && account.roles.contains(&Role::CityApprover)
        };
        if two[0].person == two[1].person || !two.iter().all(one) {
            return Err(AccountError::NotTwo { office: office.to_string() });
        }
        for account in &two {
            account.actor()?;
        }
        let author = Author { by: two.iter().map(|account| account.person.clone()).collect(), reason: None };
        self.enter(&two, &author).await.map_err(|error| match error {
            RecordError::Stale { .. } => AccountError::NotFirst { office: office.to_string() },
            error => error.into(),
        })
    }

    /// Proposes a new account in the proposer's office. Says the proposal's id.
    ///
    /// # Errors
    /// [`AccountError::Taken`], [`AccountError::Right`].
    pub async fn propose_new(&self, by: &Officer<'_>, account: Account) -> Result<String, AccountError> {
        let proposer = by.with(Right::People)?;
        let account = Account { office: proposer.office().clone(), ended: false, ..account };
        account.actor()?;
        if self.accounts.find_id(&self.id(&account.person)?).await?.is_some() {
            return Err(AccountError::Taken { id: account.person.to_string() });
        }
        self.propose(proposer, account, 0).await
    }

    /// Proposes that an account of the proposer's office become what `change` makes of it.
    ///
    /// # Errors
    /// [`AccountError::None`], also of another office's; [`AccountError::Right`].
    pub async fn propose_change(
        &self,
        by: &Officer<'_>,
        person: &PersonId,
        change: impl FnOnce(Account) -> Account,
    ) -> Result<String, AccountError> {
        let proposer = by.with(Right::People)?;
        let none = || AccountError::None { id: person.to_string() };
        let known = self.accounts.find_id(&self.id(person)?).await?;
        let known = known.filter(|known| known.state.office == *proposer.office()).ok_or_else(none)?;
        let (person, office) = (known.state.person.clone(), known.state.office.clone());
        let account = Account { person, office, ..change(known.state) };
        account.actor()?;
        self.propose(proposer, account, known.version).await
    }

    async fn propose(&self, proposer: &Actor, account: Account, seen: u64) -> Result<String, AccountError> {
        let id = uuid::Uuid::now_v7().to_string();
        let by = proposer.person().clone();
        let author = Author::one(&by);
        self.proposals.put(&id, 0, &Proposal { account, seen, by, confirmed: false }, &author).await?;
        Ok(id)
    }

    /// Open proposals of an office that did not lapse.
    ///
    /// # Errors
    /// [`AccountError::Right`].
    pub async fn proposals(&self, by: &Officer<'_>) -> Result<Vec<Version<Proposal>>, AccountError> {
        let office = by.with(Right::People)?.office();
        let mut open = Vec::new();
        for proposal in self.proposals.find(&[open_in(office)], u32::MAX).await? {
            let now = self.accounts.find_id(&self.id(&proposal.state.account.person)?).await?;
            if now.map_or(0, |now| now.version) == proposal.state.seen {
                open.push(proposal);
            }
        }
        Ok(open)
    }

    /// Confirms what somebody else proposed: the account becomes it, in the same write.
    ///
    /// # Errors
    /// [`AccountError::OwnProposal`], [`AccountError::NoProposal`], [`AccountError::Lapsed`],
    /// [`AccountError::Right`], also where the proposer lost theirs.
    pub async fn confirm(&self, by: &Officer<'_>, id: &str) -> Result<(), AccountError> {
        let confirmer = by.with(Right::People)?;
        let none = || AccountError::NoProposal { id: id.to_owned() };
        let Some(Version { version, state, .. }) = self.proposals.find_id(id).await? else { return Err(none()) };
        if state.confirmed || state.account.office != *confirmer.office() {
            return Err(none());
        }
        if state.by == *confirmer.person() {
            return Err(AccountError::OwnProposal { id: state.by.to_string() });
        }
        let author = Author { by: vec![state.by.clone(), confirmer.person().clone()], reason: None };
        let target = self.id(&state.account.person)?;
        let puts = vec![
            self.accounts.draft(&target, state.seen, &state.account, &author)?,
            self.proposals.draft(id, version, &Proposal { confirmed: true, ..state.clone() }, &author)?,
        ];
        self.settle(id, puts, &author.by).await
    }

    /// Writes what was confirmed, if both still may and nothing was changed meanwhile.
    async fn settle(&self, id: &str, puts: Vec<Put>, two: &[PersonId]) -> Result<(), AccountError> {
        let mut watch: Vec<Watch> = puts.iter().map(|put| self.watch(put.kind, put.id.clone())).collect();
        for person in two {
            let theirs = self.watch(Account::KIND, self.id(person)?);
            if !watch.contains(&theirs) {
                watch.push(theirs);
            }
        }
        let written: Written<()> = self
            .register
            .write(&Ask { watch, ..Ask::office(self.city) }, |locked| {
                let accounts = Version::<Account>::watched(locked)?;
                for person in two {
                    if !accounts.iter().any(|known| known.state.person == *person && known.state.may_register()) {
                        return Err(AccountError::Right(NoRight { person: person.to_string(), right: Right::People }));
                    }
                }
                for put in &puts {
                    let now = locked.watched.iter().find(|record| record.kind == put.kind && record.id == put.id);
                    if now.map_or(0, |record| record.version) != put.version {
                        return Err(AccountError::Lapsed { id: id.to_owned() });
                    }
                }
                Ok((Batch { records: puts, ..Batch::default() }, ()))
            })
            .await?;
        drop(written);
        Ok(())
    }

    fn watch(&self, kind: &'static str, id: String) -> Watch {
        Watch { office: self.city.clone(), kind, key: Key::Id(id) }
    }
}
