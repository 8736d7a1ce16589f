//! `Settle`: what polls a watched future.

use std::task::Waker;

/// Polls a watched future: a clock, a sim, or the watch itself.
pub(crate) trait Settle {
    /// Lets the future go on as far as it can.
    fn settle(&self) -> Settled;
    /// The advice for a question that was asked where nothing can be settled.
    fn when_to_ask(&self) -> &'static str {
        "let the sim settle before you ask: `sim.settle().await`"
    }
    /// More lines for a failure text.
    fn context(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Wakes the task that awaits the watch whenever the future is woken, if only the watch polls it.
    fn wake_also(&self, _awaiting: &Waker) {}
}

/// The answer of [`Settle::settle`]: all that could run did run, or not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    Yes,
    /// Something else is running, and must settle first.
    NotHere,
}
