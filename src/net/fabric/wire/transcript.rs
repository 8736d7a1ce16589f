//! What happened, in one order: a running digest of all of it, and the last of it to read.

use std::{collections::VecDeque, path::Path, sync::Arc, time::Duration};

use super::{
    super::{
        ids::{ConnId, HostId},
        paths::show_path,
    },
    event::TcpEvent,
    line::Line,
    record::{NO_SEGMENT, Record, Subject, UNREACHABLE, UnixAct, Way, What, length},
};
use crate::trace::{self, Trace};

/// Counts and digests records; the digest covers when, what, who and how long, not the bytes themselves.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) digest: u64,
    pub(crate) packets: u64,
    /// The world's trace, among whose events the records have their places.
    trace: Option<Trace>,
    /// It is one to compare: then each record is an event of it.
    is_compared: bool,
    /// How many of its events are these.
    own: u64,
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
        let content = if self.sees_bytes() { trace::content([payload]) } else { 0 };
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
        if self.words.len() == trace::KEPT {
            self.words.pop_front();
        }
        self.words.push_back(words);
        self.said += 1;
        self.said
    }

    #[inline]
    fn add(&mut self, at: u64, what: What, subject: Subject, content: u64) {
        self.packets += u64::from(what == What::Sent);
        let after = self.trace.as_ref().map_or(0, Trace::count) - self.own;
        let record = Record::new(at, after, what, subject);
        let [code, who, how] = record.words;
        for word in [at, code, who, how] {
            self.digest = (self.digest ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        if self.is_compared {
            self.compare(Record { ..record }, content);
        }
        if what == What::Read && self.newest().is_some_and(|newest| newest.takes_in(record)) {
            return;
        }
        if self.next == self.last.len() {
            self.last.push(Record::EMPTY);
        } else {
            self.is_cut = true;
        }
        self.last[self.next] = record;
        self.next = (self.next + 1) % trace::KEPT;
    }

    fn newest(&mut self) -> Option<&mut Record> {
        let place = self.next.checked_sub(1).unwrap_or(trace::KEPT - 1);
        self.last.get_mut(place)
    }

    #[cold]
    fn compare(&mut self, record: Record, content: u64) {
        self.own += 1;
        let (line, [code, _, how]) = (self.line(&record).to_string(), record.words);
        let event = trace::Event::line(record.what().word(), line, [code, how, content]);
        self.trace.iter().for_each(|trace| trace.record(event.clone()));
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
