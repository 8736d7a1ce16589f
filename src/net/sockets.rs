//! The sockets of a network, as values.

use std::{fmt, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use super::TcpState;

/// The protocol of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "complete: the sockets that a host has")]
pub enum Protocol {
    /// A stream or a listener on a port.
    Tcp,
    /// A datagram socket.
    Udp,
    /// A stream or a listener at a path.
    Unix,
}

/// A socket that is open, listed by [`Net::sockets`](super::Net::sockets).
///
/// ```
/// use unplugged::{Sim, net::{Protocol, TcpState}};
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let [client, server] = net.hosts(["client", "server"]);
/// let _listener = server.listen(80)?;
/// let _stream = sim.run(async move { client.connect("server:80").await })?;
/// let sockets = net.sockets();
/// assert_eq!((&*sockets[0].host, sockets[0].state), ("client", Some(TcpState::Established)));
/// assert_eq!(sockets[0].peer.unwrap().to_string(), "10.0.0.2:80");
/// assert_eq!((sockets[1].protocol, sockets[1].state), (Protocol::Tcp, Some(TcpState::Listen)));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketInfo {
    /// The name of its host.
    pub host: Arc<str>,
    /// Its protocol.
    pub protocol: Protocol,
    /// The state of its endpoint; `None` for datagram sockets and Unix streams.
    pub state: Option<TcpState>,
    /// Its own address; `None` for a Unix socket.
    pub local: Option<SocketAddr>,
    /// The address of its peer, if it has one.
    pub peer: Option<SocketAddr>,
    /// The path of its listener, if it is a Unix socket.
    pub path: Option<Arc<Path>>,
    /// How many bytes have arrived and are not read; for a listener, how many connections wait to be accepted.
    pub unread: usize,
    /// How many bytes were written, and are not known to be read by the peer.
    pub in_flight: usize,
    /// When it was opened, since the start of the sim.
    pub since: Duration,
}

/// `` `client` tcp 10.0.0.1:49152 to 10.0.0.2:80, ESTABLISHED, 0 bytes unread, 4 bytes in flight ``.
impl fmt::Display for SocketInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Unix => "unix",
        };
        write!(f, "`{}` {protocol}", self.host)?;
        if let Some(local) = self.local {
            write!(f, " {local}")?;
        }
        if let Some(peer) = self.peer {
            write!(f, " to {peer}")?;
        }
        if let Some(path) = &self.path {
            write!(f, " {}", super::fabric::show_path(path))?;
        }
        if let Some(state) = self.state {
            write!(f, ", {state}")?;
        }
        match self.state {
            Some(TcpState::Listen) => write!(f, ", {} wait to be accepted", self.unread),
            _ => write!(f, ", {} bytes unread, {} bytes in flight", self.unread, self.in_flight),
        }
    }
}
