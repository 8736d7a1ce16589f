//! The bytes of one direction of a connection.

use std::{collections::VecDeque, ops::Range};

use super::{
    super::{io::Buffers, wire::TcpEvent},
    congestion::Congestion,
    tuning::WindowTuning,
};

/// A reader tells of room when it has taken this fraction of the receive window: smaller updates would only cost.
///
/// Source: RFC 1122, section 4.2.3.3, which asks for a fraction of the buffer.
const WINDOW_UPDATE_FRACTION: usize = 4;

/// One direction of a connection, from its writer to its reader.
#[derive(Debug)]
pub(crate) struct HalfStream {
    pub(super) buffers: Buffers,
    /// The largest segment.
    pub(super) mss: usize,
    /// The reader's receive window when nothing is unread, as the writer knows it.
    pub(super) receive_window: usize,
    /// The reader's own account of its window.
    pub(super) tuning: WindowTuning,
    pub(super) congestion: Congestion,
    /// Written and not read. The first `arrived` of them can be read, the last `unsent` of them wait to be sent.
    pub(crate) bytes: VecDeque<u8>,
    pub(crate) arrived: usize,
    pub(crate) unsent: usize,
    /// Sent and not arrived, in order. The first has the number `first`.
    pub(crate) flight: VecDeque<Segment>,
    pub(crate) first: u32,
    /// The sender knows that the segments before this number have arrived.
    pub(crate) acked: u32,
    /// Since when the first unacknowledged segment has waited.
    pub(crate) waits_since: u64,
    /// How many bytes were ever sent.
    pub(super) sent: usize,
    /// How many of them have arrived in order.
    pub(super) taken: usize,
    /// How many of them are acknowledged, as the writer knows.
    pub(super) heard: usize,
    /// The last segment that was smaller than the largest ended here.
    small_segment_ends: usize,
    /// When the writer learns that how many bytes have arrived.
    pub(super) pending_acks: VecDeque<(u64, usize)>,
    /// An acknowledgement is held on its link.
    pub(super) is_ack_held: bool,
    /// How many bytes were written and are not read, as the writer knows.
    pub(crate) in_use: usize,
    pub(super) pending_window_updates: VecDeque<WindowUpdate>,
    /// Bytes that were read, and of which no update has been sent, or its update got lost.
    pub(crate) unacked_reads: usize,
    /// A zero window probe is armed, or an update is held.
    pub(crate) is_probe_armed: bool,
    pub(crate) writer_waits: bool,
    /// When the writer looks at what it has learned.
    pub(super) looks_at: Option<u64>,
    /// No more bytes will be written.
    pub(crate) is_closed: bool,
    /// The FIN waits behind bytes that are not sent.
    pub(super) owes_fin: bool,
    /// Nothing is retransmitted any more.
    pub(crate) has_given_up: bool,
}

/// A reader's word about its window.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowUpdate {
    /// When the writer learns of it.
    pub(super) at: u64,
    /// So many bytes more were read.
    pub(super) read: usize,
    pub(super) window: usize,
}

/// A segment under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) length: u32,
    /// All segments of the peer before this number have arrived, as its sender says.
    pub(crate) acks: u32,
    pub(crate) is_fin: bool,
    pub(crate) has_arrived: bool,
}

impl HalfStream {
    pub(super) fn new(buffers: Buffers, mss: usize) -> Self {
        Self {
            buffers,
            mss,
            receive_window: buffers.first_window(),
            tuning: WindowTuning::new(buffers, mss),
            congestion: Congestion::new(buffers.slow_start),
            bytes: VecDeque::new(),
            arrived: 0,
            unsent: 0,
            flight: VecDeque::new(),
            first: 0,
            acked: 0,
            waits_since: 0,
            sent: 0,
            taken: 0,
            heard: 0,
            small_segment_ends: 0,
            pending_acks: VecDeque::new(),
            is_ack_held: false,
            in_use: 0,
            pending_window_updates: VecDeque::new(),
            unacked_reads: 0,
            is_probe_armed: false,
            writer_waits: false,
            looks_at: None,
            is_closed: false,
            owes_fin: false,
            has_given_up: false,
        }
    }

    /// Sets the settings of its buffers.
    pub(super) fn set_buffers(&mut self, buffers: Buffers) {
        if buffers.window != self.buffers.window {
            self.receive_window = buffers.first_window();
            self.tuning = WindowTuning::new(buffers, self.mss);
        }
        if buffers.slow_start != self.buffers.slow_start {
            self.congestion = Congestion::new(buffers.slow_start);
        }
        self.buffers = buffers;
    }

    /// How many bytes may be written before the peer reads any.
    pub(crate) fn capacity(&self) -> usize {
        self.send_buffer() + self.receive_window
    }

    pub(super) fn send_buffer(&self) -> usize {
        match self.buffers.window {
            Some(_) => 0,
            None => self.buffers.send_buffer(self.congestion.window(), self.mss),
        }
    }

    /// Returns how many bytes were sent and are not acknowledged, as the writer knows.
    pub(super) const fn unacknowledged(&self) -> usize {
        self.sent - self.heard
    }

    /// Returns how many bytes may be sent now: as many as window and congestion window take, and the last of them not
    /// while it waits for others by Nagle's algorithm.
    ///
    /// Source: RFC 9293, 3.7.4, and Linux 6.18, `tcp_nagle_check` and `tcp_minshall_check`.
    pub(super) fn sendable(&mut self, nodelay: bool, now: u64, timeout: u64) -> usize {
        if self.unsent == 0 {
            return 0;
        }
        let under_way = self.unacknowledged();
        let window = self.window_left();
        if under_way == 0 && window > 0 {
            self.congestion.restart_after_idleness(now, timeout);
        }
        let allowed = self.congestion.allowance(under_way, self.mss).min(window);
        let count = self.unsent.min(allowed);
        let ends_stream = self.owes_fin && count == self.unsent;
        let waits = !nodelay && !ends_stream && self.small_segment_ends > self.heard;
        if waits { count - count % self.mss } else { count }
    }

    /// Takes the next bytes to send, as the segment with the number that it returns.
    pub(super) fn take_segment(&mut self, length: usize, acks: u32, is_fin: bool, now: u64) -> u32 {
        self.unsent -= length;
        self.sent += length;
        if length % self.mss > 0 {
            self.small_segment_ends = self.sent;
        }
        self.congestion.sent(self.unacknowledged(), self.mss, now);
        let index = self.next();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.flight.push_back(Segment { length, acks, is_fin, has_arrived: false });
        index
    }

    /// When something was last sent.
    pub(super) const fn last_sent(&self) -> u64 {
        self.congestion.last_sent()
    }

    /// Appends up to `room` bytes, and returns how many.
    pub(super) fn push(&mut self, slices: &[&[u8]], room: usize) -> usize {
        let mut left = room;
        for slice in slices {
            let part = &slice[..slice.len().min(left)];
            self.bytes.extend(part);
            left -= part.len();
        }
        self.in_use += room - left;
        self.unsent += room - left;
        room - left
    }

    /// Counts bytes that were read. Returns whether the reader must tell of it.
    pub(super) fn count_read(&mut self, count: usize, now: u64, round_trip: u64) -> bool {
        self.unacked_reads += count;
        let has_grown = self.tuning.read(count, now, round_trip);
        (has_grown || self.unacked_reads >= self.tuning.window / WINDOW_UPDATE_FRACTION)
            && !self.is_probe_armed
    }

    /// Removes bytes that were read.
    pub(super) fn consume(&mut self, count: usize) {
        self.bytes.drain(..count);
        self.arrived -= count;
    }

    /// Shows the first bytes to `sink`.
    pub(super) fn show(&self, count: usize, mut sink: impl FnMut(&[u8])) {
        self.slices(0..count).into_iter().filter(|slice| !slice.is_empty()).for_each(&mut sink);
    }

    /// Returns whether this segment has arrived, and all before it.
    pub(super) fn has_taken(&self, index: u32) -> bool {
        index.wrapping_sub(self.first) > u32::MAX / 2
    }

    /// Returns whether the sender knows that this segment has arrived.
    pub(super) fn is_acknowledged(&self, index: u32) -> bool {
        index.wrapping_sub(self.acked) > u32::MAX / 2
    }

    /// The peer says that the segments before this number have arrived. Returns whether that is news.
    pub(super) fn hear_acked(&mut self, before: u32, now: u64) -> bool {
        let is_news = before != self.acked && before.wrapping_sub(self.acked) < u32::MAX / 2;
        if is_news {
            self.acked = before;
            self.waits_since = now;
        }
        if before == self.first {
            self.hear(self.taken);
        }
        is_news
    }

    /// Returns the number of the next segment.
    #[expect(clippy::cast_possible_truncation, reason = "a window is far smaller")]
    pub(super) fn next(&self) -> u32 {
        self.first.wrapping_add(self.flight.len() as u32)
    }

    /// Returns whether all that was written is acknowledged, and the end if there is one.
    pub(super) fn is_all_acknowledged(&self) -> bool {
        self.unsent == 0 && !self.owes_fin && !self.is_unacknowledged()
    }

    /// Returns whether the sender waits for an acknowledgement.
    pub(super) fn is_unacknowledged(&self) -> bool {
        self.acked != self.next()
    }

    /// Returns the segment of this number, if it has not been taken.
    pub(super) fn segment(&mut self, index: u32) -> Option<&mut Segment> {
        self.flight.get_mut(index.wrapping_sub(self.first) as usize)
    }

    /// Makes readable what has arrived in order. Returns whether anything did, and whether the FIN did.
    pub(super) fn take_arrived(&mut self) -> (bool, bool) {
        let (mut any, mut is_fin) = (false, false);
        while let Some(segment) = self.flight.front().filter(|segment| segment.has_arrived) {
            self.arrived += segment.length as usize;
            self.taken += segment.length as usize;
            is_fin |= segment.is_fin;
            any = true;
            self.flight.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        (any, is_fin)
    }

    /// Discards what has not arrived. What has arrived can still be read.
    pub(super) fn discard(&mut self) {
        self.bytes.truncate(self.arrived);
        self.unsent = 0;
        self.flight.clear();
        self.give_up();
    }

    /// Ends writing and retransmission. What was not sent will not be.
    pub(crate) fn give_up(&mut self) {
        self.bytes.truncate(self.bytes.len() - self.unsent);
        self.in_use -= self.unsent;
        (self.unsent, self.owes_fin) = (0, false);
        self.is_closed = true;
        self.has_given_up = true;
    }

    /// Returns whether the packet is a FIN that has not been taken.
    pub(crate) fn is_fin(&self, packet: TcpEvent) -> bool {
        let TcpEvent::Segment { index, .. } = packet else { return false };
        self.flight.get(index.wrapping_sub(self.first) as usize).is_some_and(|segment| segment.is_fin)
    }

    /// Returns these bytes, in two slices.
    pub(crate) fn slices(&self, range: Range<usize>) -> [&[u8]; 2] {
        let (first, second) = self.bytes.as_slices();
        let split = first.len();
        [
            &first[range.start.min(split)..range.end.min(split)],
            &second[range.start.max(split) - split..range.end.max(split) - split],
        ]
    }

    /// Returns where a segment's bytes lie in `bytes`.
    pub(crate) fn range(&self, index: u32) -> Option<Range<usize>> {
        let place = index.wrapping_sub(self.first) as usize;
        let segment = self.flight.get(place)?;
        let length = segment.length as usize;
        let start = if place + 1 == self.flight.len() {
            self.bytes.len() - self.unsent - length // the newest, without a sum over what may be many
        } else {
            self.arrived
                + self.flight.iter().take(place).map(|segment| segment.length as usize).sum::<usize>()
        };
        Some(start..start + length)
    }
}
