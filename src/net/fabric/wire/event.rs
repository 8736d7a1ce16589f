//! The events of the queue: packets that arrive, and timers.

use super::super::{
    ids::{ConnId, DatagramId},
    side::Side,
};
use crate::trace::PacketKind;

/// A packet that arrives or a timer that fires. Small and `Copy`: bytes stay with their connection or datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetEvent {
    /// Of a connection.
    Tcp(ConnId, TcpEvent),
    /// A datagram arrives.
    Datagram(DatagramId),
}

/// A packet or a timer of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TcpEvent {
    // Packets.
    Syn,
    SynAck,
    /// The third packet of the handshake.
    Ack,
    /// A reset that answers a SYN.
    SynRst,
    Segment {
        from: Side,
        index: u32,
        attempt: u8,
    },
    Rst {
        from: Side,
    },
    /// A reset that answers a segment of the other side. If it is lost, the segment is sent again.
    SegmentRst {
        from: Side,
        index: u32,
        attempt: u8,
    },
    KeepAliveProbe {
        from: Side,
    },
    KeepAliveAnswer {
        from: Side,
    },
    // Timers.
    /// The client sends its SYN again.
    SynRetry,
    /// The server sends its SYN-ACK again.
    SynAckRetry,
    Retransmit {
        from: Side,
        index: u32,
        attempt: u8,
    },
    /// The writer looks at what it has learned: acknowledgements, and how large the receive window is.
    Look {
        writer: Side,
    },
    /// The writer asks whether the receive window has opened.
    ZeroWindowProbe {
        writer: Side,
        attempt: u8,
    },
    /// The system looks whether a socket that its program has closed gets rid of its bytes.
    OrphanTimer {
        writer: Side,
    },
    /// This side has heard nothing for its idle time.
    KeepAlive {
        side: Side,
    },
}

impl TcpEvent {
    /// The side that sends it; `None` for a timer.
    pub(crate) const fn sender(self) -> Option<Side> {
        match self {
            Self::Syn | Self::Ack => Some(Side::Client),
            Self::SynAck | Self::SynRst => Some(Side::Server),
            Self::Segment { from, .. }
            | Self::Rst { from }
            | Self::SegmentRst { from, .. }
            | Self::KeepAliveProbe { from }
            | Self::KeepAliveAnswer { from } => Some(from),
            _ => None,
        }
    }

    /// Returns the kind of a packet. A timer is none; a held window update waits as a probe.
    pub(crate) const fn packet(self) -> PacketKind {
        match self {
            Self::Syn | Self::SynRetry => PacketKind::Syn,
            Self::SynAck | Self::SynAckRetry => PacketKind::SynAck,
            Self::Ack => PacketKind::Ack,
            Self::SynRst | Self::Rst { .. } | Self::SegmentRst { .. } => PacketKind::Rst,
            Self::Segment { .. } | Self::Retransmit { .. } => PacketKind::Segment,
            Self::Look { .. } | Self::OrphanTimer { .. } | Self::ZeroWindowProbe { .. } => {
                PacketKind::WindowUpdate
            }
            Self::KeepAliveProbe { .. } | Self::KeepAlive { .. } => PacketKind::KeepAliveProbe,
            Self::KeepAliveAnswer { .. } => PacketKind::KeepAliveAck,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_small() {
        assert!(size_of::<NetEvent>() <= 16, "{}", size_of::<NetEvent>());
    }
}
