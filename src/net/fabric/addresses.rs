//! What addresses mean: the one of nobody, and IPv4 addresses in the form of IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where a packet to this address goes: to the own host if it is the unspecified address.
///
/// Source: Linux 6.18, observed: the peer of a connect to 0.0.0.0 is 127.0.0.1.
pub(crate) fn destination(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip().to_canonical() {
        ip if ip.is_unspecified() => to_loopback(ip),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Whether it is an IPv4 address that was written as one of IPv6.
pub(crate) fn is_mapped(address: SocketAddr) -> bool {
    address.ip() != address.ip().to_canonical()
}

/// The address as a socket of IPv6 shows it.
pub(crate) const fn as_ipv6(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(IpAddr::V6(ip.to_ipv6_mapped()), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// The loopback address of the same family.
pub(super) const fn to_loopback(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

/// Whether it means every host, or a group of them.
pub(crate) fn is_for_many(address: IpAddr) -> bool {
    address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST)
}
