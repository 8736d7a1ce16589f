//! The one `Instant` that all virtual time counts from.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Ten years past the first use: code under test may subtract days from `now` on systems whose `Instant`
/// cannot be earlier than the machine's start.
const AHEAD: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// `Instant` has no other source than the clock, so it is read once per process. Nothing ever depends on, or
/// prints, what was read.
fn base() -> Instant {
    static BASE: OnceLock<Instant> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "the one real read that makes the base of virtual time")]
    *BASE.get_or_init(|| Instant::now() + AHEAD)
}

/// The instant that lies `offset` nanoseconds after the start of virtual time.
pub(crate) fn instant_at(offset: u64) -> Instant {
    base() + Duration::from_nanos(offset)
}

/// How many nanoseconds after the start of virtual time this instant lies; 0 for one before it, `None` for one
/// past the end of the timeline.
pub(crate) fn offset_of(instant: Instant) -> Option<u64> {
    nanos_of(instant.saturating_duration_since(base()))
}

/// A duration in nanoseconds; `None` if it is longer than the timeline, which ends 2^63 nanoseconds (292 years)
/// after its start: every system's `Instant` can still hold that.
pub(crate) fn nanos_of(duration: Duration) -> Option<u64> {
    within(0, u64::try_from(duration.as_nanos()).ok()?)
}

/// A duration in nanoseconds, or the most that there are.
#[cfg(feature = "tokio")]
pub(crate) fn saturating_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `origin + after`, unless that is past the end of the timeline.
pub(crate) fn within(origin: u64, after: u64) -> Option<u64> {
    origin.checked_add(after).filter(|nanos| *nanos <= i64::MAX.unsigned_abs())
}

/// `now + by`, unless that is past the end of the timeline.
pub(crate) fn later(now: u64, by: Duration) -> Option<u64> {
    within(now, nanos_of(by)?)
}
