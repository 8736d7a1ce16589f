//! The numbers that a generator draws: recorded, or said beforehand.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use crate::sync::lock;

/// Says the first numbers of a generator, and records all of them.
pub(super) struct Tape {
    said: std::vec::IntoIter<u64>,
    recorded: Option<Arc<Mutex<Vec<u64>>>>,
}

impl Tape {
    pub(super) fn new(said: Vec<u64>, recorded: Option<Arc<Mutex<Vec<u64>>>>) -> Self {
        Self { said: said.into_iter(), recorded }
    }

    /// Returns the number to draw where the generator has `drawn` this one.
    pub(super) fn draw(&mut self, drawn: u64) -> u64 {
        let number = self.said.next().unwrap_or(drawn);
        if let Some(recorded) = &self.recorded {
            lock(recorded).push(number);
        }
        number
    }
}

/// A clone draws the same, and records nothing: the recording is of one generator.
impl Clone for Tape {
    fn clone(&self) -> Self {
        Self { said: self.said.clone(), recorded: None }
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("said", &self.said.len()).finish_non_exhaustive()
    }
}
