//! What can be built on any clock.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{Clock, Interval, Sleep, interval, misuse};

/// What can be built on any [`Clock`]; comes with every one, also with `dyn Clock`.
pub trait ClockExt: Clock {
    /// Waits for `duration`.
    ///
    /// ```
    /// use unplugged::clock::{ClockExt, FakeClock, millis};
    ///
    /// let clock = FakeClock::new();
    /// let nap = clock.watch(clock.sleep(millis(20)));
    /// clock.advance(millis(20));
    /// nap.assert_ready();
    /// ```
    ///
    /// # Panics
    /// If the deadline cannot be represented.
    #[track_caller]
    fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(deadline(self, duration))
    }

    /// Waits for `future`, but not longer than `limit`. A future that is ready at the deadline counts as in
    /// time; when the limit is reached, the future is dropped with the `Timeout`.
    ///
    /// ```
    /// use unplugged::clock::{ClockExt, FakeClock, secs};
    ///
    /// let clock = FakeClock::new();
    /// let answer = clock.watch(clock.timeout(secs(5), std::future::pending::<()>()));
    /// clock.advance(secs(5));
    /// assert_eq!(answer.assert_failure().to_string(), "not done within 5s");
    /// ```
    ///
    /// # Panics
    /// If the deadline cannot be represented.
    #[track_caller]
    fn timeout<F: Future>(&self, limit: Duration, future: F) -> Timeout<F> {
        Timeout { future: Box::pin(future), sleep: self.sleep(limit), limit }
    }

    /// Ticks again and again: at once, and then on the grid of `period`.
    ///
    /// ```
    /// use unplugged::clock::{ClockExt, FakeClock, secs};
    ///
    /// let clock = FakeClock::new();
    /// let three = clock.watch({
    ///     let clock = clock.clone();
    ///     async move {
    ///         let mut ticks = clock.interval(secs(10));
    ///         for _ in 0..3 { ticks.tick().await; }
    ///         clock.since_start()
    ///     }
    /// });
    /// clock.advance(secs(20));
    /// assert_eq!(three.assert_ready(), &secs(20));
    /// ```
    ///
    /// # Panics
    /// If `period` is zero.
    #[track_caller]
    fn interval(&self, period: Duration) -> Interval<'_, Self> {
        if period.is_zero() {
            misuse::zero_period("interval").raise();
        }
        interval::new(self, period)
    }

    /// How much time has passed since `then`; zero if `then` is still to come. This is what `then.elapsed()`
    /// says on the real clock.
    fn since(&self, then: Instant) -> Duration {
        self.now().saturating_duration_since(then)
    }

    /// How much time has passed since the clock began.
    fn since_start(&self) -> Duration {
        self.since(self.start())
    }
}

impl<C: Clock + ?Sized> ClockExt for C {}

/// The instant `delay` from now.
#[track_caller]
pub(super) fn deadline<C: Clock + ?Sized>(clock: &C, delay: Duration) -> Instant {
    let Some(deadline) = clock.now().checked_add(delay) else {
        let since_start = u64::try_from(clock.since_start().as_nanos()).unwrap_or(u64::MAX);
        misuse::deadline_overflows(since_start, delay).raise();
    };
    deadline
}

/// A future with a time limit. Made by [`ClockExt::timeout`].
///
/// # Cancel safety
/// Dropping it drops the inner future and takes the timer out.
#[must_use = "a timeout does nothing unless it is awaited"]
pub struct Timeout<F> {
    future: Pin<Box<F>>,
    sleep: Sleep,
    limit: Duration,
}

impl<F> Timeout<F> {
    /// Names the timer, for [`PendingTimer`](super::PendingTimer) and failure texts.
    pub fn named(mut self, name: impl Into<std::sync::Arc<str>>) -> Self {
        self.sleep = self.sleep.named(name);
        self
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = self.future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let limit = self.limit;
        Pin::new(&mut self.sleep).poll(cx).map(|()| Err(Elapsed { limit }))
    }
}

impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("limit", &self.limit)
            .field("sleep", &self.sleep)
            .finish_non_exhaustive()
    }
}

/// A time limit has been reached. Becomes an `io::Error` of the kind `TimedOut` where one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    limit: Duration,
}

impl Elapsed {
    /// The limit that was reached.
    #[must_use]
    pub const fn limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not done within {:?}", self.limit)
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(io::ErrorKind::TimedOut, elapsed)
    }
}
