//! The three-way handshake: retries, SYN cookies, refusal and cancelled connects.

use std::io;

use super::{
    super::{
        ids::{HostId, ListenerId},
        io::{Io, Notice},
        links::Delivery,
        side::Side,
        wire::{Status, TcpEvent, Wire},
    },
    conn::{Conn, Life},
    listener::Listeners,
    progress::{Progress, Retry, Stage},
};
use crate::{net::TcpState, trace::EventKind};

/// The first retransmission timeout, before a round trip was measured.
///
/// Source: RFC 6298, section 2.
const RTO_INITIAL: u64 = 1_000_000_000;

/// How many SYN retries do not yet double the wait: SYNs go out 0, 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 seconds after
/// the connect began.
///
/// Source: Linux 6.18, `tcp_syn_linear_timeouts`, which came with 6.5.
const SYN_LINEAR_TIMEOUTS: u8 = 4;

/// After so many SYN retries the connect has timed out, 131 seconds after it began.
///
/// Source: Linux 6.18, `tcp_syn_retries`, which does not count the linear ones.
const SYN_RETRIES: u8 = SYN_LINEAR_TIMEOUTS + 6;

/// How many times a server retries its SYN-ACK, for 63 seconds.
///
/// Source: Linux 6.18, `tcp_synack_retries`. Not modelled: where more than half the backlog, and more than four, are
/// half-open and none is new, Linux retries only twice.
const SYNACK_RETRIES: u8 = 5;

/// A cookie is valid for the rest of its minute and for the next.
///
/// Source: Linux 6.18, `TCP_SYNCOOKIE_PERIOD` and `MAX_SYNCOOKIE_AGE`.
const TCP_SYNCOOKIE_PERIOD: u64 = 60_000_000_000;

/// The outcome of an ACK at the server.
pub(super) enum Admission {
    /// The connection waits to be accepted, or was accepted.
    Queued,
    /// The accept queue is full: the packet counts as lost.
    NoRoom,
    /// The server knows no such connection.
    Unknown,
}

impl Conn {
    /// Sends the first SYN. `is_nowhere`: no host has the address.
    pub(crate) fn begin(&mut self, is_nowhere: bool, wire: &mut Wire) {
        self.is_nowhere = is_nowhere;
        self.record_turn(EventKind::ConnectStarted, Side::Client, wire);
        match is_nowhere {
            false => self.send(Side::Client, TcpEvent::Syn, wire),
            true => self.expect_syn_retry(wire), // no answer comes
        }
    }

    /// Returns how the connect stands.
    pub(crate) fn connected(&mut self) -> Io<()> {
        let end = &mut self.ends[Side::Client];
        match (end.life, end.error.take()) {
            (Life::Opening, _) => Io::Wait,
            (_, Some(kind)) => Io::Fail(kind),
            (Life::Crashed, None) => Io::Fail(io::ErrorKind::ConnectionAborted),
            _ => Io::Done(()),
        }
    }

    /// A SYN arrives. `found` is the listener on its port.
    pub(super) fn syn_arrives(
        &mut self,
        found: Option<ListenerId>,
        listeners: &mut Listeners,
        wire: &mut Wire,
    ) {
        let stage = match &self.progress {
            Progress::Handshake(handshake) => handshake.stage,
            Progress::Over => return self.send(Side::Server, TcpEvent::SynRst, wire),
            Progress::Queued | Progress::Accepted => return,
        };
        // A SYN that was sent again.
        if stage == Stage::HalfOpen {
            self.ends[Side::Server].since = wire.now;
            return self.send(Side::Server, TcpEvent::SynAck, wire);
        }
        let is_flooded = match found {
            Some(id) if listeners[id].is_full() => {
                return self.expect_syn_retry(wire); // the SYN is dropped without an answer
            }
            Some(id) => {
                let listener = &mut listeners[id];
                let is_flooded = listener.is_flooded();
                listener.half_open += usize::from(!is_flooded);
                self.listener = Some(id);
                self.ends[Side::Server].reuse = listener.reuse;
                is_flooded
            }
            // It meets its own SYN.
            None if self.is_with_itself() && !self.client_has_gone() => false,
            None => return self.send(Side::Server, TcpEvent::SynRst, wire),
        };
        if let Some(handshake) = self.progress.handshake() {
            handshake.stage = if is_flooded { Stage::Cookie } else { Stage::HalfOpen };
            handshake.syn_ack = Retry::default();
        }
        let end = &mut self.ends[Side::Server];
        end.is_held = !is_flooded;
        end.since = wire.now;
        end.state = TcpState::SynReceived;
        self.send(Side::Server, TcpEvent::SynAck, wire);
    }

    pub(super) fn syn_ack_arrives(&mut self, wire: &mut Wire) {
        let end = &mut self.ends[Side::Client];
        match end.life {
            Life::Opening => {
                end.life = Life::Open;
                end.state = TcpState::Established;
                end.heard = wire.now;
                if let Some(handshake) = self.progress.handshake() {
                    self.round_trip =
                        if handshake.was_held { RTO_INITIAL } else { wire.now - handshake.syn_sent };
                }
                self.send(Side::Client, TcpEvent::Ack, wire);
                wire.notify(Notice::Writable(self.id, Side::Client));
            }
            Life::Open => self.send(Side::Client, TcpEvent::Ack, wire),
            Life::Closed | Life::Crashed => self.answer_by_reset(Side::Client, wire),
        }
    }

    pub(super) fn ack_arrives(&mut self, listeners: &mut Listeners, wire: &mut Wire) {
        match self.admit(listeners, wire) {
            Admission::Queued => {}
            Admission::NoRoom => self.expect_syn_ack_retry(wire),
            Admission::Unknown => self.answer_by_reset(Side::Server, wire),
        }
    }

    /// Lets the client into the accept queue.
    pub(super) fn admit(&mut self, listeners: &mut Listeners, wire: &mut Wire) -> Admission {
        let stage = match &self.progress {
            Progress::Queued | Progress::Accepted => return Admission::Queued,
            // The server has crashed since, its listener is closed, or it has given up.
            Progress::Over => return Admission::Unknown,
            Progress::Handshake(handshake) => handshake.stage,
        };
        let period = |time: u64| time / TCP_SYNCOOKIE_PERIOD;
        let is_remembered = match stage {
            Stage::SynSent => return Admission::Unknown,
            Stage::HalfOpen => true,
            Stage::Cookie if period(wire.now) - period(self.ends[Side::Server].since) > 1 => {
                self.abandon(listeners);
                return Admission::Unknown;
            }
            Stage::Cookie => false,
        };
        if self.is_with_itself() && self.listener.is_none() {
            self.progress = Progress::Accepted; // the client's own handle has this end, too
        } else {
            let Some((id, listener)) = self.listener.and_then(|id| Some((id, listeners.get_mut(id)?))) else {
                return Admission::Unknown;
            };
            if listener.is_full() {
                return Admission::NoRoom;
            }
            listener.half_open -= usize::from(is_remembered);
            listener.queue.push_back(self.id);
            self.progress = Progress::Queued;
            wire.notify(Notice::Acceptable(id));
        }
        let end = &mut self.ends[Side::Server];
        end.life = Life::Open;
        end.state = TcpState::Established;
        end.is_held = true;
        end.since = wire.now;
        end.heard = wire.now;
        Admission::Queued
    }

    // Retries.

    /// The client will send its SYN again.
    pub(super) fn expect_syn_retry(&mut self, wire: &mut Wire) {
        let Some(handshake) = self.progress.handshake() else { return };
        if handshake.syn.arm() {
            let doubled = handshake.syn.attempts.saturating_sub(SYN_LINEAR_TIMEOUTS);
            let at = handshake.syn_sent.saturating_add(RTO_INITIAL << doubled);
            self.schedule(at.max(wire.now), TcpEvent::SynRetry, wire);
        }
    }

    /// Sends the SYN again to the host that has its address now.
    pub(super) fn retry_syn(&mut self, target: Option<HostId>, listeners: &mut Listeners, wire: &mut Wire) {
        let Some(handshake) = self.progress.handshake() else { return };
        handshake.syn.is_armed = false;
        if handshake.syn.attempts == SYN_RETRIES {
            return self.fail_connect(io::ErrorKind::TimedOut, listeners, wire);
        }
        handshake.syn.attempts += 1;
        handshake.syn_sent = wire.now;
        let Some(to) = target else { return self.expect_syn_retry(wire) };
        if self.is_nowhere || self.hosts[Side::Server] != to {
            self.is_nowhere = false;
            self.set_server(to, wire);
        }
        self.send(Side::Client, TcpEvent::Syn, wire);
    }

    /// The server will send its SYN-ACK again. With a cookie it does not.
    pub(super) fn expect_syn_ack_retry(&mut self, wire: &mut Wire) {
        let since = self.ends[Side::Server].since;
        if !self.progress.is_half_open() {
            return;
        }
        let Some(handshake) = self.progress.handshake() else { return };
        if handshake.syn_ack.arm() {
            let asked = if handshake.was_held { wire.now } else { since };
            let at = asked.saturating_add(RTO_INITIAL << handshake.syn_ack.attempts);
            self.schedule(at.max(wire.now), TcpEvent::SynAckRetry, wire);
        }
    }

    /// Sends the SYN-ACK again, and decides about the answer at once.
    pub(super) fn retry_syn_ack(&mut self, listeners: &mut Listeners, wire: &mut Wire) {
        let Some(handshake) = self.progress.handshake() else { return };
        handshake.syn_ack.is_armed = false;
        let attempts = handshake.syn_ack.attempts;
        self.ends[Side::Server].since = wire.now;
        if attempts == SYNACK_RETRIES {
            return self.abandon(listeners);
        }
        handshake.syn_ack.attempts += 1;
        if wire.status(self.hosts[Side::Client]) == Status::Down {
            return self.expect_syn_ack_retry(wire);
        }
        let answer = match self.client_has_gone() {
            true => TcpEvent::Rst { from: Side::Client },
            false => TcpEvent::Ack,
        };
        let there = self.delivery(Side::Server, TcpEvent::SynAck, wire);
        let back = self.delivery(Side::Client, answer, wire);
        match (there, back) {
            (Delivery::At { arrival: there, .. }, Delivery::At { arrival: back, .. }) => {
                self.schedule(there.saturating_add(back - wire.now), answer, wire);
            }
            (Delivery::Lost, _) | (_, Delivery::Lost) => self.expect_syn_ack_retry(wire),
            (Delivery::Held, _) => self.hold(Side::Server, answer, wire),
            (_, Delivery::Held) => self.hold(Side::Client, answer, wire),
        }
    }

    // The end of a handshake.

    /// Ends the client's attempts, and the server's if it waits for an answer that got lost.
    pub(super) fn give_up_connect(&mut self, life: Life, wire: &mut Wire) {
        let end = &mut self.ends[Side::Client];
        end.life = life;
        end.state = TcpState::Closed;
        let is_retrying = self.progress.handshake().is_some_and(|handshake| handshake.syn.is_armed);
        if is_retrying && self.progress.is_half_open() {
            self.expect_syn_ack_retry(wire);
        }
    }

    pub(super) fn client_has_gone(&self) -> bool {
        matches!(self.ends[Side::Client].life, Life::Closed | Life::Crashed)
    }

    /// Ends the server's part in a handshake. The client learns of it when it sends.
    pub(super) fn abandon(&mut self, listeners: &mut Listeners) {
        self.leave_listener(listeners);
        if self.ends[Side::Client].life == Life::Opening {
            return self.forget_handshake(); // whoever listens by then hears the next SYN
        }
        self.progress = Progress::Over;
        let end = &mut self.ends[Side::Server];
        end.life = Life::Closed;
        end.state = TcpState::Closed;
        end.is_held = false;
    }

    /// Ends a connect with an error.
    pub(super) fn fail_connect(&mut self, kind: io::ErrorKind, listeners: &mut Listeners, wire: &mut Wire) {
        let end = &mut self.ends[Side::Client];
        if end.life != Life::Opening {
            return;
        }
        end.fail(kind);
        let is_refused = kind == io::ErrorKind::ConnectionRefused;
        self.record_turn(
            if is_refused { EventKind::ConnectRefused } else { EventKind::TimedOut },
            Side::Client,
            wire,
        );
        self.abandon(listeners);
        wire.notify(Notice::Writable(self.id, Side::Client));
    }

    /// The server forgets the SYN of a client that is not connected yet.
    pub(super) fn forget_handshake(&mut self) {
        if let Some(handshake) = self.progress.handshake() {
            handshake.stage = Stage::SynSent;
        }
        let end = &mut self.ends[Side::Server];
        end.is_held = false;
        end.state = TcpState::Closed;
        self.listener = None;
    }
}
