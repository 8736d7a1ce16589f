//! The wall clock of virtual time: it can be set and can drift, the monotonic clock cannot.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use super::texts;
use crate::violation::Violation;

/// Where every virtual wall clock begins: 2000-01-01T00:00:00Z.
///
/// Source: Go 1.25, package testing/synctest, which begins at the same instant.
const START: Duration = Duration::from_secs(946_684_800);

pub(super) const MILLION: i128 = 1_000_000;

/// How fast a wall clock runs, beside the monotonic clock. A good quartz drifts by 20 parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    parts_per_million: i32,
}

impl Drift {
    /// Exactly as fast.
    pub const NONE: Self = Self { parts_per_million: 0 };

    #[cfg(feature = "tokio")]
    pub(super) const fn parts_per_million(self) -> i32 {
        self.parts_per_million
    }

    /// Gains this many microseconds a second.
    ///
    /// # Panics
    /// If it is more than a million: the clock may run at most twice as fast.
    #[must_use]
    pub const fn fast(parts_per_million: u32) -> Self {
        Self { parts_per_million: checked(parts_per_million) }
    }

    /// Loses this many microseconds a second; at a million it stands still.
    ///
    /// # Panics
    /// If it is more than a million: a clock that drifts does not run backwards.
    #[must_use]
    pub const fn slow(parts_per_million: u32) -> Self {
        Self { parts_per_million: -checked(parts_per_million) }
    }
}

/// `20 ppm fast`.
impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts_per_million {
            0 => f.write_str("exact"),
            parts @ 1.. => write!(f, "{parts} ppm fast"),
            parts => write!(f, "{} ppm slow", parts.unsigned_abs()),
        }
    }
}

const fn checked(parts_per_million: u32) -> i32 {
    assert!(parts_per_million <= 1_000_000, "a drift is at most 1000000 parts per million");
    #[expect(clippy::cast_possible_wrap, reason = "at most a million")]
    let signed = parts_per_million as i32;
    signed
}

/// A straight line through one known point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wall {
    known_at: u64,
    known: SystemTime,
    drift: Drift,
}

impl Wall {
    pub(crate) fn new() -> Self {
        Self { known_at: 0, known: SystemTime::UNIX_EPOCH + START, drift: Drift::NONE }
    }

    /// The wall clock's time when the monotonic clock shows `now`.
    pub(crate) fn at(&self, now: u64) -> SystemTime {
        let elapsed = i128::from(now - self.known_at);
        let elapsed = elapsed + elapsed * i128::from(self.drift.parts_per_million) / MILLION;
        // A drift of at most a million parts keeps the sum between nothing and twice the time elapsed.
        self.known + Duration::from_nanos(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// A time that can be set.
    pub(crate) fn settable(time: SystemTime) -> Result<SystemTime, Violation> {
        match time.checked_add(Duration::from_nanos(u64::MAX)) {
            Some(_) => Ok(time),
            None => Err(texts::too_late_a_date()),
        }
    }

    pub(crate) fn set(&mut self, now: u64, time: SystemTime) {
        (self.known_at, self.known) = (now, time);
    }

    pub(crate) fn set_drift(&mut self, now: u64, drift: Drift) {
        self.set(now, self.at(now));
        self.drift = drift;
    }
}
