//! All sockets, for people.

use super::{ConnId, Fabric, HostId, Life, Side, Status};
use crate::clock::offset;

impl Fabric {
    /// Every socket that somebody holds or will, host by host.
    pub(crate) fn netstat(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for index in 0..self.hosts.len() {
            let (id, host) = (HostId::at(index), &self.hosts[index]);
            let on_ports = host.listeners.all().map(|(_, listener)| &self.listeners[listener.index()]);
            let at_paths = self.listeners.iter().map(|(_, listener)| listener);
            let at_paths = at_paths
                .filter(|listener| listener.host == id && listener.path.is_some() && !listener.is_dead);
            for listener in on_ports.chain(at_paths) {
                let (place, waiting, since) =
                    (listener.place(), listener.queue.len(), offset(listener.since));
                let what = format!("listens on {place}, {waiting} wait to be accepted, since {since}");
                lines.push(format!("`{}` {what}", host.name));
            }
            for (port, socket) in host.sockets.all() {
                let socket = &self.sockets[socket.index()];
                let (waiting, dropped) = (socket.waiting(), socket.overflown);
                let dropped = if dropped > 0 { format!(", {dropped} dropped") } else { String::new() };
                let what = format!("has datagram port {port}, {waiting} unread{dropped}");
                lines.push(format!("`{}` {what}, since {}", host.name, offset(socket.since)));
            }
            for (conn, state) in &self.conns {
                for side in [Side::Client, Side::Server] {
                    let end = &state.ends[side.index()];
                    if state.hosts[side.index()] == id && end.is_held && end.life != Life::Dead {
                        let [local, peer] = [side, side.other()].map(|side| state.place(side));
                        let what = self.describe_end(ConnId::at(conn), side);
                        let since = offset(end.since);
                        lines.push(format!("`{}` {local} to {peer}: {what}, since {since}", host.name));
                    }
                }
            }
        }
        lines
    }

    /// What lets nothing through just now: hosts that are down or paused, partitions and holds.
    pub(crate) fn stops(&self) -> Vec<String> {
        let hosts = self.hosts.iter().filter_map(|host| match host.status {
            Status::Up => None,
            Status::Paused => Some(format!("`{}` is paused", host.name)),
            Status::Down => Some(format!("`{}` is down", host.name)),
        });
        hosts.chain(self.links.gates()).collect()
    }
}
