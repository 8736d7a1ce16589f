//! The functions of the package: a thin face over one bridge of the process.

use std::{sync::LazyLock, time::Duration};

use tokio::runtime::Handle;

use crate::{
    Blocking, Eventual, Id, RetrieveError, SetupError, StillRunning, StopOnDrop, WaitError, error::BoxError,
};

static DEFAULT: LazyLock<Blocking> = LazyLock::new(Blocking::new);

/// Returns the bridge that the functions of this package use.
#[must_use]
pub fn default_bridge() -> &'static Blocking {
    &DEFAULT
}

/// Starts the event loop of the default bridge: see [`Blocking::setup`].
///
/// # Errors
/// As [`Blocking::setup`].
pub fn setup() -> Result<(), SetupError> {
    DEFAULT.setup()
}

/// Forbids [`setup`] of the default bridge: see [`Blocking::no_setup`].
///
/// # Errors
/// As [`Blocking::no_setup`].
pub fn no_setup() -> Result<(), SetupError> {
    DEFAULT.no_setup()
}

/// Runs the default bridge on a runtime that the program drives: see [`Blocking::use_runtime`].
///
/// # Errors
/// As [`Blocking::use_runtime`].
pub fn use_runtime(runtime: Handle) -> Result<(), SetupError> {
    DEFAULT.use_runtime(runtime)
}

/// Starts an operation on the default bridge: see [`Blocking::run`].
#[track_caller]
pub fn run<T, E, F>(future: F) -> Eventual<T>
where
    T: Send + Sync + 'static,
    E: Into<BoxError> + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
{
    DEFAULT.run(future)
}

/// Runs a future on this thread with a limit, over the default bridge: see [`Blocking::wait_for`].
///
/// # Errors
/// As [`Blocking::wait_for`].
#[track_caller]
pub fn wait_for<T, E: Into<BoxError>>(
    limit: Duration,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, WaitError> {
    DEFAULT.wait_for(limit, future)
}

/// Takes a stashed result of the default bridge: see [`Blocking::retrieve`].
///
/// # Errors
/// As [`Blocking::retrieve`].
pub fn retrieve<T: Send + Sync + 'static>(id: Id) -> Result<Eventual<T>, RetrieveError> {
    DEFAULT.retrieve(id)
}

/// Stops the event loop of the default bridge: see [`Blocking::stop`].
///
/// # Errors
/// As [`Blocking::stop`].
pub fn stop() -> Result<(), StillRunning> {
    DEFAULT.stop()
}

/// Returns a guard that stops the default bridge on drop: see [`Blocking::stop_on_drop`].
pub fn stop_on_drop() -> StopOnDrop {
    DEFAULT.stop_on_drop()
}
