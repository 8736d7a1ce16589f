//! The ports of TCP sockets: those that are bound and do not listen, and which port a socket gets.

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, SocketAddr},
};

use super::{
    super::{
        hosts::{Bind, Claim, Hosts, Reuse, TimeWait, Tuple},
        ids::{BoundId, ConnId, HostId, Table},
        side::Side,
        wire::Wire,
    },
    conn::{Conn, Life},
    listener::Listeners,
};
use crate::{
    net::{TcpState, errno},
    violation::SourceLocation,
};

/// A socket that is bound and does not listen. It holds its port, also while it is connected.
///
/// Source: Linux 6.18, `SOCK_BINDPORT_LOCK`.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) host: HostId,
    pub(crate) bind: Bind,
    pub(crate) port: u16,
    pub(crate) reuse: Reuse,
    /// Its connection is listed instead.
    pub(crate) is_connected: bool,
    /// Its host crashed.
    pub(crate) is_crashed: bool,
    pub(crate) since: u64,
    pub(crate) made_at: SourceLocation,
}

impl Bound {
    /// Returns whether it is a socket of its own: its host has not crashed, and it has not become a connection.
    pub(crate) const fn is_open(&self) -> bool {
        !self.is_connected && !self.is_crashed
    }
}

/// The wish of a bind: addresses, a port, and whether it shares the port.
pub(crate) type Wanted = (Bind, u16, Reuse);

/// All that can hold a port.
pub(super) struct PortHolders<'a> {
    pub(super) conns: &'a Table<ConnId, Conn>,
    pub(super) listeners: &'a Listeners,
    pub(super) bound: &'a Table<BoundId, Bound>,
}

/// A port that a socket holds.
struct Held {
    port: u16,
    bind: Bind,
    reuse: Reuse,
    listens: bool,
    bound: Option<BoundId>,
}

impl PortHolders<'_> {
    /// Returns the port that a socket gets.
    pub(super) fn choose_port(
        self,
        host: HostId,
        (bind, port, reuse): Wanted,
        hosts: &mut Hosts,
        wire: &Wire,
    ) -> io::Result<u16> {
        hosts.check_own(host, bind, wire)?;
        let in_use = || errno::error(io::ErrorKind::AddrInUse);
        if port != 0 {
            let is_taken = self.is_taken(host, (bind, port, reuse), None, hosts, wire.now);
            return if is_taken { Err(in_use()) } else { Ok(port) };
        }
        // Source: Linux 6.18, `inet_csk_find_open_port`: a port is free if its addresses are, whatever their owners allow.
        let held: Vec<Held> = self.held(host, hosts, wire.now).collect();
        let free = |is_other: fn(Bind, Bind) -> bool| {
            let taken = held.iter().filter(|held| !is_other(bind, held.bind));
            let taken: BTreeSet<u16> = taken.map(|held| held.port).collect();
            hosts.dynamic_ports(host).find(|port| !taken.contains(port))
        };
        let unused = free(|_, _| false);
        let port = unused.or_else(|| free(|own, other| !own.collides(other))).ok_or_else(in_use)?;
        hosts.use_dynamic_port(host, port);
        Ok(port)
    }

    /// Returns whether another socket has the port and does not share it.
    ///
    /// Source: Linux 6.18, `inet_csk_bind_conflict`.
    pub(super) fn is_taken(
        &self,
        host: HostId,
        (bind, port, reuse): Wanted,
        except: Option<BoundId>,
        hosts: &Hosts,
        now: u64,
    ) -> bool {
        let mut held = self.held(host, hosts, now).filter(|held| held.port == port);
        held.any(|held| {
            let is_own = except.is_some() && held.bound == except;
            !is_own && bind.collides(held.bind) && !reuse.shares(held.reuse, held.listens)
        })
    }

    /// Returns every port that the TCP sockets of a host hold: those that listen, are bound or are connected, and
    /// connections in TIME-WAIT.
    fn held<'a>(&'a self, host: HostId, hosts: &'a Hosts, now: u64) -> impl Iterator<Item = Held> {
        let state = &hosts[host];
        let listening = state.listeners.all().map(|(port, id)| {
            let listener = &self.listeners[id];
            Held { port, bind: listener.bind, reuse: listener.reuse, listens: true, bound: None }
        });
        let bound = state.bound.all().map(|(port, id)| {
            let socket = &self.bound[id];
            Held { port, bind: socket.bind, reuse: socket.reuse, listens: false, bound: Some(id) }
        });
        let ended = |port, ip, reuse| Held { port, bind: Bind::One(ip), reuse, listens: false, bound: None };
        let waiting = state.clients.waiting(now);
        let waiting = waiting.map(move |wait| ended(wait.tuple.port, wait.tuple.from, wait.reuse));
        let connected = self.conns.values().flat_map(move |conn| {
            let its = Side::BOTH.into_iter();
            let its = its.filter(move |side| conn.hosts[*side] == host && conn.holds_port(*side, now));
            its.map(move |side| {
                let address = conn.addresses[side];
                ended(address.port(), address.ip(), conn.ends[side].reuse)
            })
        });
        listening.chain(bound).chain(waiting).chain(connected)
    }

    /// Chooses where a connection comes from: the port of a bound socket, or else the next that is free for this
    /// destination.
    pub(super) fn choose_source(
        &self,
        host: HostId,
        to: SocketAddr,
        bound: Option<BoundId>,
        hosts: &mut Hosts,
        now: u64,
    ) -> io::Result<SocketAddr> {
        let is_free = |port, from: IpAddr, hosts: &Hosts| {
            let tuple = Tuple { port, to, from };
            match hosts[host].clients.claim(&tuple) {
                None => true,
                Some(Claim::TimeWait(since)) => tuple.is_free_again(since, bound.is_some(), now),
                Some(Claim::Conn(id)) => match self.conns[id].lingers_since(Side::Client, now) {
                    Some(since) => tuple.is_free_again(since, bound.is_some(), now),
                    None => !self.conns[id].holds_port(Side::Client, now),
                },
            }
        };
        let none = || errno::error(io::ErrorKind::AddrNotAvailable);
        if let Some(bound) = bound {
            let Bound { bind, port, .. } = self.bound[bound];
            let from = hosts.source(host, bind, to.ip())?;
            return if is_free(port, from, hosts) { Ok(SocketAddr::new(from, port)) } else { Err(none()) };
        }
        let (from, state) = (hosts.source_address(host, to.ip()), &hosts[host]);
        let is_unbound =
            |port: &u16| state.listeners.at(*port).next().is_none() && state.bound.at(*port).next().is_none();
        let port = hosts.dynamic_ports(host).filter(is_unbound).find(|port| is_free(*port, from, hosts));
        let port = port.ok_or_else(none)?;
        hosts.use_dynamic_port(host, port);
        Ok(SocketAddr::new(from, port))
    }
}

impl Conn {
    /// Returns the addresses of the connection as its client has them.
    pub(super) const fn tuple(from: SocketAddr, to: SocketAddr) -> Tuple {
        Tuple { port: from.port(), to, from: from.ip() }
    }

    /// Returns whether this end still has its port.
    fn holds_port(&self, side: Side, now: u64) -> bool {
        let end = &self.ends[side];
        match (end.life, end.state) {
            _ if self.is_unix() => false,
            (Life::Crashed, _) | (_, TcpState::Closed) => false,
            (Life::Opening | Life::Open, _) => true,
            (Life::Closed, _) => !self.has_expired(side, now),
        }
    }

    /// Returns since when a closed end is in TIME-WAIT, if it still is.
    fn lingers_since(&self, side: Side, now: u64) -> Option<u64> {
        let end = &self.ends[side];
        let waits = end.life == Life::Closed && end.state == TcpState::TimeWait;
        (waits && !self.has_expired(side, now)).then_some(end.heard)
    }

    /// Frees the ports of a connection that is over: at once, or after TIME-WAIT.
    pub(super) fn free_ports(&self, hosts: &mut Hosts, now: u64) {
        if self.is_unix() {
            return;
        }
        for side in Side::BOTH {
            let [from, to] = self.addresses.from(side);
            let (tuple, is_client) = (Self::tuple(from, to), side == Side::Client);
            let clients = &mut hosts[self.hosts[side]].clients;
            // A crash has freed it already, and another connection may have it now.
            let is_its = !is_client || clients.remove(&tuple, self.id);
            let end = &self.ends[side];
            let waits = matches!(end.state, TcpState::FinWait2 | TcpState::TimeWait);
            if is_its && waits && end.life == Life::Closed {
                clients.wait(TimeWait { since: end.heard, tuple, reuse: end.reuse, is_client }, now);
            }
        }
    }
}
