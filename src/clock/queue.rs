//! The nanosecond event queue: pure, ordered by (deadline, order of registration).

use std::{collections::BTreeMap, fmt};

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

/// Values that wait for their deadlines. Inserting, taking out and firing are O(log n); nothing is left behind.
pub(crate) struct EventQueue<T> {
    slots: Slab<Slot<T>>,
    order: BTreeMap<Position, usize>,
    registered: u64,
    ties: Ties,
}

impl<T> EventQueue<T> {
    pub(crate) fn new() -> Self {
        Self { slots: Slab::new(), order: BTreeMap::new(), registered: 0, ties: Ties::FirstCome }
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
        let id = self.next_id();
        let position = self.position(deadline, id);
        let slot = self.slots.insert(Slot { id, position, value });
        self.order.insert(position, slot);
        EventKey { slot, id }
    }

    /// Takes an event out; `None` if it is there no more.
    pub(crate) fn remove(&mut self, key: EventKey) -> Option<T> {
        let position = self.slot(key)?.position;
        self.order.remove(&position);
        Some(self.slots.remove(key.slot).value)
    }

    /// Gives a waiting event another deadline, behind those that have it already. False if it is there no more.
    pub(crate) fn reschedule(&mut self, key: EventKey, deadline: u64) -> bool {
        let Some(slot) = self.slot(key) else { return false };
        let old = slot.position;
        let turn = self.next_id();
        let position = self.position(deadline, turn);
        self.order.remove(&old);
        self.order.insert(position, key.slot);
        self.slots[key.slot].position = position;
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
        self.iter().next()
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.first().map(|(deadline, _)| deadline)
    }

    /// Takes out the first event that is due at `now` (inclusive), with its deadline.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<(u64, T)> {
        let first = self.order.first_entry()?;
        let deadline = first.key().0;
        if deadline > now {
            return None;
        }
        Some((deadline, self.slots.remove(first.remove()).value))
    }

    /// All events in the order in which they will fire.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.order.iter().map(|(position, slot)| (position.0, &self.slots[*slot].value))
    }

    fn slot(&self, key: EventKey) -> Option<&Slot<T>> {
        self.slots.get(key.slot).filter(|slot| slot.id == key.id)
    }

    fn next_id(&mut self) -> u64 {
        self.registered += 1;
        self.registered
    }

    fn position(&mut self, deadline: u64, turn: u64) -> Position {
        match &mut self.ties {
            Ties::FirstCome => (deadline, turn),
            Ties::Shuffled(_, stream) => loop {
                let position = (deadline, stream.next_u64());
                if !self.order.contains_key(&position) {
                    break position;
                }
            },
        }
    }
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
