//! The options of sockets: those that the network has are set there, and all are kept.

use std::{
    collections::BTreeMap,
    ffi::c_int,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::PoisonError,
    time::Duration,
};

use unplugged::{
    __private::raw::Datagrams,
    net::{KeepAlive, TcpStream},
};

use super::{Family, Kind, Socket, State, number};

/// An option: its level and its name.
type Name = (c_int, c_int);

/// Linux's defaults, where they are not zero.
///
/// Source: Linux 6.18, tcp(7), socket(7), ip(7).
const DEFAULTS: [(Name, c_int); 7] = [
    ((libc::SOL_SOCKET, libc::SO_SNDBUF), 16_384),
    ((libc::SOL_SOCKET, libc::SO_RCVBUF), 131_072),
    ((libc::IPPROTO_TCP, libc::TCP_KEEPIDLE), 7200),
    ((libc::IPPROTO_TCP, libc::TCP_KEEPINTVL), 75),
    ((libc::IPPROTO_TCP, libc::TCP_KEEPCNT), 9),
    ((libc::IPPROTO_IP, libc::IP_TTL), 64),
    ((libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP), 1),
];

/// The options that were set.
#[derive(Clone, Debug, Default)]
pub(super) struct Options(BTreeMap<Name, Vec<u8>>);

impl Options {
    /// Returns an option as a number.
    fn number(&self, name: Name) -> c_int {
        let set =
            self.0.get(&name).and_then(|value| value.first_chunk()).map(|value| c_int::from_ne_bytes(*value));
        set.unwrap_or_else(|| {
            DEFAULTS.iter().find(|(known, _)| *known == name).map_or(0, |(_, value)| *value)
        })
    }

    /// Returns whether a close is to reset the connection: `SO_LINGER` is on, and zero.
    pub(super) fn lingers_not(&self) -> bool {
        let value = self.0.get(&(libc::SOL_SOCKET, libc::SO_LINGER));
        value.is_some_and(|value| value.len() >= 8 && value[..4] != [0; 4] && value[4..8] == [0; 4])
    }

    /// Returns the options that a connection takes over from its listener.
    pub(super) fn inherited(&self) -> Self {
        let is_left = |name: &Name| *name == (libc::SOL_SOCKET, libc::SO_REUSEADDR);
        Self(
            self.0
                .iter()
                .filter(|(name, _)| !is_left(name))
                .map(|(name, value)| (*name, value.clone()))
                .collect(),
        )
    }

    pub(super) fn apply_to_stream(&self, stream: &TcpStream) {
        for name in self.0.keys() {
            let _kept = self.apply_one(*name, stream);
        }
    }

    /// Hands the network an option that it has.
    fn apply_one(&self, name: Name, stream: &TcpStream) -> Result<(), c_int> {
        let seconds =
            |name| Duration::from_secs(u64::try_from(self.number((libc::IPPROTO_TCP, name))).unwrap_or(0));
        let applied = match name {
            (libc::IPPROTO_TCP, libc::TCP_NODELAY) => stream.set_nodelay(self.number(name) != 0),
            (libc::SOL_SOCKET, libc::SO_KEEPALIVE)
            | (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE | libc::TCP_KEEPINTVL | libc::TCP_KEEPCNT) => {
                let is_on = self.number((libc::SOL_SOCKET, libc::SO_KEEPALIVE)) != 0;
                let probes = u32::try_from(self.number((libc::IPPROTO_TCP, libc::TCP_KEEPCNT))).unwrap_or(0);
                let setting = KeepAlive::after(seconds(libc::TCP_KEEPIDLE))
                    .every(seconds(libc::TCP_KEEPINTVL))
                    .probes(probes);
                stream.set_keep_alive(is_on.then_some(setting))
            }
            (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT) => {
                let millis = u64::try_from(self.number(name)).unwrap_or(0);
                stream.set_user_timeout((millis > 0).then(|| Duration::from_millis(millis)))
            }
            _ => Ok(()),
        };
        applied.map_err(|error| number(&error))
    }

    pub(super) fn apply_to_datagrams(&self, socket: &Datagrams) {
        for (name, value) in &self.0 {
            let _kept = apply_to_datagrams(socket, *name, value);
        }
    }
}

fn apply_to_datagrams(socket: &Datagrams, name: Name, value: &[u8]) -> Result<(), c_int> {
    let socket = socket.socket();
    let is_on = value.iter().any(|byte| *byte != 0);
    // Both structures begin with the address of the group.
    let group4 =
        || value.first_chunk::<4>().map(|octets| IpAddr::V4(Ipv4Addr::from(*octets))).ok_or(libc::EINVAL);
    let group6 =
        || value.first_chunk::<16>().map(|octets| IpAddr::V6(Ipv6Addr::from(*octets))).ok_or(libc::EINVAL);
    let applied = match name {
        (libc::SOL_SOCKET, libc::SO_BROADCAST) => socket.set_broadcast(is_on),
        (libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP) | (libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP) => {
            socket.set_multicast_loop(is_on)
        }
        (libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP) => socket.join_multicast(group4()?),
        (libc::IPPROTO_IP, libc::IP_DROP_MEMBERSHIP) => socket.leave_multicast(group4()?),
        (libc::IPPROTO_IPV6, libc::IPV6_ADD_MEMBERSHIP) => socket.join_multicast(group6()?),
        (libc::IPPROTO_IPV6, libc::IPV6_DROP_MEMBERSHIP) => socket.leave_multicast(group6()?),
        _ => Ok(()),
    };
    applied.map_err(|error| number(&error))
}

impl Socket {
    /// `setsockopt(2)`
    pub(crate) fn set_option(&self, name: Name, value: &[u8]) -> Result<(), c_int> {
        if self.family == Family::Unix && name.0 != libc::SOL_SOCKET {
            return Err(libc::EOPNOTSUPP);
        }
        if self.kind == Kind::Datagram && name.0 == libc::IPPROTO_TCP {
            return Err(libc::ENOPROTOOPT);
        }
        let state = self.lock();
        if let State::Datagrams(socket) = &*state {
            apply_to_datagrams(socket, name, value)?;
        } else if self.kind == Kind::Datagram
            && matches!(name.1, libc::IP_ADD_MEMBERSHIP | libc::IPV6_ADD_MEMBERSHIP)
        {
            // It is kept, and joined once the socket is bound.
        }
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        let old = options.0.insert(name, kept(name, value));
        if let State::Stream(connection) = &*state {
            if let Err(error) = options.apply_one(name, connection.stream.settings()) {
                match old {
                    Some(old) => _ = options.0.insert(name, old),
                    None => _ = options.0.remove(&name),
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// `getsockopt(2)`
    pub(crate) fn option(&self, name: Name) -> Result<Vec<u8>, c_int> {
        let number = |number: c_int| Ok(number.to_ne_bytes().to_vec());
        match name {
            (libc::SOL_SOCKET, libc::SO_ERROR) => return number(self.take_error()),
            (libc::SOL_SOCKET, libc::SO_TYPE) => {
                return number(if self.kind == Kind::Stream { libc::SOCK_STREAM } else { libc::SOCK_DGRAM });
            }
            (libc::SOL_SOCKET, libc::SO_DOMAIN) => return number(self.family.number()),
            (libc::SOL_SOCKET, libc::SO_PROTOCOL) => {
                return number(match (self.family, self.kind) {
                    (Family::Unix, _) => 0,
                    (_, Kind::Stream) => libc::IPPROTO_TCP,
                    (_, Kind::Datagram) => libc::IPPROTO_UDP,
                });
            }
            (libc::SOL_SOCKET, libc::SO_ACCEPTCONN) => {
                return number(matches!(&*self.lock(), State::Listening(..)).into());
            }
            _ => {}
        }
        let options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        match (options.0.get(&name), name) {
            (Some(value), _) => Ok(value.clone()),
            (None, (libc::SOL_SOCKET, libc::SO_LINGER)) => Ok(vec![0; 8]),
            (None, (libc::SOL_SOCKET, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO)) => Ok(vec![0; 16]),
            (None, _) => number(options.number(name)),
        }
    }
}

/// Returns what is kept of a value. Linux doubles the sizes of buffers, and makes a number of what is on or off.
///
/// Source: Linux 6.18, `sk_setsockopt`.
fn kept(name: Name, value: &[u8]) -> Vec<u8> {
    let number = value.first_chunk().map(|value| c_int::from_ne_bytes(*value));
    match (name, number) {
        ((libc::SOL_SOCKET, libc::SO_SNDBUF | libc::SO_RCVBUF), Some(size)) => {
            size.saturating_mul(2).to_ne_bytes().to_vec()
        }
        (
            (
                libc::SOL_SOCKET,
                libc::SO_REUSEADDR | libc::SO_REUSEPORT | libc::SO_KEEPALIVE | libc::SO_BROADCAST,
            )
            | (libc::IPPROTO_TCP, libc::TCP_NODELAY),
            Some(is_on),
        ) => c_int::from(is_on != 0).to_ne_bytes().to_vec(),
        _ => value.to_vec(),
    }
}

impl Family {
    pub(crate) const fn number(self) -> c_int {
        match self {
            Self::V4 => libc::AF_INET,
            Self::V6 => libc::AF_INET6,
            Self::Unix => libc::AF_UNIX,
        }
    }
}
