//! The callback form of a byte stream: a protocol that does no I/O, and the transport that it talks through.

use std::{io, net::SocketAddr, task::Context, time::Instant};

use bytes::Bytes;

/// Code that speaks over a byte stream and does no I/O: bytes, time and results come in as calls, and what it has
/// to say goes out through the [`Transport`] that each call is handed.
///
/// The same protocol is tested [`TestConnection`](super::TestConnection), [`Linked`](super::Linked) to another, and run for real
/// by a driver. Whoever drives it keeps this contract:
///
/// 1. `connection_made` comes first, once, and `connection_lost` last, once. Between them come all the others, one
///    at a time: no call arrives inside another.
/// 2. After each call the driver asks [`poll_timeout`](Self::poll_timeout) again, and calls
///    [`poll`](Self::poll) once.
/// 3. After `end_received` there is no `data_received`; after `connection_lost` there is nothing.
/// 4. While reading is paused, neither bytes nor the end of the stream arrive.
///
/// ```
/// use bytes::Bytes;
/// use unplugged::transport::{Protocol, Transport};
///
/// /// Sends back what it hears.
/// struct Echo;
/// impl Protocol for Echo {
///     fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
///         transport.write_bytes(bytes);
///     }
/// }
/// let echo: Box<dyn Protocol> = Box::new(Echo);
/// assert_eq!(echo.poll_timeout(), None);
/// ```
pub trait Protocol {
    /// The connection stands.
    fn connection_made(&mut self, transport: &mut dyn Transport) {
        let _ = transport;
    }

    /// The next bytes, never none, cut anyhow.
    fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes);

    /// The peer will send nothing more; what is written still reaches it. Closes, unless a protocol says otherwise.
    fn end_received(&mut self, transport: &mut dyn Transport) {
        transport.close();
    }

    /// The peer is slow: what is written from now on piles up. A protocol that produces much stops here.
    fn pause_writing(&mut self, transport: &mut dyn Transport) {
        let _ = transport;
    }

    /// The peer has caught up.
    fn resume_writing(&mut self, transport: &mut dyn Transport) {
        let _ = transport;
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None` if it waits for no time.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// The time that `poll_timeout` named has come: `now` is that instant or later. A call that comes too early
    /// must do no harm.
    fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
        let _ = (transport, now);
    }

    /// Goes on with the futures that the protocol holds (an answer that comes later), and leaves its waker with
    /// them. Called after every other call, and when the waker was woken; a call too many must do no harm.
    fn poll(&mut self, transport: &mut dyn Transport, cx: &mut Context<'_>) {
        let _ = (transport, cx);
    }

    /// The connection is over: `Ok` after a clean end of both directions, `ConnectionAborted` after an own
    /// [`abort`](Transport::abort), `ConnectionReset` and the like if the peer or the network broke it.
    fn connection_lost(&mut self, reason: io::Result<()>) {
        let _ = reason;
    }
}

macro_rules! forward_protocol {
    ($($pointer:ty),*) => {$(
        impl<P: Protocol + ?Sized> Protocol for $pointer {
            fn connection_made(&mut self, transport: &mut dyn Transport) {
                (**self).connection_made(transport);
            }
            fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
                (**self).data_received(transport, bytes);
            }
            fn end_received(&mut self, transport: &mut dyn Transport) {
                (**self).end_received(transport);
            }
            fn pause_writing(&mut self, transport: &mut dyn Transport) {
                (**self).pause_writing(transport);
            }
            fn resume_writing(&mut self, transport: &mut dyn Transport) {
                (**self).resume_writing(transport);
            }
            fn poll_timeout(&self) -> Option<Instant> {
                (**self).poll_timeout()
            }
            fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
                (**self).handle_timeout(transport, now);
            }
            fn poll(&mut self, transport: &mut dyn Transport, cx: &mut Context<'_>) {
                (**self).poll(transport, cx);
            }
            fn connection_lost(&mut self, reason: io::Result<()>) {
                (**self).connection_lost(reason);
            }
        }
    )*};
}

forward_protocol!(&mut P, Box<P>);

/// A connection, as the [`Protocol`] sees it that writes to it.
///
/// Nothing here waits and nothing here calls back: the protocol hears of the end in a later call. Writing after
/// `close`, `close_write` or `abort` is a mistake in the protocol and panics; a connection that the *peer* broke
/// swallows what is written until `connection_lost` tells.
pub trait Transport {
    /// Sends a copy of `bytes`, after all that was written before. None are no write.
    ///
    /// # Panics
    /// After `close`, `close_write` or `abort`.
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) {
        self.write_bytes(Bytes::copy_from_slice(bytes));
    }

    /// Sends `bytes` without copying them.
    ///
    /// # Panics
    /// After `close`, `close_write` or `abort`.
    #[track_caller]
    fn write_bytes(&mut self, bytes: Bytes);

    /// Sends the pieces in their order, as one write.
    ///
    /// # Panics
    /// After `close`, `close_write` or `abort`.
    #[track_caller]
    fn write_many(&mut self, pieces: &[&[u8]]) {
        self.write_bytes(pieces.concat().into());
    }

    /// Ends the connection once what was written has gone out. Nothing is received any more. Again: nothing.
    fn close(&mut self);

    /// Ends the writing direction once what was written has gone out; receiving goes on. Again: nothing.
    fn close_write(&mut self);

    /// Breaks the connection off at once: what is in flight is lost, and the peer sees a reset. Again: nothing.
    fn abort(&mut self);

    /// True after `close` or `abort`.
    fn is_closing(&self) -> bool;

    /// How many bytes were written and have not gone out.
    fn unsent(&self) -> usize;

    /// No bytes, and no end of the stream, until [`resume_reading`](Self::resume_reading). Already paused: nothing.
    ///
    /// # Panics
    /// After `stop_reading`, `close` or `abort`.
    fn pause_reading(&mut self);

    /// The bytes come again. Not paused: nothing.
    ///
    /// # Panics
    /// After `stop_reading`, `close` or `abort`.
    fn resume_reading(&mut self);

    /// Whatever the peer still sends is thrown away, and its end is not told. Again: nothing.
    fn stop_reading(&mut self);

    /// The address of this end.
    fn local_addr(&self) -> SocketAddr;

    /// The address of the peer.
    fn peer_addr(&self) -> SocketAddr;
}
