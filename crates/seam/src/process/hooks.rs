//! How the test kit puts a fake behind each part of a process.

use std::{
    ffi::{OsStr, OsString},
    fmt, io,
    panic::Location,
    sync::Arc,
};

use crate::clock::Clock;

/// A place in the source.
pub type Caller = &'static Location<'static>;

/// The fake behind an [`Exit`](crate::Exit).
pub trait ExitHook: Send + Sync {
    /// Notes the code, and ends the code under test.
    fn exit(self: Arc<Self>, code: i32, called_at: Caller) -> !;
}

/// The fake behind the other parts, all but the input.
pub trait ProcessHook: Send + Sync {
    /// Returns the arguments.
    fn args(&self, used_at: Caller) -> Vec<OsString>;
    /// Returns a variable of the environment.
    fn variable(&self, name: &OsStr, used_at: Caller) -> Option<OsString>;
    /// Writes to an output. Returns how many bytes it has taken.
    ///
    /// # Errors
    /// As the test says.
    fn write(&self, output: OutputStream, bytes: &[u8]) -> io::Result<usize>;
    /// Fills the bytes with entropy.
    fn fill(&self, bytes: &mut [u8], used_at: Caller);
    /// Returns the clock.
    fn clock(&self, used_at: Caller) -> Arc<dyn Clock>;
}

/// The fake behind a [`Stdin`](crate::Stdin).
pub trait StdinHook: Send + Sync {
    /// Returns what is left of the input.
    fn rest(&mut self, used_at: Caller) -> &[u8];
    /// Marks so many bytes as read.
    fn consume(&mut self, amount: usize);
}

/// One of the two outputs.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "complete: a process has two outputs")]
pub enum OutputStream {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
}

/// Where a part of the process comes from.
#[derive(Clone)]
pub(super) enum Source {
    Real,
    Fake(Arc<dyn ProcessHook>),
}

impl Source {
    pub(super) const fn is_real(&self) -> bool {
        matches!(self, Self::Real)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_real() { "real" } else { "fake" })
    }
}
