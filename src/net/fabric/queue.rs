//! What is going to happen, in the order of (time, sequence).

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeSet, BinaryHeap},
};

use super::{ConnId, Side};

/// What can happen. Small and `Copy`: bytes stay with their connection or datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    // Packets of a connection that arrive.
    Syn {
        conn: ConnId,
    },
    SynAck {
        conn: ConnId,
    },
    Ack {
        conn: ConnId,
    },
    /// A reset in answer to a SYN.
    Refusal {
        conn: ConnId,
    },
    Segment {
        conn: ConnId,
        from: Side,
        index: u32,
        attempt: u8,
    },
    Reset {
        conn: ConnId,
        from: Side,
    },
    /// A reset in answer to a segment of the other side, which is sent again if this gets lost.
    Rejection {
        conn: ConnId,
        from: Side,
        index: u32,
        attempt: u8,
    },
    /// Asks whether the other end is still there.
    Probe {
        conn: ConnId,
        from: Side,
    },
    /// It is.
    ProbeAnswer {
        conn: ConnId,
        from: Side,
    },
    /// A datagram arrives.
    Datagram {
        slot: u32,
    },
    // Timers of a connection.
    /// The client sends its SYN again.
    ConnectRetry {
        conn: ConnId,
    },
    /// The server has not heard the last part of the handshake.
    AckRetry {
        conn: ConnId,
    },
    /// A segment was not acknowledged.
    Resend {
        conn: ConnId,
        from: Side,
        index: u32,
        attempt: u8,
    },
    /// The writer learns that there is room.
    Window {
        conn: ConnId,
        writer: Side,
    },
    /// The reader tells again that there is room.
    WindowRetry {
        conn: ConnId,
        writer: Side,
        attempt: u8,
    },
    /// This side has heard nothing for long.
    KeepAlive {
        conn: ConnId,
        side: Side,
    },
}

impl Event {
    /// The connection that it belongs to.
    pub(crate) const fn conn(self) -> Option<ConnId> {
        match self {
            Self::Syn { conn }
            | Self::SynAck { conn }
            | Self::Ack { conn }
            | Self::Refusal { conn }
            | Self::Segment { conn, .. }
            | Self::Reset { conn, .. }
            | Self::Rejection { conn, .. }
            | Self::ConnectRetry { conn }
            | Self::AckRetry { conn }
            | Self::Resend { conn, .. }
            | Self::Window { conn, .. }
            | Self::WindowRetry { conn, .. }
            | Self::Probe { conn, .. }
            | Self::ProbeAnswer { conn, .. }
            | Self::KeepAlive { conn, .. } => Some(conn),
            Self::Datagram { .. } => None,
        }
    }

    /// Who sends it, if it is a packet of a connection.
    pub(crate) const fn sender(self) -> Option<(ConnId, Side)> {
        match self {
            Self::Syn { conn } | Self::Ack { conn } => Some((conn, Side::Client)),
            Self::SynAck { conn } | Self::Refusal { conn } => Some((conn, Side::Server)),
            Self::Segment { conn, from, .. }
            | Self::Reset { conn, from }
            | Self::Rejection { conn, from, .. }
            | Self::Probe { conn, from }
            | Self::ProbeAnswer { conn, from } => Some((conn, from)),
            _ => None,
        }
    }

    /// What a digest sees of it.
    pub(crate) fn code(self) -> (u64, u64) {
        match self {
            Self::Syn { .. } => (1, 0),
            Self::SynAck { .. } => (2, 0),
            Self::Ack { .. } => (3, 0),
            Self::Refusal { .. } => (4, 0),
            Self::Segment { index, attempt, .. } => (5, u64::from(index) << 8 | u64::from(attempt)),
            Self::Reset { .. } | Self::Rejection { .. } => (6, 0),
            Self::Datagram { slot } => (7, u64::from(slot)),
            Self::ConnectRetry { .. } => (8, 0),
            Self::AckRetry { .. } => (9, 0),
            Self::Resend { index, attempt, .. } => (10, u64::from(index) << 8 | u64::from(attempt)),
            Self::Window { .. } => (11, 0),
            Self::WindowRetry { attempt, .. } => (12, u64::from(attempt)),
            Self::Probe { .. } => (13, 0),
            Self::ProbeAnswer { .. } => (14, 0),
            Self::KeepAlive { .. } => (15, 0),
        }
    }

    /// What a packet of this code is.
    pub(crate) const fn word(kind: u64) -> &'static str {
        match kind {
            1 => "SYN",
            2 => "SYN-ACK",
            3 => "ACK",
            4 | 6 => "RST",
            5 => "segment",
            13 => "keep-alive probe",
            14 => "keep-alive answer",
            _ => "timer",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: u64,
    pub(crate) turn: u64,
    pub(crate) event: Event,
}

impl Ord for Entry {
    /// No two have the same turn.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |entry: &Self| u128::from(entry.at) << 64 | u128::from(entry.turn); // compared at once
        place(self).cmp(&place(other))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A binary heap: an event costs some tens of nanoseconds among thousands. Timers that nobody waits for, and that
/// are mostly taken back, stand beside it.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    background: BTreeSet<Entry>,
    /// How many there have been.
    pub(super) turns: u64,
}

impl Queue {
    /// Its turn among equal times.
    pub(crate) fn push(&mut self, at: u64, event: Event) -> u64 {
        self.turns += 1;
        self.heap.push(Reverse(Entry { at, turn: self.turns, event }));
        self.turns
    }

    /// The same for a timer in the background. It can be taken back.
    pub(crate) fn push_background(&mut self, at: u64, event: Event) -> Entry {
        self.turns += 1;
        let entry = Entry { at, turn: self.turns, event };
        self.background.insert(entry);
        entry
    }

    pub(crate) fn take_back(&mut self, entry: Entry) {
        self.background.remove(&entry);
    }

    /// Nothing but timers in the background is going to happen.
    pub(crate) fn is_background(&self) -> bool {
        self.heap.is_empty()
    }

    /// The first that is not in the background.
    pub(crate) fn front(&self) -> Option<Entry> {
        self.heap.peek().map(|entry| entry.0)
    }

    pub(crate) fn pop_front(&mut self) -> Option<Entry> {
        self.heap.pop().map(|entry| entry.0)
    }

    /// The first of all.
    pub(crate) fn first(&self) -> Option<Entry> {
        match (self.front(), self.background.first().copied()) {
            (Some(front), Some(background)) => Some(front.min(background)),
            (front, background) => front.or(background),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Entry> {
        if self.background.is_empty() {
            return self.pop_front();
        }
        let first = self.first()?;
        if !self.background.remove(&first) {
            self.heap.pop();
        }
        Some(first)
    }

    /// In the order in which they will happen.
    pub(crate) fn in_order(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.heap.iter().map(|entry| entry.0).collect();
        entries.sort_unstable();
        entries
    }

    pub(crate) fn find(&self, turn: u64) -> Option<Event> {
        self.heap.iter().map(|entry| entry.0).find(|entry| entry.turn == turn).map(|entry| entry.event)
    }

    /// Takes an entry out of the middle.
    pub(crate) fn take(&mut self, turn: u64) {
        self.heap.retain(|entry| entry.0.turn != turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_come_in_the_order_of_their_making() {
        let mut queue = Queue::default();
        for (at, slot) in [(5, 3), (1, 1), (5, 4), (1, 2)] {
            queue.push(at, Event::Datagram { slot });
        }
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|entry| entry.turn).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }

    #[test]
    fn timers_in_the_background_come_in_their_turn() {
        let mut queue = Queue::default();
        let timer = Event::KeepAlive { conn: ConnId(0), side: Side::Client };
        queue.push(5, Event::Datagram { slot: 1 });
        let taken_back = queue.push_background(1, timer);
        queue.push_background(5, timer);
        queue.push(6, Event::Datagram { slot: 2 });
        queue.take_back(taken_back);
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|entry| entry.turn).collect();
        assert_eq!(order, [1, 3, 4]);
        queue.push_background(7, timer);
        assert!(queue.is_background());
    }

    #[test]
    fn an_event_is_small() {
        assert!(size_of::<Event>() <= 16, "{}", size_of::<Event>());
    }
}
