//! The states of a TCP endpoint.

use std::fmt;

/// The state of a TCP endpoint, as `netstat` and `ss` show it.
///
/// An endpoint learns of an acknowledgement as soon as its segment arrives, where none can be lost. `TIME-WAIT` keeps no port:
/// it lasts as long as a packet of the connection can still come, and at most 60 seconds.
///
/// Source: RFC 9293, section 3.3.2.
///
/// ```
/// use unplugged::net::TcpState;
///
/// assert_eq!(TcpState::FinWait1.to_string(), "FIN-WAIT-1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "complete: the states of RFC 9293")]
pub enum TcpState {
    /// Waits for connections.
    Listen,
    /// Has sent a SYN, and waits for the answer.
    SynSent,
    /// Has answered a SYN, and waits for the ACK.
    SynReceived,
    /// Open: bytes go both ways.
    Established,
    /// Has sent its FIN, which is not acknowledged.
    FinWait1,
    /// Its FIN is acknowledged; the peer may still send.
    FinWait2,
    /// The peer has sent its FIN; this end may still send.
    CloseWait,
    /// Both have sent their FIN at once; this one's is not acknowledged.
    Closing,
    /// Has sent its FIN after the peer's, and waits for the acknowledgement.
    LastAck,
    /// Both FINs have arrived, and this end closed first.
    TimeWait,
    /// No connection.
    Closed,
}

impl fmt::Display for TcpState {
    /// Writes the name of the state in RFC 9293.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
        })
    }
}
