//! `ConnectTo`: the destination of a connection or a datagram.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

/// The destination of a connection or a datagram: `"server:80"`, a name and a port, or a socket address.
///
/// It prints as `server:80`, or as the address. A text that is neither prints as `nowhere`, and is an error when it is
/// used.
///
/// ```
/// use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
/// use unplugged_seam::ConnectTo;
///
/// for (to, text) in [
///     (ConnectTo::from("server:80"), "server:80"),
///     (ConnectTo::from(("server", 80)), "server:80"),
///     (ConnectTo::from((Ipv4Addr::new(10, 0, 0, 2), 80)), "10.0.0.2:80"),
///     (ConnectTo::from((Ipv6Addr::LOCALHOST, 80)), "[::1]:80"),
///     (ConnectTo::from(SocketAddr::from(([10, 0, 0, 2], 80))), "10.0.0.2:80"),
/// ] {
///     assert_eq!(to.to_string(), text);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectTo(Result<Known, String>);

#[derive(Clone, Debug)]
enum Known {
    Address(SocketAddr),
    Name(Arc<str>, u16),
}

/// The address or the name in a [`ConnectTo`], for a [`Dial`](crate::Dial) of your own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: an address or a name")]
pub enum Destination<'a> {
    /// An address.
    Address(SocketAddr),
    /// A name that must be resolved, and a port.
    Name(&'a str, u16),
}

impl ConnectTo {
    /// Returns what it names.
    ///
    /// # Errors
    /// `InvalidInput` if it was made of a text that holds no valid port.
    pub fn destination(&self) -> io::Result<Destination<'_>> {
        match &self.0 {
            Ok(Known::Address(address)) => Ok(Destination::Address(*address)),
            Ok(Known::Name(name, port)) => Ok(Destination::Name(name, *port)),
            Err(why) => Err(io::Error::new(io::ErrorKind::InvalidInput, why.clone())),
        }
    }
}

impl fmt::Display for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(Known::Address(address)) => write!(f, "{address}"),
            Ok(Known::Name(name, port)) => write!(f, "{name}:{port}"),
            Err(_) => f.write_str("nowhere"),
        }
    }
}

impl From<&str> for ConnectTo {
    fn from(text: &str) -> Self {
        if let Ok(address) = text.parse() {
            return Self(Ok(Known::Address(address)));
        }
        let Some((name, port)) = text.rsplit_once(':') else {
            return Self(Err(format!("{text:?} names no port: write `server:80`")));
        };
        match port.parse::<u16>() {
            // `u16` reads a sign; a port has none.
            Ok(port) if !text.contains(":+") => Self::from((name, port)),
            _ => Self(Err(format!("{port:?} is no port: write a number from 0 to 65535"))),
        }
    }
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
        Self(Ok(Known::Address(address)))
    }
}

macro_rules! from_address {
    ($($address:ty),*) => {$(
        impl From<($address, u16)> for ConnectTo {
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
            Err(_) => Self(Ok(Known::Name(name.into(), port))),
        }
    }
}

impl From<(String, u16)> for ConnectTo {
    fn from((name, port): (String, u16)) -> Self {
        (name.as_str(), port).into()
    }
}
