//! The end of a connection: close, abort and crash; and what the system does for a socket that its program has closed.

use std::io;

use super::{
    super::{
        side::Side,
        wire::{TcpEvent, Wire},
    },
    conn::{Conn, Life},
    listener::Listeners,
    progress::Progress,
};
use crate::net::TcpState;

/// How long the system waits for the peer's FIN after the program has closed its socket.
///
/// Source: Linux 6.18, `tcp_fin_timeout`.
const TCP_FIN_TIMEOUT: u64 = 60_000_000_000;

/// How long a socket stays in TIME-WAIT.
///
/// Source: Linux 6.18, `TCP_TIMEWAIT_LEN`.
const TCP_TIMEWAIT_LEN: u64 = 60_000_000_000;

impl Conn {
    /// Returns whether the program has closed this end, and the system still ends the connection for it.
    pub(super) fn is_orphan(&self, side: Side) -> bool {
        let end = &self.ends[side];
        end.life == Life::Closed && end.state != TcpState::Closed
    }

    /// Moves an end to its next state.
    pub(super) fn enter(&mut self, side: Side, state: TcpState, wire: &Wire) {
        let end = &mut self.ends[side];
        if end.state != state {
            end.state = state;
            if end.life == Life::Closed {
                end.heard = wire.now;
            }
        }
    }

    /// Ends FIN-WAIT-2 and TIME-WAIT of a closed socket in their time. It is asked when a packet arrives, so that no
    /// timer is needed.
    pub(super) fn expire(&mut self, side: Side, wire: &Wire) {
        if self.has_expired(side, wire.now) {
            self.ends[side].state = TcpState::Closed;
        }
    }

    /// Returns whether the time of a closed socket in FIN-WAIT-2 or TIME-WAIT is over.
    pub(super) fn has_expired(&self, side: Side, now: u64) -> bool {
        let end = &self.ends[side];
        let limit = match end.state {
            TcpState::FinWait2 => TCP_FIN_TIMEOUT,
            TcpState::TimeWait => TCP_TIMEWAIT_LEN,
            _ => return false,
        };
        end.life == Life::Closed && now.saturating_sub(end.heard) >= limit
    }

    /// A segment arrives at a socket that its program has closed. Returns whether it is in order and can be taken; else
    /// it was answered.
    ///
    /// Source: RFC 9293, 3.10.7.4, and Linux 6.18, `tcp_rcv_state_process`: whatever was taken before is acknowledged, an
    /// end is taken, and data beyond the close resets the connection.
    pub(super) fn arrives_after_close(
        &mut self,
        from: Side,
        index: u32,
        attempt: u8,
        wire: &mut Wire,
    ) -> bool {
        let to = from.other();
        self.expire(to, wire);
        if self.ends[to].state == TcpState::Closed {
            self.reject(from, index, attempt, wire);
            return false;
        }
        let half = &mut self.sending[from];
        if half.has_taken(index) {
            self.acknowledge(from, index, attempt, wire);
            return false;
        }
        if index == half.first && half.segment(index).is_some_and(|segment| segment.is_fin) {
            return true;
        }
        self.ends[to].state = TcpState::Closed;
        self.sending[to].give_up();
        self.reject(from, index, attempt, wire);
        false
    }

    /// Closes the handle. Unread bytes are answered by a reset; else the direction ends cleanly.
    pub(crate) fn close(&mut self, side: Side, listeners: &mut Listeners, wire: &mut Wire) {
        match self.ends[side].life {
            Life::Open if self.sending[side.other()].arrived > 0 => self.abort(side, listeners, wire),
            Life::Open => {
                self.shutdown(side, wire);
                let end = &mut self.ends[side];
                end.life = Life::Closed;
                end.heard = wire.now;
                if self.is_unix() {
                    self.refuse_writes(side.other(), wire);
                } else if self.sending[side].owes_fin {
                    self.expect_orphan_timer(side, wire);
                }
            }
            Life::Opening => self.give_up_connect(Life::Closed, wire),
            Life::Closed | Life::Crashed => {}
        }
        self.ends[side].is_held = false;
    }

    /// Breaks the connection off: a reset goes after what was sent, and nothing more is retransmitted or read.
    pub(crate) fn abort(&mut self, side: Side, listeners: &mut Listeners, wire: &mut Wire) {
        if matches!(self.ends[side].life, Life::Closed | Life::Crashed) {
            return;
        }
        if side == Side::Server {
            self.leave_listener(listeners);
            self.progress = Progress::Over;
        }
        // Source: Linux 6.18, `tcp_disconnect` and `tcp_close`: a connection that has ended on both sides needs no reset.
        let needs_reset = !matches!(self.ends[side].state, TcpState::TimeWait | TcpState::Closed);
        self.ends[side].fail(io::ErrorKind::ConnectionAborted);
        self.sending[side].give_up();
        let back = &mut self.sending[side.other()];
        back.consume(back.arrived); // what is still under way will be reset
        self.wake(side, wire);
        match self.is_unix() {
            true => self.reset_unix(side.other(), wire),
            false if needs_reset => self.send(side, TcpEvent::Rst { from: side }, wire),
            false => {}
        }
    }

    /// Ends the endpoint on a host that loses its power. The peer is not told.
    pub(crate) fn crash(&mut self, side: Side, wire: &mut Wire) {
        if side == Side::Server && self.ends[Side::Client].life == Life::Opening {
            return self.forget_handshake();
        }
        match side {
            Side::Client => self.give_up_connect(Life::Crashed, wire),
            Side::Server => {
                if self.progress.is_half_open() || self.progress == Progress::Queued {
                    self.ends[side].is_held = false;
                }
                self.progress = Progress::Over;
            }
        }
        let end = &mut self.ends[side];
        end.life = Life::Crashed;
        end.state = TcpState::Closed;
        self.sending[side].give_up();
        self.wake(side, wire);
        if !self.is_unix() {
            self.peer_is_gone(side.other(), wire);
        }
    }
}
