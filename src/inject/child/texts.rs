//! The failure texts of child processes.

use std::{fmt, io};

use bytes::Bytes;

use super::facts::{ChildFacts, Marked};
use crate::violation::{SourceLocation, Violation};

/// Adds how the child ended, what it wrote, and where it was started.
fn about(violation: Violation, child: &ChildFacts) -> Violation {
    let violation = violation.with("ended", child.end());
    let violation = written(violation, "stdout", &child.stdout);
    written(violation, "stderr", &child.stderr).with("made at", child.made_at)
}

/// The end of what it wrote, as text: it is a report of another test as often as not.
fn written(violation: Violation, label: &'static str, bytes: &Bytes) -> Violation {
    const SHOWN: usize = 30;
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let Some(left_out) = lines.len().checked_sub(SHOWN).filter(|more| *more > 0) else {
        return if lines.is_empty() { violation } else { violation.with(label, lines.join("\n")) };
    };
    violation.with(label, format!("... ({left_out} lines)\n{}", lines[left_out..].join("\n")))
}

pub(super) fn never_began(child: &ChildFacts) -> Violation {
    let none = String::from_utf8_lossy(&child.stdout).contains("running 0 tests");
    let headline = if none {
        format!("{} does not exist: the child ran no test", child.name)
    } else {
        format!("{} never began its body in the child", child.name)
    };
    let next = if none {
        "say the name that `cargo test -- --list` prints: the path of modules, without the crate"
    } else {
        "the child's test must come to the same `run`, unfiltered and in the same way as its parent"
    };
    about(Violation::new(headline), child).next(next)
}

pub(super) fn took_too_long(child: &ChildFacts) -> Violation {
    about(Violation::new(format!("{} took too long", child.name)), child)
        .next("it waits for something, or needs longer: `limit`")
}

pub(super) fn another_code(child: &ChildFacts, want: i32) -> Violation {
    let violation = Violation::new(format!("{} ended with another code", child.name)).with("expected", want);
    about(violation, child)
}

pub(super) fn incomplete(child: &ChildFacts) -> Violation {
    let what = match child.marks {
        Marked::Body { .. } => "never came to the end of its body",
        Marked::Line(_) => "never printed its marker",
    };
    about(Violation::new(format!("{} {what}", child.name)), child)
}

pub(super) fn complete(child: &ChildFacts, code: i32) -> Violation {
    let headline = format!("{} was to exit with {code}, and came to the end of its body", child.name);
    about(Violation::new(headline), child).next("nothing exited; if that is right, say `assert_completed`")
}

pub(super) fn panicked(child: &ChildFacts, text: &str) -> Violation {
    let violation = Violation::new(format!("{} panicked, and did not exit", child.name)).with("panic", text);
    about(violation, child)
}

pub(super) fn no_panic(child: &ChildFacts) -> Violation {
    about(Violation::new(format!("{} did not panic", child.name)), child)
}

pub(super) fn no_abort(child: &ChildFacts) -> Violation {
    about(Violation::new(format!("{} did not abort", child.name)), child)
}

pub(super) fn no_marker(child: &ChildFacts) -> Violation {
    Violation::new(format!("{} has no marker that shows whether its work is complete", child.name))
        .with("made at", child.made_at)
        .next("name the line that it prints at its end: `marker`")
}

pub(super) fn unasked(child: &ChildFacts) -> Violation {
    about(Violation::new(format!("the test never asked how {} ended", child.name)), child)
        .next("ask with `assert_completed`, `assert_exited` or `assert_panicked`")
}

pub(super) fn never_run(name: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("nobody ran {name} as a child")).with("made at", made_at).next("`run` it")
}

pub(super) fn cannot_start(name: &dyn fmt::Display, error: &io::Error, made_at: SourceLocation) -> Violation {
    Violation::new(format!("{name} cannot be started")).with("error", error).with("made at", made_at)
}

pub(super) fn too_deep(name: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("the children of test `{name}` start children without end"))
        .with("made at", made_at)
        .next("each must name the test that it stands in")
}

pub(super) fn child_of_a_body(name: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("a child of test `{name}` was started inside of a child's body"))
        .with("made at", made_at)
        .next("start each in the test itself, with a `case` of its own")
}

pub(super) fn bad_marker(line: &str) -> Violation {
    Violation::new(format!("a marker is one line that is not empty, and not {line:?}"))
}
