//! The address of a listener or a datagram socket.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::fabric::{Bind, Reuse};

/// The address of a listener or a datagram socket: a port on all addresses of its host, or one address and a port.
/// Port 0 is any that is free.
///
/// ```
/// use std::net::Ipv4Addr;
/// use unplugged::Sim;
///
/// let host = Sim::new().net().host("host");
/// assert_eq!(host.listen(80)?.local_addr()?.to_string(), "0.0.0.0:80");
/// assert_eq!(host.listen((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.to_string(), "127.0.0.1:49152");
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BindAddr {
    pub(super) bind: Bind,
    pub(super) port: u16,
    pub(super) backlog: usize,
    /// `None`: as its kind of socket has it.
    reuseaddr: Option<bool>,
    reuseport: bool,
}

/// The backlog of a listener, unless set.
///
/// Source: Rust 1.95's std, `TcpListener::bind`.
pub(super) const BACKLOG: usize = 128;

impl BindAddr {
    /// Sets the backlog of a listener: 128 unless set. A datagram socket has none.
    ///
    /// As on Linux, one connection more than that waits to be accepted, and one handshake more is remembered.
    #[must_use]
    pub const fn backlog(mut self, connections: usize) -> Self {
        self.backlog = connections;
        self
    }

    /// Sets whether the socket shares its port with others that say so, too (`SO_REUSEADDR`). A listener does unless set,
    /// as with tokio and std: with connections of an earlier one, also in TIME-WAIT, never with another listener. A
    /// datagram socket does not unless set; of several that share a port, the last that was bound hears it.
    #[must_use]
    pub const fn reuseaddr(mut self, reuse: bool) -> Self {
        self.reuseaddr = Some(reuse);
        self
    }

    /// Sets whether several sockets of the host have the port together (`SO_REUSEPORT`): not unless set. The addresses of
    /// a connection or datagram choose the one that gets it.
    #[must_use]
    pub const fn reuseport(mut self, reuse: bool) -> Self {
        self.reuseport = reuse;
        self
    }

    /// Returns what is asked for, for a socket that shares its address as said unless set.
    pub(super) fn wanted(self, reuseaddr: bool) -> (Bind, u16, Reuse) {
        let reuse = Reuse { address: self.reuseaddr.unwrap_or(reuseaddr), port: self.reuseport };
        (self.bind, self.port, reuse)
    }

    /// Returns the address that a socket there shows.
    pub(super) fn address(self, own: IpAddr, port: u16) -> SocketAddr {
        let ip = match self.bind {
            Bind::All => own,
            Bind::AllOf(ip) | Bind::One(ip) => ip,
        };
        SocketAddr::new(ip, port)
    }
}

impl From<u16> for BindAddr {
    fn from(port: u16) -> Self {
        Self { bind: Bind::All, port, backlog: BACKLOG, reuseaddr: None, reuseport: false }
    }
}

impl From<SocketAddr> for BindAddr {
    fn from(address: SocketAddr) -> Self {
        Self { bind: Bind::to(address.ip()), ..Self::from(address.port()) }
    }
}

macro_rules! from_address {
    ($($address:ty),*) => {$(
        impl From<($address, u16)> for BindAddr {
            fn from((address, port): ($address, u16)) -> Self {
                SocketAddr::new(address.into(), port).into()
            }
        }
    )*};
}

from_address!(IpAddr, Ipv4Addr, Ipv6Addr);
