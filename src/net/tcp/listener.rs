//! Listeners on ports.

use std::{
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use super::TcpStream;
use crate::{
    leaf,
    net::{
        core::{Core, Shared, polled},
        fabric::{Io, ListenerId, Side},
    },
    sync::Wakers,
    violation::SourceLocation,
    wait::{self, Wait},
};

/// A port that connections come in on; made by [`Host::listen`](crate::net::Host::listen). Also a
/// [`futures_core::Stream`] of connections, without end.
///
/// Dropping it resets the connections that it has not accepted, and frees the port.
///
/// ```
/// use unplugged::Sim;
///
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// let listener = server.listen(0)?; // any port that is free
/// let port = listener.local_addr()?.port();
/// let accepted = sim.run(async move {
///     let _stream = client.connect(("server", port)).await?; // it need not be accepted for that
///     listener.accept().await
/// });
/// assert_eq!(accepted?.1.to_string(), "10.0.0.1:49152");
/// # std::io::Result::Ok(())
/// ```
pub struct TcpListener {
    shared: Arc<Shared>,
    id: ListenerId,
    local: SocketAddr,
    made_at: SourceLocation,
    /// Its name in reports, once one was needed.
    name: OnceLock<Arc<str>>,
}

impl TcpListener {
    pub(in crate::net) const fn new(
        shared: Arc<Shared>,
        id: ListenerId,
        local: SocketAddr,
        made_at: SourceLocation,
    ) -> Self {
        Self { shared, id, local, made_at, name: OnceLock::new() }
    }

    pub(in crate::net) fn named(self, name: Arc<str>) -> Self {
        let _first = self.name.set(name);
        self
    }

    /// Accepts a connection, without a part in tokio's budget.
    pub(in crate::net) fn try_accept(&self) -> Io<(TcpStream, SocketAddr)> {
        self.shared.with(|core| self.accept_in(core))
    }

    fn accept_in(&self, core: &mut Core) -> Io<(TcpStream, SocketAddr)> {
        let conn = match core.fabric.accept(self.id) {
            Io::Done(conn) => conn,
            Io::Wait => return Io::Wait,
            Io::Fail(kind) => return Io::Fail(kind),
        };
        let peer = core.fabric.tcp.addresses_at_server(conn)[Side::Client];
        Io::Done((TcpStream::server(Arc::clone(&self.shared), conn, self.made_at, core), peer))
    }

    /// Returns whether an accept would not wait.
    pub(in crate::net) fn is_ready(&self) -> bool {
        self.shared.with_io(|core| {
            let listener = &core.fabric.tcp.listeners[self.id];
            listener.is_crashed || !listener.queue.is_empty()
        })
    }

    pub(in crate::net) fn with_waiters<R>(&self, act: impl FnOnce(&mut Wakers) -> R) -> R {
        self.shared.with_io(|core| act(core.listener(self.id)))
    }

    pub(in crate::net) const fn address(&self) -> SocketAddr {
        self.local
    }

    pub(in crate::net) fn waiting(&self) -> usize {
        self.shared.with(|core| core.fabric.tcp.listeners[self.id].queue.len())
    }

    /// Returns the address that it listens on; the port is the real one.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub const fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    /// Accepts the next connection, in the order in which their handshakes ended, and returns where it comes from.
    ///
    /// # Errors
    /// `ConnectionAborted` if its host has crashed.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has accepted none.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Polls for the next connection. Several tasks may wait: one of them gets the connection.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accept = |cx: &mut Context<'_>| {
            self.shared.with(|core| {
                let accepted = self.accept_in(core);
                if matches!(accepted, Io::Wait) {
                    core.listener(self.id).add(cx.waker());
                }
                polled(accepted)
            })
        };
        let polled = leaf::spend(cx, accept);
        if polled.is_pending() {
            self.shared.must_go_on();
            wait::report(|| Wait::new("connection on", self.made_at).named(self.name()).idle(true));
        }
        polled
    }

    fn name(&self) -> Arc<str> {
        Arc::clone(self.name.get_or_init(|| self.local.to_string().into()))
    }
}

impl futures_core::Stream for TcpListener {
    type Item = io::Result<TcpStream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        let waiters = self.shared.with(|core| {
            core.fabric.close_listener(self.id);
            std::mem::take(core.listener(self.id))
        });
        drop(waiters); // a waker may own a task, and so other sockets: not under the lock
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.waiting();
        f.debug_struct("TcpListener").field("local", &self.local).field("waiting", &waiting).finish()
    }
}
