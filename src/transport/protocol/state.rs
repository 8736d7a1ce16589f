//! The states of a connection.

use std::{fmt, io};

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// Both directions are open.
    Open,
    /// After `close_write`: the own direction ends once what was written has gone out.
    HalfClosed,
    /// After `close`: the connection ends once what was written has gone out.
    Closing,
    /// Both directions ended cleanly, and `connection_lost` was called.
    Closed,
    /// After `abort`.
    Aborted,
    /// Broken by the peer or the network.
    Broken(io::ErrorKind),
}

/// Shows the state as a word in a sentence.
impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::HalfClosed => f.write_str("half-closed"),
            Self::Closing => f.write_str("closing"),
            Self::Closed => f.write_str("closed"),
            Self::Aborted => f.write_str("aborted"),
            Self::Broken(kind) => write!(f, "broken ({kind:?})"),
        }
    }
}

/// The state of the reading direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: one state for each method of `Transport`")]
pub enum ReadState {
    /// Bytes arrive: at the beginning, and after `resume_reading`.
    Reading,
    /// Bytes are held, after `pause_reading`.
    Paused,
    /// Bytes are dropped, after `stop_reading`.
    Stopped,
}
