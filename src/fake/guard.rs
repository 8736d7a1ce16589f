//! What watches over scenarios that nobody finishes.
//!
//! A scenario that is forgotten, or whose thread ends under it (`exit(0)` in the code under test), cannot report
//! by panicking: nobody is there. The thread's own end is: there, an open scenario aborts the process, after its
//! name. What a thread's end cannot see (`exit` on another thread, a verdict that `#[should_panic]` has eaten)
//! is told to the hook of `unplugged-exit-guard`, if there is one.

use std::{
    cell::RefCell,
    io::Write,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use super::texts;
use crate::fault::Violation;

/// Told of everything that must be in order when the process ends. For `unplugged-exit-guard`.
#[doc(hidden)]
pub trait ExitHook: Send + Sync {
    /// A scenario or a log begins; `id` is its own.
    fn opened(&self, id: usize, what: &str);
    /// It was verified, or its end was reported otherwise.
    fn closed(&self, id: usize);
    /// A violation was raised; somebody may catch it.
    fn violated(&self, text: &str);
}

static HOOK: OnceLock<&'static dyn ExitHook> = OnceLock::new();

/// Sets the hook, once.
#[doc(hidden)]
pub fn set_exit_hook(hook: &'static dyn ExitHook) {
    let _kept = HOOK.set(hook);
}

/// A violation is raised: told to the hook, since somebody may catch it.
pub(super) fn violated(fault: &Violation) {
    if let Some(hook) = HOOK.get() {
        hook.violated(&fault.to_string());
    }
}

/// Tells the hook, and panics.
#[track_caller]
pub(super) fn raise(fault: &Violation) -> ! {
    violated(fault);
    fault.raise()
}

/// Something that must be closed before its thread ends.
pub(super) struct Open(Arc<Opened>);

struct Opened {
    what: String,
    is_open: AtomicBool,
}

impl Open {
    pub(super) fn new(what: String) -> Self {
        let opened = Arc::new(Opened { what, is_open: AtomicBool::new(true) });
        if let Some(hook) = HOOK.get() {
            hook.opened(Arc::as_ptr(&opened).addr(), &opened.what);
        }
        let noted = OPEN.try_with(|open| {
            let mut open = open.0.borrow_mut();
            open.retain(|known| known.is_open.load(Ordering::Acquire));
            open.push(Arc::clone(&opened));
        });
        noted.unwrap_or_else(|_| abort(&opened.what)); // the thread ends already
        Self(opened)
    }

    pub(super) fn close(&self) {
        self.0.is_open.store(false, Ordering::Release);
        if let Some(hook) = HOOK.get() {
            hook.closed(Arc::as_ptr(&self.0).addr());
        }
    }
}

thread_local! {
    static OPEN: OfThread = const { OfThread(RefCell::new(Vec::new())) };
}

/// What is open on this thread.
struct OfThread(RefCell<Vec<Arc<Opened>>>);

impl Drop for OfThread {
    fn drop(&mut self) {
        for opened in self.0.get_mut() {
            if opened.is_open.load(Ordering::Acquire) {
                abort(&opened.what);
            }
        }
    }
}

fn abort(what: &str) -> ! {
    let _untold = std::io::stderr().write_all(texts::forgotten(what).as_bytes());
    std::process::abort()
}
