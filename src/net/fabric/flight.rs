//! The packets that are under way.

use std::net::SocketAddr;

use super::{
    Event, Fabric, HostId, Status,
    line::carrying,
    record::{NO_SEGMENT, length},
};

/// What names a packet that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PacketName {
    /// By its turn in the queue.
    Queued(u64),
    /// By its number among all that were ever held.
    Held(u64),
}

/// A packet that a link or a paused host holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) number: u64,
    /// Its turn in the queue, if it was held under way: what names it to who asked before.
    pub(super) turn: u64,
    pub(super) from: HostId,
    pub(super) to: HostId,
    pub(super) event: Event,
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
    /// All packets under way, in the order of their arrival; then those that are held, in the order in which
    /// they will be let go.
    pub(crate) fn flying(&self) -> Vec<Flying> {
        let queued = self.queue.in_order().into_iter().filter_map(|entry| {
            let ends = self.ends_of(entry.event)?;
            self.flying_packet(PacketName::Queued(entry.turn), ends, entry.event, Some(entry.at))
        });
        let held = self.held.iter().filter_map(|held| {
            self.flying_packet(PacketName::Held(held.number), (held.from, held.to), held.event, None)
        });
        queued.chain(held).collect()
    }

    fn flying_packet(
        &self,
        name: PacketName,
        (from, to): (HostId, HostId),
        event: Event,
        due: Option<u64>,
    ) -> Option<Flying> {
        let sender = match event {
            // Held, it is a packet; else the timer of one that was lost.
            Event::WindowRetry { conn, writer, .. } => Some((conn, writer.other())),
            event => event.sender(),
        };
        let (addresses, what, length) = match (event, sender) {
            (Event::Datagram { slot }, _) => {
                let datagram = &self.datagrams[slot as usize];
                ([datagram.source, datagram.destination], datagram.describe(), datagram.payload.len())
            }
            (_, Some((conn, side))) => {
                let conn = &self.conns[conn.index()];
                let addresses = [side, side.other()].map(|side| conn.addresses[side.index()]);
                let segment = match event {
                    Event::Segment { index, .. } => conn.lanes[side.index()].range(index),
                    _ => None,
                };
                let carried = segment.as_ref().map_or(NO_SEGMENT, |range| length(range.len()));
                (
                    addresses,
                    carrying(Event::word(event.code().0), carried),
                    segment.map_or(0, |range| range.len()),
                )
            }
            _ => return None,
        };
        Some(Flying { name, from, to, addresses, what, length, due })
    }

    /// Lets a packet arrive now, whatever the rules of its link say, or loses it. False if it is under way no more, or
    /// if it is to arrive at a host that stands still.
    pub(crate) fn decide(&mut self, name: PacketName, arrives: bool) -> bool {
        let Some((event, to)) = self.find(name) else { return false };
        if arrives && self.status(to) == Status::Paused {
            return false;
        }
        if let PacketName::Queued(turn) = name {
            self.queue.take(turn);
        }
        self.held.retain(|held| !held.is(name));
        if !arrives {
            self.lose(event);
        } else if let Some(turn) = self.let_go(event).filter(|_| self.status(to) == Status::Up) {
            self.waved_through.insert(turn);
        }
        self.forget(event);
        true
    }

    fn find(&self, name: PacketName) -> Option<(Event, HostId)> {
        if let PacketName::Queued(turn) = name {
            if let Some(event) = self.queue.find(turn) {
                return Some((event, self.ends_of(event)?.1));
            }
        }
        let held = self.held.iter().find(|held| held.is(name))?;
        Some((held.event, held.to))
    }
}
