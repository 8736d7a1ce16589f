//! The record that everything of one sim reports to.

#[cfg(feature = "tokio")]
use std::net::SocketAddr;
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

#[cfg(feature = "tokio")]
use super::entry::{Ends, digest_packet};
use super::{
    CustomEvent, Event, EventKind, Transcript,
    digest::Digest,
    entry::{Entry, Subject},
    ring::Ring,
};
use crate::{seed::fnv1a, sync::lock, violation::Violation};

/// A record of events, in one order. Clones are the same record.
///
/// A [`Sim`](crate::Sim) has one of its own, which [`Sim::transcript`](crate::Sim::transcript) reads. Make one where
/// there is no sim.
#[derive(Clone)]
pub struct Trace(Arc<Shared>);

struct Shared {
    now: Box<dyn Fn() -> Duration + Send + Sync>,
    /// It is one to compare: all contents count.
    is_whole: bool,
    state: Mutex<State>,
}

struct State {
    count: u64,
    digest: Digest,
    content_digest: Digest,
    /// The names of hosts, by their numbers.
    hosts: Vec<Arc<str>>,
    ring: Ring,
}

impl Trace {
    /// Makes a record that keeps the last `keep` events, with all their bytes. Their instants are what `now` says.
    #[must_use]
    pub fn new(keep: usize, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self::with(Ring::of_last(keep), true, now)
    }

    /// A record of the end of what happens, for failure texts.
    #[cfg(feature = "tokio")]
    pub(crate) fn of_the_end(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self::with(Ring::of_the_end(), false, now)
    }

    fn with(ring: Ring, is_whole: bool, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let (digest, content_digest) = (Digest::default(), Digest::default());
        let state = Mutex::new(State { count: 0, digest, content_digest, hosts: Vec::new(), ring });
        Self(Arc::new(Shared { now: Box::new(now), is_whole, state }))
    }

    /// Adds an event, at this instant.
    pub fn record(&self, event: CustomEvent) {
        self.report(EventKind::Custom, Subject::Custom(Box::new(event)), 0, []);
    }

    /// Returns the events that are kept, the oldest first.
    #[must_use]
    pub fn events(&self) -> Transcript {
        let state = lock(&self.0.state);
        let events = state.ring.iter().map(|(entry, bytes)| Event::new(entry, bytes, &state.hosts));
        Transcript(events.collect())
    }

    /// Returns how many events were recorded, those that are no longer kept included.
    #[must_use]
    pub fn count(&self) -> u64 {
        lock(&self.0.state).count
    }

    /// Returns one number for all events: of hosts, ports, instants, kinds, sizes and the order. Contents do not
    /// count: no bytes, names, numbers or texts.
    ///
    /// Each event gives some 64-bit words; `digest = rotate_left((digest ^ word) * 0x9e3779b97f4a7c15, 29)`.
    #[must_use]
    pub fn digest(&self) -> u64 {
        lock(&self.0.state).digest.value()
    }

    /// Returns one number for all events, contents included: all bytes, names, numbers and texts. Two runs with the
    /// same number are the same, as far as events tell. Places in the source do not count, so that the number can
    /// stand in a test as a constant.
    ///
    /// # Panics
    /// If it is the record of a sim that was not asked to keep contents.
    #[must_use]
    #[track_caller]
    pub fn content_digest(&self) -> u64 {
        if !self.0.is_whole {
            no_contents().raise();
        }
        lock(&self.0.state).content_digest.value()
    }

    // What the kit reports.

    /// Adds an event that tells of `size` bytes, at this instant.
    pub(crate) fn report<'a>(
        &self,
        kind: EventKind,
        subject: Subject,
        size: usize,
        bytes: impl IntoIterator<Item = &'a [u8], IntoIter: Clone>,
    ) {
        let at = u64::try_from((self.0.now)().as_nanos()).unwrap_or(u64::MAX);
        self.add(Entry::new(at, kind, size, subject), bytes.into_iter());
    }

    #[inline]
    fn add<'a>(&self, entry: Entry, bytes: impl Iterator<Item = &'a [u8]> + Clone) {
        let mut state = lock(&self.0.state);
        state.count += 1;
        entry.digest(&mut state.digest);
        if self.0.is_whole {
            entry.digest_content(&mut state.content_digest);
            state.content_digest.word(fnv1a(bytes.clone().flatten()));
        }
        state.ring.push(entry, bytes);
    }
}

/// Events of the network. `at` is in nanoseconds.
#[cfg(feature = "tokio")]
impl Trace {
    /// Gives the next host its name. Hosts are numbered in the order of these calls, from 0.
    pub(crate) fn name_host(&self, name: Arc<str>) {
        let mut state = lock(&self.0.state);
        state.digest.text(&name);
        state.content_digest.text(&name);
        state.hosts.push(name);
    }

    /// A packet that carries `size` bytes is sent, arrives or is lost; or so many bytes of a connection, or its end, are
    /// read. `bytes` are these, as far as they are at hand.
    #[inline]
    pub(crate) fn packet(&self, at: u64, kind: EventKind, ends: &Ends, size: usize, bytes: [&[u8]; 2]) {
        if self.0.is_whole {
            return self.add(Entry::new(at, kind, size, Subject::Packet(*ends)), bytes.into_iter());
        }
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let mut state = lock(&self.0.state);
        let state = &mut *state;
        state.count += 1;
        digest_packet(&mut state.digest, at, kind, size, ends);
        state.ring.push_packet(at, kind, size, ends, bytes);
    }

    /// A datagram of this length is read, or as much of it as there was room for.
    pub(crate) fn datagram_read(&self, at: u64, ends: &Ends, length: usize, size: usize, bytes: &[u8]) {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let subject = Subject::Datagram { ends: *ends, length };
        self.add(Entry::new(at, EventKind::Read, size, subject), [bytes].into_iter());
    }

    /// A connection begins, is refused, is given up or is accepted. A host may have the address that it goes to.
    pub(crate) fn connection(&self, at: u64, kind: EventKind, ends: &Ends, has_host: bool) {
        self.add(Entry::new(at, kind, 0, Subject::Connection { ends: *ends, has_host }), [].into_iter());
    }

    pub(crate) fn listening(&self, at: u64, host: u32, address: SocketAddr) {
        self.add(Entry::new(at, EventKind::Listening, 0, Subject::Port { host, address }), [].into_iter());
    }

    /// Something happens at the path of a Unix socket, by the code that connected or by the code that accepted.
    pub(crate) fn at_path(
        &self,
        at: u64,
        kind: EventKind,
        (host, path): (u32, &Arc<str>),
        (conn, by_client): (u32, bool),
        size: usize,
        bytes: [&[u8]; 2],
    ) {
        let subject = Subject::Path { host, conn, path: Arc::clone(path), by_client };
        self.add(Entry::new(at, kind, size, subject), bytes.into_iter());
    }

    /// A rule, a host or a clock changes.
    pub(crate) fn change(&self, at: u64, kind: EventKind, host: Option<u32>, words: Arc<str>) {
        self.add(Entry::new(at, kind, 0, Subject::Change { host, words }), [].into_iter());
    }
}

fn no_contents() -> Violation {
    Violation::new("this record has no digest of contents: the sim was not asked to keep them")
        .next("make the sim with `Sim::builder().trace(keep)`")
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("count", &self.count()).field("events", &self.events()).finish()
    }
}
