//! The bytes of one direction of a connection.

use std::{collections::VecDeque, ops::Range};

use super::super::{io::Buffers, wire::TcpEvent};

/// A reader tells of room when it has taken this fraction of the receive window: smaller updates would only cost.
///
/// Source: RFC 1122, section 4.2.3.3, which asks for a fraction of the buffer.
const WINDOW_UPDATE_FRACTION: usize = 4;

/// One direction of a connection, from its writer to its reader.
#[derive(Debug)]
pub(crate) struct HalfStream {
    /// The writer's send buffer, as far as it holds more than the receive window takes.
    pub(crate) send_buffer: usize,
    /// The reader's receive window when nothing is unread.
    pub(crate) receive_window: usize,
    /// Written and not read. The first `arrived` of them can be read.
    pub(crate) bytes: VecDeque<u8>,
    pub(crate) arrived: usize,
    /// Sent and not arrived, in order. The first has the number `first`.
    pub(crate) flight: VecDeque<Segment>,
    pub(crate) first: u32,
    /// The sender knows that the segments before this number have arrived.
    pub(crate) acked: u32,
    /// Since when the first unacknowledged segment has waited.
    pub(crate) waits_since: u64,
    /// How many bytes of send buffer and window are in use, as the writer knows.
    pub(crate) in_use: usize,
    /// When the writer learns of how many bytes that were read.
    pub(crate) pending_window_updates: VecDeque<(u64, usize)>,
    /// Bytes that were read, and of which no update has been sent, or its update got lost.
    pub(crate) unacked_reads: usize,
    /// A zero window probe is armed, or an update is held.
    pub(crate) is_probe_armed: bool,
    pub(crate) writer_waits: bool,
    pub(crate) is_update_armed: bool,
    /// No more bytes will be written.
    pub(crate) is_closed: bool,
    /// Nothing is retransmitted any more.
    pub(crate) has_given_up: bool,
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
    pub(super) fn new(buffers: Buffers) -> Self {
        Self {
            send_buffer: buffers.send_buffer,
            receive_window: buffers.receive_window,
            bytes: VecDeque::new(),
            arrived: 0,
            flight: VecDeque::new(),
            first: 0,
            acked: 0,
            waits_since: 0,
            in_use: 0,
            pending_window_updates: VecDeque::new(),
            unacked_reads: 0,
            is_probe_armed: false,
            writer_waits: false,
            is_update_armed: false,
            is_closed: false,
            has_given_up: false,
        }
    }

    /// How many bytes may be written and not read.
    pub(crate) const fn capacity(&self) -> usize {
        self.send_buffer.saturating_add(self.receive_window)
    }

    /// Takes in the window updates that have arrived by now, and returns how many bytes can be written.
    pub(super) fn room(&mut self, now: u64) -> usize {
        while let Some((_, count)) = self.pending_window_updates.front().copied().filter(|(at, _)| *at <= now)
        {
            self.in_use -= count;
            self.pending_window_updates.pop_front();
        }
        self.capacity().saturating_sub(self.in_use)
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
        room - left
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

    /// Returns whether the reader has taken enough to send an update.
    pub(super) const fn must_update(&self) -> bool {
        self.unacked_reads >= self.receive_window / WINDOW_UPDATE_FRACTION && !self.is_probe_armed
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
    pub(super) const fn hear_acked(&mut self, before: u32, now: u64) -> bool {
        let is_news = before != self.acked && before.wrapping_sub(self.acked) < u32::MAX / 2;
        if is_news {
            self.acked = before;
            self.waits_since = now;
        }
        is_news
    }

    /// Returns the number of the next segment.
    #[expect(clippy::cast_possible_truncation, reason = "a window is far smaller")]
    pub(super) fn next(&self) -> u32 {
        self.first.wrapping_add(self.flight.len() as u32)
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
        self.flight.clear();
        self.give_up();
    }

    /// Ends writing and retransmission.
    pub(crate) fn give_up(&mut self) {
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
            self.bytes.len() - length // the newest, without a sum over what may be many
        } else {
            self.arrived
                + self.flight.iter().take(place).map(|segment| segment.length as usize).sum::<usize>()
        };
        Some(start..start + length)
    }
}
