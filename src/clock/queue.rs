//! The nanosecond event queue: pure, ordered by (deadline, order of registration).

use std::{cmp::Reverse, collections::BinaryHeap, fmt};

use slab::Slab;

use crate::seed::{Seed, Stream};

/// Names one event of a queue for as long as it waits there; afterwards it names nothing, also when its place
/// is taken by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventKey {
    slot: usize,
    id: u64,
}

/// Where an event stands in the order: its deadline in nanoseconds, then its turn among equals.
type Position = (u64, u64);

struct Slot<T> {
    id: u64,
    position: Position,
    value: T,
}

/// Who goes first among events of one deadline.
#[derive(Debug)]
enum Ties {
    FirstCome,
    Shuffled(Seed, Stream),
}

/// Values that wait for their deadlines. Inserting, taking out and firing are O(log n), on average over many.
///
/// An event that is taken out or moved leaves a stale entry in the heap, which is known by a position that its
/// slot no longer has. There is never one at the top, and never are there more of them than events.
pub(crate) struct EventQueue<T> {
    slots: Slab<Slot<T>>,
    heap: BinaryHeap<Reverse<(Position, usize)>>,
    registered: u64,
    ties: Ties,
}

/// So few stale entries are not worth a clean-up.
const FEW: usize = 64;

impl<T> EventQueue<T> {
    pub(crate) fn new() -> Self {
        Self { slots: Slab::new(), heap: BinaryHeap::new(), registered: 0, ties: Ties::FirstCome }
    }

    /// From now on equal deadlines are put in a random order.
    pub(crate) fn shuffle(&mut self, seed: Seed) {
        self.ties = Ties::Shuffled(seed, seed.stream("clock.ties"));
    }

    /// The seed of the shuffle, if there is one.
    pub(crate) fn shuffled_by(&self) -> Option<Seed> {
        match self.ties {
            Ties::FirstCome => None,
            Ties::Shuffled(seed, _) => Some(seed),
        }
    }

    pub(crate) fn insert(&mut self, deadline: u64, value: T) -> EventKey {
        let (id, position) = self.next_position(deadline);
        let slot = self.slots.insert(Slot { id, position, value });
        self.heap.push(Reverse((position, slot)));
        EventKey { slot, id }
    }

    /// Takes an event out; `None` if it is there no more.
    pub(crate) fn remove(&mut self, key: EventKey) -> Option<T> {
        self.slot(key)?;
        let removed = self.slots.remove(key.slot);
        self.clean_up();
        Some(removed.value)
    }

    /// Gives a waiting event another deadline, behind those that have it already. False if it is there no more.
    pub(crate) fn reschedule(&mut self, key: EventKey, deadline: u64) -> bool {
        if self.slot(key).is_none() {
            return false;
        }
        let (_, position) = self.next_position(deadline);
        self.slots[key.slot].position = position;
        self.heap.push(Reverse((position, key.slot)));
        self.clean_up();
        true
    }

    pub(crate) fn get_mut(&mut self, key: EventKey) -> Option<&mut T> {
        self.slots.get_mut(key.slot).filter(|slot| slot.id == key.id).map(|slot| &mut slot.value)
    }

    pub(crate) fn deadline(&self, key: EventKey) -> Option<u64> {
        self.slot(key).map(|slot| slot.position.0)
    }

    /// The event that will fire first, with its deadline.
    pub(crate) fn first(&self) -> Option<(u64, &T)> {
        let Reverse((position, slot)) = self.heap.peek()?;
        Some((position.0, &self.slots[*slot].value))
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse((position, _))| position.0)
    }

    /// Takes out the first event that is due at `now` (inclusive), with its deadline.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<(u64, T)> {
        let deadline = self.next_deadline().filter(|deadline| *deadline <= now)?;
        let Reverse((_, slot)) = self.heap.pop()?;
        let value = self.slots.remove(slot).value;
        self.drop_stale_top();
        Some((deadline, value))
    }

    /// All events in the order in which they will fire.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let mut slots: Vec<&Slot<T>> = self.slots.iter().map(|(_, slot)| slot).collect();
        slots.sort_by_key(|slot| slot.position);
        slots.into_iter().map(|slot| (slot.position.0, &slot.value))
    }

    fn slot(&self, key: EventKey) -> Option<&Slot<T>> {
        self.slots.get(key.slot).filter(|slot| slot.id == key.id)
    }

    /// The next number of registration, and the place in the order that goes with it.
    fn next_position(&mut self, deadline: u64) -> (u64, Position) {
        self.registered += 1;
        let turn = match &mut self.ties {
            Ties::FirstCome => self.registered,
            Ties::Shuffled(_, stream) => stream.next_u64(),
        };
        (self.registered, (deadline, turn))
    }

    fn clean_up(&mut self) {
        if self.heap.len() > 2 * self.slots.len() + FEW {
            let slots = &self.slots;
            self.heap.retain(|Reverse(entry)| is_live(slots, *entry));
        } else {
            self.drop_stale_top();
        }
    }

    fn drop_stale_top(&mut self) {
        while self.heap.peek().is_some_and(|Reverse(entry)| !is_live(&self.slots, *entry)) {
            self.heap.pop();
        }
    }
}

fn is_live<T>(slots: &Slab<Slot<T>>, (position, slot): (Position, usize)) -> bool {
    slots.get(slot).is_some_and(|slot| slot.position == position)
}

impl<T: fmt::Debug> fmt::Debug for EventQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
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
            assert!(queue.heap.len() <= 2 * queue.slots.len() + FEW);
            assert_eq!(queue.next_deadline(), Some(2 + turn));
        }
        assert_eq!(drain(&mut queue, u64::MAX), "m");
        assert!(queue.heap.is_empty() && queue.slots.is_empty());
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
