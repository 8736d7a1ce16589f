//! `Stdin`: the standard input, as something that is handed in.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
    sync::Arc,
};

use bytes::{Buf, Bytes};

use super::{texts, world::World};
use crate::violation::SourceLocation;

/// The standard input of the process, buffered.
///
/// The real one reads ahead: read it in one place, and nothing beside it through `std::io::stdin`. A fake one gives
/// the bytes that the test has declared, and then the end; a read of an undeclared input is a fault, and so is a
/// byte that is left.
///
/// ```
/// use std::io::BufRead;
/// use unplugged::inject::FakeProcess;
///
/// let fake = FakeProcess::new().stdin("Ann\nBob\n");
/// let names: Vec<String> = fake.process().stdin.lines().collect::<Result<_, _>>()?;
/// assert_eq!(names, ["Ann", "Bob"]);
/// fake.finish();
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Stdin(Kind);

enum Kind {
    Real(BufReader<io::Stdin>),
    Fake {
        world: Arc<World>,
        /// What `fill_buf` shows.
        shown: Bytes,
    },
}

impl Stdin {
    /// `std::io::stdin`.
    #[must_use]
    pub fn real() -> Self {
        Self(Kind::Real(BufReader::new(io::stdin())))
    }

    pub(super) const fn fake(world: Arc<World>) -> Self {
        Self(Kind::Fake { world, shown: Bytes::new() })
    }

    /// Whether this is the input of the real process.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        matches!(self.0, Kind::Real(_))
    }
}

/// What is left of the declared input.
#[track_caller]
fn rest(world: &World) -> Bytes {
    let mut state = world.state();
    if let Some(stdin) = &mut state.stdin {
        return stdin.using().clone();
    }
    world.broken(state, texts::undeclared("the standard input was read", "stdin", SourceLocation::caller()))
}

fn consume(world: &World, amount: usize) {
    if let Some(stdin) = &mut world.state().stdin {
        stdin.value.advance(amount);
    }
}

impl Read for Stdin {
    /// # Panics
    /// A fake one, if no input was declared.
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Real(stdin) => stdin.read(buffer),
            Kind::Fake { world, .. } => {
                let length = rest(world).as_ref().read(buffer)?;
                consume(world, length);
                Ok(length)
            }
        }
    }
}

impl BufRead for Stdin {
    /// # Panics
    /// A fake one, if no input was declared.
    #[track_caller]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &mut self.0 {
            Kind::Real(stdin) => stdin.fill_buf(),
            Kind::Fake { world, shown } => {
                *shown = rest(world);
                Ok(shown)
            }
        }
    }

    fn consume(&mut self, amount: usize) {
        match &mut self.0 {
            Kind::Real(stdin) => stdin.consume(amount),
            Kind::Fake { world, .. } => consume(world, amount),
        }
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_real() { "Stdin(real)" } else { "Stdin(fake)" })
    }
}
