//! The seams: production code takes a [`Dial`] or a [`Listen`], and gets the real network or a [`Host`].

use std::{fmt, future::Future, io, net::SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{ConnectTo, Host, TcpListener, TcpStream};

/// What makes connections: a [`Host`] in a test, and [`RealNet`](super::RealNet) in production.
///
/// ```
/// use std::io;
/// use tokio::io::AsyncWriteExt;
/// use unplugged::{Sim, net::{Dial, RealNet}};
///
/// /// Production code.
/// async fn ring(network: &impl Dial) -> io::Result<()> {
///     network.dial("bell:7").await?.write_all(b"ring").await
/// }
///
/// /// The one place that names the real network.
/// async fn in_production() -> io::Result<()> {
///     ring(&RealNet).await
/// }
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let (door, bell) = (net.host("door"), net.host("bell"));
/// let _listener = bell.listen(7)?;
/// sim.run(ring(&door))?;
/// # let _ = in_production;
/// # io::Result::Ok(())
/// ```
pub trait Dial: Send + Sync {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Connects to `"name:port"`, a name and a port, or a socket address: to all that [`Host::connect`] takes.
    fn dial(&self, to: impl Into<ConnectTo> + Send) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// What opens ports: a [`Host`] in a test, and [`RealNet`](super::RealNet) in production.
///
/// ```
/// use std::io;
/// use tokio::io::AsyncWriteExt;
/// use unplugged::{Sim, net::{Accept, Listen}};
///
/// /// Production code.
/// async fn greet_once(network: &impl Listen) -> io::Result<()> {
///     let listener = network.listen("0.0.0.0:25".parse().expect("an address")).await?;
///     let (mut stream, _from) = listener.accept().await?;
///     stream.write_all(b"220 ready\r\n").await
/// }
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let (client, server) = (net.host("client"), net.host("server"));
/// let greeted = sim.watch(async move { greet_once(&server).await });
/// sim.run(async move { client.connect("server:25").await })?;
/// sim.run_until_idle();
/// greeted.assert_success();
/// # io::Result::Ok(())
/// ```
pub trait Listen: Send + Sync {
    /// An open port.
    type Listener: Accept;

    /// Opens a port; 0 is any that is free.
    fn listen(&self, on: SocketAddr) -> impl Future<Output = io::Result<Self::Listener>> + Send;
}

/// An open port: a [`TcpListener`] or tokio's `TcpListener`.
///
/// A server that asks more of its connections, such as their addresses, or that it can break them off, bounds them:
/// `L: Accept<Stream: Socket>`, of [`transport`](crate::transport::Socket).
/// # Cancel safety
/// An `accept` that is dropped while it waits has accepted none.
///
/// ```
/// use std::io;
/// use tokio::io::AsyncWriteExt;
/// use unplugged::{Sim, net::Accept};
///
/// /// Production code: over TCP in production, over the network of the test in a test.
/// async fn greet(listener: impl Accept) -> io::Result<()> {
///     loop {
///         let (mut stream, _from) = listener.accept().await?;
///         stream.write_all(b"220 ready\r\n").await?;
///     }
/// }
///
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// sim.spawn_background(greet(server.listen(25)?));
/// sim.run(async move { client.connect("server:25").await?.readable().await })?;
/// # let _ = |listener: tokio::net::TcpListener| greet(listener);
/// # io::Result::Ok(())
/// ```
pub trait Accept: Send + Sync + fmt::Debug {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, and where it comes from.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;

    /// The address that it listens on; the port is the real one.
    ///
    /// # Errors
    /// As the system does.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Dial for Host {
    type Stream = TcpStream;

    fn dial(&self, to: impl Into<ConnectTo> + Send) -> impl Future<Output = io::Result<TcpStream>> + Send {
        self.connect(to)
    }
}

impl Listen for Host {
    type Listener = TcpListener;

    fn listen(&self, on: SocketAddr) -> impl Future<Output = io::Result<TcpListener>> + Send {
        std::future::ready(Self::listen(self, on))
    }
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        Self::accept(self)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}
