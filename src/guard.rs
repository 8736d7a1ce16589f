//! Aborts the process if something with a verdict is dropped unreported.
//!
//! A scenario, a peer or a run that is forgotten cannot report by panicking. Nor can one whose thread ends under it, as
//! by `exit(0)` in the code under test. So the end of each thread looks: whatever is still open there is named, and the
//! process aborts. The hook of `unplugged-exit-guard` hears of the rest: `exit` on another thread, and a verdict that
//! `#[should_panic]` swallowed.

use std::{
    cell::{Cell, RefCell},
    fmt,
    io::Write,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Thread},
};

use crate::{
    swept::Swept,
    violation::{SourceLocation, Violation},
};

/// Hears of everything that must be in order when the process ends. For `unplugged-exit-guard`.
#[doc(hidden)]
pub trait ExitHook: Send + Sync {
    /// Hears that something with a verdict begins. Nothing else has this `id`.
    fn opened(&self, id: usize, what: &str);
    /// Hears that its verdict was given.
    fn closed(&self, id: usize);
    /// Hears of a violation that is raised; the code under test may catch the panic.
    fn violated(&self, text: &str);
    /// Hears that the process is a child, whose parent checks how it ends. It may exit anywhere.
    fn is_child(&self);
}

static HOOK: OnceLock<&'static dyn ExitHook> = OnceLock::new();

/// Sets the hook, once.
#[doc(hidden)]
pub fn set_exit_hook(hook: &'static dyn ExitHook) {
    let _kept = HOOK.set(hook);
}

/// Tells the hook of a violation: its panic may be caught, or cannot be raised.
pub(crate) fn violated(fault: &Violation) {
    if let Some(hook) = HOOK.get() {
        hook.violated(&fault.to_string());
    }
}

/// Tells the hook that this process runs the body of a child, whose parent checks how it ends.
pub(crate) fn is_child() {
    if let Some(hook) = HOOK.get() {
        hook.is_child();
    }
}

/// Tells the hook, and panics.
#[track_caller]
pub(crate) fn raise(fault: &Violation) -> ! {
    violated(fault);
    fault.raise()
}

/// The panicking form of a result, which blames the line that called its caller, and tells the hook.
pub(crate) trait OrRaise<T> {
    /// The value; a violation is raised.
    fn or_raise(self) -> T;
}

impl<T> OrRaise<T> for Result<T, Violation> {
    #[track_caller]
    fn or_raise(self) -> T {
        // No closure: it would take the blame.
        match self {
            Ok(value) => value,
            Err(violation) => raise(&violation),
        }
    }
}

/// In a `drop`: tells the hook, and panics unless the thread already does.
#[track_caller]
pub(crate) fn raise_in_drop(fault: &Violation) {
    violated(fault);
    if !thread::panicking() {
        fault.raise();
    }
}

/// A part of everything that has a verdict. If its thread ends before it is dropped, the process aborts.
pub(crate) struct VerdictGuard(Arc<Pending>);

struct Pending {
    what: &'static str,
    made_at: SourceLocation,
    by: Thread,
    is_open: AtomicBool,
}

impl VerdictGuard {
    /// `what` goes on with the place: `the scenario at`.
    pub(crate) fn new(what: &'static str, made_at: SourceLocation) -> Self {
        let opened = Pending { what, made_at, by: thread::current(), is_open: AtomicBool::new(true) };
        let opened = Arc::new(opened);
        if let Some(hook) = HOOK.get() {
            hook.opened(id(&opened), &opened.to_string());
        }
        let noted = OPEN.try_with(|open| {
            open.0.borrow_mut().push(Arc::clone(&opened), |known| known.is_open.load(Ordering::Acquire));
        });
        noted.unwrap_or_else(|_| abort(&opened)); // the thread ends already
        Self(opened)
    }
}

impl Drop for VerdictGuard {
    fn drop(&mut self) {
        self.0.is_open.store(false, Ordering::Release);
        if let Some(hook) = HOOK.get() {
            hook.closed(id(&self.0));
        }
    }
}

/// Shows its owner.
impl fmt::Debug for VerdictGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerdictGuard").field(&format_args!("{}", self.0)).finish()
    }
}

fn id(opened: &Arc<Pending>) -> usize {
    Arc::as_ptr(opened).addr()
}

/// With the name of the test, as far as the harness gives its thread one.
impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.what, self.made_at, in_test(&self.by))
    }
}

/// `, in` the test that has given its name to the thread.
pub(crate) fn in_test(thread: &Thread) -> String {
    let test = thread.name().filter(|name| *name != "main");
    test.map_or_else(String::new, |test| format!(", in `{test}`"))
}

thread_local! {
    /// How many runs this thread has parked, for good with all that they captured.
    static PARKED: Cell<usize> = const { Cell::new(0) };
}

/// Counts a run of a fake exit that this thread has parked.
pub(crate) fn count_parked() {
    PARKED.set(PARKED.get() + 1);
}

/// Returns how many runs this thread has parked.
pub(crate) fn parked() -> usize {
    PARKED.get()
}

thread_local! {
    static OPEN: PerThread = const { PerThread(RefCell::new(Swept::new())) };
}

/// The guards that were made on this thread.
struct PerThread(RefCell<Swept<Arc<Pending>>>);

impl Drop for PerThread {
    fn drop(&mut self) {
        for opened in self.0.get_mut().iter() {
            if opened.is_open.load(Ordering::Acquire) {
                abort(opened);
            }
        }
    }
}

fn abort(opened: &Pending) -> ! {
    let _untold = std::io::stderr().write_all(forgotten(opened).as_bytes());
    std::process::abort()
}

fn forgotten(opened: &Pending) -> String {
    format!(
        "{opened} was still open when its thread ended, by `exit` or because it was forgotten\n  \
         next     let the code under test hold the fake exit of `Process`; drop what has a verdict on its own \
         thread\n"
    )
}
