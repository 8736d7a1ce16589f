//! A connection of a protocol whose peer, network and time are the test.

use std::{fmt, io, time::Duration};

use bytes::Bytes;

use super::{
    callbacks::Protocol,
    state::ConnectionState,
    string_transport::StringTransport,
    test_driver::{self, TestDriver},
    texts,
    transport::Transport,
    transport_core::TransportCore,
};
use crate::{clock::FakeClock, guard::OrRaise, transport::segmentation::Segmentation, violation::Violation};

/// A connection of a protocol whose peer, network and time are the test. It keeps the contract of [`Protocol`].
///
/// Everything happens inside the methods of this type. Each of them, [`value`](Self::value) too, first lets the protocol
/// go on if its waker was woken or its [`poll_timeout`](Protocol::poll_timeout) has come.
///
/// # Panics
/// Each method panics if the test moved the clock past the protocol's deadline. Advance the time with
/// [`advance`](Self::advance). Where several connections share a clock, do not advance one past a deadline of another.
///
/// Each method also panics if the protocol is never idle: after 10,000 calls in a row without new bytes.
///
/// # Example: a server's connection, and its time
/// ```
/// use std::time::Instant;
/// use bytes::Bytes;
/// use unplugged::{clock::{Clock, FakeClock, nanos, secs}, transport::{TestConnection, ConnectionState, Protocol, Transport}};
///
/// /// Says hello to a client that speaks within a minute.
/// struct Hello { deadline: Option<Instant> }
/// impl Protocol for Hello {
///     fn data_received(&mut self, transport: &mut dyn Transport, _: Bytes) {
///         self.deadline = None;
///         transport.write(b"hello\n");
///         transport.close();
///     }
///     fn poll_timeout(&self) -> Option<Instant> { self.deadline }
///     fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
///         if self.deadline.is_some_and(|deadline| now >= deadline) {
///             self.deadline = None;
///             transport.abort();
///         }
///     }
/// }
/// let clock = FakeClock::new();
/// let hello = || Hello { deadline: Some(clock.now() + secs(60)) };
///
/// let mut polite = TestConnection::on_clock(hello(), &clock);
/// polite.receive("hi\n");
/// polite.assert_written("hello\n");
/// polite.assert_state(ConnectionState::Closing);
///
/// let mut silent = TestConnection::on_clock(hello(), &clock);
/// silent.advance(secs(60) - nanos(1));
/// silent.assert_state(ConnectionState::Open);
/// silent.advance(nanos(1));
/// silent.assert_state(ConnectionState::Aborted);
/// ```
pub struct TestConnection<P> {
    driver: TestDriver<P, StringTransport>,
}

impl<P: Protocol> TestConnection<P> {
    /// Connects a protocol: calls its `connection_made`. For a name, addresses or a window, use
    /// [`StringTransport::connect`].
    #[track_caller]
    pub fn new(protocol: P) -> Self {
        StringTransport::new().connect(protocol)
    }

    /// Connects a protocol whose time is `clock`.
    #[track_caller]
    pub fn on_clock(protocol: P, clock: &FakeClock) -> Self {
        StringTransport::new().connect_on(protocol, clock)
    }

    #[track_caller]
    fn connect(protocol: P, transport: StringTransport, clock: Option<FakeClock>) -> Self {
        Self { driver: TestDriver::connect(protocol, transport, (0, 0), clock) }
    }

    // The peer.

    /// Delivers these bytes of the peer in one piece. Empty `bytes` are ignored.
    ///
    /// While reading is paused, bytes are held until it is resumed. After `stop_reading` or `close` they are dropped.
    ///
    /// # Panics
    /// Panics after [`receive_eof`](Self::receive_eof), and after the end of the connection.
    #[track_caller]
    pub fn receive(&mut self, bytes: impl AsRef<[u8]>) {
        self.receive_bytes(Bytes::copy_from_slice(bytes.as_ref()));
    }

    #[track_caller]
    fn receive_bytes(&mut self, bytes: Bytes) {
        self.settle();
        self.check_fed("bytes", &bytes);
        if !bytes.is_empty() {
            self.driver.engine.push(bytes);
            self.settle();
        }
    }

    /// Delivers these bytes of the peer piece by piece.
    ///
    /// # Panics
    /// Panics where [`receive`](Self::receive) does.
    #[track_caller]
    pub fn receive_cut(&mut self, bytes: impl AsRef<[u8]>, segmentation: &Segmentation) {
        for piece in segmentation.cut(&Bytes::copy_from_slice(bytes.as_ref())) {
            self.receive_bytes(piece);
        }
    }

    /// Delivers the end of what the peer sends, after the bytes that are held. Writes still reach the peer.
    ///
    /// # Panics
    /// Panics if it is called twice, and after the end of the connection.
    #[track_caller]
    pub fn receive_eof(&mut self) {
        self.settle();
        self.check_fed("an end", b"");
        self.driver.engine.push_end();
        self.settle();
    }

    // The network.

    /// Sets how many more bytes go out, as [`StringTransport::set_window`] does. Calls `pause_writing` when bytes begin
    /// to be unsent, and `resume_writing` when all have gone out.
    #[track_caller]
    pub fn set_window(&mut self, bytes: usize) {
        self.settle();
        self.driver.engine.transport.set_window(bytes);
        self.settle();
    }

    /// Breaks the connection, as the peer or the network does. What is held or unsent is lost, and `connection_lost` is
    /// called with this error. The reset of a peer is `ConnectionReset`.
    ///
    /// # Panics
    /// Panics after the end of the connection, and if `kind` is `ConnectionAborted`.
    #[track_caller]
    pub fn reset_with(&mut self, kind: io::ErrorKind) {
        self.settle();
        self.check_not_over("reset_with");
        self.driver.engine.transport.reset_with(kind);
        self.end();
    }

    /// Completes the end of a connection that the protocol closed or aborted, or that both sides half-closed: calls
    /// `connection_lost`. That never happens inside the call that closed.
    ///
    /// # Panics
    /// Panics if the connection does not end, if bytes are unsent, and after the end of the connection.
    #[track_caller]
    pub fn complete_close(&mut self) {
        self.settle();
        self.check_not_over("complete_close");
        self.end();
    }

    #[track_caller]
    fn end(&mut self) {
        if self.driver.end() {
            return;
        }
        let TransportCore { identity, .. } = self.core();
        let violation = match (self.core().is_closing(), self.core().unsent()) {
            (true, unsent @ 1..) => texts::unsent_at_end(identity, unsent),
            _ => texts::not_ending(identity, self.core().state(), self.driver.engine.peer_ends()),
        };
        self.in_context(violation).raise();
    }

    // Time.

    /// Advances the clock by `by`. Stops at every deadline on the way, the end included: the clock's own and the
    /// protocol's.
    ///
    /// # Panics
    /// Panics without a clock, if the protocol loops without delay, and where [`FakeClock::advance`] does.
    #[track_caller]
    pub fn advance(&mut self, by: Duration) {
        let Some(clock) = self.driver.clock.clone() else {
            texts::no_clock(&self.core().identity).raise();
        };
        test_driver::advance(&clock, by, || self.driver.try_settle());
    }

    // The protocol.

    /// Returns true if the protocol's waker was woken since the last poll. The next method lets it go on.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.driver.is_woken()
    }

    /// Calls a method of the protocol itself, such as a client's "send this".
    ///
    /// ```
    /// # use bytes::Bytes;
    /// # use unplugged::transport::{TestConnection, Protocol, Transport};
    /// # struct Client;
    /// # impl Protocol for Client {
    /// #     fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
    /// # }
    /// impl Client {
    ///     fn ask(&mut self, transport: &mut dyn Transport) { transport.write(b"?\n"); }
    /// }
    /// let mut connection = TestConnection::new(Client);
    /// connection.call(|client, transport| client.ask(transport));
    /// connection.assert_written("?\n");
    /// ```
    ///
    /// # Panics
    /// Panics after the end of the connection.
    #[track_caller]
    pub fn call<R>(&mut self, call: impl FnOnce(&mut P, &mut dyn Transport) -> R) -> R {
        self.settle();
        self.check_not_over("call");
        let output = self.driver.engine.call(call);
        self.settle();
        output
    }

    /// Returns the protocol, without letting it go on.
    #[must_use]
    pub const fn protocol(&self) -> &P {
        &self.driver.engine.protocol
    }

    /// Returns the protocol, out of its connection.
    #[must_use]
    pub fn into_protocol(self) -> P {
        self.driver.engine.protocol
    }

    // What the protocol did.

    /// Returns the transport, for its addresses, `reading` and `unsent`.
    #[track_caller]
    pub fn transport(&mut self) -> &StringTransport {
        self.settle();
        &self.driver.engine.transport
    }

    /// Returns how many bytes are held while reading is paused.
    #[track_caller]
    pub fn held(&mut self) -> usize {
        self.settle();
        self.driver.engine.held()
    }

    /// Returns all bytes that were written since the last [`take`](Self::take), even if they have not gone out.
    #[track_caller]
    pub fn value(&mut self) -> Bytes {
        self.transport().value()
    }

    /// Takes the [`value`](Self::value) out. The bytes of a single [`write_bytes`](Transport::write_bytes) are not copied.
    #[must_use = "the bytes are forgotten: compare them, or say `let _ =`"]
    #[track_caller]
    pub fn take(&mut self) -> Bytes {
        self.settle();
        self.driver.engine.transport.take()
    }

    /// Returns the lines of the [`value`](Self::value), without their ends (`\r\n` or `\n`). Bytes after the last line
    /// end are the last item.
    #[track_caller]
    pub fn lines(&mut self) -> Vec<Bytes> {
        self.transport().lines()
    }

    /// Asserts that the [`value`](Self::value) is exactly this.
    ///
    /// # Panics
    /// Panics with the violation of [`check_written`](Self::check_written).
    #[track_caller]
    pub fn assert_written(&mut self, expected: impl AsRef<[u8]>) {
        self.check_written(expected).or_raise();
    }

    /// Checks that the [`value`](Self::value) is exactly this.
    ///
    /// # Errors
    /// A violation if it is not, with both as byte strings, the first difference, and what the protocol waits for.
    #[track_caller]
    pub fn check_written(&mut self, expected: impl AsRef<[u8]>) -> Result<(), Violation> {
        let (expected, got) = (expected.as_ref(), self.value());
        if got == expected {
            return Ok(());
        }
        Err(self.in_context(texts::written_differs(&self.core().identity, expected, &got)))
    }

    /// Returns the state of the connection.
    #[track_caller]
    pub fn state(&mut self) -> ConnectionState {
        self.transport().state()
    }

    /// Asserts that the connection is in this state.
    ///
    /// # Panics
    /// Panics with the violation of [`check_state`](Self::check_state).
    #[track_caller]
    pub fn assert_state(&mut self, expected: ConnectionState) {
        self.check_state(expected).or_raise();
    }

    /// Checks that the connection is in this state.
    ///
    /// # Errors
    /// A violation if it is not, with what the protocol waits for.
    #[track_caller]
    pub fn check_state(&mut self, expected: ConnectionState) -> Result<(), Violation> {
        let state = self.state();
        if state == expected {
            return Ok(());
        }
        Err(self.in_context(texts::state_differs(&self.core().identity, expected, state)))
    }

    #[track_caller]
    fn settle(&mut self) {
        self.driver.settle();
    }

    #[track_caller]
    fn check_fed(&self, what: &str, bytes: &[u8]) {
        let core = self.core();
        let violation = if core.is_over() {
            texts::fed_after_loss(&core.identity, what, core.state())
        } else if self.driver.engine.peer_ends() {
            texts::fed_after_end(&core.identity, what, bytes)
        } else {
            return;
        };
        self.in_context(violation).raise();
    }

    #[track_caller]
    fn check_not_over(&self, call: &str) {
        let core = self.core();
        if core.is_over() {
            self.in_context(texts::over_already(&core.identity, call, core.state())).raise();
        }
    }

    fn core(&self) -> &TransportCore {
        self.driver.core()
    }

    fn in_context(&self, violation: Violation) -> Violation {
        self.driver.in_context(violation)
    }
}

impl StringTransport {
    /// Connects a protocol: calls its `connection_made`.
    #[track_caller]
    pub fn connect<P: Protocol>(self, protocol: P) -> TestConnection<P> {
        TestConnection::connect(protocol, self, None)
    }

    /// Connects a protocol whose time is `clock`.
    #[track_caller]
    pub fn connect_on<P: Protocol>(self, protocol: P, clock: &FakeClock) -> TestConnection<P> {
        TestConnection::connect(protocol, self, Some(clock.clone()))
    }
}

/// Shows the state as it is, without letting the protocol go on.
impl<P> fmt::Debug for TestConnection<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestConnection")
            .field("protocol", &format_args!("{}", std::any::type_name::<P>()))
            .field("transport", &self.driver.engine.transport)
            .field("woken", &self.driver.is_woken())
            .field("waits", &self.driver.waits)
            .finish_non_exhaustive()
    }
}
