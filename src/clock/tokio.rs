//! `TokioClock`: the time of the tokio runtime.

use std::time::{Instant, SystemTime};

use super::{Clock, Sleep, SystemClock};

/// The time of the tokio runtime around it, paused or not: the clock to hand to code that also uses
/// `tokio::time`. Its sleeps have tokio's grain of one millisecond.
///
/// The wall clock goes with tokio's time, too: it shows the system's at the moment when the `TokioClock` was
/// made, and the time that passed on tokio's clock since.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use unplugged::clock::{ClockExt, TokioClock, hours};
///
/// let clock = TokioClock::new();
/// clock.sleep(hours(1)).await; // in a runtime whose clock is paused: at once
/// assert_eq!(clock.since_start(), hours(1));
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: Instant,
    system_start: SystemTime,
}

impl TokioClock {
    /// The clock of the current runtime, which begins now; outside of a runtime, of the system.
    #[must_use]
    pub fn new() -> Self {
        Self { start: tokio::time::Instant::now().into_std(), system_start: SystemClock.system_time() }
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

    fn system_time(&self) -> SystemTime {
        self.system_start + self.now().saturating_duration_since(self.start)
    }

    /// # Panics
    /// If no tokio runtime with a time driver is around.
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::from_future(tokio::time::sleep_until(deadline.into()))
    }
}
