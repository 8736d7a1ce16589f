//! One record of the transcript: small and `Copy`, for each message makes three.

use super::super::{
    ids::{ConnId, HostId},
    side::Side,
};

/// What happened, packed: so that it is moved in registers, and that the digest takes it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) at: u64,
    /// How many events of the world's trace came before.
    pub(super) after: u64,
    pub(super) words: [u64; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Connect,
    Refused,
    /// A stack has given up, for want of an answer.
    TimedOut,
    Accept,
    Listen,
    Sent,
    Arrived,
    Lost,
    Read,
    Rule,
    Host,
    Clock,
    Unix,
}

/// From where to where, packed as in a record, into which it is copied: the connection may be gone when somebody reads
/// that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    hosts: u64,
    /// With room for a length.
    ports: u64,
}

/// To what it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// From whom it does to the other; an accept, from the client.
    Connection(Way),
    /// A packet of a connection, by the code of its event; a segment with how many bytes of the code it carries, the
    /// last with none.
    Packet {
        way: Way,
        code: (u64, u64),
        length: u32,
    },
    /// So many bytes of a stream, or its end.
    Bytes {
        way: Way,
        length: u32,
    },
    /// A datagram, and how many bytes of it were read.
    Datagram {
        way: Way,
        length: u32,
        read: u32,
    },
    Port {
        host: HostId,
        port: u16,
    },
    /// The number of its path among all words.
    Unix {
        host: HostId,
        conn: ConnId,
        act: UnixAct,
        path: u32,
    },
    /// The number of a change, and that of its words.
    Change {
        count: u64,
        words: u32,
    },
}

/// What happens at a path. A length of nothing is the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnixAct {
    Listen,
    Connect,
    Accept,
    /// This side has written so many bytes.
    Write(Side, u32),
    /// The other side has read so many of its bytes.
    Read(Side, u32),
    Reset(Side),
}

/// The length of a packet that carries no bytes of the code.
pub(crate) const NO_SEGMENT: u32 = u32::MAX;

/// The length of a datagram that tells that nobody listens.
pub(crate) const UNREACHABLE: u32 = u32::MAX;

/// At a path, and on no connection.
pub(crate) const NOBODY: ConnId = ConnId(u32::MAX);

/// As records have it.
pub(crate) fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

// The kinds of subjects; below are those of packets.
const CONNECTION: u64 = 0x20;
const BYTES: u64 = 0x21;
const DATAGRAM: u64 = 0x22;
const PORT: u64 = 0x23;
const CHANGE: u64 = 0x24;
const UNIX: u64 = 0x30;

impl What {
    const ALL: [Self; 13] = [
        Self::Connect,
        Self::Refused,
        Self::TimedOut,
        Self::Accept,
        Self::Listen,
        Self::Sent,
        Self::Arrived,
        Self::Lost,
        Self::Read,
        Self::Rule,
        Self::Host,
        Self::Clock,
        Self::Unix,
    ];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Connect => "begins to connect to",
            Self::Refused => "is refused by",
            Self::TimedOut => "gives up on",
            Self::Accept => "accepts",
            Self::Listen => "listen",
            Self::Sent => "sent",
            Self::Arrived => "arrived",
            Self::Lost => "lost",
            Self::Read => "read",
            Self::Rule => "the rules changed",
            Self::Host => "a host changed",
            Self::Clock => "a clock changed",
            Self::Unix => "a Unix socket",
        }
    }
}

impl Record {
    pub(super) const EMPTY: Self = Self { at: 0, after: 0, words: [0; 3] };

    #[inline]
    pub(super) fn new(at: u64, after: u64, what: What, subject: Subject) -> Self {
        let [kind, detail, who, how] = subject.pack();
        Self { at, after, words: [(what as u64) << 60 | kind << 48 | detail, who, how] }
    }

    pub(super) fn what(self) -> What {
        What::ALL[(self.words[0] >> 60) as usize]
    }

    pub(super) fn subject(self) -> Subject {
        Subject::unpack(self.words)
    }

    /// Adds a read to the one right before, of the same stream at the same instant: code that reads byte by byte would
    /// push all else out of the last lines. An end stays one line for as long as it is read.
    #[inline]
    pub(super) fn takes_in(&mut self, next: Self) -> bool {
        let [code, who, how] = self.words;
        let is_next = next.words[..2] == [code, who] && next.words[2] >> 32 == how >> 32;
        let is_now = (next.at, next.after) == (self.at, self.after);
        let (length, more) = (low(how), low(next.words[2]));
        if !is_next || !is_now || !self.is_of_a_stream() || (length == 0) != (more == 0) {
            return false;
        }
        self.words[2] = how >> 32 << 32 | u64::from(length.saturating_add(more));
        true
    }

    /// A read of bytes, not of a datagram.
    const fn is_of_a_stream(&self) -> bool {
        let kind = self.words[0] >> 48 & 0xff;
        kind == BYTES || kind >= UNIX
    }
}

impl Way {
    #[inline]
    pub(crate) const fn new([from, to]: [HostId; 2], [near, far]: [u16; 2]) -> Self {
        let hosts = (from.0 as u64) << 32 | to.0 as u64;
        Self { hosts, ports: (near as u64) << 48 | (far as u64) << 32 }
    }

    /// The hosts, each with its port.
    #[expect(clippy::cast_possible_truncation, reason = "it takes 16 bits")]
    pub(super) const fn ends(self) -> [(HostId, u16); 2] {
        let [from, to] = [HostId(low(self.hosts >> 32)), HostId(low(self.hosts))];
        [(from, (self.ports >> 48) as u16), (to, (self.ports >> 32) as u16)]
    }
}

impl Subject {
    /// Its kind, a detail of up to 48 bits, and two words.
    #[inline]
    fn pack(self) -> [u64; 4] {
        match self {
            Self::Connection(Way { hosts, ports }) => [CONNECTION, 0, hosts, ports],
            Self::Packet { way, code: (kind, detail), length } => {
                [kind, detail, way.hosts, way.ports | u64::from(length)]
            }
            Self::Bytes { way, length } => [BYTES, 0, way.hosts, way.ports | u64::from(length)],
            Self::Datagram { way, length, read } => {
                [DATAGRAM, u64::from(read), way.hosts, way.ports | u64::from(length)]
            }
            Self::Port { host, port } => [PORT, 0, u64::from(host.0) << 32, u64::from(port) << 48],
            Self::Unix { host, conn, act, path } => {
                let (kind, length) = match act {
                    UnixAct::Listen => (0, 0),
                    UnixAct::Connect => (1, 0),
                    UnixAct::Accept => (2, 0),
                    UnixAct::Write(side, length) => (4 + side as u64, length),
                    UnixAct::Read(side, length) => (6 + side as u64, length),
                    UnixAct::Reset(side) => (8 + side as u64, 0),
                };
                let who = u64::from(host.0) << 32 | u64::from(conn.0);
                [UNIX + kind, 0, who, u64::from(path) << 32 | u64::from(length)]
            }
            Self::Change { count, words } => [CHANGE, u64::from(words), count, 0],
        }
    }

    fn unpack([code, who, how]: [u64; 3]) -> Self {
        let (kind, detail, length) = (code >> 48 & 0xff, code & 0xffff_ffff_ffff, low(how));
        let way = Way { hosts: who, ports: how >> 32 << 32 };
        match kind {
            CONNECTION => Self::Connection(way),
            BYTES => Self::Bytes { way, length },
            DATAGRAM => Self::Datagram { way, length, read: low(detail) },
            PORT => Self::Port { host: way.ends()[0].0, port: way.ends()[0].1 },
            CHANGE => Self::Change { count: who, words: low(detail) },
            UNIX.. => {
                let side = if kind & 1 == 0 { Side::Client } else { Side::Server };
                let act = match kind - UNIX {
                    0 => UnixAct::Listen,
                    1 => UnixAct::Connect,
                    2 => UnixAct::Accept,
                    4 | 5 => UnixAct::Write(side, length),
                    6 | 7 => UnixAct::Read(side, length),
                    _ => UnixAct::Reset(side),
                };
                Self::Unix { host: way.ends()[0].0, conn: ConnId(low(who)), act, path: low(how >> 32) }
            }
            _ => Self::Packet { way, code: (kind, detail), length },
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it takes the lower half of a word")]
const fn low(word: u64) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_what_went_into_it() {
        let way = Way::new([HostId(0xdead_beef), HostId(0xffff_0001)], [65535, 1]);
        let (host, conn) = (HostId(u32::MAX), ConnId(0x8000_0001));
        let (count, length) = (u64::MAX, 0x8765_4321);
        let mut subjects = vec![
            Subject::Connection(way),
            Subject::Bytes { way, length },
            Subject::Datagram { way, length, read: u32::MAX },
            Subject::Port { host, port: 65535 },
            Subject::Change { count, words: u32::MAX },
        ];
        let code = |kind| if kind == 5 { (kind, (1 << 40) - 1) } else { (kind, 0) };
        subjects.extend((1..=15).map(|kind| Subject::Packet { way, code: code(kind), length }));
        let mut acts = vec![UnixAct::Listen, UnixAct::Connect, UnixAct::Accept];
        for side in [Side::Client, Side::Server] {
            acts.extend([UnixAct::Write(side, length), UnixAct::Read(side, 0), UnixAct::Reset(side)]);
        }
        subjects.extend(acts.into_iter().map(|act| Subject::Unix { host, conn, act, path: u32::MAX }));
        for subject in subjects {
            for what in What::ALL {
                let record = Record::new(1, 2, what, subject);
                assert_eq!((record.what(), record.subject()), (what, subject));
            }
        }
        assert_eq!(way.ends(), [(HostId(0xdead_beef), 65535), (HostId(0xffff_0001), 1)]);
    }

    #[test]
    fn a_record_is_small() {
        assert!(size_of::<Record>() <= 40, "{}", size_of::<Record>());
    }
}
