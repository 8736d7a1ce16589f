//! A log of events, in the order of one lock. A record has two: the events of the network, and all others.

use std::{ops::Deref, sync::atomic::AtomicU64};

use bytes::Bytes;

use super::{
    digest::Digest,
    entry::{Entry, Subject},
    ring::{Known, Ring},
};
use crate::seed::fnv1a;

/// How many events there were: what brings the two logs into one order.
#[derive(Debug, Default)]
pub(super) struct Order {
    pub(super) net: AtomicU64,
    pub(super) others: AtomicU64,
}

pub(super) struct Log {
    /// It is one to compare: all contents count.
    is_whole: bool,
    pub(super) ring: Ring,
    /// How many events there were. Reads that were added to the one before do not count.
    pub(super) events: u64,
    pub(super) digest: Digest,
    pub(super) content_digest: Digest,
}

impl Log {
    pub(super) const fn new(ring: Ring, is_whole: bool) -> Self {
        let (digest, content_digest) = (Digest::new(), Digest::new());
        Self { is_whole, ring, events: 0, digest, content_digest }
    }

    /// Counts an event into the digests. `whom` is the word of its subject.
    #[inline]
    pub(super) fn count(
        &mut self,
        entry: Entry,
        whom: u64,
        subject: impl FnOnce() -> Subject,
        bytes: &[impl Deref<Target = [u8]>],
    ) {
        entry.digest(whom, &mut self.digest);
        if self.is_whole {
            self.count_contents(entry, whom, &subject(), bytes);
        }
    }

    #[cold]
    fn count_contents(
        &mut self,
        entry: Entry,
        whom: u64,
        subject: &Subject,
        bytes: &[impl Deref<Target = [u8]>],
    ) {
        entry.digest(whom, &mut self.content_digest);
        subject.digest_content(&mut self.content_digest);
        self.content_digest.word(fnv1a(bytes.iter().flat_map(|bytes| &**bytes)));
    }

    /// Adds an event. `known` is its subject, if it has no flow.
    pub(super) fn push(&mut self, entry: Entry, known: Option<Known>, bytes: &[impl Deref<Target = [u8]>]) {
        self.events += 1;
        self.ring.push(entry, known, bytes);
    }

    /// Adds an event of a flow.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(super) fn push_of_flow(&mut self, entry: Entry, bytes: &[&[u8]]) {
        self.events += 1;
        self.ring.push_of_flow(entry, bytes);
    }

    /// Returns the number of the oldest event that is kept.
    #[cfg(feature = "tokio")]
    pub(super) const fn oldest(&self) -> u64 {
        self.events.saturating_sub(self.ring.keep() as u64)
    }

    /// The events that are kept, the oldest first, each with its number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Entry, Option<&Known>, Bytes)> {
        let first = self.events - self.ring.len() as u64;
        (first..).zip(self.ring.iter()).map(|(number, (entry, known, bytes))| (number, entry, known, bytes))
    }
}
