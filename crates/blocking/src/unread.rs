//! Failures that no wait has returned.

use std::{
    fmt,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    sync::Arc,
};

use crate::WaitError;

/// A failure of an operation whose `Eventual` is gone before a wait returned it.
#[derive(Debug)]
pub struct Unread {
    error: WaitError,
    started_at: &'static Location<'static>,
}

impl Unread {
    pub(crate) const fn new(error: WaitError, started_at: &'static Location<'static>) -> Self {
        Self { error, started_at }
    }

    /// Returns the failure.
    #[must_use]
    pub const fn error(&self) -> &WaitError {
        &self.error
    }

    /// Returns where the operation was started.
    #[must_use]
    pub const fn started_at(&self) -> &'static Location<'static> {
        self.started_at
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a failure was never read: {} (started at {})", self.error, self.started_at)
    }
}

/// Where unread failures go.
#[derive(Clone)]
pub(crate) struct Reporter(Arc<dyn Fn(&Unread) + Send + Sync>);

impl Reporter {
    pub(crate) fn new(report: impl Fn(&Unread) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }

    /// A report that panics stops neither the event loop nor a drop.
    pub(crate) fn report(&self, unread: &Unread) {
        let _printed_by_the_hook = catch_unwind(AssertUnwindSafe(|| (self.0)(unread)));
    }
}

impl Default for Reporter {
    fn default() -> Self {
        Self::new(|unread| eprintln!("{unread}"))
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter")
    }
}
