//! `ProcessClock`: the time of the process, as something that is handed in.

use std::{
    fmt,
    sync::Arc,
    time::{Instant, SystemTime},
};

use super::{texts, world::World};
use crate::{
    clock::{Clock, Sleep, SystemClock},
    violation::SourceLocation,
};

/// The clock of the process: the real one, another of yours, or a fake one. Clones are the same clock. It is a
/// [`Clock`] itself, so `Arc::new(process.clock.clone())` is an `Arc<dyn Clock>`; the text of an undeclared read that
/// goes through `dyn Clock` cannot tell its place.
///
/// ```
/// use std::time::Instant;
/// use unplugged::{clock::{Clock, FakeClock, hours}, inject::FakeProcess};
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
    Fake(Arc<World>),
}

impl ProcessClock {
    /// [`SystemClock`].
    #[must_use]
    pub const fn real() -> Self {
        Self(Kind::Real)
    }

    /// Another clock, such as `TokioClock`. Nobody can know whether it is real, so it does not count as that.
    #[must_use]
    pub fn of(clock: impl Clock + 'static) -> Self {
        Self(Kind::Other(Arc::new(clock)))
    }

    pub(super) const fn fake(world: Arc<World>) -> Self {
        Self(Kind::Fake(world))
    }

    /// Whether this is the [`SystemClock`].
    #[must_use]
    pub const fn is_real(&self) -> bool {
        matches!(self.0, Kind::Real)
    }

    #[track_caller]
    fn clock(&self) -> Arc<dyn Clock> {
        match &self.0 {
            Kind::Real => Arc::new(SystemClock),
            Kind::Other(clock) => Arc::clone(clock),
            Kind::Fake(world) => {
                let mut state = world.state();
                if let Some(clock) = &mut state.clock {
                    return Arc::clone(clock.using());
                }
                world
                    .broken(state, texts::undeclared("the clock was read", "clock", SourceLocation::caller()))
            }
        }
    }
}

/// # Panics
/// A fake one, if no clock was declared.
impl Clock for ProcessClock {
    #[track_caller]
    fn now(&self) -> Instant {
        self.clock().now()
    }

    #[track_caller]
    fn start(&self) -> Instant {
        self.clock().start()
    }

    #[track_caller]
    fn system_time(&self) -> SystemTime {
        self.clock().system_time()
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        self.clock().sleep_until(deadline)
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
