//! The disk of a node, which survives a crash.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openraft::{Entry, LogId, SnapshotMeta, Vote};
use unplugged::{
    clock::{Clock, ClockExt},
    net::Host,
};

use crate::{Journal, Types};

/// A snapshot, and what it is of.
pub(crate) type Snapshot = (SnapshotMeta<u64, openraft::EmptyNode>, Journal);

/// When a write is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// Before it is acknowledged, as Raft demands.
    #[default]
    Synced,
    /// So much later: the planted bug. A crash takes back votes and entries that others count on.
    FlushedAfter(Duration),
}

/// How long a sync takes.
const SYNC: Duration = Duration::from_micros(300);

/// The disk of a node, owned by the test. What is not synced when the machine crashes is lost.
#[derive(Clone, Debug)]
pub struct Disk {
    durability: Durability,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    boots: u64,
    is_flushing: bool,
    written: Files,
    /// The contents that would survive a crash.
    synced: Files,
    snapshot: Option<Snapshot>,
}

/// The vote, the entries of the log, and how far it was purged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    pub(crate) vote: Option<Vote<u64>>,
    pub(crate) entries: BTreeMap<u64, Arc<Entry<Types>>>,
    pub(crate) purged: Option<LogId<u64>>,
}

impl Disk {
    /// Makes an empty disk.
    #[must_use]
    pub fn new(durability: Durability) -> Self {
        Self { durability, state: Arc::default() }
    }

    /// Returns how often its machine started.
    #[must_use]
    pub fn boots(&self) -> u64 {
        self.state().boots
    }

    /// The machine starts: all that it had not synced is gone.
    pub(crate) fn mount(&self, host: Host) -> Mount {
        let mut state = self.state();
        state.boots += 1;
        state.is_flushing = false;
        state.written = state.synced.clone();
        let boot = state.boots;
        drop(state);
        Mount { disk: self.clone(), host, boot }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A disk, as one life of its machine uses it.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    disk: Disk,
    host: Host,
    boot: u64,
}

impl Mount {
    pub(crate) const fn boot(&self) -> u64 {
        self.boot
    }

    pub(crate) fn read<R>(&self, read: impl FnOnce(&Files) -> R) -> R {
        read(&self.state().written)
    }

    /// Changes the files. What is purged may come back after a crash: no harm is done, and no sync is needed.
    pub(crate) fn write(&self, write: impl FnOnce(&mut Files)) {
        write(&mut self.state().written);
    }

    /// Returns when what was written is safe; or so the caller believes.
    pub(crate) async fn sync(&self) {
        match self.disk.durability {
            Durability::Synced => self.flush_after(SYNC).await,
            Durability::FlushedAfter(delay) => {
                if !std::mem::replace(&mut self.state().is_flushing, true) {
                    let mount = self.clone();
                    self.host.spawn(async move { mount.flush_after(delay).await });
                }
            }
        }
    }

    async fn flush_after(&self, delay: Duration) {
        self.host.clock().sleep(delay).await;
        let mut state = self.state();
        state.synced = state.written.clone();
        state.is_flushing = false;
    }

    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        self.state().snapshot.clone()
    }

    /// A snapshot is written to a file of its own, synced, and renamed.
    pub(crate) async fn save_snapshot(&self, snapshot: Snapshot) {
        self.host.clock().sleep(SYNC).await;
        self.state().snapshot = Some(snapshot);
    }

    /// The wall clock of the machine, in nanoseconds since 1970.
    pub(crate) fn wall_clock(&self) -> u64 {
        let since = self.host.clock().system_time().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.disk.state();
        assert!(state.boots == self.boot, "a task of `{}` outlived its machine", self.host.name());
        state
    }
}
