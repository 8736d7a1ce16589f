//! Panics that are not printed when they come, but in the report of a search.
//!
//! What runs a test in many cases tells of the first that fails, once, when it is done.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    cell::RefCell,
    panic::PanicHookInfo,
};

use crate::violation::panic_text;

thread_local! {
    /// The texts of the panics that were not printed on this thread, while some are not.
    static HIDDEN: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Runs this, and hides the panics on this thread.
pub(super) fn hiding<R>(run: impl FnOnce() -> R) -> R {
    /// Puts back what was there.
    struct Before(Option<Vec<String>>);
    impl Drop for Before {
        fn drop(&mut self) {
            HIDDEN.set(self.0.take());
        }
    }
    let _before = Before(HIDDEN.replace(Some(Vec::new())));
    run()
}

pub(super) fn is_quiet() -> bool {
    HIDDEN.with_borrow(Option::is_some)
}

/// Returns whether this panic is not to be printed.
pub(super) fn hides(info: &PanicHookInfo<'_>) -> bool {
    if !is_quiet() || Backtrace::capture().status() == BacktraceStatus::Captured {
        return false;
    }
    let text = panic_text(info.payload());
    if ends_the_process(&text) {
        let hidden = HIDDEN.with_borrow_mut(|hidden| hidden.as_mut().map(std::mem::take)).unwrap_or_default();
        hidden.iter().for_each(|text| eprintln!("{text}"));
        return false;
    }
    let place = info.location().map_or_else(String::new, ToString::to_string);
    let known = HIDDEN.with_borrow_mut(|hidden| {
        hidden.as_mut().map(|hidden| hidden.push(format!("panicked at {place}:\n{text}")))
    });
    known.is_some()
}

/// Returns whether std says so before it aborts: no report comes after that.
fn ends_the_process(text: &str) -> bool {
    ["panic in a destructor during cleanup", "panic in a function that cannot unwind"].contains(&text)
}
