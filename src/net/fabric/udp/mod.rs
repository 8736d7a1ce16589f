//! UDP: datagrams that arrive once, twice, damaged or not at all.

mod datagram;
mod memory;
mod receive;
mod send;

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
};

use bytes::Bytes;

use self::datagram::Datagram;
use super::{
    hosts::{Bind, Hosts, Reuse, as_ipv6},
    ids::{DatagramId, HostId, SocketId, Table},
    wire::Wire,
};
use crate::{net::errno, trace::Ends, violation::SourceLocation};

/// A datagram socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) host: HostId,
    pub(crate) bind: Bind,
    pub(crate) port: u16,
    reuse: Reuse,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) may_broadcast: bool,
    pub(crate) hears_itself: bool,
    /// Its host crashed.
    pub(crate) is_crashed: bool,
    pub(crate) since: u64,
    pub(crate) made_at: SourceLocation,
    /// The error that its next operation returns, once.
    pub(crate) error: Option<io::ErrorKind>,
    inbox: VecDeque<Received>,
    inbox_bytes: usize,
    /// How much memory its datagrams take.
    inbox_memory: usize,
    /// How many datagrams found no room.
    pub(crate) overflown: u64,
}

/// A datagram that has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) from: SocketAddr,
    ends: Ends,
    pub(crate) payload: Bytes,
    /// How much memory it takes.
    truesize: usize,
}

/// All datagram sockets, and the datagrams under way.
#[derive(Default)]
pub(crate) struct Udp {
    pub(crate) sockets: Table<SocketId, Socket>,
    pub(crate) under_way: Table<DatagramId, Datagram>,
}

impl Socket {
    /// Returns an address as the socket shows it.
    pub(crate) fn shown(&self, address: SocketAddr) -> SocketAddr {
        if self.bind.shows_ipv6() { as_ipv6(address) } else { address }
    }

    /// Returns how many datagrams wait for their reader.
    pub(crate) fn unread(&self) -> usize {
        self.inbox.len()
    }

    /// Returns how many bytes of datagrams wait for their reader.
    pub(crate) const fn unread_bytes(&self) -> usize {
        self.inbox_bytes
    }

    /// Returns how long the next datagram is; 0 if there is none.
    pub(crate) fn next_length(&self) -> usize {
        self.inbox.front().map_or(0, |received| received.payload.len())
    }

    /// Returns whether a receive would not wait. Takes nothing.
    pub(crate) fn can_receive(&self) -> bool {
        self.is_crashed || self.error.is_some() || !self.inbox.is_empty()
    }

    /// Returns why nothing can be sent or received. Takes a pending error.
    fn take_error(&mut self) -> Option<io::ErrorKind> {
        if self.is_crashed { Some(io::ErrorKind::ConnectionAborted) } else { self.error.take() }
    }
}

impl Udp {
    pub(crate) fn bind(
        &mut self,
        host: HostId,
        (bind, port, reuse): (Bind, u16, Reuse),
        made_at: SourceLocation,
        hosts: &mut Hosts,
        wire: &Wire,
    ) -> io::Result<SocketId> {
        hosts.check_own(host, bind, wire)?;
        let port = self.choose_port(host, (bind, port, reuse), hosts)?;
        let id = self.sockets.insert(Socket {
            host,
            bind,
            port,
            reuse,
            peer: None,
            may_broadcast: false,
            hears_itself: true,
            is_crashed: false,
            since: wire.now,
            made_at,
            error: None,
            inbox: VecDeque::new(),
            inbox_bytes: 0,
            inbox_memory: 0,
            overflown: 0,
        });
        hosts[host].sockets.add(port, bind, id);
        Ok(id)
    }

    /// Returns the port that a socket gets. Several share one if all of them say so.
    ///
    /// Source: Linux 6.18, `udp_lib_lport_inuse`.
    fn choose_port(
        &self,
        host: HostId,
        (bind, port, reuse): (Bind, u16, Reuse),
        hosts: &mut Hosts,
    ) -> io::Result<u16> {
        let is_free = |port: u16, reuse: Reuse| {
            hosts[host]
                .sockets
                .at(port)
                .all(|(other, id)| !bind.collides(other) || reuse.shares(self.sockets[id].reuse, false))
        };
        if port != 0 {
            return if is_free(port, reuse) { Ok(port) } else { Err(errno::error(io::ErrorKind::AddrInUse)) };
        }
        let unused = hosts.dynamic_ports(host).find(|port| hosts[host].sockets.at(*port).next().is_none());
        let free = || hosts.dynamic_ports(host).find(|port| is_free(*port, Reuse::default()));
        let port = unused.or_else(free).ok_or_else(|| errno::error(io::ErrorKind::AddrInUse))?;
        hosts.use_dynamic_port(host, port);
        Ok(port)
    }

    pub(crate) fn close(&mut self, id: SocketId, hosts: &mut Hosts) {
        let socket = self.sockets.remove(id);
        let host = &mut hosts[socket.host];
        host.sockets.remove(socket.port, id);
        host.groups.retain(|(_, other)| *other != id);
    }

    /// Joins a multicast group. Returns false if the socket was in it already.
    pub(crate) fn join_group(&self, id: SocketId, group: IpAddr, hosts: &mut Hosts) -> bool {
        let groups = &mut hosts[self.sockets[id].host].groups;
        let is_new = !groups.contains(&(group, id));
        if is_new {
            groups.push((group, id));
        }
        is_new
    }

    /// Leaves a multicast group. Returns false if the socket was not in it.
    pub(crate) fn leave_group(&self, id: SocketId, group: IpAddr, hosts: &mut Hosts) -> bool {
        let groups = &mut hosts[self.sockets[id].host].groups;
        let before = groups.len();
        groups.retain(|member| *member != (group, id));
        groups.len() < before
    }
}
