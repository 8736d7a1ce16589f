//! Sockets that are left at the end of a sim.

use std::{io, sync::Arc, time::Duration};

use super::{
    super::{
        Fabric,
        ids::HostId,
        side::Side,
        tcp::{Bound, Conn, Life, Listener, Progress},
        udp::Socket,
    },
    netstat::describe_end,
    place::{end_place, listener_place},
};
use crate::{
    leftover::{Leftover, LeftoverKind},
    violation::SourceLocation,
};

impl Fabric {
    /// Returns what the program should have closed, read or accepted; then what may stay open.
    pub(crate) fn leftovers(&self) -> (Vec<Leftover>, Vec<Leftover>) {
        let (mut left, mut expected) = (Vec::new(), Vec::new());
        for conn in self.tcp.conns.values() {
            for side in Side::BOTH {
                left.extend(self.left_of_end(conn, side));
            }
        }
        for listener in self.tcp.listeners.values() {
            let entry = self.left_of_listener(listener);
            if listener.is_crashed { left.push(entry) } else { expected.push(entry) }
        }
        for bound in self.tcp.bound.values().filter(|bound| !bound.is_connected) {
            let entry = self.left_of_bound(bound);
            if bound.is_crashed { left.push(entry) } else { expected.push(entry) }
        }
        for socket in self.udp.sockets.values() {
            let is_idle = !socket.is_crashed && socket.unread() == 0 && socket.error.is_none();
            let entry = self.left_of_socket(socket);
            if is_idle { expected.push(entry) } else { left.push(entry) }
        }
        (left, expected)
    }

    fn left_of_end(&self, conn: &Conn, side: Side) -> Option<Leftover> {
        let end = &conn.ends[side];
        if !conn.is_listed(side) {
            return None;
        }
        let [local, peer] = [side, side.other()].map(|side| end_place(conn, side));
        if side == Side::Server && end.life != Life::Crashed {
            if conn.progress.is_half_open() {
                return None; // the client's end is reported
            }
            if conn.progress == Progress::Queued {
                return Some(self.unaccepted(conn));
            }
        }
        let state = describe_end(conn, side);
        let unread = conn.unread(side);
        let (kind, state) = match end.error {
            _ if end.life == Life::Crashed => (LeftoverKind::Orphan, "its host crashed".to_owned()),
            Some(kind) => (LeftoverKind::Unobserved, untold(kind)),
            None if unread > 0 => (LeftoverKind::Unread, state),
            None => (LeftoverKind::OpenEnd, state),
        };
        let what = format!("{local} to {peer}: {state}");
        Some(self.left(kind, conn.hosts[side], what, end.since, end.made_at))
    }

    fn unaccepted(&self, conn: &Conn) -> Leftover {
        let listener = conn.listener.and_then(|id| self.tcp.listeners.get(id));
        let listener = listener.map(|listener| format!(" by the listener made at {}", listener.made_at));
        let listener = listener.unwrap_or_default();
        let client = &self.hosts[conn.hosts[Side::Client]].name;
        let [from, to] = [Side::Client, Side::Server].map(|side| end_place(conn, side));
        let what = format!("{to}: a connection from `{client}` {from} is not accepted{listener}");
        self.left(
            LeftoverKind::Unaccepted,
            conn.hosts[Side::Server],
            what,
            conn.ends[Side::Server].since,
            conn.ends[Side::Client].made_at,
        )
    }

    fn left_of_listener(&self, listener: &Listener) -> Leftover {
        let place = listener_place(listener);
        let (kind, what) = match listener.is_crashed {
            true => (LeftoverKind::Orphan, format!("listener on {place}: its host crashed")),
            false => (LeftoverKind::OpenEnd, format!("listener on {place}")),
        };
        self.left(kind, listener.host, what, listener.since, Some(listener.made_at))
    }

    fn left_of_bound(&self, bound: &Bound) -> Leftover {
        let (kind, state) = match bound.is_crashed {
            true => (LeftoverKind::Orphan, ": its host crashed"),
            false => (LeftoverKind::OpenEnd, ", which does not listen"),
        };
        let what = format!("socket on port {}{state}", bound.port);
        self.left(kind, bound.host, what, bound.since, Some(bound.made_at))
    }

    fn left_of_socket(&self, socket: &Socket) -> Leftover {
        let (port, waiting) = (socket.port, socket.unread());
        let (kind, state) = match socket.error {
            _ if socket.is_crashed => (LeftoverKind::Orphan, ": its host crashed".to_owned()),
            Some(kind) => (LeftoverKind::Unobserved, format!(": {}", untold(kind))),
            None if waiting > 0 => (LeftoverKind::Unread, format!(": {waiting} unread")),
            None => (LeftoverKind::OpenEnd, String::new()),
        };
        let what = format!("datagram socket on port {port}{state}");
        self.left(kind, socket.host, what, socket.since, Some(socket.made_at))
    }

    fn left(
        &self,
        kind: LeftoverKind,
        host: HostId,
        what: String,
        since: u64,
        made_at: Option<SourceLocation>,
    ) -> Leftover {
        let host = Some(Arc::clone(&self.hosts[host].name));
        Leftover { kind, host, what, since: Duration::from_nanos(since), made_at }
    }
}

fn untold(kind: io::ErrorKind) -> String {
    format!("{kind:?}, which no operation has returned")
}
