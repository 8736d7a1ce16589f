//! The sockets of all hosts, as text.

use super::{
    super::{
        Fabric,
        ids::HostId,
        side::Side,
        tcp::{Conn, Life},
        wire::Status,
    },
    place::{end_place, listener_place},
};
use crate::nanos::offset;

impl Fabric {
    /// Describes every socket that is held, host by host.
    pub(crate) fn netstat(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (id, host) in self.hosts.iter() {
            let on_ports = host.listeners.all().map(|(_, listener)| &self.tcp.listeners[listener]);
            let at_paths = self.tcp.listeners.values();
            let at_paths = at_paths
                .filter(|listener| listener.host == id && listener.path.is_some() && !listener.is_crashed);
            for listener in on_ports.chain(at_paths) {
                let (place, waiting, since) =
                    (listener_place(listener), listener.queue.len(), offset(listener.since));
                let what = format!("listens on {place}, {waiting} wait to be accepted, since {since}");
                lines.push(format!("`{}` {what}", host.name));
            }
            for bound in self.tcp.bound.values().filter(|bound| bound.host == id && bound.is_open()) {
                let (port, since) = (bound.port, offset(bound.since));
                lines.push(format!(
                    "`{}` is bound to port {port} and does not listen, since {since}",
                    host.name
                ));
            }
            for (port, socket) in host.sockets.all() {
                let socket = &self.udp.sockets[socket];
                let (unread, dropped) = (socket.unread(), socket.overflown);
                let dropped = if dropped > 0 { format!(", {dropped} dropped") } else { String::new() };
                let what = format!("has datagram port {port}, {unread} unread{dropped}");
                lines.push(format!("`{}` {what}, since {}", host.name, offset(socket.since)));
            }
            for conn in self.tcp.conns.values() {
                for side in Side::BOTH {
                    let end = &conn.ends[side];
                    if conn.hosts[side] == id && conn.is_listed(side) && end.life != Life::Crashed {
                        let [local, peer] = [side, side.other()].map(|side| end_place(conn, side));
                        let (what, since) = (describe_end(conn, side), offset(end.since));
                        lines.push(format!("`{}` {local} to {peer}: {what}, since {since}", host.name));
                    }
                }
            }
        }
        lines
    }

    /// Describes what stops packets now: hosts that are down or paused, partitions and holds.
    pub(crate) fn stops(&self) -> Vec<String> {
        let hosts = self.hosts.iter().filter_map(|(id, host)| match self.status(id) {
            Status::Up => None,
            Status::Paused => Some(format!("`{}` is paused", host.name)),
            Status::Down => Some(format!("`{}` is down", host.name)),
        });
        hosts.chain(self.wire.links.gates()).collect()
    }

    /// Describes the sockets that a crash has killed and that are still held.
    pub(crate) fn orphaned_sockets(&self, host: HostId) -> Vec<String> {
        let mut orphans = Vec::new();
        for conn in self.tcp.conns.values() {
            for side in Side::BOTH {
                let end = &conn.ends[side];
                if conn.hosts[side] == host && end.life == Life::Crashed && conn.is_listed(side) {
                    let [local, peer] = [side, side.other()].map(|side| end_place(conn, side));
                    let made_at = end.made_at.map(|place| format!(", made at {place}")).unwrap_or_default();
                    orphans.push(format!("stream from {local} to {peer}{made_at}"));
                }
            }
        }
        let listeners = self.tcp.listeners.values();
        let listeners = listeners.filter(|listener| listener.host == host && listener.is_crashed);
        orphans.extend(listeners.map(|listener| format!("listener on {}", listener_place(listener))));
        let bound = self.tcp.bound.values();
        let bound = bound.filter(|bound| bound.host == host && bound.is_crashed && !bound.is_connected);
        orphans.extend(bound.map(|bound| format!("socket on port {}", bound.port)));
        let sockets = self.udp.sockets.values().filter(|socket| socket.host == host && socket.is_crashed);
        orphans.extend(sockets.map(|socket| format!("datagram socket on port {}", socket.port)));
        orphans
    }
}

/// Describes one end of a connection.
pub(crate) fn describe_end(conn: &Conn, side: Side) -> String {
    let (end, out) = (&conn.ends[side], &conn.sending[side]);
    let life = match end.life {
        Life::Opening => "connecting",
        Life::Open if end.has_eof && out.is_closed => "closed by both",
        Life::Open if end.has_eof => "closed by the other end",
        Life::Open if out.is_closed => "shut down",
        Life::Open => "open",
        Life::Closed => "broken",
        Life::Crashed => "its host crashed",
    };
    let (unread, in_use, capacity) = (conn.unread(side), out.in_use, out.capacity());
    format!("{life}, {unread} bytes unread, {in_use} of {capacity} bytes under way")
}
