//! `TokioClock`: the time of the tokio runtime.

use std::time::{Instant, SystemTime};

use super::{Clock, Sleep};
use crate::simulated::note_real_use;

/// The time of the tokio runtime around it: the clock for code that also uses `tokio::time`.
///
/// Its sleeps have tokio's grain of one millisecond. In a test whose runtime is paused it follows the paused time.
///
/// The wall clock goes with tokio's time, too. It shows the system's time at the moment when the `TokioClock` was
/// made, plus the time that has passed on tokio's clock since.
///
/// ```
/// use unplugged::{Sim, clock::hours};
/// use unplugged_seam::{ClockExt, TokioClock};
///
/// // In a runtime whose time is real, this takes an hour.
/// Sim::new().run(async {
///     let clock = TokioClock::new();
///     clock.sleep(hours(1)).await;
///     assert_eq!(clock.since_start(), hours(1));
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: Instant,
    system_start: SystemTime,
}

impl TokioClock {
    /// Returns the clock of the current runtime, which begins now; outside of a runtime, of the system.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the wall clock of tokio is the system's")]
    pub fn new() -> Self {
        Self { start: tokio::time::Instant::now().into_std(), system_start: SystemTime::now() }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn start(&self) -> Instant {
        self.start
    }

    /// # Panics
    /// On a thread where a sim of the test kit runs: it comes from the system.
    #[track_caller]
    fn system_time(&self) -> SystemTime {
        note_real_use("TokioClock::system_time");
        self.system_start + self.now().saturating_duration_since(self.start)
    }

    /// # Panics
    /// If there is no tokio runtime with a time driver.
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::from_future(tokio::time::sleep_until(deadline.into()))
    }

    fn is_real(&self) -> bool {
        true
    }
}
