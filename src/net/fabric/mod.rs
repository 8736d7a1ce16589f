//! The network as a pure state machine: the time goes in, what happened comes out. No runtime, no clock, no
//! waker; all is ordered by (time, sequence), and all chance comes from named streams of one seed.

mod addresses;
mod conn;
mod crashes;
mod datagrams;
mod flight;
mod handshake;
mod hosts;
mod keep_alive;
mod leftovers;
mod line;
mod links;
mod netstat;
mod ports;
mod queue;
mod record;
mod rules;
mod streams;
#[cfg(test)]
mod tests;
mod transcript;
mod unix;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::IpAddr,
    path::Path,
    sync::Arc,
};

use slab::Slab;

pub(crate) use self::{
    addresses::{as_ipv6, is_for_many, is_mapped},
    conn::{Conn, Life, Progress, Side},
    datagrams::{Mail, Socket},
    flight::PacketName,
    handshake::Listener,
    hosts::{Bind, Found, HostState, Status, ipv4_of, ipv6_of},
    links::Links,
    record::{Way, What},
    rules::{Effect, Matcher, Pattern},
    transcript::Transcript,
    unix::show,
};
use self::{
    datagrams::Datagram,
    flight::Held,
    links::{Fate, Gate, Harm, PairId, Route},
    queue::{Entry, Event, Queue},
};
use crate::{
    net::{Packet, PacketKind, Record},
    seed::Seed,
};

/// How many bytes may be written and not read, in one direction of a connection, unless set.
pub(crate) const WINDOW: usize = 64 * 1024;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) u32);

        impl $name {
            pub(crate) const fn index(self) -> usize {
                self.0 as usize
            }

            #[expect(clippy::cast_possible_truncation, reason = "no test makes four thousand million of them")]
            pub(crate) const fn at(index: usize) -> Self {
                Self(index as u32)
            }
        }
    )*};
}

ids!(
    /// A host, for ever.
    HostId,
    /// A connection, until nobody needs it.
    ConnId,
    /// A listener, until it is dropped.
    ListenerId,
    /// A datagram socket, until it is dropped.
    SocketId
);

/// Somebody may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The end can be read, or never will.
    Readable(ConnId, Side),
    /// The end can be written, or never will; the connect is done.
    Writable(ConnId, Side),
    Acceptable(ListenerId),
    Receivable(SocketId),
}

/// What an operation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Io<T> {
    Done(T),
    Wait,
    Fail(io::ErrorKind),
}

pub(crate) struct Fabric {
    pub(crate) now: u64,
    queue: Queue,
    pub(crate) hosts: Vec<HostState>,
    names: BTreeMap<Arc<str>, HostId>,
    /// Names that are no hosts', and what they stand for. In lower case, as those are.
    aliases: BTreeMap<Arc<str>, Vec<IpAddr>>,
    /// What else there is to say of names.
    records: BTreeMap<Arc<str>, Vec<Record>>,
    /// Addresses beyond the one of each family that every host has.
    extra: BTreeMap<IpAddr, HostId>,
    /// The named sockets of hosts.
    paths: BTreeMap<(HostId, Arc<Path>), unix::Owner>,
    pub(crate) conns: Slab<Conn>,
    pub(crate) listeners: Slab<Listener>,
    pub(crate) sockets: Slab<Socket>,
    datagrams: Slab<Datagram>,
    pub(crate) links: Links,
    /// Packets that a link or a paused host holds, in the order of their arrival there.
    held: Vec<Held>,
    holds: u64,
    /// Packets that the test lets pass whatever the rules say, by their turn in the queue.
    waved_through: BTreeSet<u64>,
    /// How many hosts are down or paused.
    absent: usize,
    pub(crate) window: usize,
    pub(crate) notices: Vec<Notice>,
    pub(crate) transcript: Transcript,
}

impl Fabric {
    pub(crate) fn new(seed: Seed) -> Self {
        Self {
            now: 0,
            queue: Queue::default(),
            hosts: Vec::new(),
            names: BTreeMap::new(),
            aliases: BTreeMap::new(),
            records: BTreeMap::new(),
            extra: BTreeMap::new(),
            paths: BTreeMap::new(),
            conns: Slab::new(),
            listeners: Slab::new(),
            sockets: Slab::new(),
            datagrams: Slab::new(),
            links: Links::new(seed),
            held: Vec::new(),
            holds: 0,
            waved_through: BTreeSet::new(),
            absent: 0,
            window: WINDOW,
            notices: Vec::new(),
            transcript: Transcript::default(),
        }
    }

    // Time.

    /// When something happens next by itself.
    pub(crate) fn next_deadline(&mut self) -> Option<u64> {
        while let Some(front) = self.queue.front().filter(|front| self.is_stale(front.event)) {
            self.queue.pop_front();
            self.waved_through.remove(&front.turn);
            self.forget(front.event);
        }
        self.queue.first().map(|first| first.at)
    }

    /// How much has ever come into the queue.
    pub(crate) const fn turns(&self) -> u64 {
        self.queue.turns
    }

    /// Nothing will happen but what nobody waits for.
    pub(crate) fn is_in_background(&self) -> bool {
        self.queue.is_background()
    }

    /// Lets everything happen that is due at `now`.
    pub(crate) fn run(&mut self, now: u64) {
        self.now = now;
        while self.next_deadline().is_some_and(|next| next <= now) {
            if let Some(entry) = self.queue.pop() {
                self.happen(entry);
                if !matches!(entry.event, Event::KeepAlive { .. }) {
                    self.forget(entry.event);
                }
            }
        }
    }

    /// Its number in the queue.
    fn push(&mut self, at: u64, event: Event) -> u64 {
        if let Some(conn) = event.conn() {
            self.conns[conn.index()].events += 1;
        }
        self.queue.push(at, event)
    }

    /// A connection's event is over: the connection goes with its last.
    fn forget(&mut self, event: Event) {
        if let Some(conn) = event.conn() {
            self.conns[conn.index()].events -= 1;
            self.collect(conn);
        }
    }

    /// Nothing would come of it. Only a timer can be: a packet arrives.
    fn is_stale(&self, event: Event) -> bool {
        match event {
            Event::ConnectRetry { conn } => {
                let conn = &self.conns[conn.index()];
                !matches!(conn.progress, Progress::SynSent | Progress::HalfOpen | Progress::Cookie)
                    || conn.ends[0].life != Life::Opening
            }
            Event::AckRetry { conn } => self.conns[conn.index()].progress != Progress::HalfOpen,
            Event::Resend { conn, from, index, .. } => {
                let conn = &self.conns[conn.index()];
                let lane = &conn.lanes[from.index()];
                conn.ends[from.index()].life == Life::Dead
                    || lane.has_given_up
                    || index.wrapping_sub(lane.acked) > u32::MAX / 2
            }
            Event::Window { conn, writer } | Event::WindowRetry { conn, writer, .. } => {
                self.conns[conn.index()].lanes[writer.index()].is_closed
            }
            _ => false,
        }
    }

    fn happen(&mut self, Entry { turn, event, .. }: Entry) {
        if let Some((from, to)) = self.ends_of(event) {
            match self.gate(from, to) {
                _ if !self.waved_through.is_empty() && self.waved_through.remove(&turn) => {}
                Gate::Open => {}
                Gate::Cut => return self.lose(event),
                Gate::Held => return self.hold(from, to, turn, event),
            }
        }
        match event {
            Event::Syn { conn } => self.syn_arrives(conn),
            Event::SynAck { conn } => self.syn_ack_arrives(conn),
            Event::Ack { conn } => self.ack_arrives(conn),
            Event::Refusal { conn } => self.fail_connect(conn, io::ErrorKind::ConnectionRefused),
            Event::Segment { conn, from, index, attempt } => self.segment_arrives(conn, from, index, attempt),
            Event::Reset { conn, from } | Event::Rejection { conn, from, .. } => {
                self.reset_arrives(conn, from);
            }
            Event::Probe { conn, from } => self.probe_arrives(conn, from),
            Event::ProbeAnswer { conn, from } => self.probe_answer_arrives(conn, from),
            Event::Datagram { slot } => self.datagram_arrives(slot),
            Event::ConnectRetry { conn } => self.retry_connect(conn),
            Event::AckRetry { conn } => self.retry_ack(conn),
            Event::Resend { conn, from, index, attempt } => self.send_segment(conn, from, index, attempt),
            Event::Window { conn, writer } => self.window_opens(conn, writer),
            Event::WindowRetry { conn, writer, attempt } => self.retry_window(conn, writer, attempt),
            Event::KeepAlive { conn, side } => self.keep_alive_is_due(conn, side),
        }
    }

    // Packets.

    /// From where to where a packet goes; `None` for a timer.
    fn ends_of(&self, event: Event) -> Option<(HostId, HostId)> {
        if let Event::Datagram { slot } = event {
            let datagram = &self.datagrams[slot as usize];
            return Some((datagram.from_host, datagram.to_host));
        }
        let (conn, side) = event.sender()?;
        let hosts = self.conns[conn.index()].hosts;
        Some((hosts[side.index()], hosts[side.other().index()]))
    }

    fn gate(&mut self, from: HostId, to: HostId) -> Gate {
        let mut gate = self.links.gate(from, to);
        if self.absent > 0 {
            gate = gate.max(match self.hosts[to.index()].status {
                Status::Up => Gate::Open,
                Status::Paused => Gate::Held,
                Status::Down => Gate::Cut,
            });
        }
        gate
    }

    /// Sends a packet of a connection: it arrives, is held, or is lost.
    fn post(&mut self, conn: ConnId, from: Side, event: Event) {
        self.record(What::Sent, conn, from, event);
        match self.fate(conn, from, event) {
            Fate::At { arrival, harm } if !harm.is_damage() => {
                self.push(arrival, event);
            }
            Fate::Held => {
                let hosts = self.conns[conn.index()].hosts;
                self.conns[conn.index()].events += 1;
                self.hold_here(hosts[from.index()], hosts[from.other().index()], event);
            }
            // A damaged packet is dropped by its checksum.
            Fate::At { .. } | Fate::Lost => self.lose(event),
        }
    }

    fn record(&mut self, what: What, conn: ConnId, from: Side, event: Event) {
        let way = self.conns[conn.index()].way(from);
        let segment = self.carried(event);
        self.transcript.record(self.now, what, way, event, segment);
    }

    /// How many bytes a segment carries, and, where somebody compares them, what they are.
    #[inline]
    fn carried(&mut self, event: Event) -> Option<(u32, u64)> {
        let Event::Segment { conn, from, index, .. } = event else { return None };
        let lane = &mut self.conns[conn.index()].lanes[from.index()];
        let length = lane.flight.get(index.wrapping_sub(lane.first) as usize)?.length;
        let content = if self.transcript.sees_bytes() { lane.content(index) } else { 0 };
        Some((length, content))
    }

    fn fate(&mut self, conn: ConnId, from: Side, event: Event) -> Fate {
        match self.route(conn, from) {
            Route::Plain(latency) => {
                Fate::At { arrival: self.now.saturating_add(latency), harm: Harm::default() }
            }
            Route::Ruled(pair) => self.judge(pair, conn, from, event),
        }
    }

    fn route(&mut self, conn: ConnId, from: Side) -> Route {
        let conn = &mut self.conns[conn.index()];
        let path = &mut conn.paths[from.index()];
        if path.epoch != self.links.epoch {
            let (sender, receiver) = (conn.hosts[from.index()], conn.hosts[from.other().index()]);
            path.route = self.links.route(sender, receiver);
            path.epoch = self.links.epoch;
        }
        path.route
    }

    /// On a route with rules.
    fn judge(&mut self, pair: PairId, id: ConnId, from: Side, event: Event) -> Fate {
        let conn = &mut self.conns[id.index()];
        let (sender, receiver) = (conn.hosts[from.index()], conn.hosts[from.other().index()]);
        let lane = &mut conn.lanes[from.index()];
        let (kind, range) = match event {
            Event::Segment { index, .. } => {
                let range = lane.range(index).unwrap_or(0..0);
                (if range.is_empty() { PacketKind::Fin } else { PacketKind::Segment }, range)
            }
            Event::Reset { .. } | Event::Rejection { .. } | Event::Refusal { .. } => {
                (PacketKind::Reset, 0..0)
            }
            Event::Window { .. } | Event::Probe { .. } | Event::ProbeAnswer { .. } => (PacketKind::Ack, 0..0),
            _ => (PacketKind::Handshake, 0..0),
        };
        let length = range.len();
        let payload = if self.links.inspectors > 0 { &lane.bytes.make_contiguous()[range] } else { &[] };
        let packet = Packet {
            from: &self.hosts[sender.index()].name,
            to: &self.hosts[receiver.index()].name,
            source: conn.addresses[from.index()],
            destination: conn.addresses[from.other().index()],
            kind,
            payload,
            length,
        };
        self.links.judge(pair, self.now, &packet)
    }

    /// A packet is lost: whoever waits for its answer will notice.
    fn lose(&mut self, event: Event) {
        if let Some((conn, from)) = event.sender() {
            self.record(What::Lost, conn, from, event);
        }
        match event {
            // The third part of a handshake that will not come; the server waits for it.
            Event::SynAck { conn } | Event::Reset { conn, from: Side::Client }
                if self.client_has_gone(conn) && self.conns[conn.index()].progress == Progress::HalfOpen =>
            {
                self.expect_ack_retry(conn);
            }
            Event::Syn { conn } | Event::SynAck { conn } | Event::Refusal { conn } => {
                self.expect_connect_retry(conn);
            }
            Event::Ack { conn } => self.expect_ack_retry(conn),
            Event::Segment { conn, from, index, attempt } => self.expect_resend(conn, from, index, attempt),
            Event::Rejection { conn, from, index, attempt } => {
                self.expect_resend(conn, from.other(), index, attempt);
            }
            Event::WindowRetry { conn, writer, attempt } => self.expect_window_retry(conn, writer, attempt),
            Event::Datagram { slot } => self.drop_datagram(slot),
            _ => {}
        }
    }

    /// Parks a packet that arrived at a closed gate. Its event stays counted.
    fn hold(&mut self, from: HostId, to: HostId, turn: u64, event: Event) {
        if let Some(conn) = event.conn() {
            self.conns[conn.index()].events += 1;
        }
        self.hold_here(from, to, event);
        self.held.last_mut().into_iter().for_each(|held| held.turn = turn);
    }

    fn hold_here(&mut self, from: HostId, to: HostId, event: Event) {
        if let Event::Syn { conn } | Event::SynAck { conn } = event {
            self.conns[conn.index()].was_held = true;
        }
        self.holds += 1;
        self.held.push(Held { number: self.holds, turn: 0, from, to, event });
    }

    /// The rules of the links, or the state of a host, have changed: what is held no more arrives now, in order,
    /// and what is cut off is lost.
    pub(crate) fn rules_changed(&mut self, what: What, words: impl Into<Arc<str>>) {
        self.transcript.record_change(self.now, what, u64::from(self.links.epoch), words.into());
        for held in std::mem::take(&mut self.held) {
            let event = held.event;
            match self.gate(held.from, held.to) {
                Gate::Held => self.held.push(held),
                Gate::Open => {
                    self.let_go(event);
                    self.forget(event);
                }
                Gate::Cut => {
                    self.lose(event);
                    self.forget(event);
                }
            }
        }
    }

    /// What was held arrives now. Gives its turn, if it has one.
    fn let_go(&mut self, event: Event) -> Option<u64> {
        if let Event::WindowRetry { conn, writer, .. } = event {
            self.give_room(conn, writer, self.now);
            return None;
        }
        Some(self.push(self.now, event))
    }

    fn notify(&mut self, notice: Notice) {
        self.notices.push(notice);
    }
}
