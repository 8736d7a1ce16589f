//! The trait that a protocol writes to.

use std::net::SocketAddr;

use bytes::Bytes;

/// A connection, as its [`Protocol`](super::Protocol) sees it.
///
/// No method waits, and none calls back: the end of the connection arrives in a later call. A write after `close`,
/// `close_write` or `abort` is a mistake in the protocol and panics. On a connection that the *peer* broke, writes are
/// ignored until `connection_lost`.
pub trait Transport {
    /// Writes a copy of `bytes`. Empty `bytes` are ignored.
    ///
    /// # Panics
    /// Panics after `close`, `close_write` or `abort`.
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) {
        self.write_bytes(Bytes::copy_from_slice(bytes));
    }

    /// Writes `bytes` without copying them.
    ///
    /// # Panics
    /// Panics after `close`, `close_write` or `abort`.
    #[track_caller]
    fn write_bytes(&mut self, bytes: Bytes);

    /// Writes the pieces in their order, as one write.
    ///
    /// # Panics
    /// Panics after `close`, `close_write` or `abort`.
    #[track_caller]
    fn write_many(&mut self, pieces: &[&[u8]]) {
        self.write_bytes(pieces.concat().into());
    }

    /// Closes the connection once what was written has gone out. Nothing more is received. A second call does nothing.
    fn close(&mut self);

    /// Ends the writing direction once what was written has gone out. Receiving goes on. A second call does nothing.
    fn close_write(&mut self);

    /// Aborts the connection at once: what is in flight is lost, and the peer sees a reset. A second call does nothing.
    fn abort(&mut self);

    /// Returns true after `close` or `abort`.
    fn is_closing(&self) -> bool;

    /// Returns how many bytes were written and have not gone out.
    fn unsent(&self) -> usize;

    /// Pauses receiving: neither bytes nor the end of the stream arrive until [`resume_reading`](Self::resume_reading).
    ///
    /// # Panics
    /// Panics after `stop_reading`, `close` or `abort`.
    fn pause_reading(&mut self);

    /// Resumes receiving after [`pause_reading`](Self::pause_reading).
    ///
    /// # Panics
    /// Panics after `stop_reading`, `close` or `abort`.
    fn resume_reading(&mut self);

    /// Stops receiving for good: what the peer still sends is dropped, and its end does not arrive.
    fn stop_reading(&mut self);

    /// Returns the address of this end.
    fn local_addr(&self) -> SocketAddr;

    /// Returns the address of the peer.
    fn peer_addr(&self) -> SocketAddr;
}
