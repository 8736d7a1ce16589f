//! The clock of a host.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use crate::{
    clock::{Clock, Drift, Sleep, Timeline, Wall, instant_at},
    fault::Place,
    sync::lock,
};

/// The clock of a [`Host`](super::Host). Its monotonic time is the world's; its wall clock is its own, and can be
/// wrong. Clones are the same clock.
///
/// Code of the host that asks tokio or the sim's clock for the wall clock's time does not see it: hand it this one.
#[derive(Clone)]
pub struct HostClock {
    timeline: Arc<Timeline>,
    wall: Arc<Mutex<Wall>>,
}

impl HostClock {
    pub(super) fn new(timeline: Arc<Timeline>) -> Self {
        Self { timeline, wall: Arc::new(Mutex::new(Wall::new())) }
    }

    /// Sets the wall clock, forwards or back. The monotonic clock and all timers stay as they are.
    pub fn set_system_time(&self, time: SystemTime) {
        lock(&self.wall).set(self.timeline.now(), time);
    }

    /// Puts the wall clock ahead of where it is by this much.
    pub fn step_forward(&self, by: Duration) {
        self.set_system_time(self.system_time() + by);
    }

    /// Puts the wall clock back by this much.
    pub fn step_back(&self, by: Duration) {
        self.set_system_time(self.system_time() - by);
    }

    /// From now on the wall clock runs faster or slower than the monotonic clock.
    pub fn set_drift(&self, drift: Drift) {
        lock(&self.wall).set_drift(self.timeline.now(), drift);
    }
}

impl Clock for HostClock {
    fn now(&self) -> Instant {
        self.timeline.instant()
    }

    fn start(&self) -> Instant {
        instant_at(0)
    }

    fn system_time(&self) -> SystemTime {
        lock(&self.wall).at(self.timeline.now())
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::on_timeline(&self.timeline, deadline, Place::caller())
    }
}

impl fmt::Debug for HostClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since_start = Duration::from_nanos(self.timeline.now());
        f.debug_struct("HostClock")
            .field("now", &format_args!("+{since_start:?}"))
            .field("system_time", &self.system_time())
            .finish()
    }
}
