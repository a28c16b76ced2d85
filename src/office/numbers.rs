//! 付番: numbers that the office gives to whoever moves in (宛名番号) and to new households (世帯番号). A counter
//! is a record of the city; a number that was taken is never given again, though nobody may come of it.

use serde::{Deserialize, Serialize};

use crate::case::id::{OfficeId, PersonId};
use crate::document::names::{Field, Name};
use crate::document::subject::Subject;
use crate::domain::number::{AtenaBango, SetaiBango};
use crate::procedure::settings::FirstNumbers;
use crate::register::Register;

use super::records::{Author, Kept, RecordError, Records, term};

/// What is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    /// 宛名番号.
    Person,
    /// 世帯番号.
    Household,
}

impl Numbered {
    fn id(self) -> &'static str {
        match self {
            Self::Person => "atena-bango",
            Self::Household => "setai-bango",
        }
    }

    fn field(self) -> Field {
        match self {
            Self::Person => Field::AtenaBango,
            Self::Household => Field::SetaiBango,
        }
    }

    fn first(self, first: FirstNumbers) -> u64 {
        match self {
            Self::Person => first.atena_bango,
            Self::Household => first.setai_bango,
        }
    }

    /// A number with its check digit.
    fn text(self, serial: u64) -> Option<String> {
        (0..=9u8).map(|digit| format!("{serial}{digit}")).find(|text| match self {
            Self::Person => AtenaBango::parse_checked(text).is_ok(),
            Self::Household => SetaiBango::parse_checked(text).is_ok(),
        })
    }

    /// The serial of a number, without its check digit.
    fn serial(text: &str) -> Option<u64> {
        text.get(..text.len().checked_sub(1)?)?.parse().ok()
    }
}

/// A counter: the next serial, without check digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// Next serial.
    pub next: u64,
}

impl Kept for Counter {
    const KIND: &'static str = "number-counter";
}

/// A number could not be given.
#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// No number is left.
    #[error("giving a number: none is left")]
    NoneLeft,
}

impl NumberError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Record(error) => error.code(),
            Self::NoneLeft => "numbers-none-left",
        }
    }
}

/// The counters of a city.
#[derive(Clone, Copy)]
pub struct Numbers<'a> {
    subjects: Records<'a, Subject>,
    counters: Records<'a, Counter>,
    first: FirstNumbers,
}

impl<'a> Numbers<'a> {
    /// Those of a city, which begin at `first`.
    pub fn of(register: &'a Register, city: &'a OfficeId, first: FirstNumbers) -> Self {
        Self { subjects: Records::of(register, city), counters: Records::of(register, city), first }
    }

    /// The next number that nobody has.
    ///
    /// # Errors
    /// [`NumberError`].
    pub async fn take(&self, of: Numbered, by: &PersonId) -> Result<String, NumberError> {
        loop {
            let held = self.counters.find_id(of.id()).await?;
            let (version, serial) = held.map_or((0, of.first(self.first)), |held| (held.version, held.state.next));
            let next = Counter { next: serial.checked_add(1).ok_or(NumberError::NoneLeft)? };
            match self.counters.put(of.id(), version, &next, &Author::one(by)).await {
                // Somebody else took it.
                Err(RecordError::Stale { .. }) => continue,
                put => put?,
            }
            let number = of.text(serial).ok_or(NumberError::NoneLeft)?;
            if self.subjects.find_by_any(&[term(&Name::new(of.field(), &number))]).await?.is_empty() {
                return Ok(number);
            }
        }
    }

    /// Whether a counter gave this number.
    ///
    /// # Errors
    /// [`NumberError::Record`].
    pub async fn gave(&self, of: Numbered, number: &str) -> Result<bool, NumberError> {
        let next = self.counters.find_id(of.id()).await?.map_or(0, |held| held.state.next);
        let serial = Numbered::serial(number).filter(|serial| (of.first(self.first)..next).contains(serial));
        Ok(serial.and_then(|serial| of.text(serial)).as_deref() == Some(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_has_its_check_digit_and_its_serial_is_found_again(serial in 1u64..10_000_000_000_000) {
            for of in [Numbered::Person, Numbered::Household] {
                let text = of.text(serial).unwrap();
                prop_assert!(AtenaBango::parse_checked(&text).is_ok());
                prop_assert_eq!(Numbered::serial(&text), Some(serial));
            }
        }
    }
}
