//! Operations on sockets: their outcomes, their notices and their buffers.

use std::io;

use super::{
    ids::{ConnId, ListenerId, SocketId},
    side::Side,
};

/// The sizes of a connection's buffers, in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffers {
    /// How many bytes the sender's system keeps beyond the receive window. Zero: all that is written is sent at once.
    pub(crate) send_buffer: usize,
    /// How many bytes may be sent and not read.
    pub(crate) receive_window: usize,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { send_buffer: 0, receive_window: 64 * 1024 }
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
