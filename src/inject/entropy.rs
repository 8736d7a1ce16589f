//! `Entropy`: the system's randomness, as something that is handed in.

use std::{fmt, io, sync::Arc};

use bytes::Buf;

use super::{
    texts,
    world::{Wiring, World},
};
use crate::violation::SourceLocation;

/// Random bytes that nobody can foretell. Clones draw from the same source.
///
/// The real one is the system's: `/dev/urandom` on Unix, the crate `getrandom` on Windows. Elsewhere every draw is
/// an error of the kind `Unsupported`. A fake one gives the bytes that the test has declared, one after the
/// other; to draw more is a fault, and so is to leave some.
///
/// ```
/// use unplugged::inject::{Entropy, FakeProcess};
///
/// fn token(entropy: &Entropy) -> std::io::Result<String> {
///     Ok(format!("{:016x}", entropy.next_u64()?))
/// }
/// let fake = FakeProcess::new().entropy([0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01]);
/// assert_eq!(token(&fake.process().entropy)?, "0123456789abcdef");
/// fake.finish();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Entropy(Wiring);

impl Entropy {
    /// The system's randomness.
    #[must_use]
    pub const fn real() -> Self {
        Self(Wiring::Real)
    }

    pub(super) const fn fake(world: Arc<World>) -> Self {
        Self(Wiring::Fake(world))
    }

    /// Whether this is the system's randomness.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.0.is_real()
    }

    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    ///
    /// # Panics
    /// A fake one, if fewer bytes are declared and left.
    #[track_caller]
    pub fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        let Wiring::Fake(world) = &self.0 else { return fill_from_system(bytes) };
        let mut state = world.state();
        let Some(entropy) = &mut state.entropy else {
            world.broken(state, texts::undeclared("entropy was drawn", "entropy", SourceLocation::caller()))
        };
        let made_at = entropy.made_at;
        let left = entropy.using();
        if left.len() < bytes.len() {
            let violation = texts::exhausted(bytes.len(), left.len(), SourceLocation::caller(), made_at);
            world.broken(state, violation);
        }
        left.copy_to_slice(bytes);
        Ok(())
    }

    /// Draws a number of 64 bits: eight bytes, the lowest first.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    ///
    /// # Panics
    /// A fake one, if fewer than eight bytes are declared and left.
    #[track_caller]
    pub fn next_u64(&self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// Never blocks once the system is up, and has no end.
///
/// Source: `random(4)` of Linux and of the BSDs.
#[cfg(unix)]
fn fill_from_system(bytes: &mut [u8]) -> io::Result<()> {
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, bytes)
}

#[cfg(windows)]
fn fill_from_system(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(io::Error::other)
}

#[cfg(not(any(unix, windows)))]
fn fill_from_system(_: &mut [u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entropy({})", self.0.word())
    }
}
