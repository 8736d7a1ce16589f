//! The builder of a sim.

use std::time::Duration;

use super::{current, notes::Notes, run::Owned, settings::Settings, sim::Sim, texts};
use crate::{
    environment,
    replay::ThisTest,
    seed::{Draws, Seed},
};

/// The settings of a [`Sim`]; made by [`Sim::builder`].
///
/// ```
/// use unplugged::{Sim, clock::mins, seed::Seed};
///
/// let sim = Sim::builder().seed(Seed::new(7)).limit(mins(10)).build();
/// assert_eq!(sim.seed().to_string(), "0x7");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct SimBuilder {
    settings: Settings,
    /// The environment said which seed.
    is_replay: bool,
}

impl Sim {
    /// Makes a sim with the default settings: seed `0x5eed`, a limit of 24 hours.
    ///
    /// # Panics
    /// Inside of another runtime or sim.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Begins a sim with other settings.
    pub fn builder() -> SimBuilder {
        SimBuilder { settings: Settings::new(), is_replay: false }
    }

    /// Begins the sim of a test, with the seed from the environment variable `UNPLUGGED_SEED`, if it is set. Nothing
    /// else of a sim reads the environment.
    ///
    /// # Panics
    /// If `UNPLUGGED_SEED` is no seed.
    #[track_caller]
    pub(crate) fn from_env(test: ThisTest) -> SimBuilder {
        environment::check();
        let mut builder = Self::builder();
        if let Ok(text) = std::env::var("UNPLUGGED_SEED") {
            builder.settings.seed = text.parse().unwrap_or_else(|error| panic!("UNPLUGGED_SEED: {error}"));
            builder.is_replay = true;
        }
        builder.settings.test = Some(test);
        builder
    }
}

impl Default for Sim {
    fn default() -> Self {
        Self::new()
    }
}

impl SimBuilder {
    /// Sets the seed of all random numbers: `0x5eed` unless set.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Returns the seed that is set.
    pub(crate) const fn seed_of_all(&self) -> Seed {
        self.settings.seed
    }

    /// Sets the seed, unless the environment has set another.
    pub(crate) fn default_seed(self, seed: Seed) -> Self {
        if self.is_replay { self } else { self.seed(seed) }
    }

    /// Takes all random numbers from here, so that they can be recorded and replayed.
    #[cfg_attr(not(test), expect(dead_code, reason = "for searches over draws, which are to come"))]
    pub(crate) fn draws(mut self, draws: &Draws) -> Self {
        self.settings.draws = Some(draws.clone());
        self.seed(draws.seed())
    }

    /// Keeps notes for a search, of which this sim is one case.
    pub(crate) fn notes(mut self, notes: &Notes) -> Self {
        self.settings.notes = Some(notes.clone());
        self
    }

    /// Sets how much virtual time may pass by itself before the test comes on: 24 hours unless set. The test comes on when
    /// something else than a timer of its own has woken it, or when a move that it asked for is done; an `advance` may
    /// go further.
    ///
    /// # Panics
    /// If it is zero.
    pub fn limit(mut self, limit: Duration) -> Self {
        assert!(!limit.is_zero(), "the limit of a sim must be longer than nothing");
        self.settings.limit = limit;
        self
    }

    /// Sets whether time moves only when the test says so, and never because the test awaits: `false` unless set.
    pub fn manual(mut self, is_manual: bool) -> Self {
        self.settings.manual = is_manual;
        self
    }

    /// Sets whether the seed draws the order of what is due at one instant: timers of the sim's clock, packets of different
    /// connections, and the first turns of tasks that the sim or a host spawns while it runs. Unless set, the first comes first,
    /// as it does under seed 0. [`explore::seeds`](crate::explore::seeds) sets it.
    ///
    /// tokio's run queue and its own timers keep their order.
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use unplugged::{Sim, seed::Seed};
    ///
    /// let order = |seed| {
    ///     let sim = Sim::builder().shuffle_ties(true).seed(Seed::new(seed)).build();
    ///     let began = Rc::new(RefCell::new(Vec::new()));
    ///     sim.run(async {
    ///         for number in 0..4 {
    ///             let began = Rc::clone(&began);
    ///             sim.spawn(async move { began.borrow_mut().push(number) });
    ///         }
    ///         sim.settle().await;
    ///     });
    ///     began.take()
    /// };
    /// assert_eq!(order(0), [0, 1, 2, 3]);
    /// assert!((1..10).any(|seed| order(seed) != [0, 1, 2, 3]));
    /// ```
    pub fn shuffle_ties(mut self, is_shuffled: bool) -> Self {
        self.settings.shuffle_ties = is_shuffled;
        self
    }

    /// Allows panics whose text holds `text`, as often as they come: those of a service that catches what its handlers do,
    /// or of tasks in a storm. One that must come is for [`Sim::expect_panic`]. Can be said for several texts.
    ///
    /// ```
    /// use unplugged::Sim;
    ///
    /// let sim = Sim::builder().allow_panics("a handler's bug").build();
    /// sim.run(async {
    ///     let handler = tokio::spawn(async { panic!("a handler's bug") });
    ///     assert!(handler.await.unwrap_err().is_panic());
    /// });
    /// ```
    ///
    /// # Panics
    /// If `text` is empty: it would allow every panic.
    #[track_caller]
    pub fn allow_panics(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        assert!(!text.is_empty(), "`allow_panics` needs a text: an empty one would allow every panic");
        self.settings.allowed_panics.push(text);
        self
    }

    /// Keeps the last `events` events, with all their bytes, and digests their contents: `usize::MAX` keeps all.
    ///
    /// ```
    /// use unplugged::{Sim, clock::{ClockExt, millis}};
    ///
    /// let run = || {
    ///     let sim = Sim::builder().trace(100).build();
    ///     sim.spawn(sim.clock().sleep(millis(5)).named("nap"));
    ///     sim.run_until_idle();
    ///     (sim.transcript().lines(), sim.content_digest())
    /// };
    /// let (lines, digest) = run();
    /// assert!(lines[1].starts_with("+5ms fired timer `nap`, made at "));
    /// assert_eq!(digest, run().1);
    /// ```
    pub fn trace(mut self, events: usize) -> Self {
        self.settings.trace = Some(events);
        self
    }

    /// Sets how often one task may be polled at one instant, and how many timers and packets may be due at it without
    /// delay, before that counts as a loop: 100,000 unless set. Ten times as often in a row the test itself may be woken
    /// by nothing but time.
    pub fn max_steps_per_instant(mut self, limit: u32) -> Self {
        self.settings.max_steps_per_instant = limit;
        self
    }

    /// Allows real sockets, for tests that cannot do without. What they do is neither exact nor repeatable.
    pub fn real_io(mut self, is_allowed: bool) -> Self {
        self.settings.real_io = is_allowed;
        self
    }

    /// Allows `tokio::task::spawn_blocking` and what is built on it (`tokio::fs`, `lookup_host`). Tokio's
    /// timers wait for such threads; `settle`, the moves of time and the timers of the sim's clock do not. Use [`Sim::spawn_blocking`]
    /// where you can.
    pub fn real_threads(mut self, is_allowed: bool) -> Self {
        self.settings.real_threads = is_allowed;
        self
    }

    /// Sets how long, in real time, a blocking task or one poll may keep the sim waiting: 60 seconds unless set. It is
    /// looked at twice a second. A blocking task fails the test. A poll that does not return is told on the real
    /// standard error after 10 seconds, and at the limit the process ends with a failure. `Duration::MAX` is no limit.
    pub fn blocking_limit(mut self, limit: Duration) -> Self {
        self.settings.blocking_limit = limit;
        self
    }

    /// Makes the sim.
    ///
    /// # Panics
    /// Inside of another runtime or sim, and if the system cannot give what a runtime needs.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> Sim {
        if tokio::runtime::Handle::try_current().is_ok() {
            texts::in_a_runtime(current::is_entered()).raise();
        }
        Sim::of(Owned::new(self.settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::millis, net::Probability, seed::Recording};

    /// A run that draws by itself and on a bad link; what it drew, and what came of it.
    fn run(draws: &Draws) -> (u64, u64) {
        let sim = Sim::builder().draws(draws).build();
        let (client, server) = (sim.net().host("client"), sim.net().host("server"));
        sim.net().everywhere().loss(Probability::percent(50)).keep();
        let (near, _far) = (client.bind_udp(1).expect("free"), server.bind_udp(1).expect("free"));
        for _ in 0..50 {
            near.try_send_to(b"x", "server:1").expect("sent");
            sim.advance(millis(sim.rng("pauses").next_u64() % 9 + 1));
        }
        (sim.digest(), sim.seed().value())
    }

    #[test]
    fn the_recorded_draws_of_a_run_give_the_same_run_under_another_seed() {
        let recorded = Draws::replay(Seed::new(1), Recording::default());
        let (digest, _) = run(&recorded);
        let replayed = Draws::replay(Seed::new(2), recorded.recording());
        assert_eq!(run(&replayed), (digest, 2));
        assert_eq!(replayed.recording(), recorded.recording());
        assert_ne!(run(&Draws::replay(Seed::new(2), Recording::default())).0, digest);
    }
}
