//! The state of a connection and the rules that every transport keeps.

use std::{io, net::SocketAddr};

use bytes::Bytes;

use super::{
    identity::Identity,
    state::{ConnectionState, ReadState},
    texts,
    transport::Transport,
};
use crate::{guard::OrRaise, transport::byte_queue::ByteQueue, violation::Violation};

/// How the protocol has ended the connection, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    CloseWrite,
    Close,
    Abort,
}

/// The state of a connection, and the bytes that have not gone out.
#[derive(Debug)]
pub(super) struct TransportCore {
    pub(super) identity: Identity,
    pub(super) unsent: ByteQueue,
    pub(super) reading: ReadState,
    asked: Asked,
    broken: Option<io::ErrorKind>,
    /// `connection_lost` was called.
    over: bool,
}

impl TransportCore {
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            identity,
            unsent: ByteQueue::default(),
            reading: ReadState::Reading,
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

    /// True if the protocol ended its own direction cleanly, and all of it has gone out.
    pub(super) fn has_sent_all(&self) -> bool {
        matches!(self.asked, Asked::Close | Asked::CloseWrite) && self.unsent.is_empty()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Ends the connection: `connection_lost` is called next.
    pub(super) fn set_over(&mut self) {
        self.over = true;
        self.unsent.clear();
    }

    /// True if the protocol can write nothing more.
    pub(super) fn is_write_closed(&self) -> bool {
        self.asked != Asked::Nothing || self.broken.is_some()
    }

    /// Breaks the connection, as the peer or the network does: what has not gone out is lost. The first break counts.
    pub(super) fn reset_with(&mut self, kind: io::ErrorKind) {
        if self.asked != Asked::Abort && !self.over {
            self.broken.get_or_insert(kind);
            self.unsent.clear();
        }
    }

    /// The reason for `connection_lost`, once nothing else is left to do.
    pub(super) fn outcome(&self, peer_ended: bool) -> Option<io::Result<()>> {
        match (self.broken, self.asked) {
            (Some(kind), _) => Some(Err(kind.into())),
            (None, Asked::Abort) => Some(Err(io::ErrorKind::ConnectionAborted.into())),
            (None, Asked::Close) => self.unsent.is_empty().then_some(Ok(())),
            (None, Asked::CloseWrite) => (self.unsent.is_empty() && peer_ended).then_some(Ok(())),
            (None, Asked::Nothing) => None,
        }
    }

    /// Checks that the protocol may write. False if the write is to be ignored: the peer broke the connection.
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

impl Transport for TransportCore {
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
        self.set_reading("resume_reading", ReadState::Reading);
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
