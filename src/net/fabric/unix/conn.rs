//! The bytes and the end of a Unix connection.

use std::{io, net::SocketAddr};

use super::super::{
    ids::{ConnId, HostId, ListenerId},
    io::{Buffers, Notice},
    paths::UnixPath,
    side::{PerSide, Side},
    tcp::{Conn, Life, Progress},
    wire::Wire,
};
use crate::{net::TcpState, trace::EventKind};

impl Conn {
    pub(super) fn unix(
        id: ConnId,
        host: HostId,
        path: Option<UnixPath>,
        listener: ListenerId,
        buffers: Buffers,
        now: u64,
    ) -> Self {
        let buffers = buffers.of_unix();
        let nowhere = SocketAddr::from(([0; 4], 0));
        let mut conn =
            Self::new(id, PerSide::new(host, host), PerSide::new(nowhere, nowhere), None, buffers, now);
        conn.path = path;
        conn.listener = Some(listener);
        conn.progress = Progress::Queued;
        for end in conn.ends.iter_mut() {
            end.life = Life::Open;
            end.state = TcpState::Established;
            end.is_held = true;
        }
        conn
    }

    /// Records an act of the code on this side, with its size and bytes.
    pub(crate) fn record_unix(
        &self,
        kind: EventKind,
        side: Side,
        (size, bytes): (usize, &[&[u8]]),
        wire: &mut Wire,
    ) {
        if let Some(path) = &self.path {
            let (host, is_client) = (self.hosts[Side::Client].0, side == Side::Client);
            wire.log().at_path(kind, (host, &path.shown), (self.id.0, is_client), size, bytes);
        }
    }

    /// Makes the last `count` bytes readable.
    pub(crate) fn hand_over(&mut self, side: Side, count: usize, wire: &mut Wire) {
        let half = &mut self.sending[side];
        half.arrived += count;
        half.unsent -= count;
        let all = half.bytes.len();
        let bytes = self.sending[side].slices(all - count..all);
        self.record_unix(EventKind::Written, side, (count, &bytes), wire);
        wire.notify(Notice::Readable(self.id, side.other()));
    }

    pub(crate) fn hand_over_end(&mut self, side: Side, wire: &mut Wire) {
        self.ends[side.other()].has_eof = true;
        self.record_unix(EventKind::ShutDown, side, (0, &[]), wire);
        wire.notify(Notice::Readable(self.id, side.other()));
        for side in Side::BOTH.into_iter().filter(|side| self.must_not_write(*side)) {
            wire.notify(Notice::Writable(self.id, side));
        }
    }

    /// Returns whether a writer is ready because no more can be written. A Unix socket whose direction is shut down is
    /// ready when it has room, as before, or when both directions are shut down.
    ///
    /// Source: Linux 6.18, `unix_poll`: `EPOLLHUP` for `SHUTDOWN_MASK` only.
    pub(crate) fn must_not_write(&self, side: Side) -> bool {
        let half = &self.sending[side];
        half.is_closed && (!self.is_unix() || half.has_given_up || self.ends[side].has_eof)
    }

    /// Gives the writer the room of bytes that were read.
    pub(crate) fn make_room(&mut self, writer: Side, count: usize, wire: &mut Wire) {
        let half = &mut self.sending[writer];
        half.in_use -= count;
        if std::mem::take(&mut half.writer_waits) {
            wire.notify(Notice::Writable(self.id, writer));
        }
    }

    /// The other end is closed: already the first write fails.
    pub(crate) fn refuse_writes(&mut self, side: Side, wire: &mut Wire) {
        self.sending[side].give_up();
        wire.notify(Notice::Writable(self.id, side));
    }

    /// The other end was closed with bytes of this one unread.
    pub(crate) fn reset_unix(&mut self, side: Side, wire: &mut Wire) {
        if self.ends[side].life != Life::Open {
            return;
        }
        self.ends[side].fail(io::ErrorKind::ConnectionReset);
        self.ends[side].has_eof = false;
        self.record_unix(EventKind::Reset, side.other(), (0, &[]), wire);
        wire.notify(Notice::Readable(self.id, side));
        self.refuse_writes(side, wire);
    }
}
