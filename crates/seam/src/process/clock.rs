//! `ProcessClock`: the time of the process, as a value.

use std::{
    fmt,
    panic::Location,
    sync::Arc,
    time::{Instant, SystemTime},
};

use super::hooks::ProcessHook;
use crate::clock::{Clock, Sleep, SystemClock};

/// The clock of the process: the real one, another of yours, or a fake. Clones are the same clock.
///
/// It is a [`Clock`] itself, so `Arc::new(process.clock.clone())` is an `Arc<dyn Clock>`. A report of an undeclared
/// read that goes through `dyn Clock` does not know its place.
///
/// ```
/// use std::time::Instant;
/// use unplugged::{clock::{FakeClock, hours}, inject::FakeProcess};
/// use unplugged_seam::Clock;
///
/// fn two_hours_later(clock: &dyn Clock) -> Instant { clock.now() + hours(2) }
///
/// let clock = FakeClock::new();
/// let fake = FakeProcess::new().clock(clock.clone());
/// assert_eq!(two_hours_later(&fake.process().clock), clock.now() + hours(2));
/// fake.finish();
/// ```
#[derive(Clone)]
pub struct ProcessClock(Kind);

#[derive(Clone)]
enum Kind {
    Real,
    Other(Arc<dyn Clock>),
    Fake(Arc<dyn ProcessHook>),
}

impl ProcessClock {
    /// Returns the real clock, [`SystemClock`].
    #[must_use]
    pub const fn real() -> Self {
        Self(Kind::Real)
    }

    /// Returns another clock, such as `TokioClock`. It is real if that clock says so.
    #[must_use]
    pub fn of(clock: impl Clock + 'static) -> Self {
        Self(Kind::Other(Arc::new(clock)))
    }

    pub(super) fn fake(hook: Arc<dyn ProcessHook>) -> Self {
        Self(Kind::Fake(hook))
    }

    /// Returns true if this is a real clock.
    #[must_use]
    pub fn is_real(&self) -> bool {
        match &self.0 {
            Kind::Real => true,
            Kind::Other(clock) => clock.is_real(),
            Kind::Fake(_) => false,
        }
    }

    /// Returns the clock that is read, unless that is the real one.
    #[track_caller]
    fn other(&self) -> Option<Arc<dyn Clock>> {
        match &self.0 {
            Kind::Real => None,
            Kind::Other(clock) => Some(Arc::clone(clock)),
            Kind::Fake(hook) => Some(hook.clock(Location::caller())),
        }
    }
}

/// # Panics
/// A fake clock, if the test declared none. The real one, on a thread where a sim runs.
impl Clock for ProcessClock {
    #[track_caller]
    fn now(&self) -> Instant {
        match self.other() {
            None => SystemClock.now(),
            Some(clock) => clock.now(),
        }
    }

    #[track_caller]
    fn start(&self) -> Instant {
        match self.other() {
            None => SystemClock.start(),
            Some(clock) => clock.start(),
        }
    }

    #[track_caller]
    fn system_time(&self) -> SystemTime {
        match self.other() {
            None => SystemClock.system_time(),
            Some(clock) => clock.system_time(),
        }
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        match self.other() {
            None => SystemClock.sleep_until(deadline),
            Some(clock) => clock.sleep_until(deadline),
        }
    }

    fn is_real(&self) -> bool {
        Self::is_real(self)
    }
}

impl fmt::Debug for ProcessClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Real => "ProcessClock(real)",
            Kind::Other(_) => "ProcessClock(another)",
            Kind::Fake(_) => "ProcessClock(fake)",
        })
    }
}
