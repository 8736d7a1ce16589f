//! The one `Instant` that all virtual time counts from.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::nanos::nanos_of;

/// Ten years past the first use: code under test may subtract days from `now` on systems whose `Instant` cannot be
/// earlier than the machine's start.
const AHEAD: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Reads the real clock once per process: `Instant` has no other source. Nothing depends on, or prints, what was read.
fn base() -> Instant {
    static BASE: OnceLock<Instant> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "the one real read that makes the base of virtual time")]
    *BASE.get_or_init(|| Instant::now() + AHEAD)
}

/// The instant `offset` nanoseconds after the start of virtual time.
pub(crate) fn instant_at(offset: u64) -> Instant {
    base() + Duration::from_nanos(offset)
}

/// How many nanoseconds an instant is after the start of virtual time; 0 before it, `None` past the end of the timeline.
pub(crate) fn offset_of(instant: Instant) -> Option<u64> {
    nanos_of(instant.saturating_duration_since(base()))
}
