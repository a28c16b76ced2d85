//! The city: its offices, who signs when, and their seals.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::case::id::OfficeId;
use crate::domain::calendar::Day;
use crate::domain::number::DantaiCode;
use crate::domain::office::{Office, Signatory, SignatoryError};
use crate::press::sheet::Seal;

/// Largest side of a seal in millimetres (電子公印).
const MOST_SEAL_MM: f64 = 25.0;

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

/// Offices and seals.
pub struct City {
    /// Id under which the register keeps what all its offices know together.
    pub id: OfficeId,
    offices: Vec<OfficeEntry>,
    seals: Vec<(String, Seal)>,
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
            offices: offices.office.into_iter().map(office_of).collect::<Result<_, _>>()?,
            seals: seals.seal.into_iter().map(|seal| seal_of(seal, file)).collect::<Result<_, _>>()?,
        })
    }

    /// Every office.
    pub fn offices(&self) -> &[OfficeEntry] {
        &self.offices
    }

    /// An office by its id.
    pub fn office(&self, id: &str) -> Result<&OfficeEntry, CityError> {
        self.offices.iter().find(|entry| entry.id == id).ok_or_else(|| CityError::NoOffice { id: id.to_owned() })
    }

    /// A seal by its id.
    pub fn seal(&self, id: &str) -> Result<&Seal, CityError> {
        self.seals
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, seal)| seal)
            .ok_or_else(|| CityError::NoSeal { id: id.to_owned() })
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
