//! The result of a spawned task, without the join error around it.

use std::{
    fmt,
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::task::JoinHandle;

/// The outcome of a spawned task itself: its panic goes on here, with its own text.
///
/// # Panics
/// The future panics if the task did, and if the task was aborted.
///
/// ```
/// use unplugged::{Sim, outcome::joined};
///
/// let sim = Sim::new();
/// let task = sim.spawn(async { "12".parse::<u32>() });
/// assert_eq!(sim.watch(joined(task)).assert_success(), &12);
/// ```
pub fn joined<T>(task: JoinHandle<T>) -> Joined<T> {
    Joined { task }
}

/// Made by [`joined`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct Joined<T> {
    task: JoinHandle<T>,
}

impl<T> Future for Joined<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match ready!(Pin::new(&mut self.task).poll(cx)) {
            Ok(output) => Poll::Ready(output),
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(_) => panic!("the task was aborted before it was done"),
        }
    }
}

impl<T> fmt::Debug for Joined<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joined").field("task", &self.task.id()).finish()
    }
}
