//! A list that only grows, and is read with no lock.

use std::{
    array,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Each part holds four times as many as the one before it: nothing that is in it ever moves.
const PARTS: usize = 12;

/// A list that only grows. Its first part holds `FIRST`.
pub(super) struct AppendOnly<T, const FIRST: usize> {
    parts: [OnceLock<Box<[OnceLock<T>]>>; PARTS],
    taken: AtomicUsize,
}

impl<T, const FIRST: usize> AppendOnly<T, FIRST> {
    pub(super) fn new() -> Self {
        Self { parts: array::from_fn(|_| OnceLock::new()), taken: AtomicUsize::new(0) }
    }

    /// Adds an item, and returns its index.
    pub(super) fn push(&self, value: T) -> usize {
        let index = self.taken.fetch_add(1, Ordering::Relaxed);
        let (part, at) = Self::place(index);
        let slots =
            self.parts[part].get_or_init(|| (0..FIRST << (2 * part)).map(|_| OnceLock::new()).collect());
        let is_set = slots[at].set(value).is_ok();
        debug_assert!(is_set, "an index is taken once");
        index
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        let (part, at) = Self::place(index);
        self.parts.get(part)?.get()?.get(at)?.get()
    }

    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let slots = self.parts.iter().map_while(OnceLock::get).flat_map(|slots| slots.iter());
        slots.map_while(OnceLock::get)
    }

    /// Returns the part of an index, and the place in it.
    #[inline]
    const fn place(index: usize) -> (usize, usize) {
        let part = (3 * (index / FIRST) + 1).ilog2() as usize / 2;
        (part, index - FIRST * (((1 << (2 * part)) - 1) / 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_there_in_its_order() {
        let list = AppendOnly::<usize, 2>::new();
        assert_eq!((list.get(0), list.len()), (None, 0));
        for value in 0..1000 {
            assert_eq!(list.push(value), value);
            assert_eq!(list.get(value), Some(&value));
            assert_eq!(list.get(value + 1), None);
        }
        assert!(list.iter().copied().eq(0..1000));
        assert_eq!(list.get(usize::MAX / 8), None);
    }

    #[test]
    fn each_part_begins_where_the_one_before_it_ends() {
        let place = AppendOnly::<(), 8>::place;
        let firsts_and_lasts = [0, 7, 8, 39, 40, 167, 168].map(place);
        assert_eq!(firsts_and_lasts, [(0, 0), (0, 7), (1, 0), (1, 31), (2, 0), (2, 127), (3, 0)]);
    }
}
