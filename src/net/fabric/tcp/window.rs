//! The window between writer and reader: updates, zero window probes, a peer that has crashed, and how the writer goes on.

use super::{
    super::{
        io::{Buffers, Notice},
        links::Delivery,
        side::Side,
        wire::{Status, TcpEvent, Wire},
    },
    conn::{Conn, Life},
    send::RETRIES,
};
use crate::net::TcpState;

/// So long does the system probe a shut window for a program that has closed its socket: ten probes, until the timeout
/// has grown to `TCP_RTO_MAX`.
///
/// Source: Linux 6.18, `tcp_probe_timer`.
const ORPHAN_STALL: u64 = 204_600_000_000;

impl Conn {
    /// Notifies the writer when there is room.
    pub(super) fn wait_for_room(&mut self, side: Side, wire: &mut Wire) {
        self.sending[side].writer_waits = true;
        self.expect_news(side, wire);
    }

    /// The writer looks when the next thing arrives of which it learns.
    pub(super) fn expect_news(&mut self, side: Side, wire: &mut Wire) {
        let half = &mut self.sending[side];
        if half.is_ack_held && !half.is_probe_armed {
            return self.update_window(side, 0, wire);
        }
        let Some(at) = half.next_news() else { return };
        if half.looks_at.is_none_or(|looks_at| at < looks_at) {
            half.looks_at = Some(at);
            self.schedule(at.max(wire.now), TcpEvent::Look { writer: side }, wire);
        }
    }

    pub(super) fn look(&mut self, writer: Side, wire: &mut Wire) {
        let half = &mut self.sending[writer];
        half.looks_at = half.looks_at.filter(|at| *at > wire.now);
        self.go_on(writer, wire);
    }

    /// The writer has learned something: more may be sent, and more may be written.
    pub(super) fn go_on(&mut self, writer: Side, wire: &mut Wire) {
        let half = &mut self.sending[writer];
        let room = half.room(wire.now);
        if half.writer_waits && half.is_writable(room) {
            half.writer_waits = false;
            wire.notify(Notice::Writable(self.id, writer));
        } else if half.writer_waits {
            self.expect_news(writer, wire);
        }
        if self.sending[writer].unsent > 0 {
            self.transmit(writer, wire);
        }
    }

    /// Sets the settings of the buffers. A writer that waits may have room now.
    pub(crate) fn set_buffers(&mut self, buffers: Buffers, wire: &mut Wire) {
        let buffers = if self.is_unix() { buffers.of_unix() } else { buffers };
        for side in Side::BOTH {
            self.sending[side].set_buffers(buffers);
            if self.ends[side].life != Life::Opening && !self.sending[side].has_given_up {
                self.go_on(side, wire);
            }
        }
    }

    /// Tells the writer how much was read.
    pub(super) fn update_window(&mut self, writer: Side, attempt: u8, wire: &mut Wire) {
        let reader = writer.other();
        let packet = TcpEvent::ZeroWindowProbe { writer, attempt };
        let delivery = self.delivery(reader, packet, wire);
        if let Delivery::At { arrival, .. } = delivery {
            self.heard_from(writer, arrival);
        }
        if !self.sending[writer].wants_news() {
            return self.meet_gone_writer(writer, delivery, wire);
        }
        match delivery {
            Delivery::At { arrival, .. } => self.give_room(writer, arrival, wire),
            Delivery::Held => {
                self.sending[writer].is_probe_armed = true;
                self.hold(reader, packet, wire);
            }
            Delivery::Lost => self.expect_zero_window_probe(writer, attempt, wire),
        }
    }

    /// Answers by a reset what a reader sends to a writer that is gone without its end.
    fn meet_gone_writer(&mut self, writer: Side, update: Delivery, wire: &mut Wire) {
        let (gone, end) = (&self.ends[writer], &self.ends[writer.other()]);
        let is_cut_short = gone.state == TcpState::Closed && end.life == Life::Open && !end.has_eof;
        let is_up = wire.status(self.hosts[writer]) == Status::Up;
        if is_cut_short && is_up && matches!(update, Delivery::At { .. }) {
            self.answer_by_reset(writer, wire);
        }
    }

    /// Gives the writer as much room as the reader has taken, at this time.
    pub(crate) fn give_room(&mut self, writer: Side, at: u64, wire: &mut Wire) {
        let half = &mut self.sending[writer];
        half.update_window_at(at);
        if half.is_ack_held {
            half.acknowledge_at(at);
        }
        if half.writer_waits || half.unsent > 0 {
            self.expect_news(writer, wire);
        }
    }

    /// Arms the writer's zero window probe. A window that stays shut ends the connection as silence does.
    ///
    /// Source: Linux 6.18, `tcp_probe_timer`.
    pub(super) fn expect_zero_window_probe(&mut self, writer: Side, attempt: u8, wire: &mut Wire) {
        if attempt < RETRIES {
            self.sending[writer].is_probe_armed = true;
            let at = wire.now.saturating_add(self.retransmission_timeout(attempt));
            self.schedule(at, TcpEvent::ZeroWindowProbe { writer, attempt: attempt + 1 }, wire);
        } else if self.waits_for_window(writer, wire) {
            self.time_out(writer, wire);
        }
    }

    pub(super) fn zero_window_probe(&mut self, writer: Side, attempt: u8, wire: &mut Wire) {
        let is_gone = self.ends[writer.other()].state == TcpState::Closed;
        let half = &mut self.sending[writer];
        half.is_probe_armed = false;
        if is_gone {
            self.probe_gone_peer(writer, attempt, wire);
        } else if half.unacked_reads > 0 || half.is_ack_held {
            self.update_window(writer, attempt, wire);
        }
    }

    /// Probes a reader that is gone. If its host is up, it knows nothing of the connection.
    fn probe_gone_peer(&mut self, writer: Side, attempt: u8, wire: &mut Wire) {
        let reader = writer.other();
        let probe = self.delivery(writer, TcpEvent::KeepAliveProbe { from: writer }, wire);
        self.expect_zero_window_probe(writer, attempt, wire);
        if wire.status(self.hosts[reader]) == Status::Up && matches!(probe, Delivery::At { .. }) {
            self.answer_by_reset(reader, wire);
        }
    }

    /// The peer of this side has gone without a word, or its word was lost. If nothing of this side is under way, only a
    /// wait for the window can notice: it probes the shut window, whoever closed.
    ///
    /// Source: RFC 9293, 3.8.6.1.
    pub(super) fn peer_is_gone(&mut self, side: Side, wire: &mut Wire) {
        if self.waits_for_window(side, wire) && !self.sending[side].is_probe_armed {
            self.expect_zero_window_probe(side, 0, wire);
        }
    }

    /// Returns whether this side can do nothing before the window opens.
    fn waits_for_window(&mut self, side: Side, wire: &Wire) -> bool {
        let half = &mut self.sending[side];
        let is_full = half.room(wire.now) == 0;
        half.is_window_shut() || is_full && self.ends[side].life == Life::Open
    }

    // A program that has closed its socket.

    /// The system gives up what a closed socket has left to it if the peer's window stays shut.
    pub(super) fn expect_orphan_timer(&mut self, writer: Side, wire: &mut Wire) {
        let stalls = self.sending[writer].last_sent().max(self.ends[writer].heard);
        let at = stalls.saturating_add(ORPHAN_STALL);
        if wire.now < at {
            self.schedule(at, TcpEvent::OrphanTimer { writer }, wire);
        } else {
            self.time_out(writer, wire);
        }
    }
}
