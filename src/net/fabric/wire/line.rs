//! What a record of the transcript says.

use std::fmt;

use super::{
    super::{
        ids::{HostId, Id},
        side::Side,
    },
    event::TcpEvent,
    record::{NO_SEGMENT, Record, Subject, UNREACHABLE, UnixAct, Way, What},
    transcript::Transcript,
};

/// A record in words, without its time.
pub(super) struct Line<'a> {
    pub(super) record: &'a Record,
    pub(super) transcript: &'a Transcript,
}

impl Line<'_> {
    fn host(&self, host: HostId) -> &str {
        &self.transcript.names[host.index()]
    }

    fn ends(&self, way: Way) -> [String; 2] {
        way.ends().map(|(host, port)| format!("`{}`:{port}", self.host(host)))
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.record.what().word();
        match self.record.subject() {
            Subject::Connection(way) => {
                let [from, to] = self.ends(way);
                match self.record.what() {
                    What::Accept => write!(f, "{to} {what} {from}"),
                    _ => write!(f, "{from} {what} {to}"),
                }
            }
            Subject::Packet { way, code: (kind, _), length } => {
                let [from, to] = self.ends(way);
                write!(f, "{from} to {to}: {} {what}", carrying(TcpEvent::word(kind), length))
            }
            Subject::Bytes { way, length } => {
                let [from, to] = self.ends(way);
                write!(f, "{from} to {to}: {} {what}", bytes_or_end(length))
            }
            Subject::Datagram { way, length, read } => {
                let [from, to] = self.ends(way);
                write!(f, "{from} to {to}: {} {what}", datagram(length))?;
                if read < length && length != UNREACHABLE {
                    write!(f, ", cut to {}", bytes(read))?;
                }
                Ok(())
            }
            Subject::Port { host, port } => write!(f, "`{}` listens on port {port}", self.host(host)),
            Subject::Unix { host, path, act, .. } => {
                let (name, path) = (self.host(host), self.transcript.said(path));
                match act {
                    UnixAct::Listen => write!(f, "`{name}` listens at {path}"),
                    UnixAct::Connect => write!(f, "`{name}` connects to {path}"),
                    UnixAct::Accept => write!(f, "`{name}` accepts at {path}"),
                    UnixAct::Write(side, length) => {
                        write!(f, "`{name}` {} {path}: {} written", preposition(side), bytes_or_end(length))
                    }
                    UnixAct::Read(side, length) => {
                        write!(f, "`{name}` {} {path}: {} read", preposition(side), bytes_or_end(length))
                    }
                    UnixAct::Reset(side) => write!(f, "`{name}` {} {path}: reset", preposition(side)),
                }
            }
            Subject::Change { words, .. } => f.write_str(self.transcript.said(words)),
        }
    }
}

/// What a datagram is.
pub(crate) fn datagram(length: u32) -> String {
    match length {
        UNREACHABLE => "port unreachable".to_owned(),
        length => format!("datagram of {}", bytes(length)),
    }
}

/// What a packet of a connection is.
pub(crate) fn carrying(word: &str, length: u32) -> String {
    match length {
        NO_SEGMENT => word.to_owned(),
        0 => "FIN".to_owned(),
        length => format!("{word} of {}", bytes(length)),
    }
}

fn bytes(count: u32) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

fn bytes_or_end(count: u32) -> String {
    if count == 0 { "end".to_owned() } else { bytes(count) }
}

/// Who connected writes to a path.
const fn preposition(side: Side) -> &'static str {
    match side {
        Side::Client => "to",
        Side::Server => "from",
    }
}
