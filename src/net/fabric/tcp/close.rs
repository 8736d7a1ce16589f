//! The end of a connection: close, abort and crash.

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

impl Conn {
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
        self.ends[side].fail(io::ErrorKind::ConnectionAborted);
        self.sending[side].give_up();
        let back = &mut self.sending[side.other()];
        back.arrived = 0;
        back.discard();
        self.wake(side, wire);
        match self.is_unix() {
            true => self.reset_unix(side.other(), wire),
            false => self.send(side, TcpEvent::Rst { from: side }, wire),
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
            self.peer_crashed(side.other(), wire);
        }
    }
}
