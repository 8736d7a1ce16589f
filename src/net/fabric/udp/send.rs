//! Datagrams that are sent.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use bytes::Bytes;

use super::{
    super::{
        hosts::{Hosts, destination, is_for_many},
        ids::SocketId,
        links::{Delivery, Outgoing},
        wire::{NetEvent, Wire},
    },
    Udp,
    datagram::Datagram,
};
use crate::{net::errno, trace::EventKind};

/// Source: RFC 768 and RFC 791: 65535 bytes less the headers.
const LARGEST_OVER_IPV4: usize = 65_507;

/// A longer one is refused before its destination is looked at.
///
/// Source: Linux 6.18, `udp_sendmsg`.
const LARGEST_LENGTH_OVER_IPV4: usize = 65_535;

/// Source: RFC 8200, section 3: the header of IPv6 does not count.
const LARGEST_OVER_IPV6: usize = 65_527;

impl Udp {
    /// Sends a datagram to an address, or to the one that the socket is connected to. A pending error is told last: what
    /// is wrong with the datagram itself leaves it to the next operation.
    ///
    /// Source: Linux 6.18, `udp_sendmsg`, whose `sock_alloc_send_pskb` takes the error.
    pub(crate) fn send(
        &mut self,
        id: SocketId,
        to: Option<SocketAddr>,
        payload: &[u8],
        hosts: &Hosts,
        wire: &mut Wire,
    ) -> io::Result<usize> {
        let socket = &self.sockets[id];
        if socket.is_crashed {
            return Err(errno::error(io::ErrorKind::ConnectionAborted));
        }
        if payload.len() > LARGEST_LENGTH_OVER_IPV4 && socket.bind.is_ipv4() {
            return Err(errno::message_too_long());
        }
        let to = destination(to.or(socket.peer).ok_or_else(errno::no_destination)?);
        if to.port() == 0 {
            return Err(errno::error(io::ErrorKind::InvalidInput));
        }
        let (host, port) = (socket.host, socket.port);
        let local = self.source(id, to.ip(), hosts)?;
        if to.ip() == IpAddr::V4(Ipv4Addr::BROADCAST) && !socket.may_broadcast {
            return Err(errno::error(io::ErrorKind::PermissionDenied));
        }
        let largest = if to.is_ipv4() { LARGEST_OVER_IPV4 } else { LARGEST_OVER_IPV6 };
        if payload.len() > largest {
            return Err(errno::message_too_long());
        }
        if let Some(error) = self.sockets[id].take_error() {
            return Err(errno::error(error));
        }
        let datagram = Datagram {
            from_host: host,
            to_host: host,
            source: SocketAddr::new(local, port),
            destination: to,
            payload: Bytes::copy_from_slice(payload),
            is_unreachable: false,
        };
        if is_for_many(to.ip()) {
            self.send_to_many(id, &datagram, hosts, wire);
        } else if let Some(to_host) = hosts.host_at(host, to.ip()) {
            if to_host == host || !local.is_loopback() {
                self.send_datagram(Datagram { to_host, ..datagram }, wire);
            }
        }
        Ok(payload.len())
    }

    fn source(&self, id: SocketId, to: IpAddr, hosts: &Hosts) -> io::Result<IpAddr> {
        let socket = &self.sockets[id];
        hosts.source(socket.host, socket.bind, to)
    }

    /// Sets the address that the socket sends to, and the only one that it receives from.
    pub(crate) fn connect(&mut self, id: SocketId, to: SocketAddr, hosts: &Hosts) -> io::Result<()> {
        let to = destination(to);
        self.source(id, to.ip(), hosts)?;
        self.sockets[id].peer = Some(to);
        Ok(())
    }

    /// Returns the local address of a connected socket, which a bind to all addresses leaves open.
    pub(crate) fn connected_address(&self, id: SocketId, hosts: &Hosts) -> Option<SocketAddr> {
        let socket = &self.sockets[id];
        let own = self.source(id, socket.peer?.ip(), hosts).ok()?;
        Some(socket.shown(SocketAddr::new(own, socket.port)))
    }

    fn send_to_many(&mut self, sender: SocketId, datagram: &Datagram, hosts: &Hosts, wire: &mut Wire) {
        let group = datagram.destination.ip();
        let to_all = !group.is_multicast();
        // Source: Linux 6.18, observed: it holds for groups only.
        let hears_itself = to_all || self.sockets[sender].hears_itself;
        let stays = datagram.source.ip().is_loopback();
        for (to_host, host) in hosts.iter() {
            let is_member = to_all || host.groups.iter().any(|(joined, _)| *joined == group);
            let is_own = to_host == datagram.from_host;
            if is_member && if is_own { hears_itself } else { !stays } {
                self.send_datagram(Datagram { to_host, ..datagram.clone() }, wire);
            }
        }
    }

    /// Sends a datagram: it arrives, is held, or is lost.
    pub(super) fn send_datagram(&mut self, mut datagram: Datagram, wire: &mut Wire) {
        datagram.record(EventKind::Sent, wire);
        let (from, to) = (datagram.from_host, datagram.to_host);
        let delivery = wire.delivery(&Outgoing {
            from,
            to,
            source: datagram.source,
            destination: datagram.destination,
            kind: datagram.kind(),
            payload: &datagram.payload,
            length: datagram.payload.len(),
        });
        match delivery {
            Delivery::Lost => datagram.record(EventKind::Lost, wire),
            Delivery::Held => {
                let event = NetEvent::Datagram(self.under_way.insert(datagram));
                wire.hold(from, to, 0, event);
            }
            Delivery::At { arrival, damage } => {
                if let Some(at) = damage.copy {
                    wire.push_datagram(at, from, self.under_way.insert(datagram.clone()));
                }
                datagram.damage(damage);
                wire.push_datagram(arrival, from, self.under_way.insert(datagram));
            }
        }
    }
}
