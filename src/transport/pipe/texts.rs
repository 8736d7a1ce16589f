//! The failure texts of pipes.

use crate::violation::{SourceLocation, Violation};

/// `what` is a fault that the test has set: "a cut".
pub(super) fn idle_fault(what: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("{what} of a pipe met nothing: the test is the same without it"))
        .with("made at", made_at)
        .next("let the code read or write while it is there; if it may meet nothing, say `Direction::may_be_idle()`")
}
