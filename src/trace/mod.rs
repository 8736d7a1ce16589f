//! What happened, in one order: a record that everything reports to.
//!
//! A [`Sim`](crate::Sim) has one. Its timers and tasks, pipes and panics report to it, and the last lines of it
//! stand in the sim's failure texts. Code of your own joins in with [`record`], which costs next to nothing where
//! nobody records.
//!
//! ```
//! use std::time::Duration;
//! use unplugged::trace::{self, Event, Trace};
//!
//! let trace = Trace::new(100, || Duration::from_millis(5));
//! trace.during(|| trace::record(|| Event::new("elected").named("node 3")));
//! assert_eq!(trace.lines(), ["+5ms elected `node 3`"]);
//! trace::record(|| unreachable!("nobody records here"));
//! ```
//!
//! # Not recorded
//! tokio's own timers, and tasks that the code spawns with `tokio::spawn`: stable tokio tells nothing of them. What
//! a test does to a pipe by hand between two moves of a `Sim`, while the sim does not run.

mod event;
#[cfg(feature = "tokio")]
pub(crate) mod leftover;
mod record;

use std::cell::RefCell;
#[cfg(feature = "tokio")]
use std::time::Duration;

pub(crate) use self::record::content;
pub use self::{event::Event, record::Trace};
#[cfg(feature = "tokio")]
pub(crate) use self::{event::Recorded, record::KEPT};

thread_local! {
    /// The record of what runs on this thread just now.
    static RECORDING: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// Reports an event to the record of whatever runs on this thread, if there is one; `event` runs only then.
pub fn record(event: impl FnOnce() -> Event) {
    if RECORDING.with_borrow(Option::is_some) {
        let event = event(); // while nothing is borrowed: it may do anything
        RECORDING.with_borrow(|trace| trace.iter().for_each(|trace| trace.record(event.clone())));
    }
}

/// Tells the record of whatever runs on this thread of something that may be left over, made at the instant it gets.
#[cfg(feature = "tokio")]
pub(crate) fn on_made(thing: impl FnOnce(Duration) -> Box<dyn leftover::MayBeLeft>) {
    let trace = RECORDING.with_borrow(Clone::clone);
    if let Some(trace) = trace {
        trace.know(thing);
    }
}

/// Whether the record on this thread is one to compare, for which no detail is too small.
pub(crate) fn is_digested() -> bool {
    RECORDING.with_borrow(|trace| trace.as_ref().is_some_and(Trace::is_digested))
}

/// Ends the record, and gives the thread back to the one before.
pub(crate) struct Recording(Option<Trace>);

impl Drop for Recording {
    fn drop(&mut self) {
        RECORDING.set(self.0.take());
    }
}

impl Trace {
    /// Runs `work`, and records what it reports on this thread. Nests: an outer record gets nothing of it.
    pub fn during<R>(&self, work: impl FnOnce() -> R) -> R {
        let _recording = self.start();
        work()
    }

    /// Records what is reported on this thread, until the guard is dropped.
    pub(crate) fn start(&self) -> Recording {
        Recording(RECORDING.replace(Some(self.clone())))
    }
}
