//! `Moment`: a point in virtual time, as an instant or as a duration since the start.

use std::time::{Duration, Instant};

use super::timeline::Timeline;
use crate::nanos::{nanos_of, offset};

/// A point in virtual time: an `Instant`, or a `Duration` since the clock's start.
///
/// `advance_to` of every virtual clock takes one. Only these two types implement it.
///
/// ```
/// use unplugged::clock::{Clock, FakeClock, secs};
///
/// let clock = FakeClock::new();
/// clock.advance_to(secs(10));
/// clock.advance_to(clock.start() + secs(20));
/// assert_eq!(clock.now(), clock.start() + secs(20));
/// ```
pub trait Moment: sealed::Moment {}

impl Moment for Instant {}
impl Moment for Duration {}

mod sealed {
    use std::time::{Duration, Instant};

    #[expect(unnameable_types, reason = "it seals the trait of the same name")]
    pub trait Moment {
        /// Returns how long after `start` it is, or else how long before.
        fn after(self, start: Instant) -> Result<Duration, Duration>;
    }

    impl Moment for Instant {
        fn after(self, start: Instant) -> Result<Duration, Duration> {
            self.checked_duration_since(start).ok_or_else(|| start - self)
        }
    }

    impl Moment for Duration {
        fn after(self, _start: Instant) -> Result<Duration, Duration> {
            Ok(self)
        }
    }
}

/// Why a clock cannot go to a moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OutOfReach {
    /// It is in the past: as people read it.
    Past(String),
    /// It is past the end of the timeline: how far away.
    TooFar(Duration),
}

/// Returns where a clock on this timeline goes.
pub(crate) fn target(timeline: &Timeline, to: impl Moment) -> Result<u64, OutOfReach> {
    let now = timeline.now();
    let since_start =
        to.after(timeline.start()).map_err(|before| OutOfReach::Past(format!("-{before:?}")))?;
    match nanos_of(since_start) {
        Some(to) if to < now => Err(OutOfReach::Past(offset(to).to_string())),
        Some(to) => Ok(to),
        None => Err(OutOfReach::TooFar(since_start.saturating_sub(Duration::from_nanos(now)))),
    }
}
