//! `ClockExt`: what can be built on any clock.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use super::{Clock, Interval, Sleep, Timeout, deadline::deadline};

/// Methods of every [`Clock`], also of `dyn Clock`.
///
/// `Duration::MAX` means "no limit" in all of them: it is never reached. So does every duration that leads past the end
/// of the clock: 292 years after its start for a virtual clock, 584 years from now for a real one.
pub trait ClockExt: Clock {
    /// Waits for `duration`.
    ///
    /// ```
    /// use unplugged::clock::{FakeClock, millis};
    /// use unplugged_seam::ClockExt;
    ///
    /// let clock = FakeClock::new();
    /// let nap = clock.watch(clock.sleep(millis(20)));
    /// clock.advance(millis(20));
    /// nap.assert_ready();
    /// ```
    #[track_caller]
    fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(deadline(self, duration))
    }

    /// Waits for `future`, but not longer than `limit`.
    ///
    /// A future that is ready at the deadline counts as in time. When the limit is reached, the future is dropped with
    /// the `Timeout`.
    ///
    /// ```
    /// use unplugged::clock::{FakeClock, secs};
    /// use unplugged_seam::ClockExt;
    ///
    /// let clock = FakeClock::new();
    /// let answer = clock.watch(clock.timeout(secs(5), std::future::pending::<()>()));
    /// clock.advance(secs(5));
    /// assert_eq!(answer.assert_failure().to_string(), "not done within 5s");
    /// ```
    #[track_caller]
    fn timeout<F: Future>(&self, limit: Duration, future: F) -> Timeout<F> {
        Timeout::new(self.sleep(limit), limit, future)
    }

    /// Ticks repeatedly: at once, and then on the grid of `period`.
    ///
    /// The interval keeps a clone of the clock. Of a clock that cannot be cloned, and of a `&dyn Clock`, pass a
    /// reference: `(&clock).interval(..)`.
    ///
    /// ```
    /// use unplugged::clock::{FakeClock, secs};
    /// use unplugged_seam::ClockExt;
    ///
    /// let clock = FakeClock::new();
    /// let mut ticks = clock.interval(secs(10));
    /// let three = clock.watch(async move {
    ///     for _ in 0..2 { ticks.tick().await; }
    ///     ticks.tick().await
    /// });
    /// clock.advance(secs(20));
    /// assert_eq!(clock.since(*three.assert_ready()), secs(0));
    /// ```
    ///
    /// # Panics
    /// If `period` is zero.
    #[track_caller]
    fn interval(&self, period: Duration) -> Interval<Self>
    where
        Self: Clone,
    {
        Interval::new(self.clone(), self.now(), period, "interval")
    }

    /// Ticks repeatedly: at `start`, and then on the grid of `period` that begins there. A `start` in the past is
    /// ready at once.
    ///
    /// ```
    /// use unplugged::clock::{Clock, FakeClock, secs};
    /// use unplugged_seam::ClockExt;
    ///
    /// let clock = FakeClock::new();
    /// let mut ticks = clock.interval_at(clock.now() + secs(3), secs(10));
    /// let first = clock.watch(async move { ticks.tick().await });
    /// clock.advance(secs(2));
    /// first.assert_pending();
    /// clock.advance(secs(1));
    /// first.assert_ready();
    /// ```
    ///
    /// # Panics
    /// If `period` is zero.
    #[track_caller]
    fn interval_at(&self, start: Instant, period: Duration) -> Interval<Self>
    where
        Self: Clone,
    {
        Interval::new(self.clone(), start, period, "interval_at")
    }

    /// Returns how much time has passed since `then`; zero if `then` is still to come. Use it in place of
    /// `then.elapsed()`, which reads the real clock.
    fn since(&self, then: Instant) -> Duration {
        self.now().saturating_duration_since(then)
    }

    /// Returns how much time has passed since the clock began.
    fn since_start(&self) -> Duration {
        self.since(self.start())
    }
}

impl<C: Clock + ?Sized> ClockExt for C {}
