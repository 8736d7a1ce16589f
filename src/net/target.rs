//! Where to: the addresses that code writes.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use super::{fabric::Bind, texts};

/// Where a connection or a datagram goes: `"server:80"`, a name and a port, or a socket address. Shown, it is
/// `server:80` or the address; a text that is neither is `nowhere`.
/// ```
/// use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
/// use unplugged::net::ConnectTo;
///
/// for (target, text) in [
///     (ConnectTo::from("server:80"), "server:80"),
///     (ConnectTo::from(("server", 80)), "server:80"),
///     (ConnectTo::from((Ipv4Addr::new(10, 0, 0, 2), 80)), "10.0.0.2:80"),
///     (ConnectTo::from((Ipv6Addr::LOCALHOST, 80)), "[::1]:80"),
///     (ConnectTo::from(SocketAddr::from(([10, 0, 0, 2], 80))), "10.0.0.2:80"),
/// ] {
///     assert_eq!(target.to_string(), text);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectTo(Result<Kind, String>);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Address(SocketAddr),
    Name(Arc<str>, u16),
}

impl ConnectTo {
    /// What it names.
    pub(super) fn parsed(self) -> io::Result<Kind> {
        self.0.map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))
    }
}

impl fmt::Display for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(Kind::Address(address)) => write!(f, "{address}"),
            Ok(Kind::Name(name, port)) => write!(f, "{name}:{port}"),
            Err(_) => f.write_str("nowhere"),
        }
    }
}

impl From<&str> for ConnectTo {
    fn from(text: &str) -> Self {
        if let Ok(address) = text.parse() {
            return Self(Ok(Kind::Address(address)));
        }
        let Some((name, port)) = text.rsplit_once(':') else {
            return Self(Err(texts::no_port(text)));
        };
        match port.parse::<u16>() {
            Ok(port) if !port_has_sign(text) => Self::from((name, port)),
            _ => Self(Err(texts::bad_port(port))),
        }
    }
}

/// `u16` reads a sign; a port has none.
fn port_has_sign(text: &str) -> bool {
    text.contains(":+")
}

impl From<&String> for ConnectTo {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for ConnectTo {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<SocketAddr> for ConnectTo {
    fn from(address: SocketAddr) -> Self {
        Self(Ok(Kind::Address(address)))
    }
}

macro_rules! from_address {
    ($($address:ty),*) => {$(
        impl From<($address, u16)> for ConnectTo {
            fn from((address, port): ($address, u16)) -> Self {
                SocketAddr::new(address.into(), port).into()
            }
        }

        impl From<($address, u16)> for BindAddr {
            fn from((address, port): ($address, u16)) -> Self {
                SocketAddr::new(address.into(), port).into()
            }
        }
    )*};
}

from_address!(IpAddr, Ipv4Addr, Ipv6Addr);

impl From<(&str, u16)> for ConnectTo {
    fn from((name, port): (&str, u16)) -> Self {
        match name.parse() {
            Ok(address) => SocketAddr::new(address, port).into(),
            Err(_) => Self(Ok(Kind::Name(name.into(), port))),
        }
    }
}

impl From<(String, u16)> for ConnectTo {
    fn from((name, port): (String, u16)) -> Self {
        (name.as_str(), port).into()
    }
}

/// Where a listener or a datagram socket is: a port on all addresses of its host, or one address and a port. Port
/// 0 is any that is free.
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

    /// The address that a socket there says it has.
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
