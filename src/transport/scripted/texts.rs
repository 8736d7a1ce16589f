//! The failure texts of scripted peers.

use std::{fmt, time::Duration};

use super::step::{Action, Step, length};
use crate::{
    transport::segmentation::Segmentation,
    violation::{SourceLocation, Violation, escaped},
};

/// How many of the remaining steps are listed.
const LISTED: usize = 4;

/// How far a script has come, for a failure text.
pub(super) struct Scene<'a> {
    pub(super) name: &'a str,
    pub(super) steps: &'a [Step],
    /// The index of the current step.
    pub(super) at: usize,
    /// How many bytes are sent and not read, and the index of the step that sent the first.
    pub(super) unread: usize,
    pub(super) unread_step: Option<usize>,
    pub(super) segmentation: &'a Segmentation,
    pub(super) now: Option<Duration>,
}

impl Scene<'_> {
    /// Shows what the script waits for: `step 2 of 3, expect b"PING"`.
    pub(super) fn waiting_for(&self) -> String {
        match self.steps.get(self.at) {
            Some(step) => format!("step {} of {}, {}", self.at + 1, self.steps.len(), step.action),
            None if self.unread > 0 => format!("the code to read {}", length(self.unread)),
            None => "the code to see the end".into(),
        }
    }

    /// A violation in the current step.
    fn broken(&self, headline: impl fmt::Display) -> Violation {
        self.broken_at(headline, self.at)
    }

    fn broken_at(&self, headline: impl fmt::Display, step: usize) -> Violation {
        let Self { name, steps, .. } = self;
        Violation::new(format!("peer `{name}`: {headline} (step {} of {})", step + 1, steps.len()))
    }

    fn fault(&self, violation: Violation) -> Fault {
        self.fault_at(violation, self.at)
    }

    /// Adds where the step was written, what is left after it, and how the bytes are cut.
    fn fault_at(&self, mut violation: Violation, step: usize) -> Fault {
        violation = violation.with("scripted", self.steps[step].scripted);
        let left = self.steps.iter().enumerate().skip(step + 1);
        let mut texts: Vec<String> = left
            .clone()
            .take(LISTED)
            .map(|(index, step)| format!("{} {}", index + 1, step.brief()))
            .collect();
        if left.len() > LISTED {
            texts.push(format!("and {} more", left.len() - LISTED));
        }
        if !texts.is_empty() {
            violation = violation.with("left", texts.join("; "));
        }
        if self.segmentation.cuts() {
            violation = violation.with("cut", self.segmentation);
        }
        Fault { violation: Box::new(violation), now: self.now, next: None }
    }

    /// The index of the step that ends what the peer sends.
    fn end_step(&self) -> usize {
        self.steps.iter().position(Step::ends_sending).unwrap_or(self.steps.len() - 1)
    }
}

/// A violation, and when it happened.
pub(super) struct Fault {
    violation: Box<Violation>,
    now: Option<Duration>,
    next: Option<&'static str>,
}

impl Fault {
    fn with_next(self, next: &'static str) -> Self {
        Self { next: Some(next), ..self }
    }

    pub(super) fn headline(&self) -> &str {
        self.violation.headline()
    }

    /// The violation with its time and its `next`.
    pub(super) fn to_violation(&self) -> Violation {
        let mut violation = Violation::clone(&self.violation);
        if let Some(now) = self.now {
            violation = violation.with("now", format!("+{now:?}"));
        }
        match self.next {
            Some(next) => violation.next(next),
            None => violation,
        }
    }
}

// The code under test.

pub(super) fn differs(scene: &Scene<'_>, expected: &[u8], got: &[u8], at: usize) -> Fault {
    let violation = scene
        .broken(format_args!("the code's write differs from the script at byte {at}"))
        .with("expected", around(expected, at))
        .with("got", around(got, at));
    scene.fault(violation)
}

pub(super) fn ended_within(scene: &Scene<'_>, expected: &[u8], count: usize) -> Fault {
    let length = length(expected.len());
    let violation = scene
        .broken(format_args!("the code closed the stream after {count} of {length}"))
        .with("expected", around(expected, count))
        .with("got", around(&expected[..count], count));
    scene.fault(violation)
}

pub(super) fn no_delimiter(scene: &Scene<'_>, delimiter: &[u8], most: usize, got: &[u8]) -> Fault {
    let headline = format!("the code wrote {} without {}", length(most), escaped(delimiter));
    scene.fault(scene.broken(headline).with("got", escaped(got)))
}

pub(super) fn ended_before(scene: &Scene<'_>, delimiter: &[u8], got: &[u8]) -> Fault {
    let headline = format!("the code closed the stream before {}", escaped(delimiter));
    scene.fault(scene.broken(headline).with("got", escaped(got)))
}

/// The code wrote `got` before it read `early`, which `step` sends.
pub(super) fn wrote_ahead(scene: &Scene<'_>, step: usize, early: &[u8], got: &[u8]) -> Fault {
    let violation = scene
        .broken_at("the code wrote before it read what the peer sends", step)
        .with("unread", escaped(early))
        .with("got", escaped(got));
    scene
        .fault_at(violation, step)
        .with_next("if the code may write ahead, say `pipelined(true)` in the script")
}

pub(super) fn unexpected(scene: &Scene<'_>, got: &[u8]) -> Fault {
    let headline = format!("the code wrote {} that no step expects", length(got.len()));
    scene.fault(scene.broken(headline).with("got", escaped(got)))
}

pub(super) fn not_silent(scene: &Scene<'_>, silence: Duration, after: Duration, got: &[u8]) -> Fault {
    let headline = format!("the code wrote {after:?} after a silence of {silence:?} began");
    scene.fault(scene.broken(headline).with("got", escaped(got)))
}

pub(super) fn closed_in_silence(scene: &Scene<'_>, silence: Duration, after: Duration) -> Fault {
    let headline = format!("the code closed the stream {after:?} after a silence of {silence:?} began");
    scene.fault(scene.broken(headline))
}

pub(super) fn unread(scene: &Scene<'_>, unread: &[u8]) -> Fault {
    let step = scene.unread_step.unwrap_or(scene.at);
    let headline = format!("the code dropped the stream with {} unread", length(unread.len()));
    scene.fault_at(scene.broken_at(headline, step).with("unread", escaped(unread)), step)
}

pub(super) fn hung_up(scene: &Scene<'_>) -> Fault {
    let action = scene.steps.get(scene.at).map(|step| step.action.to_string()).unwrap_or_default();
    let violation = scene.broken(format_args!("the code dropped the stream before `{action}`"));
    scene.fault(violation).with_next("if the code is the one that closes, script `expect_close()`")
}

pub(super) fn end_not_met(scene: &Scene<'_>) -> Fault {
    let step = scene.end_step();
    let headline = format!("the code dropped the stream without seeing `{}`", scene.steps[step].action);
    scene
        .fault_at(scene.broken_at(headline, step), step)
        .with_next("if the code is the one that closes, script `expect_close()`")
}

pub(super) fn no_clock(scene: &Scene<'_>) -> Fault {
    scene
        .fault(scene.broken("a step takes time, but there is no clock"))
        .with_next("give the script a clock, `.clock(fake_clock.clone())`, or use the stream in a runtime")
}

/// The real limit has passed. `is_held`: the code has not dropped the stream.
pub(super) fn limit(scene: &Scene<'_>, limit: Duration, is_held: bool) -> Fault {
    let (what, step) = match scene.unread_step {
        _ if scene.at < scene.steps.len() => ("the script is not finished", scene.at),
        Some(step) => ("the code has not read all", step),
        None => ("the code has not seen the end", scene.end_step()),
    };
    let violation = scene.broken_at(format_args!("{what} after {limit:?} of real time"), step);
    let next = if is_held {
        "the code still holds the stream: let it end, or raise `real_limit`"
    } else {
        "raise `real_limit`, or run the test in virtual time"
    };
    scene.fault_at(violation.with("waits", scene.waiting_for()), step).with_next(next)
}

// The test.

pub(super) fn unfinished(
    scene: &Scene<'_>,
    failure: Option<Violation>,
    started: SourceLocation,
) -> Violation {
    let violation = Violation::new(format!("peer `{}` was dropped without `finish`", scene.name));
    let violation = match failure {
        Some(failure) => violation.with("failure", failure),
        None => violation.with("waits", scene.waiting_for()),
    };
    violation.with("started", started).next("end the test with `peer.finish().await`")
}

// The script.

pub(super) fn no_name() -> Violation {
    Violation::new("a scripted peer has no name").next("name it after what it stands for: \"server\"")
}

pub(super) fn empty(name: &str) -> Violation {
    Violation::new(format!("the script of peer `{name}` is empty"))
        .next("add a step: `expect_close()`, if the code closes without writing")
}

pub(super) fn no_end(name: &str, count: usize, last: &Step) -> Violation {
    Violation::new(format!("the script of peer `{name}` does not say how the stream ends"))
        .with("last", format!("{count} {}", last.action))
        .with("scripted", last.scripted)
        .next("end it with `expect_close()`, `close()` or `reset()`")
}

pub(super) fn after_end(name: &str, action: &Action, number: usize, end: &Step) -> Violation {
    let (headline, next) = match (action, &end.action) {
        (_, Action::Close | Action::Reset) => ("the stream has ended", "move it up, or leave it out"),
        (Action::Send(_) | Action::CloseWrite, _) => {
            ("the peer has closed its direction", "move it up, or leave it out")
        }
        (_, _) => ("the code has closed its direction", "move it up: the code cannot write any more"),
    };
    Violation::new(format!("the script of peer `{name}` goes on with `{action}` after {headline}"))
        .with("end", format!("{number} {}", end.action))
        .with("scripted", end.scripted)
        .next(next)
}

pub(super) fn no_bytes(name: &str, call: &str) -> Violation {
    Violation::new(format!("the script of peer `{name}` has {} `{call}` of no bytes", article(call)))
        .next("leave the step out")
}

pub(super) fn no_room(name: &str, delimiter: &[u8], most: usize) -> Violation {
    let (delimiter, most) = (escaped(delimiter), length(most));
    Violation::new(format!("the script of peer `{name}` expects {delimiter}, which is longer than {most}"))
        .next("raise the bound: it counts the delimiter, too")
}

pub(super) fn no_time(name: &str, call: &str) -> Violation {
    Violation::new(format!("the script of peer `{name}` has {} `{call}` of zero", article(call)))
        .next("leave it out, or give a duration")
}

pub(super) fn too_long(name: &str, call: &str, duration: Duration) -> Violation {
    Violation::new(format!("the script of peer `{name}` has {} `{call}` of {duration:?}", article(call)))
        .next("use at most 292 years")
}

fn article(call: &str) -> &'static str {
    if call.starts_with('e') { "an" } else { "a" }
}

/// The bytes, or of many those around the one at `at`.
fn around(bytes: &[u8], at: usize) -> String {
    const BEFORE: usize = 32;
    if at < 128 || bytes.len() <= 256 {
        return escaped(bytes);
    }
    let from = at - BEFORE;
    format!("from byte {from}: {}", escaped(&bytes[from..]))
}
