//! The bytes and the end of a Unix connection.

use std::{io, net::SocketAddr, path::Path, sync::Arc};

use super::super::{
    ids::{ConnId, HostId, ListenerId},
    io::{Buffers, Notice},
    side::{PerSide, Side},
    tcp::{Conn, Life, Progress},
    wire::{
        Wire,
        record::{UnixAct, length},
    },
};
use crate::net::TcpState;

impl Conn {
    pub(super) fn unix(
        id: ConnId,
        host: HostId,
        path: Arc<Path>,
        listener: ListenerId,
        buffers: Buffers,
        now: u64,
    ) -> Self {
        let nowhere = SocketAddr::from(([0; 4], 0));
        let mut conn = Self::new(id, PerSide::new(host, host), PerSide::new(nowhere, nowhere), buffers, now);
        conn.path = Some(path);
        conn.listener = Some(listener);
        conn.progress = Progress::Queued;
        for end in conn.ends.iter_mut() {
            end.life = Life::Open;
            end.state = TcpState::Established;
            end.is_held = true;
        }
        conn
    }

    pub(crate) fn record_unix(&self, act: UnixAct, content: u64, wire: &mut Wire) {
        if let Some(path) = &self.path {
            let who = (self.hosts[Side::Client], self.id);
            wire.transcript.record_unix(wire.now, who, path, act, content);
        }
    }

    /// Makes the last `count` bytes readable.
    pub(crate) fn hand_over(&mut self, side: Side, count: usize, wire: &mut Wire) {
        let half = &mut self.sending[side];
        half.arrived += count;
        let new = half.bytes.len() - count;
        let sees_bytes = wire.transcript.sees_bytes();
        let content = if sees_bytes { crate::seed::fnv1a(&half.bytes.make_contiguous()[new..]) } else { 0 };
        self.record_unix(UnixAct::Write(side, length(count)), content, wire);
        wire.notify(Notice::Readable(self.id, side.other()));
    }

    pub(crate) fn hand_over_end(&mut self, side: Side, wire: &mut Wire) {
        self.ends[side.other()].has_eof = true;
        self.record_unix(UnixAct::Write(side, 0), 0, wire);
        wire.notify(Notice::Readable(self.id, side.other()));
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
        self.record_unix(UnixAct::Reset(side.other()), 0, wire);
        wire.notify(Notice::Readable(self.id, side));
        self.refuse_writes(side, wire);
    }
}
