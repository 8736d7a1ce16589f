//! The packets that are under way.

use super::{Event, Fabric, HostId};

/// What names a packet that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PacketName {
    Queued(u64),
    Held,
}

/// A packet that is under way.
#[derive(Debug)]
pub(crate) struct Flying {
    pub(crate) name: PacketName,
    pub(crate) from: HostId,
    pub(crate) to: HostId,
    pub(crate) what: &'static str,
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
            Some(self.flying_packet(PacketName::Queued(entry.turn), ends, entry.event, Some(entry.at)))
        });
        let held = self
            .held
            .iter()
            .map(|(from, to, event)| self.flying_packet(PacketName::Held, (*from, *to), *event, None));
        queued.chain(held).collect()
    }

    fn flying_packet(
        &self,
        name: PacketName,
        (from, to): (HostId, HostId),
        event: Event,
        due: Option<u64>,
    ) -> Flying {
        let length = match event {
            Event::Segment { conn, from, index, .. } => {
                self.conns[conn.index()].lanes[from.index()].range(index).map_or(0, |range| range.len())
            }
            Event::Datagram { slot } => self.datagrams[slot as usize].payload.len(),
            _ => 0,
        };
        Flying { name, from, to, what: event.word(), length, due }
    }

    /// Lets a packet arrive now, or loses it. False if it is under way no more.
    pub(crate) fn decide(&mut self, name: PacketName, arrives: bool) -> bool {
        let PacketName::Queued(turn) = name else { return false };
        let Some(entry) = self.queue.take(turn) else { return false };
        if arrives {
            self.push(self.now, entry.event);
        } else {
            self.lose(entry.event);
        }
        self.forget(entry.event);
        true
    }
}
