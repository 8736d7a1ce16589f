//! Short names for durations: `secs(30)` reads better in a test than `Duration::from_secs(30)`.

use std::time::Duration;

/// Returns `count` nanoseconds.
#[must_use]
pub const fn nanos(count: u64) -> Duration {
    Duration::from_nanos(count)
}

/// Returns `count` microseconds.
#[must_use]
pub const fn micros(count: u64) -> Duration {
    Duration::from_micros(count)
}

/// Returns `count` milliseconds.
#[must_use]
pub const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Returns `count` seconds.
#[must_use]
pub const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Returns `count` minutes.
///
/// # Panics
/// If that is more seconds than 64 bits hold.
#[must_use]
pub const fn mins(count: u64) -> Duration {
    Duration::from_secs(count.checked_mul(60).expect("so many minutes do not fit into a Duration"))
}

/// Returns `count` hours.
///
/// # Panics
/// If that is more seconds than 64 bits hold.
#[must_use]
pub const fn hours(count: u64) -> Duration {
    Duration::from_secs(count.checked_mul(3600).expect("so many hours do not fit into a Duration"))
}
