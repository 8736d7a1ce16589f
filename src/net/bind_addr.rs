//! The address of a listener or a datagram socket.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::fabric::Bind;

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
        Self { bind: Bind::All, port, backlog: BACKLOG }
    }
}

impl From<SocketAddr> for BindAddr {
    fn from(address: SocketAddr) -> Self {
        Self { bind: Bind::to(address.ip()), port: address.port(), backlog: BACKLOG }
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
