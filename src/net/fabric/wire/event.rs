//! What can happen next: packets that arrive, and timers.

use super::super::{
    ids::{ConnId, DatagramId},
    side::Side,
};

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
    /// The writer learns that the receive window has opened.
    WindowUpdate {
        writer: Side,
    },
    /// The writer asks whether the receive window has opened.
    ZeroWindowProbe {
        writer: Side,
        attempt: u8,
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

    /// What the digest covers of it.
    pub(crate) fn code(self) -> (u64, u64) {
        match self {
            Self::Syn => (1, 0),
            Self::SynAck => (2, 0),
            Self::Ack => (3, 0),
            Self::SynRst => (4, 0),
            Self::Segment { index, attempt, .. } => (5, u64::from(index) << 8 | u64::from(attempt)),
            Self::Rst { .. } | Self::SegmentRst { .. } => (6, 0),
            Self::SynRetry => (8, 0),
            Self::SynAckRetry => (9, 0),
            Self::Retransmit { index, attempt, .. } => (10, u64::from(index) << 8 | u64::from(attempt)),
            Self::WindowUpdate { .. } => (11, 0),
            Self::ZeroWindowProbe { attempt, .. } => (12, u64::from(attempt)),
            Self::KeepAliveProbe { .. } => (13, 0),
            Self::KeepAliveAnswer { .. } => (14, 0),
            Self::KeepAlive { .. } => (15, 0),
        }
    }

    /// The word for a packet of this code.
    pub(crate) const fn word(kind: u64) -> &'static str {
        match kind {
            1 => "SYN",
            2 => "SYN-ACK",
            3 => "ACK",
            4 | 6 => "RST",
            5 => "segment",
            13 => "keep-alive probe",
            14 => "keep-alive answer",
            _ => "timer",
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
