//! The register's time: moments as the store tells them, days as they are in Japan.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta};

use super::RegisterError;
use crate::domain::calendar::Day;

/// How far a node's clock may be from the store's, in milliseconds.
pub const GREATEST_DRIFT: u64 = 5_000;

/// Asia/Tokyo has been nine hours ahead of UTC since 1952, without summer time.
const TOKYO: TimeDelta = TimeDelta::hours(9);

/// A moment, to the millisecond, with the day that it falls on in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    millis: i64,
    day: Day,
}

impl Moment {
    /// The moment so many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`RegisterError::Damaged`] outside the days that [`Day`] knows (1873 to 2117).
    pub fn from_millis(millis: i64) -> Result<Self, RegisterError> {
        DateTime::from_timestamp_millis(millis)
            .and_then(|utc| utc.checked_add_signed(TOKYO))
            .and_then(|tokyo| Day::try_from(tokyo.date_naive()).ok())
            .map(|day| Self { millis, day })
            .ok_or_else(|| RegisterError::damaged(format!("no moment is {millis} ms after 1970")))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.millis
    }

    /// Hour and minute of the day in Japan.
    pub fn hour_and_minute(self) -> (i64, i64) {
        let minutes = self.millis.saturating_add(TOKYO.num_milliseconds()).div_euclid(60_000).rem_euclid(24 * 60);
        (minutes / 60, minutes % 60)
    }

    /// The day in Japan.
    pub fn day(self) -> Day {
        self.day
    }
}

/// A node's clock: milliseconds since 1970-01-01T00:00:00Z.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The machine's clock.
pub fn system() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// The hour of the clock in which a moment lies, counted from 1970-01-01T00:00:00Z. An hour in Japan begins
/// with one of UTC.
pub fn hour(millis: i64) -> i64 {
    millis.div_euclid(3_600_000)
}

/// The moment at which a write happens: by the store's clock, never before what was recorded last.
///
/// # Errors
/// [`RegisterError::ClockDrift`]: the store's clock is further than [`GREATEST_DRIFT`] from the node's,
/// or behind what was recorded (somebody set it back).
pub fn settle(node: i64, store: i64, recorded: i64) -> Result<Moment, RegisterError> {
    let apart = node.abs_diff(store);
    let behind = recorded.saturating_sub(store);
    if apart > GREATEST_DRIFT {
        return Err(RegisterError::ClockDrift { millis: apart });
    }
    if behind > 0 && behind.unsigned_abs() > GREATEST_DRIFT {
        return Err(RegisterError::ClockDrift { millis: behind.unsigned_abs() });
    }
    Moment::from_millis(store.max(recorded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_one_in_japan() {
        for (millis, day) in [
            (1_768_402_799_999, "2026-01-14"), // 23:59:59.999 in Tokyo
            (1_768_402_800_000, "2026-01-15"), // 15:00 UTC is midnight in Tokyo
            (0, "1970-01-01"),
        ] {
            assert_eq!(Moment::from_millis(millis).unwrap().day().to_string(), day);
        }
        assert_eq!(Moment::from_millis(1_768_402_799_999).unwrap().hour_and_minute(), (23, 59));
        assert_eq!(Moment::from_millis(1_768_402_800_000).unwrap().hour_and_minute(), (0, 0));
        assert!(Moment::from_millis(i64::MAX).is_err());
    }

    #[test]
    fn a_clock_set_back_or_apart_is_refused() {
        assert_eq!(settle(10_000, 10_000, 14_000).unwrap().millis(), 14_000, "time never runs backwards");
        assert!(settle(10_000, 15_000, 0).is_ok());
        assert!(matches!(settle(10_000, 15_001, 0), Err(RegisterError::ClockDrift { millis: 5_001 })));
        assert!(matches!(settle(15_001, 10_000, 0), Err(RegisterError::ClockDrift { millis: 5_001 })));
        assert!(matches!(settle(10_000, 10_000, 15_001), Err(RegisterError::ClockDrift { millis: 5_001 })));
    }
}
