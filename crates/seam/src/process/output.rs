//! `Output`: the standard output and the standard error, as values.

use std::{
    fmt,
    io::{self, Write},
};

use super::hooks::{OutputStream, Source};
use crate::simulated::note_real_use;

/// The standard output, or the standard error, of the process. Clones write to the same place.
///
/// A fake one keeps what is written for the test, which must take it. It can take only a few bytes a write, or become
/// a broken pipe, as when a program's output goes to `head`.
///
/// ```
/// use std::io::Write;
/// use unplugged::inject::FakeProcess;
/// use unplugged_seam::Output;
///
/// fn greet(stdout: &mut Output) -> std::io::Result<()> { writeln!(stdout, "hello") }
///
/// let fake = FakeProcess::new();
/// greet(&mut fake.process().stdout)?;
/// assert_eq!(fake.take_stdout(), "hello\n");
/// fake.finish();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Output {
    pub(super) source: Source,
    pub(super) stream: OutputStream,
}

impl Output {
    /// Returns the real standard output, `std::io::stdout`. Unlike `println!`, a test harness does not capture it.
    #[must_use]
    pub const fn real_stdout() -> Self {
        Self { source: Source::Real, stream: OutputStream::Stdout }
    }

    /// Returns the real standard error, `std::io::stderr`.
    #[must_use]
    pub const fn real_stderr() -> Self {
        Self { source: Source::Real, stream: OutputStream::Stderr }
    }

    /// Returns true if this is an output of the real process.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.source.is_real()
    }
}

/// # Panics
/// A real output, on a thread where a sim runs.
impl Write for Output {
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match (&self.source, self.stream) {
            (Source::Real, OutputStream::Stdout) => {
                note_real_use("Output::real_stdout");
                io::stdout().write(bytes)
            }
            (Source::Real, OutputStream::Stderr) => {
                note_real_use("Output::real_stderr");
                io::stderr().write(bytes)
            }
            (Source::Fake(hook), stream) => hook.write(stream, bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match (&self.source, self.stream) {
            (Source::Real, OutputStream::Stdout) => io::stdout().flush(),
            (Source::Real, OutputStream::Stderr) => io::stderr().flush(),
            (Source::Fake(_), _) => Ok(()),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.stream, self.source)
    }
}
