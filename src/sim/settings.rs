//! The settings of a sim.

use std::time::Duration;

use super::notes::Notes;
use crate::{
    clock::{MAX_STEPS_PER_INSTANT, hours},
    replay::ThisTest,
    seed::{Draws, Seed},
};

/// The settings of one sim, as its builder collects them.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) seed: Seed,
    /// Where the sim draws from, if its draws are recorded or replayed.
    pub(super) draws: Option<Draws>,
    /// The test that this is the sim of, if it is known.
    pub(super) test: Option<ThisTest>,
    /// The texts of panics that the code may catch.
    pub(super) allowed_panics: Vec<String>,
    /// The seed draws the order of what is due at one instant.
    pub(super) shuffle_ties: bool,
    /// Time moves only when the test says so.
    pub(super) manual: bool,
    /// How much virtual time may pass between two turns of the test.
    pub(super) limit: Duration,
    /// How often a task may be polled at one instant, before that counts as a loop.
    pub(super) max_steps_per_instant: u32,
    pub(super) real_io: bool,
    pub(super) real_threads: bool,
    /// How long, in real time, a blocking task may keep the sim waiting.
    pub(super) blocking_limit: Duration,
    /// How many events to keep, with their contents, if that was asked for.
    pub(super) trace: Option<usize>,
    /// Where the use of the network's rules is collected, if the sim is one case of a search.
    pub(super) notes: Option<Notes>,
}

impl Settings {
    pub(super) fn new() -> Self {
        Self {
            seed: Seed::DEFAULT,
            draws: None,
            test: None,
            allowed_panics: Vec::new(),
            manual: false,
            limit: hours(24),
            max_steps_per_instant: MAX_STEPS_PER_INSTANT,
            real_io: false,
            real_threads: false,
            blocking_limit: Duration::from_secs(60),
            trace: None,
            notes: None,
            shuffle_ties: false,
        }
    }
}
