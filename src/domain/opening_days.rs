//! 開庁日: on which days an office is open. 地方自治法第4条の2 closes it on Saturdays, Sundays, national holidays and
//! from 12-29 to 01-03; a city may open or close on more. What follows the next day (翌日処理) follows on the next day
//! that is open, and a period that ends on a day off ends on the next day that is open (民法第142条).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Weekday};
use serde::Deserialize;

use super::calendar::{CalendarError, Day};

/// Opening days could not be reckoned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningDaysError {
    /// The table of holidays is broken.
    #[error("reading the holidays: {0}")]
    Malformed(String),
    /// No holidays are known of the year: nothing is guessed.
    #[error("reckoning opening days: no holidays are known of {0}")]
    UnknownYear(i32),
    /// A day that there is not.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl OpeningDaysError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "holidays-broken",
            Self::UnknownYear(_) => "holidays-unknown",
            Self::Calendar(error) => error.code(),
        }
    }
}

/// Days on which an office is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningDays {
    holidays: BTreeMap<i32, BTreeSet<Day>>,
    open: BTreeSet<Day>,
    closed: BTreeSet<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHolidays {
    year: Vec<RawYear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    year: i32,
    days: Vec<String>,
}

impl OpeningDays {
    /// As the law has them.
    ///
    /// # Errors
    /// [`OpeningDaysError::Malformed`].
    pub fn by_law() -> Result<Self, OpeningDaysError> {
        Self::read(include_str!("holidays.toml"))
    }

    /// With the holidays of a table.
    ///
    /// # Errors
    /// [`OpeningDaysError::Malformed`].
    pub fn read(holidays: &str) -> Result<Self, OpeningDaysError> {
        let malformed = |message: String| OpeningDaysError::Malformed(message);
        let raw: RawHolidays = toml::from_str(holidays).map_err(|error| malformed(error.to_string()))?;
        let mut years = BTreeMap::new();
        for RawYear { year, days } in raw.year {
            let day = |text: &String| format!("{year}-{text}").parse::<Day>();
            let days: BTreeSet<Day> = days.iter().map(day).collect::<Result<_, _>>()?;
            if years.insert(year, days).is_some() {
                return Err(malformed(format!("{year} is there twice")));
            }
        }
        Ok(Self { holidays: years, open: BTreeSet::new(), closed: BTreeSet::new() })
    }

    /// The same with a city's own: more days on which it is open (臨時開庁日), and more on which it is closed.
    #[must_use]
    pub fn with(self, open: BTreeSet<Day>, closed: BTreeSet<Day>) -> Self {
        Self { open, closed, ..self }
    }

    /// Whether the office is open on a day.
    ///
    /// # Errors
    /// [`OpeningDaysError::UnknownYear`].
    pub fn is_open(&self, day: Day) -> Result<bool, OpeningDaysError> {
        let holidays = self.holidays.get(&day.year()).ok_or(OpeningDaysError::UnknownYear(day.year()))?;
        if self.open.contains(&day) {
            return Ok(true);
        }
        let weekend = matches!(day.to_naive().weekday(), Weekday::Sat | Weekday::Sun);
        let turn_of_the_year = matches!((day.month(), day.day()), (12, 29..=31) | (1, 1..=3));
        Ok(!weekend && !turn_of_the_year && !holidays.contains(&day) && !self.closed.contains(&day))
    }

    /// 翌開庁日: the first day after a day on which the office is open.
    ///
    /// # Errors
    /// [`OpeningDaysError::UnknownYear`].
    pub fn next_after(&self, day: Day) -> Result<Day, OpeningDaysError> {
        self.first_from(day.plus_days(1)?)
    }

    /// 期限: the last day of a period of days after a day, which is not counted (民法第140条).
    ///
    /// # Errors
    /// [`OpeningDaysError::UnknownYear`].
    pub fn deadline(&self, from: Day, days: u32) -> Result<Day, OpeningDaysError> {
        self.first_from(from.plus_days(days)?)
    }

    /// The day itself, or the first after it on which the office is open.
    fn first_from(&self, mut day: Day) -> Result<Day, OpeningDaysError> {
        while !self.is_open(day)? {
            day = day.plus_days(1)?;
        }
        Ok(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn an_office_is_open_as_the_law_and_the_city_have_it() {
        let days = OpeningDays::by_law().unwrap();
        for (text, open) in [
            ("2026-11-27", true),
            ("2026-11-28", false), // Saturday
            ("2026-11-23", false), // 勤労感謝の日
            ("2026-05-06", false), // 振替休日
            ("2026-09-22", false), // 国民の休日
            ("2026-12-28", true),
            ("2026-12-29", false),
            ("2027-01-03", false),
            ("2027-01-04", true),
        ] {
            assert_eq!(days.is_open(day(text)), Ok(open), "{text}");
        }
        let own = days.with([day("2026-11-28")].into(), [day("2026-11-27")].into());
        assert_eq!(own.next_after(day("2026-11-26")), Ok(day("2026-11-28")));
    }

    #[test]
    fn what_follows_the_next_day_waits_for_the_next_that_is_open() {
        let days = OpeningDays::by_law().unwrap();
        for (from, next) in [
            ("2026-11-26", "2026-11-27"),
            ("2026-11-27", "2026-11-30"),
            ("2026-12-28", "2027-01-04"),
            ("2026-05-01", "2026-05-07"),
            ("2026-09-18", "2026-09-24"),
        ] {
            assert_eq!(days.next_after(day(from)), Ok(day(next)), "{from}");
        }
    }

    #[test]
    fn a_period_that_ends_on_a_day_off_ends_on_the_next_that_is_open() {
        let days = OpeningDays::by_law().unwrap();
        assert_eq!(days.deadline(day("2026-11-13"), 14), Ok(day("2026-11-27")));
        assert_eq!(days.deadline(day("2026-11-14"), 14), Ok(day("2026-11-30")));
        assert_eq!(days.deadline(day("2026-11-30"), 30), Ok(day("2027-01-04")));
    }

    #[test]
    fn nothing_is_guessed_of_a_year_without_holidays() {
        let days = OpeningDays::by_law().unwrap();
        assert_eq!(days.is_open(day("2031-06-02")), Err(OpeningDaysError::UnknownYear(2031)));
        assert_eq!(days.next_after(day("2027-12-28")), Err(OpeningDaysError::UnknownYear(2028)));
        assert!(matches!(
            OpeningDays::read("[[year]]\nyear = 2026\ndays = [\"02-30\"]"),
            Err(OpeningDaysError::Calendar(_))
        ));
        assert!(matches!(OpeningDays::read("year = 1"), Err(OpeningDaysError::Malformed(_))));
    }

    /// 国民の祝日に関する法律第3条: a holiday on a Sunday is made good on the next day that is none, and a day
    /// between two holidays is one.
    #[test]
    fn the_table_keeps_the_rules_of_substitutes() {
        let days = OpeningDays::by_law().unwrap();
        for holidays in days.holidays.values() {
            for holiday in holidays {
                let next = |count| holiday.plus_days(count).unwrap();
                if holiday.to_naive().weekday() == Weekday::Sun {
                    let run = (1..).find(|count| !holidays.contains(&next(*count))).unwrap();
                    assert!(run > 1, "{holiday} falls on a Sunday");
                }
                assert!(
                    !holidays.contains(&next(2))
                        || holidays.contains(&next(1))
                        || next(1).to_naive().weekday() == Weekday::Sun,
                    "{holiday}"
                );
            }
        }
    }

    proptest! {
        /// The next open day is open, later, and none between is.
        #[test]
        fn no_open_day_is_passed_over(offset in 0u32..1_000) {
            let days = OpeningDays::by_law().unwrap();
            let from = day("2024-01-01").plus_days(offset).unwrap();
            let next = days.next_after(from).unwrap();
            prop_assert!(from < next && days.is_open(next).unwrap());
            for between in 1..u32::try_from(from.days_until(next)).unwrap() {
                prop_assert!(!days.is_open(from.plus_days(between).unwrap()).unwrap());
            }
        }
    }
}
