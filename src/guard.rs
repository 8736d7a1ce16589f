//! What watches over verdicts that nobody hears.
//!
//! A scenario, a peer or a run that is forgotten, or whose thread ends under it (`exit(0)` in the code under test),
//! cannot report by panicking: nobody is there. The thread's own end is: there, what is still open aborts the
//! process, after its name. What a thread's end cannot see (`exit` on another thread, a verdict that
//! `#[should_panic]` has eaten) is told to the hook of `unplugged-exit-guard`, if there is one.

use std::{
    cell::RefCell,
    fmt,
    io::Write,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Thread},
};

use crate::violation::{SourceLocation, Violation};

/// Told of everything that must be in order when the process ends. For `unplugged-exit-guard`.
#[doc(hidden)]
pub trait ExitHook: Send + Sync {
    /// Something with a verdict begins; `id` is its own.
    fn opened(&self, id: usize, what: &str);
    /// Its verdict was spoken, or it was dropped, which speaks it.
    fn closed(&self, id: usize);
    /// A verdict was raised; somebody may catch it.
    fn violated(&self, text: &str);
    /// The process is a child, whose parent asks how it ends: it may exit where it likes.
    fn is_child(&self);
}

static HOOK: OnceLock<&'static dyn ExitHook> = OnceLock::new();

/// Sets the hook, once.
#[doc(hidden)]
pub fn set_exit_hook(hook: &'static dyn ExitHook) {
    let _kept = HOOK.set(hook);
}

/// A verdict is bad: told to the hook, since somebody may catch the panic, or none can be raised.
pub(crate) fn violated(fault: &Violation) {
    if let Some(hook) = HOOK.get() {
        hook.violated(&fault.to_string());
    }
}

/// This process runs the body of a child, whose parent asks how it ends.
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

/// In a `drop`: tells the hook, and panics unless the thread already does.
#[track_caller]
pub(crate) fn raise_in_drop(fault: &Violation) {
    violated(fault);
    if !thread::panicking() {
        fault.raise();
    }
}

/// Part of what has a verdict, whose `drop` sees to it that the verdict is heard. If it is not dropped before the
/// thread ends that made it, the process aborts.
pub(crate) struct Open(Arc<Opened>);

struct Opened {
    what: &'static str,
    made_at: SourceLocation,
    by: Thread,
    is_open: AtomicBool,
}

impl Open {
    /// `what` goes on with the place: `the scenario at`.
    pub(crate) fn new(what: &'static str, made_at: SourceLocation) -> Self {
        let opened = Opened { what, made_at, by: thread::current(), is_open: AtomicBool::new(true) };
        let opened = Arc::new(opened);
        if let Some(hook) = HOOK.get() {
            hook.opened(id(&opened), &opened.to_string());
        }
        let noted = OPEN.try_with(|open| open.0.borrow_mut().add(&opened));
        noted.unwrap_or_else(|_| abort(&opened)); // the thread ends already
        Self(opened)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.is_open.store(false, Ordering::Release);
        if let Some(hook) = HOOK.get() {
            hook.closed(id(&self.0));
        }
    }
}

/// Shows what it belongs to.
impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Open").field(&format_args!("{}", self.0)).finish()
    }
}

fn id(opened: &Arc<Opened>) -> usize {
    Arc::as_ptr(opened).addr()
}

/// With the name of the test, as far as the harness gives its thread one.
impl fmt::Display for Opened {
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
    static OPEN: OfThread = const { OfThread(RefCell::new(Known { opened: Vec::new(), sweep_at: 0 })) };
}

/// What was opened on this thread.
struct OfThread(RefCell<Known>);

struct Known {
    opened: Vec<Arc<Opened>>,
    /// When there are so many, those that are closed are left out.
    sweep_at: usize,
}

impl Known {
    fn add(&mut self, opened: &Arc<Opened>) {
        if self.opened.len() >= self.sweep_at {
            self.opened.retain(|known| known.is_open.load(Ordering::Acquire));
            self.sweep_at = 2 * self.opened.len() + 8;
        }
        self.opened.push(Arc::clone(opened));
    }
}

impl Drop for OfThread {
    fn drop(&mut self) {
        for opened in &self.0.get_mut().opened {
            if opened.is_open.load(Ordering::Acquire) {
                abort(opened);
            }
        }
    }
}

fn abort(opened: &Opened) -> ! {
    let _untold = std::io::stderr().write_all(forgotten(opened).as_bytes());
    std::process::abort()
}

fn forgotten(opened: &Opened) -> String {
    format!(
        "{opened} was still open when its thread ended, by `exit` or because it was forgotten\n  \
         next     let the code under test hold the fake exit of `Process`; drop what has a verdict on its own \
         thread\n"
    )
}
