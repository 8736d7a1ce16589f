//! Datagrams: each arrives once, or not, or twice, or damaged.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use bytes::Bytes;

use super::{
    Bind, Event, Fabric, HostId, Io, Notice, SocketId, Status, Way, What,
    addresses::{as_ipv6, destination, is_for_many},
    hosts::Protocol,
    line,
    links::{Fate, Harm, Route},
    record::{UNREACHABLE, length},
};
use crate::{
    net::{Packet, PacketKind, texts},
    violation::SourceLocation,
};

/// Source: RFC 768 and RFC 791: 65535 bytes less the headers.
const LARGEST_OVER_IPV4: usize = 65_507;

/// Source: RFC 8200, section 3: the header of IPv6 does not count.
const LARGEST_OVER_IPV6: usize = 65_527;

/// How many bytes of datagrams wait for their reader.
///
/// Source: Linux 6.18, `net.core.rmem_default`.
const INBOX: usize = 212_992;

#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) host: HostId,
    pub(crate) bind: Bind,
    pub(crate) port: u16,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) may_broadcast: bool,
    pub(crate) hears_itself: bool,
    pub(crate) is_dead: bool,
    pub(crate) since: u64,
    pub(crate) made_at: Option<SourceLocation>,
    pub(super) error: Option<io::ErrorKind>,
    inbox: VecDeque<Mail>,
    inbox_bytes: usize,
    /// How many datagrams found no room.
    pub(crate) overflown: u64,
}

/// A datagram that has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) from: SocketAddr,
    from_host: HostId,
    pub(crate) payload: Bytes,
}

/// A datagram under way.
#[derive(Clone, Debug)]
pub(super) struct Datagram {
    pub(super) from_host: HostId,
    pub(super) to_host: HostId,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) payload: Bytes,
    /// Tells that nobody listens, as ICMP does.
    is_unreachable: bool,
}

impl Datagram {
    fn way(&self) -> Way {
        let ports = [self.source.port(), self.destination.port()];
        Way::new([self.from_host, self.to_host], ports)
    }

    /// What it is, for people.
    pub(super) fn describe(&self) -> String {
        line::datagram(if self.is_unreachable { UNREACHABLE } else { length(self.payload.len()) })
    }
}

impl Socket {
    /// An address as it shows it.
    pub(crate) fn shown(&self, address: SocketAddr) -> SocketAddr {
        if self.bind.shows_ipv6() { as_ipv6(address) } else { address }
    }

    /// How many datagrams wait for their reader.
    pub(crate) fn waiting(&self) -> usize {
        self.inbox.len()
    }
}

impl Fabric {
    pub(crate) fn bind(&mut self, host: HostId, bind: Bind, port: u16) -> io::Result<SocketId> {
        let port = self.bind_port(host, bind, port, Protocol::Datagram)?;
        let socket = Socket {
            host,
            bind,
            port,
            peer: None,
            may_broadcast: false,
            hears_itself: true,
            is_dead: false,
            since: self.now,
            made_at: None,
            error: None,
            inbox: VecDeque::new(),
            inbox_bytes: 0,
            overflown: 0,
        };
        let id = SocketId::at(self.sockets.insert(socket));
        self.hosts[host.index()].sockets.add(port, id);
        Ok(id)
    }

    pub(crate) fn close_socket(&mut self, id: SocketId) {
        let socket = self.sockets.remove(id.index());
        let host = &mut self.hosts[socket.host.index()];
        host.sockets.remove(socket.port, id);
        host.groups.retain(|(_, other)| *other != id);
    }

    /// Joins a group of hosts that share an address. False if it was in it already.
    pub(crate) fn join_group(&mut self, id: SocketId, group: IpAddr) -> bool {
        let groups = &mut self.hosts[self.sockets[id.index()].host.index()].groups;
        let is_new = !groups.contains(&(group, id));
        if is_new {
            groups.push((group, id));
        }
        is_new
    }

    /// Leaves a group. False if it was not in it.
    pub(crate) fn leave_group(&mut self, id: SocketId, group: IpAddr) -> bool {
        let groups = &mut self.hosts[self.sockets[id.index()].host.index()].groups;
        let before = groups.len();
        groups.retain(|member| *member != (group, id));
        groups.len() < before
    }

    /// Sends a datagram to an address, or to the one that the socket is connected to.
    pub(crate) fn send(&mut self, id: SocketId, to: Option<SocketAddr>, payload: &[u8]) -> io::Result<usize> {
        let socket = &mut self.sockets[id.index()];
        if socket.is_dead {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if let Some(error) = socket.error.take() {
            return Err(error.into());
        }
        let to = destination(to.or(socket.peer).ok_or_else(texts::no_destination)?);
        if to.port() == 0 {
            return Err(texts::datagram_to_port_zero());
        }
        let largest = if to.is_ipv4() { LARGEST_OVER_IPV4 } else { LARGEST_OVER_IPV6 };
        if payload.len() > largest {
            return Err(texts::message_too_long(payload.len(), largest));
        }
        let (host, port) = (socket.host, socket.port);
        if to.ip() == IpAddr::V4(Ipv4Addr::BROADCAST) && !socket.may_broadcast {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let local = self.source(id, to.ip())?;
        let datagram = Datagram {
            from_host: host,
            to_host: host,
            source: SocketAddr::new(local, port),
            destination: to,
            payload: Bytes::copy_from_slice(payload),
            is_unreachable: false,
        };
        if is_for_many(to.ip()) {
            self.send_to_many(id, &datagram);
        } else if let Some(to_host) = self.host_at(host, to.ip()) {
            if to_host == host || !local.is_loopback() {
                self.post_datagram(Datagram { to_host, ..datagram });
            }
        }
        Ok(payload.len())
    }

    /// Where a datagram from this socket to this address says that it comes from.
    ///
    /// Source: Linux 6.18, observed.
    fn source(&self, id: SocketId, to: IpAddr) -> io::Result<IpAddr> {
        let Socket { host, bind, .. } = self.sockets[id.index()];
        let is_here = is_for_many(to) || self.host_at(host, to) == Some(host);
        match bind {
            Bind::One(own) | Bind::AllOf(own) if own.is_ipv4() && to.is_ipv6() => Err(texts::wrong_family()),
            Bind::One(own) if own.is_ipv6() && to.is_ipv4() => Err(io::ErrorKind::NetworkUnreachable.into()),
            Bind::One(own) if own.is_loopback() && own.is_ipv4() && !is_here => {
                Err(texts::loopback_goes_nowhere(own))
            }
            Bind::One(own) if !own.is_multicast() => Ok(own),
            _ => Ok(self.source_address(host, to)),
        }
    }

    /// Sends to this address from now on, and hears only from it.
    pub(crate) fn connect_socket(&mut self, id: SocketId, to: SocketAddr) -> io::Result<()> {
        let to = destination(to);
        self.source(id, to.ip())?;
        self.sockets[id.index()].peer = Some(to);
        Ok(())
    }

    /// The address of a connected socket, which a bind to all addresses leaves open.
    pub(crate) fn connected_address(&self, id: SocketId) -> Option<SocketAddr> {
        let socket = &self.sockets[id.index()];
        let own = self.source(id, socket.peer?.ip()).ok()?;
        Some(socket.shown(SocketAddr::new(own, socket.port)))
    }

    fn send_to_many(&mut self, sender: SocketId, datagram: &Datagram) {
        let group = datagram.destination.ip();
        let to_all = !group.is_multicast();
        // Source: Linux 6.18, observed: it holds for groups only.
        let hears_itself = to_all || self.sockets[sender.index()].hears_itself;
        let stays = datagram.source.ip().is_loopback();
        for index in 0..self.hosts.len() {
            let (to_host, host) = (HostId::at(index), &self.hosts[index]);
            let is_member = to_all || host.groups.iter().any(|(joined, _)| *joined == group);
            let is_own = to_host == datagram.from_host;
            if is_member && if is_own { hears_itself } else { !stays } {
                self.post_datagram(Datagram { to_host, ..datagram.clone() });
            }
        }
    }

    fn post_datagram(&mut self, mut datagram: Datagram) {
        let (from, to, now) = (datagram.from_host, datagram.to_host, self.now);
        self.record_datagram(What::Sent, &datagram);
        let fate = match self.links.route(from, to) {
            Route::Plain(latency) => Fate::At { arrival: now.saturating_add(latency), harm: Harm::default() },
            Route::Ruled(pair) => {
                let packet = Packet {
                    from: &self.hosts[from.index()].name,
                    to: &self.hosts[to.index()].name,
                    source: datagram.source,
                    destination: datagram.destination,
                    kind: PacketKind::Datagram,
                    payload: &datagram.payload,
                    length: datagram.payload.len(),
                };
                self.links.judge(pair, now, &packet)
            }
        };
        match fate {
            Fate::Lost => self.record_datagram(What::Lost, &datagram),
            Fate::Held => {
                let slot = self.keep(datagram);
                self.hold_here(from, to, Event::Datagram { slot });
            }
            Fate::At { arrival, harm } => {
                if let Some(at) = harm.copy {
                    let slot = self.keep(datagram.clone());
                    self.push(at, Event::Datagram { slot });
                }
                damage(&mut datagram.payload, harm);
                let slot = self.keep(datagram);
                self.push(arrival, Event::Datagram { slot });
            }
        }
    }

    fn keep(&mut self, datagram: Datagram) -> u32 {
        u32::try_from(self.datagrams.insert(datagram)).unwrap_or(u32::MAX)
    }

    pub(super) fn drop_datagram(&mut self, slot: u32) {
        let lost = self.datagrams.remove(slot as usize);
        self.record_datagram(What::Lost, &lost);
    }

    fn record_datagram(&mut self, what: What, datagram: &Datagram) {
        let way = datagram.way();
        match datagram.is_unreachable {
            true => self.transcript.record_unreachable(self.now, what, way),
            false => self.transcript.record_datagram(self.now, what, way, &datagram.payload),
        }
    }

    pub(super) fn datagram_arrives(&mut self, slot: u32) {
        let datagram = self.datagrams.remove(slot as usize);
        self.record_datagram(What::Arrived, &datagram);
        if datagram.is_unreachable {
            return self.tell_unreachable(&datagram);
        }
        let address = datagram.destination.ip();
        if is_for_many(address) {
            let receivers: Vec<SocketId> = self.receivers(&datagram).collect();
            if receivers.is_empty() && !address.is_multicast() {
                return self.answer_unreachable(&datagram);
            }
            for id in receivers {
                self.put_into(id, datagram.clone());
            }
            return;
        }
        // The first of those that are bound to this address, or else the first of all.
        let receiver =
            self.receivers(&datagram).min_by_key(|id| !self.sockets[id.index()].bind.is_specific());
        match receiver {
            Some(id) => self.put_into(id, datagram),
            None => self.answer_unreachable(&datagram),
        }
    }

    fn put_into(&mut self, id: SocketId, datagram: Datagram) {
        let socket = &mut self.sockets[id.index()];
        let payload = datagram.payload;
        if socket.inbox_bytes + payload.len() > INBOX {
            socket.overflown += 1;
            return;
        }
        socket.inbox_bytes += payload.len();
        let from = socket.shown(datagram.source);
        socket.inbox.push_back(Mail { from, from_host: datagram.from_host, payload });
        self.notify(Notice::Receivable(id));
    }

    /// The sockets that it could be for.
    fn receivers(&self, datagram: &Datagram) -> impl Iterator<Item = SocketId> {
        let host = &self.hosts[datagram.to_host.index()];
        let (source, to) = (datagram.source, datagram.destination);
        // Source: Linux 6.18, `IP_MULTICAST_ALL`: what one socket has joined, all of its host hear.
        let is_heard = !to.ip().is_multicast() || host.groups.iter().any(|(joined, _)| *joined == to.ip());
        let fits = move |id: &SocketId| {
            let socket = &self.sockets[id.index()];
            is_heard && socket.bind.covers(to.ip()) && socket.peer.is_none_or(|peer| peer == source)
        };
        host.sockets.at(to.port()).filter(fits)
    }

    fn answer_unreachable(&mut self, datagram: &Datagram) {
        if self.hosts[datagram.to_host.index()].status == Status::Up {
            self.post_datagram(Datagram {
                from_host: datagram.to_host,
                to_host: datagram.from_host,
                source: datagram.destination,
                destination: datagram.source,
                payload: Bytes::new(),
                is_unreachable: true,
            });
        }
    }

    /// Only a connected socket hears of it.
    fn tell_unreachable(&mut self, answer: &Datagram) {
        let sockets = &self.hosts[answer.to_host.index()].sockets;
        for id in sockets.at(answer.destination.port()).collect::<Vec<_>>() {
            let socket = &mut self.sockets[id.index()];
            if socket.peer == Some(answer.source) {
                socket.error = Some(io::ErrorKind::ConnectionRefused);
                self.notify(Notice::Receivable(id));
            }
        }
    }

    /// Whether a receive would not wait. Takes nothing.
    pub(crate) fn can_receive(&self, id: SocketId) -> bool {
        let socket = &self.sockets[id.index()];
        socket.is_dead || socket.error.is_some() || !socket.inbox.is_empty()
    }

    /// The next datagram that has arrived, of which `room` bytes are read.
    pub(crate) fn receive(&mut self, id: SocketId, room: usize) -> Io<Mail> {
        if let Some(kind) = self.mail_error(id) {
            return Io::Fail(kind);
        }
        let socket = &mut self.sockets[id.index()];
        let Some(mail) = socket.inbox.pop_front() else { return Io::Wait };
        socket.inbox_bytes -= mail.payload.len();
        let ports = [mail.from.port(), socket.port];
        let way = Way::new([mail.from_host, socket.host], ports);
        self.transcript.record_receive(self.now, way, mail.payload.len(), room);
        Io::Done(mail)
    }

    /// The same, and leaves it there.
    pub(crate) fn peek_mail(&mut self, id: SocketId) -> Io<Mail> {
        if let Some(kind) = self.mail_error(id) {
            return Io::Fail(kind);
        }
        self.sockets[id.index()].inbox.front().map_or(Io::Wait, |mail| Io::Done(mail.clone()))
    }

    /// Why nothing can be received. Takes what waits to be told.
    fn mail_error(&mut self, id: SocketId) -> Option<io::ErrorKind> {
        let socket = &mut self.sockets[id.index()];
        if socket.is_dead { Some(io::ErrorKind::ConnectionAborted) } else { socket.error.take() }
    }
}

fn damage(payload: &mut Bytes, harm: Harm) {
    if let Some(length) = harm.cut_to {
        payload.truncate(length);
    }
    if let Some(bit) = harm.flipped.filter(|bit| bit / 8 < payload.len()) {
        let mut bytes = payload.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        *payload = bytes.into();
    }
}
