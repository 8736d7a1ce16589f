//! The flows of connections: the ends of their packets, written down once for all of a connection's events.

use std::{collections::VecDeque, net::SocketAddr};

use super::entry::{Ends, Entry, FlowId, Subject};
use crate::trace::EventKind;

#[derive(Debug)]
struct Flow {
    ends: Ends,
    /// Hosts and ports as the digest takes them, of each direction.
    words: [u64; 2],
    of: FlowKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FlowKind {
    /// A host may have the address that it goes to.
    Connection { has_host: bool },
    /// Datagrams of one socket to one address, in one direction.
    Datagrams,
}

/// How many flows of datagrams are found again.
const RECENT: usize = 64;

/// The flows that are open, and those that kept events still tell of.
#[derive(Debug, Default)]
pub(super) struct Flows {
    flows: Vec<Flow>,
    unused: Vec<usize>,
    /// Those that were closed, each with how many events there were then.
    closed: VecDeque<(u64, usize)>,
    /// Flows of datagrams, by a hash: datagrams do not say when their flow is over. Empty until there is one.
    recent: Vec<Option<FlowId>>,
}

impl Flows {
    /// Adds a flow. `oldest` is the number of the oldest event that is kept.
    pub(super) fn open(&mut self, ends: Ends, of: FlowKind, oldest: u64) -> FlowId {
        while let Some((_, index)) = self.closed.front().filter(|(closed, _)| *closed <= oldest) {
            self.unused.push(*index);
            self.closed.pop_front();
        }
        let flow = Flow { ends, words: [ends.word(), ends.reversed().word()], of };
        let index = self.unused.pop().unwrap_or(self.flows.len());
        match self.flows.get_mut(index) {
            Some(unused) => *unused = flow,
            None => self.flows.push(flow),
        }
        FlowId::of(index)
    }

    /// Frees the flow once the last of its events is no longer kept. `events` is how many there were.
    pub(super) fn close(&mut self, id: FlowId, events: u64) {
        self.closed.push_back((events, id.index()));
    }

    /// Returns the flow of a datagram. `events` is how many events there were.
    #[inline]
    pub(super) fn of_datagram(
        &mut self,
        hosts: [u32; 2],
        sockets: [&SocketAddr; 2],
        now: (u64, u64),
    ) -> FlowId {
        let word = Ends::word_of(hosts, sockets.map(SocketAddr::port));
        let place = (word >> (64 - RECENT.ilog2())) as usize;
        match self.recent.get(place) {
            Some(Some(id)) if self.flows[id.index()].ends.are(hosts, sockets) => *id,
            _ => self.add_of_datagram(place, Ends::new(hosts, sockets.map(Clone::clone)), now),
        }
    }

    #[cold]
    fn add_of_datagram(&mut self, place: usize, ends: Ends, (oldest, events): (u64, u64)) -> FlowId {
        match self.recent.get(place) {
            Some(Some(other)) => self.close(*other, events),
            Some(None) => {}
            None => self.recent = vec![None; RECENT],
        }
        let id = self.open(ends, FlowKind::Datagrams, oldest);
        self.recent[place] = Some(id);
        id
    }

    pub(super) fn is_of_datagrams(&self, id: FlowId) -> bool {
        self.flows[id.index()].of == FlowKind::Datagrams
    }

    #[inline]
    pub(super) fn word(&self, id: FlowId) -> u64 {
        self.flows[id.index()].words[usize::from(id.is_reversed())]
    }

    /// Returns whom an event concerns.
    pub(super) fn subject(&self, id: FlowId, entry: Entry) -> Subject {
        let Flow { ends, of, .. } = self.flows[id.index()];
        let ends = if id.is_reversed() { ends.reversed() } else { ends };
        match of {
            FlowKind::Connection { has_host } if entry.kind.is_of_connection() => {
                Subject::Connection { ends, has_host }
            }
            FlowKind::Datagrams if entry.kind == EventKind::Read => {
                Subject::Datagram { ends, length: entry.size }
            }
            _ => Subject::Packet(ends),
        }
    }
}
