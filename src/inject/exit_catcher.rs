//! `ExitCatcher`: a future that runs with a fake exit.

use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{exit_state::ExitState, run_outcome::RunOutcome, texts};
use crate::guard::{self, VerdictGuard};

/// A future that runs with a fake exit, and tells how it ended. Made by
/// [`FakeExit::run_async`](super::FakeExit::run_async).
///
/// # Cancel safety
/// None, on purpose: see below.
///
/// # Panics
/// When it is dropped before it ended, unless the thread already panics: nobody would know how the code ended.
/// Polled again after it ended, as every `async fn`.
#[must_use = "a run does nothing unless it is awaited"]
pub struct ExitCatcher<F> {
    state: Arc<ExitState>,
    kept: usize,
    /// `None` once it has ended.
    future: Option<Pin<Box<F>>>,
    _open: VerdictGuard,
}

impl<F> ExitCatcher<F> {
    pub(super) fn new(state: Arc<ExitState>, kept: usize, future: F) -> Self {
        state.begin();
        let open = VerdictGuard::new("a run whose fake exit was made at", state.made_at());
        Self { state, kept, future: Some(Box::pin(future)), _open: open }
    }
}

impl<F: Future> Future for ExitCatcher<F> {
    type Output = RunOutcome<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut future = self.future.take().expect("`ExitCatcher` was polled after it had ended");
        // Taken out and dropped inside of the catch: destructors may call the exit, too.
        let polled = catch_unwind(AssertUnwindSafe(|| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Ok(output),
            Poll::Pending => Err(future),
        }));
        let result = match polled {
            Ok(Err(future)) => {
                self.future = Some(future);
                return Poll::Pending;
            }
            Ok(Ok(output)) => Ok(output),
            Err(payload) => Err(payload),
        };
        Poll::Ready(self.state.end(self.kept, result))
    }
}

impl<F> Drop for ExitCatcher<F> {
    fn drop(&mut self) {
        if self.future.is_some() {
            guard::raise_in_drop(&texts::dropped_unfinished(self.state.made_at()));
        }
    }
}

impl<F> fmt::Debug for ExitCatcher<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExitCatcher")
            .field("made_at", &self.state.made_at())
            .field("ended", &self.future.is_none())
            .finish_non_exhaustive()
    }
}
