//! What happens to whole hosts.

use super::{ConnId, Fabric, HostId, Life, Notice, Progress, Side, SocketId, Status, What};

impl Fabric {
    pub(crate) fn status(&self, host: HostId) -> Status {
        self.hosts[host.index()].status
    }

    /// Changes what a host does, and what becomes of packets for it.
    pub(crate) fn set_status(&mut self, host: HostId, status: Status) {
        let state = &mut self.hosts[host.index()];
        let old = std::mem::replace(&mut state.status, status);
        self.absent -= usize::from(old != Status::Up);
        self.absent += usize::from(status != Status::Up);
        if status == Status::Down {
            self.kill_sockets(host);
        }
        let what = match (old, status) {
            (_, Status::Down) => "crashes",
            (_, Status::Paused) => "is paused",
            (Status::Paused, Status::Up) => "is resumed",
            (_, Status::Up) => "starts again",
        };
        let words = format!("`{}` {what}", self.hosts[host.index()].name);
        self.rules_changed(What::Host, words);
    }

    /// As on a machine that lost its power: nobody is told, and its ports are free.
    fn kill_sockets(&mut self, host: HostId) {
        let state = &mut self.hosts[host.index()];
        state.stream_ports.clear();
        state.groups.clear();
        let listeners = std::mem::take(&mut state.listeners);
        let sockets = std::mem::take(&mut state.sockets);
        let listeners = listeners.all().map(|(_, id)| id).chain(self.take_unix_listeners(host));
        for id in listeners.collect::<Vec<_>>() {
            let listener = &mut self.listeners[id.index()];
            listener.is_dead = true;
            listener.queue.clear();
            self.notify(Notice::Acceptable(id));
        }
        for (_, id) in sockets.all() {
            self.sockets[id.index()].is_dead = true;
            self.notify(Notice::Receivable(id));
        }
        let conns: Vec<ConnId> = self.conns.iter().map(|(index, _)| ConnId::at(index)).collect();
        for id in conns {
            for side in [Side::Client, Side::Server] {
                if self.conns.get(id.index()).is_some_and(|conn| conn.hosts[side.index()] == host) {
                    self.kill_end(id, side);
                }
            }
        }
    }

    fn kill_end(&mut self, id: ConnId, side: Side) {
        let conn = &mut self.conns[id.index()];
        let is_unaccepted = matches!(conn.progress, Progress::HalfOpen | Progress::Queued);
        if side == Side::Server && conn.ends[0].life == Life::Opening {
            // It has forgotten what it heard: the next SYN is the first.
            conn.progress = Progress::SynSent;
            conn.ends[1].is_held = false;
            conn.listener = None;
            return;
        }
        if side == Side::Server {
            conn.progress = Progress::Over;
            conn.ends[1].is_held &= !is_unaccepted;
        }
        if side == Side::Client {
            self.give_up_connect(id, Life::Dead);
        }
        let conn = &mut self.conns[id.index()];
        conn.end(side).life = Life::Dead;
        conn.lane(side).give_up();
        self.notify(Notice::Readable(id, side));
        self.notify(Notice::Writable(id, side));
        if !self.conns[id.index()].is_unix() {
            self.outlive(id, side.other());
        }
        self.collect(id);
    }

    /// The sockets that were there before a crash and that somebody still holds, as text.
    pub(crate) fn orphaned_sockets(&self, host: HostId) -> Vec<String> {
        let mut orphaned_sockets = Vec::new();
        for (_, conn) in &self.conns {
            for side in [Side::Client, Side::Server] {
                let end = &conn.ends[side.index()];
                if conn.hosts[side.index()] == host && end.life == Life::Dead && end.is_held {
                    let [local, peer] = [side, side.other()].map(|side| conn.place(side));
                    let made_at = end.made_at.map(|place| format!(", made at {place}")).unwrap_or_default();
                    orphaned_sockets.push(format!("stream from {local} to {peer}{made_at}"));
                }
            }
        }
        let dead = self.listeners.iter().filter(|(_, listener)| listener.host == host && listener.is_dead);
        orphaned_sockets.extend(dead.map(|(_, listener)| format!("listener on {}", listener.place())));
        let dead = self.sockets.iter().map(|(index, _)| SocketId::at(index));
        let dead =
            dead.filter(|id| self.sockets[id.index()].host == host && self.sockets[id.index()].is_dead);
        orphaned_sockets
            .extend(dead.map(|id| format!("datagram socket on port {}", self.sockets[id.index()].port)));
        orphaned_sockets
    }
}
