//! Datagrams that arrive.

use std::io;

use bytes::Bytes;

use super::{
    super::{
        hosts::{Hosts, choose, is_for_many},
        ids::{DatagramId, SocketId},
        io::{Io, Notice},
        wire::{Status, Wire},
    },
    Received, Udp,
    datagram::Datagram,
    memory::{RMEM_DEFAULT, truesize},
};
use crate::trace::EventKind;

impl Udp {
    /// Loses a datagram that was under way.
    pub(crate) fn lose(&mut self, id: DatagramId, wire: &mut Wire) {
        self.under_way.remove(id).record(EventKind::Lost, wire);
    }

    pub(crate) fn arrive(&mut self, id: DatagramId, hosts: &Hosts, wire: &mut Wire) {
        let datagram = self.under_way.remove(id);
        datagram.record(EventKind::Arrived, wire);
        if datagram.is_unreachable {
            return self.report_unreachable(&datagram, hosts, wire);
        }
        let address = datagram.destination.ip();
        if is_for_many(address) {
            let receivers: Vec<SocketId> = self.receivers(&datagram, hosts).collect();
            if receivers.is_empty() && !address.is_multicast() {
                return self.answer_unreachable(&datagram, wire);
            }
            for id in receivers {
                self.put_into(id, datagram.clone(), wire);
            }
            return;
        }
        match self.receiver(&datagram, hosts) {
            Some(id) => self.put_into(id, datagram, wire),
            None => self.answer_unreachable(&datagram, wire),
        }
    }

    fn put_into(&mut self, id: SocketId, datagram: Datagram, wire: &mut Wire) {
        let socket = &mut self.sockets[id];
        let truesize = truesize(datagram.payload.len(), datagram.destination.is_ipv4());
        // Source: Linux 6.18, `__udp_enqueue_schedule_skb`.
        if socket.inbox_memory + truesize > RMEM_DEFAULT {
            socket.overflown += 1;
            return;
        }
        socket.inbox_memory += truesize;
        socket.inbox_bytes += datagram.payload.len();
        let (from, ends, payload) = (socket.shown(datagram.source), datagram.way(), datagram.payload);
        socket.inbox.push_back(Received { from, ends, payload, truesize });
        wire.notify(Notice::Receivable(id));
    }

    /// Returns the socket that a datagram for one host is for: one that is bound to this very address comes first, then
    /// one that is connected, then the last that was bound. Of those that share the port the addresses choose one.
    ///
    /// Source: Linux 6.18, `__udp4_lib_lookup` and `udp4_lib_lookup2`.
    fn receiver(&self, datagram: &Datagram, hosts: &Hosts) -> Option<SocketId> {
        let score = |id: SocketId| {
            let socket = &self.sockets[id];
            (socket.bind.is_specific(), socket.peer.is_some())
        };
        let best = self.receivers(datagram, hosts).map(score).max()?;
        let group = || self.receivers(datagram, hosts).filter(|id| score(*id) == best);
        if group().all(|id| self.sockets[id].reuse.port) {
            return choose(group(), datagram.source, datagram.destination);
        }
        group().last()
    }

    /// Returns the sockets that the datagram fits.
    fn receivers<'a>(
        &'a self,
        datagram: &Datagram,
        hosts: &'a Hosts,
    ) -> impl Iterator<Item = SocketId> + use<'a> {
        let host = &hosts[datagram.to_host];
        let (source, to) = (datagram.source, datagram.destination);
        // Source: Linux 6.18, `IP_MULTICAST_ALL`: what one socket has joined, all of its host hear.
        let is_heard = !to.ip().is_multicast() || host.groups.iter().any(|(joined, _)| *joined == to.ip());
        let fits = move |id: &SocketId| {
            let socket = &self.sockets[*id];
            is_heard && socket.bind.covers(to.ip()) && socket.peer.is_none_or(|peer| peer == source)
        };
        host.sockets.at(to.port()).map(|(_, id)| id).filter(fits)
    }

    fn answer_unreachable(&mut self, datagram: &Datagram, wire: &mut Wire) {
        if wire.status(datagram.to_host) == Status::Up {
            let answer = Datagram {
                from_host: datagram.to_host,
                to_host: datagram.from_host,
                source: datagram.destination,
                destination: datagram.source,
                payload: Bytes::new(),
                is_unreachable: true,
            };
            self.send_datagram(answer, wire);
        }
    }

    /// Tells the connected sockets that the answer is for; others are not told.
    fn report_unreachable(&mut self, answer: &Datagram, hosts: &Hosts, wire: &mut Wire) {
        for (_, id) in hosts[answer.to_host].sockets.at(answer.destination.port()) {
            let socket = &mut self.sockets[id];
            if socket.peer == Some(answer.source) {
                socket.error = Some(io::ErrorKind::ConnectionRefused);
                wire.notify(Notice::Receivable(id));
            }
        }
    }

    /// Takes the next datagram, of which the program reads `room` bytes.
    pub(crate) fn receive(&mut self, id: SocketId, room: usize, wire: &mut Wire) -> Io<Received> {
        let socket = &mut self.sockets[id];
        if let Some(kind) = socket.take_error() {
            return Io::Fail(kind);
        }
        let Some(received) = socket.inbox.pop_front() else { return Io::Wait };
        socket.inbox_memory -= received.truesize;
        socket.inbox_bytes -= received.payload.len();
        let length = received.payload.len();
        let read = &received.payload[..length.min(room)];
        wire.log().datagram_read(received.ends, length, read);
        Io::Done(received)
    }

    /// Shows the next datagram without taking it.
    pub(crate) fn peek(&mut self, id: SocketId) -> Io<Received> {
        let socket = &mut self.sockets[id];
        if let Some(kind) = socket.take_error() {
            return Io::Fail(kind);
        }
        socket.inbox.front().map_or(Io::Wait, |received| Io::Done(received.clone()))
    }
}
