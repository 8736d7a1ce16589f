//! Failure texts of a sim.

use std::time::Duration;

use super::tokio_clock::{IS_FROZEN, NO_IO};
use crate::{
    leftover::Leftover,
    nanos::offset,
    seed::Seed,
    trace::Event,
    violation::{SourceLocation, Violation},
};

/// Says when a report was made.
pub(super) fn now(now: u64, seed: Seed) -> String {
    format!("{}, seed {seed}", offset(now))
}

pub(super) fn stalled(since: u64, limit: Duration, is_to_idle: bool) -> Violation {
    let what = format!("the sim has stalled: nothing happened for {limit:?} of virtual time");
    let stalled = Violation::new(what).with("since", offset(since));
    match is_to_idle {
        false => stalled,
        true => stalled.next("`run_until_idle` waits for all that is watched and spawned: begin what has no end, as a server does, \
             with `Host::start` or `Sim::spawn_background`",
        ),
    }
}

/// `on_unknown` if what the test waits for is no leaf of the kit's: then no other line of the report tells.
pub(super) fn test_waits(since: u64, limit: Duration, on_unknown: bool) -> Violation {
    let what = format!("the test has waited for {limit:?} of virtual time, while other tasks ran");
    let waits = Violation::new(what).with("since", offset(since));
    let waits = if on_unknown { waits.with("waits", "the test: an unknown leaf") } else { waits };
    waits.next("see what the test waits for; if that may take so long, raise `SimBuilder::limit`")
}

pub(super) fn test_polls(turns: u64) -> Violation {
    Violation::new(format!("the test polls: it ran {turns} times in a row, and only time had passed")).next(
        "let it wait for what it looks for: a channel, a `Notify`, or `Sim::run_until`; ten times `SimBuilder::max_steps_per_instant` turns are allowed",
    )
}

const MOVED: &str = "leave `tokio::time::{pause, advance, resume}` out: a sim's time stands still until `sim.advance(..)` moves all \
                     clocks, and each timer fires at its own instant";

pub(super) fn moved_by_others() -> Violation {
    Violation::new("other code than the sim moved tokio's clock, by `tokio::time::advance` or `resume`")
        .next(MOVED)
}

/// A poll does not return. `ends` if the process ends now, with a failure.
pub(super) fn poll_hangs(who: &str, test: &str, waited: Duration, ends: Option<Duration>) -> Violation {
    let then = match ends {
        None => "the process ends now, with a failure".to_owned(),
        Some(limit) => format!("the process ends with a failure after {limit:?}"),
    };
    Violation::new(format!("a poll has not returned for {waited:?} of real time: {then}"))
        .with("who", who)
        .with("test", test)
        .next(
            "look for a lock that is held over an `await`, a blocking call, or a loop without an `await`; `SimBuilder::blocking_limit` \
             sets the limit",
        )
}

pub(super) fn limit_reached(limit: Duration) -> Violation {
    Violation::new(format!("the sim is still busy after {limit:?} of virtual time"))
        .next("mark timers without an end with `background`, or raise `SimBuilder::limit`")
}

pub(super) fn manual(call_is: &str) -> Violation {
    Violation::new(format!("the test awaits, and its time stands still: {call_is}"))
        .next("in a manual sim time moves only when the test says so: call `advance` before you await")
}

pub(super) fn busy(who: &str, limit: u32) -> Violation {
    Violation::new(format!("{who} is never idle: it was polled more than {limit} times at one instant")).next("it wakes itself again and again: let it wait for something, or raise `SimBuilder::max_steps_per_instant`",
    )
}

pub(super) fn busy_task(limit: u32) -> Violation {
    Violation::new(format!("the sim never settles: some task was polled about {limit} times at one instant"))
        .with("who", "a task that the code spawned by itself: the kit cannot tell which")
        .next("let it wait for something between two rounds; `Sim::spawn` and `Sim::watch` give names")
}

pub(super) fn blocking_unseen() -> Violation {
    Violation::new("a blocking task was started that the sim cannot wait for (`spawn_blocking`, `tokio::fs`, a name look-up)")
        .next("use `Sim::spawn_blocking`, or allow it with `SimBuilder::real_threads(true)`")
}

pub(super) fn thread_hangs(limit: Duration) -> Violation {
    Violation::new(format!("every task waits, and a blocking task is not done after {limit:?} of real time"))
        .with("who", "a thread of `spawn_blocking` or `tokio::fs`: virtual time waits for it")
        .next("it may wait for something that only virtual time brings; let it end, or raise `SimBuilder::blocking_limit`")
}

pub(super) fn blocking_hangs(limit: Duration) -> Violation {
    Violation::new(format!("a blocking task of the sim is not done after {limit:?} of real time"))
        .next("let it end, or raise `SimBuilder::blocking_limit`")
}

/// Where a panic has ended.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum PanicEnd {
    /// In a task that the kit does not know: that is over, or the code in it has caught the panic.
    Unknown,
    /// It ended the task.
    Task,
    /// The code in this task has caught it.
    Caught(String),
}

pub(super) fn task_panicked(text: &str, place: &str, end: &PanicEnd) -> Violation {
    let (headline, task, next) = match end {
        PanicEnd::Task => ("a task of the sim panicked", None, EXPECT),
        PanicEnd::Caught(task) => ("the code in a task of the sim panicked and caught it", Some(task), ALLOW),
        PanicEnd::Unknown => {
            ("a task of the sim panicked, or the code in it caught a panic", None, EXPECT_OR_ALLOW)
        }
    };
    let violation = Violation::new(headline).with("panic", text).with("at", place);
    let violation = violation.with_all(task.map(|task| ("in", task)));
    violation.next(advice(text).unwrap_or(next))
}

const EXPECT: &str = "if that is meant to happen, say `sim.expect_panic(\"...\")` before";
const ALLOW: &str = "if the code is meant to answer panics, allow them: `#[unplugged::test(allow_panics = \"...\")]`, or \
     `SimBuilder::allow_panics`";
const EXPECT_OR_ALLOW: &str = "if a task is meant to panic, say `sim.expect_panic(\"...\")` before; if the code is meant to answer \
     panics, allow them: `#[unplugged::test(allow_panics = \"...\")]`, or `SimBuilder::allow_panics`";

pub(super) fn test_panicked(text: &str) -> Violation {
    let violation = Violation::new("the sim in which the test panicked");
    advice(text).into_iter().fold(violation, |violation, next| violation.next(next))
}

/// Replaces tokio's advice to a runtime without I/O, which is no help in a sim.
fn advice(panic: &str) -> Option<&'static str> {
    const NO_SOCKETS: &str = "a sim refuses real sockets: hand the code a `Host` of `sim.net()`, or allow them by `SimBuilder::real_io`";
    let known = [(NO_IO, NO_SOCKETS), (IS_FROZEN, MOVED)];
    known.into_iter().find(|(words, _)| panic.contains(words)).map(|(_, advice)| advice)
}

pub(super) fn never_began(tasks: Vec<String>) -> Violation {
    let what = if tasks.len() == 1 {
        "a task of the sim".to_owned()
    } else {
        format!("{} tasks of the sim", tasks.len())
    };
    Violation::new(format!("{what} never began: the sim ended first"))
        .with_all(some_of("task", tasks))
        .next("let it run before the sim ends: `sim.settle()` runs all that can run now")
}

/// `failed` is each future with its error.
pub(super) fn failures_unseen(failed: Vec<String>) -> Violation {
    let what = match failed.len() {
        1 => "a watched future failed, and the test has not looked at it".to_owned(),
        several => format!("{several} watched futures failed, and the test has not looked at them"),
    };
    Violation::new(what).with_all(some_of("error", failed)).next(
        "look at it with `assert_failure()`; if the result does not matter, say `sim.watch(..).ignore_result()`",
    )
}

pub(super) fn hook_replaced() -> Violation {
    Violation::new("the panic hook was replaced while the sim ran: panics of its tasks were not heard").next(
        "call the hook of `std::panic::take_hook` from the new one, or put it back before the sim runs on",
    )
}

pub(super) fn panic_missing(text: &str) -> Violation {
    Violation::new(format!("no task panicked with a text that holds {text:?}, and one was expected"))
}

pub(super) fn forgotten(call: &str, called_at: SourceLocation) -> Violation {
    Violation::new(format!("`sim.{call}` was dropped without being awaited: nothing happened"))
        .with("called", called_at)
        .next("add `.await`")
}

pub(super) fn two_targets(call: &str, under_way: &str) -> Violation {
    Violation::new(format!("`sim.{call}` began while `sim.{under_way}` was under way"))
        .next("time moves in one place: await the one before the other")
}

pub(super) fn overflow(call: &str, by: Duration) -> Violation {
    Violation::new(format!("`sim.{call}` by {by:?} would go past the end of the timeline, after 292 years"))
}

pub(super) fn goes_back(now: u64, to: &str) -> Violation {
    Violation::new(format!("`sim.advance_to` would go back in time, from {} to {to}", offset(now)))
}

pub(super) fn real_use(what: &str, used_at: SourceLocation) -> Violation {
    Violation::new(format!("`{what}` is real, and was used on a thread where a sim runs"))
        .with("used at", used_at)
        .next(
            "hand the code `sim.clock()`, `host.clock()` or the process of a `FakeProcess`; a sim with \
             `SimBuilder::real_io` allows what is real",
        )
}

/// In place of tokio's "cannot start a runtime from within a runtime", which comes at the first move only.
pub(super) fn in_a_runtime(of_a_sim: bool) -> Violation {
    match of_a_sim {
        true => Violation::new("a sim was made inside a sim that runs")
            .next("use the sim of the test, or make the second one outside of `run`"),
        false => Violation::new("a sim was made inside a tokio runtime, and a sim is one")
            .next("write `#[unplugged::test]` or `#[test]` in place of `#[tokio::test]`"),
    }
}

pub(super) fn nested() -> Violation {
    Violation::new("`Sim::run` was called from inside a sim that runs").next("await the future instead")
}

/// How many things an audit shows.
const LEFT: usize = 24;

pub(super) fn not_clean(left: &[Leftover], unknown_tasks: usize) -> Violation {
    let things = if left.len() == 1 { "1 thing is".to_owned() } else { format!("{} things are", left.len()) };
    let mut violation = Violation::new(format!("the sim is not clean: {things} left over"));
    for entry in left.iter().take(LEFT) {
        violation = violation.with(entry.kind.label(), entry);
    }
    if left.len() > LEFT {
        violation = violation.with("more", format!("{} more", left.len() - LEFT));
    }
    if unknown_tasks > 0 {
        let tasks = if unknown_tasks == 1 { "1 task".to_owned() } else { format!("{unknown_tasks} tasks") };
        violation =
            violation.with("besides", format!("{tasks} of `tokio::spawn`, which the kit cannot tell"));
    }
    violation.next("drop what the test itself holds, or leave it out with `except_host` or `allow`")
}

/// How many events a report shows. A message makes three: it is sent, arrives, is read.
const SHOWN: usize = 18;

/// How many sockets, timers and waits it shows.
const MOST: usize = 24;

/// The sockets there are, what lets nothing through, and the last of what happened.
pub(super) fn scene(
    sockets: Vec<String>,
    stops: Vec<String>,
    transcript: &[Event],
) -> Vec<(&'static str, String)> {
    let mut lines = some_of("socket", sockets);
    lines.extend(some_of("fault", stops));
    let last = &transcript[transcript.len().saturating_sub(SHOWN)..];
    let last: Vec<String> = last.iter().map(Event::previewed).collect();
    lines.extend((!last.is_empty()).then(|| ("trace", last.join("\n"))));
    lines
}

/// The first of many.
pub(super) fn some_of(label: &'static str, mut lines: Vec<String>) -> Vec<(&'static str, String)> {
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines.into_iter().map(|line| (label, line)).collect()
}

/// Shows the timers that no fact tells of yet.
pub(super) fn timers(
    told: &[(&str, String)],
    timers: Vec<(String, Duration)>,
) -> Vec<(&'static str, String)> {
    let is_new = |timer: &str| !told.iter().any(|(_, text)| text.contains(timer));
    let new = timers.into_iter().filter(|(timer, _)| is_new(timer));
    some_of("timer", new.map(|(timer, since)| format!("{timer}, since +{since:?}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_that_hangs_says_when_the_process_ends() {
        let first = |ends| {
            let text = poll_hangs("`worker`", "it::works", Duration::from_secs(10), ends).to_string();
            text.lines().next().unwrap_or_default().to_owned()
        };
        let begin = "a poll has not returned for 10s of real time: the process ends";
        assert_eq!(first(None), format!("{begin} now, with a failure"));
        assert_eq!(first(Some(Duration::from_secs(60))), format!("{begin} with a failure after 60s"));
    }

    #[test]
    fn the_test_s_own_panic_is_advised_where_tokio_s_words_mislead() {
        let text = test_panicked("A Tokio 1.x context was found, but IO is disabled.").to_string();
        let next = "the sim in which the test panicked\n  next     a sim refuses real sockets: hand the code a `Host` of \
                    `sim.net()`, or allow them by `SimBuilder::real_io`";
        assert_eq!(text.trim_end(), next);
        assert_eq!(
            test_panicked("left == right").to_string().trim_end(),
            "the sim in which the test panicked"
        );
    }
}
