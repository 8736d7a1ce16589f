//! The `Instant` at which a virtual timeline starts, unless a runtime has begun at another one.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Ten years past the first use: code under test may subtract days from `now` on systems whose `Instant` cannot be
/// earlier than the machine's start.
const AHEAD: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Reads the real clock once per process: `Instant` has no other source. Nothing depends on, or prints, what was read.
pub(crate) fn base() -> Instant {
    static BASE: OnceLock<Instant> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "the one real read that makes the base of virtual time")]
    *BASE.get_or_init(|| Instant::now() + AHEAD)
}
