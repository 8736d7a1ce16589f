//! A queue of bytes: small writes are copied together, whole `Bytes` are moved.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

#[derive(Debug, Default)]
pub(super) struct ByteQueue {
    /// Whole pieces, before the bytes of `tail`.
    pieces: VecDeque<Bytes>,
    tail: BytesMut,
    length: usize,
}

impl ByteQueue {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds a copy of `bytes`.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Adds `bytes` without a copy.
    pub(super) fn push(&mut self, bytes: Bytes) {
        if !self.tail.is_empty() {
            self.pieces.push_back(self.tail.split().freeze());
        }
        self.length += bytes.len();
        self.pieces.push_back(bytes);
    }

    /// The first contiguous bytes.
    pub(super) fn front(&self) -> &[u8] {
        self.pieces.front().map_or(&self.tail[..], |piece| &piece[..])
    }

    /// Fills `into` with the first contiguous pieces. Returns how many.
    #[cfg(feature = "tokio")]
    pub(super) fn slices<'a>(&'a self, into: &mut [std::io::IoSlice<'a>]) -> usize {
        let tail = (!self.tail.is_empty()).then_some(&self.tail[..]);
        let pieces = self.pieces.iter().map(|piece| &piece[..]).chain(tail);
        into.iter_mut().zip(pieces).map(|(slot, piece)| *slot = std::io::IoSlice::new(piece)).count()
    }

    /// Removes the first bytes.
    #[cfg(feature = "tokio")]
    pub(super) fn advance_all(&mut self, mut count: usize) {
        while count > 0 {
            let step = self.front().len().min(count);
            self.advance(step);
            count -= step;
        }
    }

    /// Removes the first bytes, at most the first contiguous ones. Returns the piece that is used up, if one is: it may be
    /// the user's, so it must not be dropped under a lock.
    pub(super) fn advance(&mut self, count: usize) -> Option<Bytes> {
        self.length -= count;
        match self.pieces.front_mut() {
            Some(piece) if piece.len() == count => return self.pieces.pop_front(),
            Some(piece) => piece.advance(count),
            None if self.tail.len() == count => self.tail.clear(), // keeps its room for the next
            None => self.tail.advance(count),
        }
        None
    }

    /// Takes the first bytes out, at most the first contiguous ones, without a copy.
    pub(super) fn take(&mut self, most: usize) -> Bytes {
        let count = self.front().len().min(most);
        self.length -= count;
        match self.pieces.front_mut() {
            Some(piece) if piece.len() == count => self.pieces.pop_front().unwrap_or_default(),
            Some(piece) => piece.split_to(count),
            None => self.tail.split_to(count).freeze(),
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
