//! The rules that must hold at every moment, each checked where it could break.

use std::{
    collections::{BTreeMap, btree_map::Entry as Slot},
    sync::{Mutex, PoisonError},
};

use openraft::{Entry, EntryPayload, LogId};
use tokio::sync::Notify;

use crate::{Types, Write};

/// Sees each leader and each committed entry of all nodes, and keeps the first rule of Raft that one breaks.
#[derive(Debug, Default)]
pub struct Ledger {
    seen: Mutex<Seen>,
    told: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    leaders: BTreeMap<u64, u64>,
    committed: BTreeMap<u64, (LogId<u64>, Option<Write>, u64)>,
    snapshots: u64,
    broken: Option<String>,
}

impl Ledger {
    /// Returns how many terms had a leader.
    #[must_use]
    pub fn terms(&self) -> usize {
        self.with(|seen| seen.leaders.len())
    }

    /// Returns how many entries were committed.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.with(|seen| seen.committed.len())
    }

    /// Returns how many snapshots a leader sent to a node that was far behind.
    #[must_use]
    pub fn snapshots(&self) -> u64 {
        self.with(|seen| seen.snapshots)
    }

    /// Returns the log number of the last committed entry.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.with(|seen| seen.committed.last_key_value().map(|(index, _)| *index))
    }

    /// Waits until a rule is broken, and tells which, by whom.
    pub async fn broken(&self) -> String {
        loop {
            if let Some(broken) = self.with(|seen| seen.broken.clone()) {
                return broken;
            }
            self.told.notified().await;
        }
    }

    fn is_broken(&self, how: String) {
        self.with(|seen| {
            seen.broken.get_or_insert(how);
        });
        self.told.notify_one();
    }

    pub(crate) fn sends_snapshot(&self) {
        self.with(|seen| seen.snapshots += 1);
    }

    /// At most one leader a term.
    ///
    /// Source: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", figure 3, Election Safety.
    pub(crate) fn leads(&self, term: u64, node: u64) {
        let first = self.with(|seen| *seen.leaders.entry(term).or_insert(node));
        if first != node {
            self.is_broken(format!("two leaders in term {term}: node-{first} and node-{node}"));
        }
    }

    /// Checks that no node applies something else than another.
    ///
    /// Source: as above, State Machine Safety.
    pub(crate) fn applies(&self, node: u64, entry: &Entry<Types>) {
        let write = match entry.payload {
            EntryPayload::Normal(write) => Some(write),
            _ => None,
        };
        let index = entry.log_id.index;
        let (id, known, by) = self.with(|seen| match seen.committed.entry(index) {
            Slot::Vacant(slot) => *slot.insert((entry.log_id, write, node)),
            Slot::Occupied(slot) => *slot.get(),
        });
        if (id, known) != (entry.log_id, write) {
            let other = entry.log_id;
            self.is_broken(format!(
                "entry {index} is not the same everywhere: node-{by} applied {id} {known:?}, node-{node} {other} {write:?}"
            ));
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut Seen) -> R) -> R {
        f(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
