//! Events as a reader gets them.

use std::{fmt, net::SocketAddr, ops::Deref, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    CustomEvent, EventKind, PacketKind,
    entry::{Ends, Entry, Subject},
};
use crate::violation::SourceLocation;

/// How many bytes of an event the text of a failure shows.
#[cfg(feature = "tokio")]
const PREVIEW: usize = 48;

/// An event of a [`Transcript`]. Prints as one line:
/// `` +1ms `client`:49152 to `server`:80: segment of 4 bytes sent ``.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// In nanoseconds.
    at: u64,
    kind: EventKind,
    size: u32,
    subject: Subject,
    /// Of a packet and a connection: the host that it comes from and the one that it goes to. Of everything else that
    /// concerns a host: that one, twice.
    hosts: Option<[Arc<str>; 2]>,
    bytes: Bytes,
}

impl Event {
    pub(super) fn new(entry: &Entry, subject: Subject, bytes: Bytes, names: &[Arc<str>]) -> Self {
        let hosts = match &subject {
            Subject::Packet(ends) | Subject::Datagram { ends, .. } | Subject::Connection { ends, .. } => {
                Some(ends.hosts())
            }
            Subject::Port { host, .. } | Subject::Path { host, .. } => Some([*host; 2]),
            Subject::Change { host, .. } => host.map(|host| [host; 2]),
            _ => None,
        };
        let hosts = hosts.map(|hosts| hosts.map(|host| Arc::clone(&names[host as usize])));
        let Entry { at, kind, size, .. } = *entry;
        Self { at, kind, size, subject, hosts, bytes }
    }

    /// Returns when it happened, counted from the start of the clock.
    #[must_use]
    pub const fn at(&self) -> Duration {
        Duration::from_nanos(self.at)
    }

    /// Returns what happened.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// Returns the name of the host on which it happened: of a packet that is sent or lost the sender, of one that
    /// arrives the receiver. Timers, tasks and pipes belong to no host.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.hosts.as_ref().map(|hosts| &*hosts[self.own()])
    }

    /// Returns the name of the other host, if there are two: of a packet that arrives the sender.
    #[must_use]
    pub fn peer_host(&self) -> Option<&str> {
        self.ends()?;
        self.hosts.as_ref().map(|hosts| &*hosts[1 - self.own()])
    }

    /// Returns the address of the socket on which it happened, of the host that [`host`](Self::host) names.
    #[must_use]
    pub fn socket(&self) -> Option<SocketAddr> {
        match &self.subject {
            Subject::Port { address, .. } => Some(*address),
            _ => self.ends().map(|ends| ends.sockets()[self.own()]),
        }
    }

    /// Returns the address of the other socket, if there are two.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.ends().map(|ends| ends.sockets()[1 - self.own()])
    }

    /// Returns the bytes that it carries: of a segment or datagram the payload, of a read or write what was read or
    /// written. Only the first 64 are kept, unless [`SimBuilder::trace`](crate::sim::SimBuilder::trace) asks for all.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns how many bytes it carries, those that are not kept included.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size as usize
    }

    /// Returns where the timer, task or pipe was made, or the step of a script was written.
    #[must_use]
    pub fn made_at(&self) -> Option<SourceLocation> {
        match &self.subject {
            Subject::Timer { made_at, .. } | Subject::Made { made_at, .. } => Some(*made_at),
            #[cfg(feature = "tokio")]
            Subject::Step { made_at, .. } => Some(*made_at),
            Subject::Custom(custom) => custom.made_at,
            _ => None,
        }
    }

    /// Returns the event of your own that was recorded, if it is one.
    #[must_use]
    pub fn custom(&self) -> Option<&CustomEvent> {
        match &self.subject {
            Subject::Custom(custom) => Some(custom),
            _ => None,
        }
    }

    /// Shows it with the first of its bytes, but for a packet that arrives: its bytes were shown when it was sent.
    #[cfg(feature = "tokio")]
    pub(crate) fn previewed(&self) -> String {
        if self.bytes.is_empty() || matches!(self.kind, EventKind::Arrived(_)) {
            return self.to_string();
        }
        let shown = self.bytes.len().min(PREVIEW);
        let more = if self.size() > shown { "..." } else { "" };
        format!("{self}: b\"{}\"{more}", self.bytes[..shown].escape_ascii())
    }

    const fn ends(&self) -> Option<&Ends> {
        match &self.subject {
            Subject::Packet(ends) | Subject::Datagram { ends, .. } | Subject::Connection { ends, .. } => {
                Some(ends)
            }
            _ => None,
        }
    }

    /// Which of the two ends it happened at. An accept is told as from the client, and happens at the server.
    const fn own(&self) -> usize {
        matches!(self.kind, EventKind::Arrived(_) | EventKind::Read | EventKind::Accepted) as usize
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, size) = (self.kind, self.size);
        match &self.subject {
            Subject::Packet(ends) => {
                write!(f, "{} to {}: ", self.end(ends, 0), self.end(ends, 1))?;
                packet_or_bytes(f, kind, size)
            }
            Subject::Datagram { ends, length } => {
                let of = bytes(*length);
                write!(f, "{} to {}: datagram of {of} read", self.end(ends, 0), self.end(ends, 1))?;
                if size < *length { write!(f, ", cut to {}", bytes(size)) } else { Ok(()) }
            }
            Subject::Connection { ends, has_host } => {
                let (from, to) = (self.end(ends, 0), self.end(ends, 1));
                match kind {
                    EventKind::Accepted => write!(f, "{to} accepts {from}"),
                    _ if *has_host => write!(f, "{from} {} {to}", act(kind)),
                    _ => write!(f, "{from} {} {}, which no host has", act(kind), ends.sockets()[1]),
                }
            }
            Subject::Port { address, .. } => {
                write!(f, "`{}` listens on port {}", self.name(), address.port())
            }
            Subject::Path { path, by_client, .. } => self.at_path(f, path, *by_client),
            Subject::Change { words, .. } => f.write_str(words),
            Subject::Timer { name, repeats, made_at } => {
                f.write_str(if *repeats { "fired repeating timer" } else { "fired timer" })?;
                named(f, name.as_deref())?;
                write!(f, ", made at {made_at}")
            }
            Subject::Made { name, made_at } => {
                f.write_str(done(kind, size))?;
                named(f, name.as_deref())?;
                if size > 0 {
                    write!(f, ", {}", bytes(size))?;
                }
                write!(f, ", made at {made_at}")
            }
            #[cfg(feature = "tokio")]
            Subject::Step { peer, words, .. } => write!(f, "peer `{peer}`: {words}"),
            Subject::Text(text) => {
                let what = if kind == EventKind::TaskPanicked { "panic" } else { "injected" };
                write!(f, "{what} `{text}`")
            }
            Subject::Custom(custom) => write!(f, "{custom}"),
        }
    }

    fn at_path(&self, f: &mut fmt::Formatter<'_>, path: &str, by_client: bool) -> fmt::Result {
        let name = self.name();
        let way = if by_client { "to" } else { "from" };
        match self.kind {
            EventKind::Listening => write!(f, "`{name}` listens at {path}"),
            EventKind::ConnectStarted => write!(f, "`{name}` connects to {path}"),
            EventKind::Accepted => write!(f, "`{name}` accepts at {path}"),
            EventKind::Written => write!(f, "`{name}` {way} {path}: {} written", bytes(self.size)),
            EventKind::ShutDown => write!(f, "`{name}` {way} {path}: end written"),
            EventKind::Read => write!(f, "`{name}` {way} {path}: {} read", bytes_or_end(self.size)),
            _ => write!(f, "`{name}` {way} {path}: reset"),
        }
    }

    fn end(&self, ends: &Ends, index: usize) -> String {
        let port = ends.sockets()[index].port();
        self.hosts.as_ref().map_or_else(String::new, |hosts| format!("`{}`:{port}", hosts[index]))
    }

    fn name(&self) -> &str {
        self.hosts.as_ref().map_or("", |hosts| &hosts[0])
    }
}

const fn act(kind: EventKind) -> &'static str {
    match kind {
        EventKind::ConnectStarted => "begins to connect to",
        EventKind::ConnectRefused => "is refused by",
        _ => "gives up on",
    }
}

/// Names what was done with a task or a pipe.
const fn done(kind: EventKind, size: u32) -> &'static str {
    match kind {
        EventKind::TaskStarted => "began task",
        EventKind::TaskEnded => "ended task",
        EventKind::TaskDropped => "dropped task",
        EventKind::Written => "wrote to",
        EventKind::Read if size == 0 => "read the end of",
        EventKind::Read => "read from",
        EventKind::ShutDown => "shut down",
        EventKind::Reset => "reset",
        _ => "dropped",
    }
}

fn packet_or_bytes(f: &mut fmt::Formatter<'_>, kind: EventKind, size: u32) -> fmt::Result {
    let (packet, what) = match kind {
        EventKind::Sent(packet) => (packet, "sent"),
        EventKind::Arrived(packet) => (packet, "arrived"),
        EventKind::Lost(packet) => (packet, "lost"),
        _ => return write!(f, "{} read", bytes_or_end(size)),
    };
    match packet {
        PacketKind::Segment | PacketKind::Datagram => {
            write!(f, "{} of {} {what}", packet.word(), bytes(size))
        }
        _ => write!(f, "{} {what}", packet.word()),
    }
}

fn named(f: &mut fmt::Formatter<'_>, name: Option<&str>) -> fmt::Result {
    name.map_or(Ok(()), |name| write!(f, " `{name}`"))
}

fn bytes(count: u32) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

fn bytes_or_end(count: u32) -> String {
    if count == 0 { "end".to_owned() } else { bytes(count) }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{:?} ", self.at())?;
        self.describe(f)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The events of a record, the oldest first. A slice of [`Event`]s that prints as one line for each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Transcript(pub(super) Vec<Event>);

impl Transcript {
    /// Returns a line for each event.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

impl Deref for Transcript {
    type Target = [Event];

    fn deref(&self) -> &[Event] {
        &self.0
    }
}

impl IntoIterator for Transcript {
    type Item = Event;
    type IntoIter = std::vec::IntoIter<Event>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, event) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{event}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
