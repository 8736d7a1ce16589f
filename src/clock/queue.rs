//! The nanosecond event queue: pure, ordered by (deadline, order of registration).

use std::{cmp::Reverse, collections::BinaryHeap};

use slab::Slab;

use crate::seed::{Rng, Seed};

/// Names one event of a queue for as long as it waits there; afterwards it names nothing, also when its place
/// is taken by another (or by the next four billion).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventKey {
    slot: u32,
    id: u32,
}

impl EventKey {
    /// The key in one word. Never one of the highest [`u32::MAX`]: there is no such slot.
    pub(super) fn to_bits(self) -> u64 {
        u64::from(self.slot) << 32 | u64::from(self.id)
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self { slot: (bits >> 32) as u32, id: bits as u32 }
    }
}

/// An event's place in the order: its deadline, its turn among equals, and its slot; in one number, which is
/// compared and moved at once.
type Entry = Reverse<u128>;

const fn entry(deadline: u64, turn: u32, slot: u32) -> Entry {
    Reverse((deadline as u128) << 64 | (turn as u128) << 32 | slot as u128)
}

const fn deadline_of(Reverse(bits): Entry) -> u64 {
    (bits >> 64) as u64
}

const fn slot_of(Reverse(bits): Entry) -> usize {
    bits as u32 as usize
}

struct Slot<T> {
    id: u32,
    turn: u32,
    deadline: u64,
    value: T,
}

/// The order of events of one deadline.
#[derive(Debug)]
enum Ties {
    FirstCome,
    Shuffled(Seed, Rng),
}

/// Values that wait for their deadlines. Inserting, taking out and firing are O(log n), on average over many.
///
/// What comes goes into a small heap; when there is more of it than of what waits in order, it is sorted into that.
/// Sorting many at once costs a fraction of what taking each from a large heap does.
///
/// An event that is taken out or moved leaves a stale entry behind, which is known by a place in the order that its
/// slot no longer has. The first entry is never stale, and never are there more stale ones than events.
pub(crate) struct EventQueue<T> {
    slots: Slab<Slot<T>>,
    /// In order, the next one at the end.
    sorted: Vec<Entry>,
    /// The entries that came after the last sort.
    fresh: BinaryHeap<Entry>,
    /// How many events had an id, and how many a turn.
    ids: u32,
    turns: u32,
    ties: Ties,
}

/// So few entries are not worth a sort or a clean-up.
const FEW: usize = 64;

impl<T> EventQueue<T> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Slab::new(),
            sorted: Vec::new(),
            fresh: BinaryHeap::new(),
            ids: 0,
            turns: 0,
            ties: Ties::FirstCome,
        }
    }

    /// From now on equal deadlines are put in a random order.
    pub(crate) fn shuffle(&mut self, seed: Seed) {
        self.ties = Ties::Shuffled(seed, seed.rng("clock.ties"));
    }

    /// The seed of the shuffle, if there is one.
    pub(crate) fn shuffled_by(&self) -> Option<Seed> {
        match self.ties {
            Ties::FirstCome => None,
            Ties::Shuffled(seed, _) => Some(seed),
        }
    }

    pub(crate) fn insert(&mut self, deadline: u64, value: T) -> EventKey {
        let turn = self.next_turn();
        self.ids = self.ids.wrapping_add(1);
        let id = self.ids;
        let slot = self.slots.insert(Slot { id, turn, deadline, value });
        let slot = u32::try_from(slot).ok().filter(|slot| *slot < u32::MAX);
        let slot = slot.expect("fewer events wait than memory could hold");
        self.fresh.push(entry(deadline, turn, slot));
        EventKey { slot, id }
    }

    /// Takes an event out; `None` if it is there no more.
    pub(crate) fn remove(&mut self, key: EventKey) -> Option<T> {
        self.slot(key)?;
        let removed = self.slots.remove(key.slot as usize);
        self.clean_up();
        Some(removed.value)
    }

    /// Gives a waiting event another deadline, behind those that have it already. False if it is there no more.
    pub(crate) fn reschedule(&mut self, key: EventKey, deadline: u64) -> bool {
        if self.slot(key).is_none() {
            return false;
        }
        let turn = self.next_turn();
        let slot = &mut self.slots[key.slot as usize];
        (slot.deadline, slot.turn) = (deadline, turn);
        self.fresh.push(entry(deadline, turn, key.slot));
        self.clean_up();
        true
    }

    pub(crate) fn get_mut(&mut self, key: EventKey) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.slot as usize)?;
        (slot.id == key.id).then_some(&mut slot.value)
    }

    pub(crate) fn deadline(&self, key: EventKey) -> Option<u64> {
        self.slot(key).map(|slot| slot.deadline)
    }

    /// The event that will fire first, with its deadline.
    pub(crate) fn first(&self) -> Option<(u64, &T)> {
        let first = self.first_entry()?;
        Some((deadline_of(first), &self.slots[slot_of(first)].value))
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.first_entry().map(deadline_of)
    }

    /// True if an event comes before that place.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_before(&self, deadline: u64, turn: u32) -> bool {
        self.first_entry().is_some_and(|first| first > entry(deadline, turn, 0))
    }

    /// Takes out the first event that is due at `now` (inclusive), with its deadline.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<(u64, T)> {
        let first = self.first_entry().filter(|first| deadline_of(*first) <= now)?;
        if self.fresh.len() > self.sorted.len() + FEW {
            self.sort();
        }
        self.drop_first();
        let value = self.slots.remove(slot_of(first)).value;
        self.drop_stale();
        Some((deadline_of(first), value))
    }

    /// All events in the order in which they will fire.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let mut slots: Vec<(usize, &Slot<T>)> = self.slots.iter().collect();
        slots.sort_by_key(|(index, slot)| (slot.deadline, slot.turn, *index));
        slots.into_iter().map(|(_, slot)| (slot.deadline, &slot.value))
    }

    fn slot(&self, key: EventKey) -> Option<&Slot<T>> {
        self.slots.get(key.slot as usize).filter(|slot| slot.id == key.id)
    }

    /// A place among equal deadlines, for somebody who stands outside.
    pub(crate) fn next_turn(&mut self) -> u32 {
        if let Ties::Shuffled(_, stream) = &mut self.ties {
            return (stream.next_u64() >> 32) as u32;
        }
        if self.turns == u32::MAX {
            self.count_turns_anew();
        }
        self.turns += 1;
        self.turns
    }

    /// Gives what waits the first turns, in the same order.
    fn count_turns_anew(&mut self) {
        self.drop_all_stale();
        self.sort();
        self.turns = 0;
        for known in self.sorted.iter_mut().rev() {
            self.turns += 1;
            let slot = &mut self.slots[slot_of(*known)];
            slot.turn = self.turns;
            *known = entry(slot.deadline, slot.turn, known.0 as u32);
        }
    }

    fn first_entry(&self) -> Option<Entry> {
        self.sorted.last().copied().max(self.fresh.peek().copied())
    }

    fn drop_first(&mut self) {
        if self.sorted.last() > self.fresh.peek() {
            self.sorted.pop();
        } else {
            self.fresh.pop();
        }
    }

    fn sort(&mut self) {
        self.sorted.append(&mut std::mem::take(&mut self.fresh).into_vec());
        self.sorted.sort(); // it finds what is in order already
    }

    fn clean_up(&mut self) {
        if self.sorted.len() + self.fresh.len() > 2 * self.slots.len() + FEW {
            self.drop_all_stale();
        } else {
            self.drop_stale();
        }
    }

    fn drop_stale(&mut self) {
        while self.first_entry().is_some_and(|first| !is_live(&self.slots, first)) {
            self.drop_first();
        }
    }

    fn drop_all_stale(&mut self) {
        let slots = &self.slots;
        self.sorted.retain(|entry| is_live(slots, *entry));
        self.fresh.retain(|entry| is_live(slots, *entry));
    }
}

fn is_live<T>(slots: &Slab<Slot<T>>, known: Entry) -> bool {
    let slot = slots.get(slot_of(known));
    slot.is_some_and(|slot| entry(slot.deadline, slot.turn, known.0 as u32) == known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &mut EventQueue<char>, now: u64) -> String {
        std::iter::from_fn(|| queue.pop_due(now)).map(|(_, value)| value).collect()
    }

    #[test]
    fn equal_deadlines_fire_in_the_order_of_registration() {
        let mut queue = EventQueue::new();
        for (deadline, value) in [(5, 'c'), (1, 'a'), (5, 'd'), (1, 'b')] {
            queue.insert(deadline, value);
        }
        assert_eq!(drain(&mut queue, 5), "abcd");
    }

    #[test]
    fn a_deadline_is_due_at_its_nanosecond_and_not_before() {
        let mut queue = EventQueue::new();
        queue.insert(5, 'a');
        assert_eq!(queue.pop_due(4), None);
        assert_eq!(queue.pop_due(5), Some((5, 'a')));
    }

    #[test]
    fn a_key_names_nothing_once_its_event_is_gone() {
        let mut queue = EventQueue::new();
        let gone = queue.insert(1, 'a');
        assert_eq!(queue.remove(gone), Some('a'));
        let there = queue.insert(1, 'b'); // takes the same slot
        assert_eq!(queue.remove(gone), None);
        assert!(!queue.reschedule(gone, 9));
        assert_eq!(queue.deadline(gone), None);
        assert_eq!(queue.deadline(there), Some(1));
    }

    #[test]
    fn a_rescheduled_event_goes_behind_those_already_there() {
        let mut queue = EventQueue::new();
        let moved = queue.insert(1, 'a');
        queue.insert(5, 'b');
        assert!(queue.reschedule(moved, 5));
        assert_eq!(drain(&mut queue, 5), "ba");
    }

    #[test]
    fn what_is_taken_out_or_moved_leaves_little_behind() {
        let mut queue = EventQueue::new();
        let moved = queue.insert(1, 'm');
        for turn in 0..10_000 {
            let gone = queue.insert(1_000_000 + turn, 'g');
            assert!(queue.reschedule(moved, 2 + turn));
            assert_eq!(queue.remove(gone), Some('g'));
            assert!(queue.sorted.len() + queue.fresh.len() <= 2 * queue.slots.len() + FEW);
            assert_eq!(queue.next_deadline(), Some(2 + turn));
        }
        assert_eq!(drain(&mut queue, u64::MAX), "m");
        assert!(queue.sorted.is_empty() && queue.fresh.is_empty() && queue.slots.is_empty());
    }

    #[test]
    fn a_stale_entry_does_not_fire_what_took_its_slot() {
        let mut queue = EventQueue::new();
        queue.insert(1, 'a');
        let gone = queue.insert(5, 'b');
        queue.remove(gone);
        queue.insert(9, 'c'); // takes the slot
        assert_eq!(drain(&mut queue, 5), "a");
        assert_eq!(queue.first(), Some((9, &'c')));
        assert_eq!(drain(&mut queue, 9), "c");
    }

    #[test]
    fn what_comes_later_goes_between_what_was_sorted() {
        let mut queue = EventQueue::new();
        for number in 0..1000 {
            queue.insert(2 * (number * 7 % 1000), 'e');
        }
        assert_eq!(queue.pop_due(0), Some((0, 'e')));
        assert!(queue.fresh.is_empty(), "so many were sorted");
        queue.insert(3, 'o');
        queue.insert(2, 'l');
        assert_eq!(queue.pop_due(9), Some((2, 'e')));
        assert_eq!(queue.pop_due(9), Some((2, 'l')));
        assert_eq!(queue.pop_due(9), Some((3, 'o')));
        assert_eq!(queue.pop_due(9), Some((4, 'e')));
        assert!(queue.fresh.is_empty());
    }

    #[test]
    fn few_are_not_sorted() {
        let mut queue = EventQueue::new();
        (0..FEW as u64).for_each(|deadline| _ = queue.insert(deadline, 'a'));
        assert_eq!(queue.pop_due(0), Some((0, 'a')));
        assert!(queue.sorted.is_empty());
        (0..2).for_each(|deadline| _ = queue.insert(deadline, 'b'));
        assert_eq!(queue.pop_due(0), Some((0, 'b')));
        assert_eq!(queue.sorted.len(), FEW);
    }

    #[test]
    fn when_the_turns_run_out_the_order_stays() {
        let mut queue = EventQueue::new();
        queue.turns = u32::MAX - 10;
        let keys = ['e', 'd', 'c', 'b', 'a'].map(|value| queue.insert(2, value)); // the other way round than by slot
        keys.into_iter().rev().for_each(|key| assert!(queue.reschedule(key, 1)));
        assert_eq!(queue.turns, u32::MAX);
        queue.insert(1, 'f');
        assert_eq!(queue.turns, 6);
        assert_eq!(drain(&mut queue, 1), "abcdef");
    }

    #[test]
    fn a_deadline_at_the_end_of_time_is_the_last() {
        let mut queue = EventQueue::new();
        queue.insert(u64::MAX, 'z');
        queue.insert(u64::MAX - 1, 'y');
        assert_eq!(drain(&mut queue, u64::MAX), "yz");
    }

    #[test]
    fn a_key_is_the_same_after_a_trip_through_one_word() {
        let key = EventKey { slot: 0x89ab_cdef, id: 0x0123_4567 };
        assert_eq!(key.to_bits(), 0x89ab_cdef_0123_4567);
        assert_eq!(EventKey::from_bits(key.to_bits()), key);
    }

    #[test]
    fn a_shuffle_differs_by_seed_and_repeats_with_it() {
        let order = |seed| {
            let mut queue = EventQueue::new();
            queue.shuffle(Seed::new(seed));
            ('a'..='z').for_each(|value| {
                queue.insert(1, value);
            });
            drain(&mut queue, 1)
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }
}
