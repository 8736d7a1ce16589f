//! Chapter 09: real TCP, and how to stop. The page is `exercises/chapters/ch09_shutdown.md`, the tests are
//! `exercises/tests/ch09_shutdown.rs`: make them green one by one, in their order.
//!
//! ```text
//! Stopper  --->  StopSignal  --->  each Connection   takes no new request, finishes, says close (chapter 03)
//!                            --->  Server            accepts no more clients, and asks its
//!                                    Drain           when to end
//! ```
//!
//! Decisions need no I/O: [`Drain`] counts connections and has the deadline, and is tested by hand. [`Server`] is a
//! thin layer around it, and only that needs sockets.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::net::TcpListener;
use unplugged::net::Accept;

use crate::{ch03_connection::Handler, ch08_application::ServerFactory};

// Deciding when to stop: without I/O and without a clock.

/// The report about a server's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The number of connections.
    pub accepted: u64,
    /// The number of connections that did not end by themselves.
    pub aborted: usize,
}

/// Decides how a server ends: it accepts, then drains, then aborts what is left.
///
/// You decide what it holds.
#[derive(Clone, Debug)]
pub struct Drain {}

impl Drain {
    /// Creates the drain of a server that waits this long for requests in flight, once told to stop.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        exercise!("ch09", "Drain::new({limit:?}): it accepts, and nothing is open")
    }

    /// Counts one more connection.
    pub fn opened(&mut self) {
        exercise!("ch09", "Drain::opened(): count one more open and accepted connection")
    }

    /// Counts a connection that has ended by itself.
    ///
    /// # Panics
    /// If none is open.
    pub fn closed(&mut self) {
        exercise!("ch09", "Drain::closed(): count one less open connection")
    }

    /// Stops the server: it drains, up to its limit. A second stop ends the wait.
    pub fn stop(&mut self, now: Instant) {
        exercise!(
            "ch09",
            "Drain::stop(at {now:?}): the first time, drain until now plus the limit; the second time, abort"
        )
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout): at the limit, while it drains and a connection is
    /// open. A limit that is too far for an `Instant` is never reached.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        exercise!("ch09", "Drain::poll_timeout(): the limit, while it drains and a connection is open")
    }

    /// Aborts what is left if the deadline has come. A call before it does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        exercise!("ch09", "Drain::handle_timeout(at {now:?}): if that is the limit or later, abort")
    }

    /// Returns `true` until the server is told to stop.
    #[must_use]
    pub fn is_accepting(&self) -> bool {
        exercise!("ch09", "Drain::is_accepting(): true until the first stop")
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        exercise!("ch09", "Drain::in_flight(): the number of open connections")
    }

    /// Returns the report, once the server ends: it was told to stop, and nothing is open or the rest must be aborted.
    #[must_use]
    pub fn outcome(&self) -> Option<Report> {
        exercise!("ch09", "Drain::outcome(): None while it accepts or waits; then the report")
    }
}

// The stop signal: one end that tells, and any number of ends that are told.

/// Creates the two ends of a stop signal.
#[must_use]
pub fn stop_signal() -> (Stopper, StopSignal) {
    exercise!("ch09", "stop_signal(): the two ends of a tokio::sync::watch channel that counts from 0")
}

/// The end that tells a server to stop. Dropping it tells nothing.
///
/// You decide what it holds.
#[derive(Debug)]
pub struct Stopper {}

impl Stopper {
    /// Tells the server to stop. The first time it drains, the second time it ends at once.
    pub fn stop(&self) {
        exercise!("ch09", "Stopper::stop(): count one more stop")
    }
}

/// The end that is told to stop. It can be cloned.
///
/// You decide what it holds.
#[derive(Clone, Debug)]
pub struct StopSignal {}

impl StopSignal {
    /// Waits until the server was told to stop this many times; ready at once if it was already. Never ready once the
    /// [`Stopper`] is dropped too early.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub fn told(&self, times: u32) -> impl Future<Output = ()> + Send + use<> {
        async move {
            exercise!("ch09", "StopSignal::told({times}): wait until the count of stops is at least {times}")
        }
    }
}

// The server: sockets, tasks and a clock, but no decisions.

/// Listens, and makes a connection for each client. [`Drain`] and the connections make the decisions.
///
/// You decide what it holds.
#[derive(Debug)]
pub struct Server<F, L = TcpListener> {
    #[allow(dead_code, reason = "not read before you are done")]
    listener: L,
    #[allow(dead_code, reason = "not read before you are done")]
    factory: ServerFactory<F>,
}

impl<H: Handler + 'static, F: Fn() -> H> Server<F> {
    /// Listens on the address of the factory's configuration.
    ///
    /// # Errors
    /// The system's error, if that is not possible.
    pub async fn bind(factory: ServerFactory<F>) -> io::Result<Self> {
        exercise!("ch09", "Server::bind(at {}): a tokio TcpListener on this address", factory.config().listen)
    }
}

impl<H: Handler + 'static, F: Fn() -> H, L: Accept> Server<F, L> {
    /// Creates a server on this listener: a tokio `TcpListener`, or one of a simulated network.
    pub fn new(listener: L, factory: ServerFactory<F>) -> Self {
        exercise!("ch09", "Server::new({listener:?}, {factory:?}): keep both")
    }

    /// Returns the address that it listens on, with the port that was free if the configuration says 0.
    ///
    /// # Errors
    /// The system's error, if there is one.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        exercise!("ch09", "Server::local_addr(): the address of the listener")
    }

    /// Serves until told to stop, and then until nothing is in flight or the configured `drain` is over, on the
    /// factory's clock.
    ///
    /// Each client has a task of its own, local to this thread, in which [`drive`] runs its connection over its socket.
    /// Each connection gets the first `stop` itself (`stop_when`) and closes when it has nothing to finish. It lingers
    /// at a close (`linger`), so that its last bytes are not lost to a reset; but not once the server is told to stop
    /// (`linger_until`). From then on the listener is closed, and new clients are refused.
    ///
    /// A listener that fails, most likely because too many files are open, does not end the server: it tries again
    /// after a pause.
    ///
    /// # Cancel safety
    /// Dropping the future drops all connections.
    ///
    /// [`drive`]: unplugged::transport::drive
    pub async fn run(self, stop: StopSignal) -> Report {
        exercise!(
            "ch09",
            "Server::run({stop:?}): accept and drive connections; once told, drain; then return the report"
        )
    }
}
