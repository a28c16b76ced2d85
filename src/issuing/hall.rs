//! 庁舎: everything that stands in a city, held together for whoever serves it: the register, the press, the
//! offices and seals, the people, the flows, the choices.

use crate::case::actor::{Actor, ActorError};
use crate::case::id::PersonId;
use crate::office::accounts::Accounts;
use crate::office::certifiers::{KeptSeal, Period};
use crate::office::proposals::{Entrance, ProposalError, Proposals, Proposed};
use crate::office::right::Officer;
use crate::office::terminals::Terminals;
use crate::press::Press;
use crate::press::mark::MarkKey;
use crate::press::sheet::Paper;
use crate::procedure::Role;
use crate::procedure::settings::Settings;
use crate::register::Register;
use crate::register::checkpoint::Log;
use crate::register::retention::Retention;

use super::Issuing;
use super::casework::{Casework, CaseworkError, Flows};
use super::city::City;
use super::clerk::Clerk;
use super::issue::{Counter, PATIENCE, ReleaseError};
use super::people::{People, PeopleError};

/// Numbers could not be given their end.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Who does it.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// A number.
    #[error(transparent)]
    Release(#[from] ReleaseError),
}

impl SweepError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Actor(error) => error.code(),
            Self::Release(error) => error.code(),
        }
    }
}

/// Everything that stands in a city.
pub struct Hall {
    /// The register.
    pub register: Register,
    /// Where its checkpoints are signed.
    pub log: Log,
    /// The press.
    pub press: Press,
    /// Offices, signatories, seals.
    pub city: City,
    /// Who works where.
    pub people: People,
    /// The flows.
    pub flows: Flows,
    /// What the city chose.
    pub settings: Settings,
    /// How long what is kept.
    pub retention: Retention,
    /// Key of the QR.
    pub key: MarkKey,
    /// Host of the verification page.
    pub host: String,
}

impl Hall {
    /// Cases.
    pub fn casework(&self) -> Casework<'_> {
        let Self { register, flows, settings, retention, city, .. } = self;
        Casework { register, city: &city.id, flows, settings, retention }
    }

    /// Certificates.
    pub fn counter(&self) -> Counter<'_> {
        let (press, city, key) = (&self.press, &self.city, &self.key);
        let issuing = Issuing { press, city, key, host: &self.host, paper: Paper::Plain };
        Counter { casework: self.casework(), issuing, patience: PATIENCE }
    }

    /// 職員の登録.
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts::of(&self.register, &self.city.id)
    }

    /// Who works in the city now: a server runs on while people come and go.
    ///
    /// # Errors
    /// The register.
    pub async fn people_now(&self) -> Result<People, PeopleError> {
        People::default().load(&self.accounts()).await
    }

    /// 申請と確認.
    pub fn proposals(&self) -> Proposals<'_> {
        Proposals::of(&self.register, &self.city.id)
    }

    /// Proposes who certifies in the person's office, by period.
    ///
    /// # Errors
    /// What is proposed cannot be so.
    pub async fn propose_signatories(&self, by: &Officer<'_>, periods: Vec<Period>) -> Result<Proposed, ProposalError> {
        let office = by.actor.office();
        self.city.refresh(&self.register, office).await?;
        self.city.refresh_seals(&self.register, office).await?;
        let entry = self.city.office(office.as_str()).ok();
        let before = entry.map(|entry| entry.office.signatories.clone()).unwrap_or_default();
        let before = before.into_iter().map(Period::from).collect();
        let seals: Vec<String> = self.city.seals_of(office).into_keys().collect();
        self.proposals().signatories(by, periods, before, &seals).await
    }

    /// Proposes a new seal of the person's office.
    ///
    /// # Errors
    /// What is proposed cannot be so.
    pub async fn propose_seal(&self, by: &Officer<'_>, seal: KeptSeal) -> Result<Proposed, ProposalError> {
        let taken = self.city.seal(&seal.id).is_ok();
        self.proposals().seal(by, seal, taken).await
    }

    /// Confirms what somebody else proposed, and works by it from now on.
    ///
    /// # Errors
    /// It cannot be confirmed.
    pub async fn confirm(&self, by: &Officer<'_>, proposal: &str) -> Result<Entrance, ProposalError> {
        let entrance = self.proposals().confirm(by, proposal).await?;
        self.city.refresh(&self.register, by.actor.office()).await?;
        self.city.refresh_seals(&self.register, by.actor.office()).await?;
        Ok(entrance)
    }

    /// 端末の登録.
    pub fn terminals(&self) -> Terminals<'_> {
        Terminals::of(&self.register, &self.city.id)
    }

    /// Somebody at work.
    pub fn clerk<'a>(&'a self, actor: &'a Actor) -> Clerk<'a> {
        Clerk { counter: self.counter(), actor, seen: None }
    }

    /// Numbers that a stopped program left without an end get one. Says how many.
    ///
    /// # Errors
    /// The register.
    pub async fn sweep(&self) -> Result<usize, SweepError> {
        let mut voided = 0usize;
        for office in self.register.offices().await.map_err(|error| ReleaseError::from(CaseworkError::from(error)))? {
            let person = PersonId::parse("sweep").map_err(ActorError::from)?;
            let machine = Actor::new(person, office.clone(), [Role::CityTerminal])?;
            voided = voided.saturating_add(self.counter().sweep(&office, &machine).await?);
        }
        Ok(voided)
    }
}
