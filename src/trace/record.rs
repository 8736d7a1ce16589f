//! The record that everything of one sim reports to.

#[cfg(feature = "tokio")]
use std::sync::{OnceLock, Weak};
use std::{
    fmt,
    io::IoSlice,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

#[cfg(feature = "tokio")]
use super::net_log::{LentLog, NetLog, NetLogSource, Place};
use super::{
    CustomEvent, Event, EventKind, Transcript,
    digest::Digest,
    entry::{Entry, Subject},
    log::{Log, Order},
    ring::{Known, Ring},
};
use crate::{sync::lock, violation::Violation};

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
    keep: usize,
    order: Arc<Order>,
    /// All events but those of the network.
    others: Mutex<Log>,
    #[cfg(feature = "tokio")]
    net: OnceLock<Weak<dyn NetLogSource>>,
    /// The network's log, while the network does not have it.
    #[cfg(feature = "tokio")]
    place: Place,
}

/// The answers of the network's log.
#[derive(Default)]
struct OfNet {
    events: Vec<(u64, Event)>,
    count: u64,
    digests: [u64; 2],
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
        Self(Arc::new(Shared {
            now: Box::new(now),
            is_whole,
            keep: ring.keep(),
            order: Arc::default(),
            others: Mutex::new(Log::new(ring, is_whole)),
            #[cfg(feature = "tokio")]
            net: OnceLock::new(),
            #[cfg(feature = "tokio")]
            place: Place::default(),
        }))
    }

    /// Adds an event, at this instant.
    pub fn record(&self, event: CustomEvent) {
        self.report(EventKind::Custom, Subject::Custom(Box::new(event)), 0, &[]);
    }

    /// Returns the events that are kept, the oldest first.
    #[must_use]
    pub fn events(&self) -> Transcript {
        let mut net = self.of_net(true).events.into_iter().peekable();
        let others = lock(&self.0.others);
        let mut events = Vec::new();
        for (_, entry, known, bytes) in others.iter() {
            let Some(Known { subject, after }) = known else { continue };
            events.extend(
                std::iter::from_fn(|| net.next_if(|(number, _)| number < after)).map(|(_, event)| event),
            );
            events.push(Event::new(entry, subject.clone(), bytes, &[]));
        }
        events.extend(net.map(|(_, event)| event));
        events.drain(..events.len().saturating_sub(self.0.keep));
        Transcript(events)
    }

    /// Returns how many events were recorded, those that are no longer kept included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.of_net(false).count + lock(&self.0.others).events
    }

    /// Returns one number for all events: of hosts, ports, instants, kinds, sizes and the order. Contents do not
    /// count: no bytes, names, numbers or texts.
    ///
    /// Each event gives two 64-bit words: its instant, and its kind and size mixed with a word of its hosts and ports. An
    /// event that is not of the network gives one before: how many events of the network came before it. Then for each
    /// word `digest = rotate_left((digest ^ word) * 0x9e3779b97f4a7c15, 29)`, for the network and for the rest by itself,
    /// and at last for the one and the other.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let [digest, _] = self.of_net(false).digests;
        Digest::of([digest, lock(&self.0.others).digest.value()])
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
        let [_, digest] = self.of_net(false).digests;
        Digest::of([digest, lock(&self.0.others).content_digest.value()])
    }

    #[cfg(not(feature = "tokio"))]
    fn of_net(&self, _with_events: bool) -> OfNet {
        OfNet::default()
    }

    // What the kit reports.

    /// Adds an event that tells of `size` bytes, at this instant.
    pub(crate) fn report(&self, kind: EventKind, subject: Subject, size: usize, bytes: &[IoSlice<'_>]) {
        let at = u64::try_from((self.0.now)().as_nanos()).unwrap_or(u64::MAX);
        let entry = Entry::new(at, kind, size, None);
        let mut log = lock(&self.0.others);
        let after = self.0.order.net.load(Ordering::Relaxed);
        log.digest.word(after);
        log.content_digest.word(after);
        log.count(entry, subject.word(), || subject.clone(), bytes);
        log.push(entry, Some(Known { subject, after }), bytes);
        self.0.order.others.store(log.events, Ordering::Relaxed);
    }
}

/// The log of the network, which the network has.
#[cfg(feature = "tokio")]
impl Trace {
    /// Makes the log of the network. There is one.
    pub(crate) fn lend(&self) -> LentLog {
        let ring = if self.0.is_whole { Ring::of_last(self.0.keep) } else { Ring::of_the_end() };
        let log = NetLog::new(Log::new(ring, self.0.is_whole), Arc::clone(&self.0.order));
        LentLog::new(Box::new(log), Arc::clone(&self.0.place))
    }

    /// Says where the log is that was lent.
    pub(crate) fn find_at(&self, net: Weak<dyn NetLogSource>) {
        let _first = self.0.net.set(net);
    }

    fn of_net(&self, with_events: bool) -> OfNet {
        let mut of_net = OfNet::default();
        let mut read = |net: &NetLog| {
            let log = &net.log;
            of_net.events = if with_events { net.events().collect() } else { Vec::new() };
            of_net.count = log.events + net.merged;
            of_net.digests = [log.digest.value(), log.content_digest.value()];
        };
        let place = lock(&self.0.place);
        match &*place {
            Some(log) => read(log),
            None => {
                drop(place);
                self.0.net.get().and_then(Weak::upgrade).iter().for_each(|net| net.read(&mut read));
            }
        }
        of_net
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
