//! The event queue, ordered by (time, turn).

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeSet, BinaryHeap},
};

use super::event::NetEvent;
use crate::seed::{Seed, fnv1a};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueEntry {
    pub(crate) at: u64,
    pub(crate) turn: u64,
    pub(crate) event: NetEvent,
}

impl Ord for QueueEntry {
    /// No two have the same turn.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |entry: &Self| u128::from(entry.at) << 64 | u128::from(entry.turn); // compared at once
        place(self).cmp(&place(other))
    }
}

impl PartialOrd for QueueEntry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A binary heap: an event costs some tens of nanoseconds among thousands. Background timers, most of which are
/// removed before they fire, have a set of their own.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<QueueEntry>>,
    background: BTreeSet<QueueEntry>,
    /// How many events were ever pushed.
    pub(crate) turns: u64,
    /// Draws the order of events of one instant; without it the first comes first.
    pub(crate) ties: Option<Seed>,
}

/// The bits of a turn that count the pushes; those above are drawn.
const COUNT_BITS: u32 = 48;

impl Queue {
    /// Pushes an event and returns its turn, which orders events of one instant. Events of one group keep their order.
    pub(crate) fn push(&mut self, at: u64, group: u64, event: NetEvent) -> u64 {
        let turn = self.next_turn(at, group);
        self.heap.push(Reverse(QueueEntry { at, turn, event }));
        turn
    }

    #[inline]
    fn next_turn(&mut self, at: u64, group: u64) -> u64 {
        self.turns += 1;
        match self.ties {
            None => self.turns,
            Some(seed) => self.turns | drawn(seed, at, group) << COUNT_BITS,
        }
    }

    /// Pushes a background timer, which can be removed.
    pub(crate) fn push_background(&mut self, at: u64, event: NetEvent) -> QueueEntry {
        let entry = QueueEntry { at, turn: self.next_turn(at, 0), event };
        self.background.insert(entry);
        entry
    }

    pub(crate) fn remove_background(&mut self, entry: QueueEntry) {
        self.background.remove(&entry);
    }

    /// Returns whether only background timers are left.
    pub(crate) fn is_background(&self) -> bool {
        self.heap.is_empty()
    }

    /// Returns the first event that is not in the background.
    pub(crate) fn front(&self) -> Option<QueueEntry> {
        self.heap.peek().map(|entry| entry.0)
    }

    pub(crate) fn pop_front(&mut self) -> Option<QueueEntry> {
        self.heap.pop().map(|entry| entry.0)
    }

    /// Returns the first event of all.
    pub(crate) fn first(&self) -> Option<QueueEntry> {
        match (self.front(), self.background.first().copied()) {
            (Some(front), Some(background)) => Some(front.min(background)),
            (front, background) => front.or(background),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<QueueEntry> {
        if self.background.is_empty() {
            return self.pop_front();
        }
        let first = self.first()?;
        if !self.background.remove(&first) {
            self.heap.pop();
        }
        Some(first)
    }

    /// Returns the events that are not in the background, in their order.
    pub(crate) fn in_order(&self) -> Vec<QueueEntry> {
        let mut entries: Vec<QueueEntry> = self.heap.iter().map(|entry| entry.0).collect();
        entries.sort_unstable();
        entries
    }

    /// Returns the event of this turn.
    pub(crate) fn find(&self, turn: u64) -> Option<NetEvent> {
        self.heap.iter().map(|entry| entry.0).find(|entry| entry.turn == turn).map(|entry| entry.event)
    }

    /// Removes an event that is not in the background.
    pub(crate) fn take(&mut self, turn: u64) {
        self.heap.retain(|entry| entry.0.turn != turn);
    }
}

/// Draws 16 bits for a group of events of one instant.
fn drawn(seed: Seed, at: u64, group: u64) -> u64 {
    let words = [seed.value(), at, group].map(u64::to_le_bytes);
    fnv1a(words.as_flattened()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> COUNT_BITS
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            super::{
                ids::{ConnId, DatagramId},
                side::Side,
            },
            event::TcpEvent,
        },
        *,
    };

    #[test]
    fn equal_times_come_in_the_order_of_their_pushes() {
        let mut queue = Queue::default();
        for (at, slot) in [(5, 3), (1, 1), (5, 4), (1, 2)] {
            queue.push(at, 0, NetEvent::Datagram(DatagramId(slot)));
        }
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|entry| entry.turn).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }

    #[test]
    fn a_seed_draws_the_order_of_groups_and_none_within_them() {
        let order = |seed| {
            let mut queue = Queue { ties: Some(Seed::new(seed)), ..Queue::default() };
            for slot in 0..9 {
                queue.push(5, u64::from(slot % 3), NetEvent::Datagram(DatagramId(slot)));
            }
            let events = std::iter::from_fn(|| queue.pop()).map(|entry| match entry.event {
                NetEvent::Datagram(DatagramId(slot)) => slot,
                NetEvent::Tcp(..) => unreachable!("none was pushed"),
            });
            events.collect::<Vec<_>>()
        };
        let orders: BTreeSet<Vec<u32>> = (1..200).map(order).collect();
        assert_eq!(orders.len(), 6, "{orders:?}"); // of three groups
        for order in &orders {
            for group in 0..3 {
                let its: Vec<u32> = order.iter().copied().filter(|slot| slot % 3 == group).collect();
                assert!(its.is_sorted(), "{order:?}");
            }
        }
        assert_eq!(order(7), order(7));
    }

    #[test]
    fn background_timers_come_in_their_turn() {
        let mut queue = Queue::default();
        let timer = NetEvent::Tcp(ConnId(0), TcpEvent::KeepAlive { side: Side::Client });
        queue.push(5, 0, NetEvent::Datagram(DatagramId(1)));
        let taken_back = queue.push_background(1, timer);
        queue.push_background(5, timer);
        queue.push(6, 0, NetEvent::Datagram(DatagramId(2)));
        queue.remove_background(taken_back);
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|entry| entry.turn).collect();
        assert_eq!(order, [1, 3, 4]);
        queue.push_background(7, timer);
        assert!(queue.is_background());
    }
}
