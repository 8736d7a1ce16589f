//! `Interval`: ticks on a grid.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use super::{
    Clock, Sleep,
    deadline::{after, deadline},
};

/// When an [`Interval`] ticks after a tick was late. The meanings are tokio's.
///
/// Source: tokio 1.54, `tokio::time::MissedTickBehavior`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: tokio's three")]
pub enum MissedTickBehavior {
    /// At once, as often as ticks were missed, and then on the old grid.
    #[default]
    Burst,
    /// One period later: a new grid begins with the late tick.
    Delay,
    /// At the next point of the old grid.
    Skip,
}

/// Ticks on a grid. Made by [`ClockExt::interval`](super::ClockExt::interval); it owns its clock.
#[must_use = "an interval does nothing unless its ticks are awaited"]
pub struct Interval<C> {
    clock: C,
    period: Duration,
    next: Instant,
    sleep: Sleep,
    missed: MissedTickBehavior,
}

impl<C: Clock> Interval<C> {
    #[track_caller]
    pub(super) fn new(clock: C, start: Instant, period: Duration, call: &str) -> Self {
        assert!(!period.is_zero(), "`{call}` needs a period longer than zero");
        let sleep = clock.sleep_until(start);
        Self { clock, period, next: start, sleep, missed: MissedTickBehavior::default() }
    }

    /// Names its timers, for the reports of the test kit.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.sleep = self.sleep.named(name);
        self
    }

    /// Marks its timers as background work, such as a keep-alive: `run_until_idle` of a virtual clock does not wait for
    /// them.
    pub fn background(mut self) -> Self {
        self.sleep = self.sleep.background();
        self
    }

    /// Waits for the next tick. Returns the instant at which it was due.
    ///
    /// # Cancel safety
    /// A tick that is dropped before it is ready is not lost: the next call waits for the same one.
    pub async fn tick(&mut self) -> Instant {
        std::future::poll_fn(|cx| self.poll_tick(cx)).await
    }

    fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(Future::poll(Pin::new(&mut self.sleep), cx));
        let due = self.next;
        self.wait_for(self.following(due));
        Poll::Ready(due)
    }

    /// Starts a new grid: the next tick is one period from now.
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// Starts a new grid: the next tick is `delay` from now, at once if that is zero. `Duration::MAX` means never.
    pub fn reset_after(&mut self, delay: Duration) {
        let next = deadline(&self.clock, delay);
        self.wait_for(next);
    }

    /// Returns the time from one tick to the next.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }

    /// Sets what happens to late ticks: [`MissedTickBehavior::Burst`] unless set.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }

    fn wait_for(&mut self, next: Instant) {
        self.next = next;
        self.sleep = self.clock.sleep_until(next).labelled_as(&self.sleep);
    }

    /// Returns when the tick after the one at `due` is due, now that the latter has come.
    fn following(&self, due: Instant) -> Instant {
        let late = self.clock.now().saturating_duration_since(due);
        match self.missed {
            MissedTickBehavior::Delay if late >= self.period => deadline(&self.clock, self.period),
            MissedTickBehavior::Skip if late >= self.period => {
                let past = u64::try_from(late.as_nanos() % self.period.as_nanos()).unwrap_or(u64::MAX);
                after(due + (late - Duration::from_nanos(past)), self.period)
            }
            _ => after(due, self.period),
        }
    }
}

impl<C> fmt::Debug for Interval<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("period", &self.period)
            .field("sleep", &self.sleep)
            .field("missed", &self.missed)
            .finish_non_exhaustive()
    }
}
