//! The receiving end of a connection: reads, segments that arrive, acknowledgements and resets.

use std::io;

use super::{
    super::{
        io::{Io, Notice},
        links::Delivery,
        side::Side,
        wire::{Status, TcpEvent, Wire},
    },
    conn::{Conn, Life},
    handshake::Admission,
    listener::Listeners,
    progress::Progress,
};
use crate::{net::TcpState, trace::EventKind};

impl Conn {
    /// Takes up to `most` bytes out. `Done(0)` is the end.
    pub(crate) fn read(
        &mut self,
        side: Side,
        most: usize,
        wire: &mut Wire,
        sink: impl FnMut(&[u8]),
    ) -> Io<usize> {
        let state = self.readable(side);
        let Io::Done(there) = state else { return state };
        let (writer, count) = (side.other(), there.min(most));
        if most > 0 {
            self.record_read(writer, count, wire);
        }
        if count == 0 {
            return Io::Done(0);
        }
        let half = &mut self.sending[writer];
        half.show(count, sink);
        half.consume(count);
        if self.is_unix() {
            self.make_room(writer, count, wire);
            return Io::Done(count);
        }
        if self.sending[writer].count_read(count, wire.now, self.round_trip) {
            self.update_window(writer, 0, wire);
        }
        Io::Done(count)
    }

    fn record_read(&self, writer: Side, count: usize, wire: &mut Wire) {
        let bytes = self.sending[writer].slices(0..count);
        match self.is_unix() {
            true => self.record_unix(EventKind::Read, writer, (count, &bytes), wire),
            false => self.log(EventKind::Read, writer, count, &bytes, wire),
        }
    }

    /// Shows up to `most` bytes without taking them.
    pub(crate) fn peek(&mut self, side: Side, most: usize, sink: impl FnMut(&[u8])) -> Io<usize> {
        let state = self.readable(side);
        let Io::Done(there) = state else { return state };
        self.sending[side.other()].show(there.min(most), sink);
        Io::Done(there.min(most))
    }

    /// Returns how many bytes can be read now; 0 at the end. Takes a pending error.
    fn readable(&mut self, side: Side) -> Io<usize> {
        let half = &self.sending[side.other()];
        let end = &mut self.ends[side];
        if end.life == Life::Crashed {
            return Io::Fail(io::ErrorKind::ConnectionAborted);
        }
        if half.arrived > 0 {
            return Io::Done(half.arrived);
        }
        if end.has_eof {
            return Io::Done(0);
        }
        if let Some(error) = end.error.take() {
            return Io::Fail(error);
        }
        if end.life == Life::Closed { Io::Done(0) } else { Io::Wait }
    }

    /// Returns whether a read would not wait. Takes nothing.
    pub(crate) fn can_read(&self, side: Side) -> bool {
        let (half, end) = (&self.sending[side.other()], &self.ends[side]);
        half.arrived > 0 || end.has_eof || end.error.is_some() || end.life != Life::Open
    }

    /// Returns whether this end is no longer connected to the other.
    pub(crate) fn is_over(&self, side: Side) -> bool {
        let (end, half) = (&self.ends[side], &self.sending[side]);
        match end.life {
            Life::Opening => false,
            Life::Open => end.has_eof && half.is_closed && !half.owes_fin && half.flight.is_empty(),
            Life::Closed | Life::Crashed => true,
        }
    }

    pub(super) fn segment_arrives(
        &mut self,
        from: Side,
        index: u32,
        attempt: u8,
        listeners: &mut Listeners,
        wire: &mut Wire,
    ) {
        let segment = TcpEvent::Segment { from, index, attempt };
        self.record(EventKind::Arrived, from, segment, wire);
        let to = from.other();
        match self.ends[to].life {
            Life::Open => {}
            // Bytes stand for the ACK of the handshake, which was lost or found the accept queue full.
            Life::Opening => match self.admit(listeners, wire) {
                Admission::Queued => {}
                Admission::NoRoom => return self.lose(segment, wire),
                Admission::Unknown => return self.reject(from, index, attempt, wire),
            },
            Life::Closed => {
                self.hear_acks(from, index, wire);
                if !self.arrives_after_close(from, index, attempt, wire) {
                    return;
                }
            }
            Life::Crashed if wire.status(self.hosts[to]) != Status::Up => return,
            Life::Crashed => return self.reject(from, index, attempt, wire),
        }
        self.heard_from(to, wire.now);
        self.hear_acks(from, index, wire);
        let half = &mut self.sending[from];
        if let Some(segment) = half.segment(index) {
            segment.has_arrived = true;
        } // else it was there already
        let (any, is_fin) = half.take_arrived();
        if is_fin {
            self.ends[to].has_eof = true;
            self.enter(to, self.ends[to].state.fin_arrived(), wire);
        }
        if any && self.ends[to].is_held {
            wire.notify(Notice::Readable(self.id, to));
        }
        self.acknowledge(from, index, attempt, wire);
    }

    /// Each segment acknowledges what its sender has.
    fn hear_acks(&mut self, from: Side, index: u32, wire: &mut Wire) {
        let to = from.other();
        let Some(acks) = self.sending[from].segment(index).map(|segment| segment.acks) else { return };
        if self.sending[to].hear_acked(acks, wire.now) {
            self.all_may_be_acknowledged(to, wire);
            self.go_on(to, wire);
        }
    }

    fn all_may_be_acknowledged(&mut self, side: Side, wire: &Wire) {
        if self.sending[side].is_all_acknowledged() {
            self.enter(side, self.ends[side].state.fin_acknowledged(), wire);
        }
    }

    /// Acknowledges what has arrived. Where nothing can be lost, the acknowledgement arrives.
    pub(super) fn acknowledge(&mut self, from: Side, index: u32, attempt: u8, wire: &mut Wire) {
        match self.delivery(from.other(), TcpEvent::Ack, wire) {
            Delivery::Lost => return self.expect_retransmit(from, index, attempt, wire),
            Delivery::At { arrival, .. } => {
                self.heard_from(from, arrival);
                self.sending[from].acknowledge_at(arrival);
            }
            Delivery::Held => self.sending[from].is_ack_held = true,
        }
        let half = &mut self.sending[from];
        half.acked = half.first;
        half.waits_since = wire.now;
        if half.unsent > 0 || half.writer_waits {
            self.expect_news(from, wire);
        }
        self.all_may_be_acknowledged(from, wire);
    }

    // Resets.

    pub(super) fn answer_by_reset(&mut self, side: Side, wire: &mut Wire) {
        self.send(side, TcpEvent::Rst { from: side }, wire);
    }

    /// Answers a segment of this side by a reset.
    pub(super) fn reject(&mut self, from: Side, index: u32, attempt: u8, wire: &mut Wire) {
        let to = from.other();
        self.send(to, TcpEvent::SegmentRst { from: to, index, attempt }, wire);
    }

    pub(super) fn reset_arrives(&mut self, from: Side, listeners: &mut Listeners, wire: &mut Wire) {
        self.record(EventKind::Arrived, from, TcpEvent::Rst { from }, wire);
        let to = from.other();
        match self.ends[to].life {
            Life::Open => {}
            // The client has gone before the end of the handshake.
            Life::Opening if to == Side::Server => {
                self.leave_listener(listeners);
                self.ends[to].is_held = false;
                self.progress = Progress::Over;
            }
            Life::Opening => {
                return self.fail_connect(io::ErrorKind::ConnectionRefused, listeners, wire);
            }
            Life::Closed | Life::Crashed => {
                self.ends[to].state = TcpState::Closed;
                return self.sending[to].give_up();
            }
        }
        let end = &mut self.ends[to];
        // Source: Linux 6.18, `tcp_reset`. Of a connection that has ended on both sides the program's socket hears nothing.
        end.fail(match end.state {
            TcpState::TimeWait | TcpState::Closed => return,
            TcpState::CloseWait => io::ErrorKind::BrokenPipe,
            _ => io::ErrorKind::ConnectionReset,
        });
        self.sending[to].give_up();
        self.sending[from].discard();
        self.wake(to, wire);
    }
}
