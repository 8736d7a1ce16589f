//! The records of a name.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The port of name servers.
///
/// Source: RFC 1035, section 4.2.
pub(super) const PORT: u16 = 53;

/// A record of a name, as a name server has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Record {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// An alias: the name that has the records.
    Cname(String),
    /// A host that receives the mail of the name. The lowest preference is tried first.
    Mx {
        /// Lower comes first.
        preference: u16,
        /// The host's name.
        exchange: String,
    },
    /// A text of at most 255 bytes.
    Txt(String),
    /// A host that offers the service of the name.
    Srv {
        /// Lower comes first.
        priority: u16,
        /// How often it is chosen among equal priorities.
        weight: u16,
        /// The port of the service.
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
    /// Aliases.
    Cname,
    /// Mail hosts.
    Mx,
    /// Texts.
    Txt,
    /// Services.
    Srv,
}

impl Record {
    /// Returns an `A` or `AAAA` record.
    #[must_use]
    pub fn address(address: impl Into<IpAddr>) -> Self {
        match address.into() {
            IpAddr::V4(address) => Self::A(address),
            IpAddr::V6(address) => Self::Aaaa(address),
        }
    }

    pub(in crate::net) fn as_address(&self) -> Option<IpAddr> {
        match self {
            Self::A(address) => Some(IpAddr::V4(*address)),
            Self::Aaaa(address) => Some(IpAddr::V6(*address)),
            _ => None,
        }
    }

    /// Returns the name that has the records, if this is an alias.
    pub(in crate::net) fn as_alias(&self) -> Option<&str> {
        match self {
            Self::Cname(target) => Some(target),
            _ => None,
        }
    }

    /// Returns an `MX` record.
    #[must_use]
    pub fn mx(preference: u16, exchange: impl Into<String>) -> Self {
        Self::Mx { preference, exchange: exchange.into() }
    }

    /// Returns the type of the record.
    #[must_use]
    pub const fn kind(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Cname(_) => RecordType::Cname,
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
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Txt => "TXT",
            Self::Srv => "SRV",
        })
    }
}

/// A name in the form in which names are compared: in lower case, without the dot at the end.
pub(in crate::net) fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

/// True if the name is that of the local host.
pub(in crate::net) fn is_localhost(name: &str) -> bool {
    name.trim_end_matches('.').eq_ignore_ascii_case("localhost")
}
