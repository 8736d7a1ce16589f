//! The result of an operation that runs on the event loop.

use std::{
    any::{Any, type_name},
    error::Error,
    fmt,
    panic::Location,
    sync::{Arc, atomic::Ordering},
    task::Poll,
    time::Duration,
};

use tokio::task::AbortHandle;

use crate::{
    RetrieveError, WaitError,
    event_loop::EventLoop,
    operation::Operation,
    parker::Call,
    stash::{Id, Stash, Stashed},
};

/// The result of an operation on the event loop, now or later.
///
/// Any number of threads may wait for it, each as often as it likes: all get the same value, or the same error.
/// Dropping it does not cancel the operation. A failure that no wait has returned by then is reported, also if it
/// comes later: see [`Builder::report_unread`](crate::Builder::report_unread).
///
/// ```
/// use std::time::Duration;
/// use unplugged_blocking::Blocking;
///
/// let blocking = Blocking::new();
/// blocking.setup()?;
/// let sum = blocking.run(async { Ok::<_, std::io::Error>(1 + 1) });
/// assert_eq!(*sum.wait(Duration::from_secs(5))?, 2);
/// assert_eq!(*sum.wait(Duration::from_secs(5))?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an operation whose result is dropped goes on, and only a failure of it is reported"]
pub struct Eventual<T> {
    pub(crate) operation: Arc<Operation<T>>,
    pub(crate) event_loop: Option<Arc<EventLoop>>,
    pub(crate) task: Option<AbortHandle>,
    pub(crate) stash: Stash,
}

impl<T> Eventual<T> {
    /// Waits for the result, at most for `limit`. [`Duration::MAX`] is no limit; zero looks, and does not wait.
    ///
    /// # Errors
    /// [`WaitError::TimedOut`] when the limit passes: the operation goes on, and can be waited for again. Else
    /// the reason why there is no value, the same each time.
    ///
    /// On a thread that runs tasks of a tokio runtime the wait is refused with [`WaitError::OnLoopThread`], also when
    /// the result is there.
    #[track_caller]
    pub fn wait(&self, limit: Duration) -> Result<&T, WaitError> {
        let Some(event_loop) = &self.event_loop else {
            return self.outcome().unwrap_or(Err(WaitError::NotRunning));
        };
        let mut registered = None;
        let call = Call {
            name: "Eventual::wait",
            called_at: Location::caller(),
            started_at: Some(self.started_at()),
        };
        event_loop.wait(call, limit, |context| {
            // Registered before it looks: a result in between wakes it.
            registered.get_or_insert_with(|| self.operation.waiting.add(context.waker()));
            self.outcome().map_or(Poll::Pending, Poll::Ready)
        })?
    }

    fn outcome(&self) -> Option<Result<&T, WaitError>> {
        self.operation.read().map(|outcome| outcome.as_ref().map_err(Clone::clone))
    }

    /// Returns the error that the operation returned, if it has: the very value, to be downcast.
    ///
    /// `None` while it runs, when it succeeded, and when it ended without an error of its own.
    #[must_use]
    pub fn original_error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match self.operation.peek()? {
            Err(WaitError::Failed(_)) => self.operation.read()?.as_ref().err()?.original_error(),
            _ => None,
        }
    }

    /// Cancels the operation: its future is dropped on the event loop. After its end, this does nothing.
    ///
    /// A wait then gives [`WaitError::Cancelled`].
    pub fn cancel(&self) {
        self.operation.is_cancelled.store(true, Ordering::SeqCst);
        if let Some(task) = &self.task {
            task.abort();
        }
    }

    /// Returns whether the operation has ended, in whichever way.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.operation.peek().is_some()
    }

    /// Returns where the operation was started.
    #[must_use]
    pub fn started_at(&self) -> &'static Location<'static> {
        self.operation.started_at()
    }
}

impl<T: Send + Sync + 'static> Eventual<T> {
    /// Puts it away, for [`Blocking::retrieve`](crate::Blocking::retrieve) by the id, which works once.
    ///
    /// # Panics
    /// When the system has no randomness for the id.
    #[must_use = "without its id it cannot be retrieved"]
    pub fn stash(mut self) -> Id {
        // It holds no stash while it lies in it: the two would keep each other alive.
        let stash = std::mem::take(&mut self.stash);
        let report = |value: &(dyn Any + Send + Sync)| {
            if let Some(eventual) = value.downcast_ref::<Self>() {
                eventual.operation.report_unread();
            }
        };
        stash.put(Stashed { value: Box::new(self), type_name: type_name::<T>(), report })
    }

    pub(crate) fn retrieve(stash: &Stash, id: Id) -> Result<Self, RetrieveError> {
        let mut eventual: Box<Self> = stash.take(id, type_name::<T>())?;
        eventual.stash = stash.clone();
        Ok(*eventual)
    }
}

impl<T> Drop for Eventual<T> {
    fn drop(&mut self) {
        self.operation.detach();
    }
}

impl<T> fmt::Debug for Eventual<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.operation.peek() {
            None => "pending",
            Some(Ok(_)) => "succeeded",
            Some(Err(_)) => "failed",
        };
        f.debug_struct("Eventual")
            .field("state", &state)
            .field("started_at", &self.started_at().to_string())
            .finish_non_exhaustive()
    }
}
