//! Operations on sockets: their outcomes, their notices and their buffers.

use std::io;

use super::{
    ids::{ConnId, ListenerId, SocketId},
    side::Side,
};

/// The settings of the buffers of all connections, in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffers {
    /// How many bytes may be written and not read. `None`: a send buffer and a receive window as Linux sizes them.
    pub(crate) window: Option<usize>,
    pub(crate) slow_start: bool,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { window: None, slow_start: true }
    }
}

/// The owner of a socket can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The end can be read, or reading is over.
    Readable(ConnId, Side),
    /// The end can be written, writing is over, or the connect is done.
    Writable(ConnId, Side),
    Acceptable(ListenerId),
    Receivable(SocketId),
}

/// The outcome of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Io<T> {
    Done(T),
    Wait,
    Fail(io::ErrorKind),
}
