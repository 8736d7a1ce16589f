//! The clock of a sim.

use std::{
    fmt,
    sync::Arc,
    time::{Instant, SystemTime},
};

use super::core::SimCore;
use crate::{
    clock::{Clock, Drift, PendingTimer, Sleep},
    violation::SourceLocation,
};

/// The clock of a [`Sim`](crate::Sim), exact to the nanosecond, on one timeline with tokio's own timers. Clones
/// are the same clock. Only the sim moves it.
///
/// ```
/// use unplugged::{Sim, clock::{Clock, ClockExt, micros, mins}};
///
/// let sim = Sim::new();
/// let clock = sim.clock();
/// let nap = sim.watch(async move { clock.sleep(micros(150)).named("nap").await }); // tokio's timers are not as fine
/// sim.settle();
/// assert_eq!(sim.clock().pending()[0].name(), Some("nap"));
/// sim.advance(micros(150));
/// nap.assert_ready();
///
/// let wall = sim.clock().system_time();
/// sim.clock().set_system_time(wall - mins(5)); // the clock is set back
/// assert_eq!(sim.clock().since_start(), micros(150)); // and no timer minds
/// ```
#[derive(Clone)]
pub struct SimClock {
    pub(super) core: Arc<SimCore>,
}

impl SimClock {
    /// Returns every sleep on this clock that waits. tokio's own timers cannot be seen.
    #[must_use]
    pub fn pending(&self) -> Vec<PendingTimer> {
        self.core.timeline.pending()
    }

    /// Sets the wall clock, forwards or back. The monotonic clock and all timers stay as they are.
    ///
    /// # Panics
    /// If `time` is so late that a `SystemTime` could not follow to the end of the timeline.
    #[track_caller]
    pub fn set_system_time(&self, time: SystemTime) {
        self.core.timeline.set_system_time(time);
    }

    /// Lets the wall clock run faster or slower than the monotonic clock from now on.
    pub fn set_drift(&self, drift: Drift) {
        self.core.timeline.set_drift(drift);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Instant {
        self.core.timeline.instant()
    }

    fn start(&self) -> Instant {
        self.core.timeline.start()
    }

    fn system_time(&self) -> SystemTime {
        self.core.timeline.system_time()
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        self.core.timeline.sleep_until(deadline, SourceLocation::caller())
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimClock")
            .field("now", &format_args!("{}", crate::nanos::offset(self.core.timeline.now())))
            .field("pending", &self.pending())
            .finish()
    }
}
