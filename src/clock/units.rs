//! Short names for durations: `secs(30)` reads better in a test than `Duration::from_secs(30)`.

use std::time::Duration;

/// `count` nanoseconds.
#[must_use]
pub const fn nanos(count: u64) -> Duration {
    Duration::from_nanos(count)
}

/// `count` microseconds.
#[must_use]
pub const fn micros(count: u64) -> Duration {
    Duration::from_micros(count)
}

/// `count` milliseconds.
#[must_use]
pub const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// `count` seconds.
#[must_use]
pub const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// `count` minutes.
///
/// # Panics
/// If that is more seconds than 64 bits hold.
#[must_use]
pub const fn mins(count: u64) -> Duration {
    Duration::from_secs(count.checked_mul(60).expect("so many minutes do not fit into a Duration"))
}

/// `count` hours.
///
/// # Panics
/// If that is more seconds than 64 bits hold.
#[must_use]
pub const fn hours(count: u64) -> Duration {
    Duration::from_secs(count.checked_mul(3600).expect("so many hours do not fit into a Duration"))
}
