#![doc = include_str!("../README.md")]

use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt::Write as _,
    io::Write as _,
    sync::{
        Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use unplugged::__private::{ExitHook, set_exit_hook};

/// The exit code of a process in which something was wrong. libtest has the same.
const RED: i32 = 101;

static GUARD: Guard = Guard {
    open: Mutex::new(BTreeMap::new()),
    violations: Mutex::new(Vec::new()),
    is_child: AtomicBool::new(false),
};

thread_local! {
    /// The thread that armed the guard: the one that runs `main`.
    static IS_MAIN: Cell<bool> = const { Cell::new(false) };
}

struct Guard {
    open: Mutex<BTreeMap<usize, String>>,
    violations: Mutex<Vec<String>>,
    is_child: AtomicBool,
}

impl ExitHook for Guard {
    fn opened(&self, id: usize, what: &str) {
        lock(&self.open).insert(id, what.to_owned());
    }

    fn closed(&self, id: usize) {
        lock(&self.open).remove(&id);
    }

    fn violated(&self, text: &str) {
        lock(&self.violations).push(text.to_owned());
    }

    fn is_child(&self) {
        self.is_child.store(true, Ordering::Relaxed);
    }
}

impl Guard {
    /// Returns a text of everything that is wrong.
    fn verdict(&self) -> Option<String> {
        let mut text = String::new();
        // A harness ends on the thread of `main`, when all tests have ended.
        if !IS_MAIN.get() && !self.is_child.load(Ordering::Relaxed) {
            text.push_str(
                "the process was ended by `exit` on some thread, and not by the harness: tests are lost\n  \
                 next     let the code under test hold the fake exit of `Process`\n",
            );
        }
        for what in lock(&self.open).values() {
            let _ = writeln!(text, "{what} is still open, and the process ends");
        }
        for violation in &*lock(&self.violations) {
            let _ =
                writeln!(text, "a violation was raised in this process, whatever became of it:\n{violation}");
        }
        (!text.is_empty()).then_some(text)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Arms the guard. The line `use unplugged_exit_guard as _;` does so before `main`. Call it by hand where the loader has
/// no list of constructors; a second call does nothing.
pub fn arm() {
    static ARMED: Once = Once::new();
    ARMED.call_once(|| {
        IS_MAIN.set(true);
        set_exit_hook(&GUARD);
        platform::at_exit();
    });
}

/// Runs when the process ends by `exit` or by the end of `main`.
extern "C" fn judge() {
    if let Some(text) = GUARD.verdict() {
        let _ = std::io::stderr().write_all(text.as_bytes());
        platform::end(RED);
    }
}

#[cfg(any(unix, windows))]
#[expect(unsafe_code, reason = "the C library's `atexit` and `_exit`, and the loader's list of constructors")]
mod platform {
    extern "C" fn arm() {
        super::arm();
    }

    // SAFETY: each section is the loader's list of pointers to functions without arguments, which it calls before
    // `main`; `arm` is one, and uses nothing of std that needs the runtime to be set up.
    #[used]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
    #[cfg_attr(all(unix, not(target_vendor = "apple")), unsafe(link_section = ".init_array"))]
    static CONSTRUCTOR: extern "C" fn() = arm;

    pub(super) fn at_exit() {
        // SAFETY: `judge` is a function of the kind that `atexit` wants, lives as long as the process and does not unwind: it
        // only reads what the locks guard, and writes.
        unsafe { libc::atexit(super::judge) };
    }

    pub(super) fn end(status: i32) -> ! {
        // SAFETY: ends the process at once; there is nothing that it must be in a state for.
        unsafe { libc::_exit(status) }
    }
}

#[cfg(not(any(unix, windows)))]
mod platform {
    pub(super) fn at_exit() {
        let _ = super::judge;
    }

    pub(super) fn end(_status: i32) {}
}
