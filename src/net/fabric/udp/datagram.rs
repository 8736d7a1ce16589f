//! A datagram under way.

use std::net::SocketAddr;

use bytes::Bytes;

use super::super::{ids::HostId, links::Damage, wire::Wire};
use crate::trace::{Ends, EventKind, PacketKind};

/// A datagram under way.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    pub(crate) from_host: HostId,
    pub(crate) to_host: HostId,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) payload: Bytes,
    /// It is an ICMP message: no socket listens on the port.
    pub(super) is_unreachable: bool,
}

impl Datagram {
    /// Returns the kind of its packet.
    pub(crate) const fn kind(&self) -> PacketKind {
        if self.is_unreachable { PacketKind::PortUnreachable } else { PacketKind::Datagram }
    }

    pub(super) const fn way(&self) -> Ends {
        Ends::new([self.from_host.0, self.to_host.0], [self.source, self.destination])
    }

    /// Records that it was sent, has arrived or is lost.
    pub(super) fn record(&self, what: impl FnOnce(PacketKind) -> EventKind, wire: &mut Wire) {
        let hosts = [self.from_host.0, self.to_host.0];
        let kind = what(self.kind());
        wire.log().datagram(kind, hosts, [&self.source, &self.destination], &self.payload);
    }

    pub(super) fn damage(&mut self, damage: Damage) {
        if let Some(length) = damage.cut_to {
            self.payload.truncate(length);
        }
        if let Some(bit) = damage.flipped.filter(|bit| bit / 8 < self.payload.len()) {
            let mut bytes = self.payload.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            self.payload = bytes.into();
        }
    }
}
