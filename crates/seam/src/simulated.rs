//! Reports a real implementation that is used on a thread where a sim of the test kit runs.

use std::{cell::Cell, panic::Location, time::Instant};

/// The reaction of a thread to the use of a real implementation. It gets the name of what was used, and the place.
pub type RealUse = fn(what: &'static str, used_at: &'static Location<'static>);

thread_local! {
    /// Set by the test kit while a sim runs on this thread.
    static REAL_USE: Cell<Option<RealUse>> = const { Cell::new(None) };
}

/// Sets what this thread does when a real implementation is used. Returns what it did before.
#[must_use = "restore it when the sim has run"]
pub fn set_real_use(hook: Option<RealUse>) -> Option<RealUse> {
    REAL_USE.try_with(|here| here.replace(hook)).ok().flatten()
}

/// Reads the real monotonic clock, and reports nothing: for limits of real time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the real clock")]
pub fn real_now() -> Instant {
    Instant::now()
}

/// Reports that the caller's caller uses a real implementation, if this thread runs a sim.
#[track_caller]
pub(crate) fn note_real_use(what: &'static str) {
    // A thread that ends runs no sim.
    if let Ok(Some(report)) = REAL_USE.try_with(Cell::get) {
        report(what, Location::caller());
    }
}
