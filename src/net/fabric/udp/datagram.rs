//! A datagram under way.

use std::net::SocketAddr;

use bytes::Bytes;

use super::super::{
    ids::HostId,
    links::Damage,
    wire::{
        Wire, line,
        record::{UNREACHABLE, Way, What, length},
    },
};

/// A datagram under way.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    pub(crate) from_host: HostId,
    pub(crate) to_host: HostId,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) payload: Bytes,
    /// It is an ICMP message: nobody listens on the port.
    pub(super) is_unreachable: bool,
}

impl Datagram {
    /// Describes it for reports.
    pub(crate) fn describe(&self) -> String {
        line::datagram(if self.is_unreachable { UNREACHABLE } else { length(self.payload.len()) })
    }

    pub(super) fn record(&self, what: What, wire: &mut Wire) {
        let ports = [self.source.port(), self.destination.port()];
        let way = Way::new([self.from_host, self.to_host], ports);
        match self.is_unreachable {
            true => wire.transcript.record_unreachable(wire.now, what, way),
            false => wire.transcript.record_datagram(wire.now, what, way, &self.payload),
        }
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
