//! What happened, in one order: a running digest of all of it, and the last of it to read.

use std::{collections::VecDeque, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use super::{
    super::{
        ids::{ConnId, HostId},
        paths::show_path,
        side::Side,
    },
    event::TcpEvent,
    line::Line,
    record::{NO_SEGMENT, Record, Subject, UNREACHABLE, UnixAct, Way, What, length},
};
use crate::trace::{Ends, EventKind, PacketKind, Trace};

/// How many records are kept.
const KEPT: usize = 64;

/// Counts and digests records; the digest covers when, what, who and how long, not the bytes themselves.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) digest: u64,
    pub(crate) packets: u64,
    /// The world's trace, among whose events the records have their places.
    trace: Option<Trace>,
    /// It is one to compare: then each record is an event of it.
    is_compared: bool,
    pub(super) names: Vec<Arc<str>>,
    /// A ring: from `next` on, and round, they are in order.
    last: Vec<Record>,
    next: usize,
    /// The last words that records need, and how many there were.
    words: VecDeque<Arc<str>>,
    said: u32,
    is_cut: bool,
}

impl Transcript {
    pub(crate) fn report_to(&mut self, trace: Trace) {
        self.is_compared = trace.is_whole();
        self.trace = Some(trace);
    }

    /// The next host has this name.
    pub(crate) fn name_host(&mut self, name: Arc<str>) {
        self.trace.iter().for_each(|trace| trace.name_host(Arc::clone(&name)));
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
        way: Way,
        event: TcpEvent,
        segment: Option<(u32, u64)>,
    ) {
        let (length, content) = segment.unwrap_or((NO_SEGMENT, 0));
        self.add(at, what, Subject::Packet { way, code: event.code(), length }, content);
    }

    /// A connection begins, or is accepted.
    pub(crate) fn record_connection(&mut self, at: u64, what: What, way: Way) {
        self.add(at, what, Subject::Connection(way), 0);
    }

    /// The code has read bytes of a stream, or, without any, its end.
    pub(crate) fn record_read(&mut self, at: u64, way: Way, count: usize) {
        self.add(at, What::Read, Subject::Bytes { way, length: length(count) }, 0);
    }

    pub(crate) fn record_datagram(&mut self, at: u64, what: What, way: Way, payload: &[u8]) {
        let content = if self.sees_bytes() { crate::seed::fnv1a(payload) } else { 0 };
        let length = length(payload.len());
        self.add(at, what, Subject::Datagram { way, length, read: length }, content);
    }

    /// The code has read a datagram, as much of it as it has room for.
    pub(crate) fn record_receive(&mut self, at: u64, way: Way, count: usize, room: usize) {
        let subject = Subject::Datagram { way, length: length(count), read: length(count.min(room)) };
        self.add(at, What::Read, subject, 0);
    }

    /// A datagram that tells that nobody listens, as ICMP does.
    pub(crate) fn record_unreachable(&mut self, at: u64, what: What, way: Way) {
        self.add(at, what, Subject::Datagram { way, length: UNREACHABLE, read: 0 }, 0);
    }

    pub(crate) fn record_listen(&mut self, at: u64, host: HostId, port: u16) {
        self.add(at, What::Listen, Subject::Port { host, port }, 0);
    }

    /// Something happens at a path, on a connection or on none.
    pub(crate) fn record_unix(
        &mut self,
        at: u64,
        (host, conn): (HostId, ConnId),
        path: &Path,
        act: UnixAct,
        content: u64,
    ) {
        let what = if matches!(act, UnixAct::Read(..)) { What::Read } else { What::Unix };
        let path = self.say(show_path(path).into());
        self.add(at, what, Subject::Unix { host, conn, act, path }, content);
    }

    pub(crate) fn record_change(&mut self, at: u64, what: What, count: u64, words: Arc<str>) {
        let words = self.say(words);
        self.add(at, what, Subject::Change { count, words }, 0);
    }

    /// Keeps words for as long as their record, and gives their number. The same once more are the same: a read that
    /// is added to the record before it has none of its own.
    fn say(&mut self, words: Arc<str>) -> u32 {
        if self.words.back() == Some(&words) {
            return self.said;
        }
        if self.words.len() == KEPT {
            self.words.pop_front();
        }
        self.words.push_back(words);
        self.said += 1;
        self.said
    }

    #[inline]
    fn add(&mut self, at: u64, what: What, subject: Subject, content: u64) {
        self.packets += u64::from(what == What::Sent);
        let record = Record::new(at, 0, what, subject);
        let [code, who, how] = record.words;
        for word in [at, code, who, how] {
            self.digest = (self.digest ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        self.report(at, what, subject, content);
        if what == What::Read && self.newest().is_some_and(|newest| newest.takes_in(record)) {
            return;
        }
        if self.next == self.last.len() {
            self.last.push(Record::EMPTY);
        } else {
            self.is_cut = true;
        }
        self.last[self.next] = record;
        self.next = (self.next + 1) % KEPT;
    }

    fn newest(&mut self) -> Option<&mut Record> {
        let place = self.next.checked_sub(1).unwrap_or(KEPT - 1);
        self.last.get_mut(place)
    }

    /// Reports it to the world's record.
    fn report(&self, at: u64, what: What, subject: Subject, content: u64) {
        let Some(trace) = &self.trace else { return };
        let hash = content.to_le_bytes();
        let bytes: [&[u8]; 2] = if content == 0 { [&[], &[]] } else { [&hash, &[]] };
        let ends = |way: Way| {
            let [(from, near), (to, far)] = way.ends();
            let at = |port| SocketAddr::from(([0, 0, 0, 0], port));
            Ends::new([from.0, to.0], [at(near), at(far)])
        };
        let kind = |packet| match what {
            What::Sent => EventKind::Sent(packet),
            What::Arrived => EventKind::Arrived(packet),
            What::Lost => EventKind::Lost(packet),
            What::Connect => EventKind::ConnectStarted,
            What::Refused => EventKind::ConnectRefused,
            What::TimedOut => EventKind::TimedOut,
            What::Accept => EventKind::Accepted,
            What::Rule => EventKind::LinkChanged,
            What::Host => EventKind::HostChanged,
            What::Clock => EventKind::ClockChanged,
            What::Listen | What::Read | What::Unix => EventKind::Read,
        };
        match subject {
            Subject::Packet { way, code: (code, _), length } => {
                let packet = match code {
                    1 => PacketKind::Syn,
                    2 => PacketKind::SynAck,
                    3 => PacketKind::Ack,
                    4 | 6 => PacketKind::Rst,
                    5 if length == 0 => PacketKind::Fin,
                    13 => PacketKind::KeepAliveProbe,
                    14 => PacketKind::KeepAliveAck,
                    _ => PacketKind::Segment,
                };
                let size = if length == NO_SEGMENT { 0 } else { length as usize };
                trace.packet(at, kind(packet), &ends(way), size, bytes);
            }
            Subject::Bytes { way, length } => {
                trace.packet(at, EventKind::Read, &ends(way), length as usize, bytes);
            }
            Subject::Datagram { way, length: UNREACHABLE, .. } => {
                trace.packet(at, kind(PacketKind::PortUnreachable), &ends(way), 0, bytes);
            }
            Subject::Datagram { way, length, read } if what == What::Read => {
                trace.datagram_read(at, &ends(way), length as usize, read as usize, bytes[0]);
            }
            Subject::Datagram { way, length, .. } => {
                trace.packet(at, kind(PacketKind::Datagram), &ends(way), length as usize, bytes);
            }
            Subject::Connection(way) => trace.connection(at, kind(PacketKind::Syn), &ends(way), true),
            Subject::Port { host, port } => {
                trace.listening(at, host.0, SocketAddr::from(([0, 0, 0, 0], port)));
            }
            Subject::Unix { host, act, path, .. } => {
                let (kind, side, length) = match act {
                    UnixAct::Listen => (EventKind::Listening, Side::Server, 0),
                    UnixAct::Connect => (EventKind::ConnectStarted, Side::Client, 0),
                    UnixAct::Accept => (EventKind::Accepted, Side::Server, 0),
                    UnixAct::Write(side, 0) => (EventKind::ShutDown, side, 0),
                    UnixAct::Write(side, length) => (EventKind::Written, side, length),
                    UnixAct::Read(side, length) => (EventKind::Read, side, length),
                    UnixAct::Reset(side) => (EventKind::Reset, side, 0),
                };
                let path = Arc::from(self.said(path));
                trace.at_path(at, kind, (host.0, &path), side == Side::Client, length as usize, bytes);
            }
            Subject::Change { words, .. } => {
                trace.change(at, kind(PacketKind::Syn), None, Arc::from(self.said(words)));
            }
        }
    }

    /// The last records, the oldest first, each with how many events of the world's trace came before it. Whether
    /// there were more.
    pub(crate) fn lines(&self) -> (Vec<(u64, String)>, bool) {
        let line = |record: &Record| {
            let at = Duration::from_nanos(record.at);
            (record.after, format!("+{at:?} {}", self.line(record)))
        };
        let (newer, older) = self.last.split_at(self.next);
        (older.iter().chain(newer).map(line).collect(), self.is_cut)
    }

    const fn line<'a>(&'a self, record: &'a Record) -> Line<'a> {
        Line { record, transcript: self }
    }

    /// The words of this number; those of the last are kept, as their records are.
    pub(super) fn said(&self, number: u32) -> &str {
        let back = usize::try_from(self.said - number).unwrap_or(usize::MAX);
        let place = self.words.len().checked_sub(back + 1);
        place.map_or("", |place| &*self.words[place])
    }
}
