//! The failure texts of fake processes and fake exits.

use std::{
    ffi::{OsStr, OsString},
    time::Duration,
};

use unplugged_seam::__private::OutputStream;

use super::calls::Call;
use crate::violation::{SourceLocation, Violation, escaped};

// How a run ended.

pub(super) fn returned_instead(wanted: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("the code did not {wanted}: it returned"))
        .with("made at", made_at)
        .next("its exit was never called; if that is right, say `assert_returned`")
}

pub(super) fn panicked_instead(wanted: &str, text: &str) -> Violation {
    Violation::new(format!("the code did not {wanted}: it panicked")).with("panic", text)
}

pub(super) fn exited_instead(call: Call) -> Violation {
    Violation::new(format!("the code did not return: it exited with {}", call.code))
        .with("called", call.called_at)
}

pub(super) fn wrong_code(call: Call, want: i32) -> Violation {
    Violation::new("the code exited with another code")
        .with("expected", want)
        .with("got", call.code)
        .with("called", call.called_at)
}

/// How many lines of an output a report shows, from its end.
const LAST_LINES: usize = 8;

/// Returns the last lines of an output; nothing of an empty one.
pub(super) fn last_lines(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines.len().saturating_sub(LAST_LINES);
    let before = (shown > 0).then(|| format!("({shown} lines before)"));
    let shown: Vec<String> =
        before.into_iter().chain(lines[shown..].iter().map(|line| (*line).to_owned())).collect();
    (!shown.is_empty()).then(|| shown.join("\n"))
}

pub(super) fn called_again(calls: &[Call]) -> Violation {
    listed(
        Violation::new(format!("the exit was called {} times, and a process ends only once", calls.len())),
        calls,
    )
    .next("the code went on after the first: a real exit cannot be caught")
}

pub(super) fn swallowed(calls: &[Call], then: &str) -> Violation {
    listed(Violation::new("the exit was called, and the code went on"), calls).with("then", then).next(
        "a `catch_unwind`, a thread or a task has swallowed it, as it cannot swallow a real exit; \
         `FakeExit::park` cannot be swallowed either",
    )
}

fn listed(violation: Violation, calls: &[Call]) -> Violation {
    calls.iter().fold(violation, |violation, call| {
        violation.with("called", format!("with {}, at {}", call.code, call.called_at))
    })
}

pub(super) fn still_held(holders: usize, made_at: SourceLocation) -> Violation {
    Violation::new(format!("the code returned, and its exit is still held by {holders}"))
        .with("made at", made_at)
        .next("a thread, a task, a static or the returned value can still call it: join it or drop it")
}

pub(super) fn unportable(call: Call) -> Violation {
    let seen = call.code.rem_euclid(256);
    Violation::new(format!("the exit was called with {}, which a Unix parent sees as {seen}", call.code))
        .with("called", call.called_at)
        .next("exit with 0 to 255")
}

pub(super) fn stuck(limit: Duration, made_at: SourceLocation) -> Violation {
    Violation::new(format!("the code neither exited nor returned within {limit:?} of real time"))
        .with("made at", made_at)
        .next("it waits for something, or needs longer: `park_within`")
}

pub(super) fn unasked(how: &str, made_at: SourceLocation) -> Violation {
    Violation::new("the test never asked how a run with a fake exit ended")
        .with("ended", how)
        .with("made at", made_at)
        .next("ask with `assert_code` or `assert_returned`")
}

// The fake exit.

pub(super) fn outside_of_the_run(
    code: i32,
    over: bool,
    called_at: SourceLocation,
    made_at: SourceLocation,
) -> Violation {
    let when = if over { "after the run of its fake was over" } else { "before its fake was run" };
    Violation::new(format!("the exit was called with {code} {when}"))
        .with("called", called_at)
        .with("made at", made_at)
        .next("run all that may exit inside of `run` or `catch`")
}

/// Bytes that a destructor wrote: a real exit runs none.
pub(super) fn written_while_exiting(
    output: OutputStream,
    bytes: &[u8],
    code: i32,
    called_at: SourceLocation,
) -> Violation {
    let output = match output {
        OutputStream::Stdout => "stdout",
        OutputStream::Stderr => "stderr",
    };
    Violation::new(format!(
        "`{output}` was written to while the exit with {code} unwound: a real exit loses that"
    ))
    .with("written", escaped(bytes))
    .with("exit", called_at)
    .next("flush a `BufWriter`, and say what a destructor says, before the exit")
}

pub(super) fn while_unwinding(code: i32, called_at: SourceLocation) -> Violation {
    Violation::new(format!("the exit was called with {code} while its thread unwinds: this process aborts"))
        .with("called", called_at)
        .next("a fake exit cannot unwind out of a `Drop` in a panic: use `FakeExit::park`")
}

pub(super) fn never_run(made_at: SourceLocation) -> Violation {
    Violation::new("a fake exit was made and never run")
        .with("made at", made_at)
        .next("run the code under test inside of `catch`")
}

pub(super) fn dropped_unfinished(made_at: SourceLocation) -> Violation {
    Violation::new("a run with a fake exit was dropped before it ended")
        .with("made at", made_at)
        .next("await it to its end")
}

/// Panics where nothing can unwind.
#[track_caller]
pub(super) fn needs_unwinding() {
    if cfg!(panic = "abort") {
        cannot_unwind().raise();
    }
}

fn cannot_unwind() -> Violation {
    Violation::new("a fake exit unwinds, and this program is built with `panic = \"abort\"`")
        .next("use `FakeExit::park`, or build the test with `panic = \"unwind\"`")
}

// The fake process: what the code does.

pub(super) fn variable(name: &OsStr) -> String {
    format!("the variable {name:?}")
}

pub(super) fn undeclared(what: &str, call: &str, used_at: SourceLocation) -> Violation {
    Violation::new(format!("{what}, and the test has declared none"))
        .with("used at", used_at)
        .next(format!("if that is right, declare it: `{call}`"))
}

pub(super) fn undeclared_variable<'a>(
    name: &OsStr,
    declared: impl Iterator<Item = &'a OsString>,
    used_at: SourceLocation,
) -> Violation {
    let declared: Vec<String> = declared.map(|name| format!("{name:?}")).collect();
    let declared = if declared.is_empty() { "none".to_owned() } else { declared.join(", ") };
    Violation::new(format!("{} was read, and is not declared", variable(name)))
        .with("declared", declared)
        .with("used at", used_at)
        .next("if that is right, declare it: `env`, or `env_absent`")
}

pub(super) fn exhausted(
    wanted: usize,
    left: usize,
    used_at: SourceLocation,
    made_at: SourceLocation,
) -> Violation {
    Violation::new(format!("{wanted} bytes of entropy were drawn, and {left} are left"))
        .with("declared", made_at)
        .with("used at", used_at)
        .next("declare as many as are drawn")
}

// The fake process: what is left.

pub(super) fn never_read(what: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("{what} was declared, and never read")).with("declared", made_at)
}

pub(super) fn unread(what: &str, left: &[u8], made_at: SourceLocation) -> Violation {
    Violation::new(format!("{what} was not read to its end"))
        .with("left", escaped(left))
        .with("declared", made_at)
}

pub(super) fn untaken(name: &str, bytes: &[u8]) -> Violation {
    Violation::new(format!("the test never took the output to {name}"))
        .with("written", escaped(bytes))
        .next(format!("compare it: `take_{name}`"))
}

pub(super) fn never_broke(name: &str, left: usize, made_at: SourceLocation) -> Violation {
    Violation::new(format!("{name} was to break, and no write came after that"))
        .with("left", format!("{left} bytes"))
        .with("declared", made_at)
}

pub(super) fn never_short(name: &str, at_most: usize, made_at: SourceLocation) -> Violation {
    Violation::new(format!("{name} was to take at most {at_most} bytes a write, and no write was longer"))
        .with("declared", made_at)
}

pub(super) fn never_given() -> Violation {
    Violation::new("the process was never handed out").next("`run` the code under test with it")
}

pub(super) fn process_held(given_at: SourceLocation) -> Violation {
    Violation::new("parts of the process are still held, and can still be used")
        .with("given", given_at)
        .next("a thread, a task, a static or the test holds one: join it or drop it")
}

/// One fault as it is, several under one headline.
pub(super) fn all(mut faults: Vec<Violation>, made_at: SourceLocation) -> Option<Violation> {
    let fault = faults.pop()?;
    if faults.is_empty() {
        return Some(fault.with("made at", made_at));
    }
    faults.push(fault);
    let headline = format!("a fake process has {} faults", faults.len());
    let listed = faults.iter().fold(Violation::new(headline), |all, fault| all.with("fault", fault));
    Some(listed.with("made at", made_at))
}

pub(super) fn unfinished(faults: Vec<Violation>, made_at: SourceLocation) -> Violation {
    faults
        .iter()
        .fold(Violation::new("a fake process was dropped without a verdict"), |all, fault| {
            all.with("fault", fault)
        })
        .with("made at", made_at)
        .next("end the test with `finish`")
}

// The fake process: misuse.

pub(super) fn given_twice(before: SourceLocation, here: SourceLocation) -> Violation {
    Violation::new("the process was given twice, and there is one of it")
        .with("given", before)
        .with("again", here)
        .next("make a fake process for each run")
}

pub(super) fn declared_twice(what: &str, before: SourceLocation) -> Violation {
    Violation::new(format!("{what} is declared twice")).with("declared", before)
}

pub(super) fn bad_variable(name: &OsStr) -> Violation {
    Violation::new(format!("{} cannot exist", variable(name)))
        .next("a name is not empty and holds no `=` and no NUL; a value holds no NUL")
}

pub(super) fn nothing(call: &str) -> Violation {
    Violation::new(format!("`{call}` needs at least one byte"))
}
