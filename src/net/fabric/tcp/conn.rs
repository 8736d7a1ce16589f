//! A connection: two endpoints, and a half stream from each to the other.

use std::{io, net::SocketAddr};

use super::{
    super::{
        hosts::Reuse,
        ids::{BoundId, ConnId, HostId, ListenerId},
        io::Buffers,
        links::{CachedRoute, Damage, Delivery, Outgoing, Route},
        paths::UnixPath,
        side::{PerSide, Side},
        wire::{NetEvent, TcpEvent, Wire},
    },
    half_stream::HalfStream,
    probing::Probing,
    progress::{Handshake, Progress},
};
use crate::{
    net::TcpState,
    trace::{Ends, EventKind, FlowId, PacketKind},
    violation::SourceLocation,
};

/// A connection. Methods take the [`Wire`] that carries its packets.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) id: ConnId,
    pub(crate) hosts: PerSide<HostId>,
    pub(crate) addresses: PerSide<SocketAddr>,
    /// No host had the address of the server when the connect began, nor since.
    pub(super) is_nowhere: bool,
    /// The path of the listener, if it is a Unix socket.
    pub(crate) path: Option<UnixPath>,
    pub(crate) ends: PerSide<Endpoint>,
    /// The bytes that each side sends.
    pub(crate) sending: PerSide<HalfStream>,
    pub(super) routes: PerSide<CachedRoute>,
    /// Its number in the record, from the client to the server. A Unix socket sends no packets.
    pub(super) flow: Option<FlowId>,
    pub(crate) progress: Progress,
    pub(crate) listener: Option<ListenerId>,
    /// The socket that the program bound before it connected.
    pub(crate) bound: Option<BoundId>,
    /// How many of its events are in the queue or held.
    pub(crate) events: u32,
    /// How long the handshake's round trip took.
    pub(crate) round_trip: u64,
}

/// The socket of one side.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) life: Life,
    /// The state of the protocol. Once the program has closed the socket, it decides what is answered.
    pub(crate) state: TcpState,
    /// A handle or a listener's queue holds it, or will.
    pub(crate) is_held: bool,
    /// The error that its next operation returns, once.
    pub(crate) error: Option<io::ErrorKind>,
    /// The peer's FIN has arrived, and all before it.
    pub(crate) has_eof: bool,
    pub(crate) nodelay: bool,
    /// The sharing of its port.
    pub(crate) reuse: Reuse,
    /// When something last arrived from the peer. Once closed: since when it is in its state.
    pub(crate) heard: u64,
    pub(crate) probing: Option<Box<Probing>>,
    /// How long what it sent may stay unacknowledged.
    pub(crate) user_timeout: Option<u64>,
    pub(crate) made_at: Option<SourceLocation>,
    /// When it was made. The server's: when it sent its last SYN-ACK, and then when the handshake ended.
    pub(crate) since: u64,
}

/// The life of a socket, as its program sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// The handshake is under way.
    Opening,
    Open,
    /// Closed or broken: `state` says what the system does for it.
    Closed,
    /// Its host crashed.
    Crashed,
}

impl Conn {
    pub(crate) fn new(
        id: ConnId,
        hosts: PerSide<HostId>,
        addresses: PerSide<SocketAddr>,
        flow: Option<FlowId>,
        buffers: Buffers,
        now: u64,
    ) -> Self {
        let mss = largest_segment(hosts);
        Self {
            id,
            hosts,
            addresses,
            is_nowhere: false,
            path: None,
            ends: PerSide::new(
                Endpoint::new(TcpState::SynSent, true, now),
                Endpoint::new(TcpState::Closed, false, now),
            ),
            sending: PerSide::new(HalfStream::new(buffers, mss), HalfStream::new(buffers, mss)),
            flow,
            routes: PerSide::new(CachedRoute::UNKNOWN, CachedRoute::UNKNOWN),
            progress: Progress::Handshake(Handshake::new(now)),
            listener: None,
            bound: None,
            events: 0,
            round_trip: 0,
        }
    }

    /// Sets the host of the server, whose address was added since the connect began.
    pub(super) fn set_server(&mut self, host: HostId, wire: &mut Wire) {
        self.hosts[Side::Server] = host;
        self.routes = PerSide::new(CachedRoute::UNKNOWN, CachedRoute::UNKNOWN);
        self.flow.into_iter().for_each(|flow| wire.log().close(flow));
        self.flow = Some(wire.log().open(ends(self.hosts, self.addresses), true));
    }

    /// Returns whether it is a Unix socket, which sends no packets.
    pub(crate) const fn is_unix(&self) -> bool {
        self.path.is_some()
    }

    /// Returns whether the client is connected to itself: its port was the one that it connected to, and nobody listened.
    ///
    /// Source: RFC 9293, section 3.5, figure 8: both send a SYN.
    pub(crate) fn is_with_itself(&self) -> bool {
        self.addresses[Side::Client] == self.addresses[Side::Server] && !self.is_unix()
    }

    /// Returns whether it can be collected.
    pub(crate) fn is_unused(&self) -> bool {
        self.events == 0 && self.ends.iter().all(|end| !end.is_held)
    }

    // Packets and timers.

    /// Sends a packet: it arrives, is held, or is lost.
    pub(super) fn send(&mut self, from: Side, packet: TcpEvent, wire: &mut Wire) {
        self.record(EventKind::Sent, from, packet, wire);
        match self.delivery(from, packet, wire) {
            Delivery::At { arrival, damage } if !damage.breaks_checksum() => {
                self.schedule(arrival, packet, wire);
            }
            Delivery::Held => self.hold(from, packet, wire),
            Delivery::At { .. } | Delivery::Lost => self.lose(packet, wire),
        }
    }

    /// Puts an event into the queue.
    pub(super) fn schedule(&mut self, at: u64, event: TcpEvent, wire: &mut Wire) {
        self.events += 1;
        wire.push(at, NetEvent::Tcp(self.id, event));
    }

    /// Holds a packet of this side on its link.
    pub(super) fn hold(&mut self, from: Side, packet: TcpEvent, wire: &mut Wire) {
        self.count_held(packet);
        let [from, to] = self.hosts.from(from);
        wire.hold(from, to, 0, NetEvent::Tcp(self.id, packet));
    }

    /// Counts a packet that is held.
    pub(crate) fn count_held(&mut self, packet: TcpEvent) {
        self.events += 1;
        if let (TcpEvent::Syn | TcpEvent::SynAck, Progress::Handshake(handshake)) =
            (packet, &mut self.progress)
        {
            handshake.was_held = true;
        }
    }

    /// Records that a packet of this side was sent, has arrived or is lost.
    pub(super) fn record(
        &self,
        what: impl FnOnce(PacketKind) -> EventKind,
        from: Side,
        packet: TcpEvent,
        wire: &mut Wire,
    ) {
        let TcpEvent::Segment { index, .. } = packet else {
            return self.log(what(packet.packet()), from, 0, &[], wire);
        };
        let half = &self.sending[from];
        let range = half.range(index);
        let kind = if half.is_fin(packet) { PacketKind::Fin } else { PacketKind::Segment };
        let (size, bytes) = range.map_or((0, [&[][..]; 2]), |range| (range.len(), half.slices(range)));
        self.log(what(kind), from, size, &bytes, wire);
    }

    /// Records an event whose packets go, or whose bytes went, from this side to the other.
    pub(super) fn log(&self, kind: EventKind, from: Side, size: usize, bytes: &[&[u8]], wire: &mut Wire) {
        let Some(flow) = self.flow else { return };
        let flow = if from == Side::Client { flow } else { flow.reversed() };
        wire.log().of_flow(kind, flow, size, bytes);
    }

    /// Records a connect, an accept, or the end of an attempt.
    pub(super) fn record_turn(&self, kind: EventKind, side: Side, wire: &mut Wire) {
        let side = if self.is_nowhere { Side::Client } else { side };
        self.log(kind, side, 0, &[], wire);
    }

    /// Decides about a packet of this side.
    pub(super) fn delivery(&mut self, from: Side, packet: TcpEvent, wire: &mut Wire) -> Delivery {
        match self.route(from, wire) {
            Route::Plain(latency) => Delivery::after(wire.now, latency),
            Route::Ruled(_) => self.apply_rules(from, packet, wire),
        }
    }

    /// Returns the route of this side, looked up once for each epoch of the rules.
    pub(super) fn route(&mut self, from: Side, wire: &mut Wire) -> Route {
        let cached = &mut self.routes[from];
        if cached.epoch != wire.links.epoch {
            cached.route = wire.links.route(self.hosts[from], self.hosts[from.other()]);
            cached.epoch = wire.links.epoch;
        }
        cached.route
    }

    /// Decides about a packet on a route that has rules.
    pub(super) fn apply_rules(&mut self, from: Side, packet: TcpEvent, wire: &mut Wire) -> Delivery {
        let Route::Ruled(pair) = self.route(from, wire) else {
            return Delivery::At { arrival: wire.now, damage: Damage::default() };
        };
        let half = &mut self.sending[from];
        let kind = if half.is_fin(packet) { PacketKind::Fin } else { packet.packet() };
        let range = match packet {
            TcpEvent::Segment { index, .. } => half.range(index).unwrap_or(0..0),
            _ => 0..0,
        };
        let length = range.len();
        let payload = if wire.links.inspectors > 0 { &half.bytes.make_contiguous()[range] } else { &[] };
        let [source, destination] = self.addresses.from(from);
        let [from, to] = self.hosts.from(from);
        let packet = Outgoing { from, to, source, destination, kind, payload, length };
        wire.apply_rules(pair, &packet)
    }

    /// Loses a packet: a side that waits for its answer will notice.
    pub(crate) fn lose(&mut self, packet: TcpEvent, wire: &mut Wire) {
        if let Some(from) = packet.sender() {
            self.record(EventKind::Lost, from, packet, wire);
        }
        match packet {
            // The server waits for the third packet of the handshake, which will not come.
            TcpEvent::SynAck | TcpEvent::Rst { from: Side::Client }
                if self.client_has_gone() && self.progress.is_half_open() =>
            {
                self.expect_syn_ack_retry(wire);
            }
            TcpEvent::Syn | TcpEvent::SynAck | TcpEvent::SynRst => self.expect_syn_retry(wire),
            TcpEvent::Ack => self.expect_syn_ack_retry(wire),
            TcpEvent::Segment { from, index, attempt } => {
                self.expect_retransmit(from, index, attempt, wire);
            }
            TcpEvent::SegmentRst { from, index, attempt } => {
                self.expect_retransmit(from.other(), index, attempt, wire);
            }
            TcpEvent::ZeroWindowProbe { writer, attempt } => {
                self.expect_zero_window_probe(writer, attempt, wire);
            }
            TcpEvent::Rst { from } => self.peer_is_gone(from.other(), wire),
            _ => {}
        }
    }

    /// Returns whether nothing would come of a timer. Packets always arrive.
    pub(crate) fn is_stale(&self, event: TcpEvent) -> bool {
        match event {
            TcpEvent::SynRetry => self.ends[Side::Client].life != Life::Opening,
            TcpEvent::SynAckRetry => !self.progress.is_half_open(),
            TcpEvent::Retransmit { from, index, .. } => {
                let half = &self.sending[from];
                self.ends[from].life == Life::Crashed || half.has_given_up || half.is_acknowledged(index)
            }
            TcpEvent::Look { writer }
            | TcpEvent::OrphanTimer { writer }
            | TcpEvent::ZeroWindowProbe { writer, .. } => !self.sending[writer].wants_news(),
            _ => false,
        }
    }
}

/// The largest segment on a link: an Ethernet frame without headers.
const ETHERNET_MSS: usize = 1460;

/// The largest segment from a host to itself.
///
/// Source: Linux 6.18: an MTU of 65,536 bytes, less headers of 53.
const LOOPBACK_MSS: usize = 65_483;

/// Returns the largest segment between these hosts where no rule says less.
pub(super) fn largest_segment(hosts: PerSide<HostId>) -> usize {
    if hosts[Side::Client] == hosts[Side::Server] { LOOPBACK_MSS } else { ETHERNET_MSS }
}

/// The client's end and the server's, for the record.
pub(super) fn ends(hosts: PerSide<HostId>, addresses: PerSide<SocketAddr>) -> Ends {
    Ends::new(hosts.from(Side::Client).map(|host| host.0), addresses.from(Side::Client))
}

impl Endpoint {
    const fn new(state: TcpState, is_held: bool, since: u64) -> Self {
        Self {
            life: Life::Opening,
            state,
            is_held,
            error: None,
            has_eof: false,
            nodelay: false,
            reuse: Reuse { address: false, port: false },
            heard: 0,
            probing: None,
            user_timeout: None,
            made_at: None,
            since,
        }
    }

    /// Ends the connection for this side, with the error that its next operation returns.
    pub(crate) fn fail(&mut self, error: io::ErrorKind) {
        self.life = Life::Closed;
        self.state = TcpState::Closed;
        self.error = Some(error);
    }
}
