//! Names: records that are known at once, servers that answer for them over datagrams, and what asks them.

mod at_once;
mod host_name;
mod resolver;
mod server;
mod wire;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

pub(super) use self::host_name::is_host_name;
pub use self::{resolver::Resolver, server::NameServer};

/// Where name servers listen.
///
/// Source: RFC 1035, section 4.2.
const PORT: u16 = 53;

/// A record of a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Record {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A host that takes the name's mail; the least preference is tried first.
    Mx {
        /// Lower comes first.
        preference: u16,
        /// The host's name.
        exchange: String,
    },
    /// A text of at most 255 bytes.
    Txt(String),
    /// A host that offers the name's service.
    Srv {
        /// Lower comes first.
        priority: u16,
        /// Among equals, how often it is chosen.
        weight: u16,
        /// Where it listens.
        port: u16,
        /// The host's name.
        target: String,
    },
}

/// The type of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RecordType {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Mail hosts.
    Mx,
    /// Texts.
    Txt,
    /// Services.
    Srv,
}

impl Record {
    /// Makes a record of an address.
    #[must_use]
    pub fn address(address: impl Into<IpAddr>) -> Self {
        match address.into() {
            IpAddr::V4(address) => Self::A(address),
            IpAddr::V6(address) => Self::Aaaa(address),
        }
    }

    pub(super) fn as_address(&self) -> Option<IpAddr> {
        match self {
            Self::A(address) => Some(IpAddr::V4(*address)),
            Self::Aaaa(address) => Some(IpAddr::V6(*address)),
            _ => None,
        }
    }

    /// Makes a record of a mail host.
    #[must_use]
    pub fn mx(preference: u16, exchange: impl Into<String>) -> Self {
        Self::Mx { preference, exchange: exchange.into() }
    }

    /// Returns its type.
    #[must_use]
    pub const fn kind(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Mx { .. } => RecordType::Mx,
            Self::Txt(_) => RecordType::Txt,
            Self::Srv { .. } => RecordType::Srv,
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Mx => "MX",
            Self::Txt => "TXT",
            Self::Srv => "SRV",
        })
    }
}

/// Names are the same in any case, and with a dot at their end.
pub(super) fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

/// Returns whether it names the host that asks.
pub(super) fn is_localhost(name: &str) -> bool {
    name.trim_end_matches('.').eq_ignore_ascii_case("localhost")
}
