//! How a child ended.

use std::{
    process::ExitStatus,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::Bytes;

use super::{
    facts::{ChildFacts, Marked},
    marks::Told,
    spawn::Output,
    texts,
};
use crate::{
    guard::{self, VerdictGuard},
    violation::{SourceLocation, Violation},
};

/// How a child process ended, and what it printed.
///
/// It must be asked how it ended. Each question has a form that panics, and one that returns the same as a value.
///
/// # Panics
/// When it is dropped unasked, unless the thread already panics.
#[must_use = "a child that nobody asks shows nothing: `assert_completed`, or `assert_exited`"]
#[derive(Debug)]
pub struct EndedChild {
    facts: ChildFacts,
    asked: AtomicBool,
    _open: VerdictGuard,
}

impl EndedChild {
    pub(super) fn of_test(
        name: String,
        output: Output,
        told: Told,
        limit: Duration,
        made_at: SourceLocation,
    ) -> Self {
        let marks = Marked::Body { begun: told.begun, complete: told.complete, panic: told.panic };
        Self::new(name, Output { stdout: told.output, ..output }, marks, limit, made_at)
    }

    pub(super) fn of_program(
        name: String,
        output: Output,
        marker: Option<&str>,
        limit: Duration,
        made_at: SourceLocation,
    ) -> Self {
        let text = String::from_utf8_lossy(&output.stdout);
        let printed = marker.map(|marker| text.lines().any(|line| line == marker));
        Self::new(name, output, Marked::Line(printed), limit, made_at)
    }

    fn new(name: String, output: Output, marks: Marked, limit: Duration, made_at: SourceLocation) -> Self {
        let (stdout, stderr) = (output.stdout.into(), output.stderr.into());
        Self {
            facts: ChildFacts { name, status: output.status, marks, stdout, stderr, limit, made_at },
            asked: AtomicBool::new(false),
            _open: VerdictGuard::new("the child process started at", made_at),
        }
    }

    /// Returns `Ok` if its body ran to its end, and the process then ended with 0.
    ///
    /// # Errors
    /// If it did not, if the body never began (a misspelt test), or if it took too long.
    pub fn check_completed(&self) -> Result<(), Violation> {
        self.began()?;
        match self.facts.marks {
            Marked::Line(None) => return Err(texts::no_marker(&self.facts)),
            Marked::Line(Some(false)) | Marked::Body { complete: false, .. } => {
                return Err(texts::incomplete(&self.facts));
            }
            Marked::Line(Some(true)) | Marked::Body { complete: true, .. } => {}
        }
        self.ended_with(0)
    }

    /// Panics unless its body ran to its end, and the process then ended with 0.
    ///
    /// # Panics
    /// With the text of [`check_completed`](Self::check_completed).
    #[track_caller]
    pub fn assert_completed(&self) {
        if let Err(violation) = self.check_completed() {
            guard::raise(&violation);
        }
    }

    /// Returns `Ok` if its body began and did not come to its end, because the process ended with exactly `code`.
    ///
    /// # Errors
    /// If the code is another, if the body came to its end, if it never began (a misspelt test), or if it took too
    /// long.
    pub fn check_exited(&self, code: i32) -> Result<(), Violation> {
        self.began()?;
        self.ended_with(code)?;
        match &self.facts.marks {
            Marked::Line(Some(true)) | Marked::Body { complete: true, .. } => {
                Err(texts::complete(&self.facts, code))
            }
            Marked::Body { panic: Some(text), .. } => Err(texts::panicked(&self.facts, text)),
            Marked::Line(_) | Marked::Body { .. } => Ok(()),
        }
    }

    /// Panics unless its body began and the process ended with exactly `code` before the body came to its end.
    ///
    /// # Panics
    /// With the text of [`check_exited`](Self::check_exited).
    #[track_caller]
    pub fn assert_exited(&self, code: i32) {
        if let Err(violation) = self.check_exited(code) {
            guard::raise(&violation);
        }
    }

    /// Returns the text with which its body panicked, if the test was red for that: the harness ended with 101.
    ///
    /// # Errors
    /// If the body did not panic, if the code is another, if the body never began (a misspelt test), or if it took
    /// too long.
    pub fn check_panicked(&self) -> Result<&str, Violation> {
        self.began()?;
        let Marked::Body { panic: Some(text), .. } = &self.facts.marks else {
            return Err(texts::no_panic(&self.facts));
        };
        self.ended_with(101).map(|()| &**text)
    }

    /// Panics unless its body panicked and the test was red; gives the panic's text.
    ///
    /// # Panics
    /// With the text of [`check_panicked`](Self::check_panicked).
    #[track_caller]
    pub fn assert_panicked(&self) -> &str {
        match self.check_panicked() {
            Ok(value) => value,
            Err(violation) => guard::raise(&violation),
        }
    }

    /// Returns `Ok` if its body began and the process then aborted, as in a panic inside of a panic; with what it wrote
    /// to its standard error.
    ///
    /// # Errors
    /// If it ended with a code, if the body never began, or if it took too long.
    pub fn check_aborted(&self) -> Result<&Bytes, Violation> {
        self.began()?;
        if self.facts.status.is_some_and(is_abort) {
            Ok(&self.facts.stderr)
        } else {
            Err(texts::no_abort(&self.facts))
        }
    }

    /// Panics unless its body began and the process then aborted; gives what it wrote to its standard error.
    ///
    /// # Panics
    /// With the text of [`check_aborted`](Self::check_aborted).
    #[track_caller]
    pub fn assert_aborted(&self) -> &Bytes {
        match self.check_aborted() {
            Ok(value) => value,
            Err(violation) => guard::raise(&violation),
        }
    }

    /// Returns what it wrote to its standard output, without the marks; of a test also what the harness prints.
    #[must_use]
    pub const fn stdout(&self) -> &Bytes {
        &self.facts.stdout
    }

    /// Returns what it wrote to its standard error.
    #[must_use]
    pub const fn stderr(&self) -> &Bytes {
        &self.facts.stderr
    }

    /// In time, and with its own body.
    fn began(&self) -> Result<(), Violation> {
        self.asked.store(true, Ordering::Relaxed);
        if self.facts.status.is_none() {
            return Err(texts::took_too_long(&self.facts));
        }
        match self.facts.marks {
            Marked::Body { begun: false, .. } => Err(texts::never_began(&self.facts)),
            Marked::Body { .. } | Marked::Line(_) => Ok(()),
        }
    }

    fn ended_with(&self, code: i32) -> Result<(), Violation> {
        let ended = self.facts.status.and_then(|status| status.code());
        if ended == Some(code) { Ok(()) } else { Err(texts::another_code(&self.facts, code)) }
    }
}

impl Drop for EndedChild {
    fn drop(&mut self) {
        if !*self.asked.get_mut() {
            guard::raise_in_drop(&texts::unasked(&self.facts));
        }
    }
}

#[cfg(unix)]
fn is_abort(status: ExitStatus) -> bool {
    const SIGABRT: i32 = 6; // Source: POSIX.1-2017, `kill`, "Signal Number"
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGABRT)
}

/// Source: Windows' `__fastfail` ends a process with `STATUS_STACK_BUFFER_OVERRUN`.
#[cfg(not(unix))]
fn is_abort(status: ExitStatus) -> bool {
    status.code() == Some(0xC000_0409_u32 as i32)
}
