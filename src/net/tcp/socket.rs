//! Sockets that are bound before they listen or connect.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use super::{TcpListener, TcpStream};
use crate::{
    net::{
        BindAddr, Host, errno,
        fabric::{BoundId, Reuse},
        host::connected,
    },
    sync::lock,
    violation::SourceLocation,
};

/// A TCP socket that does not listen and is not connected yet, as tokio's of this name; made by [`Host::tcp_socket`]. It
/// can be bound to a port, which it holds, and then listen there or connect from there.
///
/// ```
/// use unplugged::Sim;
///
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// let listener = server.listen(80)?;
/// let socket = client.tcp_socket();
/// socket.bind("0.0.0.0:1023".parse().unwrap())?; // the server takes no other
/// sim.run(async move {
///     let _stream = socket.connect("10.0.0.2:80".parse().unwrap()).await?;
///     assert_eq!(listener.accept().await?.1.to_string(), "10.0.0.1:1023");
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
pub struct TcpSocket {
    host: Host,
    state: Mutex<State>,
    made_at: SourceLocation,
}

#[derive(Clone, Copy)]
struct State {
    reuse: Reuse,
    bound: Option<(BoundId, SocketAddr)>,
}

impl Host {
    /// Returns a TCP socket that is not bound yet.
    #[track_caller]
    #[must_use]
    pub fn tcp_socket(&self) -> TcpSocket {
        let state = Mutex::new(State { reuse: Reuse::default(), bound: None });
        TcpSocket { host: self.clone(), state, made_at: SourceLocation::caller() }
    }
}

impl TcpSocket {
    /// Sets whether it shares its port with others that say so, too, and do not listen (`SO_REUSEADDR`): not unless set.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub fn set_reuseaddr(&self, reuse: bool) -> io::Result<()> {
        self.set(|set| set.address = reuse);
        Ok(())
    }

    /// Sets whether several sockets of the host have the port together (`SO_REUSEPORT`): not unless set.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub fn set_reuseport(&self, reuse: bool) -> io::Result<()> {
        self.set(|set| set.port = reuse);
        Ok(())
    }

    /// Binds it to an address and a port; 0 is any that is free. No one can connect to it before it listens.
    ///
    /// # Errors
    /// `InvalidInput` if it is bound already; as [`Host::listen`].
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        self.bind_to(BindAddr::from(address)).map(drop)
    }

    fn bind_to(&self, address: BindAddr) -> io::Result<BoundId> {
        let mut state = lock(&self.state);
        if state.bound.is_some() {
            return Err(errno::error(io::ErrorKind::InvalidInput));
        }
        let (bind, port, _) = address.wanted(false);
        let (id, port) = self.host.shared().with(|core| {
            let id = core.fabric.bind_tcp(self.host.id(), (bind, port, state.reuse), self.made_at)?;
            io::Result::Ok((id, core.fabric.tcp.bound[id].port))
        })?;
        state.bound = Some((id, address.address(Ipv4Addr::UNSPECIFIED.into(), port)));
        Ok(id)
    }

    /// Returns the address that it is bound to; the unspecified one and port 0 if it is not.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let nowhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        Ok(lock(&self.state).bound.map_or(nowhere, |(_, address)| address))
    }

    /// Connects from the address that it is bound to, or from any.
    ///
    /// # Errors
    /// `AddrNotAvailable` if there is a connection between both addresses already; the kind that the system gives if it
    /// is bound to an address of the other family; as [`Host::connect`].
    ///
    /// # Cancel safety
    /// Dropped while it waits, the attempt is over and its port is free.
    #[track_caller]
    pub fn connect(
        self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static {
        let made_at = SourceLocation::caller();
        async move {
            let bound = lock(&self.state).bound;
            let stream = match bound {
                None => self.host.begin(address, made_at)?,
                Some((id, _)) => self
                    .host
                    .begin_by(address, made_at, |fabric| fabric.connect_bound(id, address, made_at))?,
            };
            self.let_go();
            connected(&stream, &address, made_at).await?;
            Ok(stream)
        }
    }

    /// Listens on the port that it is bound to, or on any.
    ///
    /// # Errors
    /// `AddrInUse` if another socket, which shares the port, listens already; as [`Host::listen`].
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        let made_at = SourceLocation::caller();
        let bound = lock(&self.state).bound;
        let id = bound.map_or_else(|| self.bind_to(0.into()), |(id, _)| Ok(id))?;
        let local = self.local_addr()?;
        let backlog = usize::try_from(backlog).unwrap_or(usize::MAX);
        let listener = self.host.shared().with(|core| core.fabric.listen_bound(id, backlog, made_at))?;
        self.let_go();
        Ok(TcpListener::new(Arc::clone(self.host.shared()), listener, local, made_at))
    }

    /// Forgets its port, which is another's now.
    fn let_go(&self) {
        lock(&self.state).bound = None;
    }

    fn set(&self, change: impl FnOnce(&mut Reuse)) {
        let mut state = lock(&self.state);
        change(&mut state.reuse);
        if let Some((id, _)) = state.bound {
            self.host.shared().with(|core| core.fabric.tcp.bound[id].reuse = state.reuse);
        }
    }
}

impl Drop for TcpSocket {
    fn drop(&mut self) {
        if let Some((id, _)) = lock(&self.state).bound {
            self.host.shared().with(|core| core.fabric.close_bound(id));
        }
    }
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { reuse, bound } = *lock(&self.state);
        f.debug_struct("TcpSocket")
            .field("local", &bound.map(|(_, address)| address))
            .field("reuseaddr", &reuse.address)
            .field("reuseport", &reuse.port)
            .finish()
    }
}
