//! A transport that records what a protocol writes.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;

use super::{
    engine::HasCore,
    identity::Identity,
    state::{ConnectionState, ReadState},
    texts,
    transport::Transport,
    transport_core::TransportCore,
};
use crate::{
    guard::OrRaise,
    violation::{SourceLocation, escaped},
};

/// A [`Transport`] that records the bytes written to it, and is as strict as a socket. (Its traditional name says string.)
///
/// Alone, it serves the test of a function that writes to a `&mut dyn Transport`. To test a protocol, take a
/// [`TestConnection`](super::TestConnection), or [`connect`](Self::connect) a transport with a name, addresses or a window.
///
/// A write after `close`, `close_write` or `abort` panics. On a connection that the peer broke, writes are ignored.
///
/// ```
/// use unplugged::transport::{StringTransport, Transport};
///
/// fn greet(transport: &mut dyn Transport) {
///     transport.write(b"hello ");
///     transport.write_many(&[b"wor", b"ld\r\n"]);
/// }
/// let mut transport = StringTransport::new();
/// greet(&mut transport);
/// assert_eq!(transport.value(), "hello world\r\n");
/// ```
pub struct StringTransport {
    core: TransportCore,
    written: Vec<Bytes>,
    /// How many more bytes go out; `usize::MAX` for all.
    window: usize,
}

impl StringTransport {
    /// Returns a transport of an open connection: a server at 192.0.2.2:80, its peer at 192.0.2.1:49152.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        let core = TransportCore::new(Identity::new(SourceLocation::caller()));
        Self { core, written: Vec::new(), window: usize::MAX }
    }

    /// Sets the name of the connection, for failure texts.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.core.identity.name = Some(name.into());
        self
    }

    /// Sets both addresses.
    #[must_use]
    pub const fn addresses(mut self, local: SocketAddr, peer: SocketAddr) -> Self {
        self.core.identity.local = local;
        self.core.identity.peer = peer;
        self
    }

    /// Returns all bytes that were written since the last [`take`](Self::take), even if they have not gone out.
    #[must_use]
    pub fn value(&self) -> Bytes {
        match &self.written[..] {
            [] => Bytes::new(),
            [one] => one.clone(),
            many => many.concat().into(),
        }
    }

    /// Takes the [`value`](Self::value) out. The bytes of a single [`write_bytes`](Transport::write_bytes) are not copied.
    #[must_use = "the bytes are forgotten: compare them, or say `let _ =`"]
    pub fn take(&mut self) -> Bytes {
        let value = self.value();
        self.written.clear();
        value
    }

    /// The lines of the value, without their ends. Bytes after the last line end are the last item.
    pub(super) fn lines(&self) -> Vec<Bytes> {
        let mut rest = self.value();
        let mut lines = Vec::new();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let mut line = rest.split_to(end + 1);
            line.truncate(end);
            if line.ends_with(b"\r") {
                line.truncate(end - 1);
            }
            lines.push(line);
        }
        if !rest.is_empty() {
            lines.push(rest);
        }
        lines
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.core.state()
    }

    /// Returns the state of the reading direction.
    #[must_use]
    pub const fn reading(&self) -> ReadState {
        self.core.reading
    }

    /// Sets how many more bytes go out, from what is unsent and then from what is written. The default, `usize::MAX`, is
    /// no limit.
    pub fn set_window(&mut self, bytes: usize) {
        self.window = bytes;
        self.send();
    }

    /// Breaks the connection, as the peer or the network does: what is unsent is lost, and later writes are ignored. After
    /// an own `abort` it does nothing.
    ///
    /// # Panics
    /// Panics if `kind` is `ConnectionAborted`: that is how the protocol's own `abort` ends.
    #[track_caller]
    pub fn reset_with(&mut self, kind: io::ErrorKind) {
        if kind == io::ErrorKind::ConnectionAborted {
            texts::no_error(&self.core.identity, kind).raise();
        }
        self.core.reset_with(kind);
    }

    /// Sends as much as the window allows.
    fn send(&mut self) {
        if self.window == usize::MAX {
            self.core.unsent.clear();
        }
        while self.window > 0 && !self.core.unsent.is_empty() {
            self.window -= self.core.unsent.take(self.window).len();
        }
    }
}

impl Default for StringTransport {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl HasCore for StringTransport {
    fn core(&self) -> &TransportCore {
        &self.core
    }

    fn core_mut(&mut self) -> &mut TransportCore {
        &mut self.core
    }
}

impl Transport for StringTransport {
    fn write_bytes(&mut self, bytes: Bytes) {
        if bytes.is_empty() || !self.core.check_write(&bytes).or_raise() {
            return;
        }
        self.written.push(bytes.clone());
        self.core.unsent.push(bytes);
        self.send();
    }

    fn close(&mut self) {
        self.core.close();
    }

    fn close_write(&mut self) {
        self.core.close_write();
    }

    fn abort(&mut self) {
        self.core.abort();
    }

    fn is_closing(&self) -> bool {
        self.core.is_closing()
    }

    fn unsent(&self) -> usize {
        self.core.unsent()
    }

    fn pause_reading(&mut self) {
        self.core.pause_reading();
    }

    fn resume_reading(&mut self) {
        self.core.resume_reading();
    }

    fn stop_reading(&mut self) {
        self.core.stop_reading();
    }

    fn local_addr(&self) -> SocketAddr {
        self.core.local_addr()
    }

    fn peer_addr(&self) -> SocketAddr {
        self.core.peer_addr()
    }
}

impl fmt::Debug for StringTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StringTransport")
            .field("name", &format_args!("{}", self.core.identity.label()))
            .field("state", &format_args!("{}", self.state()))
            .field("reading", &self.reading())
            .field("written", &format_args!("{}", escaped(&self.value())))
            .field("unsent", &self.unsent())
            .finish()
    }
}
