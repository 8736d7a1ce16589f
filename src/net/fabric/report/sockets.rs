//! The sockets of all hosts, as values.

use std::{sync::Arc, time::Duration};

use super::super::{
    Fabric,
    hosts::HostState,
    side::Side,
    tcp::{Bound, Conn, Life, Listener},
    udp::Socket,
};
use crate::net::{Protocol, SocketInfo, TcpState};

impl Fabric {
    /// Returns every socket that is held, host by host: listeners, datagram sockets, then streams.
    pub(crate) fn sockets(&self) -> Vec<SocketInfo> {
        let mut sockets = Vec::new();
        for (id, host) in self.hosts.iter() {
            let listeners = self.tcp.listeners.values();
            let listeners = listeners.filter(|listener| listener.host == id && !listener.is_crashed);
            sockets.extend(listeners.map(|listener| info_of_listener(host, listener)));
            let bound = self.tcp.bound.values().filter(|bound| bound.host == id && bound.is_open());
            sockets.extend(bound.map(|bound| info_of_bound(host, bound)));
            let datagram_sockets = self.udp.sockets.values();
            let datagram_sockets = datagram_sockets.filter(|socket| socket.host == id && !socket.is_crashed);
            sockets.extend(datagram_sockets.map(|socket| info_of_socket(host, socket)));
            for conn in self.tcp.conns.values() {
                for side in Side::BOTH {
                    let end = &conn.ends[side];
                    if conn.hosts[side] == id && conn.is_listed(side) && end.life != Life::Crashed {
                        sockets.push(info_of_end(host, conn, side));
                    }
                }
            }
        }
        sockets
    }
}

fn info_of_listener(host: &HostState, listener: &Listener) -> SocketInfo {
    let is_unix = listener.path.is_some();
    SocketInfo {
        host: Arc::clone(&host.name),
        protocol: if is_unix { Protocol::Unix } else { Protocol::Tcp },
        state: Some(TcpState::Listen),
        local: (!is_unix).then(|| listener.bind.address(listener.port)),
        peer: None,
        path: listener.path.as_ref().map(|path| Arc::clone(&path.path)),
        unread: listener.queue.len(),
        in_flight: 0,
        since: Duration::from_nanos(listener.since),
    }
}

fn info_of_bound(host: &HostState, bound: &Bound) -> SocketInfo {
    SocketInfo {
        host: Arc::clone(&host.name),
        protocol: Protocol::Tcp,
        state: Some(TcpState::Closed),
        local: Some(bound.bind.address(bound.port)),
        peer: None,
        path: None,
        unread: 0,
        in_flight: 0,
        since: Duration::from_nanos(bound.since),
    }
}

fn info_of_socket(host: &HostState, socket: &Socket) -> SocketInfo {
    SocketInfo {
        host: Arc::clone(&host.name),
        protocol: Protocol::Udp,
        state: None,
        local: Some(socket.bind.address(socket.port)),
        peer: socket.peer,
        path: None,
        unread: socket.unread_bytes(),
        in_flight: 0,
        since: Duration::from_nanos(socket.since),
    }
}

fn info_of_end(host: &HostState, conn: &Conn, side: Side) -> SocketInfo {
    let (end, [local, peer]) = (&conn.ends[side], conn.addresses.from(side));
    let is_tcp = !conn.is_unix();
    SocketInfo {
        host: Arc::clone(&host.name),
        protocol: if is_tcp { Protocol::Tcp } else { Protocol::Unix },
        state: is_tcp.then_some(end.state),
        local: is_tcp.then_some(local),
        peer: is_tcp.then_some(peer),
        path: conn.path.as_ref().map(|path| Arc::clone(&path.path)),
        unread: conn.unread(side),
        in_flight: conn.sending[side].in_use,
        since: Duration::from_nanos(end.since),
    }
}
