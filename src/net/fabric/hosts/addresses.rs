//! Addresses: which host has which, and the special ones.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use super::{
    super::ids::{HostId, Id},
    Bind, Hosts,
};
use crate::net::errno;

/// Returns the address that a packet goes to. The unspecified address is the sender's own host.
///
/// Source: Linux 6.18, observed: the peer of a connect to 0.0.0.0 is 127.0.0.1.
pub(crate) fn destination(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip().to_canonical() {
        ip if ip.is_unspecified() => to_loopback(ip),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Returns whether it is an IPv4-mapped IPv6 address.
pub(crate) fn is_mapped(address: SocketAddr) -> bool {
    address.ip() != address.ip().to_canonical()
}

/// Returns the address as an IPv6 socket shows it.
pub(crate) const fn as_ipv6(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(IpAddr::V6(ip.to_ipv6_mapped()), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// Returns the loopback address of the same family.
const fn to_loopback(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

/// Returns whether it is a broadcast or multicast address.
pub(crate) fn is_for_many(address: IpAddr) -> bool {
    address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST)
}

const FIRST_IPV4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const FIRST_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);

/// Returns 10.0.0.1, 10.0.0.2 and so on, in the order in which the hosts were made.
pub(crate) fn ipv4_of(host: HostId) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(FIRST_IPV4) + host.0)
}

/// Returns fd00::1, fd00::2 and so on.
pub(crate) fn ipv6_of(host: HostId) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(FIRST_IPV6) + u128::from(host.0))
}

impl Hosts {
    /// Returns the host that has this address, as seen from `from`.
    pub(crate) fn host_at(&self, from: HostId, address: IpAddr) -> Option<HostId> {
        if address.is_loopback() || address.is_unspecified() {
            return Some(from);
        }
        let index = match address {
            IpAddr::V4(address) => u32::from(address).checked_sub(u32::from(FIRST_IPV4)),
            IpAddr::V6(address) => {
                let index = u128::from(address).checked_sub(u128::from(FIRST_IPV6));
                index.and_then(|index| u32::try_from(index).ok())
            }
        };
        let regular = index.map(HostId).filter(|host| host.index() < self.len());
        regular.or_else(|| self.extra.get(&address).copied())
    }

    /// Gives a host one more address. Returns false if a host has it already.
    pub(crate) fn add_address(&mut self, host: HostId, address: IpAddr) -> bool {
        if self.host_at(host, address).is_some() {
            return false;
        }
        self.extra.insert(address, host);
        true
    }

    /// Returns the address that a socket sends from, towards this one.
    ///
    /// Source: Linux 6.18, observed.
    pub(crate) fn source(&self, host: HostId, bind: Bind, to: IpAddr) -> io::Result<IpAddr> {
        let is_here = is_for_many(to) || self.host_at(host, to) == Some(host);
        match bind {
            Bind::One(own) | Bind::AllOf(own) if own.is_ipv4() && to.is_ipv6() => Err(errno::wrong_family()),
            Bind::One(own) if own.is_ipv6() && to.is_ipv4() => {
                Err(errno::error(io::ErrorKind::NetworkUnreachable))
            }
            Bind::One(own) if own.is_loopback() && own.is_ipv4() && !is_here => {
                Err(errno::error(io::ErrorKind::InvalidInput))
            }
            Bind::One(own) if !is_for_many(own) => Ok(own),
            _ => Ok(self.source_address(host, to)),
        }
    }

    /// Returns the address that a host sends from, towards this one.
    pub(crate) fn source_address(&self, host: HostId, to: IpAddr) -> IpAddr {
        match to {
            to if to.is_loopback() => to_loopback(to),
            // A host sends to its own address from that address.
            to if self.host_at(host, to) == Some(host) => to,
            IpAddr::V4(_) => IpAddr::V4(ipv4_of(host)),
            IpAddr::V6(_) => IpAddr::V6(ipv6_of(host)),
        }
    }
}
