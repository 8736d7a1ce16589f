//! The strict recording transport, and the hand that drives a protocol over it.

mod test_connection;

use std::{fmt, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;

pub use self::test_connection::TestConnection;
use super::{
    ConnectionState, Protocol, ReadState, Transport,
    core::{Core, Identity},
    engine::HasCore,
    texts,
};
use crate::{
    clock::FakeClock,
    violation::{OrRaise, SourceLocation, Violation, escaped},
};

/// Holds bytes, despite its traditional name: a [`Transport`] that records what is written to it, and is as strict
/// as a socket.
///
/// It does nothing by itself and calls nobody. [`connect`](Self::connect) gives it a protocol, and makes it the
/// [`TestConnection`] that most tests begin with ([`TestConnection::new`] does both). Alone it serves the test of a function that
/// writes to a `&mut dyn Transport`.
///
/// A write after `close`, `close_write` or `abort` panics; one on a connection that the peer broke is swallowed.
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
/// transport.assert_written("hello world\r\n");
/// ```
pub struct StringTransport {
    core: Core,
    written: Vec<Bytes>,
    /// How many bytes more go out; `usize::MAX` for all.
    window: usize,
}

impl StringTransport {
    /// A transport of an open connection: the server's end at 192.0.2.2:80, the peer at 192.0.2.1:49152.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        let core = Core::new(Identity::new(SourceLocation::caller()));
        Self { core, written: Vec::new(), window: usize::MAX }
    }

    /// Names the connection, for failure texts.
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

    /// Connects a protocol: its `connection_made` is called.
    #[track_caller]
    pub fn connect<P: Protocol>(self, protocol: P) -> TestConnection<P> {
        TestConnection::connect(protocol, self, None)
    }

    /// Connects a protocol that has the time from `clock`.
    #[track_caller]
    pub fn connect_on<P: Protocol>(self, protocol: P, clock: &FakeClock) -> TestConnection<P> {
        TestConnection::connect(protocol, self, Some(clock.clone()))
    }

    // What was written.

    /// Everything that was written since the last [`take`](Self::take), whether it has gone out or not.
    #[must_use]
    pub fn value(&self) -> Bytes {
        match &self.written[..] {
            [] => Bytes::new(),
            [one] => one.clone(),
            many => many.concat().into(),
        }
    }

    /// The same, and forgets it. What was one [`write_bytes`](Transport::write_bytes) is not copied.
    #[must_use = "what was written is forgotten; compare it, or say `let _ =`"]
    pub fn take(&mut self) -> Bytes {
        let value = self.value();
        self.written.clear();
        value
    }

    /// The [`value`](Self::value) line by line, without the line ends (`\r\n` or `\n`). What follows the last line
    /// end, if anything does, is the last item.
    #[must_use]
    pub fn lines(&self) -> Vec<Bytes> {
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

    /// Nothing, if the [`value`](Self::value) is exactly this.
    ///
    /// # Errors
    /// If it is anything else, with both as byte strings and the place where they begin to differ.
    pub fn written(&self, expected: impl AsRef<[u8]>) -> Result<(), Violation> {
        let (expected, got) = (expected.as_ref(), self.value());
        if got == expected {
            return Ok(());
        }
        Err(texts::written_differs(&self.core.identity, expected, &got))
    }

    /// Panics unless the [`value`](Self::value) is exactly this.
    ///
    /// # Panics
    /// With the text of [`written`](Self::written).
    #[track_caller]
    pub fn assert_written(&self, expected: impl AsRef<[u8]>) {
        self.written(expected).or_raise();
    }

    // Its state.

    /// How far the connection has come.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.core.state()
    }

    /// Nothing, if the connection is in this state.
    ///
    /// # Errors
    /// If it is in another.
    pub fn state_is(&self, expected: ConnectionState) -> Result<(), Violation> {
        let state = self.state();
        if state == expected {
            return Ok(());
        }
        Err(texts::state_differs(&self.core.identity, expected, state))
    }

    /// Panics unless the connection is in this state.
    ///
    /// # Panics
    /// With the text of [`state_is`](Self::state_is).
    #[track_caller]
    pub fn assert_state(&self, expected: ConnectionState) {
        self.state_is(expected).or_raise();
    }

    /// Whether bytes may come in.
    #[must_use]
    pub const fn reading(&self) -> ReadState {
        self.core.reading
    }

    // The network's part.

    /// How many bytes more go out, from what is unsent and then from what is written: all, unless set. Each byte
    /// that goes out uses up one; with 0 nothing does, and `usize::MAX` is never used up.
    pub fn set_window(&mut self, bytes: usize) {
        self.window = bytes;
        self.send();
    }

    /// The peer or the network breaks the connection: what is unsent is lost, and writes are swallowed from now
    /// on. After an own `abort`, or when it is over: nothing.
    ///
    /// # Panics
    /// With `ConnectionAborted`: that is how the protocol's own `abort` ends.
    #[track_caller]
    pub fn reset_with(&mut self, kind: io::ErrorKind) {
        if kind == io::ErrorKind::ConnectionAborted {
            texts::no_error(&self.core.identity, kind).raise();
        }
        self.core.reset_with(kind);
    }

    /// As much goes out as the window lets.
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
    fn core(&self) -> &Core {
        &self.core
    }
    fn core_mut(&mut self) -> &mut Core {
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
            .field("state", &format_args!("{}", texts::phrase(self.state())))
            .field("reading", &self.reading())
            .field("written", &format_args!("{}", escaped(&self.value())))
            .field("unsent", &self.unsent())
            .finish()
    }
}
