//! All sockets, for people.

use super::{ConnId, Fabric, HostId, Life, Side};

impl Fabric {
    /// Every socket that somebody holds or will, host by host.
    pub(crate) fn netstat(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for index in 0..self.hosts.len() {
            let (id, host) = (HostId::at(index), &self.hosts[index]);
            for (port, listener) in &host.listeners {
                let waiting = self.listeners[listener.index()].queue.len();
                lines.push(format!("`{}` listens on port {port}, {waiting} wait to be accepted", host.name));
            }
            for (port, socket) in &host.sockets {
                let socket = &self.sockets[socket.index()];
                let (waiting, dropped) = (socket.waiting(), socket.overflown);
                let dropped = if dropped > 0 { format!(", {dropped} dropped") } else { String::new() };
                lines.push(format!("`{}` has datagram port {port}, {waiting} unread{dropped}", host.name));
            }
            for (conn, state) in &self.conns {
                for side in [Side::Client, Side::Server] {
                    let end = &state.ends[side.index()];
                    if state.hosts[side.index()] == id && end.is_held && end.life != Life::Dead {
                        let [local, peer] = [side, side.other()].map(|side| state.addresses[side.index()]);
                        let what = self.describe_end(ConnId::at(conn), side);
                        lines.push(format!("`{}` {local} to {peer}: {what}", host.name));
                    }
                }
            }
        }
        lines
    }
}
