//! Listeners: the queue of connections that wait to be accepted.

use std::{collections::VecDeque, net::SocketAddr};

use super::{
    super::{
        hosts::{Bind, Reuse, as_ipv6},
        ids::{ConnId, HostId, ListenerId, Table},
        io::Io,
        paths::UnixPath,
        side::{PerSide, Side},
        wire::Wire,
    },
    conn::Conn,
    progress::Progress,
};
use crate::{trace::EventKind, violation::SourceLocation};

pub(crate) type Listeners = Table<ListenerId, Listener>;

/// A listener on a port or at a path.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) host: HostId,
    pub(crate) bind: Bind,
    pub(crate) port: u16,
    pub(crate) reuse: Reuse,
    /// Its path, if it is a Unix socket.
    pub(crate) path: Option<UnixPath>,
    pub(crate) backlog: usize,
    /// How many handshakes it remembers.
    pub(crate) half_open: usize,
    pub(crate) queue: VecDeque<ConnId>,
    /// Its host crashed.
    pub(crate) is_crashed: bool,
    pub(crate) since: u64,
    pub(crate) made_at: SourceLocation,
}

impl Listener {
    pub(crate) const fn new(
        host: HostId,
        bind: Bind,
        port: u16,
        reuse: Reuse,
        backlog: usize,
        since: u64,
        made_at: SourceLocation,
    ) -> Self {
        let queue = VecDeque::new();
        let (path, half_open, is_crashed) = (None, 0, false);
        Self { host, bind, port, reuse, path, backlog, half_open, queue, is_crashed, since, made_at }
    }

    /// Returns whether the accept queue is full: it holds one more than the backlog.
    ///
    /// Source: Linux 6.18, `sk_acceptq_is_full` and `unix_recvq_full_lockless`.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() > self.backlog
    }

    /// Returns whether it remembers no further handshakes: the next SYN gets a cookie.
    ///
    /// Source: Linux 6.18, `inet_csk_reqsk_queue_is_full`, with `tcp_syncookies` at its default.
    pub(super) const fn is_flooded(&self) -> bool {
        self.half_open > self.backlog
    }

    /// Takes the next connection out of the queue.
    pub(crate) fn accept(&mut self) -> Io<ConnId> {
        if self.is_crashed {
            return Io::Fail(std::io::ErrorKind::ConnectionAborted);
        }
        self.queue.pop_front().map_or(Io::Wait, Io::Done)
    }

    /// The addresses of one of its connections as this listener shows them.
    pub(crate) fn shown(&self, addresses: PerSide<SocketAddr>) -> PerSide<SocketAddr> {
        match self.bind.shows_ipv6() {
            true => PerSide::new(as_ipv6(addresses[Side::Client]), as_ipv6(addresses[Side::Server])),
            false => addresses,
        }
    }
}

impl Conn {
    /// Marks it as accepted.
    pub(crate) fn accepted(&mut self, wire: &mut Wire) {
        self.progress = Progress::Accepted;
        match self.is_unix() {
            true => self.record_unix(EventKind::Accepted, Side::Server, (0, &[]), wire),
            false => self.record_turn(EventKind::Accepted, Side::Client, wire),
        }
    }

    /// Removes it from what its listener counts.
    pub(super) fn leave_listener(&self, listeners: &mut Listeners) {
        let Some(listener) = self.listener.and_then(|id| listeners.get_mut(id)) else { return };
        if self.progress.is_half_open() {
            listener.half_open -= 1;
        } else if self.progress == Progress::Queued {
            listener.queue.retain(|queued| *queued != self.id);
        }
    }
}
