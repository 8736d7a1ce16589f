//! The rules that every transport of the kit keeps, whatever takes its bytes away.

use std::{io, net::SocketAddr, sync::Arc};

use bytes::Bytes;

use super::{Transport, addresses, queue::ByteQueue, texts};
use crate::violation::{OrRaise, SourceLocation, Violation};

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// Both directions stand.
    Open,
    /// After `close_write`: its own direction has ended or will, once what was written has gone out.
    HalfClosed,
    /// After `close`: it ends once what was written has gone out.
    Closing,
    /// Both directions ended cleanly, and the protocol was told.
    Closed,
    /// After `abort`.
    Aborted,
    /// The peer or the network broke it.
    Broken(io::ErrorKind),
}

/// Whether bytes may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: the three states of a producer")]
pub enum ReadState {
    /// They come, as from the beginning and after `resume_reading`.
    Producing,
    /// They are held, after `pause_reading`.
    Paused,
    /// They are thrown away, after `stop_reading`.
    Stopped,
}

/// Who a transport is, in failure texts.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) name: Option<Arc<str>>,
    pub(super) made_at: SourceLocation,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

impl Identity {
    /// The server's end, unless set: that is what is tested most.
    pub(super) const fn new(made_at: SourceLocation) -> Self {
        Self { name: None, made_at, local: addresses::SERVER, peer: addresses::CLIENT }
    }

    pub(super) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("`{name}`"),
            None => format!("the connection at {}", self.made_at),
        }
    }
}

/// The marks of back-pressure, unless set: writing is paused from more than the second on, until there is no more
/// than the first.
pub(super) const MARKS: (usize, usize) = (16 * 1024, 64 * 1024);

/// What the protocol asked for last, of the things that cannot be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    CloseWrite,
    Close,
    Abort,
}

/// A connection's state, and what was written and has not gone out.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) identity: Identity,
    pub(super) unsent: ByteQueue,
    pub(super) reading: ReadState,
    asked: Asked,
    broken: Option<io::ErrorKind>,
    /// `connection_lost` was called.
    over: bool,
}

impl Core {
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            identity,
            unsent: ByteQueue::default(),
            reading: ReadState::Producing,
            asked: Asked::Nothing,
            broken: None,
            over: false,
        }
    }

    pub(super) fn state(&self) -> ConnectionState {
        match (self.broken, self.asked) {
            (Some(kind), _) => ConnectionState::Broken(kind),
            (None, Asked::Abort) => ConnectionState::Aborted,
            (None, Asked::Close | Asked::CloseWrite) if self.over => ConnectionState::Closed,
            (None, Asked::Close) => ConnectionState::Closing,
            (None, Asked::CloseWrite) => ConnectionState::HalfClosed,
            (None, Asked::Nothing) => ConnectionState::Open,
        }
    }

    /// True if the protocol ended its own direction, cleanly, and all of it has gone out.
    pub(super) fn has_sent_all(&self) -> bool {
        matches!(self.asked, Asked::Close | Asked::CloseWrite) && self.unsent.is_empty()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// `connection_lost` is about to be called.
    pub(super) fn set_over(&mut self) {
        self.over = true;
        self.unsent.clear();
    }

    /// True if the protocol will write nothing more.
    pub(super) fn is_write_closed(&self) -> bool {
        self.asked != Asked::Nothing || self.broken.is_some()
    }

    /// The peer or the network breaks the connection: what has not gone out is lost. The first break counts.
    pub(super) fn reset_with(&mut self, kind: io::ErrorKind) {
        if self.asked != Asked::Abort && !self.over {
            self.broken.get_or_insert(kind);
            self.unsent.clear();
        }
    }

    /// How the connection ends, once nothing is left to do but to tell the protocol.
    pub(super) fn outcome(&self, peer_ended: bool) -> Option<io::Result<()>> {
        match (self.broken, self.asked) {
            (Some(kind), _) => Some(Err(kind.into())),
            (None, Asked::Abort) => Some(Err(io::ErrorKind::ConnectionAborted.into())),
            (None, Asked::Close) => self.unsent.is_empty().then_some(Ok(())),
            (None, Asked::CloseWrite) => (self.unsent.is_empty() && peer_ended).then_some(Ok(())),
            (None, Asked::Nothing) => None,
        }
    }

    /// Whether a write goes anywhere: not on a connection that the peer broke.
    ///
    /// # Errors
    /// After the protocol's own end.
    pub(super) fn check_write(&self, bytes: &[u8]) -> Result<bool, Violation> {
        let after = match self.asked {
            _ if self.broken.is_some() => return Ok(false),
            Asked::Nothing => return Ok(true),
            Asked::CloseWrite => "close_write",
            Asked::Close => "close",
            Asked::Abort => "abort",
        };
        Err(texts::written_after(&self.identity, after, bytes))
    }

    fn check_reading(&self, call: &str) -> Result<(), Violation> {
        let after = match (self.asked, self.reading) {
            (Asked::Close, _) => "close",
            (Asked::Abort, _) => "abort",
            (_, ReadState::Stopped) => "stop_reading",
            _ => return Ok(()),
        };
        Err(texts::read_after(&self.identity, call, after))
    }

    #[track_caller]
    fn set_reading(&mut self, call: &str, state: ReadState) {
        self.check_reading(call).or_raise();
        self.reading = state;
    }
}

impl Transport for Core {
    fn write(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && self.check_write(bytes).or_raise() {
            self.unsent.extend(bytes);
        }
    }

    fn write_bytes(&mut self, bytes: Bytes) {
        if !bytes.is_empty() && self.check_write(&bytes).or_raise() {
            self.unsent.push(bytes);
        }
    }

    fn write_many(&mut self, pieces: &[&[u8]]) {
        for piece in pieces {
            self.write(piece);
        }
    }

    fn close(&mut self) {
        if self.asked != Asked::Abort {
            self.asked = Asked::Close;
        }
    }

    fn close_write(&mut self) {
        if self.asked == Asked::Nothing {
            self.asked = Asked::CloseWrite;
        }
    }

    fn abort(&mut self) {
        if self.broken.is_none() && !self.over {
            self.asked = Asked::Abort;
            self.unsent.clear();
        }
    }

    fn is_closing(&self) -> bool {
        matches!(self.asked, Asked::Close | Asked::Abort)
    }

    fn unsent(&self) -> usize {
        self.unsent.len()
    }

    fn pause_reading(&mut self) {
        self.set_reading("pause_reading", ReadState::Paused);
    }

    fn resume_reading(&mut self) {
        self.set_reading("resume_reading", ReadState::Producing);
    }

    fn stop_reading(&mut self) {
        self.reading = ReadState::Stopped;
    }

    fn local_addr(&self) -> SocketAddr {
        self.identity.local
    }

    fn peer_addr(&self) -> SocketAddr {
        self.identity.peer
    }
}
