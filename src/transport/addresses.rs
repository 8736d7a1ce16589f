//! The default addresses of streams.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Source: RFC 5737, TEST-NET-1; the port is the first of the dynamic ones of RFC 6335.
pub(super) const CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 49152);

/// Source: RFC 5737, TEST-NET-1.
pub(super) const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 80);
