//! `promise()`: a future that the test completes.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use crate::{
    sync::lock,
    violation::SourceLocation,
    wait::{self, Wait},
};

/// Returns a future that the test completes, and the handle that completes it.
///
/// The [`Promised`] goes to the code under test, the [`Promise`] stays in the test. A promise that is dropped
/// without an outcome leaves its future pending forever, like a peer that never answers.
///
/// ```
/// use unplugged::outcome::{self, promise};
///
/// let (promise, answer) = promise::<&str, std::io::Error>();
/// let shout = outcome::watch(async { answer.await.map(str::to_uppercase) });
/// shout.assert_pending();
/// promise.succeed("yes");
/// assert_eq!(shout.assert_success(), "YES");
/// ```
#[track_caller]
pub fn promise<T, E>() -> (Promise<T, E>, Promised<T, E>) {
    let shared = Arc::new(Mutex::new(State {
        outcome: None,
        waker: None,
        taken: false,
        given_up: false,
        consumed: false,
    }));
    let promise = Promise { shared: Arc::clone(&shared) };
    (promise, Promised { shared, made_at: SourceLocation::caller() })
}

struct State<T, E> {
    outcome: Option<Result<T, E>>,
    waker: Option<Waker>,
    taken: bool,
    /// The promise is gone.
    given_up: bool,
    /// The consumer is gone.
    consumed: bool,
}

/// The test's end of a [`promise`].
#[must_use = "a dropped promise leaves its future pending forever"]
pub struct Promise<T, E> {
    shared: Arc<Mutex<State<T, E>>>,
}

impl<T, E> Promise<T, E> {
    /// Completes the future with the value of a success. Does nothing if the consumer is gone; [`complete`](Self::complete)
    /// tells.
    pub fn succeed(self, value: T) {
        let _untaken = self.complete(Ok(value));
    }

    /// Completes the future with an error. Does nothing if the consumer is gone; [`complete`](Self::complete) tells.
    pub fn fail(self, error: E) {
        let _untaken = self.complete(Err(error));
    }

    /// Completes the future with `outcome`.
    ///
    /// # Errors
    /// If the consumer has dropped the future: then the outcome comes back.
    pub fn complete(self, outcome: Result<T, E>) -> Result<(), Result<T, E>> {
        let waker = {
            let mut state = lock(&self.shared);
            if state.consumed {
                return Err(outcome);
            }
            state.outcome = Some(outcome);
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Returns true once the consumer has dropped the future.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        lock(&self.shared).consumed
    }
}

impl<T, E> Drop for Promise<T, E> {
    /// Drops the waker, so that a watch can see that its future is lost.
    fn drop(&mut self) {
        let waker = {
            let mut state = lock(&self.shared);
            state.given_up = true;
            state.waker.take()
        };
        drop(waker);
    }
}

impl<T, E> fmt::Debug for Promise<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").field("is_dropped", &self.is_dropped()).finish()
    }
}

/// The code's end of a [`promise`].
///
/// # Cancel safety
/// Dropping it is seen by [`Promise::is_dropped`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct Promised<T, E> {
    shared: Arc<Mutex<State<T, E>>>,
    made_at: SourceLocation,
}

impl<T, E> Future for Promised<T, E> {
    type Output = Result<T, E>;

    /// # Panics
    /// If polled again after it was ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.shared);
        assert!(
            !state.taken,
            "a promised future was polled again after it was ready, made at {}",
            self.made_at
        );
        if let Some(outcome) = state.outcome.take() {
            state.taken = true;
            return Poll::Ready(outcome);
        }
        // Without its promise it is never completed, and needs no waker.
        let old = state.waker.take();
        state.waker = (!state.given_up).then(|| cx.waker().clone());
        drop(state);
        drop(old);
        wait::report(|| Wait::new("promise", self.made_at));
        Poll::Pending
    }
}

impl<T, E> Drop for Promised<T, E> {
    fn drop(&mut self) {
        let mut state = lock(&self.shared);
        state.consumed = true;
        let left = (state.waker.take(), state.outcome.take());
        drop(state);
        drop(left);
    }
}

impl<T, E> fmt::Debug for Promised<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promised").field("made_at", &self.made_at).finish_non_exhaustive()
    }
}
