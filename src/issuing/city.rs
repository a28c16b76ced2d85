//! The city: its offices, who signs when, and their seals.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::case::id::OfficeId;
use crate::domain::calendar::Day;
use crate::domain::number::DantaiCode;
use crate::domain::office::{Office, Signatory, SignatoryError};
use crate::office::certifiers::{Certifiers, KeptSeal, MOST_SEAL_MM};
use crate::office::records::{RecordError, Version};
use crate::press::sheet::Seal;
use crate::register::Register;

/// A city's data is broken, or lacks what is asked for.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// Not readable.
    #[error("reading the city's {what}: {message}")]
    Malformed {
        /// offices or seals.
        what: &'static str,
        /// Why.
        message: String,
    },
    /// A seal's file is not the pinned one.
    #[error("reading the seal {id}: its SHA-256 is not the pinned one")]
    OtherSeal {
        /// Which.
        id: String,
    },
    /// A seal is larger than 25 mm.
    #[error("reading the seal {id}: {mm} mm is more than {MOST_SEAL_MM} mm")]
    LargeSeal {
        /// Which.
        id: String,
        /// Side.
        mm: f64,
    },
    /// No such seal.
    #[error("finding the seal {id}: there is none")]
    NoSeal {
        /// Which.
        id: String,
    },
    /// No such office.
    #[error("finding the office {id}: there is none")]
    NoOffice {
        /// Which.
        id: String,
    },
    /// No signatory for the day, or more than one.
    #[error(transparent)]
    Signatory(#[from] SignatoryError),
}

/// An office and its id.
#[derive(Debug, Clone, PartialEq)]
pub struct OfficeEntry {
    /// Id (kita-ku).
    pub id: String,
    /// The office.
    pub office: Office,
}

/// What only grows: whoever has a reference to one of it keeps it, whatever is added.
struct Chain<T>(OnceLock<Box<(T, Chain<T>)>>);

impl<T> Chain<T> {
    fn new() -> Self {
        Self(OnceLock::new())
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::successors(self.0.get(), |link| link.1.0.get()).map(|link| &link.0)
    }

    fn push(&self, value: T) {
        let (mut end, mut link) = (self, Box::new((value, Self::new())));
        // Somebody else added one meanwhile: after it.
        while let Err(back) = end.0.set(link) {
            link = back;
            match end.0.get() {
                Some(next) => end = &next.1,
                None => return,
            }
        }
    }
}

/// An office as its signatories were changed, and at which version.
struct Changed {
    version: u64,
    entry: OfficeEntry,
}

/// Offices and seals: those of the city's files, and as two people changed them since.
pub struct City {
    /// Id under which the register keeps what all its offices know together.
    pub id: OfficeId,
    offices: Vec<(OfficeEntry, Chain<Changed>)>,
    seals: Vec<(String, Seal)>,
    registered: Chain<(OfficeId, String, Seal)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficesFile {
    city: OfficeId,
    office: Vec<OfficeData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficeData {
    code: String,
    id: String,
    name: String,
    signatory: Vec<SignatoryData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatoryData {
    from: String,
    until: Option<String>,
    title: String,
    deputy: Option<String>,
    name: String,
    seal: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealsFile {
    seal: Vec<SealData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealData {
    id: String,
    sha256: String,
    mm: f64,
    alt: String,
}

impl City {
    /// The sample city 見本県見本市.
    pub fn sample() -> Result<Self, CityError> {
        Self::read(
            include_str!("../../samples/offices.toml"),
            include_str!("../../seals/manifest.toml"),
            &|id| match id {
                "chuo-ku-cho" => Some(include_bytes!("../../seals/chuo-ku-cho.png").to_vec()),
                "kita-ku-cho" => Some(include_bytes!("../../seals/kita-ku-cho.png").to_vec()),
                "kita-ku-cho-shokumu-dairisha" => {
                    Some(include_bytes!("../../seals/kita-ku-cho-shokumu-dairisha.png").to_vec())
                }
                "minato-ku-cho" => Some(include_bytes!("../../seals/minato-ku-cho.png").to_vec()),
                _ => None,
            },
        )
    }

    /// A city of given files; `file` finds a seal's PNG by its id.
    pub fn read(offices: &str, seals: &str, file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, CityError> {
        let malformed = |what: &'static str, message: String| CityError::Malformed { what, message };
        let offices: OfficesFile = toml::from_str(offices).map_err(|error| malformed("offices", error.to_string()))?;
        let seals: SealsFile = toml::from_str(seals).map_err(|error| malformed("seals", error.to_string()))?;
        Ok(Self {
            id: offices.city,
            offices: offices
                .office
                .into_iter()
                .map(|office| Ok((office_of(office)?, Chain::new())))
                .collect::<Result<_, CityError>>()?,
            seals: seals.seal.into_iter().map(|seal| seal_of(seal, file)).collect::<Result<_, _>>()?,
            registered: Chain::new(),
        })
    }

    /// Every office.
    pub fn offices(&self) -> impl Iterator<Item = &OfficeEntry> {
        self.offices.iter().map(|(entry, changed)| changed.iter().last().map_or(entry, |changed| &changed.entry))
    }

    /// An office by its id.
    pub fn office(&self, id: &str) -> Result<&OfficeEntry, CityError> {
        self.offices().find(|entry| entry.id == id).ok_or_else(|| CityError::NoOffice { id: id.to_owned() })
    }

    /// The version of its signatories that is known; 0 where they are those of the city's files.
    pub fn version(&self, office: &OfficeId) -> u64 {
        let known = self.offices.iter().find(|(entry, _)| entry.id == office.as_str());
        known.and_then(|(_, changed)| changed.iter().last()).map_or(0, |changed| changed.version)
    }

    /// A seal by its id.
    pub fn seal(&self, id: &str) -> Result<&Seal, CityError> {
        let registered = self.registered.iter().map(|(_, id, seal)| (id, seal));
        let mut all = self.seals.iter().map(|(id, seal)| (id, seal)).chain(registered);
        let found = all.find(|(known, _)| *known == id).map(|(_, seal)| seal);
        found.ok_or_else(|| CityError::NoSeal { id: id.to_owned() })
    }

    /// The seals of an office by id: those that its signatories use, and those that were registered for it.
    pub fn seals_of(&self, office: &OfficeId) -> BTreeMap<String, &Seal> {
        let used = self.office(office.as_str()).map(|entry| entry.office.signatories.as_slice()).unwrap_or_default();
        let used = used.iter().filter_map(|one| Some((one.seal.clone(), self.seal(&one.seal).ok()?)));
        let own = self.registered.iter().filter(|(of, ..)| of == office).map(|(_, id, seal)| (id.clone(), seal));
        used.chain(own).collect()
    }

    /// Takes over what two people changed of an office since it was last read.
    ///
    /// # Errors
    /// The register.
    pub async fn refresh(&self, register: &Register, office: &OfficeId) -> Result<(), RecordError> {
        let certifiers = Certifiers::of(register, &self.id);
        let changed = certifiers.signatories(office).await?.filter(|known| known.version > self.version(office));
        let Some((entry, chain)) = self.offices.iter().find(|(entry, _)| entry.id == office.as_str()) else {
            return Ok(());
        };
        let Some(Version { version, state, .. }) = changed else { return Ok(()) };
        self.take_over(certifiers.seals(office).await?);
        let signatories = state.signatories.into_iter().map(Signatory::from).collect();
        let entry = OfficeEntry { office: Office { signatories, ..entry.office.clone() }, ..entry.clone() };
        chain.push(Changed { version, entry });
        Ok(())
    }

    /// Takes over the seals that were registered for an office.
    ///
    /// # Errors
    /// The register.
    pub async fn refresh_seals(&self, register: &Register, office: &OfficeId) -> Result<(), RecordError> {
        self.take_over(Certifiers::of(register, &self.id).seals(office).await?);
        Ok(())
    }

    fn take_over(&self, seals: Vec<KeptSeal>) {
        for kept in seals {
            if let (Err(_), Ok(seal)) = (self.seal(&kept.id), kept.seal()) {
                self.registered.push((kept.office, kept.id, seal));
            }
        }
    }
}

fn office_of(data: OfficeData) -> Result<OfficeEntry, CityError> {
    let malformed = |message: String| CityError::Malformed { what: "offices", message };
    let day = |text: &str| text.parse::<Day>().map_err(|error| malformed(format!("{text}: {error}")));
    let signatories = data
        .signatory
        .into_iter()
        .map(|signatory| {
            Ok(Signatory {
                from: day(&signatory.from)?,
                until: signatory.until.as_deref().map(day).transpose()?,
                title: signatory.title,
                deputy: signatory.deputy,
                name: signatory.name,
                seal: signatory.seal,
            })
        })
        .collect::<Result<_, CityError>>()?;
    let code = DantaiCode::parse(&data.code).map_err(|error| malformed(format!("{}: {error}", data.code)))?;
    Ok(OfficeEntry { id: data.id, office: Office { code, name: data.name, signatories } })
}

fn seal_of(data: SealData, file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<(String, Seal), CityError> {
    let png = file(&data.id).ok_or_else(|| CityError::NoSeal { id: data.id.clone() })?;
    if data_encoding::HEXLOWER.encode(&Sha256::digest(&png)) != data.sha256 {
        return Err(CityError::OtherSeal { id: data.id });
    }
    if data.mm > MOST_SEAL_MM {
        return Err(CityError::LargeSeal { id: data.id, mm: data.mm });
    }
    Ok((data.id, Seal { png, mm: data.mm, alt: data.alt }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deputy_signs_during_the_period_that_was_registered() {
        let city = City::sample().unwrap();
        let office = &city.office("kita-ku").unwrap().office;
        for (day, deputy, seal) in [
            ("2026-03-09", false, "kita-ku-cho"),
            ("2026-03-10", true, "kita-ku-cho-shokumu-dairisha"),
            ("2026-03-20", true, "kita-ku-cho-shokumu-dairisha"),
            ("2026-03-21", false, "kita-ku-cho"),
        ] {
            let signatory = office.signatory(day.parse().unwrap()).unwrap();
            assert_eq!((signatory.deputy.is_some(), signatory.seal.as_str()), (deputy, seal), "{day}");
        }
        assert!(matches!(office.signatory("2024-03-31".parse().unwrap()), Err(SignatoryError::Nobody { .. })));
    }

    #[test]
    fn whatever_is_added_to_a_chain_moves_nothing() {
        let chain = Chain::new();
        chain.push(1);
        let first = chain.iter().next().unwrap();
        std::thread::scope(|scope| {
            (0..8).for_each(|_| drop(scope.spawn(|| (0..100).for_each(|_| chain.push(2)))));
        });
        assert_eq!((*first, chain.iter().count()), (1, 801));
    }

    #[test]
    fn a_changed_seal_file_is_not_used() {
        let read =
            City::read(include_str!("../../samples/offices.toml"), include_str!("../../seals/manifest.toml"), &|_| {
                Some(include_bytes!("../../seals/kita-ku-cho.png").to_vec())
            });
        assert!(matches!(read, Err(CityError::OtherSeal { ref id }) if id == "chuo-ku-cho"));
    }

    #[test]
    fn a_seal_above_25_mm_is_not_used() {
        let manifest = include_str!("../../seals/manifest.toml").replacen("24.0", "25.1", 1);
        let file = |id: &str| std::fs::read(format!("seals/{id}.png")).ok();
        let read = City::read(include_str!("../../samples/offices.toml"), &manifest, &file);
        assert!(matches!(read, Err(CityError::LargeSeal { .. })));
    }
}
