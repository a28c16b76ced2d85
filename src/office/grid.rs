//! 刻み: when an answer is released that must not tell by its time what it does not say. The same statements are
//! run for somebody suppressed as for nobody; what is left of a difference ends within a step of the grid.

use std::future::Future;
use std::time::{Duration, Instant};

/// A step.
pub const STEP: Duration = Duration::from_millis(50);

/// How long something is kept that took so long: until the next step.
pub fn rest(took: Duration) -> Duration {
    let step = STEP.as_nanos();
    let over = took.as_nanos().checked_rem(step).unwrap_or_default();
    let rest = if over == 0 && !took.is_zero() { 0 } else { step.saturating_sub(over) };
    Duration::from_nanos(u64::try_from(rest).unwrap_or_default())
}

/// What comes of it, whatever it is, on the grid: for look-ups.
pub async fn on_grid<T>(work: impl Future<Output = T>) -> T {
    let since = Instant::now();
    let told = work.await;
    tokio::time::sleep(rest(since.elapsed())).await;
    told
}

/// What comes of it; a refusal on the grid.
///
/// # Errors
/// Those of the work.
pub async fn refused_on_grid<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let since = Instant::now();
    let told = work.await;
    if told.is_err() {
        tokio::time::sleep(rest(since.elapsed())).await;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_answer_is_released_at_the_next_step_and_never_at_once(took in 0u64..10_000_000_000) {
            let took = Duration::from_nanos(took);
            let released = took + rest(took);
            prop_assert_eq!(released.as_nanos() % STEP.as_nanos(), 0);
            prop_assert!(released >= STEP && released - took <= STEP);
        }
    }
}
