//! `TestConnection`: a protocol whose peer, network and time are the test.

use std::{fmt, io, time::Duration};

use bytes::Bytes;

use super::StringTransport;
use crate::{
    clock::FakeClock,
    transport::{
        ConnectionState, Protocol, Segmentation, Transport,
        core::Core,
        hand::{self, Hand},
        texts,
    },
    violation::{OrRaise, Violation},
};

/// A protocol whose peer, network and time are the test. It keeps the contract of [`Protocol`]: each thing that the
/// test brings becomes the right call, followed by `poll`, and by whatever became due through it.
///
/// Everything happens inside the method that is called, and nothing by itself. Each method, also a question such as
/// [`value`](Self::value), first lets the protocol go on if its waker was woken or its
/// [`poll_timeout`](Protocol::poll_timeout) has come.
///
/// # Panics
/// Each method does so if the clock was moved past the protocol's deadline without it: then nobody kept the
/// deadline, and what the test sees would not be what happens. Move time with [`advance`](Self::advance). Where
/// several connections share a clock, advance none past the deadline of another. Each method also does so if the
/// protocol is never idle: after 10,000 calls in a row without new bytes.
///
/// # Example: a server's connection, and its time
/// ```
/// use std::time::Instant;
/// use bytes::Bytes;
/// use unplugged::{clock::{Clock, FakeClock, nanos, secs}, transport::{TestConnection, ConnectionState, Protocol, Transport}};
///
/// /// Says hello to whoever speaks within a minute.
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
    hand: Hand<P, StringTransport>,
}

impl<P: Protocol> TestConnection<P> {
    /// Connects a protocol: its `connection_made` is called. For a name, addresses or a window, begin with a
    /// [`StringTransport`] and [`connect`](StringTransport::connect) it.
    #[track_caller]
    pub fn new(protocol: P) -> Self {
        StringTransport::new().connect(protocol)
    }

    /// Connects a protocol that has the time from `clock`.
    #[track_caller]
    pub fn on_clock(protocol: P, clock: &FakeClock) -> Self {
        StringTransport::new().connect_on(protocol, clock)
    }

    #[track_caller]
    pub(super) fn connect(protocol: P, transport: StringTransport, clock: Option<FakeClock>) -> Self {
        Self { hand: Hand::connect(protocol, transport, (0, 0), clock) }
    }

    // The peer.

    /// The peer sends these bytes, and they arrive in one piece. None are no delivery.
    ///
    /// While reading is paused they are held, and arrive once it is resumed; after `stop_reading` or `close` they
    /// are thrown away.
    ///
    /// # Panics
    /// After [`receive_eof`](Self::receive_eof), and when the connection is over.
    #[track_caller]
    pub fn receive(&mut self, bytes: impl AsRef<[u8]>) {
        self.receive_bytes(Bytes::copy_from_slice(bytes.as_ref()));
    }

    /// The same, without copying.
    ///
    /// # Panics
    /// As [`receive`](Self::receive).
    #[track_caller]
    pub fn receive_bytes(&mut self, bytes: Bytes) {
        self.settle();
        self.check_fed("bytes", &bytes);
        if !bytes.is_empty() {
            self.hand.engine.push(bytes);
            self.settle();
        }
    }

    /// The peer sends these bytes, and they arrive piece by piece.
    ///
    /// # Panics
    /// As [`receive`](Self::receive).
    #[track_caller]
    pub fn receive_cut(&mut self, bytes: impl AsRef<[u8]>, segmentation: &Segmentation) {
        for piece in segmentation.cut(&Bytes::copy_from_slice(bytes.as_ref())) {
            self.receive_bytes(piece);
        }
    }

    /// The peer ends its direction; what the protocol writes still reaches it. Comes after the bytes that are held.
    ///
    /// # Panics
    /// If it has ended already, and when the connection is over.
    #[track_caller]
    pub fn receive_eof(&mut self) {
        self.settle();
        self.check_fed("an end", b"");
        self.hand.engine.push_end();
        self.settle();
    }

    // The network.

    /// How many bytes more go out, as [`StringTransport::set_window`] says. While anything is unsent, writing is
    /// paused: the protocol hears `pause_writing` when that begins, and `resume_writing` when all has gone out.
    #[track_caller]
    pub fn set_window(&mut self, bytes: usize) {
        self.settle();
        self.hand.engine.transport.set_window(bytes);
        self.settle();
    }

    /// The peer or the network breaks the connection: what is held or unsent is lost, and the protocol's
    /// `connection_lost` is called with this error. A peer resets with `ConnectionReset`.
    ///
    /// # Panics
    /// When the connection is over, and with `ConnectionAborted`.
    #[track_caller]
    pub fn reset_with(&mut self, kind: io::ErrorKind) {
        self.settle();
        self.check_not_over("reset_with");
        self.hand.engine.transport.reset_with(kind);
        self.end();
    }

    /// Lets the connection end that the protocol closed, aborted, or that both sides half-closed: its
    /// `connection_lost` is called. That never happens by itself, and never inside the call that closed.
    ///
    /// # Panics
    /// If it does not end, or not yet, because something is unsent; and when it is over.
    #[track_caller]
    pub fn finish(&mut self) {
        self.settle();
        self.check_not_over("finish");
        self.end();
    }

    #[track_caller]
    fn end(&mut self) {
        if self.hand.end() {
            return;
        }
        let Core { identity, .. } = self.core();
        let violation = match (self.core().is_closing(), self.core().unsent()) {
            (true, unsent @ 1..) => texts::unsent_at_end(identity, unsent),
            _ => texts::not_ending(identity, self.core().state(), self.hand.engine.peer_ends()),
        };
        self.in_context(violation).raise();
    }

    // Time.

    /// Moves the clock on by `by`, and stops at every deadline on the way, its end included: the clock's own and
    /// the protocol's. What comes due at one is done before time goes on.
    ///
    /// # Panics
    /// Without a clock; if the protocol loops without delay; and as [`FakeClock::advance`] does.
    #[track_caller]
    pub fn advance(&mut self, by: Duration) {
        let Some(clock) = self.hand.clock.clone() else {
            texts::no_clock(&self.core().identity).raise();
        };
        hand::advance(&clock, by, || self.hand.try_settle());
    }

    // The protocol.

    /// True if the protocol's waker was woken since it was last polled: the next method lets it go on.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.hand.is_woken()
    }

    /// Calls a method of the protocol that belongs to no event of the stream, such as a client's "send this".
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
    /// When the connection is over: there is no transport any more.
    #[track_caller]
    pub fn call<R>(&mut self, call: impl FnOnce(&mut P, &mut dyn Transport) -> R) -> R {
        self.settle();
        self.check_not_over("call");
        let output = self.hand.engine.call(call);
        self.settle();
        output
    }

    /// The protocol, as it is.
    #[must_use]
    pub const fn protocol(&self) -> &P {
        &self.hand.engine.protocol
    }

    /// The protocol, out of its connection.
    #[must_use]
    pub fn into_protocol(self) -> P {
        self.hand.engine.protocol
    }

    // Questions.

    /// The transport, for all that can be asked of it.
    #[track_caller]
    pub fn transport(&mut self) -> &StringTransport {
        self.settle();
        &self.hand.engine.transport
    }

    /// How many bytes are held while reading is paused.
    #[track_caller]
    pub fn held(&mut self) -> usize {
        self.settle();
        self.hand.engine.held()
    }

    /// Everything that was written since the last [`take`](Self::take), whether it has gone out or not.
    #[track_caller]
    pub fn value(&mut self) -> Bytes {
        self.transport().value()
    }

    /// The same, and forgets it. What was one [`write_bytes`](Transport::write_bytes) is not copied.
    #[must_use = "what was written is forgotten; compare it, or say `let _ =`"]
    #[track_caller]
    pub fn take(&mut self) -> Bytes {
        self.settle();
        self.hand.engine.transport.take()
    }

    /// The [`value`](Self::value) line by line, as [`StringTransport::lines`] does it.
    #[track_caller]
    pub fn lines(&mut self) -> Vec<Bytes> {
        self.transport().lines()
    }

    /// Nothing, if the [`value`](Self::value) is exactly this.
    ///
    /// # Errors
    /// If it is anything else, with both as byte strings, the place where they begin to differ, and what the
    /// protocol waits for.
    #[track_caller]
    pub fn written(&mut self, expected: impl AsRef<[u8]>) -> Result<(), Violation> {
        self.transport().written(expected).map_err(|violation| self.in_context(violation))
    }

    /// Panics unless the [`value`](Self::value) is exactly this.
    ///
    /// # Panics
    /// With the text of [`written`](Self::written).
    #[track_caller]
    pub fn assert_written(&mut self, expected: impl AsRef<[u8]>) {
        self.written(expected).or_raise();
    }

    /// How far the connection has come.
    #[track_caller]
    pub fn state(&mut self) -> ConnectionState {
        self.transport().state()
    }

    /// Nothing, if the connection is in this state.
    ///
    /// # Errors
    /// If it is in another, with what the protocol waits for.
    #[track_caller]
    pub fn state_is(&mut self, expected: ConnectionState) -> Result<(), Violation> {
        self.transport().state_is(expected).map_err(|violation| self.in_context(violation))
    }

    /// Panics unless the connection is in this state.
    ///
    /// # Panics
    /// With the text of [`state_is`](Self::state_is).
    #[track_caller]
    pub fn assert_state(&mut self, expected: ConnectionState) {
        self.state_is(expected).or_raise();
    }

    // Private.

    #[track_caller]
    fn settle(&mut self) {
        self.hand.settle();
    }

    #[track_caller]
    fn check_fed(&self, what: &str, bytes: &[u8]) {
        let core = self.core();
        let violation = if core.is_over() {
            texts::fed_after_loss(&core.identity, what, core.state())
        } else if self.hand.engine.peer_ends() {
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

    fn core(&self) -> &Core {
        self.hand.core()
    }

    fn in_context(&self, violation: Violation) -> Violation {
        self.hand.in_context(violation)
    }
}

/// Shows the state as it is, without letting the protocol go on.
impl<P> fmt::Debug for TestConnection<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestConnection")
            .field("protocol", &format_args!("{}", std::any::type_name::<P>()))
            .field("transport", &self.hand.engine.transport)
            .field("woken", &self.hand.is_woken())
            .field("waits", &self.hand.waits)
            .finish_non_exhaustive()
    }
}
