//! The errors of the bridge.

use std::{error::Error, fmt, io, sync::Arc, time::Duration};

use crate::Panic;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Why a wait has no value. It can be cloned: each wait for one operation gives the same error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// The limit has passed. The operation of an `Eventual` goes on, that of a `wait_for` is cancelled.
    TimedOut(Duration),
    /// The operation returned this error.
    Failed(Arc<dyn Error + Send + Sync>),
    /// The operation panicked.
    Panicked(Panic),
    /// The operation was cancelled.
    Cancelled,
    /// The event loop has stopped, or its runtime has.
    Stopped,
    /// No event loop runs: `setup` has not been called, or `stop` was called since.
    NotRunning,
    /// The calling thread runs tasks of a tokio runtime, which a wait would block.
    OnLoopThread,
    /// All waits were interrupted.
    Interrupted,
}

impl WaitError {
    /// Returns the error that the operation itself returned, if that is why the wait failed.
    #[must_use]
    pub fn original_error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            _ => None,
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(limit) => write!(f, "no result within {limit:?}"),
            Self::Failed(error) => write!(f, "the operation failed: {error}"),
            Self::Panicked(panic) => write!(f, "the operation panicked: {panic}"),
            Self::Cancelled => f.write_str("the operation was cancelled"),
            Self::Stopped => f.write_str("the event loop has stopped before there was a result"),
            Self::NotRunning => f.write_str("no event loop runs: call `setup` first, and no `stop` before this call"),
            Self::OnLoopThread => f.write_str(
                "a wait would block the tasks of this thread, which belongs to a tokio runtime: `.await` the async \
                 original here, or wait in `tokio::task::spawn_blocking`",
            ),
            Self::Interrupted => f.write_str("the wait was interrupted; the operation of an `Eventual` goes on"),
        }
    }
}

impl Error for WaitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            _ => None,
        }
    }
}

/// Why there is no event loop, or no other one.
#[derive(Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// `no_setup` was called: the program brings a runtime with `use_runtime`.
    Forbidden,
    /// An event loop runs already.
    AlreadyRunning,
    /// The runtime or its thread could not be made.
    Io(io::Error),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden => f.write_str("`no_setup` was called: hand in a runtime with `use_runtime`"),
            Self::AlreadyRunning => f.write_str("an event loop runs already: call `stop` first"),
            Self::Io(error) => write!(f, "no thread or no runtime could be made: {error}"),
        }
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// The thread of the event loop has not ended within the limit of `stop`.
///
/// A task blocks it. The thread goes on, and ends when that task returns.
#[derive(Debug)]
#[non_exhaustive]
pub struct StillRunning {
    /// How long `stop` waited.
    pub limit: Duration,
}

impl fmt::Display for StillRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the thread of the event loop has not ended within {:?}: a task on it blocks; move what blocks to \
             `tokio::task::spawn_blocking`",
            self.limit
        )
    }
}

impl Error for StillRunning {}
