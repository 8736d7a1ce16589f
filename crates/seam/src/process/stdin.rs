//! `Stdin`: the standard input, as a value.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
    panic::Location,
};

use super::hooks::StdinHook;
use crate::simulated::note_real_use;

/// The standard input of the process, buffered.
///
/// The real one reads ahead: read it in one place, and read nothing through `std::io::stdin`. A fake one gives the
/// bytes that the test has declared, and then the end. A read of an undeclared input is a fault, and so is a byte that
/// is left.
///
/// ```
/// use std::io::BufRead;
/// use unplugged::inject::FakeProcess;
/// use unplugged_seam::Stdin;
///
/// fn names(stdin: Stdin) -> std::io::Result<Vec<String>> { stdin.lines().collect() }
///
/// let fake = FakeProcess::new().stdin("Ann\nBob\n");
/// assert_eq!(names(fake.process().stdin)?, ["Ann", "Bob"]);
/// fake.finish();
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Stdin(Kind);

enum Kind {
    Real(BufReader<io::Stdin>),
    Fake(Box<dyn StdinHook>),
}

impl Stdin {
    /// Returns the real input, `std::io::stdin`.
    #[must_use]
    pub fn real() -> Self {
        Self(Kind::Real(BufReader::new(io::stdin())))
    }

    pub(super) fn fake(hook: Box<dyn StdinHook>) -> Self {
        Self(Kind::Fake(hook))
    }

    /// Returns true if this is the input of the real process.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        matches!(self.0, Kind::Real(_))
    }
}

/// # Panics
/// A fake input, if the test declared none. The real one, on a thread where a sim runs.
impl Read for Stdin {
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Real(stdin) => {
                note_real_use("Stdin::real");
                stdin.read(buffer)
            }
            Kind::Fake(hook) => {
                let length = hook.rest(Location::caller()).read(buffer)?;
                hook.consume(length);
                Ok(length)
            }
        }
    }
}

impl BufRead for Stdin {
    #[track_caller]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &mut self.0 {
            Kind::Real(stdin) => {
                note_real_use("Stdin::real");
                stdin.fill_buf()
            }
            Kind::Fake(hook) => Ok(hook.rest(Location::caller())),
        }
    }

    fn consume(&mut self, amount: usize) {
        match &mut self.0 {
            Kind::Real(stdin) => stdin.consume(amount),
            Kind::Fake(hook) => hook.consume(amount),
        }
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_real() { "Stdin(real)" } else { "Stdin(fake)" })
    }
}
