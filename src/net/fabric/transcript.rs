//! What happened, in one order: a running digest of all of it, and the last of it to read.

use std::{collections::VecDeque, fmt, time::Duration};

use super::{HostId, queue::Event};
use crate::trace;

/// How many records are kept to be read.
const KEPT: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Connect,
    Listen,
    Sent,
    Arrived,
    Lost,
    Rule,
    Host,
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Connect => "begins to connect",
            Self::Listen => "listen",
            Self::Sent => "sent",
            Self::Arrived => "arrived",
            Self::Lost => "lost",
            Self::Rule => "the rules changed",
            Self::Host => "a host changed",
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Subject {
    Packet { from: HostId, to: HostId, event: Event },
    Datagram { from: HostId, to: HostId, length: u32 },
    Port { host: HostId, port: u16 },
    Count(u64),
}

#[derive(Clone, Copy, Debug)]
struct Record {
    at: u64,
    what: What,
    subject: Subject,
}

/// Counts and digests records; the digest covers when, what, who and how long, not the bytes themselves.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) digest: u64,
    pub(crate) packets: u64,
    last: VecDeque<Record>,
}

impl Transcript {
    pub(crate) fn record(&mut self, at: u64, what: What, from: HostId, to: HostId, event: Event) {
        self.add(Record { at, what, subject: Subject::Packet { from, to, event } });
    }

    pub(crate) fn record_datagram(&mut self, at: u64, what: What, from: HostId, to: HostId, length: usize) {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.add(Record { at, what, subject: Subject::Datagram { from, to, length } });
    }

    pub(crate) fn record_listen(&mut self, at: u64, host: HostId, port: u16) {
        self.add(Record { at, what: What::Listen, subject: Subject::Port { host, port } });
    }

    pub(crate) fn record_change(&mut self, at: u64, what: What, count: u64) {
        self.add(Record { at, what, subject: Subject::Count(count) });
    }

    fn add(&mut self, record: Record) {
        self.packets += u64::from(record.what == What::Sent);
        let (first, second) = record.subject.words();
        let what = record.what as u64;
        for word in [record.at, what << 60 ^ first, second] {
            self.digest = (self.digest ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        if trace::is_digested() {
            let show = record.subject.show();
            trace::on(|| trace::Event::new(record.what.word()).numbers([first, second, 0], show));
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(record);
    }

    /// The last records, the oldest first.
    pub(crate) fn lines<'a>(&self, name: impl Fn(HostId) -> &'a str) -> Vec<String> {
        self.last.iter().map(|record| record.line(&name)).collect()
    }
}

impl Subject {
    /// How its second word reads in a trace that is compared.
    fn show(self) -> fn(&[u64; 3], &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet { .. } | Self::Datagram { .. } => {
                |[_, hosts, _], f| write!(f, "host {} to host {}", hosts >> 32, hosts & 0xffff_ffff)
            }
            Self::Port { .. } => |[_, port, _], f| write!(f, "host {}, port {}", port >> 16, port & 0xffff),
            Self::Count(_) => |[_, count, _], f| write!(f, "number {count}"),
        }
    }

    /// What the digest sees.
    fn words(self) -> (u64, u64) {
        match self {
            Self::Packet { from, to, event } => {
                let (kind, detail) = event.code();
                (kind << 48 ^ detail, u64::from(from.0) << 32 | u64::from(to.0))
            }
            Self::Datagram { from, to, length } => {
                (0x80 << 48 | u64::from(length), u64::from(from.0) << 32 | u64::from(to.0))
            }
            Self::Port { host, port } => (0x90 << 48, u64::from(host.0) << 16 | u64::from(port)),
            Self::Count(count) => (0xa0 << 48, count),
        }
    }
}

impl Record {
    fn line<'a>(&self, name: impl Fn(HostId) -> &'a str) -> String {
        let (at, what) = (Duration::from_nanos(self.at), self.what.word());
        match self.subject {
            Subject::Packet { from, to, .. } if self.what == What::Connect => {
                format!("+{at:?} `{}` {what} to `{}`", name(from), name(to))
            }
            Subject::Packet { from, to, event } => {
                format!("+{at:?} `{}` to `{}`: {} {what}", name(from), name(to), event.word())
            }
            Subject::Datagram { from, to, length } => {
                format!("+{at:?} `{}` to `{}`: datagram of {length} bytes {what}", name(from), name(to))
            }
            Subject::Port { host, port } => format!("+{at:?} `{}` listens on port {port}", name(host)),
            Subject::Count(_) => format!("+{at:?} {what}"),
        }
    }
}
