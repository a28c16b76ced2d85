//! The register's time: moments as the store tells them, days as they are in Japan.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta};

use super::RegisterError;
use crate::domain::calendar::Day;

/// How far a node's clock may be from the store's, in milliseconds.
pub const GREATEST_DRIFT: u64 = 5_000;

/// How long nothing may have been recorded, in days, before somebody confirms that the clock is right. What a clock
/// recorded that was set far forward could be followed by nothing until that day.
pub const LONGEST_PAUSE: i64 = 60;

/// Refuses a moment that is further than [`LONGEST_PAUSE`] from what was recorded last, if anything was.
///
/// # Errors
/// [`RegisterError::ClockLeap`].
pub fn refuse_leap(now: Moment, recorded: i64) -> Result<(), RegisterError> {
    let days = TimeDelta::milliseconds(now.millis().saturating_sub(recorded)).num_days();
    if recorded > 0 && days > LONGEST_PAUSE { Err(RegisterError::ClockLeap { days }) } else { Ok(()) }
}

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

/// The machine's clock, as long as nobody sets it.
pub fn system() -> Clock {
    let (begun, since) = (wall(), Instant::now());
    Arc::new(move || unless_set(begun, since.elapsed(), wall()))
}

fn wall() -> i64 {
    whole(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn whole(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// What a clock tells that somebody set while the program ran, by more than [`GREATEST_DRIFT`]: the beginning of
/// time, which [`settle`] refuses.
fn unless_set(begun: i64, passed: Duration, told: i64) -> i64 {
    let apart = told.abs_diff(begun.saturating_add(whole(passed)));
    if apart > GREATEST_DRIFT { i64::MIN } else { told }
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
    fn a_clock_that_is_set_while_the_program_runs_tells_no_time_any_more() {
        let passed = Duration::from_secs(86_400);
        for (told, is) in [(86_401_000, 86_401_000), (86_406_000, 86_406_000), (86_396_000, 86_396_000)] {
            assert_eq!(unless_set(1_000, passed, told), is);
        }
        for told in [86_406_001, 86_395_999, 0, i64::MAX, -1] {
            let told = unless_set(1_000, passed, told);
            assert!(matches!(settle(told, told, 0), Err(RegisterError::ClockDrift { .. })));
        }
        assert!((system()() - wall()).abs() < 1_000);
    }

    #[test]
    fn what_is_far_from_the_last_record_is_refused_until_somebody_says_that_it_is_right() {
        const DAY: i64 = 86_400_000;
        let at = |days: i64| Moment::from_millis(1_768_402_800_000 + days * DAY).unwrap();
        assert!(refuse_leap(at(60), at(0).millis()).is_ok());
        assert!(matches!(refuse_leap(at(61), at(0).millis()), Err(RegisterError::ClockLeap { days: 61 })));
        assert!(refuse_leap(at(0), at(61).millis()).is_ok(), "settle's to refuse");
        assert!(refuse_leap(at(0), 0).is_ok(), "nothing was recorded yet");
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
