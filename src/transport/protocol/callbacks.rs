//! The trait of a protocol without I/O: its callbacks.

use std::{io, task::Context, time::Instant};

use bytes::Bytes;

use super::transport::Transport;

/// Code that speaks over a byte stream and does no I/O. Bytes, time and results come in as calls; it answers through the
/// [`Transport`] that each call gets.
///
/// A test drives a protocol in a [`TestConnection`](super::TestConnection), or [`Linked`](super::Linked) to another one.
/// [`drive`](super::drive()) runs it over a tokio stream. Each driver keeps this contract:
///
/// 1. `connection_made` comes first, once, and `connection_lost` last, once. No call arrives inside another.
/// 2. After each call, the driver asks [`poll_timeout`](Self::poll_timeout) again and calls [`poll`](Self::poll) once.
/// 3. After `end_received` there is no `data_received`. After `connection_lost` there is no call.
/// 4. While reading is paused, neither bytes nor the end of the stream arrive.
///
/// ```
/// use bytes::Bytes;
/// use unplugged::transport::{Protocol, Transport};
///
/// /// Sends back what it receives.
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
    /// Begins the connection.
    fn connection_made(&mut self, transport: &mut dyn Transport) {
        let _ = transport;
    }

    /// Takes the next bytes. There is at least one; the stream can be cut anywhere.
    fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes);

    /// Handles the end of what the peer sends. Writes still reach the peer. By default it closes the connection.
    fn end_received(&mut self, transport: &mut dyn Transport) {
        transport.close();
    }

    /// Asks the protocol to write no more: the peer is slow, and more than the high watermark is unsent.
    fn pause_writing(&mut self, transport: &mut dyn Transport) {
        let _ = transport;
    }

    /// Allows writing again: no more than the low watermark is unsent.
    fn resume_writing(&mut self, transport: &mut dyn Transport) {
        let _ = transport;
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is to be called, or `None` for never.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Handles the timeout that `poll_timeout` returned: `now` is that instant or later. A call that comes too early must
    /// do no harm.
    fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
        let _ = (transport, now);
    }

    /// Polls the futures that the protocol holds, for answers that come later. Called after every other call, and when
    /// the waker of `cx` was woken. An extra call must do no harm.
    fn poll(&mut self, transport: &mut dyn Transport, cx: &mut Context<'_>) {
        let _ = (transport, cx);
    }

    /// Ends the connection. `reason` is `Ok` after a clean end of both directions, `ConnectionAborted` after the
    /// protocol's own [`abort`](Transport::abort), and the error that broke the connection otherwise.
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
