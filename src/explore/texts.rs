//! Failure texts of searches.

use std::fmt;

use super::case::{Again, Failed};
use crate::{seed::Seed, violation::Violation};

pub(super) fn bad_variable(search: &str, name: &str, error: &dyn fmt::Display) -> Violation {
    Violation::new(format!("explore::{search}: {name}: {error}"))
}

/// The lines that run a case again.
pub(super) type Replay = Vec<(&'static str, String)>;

/// Where to look if two runs of one case end otherwise.
pub(crate) const NOT_THE_CAUSE: &str = "look for what differs from run to run with `explore::determinism`: the real time, a static, a file, \
     another thread; on Linux `interpose!` of `unplugged-system` gives other crates the randomness and the time of the sim";

pub(super) fn seed_fails(seed: Seed, passed: usize, failed: Failed, replay: Replay) -> Violation {
    let after = match passed {
        0 => String::new(),
        passed => format!(", after {passed} that passed"),
    };
    case_of("seeds", &format!("seed {seed}"), "seed", &after, failed, replay)
}

/// A case that failed, and ran a second time.
fn case_of(search: &str, case: &str, what: &str, after: &str, failed: Failed, replay: Replay) -> Violation {
    let Failed { first, again } = failed;
    match again {
        Again::Passes => {
            let headline = format!(
                "explore::{search}: {case} failed and passes when it runs again, so the {what} is not the cause{after}"
            );
            first.told_in(Violation::new(headline)).next(NOT_THE_CAUSE)
        }
        Again::Fails => {
            first.told_in(Violation::new(format!("explore::{search}: {case} fails{after}"))).with_all(replay)
        }
        Again::FailsOtherwise(text) => {
            let headline =
                format!("explore::{search}: {case} fails{after}, and otherwise when it runs again");
            first.told_in(Violation::new(headline)).with("again", text).with_all(replay).next(NOT_THE_CAUSE)
        }
    }
}

pub(super) fn no_seed() -> Violation {
    Violation::new("explore::seeds: there is no seed to run")
        .next("give it some; if `UNPLUGGED_SEARCH` asks for a share, there are fewer seeds than shares")
}

pub(super) fn run_fails(failed: Failed, run: &str, replay: Replay) -> Violation {
    let Failed { first, again } = failed;
    let other = if run == "first" { "second" } else { "first" };
    match again {
        Again::Fails => {
            first.told_in(Violation::new("explore::determinism: both runs fail")).with_all(replay)
        }
        Again::FailsOtherwise(text) => {
            let violation = Violation::new("explore::determinism: both runs fail, each otherwise");
            first.told_in(violation).with("second", text).with_all(replay).next(WHERE_TO_LOOK)
        }
        Again::Passes => {
            let headline = format!("explore::determinism: the {run} run fails, and the {other} passes");
            first.told_in(Violation::new(headline)).with_all(replay).next(WHERE_TO_LOOK)
        }
    }
}

const WHERE_TO_LOOK: &str =
    "look for the order of a `HashMap`, a random number, `select!`, the real time, another thread";

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
    replay: Replay,
) -> Violation {
    let [first, second] = sides;
    let mut violation =
        Violation::new(format!("explore::determinism: two runs of one seed differ at event {index}"))
            .with("first", first)
            .with("second", second);
    if !before.is_empty() {
        violation = violation.with("before", before);
    }
    let has_date = [first, second].iter().all(|side| side.to_string().to_lowercase().contains("date: "));
    violation.with("seed", seed).with_all(replay).next(if has_date { DATE_DIFFERS } else { EVENTS_DIFFER })
}

const EVENTS_DIFFER: &str = "look between the last event before and this one for the order of a `HashMap`, a random number, \
     `select!`, the real time, another thread";

const DATE_DIFFERS: &str = "a `date` header has the real time: on Linux `interpose!(clocks)` of `unplugged-system` gives the \
     code the time of the sim";

pub(super) fn case_fails(
    search: &str,
    number: usize,
    of: Option<usize>,
    case: &dyn fmt::Display,
    failed: Failed,
    replay: Replay,
) -> Violation {
    let of = of.map(|of| format!(" of {of}")).unwrap_or_default();
    case_of(search, &format!("case {number}{of}"), "case", &format!(": {case}"), failed, replay)
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

pub(super) fn never_waits() -> Violation {
    Violation::new(
        "explore::cancellations: the future never waits: there is no wait in which it could be dropped",
    )
    .next("give it a future with an `.await` that is pending: a stream of `pipe`, a sleep, a channel")
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
