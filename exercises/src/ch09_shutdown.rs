//! Chapter 09: real TCP, and how to stop. The page is `exercises/chapters/ch09_shutdown.md`, the tests are
//! `exercises/tests/ch09_shutdown.rs`: make them green one by one, in their order.
//!
//! ```text
//! Stopper  --->  StopSignal  --->  each Connection   takes no new request, finishes, says close (chapter 03)
//!                            --->  Server            accepts nobody, and asks its
//!                                    Drain           how long to wait for whom
//! ```
//!
//! What can be decided is decided without I/O: [`Drain`] counts connections and knows the deadline, and is tested by
//! hand. What is left is a thin shell, [`Server`], and only that needs sockets.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::net::TcpListener;
use unplugged::net::Accept;

use crate::{ch03_connection::Handler, ch08_application::ServerFactory};

// When to stop: no I/O, and no clock.

/// How a server ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many connections there were.
    pub accepted: u64,
    /// How many of them did not end by themselves.
    pub aborted: usize,
}

/// Decides how a server ends: it accepts, then drains, then aborts what is left.
///
/// Yours: what it holds.
#[derive(Clone, Debug)]
pub struct Drain {}

impl Drain {
    /// For a server that waits so long, once told to stop, for what is in flight.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        exercise!("ch09", "Drain::new({limit:?}): accepts, and nothing is open")
    }

    /// There is one more connection.
    pub fn opened(&mut self) {
        exercise!("ch09", "Drain::opened(): one more is open, and was accepted")
    }

    /// A connection has ended by itself.
    ///
    /// # Panics
    /// If none is open.
    pub fn closed(&mut self) {
        exercise!("ch09", "Drain::closed(): one less is open")
    }

    /// The server is told to stop: it drains, up to its limit. Told again, it does not wait any more.
    pub fn stop(&mut self, now: Instant) {
        exercise!(
            "ch09",
            "Drain::stop(at {now:?}): first drain, until then and the limit; the second time, abort"
        )
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called: at the limit, while it drains and something is
    /// open. A limit that is too far for an `Instant` is never reached.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        exercise!("ch09", "Drain::poll_timeout(): the limit, while it drains and something is open")
    }

    /// The deadline may have come. Too early does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        exercise!("ch09", "Drain::handle_timeout(at {now:?}): if that is the limit or later, abort")
    }

    /// Whether new connections are welcome.
    #[must_use]
    pub fn is_accepting(&self) -> bool {
        exercise!("ch09", "Drain::is_accepting(): until it is told to stop")
    }

    /// How many connections are open.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        exercise!("ch09", "Drain::in_flight(): how many are open")
    }

    /// How it ended, once it has: it was told to stop, and nothing is open any more, or what is has to be aborted.
    #[must_use]
    pub fn outcome(&self) -> Option<Report> {
        exercise!("ch09", "Drain::outcome(): None as long as it accepts or waits; then how it ended")
    }
}

// Who tells: a wire with one end that tells, and as many as are wanted that are told.

/// Tells a server to stop: the two ends of one wire.
#[must_use]
pub fn stop_signal() -> (Stopper, StopSignal) {
    exercise!("ch09", "stop_signal(): two ends of one tokio::sync::watch channel, which counts from 0")
}

/// The end that tells. If it is dropped, nobody ever will.
///
/// Yours: what it holds.
#[derive(Debug)]
pub struct Stopper {}

impl Stopper {
    /// Told once, a server drains. Told twice, it ends at once.
    pub fn stop(&self) {
        exercise!("ch09", "Stopper::stop(): it was told once more")
    }
}

/// The end that is told. As many as are wanted.
///
/// Yours: what it holds.
#[derive(Clone, Debug)]
pub struct StopSignal {}

impl StopSignal {
    /// Is ready once the server was told so many times; at once, if it was already. Never, if nobody is left to tell.
    ///
    /// # Cancel safety
    /// Dropping it loses nothing.
    pub fn told(&self, times: u32) -> impl Future<Output = ()> + Send + use<> {
        async move { exercise!("ch09", "StopSignal::told({times}): wait until it was told so many times") }
    }
}

// The shell: sockets, tasks, a clock, and no decisions.

/// Listens, and gives each client a connection. Decides nothing: that is the business of [`Drain`] and of the
/// connections.
///
/// Yours: what it holds.
#[derive(Debug)]
pub struct Server<F, L = TcpListener> {
    #[allow(dead_code, reason = "not read before you are done")]
    listener: L,
    #[allow(dead_code, reason = "not read before you are done")]
    factory: ServerFactory<F>,
}

impl<H: Handler + 'static, F: Fn() -> H> Server<F> {
    /// Listens where the factory's configuration says.
    ///
    /// # Errors
    /// If that is not possible, as the system says it.
    pub async fn bind(factory: ServerFactory<F>) -> io::Result<Self> {
        exercise!("ch09", "Server::bind(at {}): a tokio TcpListener there", factory.config().listen)
    }
}

impl<H: Handler + 'static, F: Fn() -> H, L: Accept> Server<F, L> {
    /// Serves whom this listener lets in: a `TcpListener`, or one of a network that a test has made.
    pub fn new(listener: L, factory: ServerFactory<F>) -> Self {
        exercise!("ch09", "Server::new({listener:?}, {factory:?}): keeps both")
    }

    /// Where it listens: the port that was free, if the configuration says 0.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        exercise!("ch09", "Server::local_addr(): that of the listener")
    }

    /// Serves until told to stop, and then until nothing is in flight, or the time for that is over: the configured
    /// `drain`, by the factory's clock.
    ///
    /// Each client has a task of its own, local to this thread, in which [`drive`] runs its connection over its socket.
    /// Each connection hears of the first `stop` itself (`stop_when`), closes when it has nothing to finish, and lingers
    /// at a close (`linger`), so that its last word is not lost to a reset; but not once the server is told to stop
    /// (`linger_until`). From then on nobody else is let in: the listener is gone, and who connects is refused.
    ///
    /// A listener that fails, most likely because too many files are open, is no end: after a moment it is tried again.
    ///
    /// # Cancel safety
    /// Dropping it drops all connections.
    ///
    /// [`drive`]: unplugged::transport::drive
    pub async fn run(self, stop: StopSignal) -> Report {
        exercise!(
            "ch09",
            "Server::run({stop:?}): accept and drive connections; once told, drain; then how it ended"
        )
    }
}
