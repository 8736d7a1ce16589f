//! What happened, in one order: a running digest of all of it, and the last of it to read.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use super::{HostId, queue::Event};
use crate::trace::{self, Trace};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Connect,
    Listen,
    Sent,
    Arrived,
    Lost,
    Rule,
    Host,
    Clock,
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
            Self::Clock => "a clock changed",
        }
    }
}

#[derive(Clone, Debug)]
enum Subject {
    Packet {
        from: HostId,
        to: HostId,
        event: Event,
        /// How many bytes of the code a segment carries; none is the end.
        length: Option<u32>,
    },
    Datagram {
        from: HostId,
        to: HostId,
        length: u32,
    },
    Port {
        host: HostId,
        port: u16,
    },
    /// The number of a change, and what it is, in words.
    Change(u64, Arc<str>),
}

#[derive(Clone, Debug)]
struct Record {
    at: u64,
    /// How many events of the world's trace came before.
    after: u64,
    what: What,
    subject: Subject,
}

/// Counts and digests records; the digest covers when, what, who and how long, not the bytes themselves.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) digest: u64,
    pub(crate) packets: u64,
    /// Where the records stand among the events of the world's trace.
    pub(crate) after: u64,
    /// The world's trace, if it is one to compare: then each record is an event of it.
    pub(crate) trace: Option<Trace>,
    names: Vec<Arc<str>>,
    last: VecDeque<Record>,
    is_cut: bool,
}

impl Transcript {
    /// The next host has this name.
    pub(crate) fn name_host(&mut self, name: Arc<str>) {
        self.names.push(name);
    }

    /// Whether what a packet holds counts.
    pub(crate) const fn sees_bytes(&self) -> bool {
        self.trace.is_some()
    }

    /// `segment` is how many bytes a segment carries, and what they are.
    pub(crate) fn record(
        &mut self,
        at: u64,
        what: What,
        from: HostId,
        to: HostId,
        event: Event,
        segment: Option<(u32, u64)>,
    ) {
        let subject = Subject::Packet { from, to, event, length: segment.map(|(length, _)| length) };
        self.add(at, what, subject, segment.map_or(0, |(_, content)| content));
    }

    pub(crate) fn record_datagram(&mut self, at: u64, what: What, from: HostId, to: HostId, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let content = if self.sees_bytes() { trace::content([payload]) } else { 0 };
        self.add(at, what, Subject::Datagram { from, to, length }, content);
    }

    pub(crate) fn record_listen(&mut self, at: u64, host: HostId, port: u16) {
        self.add(at, What::Listen, Subject::Port { host, port }, 0);
    }

    pub(crate) fn record_change(&mut self, at: u64, what: What, count: u64, words: Arc<str>) {
        self.add(at, what, Subject::Change(count, words), 0);
    }

    fn add(&mut self, at: u64, what: What, subject: Subject, content: u64) {
        self.packets += u64::from(what == What::Sent);
        let (first, second) = subject.words();
        for word in [at, (what as u64) << 60 ^ first, second] {
            self.digest = (self.digest ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        let record = Record { at, after: self.after, what, subject };
        if let Some(trace) = &self.trace {
            let line = record.to_line(&self.names).to_string();
            trace.record(trace::Event::line(what.word(), line, [first, second, content]));
        }
        if self.last.len() == trace::KEPT {
            self.last.pop_front();
            self.is_cut = true;
        }
        self.last.push_back(record);
    }

    /// The last records, the oldest first, each with how many events of the world's trace came before it. Whether
    /// there were more.
    pub(crate) fn lines(&self) -> (Vec<(u64, String)>, bool) {
        let line = |record: &Record| {
            let at = Duration::from_nanos(record.at);
            (record.after, format!("+{at:?} {}", record.to_line(&self.names)))
        };
        (self.last.iter().map(line).collect(), self.is_cut)
    }
}

impl Subject {
    /// What the digest sees.
    fn words(&self) -> (u64, u64) {
        match *self {
            Self::Packet { from, to, event, .. } => {
                let (kind, detail) = event.code();
                (kind << 48 ^ detail, u64::from(from.0) << 32 | u64::from(to.0))
            }
            Self::Datagram { from, to, length } => {
                (0x80 << 48 | u64::from(length), u64::from(from.0) << 32 | u64::from(to.0))
            }
            Self::Port { host, port } => (0x90 << 48, u64::from(host.0) << 16 | u64::from(port)),
            Self::Change(count, _) => (0xa0 << 48, count),
        }
    }
}

impl Record {
    const fn to_line<'a>(&'a self, names: &'a [Arc<str>]) -> Line<'a> {
        Line { record: self, names }
    }
}

/// A record in words, without its time.
struct Line<'a> {
    record: &'a Record,
    names: &'a [Arc<str>],
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.record.what.word();
        let name = |host: HostId| &self.names[host.index()];
        match &self.record.subject {
            Subject::Packet { from, to, .. } if self.record.what == What::Connect => {
                write!(f, "`{}` {what} to `{}`", name(*from), name(*to))
            }
            Subject::Packet { from, to, event, length } => {
                write!(f, "`{}` to `{}`: ", name(*from), name(*to))?;
                match length {
                    None => write!(f, "{} {what}", event.word()),
                    Some(0) => write!(f, "FIN {what}"),
                    Some(1) => write!(f, "{} of 1 byte {what}", event.word()),
                    Some(length) => write!(f, "{} of {length} bytes {what}", event.word()),
                }
            }
            Subject::Datagram { from, to, length } => {
                let bytes = if *length == 1 { "byte" } else { "bytes" };
                write!(f, "`{}` to `{}`: datagram of {length} {bytes} {what}", name(*from), name(*to))
            }
            Subject::Port { host, port } => write!(f, "`{}` listens on port {port}", name(*host)),
            Subject::Change(_, words) => f.write_str(words),
        }
    }
}
