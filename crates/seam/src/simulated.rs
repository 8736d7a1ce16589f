//! The hooks of a thread that a sim of the test kit runs.

use std::{
    cell::{Cell, RefCell},
    panic::Location,
    sync::Arc,
    time::{Duration, Instant},
};

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

/// A blocking thread of a sim: it waits in virtual time, and only while it has its turn does it run.
pub trait ThreadHook: Send + Sync {
    /// Returns the virtual instant at which a limit passes that counts from now; `None` if it never does.
    fn deadline_after(&self, limit: Duration) -> Option<u64>;

    /// Lets the sim go on until the thread is woken. Returns false if the deadline came first, or if the sim is over.
    fn park(self: Arc<Self>, waits: &ThreadWait) -> bool;

    /// Wakes the thread, or lets its next `park` return at once.
    fn wake(self: Arc<Self>);
}

/// The wait of a thread, for the reports of the sim.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "both sides of a hook, versioned together")]
pub struct ThreadWait {
    /// The call that waits.
    pub call: &'static str,
    /// Where it was called.
    pub called_at: &'static Location<'static>,
    /// Where the operation began that it waits for, if it began elsewhere.
    pub for_what_began_at: Option<&'static Location<'static>>,
    /// When it ends at the latest, in nanoseconds since the sim began.
    pub deadline: Option<u64>,
}

thread_local! {
    /// Set by the test kit on a blocking thread of a sim.
    static THREAD: RefCell<Option<Arc<dyn ThreadHook>>> = const { RefCell::new(None) };
}

/// Makes this thread one of a sim, or one of none. Returns what it was before.
#[must_use = "restore it when the thread leaves the sim"]
pub fn set_thread_hook(hook: Option<Arc<dyn ThreadHook>>) -> Option<Arc<dyn ThreadHook>> {
    THREAD.try_with(|here| here.replace(hook)).ok().flatten()
}

/// Returns the hook of this thread, if it is one of a sim.
#[must_use]
pub fn thread_hook() -> Option<Arc<dyn ThreadHook>> {
    THREAD.try_with(|here| here.borrow().clone()).ok().flatten()
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
