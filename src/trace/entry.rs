//! Entries of the record: as small as they can be, since each message makes three.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use super::{CustomEvent, EventKind, digest::Digest};
use crate::violation::SourceLocation;

/// An event as the ring holds it. Its bytes lie beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// In nanoseconds.
    pub(super) at: u64,
    pub(super) kind: EventKind,
    /// How many bytes it tells of.
    pub(super) size: u32,
    /// How many of them are kept.
    pub(super) kept: u32,
    pub(super) subject: Subject,
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

    #[inline]
    fn digest(&self, digest: &mut Digest) {
        let ([from, to], [near, far]) = (self.hosts, self.ports);
        digest.word(u64::from(from) << 32 | u64::from(to));
        digest.word(u64::from(near) << 16 | u64::from(far));
    }

    pub(super) const fn sockets(&self) -> [SocketAddr; 2] {
        let [from, to] = self.addresses;
        [SocketAddr::new(from, self.ports[0]), SocketAddr::new(to, self.ports[1])]
    }
}

/// Does what [`Entry::digest`] does for a packet, without an entry.
#[cfg(feature = "tokio")]
#[inline]
pub(super) fn digest_packet(digest: &mut Digest, at: u64, kind: EventKind, size: u32, ends: &Ends) {
    digest.word(at);
    digest.word(kind.code() << 48 | u64::from(size));
    ends.digest(digest);
}

impl Entry {
    pub(super) fn new(at: u64, kind: EventKind, size: usize, subject: Subject) -> Self {
        Self { at, kind, size: u32::try_from(size).unwrap_or(u32::MAX), kept: 0, subject }
    }

    /// Hosts, instant, kind and size.
    #[inline]
    pub(super) fn digest(&self, digest: &mut Digest) {
        digest.word(self.at);
        digest.word(self.kind.code() << 48 | u64::from(self.size));
        match &self.subject {
            Subject::Packet(ends) | Subject::Connection { ends, .. } => ends.digest(digest),
            Subject::Datagram { ends, length } => {
                ends.digest(digest);
                digest.word(u64::from(*length));
            }
            Subject::Port { host, address } => {
                digest.word(u64::from(*host) << 32 | u64::from(address.port()))
            }
            Subject::Path { host, by_client, .. } => {
                digest.word(u64::from(*host) << 32 | u64::from(*by_client))
            }
            Subject::Change { host, .. } => digest.word(host.map_or(u64::MAX, u64::from)),
            Subject::Custom(custom) => digest.text(custom.what),
            Subject::Timer { repeats, .. } => digest.word(u64::from(*repeats)),
            Subject::Made { .. } | Subject::Text(_) => {}
        }
    }

    /// Names, texts and numbers, but for its bytes.
    pub(super) fn digest_content(&self, digest: &mut Digest) {
        self.digest(digest);
        match &self.subject {
            Subject::Packet(_) | Subject::Datagram { .. } | Subject::Port { .. } => {}
            Subject::Connection { ends, has_host } => {
                if !has_host {
                    digest.text(&ends.sockets()[1].to_string());
                }
            }
            Subject::Path { path: text, .. } | Subject::Change { words: text, .. } | Subject::Text(text) => {
                digest.text(text);
            }
            Subject::Timer { name, .. } | Subject::Made { name, .. } => {
                name.iter().for_each(|name| digest.text(name));
            }
            Subject::Custom(custom) => {
                custom.name.iter().for_each(|name| digest.text(name));
                custom.numbers.iter().for_each(|number| digest.word(*number));
            }
        }
    }

    /// Returns whether `next` is a read that goes on where this one stopped: of the same stream, at the same instant. Code that
    /// reads byte by byte would push everything else out of a short record. An end stays one event however often it is
    /// read.
    #[inline]
    pub(super) fn takes_in(&self, next: &Self) -> bool {
        next.kind == EventKind::Read
            && self.kind == EventKind::Read
            && self.at == next.at
            && (self.size == 0) == (next.size == 0)
            && matches!(next.subject, Subject::Packet(_) | Subject::Path { .. })
            && self.subject == next.subject
    }
}
