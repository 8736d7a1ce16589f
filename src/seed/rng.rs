//! A random number generator with published vectors.

use std::num::NonZeroU64;

use super::tape::Tape;

/// A random number generator: the same numbers in the same order on every machine.
///
/// The generator is xoshiro256\*\*, its state filled by splitmix64 from the seed and the generator's name.
///
/// Source: Blackman and Vigna, <https://prng.di.unimi.it>, `xoshiro256starstar.c` and `splitmix64.c`.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
    /// Records what is drawn, or says it.
    tape: Option<Box<Tape>>,
}

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        let mut expand = SplitMix64(seed);
        Self { state: [expand.next(), expand.next(), expand.next(), expand.next()], tape: None }
    }

    #[cfg(feature = "tokio")]
    pub(super) fn on_tape(self, tape: Tape) -> Self {
        Self { tape: Some(Box::new(tape)), ..self }
    }

    /// Draws 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let drawn = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        match &mut self.tape {
            None => drawn,
            Some(tape) => tape.draw(drawn),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xoshiro_gives_its_published_vector() {
        let mut rng = Rng { state: [1, 2, 3, 4], tape: None };
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
}
