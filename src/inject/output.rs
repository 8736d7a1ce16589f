//! `Output`: the standard output and the standard error, as something that is handed in.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};

use super::world::{Captured, State, Wiring, World};

/// The standard output, or the standard error, of the process. Clones write to the same place.
///
/// A fake one keeps what is written for the test, which must take it. It can take only a few bytes a write, or
/// become a broken pipe, as when a program's output goes to `head`.
///
/// ```
/// use std::io::Write;
/// use unplugged::inject::FakeProcess;
///
/// let fake = FakeProcess::new();
/// writeln!(fake.process().stdout, "hello")?;
/// assert_eq!(fake.take_stdout(), "hello\n");
/// fake.finish();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Output {
    wiring: Wiring,
    stream: Stream,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

impl Output {
    /// `std::io::stdout`. Unlike `println!`, a test harness does not capture it.
    #[must_use]
    pub const fn real_stdout() -> Self {
        Self { wiring: Wiring::Real, stream: Stream::Stdout }
    }

    /// `std::io::stderr`.
    #[must_use]
    pub const fn real_stderr() -> Self {
        Self { wiring: Wiring::Real, stream: Stream::Stderr }
    }

    pub(super) const fn fake(world: Arc<World>, stream: Stream) -> Self {
        Self { wiring: Wiring::Fake(world), stream }
    }

    /// Whether this is an output of the real process.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.wiring.is_real()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match (&self.wiring, self.stream) {
            (Wiring::Real, Stream::Stdout) => io::stdout().write(bytes),
            (Wiring::Real, Stream::Stderr) => io::stderr().write(bytes),
            (Wiring::Fake(world), stream) => world.state().output(stream).take(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match (&self.wiring, self.stream) {
            (Wiring::Real, Stream::Stdout) => io::stdout().flush(),
            (Wiring::Real, Stream::Stderr) => io::stderr().flush(),
            (Wiring::Fake(_), _) => Ok(()),
        }
    }
}

impl State {
    pub(super) const fn output(&mut self, stream: Stream) -> &mut Captured {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

impl Captured {
    /// Takes as much as this output takes.
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = bytes;
        if let Some(short) = self.short.as_mut().filter(|short| short.value < taken.len()) {
            taken = &taken[..*short.using()];
        }
        if let Some(breaks) = self.breaks.as_mut().filter(|breaks| breaks.value < taken.len()) {
            if breaks.value == 0 {
                breaks.used = true;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            taken = &taken[..breaks.value];
        }
        if let Some(breaks) = &mut self.breaks {
            breaks.value -= taken.len();
        }
        self.bytes.extend_from_slice(taken);
        Ok(taken.len())
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.stream, self.wiring.word())
    }
}
