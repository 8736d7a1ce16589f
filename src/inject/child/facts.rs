//! The facts of a child process that has ended.

use std::{process::ExitStatus, time::Duration};

use bytes::Bytes;

use crate::violation::SourceLocation;

/// How a child process ended, and what it printed.
#[derive(Debug)]
pub(super) struct ChildFacts {
    pub(super) name: String,
    pub(super) status: Option<ExitStatus>,
    pub(super) marks: Marked,
    pub(super) stdout: Bytes,
    pub(super) stderr: Bytes,
    pub(super) limit: Duration,
    pub(super) made_at: SourceLocation,
}

/// The marks of the child's body.
#[derive(Debug)]
pub(super) enum Marked {
    /// A test's body leaves marks.
    Body { begun: bool, complete: bool, panic: Option<String> },
    /// A program prints a line, if it was said which.
    Line(Option<bool>),
}

impl ChildFacts {
    /// How it ended, in words.
    pub(super) fn end(&self) -> String {
        let Some(status) = self.status else { return format!("killed after {:?} of real time", self.limit) };
        status.code().map_or_else(|| status.to_string(), |code| format!("with {code}"))
    }
}
