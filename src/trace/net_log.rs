//! The log of the network, which lies under the network's own lock: a lock of its own would cost as much as all the rest.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering},
};

use super::{
    Event, EventKind,
    entry::{Ends, Entry, FlowId, Subject},
    flows::{FlowKind, Flows},
    log::{Log, Order},
    ring::Known,
};
use crate::sync::lock;

/// All events of the network.
pub(crate) struct NetLog {
    /// When they happen, in nanoseconds.
    pub(crate) now: u64,
    pub(super) log: Log,
    flows: Flows,
    /// The names of hosts, by their numbers.
    hosts: Vec<Arc<str>>,
    order: Arc<Order>,
    /// How many reads were added to the one before.
    pub(super) merged: u64,
    /// How many events of others there were when something was read last.
    others_at_read: u64,
}

impl NetLog {
    pub(super) fn new(log: Log, order: Arc<Order>) -> Self {
        Self { now: 0, log, flows: Flows::default(), hosts: Vec::new(), order, merged: 0, others_at_read: 0 }
    }

    /// Gives the next host its name. Hosts are numbered in the order of these calls, from 0.
    pub(crate) fn name_host(&mut self, name: Arc<str>) {
        self.log.digest.text(&name);
        self.log.content_digest.text(&name);
        self.hosts.push(name);
    }

    /// Adds the flow of a connection. A host may have the address that it goes to.
    pub(crate) fn open(&mut self, ends: Ends, has_host: bool) -> FlowId {
        self.flows.open(ends, FlowKind::Connection { has_host }, self.log.oldest())
    }

    /// Removes the flow of a connection: no event of it follows.
    pub(crate) fn close(&mut self, flow: FlowId) {
        self.flows.close(flow, self.log.events);
    }

    /// A packet that carries `size` bytes is sent, arrives or is lost; or so many bytes of a connection, or its end, are
    /// read; or a connection begins, is refused, is given up or is accepted. `bytes` are these, as far as they are at hand.
    #[inline]
    pub(crate) fn of_flow(&mut self, kind: EventKind, flow: FlowId, size: usize, bytes: &[&[u8]]) {
        let entry = Entry::new(self.now, kind, size, Some(flow));
        let flows = &self.flows;
        self.log.count(entry, flows.word(flow), || flows.subject(flow, entry), bytes);
        if kind == EventKind::Read && self.merge(entry, None, bytes) {
            return;
        }
        self.log.push_of_flow(entry, bytes);
        self.order.net.store(self.log.events, Ordering::Relaxed);
    }

    /// A datagram that carries these bytes is sent, arrives or is lost.
    #[inline]
    pub(crate) fn datagram(
        &mut self,
        kind: EventKind,
        hosts: [u32; 2],
        sockets: [&SocketAddr; 2],
        bytes: &[u8],
    ) {
        let flow = self.flows.of_datagram(hosts, sockets, (self.log.oldest(), self.log.events));
        self.of_flow(kind, flow, bytes.len(), &[bytes]);
    }

    /// A datagram of this length is read, or as much of it as there was room for.
    pub(crate) fn datagram_read(&mut self, ends: Ends, length: usize, bytes: &[u8]) {
        if bytes.len() == length {
            let [from, to] = ends.sockets();
            return self.datagram(EventKind::Read, ends.hosts(), [&from, &to], bytes);
        }
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.add(EventKind::Read, Subject::Datagram { ends, length }, bytes.len(), &[bytes]);
    }

    pub(crate) fn listening(&mut self, host: u32, address: SocketAddr) {
        self.add(EventKind::Listening, Subject::Port { host, address }, 0, &[]);
    }

    /// Something happens at the path of a Unix socket, by the code that connected or by the code that accepted.
    pub(crate) fn at_path(
        &mut self,
        kind: EventKind,
        (host, path): (u32, &Arc<str>),
        (conn, by_client): (u32, bool),
        size: usize,
        bytes: &[&[u8]],
    ) {
        self.add(kind, Subject::Path { host, conn, path: Arc::clone(path), by_client }, size, bytes);
    }

    /// A rule, a host or a clock changes.
    pub(crate) fn change(&mut self, kind: EventKind, host: Option<u32>, words: Arc<str>) {
        self.add(kind, Subject::Change { host, words }, 0, &[]);
    }

    fn add(&mut self, kind: EventKind, subject: Subject, size: usize, bytes: &[&[u8]]) {
        let entry = Entry::new(self.now, kind, size, None);
        self.log.count(entry, subject.word(), || subject.clone(), bytes);
        if kind == EventKind::Read && self.merge(entry, Some(&subject), bytes) {
            return;
        }
        self.log.push(entry, Some(Known { subject, after: 0 }), bytes);
        self.order.net.store(self.log.events, Ordering::Relaxed);
    }

    /// Adds a read to the one before, unless something else happened in between.
    fn merge(&mut self, entry: Entry, subject: Option<&Subject>, bytes: &[&[u8]]) -> bool {
        let is_datagram = entry.flow.is_some_and(|flow| self.flows.is_of_datagrams(flow));
        if is_datagram || !self.log.ring.merges() {
            return false;
        }
        let others = self.order.others.load(Ordering::Relaxed);
        let is_next = others == std::mem::replace(&mut self.others_at_read, others);
        let is_merged = is_next && self.log.ring.merge(entry, subject, bytes);
        self.merged += u64::from(is_merged);
        is_merged
    }

    /// The events that are kept, each with its number.
    pub(super) fn events(&self) -> impl Iterator<Item = (u64, Event)> {
        self.log.iter().map(|(number, entry, known, bytes)| {
            let of_flow = || entry.flow.map(|flow| self.flows.subject(flow, *entry));
            let subject = known.map(|known| known.subject.clone()).or_else(of_flow);
            (number, Event::new(entry, subject.expect("it has a flow or a subject"), bytes, &self.hosts))
        })
    }
}

/// Where the record finds the network's log.
pub(crate) trait NetLogSource: Send + Sync {
    /// Lets `read` look at the log, unless it is in use and cannot be waited for: a panic inside of it may be asking.
    fn read(&self, read: &mut dyn FnMut(&NetLog));
}

/// A place for the network's log that is not under its lock.
pub(super) type Place = Arc<Mutex<Option<Box<NetLog>>>>;

/// The network's log in the network's hands.
pub(crate) struct LentLog {
    /// `None` while it lies in its place.
    log: Option<Box<NetLog>>,
    place: Place,
}

impl LentLog {
    pub(super) const fn new(log: Box<NetLog>, place: Place) -> Self {
        Self { log: Some(log), place }
    }

    #[inline]
    pub(crate) fn log(&mut self) -> &mut NetLog {
        self.log.get_or_insert_with(|| take(&self.place))
    }

    /// Puts the log where it can be read under the network's lock, until it is needed again: code of the test's is about to run.
    pub(crate) fn give_back(&mut self) {
        if let Some(log) = self.log.take() {
            *lock(&self.place) = Some(log);
        }
    }

    /// Lets `read` look at the log.
    pub(crate) fn read(&self, read: &mut dyn FnMut(&NetLog)) {
        match &self.log {
            Some(log) => read(log),
            None => lock(&self.place).iter().for_each(|log| read(log)),
        }
    }
}

#[cold]
fn take(place: &Place) -> Box<NetLog> {
    lock(place).take().expect("the log is in the network's hands or in its place")
}
