//! 証明者と公印: who certifies in an office, by period, and the seals that they use, as records of the city. Two
//! people change them ([`super::proposals`]). What was certified stays as it was: nothing changes of today or before,
//! and a seal is never another one.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::case::id::OfficeId;
use crate::case::wire;
use crate::document::inei::is_bilevel_png;
use crate::domain::calendar::Day;
use crate::domain::office::Signatory;
use crate::press::sheet::Seal;
use crate::register::{Key, Register, Term, Watch};

use super::records::{Kept, RecordError, Records, Version};

/// Largest side of a seal in millimetres (電子公印).
pub const MOST_SEAL_MM: f64 = 25.0;
/// Smallest.
const LEAST_SEAL_MM: f64 = 5.0;
/// Largest file of a seal, in bytes.
const MOST_BYTES: usize = 512 * 1024;

/// Who certifies, or a seal, cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertifierError {
    /// Two periods share a day, or one ends before it begins, or a name or title is empty.
    #[error("registering signatories: periods overlap, or one says nothing")]
    Periods,
    /// Something of today or before would be otherwise.
    #[error("registering signatories: something of today or before would be changed")]
    Past,
    /// One uses a seal that the office has not.
    #[error("registering signatories: there is no seal {id}")]
    NoSeal {
        /// Which.
        id: String,
    },
    /// Its id, size or picture is none.
    #[error("registering a seal: its id, size or picture is none")]
    Seal,
    /// There is one of this id: a seal is never changed.
    #[error("registering a seal: {id} is taken")]
    SealTaken {
        /// Which.
        id: String,
    },
}

impl CertifierError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Periods => "signatories-periods",
            Self::Past => "signatories-past",
            Self::NoSeal { .. } => "no-seal",
            Self::Seal => "seal-malformed",
            Self::SealTaken { .. } => "seal-taken",
        }
    }
}

/// 証明者 of a period, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day.
    #[serde(with = "wire::text")]
    #[schemars(with = "String")]
    pub from: Day,
    /// Last day, or none while it lasts.
    #[serde(with = "wire::maybe_text", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub until: Option<Day>,
    /// 職名 with the prefecture.
    pub title: String,
    /// 職務代理者: the title of the one who acts in the head's place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deputy: Option<String>,
    /// 氏名.
    pub name: String,
    /// Id of the seal.
    pub seal: String,
}

impl From<Period> for Signatory {
    fn from(Period { from, until, title, deputy, name, seal }: Period) -> Self {
        Self { from, until, title, deputy, name, seal }
    }
}

impl From<Signatory> for Period {
    fn from(Signatory { from, until, title, deputy, name, seal }: Signatory) -> Self {
        Self { from, until, title, deputy, name, seal }
    }
}

/// 証明者: who certifies in an office, by period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatories {
    /// Where.
    pub office: OfficeId,
    /// Who, from when to when.
    pub signatories: Vec<Period>,
}

impl Kept for Signatories {
    const KIND: &'static str = "signatories";
}

impl Signatories {
    /// Whether they may follow those before.
    pub(super) fn check(&self, before: &[Period], today: Day) -> Result<(), CertifierError> {
        let all = &self.signatories;
        let says = |one: &Period| !one.title.trim().is_empty() && !one.name.trim().is_empty();
        let ends = |one: &Period| one.until.is_none_or(|until| one.from <= until);
        let apart = |one: &Period, other: &Period| {
            one.until.is_some_and(|until| until < other.from) || other.until.is_some_and(|until| until < one.from)
        };
        let rest = |at: usize| all.iter().skip(at.saturating_add(1));
        let overlap = all.iter().enumerate().any(|(at, one)| rest(at).any(|other| !apart(one, other)));
        if overlap || !all.iter().all(|one| says(one) && ends(one)) {
            return Err(CertifierError::Periods);
        }
        if !before.is_empty() && past(before, today) != past(all, today) {
            return Err(CertifierError::Past);
        }
        Ok(())
    }
}

/// What is so until today.
fn past(signatories: &[Period], today: Day) -> Vec<Period> {
    let begun = signatories.iter().filter(|one| one.from <= today).cloned();
    let clipped = |one: Period| Period { until: Some(one.until.map_or(today, |until| until.min(today))), ..one };
    let mut past: Vec<Period> = begun.map(clipped).collect();
    past.sort_by_key(|one| one.from);
    past
}

/// 公印, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptSeal {
    /// Whose.
    pub office: OfficeId,
    /// Id.
    pub id: String,
    /// Its picture: PNG, base64.
    pub png: String,
    /// Side, in millimetres.
    pub mm: f64,
    /// What a reader hears in its place.
    pub alt: String,
}

impl Kept for KeptSeal {
    const KIND: &'static str = "seal";

    fn found_by(&self) -> Vec<Term> {
        vec![seals_of(&self.office)]
    }
}

/// Seals of an office.
fn seals_of(office: &OfficeId) -> Term {
    Term { field: "seals-of".to_owned(), term: zeroize::Zeroizing::new(office.to_string()) }
}

impl KeptSeal {
    /// As the press has it.
    ///
    /// # Errors
    /// [`CertifierError::Seal`]: its id, size or picture is none.
    pub fn seal(&self) -> Result<Seal, CertifierError> {
        let png = BASE64.decode(self.png.as_bytes()).map_err(|_| CertifierError::Seal)?;
        let sized = (LEAST_SEAL_MM..=MOST_SEAL_MM).contains(&self.mm) && png.len() <= MOST_BYTES;
        let named = OfficeId::parse(&self.id).is_ok() && !self.alt.trim().is_empty();
        if sized && named && is_bilevel_png(&png) {
            Ok(Seal { png, mm: self.mm, alt: self.alt.clone() })
        } else {
            Err(CertifierError::Seal)
        }
    }
}

/// Who certifies in a city.
#[derive(Clone, Copy)]
pub struct Certifiers<'a> {
    signatories: Records<'a, Signatories>,
    seals: Records<'a, KeptSeal>,
}

impl<'a> Certifiers<'a> {
    /// Those of a city.
    pub fn of(register: &'a Register, city: &'a OfficeId) -> Self {
        Self { signatories: Records::of(register, city), seals: Records::of(register, city) }
    }

    /// Who certifies in an office, if somebody changed it since the city's own files, and at which version.
    pub async fn signatories(&self, office: &OfficeId) -> Result<Option<Version<Signatories>>, RecordError> {
        self.signatories.find_id(office.as_str()).await
    }

    /// Seals that were registered for an office.
    pub async fn seals(&self, office: &OfficeId) -> Result<Vec<KeptSeal>, RecordError> {
        let known = self.seals.find(&[seals_of(office)], u32::MAX).await?;
        Ok(known.into_iter().map(|known| known.state).collect())
    }

    /// What must be seen under the lock to know who certifies.
    pub fn watch(city: &OfficeId, office: &OfficeId) -> Watch {
        Watch { office: city.clone(), kind: Signatories::KIND, key: Key::Id(office.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, until: Option<&str>, name: &str) -> Period {
        Period {
            from: from.parse().unwrap(),
            until: until.map(|until| until.parse().unwrap()),
            title: "T".to_owned(),
            deputy: None,
            name: name.to_owned(),
            seal: "s".to_owned(),
        }
    }

    #[test]
    fn what_was_certified_stays_and_no_day_has_two_who_certify() {
        let today = "2026-03-10".parse().unwrap();
        let before = [period("2024-04-01", Some("2026-03-05"), "A"), period("2026-03-06", None, "B")];
        let check = |after: &[Period]| {
            let office = OfficeId::parse("kita-ku").unwrap();
            Signatories { office, signatories: after.to_vec() }.check(&before, today)
        };
        let [a, b] = before.clone();
        let until = |until: &str| Period { until: Some(until.parse().unwrap()), ..b.clone() };
        assert_eq!(check(&[a.clone(), until("2026-03-10"), period("2026-03-11", None, "C")]), Ok(()));
        assert_eq!(check(&[period("2026-03-11", None, "C"), until("2026-03-10"), a.clone()]), Ok(()));
        for past in [
            vec![a.clone(), until("2026-03-09"), period("2026-03-10", None, "C")],
            vec![b.clone()],
            vec![period("2024-04-01", Some("2026-03-05"), "X"), b.clone()],
            vec![period("2023-04-01", Some("2024-03-31"), "X"), a.clone(), b.clone()],
        ] {
            assert_eq!(check(&past), Err(CertifierError::Past), "{past:?}");
        }
        for periods in [
            vec![a.clone(), b.clone(), period("2026-04-01", None, "C")],
            vec![a.clone(), b.clone(), b.clone()],
            vec![a.clone(), until("2026-03-20"), period("2026-03-20", None, "C")],
            vec![a.clone(), until("2026-03-20"), period("2026-03-21", Some("2026-03-20"), "C")],
            vec![a.clone(), until("2026-03-20"), period("2026-03-21", None, " ")],
        ] {
            assert_eq!(check(&periods), Err(CertifierError::Periods), "{periods:?}");
        }
    }

    #[test]
    fn a_seal_is_a_picture_in_black_and_white_of_at_most_25_mm() {
        let png = BASE64.encode(include_bytes!("../../seals/kita-ku-cho.png"));
        let office = OfficeId::parse("kita-ku").unwrap();
        let seal = KeptSeal { office, id: "kita-ku-cho-2".to_owned(), png, mm: 24.0, alt: "A".to_owned() };
        assert!(seal.seal().is_ok());
        for none in [
            KeptSeal { mm: 25.1, ..seal.clone() },
            KeptSeal { mm: f64::NAN, ..seal.clone() },
            KeptSeal { id: "../x".to_owned(), ..seal.clone() },
            KeptSeal { png: BASE64.encode(b"no picture"), ..seal.clone() },
            KeptSeal { png: "?".to_owned(), ..seal.clone() },
            KeptSeal { alt: String::new(), ..seal.clone() },
        ] {
            assert_eq!(none.seal().unwrap_err(), CertifierError::Seal, "{none:?}");
        }
    }
}
