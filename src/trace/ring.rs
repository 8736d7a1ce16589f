//! The last events, their subjects and the bytes that they carry, in rings that allocate only while they grow.

use std::{collections::VecDeque, ops::Deref};

use bytes::Bytes;

use super::entry::{Entry, Subject};

/// How many events are kept unless more is asked for.
const KEPT: usize = 128;

/// How many bytes of an event are kept unless more is asked for.
const SNAP: usize = 64;

#[derive(Debug)]
pub(super) struct Ring {
    /// How many events to keep.
    keep: usize,
    /// A ring once it is full: from `oldest` on, and round, they are in order.
    entries: Vec<Entry>,
    oldest: usize,
    /// Of those entries that have no flow, in their order.
    subjects: VecDeque<Known>,
    bytes: Kept,
}

/// The bytes that the entries carry.
#[derive(Debug)]
enum Kept {
    /// The first of each event. What each message does must cost little: a place of its own needs no bookkeeping.
    Snaps(Vec<[u8; SNAP]>),
    All(ByteRing),
}

/// A subject, and how many events of the network came before its event.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) subject: Subject,
    pub(super) after: u64,
}

impl Ring {
    /// Keeps the end of what happens, and the first bytes of each event.
    #[cfg(feature = "tokio")]
    pub(super) const fn of_the_end() -> Self {
        Self::with(KEPT, Kept::Snaps(Vec::new()))
    }

    /// Keeps so many events as they are, with all their bytes.
    pub(super) const fn of_last(keep: usize) -> Self {
        Self::with(keep, Kept::All(ByteRing::new()))
    }

    const fn with(keep: usize, bytes: Kept) -> Self {
        Self { keep, entries: Vec::new(), oldest: 0, subjects: VecDeque::new(), bytes }
    }

    pub(super) const fn keep(&self) -> usize {
        self.keep
    }

    /// Returns whether reads in a row become one event.
    pub(super) const fn merges(&self) -> bool {
        matches!(self.bytes, Kept::Snaps(_))
    }

    /// Adds an event of a flow. Each message makes three: in a full ring they take the places of others like them.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(super) fn push_of_flow(&mut self, entry: Entry, bytes: &[&[u8]]) {
        let is_full = self.entries.len() == self.keep;
        match (self.entries.get_mut(self.oldest), &mut self.bytes) {
            (Some(oldest), Kept::Snaps(snaps)) if is_full && oldest.flow.is_some() => {
                // Field by field: a copy of what was just made has to wait for its parts.
                (oldest.at, oldest.size) = (entry.at, entry.size);
                (oldest.flow, oldest.kind) = (entry.flow, entry.kind);
                oldest.kept = put(&mut snaps[self.oldest], 0, bytes);
                self.oldest = if self.oldest + 1 == self.keep { 0 } else { self.oldest + 1 };
            }
            _ => self.push(entry, None, bytes),
        }
    }

    /// Adds an event that carries these bytes. `known` is its subject, if it has no flow.
    pub(super) fn push(
        &mut self,
        mut entry: Entry,
        known: Option<Known>,
        bytes: &[impl Deref<Target = [u8]>],
    ) {
        if self.entries.len() < self.keep {
            entry.kept = match &mut self.bytes {
                Kept::Snaps(snaps) => {
                    snaps.push([0; SNAP]);
                    snaps.last_mut().map_or(0, |snap| put(snap, 0, bytes))
                }
                Kept::All(all) => all.append(bytes),
            };
            self.entries.push(entry);
        } else if let Some(oldest) = self.entries.get_mut(self.oldest) {
            if oldest.flow.is_none() {
                self.subjects.pop_front();
            }
            entry.kept = match &mut self.bytes {
                Kept::Snaps(snaps) => put(&mut snaps[self.oldest], 0, bytes),
                Kept::All(all) => {
                    all.drop_front(oldest.kept as usize);
                    all.append(bytes)
                }
            };
            *oldest = entry;
            self.oldest = if self.oldest + 1 == self.keep { 0 } else { self.oldest + 1 };
        } else {
            return; // none is kept
        }
        if let Some(known) = known {
            self.subjects.push_back(known);
        }
    }

    /// Adds to the newest event what a read took that goes on where it stopped. Returns false if this is none.
    pub(super) fn merge(&mut self, next: Entry, subject: Option<&Subject>, bytes: &[&[u8]]) -> bool {
        let place = if self.oldest > 0 { self.oldest } else { self.entries.len() }.wrapping_sub(1);
        let (Some(newest), Kept::Snaps(snaps)) = (self.entries.get_mut(place), &mut self.bytes) else {
            return false;
        };
        let is_of_stream = match subject {
            None => true,
            Some(Subject::Path { .. }) => self.subjects.back().map(|known| &known.subject) == subject,
            Some(_) => false,
        };
        if !is_of_stream || !newest.takes_in(&next) {
            return false;
        }
        newest.size = newest.size.saturating_add(next.size);
        newest.kept = put(&mut snaps[place], newest.kept as usize, bytes);
        true
    }

    /// The entries from the oldest, each with its subject, if it has no flow, and its bytes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Entry, Option<&Known>, Bytes)> {
        let (mut at, mut subjects) = (0, self.subjects.iter());
        let (newer, older) = self.entries.split_at(self.oldest);
        older.iter().chain(newer).enumerate().map(move |(index, entry)| {
            let length = entry.kept as usize;
            let bytes = match &self.bytes {
                Kept::Snaps(snaps) => {
                    Bytes::copy_from_slice(&snaps[(self.oldest + index) % snaps.len()][..length])
                }
                Kept::All(all) => all.copy(at, length),
            };
            at += length;
            (entry, if entry.flow.is_none() { subjects.next() } else { None }, bytes)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Puts bytes behind the first `length` ones, as many as there is room for. Returns how many there are then.
#[inline]
fn put(snap: &mut [u8; SNAP], mut length: usize, bytes: &[impl Deref<Target = [u8]>]) -> u32 {
    for bytes in bytes {
        // A copy of a known length takes no call.
        if let (0, Some(whole)) = (length, bytes.first_chunk()) {
            *snap = *whole;
            return SNAP as u32;
        }
        let room = &mut snap[length..];
        let count = bytes.len().min(room.len());
        room[..count].copy_from_slice(&bytes[..count]);
        length += count;
    }
    length as u32
}

/// Bytes in a ring that allocates only while it grows.
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

    /// Adds bytes; returns how many.
    fn append(&mut self, slices: &[impl Deref<Target = [u8]>]) -> u32 {
        let before = self.length;
        slices.iter().for_each(|slice| self.push(slice));
        u32::try_from(self.length - before).expect("no event carries 4 GiB")
    }

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
            let piece: Vec<u8> = (0..round % 65).map(|byte| (byte ^ round) as u8).collect();
            let kept = ring.append(&[&piece[..piece.len() / 3], &piece[piece.len() / 3..]]);
            assert_eq!(kept as usize, piece.len());
            model.extend(&piece);
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
