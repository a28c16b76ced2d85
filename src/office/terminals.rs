//! 端末の登録: the terminals at which certificates are issued, as records of the city. One is enrolled by a code
//! for one use and has a token from then on; it is never deleted, only ended. The command line and what works
//! without people are terminals like those on the counters.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::id::{OfficeId, PersonId};
use crate::register::clock::Moment;
use crate::register::{Ask, Batch, COUNTERS, Key, Locked, Put, Register, RegisterError, Term, Watch, Written};

use super::records::{Author, Kept, RecordError, Records, Version};
use super::right::{NoRight, Officer, Right};
use super::token::{Code, NoRandom, Token};

/// How long a code is good, in milliseconds.
const CODE: i64 = 15 * 60 * 1_000;
/// How long a terminal is enrolled before somebody must renew it: a quarter of a year, in milliseconds.
const ENROLLED: i64 = 92 * 24 * 60 * 60 * 1_000;
/// Most characters of a name, a printer, a tray.
const MOST: usize = 12;

/// A terminal could not be enrolled, found or ended.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Nobody may do this without the right to it.
    #[error(transparent)]
    Right(#[from] NoRight),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The token.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// Number, name, printer or tray cannot be printed on a number line.
    #[error("enrolling a terminal: its number, name, printer or tray is none")]
    Seat,
    /// Another one has, or had, the number or the name.
    #[error("enrolling a terminal: {number} or its name is taken")]
    Taken {
        /// Number.
        number: u16,
    },
    /// No such code, or it was used, or its time is over.
    #[error("enrolling a terminal: there is no such code, or it is over")]
    Code,
    /// No terminal of this number stands in the office.
    #[error("finding a terminal: the office has no {number}, or it is over")]
    None {
        /// Number.
        number: u16,
    },
    /// No terminal of the office was shown: whether there is none, another office's, or one that is over, is
    /// not told.
    #[error("issuing: no terminal of the office is here")]
    NotHere,
}

impl From<RegisterError> for TerminalError {
    fn from(error: RegisterError) -> Self {
        Self::Record(error.into())
    }
}

impl TerminalError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Right(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Random(error) => error.code(),
            Self::Seat => "terminal-seat",
            Self::Taken { .. } => "terminal-taken",
            Self::Code => "terminal-code-over",
            Self::None { .. } => "no-terminal",
            Self::NotHere => "no-terminal-here",
        }
    }
}

/// 席: what a terminal is called, and where it prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Number, as the QR has it.
    pub number: u16,
    /// 端末名番号, as the number line has it (本庁01). A number and a name belong together for ever: else two
    /// certificates could have one number line.
    pub name: String,
    /// プリンタ番号; empty where the printer is not yet known.
    #[serde(default)]
    pub printer: String,
    /// Tray of the printer; empty where it has one.
    #[serde(default)]
    pub tray: String,
}

impl Seat {
    /// Whether it can stand on a number line.
    fn check(&self) -> Result<(), TerminalError> {
        let plain = |text: &str| {
            text.chars().count() <= MOST && text.chars().all(|typed| typed.is_alphanumeric() || typed == '-')
        };
        let good = (1..COUNTERS).contains(&self.number) && !self.name.is_empty();
        let good = good && [&self.name, &self.printer, &self.tray].into_iter().all(|text| plain(text));
        if good { Ok(()) } else { Err(TerminalError::Seat) }
    }
}

/// A terminal, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Where.
    pub office: OfficeId,
    /// What it is called, and where it prints.
    pub seat: Seat,
    /// SHA-256 of its token.
    token: String,
    /// Until when, in milliseconds since 1970.
    pub until: i64,
    /// Whether it was ended.
    pub ended: bool,
}

impl Enrolment {
    /// Whether it is enrolled at a moment.
    pub fn stands(&self, now: Moment) -> bool {
        !self.ended && now.millis() < self.until
    }
}

impl Kept for Enrolment {
    const KIND: &'static str = "terminal";

    fn found_by(&self) -> Vec<Term> {
        vec![terminals_of(&self.office), shown(&self.token)]
    }
}

/// All of an office, also those that are over.
fn terminals_of(office: &OfficeId) -> Term {
    Term { field: "terminals-of".to_owned(), term: Zeroizing::new(office.to_string()) }
}

fn shown(token: &str) -> Term {
    Term { field: "terminal-token".to_owned(), term: Zeroizing::new(token.to_owned()) }
}

/// 登録コード: by which a terminal is enrolled, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Admission {
    office: OfficeId,
    seat: Seat,
    by: PersonId,
    until: i64,
    used: bool,
}

impl Kept for Admission {
    const KIND: &'static str = "terminal-code";
}

/// A terminal that was shown to be here: only [`Terminals::here`] makes one, and nothing is issued without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    id: String,
    enrolment: Enrolment,
}

impl Enrolled {
    /// What it is called, and where it prints.
    pub fn seat(&self) -> &Seat {
        &self.enrolment.seat
    }

    /// What must be seen under the lock to know whether it is still enrolled.
    pub fn watch(&self, city: &OfficeId) -> Watch {
        Watch { office: city.clone(), kind: Enrolment::KIND, key: Key::Id(self.id.clone()) }
    }

    /// Whether it is still enrolled, under the lock; what [`Enrolled::watch`] names must have been watched.
    pub fn still_stands(&self, locked: &Locked) -> Result<bool, RecordError> {
        let known = Version::<Enrolment>::watched(locked)?.into_iter().find(|known| known.id == self.id);
        Ok(known.is_some_and(|known| known.state.token == self.enrolment.token && known.state.stands(locked.now)))
    }
}

/// The terminals of a city.
#[derive(Clone, Copy)]
pub struct Terminals<'a> {
    register: &'a Register,
    city: &'a OfficeId,
    enrolments: Records<'a, Enrolment>,
    admissions: Records<'a, Admission>,
}

impl<'a> Terminals<'a> {
    /// Those of a city.
    pub fn of(register: &'a Register, city: &'a OfficeId) -> Self {
        let (enrolments, admissions) = (Records::of(register, city), Records::of(register, city));
        Self { register, city, enrolments, admissions }
    }

    fn id(&self, office: &OfficeId, number: u16) -> Result<String, RegisterError> {
        let term = Zeroizing::new(format!("{office}/{number}"));
        self.register.id_of(self.city, &Term { field: "terminal".to_owned(), term })
    }

    async fn until(&self, millis: i64) -> Result<i64, RegisterError> {
        Ok(self.register.now().await?.millis().saturating_add(millis))
    }

    /// All of an office by number, also those that are over.
    pub async fn all(&self, office: &OfficeId) -> Result<Vec<Enrolment>, TerminalError> {
        let known = self.enrolments.find(&[terminals_of(office)], u32::MAX).await?;
        let mut known: Vec<Enrolment> = known.into_iter().map(|known| known.state).collect();
        known.sort_by_key(|known| known.seat.number);
        Ok(known)
    }

    /// Fills a new register with terminals of a sample, each with a token of its own.
    ///
    /// # Errors
    /// [`TerminalError::Seat`].
    pub async fn fill(&self, terminals: &[(OfficeId, Seat, Token)], by: &PersonId) -> Result<(), TerminalError> {
        let (until, author) = (self.until(ENROLLED).await?, Author::one(by));
        let mut puts = Vec::new();
        for (office, seat, token) in terminals {
            seat.check()?;
            let (office, seat) = (office.clone(), seat.clone());
            let id = self.id(&office, seat.number)?;
            let enrolment = Enrolment { office, seat, token: token.id(), until, ended: false };
            puts.push(self.enrolments.draft(&id, 0, &enrolment, &author)?);
        }
        Ok(self.enrolments.put_all(puts).await?)
    }

    /// A code by which a terminal of the person's office is enrolled within a quarter of an hour. One that stands
    /// already gets another token by it.
    ///
    /// # Errors
    /// [`TerminalError::Right`], [`TerminalError::Seat`], [`TerminalError::Taken`].
    pub async fn admit(&self, by: &Officer<'_>, seat: Seat) -> Result<Code, TerminalError> {
        let maker = by.with(Right::People)?;
        seat.check()?;
        free(&self.all(maker.office()).await?, &seat)?;
        let (code, until) = (Code::fresh()?, self.until(CODE).await?);
        let (office, by) = (maker.office().clone(), maker.person().clone());
        let author = Author::one(&by);
        self.admissions.put(&code.id(), 0, &Admission { office, seat, by, until, used: false }, &author).await?;
        Ok(code)
    }

    /// Enrols the terminal of a code. Says its token, which is told nobody else.
    ///
    /// # Errors
    /// [`TerminalError::Code`], [`TerminalError::Taken`].
    pub async fn enrol(&self, code: &Code) -> Result<(Token, Enrolment), TerminalError> {
        let Some(Version { id, version, state, .. }) = self.admissions.find_id(&code.id()).await? else {
            return Err(TerminalError::Code);
        };
        let (token, author) = (Token::fresh()?, Author::one(&state.by));
        let (office, seat, until) = (state.office.clone(), state.seat.clone(), self.until(ENROLLED).await?);
        let enrolment = Enrolment { office, seat, token: token.id(), until, ended: false };
        let terminal = self.id(&enrolment.office, enrolment.seat.number)?;
        let used = self.admissions.draft(&id, version, &Admission { used: true, ..state.clone() }, &author)?;
        let watch = vec![
            self.watch(Admission::KIND, Key::Id(id)),
            self.watch(Enrolment::KIND, Key::AnyOf(vec![terminals_of(&state.office)])),
        ];
        self.write(watch, |locked| {
            let admission = Version::<Admission>::watched(locked)?.pop().ok_or(TerminalError::Code)?;
            if admission.state.used || locked.now.millis() >= admission.state.until {
                return Err(TerminalError::Code);
            }
            let known = Version::<Enrolment>::watched(locked)?;
            let before = known.iter().find(|known| known.id == terminal).map_or(0, |known| known.version);
            let known: Vec<Enrolment> = known.into_iter().map(|known| known.state).collect();
            free(&known, &enrolment.seat)?;
            Ok(vec![used, self.enrolments.draft(&terminal, before, &enrolment, &author)?])
        })
        .await?;
        Ok((token, enrolment))
    }

    /// The terminal of an office that a token shows.
    ///
    /// # Errors
    /// [`TerminalError::NotHere`]: there is none, or it is another office's, or it is over.
    pub async fn here(&self, token: &Token, office: &OfficeId) -> Result<Enrolled, TerminalError> {
        let now = self.register.now().await?;
        let known = self.enrolments.find(&[shown(&token.id())], 1).await?.pop();
        let known = known.filter(|known| known.state.office == *office && known.state.stands(now));
        let Version { id, state, .. } = known.ok_or(TerminalError::NotHere)?;
        Ok(Enrolled { id, enrolment: state })
    }

    /// Renews a terminal of the person's office that is not over. Says until when.
    ///
    /// # Errors
    /// [`TerminalError::Right`], [`TerminalError::None`].
    pub async fn renew(&self, by: &Officer<'_>, number: u16) -> Result<i64, TerminalError> {
        let until = self.until(ENROLLED).await?;
        self.change(by, number, |known| Enrolment { until, ..known }).await?;
        Ok(until)
    }

    /// Ends a terminal of the person's office.
    ///
    /// # Errors
    /// [`TerminalError::Right`], [`TerminalError::None`].
    pub async fn end(&self, by: &Officer<'_>, number: u16) -> Result<(), TerminalError> {
        self.change(by, number, |known| Enrolment { ended: true, ..known }).await
    }

    async fn change(
        &self,
        by: &Officer<'_>,
        number: u16,
        change: impl FnOnce(Enrolment) -> Enrolment,
    ) -> Result<(), TerminalError> {
        let person = by.with(Right::People)?;
        let id = self.id(person.office(), number)?;
        let watch = vec![self.watch(Enrolment::KIND, Key::Id(id.clone()))];
        let author = Author::one(person.person());
        self.write(watch, |locked| {
            let known = Version::<Enrolment>::watched(locked)?.pop();
            let known = known.filter(|known| known.state.stands(locked.now)).ok_or(TerminalError::None { number })?;
            Ok(vec![self.enrolments.draft(&id, known.version, &change(known.state), &author)?])
        })
        .await
    }

    fn watch(&self, kind: &'static str, key: Key) -> Watch {
        Watch { office: self.city.clone(), kind, key }
    }

    async fn write(
        &self,
        watch: Vec<Watch>,
        decide: impl FnOnce(&Locked) -> Result<Vec<Put>, TerminalError>,
    ) -> Result<(), TerminalError> {
        let ask = Ask { watch, ..Ask::office(self.city) };
        let decide = |locked: &Locked| Ok((Batch { records: decide(locked)?, ..Batch::default() }, ()));
        let written: Written<()> = self.register.write::<(), TerminalError, _>(&ask, decide).await?;
        drop(written);
        Ok(())
    }
}

/// A number and a name are one terminal's, for ever.
fn free(known: &[Enrolment], seat: &Seat) -> Result<(), TerminalError> {
    let same = |known: &Enrolment| (known.seat.number == seat.number, known.seat.name == seat.name);
    let other = |known: &Enrolment| match same(known) {
        (true, true) => known.ended,
        (false, false) => false,
        _ => true,
    };
    if known.iter().any(other) { Err(TerminalError::Taken { number: seat.number }) } else { Ok(()) }
}
