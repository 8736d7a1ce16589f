//! Leaves: the operations at which a future is pending, and how each of them is polled.
//!
//! A leaf spends tokio's cooperative budget, as tokio's own streams do, so that a task whose streams are always ready
//! lets others run. A search over cancellations makes each operation pending once.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
};

thread_local! {
    /// Makes leaves that could be ready pending once first, to show where a future can be dropped.
    static SUSPENDS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `poll`; each operation of a leaf is pending once in it.
#[cfg(feature = "tokio")]
pub(crate) fn suspending<R>(poll: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            SUSPENDS.set(self.0);
        }
    }
    let _restore = Restore(SUSPENDS.replace(true));
    poll()
}

/// Remembers that an operation has been pending once, as it may have to be.
#[derive(Debug, Default)]
pub(crate) struct Suspended(AtomicBool);

impl Suspended {
    /// Polls an operation.
    pub(crate) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        if !SUSPENDS.get() {
            return poll(cx);
        }
        if !self.0.swap(true, Ordering::Relaxed) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = poll(cx);
        self.0.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }
}

/// Polls an operation, and spends one unit of the task's budget if it is ready. Once the budget is used up it is
/// pending, and the task is woken after others have run. Outside of a tokio task there is no budget.
///
/// Source: tokio 1.53, `tokio::task::coop::poll_proceed`, as its `TcpStream` and `DuplexStream` use it.
#[cfg(feature = "tokio")]
#[inline]
pub(crate) fn spend<R>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    let budget = std::task::ready!(tokio::task::coop::poll_proceed(cx));
    let polled = poll(cx);
    if polled.is_ready() {
        budget.made_progress();
    }
    polled
}

/// Polls an operation: without tokio there is no budget.
#[cfg(not(feature = "tokio"))]
pub(crate) fn spend<R>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    poll(cx)
}

/// A task that begins after so many turns of the run queue.
#[cfg(feature = "tokio")]
pub(crate) struct Later<F> {
    turns: u8,
    task: F,
}

#[cfg(feature = "tokio")]
impl<F> Later<F> {
    pub(crate) const fn new(turns: u8, task: F) -> Self {
        Self { turns, task }
    }
}

#[cfg(feature = "tokio")]
impl<F: Future + Unpin> Future for Later<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if let Some(turns) = self.turns.checked_sub(1) {
            self.turns = turns;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.task).poll(cx)
    }
}

/// Returns a future that is polled outside of the budget of the task around it: one that the test polls, since it asks
/// for the answer now.
pub(crate) fn outside_the_budget<F: Future + ?Sized>(
    future: Pin<&mut F>,
) -> impl Future<Output = F::Output> + Unpin {
    #[cfg(feature = "tokio")]
    let future = tokio::task::unconstrained(future);
    future
}
