//! The failure texts of a watch.

use std::fmt;

use crate::{violation::Violation, wait::Wait};

pub(super) fn pending(label: &str, wanted: &str, waits: &[Wait], holders: usize, lost: bool) -> Violation {
    let violation = Violation::new(format!("{label} has not {wanted}: it is still pending"))
        .with_all(waits.iter().map(|wait| ("waits", wait)));
    if lost {
        return violation.with("lost", "its waker has no holder any more: it can never go on");
    }
    if waits.is_empty() {
        let noun = if holders == 1 { "holder" } else { "holders" };
        return violation.with("waits", format!("an unknown leaf ({holders} {noun} of the waker)"));
    }
    violation
}

pub(super) fn stale(label: &str, when_to_ask: &str) -> Violation {
    Violation::new(format!("{label} was woken and has not run since: its outcome is not known yet"))
        .next(when_to_ask)
}

pub(super) fn not_pending(label: &str) -> Violation {
    Violation::new(format!("{label} is not pending: it is done"))
}

pub(super) fn taken(label: &str) -> Violation {
    Violation::new(format!("{label} has given its output away")).next("ask before you await the watch")
}

pub(super) fn panicked(label: &str, wanted: &str, text: &str) -> Violation {
    Violation::new(format!("{label} did not {wanted}: it panicked")).with("panic", text)
}

pub(super) fn failed(label: &str, error: &dyn fmt::Debug) -> Violation {
    Violation::new(format!("{label} did not succeed: it failed")).with("error", format!("{error:?}"))
}

pub(super) fn succeeded(label: &str, value: &dyn fmt::Debug) -> Violation {
    Violation::new(format!("{label} did not fail: it succeeded")).with("value", format!("{value:?}"))
}

pub(super) fn busy(label: &str, limit: u32) -> Violation {
    Violation::new(format!("{label} is never idle: it woke itself more than {limit} times in a row"))
        .next("let it wait for something between two rounds")
}
