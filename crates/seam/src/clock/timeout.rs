//! `Timeout`: a future with a time limit.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use super::Sleep;

/// A future with a time limit. Made by [`ClockExt::timeout`](super::ClockExt::timeout).
///
/// # Cancel safety
/// Dropping it drops the inner future and removes the timer.
#[must_use = "a timeout does nothing unless it is awaited"]
pub struct Timeout<F> {
    future: Pin<Box<F>>,
    sleep: Sleep,
    limit: Duration,
}

impl<F> Timeout<F> {
    pub(super) fn new(sleep: Sleep, limit: Duration, future: F) -> Self {
        Self { future: Box::pin(future), sleep, limit }
    }

    /// Names the timer, for the reports of the test kit.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
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

/// The error of a [`Timeout`] whose limit was reached. Converts into an `io::Error` of the kind `TimedOut`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    limit: Duration,
}

impl Elapsed {
    /// Returns the limit that was reached.
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
