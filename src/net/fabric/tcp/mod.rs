//! TCP: connections and listeners.

mod close;
mod congestion;
mod conn;
mod half_stream;
mod handshake;
mod keep_alive;
mod listener;
mod news;
mod ports;
mod probing;
mod progress;
mod receive;
mod send;
mod state;
mod tuning;
mod window;

use std::{io, net::SocketAddr};

use self::ports::PortHolders;
#[cfg(test)]
pub(crate) use self::progress::Stage;
pub(crate) use self::{
    conn::{Conn, Life},
    listener::{Listener, Listeners},
    ports::{Bound, Wanted},
    progress::Progress,
};
use super::{
    hosts::{Hosts, check_up, destination, is_for_many},
    ids::{BoundId, ConnId, HostId, ListenerId, Table},
    io::{Buffers, Io},
    side::{PerSide, Side},
    wire::{TcpEvent, Wire},
};
use crate::{net::errno, violation::SourceLocation};

pub(crate) type Conns = Table<ConnId, Conn>;

/// All connections and listeners, those of Unix sockets included.
#[derive(Default)]
pub(crate) struct Tcp {
    pub(crate) conns: Conns,
    pub(crate) listeners: Listeners,
    pub(crate) bound: Table<BoundId, Bound>,
    pub(crate) buffers: Buffers,
}

impl Tcp {
    /// Begins to connect, from the port of a bound socket or from any that is free for the destination.
    pub(crate) fn begin(
        &mut self,
        host: HostId,
        to: SocketAddr,
        bound: Option<BoundId>,
        made_at: SourceLocation,
        hosts: &mut Hosts,
        wire: &mut Wire,
    ) -> io::Result<ConnId> {
        check_up(host, wire)?;
        let to = destination(to);
        if is_for_many(to.ip()) {
            return Err(errno::error(io::ErrorKind::NetworkUnreachable));
        }
        let target = hosts.host_at(host, to.ip());
        let local = self.port_holders().choose_source(host, to, bound, hosts, wire.now)?;
        let between = PerSide::new(host, target.unwrap_or(host));
        let addresses = PerSide::new(local, to);
        let flow = wire.log().open(conn::ends(between, addresses), target.is_some());
        let buffers = self.buffers;
        let id =
            self.conns.insert_with(|id| Conn::new(id, between, addresses, Some(flow), buffers, wire.now));
        hosts[host].clients.add(Conn::tuple(local, to), id);
        let conn = &mut self.conns[id];
        conn.bound = bound;
        let end = &mut conn.ends[Side::Client];
        end.made_at = Some(made_at);
        end.reuse = bound.map(|bound| self.bound[bound].reuse).unwrap_or_default();
        conn.begin(target.is_none(), wire);
        Ok(id)
    }

    /// Lets an event of a connection happen.
    pub(crate) fn happen(&mut self, id: ConnId, event: TcpEvent, hosts: &Hosts, wire: &mut Wire) {
        let (conn, listeners) = (&mut self.conns[id], &mut self.listeners);
        match event {
            TcpEvent::Syn => {
                let [to, from] = conn.addresses.from(Side::Server);
                let found = hosts.listener_at(conn.hosts[Side::Server], from, to, wire);
                conn.syn_arrives(found, listeners, wire);
            }
            TcpEvent::SynAck => conn.syn_ack_arrives(wire),
            TcpEvent::Ack => conn.ack_arrives(listeners, wire),
            TcpEvent::SynRst => conn.fail_connect(io::ErrorKind::ConnectionRefused, listeners, wire),
            TcpEvent::Segment { from, index, attempt } => {
                conn.segment_arrives(from, index, attempt, listeners, wire);
            }
            TcpEvent::Rst { from } | TcpEvent::SegmentRst { from, .. } => {
                conn.reset_arrives(from, listeners, wire);
            }
            TcpEvent::KeepAliveProbe { from } => conn.probe_arrives(from, wire),
            TcpEvent::KeepAliveAnswer { from } => conn.heard_from(from.other(), wire.now),
            TcpEvent::SynRetry => {
                let (client, server) = (conn.hosts[Side::Client], conn.addresses[Side::Server]);
                conn.retry_syn(hosts.host_at(client, server.ip()), listeners, wire);
            }
            TcpEvent::SynAckRetry => conn.retry_syn_ack(listeners, wire),
            TcpEvent::Retransmit { from, index, attempt } => conn.retransmit(from, index, attempt, wire),
            TcpEvent::Look { writer } => conn.look(writer, wire),
            TcpEvent::OrphanTimer { writer } => conn.expect_orphan_timer(writer, wire),
            TcpEvent::ZeroWindowProbe { writer, attempt } => conn.zero_window_probe(writer, attempt, wire),
            TcpEvent::KeepAlive { side } => conn.keep_alive_is_due(side, wire),
        }
    }

    /// Removes a connection that is unused, and frees its port.
    pub(crate) fn collect(&mut self, id: ConnId, hosts: &mut Hosts, wire: &mut Wire) {
        if !self.conns[id].is_unused() {
            return;
        }
        let conn = self.conns.remove(id);
        conn.remove_timers(wire);
        conn.flow.into_iter().for_each(|flow| wire.log().close(flow));
        conn.free_ports(hosts, wire.now);
    }

    /// Sets the sizes of the buffers of all connections, also of those made later.
    pub(crate) fn set_buffers(&mut self, buffers: Buffers, wire: &mut Wire) {
        self.buffers = buffers;
        for conn in self.conns.values_mut() {
            conn.set_buffers(buffers, wire);
        }
    }

    // Listeners.

    pub(crate) fn listen(
        &mut self,
        host: HostId,
        (bind, port, reuse): Wanted,
        backlog: usize,
        made_at: SourceLocation,
        hosts: &mut Hosts,
        wire: &mut Wire,
    ) -> io::Result<ListenerId> {
        let port = self.port_holders().choose_port(host, (bind, port, reuse), hosts, wire)?;
        let listener = Listener::new(host, bind, port, reuse, backlog, wire.now, made_at);
        Ok(self.add_listener(listener, hosts, wire))
    }

    fn add_listener(&mut self, listener: Listener, hosts: &mut Hosts, wire: &mut Wire) -> ListenerId {
        let (host, bind, port) = (listener.host, listener.bind, listener.port);
        let id = self.listeners.insert(listener);
        hosts[host].listeners.add(port, bind, id);
        wire.log().listening(host.0, bind.address(port));
        id
    }

    pub(crate) fn accept(&mut self, id: ListenerId, wire: &mut Wire) -> Io<ConnId> {
        let accepted = self.listeners[id].accept();
        if let Io::Done(conn) = accepted {
            self.conns[conn].accepted(wire);
        }
        accepted
    }

    /// Returns the addresses of an accepted connection as the server shows them.
    pub(crate) fn addresses_at_server(&self, id: ConnId) -> PerSide<SocketAddr> {
        let conn = &self.conns[id];
        let listener = conn.listener.and_then(|listener| self.listeners.get(listener));
        listener.map_or(conn.addresses, |listener| listener.shown(conn.addresses))
    }

    /// Closes a listener: connections that wait to be accepted are reset, handshakes are forgotten, and its port is
    /// free. Returns the connections that it held, for them to be collected.
    pub(crate) fn close_listener(
        &mut self,
        id: ListenerId,
        hosts: &mut Hosts,
        wire: &mut Wire,
    ) -> Vec<ConnId> {
        let (host, port) = (self.listeners[id].host, self.listeners[id].port);
        hosts[host].listeners.remove(port, id);
        let waiting = self.conns.ids(|conn| {
            conn.listener == Some(id) && (conn.progress.awaits_ack() || conn.progress == Progress::Queued)
        });
        self.listeners.remove(id);
        for conn in &waiting {
            let conn = &mut self.conns[*conn];
            match conn.progress {
                Progress::Queued => conn.abort(Side::Server, &mut self.listeners, wire),
                _ => conn.abandon(&mut self.listeners),
            }
            conn.ends[Side::Server].is_held = false;
        }
        // The id may be used again: no connection may point to another listener.
        for conn in self.conns.values_mut().filter(|conn| conn.listener == Some(id)) {
            conn.listener = None;
        }
        waiting
    }

    // Sockets that are bound, and listen or connect later.

    /// Binds a socket, which can listen or connect later. Port 0 is any that is free.
    pub(crate) fn bind(
        &mut self,
        host: HostId,
        (bind, port, reuse): Wanted,
        made_at: SourceLocation,
        hosts: &mut Hosts,
        wire: &Wire,
    ) -> io::Result<BoundId> {
        let port = self.port_holders().choose_port(host, (bind, port, reuse), hosts, wire)?;
        let (is_connected, is_crashed, since) = (false, false, wire.now);
        let bound = Bound { host, bind, port, reuse, is_connected, is_crashed, since, made_at };
        let id = self.bound.insert(bound);
        hosts[host].bound.add(port, bind, id);
        Ok(id)
    }

    /// Closes a bound socket: its port is free.
    pub(crate) fn close_bound(&mut self, id: BoundId, hosts: &mut Hosts) {
        let bound = self.bound.remove(id);
        hosts[bound.host].bound.remove(bound.port, id);
    }

    /// Listens on a bound socket.
    pub(crate) fn listen_bound(
        &mut self,
        id: BoundId,
        backlog: usize,
        made_at: SourceLocation,
        hosts: &mut Hosts,
        wire: &mut Wire,
    ) -> io::Result<ListenerId> {
        let Bound { host, bind, port, reuse, .. } = self.bound[id];
        self.check_bound(id)?;
        if self.port_holders().is_taken(host, (bind, port, reuse), Some(id), hosts, wire.now) {
            return Err(errno::error(io::ErrorKind::AddrInUse));
        }
        self.close_bound(id, hosts);
        Ok(self.add_listener(Listener::new(host, bind, port, reuse, backlog, wire.now, made_at), hosts, wire))
    }

    /// Connects a bound socket, from its port. The socket belongs to the connection from then on.
    pub(crate) fn connect_bound(
        &mut self,
        id: BoundId,
        to: SocketAddr,
        made_at: SourceLocation,
        hosts: &mut Hosts,
        wire: &mut Wire,
    ) -> io::Result<ConnId> {
        self.check_bound(id)?;
        let conn = self.begin(self.bound[id].host, to, Some(id), made_at, hosts, wire)?;
        self.bound[id].is_connected = true;
        Ok(conn)
    }

    fn check_bound(&self, id: BoundId) -> io::Result<()> {
        match self.bound[id].is_crashed {
            true => Err(errno::error(io::ErrorKind::ConnectionAborted)),
            false => Ok(()),
        }
    }

    const fn port_holders(&self) -> PortHolders<'_> {
        PortHolders { conns: &self.conns, listeners: &self.listeners, bound: &self.bound }
    }
}
