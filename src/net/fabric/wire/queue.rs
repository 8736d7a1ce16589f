//! The event queue, ordered by (time, turn).

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeSet, BinaryHeap},
};

use super::event::NetEvent;

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
}

impl Queue {
    /// Pushes an event and returns its turn, which orders events of one instant.
    pub(crate) fn push(&mut self, at: u64, event: NetEvent) -> u64 {
        self.turns += 1;
        self.heap.push(Reverse(QueueEntry { at, turn: self.turns, event }));
        self.turns
    }

    /// Pushes a background timer, which can be removed.
    pub(crate) fn push_background(&mut self, at: u64, event: NetEvent) -> QueueEntry {
        self.turns += 1;
        let entry = QueueEntry { at, turn: self.turns, event };
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
            queue.push(at, NetEvent::Datagram(DatagramId(slot)));
        }
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|entry| entry.turn).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }

    #[test]
    fn background_timers_come_in_their_turn() {
        let mut queue = Queue::default();
        let timer = NetEvent::Tcp(ConnId(0), TcpEvent::KeepAlive { side: Side::Client });
        queue.push(5, NetEvent::Datagram(DatagramId(1)));
        let taken_back = queue.push_background(1, timer);
        queue.push_background(5, timer);
        queue.push(6, NetEvent::Datagram(DatagramId(2)));
        queue.remove_background(taken_back);
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|entry| entry.turn).collect();
        assert_eq!(order, [1, 3, 4]);
        queue.push_background(7, timer);
        assert!(queue.is_background());
    }
}
