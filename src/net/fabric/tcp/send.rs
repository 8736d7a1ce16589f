//! The sending end of a connection: writes, segments, retransmission and time-out.

use std::io;

use super::{
    super::{
        io::{Io, Notice},
        links::Route,
        side::Side,
        wire::{TcpEvent, Wire},
    },
    conn::{Conn, Life, largest_segment},
};
use crate::trace::EventKind;

/// The least wait before a segment is sent again, on top of the round trip. It doubles with each attempt.
///
/// Source: Linux 6.18, `TCP_RTO_MIN`.
const RTO_MIN: u64 = 200_000_000;

/// Source: Linux 6.18, `TCP_RTO_MAX`.
const RTO_MAX: u64 = 120_000_000_000;

/// After so many attempts the connection has timed out, after some 15 minutes.
///
/// Source: Linux 6.18, `tcp_retries2`.
pub(super) const RETRIES: u8 = 15;

/// After so many attempts the system gives up what a closed socket has left to it, after some 100 seconds.
///
/// Source: Linux 6.18, `tcp_orphan_retries`, whose default of 0 stands for 8 as long as the timeout is below `TCP_RTO_MAX`.
const ORPHAN_RETRIES: u8 = 8;

impl Conn {
    /// Takes as many of the bytes as there is room for.
    pub(crate) fn write(&mut self, side: Side, slices: &[&[u8]], wire: &mut Wire) -> Io<usize> {
        if let Some(error) = self.write_error(side) {
            return Io::Fail(error);
        }
        if slices.iter().all(|slice| slice.is_empty()) {
            return Io::Done(0);
        }
        let room = self.sending[side].room(wire.now);
        if room == 0 {
            self.wait_for_room(side, wire);
            return Io::Wait;
        }
        let written = self.sending[side].push(slices, room);
        match self.is_unix() {
            true => self.hand_over(side, written, wire),
            false => self.transmit(side, wire),
        }
        Io::Done(written)
    }

    /// Returns whether a write would not wait. If it would, the writer is notified when that changes.
    pub(crate) fn can_write(&mut self, side: Side, wire: &mut Wire) -> bool {
        let end = &self.ends[side];
        if end.life != Life::Open || end.error.is_some() || self.must_not_write(side) {
            return true;
        }
        let half = &mut self.sending[side];
        let room = half.room(wire.now);
        if half.is_writable(room) {
            return true;
        }
        self.wait_for_room(side, wire);
        false
    }

    /// Turns Nagle's algorithm off or on.
    pub(crate) fn set_nodelay(&mut self, side: Side, nodelay: bool, wire: &mut Wire) {
        self.ends[side].nodelay = nodelay;
        if nodelay && self.sending[side].unsent > 0 {
            self.transmit(side, wire);
        }
    }

    /// Ends the writing direction, after what was written.
    pub(crate) fn shutdown(&mut self, side: Side, wire: &mut Wire) {
        if self.ends[side].life != Life::Open || self.sending[side].is_closed {
            return;
        }
        self.sending[side].is_closed = true;
        if self.is_unix() {
            return self.hand_over_end(side, wire);
        }
        let end = &mut self.ends[side];
        end.state = end.state.fin_sent();
        self.sending[side].owes_fin = true;
        self.transmit(side, wire);
    }

    fn write_error(&mut self, side: Side) -> Option<io::ErrorKind> {
        let (is_closed, is_unix) = (self.sending[side].is_closed, self.is_unix());
        let end = &mut self.ends[side];
        match end.life {
            // On a Unix socket the error is for the reader.
            Life::Open | Life::Closed if is_unix && is_closed => Some(io::ErrorKind::BrokenPipe),
            Life::Crashed => Some(io::ErrorKind::ConnectionAborted),
            Life::Opening => Some(io::ErrorKind::NotConnected),
            _ => end.error.take().or_else(|| is_closed.then_some(io::ErrorKind::BrokenPipe)),
        }
    }

    pub(super) fn wake(&self, side: Side, wire: &mut Wire) {
        wire.notify(Notice::Readable(self.id, side));
        wire.notify(Notice::Writable(self.id, side));
    }

    /// Sends as many bytes as may be sent; after the last of them, the FIN.
    pub(super) fn transmit(&mut self, side: Side, wire: &mut Wire) {
        let largest = largest_segment(self.hosts);
        let route = self.route(side, wire);
        let timeout = self.retransmission_timeout(0);
        let half = &mut self.sending[side];
        half.mss = match route {
            Route::Plain(_) => largest,
            Route::Ruled(pair) => largest.min(wire.links.mtu(pair)),
        };
        let mut left = half.sendable(self.ends[side].nodelay, wire.now, timeout);
        // Without rules all of it arrives at once: one segment cannot be told from many.
        let size = if matches!(route, Route::Plain(_)) { left } else { half.mss };
        while left > 0 {
            self.send_new(side, left.min(size), false, wire);
            left -= left.min(size);
        }
        let half = &mut self.sending[side];
        if half.unsent > 0 {
            self.expect_news(side, wire);
        } else if std::mem::take(&mut half.owes_fin) {
            self.send_new(side, 0, true, wire);
        }
    }

    fn send_new(&mut self, side: Side, length: usize, is_fin: bool, wire: &mut Wire) {
        let half = &mut self.sending[side];
        if !half.is_unacknowledged() {
            half.waits_since = wire.now;
        }
        let acks = self.sending[side.other()].first;
        let index = self.sending[side].take_segment(length, acks, is_fin, wire.now);
        self.send(side, TcpEvent::Segment { from: side, index, attempt: 0 }, wire);
    }

    /// Sends a segment again, unless the connection has timed out.
    pub(super) fn retransmit(&mut self, from: Side, index: u32, attempt: u8, wire: &mut Wire) {
        let is_over = match self.ends[from].user_timeout {
            Some(limit) => wire.now >= self.sending[from].waits_since.saturating_add(limit),
            None if self.is_orphan(from) => attempt > ORPHAN_RETRIES,
            None => attempt > RETRIES,
        };
        if is_over {
            return self.time_out(from, wire);
        }
        let acks = self.sending[from.other()].first;
        if let Some(segment) = self.sending[from].segment(index) {
            segment.acks = acks;
        }
        self.send(from, TcpEvent::Segment { from, index, attempt }, wire);
    }

    /// Arms the retransmission of a segment.
    pub(super) fn expect_retransmit(&mut self, from: Side, index: u32, attempt: u8, wire: &mut Wire) {
        let mut at = wire.now.saturating_add(self.retransmission_timeout(attempt));
        if let Some(limit) = self.ends[from].user_timeout {
            at = at.min(self.sending[from].waits_since.saturating_add(limit)).max(wire.now);
        }
        let attempt = (attempt + 1).min(RETRIES + 1);
        self.schedule(at, TcpEvent::Retransmit { from, index, attempt }, wire);
    }

    pub(super) fn retransmission_timeout(&self, attempt: u8) -> u64 {
        let first = RTO_MIN.saturating_add(self.round_trip);
        first.saturating_mul(1 << attempt).min(RTO_MAX.max(first))
    }

    /// Ends the connection on this side for want of an answer. The other side is not told, and finds out if it sends.
    pub(super) fn time_out(&mut self, side: Side, wire: &mut Wire) {
        self.ends[side].fail(io::ErrorKind::TimedOut);
        self.sending[side].give_up();
        self.record_turn(EventKind::TimedOut, side, wire);
        self.wake(side, wire);
        self.peer_is_gone(side.other(), wire);
    }
}
