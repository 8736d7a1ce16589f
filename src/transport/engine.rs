//! The contract of `Protocol`: which call comes next. Who drives a protocol brings bytes and time, takes away
//! what was written, and calls `step` until nothing is left to do.

use std::{collections::VecDeque, io, task::Context, time::Instant};

use bytes::Bytes;

use super::{
    Protocol, Transport,
    core::{Core, ReadState},
};

/// A transport that is a [`Core`], or has one.
pub(super) trait HasCore: Transport {
    fn core(&self) -> &Core;
    fn core_mut(&mut self) -> &mut Core;
}

impl HasCore for Core {
    fn core(&self) -> &Core {
        self
    }
    fn core_mut(&mut self) -> &mut Core {
        self
    }
}

/// A protocol and its transport.
#[derive(Debug)]
pub(super) struct Engine<P, T> {
    pub(super) protocol: P,
    pub(super) transport: T,
    /// What arrived and was not handed over.
    incoming: VecDeque<Bytes>,
    peer: Peer,
    must_poll: bool,
    writing_paused: bool,
    /// From more than the second on writing is paused, until there is no more than the first.
    marks: (usize, usize),
}

/// How far the peer's direction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Sends,
    /// Its end has arrived, and comes after the bytes that arrived before.
    Ends,
    /// Its end was handed over.
    Ended,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Did {
    Nothing,
    Poll,
    Call,
    Timeout,
    Data,
}

impl<P: Protocol, T: HasCore> Engine<P, T> {
    /// The connection stands.
    pub(super) fn connect(mut protocol: P, mut transport: T, marks: (usize, usize)) -> Self {
        protocol.connection_made(&mut transport);
        Self {
            protocol,
            transport,
            incoming: VecDeque::new(),
            peer: Peer::Sends,
            must_poll: true,
            writing_paused: false,
            marks,
        }
    }

    pub(super) fn core(&self) -> &Core {
        self.transport.core()
    }

    /// Bytes (not none) have arrived.
    pub(super) fn push(&mut self, bytes: Bytes) {
        if self.throws_away() {
            return;
        }
        self.incoming.push_back(bytes);
    }

    /// The peer's end has arrived.
    pub(super) fn push_end(&mut self) {
        if self.peer == Peer::Sends {
            self.peer = Peer::Ends;
        }
    }

    /// The waker was woken.
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

    /// Calls the protocol from outside of the contract.
    pub(super) fn call<R>(&mut self, call: impl FnOnce(&mut P, &mut dyn Transport) -> R) -> R {
        self.must_poll = true;
        call(&mut self.protocol, &mut self.transport)
    }

    /// Makes the next call, if there is one. `now` is asked for only if the protocol waits for a time.
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

    /// Tells the protocol if what is unsent has grown over the high mark, or fallen to the low one. Apart from
    /// `step`, because who drives decides what goes out before it counts.
    pub(super) fn pressure(&mut self) -> Did {
        let (low, high) = self.marks;
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

    /// Hands over the next bytes, or the end.
    fn hand_over(&mut self) -> Option<Did> {
        if self.throws_away() {
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

    fn throws_away(&self) -> bool {
        let core = self.core();
        core.reading == ReadState::Stopped || core.is_closing() || core.outcome(false).is_some()
    }

    /// How the connection ends, once nothing is left to do but [`lose`](Self::lose).
    pub(super) fn outcome(&self) -> Option<io::Result<()>> {
        self.core().outcome(self.peer == Peer::Ended).filter(|_| !self.core().is_over())
    }

    /// The last call.
    pub(super) fn lose(&mut self, reason: io::Result<()>) {
        self.incoming.clear();
        self.transport.core_mut().set_over();
        self.protocol.connection_lost(reason);
    }
}
