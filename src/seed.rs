//! One seed, many independent random streams.
//!
//! Everything random in the kit is drawn from a named [`Rng`] of one [`Seed`]: the same seed and the same
//! name give the same draws on every machine, and a draw added to one rng shifts no other.
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

use std::{fmt, num::NonZeroU64, str::FromStr};

/// The number that a whole run is drawn from. Prints and parses as `0x5eed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(u64);

impl Seed {
    /// The seed of every run that does not choose another: `0x5eed`.
    pub const DEFAULT: Self = Self(0x5eed);

    /// Makes a seed of any number.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The number itself.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Opens the rng of this name, at its beginning. Two names give two unrelated streams.
    #[must_use]
    pub fn rng(self, name: &str) -> Rng {
        let mut expand = SplitMix64(self.0 ^ fnv1a(name.as_bytes()));
        Rng { state: [expand.next(), expand.next(), expand.next(), expand.next()] }
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

/// A text that is no [`Seed`].
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

/// A random rng: the same draws in the same order, always.
///
/// The generator is xoshiro256\*\*, its state filled by splitmix64 from the seed and the rng's name.
///
/// Source: Blackman and Vigna, <https://prng.di.unimi.it>, `xoshiro256starstar.c` and `splitmix64.c`.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// Draws 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let drawn = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        drawn
    }

    /// Draws a number from `0` to `bound - 1`, each equally likely.
    ///
    /// Source: Lemire, "Fast random integer generation in an interval", 2019, algorithm 5.
    pub fn below(&mut self, bound: NonZeroU64) -> u64 {
        let bound = bound.get();
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.next_u64()) * u128::from(bound);
            #[expect(clippy::cast_possible_truncation, reason = "the halves of the product are wanted")]
            let (high, low) = ((wide >> 64) as u64, wide as u64);
            if low >= threshold {
                return high;
            }
        }
    }
}

/// Source: Vigna, `splitmix64.c`, as above.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Source: Fowler, Noll, Vo, FNV-1a with 64 bits, RFC 9923.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xoshiro_gives_its_published_vector() {
        let mut rng = Rng { state: [1, 2, 3, 4] };
        let drawn: Vec<u64> = (0..10).map(|_| rng.next_u64()).collect();
        assert_eq!(
            drawn,
            [
                11520,
                0,
                1_509_978_240,
                1_215_971_899_390_074_240,
                1_216_172_134_540_287_360,
                607_988_272_756_665_600,
                16_172_922_978_634_559_625,
                8_476_171_486_693_032_832,
                10_595_114_339_597_558_777,
                2_904_607_092_377_533_576,
            ]
        );
    }

    #[test]
    fn splitmix_gives_its_published_vector() {
        let mut mix = SplitMix64(1_234_567);
        assert_eq!(mix.next(), 6_457_827_717_110_365_317);
        assert_eq!(mix.next(), 3_203_168_211_198_807_973);
        assert_eq!(mix.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn fnv_gives_its_published_vectors() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
