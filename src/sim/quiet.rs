//! Panics that are not printed when they come, but in the report of a search or of a scenario.
//!
//! What runs a test in many cases tells of the first that fails, once, when it is done.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    cell::RefCell,
    panic::PanicHookInfo,
    rc::Rc,
};

use crate::violation::panic_text;

thread_local! {
    /// The panics that are not printed on this thread, while some are not.
    static HIDDEN: RefCell<Option<Hidden>> = const { RefCell::new(None) };
}

/// Returns whether a panic of this text is hidden.
type IsHidden = Rc<dyn Fn(&str) -> bool>;

struct Hidden {
    /// The texts of those that came.
    texts: Vec<String>,
    /// Those with such a text. Without it, all.
    only: Option<IsHidden>,
}

/// Runs this, and hides the panics on this thread.
pub(super) fn hiding<R>(run: impl FnOnce() -> R) -> R {
    hiding_some(None, run)
}

/// Runs this, and hides the panics on this thread whose text is one of these: somebody else reports them at the end.
pub(super) fn hiding_only<R>(only: impl Fn(&str) -> bool + 'static, run: impl FnOnce() -> R) -> R {
    if HIDDEN.with_borrow(Option::is_some) {
        return run();
    }
    hiding_some(Some(Rc::new(only)), run)
}

fn hiding_some<R>(only: Option<IsHidden>, run: impl FnOnce() -> R) -> R {
    /// Puts back what was there.
    struct Before(Option<Hidden>);
    impl Drop for Before {
        fn drop(&mut self) {
            HIDDEN.set(self.0.take());
        }
    }
    let _before = Before(HIDDEN.replace(Some(Hidden { texts: Vec::new(), only })));
    run()
}

/// Returns whether the report at the end tells of the panic of this test.
pub(super) fn is_quiet() -> bool {
    HIDDEN.with_borrow(|hidden| {
        hidden.as_ref().is_some_and(|hidden| hidden.only.is_none() || !hidden.texts.is_empty())
    })
}

/// Returns whether this panic is not to be printed.
pub(super) fn hides(info: &PanicHookInfo<'_>) -> bool {
    let Some(only) = HIDDEN.with_borrow(|hidden| hidden.as_ref().map(|hidden| hidden.only.clone())) else {
        return false;
    };
    if Backtrace::capture().status() == BacktraceStatus::Captured {
        return false;
    }
    let text = panic_text(info.payload());
    if ends_the_process(&text) {
        let take = |hidden: &mut Hidden| std::mem::take(&mut hidden.texts);
        let hidden = HIDDEN.with_borrow_mut(|hidden| hidden.as_mut().map(take)).unwrap_or_default();
        hidden.iter().for_each(|text| eprintln!("{text}"));
        return false;
    }
    if only.is_some_and(|is_hidden| !is_hidden(&text)) {
        return false;
    }
    let place = info.location().map_or_else(String::new, ToString::to_string);
    let known = HIDDEN.with_borrow_mut(|hidden| {
        hidden.as_mut().map(|hidden| hidden.texts.push(format!("panicked at {place}:\n{text}")))
    });
    known.is_some()
}

/// Returns whether std says so before it aborts: no report comes after that.
fn ends_the_process(text: &str) -> bool {
    ["panic in a destructor during cleanup", "panic in a function that cannot unwind"].contains(&text)
}
