//! `Running`: a future that runs with a fake exit.

use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{record::Record, run_outcome::RunOutcome, texts};
use crate::guard::{self, Open};

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
pub struct Running<F> {
    record: Arc<Record>,
    kept: usize,
    /// `None` once it has ended.
    future: Option<Pin<Box<F>>>,
    _open: Open,
}

impl<F> Running<F> {
    pub(super) fn new(record: Arc<Record>, kept: usize, future: F) -> Self {
        record.begin();
        let open = Open::new("a run whose fake exit was made at", record.made_at());
        Self { record, kept, future: Some(Box::pin(future)), _open: open }
    }
}

impl<F: Future> Future for Running<F> {
    type Output = RunOutcome<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut future = self.future.take().expect("`Running` was polled after it had ended");
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
        Poll::Ready(self.record.end(self.kept, result))
    }
}

impl<F> Drop for Running<F> {
    fn drop(&mut self) {
        if self.future.is_some() {
            guard::raise_in_drop(&texts::dropped_unfinished(self.record.made_at()));
        }
    }
}

impl<F> fmt::Debug for Running<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("made_at", &self.record.made_at())
            .field("ended", &self.future.is_none())
            .finish_non_exhaustive()
    }
}
