//! 申請と確認: what no one changes alone. One who has the right proposes it, another who has it confirms it, and in
//! that write, and not before, it is so. Each kind of change says here which right it needs, which record it
//! changes, and what else must be so.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::actor::{Actor, ActorError};
use crate::case::id::{OfficeId, PersonId};
use crate::domain::calendar::Day;
use crate::register::{Ask, Batch, Key, Locked, Put, Register, RegisterError, Term, Watch, Written};

use super::accounts::{self, Account, Accounts};
use super::certifiers::{CertifierError, KeptSeal, Period, Signatories};
use super::machine::Machine;
use super::records::{Author, Kept, RecordError, Records, Version};
use super::right::{NoRight, Officer, Right};
use super::sign_in::{Admission, Door, SignInError};
use super::token::{Code, NoRandom, Token};

/// Something could not be proposed, confirmed or withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// Nobody may do this without the right to it.
    #[error(transparent)]
    Right(#[from] NoRight),
    /// Roles.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The code.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// Nobody of this id in the office.
    #[error("finding an account: there is no {id}")]
    NoPerson {
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
    Own {
        /// Who.
        id: String,
    },
    /// No open proposal of this id in the office.
    #[error("finding a proposal: {id} is not open")]
    None {
        /// Which.
        id: String,
    },
    /// What it changes was changed meanwhile.
    #[error("confirming a proposal: {id} lapsed, what it changes was changed meanwhile")]
    Lapsed {
        /// Which.
        id: String,
    },
    /// A program may not have this.
    #[error("proposing an account: {id} is a program, and may not have this")]
    Machine {
        /// Which.
        id: String,
    },
    /// A session.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// Who certifies, or a seal.
    #[error(transparent)]
    Certifier(#[from] CertifierError),
    /// Fewer than two who register people would be left.
    #[error("changing an account: fewer than two who register people would be left in {office}")]
    LastTwo {
        /// Office.
        office: String,
    },
}

impl From<RegisterError> for ProposalError {
    fn from(error: RegisterError) -> Self {
        Self::Record(error.into())
    }
}

impl ProposalError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Right(error) => error.code(),
            Self::Actor(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Random(error) => error.code(),
            Self::NoPerson { .. } => "no-person",
            Self::Taken { .. } => "account-taken",
            Self::Own { .. } => "proposal-own",
            Self::None { .. } => "no-proposal",
            Self::Lapsed { .. } => "proposal-lapsed",
            Self::LastTwo { .. } => "accounts-last-two",
            Self::Machine { .. } => "machine-too-much",
            Self::SignIn(error) => error.code(),
            Self::Certifier(error) => error.code(),
        }
    }
}

/// What two people change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "what")]
pub enum Change {
    /// An account becomes this.
    Account {
        /// What it becomes.
        account: Account,
    },
    /// Somebody may choose a password anew.
    Password {
        /// Who.
        person: PersonId,
        /// Where.
        office: OfficeId,
        /// If it is a program: it gets a token anew.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        machine: Option<Machine>,
    },
    /// Others certify.
    Signatories {
        /// Who, from when to when.
        signatories: Signatories,
        /// Who did when it was proposed.
        before: Vec<Period>,
    },
    /// A new seal.
    Seal {
        /// Which.
        seal: KeptSeal,
    },
}

impl Change {
    /// In which office.
    pub fn office(&self) -> &OfficeId {
        match self {
            Self::Account { account } => &account.office,
            Self::Password { office, .. } => office,
            Self::Signatories { signatories, .. } => &signatories.office,
            Self::Seal { seal } => &seal.office,
        }
    }

    /// What both must have.
    pub fn right(&self) -> Right {
        match self {
            Self::Account { .. } | Self::Password { .. } => Right::People,
            Self::Signatories { .. } | Self::Seal { .. } => Right::Seals,
        }
    }

    /// The record that it changes.
    fn target(&self, records: &Proposals<'_>) -> Result<(&'static str, String), RegisterError> {
        Ok(match self {
            Self::Account { account } => (Account::KIND, records.accounts.id(&account.person)?),
            Self::Password { person, .. } => (Admission::KIND, records.accounts.id(person)?),
            Self::Signatories { signatories, .. } => (Signatories::KIND, signatories.office.to_string()),
            Self::Seal { seal } => (KeptSeal::KIND, seal.id.clone()),
        })
    }

    /// Who comes in by it, once it is confirmed: somebody new, or anew.
    fn admits(&self, seen: u64) -> Option<(&PersonId, Option<&Machine>)> {
        match self {
            Self::Account { account } => (seen == 0).then_some((&account.person, account.machine.as_ref())),
            Self::Password { person, machine, .. } => Some((person, machine.as_ref())),
            Self::Signatories { .. } | Self::Seal { .. } => None,
        }
    }

    /// What else must be seen under the lock.
    fn watch(&self, city: &OfficeId) -> Vec<Watch> {
        match self {
            Self::Account { account } => vec![accounts::registrars(city, &account.office)],
            Self::Password { .. } | Self::Signatories { .. } | Self::Seal { .. } => Vec::new(),
        }
    }

    /// Whether it may be so today, among the accounts that are seen.
    fn check(&self, known: &[Account], today: Day) -> Result<(), ProposalError> {
        match self {
            Self::Account { account } if accounts::leaves_too_few(known, account) => {
                Err(ProposalError::LastTwo { office: account.office.to_string() })
            }
            Self::Signatories { signatories, before } => Ok(signatories.check(before, today)?),
            _ => Ok(()),
        }
    }
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It waits.
    Open,
    /// It is so.
    Confirmed,
    /// It was taken back.
    Withdrawn,
}

/// 申請: what is to be so, once somebody else confirms it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// What.
    pub change: Change,
    /// Version that was seen of the record that it changes; 0 where there was none.
    pub seen: u64,
    /// Who proposed it.
    pub by: PersonId,
    /// What became of it.
    pub state: State,
    /// SHA-256 of the half of a code that the proposer was told.
    half: Option<String>,
}

impl Kept for Proposal {
    const KIND: &'static str = "proposal";

    fn found_by(&self) -> Vec<Term> {
        if self.state == State::Open { vec![open_in(self.change.office())] } else { Vec::new() }
    }
}

/// Open proposals of an office.
fn open_in(office: &OfficeId) -> Term {
    Term { field: "proposed-in".to_owned(), term: Zeroizing::new(office.to_string()) }
}

/// What whoever proposed is told: the proposal's id, and a half of a code where there is one.
#[derive(Debug)]
pub struct Proposed {
    /// Id.
    pub id: String,
    /// One half of the code by which somebody chooses a password.
    pub half: Option<Code>,
}

/// How somebody who was confirmed comes in, told once to whoever confirmed it.
#[derive(Debug)]
pub enum Entrance {
    /// Nobody comes in by it.
    None,
    /// By a code, of which the proposer has the first half; this is the other.
    Half(Code),
    /// A program, by this token.
    Token(Token),
}

/// What is proposed in a city.
#[derive(Clone, Copy)]
pub struct Proposals<'a> {
    register: &'a Register,
    city: &'a OfficeId,
    accounts: Accounts<'a>,
    proposals: Records<'a, Proposal>,
}

impl<'a> Proposals<'a> {
    /// Those of a city.
    pub fn of(register: &'a Register, city: &'a OfficeId) -> Self {
        Self { register, city, accounts: Accounts::of(register, city), proposals: Records::of(register, city) }
    }

    /// Proposes a new account in the proposer's office.
    ///
    /// # Errors
    /// [`ProposalError::Taken`], [`ProposalError::Right`].
    pub async fn new_account(&self, by: &Officer<'_>, account: Account) -> Result<Proposed, ProposalError> {
        let proposer = by.with(Right::People)?;
        let account = Account { office: proposer.office().clone(), ended: false, ..account };
        fit(&account)?;
        if self.accounts.known(&account.person).await?.is_some() {
            return Err(ProposalError::Taken { id: account.person.to_string() });
        }
        self.propose(proposer, Change::Account { account }).await
    }

    /// Proposes that an account of the proposer's office become what `change` makes of it.
    ///
    /// # Errors
    /// [`ProposalError::NoPerson`], also of another office's; [`ProposalError::LastTwo`], [`ProposalError::Right`].
    pub async fn other_account(
        &self,
        by: &Officer<'_>,
        person: &PersonId,
        change: impl FnOnce(Account) -> Account,
    ) -> Result<Proposed, ProposalError> {
        let proposer = by.with(Right::People)?;
        let known = self.colleague(proposer, person).await?;
        let (person, office) = (known.person.clone(), known.office.clone());
        let account = Account { person, office, ..change(known) };
        fit(&account)?;
        let change = Change::Account { account };
        change.check(&self.accounts.all().await?, self.register.now().await?.day())?;
        self.propose(proposer, change).await
    }

    /// Proposes that somebody of the proposer's office choose a password anew, by a code of which one half is told
    /// to whoever proposes and the other to whoever confirms: neither can use it alone.
    ///
    /// # Errors
    /// [`ProposalError::NoPerson`], [`ProposalError::Right`].
    pub async fn password(&self, by: &Officer<'_>, person: &PersonId) -> Result<Proposed, ProposalError> {
        let proposer = by.with(Right::People)?;
        let Account { person, office, ended, machine, .. } = self.colleague(proposer, person).await?;
        if ended {
            return Err(ProposalError::NoPerson { id: person.to_string() });
        }
        self.propose(proposer, Change::Password { person, office, machine }).await
    }

    /// Proposes who certifies in the proposer's office, by period, in place of those before, with the seals that it
    /// has.
    ///
    /// # Errors
    /// [`ProposalError::Certifier`], [`ProposalError::Right`].
    pub async fn signatories(
        &self,
        by: &Officer<'_>,
        periods: Vec<Period>,
        before: Vec<Period>,
        seals: &[String],
    ) -> Result<Proposed, ProposalError> {
        let proposer = by.with(Right::Seals)?;
        if let Some(period) = periods.iter().find(|period| !seals.contains(&period.seal)) {
            return Err(CertifierError::NoSeal { id: period.seal.clone() }.into());
        }
        let signatories = Signatories { office: proposer.office().clone(), signatories: periods };
        let change = Change::Signatories { signatories, before };
        change.check(&[], self.register.now().await?.day())?;
        self.propose(proposer, change).await
    }

    /// Proposes a new seal of the proposer's office; `taken` are those that the city has.
    ///
    /// # Errors
    /// [`ProposalError::Certifier`], [`ProposalError::Right`].
    pub async fn seal(&self, by: &Officer<'_>, seal: KeptSeal, taken: bool) -> Result<Proposed, ProposalError> {
        let proposer = by.with(Right::Seals)?;
        let seal = KeptSeal { office: proposer.office().clone(), ..seal };
        seal.seal()?;
        if taken || self.register.record(self.city, KeptSeal::KIND, &seal.id).await?.is_some() {
            return Err(CertifierError::SealTaken { id: seal.id }.into());
        }
        self.propose(proposer, Change::Seal { seal }).await
    }

    /// Everybody of the person's office, also those with whom it is over.
    ///
    /// # Errors
    /// [`ProposalError::Right`].
    pub async fn colleagues(&self, by: &Officer<'_>) -> Result<Vec<Account>, ProposalError> {
        let office = by.with(Right::People)?.office();
        let mut all = self.accounts.all().await?;
        all.retain(|known| known.office == *office);
        Ok(all)
    }

    /// Somebody of the proposer's office: of others' people nothing is told.
    async fn colleague(&self, proposer: &Actor, person: &PersonId) -> Result<Account, ProposalError> {
        let known = self.accounts.known(person).await?.filter(|known| known.office == *proposer.office());
        known.ok_or_else(|| ProposalError::NoPerson { id: person.to_string() })
    }

    async fn propose(&self, proposer: &Actor, change: Change) -> Result<Proposed, ProposalError> {
        let (id, by) = (uuid::Uuid::now_v7().to_string(), proposer.person().clone());
        let (kind, target) = change.target(self)?;
        let seen = self.register.record(self.city, kind, &target).await?.map_or(0, |record| record.version);
        let by_code = change.admits(seen).filter(|(_, machine)| machine.is_none());
        let half = by_code.map(|_| Code::fresh()).transpose()?;
        let (author, kept) = (Author::one(&by), half.as_ref().map(Code::id));
        let proposal = Proposal { change, seen, by, state: State::Open, half: kept };
        self.proposals.put(&id, 0, &proposal, &author).await?;
        Ok(Proposed { id, half })
    }

    /// Open proposals of the person's office that they may confirm or have made, and that did not lapse.
    ///
    /// # Errors
    /// [`ProposalError::Right`]: they have no right to any.
    pub async fn open(&self, by: &Officer<'_>) -> Result<Vec<Version<Proposal>>, ProposalError> {
        let person = by.with(Right::People).or_else(|lacks| by.with(Right::Seals).map_err(|_| lacks))?;
        let mut open = Vec::new();
        for known in self.proposals.find(&[open_in(person.office())], u32::MAX).await? {
            let (kind, target) = known.state.change.target(self)?;
            let now = self.register.record(self.city, kind, &target).await?;
            let fresh = now.map_or(0, |now| now.version) == known.state.seen;
            if fresh && by.with(known.state.change.right()).is_ok() {
                open.push(known);
            }
        }
        Ok(open)
    }

    /// An open proposal of the person's office.
    async fn find(&self, by: &Officer<'_>, id: &str) -> Result<Version<Proposal>, ProposalError> {
        let none = || ProposalError::None { id: id.to_owned() };
        let known = self.proposals.find_id(id).await?.ok_or_else(none)?;
        if known.state.state != State::Open || known.state.change.office() != by.actor.office() {
            return Err(none());
        }
        by.with(known.state.change.right())?;
        Ok(known)
    }

    /// Takes a proposal back: whoever may confirm it, or made it.
    ///
    /// # Errors
    /// [`ProposalError::None`], [`ProposalError::Right`].
    pub async fn withdraw(&self, by: &Officer<'_>, id: &str) -> Result<(), ProposalError> {
        let Version { version, state, .. } = self.find(by, id).await?;
        let withdrawn = Proposal { state: State::Withdrawn, ..state };
        match self.proposals.put(id, version, &withdrawn, &Author::one(by.actor.person())).await {
            Err(RecordError::Stale { .. }) => Err(ProposalError::None { id: id.to_owned() }),
            other => Ok(other?),
        }
    }

    /// Confirms what somebody else proposed: it is so, in the same write. Says how whoever comes in by it does.
    ///
    /// # Errors
    /// [`ProposalError::Own`], [`ProposalError::None`], [`ProposalError::Lapsed`], [`ProposalError::LastTwo`];
    /// [`ProposalError::Right`], also where the proposer lost theirs.
    pub async fn confirm(&self, by: &Officer<'_>, id: &str) -> Result<Entrance, ProposalError> {
        // Whoever has no right at all learns of no proposal.
        by.with(Right::People).or_else(|lacks| by.with(Right::Seals).map_err(|_| lacks))?;
        let Version { version, state, .. } = self.find(by, id).await?;
        let confirmer = by.actor.person();
        if state.by == *confirmer {
            return Err(ProposalError::Own { id: state.by.to_string() });
        }
        let author = Author { by: vec![state.by.clone(), confirmer.clone()], reason: None };
        let (mut puts, entrance) = self.made_true(&state, &author).await?;
        let confirmed = Proposal { state: State::Confirmed, ..state.clone() };
        puts.push(self.proposals.draft(id, version, &confirmed, &author)?);
        self.settle(id, &state.change, puts, &author.by).await?;
        Ok(entrance)
    }

    /// Ends a program of the person's office, at once and by one person.
    ///
    /// # Errors
    /// [`ProposalError::NoPerson`]: there is no such program in the office; [`ProposalError::Right`].
    pub async fn end_machine(&self, by: &Officer<'_>, person: &PersonId) -> Result<(), ProposalError> {
        let officer = by.with(Right::People)?;
        let none = || ProposalError::NoPerson { id: person.to_string() };
        let known = self.accounts.version(person).await?.ok_or_else(none)?;
        let Version { version, state, .. } = known;
        if state.machine.is_none() || state.ended || state.office != *officer.office() {
            return Err(none());
        }
        let author = Author::one(officer.person());
        let put = self.accounts.draft(version, &Account { ended: true, ..state }, &author)?;
        Ok(self.proposals.put_all(vec![put]).await?)
    }

    /// What is written once a proposal is confirmed, and how whoever comes in by it does.
    async fn made_true(&self, state: &Proposal, author: &Author) -> Result<(Vec<Put>, Entrance), ProposalError> {
        let mut puts = Vec::new();
        let (_, target) = state.change.target(self)?;
        match &state.change {
            Change::Account { account } => puts.push(self.accounts.draft(state.seen, account, author)?),
            Change::Signatories { signatories, .. } => {
                let records = Records::of(self.register, self.city);
                puts.push(records.draft(&target, state.seen, signatories, author)?);
            }
            Change::Seal { seal } => {
                puts.push(Records::of(self.register, self.city).draft(&target, state.seen, seal, author)?);
            }
            Change::Password { .. } => {}
        }
        match (state.change.admits(state.seen), &state.half) {
            (Some((person, Some(machine))), _) => {
                let (token, sessions) = Door::of(self.register, self.city).machine(person, machine, author).await?;
                puts.extend(sessions);
                Ok((puts, Entrance::Token(token)))
            }
            (Some((person, None)), Some(half)) => {
                let other = Code::fresh()?;
                let until = Admission::until(self.register.now().await?);
                let admission = Admission { halves: [half.clone(), other.id()], until, used: false };
                let id = self.accounts.id(person)?;
                puts.push(Records::of(self.register, self.city).draft(&id, state.seen, &admission, author)?);
                Ok((puts, Entrance::Half(other)))
            }
            _ => Ok((puts, Entrance::None)),
        }
    }

    /// Writes what was confirmed, if both still may and nothing was changed meanwhile.
    async fn settle(&self, id: &str, change: &Change, puts: Vec<Put>, two: &[PersonId]) -> Result<(), ProposalError> {
        let mut watch = change.watch(self.city);
        watch.extend(puts.iter().map(|put| self.watch(put.kind, put.id.clone())));
        for person in two {
            watch.push(self.watch(Account::KIND, self.accounts.id(person)?));
        }
        let written: Written<()> = self
            .register
            .write(&Ask { watch, ..Ask::office(self.city) }, |locked| {
                let known = seen(locked)?;
                let right = change.right();
                for person in two {
                    let may = |known: &Account| known.person == *person && known.may(right);
                    if !known.iter().any(may) {
                        return Err(ProposalError::Right(NoRight { person: person.to_string(), right }));
                    }
                }
                for put in &puts {
                    let now = locked.watched.iter().find(|record| record.kind == put.kind && record.id == put.id);
                    if now.map_or(0, |record| record.version) != put.version {
                        return Err(ProposalError::Lapsed { id: id.to_owned() });
                    }
                }
                change.check(&known, locked.now.day())?;
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

/// Whether roles, and what a program may have, go together.
fn fit(account: &Account) -> Result<(), ProposalError> {
    account.actor()?;
    if account.is_fit() { Ok(()) } else { Err(ProposalError::Machine { id: account.person.to_string() }) }
}

/// The accounts that are seen under the lock.
fn seen(locked: &Locked) -> Result<Vec<Account>, RecordError> {
    Ok(Version::<Account>::watched(locked)?.into_iter().map(|known| known.state).collect())
}
