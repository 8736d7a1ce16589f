//! What is still there at the end.

use std::{io, sync::Arc, time::Duration};

use super::{Conn, ConnId, Fabric, HostId, Life, Listener, Progress, Side, Socket};
use crate::{
    leftover::{Leftover, LeftoverKind},
    violation::SourceLocation,
};

impl Fabric {
    /// What somebody would close, read or accept if all were in order; then what may stay for ever.
    pub(crate) fn leftovers(&self) -> (Vec<Leftover>, Vec<Leftover>) {
        let (mut left, mut expected) = (Vec::new(), Vec::new());
        for (index, conn) in &self.conns {
            for side in [Side::Client, Side::Server] {
                left.extend(self.left_of_end(ConnId::at(index), conn, side));
            }
        }
        for (_, listener) in &self.listeners {
            let entry = self.left_of_listener(listener);
            if listener.is_dead { left.push(entry) } else { expected.push(entry) }
        }
        for (_, socket) in &self.sockets {
            let is_idle = !socket.is_dead && socket.waiting() == 0 && socket.error.is_none();
            let entry = self.left_of_socket(socket);
            if is_idle { expected.push(entry) } else { left.push(entry) }
        }
        (left, expected)
    }

    fn left_of_end(&self, id: ConnId, conn: &Conn, side: Side) -> Option<Leftover> {
        let end = &conn.ends[side.index()];
        if !end.is_held {
            return None;
        }
        let [local, peer] = [side, side.other()].map(|side| conn.place(side));
        if side == Side::Server && end.life != Life::Dead {
            match conn.progress {
                Progress::HalfOpen => return None, // the client's end says it
                Progress::Queued => return Some(self.unaccepted(conn)),
                _ => {}
            }
        }
        let state = self.describe_end(id, side);
        let unread = conn.lanes[side.other().index()].arrived;
        let (kind, state) = match end.error {
            _ if end.life == Life::Dead => (LeftoverKind::Orphan, "its host crashed".to_owned()),
            Some(kind) => (LeftoverKind::Unobserved, untold(kind)),
            None if unread > 0 => (LeftoverKind::Unread, state),
            None => (LeftoverKind::OpenEnd, state),
        };
        let what = format!("{local} to {peer}: {state}");
        Some(self.left(kind, conn.hosts[side.index()], what, end.since, end.made_at))
    }

    fn unaccepted(&self, conn: &Conn) -> Leftover {
        let listener = conn.listener.and_then(|id| self.listeners.get(id.index()));
        let listener = listener.and_then(|listener| listener.made_at);
        let listener = listener.map(|place| format!(" by the listener made at {place}")).unwrap_or_default();
        let client = &self.hosts[conn.hosts[0].index()].name;
        let [from, to] = [Side::Client, Side::Server].map(|side| conn.place(side));
        let what = format!("{to}: a connection from `{client}` {from} is not accepted{listener}");
        self.left(LeftoverKind::Unaccepted, conn.hosts[1], what, conn.ends[1].since, conn.ends[0].made_at)
    }

    fn left_of_listener(&self, listener: &Listener) -> Leftover {
        let place = listener.place();
        let (kind, what) = match listener.is_dead {
            true => (LeftoverKind::Orphan, format!("listener on {place}: its host crashed")),
            false => (LeftoverKind::OpenEnd, format!("listener on {place}")),
        };
        self.left(kind, listener.host, what, listener.since, listener.made_at)
    }

    fn left_of_socket(&self, socket: &Socket) -> Leftover {
        let (port, waiting) = (socket.port, socket.waiting());
        let (kind, state) = match socket.error {
            _ if socket.is_dead => (LeftoverKind::Orphan, ": its host crashed".to_owned()),
            Some(kind) => (LeftoverKind::Unobserved, format!(": {}", untold(kind))),
            None if waiting > 0 => (LeftoverKind::Unread, format!(": {waiting} unread")),
            None => (LeftoverKind::OpenEnd, String::new()),
        };
        let what = format!("datagram socket on port {port}{state}");
        self.left(kind, socket.host, what, socket.since, socket.made_at)
    }

    fn left(
        &self,
        kind: LeftoverKind,
        host: HostId,
        what: String,
        since: u64,
        made_at: Option<SourceLocation>,
    ) -> Leftover {
        let host = Some(Arc::clone(&self.hosts[host.index()].name));
        Leftover { kind, host, what, since: Duration::from_nanos(since), made_at }
    }
}

fn untold(kind: io::ErrorKind) -> String {
    format!("{kind:?}, which nobody has been told")
}
