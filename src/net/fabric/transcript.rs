//! What happened, in one order: a running digest of all of it, and the last of it to read.

use std::{collections::VecDeque, fmt, path::Path, sync::Arc, time::Duration};

use super::{HostId, Side, queue::Event, unix::show};
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
    Unix,
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
            Self::Unix => "a Unix socket",
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Subject {
    Packet {
        from: HostId,
        to: HostId,
        event: Event,
        /// How many bytes of the code a segment carries; 0 is the end.
        length: u32,
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
    /// What happens at a path, and the number of its words.
    Unix {
        host: HostId,
        act: UnixAct,
        path: u64,
    },
    /// The number of a change, and that of its words.
    Change(u64, u64),
}

/// What is said of a packet that carries no bytes of the code.
const NO_SEGMENT: u32 = u32::MAX;

/// What happens at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnixAct {
    Listen,
    Connect,
    /// This side has written so many bytes; none is its end.
    Write(Side, u32),
    Reset(Side),
}

/// Small and `Copy`: each packet makes two.
#[derive(Clone, Copy, Debug)]
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
    /// The world's trace, among whose events the records have their places.
    trace: Option<Trace>,
    /// It is one to compare: then each record is an event of it.
    is_compared: bool,
    names: Vec<Arc<str>>,
    last: VecDeque<Record>,
    /// The last words that records need, and how many there were.
    words: VecDeque<Arc<str>>,
    said: u64,
    is_cut: bool,
}

impl Transcript {
    pub(crate) fn report_to(&mut self, trace: Trace) {
        self.is_compared = trace.is_digested();
        self.trace = Some(trace);
    }

    /// The next host has this name.
    pub(crate) fn name_host(&mut self, name: Arc<str>) {
        self.names.push(name);
    }

    /// Whether what a packet holds counts.
    pub(crate) const fn sees_bytes(&self) -> bool {
        self.is_compared
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
        let (length, content) = segment.unwrap_or((NO_SEGMENT, 0));
        self.add(at, what, Subject::Packet { from, to, event, length }, content);
    }

    pub(crate) fn record_datagram(&mut self, at: u64, what: What, from: HostId, to: HostId, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let content = if self.sees_bytes() { trace::content([payload]) } else { 0 };
        self.add(at, what, Subject::Datagram { from, to, length }, content);
    }

    pub(crate) fn record_listen(&mut self, at: u64, host: HostId, port: u16) {
        self.add(at, What::Listen, Subject::Port { host, port }, 0);
    }

    pub(crate) fn record_unix(&mut self, at: u64, host: HostId, path: &Path, act: UnixAct, content: u64) {
        let path = self.say(show(path).into());
        self.add(at, What::Unix, Subject::Unix { host, act, path }, content);
    }

    pub(crate) fn record_change(&mut self, at: u64, what: What, count: u64, words: Arc<str>) {
        let words = self.say(words);
        self.add(at, what, Subject::Change(count, words), 0);
    }

    /// Keeps words for as long as their record, and gives their number.
    fn say(&mut self, words: Arc<str>) -> u64 {
        if self.words.len() == trace::KEPT {
            self.words.pop_front();
        }
        self.words.push_back(words);
        self.said += 1;
        self.said
    }

    fn add(&mut self, at: u64, what: What, subject: Subject, content: u64) {
        self.packets += u64::from(what == What::Sent);
        let (first, second) = subject.words();
        for word in [at, (what as u64) << 60 ^ first, second] {
            self.digest = (self.digest ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        let after = self.trace.as_ref().map_or(0, Trace::count);
        let record = Record { at, after, what, subject };
        if self.is_compared {
            self.compare(&record, [first, second, content]);
        }
        if self.last.len() == trace::KEPT {
            self.last.pop_front();
            self.is_cut = true;
        }
        self.last.push_back(record);
    }

    #[cold]
    fn compare(&self, record: &Record, numbers: [u64; 3]) {
        let line = self.line(record).to_string();
        let event = trace::Event::line(record.what.word(), line, numbers);
        self.trace.iter().for_each(|trace| trace.record(event.clone()));
    }

    /// The last records, the oldest first, each with how many events of the world's trace came before it. Whether
    /// there were more.
    pub(crate) fn lines(&self) -> (Vec<(u64, String)>, bool) {
        let line = |record: &Record| {
            let at = Duration::from_nanos(record.at);
            (record.after, format!("+{at:?} {}", self.line(record)))
        };
        (self.last.iter().map(line).collect(), self.is_cut)
    }

    const fn line<'a>(&'a self, record: &'a Record) -> Line<'a> {
        Line { record, transcript: self }
    }

    /// The words of this number; those of the last are kept, as their records are.
    fn said(&self, number: u64) -> &str {
        let back = usize::try_from(self.said - number).unwrap_or(usize::MAX);
        let place = self.words.len().checked_sub(back + 1);
        place.map_or("", |place| &*self.words[place])
    }
}

impl Subject {
    /// What the digest sees.
    fn words(self) -> (u64, u64) {
        match self {
            Self::Packet { from, to, event, .. } => {
                let (kind, detail) = event.code();
                (kind << 48 ^ detail, u64::from(from.0) << 32 | u64::from(to.0))
            }
            Self::Datagram { from, to, length } => {
                (0x80 << 48 | u64::from(length), u64::from(from.0) << 32 | u64::from(to.0))
            }
            Self::Port { host, port } => (0x90 << 48, u64::from(host.0) << 16 | u64::from(port)),
            Self::Unix { host, act, .. } => {
                let (kind, length) = match act {
                    UnixAct::Listen => (0, 0),
                    UnixAct::Connect => (1, 0),
                    UnixAct::Write(side, length) => (2 + side as u64, length),
                    UnixAct::Reset(side) => (4 + side as u64, 0),
                };
                (0xb0 << 48 | kind << 32 | u64::from(length), u64::from(host.0))
            }
            Self::Change(count, _) => (0xa0 << 48, count),
        }
    }
}

/// A record in words, without its time.
struct Line<'a> {
    record: &'a Record,
    transcript: &'a Transcript,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.record.what.word();
        let name = |host: HostId| &self.transcript.names[host.index()];
        match self.record.subject {
            Subject::Packet { from, to, .. } if self.record.what == What::Connect => {
                write!(f, "`{}` {what} to `{}`", name(from), name(to))
            }
            Subject::Packet { from, to, event, length } => {
                write!(f, "`{}` to `{}`: ", name(from), name(to))?;
                match length {
                    NO_SEGMENT => write!(f, "{} {what}", event.word()),
                    0 => write!(f, "FIN {what}"),
                    1 => write!(f, "{} of 1 byte {what}", event.word()),
                    length => write!(f, "{} of {length} bytes {what}", event.word()),
                }
            }
            Subject::Datagram { from, to, length } => {
                let bytes = if length == 1 { "byte" } else { "bytes" };
                write!(f, "`{}` to `{}`: datagram of {length} {bytes} {what}", name(from), name(to))
            }
            Subject::Port { host, port } => write!(f, "`{}` listens on port {port}", name(host)),
            Subject::Unix { host, path, act } => {
                let (name, path) = (name(host), self.transcript.said(path));
                match act {
                    UnixAct::Listen => write!(f, "`{name}` listens at {path}"),
                    UnixAct::Connect => write!(f, "`{name}` connects to {path}"),
                    UnixAct::Write(side, 0) => write!(f, "`{name}` {} {path}: end", preposition(side)),
                    UnixAct::Write(side, 1) => write!(f, "`{name}` {} {path}: 1 byte", preposition(side)),
                    UnixAct::Write(side, length) => {
                        write!(f, "`{name}` {} {path}: {length} bytes", preposition(side))
                    }
                    UnixAct::Reset(side) => write!(f, "`{name}` {} {path}: reset", preposition(side)),
                }
            }
            Subject::Change(_, change) => f.write_str(self.transcript.said(change)),
        }
    }
}

/// Who connected writes to a path.
const fn preposition(side: Side) -> &'static str {
    match side {
        Side::Client => "to",
        Side::Server => "from",
    }
}
