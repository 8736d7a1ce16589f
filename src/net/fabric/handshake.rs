//! How connections begin, and how they are refused.

use std::{collections::VecDeque, io, net::SocketAddr, path::Path, sync::Arc};

use super::{
    Bind, Conn, ConnId, Event, Fabric, HostId, Io, Life, ListenerId, Notice, Progress, Side, Status, What,
    addresses::{as_ipv6, destination, is_for_many},
    links::{self, Fate},
    record::UnixAct,
};
use crate::violation::SourceLocation;

/// Source: RFC 6298, section 2: a second before anything is known of the way.
const FIRST_RETRY: u64 = 1_000_000_000;

/// So many retries do not yet double the wait for the next: SYNs go 0, 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 seconds
/// after the connect began.
///
/// Source: Linux 6.18, `tcp_syn_linear_timeouts`, which came with 6.5.
const LINEAR_RETRIES: u8 = 4;

/// After so many the connect has timed out, 131 seconds after it began.
///
/// Source: Linux 6.18, `tcp_syn_retries`, which the linear ones do not count for.
const SYN_RETRIES: u8 = LINEAR_RETRIES + 6;

/// So often a server asks for the third part of a handshake again, for 63 seconds.
///
/// Source: Linux 6.18, `tcp_synack_retries`. Not so here: where more than half the backlog, and more than four, are
/// half-open and none is new, Linux asks two times only.
const ACK_RETRIES: u8 = 5;

/// A cookie is good for the rest of its minute and for the next.
///
/// Source: Linux 6.18, `TCP_SYNCOOKIE_PERIOD` and `MAX_SYNCOOKIE_AGE`.
const COOKIE_PERIOD: u64 = 60_000_000_000;

#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) host: HostId,
    pub(crate) bind: Bind,
    pub(crate) port: u16,
    /// Instead of addresses and a port.
    pub(crate) path: Option<Arc<Path>>,
    pub(crate) backlog: usize,
    /// Connections whose handshake is under way, as far as it remembers them.
    pub(crate) half_open: usize,
    pub(crate) queue: VecDeque<ConnId>,
    /// Its host crashed under it.
    pub(crate) is_dead: bool,
    pub(crate) since: u64,
    pub(crate) made_at: Option<SourceLocation>,
}

impl Listener {
    pub(super) const fn new(host: HostId, bind: Bind, port: u16, backlog: usize, since: u64) -> Self {
        let queue = VecDeque::new();
        let (is_dead, made_at) = (false, None);
        Self { host, bind, port, path: None, backlog, half_open: 0, queue, is_dead, since, made_at }
    }

    /// As many wait to be accepted as may: one more than the backlog says.
    ///
    /// Source: Linux 6.18, `sk_acceptq_is_full` and `unix_recvq_full_lockless`.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() > self.backlog
    }

    /// It remembers no more handshakes: who comes now gets a cookie.
    ///
    /// Source: Linux 6.18, `inet_csk_reqsk_queue_is_full`, with `tcp_syncookies` as it is from the start.
    const fn is_flooded(&self) -> bool {
        self.half_open > self.backlog
    }
}

/// What a server makes of a client that has heard it.
pub(super) enum Admission {
    /// The connection waits to be accepted, or did.
    Queued,
    /// Too many wait: it is as if the packet had been lost.
    NoRoom,
    /// It knows of no such connection.
    Unknown,
}

impl Fabric {
    /// Begins to connect.
    pub(crate) fn connect(&mut self, host: HostId, to: SocketAddr) -> io::Result<ConnId> {
        let to = destination(to);
        if is_for_many(to.ip()) {
            return Err(io::ErrorKind::NetworkUnreachable.into());
        }
        let target = self.host_at(host, to.ip());
        let port = self.take_port(host)?;
        let local = self.source_address(host, to.ip());
        let hosts = [host, target.unwrap_or(host)];
        let conn = Conn::new(hosts, [SocketAddr::new(local, port), to], self.now);
        let id = ConnId::at(self.conns.insert(conn));
        self.record_turn(What::Connect, id, Side::Client);
        match target {
            Some(_) => self.post(id, Side::Client, Event::Syn { conn: id }),
            None => self.expect_connect_retry(id), // nobody is there: silence
        }
        Ok(id)
    }

    /// A connection takes a turn, by the doing of this side.
    pub(super) fn record_turn(&mut self, what: What, id: ConnId, side: Side) {
        let conn = &self.conns[id.index()];
        let (host, [from, to]) = (conn.hosts[0], conn.addresses);
        if self.host_at(host, to.ip()).is_some() {
            return self.transcript.record_connection(self.now, what, conn.way(side));
        }
        let words = format!(
            "`{}`:{} {} {to}, where nobody is",
            self.hosts[host.index()].name,
            from.port(),
            what.word()
        );
        let digest = crate::seed::fnv1a(words.as_bytes());
        self.transcript.record_change(self.now, what, digest, words.into());
    }

    /// How the connect stands.
    pub(crate) fn connected(&mut self, id: ConnId) -> Io<()> {
        let end = self.conns[id.index()].end(Side::Client);
        match (end.life, end.error.take()) {
            (Life::Opening, _) => Io::Wait,
            (_, Some(kind)) => Io::Fail(kind),
            (Life::Dead, None) => Io::Fail(io::ErrorKind::ConnectionAborted),
            _ => Io::Done(()),
        }
    }

    pub(super) fn syn_arrives(&mut self, id: ConnId) {
        let conn = &mut self.conns[id.index()];
        match conn.progress {
            Progress::SynSent | Progress::Cookie => {}
            // A SYN that was sent again.
            Progress::HalfOpen => {
                conn.ends[1].since = self.now;
                return self.post(id, Side::Server, Event::SynAck { conn: id });
            }
            Progress::Over => return self.post(id, Side::Server, Event::Refusal { conn: id }),
            Progress::Queued | Progress::Accepted => return,
        }
        let (host, address) = (conn.hosts[1], conn.addresses[1]);
        let Some(listener) = self.listener_at(host, address) else {
            return self.post(id, Side::Server, Event::Refusal { conn: id });
        };
        let found = &mut self.listeners[listener.index()];
        if found.is_full() {
            return self.expect_connect_retry(id); // no room: the SYN is dropped without a word
        }
        let is_flooded = found.is_flooded();
        found.half_open += usize::from(!is_flooded);
        let conn = &mut self.conns[id.index()];
        conn.listener = Some(listener);
        conn.progress = if is_flooded { Progress::Cookie } else { Progress::HalfOpen };
        (conn.ack_attempts, conn.ack_retry_waits) = (0, false);
        conn.ends[1].is_held = !is_flooded;
        conn.ends[1].since = self.now;
        self.post(id, Side::Server, Event::SynAck { conn: id });
    }

    pub(super) fn syn_ack_arrives(&mut self, id: ConnId) {
        let now = self.now;
        let conn = &mut self.conns[id.index()];
        match conn.ends[0].life {
            Life::Opening => {
                conn.ends[0].life = Life::Open;
                conn.ends[0].heard = now;
                conn.round_trip = if conn.was_held { FIRST_RETRY } else { now - conn.syn_sent };
                self.post(id, Side::Client, Event::Ack { conn: id });
                self.notify(Notice::Writable(id, Side::Client));
            }
            Life::Open => self.post(id, Side::Client, Event::Ack { conn: id }),
            Life::Closed | Life::Dead => self.answer_by_reset(id, Side::Client),
        }
    }

    pub(super) fn ack_arrives(&mut self, id: ConnId) {
        match self.admit(id) {
            Admission::Queued => {}
            Admission::NoRoom => self.expect_ack_retry(id),
            Admission::Unknown => self.answer_by_reset(id, Side::Server),
        }
    }

    /// The client has heard the server.
    pub(super) fn admit(&mut self, id: ConnId) -> Admission {
        let conn = &self.conns[id.index()];
        let is_remembered = match conn.progress {
            Progress::Queued | Progress::Accepted => return Admission::Queued,
            // The server has crashed since, its listener has gone, or it has given the connection up.
            Progress::SynSent | Progress::Over => return Admission::Unknown,
            Progress::HalfOpen => true,
            Progress::Cookie if self.now / COOKIE_PERIOD - conn.ends[1].since / COOKIE_PERIOD > 1 => {
                self.abandon(id);
                return Admission::Unknown;
            }
            Progress::Cookie => false,
        };
        let listener = conn.listener.filter(|id| self.listeners.contains(id.index()));
        let Some(listener) = listener else { return Admission::Unknown };
        let found = &mut self.listeners[listener.index()];
        if found.is_full() {
            return Admission::NoRoom;
        }
        found.half_open -= usize::from(is_remembered);
        found.queue.push_back(id);
        let conn = &mut self.conns[id.index()];
        conn.progress = Progress::Queued;
        conn.ends[1].life = Life::Open;
        conn.ends[1].is_held = true;
        conn.ends[1].since = self.now;
        conn.ends[1].heard = self.now;
        self.notify(Notice::Acceptable(listener));
        Admission::Queued
    }

    /// The client will send its SYN again.
    pub(super) fn expect_connect_retry(&mut self, id: ConnId) {
        let conn = &mut self.conns[id.index()];
        if std::mem::replace(&mut conn.retry_waits, true) {
            return;
        }
        let doubled = conn.syn_attempts.saturating_sub(LINEAR_RETRIES);
        let at = conn.syn_sent.saturating_add(FIRST_RETRY << doubled);
        self.push(at.max(self.now), Event::ConnectRetry { conn: id });
    }

    pub(super) fn retry_connect(&mut self, id: ConnId) {
        let now = self.now;
        let conn = &mut self.conns[id.index()];
        conn.retry_waits = false;
        if conn.syn_attempts == SYN_RETRIES {
            return self.fail_connect(id, io::ErrorKind::TimedOut);
        }
        conn.syn_attempts += 1;
        conn.syn_sent = now;
        let (from, address) = (conn.hosts[0], conn.addresses[1].ip());
        let Some(to) = self.host_at(from, address) else { return self.expect_connect_retry(id) };
        let conn = &mut self.conns[id.index()];
        if conn.hosts[1] != to {
            conn.hosts[1] = to; // the address has come since
            conn.paths = [links::Path::UNKNOWN; 2];
        }
        self.post(id, Side::Client, Event::Syn { conn: id });
    }

    /// The server will send the second part of the handshake again, until it hears the third. What it has forgotten
    /// it does not ask for.
    pub(super) fn expect_ack_retry(&mut self, id: ConnId) {
        let now = self.now;
        let conn = &mut self.conns[id.index()];
        if conn.progress != Progress::HalfOpen || std::mem::replace(&mut conn.ack_retry_waits, true) {
            return;
        }
        let asked = if conn.was_held { now } else { conn.ends[1].since };
        let at = asked.saturating_add(FIRST_RETRY << conn.ack_attempts);
        self.push(at.max(now), Event::AckRetry { conn: id });
    }

    pub(super) fn retry_ack(&mut self, id: ConnId) {
        let conn = &mut self.conns[id.index()];
        conn.ack_retry_waits = false;
        conn.ends[1].since = self.now;
        if conn.ack_attempts == ACK_RETRIES {
            return self.abandon(id);
        }
        conn.ack_attempts += 1;
        let client = conn.hosts[0];
        if self.hosts[client.index()].status == Status::Down {
            return self.expect_ack_retry(id);
        }
        let answer = match self.client_has_gone(id) {
            true => Event::Reset { conn: id, from: Side::Client },
            false => Event::Ack { conn: id },
        };
        let there = self.fate(id, Side::Server, Event::SynAck { conn: id });
        let back = self.fate(id, Side::Client, answer);
        match (there, back) {
            (Fate::At { arrival: there, .. }, Fate::At { arrival: back, .. }) => {
                self.push(there.saturating_add(back - self.now), answer);
            }
            (Fate::Lost, _) | (_, Fate::Lost) => self.expect_ack_retry(id),
            (Fate::Held, _) => self.hold_answer(id, Side::Server, answer),
            (_, Fate::Held) => self.hold_answer(id, Side::Client, answer),
        }
    }

    /// The question or the answer is held, on the link of the one side or the other.
    fn hold_answer(&mut self, id: ConnId, on: Side, answer: Event) {
        let conn = &mut self.conns[id.index()];
        conn.events += 1;
        let hosts = [conn.hosts[on.index()], conn.hosts[on.other().index()]];
        self.hold_here(hosts[0], hosts[1], answer);
    }

    /// The client tries no more, and so the server does, if it waits for an answer that got lost.
    pub(super) fn give_up_connect(&mut self, id: ConnId, life: Life) {
        let conn = &mut self.conns[id.index()];
        conn.ends[0].life = life;
        if conn.retry_waits && conn.progress == Progress::HalfOpen {
            self.expect_ack_retry(id);
        }
    }

    pub(super) fn client_has_gone(&self, id: ConnId) -> bool {
        matches!(self.conns[id.index()].ends[0].life, Life::Closed | Life::Dead)
    }

    /// The server gives a half-open connection up. The client will learn of it when it sends.
    fn abandon(&mut self, id: ConnId) {
        self.leave_listener(id);
        let conn = &mut self.conns[id.index()];
        conn.progress = Progress::Over;
        conn.ends[1].life = Life::Closed;
        conn.ends[1].is_held = false;
    }

    pub(super) fn fail_connect(&mut self, id: ConnId, kind: io::ErrorKind) {
        let conn = &mut self.conns[id.index()];
        if conn.ends[0].life == Life::Opening {
            conn.ends[0].life = Life::Closed;
            conn.ends[0].error = Some(kind);
            let is_refused = kind == io::ErrorKind::ConnectionRefused;
            self.record_turn(if is_refused { What::Refused } else { What::TimedOut }, id, Side::Client);
            self.abandon(id);
            self.notify(Notice::Writable(id, Side::Client));
        }
    }

    /// A connection that its listener counts is over.
    pub(super) fn leave_listener(&mut self, id: ConnId) {
        let conn = &mut self.conns[id.index()];
        let listener = conn.listener.and_then(|listener| self.listeners.get_mut(listener.index()));
        let Some(listener) = listener else { return };
        match conn.progress {
            Progress::HalfOpen => listener.half_open -= 1,
            Progress::Queued => listener.queue.retain(|queued| *queued != id),
            _ => {}
        }
    }

    // Listeners.

    pub(crate) fn listen(
        &mut self,
        host: HostId,
        bind: Bind,
        port: u16,
        backlog: usize,
    ) -> io::Result<ListenerId> {
        let port = self.bind_port(host, bind, port, super::hosts::Protocol::Stream)?;
        let listener = Listener::new(host, bind, port, backlog, self.now);
        let id = ListenerId::at(self.listeners.insert(listener));
        self.hosts[host.index()].listeners.add(port, id);
        self.transcript.record_listen(self.now, host, port);
        Ok(id)
    }

    /// The addresses of an accepted connection as the server shows them, the client's first.
    pub(crate) fn addresses_at_server(&self, id: ConnId) -> [SocketAddr; 2] {
        let conn = &self.conns[id.index()];
        let listener = conn.listener.and_then(|listener| self.listeners.get(listener.index()));
        match listener.is_some_and(|listener| listener.bind.shows_ipv6()) {
            true => conn.addresses.map(as_ipv6),
            false => conn.addresses,
        }
    }

    pub(crate) fn accept(&mut self, id: ListenerId) -> Io<ConnId> {
        let listener = &mut self.listeners[id.index()];
        if listener.is_dead {
            return Io::Fail(io::ErrorKind::ConnectionAborted);
        }
        match listener.queue.pop_front() {
            None => Io::Wait,
            Some(id) => {
                let conn = &mut self.conns[id.index()];
                conn.progress = Progress::Accepted;
                match conn.is_unix() {
                    true => self.record_unix(id, UnixAct::Accept, 0),
                    false => self.record_turn(What::Accept, id, Side::Client),
                }
                Io::Done(id)
            }
        }
    }

    /// Closes a listener: what it has not accepted is reset, what has only begun is forgotten, and its port is free.
    pub(crate) fn close_listener(&mut self, id: ListenerId) {
        let (host, port) = (self.listeners[id.index()].host, self.listeners[id.index()].port);
        self.hosts[host.index()].listeners.remove(port, id);
        let waiting: Vec<ConnId> = self
            .conns
            .iter()
            .filter(|(_, conn)| {
                conn.listener == Some(id)
                    && matches!(conn.progress, Progress::HalfOpen | Progress::Cookie | Progress::Queued)
            })
            .map(|(index, _)| ConnId::at(index))
            .collect();
        self.leave_path(id);
        self.listeners.remove(id.index());
        for conn in waiting {
            match self.conns[conn.index()].progress {
                Progress::HalfOpen | Progress::Cookie => self.abandon(conn),
                _ => self.abort(conn, Side::Server),
            }
            self.release(conn, Side::Server);
        }
        // The number may be used again: no connection may point to another listener.
        self.conns
            .iter_mut()
            .filter(|(_, conn)| conn.listener == Some(id))
            .for_each(|(_, conn)| conn.listener = None);
    }

    fn listener_at(&self, host: HostId, address: SocketAddr) -> Option<ListenerId> {
        let state = &self.hosts[host.index()];
        if state.status == Status::Down {
            return None;
        }
        let found = state.listeners.at(address.port());
        let fitting = found.filter(|id| self.listeners[id.index()].bind.covers(address.ip()));
        // One that is bound to this very address comes before one that is bound to all.
        fitting.max_by_key(|id| self.listeners[id.index()].bind.is_specific())
    }
}
