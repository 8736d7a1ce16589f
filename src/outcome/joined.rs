//! `joined`: the result of a spawned task, without the join error around it.

use std::panic::resume_unwind;

use tokio::task::JoinHandle;

/// Waits for a spawned task. Returns the output of the task itself; its panic goes on here, with its own text.
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
pub async fn joined<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(output) => output,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => panic!("the task was aborted before it was done"),
    }
}
