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

pub(super) fn ready_with_an_error(label: &str, error: &str) -> Violation {
    Violation::new(format!("{label} is done, and failed"))
        .with("error", error)
        .next("ask for the error with `assert_failure()`, or take the output as it is with `into_output()`")
}

pub(super) fn joined_a_failure(label: &str, error: Option<&str>) -> Violation {
    let violation = Violation::new(format!("{label} did not succeed: its value is an `Err`"));
    let violation = error.into_iter().fold(violation, |violation, error| violation.with("error", error));
    violation.next(
        "take it with `into_output()`; of a task, watch `outcome::joined(task)`: `assert_failure` then gives its own error",
    )
}

pub(super) fn succeeded(label: &str, value: &dyn fmt::Debug) -> Violation {
    Violation::new(format!("{label} did not fail: it succeeded")).with("value", format!("{value:?}"))
}

pub(super) fn busy(label: &str, limit: u32) -> Violation {
    Violation::new(format!("{label} is never idle: it woke itself more than {limit} times in a row"))
        .next("let it wait for something between two rounds")
}
