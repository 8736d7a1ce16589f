//! Ticks on a grid, for code that awaits them.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use super::{Clock, ClockExt, Sleep, ext::deadline};

/// When an [`Interval`] ticks after its user was late for a tick. The meanings are tokio's.
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

/// Ticks again and again. Made by [`ClockExt::interval`](super::ClockExt::interval).
#[must_use = "an interval does nothing unless its ticks are awaited"]
pub struct Interval<'a, C: ?Sized> {
    clock: &'a C,
    period: Duration,
    next: Instant,
    sleep: Sleep,
    missed: MissedTickBehavior,
}

#[track_caller]
pub(super) fn new<C: Clock + ?Sized>(clock: &C, period: Duration) -> Interval<'_, C> {
    let now = clock.now();
    let sleep = clock.sleep_until(now);
    Interval { clock, period, next: now, sleep, missed: MissedTickBehavior::default() }
}

impl<C: Clock + ?Sized> Interval<'_, C> {
    /// Names its timers, for [`PendingTimer`](super::PendingTimer) and failure texts.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.sleep = self.sleep.named(name);
        self
    }

    /// Marks its timers as ones that run for ever, like a keep-alive: `run_until_idle` does not wait for them.
    pub fn background(mut self) -> Self {
        self.sleep = self.sleep.background();
        self
    }

    /// Waits for the next tick and gives the instant at which it was due.
    ///
    /// # Cancel safety
    /// A tick that is dropped before it is ready is not lost: the next call waits for the same.
    pub async fn tick(&mut self) -> Instant {
        std::future::poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// The same for those who write a `poll` function.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(Future::poll(Pin::new(&mut self.sleep), cx));
        let due = self.next;
        self.wait_for(self.following(due));
        Poll::Ready(due)
    }

    /// Starts again: the next tick is one period from now.
    pub fn reset(&mut self) {
        let next = deadline(self.clock, self.period);
        self.wait_for(next);
    }

    /// What to do about late ticks: [`MissedTickBehavior::Burst`] unless set.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }

    fn wait_for(&mut self, next: Instant) {
        self.next = next;
        self.sleep = self.clock.sleep_until(next).instead_of(&self.sleep);
    }

    /// The tick after the one that was `due`, now that it has come.
    fn following(&self, due: Instant) -> Instant {
        let late = self.clock.since(due);
        match self.missed {
            MissedTickBehavior::Delay if late >= self.period => deadline(self.clock, self.period),
            MissedTickBehavior::Skip if late >= self.period => {
                let past = u64::try_from(late.as_nanos() % self.period.as_nanos()).unwrap_or(u64::MAX);
                self.after(due + (late - Duration::from_nanos(past)))
            }
            _ => self.after(due),
        }
    }

    fn after(&self, tick: Instant) -> Instant {
        tick.checked_add(self.period).unwrap_or_else(|| deadline(self.clock, self.period))
    }
}

impl<C: ?Sized> fmt::Debug for Interval<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("period", &self.period)
            .field("sleep", &self.sleep)
            .field("missed", &self.missed)
            .finish_non_exhaustive()
    }
}
