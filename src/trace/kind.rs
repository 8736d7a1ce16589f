//! Kinds of events, in the words of the kernel and of RFC 9293.

/// The kind of an [`Event`](super::Event).
///
/// ```
/// use unplugged::{Sim, trace::{EventKind, PacketKind}};
///
/// let sim = Sim::new();
/// let (client, _server) = (sim.net().host("client"), sim.net().host("server"));
/// let refused = sim.run(async { client.connect("server:80").await });
/// assert!(refused.is_err());
/// let kinds: Vec<EventKind> = sim.transcript().iter().map(|event| event.kind()).collect();
/// assert_eq!(kinds, [
///     EventKind::ConnectStarted,
///     EventKind::Sent(PacketKind::Syn),
///     EventKind::Sent(PacketKind::Rst),
///     EventKind::ConnectRefused,
/// ]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A socket of a host listens.
    Listening,
    /// A host begins to connect.
    ConnectStarted,
    /// A connect is refused.
    ConnectRefused,
    /// A connect or a connection is given up: no answer came in time.
    TimedOut,
    /// A listener accepts a connection.
    Accepted,
    /// A host sends a packet.
    Sent(PacketKind),
    /// A packet arrives at a host.
    Arrived(PacketKind),
    /// A packet is lost: it arrives nowhere.
    Lost(PacketKind),
    /// Code reads bytes, or the end of a stream (then [`size`](super::Event::size) is 0).
    Read,
    /// Code writes bytes to a pipe or to a Unix socket.
    Written,
    /// Code shuts down the writing half of a pipe or of a Unix socket.
    ShutDown,
    /// A pipe or a Unix socket is reset.
    Reset,
    /// An end of a pipe is dropped.
    Dropped,
    /// The rules of links changed.
    LinkChanged,
    /// A host crashed, started again, was paused or resumed.
    HostChanged,
    /// The clock of a host was set, or its rate changed.
    ClockChanged,
    /// A timer of the kit fired.
    TimerFired,
    /// A task that the sim knows ran for the first time.
    TaskStarted,
    /// A task that the sim knows came to its end.
    TaskEnded,
    /// A task that the sim knows was dropped before its end.
    TaskDropped,
    /// Something panicked while the sim ran.
    TaskPanicked,
    /// A search of [`explore`](crate::explore) made an operation fail.
    FaultInjected,
    /// A [`CustomEvent`](super::CustomEvent).
    Custom,
    /// A [`ScriptedPeer`](crate::transport::ScriptedPeer) has done a step of its script, or says which rule was broken.
    ScriptStep,
}

/// The kind of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PacketKind {
    /// The first packet of a handshake.
    Syn,
    /// The second packet of a handshake.
    SynAck,
    /// An acknowledgement; the third packet of a handshake.
    Ack,
    /// Bytes of a connection.
    Segment,
    /// The end of one direction of a connection.
    Fin,
    /// A connection is refused or reset.
    Rst,
    /// A receiver has room again.
    WindowUpdate,
    /// A sender asks whether a receiver has room again.
    ZeroWindowProbe,
    /// An end asks whether the other is still there.
    KeepAliveProbe,
    /// The answer to a keep-alive probe.
    KeepAliveAck,
    /// A datagram.
    Datagram,
    /// The answer to a datagram for a port on which nothing listens (ICMP).
    PortUnreachable,
}

impl PacketKind {
    /// How a line names it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Syn => "SYN",
            Self::SynAck => "SYN-ACK",
            Self::Ack => "ACK",
            Self::Segment => "segment",
            Self::Fin => "FIN",
            Self::Rst => "RST",
            Self::WindowUpdate => "window update",
            Self::ZeroWindowProbe => "zero-window probe",
            Self::KeepAliveProbe => "keep-alive probe",
            Self::KeepAliveAck => "keep-alive answer",
            Self::Datagram => "datagram",
            Self::PortUnreachable => "port unreachable",
        }
    }

    const fn code(self) -> u64 {
        self as u64
    }
}

impl EventKind {
    /// Returns whether it is an act on a connection as a whole.
    pub(super) const fn is_of_connection(self) -> bool {
        matches!(self, Self::ConnectStarted | Self::ConnectRefused | Self::TimedOut | Self::Accepted)
    }

    /// A number for the digest: no two kinds have the same. In the order of the declaration this needs no jump.
    pub(super) const fn code(self) -> u64 {
        let kind = match self {
            Self::Listening => 0,
            Self::ConnectStarted => 1,
            Self::ConnectRefused => 2,
            Self::TimedOut => 3,
            Self::Accepted => 4,
            Self::Sent(_) => 5,
            Self::Arrived(_) => 6,
            Self::Lost(_) => 7,
            Self::Read => 8,
            Self::Written => 9,
            Self::ShutDown => 10,
            Self::Reset => 11,
            Self::Dropped => 12,
            Self::LinkChanged => 13,
            Self::HostChanged => 14,
            Self::ClockChanged => 15,
            Self::TimerFired => 16,
            Self::TaskStarted => 17,
            Self::TaskEnded => 18,
            Self::TaskDropped => 19,
            Self::TaskPanicked => 20,
            Self::FaultInjected => 21,
            Self::Custom => 22,
            Self::ScriptStep => 23,
        };
        match self {
            Self::Sent(packet) | Self::Arrived(packet) | Self::Lost(packet) => kind | packet.code() << 8,
            _ => kind,
        }
    }
}
