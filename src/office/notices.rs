//! 本人通知: who asked to be told when a certificate about them goes to somebody else, and of which copies they
//! must be told. What leads to a notice is the city's rule (`[[notice]]` of the settings). To whom it went is
//! nowhere here, and that there is anything here is told to nobody at the counter.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::case::event::Reason;
use crate::case::id::{IssuanceId, OfficeId};
use crate::case::wire;
use crate::document::names::{Field, Name, about};
use crate::document::request::Kubun;
use crate::domain::calendar::Day;
use crate::register::{Key, Locked, Put, Register, Term, Watch};

use super::records::{Author, Kept, RecordError, Records, Version, term};
use super::right::{NoRight, Officer, Right};
use super::suppression::AsSeen;

/// 事前登録: somebody asked to be told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// 宛名番号, in the form in which it is looked for.
    pub atena_bango: String,
    /// From which day on.
    #[serde(with = "wire::text")]
    pub from: Day,
    /// Whether it is over.
    pub ended: bool,
}

impl std::fmt::Debug for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wish(***)")
    }
}

impl Kept for Wish {
    const KIND: &'static str = "notice-wish";

    fn found_by(&self) -> Vec<Term> {
        let name = Name { field: Field::AtenaBango, text: self.atena_bango.clone() };
        if self.ended { Vec::new() } else { vec![term(&name)] }
    }
}

/// A copy of which somebody must be told: when, what, and to what kind of requester; never to whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Who is to be told: 宛名番号, in the form in which it is looked for.
    pub atena_bango: String,
    /// Kind of the certificate.
    pub kind: String,
    /// 交付の日.
    #[serde(with = "wire::text")]
    pub issued: Day,
    /// 請求区分.
    pub kubun: Kubun,
    /// The number line of the copy.
    pub number: String,
    /// On which day they were told.
    #[serde(with = "wire::maybe_text", skip_serializing_if = "Option::is_none", default)]
    pub told: Option<Day>,
}

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notice(***)")
    }
}

impl Kept for Notice {
    const KIND: &'static str = "notice";
}

/// Everyone who stands on a document with their number, or was asked about by it.
pub fn persons(data: &[u8], asked: impl Iterator<Item = Name>) -> BTreeSet<Name> {
    about(data).into_iter().filter(|name| name.field == Field::AtenaBango).chain(asked).collect()
}

/// The wishes of those people, to be seen under the lock.
pub fn watch(city: &OfficeId, persons: &BTreeSet<Name>) -> Watch {
    Watch { office: city.clone(), kind: Wish::KIND, key: Key::AnyOf(persons.iter().map(term).collect()) }
}

/// A copy that is released.
#[derive(Debug, Clone, Copy)]
pub struct Copy<'a> {
    /// The office that releases it.
    pub office: &'a OfficeId,
    /// Its issuance.
    pub issuance: IssuanceId,
    /// Kind.
    pub kind: &'a str,
    /// 請求区分.
    pub kubun: Kubun,
    /// Number line.
    pub number: &'a str,
    /// By whom.
    pub by: &'a Author,
}

/// The notices that a released copy leads to, of the wishes that are watched.
pub fn due(register: &Register, copy: Copy<'_>, locked: &Locked) -> Result<Vec<Put>, RecordError> {
    let records = Records::<Notice>::of(register, copy.office);
    let today = locked.now.day();
    let wishes = Version::<Wish>::watched(locked)?;
    let wanted = wishes.into_iter().map(|wish| wish.state).filter(|wish| !wish.ended && wish.from <= today);
    let numbers: BTreeSet<String> = wanted.map(|wish| wish.atena_bango).collect();
    let put = |(at, atena_bango)| {
        let (kind, number) = (copy.kind.to_owned(), copy.number.to_owned());
        let notice = Notice { atena_bango, kind, issued: today, kubun: copy.kubun, number, told: None };
        records.draft(&format!("{}-{at}", copy.issuance), 0, &notice, copy.by)
    };
    numbers.into_iter().enumerate().map(put).collect()
}

/// Something of it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// Nobody may do this without the right to it.
    #[error(transparent)]
    Right(#[from] NoRight),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl NoticeError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Right(error) => error.code(),
            Self::Record(error) => error.code(),
        }
    }
}

/// The wishes of a city and the notices of an office, for a person.
#[derive(Clone, Copy)]
pub struct Notices<'a> {
    wishes: Records<'a, Wish>,
    notices: Records<'a, Notice>,
    officer: Officer<'a>,
}

impl<'a> Notices<'a> {
    /// Those of a city, and of the person's office.
    pub fn of(register: &'a Register, city: &'a OfficeId, officer: Officer<'a>) -> Self {
        let notices = Records::of(register, officer.actor.office());
        Self { wishes: Records::of(register, city), notices, officer }
    }

    /// 事前登録. Says under which id.
    pub async fn register(&self, atena_bango: &str, from: Day) -> Result<String, NoticeError> {
        let author = self.author()?;
        let id = uuid::Uuid::now_v7().to_string();
        let atena_bango = Name::new(Field::AtenaBango, atena_bango).text;
        self.wishes.put(&id, 0, &Wish { atena_bango, from, ended: false }, &author).await?;
        Ok(id)
    }

    /// Who asked to be told, and what of it is over: of one person, or of all.
    pub async fn wishes(&self, of: Option<&Name>) -> Result<Vec<Version<Wish>>, NoticeError> {
        self.author()?;
        match of {
            Some(name) => Ok(self.wishes.find(&[term(name)], u32::MAX).await?),
            None => Ok(self.wishes.all("").await?),
        }
    }

    /// 登録の廃止, as it was seen.
    ///
    /// # Errors
    /// [`RecordError::Stale`].
    pub async fn end(&self, seen: &AsSeen, reason: Reason) -> Result<(), NoticeError> {
        let author = self.author()?.because(reason);
        let known = self.wishes.get(&seen.id).await?;
        Ok(self.wishes.put(&seen.id, seen.version, &Wish { ended: true, ..known.state }, &author).await?)
    }

    /// What somebody has still to be told.
    pub async fn due(&self) -> Result<Vec<Version<Notice>>, NoticeError> {
        self.author()?;
        Ok(self.notices.all("").await?.into_iter().filter(|notice| notice.state.told.is_none()).collect())
    }

    /// They were told, on a day.
    ///
    /// # Errors
    /// [`RecordError::Stale`].
    pub async fn told(&self, seen: &AsSeen, day: Day) -> Result<(), NoticeError> {
        let author = self.author()?;
        let known = self.notices.get(&seen.id).await?;
        Ok(self.notices.put(&seen.id, seen.version, &Notice { told: Some(day), ..known.state }, &author).await?)
    }

    fn author(&self) -> Result<Author, NoRight> {
        Ok(Author::one(self.officer.with(Right::Notices)?.person()))
    }
}
