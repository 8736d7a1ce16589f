//! A record of what happened, in one order.
//!
//! A [`Sim`](crate::Sim) has one: its network, timers and tasks, pipes and panics report to it. Read it with
//! [`Sim::transcript`](crate::Sim::transcript); its last lines stand in the sim's failure texts. Code of your own
//! reports with [`record`], which costs next to nothing where nothing is recorded.
//!
//! ```
//! use std::time::Duration;
//! use unplugged::trace::{self, CustomEvent, Trace};
//!
//! let trace = Trace::new(100, || Duration::from_millis(5));
//! trace.during(|| trace::record(|| CustomEvent::new("elected").named("node 3")));
//! assert_eq!(trace.events().lines(), ["+5ms elected `node 3`"]);
//! trace::record(|| unreachable!("nothing is recorded here"));
//! ```
//!
//! # Not recorded
//! tokio's own timers, and tasks that the code spawns with `tokio::spawn`: stable tokio tells nothing of them. What
//! a test does to a pipe between two moves of a `Sim`, while the sim does not run.

mod custom;
mod digest;
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "the simulator reports most of it"))]
mod entry;
mod event;
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "the network has them"))]
mod flows;
mod kind;
mod log;
#[cfg(feature = "tokio")]
mod net_log;
mod record;
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "the simulator reports most of it"))]
mod ring;

use std::{cell::RefCell, io::IoSlice};

pub(crate) use self::entry::Subject;
pub use self::{
    custom::CustomEvent,
    event::{Event, Transcript},
    kind::{EventKind, PacketKind},
    record::Trace,
};
#[cfg(feature = "tokio")]
pub(crate) use self::{
    entry::{Ends, FlowId},
    net_log::{LentLog, NetLog, NetLogSource},
};

thread_local! {
    /// The record of what runs on this thread just now.
    static RECORDING: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// Reports an event to the record of what runs on this thread, if there is one; `event` runs only then.
pub fn record(event: impl FnOnce() -> CustomEvent) {
    if let Some(trace) = recording() {
        trace.record(event()); // while nothing is borrowed: it may do anything
    }
}

/// Reports what the kit itself did with `size` bytes, and which, as far as they are at hand. `subject` runs only if there
/// is a record.
pub(crate) fn report(kind: EventKind, subject: impl FnOnce() -> Subject, size: usize, bytes: &[IoSlice<'_>]) {
    if let Some(trace) = recording() {
        trace.report(kind, subject(), size, bytes);
    }
}

fn recording() -> Option<Trace> {
    RECORDING.with_borrow(Clone::clone)
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
