//! What a connection does with bytes: in order, once each, or not at all.

use std::io;

use super::{
    ConnId, Event, Fabric, Io, Life, Notice, Progress, Route, Side, Status, What,
    conn::Segment,
    handshake::Admission,
    links::Fate,
    record::{UnixAct, length},
};

/// The least wait before a segment is sent again, beside the round trip; doubled with each attempt.
///
/// Source: Linux 6.18, `TCP_RTO_MIN`.
const LEAST_RETRY: u64 = 200_000_000;

/// Source: Linux 6.18, `TCP_RTO_MAX`.
const MOST_RETRY: u64 = 120_000_000_000;

/// After so many attempts the connection has timed out, after some 15 minutes.
///
/// Source: Linux 6.18, `tcp_retries2`.
const RETRIES: u8 = 15;

/// How many bytes a segment holds where a link looks at segments: an Ethernet frame without headers.
const SEGMENT: usize = 1460;

/// A reader tells of room when it has taken a fourth of the window: small pieces of news would only cost.
///
/// Source: RFC 1122, section 4.2.3.3, which asks for a fraction of the buffer.
const NEWS: usize = 4;

impl Fabric {
    // The code.

    /// Takes as many of the bytes as the window has room for.
    pub(crate) fn write(&mut self, id: ConnId, side: Side, slices: &[&[u8]]) -> Io<usize> {
        if let Some(error) = self.write_error(id, side) {
            return Io::Fail(error);
        }
        let wanted: usize = slices.iter().map(|slice| slice.len()).sum();
        if wanted == 0 {
            return Io::Done(0);
        }
        let room = self.room(id, side);
        if room == 0 {
            self.wait_for_room(id, side);
            return Io::Wait;
        }
        let lane = self.conns[id.index()].lane(side);
        let mut left = room;
        for slice in slices {
            let part = &slice[..slice.len().min(left)];
            lane.bytes.extend(part);
            left -= part.len();
        }
        let written = room - left;
        lane.in_use += written;
        self.send_bytes(id, side, written);
        Io::Done(written)
    }

    /// Takes up to `most` bytes out. `Done(0)` is the end.
    pub(crate) fn read(&mut self, id: ConnId, side: Side, most: usize, sink: impl FnMut(&[u8])) -> Io<usize> {
        let state = self.readable(id, side);
        let Io::Done(there) = state else { return state };
        let count = there.min(most);
        if most > 0 {
            self.record_read(id, side, count);
        }
        if count > 0 {
            let lane = self.conns[id.index()].lane(side.other());
            copy_front(&lane.bytes, count, sink);
            lane.bytes.drain(..count);
            lane.arrived -= count;
            if self.conns[id.index()].is_unix() {
                self.make_room(id, side.other(), count);
                return Io::Done(count);
            }
            let lane = self.conns[id.index()].lane(side.other());
            lane.owed += count;
            if lane.owed >= self.window / NEWS && !lane.owed_waits {
                self.tell_window(id, side.other(), 0);
            }
        }
        Io::Done(count)
    }

    fn record_read(&mut self, id: ConnId, side: Side, count: usize) {
        let conn = &self.conns[id.index()];
        if conn.is_unix() {
            return self.record_unix(id, UnixAct::Read(side.other(), length(count)), 0);
        }
        self.transcript.record_read(self.now, conn.way(side.other()), count);
    }

    /// Shows up to `most` bytes and leaves them there.
    pub(crate) fn peek(&mut self, id: ConnId, side: Side, most: usize, sink: impl FnMut(&[u8])) -> Io<usize> {
        let state = self.readable(id, side);
        let Io::Done(there) = state else { return state };
        copy_front(&self.conns[id.index()].lane(side.other()).bytes, there.min(most), sink);
        Io::Done(there.min(most))
    }

    /// How many bytes can be read now; 0 at the end. Takes an error that waits to be told.
    pub(crate) fn readable(&mut self, id: ConnId, side: Side) -> Io<usize> {
        let conn = &mut self.conns[id.index()];
        let lane = &conn.lanes[side.other().index()];
        let end = &mut conn.ends[side.index()];
        if end.life == Life::Dead {
            return Io::Fail(io::ErrorKind::ConnectionAborted);
        }
        if lane.arrived > 0 {
            return Io::Done(lane.arrived);
        }
        if end.has_eof {
            return Io::Done(0);
        }
        if let Some(error) = end.error.take() {
            return Io::Fail(error);
        }
        if end.life == Life::Closed { Io::Done(0) } else { Io::Wait }
    }

    /// Whether nothing connects this end to the other any more.
    pub(crate) fn is_over(&self, id: ConnId, side: Side) -> bool {
        let conn = &self.conns[id.index()];
        let (end, out) = (&conn.ends[side.index()], &conn.lanes[side.index()]);
        match end.life {
            Life::Opening => false,
            Life::Open => end.has_eof && out.is_closed && out.flight.is_empty(),
            Life::Closed | Life::Dead => true,
        }
    }

    /// Whether a read would not wait. Takes nothing.
    pub(crate) fn can_read(&self, id: ConnId, side: Side) -> bool {
        let conn = &self.conns[id.index()];
        let (lane, end) = (&conn.lanes[side.other().index()], &conn.ends[side.index()]);
        lane.arrived > 0 || end.has_eof || end.error.is_some() || end.life != Life::Open
    }

    /// Whether a write would not wait. If it would, the writer is told when that changes.
    pub(crate) fn can_write(&mut self, id: ConnId, side: Side) -> bool {
        let conn = &self.conns[id.index()];
        let end = &conn.ends[side.index()];
        if end.life != Life::Open || end.error.is_some() || conn.lanes[side.index()].is_closed {
            return true;
        }
        if self.room(id, side) > 0 {
            return true;
        }
        self.wait_for_room(id, side);
        false
    }

    /// Ends the writing direction, after what was written.
    pub(crate) fn shutdown(&mut self, id: ConnId, side: Side) {
        let conn = &mut self.conns[id.index()];
        let is_open = conn.ends[side.index()].life == Life::Open;
        let lane = conn.lane(side);
        if !is_open || std::mem::replace(&mut lane.is_closed, true) {
            return;
        }
        self.send_new(id, side, 0, true);
    }

    /// The handle is gone. Unread bytes are answered by a reset; else the direction ends cleanly.
    pub(crate) fn close(&mut self, id: ConnId, side: Side) {
        let conn = &mut self.conns[id.index()];
        match conn.ends[side.index()].life {
            Life::Open if conn.lanes[side.other().index()].arrived > 0 => self.abort(id, side),
            Life::Open => {
                self.shutdown(id, side);
                let now = self.now;
                let end = self.conns[id.index()].end(side);
                end.life = Life::Closed;
                end.heard = now;
                if self.conns[id.index()].is_unix() {
                    self.refuse_writes(id, side.other());
                }
            }
            Life::Opening => self.give_up_connect(id, Life::Closed),
            Life::Closed | Life::Dead => {}
        }
        self.release(id, side);
    }

    /// Breaks the connection off: a reset goes after what was sent, nothing is sent again or read any more.
    pub(crate) fn abort(&mut self, id: ConnId, side: Side) {
        let conn = &mut self.conns[id.index()];
        if matches!(conn.ends[side.index()].life, Life::Closed | Life::Dead) {
            return;
        }
        if side == Side::Server {
            self.leave_listener(id);
            self.conns[id.index()].progress = Progress::Over;
        }
        let conn = &mut self.conns[id.index()];
        conn.end(side).life = Life::Closed;
        conn.end(side).error = Some(io::ErrorKind::ConnectionAborted);
        conn.lane(side).give_up();
        conn.lane(side.other()).arrived = 0;
        conn.lane(side.other()).break_off();
        let is_unix = conn.is_unix();
        self.wake_end(id, side);
        if is_unix {
            return self.reset_unix(id, side.other());
        }
        self.post(id, side, Event::Reset { conn: id, from: side });
    }

    pub(crate) fn release(&mut self, id: ConnId, side: Side) {
        self.conns[id.index()].end(side).is_held = false;
        self.collect(id);
    }

    /// Removes a connection that nobody needs. Its port is free again.
    pub(super) fn collect(&mut self, id: ConnId) {
        if self.conns[id.index()].is_forgotten() {
            let conn = self.conns.remove(id.index());
            self.forget_timers(&conn);
            // A crash has freed it already, and another may have it now.
            if conn.ends[0].life != Life::Dead {
                self.hosts[conn.hosts[0].index()].stream_ports.remove(&conn.addresses[0].port());
            }
        }
    }

    /// What a person wants to know of one end.
    pub(crate) fn describe_end(&self, id: ConnId, side: Side) -> String {
        let conn = &self.conns[id.index()];
        let (out, back) = (&conn.lanes[side.index()], &conn.lanes[side.other().index()]);
        let life = match conn.ends[side.index()].life {
            Life::Opening => "connecting",
            Life::Open if conn.ends[side.index()].has_eof && out.is_closed => "closed by both",
            Life::Open if conn.ends[side.index()].has_eof => "closed by the other end",
            Life::Open if out.is_closed => "shut down",
            Life::Open => "open",
            Life::Closed => "broken",
            Life::Dead => "its host crashed",
        };
        format!("{life}, {} bytes unread, {} of {} bytes under way", back.arrived, out.in_use, self.window)
    }

    fn write_error(&mut self, id: ConnId, side: Side) -> Option<io::ErrorKind> {
        let conn = &mut self.conns[id.index()];
        let is_closed = conn.lanes[side.index()].is_closed;
        let is_unix = conn.is_unix();
        let end = conn.end(side);
        match end.life {
            // The error is for who reads.
            Life::Open | Life::Closed if is_unix && is_closed => Some(io::ErrorKind::BrokenPipe),
            Life::Dead => Some(io::ErrorKind::ConnectionAborted),
            Life::Opening => Some(io::ErrorKind::NotConnected),
            _ => end.error.take().or_else(|| is_closed.then_some(io::ErrorKind::BrokenPipe)),
        }
    }

    fn wake_end(&mut self, id: ConnId, side: Side) {
        self.notify(Notice::Readable(id, side));
        self.notify(Notice::Writable(id, side));
    }

    // Segments.

    fn send_bytes(&mut self, id: ConnId, side: Side, count: usize) {
        if self.conns[id.index()].is_unix() {
            return self.hand_over(id, side, count);
        }
        // Without rules all of it arrives at once: nobody could tell one segment from many.
        let size = match self.route(id, side) {
            Route::Plain(_) => count,
            Route::Ruled(pair) => SEGMENT.min(self.links.mtu(pair)),
        };
        let mut left = count;
        while left > 0 {
            self.send_new(id, side, left.min(size), false);
            left -= left.min(size);
        }
    }

    fn send_new(&mut self, id: ConnId, side: Side, length: usize, is_fin: bool) {
        if self.conns[id.index()].is_unix() {
            return self.hand_over_end(id, side);
        }
        let now = self.now;
        let lane = self.conns[id.index()].lane(side);
        if !lane.is_unanswered() {
            lane.waits_since = now;
        }
        let index = lane.next();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        lane.flight.push_back(Segment { length, is_fin, has_arrived: false });
        self.post(id, side, Event::Segment { conn: id, from: side, index, attempt: 0 });
    }

    /// Sends a segment again.
    pub(super) fn send_segment(&mut self, id: ConnId, from: Side, index: u32, attempt: u8) {
        let conn = &self.conns[id.index()];
        let is_over = match conn.ends[from.index()].user_timeout {
            Some(limit) => self.now >= conn.lanes[from.index()].waits_since.saturating_add(limit),
            None => attempt > RETRIES,
        };
        if is_over {
            return self.time_out(id, from);
        }
        self.post(id, from, Event::Segment { conn: id, from, index, attempt });
    }

    pub(super) fn segment_arrives(&mut self, id: ConnId, from: Side, index: u32, attempt: u8) {
        self.record(What::Arrived, id, from, Event::Segment { conn: id, from, index, attempt });
        let to = from.other();
        let conn = &self.conns[id.index()];
        match conn.ends[to.index()].life {
            Life::Open => {}
            // The bytes say the same as the last part of the handshake, which was lost or found no room.
            Life::Opening => match self.admit(id) {
                Admission::Queued => {}
                Admission::NoRoom => return self.lose(Event::Segment { conn: id, from, index, attempt }),
                Admission::Unknown => return self.reject(id, from, index, attempt),
            },
            Life::Dead if self.hosts[conn.hosts[to.index()].index()].status != Status::Up => return,
            // It was read before the close, and only the word of that was lost.
            // Source: RFC 9293, 3.10.7.4: what lies before the window is acknowledged, in each state after the handshake.
            Life::Closed if conn.lanes[from.index()].has_taken(index) => {
                return self.acknowledge(id, from, index, attempt);
            }
            Life::Closed | Life::Dead => return self.reject(id, from, index, attempt),
        }
        self.hear(id, to, self.now);
        let lane = self.conns[id.index()].lane(from);
        if let Some(segment) = lane.flight.get_mut(index.wrapping_sub(lane.first) as usize) {
            segment.has_arrived = true;
        } // else it was there already
        let (any, is_end) = lane.take_arrived();
        if is_end {
            self.conns[id.index()].end(to).has_eof = true;
        }
        if any {
            self.notify(Notice::Readable(id, to));
        }
        self.acknowledge(id, from, index, attempt);
    }

    /// The receiver says how far it has got. Where nothing can be lost, that arrives.
    fn acknowledge(&mut self, id: ConnId, from: Side, index: u32, attempt: u8) {
        let ack = Event::Window { conn: id, writer: from };
        let now = self.now;
        match self.route(id, from.other()) {
            Route::Plain(latency) => self.hear(id, from, now.saturating_add(latency)),
            Route::Ruled(pair) if self.links.is_lossy(pair) || self.probes(id, from) => {
                match self.judge(pair, id, from.other(), ack) {
                    Fate::Lost => return self.expect_resend(id, from, index, attempt),
                    Fate::At { arrival, .. } => self.hear(id, from, arrival),
                    Fate::Held => {}
                }
            }
            Route::Ruled(_) => self.hear(id, from, now),
        }
        let lane = self.conns[id.index()].lane(from);
        lane.acked = lane.first;
        lane.waits_since = now;
    }

    pub(super) fn expect_resend(&mut self, id: ConnId, from: Side, index: u32, attempt: u8) {
        let mut at = self.now.saturating_add(self.retry_after(id, attempt));
        let conn = &self.conns[id.index()];
        if let Some(limit) = conn.ends[from.index()].user_timeout {
            at = at.min(conn.lanes[from.index()].waits_since.saturating_add(limit)).max(self.now);
        }
        let attempt = (attempt + 1).min(RETRIES + 1);
        self.push(at, Event::Resend { conn: id, from, index, attempt });
    }

    fn retry_after(&self, id: ConnId, attempt: u8) -> u64 {
        let first = LEAST_RETRY.saturating_add(self.conns[id.index()].round_trip);
        first.saturating_mul(1 << attempt).min(MOST_RETRY.max(first))
    }

    /// The stack of this side has given up. The other is not told.
    pub(super) fn time_out(&mut self, id: ConnId, side: Side) {
        let conn = &mut self.conns[id.index()];
        conn.end(side).error = Some(io::ErrorKind::TimedOut);
        conn.end(side).life = Life::Closed;
        conn.lane(side).give_up();
        self.record_turn(What::TimedOut, id, side);
        self.wake_end(id, side);
    }

    // Resets.

    pub(super) fn answer_by_reset(&mut self, id: ConnId, side: Side) {
        self.post(id, side, Event::Reset { conn: id, from: side });
    }

    /// Answers a segment of this side by a reset.
    fn reject(&mut self, id: ConnId, from: Side, index: u32, attempt: u8) {
        let to = from.other();
        self.post(id, to, Event::Rejection { conn: id, from: to, index, attempt });
    }

    pub(super) fn reset_arrives(&mut self, id: ConnId, from: Side) {
        self.record(What::Arrived, id, from, Event::Reset { conn: id, from });
        let to = from.other();
        match self.conns[id.index()].ends[to.index()].life {
            Life::Open => {}
            // The client has gone before the handshake was over.
            Life::Opening if to == Side::Server => {
                self.leave_listener(id);
                self.conns[id.index()].end(to).is_held = false;
            }
            Life::Opening => return self.fail_connect(id, io::ErrorKind::ConnectionRefused),
            Life::Closed | Life::Dead => return self.conns[id.index()].lane(to).give_up(),
        }
        let conn = &mut self.conns[id.index()];
        if conn.ends[to.index()].life == Life::Opening {
            conn.progress = Progress::Over;
        }
        let end = conn.end(to);
        end.life = Life::Closed;
        // After the end of the stream a reset says only that nobody listens.
        end.error = Some(match end.has_eof {
            true => io::ErrorKind::BrokenPipe,
            false => io::ErrorKind::ConnectionReset,
        });
        conn.lane(to).give_up();
        conn.lane(from).break_off();
        self.wake_end(id, to);
    }

    // The window.

    fn room(&mut self, id: ConnId, side: Side) -> usize {
        let (now, window) = (self.now, self.window);
        let lane = self.conns[id.index()].lane(side);
        lane.settle_credits(now);
        window.saturating_sub(lane.in_use)
    }

    fn wait_for_room(&mut self, id: ConnId, side: Side) {
        let lane = self.conns[id.index()].lane(side);
        lane.writer_waits = true;
        if let (false, Some((at, _))) = (lane.window_waits, lane.credits.front().copied()) {
            lane.window_waits = true;
            self.push(at, Event::Window { conn: id, writer: side });
        }
    }

    /// From now on so many bytes may be written and not read: whoever waits may have room now.
    pub(crate) fn set_window(&mut self, bytes: usize) {
        self.window = bytes;
        for (index, conn) in &mut self.conns {
            for side in [Side::Client, Side::Server] {
                let lane = conn.lane(side);
                if lane.in_use < bytes && std::mem::take(&mut lane.writer_waits) {
                    self.notices.push(Notice::Writable(ConnId::at(index), side));
                }
            }
        }
    }

    /// The reader has taken bytes: the writer learns of it when the news arrives.
    fn tell_window(&mut self, id: ConnId, writer: Side, attempt: u8) {
        let reader = writer.other();
        let fate = self.fate(id, reader, Event::Window { conn: id, writer });
        if let Fate::At { arrival, .. } = fate {
            self.hear(id, writer, arrival);
        }
        let conn = &mut self.conns[id.index()];
        if conn.lanes[writer.index()].is_closed {
            return;
        }
        match fate {
            Fate::At { arrival, .. } => self.give_room(id, writer, arrival),
            Fate::Held => {
                conn.events += 1;
                conn.lane(writer).owed_waits = true;
                let hosts = [reader, writer].map(|side| conn.hosts[side.index()]);
                self.hold_here(hosts[0], hosts[1], Event::WindowRetry { conn: id, writer, attempt });
            }
            Fate::Lost => self.expect_window_retry(id, writer, attempt),
        }
    }

    /// The writer has, or will have, as much room again as the reader has taken.
    pub(super) fn give_room(&mut self, id: ConnId, writer: Side, at: u64) {
        let lane = self.conns[id.index()].lane(writer);
        lane.owed_waits = false;
        let owed = std::mem::take(&mut lane.owed);
        match lane.credits.back_mut() {
            Some((last, bytes)) if *last >= at => *bytes += owed,
            _ => lane.credits.push_back((at, owed)),
        }
        if lane.writer_waits {
            self.wait_for_room(id, writer);
        }
    }

    /// The writer will ask whether there is room. A window that stays shut ends the stream as silence does.
    ///
    /// Source: Linux 6.18, `tcp_probe_timer`.
    pub(super) fn expect_window_retry(&mut self, id: ConnId, writer: Side, attempt: u8) {
        if attempt < RETRIES {
            self.conns[id.index()].lane(writer).owed_waits = true;
            let at = self.now.saturating_add(self.retry_after(id, attempt));
            self.push(at, Event::WindowRetry { conn: id, writer, attempt: attempt + 1 });
        } else if self.room(id, writer) == 0 && self.conns[id.index()].ends[writer.index()].life == Life::Open
        {
            self.time_out(id, writer);
        }
    }

    /// The end that would tell of room is gone, and its host may know nothing of the connection any more.
    fn ask_the_dead(&mut self, id: ConnId, writer: Side, attempt: u8) {
        let reader = writer.other();
        let host = self.conns[id.index()].hosts[reader.index()];
        let asked = self.fate(id, writer, Event::Probe { conn: id, from: writer });
        if self.hosts[host.index()].status == Status::Up && matches!(asked, Fate::At { .. }) {
            self.answer_by_reset(id, reader);
        }
        self.expect_window_retry(id, writer, attempt);
    }

    /// The other end has died: if nothing of this one is under way, only its waiting for room can notice.
    pub(super) fn outlive(&mut self, id: ConnId, side: Side) {
        let is_open = self.conns[id.index()].ends[side.index()].life == Life::Open;
        if is_open && self.room(id, side) == 0 && !self.conns[id.index()].lanes[side.index()].owed_waits {
            self.expect_window_retry(id, side, 0);
        }
    }

    pub(super) fn window_opens(&mut self, id: ConnId, writer: Side) {
        let lane = self.conns[id.index()].lane(writer);
        lane.window_waits = false;
        lane.writer_waits = false;
        self.notify(Notice::Writable(id, writer));
    }

    pub(super) fn retry_window(&mut self, id: ConnId, writer: Side, attempt: u8) {
        let conn = &mut self.conns[id.index()];
        let is_dead = conn.ends[writer.other().index()].life == Life::Dead;
        let lane = conn.lane(writer);
        lane.owed_waits = false;
        if is_dead {
            self.ask_the_dead(id, writer, attempt);
        } else if lane.owed > 0 {
            self.tell_window(id, writer, attempt);
        }
    }
}

fn copy_front(bytes: &std::collections::VecDeque<u8>, count: usize, mut sink: impl FnMut(&[u8])) {
    let (first, second) = bytes.as_slices();
    let split = count.min(first.len());
    if split > 0 {
        sink(&first[..split]);
    }
    if count > split {
        sink(&second[..count - split]);
    }
}
