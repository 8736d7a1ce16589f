//! What a scripted peer says of the code under test: every text in one place.

use std::{fmt, time::Duration};

use bytes::Bytes;

use super::{
    play::{Play, Unread},
    script::{Action, Step},
};
use crate::violation::{SourceLocation, Violation, escaped};

/// How many of the steps that are left are listed.
const LISTED: usize = 4;

pub(super) fn differs(play: &Play, expected: &[u8], got: &[u8], at: usize) -> Fault {
    let violation = broken(play, format!("the code's write differs from the script at byte {at}"))
        .with("expected", around(expected, at))
        .with("got", around(got, at));
    located(violation, play, play.at)
}

pub(super) fn ended_within(play: &Play, expected: &[u8], count: usize) -> Fault {
    let headline = format!("the code closed the stream after {count} of {}", length(expected.len()));
    let violation = broken(play, headline).with("expected", around(expected, count)).with("got", {
        let got = &expected[..count];
        around(got, count)
    });
    located(violation, play, play.at)
}

pub(super) fn no_delimiter(play: &Play, delimiter: &Bytes, most: usize, got: &[u8]) -> Fault {
    let headline = format!("no {} within {} of the code's", escaped(delimiter), length(most));
    located(broken(play, headline).with("got", escaped(got)), play, play.at)
}

pub(super) fn ended_before(play: &Play, delimiter: &Bytes, got: &[u8]) -> Fault {
    let headline = format!("the code closed the stream before {}", escaped(delimiter));
    located(broken(play, headline).with("got", escaped(got)), play, play.at)
}

/// The code wrote `got` before it read `early`.
pub(super) fn wrote_ahead(play: &Play, early: &Unread, got: &[u8]) -> Fault {
    let headline = "the code wrote before it read what the peer sends";
    let violation =
        step_of(play, headline, early.step).with("unread", escaped(&early.bytes)).with("got", escaped(got));
    located(violation, play, early.step)
        .with_next("if the code may write ahead, say `pipelined()` in the script")
}

pub(super) fn unexpected(play: &Play, got: &[u8]) -> Fault {
    let headline = format!("the code wrote {} that no step expects", length(got.len()));
    located(broken(play, headline).with("got", escaped(got)), play, play.at)
}

pub(super) fn not_silent(play: &Play, silence: Duration, after: Duration, got: &[u8]) -> Fault {
    let headline = format!("the code wrote {after:?} into a silence of {silence:?}");
    located(broken(play, headline).with("got", escaped(got)), play, play.at)
}

pub(super) fn closed_in_silence(play: &Play, silence: Duration, after: Duration) -> Fault {
    let headline = format!("the code closed the stream {after:?} into a silence of {silence:?}");
    located(broken(play, headline), play, play.at)
}

pub(super) fn unread(play: &Play, unread: &Unread) -> Fault {
    let headline = format!("the code dropped the stream with {} unread", length(unread.bytes.len()));
    let violation = step_of(play, headline, unread.step).with("unread", escaped(&unread.bytes));
    located(violation, play, unread.step)
}

pub(super) fn hung_up(play: &Play) -> Fault {
    let action = play.steps.get(play.at).map(|step| step.action.to_string()).unwrap_or_default();
    let headline = format!("the code dropped the stream before `{action}`");
    located(broken(play, headline), play, play.at)
        .with_next("if the code is the one that closes, script `expect_close()`")
}

pub(super) fn end_not_met(play: &Play) -> Fault {
    let step = play.end_step();
    let headline = format!("the code dropped the stream and never met `{}`", play.steps[step].action);
    located(step_of(play, headline, step), play, step)
        .with_next("if the code is the one that closes, script `expect_close()`")
}

pub(super) fn no_clock(play: &Play) -> Fault {
    located(broken(play, "a step takes time, and no clock is there"), play, play.at)
        .with_next("give the script a clock, `.clock(fake_clock.clone())`, or use the stream in a runtime")
}

pub(super) fn limit(play: &Play, limit: Duration) -> Fault {
    let (what, step) = if play.at < play.steps.len() {
        ("the script is not over", play.at)
    } else if play.unread_count() > 0 {
        ("the code has not read all", play.unread_bytes().step)
    } else {
        ("the code has not met the end", play.end_step())
    };
    let violation = step_of(play, format!("{what} after {limit:?} of real time"), step);
    let next = if play.is_held() {
        "the code still holds the stream: let it end, or raise `real_limit`"
    } else {
        "raise `real_limit`, or let the time of the test be virtual"
    };
    located(violation.with("waits", waiting_for(play)), play, step).with_next(next)
}

pub(super) fn unfinished(play: &Play, started: SourceLocation) -> Violation {
    let headline = format!("peer `{}` was dropped, and nobody asked for its verdict", play.name);
    let mut violation = Violation::new(headline);
    if let Some(Err(fault)) = play.verdict() {
        violation = violation.with("verdict", fault);
    } else {
        violation = violation.with("waits", waiting_for(play));
    }
    violation.with("started", started).with("next", "end the test with `peer.finish().await`")
}

/// What the play waits for: `step 2 of 3, expect b"PING"`.
pub(super) fn waiting_for(play: &Play) -> String {
    match play.steps.get(play.at) {
        Some(step) => format!("step {} of {}, {}", play.at + 1, play.steps.len(), step.action),
        None if play.unread_count() > 0 => format!("the code to read {}", length(play.unread_count())),
        None => "the code to meet the end".into(),
    }
}

fn broken(play: &Play, headline: impl fmt::Display) -> Violation {
    step_of(play, headline, play.at)
}

fn step_of(play: &Play, headline: impl fmt::Display, step: usize) -> Violation {
    Violation::new(format!("peer `{}`: {headline} (step {} of {})", play.name, step + 1, play.steps.len()))
}

/// Adds where the step was written, what is left after it, and how the bytes were cut.
fn located(mut violation: Violation, play: &Play, step: usize) -> Fault {
    violation = violation.with("scripted", play.steps[step].scripted);
    let left = play.steps.iter().enumerate().skip(step + 1);
    let mut texts: Vec<String> =
        left.clone().take(LISTED).map(|(index, step)| format!("{} {}", index + 1, brief(step))).collect();
    if left.len() > LISTED {
        texts.push(format!("and {} more", left.len() - LISTED));
    }
    if !texts.is_empty() {
        violation = violation.with("left", texts.join("; "));
    }
    if play.segmentation.cuts() {
        violation = violation.with("cut", &play.segmentation);
    }
    Fault { violation, now: play.now, next: None }
}

/// A violation, and when it was.
pub(super) struct Fault {
    violation: Violation,
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

    pub(super) fn told(&self) -> Violation {
        let mut violation = self.violation.clone();
        if let Some(now) = self.now {
            violation = violation.with("now", format!("+{now:?}"));
        }
        match self.next {
            Some(next) => violation.with("next", next),
            None => violation,
        }
    }
}

fn brief(step: &Step) -> String {
    match &step.action {
        Action::Expect(bytes) => format!("expect {}", length(bytes.len())),
        Action::Send(bytes) => format!("send {}", length(bytes.len())),
        action => action.to_string(),
    }
}

/// As it is called in the script, with its argument.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expect(bytes) => write!(f, "expect {}", escaped(bytes)),
            Self::ExpectUntil { delimiter, most } => {
                write!(f, "expect_until {} within {}", escaped(delimiter), length(*most))
            }
            Self::ExpectNothing(time) => write!(f, "expect_nothing_for {time:?}"),
            Self::ExpectClose => f.write_str("expect_close"),
            Self::Send(bytes) => write!(f, "send {}", escaped(bytes)),
            Self::Wait(time) => write!(f, "wait {time:?}"),
            Self::CloseWrite => f.write_str("close_write"),
            Self::Close => f.write_str("close"),
            Self::Reset => f.write_str("reset"),
        }
    }
}

pub(super) fn length(bytes: usize) -> String {
    if bytes == 1 { "1 byte".into() } else { format!("{bytes} bytes") }
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
