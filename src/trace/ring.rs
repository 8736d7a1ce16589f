//! The last events, and the bytes that they carry, in two rings that allocate only while they grow.

use bytes::Bytes;

#[cfg(feature = "tokio")]
use super::entry::{Ends, Subject};
use super::{EventKind, entry::Entry};

/// How many events are kept unless more is asked for.
pub(super) const KEPT: usize = 128;

/// How many bytes of an event are kept unless more is asked for.
const SNAP: usize = 64;

#[derive(Debug)]
pub(super) struct Ring {
    /// How many events to keep.
    keep: usize,
    /// How many bytes to keep of each.
    snap: usize,
    /// Reads in a row become one event.
    merges: bool,
    /// A ring once it is full: from `oldest` on, and round, they are in order.
    entries: Vec<Entry>,
    oldest: usize,
    bytes: ByteRing,
}

impl Ring {
    /// Keeps the end of what happens, and the first bytes of each event.
    #[cfg(feature = "tokio")]
    pub(super) const fn of_the_end() -> Self {
        Self { keep: KEPT, snap: SNAP, merges: true, entries: Vec::new(), oldest: 0, bytes: ByteRing::new() }
    }

    /// Keeps so many events as they are, with all their bytes.
    pub(super) const fn of_last(keep: usize) -> Self {
        Self { keep, snap: usize::MAX, merges: false, entries: Vec::new(), oldest: 0, bytes: ByteRing::new() }
    }

    /// Adds an event that carries these bytes.
    #[inline]
    pub(super) fn push<'a>(&mut self, mut entry: Entry, bytes: impl Iterator<Item = &'a [u8]>) {
        if self.keep == 0 {
            return;
        }
        let snap = self.snap;
        let newest = if self.merges && entry.kind == EventKind::Read { self.newest() } else { None };
        if let Some(newest) = newest.filter(|newest| newest.takes_in(&entry)) {
            newest.size = newest.size.saturating_add(entry.size);
            let room = snap - newest.kept as usize;
            let kept = self.bytes.append(bytes, room);
            self.newest().into_iter().for_each(|newest| newest.kept += kept);
            return;
        }
        if self.entries.len() < self.keep {
            entry.kept = self.bytes.append(bytes, self.snap);
            self.entries.push(entry);
            return;
        }
        let oldest = &mut self.entries[self.oldest];
        self.bytes.drop_front(oldest.kept as usize);
        entry.kept = self.bytes.append(bytes, self.snap);
        *oldest = entry; // in place: a move out and in would cost as much as all the rest
        self.oldest = if self.oldest + 1 == self.keep { 0 } else { self.oldest + 1 };
    }

    /// Adds a packet, in place: each message makes three of these.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(super) fn push_packet(
        &mut self,
        at: u64,
        kind: EventKind,
        size: u32,
        ends: &Ends,
        bytes: [&[u8]; 2],
    ) {
        if kind == EventKind::Read || self.entries.len() < self.keep || self.keep == 0 {
            let subject = Subject::Packet(*ends);
            return self.push(Entry { at, kind, size, kept: 0, subject }, bytes.into_iter());
        }
        let oldest = &mut self.entries[self.oldest];
        self.bytes.drop_front(oldest.kept as usize);
        oldest.kept = self.bytes.append(bytes.into_iter(), self.snap);
        (oldest.at, oldest.kind, oldest.size) = (at, kind, size);
        oldest.subject = Subject::Packet(*ends);
        self.oldest = if self.oldest + 1 == self.keep { 0 } else { self.oldest + 1 };
    }

    fn newest(&mut self) -> Option<&mut Entry> {
        let place = self.oldest.checked_sub(1).or_else(|| self.entries.len().checked_sub(1))?;
        self.entries.get_mut(place)
    }

    /// The entries from the oldest, each with its bytes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Entry, Bytes)> {
        let mut at = 0;
        let (newer, older) = self.entries.split_at(self.oldest);
        older.iter().chain(newer).map(move |entry| {
            let bytes = self.bytes.copy(at, entry.kept as usize);
            at += entry.kept as usize;
            (entry, bytes)
        })
    }
}

#[derive(Debug)]
struct ByteRing {
    /// As long as a power of two, or empty.
    buffer: Vec<u8>,
    start: usize,
    length: usize,
}

impl ByteRing {
    const fn new() -> Self {
        Self { buffer: Vec::new(), start: 0, length: 0 }
    }

    /// Adds at most `room` bytes; returns how many.
    #[inline]
    fn append<'a>(&mut self, slices: impl Iterator<Item = &'a [u8]>, room: usize) -> u32 {
        let before = self.length;
        for slice in slices {
            let room = room - (self.length - before);
            self.push(&slice[..slice.len().min(room)]);
        }
        u32::try_from(self.length - before).expect("no event carries 4 GiB")
    }

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.length + bytes.len() > self.buffer.len() {
            self.grow(bytes.len());
        }
        let end = (self.start + self.length) & (self.buffer.len() - 1);
        let (near, far) = bytes.split_at(bytes.len().min(self.buffer.len() - end));
        self.buffer[end..end + near.len()].copy_from_slice(near);
        self.buffer[..far.len()].copy_from_slice(far);
        self.length += bytes.len();
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        let mut buffer = vec![0; (self.length + more).next_power_of_two().max(1024)];
        let (near, far) = self.slices(0, self.length);
        buffer[..near.len()].copy_from_slice(near);
        buffer[near.len()..self.length].copy_from_slice(far);
        (self.buffer, self.start) = (buffer, 0);
    }

    fn drop_front(&mut self, count: usize) {
        self.length -= count;
        self.start = (self.start + count) & self.buffer.len().saturating_sub(1);
    }

    fn copy(&self, from: usize, count: usize) -> Bytes {
        let (near, far) = self.slices(from, count);
        if far.is_empty() { Bytes::copy_from_slice(near) } else { [near, far].concat().into() }
    }

    fn slices(&self, from: usize, count: usize) -> (&[u8], &[u8]) {
        let start = (self.start + from) & self.buffer.len().saturating_sub(1);
        let near = count.min(self.buffer.len() - start);
        (&self.buffer[start..start + near], &self.buffer[..count - near])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    #[test]
    fn bytes_come_back_as_they_went_in_also_around_the_end() {
        let mut ring = ByteRing::new();
        let mut model = VecDeque::new();
        for round in 0..400_usize {
            let piece: Vec<u8> = (0..round % 97).map(|byte| (byte ^ round) as u8).collect();
            let kept = ring.append([&piece[..piece.len() / 3], &piece[piece.len() / 3..]].into_iter(), 64);
            assert_eq!(kept as usize, piece.len().min(64));
            model.extend(&piece[..piece.len().min(64)]);
            while model.len() > 900 {
                let count = 1 + round % 7;
                ring.drop_front(count);
                model.drain(..count);
            }
            assert_eq!(&*ring.copy(0, ring.length), model.make_contiguous());
            let middle = model.len() / 2;
            assert_eq!(&*ring.copy(middle, model.len() - middle), &model.make_contiguous()[middle..]);
        }
        assert_eq!(ring.buffer.len(), 1024);
    }
}
