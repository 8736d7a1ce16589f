//! The clock of a host.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, Weak},
    task::Poll,
    time::{Duration, Instant, SystemTime},
};

use super::{Host, core::Shared, fabric::HostId, texts};
use crate::{
    clock::{Clock, Drift, RateClock, Sleep, Wall},
    guard::OrRaise,
    nanos::later,
    sync::lock,
    trace::EventKind,
    violation::SourceLocation,
};

/// The clock of a [`Host`](super::Host). Both its clocks are its own: the wall clock can be wrong and can be set, and
/// the quartz, which both count, can be fast or slow. The monotonic clock never jumps. Clones are the same clock, and
/// a crash leaves it as it is.
///
/// Code of the host that asks tokio or the sim's clock sees the world's time: hand it this one.
///
/// ```
/// use unplugged::{Sim, clock::{ClockExt, Drift, millis, secs}};
///
/// let sim = Sim::new();
/// let host = sim.net().host("server");
/// let clock = host.clock();
/// clock.step_back(secs(30)); // the wall clock alone
/// clock.set_rate(Drift::slow(100_000)); // nine seconds in ten
/// let lease = sim.watch(host.clock().sleep(secs(9)));
/// sim.advance(secs(10) - millis(1));
/// lease.assert_pending();
/// sim.advance(millis(1));
/// lease.assert_ready();
/// assert_eq!(clock.since_start(), secs(9));
/// ```
#[derive(Clone)]
pub struct HostClock {
    pace: Arc<RateClock>,
    wall: Arc<Mutex<Wall>>,
    /// Where what is done to it is recorded.
    shared: Weak<Shared>,
    host: HostId,
}

impl HostClock {
    fn new(shared: &Arc<Shared>, host: HostId) -> Self {
        let (pace, wall) = shared.time_of(host);
        Self { pace, wall, shared: Arc::downgrade(shared), host }
    }

    /// Sets the wall clock, forwards or back. The monotonic clock and all timers stay as they are.
    ///
    /// # Panics
    /// If `time` is so late that a `SystemTime` could not follow to the end of the timeline.
    #[track_caller]
    pub fn set_system_time(&self, time: SystemTime) {
        self.set_wall(time, "is set");
    }

    /// Puts the wall clock ahead of where it is by this much.
    ///
    /// # Panics
    /// As [`set_system_time`](Self::set_system_time) does.
    #[track_caller]
    pub fn step_forward(&self, by: Duration) {
        match self.system_time().checked_add(by) {
            Some(time) => self.set_wall(time, &format!("steps forward by {by:?}")),
            None => texts::no_such_date(by).raise(),
        }
    }

    /// Puts the wall clock back by this much.
    ///
    /// # Panics
    /// If there is no such date.
    #[track_caller]
    pub fn step_back(&self, by: Duration) {
        match self.system_time().checked_sub(by) {
            Some(time) => self.set_wall(time, &format!("steps back by {by:?}")),
            None => texts::no_such_date(by).raise(),
        }
    }

    /// Sets how much faster or slower the wall clock runs than the monotonic clock, from now on, as when it is slewed.
    pub fn set_drift(&self, drift: Drift) {
        lock(&self.wall).set_drift(self.pace.now(), drift);
        self.record(format!("drifts: {drift}"), "wall clock");
    }

    /// Makes the machine's oscillator fast or slow from now on: the monotonic clock, the timers of this clock that wait, and
    /// the wall clock run at this speed. Each waiting timer keeps what it has waited so far.
    pub fn set_rate(&self, rate: Drift) {
        self.pace.set_drift(rate);
        self.record(format!("runs: {rate}"), "quartz");
    }

    /// Returns how fast the machine's oscillator runs.
    #[must_use]
    pub fn rate(&self) -> Drift {
        self.pace.drift()
    }

    /// Awaits a future within this time. A time past the end of the timeline is no limit.
    pub(super) async fn within<F: Future>(
        &self,
        limit: Duration,
        made_at: SourceLocation,
        future: F,
    ) -> Option<F::Output> {
        let mut end = self.sleep(limit, made_at);
        let mut future = pin!(future);
        poll_fn(|cx| match (future.as_mut().poll(cx), &mut end) {
            (Poll::Ready(output), _) => Poll::Ready(Some(output)),
            (Poll::Pending, Some(end)) => Pin::new(end).poll(cx).map(|()| None),
            (Poll::Pending, None) => Poll::Pending,
        })
        .await
    }

    /// A sleep that the test began at this place; none if it would end past the end of the timeline.
    pub(super) fn sleep(&self, time: Duration, made_at: SourceLocation) -> Option<Sleep> {
        let end = later(self.pace.now(), time)?;
        Some(self.pace.sleep_to(end, made_at))
    }

    /// How far the monotonic clock is ahead of the world's, or behind, in nanoseconds.
    pub(super) fn ahead(&self) -> i128 {
        i128::from(self.pace.now()) - i128::from(self.pace.timeline().now())
    }

    #[track_caller]
    fn set_wall(&self, time: SystemTime, how: &str) {
        let time = Wall::settable(time).or_raise();
        lock(&self.wall).set(self.pace.now(), time);
        self.record(how.to_owned(), "wall clock");
    }

    fn record(&self, how: String, which: &str) {
        let Some(shared) = self.shared.upgrade() else { return };
        shared.with(|core| {
            let words = format!("`{}` {which} {how}", core.fabric.hosts[self.host].name);
            core.fabric.wire.record_change(EventKind::ClockChanged, Some(self.host), words.into());
        });
    }
}

impl Host {
    /// Returns the host's clock: it can be wrong, and fast or slow.
    #[must_use]
    pub fn clock(&self) -> HostClock {
        HostClock::new(self.shared(), self.id())
    }
}

impl Clock for HostClock {
    fn now(&self) -> Instant {
        self.pace.timeline().instant_at(self.pace.now())
    }

    fn start(&self) -> Instant {
        self.pace.timeline().start()
    }

    fn system_time(&self) -> SystemTime {
        lock(&self.wall).at(self.pace.now())
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        self.pace.sleep_until(deadline, SourceLocation::caller())
    }
}

impl fmt::Debug for HostClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since_start = Duration::from_nanos(self.pace.now());
        f.debug_struct("HostClock")
            .field("now", &format_args!("+{since_start:?}"))
            .field("system_time", &self.system_time())
            .field("rate", &format_args!("{}", self.rate()))
            .finish()
    }
}
