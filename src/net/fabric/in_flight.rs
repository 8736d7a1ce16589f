//! Packets that are under way.

use std::net::SocketAddr;

use super::{
    Fabric,
    ids::HostId,
    wire::{Held, NetEvent, Status, TcpEvent},
};
use crate::trace::PacketKind;

/// The name of a packet that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PacketName {
    /// Its turn in the queue.
    Queued(u64),
    /// Its number among all that were ever held.
    Held(u64),
}

impl Held {
    fn is(&self, name: PacketName) -> bool {
        match name {
            PacketName::Queued(turn) => self.turn == turn,
            PacketName::Held(number) => self.number == number,
        }
    }
}

/// A packet that is under way.
#[derive(Debug)]
pub(crate) struct Flying {
    pub(crate) name: PacketName,
    pub(crate) from: HostId,
    pub(crate) to: HostId,
    pub(crate) addresses: [SocketAddr; 2],
    pub(crate) what: String,
    pub(crate) length: usize,
    /// `None` while it is held.
    pub(crate) due: Option<u64>,
}

impl Fabric {
    /// Returns all packets under way, in the order of their arrival; then those that are held, in the order in which
    /// they will be released.
    pub(crate) fn in_flight(&self) -> Vec<Flying> {
        let queued = self.wire.queue.in_order().into_iter().filter_map(|entry| {
            let ends = self.ends_of(entry.event)?;
            self.flying(PacketName::Queued(entry.turn), ends, entry.event, Some(entry.at))
        });
        let held = self.wire.held.iter().filter_map(|held| {
            self.flying(PacketName::Held(held.number), (held.from, held.to), held.event, None)
        });
        queued.chain(held).collect()
    }

    fn flying(
        &self,
        name: PacketName,
        (from, to): (HostId, HostId),
        event: NetEvent,
        due: Option<u64>,
    ) -> Option<Flying> {
        let (addresses, what, length) = match event {
            NetEvent::Datagram(id) => {
                let datagram = &self.udp.under_way[id];
                (
                    [datagram.source, datagram.destination],
                    describe(datagram.kind(), datagram.payload.len()),
                    datagram.payload.len(),
                )
            }
            NetEvent::Tcp(id, event) => {
                let side = match event {
                    // A held window update; else a timer.
                    TcpEvent::ZeroWindowProbe { writer, .. } => writer.other(),
                    event => event.sender()?,
                };
                let conn = &self.tcp.conns[id];
                let half = &conn.sending[side];
                let length = match event {
                    TcpEvent::Segment { index, .. } => half.range(index).map_or(0, |range| range.len()),
                    _ => 0,
                };
                let kind = if half.is_fin(event) { PacketKind::Fin } else { event.packet() };
                (conn.addresses.from(side), describe(kind, length), length)
            }
        };
        Some(Flying { name, from, to, addresses, what, length, due })
    }

    /// Lets a packet arrive now, whatever the rules of its link say, or loses it. Returns false if it is no longer under
    /// way, or if it would arrive at a paused host.
    pub(crate) fn decide(&mut self, name: PacketName, arrives: bool) -> bool {
        let Some((event, to)) = self.find(name) else { return false };
        if arrives && self.status(to) == Status::Paused {
            return false;
        }
        if let PacketName::Queued(turn) = name {
            self.wire.queue.take(turn);
        }
        self.wire.held.retain(|held| !held.is(name));
        if !arrives {
            self.lose(event);
        } else if let Some(turn) = self.release(event).filter(|_| self.status(to) == Status::Up) {
            self.wire.waved_through.insert(turn);
        }
        self.forget(event);
        true
    }

    fn find(&self, name: PacketName) -> Option<(NetEvent, HostId)> {
        if let PacketName::Queued(turn) = name {
            if let Some(event) = self.wire.queue.find(turn) {
                return Some((event, self.ends_of(event)?.1));
            }
        }
        let held = self.wire.held.iter().find(|held| held.is(name))?;
        Some((held.event, held.to))
    }
}

fn describe(kind: PacketKind, length: usize) -> String {
    let word = kind.word();
    match (kind, length) {
        (PacketKind::Segment | PacketKind::Datagram, 1) => format!("{word} of 1 byte"),
        (PacketKind::Segment | PacketKind::Datagram, length) => format!("{word} of {length} bytes"),
        _ => word.to_owned(),
    }
}
