//! Nanoseconds of virtual time: conversions of a `Duration`, and the text of a point in time.

use std::{fmt, time::Duration};

/// The last nanosecond of a timeline, 292 years after its start: every system's `Instant` can still hold that.
pub(crate) const END: u64 = i64::MAX.unsigned_abs();

/// A duration in nanoseconds; `None` if it is longer than a timeline.
pub(crate) fn nanos_of(duration: Duration) -> Option<u64> {
    within(0, u64::try_from(duration.as_nanos()).ok()?)
}

/// A duration in nanoseconds, or the most that a `u64` holds.
#[cfg(any(feature = "tokio", test))]
pub(crate) fn saturating_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `origin + after`, unless that is past the end of a timeline.
pub(crate) fn within(origin: u64, after: u64) -> Option<u64> {
    origin.checked_add(after).filter(|nanos| *nanos <= END)
}

/// `now + by`, unless that is past the end of a timeline.
pub(crate) fn later(now: u64, by: Duration) -> Option<u64> {
    within(now, nanos_of(by)?)
}

/// A point in virtual time, which prints as `+250ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offset(pub(crate) Duration);

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{:?}", self.0)
    }
}

/// The point so many nanoseconds after the start.
pub(crate) const fn offset(nanos: u64) -> Offset {
    Offset(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_fits_up_to_the_last_nanosecond_of_the_timeline() {
        assert_eq!(nanos_of(Duration::from_nanos(END)), Some(END));
        assert_eq!(nanos_of(Duration::from_nanos(END + 1)), None);
        assert_eq!(nanos_of(Duration::MAX), None);
        assert_eq!(later(1, Duration::from_nanos(END - 1)), Some(END));
        assert_eq!(later(2, Duration::from_nanos(END - 1)), None);
        assert_eq!(within(u64::MAX, 1), None);
        assert_eq!(saturating_nanos(Duration::MAX), u64::MAX);
    }

    #[test]
    fn a_point_in_time_prints_with_its_sign() {
        assert_eq!(offset(250_000_000).to_string(), "+250ms");
    }
}
