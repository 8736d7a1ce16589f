//! Failure texts of searches.

use std::fmt;

use super::case::Failure;
use crate::{seed::Seed, violation::Violation};

pub(super) fn bad_variable(search: &str, name: &str, error: &dyn fmt::Display) -> Violation {
    Violation::new(format!("explore::{search}: {name}: {error}"))
}

pub(super) fn seed_fails(seed: Seed, passed: usize, failure: Failure, replay: &str) -> Violation {
    let after = match passed {
        0 => String::new(),
        passed => format!(", after {passed} that passed"),
    };
    let violation = Violation::new(format!("explore::seeds: seed {seed} fails{after}"));
    failure.told_in(violation).with("replay", replay)
}

pub(super) fn no_seed() -> Violation {
    Violation::new("explore::seeds: there is no seed to run")
        .next("give it some; if `UNPLUGGED_SEARCH` asks for a share, there are fewer seeds than shares")
}

pub(super) fn unless_run_fails<R>(ran: Result<R, Failure>, run: &str, replay: &str) -> Result<R, Violation> {
    ran.map_err(|failure| {
        let violation = Violation::new(format!("explore::determinism: the {run} run fails"));
        failure.told_in(violation).with("replay", replay)
    })
}

pub(super) fn nothing_recorded(seed: Seed) -> Violation {
    Violation::new("explore::determinism: nothing was recorded, so that nothing can be compared")
        .with("now", format!("seed {seed}"))
        .next("use the sim's clock, tasks and pipes, or report events of your own with `trace::record`")
}

pub(super) fn differs(
    index: usize,
    before: &str,
    sides: [&dyn fmt::Display; 2],
    seed: Seed,
    replay: &str,
) -> Violation {
    let [first, second] = sides;
    let mut violation =
        Violation::new(format!("explore::determinism: two runs of one seed differ at event {index}"))
            .with("first", first)
            .with("second", second);
    if !before.is_empty() {
        violation = violation.with("before", before);
    }
    violation.with("seed", seed).with("replay", replay).next(
        "look between the last event before and this one for the order of a `HashMap`, a random number, \
             `select!`, the real time, another thread",
    )
}

pub(super) fn case_fails(
    search: &str,
    number: usize,
    of: Option<usize>,
    case: &dyn fmt::Display,
    failure: Failure,
    replay: &str,
) -> Violation {
    let of = of.map(|of| format!(" of {of}")).unwrap_or_default();
    let violation = Violation::new(format!("explore::{search}: case {number}{of} fails: {case}"));
    failure.told_in(violation).with("replay", replay)
}

pub(super) fn no_case(search: &str, asked: Option<usize>, of: usize) -> Violation {
    match asked {
        None => Violation::new(format!("explore::{search}: there is no case to run")),
        Some(asked) => {
            Violation::new(format!("explore::{search}: there is no case {asked}: the last is {of}"))
                .next("unset `UNPLUGGED_CASE`; it counts for each search, so let a test hold one of them")
        }
    }
}

pub(super) fn not_as_often(after: usize) -> Violation {
    Violation::new(format!("the future was done before its wait {after}"))
        .next("it does not wait as often in every run: see `explore::determinism`")
}

pub(super) fn waits_too_often(waits: usize, most: usize) -> Violation {
    Violation::new(format!(
        "explore::cancellations: the future waits {waits} times, and {most} are the most to search"
    ))
    .next("let it do less")
}

pub(super) fn stream_not_used() -> Violation {
    Violation::new(
        "explore::faults: the run did no operation on the stream that it was given, so that none can fail",
    )
    .next("hand the first stream to the code under test, and keep the second")
}

pub(super) fn no_cut_made() -> Violation {
    Violation::new("explore::splits: the run cut no bytes: the `Segmentation` that it was given was not used")
        .next(
            "hand it to `Pipe::builder().segmentation(cut)`, `PeerScript::segmentation` or `TestConnection`",
        )
}

pub(super) fn in_no_case(search: &str, ran: &dyn fmt::Display) -> String {
    format!("explore::{search}: in none of {ran}")
}

pub(super) fn fault_not_reached(case: &dyn fmt::Display) -> Violation {
    Violation::new(format!("the run never came to where {case}"))
        .next("it does not do the same in every run: see `explore::determinism`")
}

pub(super) fn other_count(ran: &dyn fmt::Display, search: &str, expected: usize) -> Violation {
    Violation::new(format!("explore::{search}: {ran} ran, and {expected} were expected"))
        .next("if the code does more or less than it did, and should, say the new number")
}
