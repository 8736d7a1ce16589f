//! The state machine of openraft: a node's journal in memory, with snapshots on its disk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openraft::{
    EmptyNode, EntryPayload, LogId, OptionalSend, RaftSnapshotBuilder, SnapshotMeta, StorageError,
    StoredMembership,
    storage::{RaftStateMachine, Snapshot},
};

use crate::{Journal, Ledger, Types, disk::Mount};

type Result<T> = std::result::Result<T, StorageError<u64>>;

/// A node's journal: in memory, with snapshots on the disk.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    node: u64,
    mount: Mount,
    ledger: Arc<Ledger>,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) journal: Journal,
    pub(crate) applied: Option<LogId<u64>>,
    membership: StoredMembership<u64, EmptyNode>,
}

impl State {
    fn of(meta: SnapshotMeta<u64, EmptyNode>, journal: Journal) -> Self {
        Self { journal, applied: meta.last_log_id, membership: meta.last_membership }
    }
}

impl Machine {
    pub(crate) fn new(node: u64, mount: Mount, ledger: Arc<Ledger>) -> Self {
        let state = mount.snapshot().map_or_else(State::default, |(meta, journal)| State::of(meta, journal));
        Self { node, mount, ledger, state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RaftStateMachine<Types> for Machine {
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> Result<(Option<LogId<u64>>, StoredMembership<u64, EmptyNode>)> {
        let state = self.state();
        Ok((state.applied, state.membership.clone()))
    }

    async fn apply<I>(&mut self, entries: I) -> Result<Vec<()>>
    where
        I: IntoIterator<Item = openraft::Entry<Types>> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut state = self.state();
        let mut answers = Vec::new();
        for entry in entries {
            self.ledger.applies(self.node, &entry);
            state.applied = Some(entry.log_id);
            match entry.payload {
                EntryPayload::Blank => {}
                EntryPayload::Normal(write) => state.journal.apply(write),
                EntryPayload::Membership(members) => {
                    state.membership = StoredMembership::new(Some(entry.log_id), members);
                }
            }
            answers.push(());
        }
        Ok(answers)
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn begin_receiving_snapshot(&mut self) -> Result<Box<Journal>> {
        Ok(Box::default())
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta<u64, EmptyNode>,
        journal: Box<Journal>,
    ) -> Result<()> {
        self.mount.save_snapshot((meta.clone(), (*journal).clone())).await;
        *self.state() = State::of(meta.clone(), *journal);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot<Types>>> {
        let snapshot = self.mount.snapshot();
        Ok(snapshot.map(|(meta, journal)| Snapshot { meta, snapshot: Box::new(journal) }))
    }
}

impl RaftSnapshotBuilder<Types> for Machine {
    async fn build_snapshot(&mut self) -> Result<Snapshot<Types>> {
        let State { journal, applied, membership } = self.state().clone();
        let index = applied.map_or(0, |id| id.index);
        let meta = SnapshotMeta {
            last_log_id: applied,
            last_membership: membership,
            snapshot_id: format!("{}-{}-{index}", self.node, self.mount.boot()),
        };
        self.mount.save_snapshot((meta.clone(), journal.clone())).await;
        Ok(Snapshot { meta, snapshot: Box::new(journal) })
    }
}
