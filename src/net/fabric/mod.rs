//! The network as a pure state machine: the time goes in, what happened comes out. No runtime, no clock and no
//! waker. All is ordered by (time, turn), and all chance comes from named generators of one seed.
//!
//! This file dispatches: each protocol has a room of its own, whose objects take the [`Wire`] as an argument.

mod crash;
mod hosts;
mod ids;
mod in_flight;
mod io;
mod links;
mod paths;
mod report;
mod side;
mod tcp;
#[cfg(test)]
mod tests;
mod udp;
mod unix;
mod wire;

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
};

pub(crate) use self::{
    hosts::{Bind, Found, Reuse, as_ipv6, ipv4_of, ipv6_of, is_for_many, is_mapped},
    ids::{BoundId, ConnId, HostId, Id, ListenerId, SocketId},
    in_flight::PacketName,
    io::{Buffers, Io, Notice},
    links::{Effect, Matcher, Pattern},
    paths::show_path,
    report::describe_end,
    side::{PerSide, Side},
    tcp::{Conn, Life},
    udp::{Received, Socket},
    wire::{Status, Wire},
};
use self::{
    hosts::{Hosts, check_up},
    links::Gate,
    tcp::{Tcp, Wanted},
    udp::Udp,
    unix::Unix,
    wire::{NetEvent, TcpEvent, queue::QueueEntry},
};
use crate::{
    seed::Draws,
    trace::{EventKind, LentLog},
    violation::SourceLocation,
};

/// A whole network.
pub(crate) struct Fabric {
    pub(crate) wire: Wire,
    pub(crate) hosts: Hosts,
    pub(crate) tcp: Tcp,
    pub(crate) udp: Udp,
    unix: Unix,
}

impl Fabric {
    pub(crate) fn new(draws: Draws, record: LentLog) -> Self {
        Self {
            wire: Wire::new(draws, record),
            hosts: Hosts::default(),
            tcp: Tcp::default(),
            udp: Udp::default(),
            unix: Unix::default(),
        }
    }

    // Time.

    /// Returns when the next event happens.
    pub(crate) fn next_deadline(&mut self) -> Option<u64> {
        while let Some(front) = self.wire.queue.front().filter(|front| self.is_stale(front.event)) {
            self.wire.queue.pop_front();
            self.wire.waved_through.remove(&front.turn);
            self.forget(front.event);
        }
        self.wire.queue.first().map(|first| first.at)
    }

    /// Returns how many events were ever scheduled.
    pub(crate) const fn turns(&self) -> u64 {
        self.wire.queue.turns
    }

    /// Returns whether only background timers are scheduled.
    pub(crate) fn is_in_background(&self) -> bool {
        self.wire.queue.is_background()
    }

    /// Lets everything happen that is due at `now`.
    pub(crate) fn run(&mut self, now: u64) {
        self.wire.now = now;
        while self.next_deadline().is_some_and(|next| next <= now) {
            if let Some(entry) = self.wire.queue.pop() {
                self.happen(entry);
                if !matches!(entry.event, NetEvent::Tcp(_, TcpEvent::KeepAlive { .. })) {
                    self.forget(entry.event);
                }
            }
        }
    }

    /// Counts an event as over: a connection can be collected with its last.
    fn forget(&mut self, event: NetEvent) {
        if let NetEvent::Tcp(id, _) = event {
            self.tcp.conns[id].events -= 1;
            self.collect(id);
        }
    }

    fn collect(&mut self, id: ConnId) {
        self.tcp.collect(id, &mut self.hosts, &mut self.wire);
    }

    fn is_stale(&self, event: NetEvent) -> bool {
        match event {
            NetEvent::Tcp(id, event) => self.tcp.conns[id].is_stale(event),
            NetEvent::Datagram(_) => false,
        }
    }

    fn happen(&mut self, QueueEntry { turn, event, .. }: QueueEntry) {
        if let Some((from, to)) = self.ends_of(event) {
            match self.wire.gate(from, to) {
                _ if !self.wire.waved_through.is_empty() && self.wire.waved_through.remove(&turn) => {}
                Gate::Open => {}
                Gate::Cut => return self.lose(event),
                Gate::Held => {
                    if let NetEvent::Tcp(id, event) = event {
                        self.tcp.conns[id].count_held(event);
                    }
                    return self.wire.hold(from, to, turn, event);
                }
            }
        }
        match event {
            NetEvent::Tcp(id, event) => self.tcp.happen(id, event, &self.hosts, &mut self.wire),
            NetEvent::Datagram(id) => self.udp.arrive(id, &self.hosts, &mut self.wire),
        }
    }

    // Packets.

    /// Returns from which host to which a packet goes; `None` for a timer.
    fn ends_of(&self, event: NetEvent) -> Option<(HostId, HostId)> {
        match event {
            NetEvent::Datagram(id) => {
                let datagram = &self.udp.under_way[id];
                Some((datagram.from_host, datagram.to_host))
            }
            NetEvent::Tcp(id, event) => {
                let [from, to] = self.tcp.conns[id].hosts.from(event.sender()?);
                Some((from, to))
            }
        }
    }

    fn lose(&mut self, event: NetEvent) {
        match event {
            NetEvent::Tcp(id, event) => self.tcp.conns[id].lose(event, &mut self.wire),
            NetEvent::Datagram(id) => self.udp.lose(id, &mut self.wire),
        }
    }

    /// Handles a change of the rules or of a host's status: held packets that may pass arrive now, in order, and those
    /// that are cut off are lost.
    pub(crate) fn rules_changed(
        &mut self,
        kind: EventKind,
        host: Option<HostId>,
        words: impl Into<Arc<str>>,
    ) {
        self.wire.record_change(kind, host, words.into());
        for held in std::mem::take(&mut self.wire.held) {
            let event = held.event;
            match self.wire.gate(held.from, held.to) {
                Gate::Held => self.wire.held.push(held),
                Gate::Open => {
                    self.release(event);
                    self.forget(event);
                }
                Gate::Cut => {
                    self.lose(event);
                    self.forget(event);
                }
            }
        }
    }

    /// Lets a held packet arrive now. Returns its turn, if it has one.
    fn release(&mut self, event: NetEvent) -> Option<u64> {
        let now = self.wire.now;
        if let NetEvent::Tcp(id, event) = event {
            let conn = &mut self.tcp.conns[id];
            if let TcpEvent::ZeroWindowProbe { writer, .. } = event {
                conn.give_room(writer, now, &mut self.wire);
                return None;
            }
            conn.events += 1;
        }
        Some(self.wire.push(now, event))
    }

    // Hosts.

    /// Adds a host. Its name must be new.
    pub(crate) fn add_host(&mut self, name: Arc<str>, made_at: SourceLocation) -> HostId {
        self.wire.add_host(&name);
        self.hosts.add(name, made_at)
    }

    // Connections.

    /// Returns a connection and the wire that its methods take.
    #[inline]
    pub(crate) fn conn(&mut self, id: ConnId) -> (&mut Conn, &mut Wire) {
        (&mut self.tcp.conns[id], &mut self.wire)
    }

    pub(crate) fn connect(
        &mut self,
        host: HostId,
        to: SocketAddr,
        made_at: SourceLocation,
    ) -> std::io::Result<ConnId> {
        self.tcp.begin(host, to, None, made_at, &mut self.hosts, &mut self.wire)
    }

    pub(crate) fn close(&mut self, id: ConnId, side: Side) {
        let conn = &mut self.tcp.conns[id];
        conn.close(side, &mut self.tcp.listeners, &mut self.wire);
        if conn.is_with_itself() {
            conn.close(side.other(), &mut self.tcp.listeners, &mut self.wire);
        }
        if let Some(bound) = conn.bound.take_if(|_| side == Side::Client) {
            self.tcp.close_bound(bound, &mut self.hosts);
        }
        self.collect(id);
    }

    pub(crate) fn abort(&mut self, id: ConnId, side: Side) {
        self.tcp.conns[id].abort(side, &mut self.tcp.listeners, &mut self.wire);
    }

    // Sockets that are bound, and listen or connect later.

    pub(crate) fn bind_tcp(
        &mut self,
        host: HostId,
        wanted: Wanted,
        made_at: SourceLocation,
    ) -> std::io::Result<BoundId> {
        self.tcp.bind(host, wanted, made_at, &mut self.hosts, &self.wire)
    }

    pub(crate) fn listen_bound(
        &mut self,
        id: BoundId,
        backlog: usize,
        made_at: SourceLocation,
    ) -> std::io::Result<ListenerId> {
        self.tcp.listen_bound(id, backlog, made_at, &mut self.hosts, &mut self.wire)
    }

    pub(crate) fn connect_bound(
        &mut self,
        id: BoundId,
        to: SocketAddr,
        made_at: SourceLocation,
    ) -> std::io::Result<ConnId> {
        self.tcp.connect_bound(id, to, made_at, &mut self.hosts, &mut self.wire)
    }

    pub(crate) fn close_bound(&mut self, id: BoundId) {
        self.tcp.close_bound(id, &mut self.hosts);
    }

    pub(crate) fn set_buffers(&mut self, buffers: Buffers) {
        self.tcp.set_buffers(buffers, &mut self.wire);
    }

    pub(crate) fn listen(
        &mut self,
        host: HostId,
        local: Wanted,
        backlog: usize,
        made_at: SourceLocation,
    ) -> std::io::Result<ListenerId> {
        self.tcp.listen(host, local, backlog, made_at, &mut self.hosts, &mut self.wire)
    }

    pub(crate) fn accept(&mut self, id: ListenerId) -> Io<ConnId> {
        self.tcp.accept(id, &mut self.wire)
    }

    pub(crate) fn close_listener(&mut self, id: ListenerId) {
        self.unix.leave_path(id, &self.tcp.listeners[id]);
        for conn in self.tcp.close_listener(id, &mut self.hosts, &mut self.wire) {
            self.collect(conn);
        }
    }

    // Unix sockets.

    pub(crate) fn listen_unix(
        &mut self,
        host: HostId,
        path: Arc<Path>,
        backlog: usize,
        made_at: SourceLocation,
    ) -> std::io::Result<ListenerId> {
        check_up(host, &self.wire)?;
        self.unix.listen(host, path, backlog, made_at, &mut self.tcp.listeners, &mut self.wire)
    }

    pub(crate) fn connect_unix(
        &mut self,
        host: HostId,
        path: Arc<Path>,
        made_at: SourceLocation,
    ) -> std::io::Result<ConnId> {
        check_up(host, &self.wire)?;
        self.unix.connect(host, path, made_at, &mut self.tcp, &mut self.wire)
    }

    pub(crate) fn unlink(&mut self, host: HostId, path: Arc<Path>) -> bool {
        self.unix.unlink(host, path)
    }

    // Datagrams.

    pub(crate) fn bind(
        &mut self,
        host: HostId,
        local: Wanted,
        made_at: SourceLocation,
    ) -> std::io::Result<SocketId> {
        self.udp.bind(host, local, made_at, &mut self.hosts, &self.wire)
    }

    pub(crate) fn close_socket(&mut self, id: SocketId) {
        self.udp.close(id, &mut self.hosts);
    }

    pub(crate) fn join_group(&mut self, id: SocketId, group: IpAddr) -> bool {
        self.udp.join_group(id, group, &mut self.hosts)
    }

    pub(crate) fn leave_group(&mut self, id: SocketId, group: IpAddr) -> bool {
        self.udp.leave_group(id, group, &mut self.hosts)
    }

    pub(crate) fn send(
        &mut self,
        id: SocketId,
        to: Option<SocketAddr>,
        payload: &[u8],
    ) -> std::io::Result<usize> {
        self.udp.send(id, to, payload, &self.hosts, &mut self.wire)
    }

    pub(crate) fn receive(&mut self, id: SocketId, room: usize) -> Io<Received> {
        self.udp.receive(id, room, &mut self.wire)
    }

    pub(crate) fn peek_datagram(&mut self, id: SocketId) -> Io<Received> {
        self.udp.peek(id)
    }

    pub(crate) fn connect_socket(&mut self, id: SocketId, to: SocketAddr) -> std::io::Result<()> {
        self.udp.connect(id, to, &self.hosts)
    }

    pub(crate) fn connected_address(&self, id: SocketId) -> Option<SocketAddr> {
        self.udp.connected_address(id, &self.hosts)
    }
}
