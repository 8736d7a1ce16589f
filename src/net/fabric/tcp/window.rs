//! The receive window: updates to the writer, zero window probes, and a peer that has crashed.

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

impl Conn {
    /// Notifies the writer when there is room.
    pub(super) fn wait_for_room(&mut self, side: Side, wire: &mut Wire) {
        let half = &mut self.sending[side];
        half.writer_waits = true;
        if let (false, Some((at, _))) = (half.is_update_armed, half.pending_window_updates.front().copied()) {
            half.is_update_armed = true;
            self.schedule(at, TcpEvent::WindowUpdate { writer: side }, wire);
        }
    }

    /// Sets the sizes of the buffers. A writer that waits may have room now.
    pub(crate) fn set_buffers(&mut self, buffers: Buffers, wire: &mut Wire) {
        for side in Side::BOTH {
            let half = &mut self.sending[side];
            (half.send_buffer, half.receive_window) = (buffers.send_buffer, buffers.receive_window);
            if half.in_use < half.capacity() && std::mem::take(&mut half.writer_waits) {
                wire.notify(Notice::Writable(self.id, side));
            }
        }
    }

    /// Tells the writer how much was read.
    pub(super) fn update_window(&mut self, writer: Side, attempt: u8, wire: &mut Wire) {
        let reader = writer.other();
        let delivery = self.delivery(reader, TcpEvent::WindowUpdate { writer }, wire);
        if let Delivery::At { arrival, .. } = delivery {
            self.heard_from(writer, arrival);
        }
        if self.sending[writer].is_closed {
            return;
        }
        match delivery {
            Delivery::At { arrival, .. } => self.give_room(writer, arrival, wire),
            Delivery::Held => {
                self.sending[writer].is_probe_armed = true;
                self.hold(reader, TcpEvent::ZeroWindowProbe { writer, attempt }, wire);
            }
            Delivery::Lost => self.expect_zero_window_probe(writer, attempt, wire),
        }
    }

    /// Gives the writer as much room as the reader has taken, at this time.
    pub(crate) fn give_room(&mut self, writer: Side, at: u64, wire: &mut Wire) {
        let half = &mut self.sending[writer];
        half.is_probe_armed = false;
        let read = std::mem::take(&mut half.unacked_reads);
        match half.pending_window_updates.back_mut() {
            Some((last, bytes)) if *last >= at => *bytes += read,
            _ => half.pending_window_updates.push_back((at, read)),
        }
        if half.writer_waits {
            self.wait_for_room(writer, wire);
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
        } else if self.sending[writer].room(wire.now) == 0 && self.ends[writer].life == Life::Open {
            self.time_out(writer, wire);
        }
    }

    pub(super) fn zero_window_probe(&mut self, writer: Side, attempt: u8, wire: &mut Wire) {
        let is_gone = self.ends[writer.other()].state == TcpState::Closed;
        let half = &mut self.sending[writer];
        half.is_probe_armed = false;
        if is_gone {
            self.probe_gone_peer(writer, attempt, wire);
        } else if half.unacked_reads > 0 {
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
    /// wait for room can notice: it probes the shut window, whoever closed.
    ///
    /// Source: RFC 9293, 3.8.6.1.
    pub(super) fn peer_is_gone(&mut self, side: Side, wire: &mut Wire) {
        let half = &mut self.sending[side];
        if self.ends[side].life == Life::Open && half.room(wire.now) == 0 && !half.is_probe_armed {
            self.expect_zero_window_probe(side, 0, wire);
        }
    }

    pub(super) fn window_opens(&mut self, writer: Side, wire: &mut Wire) {
        let half = &mut self.sending[writer];
        half.is_update_armed = false;
        half.writer_waits = false;
        wire.notify(Notice::Writable(self.id, writer));
    }
}
