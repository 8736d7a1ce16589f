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

/// The exit code of a failed test process, as libtest has it.
const FAILED: i32 = 101;

static GUARD: Guard = Guard {
    open: Mutex::new(BTreeMap::new()),
    violations: Mutex::new(Vec::new()),
    is_child: AtomicBool::new(false),
};

thread_local! {
    /// True on the thread that armed the guard, which runs `main`.
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
    /// Returns the report of all failures, if there are any.
    fn failures(&self) -> Option<String> {
        let mut text = String::new();
        // A test harness exits on the thread of `main`, after all tests.
        if !IS_MAIN.get() && !self.is_child.load(Ordering::Relaxed) {
            text.push_str(
                "a call of `exit` ended the process before the test harness did: the remaining tests did not run\n  \
                 next     let the code under test hold the fake exit of `Process`\n",
            );
        }
        for what in lock(&self.open).values() {
            let _ = writeln!(text, "{what} is still open at the end of the process");
        }
        for violation in &*lock(&self.violations) {
            let _ = writeln!(text, "a violation was raised in this process:\n{violation}");
        }
        (!text.is_empty()).then_some(text)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Arms the guard. The line `use unplugged_exit_guard as _;` calls it before `main`. Another call does nothing; it is
/// needed only where the loader has no list of constructors.
pub fn arm() {
    static ARMED: Once = Once::new();
    ARMED.call_once(|| {
        IS_MAIN.set(true);
        set_exit_hook(&GUARD);
        platform::at_exit();
    });
}

/// Runs when the process ends by `exit` or by the end of `main`.
extern "C" fn at_exit() {
    if let Some(text) = GUARD.failures() {
        let _ = std::io::stderr().write_all(text.as_bytes());
        platform::end(FAILED);
    }
}

#[cfg(any(unix, windows))]
#[expect(unsafe_code, reason = "the C library's `atexit` and `_exit`, and the loader's list of constructors")]
mod platform {
    extern "C" fn arm() {
        super::arm();
    }

    // SAFETY: each section is the loader's list of pointers to functions without arguments, which it calls before
    // `main`; `arm` is one, and needs nothing of std that `main` sets up.
    #[used]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
    #[cfg_attr(all(unix, not(target_vendor = "apple")), unsafe(link_section = ".init_array"))]
    static CONSTRUCTOR: extern "C" fn() = arm;

    pub(super) fn at_exit() {
        // SAFETY: `at_exit` has the type that `atexit` takes, is static and does not unwind: it only reads behind the
        // locks, and writes.
        unsafe { libc::atexit(super::at_exit) };
    }

    pub(super) fn end(status: i32) -> ! {
        // SAFETY: ends the process at once, and requires no state.
        unsafe { libc::_exit(status) }
    }
}

#[cfg(not(any(unix, windows)))]
mod platform {
    pub(super) fn at_exit() {
        let _ = super::at_exit;
    }

    pub(super) fn end(_status: i32) {}
}
