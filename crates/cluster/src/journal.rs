//! The journal: the list of all writes, each once.

use serde::{Deserialize, Serialize};

/// One write of a client. It is sent again until it is acknowledged, and counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Numbers go up: a client sends one write at a time.
    pub number: u64,
    /// When it was received, by the wall clock of the leader: nanoseconds since 1970.
    pub received: u64,
}

/// All writes that are committed. Wall clocks differ from leader to leader and jump; its times only go up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    writes: Vec<Write>,
}

impl Journal {
    /// Returns the writes, in their order.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    pub(crate) fn apply(&mut self, write: Write) {
        let last = self.writes.last().copied();
        if last.is_none_or(|last| last.number < write.number) {
            let received = write.received.max(last.map_or(0, |last| last.received + 1));
            self.writes.push(Write { received, ..write });
        }
    }
}
