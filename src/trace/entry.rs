//! Entries of a log, and what they tell of.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
};

use super::{
    CustomEvent, EventKind,
    digest::{Digest, word_of},
};
use crate::violation::SourceLocation;

/// An event as a log holds it. Its bytes lie beside it, and so does its subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// In nanoseconds.
    pub(super) at: u64,
    /// How many bytes it tells of.
    pub(super) size: u32,
    /// How many of them are kept.
    pub(super) kept: u32,
    /// `None`: its subject is in the list of subjects.
    pub(super) flow: Option<FlowId>,
    pub(super) kind: EventKind,
}

/// The number of one direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlowId(NonZeroU32);

impl FlowId {
    /// Returns the number of the other direction.
    pub(crate) const fn reversed(self) -> Self {
        match NonZeroU32::new(self.0.get() ^ 1) {
            Some(number) => Self(number),
            None => self, // the lowest number is 2
        }
    }

    pub(super) const fn is_reversed(self) -> bool {
        self.0.get() & 1 == 1
    }

    pub(super) const fn index(self) -> usize {
        (self.0.get() >> 1) as usize - 1
    }

    pub(super) fn of(index: usize) -> Self {
        let number = u32::try_from((index + 1) << 1).ok().and_then(NonZeroU32::new);
        Self(number.expect("there are fewer than two billion connections"))
    }
}

/// The two ends of a packet's way: sender and receiver. Of an act on a connection: the end that acts, and the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    /// The numbers of the hosts.
    hosts: [u32; 2],
    addresses: [IpAddr; 2],
    ports: [u16; 2],
}

/// Whom an event concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A packet, or bytes of a connection that were read.
    Packet(Ends),
    /// A datagram that was read. Of a larger one the rest was cut off.
    Datagram {
        ends: Ends,
        length: u32,
    },
    /// A connection as a whole. The address that it goes to may have no host.
    Connection {
        ends: Ends,
        has_host: bool,
    },
    /// A socket that listens.
    Port {
        host: u32,
        address: SocketAddr,
    },
    /// A Unix socket. The code that connected, or the code that accepted.
    Path {
        host: u32,
        /// The number of the connection, which tells reads of two connections apart.
        conn: u32,
        path: Arc<str>,
        by_client: bool,
    },
    /// A change that the words tell.
    Change {
        host: Option<u32>,
        words: Arc<str>,
    },
    Timer {
        name: Option<Arc<str>>,
        repeats: bool,
        made_at: SourceLocation,
    },
    /// A task, or an end of a pipe.
    Made {
        name: Option<Arc<str>>,
        made_at: SourceLocation,
    },
    /// A step of a scripted peer.
    #[cfg(feature = "tokio")]
    Step {
        peer: Arc<str>,
        words: Arc<str>,
        made_at: SourceLocation,
    },
    /// A panic, or an injected fault.
    Text(Arc<str>),
    Custom(Box<CustomEvent>),
}

impl Ends {
    pub(crate) const fn new(hosts: [u32; 2], [from, to]: [SocketAddr; 2]) -> Self {
        Self { hosts, addresses: [from.ip(), to.ip()], ports: [from.port(), to.port()] }
    }

    pub(super) const fn hosts(&self) -> [u32; 2] {
        self.hosts
    }

    /// Returns these ends, from the other to the one.
    pub(super) const fn reversed(&self) -> Self {
        let ([from, to], [source, destination]) = (self.hosts, self.addresses);
        Self { hosts: [to, from], addresses: [destination, source], ports: [self.ports[1], self.ports[0]] }
    }

    /// Hosts and ports as one word.
    #[inline]
    pub(super) const fn word(&self) -> u64 {
        Self::word_of(self.hosts, self.ports)
    }

    #[inline]
    pub(super) const fn word_of([from, to]: [u32; 2], [source, destination]: [u16; 2]) -> u64 {
        Digest::of([(from as u64) << 32 | to as u64, (source as u64) << 16 | destination as u64])
    }

    /// Returns whether it is these ends. Copies none: a copy of what was just made has to wait for its parts.
    #[inline]
    pub(super) fn are(&self, hosts: [u32; 2], [from, to]: [&SocketAddr; 2]) -> bool {
        let [source, destination] = &self.addresses;
        self.hosts == hosts
            && self.ports == [from.port(), to.port()]
            && is_of(from, source)
            && is_of(to, destination)
    }

    pub(super) const fn sockets(&self) -> [SocketAddr; 2] {
        let [from, to] = self.addresses;
        [SocketAddr::new(from, self.ports[0]), SocketAddr::new(to, self.ports[1])]
    }
}

#[inline]
fn is_of(socket: &SocketAddr, address: &IpAddr) -> bool {
    match (socket, address) {
        (SocketAddr::V4(socket), IpAddr::V4(address)) => socket.ip() == address,
        (SocketAddr::V6(socket), IpAddr::V6(address)) => socket.ip() == address,
        _ => false,
    }
}

impl Subject {
    /// Hosts, ports and what else is no content, as one word.
    pub(super) fn word(&self) -> u64 {
        match self {
            Self::Packet(ends) | Self::Connection { ends, .. } => ends.word(),
            Self::Datagram { ends, length } => Digest::of([ends.word(), u64::from(*length)]),
            Self::Port { host, address } => Digest::of([u64::from(*host) << 32 | u64::from(address.port())]),
            Self::Path { host, by_client, .. } => {
                Digest::of([u64::from(*host) << 32 | u64::from(*by_client)])
            }
            Self::Change { host, .. } => Digest::of([host.map_or(u64::MAX, u64::from)]),
            Self::Custom(custom) => Digest::of([word_of(custom.what)]),
            Self::Timer { repeats, .. } => Digest::of([u64::from(*repeats)]),
            Self::Made { .. } | Self::Text(_) => 0,
            #[cfg(feature = "tokio")]
            Self::Step { .. } => 0,
        }
    }

    /// Names, texts and numbers.
    pub(super) fn digest_content(&self, digest: &mut Digest) {
        match self {
            Self::Packet(_) | Self::Datagram { .. } | Self::Port { .. } => {}
            Self::Connection { ends, has_host } => {
                if !has_host {
                    digest.text(&ends.sockets()[1].to_string());
                }
            }
            Self::Path { path: text, .. } | Self::Change { words: text, .. } | Self::Text(text) => {
                digest.text(text);
            }
            #[cfg(feature = "tokio")]
            Self::Step { peer, words, .. } => [peer, words].into_iter().for_each(|text| digest.text(text)),
            Self::Timer { name, .. } | Self::Made { name, .. } => {
                name.iter().for_each(|name| digest.text(name));
            }
            Self::Custom(custom) => {
                custom.name.iter().for_each(|name| digest.text(name));
                custom.numbers.iter().for_each(|number| digest.word(*number));
            }
        }
    }
}

impl Entry {
    pub(super) fn new(at: u64, kind: EventKind, size: usize, flow: Option<FlowId>) -> Self {
        Self { at, size: u32::try_from(size).unwrap_or(u32::MAX), kept: 0, flow, kind }
    }

    /// Instant, kind and size; `whom` is the word of the subject.
    #[inline]
    pub(super) const fn digest(&self, whom: u64, digest: &mut Digest) {
        digest.word(self.at);
        digest.word(whom ^ (self.kind.code() << 48 | self.size as u64));
    }

    /// Returns whether `next` is a read that goes on where this one stopped, of the same stream or of the same subject. Code
    /// that reads byte by byte would push everything else out of a short record. An end stays one event however often it
    /// is read.
    #[inline]
    pub(super) fn takes_in(&self, next: &Self) -> bool {
        next.kind == EventKind::Read
            && self.kind == EventKind::Read
            && self.at == next.at
            && (self.size == 0) == (next.size == 0)
            && self.flow == next.flow
    }
}
