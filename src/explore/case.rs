//! One case: runs it, and keeps how it failed.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread,
};

use crate::{
    Sim,
    sim::{self, SimBuilder},
    violation::{Violation, panic_text, without_counts},
};

/// How a case failed: its panic's text, and what the sim can add to it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) text: String,
    context: Vec<(&'static str, String)>,
}

impl Failure {
    /// Adds it to a report, each fact once.
    pub(super) fn told_in(self, violation: Violation) -> Violation {
        let Self { text, context } = self;
        let is_new =
            |label: &str| !text.lines().any(|line| line.trim_start().starts_with(&format!("{label:<8} ")));
        let context: Vec<_> = context.into_iter().filter(|(label, _)| is_new(label)).collect();
        context
            .into_iter()
            .fold(violation.with("failure", text), |violation, (label, fact)| violation.with(label, fact))
    }

    /// Runs the case again, to see whether it is to blame.
    pub(super) fn again<R>(self, run: impl FnOnce() -> Result<R, Self>) -> Failed {
        let again = match run() {
            Ok(_) => Again::Passes,
            Err(Self { text, .. }) if without_counts(&text) == without_counts(&self.text) => Again::Fails,
            Err(Self { text, .. }) => Again::FailsOtherwise(text),
        };
        Failed { first: self, again }
    }
}

/// A failure, and what came of a second run of the same case.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) first: Failure,
    pub(super) again: Again,
}

/// The result of a second run.
#[derive(Clone, Debug)]
pub(super) enum Again {
    Fails,
    /// With this text.
    FailsOtherwise(String),
    Passes,
}

/// Runs `case`. Its panics are not printed: the search tells of the first that fails.
pub(super) fn attempt<R>(case: impl FnOnce() -> R) -> Result<R, Failure> {
    sim::quietly(|| catch_unwind(AssertUnwindSafe(case)))
        .map_err(|payload| Failure { text: panic_text(&*payload), context: Vec::new() })
}

/// Runs `case` in a sim of its own.
pub(super) fn in_sim<R>(builder: SimBuilder, case: impl FnOnce(Sim) -> R) -> Result<R, Failure> {
    let sim = builder.build();
    let kept = sim.handle(); // so that the sim ends after its facts are taken
    let outcome = attempt(|| case(sim))
        .map_err(|failure| Failure { context: kept.facts_of_panic(&failure.text), ..failure });
    let ended = attempt(|| kept.end());
    outcome.and_then(|result| ended.map(|()| result))
}

/// Runs `case`; on a thread of its own where a sim decides what foreign code draws. Such code keeps some of it per
/// thread (std the keys of its maps, `rand` its generators), and a case must not depend on those before it. Elsewhere
/// that would gain nothing, and cost as much as a small case.
pub(super) fn apart<R: Send>(name: String, case: impl FnOnce() -> R + Send) -> R {
    if !sim::is_asked() {
        return case();
    }
    alone(name, case)
}

/// Runs `case` on a thread of its own.
pub(super) fn alone<R: Send>(name: String, case: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name(name).spawn_scoped(scope, case);
        let thread = thread.unwrap_or_else(|error| panic!("a search needs a thread for each case: {error}"));
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
