//! A host: where sockets come from.

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use unplugged_seam::Destination;

use super::{
    BindAddr, ConnectTo, TcpListener, TcpStream,
    core::Shared,
    fabric::{ConnId, Fabric, Found, HostId, Reuse, Side, as_ipv6, ipv4_of, ipv6_of, is_for_many, is_mapped},
    names::is_localhost,
    texts,
};
use crate::{
    violation::SourceLocation,
    wait::{self, Wait},
};

/// A machine of the network, handed to the code that runs on it. Clones are the same host.
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::{Sim, clock::secs};
///
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// assert_eq!(client.lookup("server")?[0], server.ip());
///
/// server.start(|server| async move { // a task of the host: again after each restart
///     let listener = server.listen(7).expect("the port is free");
///     while let Ok((mut stream, _from)) = listener.accept().await {
///         let _sent = stream.write_u8(7).await;
///     }
/// });
/// let host = client.clone();
/// let heard = sim.run(async move { host.connect("server:7").await?.read_u8().await })?;
/// assert_eq!(heard, 7);
///
/// server.crash(); // its tasks end, its sockets are dead, and no peer is told
/// let silence = sim.watch(client.connect("server:7"));
/// sim.advance(secs(60));
/// silence.assert_pending();
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct Host {
    shared: Arc<Shared>,
    id: HostId,
    name: Arc<str>,
}

impl Host {
    pub(super) const fn new(shared: Arc<Shared>, id: HostId, name: Arc<str>) -> Self {
        Self { shared, id, name }
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its IPv4 address: 10.0.0.1 for the first host, and so on.
    #[must_use]
    pub fn ip(&self) -> Ipv4Addr {
        ipv4_of(self.id)
    }

    /// Returns its IPv6 address: fd00::1 for the first host, and so on.
    #[must_use]
    pub fn ipv6(&self) -> Ipv6Addr {
        ipv6_of(self.id)
    }

    /// Gives it one more address.
    ///
    /// # Panics
    /// If a host has it already, or if it is not that of one host: a loopback, multicast or broadcast address, say.
    #[track_caller]
    pub fn add_address(&self, address: IpAddr) {
        if address.is_loopback() || address.is_unspecified() || is_for_many(address) {
            texts::no_single_address(address, &self.name).raise();
        }
        if !self.shared.with(|core| core.fabric.hosts.add_address(self.id, address)) {
            texts::address_taken(address, &self.name).raise();
        }
    }

    // Streams.

    /// Listens on a port of all its addresses (`80`; 0 for any that is free), or of one (`"127.0.0.1:80"`, parsed).
    /// `[::]` takes IPv4 too, as on Linux, and shows its addresses as `::ffff:10.0.0.1`.
    ///
    /// Up to 129 connections wait to be accepted; then a SYN is dropped, and its sender tries again. As on Linux, a
    /// client whose SYN was answered before is connected, for its part. It waits like the others once there is room and it
    /// speaks, or the server asks again (1, 3, 7, 15 and 31 seconds after the SYN); after 63 seconds what it says is
    /// reset. Of handshakes under way the server remembers 129, and does not ask for others again (SYN cookies).
    ///
    /// # Errors
    /// `AddrInUse` if the port is taken, or none is free; `AddrNotAvailable` if the address is not this host's;
    /// `ConnectionAborted` while the host is down.
    #[track_caller]
    pub fn listen(&self, local: impl Into<BindAddr>) -> io::Result<TcpListener> {
        self.listen_at(local.into(), SourceLocation::caller())
    }

    pub(super) fn listen_at(&self, local: BindAddr, made_at: SourceLocation) -> io::Result<TcpListener> {
        let (id, port) = self.shared.with(|core| {
            let id =
                core.fabric.listen(self.id, local.wanted(Reuse::LISTENER.address), local.backlog, made_at)?;
            io::Result::Ok((id, core.fabric.tcp.listeners[id].port))
        })?;
        let address = local.address(Ipv4Addr::UNSPECIFIED.into(), port);
        Ok(TcpListener::new(Arc::clone(&self.shared), id, address, made_at))
    }

    /// Connects to `"server:80"`, a name and a port, or a socket address. Several addresses of a name are tried in turn, as
    /// tokio does; a host's name stands for its IPv4 address. The future owns what it needs.
    ///
    /// # Errors
    /// `ConnectionRefused` a round trip later, if no listener is there; `TimedOut` after 131 seconds of silence;
    /// the kind that std gives, which stable Rust cannot name, if the name cannot be resolved; `NetworkUnreachable` if the
    /// address is that of a group or of all; `AddrNotAvailable` if no port is free; `InvalidInput` if the text
    /// names no port; `ConnectionAborted` if this host is down. Of several addresses, the last one's.
    ///
    /// # Cancel safety
    /// Dropped while it waits, the attempt is over and its port is free.
    #[track_caller]
    pub fn connect<T: Into<ConnectTo>>(
        &self,
        to: T,
    ) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static + use<T> {
        let (host, to, made_at) = (self.clone(), to.into(), SourceLocation::caller());
        async move {
            let mut last = None;
            for address in host.addresses_of(&to, made_at).await? {
                match host.connect_once(address, &to, made_at).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = Some(error),
                }
            }
            Err(last.unwrap_or_else(|| texts::no_address(&to.to_string())))
        }
    }

    async fn connect_once(
        &self,
        address: SocketAddr,
        to: &ConnectTo,
        made_at: SourceLocation,
    ) -> io::Result<TcpStream> {
        let stream = self.begin(address, made_at)?;
        connected(&stream, to, made_at).await?;
        Ok(stream)
    }

    /// Connects within a time, which covers the lookup of the name and all attempts of the handshake. `Duration::MAX` is
    /// no limit.
    ///
    /// # Errors
    /// `TimedOut` after `limit`; `InvalidInput` if that is zero; else as [`connect`](Self::connect).
    ///
    /// # Cancel safety
    /// Dropped while it waits, the attempt is over and its port is free.
    #[track_caller]
    pub fn connect_timeout<T: Into<ConnectTo>>(
        &self,
        to: T,
        limit: Duration,
    ) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static + use<T> {
        let (host, to, made_at) = (self.clone(), to.into(), SourceLocation::caller());
        let connecting = self.connect(to.clone());
        async move {
            if limit.is_zero() {
                return Err(texts::no_connect_timeout());
            }
            let connected = host.clock().within(limit, made_at, connecting).await;
            connected.unwrap_or_else(|| Err(texts::connect_too_slow(&host.name, &to.to_string(), limit)))
        }
    }

    pub(super) fn begin(&self, to: SocketAddr, made_at: SourceLocation) -> io::Result<TcpStream> {
        self.begin_by(to, made_at, |fabric| fabric.connect(self.id, to, made_at))
    }

    /// Returns the stream of a connect that has begun.
    pub(super) fn begin_by(
        &self,
        to: SocketAddr,
        made_at: SourceLocation,
        begin: impl FnOnce(&mut Fabric) -> io::Result<ConnId>,
    ) -> io::Result<TcpStream> {
        let begun = self.shared.with(|core| {
            let id = begin(&mut core.fabric)?;
            io::Result::Ok((id, core.fabric.tcp.conns[id].addresses.from(Side::Client)))
        });
        let (id, addresses) = begun?;
        let [local, peer] = if is_mapped(to) { addresses.map(as_ipv6) } else { addresses };
        Ok(TcpStream::client(Arc::clone(&self.shared), id, local, peer, made_at))
    }

    // Names.

    /// Returns the addresses of a name, without a name server: those of [`Net::add_name`](super::Net::add_name), or the IPv4 address of a host and
    /// then its IPv6 address. `localhost` is this host; an address is itself. Names are the same in any case, and with
    /// a dot at their end.
    ///
    /// # Errors
    /// The kind that std gives, which stable Rust cannot name, if there is no such name, or if it has no address.
    pub fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(self.find(name)?.addresses())
    }

    fn find(&self, name: &str) -> io::Result<Found> {
        match self.shared.with(|core| core.fabric.hosts.lookup(name)) {
            Some(Found::Addresses(addresses)) if addresses.is_empty() => Err(texts::no_address(name)),
            Some(found) => Ok(found),
            None => Err(texts::no_host_of_that_name(name, &self.shared.with(|core| core.host_names()))),
        }
    }

    /// Sets the name servers that [`connect`](Self::connect) asks about names, instead of knowing all hosts.
    /// Without any it knows them again. `localhost` needs no server; datagrams know the hosts always.
    pub fn set_name_servers(&self, servers: impl IntoIterator<Item = impl Into<IpAddr>>) {
        let servers = servers.into_iter().map(Into::into).collect();
        self.shared.with(|core| core.fabric.hosts[self.id].name_servers = servers);
    }

    /// Returns the addresses that a connect tries, in turn.
    async fn addresses_of(&self, to: &ConnectTo, made_at: SourceLocation) -> io::Result<Vec<SocketAddr>> {
        let (name, port) = match to.destination()? {
            Destination::Address(address) => return Ok(vec![address]),
            Destination::Name(name, port) => (name, port),
        };
        let servers = self.shared.with(|core| core.fabric.hosts[self.id].name_servers.clone());
        let addresses = if servers.is_empty() || is_localhost(name) {
            match self.find(name)? {
                Found::Addresses(addresses) => addresses,
                Found::Host(host) => vec![ipv4_of(host).into()],
            }
        } else {
            // In a box: few ask, and a connect that does not stays small.
            Box::pin(self.resolver_at(servers, made_at).addresses(name)).await?
        };
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    pub(super) fn resolve(&self, to: ConnectTo) -> io::Result<SocketAddr> {
        match to.destination()? {
            Destination::Address(address) => Ok(address),
            Destination::Name(name, port) => Ok(SocketAddr::new(self.lookup(name)?[0], port)),
        }
    }

    /// Returns where it was made.
    pub(super) fn made_at(&self) -> SourceLocation {
        self.shared.with(|core| core.fabric.hosts[self.id].made_at)
    }

    pub(super) const fn id(&self) -> HostId {
        self.id
    }

    pub(super) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

/// Waits until a stream is connected, and reports its destination.
pub(super) async fn connected(
    stream: &TcpStream,
    to: &impl ToString,
    made_at: SourceLocation,
) -> io::Result<()> {
    poll_fn(|cx| match stream.poll_connected(cx) {
        Poll::Pending => {
            wait::report(|| Wait::new("connect to", made_at).named(to.to_string()));
            Poll::Pending
        }
        ready => ready,
    })
    .await
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("name", &self.name).field("ip", &self.ip()).finish()
    }
}
