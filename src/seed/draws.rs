//! Everything that a run draws, span by span.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use super::{Rng, Seed, tape::Tape};
use crate::sync::lock;

/// Gives generators by the name of what they are for, their *span*. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Draws(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    seed: Seed,
    said: Recording,
    records: bool,
    spans: Mutex<Spans>,
}

#[derive(Debug, Default)]
struct Spans {
    /// How many generators each span has had.
    counts: BTreeMap<String, u32>,
    recorded: BTreeMap<String, Arc<Mutex<Vec<u64>>>>,
}

/// The numbers that were drawn, by span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recording(BTreeMap<String, Vec<u64>>);

impl Draws {
    pub(crate) fn new(seed: Seed) -> Self {
        Self::with(seed, Recording::default(), false)
    }

    /// Draws what the recording says, span by span, and what the seed says after its end; records all of it.
    #[cfg_attr(not(test), expect(dead_code, reason = "for searches over draws, which are to come"))]
    pub(crate) fn replay(seed: Seed, said: Recording) -> Self {
        Self::with(seed, said, true)
    }

    fn with(seed: Seed, said: Recording, records: bool) -> Self {
        Self(Arc::new(Shared { seed, said, records, spans: Mutex::default() }))
    }

    pub(crate) fn seed(&self) -> Seed {
        self.0.seed
    }

    /// Opens the next generator of this span. The first is [`Seed::rng`]'s; no two give the same numbers.
    pub(crate) fn rng(&self, span: &str) -> Rng {
        let mut spans = lock(&self.0.spans);
        let name = match spans.counts.get_mut(span) {
            None => {
                spans.counts.insert(span.to_owned(), 1);
                span.to_owned()
            }
            Some(count) => {
                *count += 1;
                format!("{span}#{count}")
            }
        };
        let rng = self.0.seed.rng(&name);
        if !self.0.records {
            return rng;
        }
        let said = self.0.said.0.get(&name).cloned().unwrap_or_default();
        let recorded = Arc::clone(spans.recorded.entry(name).or_default());
        rng.on_tape(Tape::new(said, Some(recorded)))
    }

    /// Returns what was drawn so far.
    #[cfg_attr(not(test), expect(dead_code, reason = "for searches over draws, which are to come"))]
    pub(crate) fn recording(&self) -> Recording {
        let spans = lock(&self.0.spans);
        let drawn = |(name, numbers): (&String, &Arc<Mutex<Vec<u64>>>)| (name.clone(), lock(numbers).clone());
        Recording(spans.recorded.iter().map(drawn).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_never_gives_the_same_numbers_twice_and_begins_as_the_seed_says() {
        let draws = Draws::new(Seed::DEFAULT);
        let first = draws.rng("x").next_u64();
        assert_eq!(first, Seed::DEFAULT.rng("x").next_u64());
        assert_ne!(draws.rng("x").next_u64(), first);
        assert_ne!(draws.rng("y").next_u64(), first);
    }

    #[test]
    fn a_recording_says_what_is_drawn_and_the_seed_goes_on_after_it() {
        let draws = Draws::replay(Seed::new(1), Recording::default());
        let (mut one, mut other) = (draws.rng("x"), draws.rng("x"));
        let drawn = [one.next_u64(), other.next_u64(), one.next_u64()];
        let again = Draws::replay(Seed::new(2), draws.recording());
        let (mut one, mut other) = (again.rng("x"), again.rng("x"));
        assert_eq!([one.next_u64(), other.next_u64(), one.next_u64()], drawn);
        assert_eq!(again.recording(), draws.recording());
        let mut by_seed = Seed::new(2).rng("x");
        assert_eq!(one.next_u64(), [(); 3].map(|()| by_seed.next_u64())[2]);
    }

    #[test]
    fn a_clone_draws_the_same_and_is_not_recorded() {
        let draws = Draws::replay(Seed::DEFAULT, Recording::default());
        let mut rng = draws.rng("x");
        let mut clone = rng.clone();
        assert_eq!(clone.next_u64(), rng.next_u64());
        assert_eq!(draws.recording().0["x"].len(), 1);
    }
}
