//! The addresses that sockets are bound to.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The addresses that a listener or a datagram socket is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bind {
    /// All addresses of the host.
    All,
    /// All addresses of this family. IPv6 includes IPv4, as mapped addresses.
    ///
    /// Source: Linux 6.18, `net.ipv6.bindv6only`.
    AllOf(IpAddr),
    One(IpAddr),
}

/// The sharing of a port: with whom a socket has it together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reuse {
    /// `SO_REUSEADDR`.
    pub(crate) address: bool,
    /// `SO_REUSEPORT`.
    pub(crate) port: bool,
}

impl Reuse {
    /// Those of a listener, unless set.
    ///
    /// Source: Rust 1.95's std and mio 1, which set `SO_REUSEADDR` for `TcpListener::bind`.
    pub(crate) const LISTENER: Self = Self { address: true, port: false };

    /// Returns whether a TCP socket may have the port of another, which listens or not.
    ///
    /// Source: Linux 6.18, `inet_bind_conflict`.
    pub(crate) const fn shares(self, other: Self, listens: bool) -> bool {
        self.address && other.address && !listens || self.port && other.port
    }
}

impl Bind {
    pub(crate) fn to(address: IpAddr) -> Self {
        let address = address.to_canonical();
        if address.is_unspecified() { Self::AllOf(address) } else { Self::One(address) }
    }

    /// Returns the address that a socket on this port shows. Bound to all addresses, it is the unspecified one.
    pub(crate) fn address(self, port: u16) -> SocketAddr {
        let ip = match self {
            Self::All => Ipv4Addr::UNSPECIFIED.into(),
            Self::AllOf(ip) | Self::One(ip) => ip,
        };
        SocketAddr::new(ip, port)
    }

    pub(crate) fn covers(self, address: IpAddr) -> bool {
        match self {
            Self::All => true,
            Self::AllOf(all) => all.is_ipv6() || address.is_ipv4(),
            Self::One(one) => one == address,
        }
    }

    /// Returns whether the socket is one of IPv4.
    pub(crate) const fn is_ipv4(self) -> bool {
        matches!(self, Self::All | Self::AllOf(IpAddr::V4(_)) | Self::One(IpAddr::V4(_)))
    }

    pub(crate) const fn is_specific(self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Returns whether it shows IPv4 addresses as mapped IPv6 addresses.
    pub(crate) const fn shows_ipv6(self) -> bool {
        matches!(self, Self::AllOf(IpAddr::V6(_)))
    }

    /// Returns whether both cannot have the same port.
    pub(crate) fn collides(self, other: Self) -> bool {
        match (self, other) {
            (Self::All | Self::AllOf(IpAddr::V6(_)), _) | (_, Self::All | Self::AllOf(IpAddr::V6(_))) => true,
            (Self::One(one), Self::One(other)) => one == other,
            (Self::AllOf(one) | Self::One(one), Self::AllOf(other) | Self::One(other)) => {
                one.is_ipv4() == other.is_ipv4()
            }
        }
    }
}
