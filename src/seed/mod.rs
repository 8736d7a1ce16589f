//! Random numbers: one seed, many independent generators.
//!
//! Everything random in the kit is drawn from a named [`Rng`] of one [`Seed`]. The same seed and the same name give the
//! same numbers on every machine. A number more that is drawn from one generator shifts no other.
//!
//! ```
//! use unplugged::seed::Seed;
//!
//! let seed: Seed = "0x5eed".parse()?;
//! let mut cuts = seed.rng("cuts");
//! let mut ties = seed.rng("ties");
//! let first = cuts.next_u64();
//! let _ = ties.next_u64();                          // draws here ...
//! assert_eq!(seed.rng("cuts").next_u64(), first); // ... do not shift the draws there
//! # Ok::<(), unplugged::seed::ParseSeedError>(())
//! ```

#[cfg(feature = "tokio")]
mod draws;
mod rng;
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "a simulator has tapes"))]
mod tape;

use std::{fmt, str::FromStr};

#[cfg(feature = "tokio")]
pub(crate) use self::draws::Draws;
#[cfg(all(test, feature = "tokio"))]
pub(crate) use self::draws::Recording;
pub use self::rng::Rng;

/// The number that all random numbers of a run come from. Prints and parses as `0x5eed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(u64);

impl Seed {
    /// The seed of every run that does not choose another: `0x5eed`.
    pub const DEFAULT: Self = Self(0x5eed);

    /// Makes a seed of a number.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Opens the generator of this name, at its beginning. Two names give unrelated generators; the same name gives the
    /// same numbers again. [`Sim::rng`](crate::Sim::rng) goes on instead.
    #[must_use]
    pub fn rng(self, name: &str) -> Rng {
        Rng::new(self.0 ^ fnv1a(name.as_bytes()))
    }
}

impl Default for Seed {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl FromStr for Seed {
    type Err = ParseSeedError;

    /// Reads a decimal number, or a hexadecimal one after `0x`; underscores are allowed where Rust allows them.
    fn from_str(text: &str) -> Result<Self, ParseSeedError> {
        let digits = text.replace('_', "");
        let number = match digits.strip_prefix("0x") {
            // `from_str_radix` takes a sign, a seed does not.
            Some(hex) if !hex.starts_with('+') => u64::from_str_radix(hex, 16).ok(),
            None if !text.starts_with(['+', '_']) => digits.parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| ParseSeedError { text: text.to_owned() })
    }
}

/// The error of parsing a text that is no [`Seed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseSeedError {
    text: String,
}

impl fmt::Display for ParseSeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a seed: write a number up to 64 bits, as 24301 or as 0x5eed", self.text)
    }
}

impl std::error::Error for ParseSeedError {}

/// Hashes bytes: FNV-1a with 64 bits.
///
/// Source: Fowler, Noll, Vo, RFC 9923.
pub(crate) fn fnv1a<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u64 {
    bytes
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_gives_its_published_vectors() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
