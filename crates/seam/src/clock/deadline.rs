//! Deadlines: an instant and a delay, however long.

use std::time::{Duration, Instant};

use super::Clock;

/// The longest delay that is added to an instant: 584 years. A longer one, such as `Duration::MAX`, never ends.
const FOREVER: Duration = Duration::from_nanos(u64::MAX);

/// Returns the instant `delay` from now.
#[track_caller]
pub(super) fn deadline<C: Clock + ?Sized>(clock: &C, delay: Duration) -> Instant {
    after(clock.now(), delay)
}

/// Returns the instant `delay` after `then`, or one that never comes.
pub(super) fn after(then: Instant, delay: Duration) -> Instant {
    /// An `Instant` of every system can hold this, and no program runs so long.
    const YEARS_30: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    then.checked_add(delay.min(FOREVER)).unwrap_or_else(|| then + YEARS_30)
}
