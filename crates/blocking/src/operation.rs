//! One operation on the event loop, as both sides see it.

use std::{
    panic::{AssertUnwindSafe, Location, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    Panic, Unread,
    error::{BoxError, WaitError},
    panics,
    unread::Reporter,
    wakers::Wakers,
};

/// The outcome of an operation, and who waits for it.
pub(crate) struct Operation<T> {
    outcome: OnceLock<Result<T, WaitError>>,
    pub(crate) waiting: Wakers,
    /// Somebody has seen the outcome, or it was reported.
    is_read: AtomicBool,
    /// The `Eventual` is gone.
    is_detached: AtomicBool,
    pub(crate) is_cancelled: AtomicBool,
    started_at: &'static Location<'static>,
    reporter: Reporter,
}

impl<T> Operation<T> {
    pub(crate) fn new(started_at: &'static Location<'static>, reporter: Reporter) -> Self {
        Self {
            outcome: OnceLock::new(),
            waiting: Wakers::default(),
            is_read: AtomicBool::new(false),
            is_detached: AtomicBool::new(false),
            is_cancelled: AtomicBool::new(false),
            started_at,
            reporter,
        }
    }

    pub(crate) const fn started_at(&self) -> &'static Location<'static> {
        self.started_at
    }

    /// The outcome, which counts as read from now on.
    pub(crate) fn read(&self) -> Option<&Result<T, WaitError>> {
        let outcome = self.outcome.get()?;
        self.is_read.store(true, Ordering::SeqCst);
        Some(outcome)
    }

    pub(crate) fn peek(&self) -> Option<&Result<T, WaitError>> {
        self.outcome.get()
    }

    /// Sets the outcome, unless there is one.
    pub(crate) fn end(&self, outcome: Result<T, WaitError>) {
        if let Err(late) = self.outcome.set(outcome) {
            drop(late);
            return;
        }
        self.waiting.wake_all();
        if self.is_detached.load(Ordering::SeqCst) {
            self.report_unread();
        }
    }

    /// Nobody can read the outcome any more.
    pub(crate) fn detach(&self) {
        self.is_detached.store(true, Ordering::SeqCst);
        self.report_unread();
    }

    /// Reports a failure that has not been read, once.
    pub(crate) fn report_unread(&self) {
        let Some(Err(error @ (WaitError::Failed(_) | WaitError::Panicked(_)))) = self.outcome.get() else {
            return;
        };
        if !self.is_read.swap(true, Ordering::SeqCst) {
            self.reporter.report(&Unread::new(error.clone(), self.started_at));
        }
    }
}

/// Ends the operation however its task ends: with a result, cancelled, or dropped with its runtime.
pub(crate) struct Ending<T, A: FnOnce()> {
    pub(crate) operation: Arc<Operation<T>>,
    /// Called at the end.
    pub(crate) after: Option<A>,
}

impl<T, A: FnOnce()> Ending<T, A> {
    /// Runs the future to its end.
    pub(crate) async fn run<E: Into<BoxError>>(self, future: impl Future<Output = Result<T, E>>) {
        let outcome = match panics::caught(future).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(WaitError::Failed(error.into().into())),
            Err(panic) => Err(WaitError::Panicked(panic)),
        };
        self.operation.end(outcome);
    }
}

impl<T, A: FnOnce()> Drop for Ending<T, A> {
    fn drop(&mut self) {
        if self.operation.peek().is_none() {
            let is_cancelled = self.operation.is_cancelled.load(Ordering::SeqCst);
            let error = match (std::thread::panicking(), is_cancelled) {
                (true, _) => {
                    WaitError::Panicked(Panic::new(Box::new("a panic while its future was dropped"), None))
                }
                (false, true) => WaitError::Cancelled,
                (false, false) => WaitError::Stopped,
            };
            let _quiet = catch_unwind(AssertUnwindSafe(|| self.operation.end(Err(error))));
        }
        if let Some(after) = self.after.take() {
            after();
        }
    }
}
