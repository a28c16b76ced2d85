//! 見本: specimens, made for the sample city on a fixed day, so that they never change by themselves.

use crate::document::catalog::{Composed, Parsed};
use crate::domain::calendar::{CalendarError, Day};
use crate::press::sheet::{Paper, SheetError, Surround};
use crate::press::{Leave, Press, PressError, Printed};

use super::city::{City, CityError};

/// A specimen could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SpecimenError {
    /// The sample city.
    #[error(transparent)]
    City(#[from] CityError),
    /// The day.
    #[error(transparent)]
    Day(#[from] CalendarError),
    /// The press.
    #[error(transparent)]
    Press(#[from] PressError),
}

/// The day on specimens: 令和8年1月15日.
pub fn specimen_day() -> Result<Day, CalendarError> {
    Day::from_ymd(2026, 1, 15)
}

/// Prints a 見本 of a document.
pub fn specimen(press: &Press, document: &Composed) -> Result<Printed, SpecimenError> {
    let short_digest = document.digest().short();
    around(&short_digest, |surround| press.print(document, Leave::Specimen, surround))
}

/// Prints a 見本 of what was read, or tells everything that is said against it at once.
pub fn specimen_of(press: &Press, parsed: Parsed) -> Result<Printed, SpecimenError> {
    match parsed.composed() {
        Ok(document) => specimen(press, &document),
        Err(refused) => around("", |surround| Err(SheetError::Refused(press.refusals(refused, surround)?).into())),
    }
}

/// Does something with what stands around a 見本.
fn around<T>(short_digest: &str, act: impl FnOnce(&Surround<'_>) -> Result<T, PressError>) -> Result<T, SpecimenError> {
    let city = City::sample()?;
    let office = &city.office("kita-ku")?.office;
    let day = specimen_day()?;
    let signatory = office.signatory(day).map_err(CityError::from)?;
    let surround = Surround { day, office: &office.name, signatory, number: None, paper: Paper::Screen, short_digest };
    Ok(act(&surround)?)
}
