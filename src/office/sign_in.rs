//! Sign-in: who has a password, how often it was mistyped, and whose session a token is.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::id::{OfficeId, PersonId};
use crate::register::clock::Moment;
use crate::register::{Put, Register, RegisterError, Term};

use super::aside::aside;
use super::machine::Machine;
use super::password::{Hashed, Password, PasswordError};
use super::records::{Author, Kept, RecordError, Records, Version};
use super::token::{Code, NoRandom, Token};

/// Wrong passwords that cost nothing.
const FREE: u32 = 3;
/// Longest wait after a wrong password, in milliseconds.
const LONGEST_WAIT: i64 = 15 * 60 * 1_000;
/// How long a code for a password is good: a week, in milliseconds.
const ADMISSION: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How long a session lasts: a working day, in milliseconds.
const SESSION: i64 = 12 * 60 * 60 * 1_000;

/// Nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The account or the password is wrong; which, is not told.
    #[error("signing in: the account or the password is wrong")]
    Wrong,
    /// Too many were wrong: nothing is looked at before some time is over.
    #[error("signing in: too soon after wrong passwords")]
    TooSoon,
    /// No code for this person, or it was used, or its time is over.
    #[error("choosing a password: there is no such code, or it is over")]
    Code,
    /// No session of this token, or it is over.
    #[error("finding a session: there is none, or it is over")]
    NoSession,
    /// The password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The token.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<RegisterError> for SignInError {
    fn from(error: RegisterError) -> Self {
        Self::Record(error.into())
    }
}

impl SignInError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "sign-in-wrong",
            Self::TooSoon => "sign-in-too-soon",
            Self::Code => "password-code-over",
            Self::NoSession => "no-session",
            Self::Password(error) => error.code(),
            Self::Random(error) => error.code(),
            Self::Record(error) => error.code(),
        }
    }
}

/// What is kept of an account's password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credential {
    /// The password.
    password: Hashed,
    /// Wrong ones since the last right one.
    failures: u32,
    /// When the last wrong one was, in milliseconds since 1970.
    last: i64,
}

impl Kept for Credential {
    const KIND: &'static str = "credential";
}

/// 登録コード: by which a person chooses a password, once. Two people were told a half each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Admission {
    /// SHA-256 of each half.
    pub halves: [String; 2],
    /// Until when, in milliseconds since 1970.
    pub until: i64,
    /// Whether a password was chosen by it.
    pub used: bool,
}

impl Kept for Admission {
    const KIND: &'static str = "password-code";
}

impl Admission {
    /// Until when one is good that is made now.
    pub(super) fn until(now: Moment) -> i64 {
        now.millis().saturating_add(ADMISSION)
    }

    fn is_of(&self, code: &Code, now: Moment) -> bool {
        !self.used && now.millis() < self.until && self.halves == code.halves().map(|half| half.id())
    }
}

impl Credential {
    /// Until when nothing is looked at: after the third wrong one a second, then twice as long each time.
    fn waits_until(&self) -> i64 {
        let Some(doubled) = self.failures.checked_sub(FREE) else { return i64::MIN };
        let wait = 1_000i64.saturating_mul(1i64.checked_shl(doubled).filter(|wait| *wait > 0).unwrap_or(i64::MAX));
        self.last.saturating_add(wait.min(LONGEST_WAIT))
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Who.
    pub person: PersonId,
    /// When it is over, in milliseconds since 1970.
    pub ends: i64,
}

impl Kept for Session {
    const KIND: &'static str = "session";

    fn found_by(&self) -> Vec<Term> {
        if self.ends == i64::MIN { Vec::new() } else { vec![sessions_of(&self.person)] }
    }
}

/// Sessions of a person that they did not end.
fn sessions_of(person: &PersonId) -> Term {
    Term { field: "session-of".to_owned(), term: Zeroizing::new(person.to_string()) }
}

/// The door of a city.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    register: &'a Register,
    city: &'a OfficeId,
    credentials: Records<'a, Credential>,
    admissions: Records<'a, Admission>,
    sessions: Records<'a, Session>,
}

impl<'a> Door<'a> {
    /// That of a city.
    pub fn of(register: &'a Register, city: &'a OfficeId) -> Self {
        let (credentials, admissions) = (Records::of(register, city), Records::of(register, city));
        Self { register, city, credentials, admissions, sessions: Records::of(register, city) }
    }

    fn id(&self, person: &PersonId) -> Result<String, RegisterError> {
        let term = Zeroizing::new(person.to_string());
        self.register.id_of(self.city, &Term { field: "account".to_owned(), term })
    }

    /// A person chooses a password, by a code of which two others were told a half each. Their sessions are over.
    ///
    /// # Errors
    /// [`SignInError::Code`], the register.
    pub async fn choose(&self, person: &PersonId, code: &Code, password: &Password) -> Result<(), SignInError> {
        let (id, now) = (self.id(person)?, self.register.now().await?);
        let known = self.admissions.find_id(&id).await?.filter(|known| known.state.is_of(code, now));
        let Version { version, state, .. } = known.ok_or(SignInError::Code)?;
        let author = Author::one(person);
        let seen = self.credentials.find_id(&id).await?.map_or(0, |known| known.version);
        let used = self.admissions.draft(&id, version, &Admission { used: true, ..state }, &author)?;
        match self.put(person, seen, password, vec![used]).await {
            Err(SignInError::Record(RecordError::Stale { .. })) => Err(SignInError::Code),
            other => other,
        }
    }

    /// A person chooses another password, by the one that they have. Their sessions are over.
    ///
    /// # Errors
    /// [`SignInError::Wrong`], [`SignInError::TooSoon`], the register.
    pub async fn change(&self, person: &PersonId, old: &Password, new: &Password) -> Result<(), SignInError> {
        let seen = self.proved(person, old).await?.version;
        self.put(person, seen, new, Vec::new()).await
    }

    /// Puts a password with what else is to be written, and ends the person's sessions.
    async fn put(
        &self,
        person: &PersonId,
        seen: u64,
        password: &Password,
        mut puts: Vec<Put>,
    ) -> Result<(), SignInError> {
        let author = Author::one(person);
        let credential = Credential { password: aside(|| password.hash())?, failures: 0, last: 0 };
        puts.push(self.credentials.draft(&self.id(person)?, seen, &credential, &author)?);
        puts.extend(self.ended(person, &author).await?);
        Ok(self.credentials.put_all(puts).await?)
    }

    /// Signs a person in. A wrong password is noted, and each after the third makes the next wait longer.
    ///
    /// # Errors
    /// [`SignInError::Wrong`], [`SignInError::TooSoon`], the register.
    pub async fn sign_in(&self, person: &PersonId, password: &Password) -> Result<Token, SignInError> {
        let Version { id, version, state, .. } = self.proved(person, password).await?;
        let author = Author::one(person);
        if state.failures > 0 {
            self.credentials.put(&id, version, &Credential { failures: 0, ..state }, &author).await?;
        }
        let (token, now) = (Token::fresh()?, self.register.now().await?);
        let ends = now.millis().saturating_add(SESSION);
        self.sessions.put(&token.id(), 0, &Session { person: person.clone(), ends }, &author).await?;
        Ok(token)
    }

    /// What is kept of a person's password, if this is it. A wrong one is noted.
    async fn proved(&self, person: &PersonId, password: &Password) -> Result<Version<Credential>, SignInError> {
        let id = self.id(person)?;
        let known: Option<Version<Credential>> = self.credentials.find_id(&id).await?;
        let now = self.register.now().await?;
        if known.as_ref().is_some_and(|known| now.millis() < known.state.waits_until()) {
            return Err(SignInError::TooSoon);
        }
        let right = aside(|| password.is(known.as_ref().map(|known| &known.state.password)));
        let known = known.ok_or(SignInError::Wrong)?;
        if right {
            return Ok(known);
        }
        let Version { version, state, .. } = known;
        let failures = state.failures.saturating_add(1);
        let noted = Credential { failures, last: now.millis(), ..state };
        // Somebody else tried meanwhile: one of the two is counted, and neither is let in.
        match self.credentials.put(&id, version, &noted, &Author::one(person)).await {
            Ok(()) | Err(RecordError::Stale { .. }) => Err(SignInError::Wrong),
            Err(error) => Err(error.into()),
        }
    }

    /// A program's session, to be written with whatever else is; those that it had are over.
    pub(super) async fn machine(
        &self,
        person: &PersonId,
        machine: &Machine,
        author: &Author,
    ) -> Result<(Token, Vec<Put>), SignInError> {
        let token = Token::fresh()?;
        let ends = self.register.now().await?.millis().saturating_add(machine.millis());
        let mut puts = self.ended(person, author).await?;
        puts.push(self.sessions.draft(&token.id(), 0, &Session { person: person.clone(), ends }, author)?);
        Ok((token, puts))
    }

    /// The end of a person's sessions.
    async fn ended(&self, person: &PersonId, author: &Author) -> Result<Vec<Put>, RecordError> {
        let open = self.sessions.find(&[sessions_of(person)], u32::MAX).await?.into_iter();
        let end = |Version { id, version, state, .. }: Version<Session>| {
            self.sessions.draft(&id, version, &Session { ends: i64::MIN, ..state }, author)
        };
        open.map(end).collect()
    }

    /// Whose session a token is.
    ///
    /// # Errors
    /// [`SignInError::NoSession`], the register.
    pub async fn session(&self, token: &Token) -> Result<Session, SignInError> {
        Ok(self.open(token).await?.state)
    }

    /// Signs out.
    ///
    /// # Errors
    /// [`SignInError::NoSession`], the register.
    pub async fn sign_out(&self, token: &Token) -> Result<(), SignInError> {
        let Version { version, state, .. } = self.open(token).await?;
        let author = Author::one(&state.person);
        Ok(self.sessions.put(&token.id(), version, &Session { ends: i64::MIN, ..state }, &author).await?)
    }

    async fn open(&self, token: &Token) -> Result<Version<Session>, SignInError> {
        let now: Moment = self.register.now().await?;
        let known = self.sessions.find_id(&token.id()).await?;
        known.filter(|known| now.millis() < known.state.ends).ok_or(SignInError::NoSession)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_passwords_wait_longer_each_time_up_to_a_quarter_of_an_hour() {
        let hashed = Password::typed("correct horse".to_owned()).hash().unwrap();
        let waits = |failures| {
            Credential { password: hashed.clone(), failures, last: 1_000_000 }.waits_until().saturating_sub(1_000_000)
        };
        assert!(waits(0) < 0 && waits(2) < 0);
        assert_eq!([3, 4, 5, 9].map(waits), [1_000, 2_000, 4_000, 64_000]);
        assert_eq!([13, 62, 64, 1_000, u32::MAX].map(waits), [LONGEST_WAIT; 5]);
    }
}
