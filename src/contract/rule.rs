//! Rules of a contract, and how one is tried: it cannot hang, and its panic is a fault.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use super::{report::Report, texts};
use crate::violation::panic_text;

pub(super) type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Nothing wrong, or what was seen.
pub(super) type Seen = Result<(), String>;

/// How often a rule is polled at most: some wake themselves, so that time does not move.
const POLLS: u32 = 60_000;

/// A rule of a contract over `W`.
pub(super) struct Rule<W> {
    pub(super) name: &'static str,
    /// The rule as a sentence.
    pub(super) says: &'static str,
    pub(super) source: &'static str,
    pub(super) check: for<'a> fn(&'a W) -> LocalFuture<'a, Seen>,
}

/// Makes a rule of an async function.
macro_rules! rule {
    ($name:literal, $check:path, $says:literal, $source:expr) => {
        $crate::contract::rule::Rule {
            name: $name,
            says: $says,
            source: $source,
            check: |world| Box::pin($check(world)),
        }
    };
}
pub(super) use rule;

/// Tries a rule on each of these worlds, which stand for its sides, and writes the result into the report.
pub(super) async fn judge<W>(
    report: &mut Report,
    limit: Duration,
    rule: &Rule<W>,
    worlds: &[(Option<&str>, W)],
) {
    let before = report.faults.len();
    for (side, world) in worlds {
        // Each begins with a fresh budget, at an instant of its own.
        tokio::time::sleep(Duration::from_millis(1)).await;
        if let Err(seen) = tried(limit, || (rule.check)(world)).await {
            report.faults.push(texts::fault(
                &report.subject,
                [rule.name, rule.says, rule.source],
                *side,
                &seen,
            ));
            break;
        }
    }
    if report.faults.len() == before {
        report.held.push(rule.name);
    }
}

/// Runs a check to its end, its panic, or its limit.
async fn tried<'a>(limit: Duration, check: impl FnOnce() -> LocalFuture<'a, Seen>) -> Seen {
    let mut check = check();
    let mut polls = 0;
    let bounded = poll_fn(|cx| {
        polls += 1;
        if polls > POLLS {
            return Poll::Ready(Err(texts::polls_for_ever(POLLS)));
        }
        match catch_unwind(AssertUnwindSafe(|| check.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(panic) => Poll::Ready(Err(texts::panicked(&panic_text(&*panic)))),
        }
    });
    let seen = tokio::time::timeout(limit, bounded).await;
    let seen = seen.unwrap_or_else(|_| Err(texts::not_in_time(limit)));
    // What a broken subject does when it is dropped is its fault, too.
    match catch_unwind(AssertUnwindSafe(|| drop(check))) {
        Ok(()) => seen,
        Err(panic) => seen.and(Err(texts::panicked(&panic_text(&*panic)))),
    }
}

/// Returns an error with this text unless `is_so`.
pub(super) fn ensure(is_so: bool, seen: impl FnOnce() -> String) -> Seen {
    if is_so { Ok(()) } else { Err(seen()) }
}
