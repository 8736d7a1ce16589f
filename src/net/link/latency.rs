//! The latency of a link: distributions in whole nanoseconds, drawn with integers only.

use std::{fmt, num::NonZeroU64, sync::Arc, time::Duration};

use crate::{net::texts, seed::Rng};

/// The latency of packets on a link, as a distribution. A [`Duration`] is a fixed latency.
///
/// ```
/// use unplugged::{clock::{micros, millis}, net::Latency};
///
/// let data_centre = Latency::uniform(micros(100), micros(300));
/// let continent = Latency::normal(millis(40), millis(3));
/// let mobile = Latency::pareto(millis(30), millis(2_000));
/// let fixed: Latency = millis(5).into();
/// # let _ = (data_centre, continent, mobile, fixed);
/// ```
#[derive(Clone)]
pub struct Latency(Shape);

#[derive(Clone)]
enum Shape {
    Fixed(u64),
    Uniform { from: u64, to: u64 },
    Normal { mean: u64, deviation: u64 },
    Exponential { least: u64, mean: u64 },
    HeavyTail { least: u64, most: u64 },
    Samples(Arc<[u64]>),
}

impl Latency {
    /// Returns a latency that is always the same.
    #[must_use]
    pub fn fixed(latency: Duration) -> Self {
        Self(Shape::Fixed(nanos(latency)))
    }

    /// Returns a uniform distribution between two bounds, both inclusive.
    ///
    /// # Panics
    /// Panics if the second bound is less than the first.
    #[must_use]
    #[track_caller]
    pub fn uniform(from: Duration, to: Duration) -> Self {
        if to < from {
            texts::bounds_swapped(from, to).raise();
        }
        Self(Shape::Uniform { from: nanos(from), to: nanos(to) })
    }

    /// Returns a normal distribution, cut off at six standard deviations and at zero.
    ///
    /// It is drawn as the sum of twelve uniform draws (Irwin and Hall), which needs no floating point.
    #[must_use]
    pub fn normal(mean: Duration, deviation: Duration) -> Self {
        Self(Shape::Normal { mean: nanos(mean), deviation: nanos(deviation) })
    }

    /// Returns `least` plus an exponential distribution with this mean.
    ///
    /// Source: von Neumann, "Various techniques used in connection with random digits", 1951: an exponential
    /// draw by comparisons alone.
    #[must_use]
    pub fn exponential(least: Duration, mean: Duration) -> Self {
        Self(Shape::Exponential { least: nanos(least), mean: nanos(mean) })
    }

    /// Returns a Pareto distribution of shape 2: mostly little more than `least`, seldom a lot more, never more than `most`.
    /// Without the bound, its mean is twice `least`, and one packet in a hundred takes more than ten times `least`.
    ///
    /// # Panics
    /// Panics if `most` is less than `least`.
    #[must_use]
    #[track_caller]
    pub fn pareto(least: Duration, most: Duration) -> Self {
        if most < least {
            texts::bounds_swapped(least, most).raise();
        }
        Self(Shape::HeavyTail { least: nanos(least), most: nanos(most) })
    }

    /// Returns a choice among these samples, each equally likely, such as measurements of a real link.
    ///
    /// # Panics
    /// Panics if there is none.
    #[must_use]
    #[track_caller]
    pub fn samples(samples: impl IntoIterator<Item = Duration>) -> Self {
        let samples: Arc<[u64]> = samples.into_iter().map(nanos).collect();
        if samples.is_empty() {
            texts::no_samples().raise();
        }
        Self(Shape::Samples(samples))
    }

    /// The latency, if it is always the same.
    pub(crate) fn as_fixed(&self) -> Option<u64> {
        match self.0 {
            Shape::Fixed(nanos) => Some(nanos),
            _ => None,
        }
    }

    /// Draws the latency of the next packet, in nanoseconds.
    pub(crate) fn draw(&self, rng: &mut Rng) -> u64 {
        match &self.0 {
            Shape::Fixed(nanos) => *nanos,
            Shape::Uniform { from, to } => from + below(rng, (to - from).saturating_add(1)),
            Shape::Normal { mean, deviation } => normal(rng, *mean, *deviation),
            Shape::Exponential { least, mean } => least.saturating_add(exponential(rng, *mean)),
            Shape::HeavyTail { least, most } => pareto(rng, *least).min(*most),
            Shape::Samples(samples) => samples[index(rng, samples.len())],
        }
    }
}

/// The longest latency, a year: sums of a few latencies stay within the timeline.
fn nanos(duration: Duration) -> u64 {
    const YEAR: u64 = 365 * 24 * 3600 * 1_000_000_000;
    u64::try_from(duration.as_nanos()).unwrap_or(YEAR).min(YEAR)
}

/// Draws a number from 0 to `bound - 1`.
pub(crate) fn below(rng: &mut Rng, bound: u64) -> u64 {
    NonZeroU64::new(bound).map_or(0, |bound| rng.below(bound))
}

fn index(rng: &mut Rng, length: usize) -> usize {
    usize::try_from(below(rng, length as u64)).unwrap_or(0)
}

/// Draws from a normal distribution: the sum of twelve uniform draws has the mean 6 and the deviation 1.
fn normal(rng: &mut Rng, mean: u64, deviation: u64) -> u64 {
    let sum: u64 = (0..12).map(|_| rng.next_u64() >> 32).sum();
    let offset = ((i128::from(sum) - (6 << 32)) * i128::from(deviation)) >> 32;
    u64::try_from(i128::from(mean) + offset).unwrap_or(0)
}

/// Draws from an exponential distribution. A run of falling draws is accepted with its first draw if its length is odd, and
/// adds a mean otherwise.
fn exponential(rng: &mut Rng, mean: u64) -> u64 {
    let mut whole = 0_u64;
    loop {
        let first = rng.next_u64() >> 32;
        let (mut last, mut length) = (first, 1);
        loop {
            let next = rng.next_u64() >> 32;
            if next >= last {
                break;
            }
            (last, length) = (next, length + 1);
        }
        if length % 2 == 1 {
            let part = (u128::from(first) * u128::from(mean)) >> 32;
            return whole.saturating_mul(mean).saturating_add(u64::try_from(part).unwrap_or(0));
        }
        whole += 1;
    }
}

/// Draws `least / sqrt(u)` for a `u` between 0 (exclusive) and 1.
fn pareto(rng: &mut Rng, least: u64) -> u64 {
    let root = ((rng.next_u64() >> 2) + 1).isqrt(); // of 2^31
    let latency = (u128::from(least) << 31) / u128::from(root.max(1));
    u64::try_from(latency).unwrap_or(u64::MAX)
}

impl From<Duration> for Latency {
    fn from(latency: Duration) -> Self {
        Self::fixed(latency)
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = Duration::from_nanos;
        match &self.0 {
            Shape::Fixed(nanos) => write!(f, "{:?}", show(*nanos)),
            Shape::Uniform { from, to } => write!(f, "{:?} to {:?}", show(*from), show(*to)),
            Shape::Normal { mean, deviation } => write!(f, "{:?} ± {:?}", show(*mean), show(*deviation)),
            Shape::Exponential { least, mean } => {
                write!(f, "{:?} and {:?} more on average", show(*least), show(*mean))
            }
            Shape::HeavyTail { least, most } => {
                write!(f, "{:?} with a tail up to {:?}", show(*least), show(*most))
            }
            Shape::Samples(samples) => write!(f, "one of {} samples", samples.len()),
        }
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Latency({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::millis, seed::Seed};

    /// Returns the least, the mean and the most of many draws, in microseconds.
    fn draws(latency: &Latency) -> (u64, u64, u64) {
        let mut rng = Seed::DEFAULT.rng("test");
        let draws: Vec<u64> = (0..100_000).map(|_| latency.draw(&mut rng) / 1000).collect();
        let mean = draws.iter().sum::<u64>() / 100_000;
        (*draws.iter().min().unwrap(), mean, *draws.iter().max().unwrap())
    }

    #[test]
    fn a_uniform_latency_keeps_its_bounds_and_its_mean() {
        let (least, mean, most) = draws(&Latency::uniform(millis(10), millis(30)));
        assert!((10_000..10_010).contains(&least) && (29_990..=30_000).contains(&most), "{least} {most}");
        assert!((19_900..20_100).contains(&mean), "{mean}");
    }

    #[test]
    fn a_normal_latency_has_its_mean_and_most_draws_within_two_deviations() {
        let latency = Latency::normal(millis(40), millis(3));
        let (least, mean, most) = draws(&latency);
        assert!((39_950..40_050).contains(&mean), "{mean}");
        assert!(least > 22_000 && most < 58_000, "{least} {most}");
        let mut rng = Seed::DEFAULT.rng("test");
        let near = (0..10_000).filter(|_| latency.draw(&mut rng).abs_diff(40_000_000) < 6_000_000).count();
        assert!((9_450..9_650).contains(&near), "{near}");
    }

    #[test]
    fn an_exponential_latency_has_its_mean() {
        let (least, mean, most) = draws(&Latency::exponential(millis(5), millis(10)));
        assert!((5_000..5_010).contains(&least), "{least}");
        assert!((14_800..15_200).contains(&mean), "{mean}");
        assert!(most > 90_000, "{most}");
    }

    #[test]
    fn a_pareto_is_heavy_and_bounded() {
        let latency = Latency::pareto(millis(10), millis(5_000));
        let (least, mean, most) = draws(&latency);
        assert!(least >= 10_000 && (19_000..21_000).contains(&mean), "{least} {mean}");
        assert!(most > 1_000_000 && most <= 5_000_000, "{most}");
        let mut rng = Seed::DEFAULT.rng("test");
        let late = (0..100_000).filter(|_| latency.draw(&mut rng) > 100_000_000).count();
        assert!((900..1_100).contains(&late), "{late}");
    }

    #[test]
    fn a_sampled_latency_is_one_of_its_samples() {
        let latency = Latency::samples([millis(1), millis(7)]);
        let mut rng = Seed::DEFAULT.rng("test");
        let drawn: std::collections::BTreeSet<u64> = (0..100).map(|_| latency.draw(&mut rng)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [1_000_000, 7_000_000]);
    }
}
