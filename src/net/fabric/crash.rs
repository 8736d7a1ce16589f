//! Crash, pause, resume and restart of hosts.

use super::{Fabric, hosts::Clients, ids::HostId, io::Notice, side::Side, wire::Status};
use crate::trace::EventKind;

impl Fabric {
    pub(crate) fn status(&self, host: HostId) -> Status {
        self.wire.status(host)
    }

    /// Changes the status of a host, and what becomes of packets for it.
    pub(crate) fn set_status(&mut self, host: HostId, status: Status) {
        let old = self.wire.set_status(host, status);
        if status == Status::Down {
            self.kill_sockets(host);
        }
        let what = match (old, status) {
            (_, Status::Down) => "crashes",
            (_, Status::Paused) => "is paused",
            (Status::Paused, Status::Up) => "is resumed",
            (_, Status::Up) => "starts again",
        };
        let words = format!("`{}` {what}", self.hosts[host].name);
        self.rules_changed(EventKind::HostChanged, Some(host), words);
    }

    /// Ends all sockets of a host, as on a machine that loses its power: no peer is told, and its ports are free.
    fn kill_sockets(&mut self, host: HostId) {
        let Self { wire, hosts, tcp, udp, unix } = self;
        let state = &mut hosts[host];
        state.clients = Clients::default();
        let bound = std::mem::take(&mut state.bound);
        state.groups.clear();
        let on_ports = std::mem::take(&mut state.listeners);
        let sockets = std::mem::take(&mut state.sockets);
        let at_paths = tcp
            .listeners
            .ids(|listener| listener.host == host && listener.path.is_some() && !listener.is_crashed);
        for id in &at_paths {
            unix.leave_path(*id, &tcp.listeners[*id]);
        }
        for id in on_ports.all().map(|(_, id)| id).chain(at_paths) {
            let listener = &mut tcp.listeners[id];
            listener.is_crashed = true;
            listener.queue.clear();
            wire.notify(Notice::Acceptable(id));
        }
        for (_, id) in bound.all() {
            tcp.bound[id].is_crashed = true;
        }
        for (_, id) in sockets.all() {
            udp.sockets[id].is_crashed = true;
            wire.notify(Notice::Receivable(id));
        }
        for id in tcp.conns.ids(|_| true) {
            for side in Side::BOTH {
                if let Some(conn) = tcp.conns.get_mut(id).filter(|conn| conn.hosts[side] == host) {
                    conn.crash(side, wire);
                    tcp.collect(id, hosts, wire);
                }
            }
        }
    }
}
