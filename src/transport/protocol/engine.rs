//! The contract of `Protocol`: which call comes next.
//!
//! A driver brings bytes and time, takes away what was written, and calls `step` until nothing is left to do.

use std::{collections::VecDeque, io, task::Context, time::Instant};

use bytes::Bytes;

use super::{callbacks::Protocol, state::ReadState, transport::Transport, transport_core::TransportCore};

/// A low and a high watermark: writing is paused while more than the second is unsent, until no more than the first is.
pub(super) type Watermarks = (usize, usize);

/// The default watermarks: 16 KiB and 64 KiB.
pub(super) const WATERMARKS: Watermarks = (16 * 1024, 64 * 1024);

/// A transport that is or has a [`TransportCore`].
pub(super) trait HasCore: Transport {
    fn core(&self) -> &TransportCore;
    fn core_mut(&mut self) -> &mut TransportCore;
}

impl HasCore for TransportCore {
    fn core(&self) -> &TransportCore {
        self
    }
    fn core_mut(&mut self) -> &mut TransportCore {
        self
    }
}

/// A protocol and its transport.
#[derive(Debug)]
pub(super) struct Engine<P, T> {
    pub(super) protocol: P,
    pub(super) transport: T,
    /// The bytes that arrived and were not handed over.
    incoming: VecDeque<Bytes>,
    peer: Peer,
    must_poll: bool,
    writing_paused: bool,
    watermarks: Watermarks,
}

/// The state of the peer's direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Sends,
    /// Its end has arrived, and is handed over after the bytes before it.
    Ends,
    /// Its end was handed over.
    Ended,
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Did {
    Nothing,
    Poll,
    Call,
    Timeout,
    Data,
}

impl<P: Protocol, T: HasCore> Engine<P, T> {
    /// Begins the connection.
    pub(super) fn connect(mut protocol: P, mut transport: T, watermarks: Watermarks) -> Self {
        protocol.connection_made(&mut transport);
        Self {
            protocol,
            transport,
            incoming: VecDeque::new(),
            peer: Peer::Sends,
            must_poll: true,
            writing_paused: false,
            watermarks,
        }
    }

    pub(super) fn core(&self) -> &TransportCore {
        self.transport.core()
    }

    /// Takes bytes (at least one) that have arrived.
    pub(super) fn push(&mut self, bytes: Bytes) {
        if !self.is_discarding() {
            self.incoming.push_back(bytes);
        }
    }

    /// Takes the peer's end, which has arrived.
    pub(super) fn push_end(&mut self) {
        if self.peer == Peer::Sends {
            self.peer = Peer::Ends;
        }
    }

    /// Lets the next step poll the protocol.
    pub(super) const fn must_poll(&mut self) {
        self.must_poll = true;
    }

    /// True once the peer's end has arrived.
    pub(super) fn peer_ends(&self) -> bool {
        self.peer != Peer::Sends
    }

    /// How many bytes arrived and were not handed over.
    pub(super) fn held(&self) -> usize {
        self.incoming.iter().map(Bytes::len).sum()
    }

    /// Calls the protocol from outside the contract.
    pub(super) fn call<R>(&mut self, call: impl FnOnce(&mut P, &mut dyn Transport) -> R) -> R {
        self.must_poll = true;
        call(&mut self.protocol, &mut self.transport)
    }

    /// Makes the next call, if there is one. `now` is asked only if the protocol has a timeout.
    pub(super) fn step(&mut self, now: impl FnOnce() -> Option<Instant>, cx: &mut Context<'_>) -> Did {
        if self.core().is_over() {
            return Did::Nothing;
        }
        if self.must_poll {
            self.must_poll = false;
            self.protocol.poll(&mut self.transport, cx);
            return Did::Poll;
        }
        let did = self.timeout(now).or_else(|| self.hand_over());
        self.must_poll = did.is_some();
        did.unwrap_or(Did::Nothing)
    }

    /// Pauses or resumes writing at a watermark. Not part of `step`: the driver first decides what goes out.
    pub(super) fn pressure(&mut self) -> Did {
        let (low, high) = self.watermarks;
        let core = self.transport.core();
        let unsent = core.unsent.len();
        if self.must_poll || core.is_write_closed() || core.is_over() {
            return Did::Nothing;
        }
        if !self.writing_paused && unsent > high {
            self.writing_paused = true;
            self.protocol.pause_writing(&mut self.transport);
        } else if self.writing_paused && unsent <= low {
            self.writing_paused = false;
            self.protocol.resume_writing(&mut self.transport);
        } else {
            return Did::Nothing;
        }
        self.must_poll = true;
        Did::Call
    }

    fn timeout(&mut self, now: impl FnOnce() -> Option<Instant>) -> Option<Did> {
        let deadline = self.protocol.poll_timeout()?;
        let now = now().filter(|now| *now >= deadline)?;
        self.protocol.handle_timeout(&mut self.transport, now);
        Some(Did::Timeout)
    }

    /// Hands over the next bytes or the end.
    fn hand_over(&mut self) -> Option<Did> {
        if self.is_discarding() {
            self.incoming.clear();
            if self.peer == Peer::Ends {
                self.peer = Peer::Ended;
            }
        }
        if self.core().reading == ReadState::Paused {
            return None;
        }
        if let Some(bytes) = self.incoming.pop_front() {
            self.protocol.data_received(&mut self.transport, bytes);
            return Some(Did::Data);
        }
        if self.peer != Peer::Ends {
            return None;
        }
        self.peer = Peer::Ended;
        self.protocol.end_received(&mut self.transport);
        Some(Did::Call)
    }

    fn is_discarding(&self) -> bool {
        let core = self.core();
        core.reading == ReadState::Stopped || core.is_closing() || core.outcome(false).is_some()
    }

    /// The reason for [`lose`](Self::lose), once nothing else is left to do.
    pub(super) fn outcome(&self) -> Option<io::Result<()>> {
        self.core().outcome(self.peer == Peer::Ended).filter(|_| !self.core().is_over())
    }

    /// Makes the last call.
    pub(super) fn lose(&mut self, reason: io::Result<()>) {
        self.incoming.clear();
        self.transport.core_mut().set_over();
        self.protocol.connection_lost(reason);
    }
}
