//! The wire between hosts: the time, the event queue, the links, held packets, notices and the record.

pub(crate) mod event;
pub(crate) mod queue;

use std::{collections::BTreeSet, sync::Arc};

pub(crate) use self::event::{NetEvent, TcpEvent};
use self::queue::{Queue, QueueEntry};
use super::{
    ids::{DatagramId, HostId, Id, PairId},
    io::Notice,
    links::{Delivery, Gate, Links, Outgoing, Route},
};
use crate::{
    seed::{Draws, Seed},
    trace::{EventKind, LentLog, NetLog},
};

/// The status of a host, which decides whether it takes packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Up,
    Paused,
    Down,
}

/// A packet that a link or a paused host holds.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) number: u64,
    /// Its turn in the queue, if it was held under way: it keeps the name that it had there.
    pub(crate) turn: u64,
    pub(crate) from: HostId,
    pub(crate) to: HostId,
    pub(crate) event: NetEvent,
}

/// Carries packets from host to host. Knows nothing of protocols.
pub(crate) struct Wire {
    pub(crate) now: u64,
    pub(super) queue: Queue,
    pub(crate) links: Links,
    /// The status of each host.
    statuses: Vec<Status>,
    /// How many hosts are down or paused.
    not_up: usize,
    /// Packets that a link or a paused host holds, in the order of their arrival there.
    pub(super) held: Vec<Held>,
    holds: u64,
    /// Packets that pass whatever the rules say, by their turn in the queue.
    pub(super) waved_through: BTreeSet<u64>,
    /// The news for the owners of sockets.
    pub(crate) notices: Vec<Notice>,
    /// The log of all that happens here.
    pub(crate) record: LentLog,
}

impl Wire {
    pub(super) fn new(draws: Draws, record: LentLog) -> Self {
        Self {
            now: 0,
            queue: Queue::default(),
            links: Links::new(draws),
            statuses: Vec::new(),
            not_up: 0,
            held: Vec::new(),
            holds: 0,
            waved_through: BTreeSet::new(),
            notices: Vec::new(),
            record,
        }
    }

    pub(crate) fn add_host(&mut self, name: &Arc<str>) {
        self.links.add_host(Arc::clone(name));
        self.log().name_host(Arc::clone(name));
        self.statuses.push(Status::Up);
    }

    pub(crate) fn status(&self, host: HostId) -> Status {
        self.statuses[host.index()]
    }

    /// Sets the status of a host, and returns the old one.
    pub(super) fn set_status(&mut self, host: HostId, status: Status) -> Status {
        let old = std::mem::replace(&mut self.statuses[host.index()], status);
        self.not_up -= usize::from(old != Status::Up);
        self.not_up += usize::from(status != Status::Up);
        old
    }

    /// Records a change of a rule, a host or a clock.
    pub(crate) fn record_change(&mut self, kind: EventKind, host: Option<HostId>, words: Arc<str>) {
        self.log().change(kind, host.map(|host| host.0), words);
    }

    /// Returns what records the events of the network.
    #[inline]
    pub(crate) fn log(&mut self) -> &mut NetLog {
        let log = self.record.log();
        log.now = self.now;
        log
    }

    // The queue.

    /// Schedules an event, and returns its turn. Those of one connection keep their order.
    pub(super) fn push(&mut self, at: u64, event: NetEvent) -> u64 {
        let group = match event {
            NetEvent::Tcp(id, _) => id.index() as u64,
            NetEvent::Datagram(_) => u64::MAX,
        };
        self.queue.push(at, group, event)
    }

    /// Schedules a datagram of this host. Those of one host keep their order.
    pub(super) fn push_datagram(&mut self, at: u64, from: HostId, datagram: DatagramId) {
        self.queue.push(at, 1 << 63 | from.index() as u64, NetEvent::Datagram(datagram));
    }

    /// Draws the order of events of one instant from this seed.
    pub(crate) fn shuffle_ties(&mut self, seed: Seed) {
        self.queue.ties = Some(seed);
    }

    /// Schedules a timer that does not keep the network busy, and that can be removed.
    pub(super) fn push_background(&mut self, at: u64, event: NetEvent) -> QueueEntry {
        self.queue.push_background(at, event)
    }

    pub(super) fn remove_background(&mut self, timer: QueueEntry) {
        self.queue.remove_background(timer);
    }

    pub(super) fn notify(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    // Packets.

    /// Decides about a packet that is sent now.
    pub(super) fn delivery(&mut self, packet: &Outgoing<'_>) -> Delivery {
        match self.links.route(packet.from, packet.to) {
            Route::Plain(latency) => Delivery::after(self.now, latency),
            Route::Ruled(pair) => self.apply_rules(pair, packet),
        }
    }

    /// Decides about a packet on a route that has rules, whose closures are the test's.
    pub(super) fn apply_rules(&mut self, pair: PairId, packet: &Outgoing<'_>) -> Delivery {
        if self.links.inspectors > 0 {
            self.record.give_back();
        }
        self.links.apply_rules(pair, self.now, packet)
    }

    /// Returns whether a packet that is under way can pass now.
    pub(super) fn gate(&mut self, from: HostId, to: HostId) -> Gate {
        let gate = self.links.gate(from, to);
        if self.not_up == 0 {
            return gate;
        }
        gate.max(match self.status(to) {
            Status::Up => Gate::Open,
            Status::Paused => Gate::Held,
            Status::Down => Gate::Cut,
        })
    }

    /// Holds a packet. `turn` is its turn if it was in the queue, else 0.
    pub(super) fn hold(&mut self, from: HostId, to: HostId, turn: u64, event: NetEvent) {
        self.holds += 1;
        self.held.push(Held { number: self.holds, turn, from, to, event });
    }
}
