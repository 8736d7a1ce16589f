//! The log and the vote, on the disk.

use std::{fmt::Debug, ops::RangeBounds, sync::Arc};

use openraft::{
    LogId, LogState, OptionalSend, RaftLogReader, StorageError, Vote,
    storage::{LogFlushed, RaftLogStorage},
};

use crate::{Types, disk::Mount};

type Entry = openraft::Entry<Types>;
type Result<T> = std::result::Result<T, StorageError<u64>>;

/// The log of a node.
#[derive(Clone, Debug)]
pub(crate) struct Log(pub(crate) Mount);

impl RaftLogReader<Types> for Log {
    async fn try_get_log_entries<B>(&mut self, range: B) -> Result<Vec<Entry>>
    where
        B: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        Ok(self.0.read(|files| files.entries.range(range).map(|(_, entry)| Entry::clone(entry)).collect()))
    }
}

impl RaftLogStorage<Types> for Log {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<Types>> {
        Ok(self.0.read(|files| LogState {
            last_purged_log_id: files.purged,
            last_log_id: files.entries.values().next_back().map(|entry| entry.log_id).or(files.purged),
        }))
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote<u64>) -> Result<()> {
        self.0.write(|files| files.vote = Some(*vote));
        self.0.sync().await;
        Ok(())
    }

    async fn read_vote(&mut self) -> Result<Option<Vote<u64>>> {
        Ok(self.0.read(|files| files.vote))
    }

    async fn append<I>(&mut self, entries: I, flushed: LogFlushed<Types>) -> Result<()>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        self.0.write(|files| {
            files.entries.extend(entries.into_iter().map(|entry| (entry.log_id.index, Arc::new(entry))));
        });
        self.0.sync().await;
        flushed.log_io_completed(Ok(()));
        Ok(())
    }

    async fn truncate(&mut self, from: LogId<u64>) -> Result<()> {
        self.0.write(|files| drop(files.entries.split_off(&from.index)));
        self.0.sync().await;
        Ok(())
    }

    async fn purge(&mut self, upto: LogId<u64>) -> Result<()> {
        self.0.write(|files| {
            files.entries = files.entries.split_off(&(upto.index + 1));
            files.purged = Some(upto);
        });
        Ok(())
    }
}
