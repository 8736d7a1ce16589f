//! Probabilities as integers: no floating point decides what a test sees.

use std::fmt;

use crate::{net::texts, seed::Rng};

/// A probability, exact to one part in 2^32. It is made of whole numbers, so that it is never negative and never `NaN`.
///
/// ```
/// use unplugged::net::Probability;
///
/// assert_eq!(Probability::percent(50), Probability::ratio(1, 2));
/// assert_eq!(Probability::ratio(1, 8).to_string(), "12.5 %");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probability {
    /// In parts of 2^32.
    threshold: u64,
}

const WHOLE: u64 = 1 << 32;

impl Probability {
    /// Never. Nothing is drawn.
    pub const NEVER: Self = Self { threshold: 0 };

    /// Always. Nothing is drawn.
    pub const ALWAYS: Self = Self { threshold: WHOLE };

    /// Returns the probability `part / whole`, rounded down to a part of 2^32.
    ///
    /// # Panics
    /// Panics if `whole` is zero, or if `part` is more than `whole`.
    #[must_use]
    #[track_caller]
    pub fn ratio(part: u32, whole: u32) -> Self {
        if whole == 0 || part > whole {
            texts::no_probability(part, whole).raise();
        }
        Self { threshold: u64::from(part) * WHOLE / u64::from(whole) }
    }

    /// Returns a probability in percent.
    ///
    /// # Panics
    /// Panics if it is more than 100.
    #[must_use]
    #[track_caller]
    pub fn percent(percent: u32) -> Self {
        Self::ratio(percent, 100)
    }

    /// Draws whether it happens this time.
    pub(crate) fn draw(self, rng: &mut Rng) -> bool {
        match self.threshold {
            0 => false,
            WHOLE => true,
            threshold => rng.next_u64() >> 32 < threshold,
        }
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = u128::from(WHOLE);
        let millionths = (u128::from(self.threshold) * 100_000_000 + whole / 2) / whole;
        let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
        match rest {
            0 => write!(f, "{whole} %"),
            _ => write!(f, "{whole}.{} %", format!("{rest:06}").trim_end_matches('0')),
        }
    }
}

impl fmt::Debug for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn the_bounds_draw_nothing() {
        let mut rng = Seed::DEFAULT.rng("test");
        assert!(!Probability::NEVER.draw(&mut rng));
        assert!(Probability::ALWAYS.draw(&mut rng));
        assert_eq!(rng.next_u64(), Seed::DEFAULT.rng("test").next_u64());
    }

    #[test]
    fn a_tenth_happens_a_tenth_of_the_time() {
        let mut rng = Seed::DEFAULT.rng("test");
        let happened = (0..100_000).filter(|_| Probability::percent(10).draw(&mut rng)).count();
        assert!((9_700..10_300).contains(&happened), "{happened}");
    }

    #[test]
    fn it_prints_as_a_percentage() {
        let printed =
            [Probability::NEVER, Probability::ALWAYS, Probability::ratio(1, 3)].map(|p| p.to_string());
        assert_eq!(printed, ["0 %", "100 %", "33.333333 %"]);
        assert_eq!(Probability::ratio(1, 1_000_000).to_string(), "0.0001 %");
    }
}
