//! `Entropy`: the system's randomness, as a value.

use std::{fmt, io, panic::Location};

use super::hooks::Source;
use crate::simulated::note_real_use;

/// Random bytes that cannot be foretold. Clones draw from the same source.
///
/// The real source is the system's: `/dev/urandom` on Unix, the crate `getrandom` on Windows. Elsewhere every draw is
/// an error of the kind `Unsupported`. A fake source gives the bytes that the test has declared, in their order. To
/// draw more is a fault, and so is to leave some.
///
/// ```
/// use unplugged::inject::FakeProcess;
/// use unplugged_seam::Entropy;
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
pub struct Entropy(pub(super) Source);

impl Entropy {
    /// Returns the system's randomness.
    #[must_use]
    pub const fn real() -> Self {
        Self(Source::Real)
    }

    /// Returns true if this is the system's randomness.
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
    /// A fake source, if fewer bytes are declared and left. The real one, on a thread where a sim runs.
    #[track_caller]
    pub fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        match &self.0 {
            Source::Real => {
                note_real_use("Entropy::real");
                fill_from_system(bytes)
            }
            Source::Fake(hook) => {
                hook.fill(bytes, Location::caller());
                Ok(())
            }
        }
    }

    /// Draws a number of 64 bits: eight bytes, the lowest first.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    ///
    /// # Panics
    /// A fake source, if fewer than eight bytes are declared and left. The real one, on a thread where a sim runs.
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
        write!(f, "Entropy({})", self.0)
    }
}
