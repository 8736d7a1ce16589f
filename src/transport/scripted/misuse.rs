//! What is said of a script that cannot be meant: every text in one place.

use std::time::Duration;

use super::{
    script::{Action, Step},
    texts::length,
};
use crate::violation::{Violation, escaped};

pub(super) fn no_name() -> Violation {
    Violation::new("a scripted peer has no name").with("next", "name it after what it stands for: \"server\"")
}

pub(super) fn empty(name: &str) -> Violation {
    Violation::new(format!("the script of peer `{name}` is empty"))
        .with("next", "say what happens: `expect_close()`, if the code is to close without a word")
}

pub(super) fn no_end(name: &str, count: usize, last: &Step) -> Violation {
    Violation::new(format!("the script of peer `{name}` does not say how the stream ends"))
        .with("last", format!("{count} {}", last.action))
        .with("scripted", last.scripted)
        .with("next", "end it with `expect_close()`, `close()` or `reset()`")
}

pub(super) fn after_end(name: &str, action: &Action, number: usize, end: &Step) -> Violation {
    let (headline, next) = match (action, &end.action) {
        (_, Action::Close | Action::Reset) => ("the stream is over", "put it before, or leave it out"),
        (Action::Send(_) | Action::CloseWrite, _) => {
            ("the peer has closed its direction", "put it before, or leave it out")
        }
        (_, _) => {
            ("the code has closed its direction", "put it before: nothing can come from the code any more")
        }
    };
    Violation::new(format!("the script of peer `{name}` goes on with `{action}` when {headline}"))
        .with("end", format!("{number} {}", end.action))
        .with("scripted", end.scripted)
        .with("next", next)
}

pub(super) fn no_bytes(name: &str, call: &str) -> Violation {
    Violation::new(format!("the script of peer `{name}` has {} `{call}` of no bytes", article(call)))
        .with("next", "leave the step out: it would say nothing")
}

pub(super) fn no_room(name: &str, delimiter: &[u8], most: usize) -> Violation {
    Violation::new(format!(
        "the script of peer `{name}` expects {} within {}: that is longer itself",
        escaped(delimiter),
        length(most)
    ))
    .with("next", "the bound counts the delimiter, too: raise it")
}

pub(super) fn no_time(name: &str, call: &str) -> Violation {
    Violation::new(format!("the script of peer `{name}` has {} `{call}` of no time", article(call)))
        .with("next", "leave it out, or say how long")
}

pub(super) fn too_long(name: &str, call: &str, duration: Duration) -> Violation {
    Violation::new(format!("the script of peer `{name}` has {} `{call}` of {duration:?}", article(call)))
        .with("next", "no step is longer than 292 years")
}

fn article(call: &str) -> &'static str {
    if call.starts_with('e') { "an" } else { "a" }
}
