//! The ports of a host.

use std::{io, net::SocketAddr};

use super::{
    super::{
        ids::{HostId, ListenerId},
        wire::{Status, Wire},
    },
    Bind, Hosts, is_for_many,
    port_table::DYNAMIC_PORTS,
};
use crate::net::errno;

/// The protocols number their ports apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortSpace {
    Tcp,
    Udp,
}

impl Hosts {
    /// Returns the listener that takes connections to this address.
    pub(crate) fn listener_at(&self, host: HostId, address: SocketAddr, wire: &Wire) -> Option<ListenerId> {
        if wire.status(host) == Status::Down {
            return None;
        }
        let fitting = self[host].listeners.at(address.port()).filter(|(bind, _)| bind.covers(address.ip()));
        // One that is bound to this very address comes before one that is bound to all.
        fitting.max_by_key(|(bind, _)| bind.is_specific()).map(|(_, id)| id)
    }

    /// Takes the next free dynamic port for a client.
    pub(crate) fn take_port(&mut self, host: HostId, wire: &Wire) -> io::Result<u16> {
        check_up(host, wire)?;
        let port = self
            .free_port(host, PortSpace::Tcp)
            .ok_or_else(|| errno::error(io::ErrorKind::AddrNotAvailable))?;
        self[host].client_ports.insert(port);
        Ok(port)
    }

    pub(crate) fn free_client_port(&mut self, host: HostId, port: u16) {
        self[host].client_ports.remove(&port);
    }

    /// Returns the port that a listener or a datagram socket gets.
    pub(crate) fn bind_port(
        &mut self,
        host: HostId,
        bind: Bind,
        port: u16,
        space: PortSpace,
        wire: &Wire,
    ) -> io::Result<u16> {
        check_up(host, wire)?;
        if let Bind::One(address) = bind {
            let is_own = address.is_loopback() || self.host_at(host, address) == Some(host);
            // Source: Linux 6.18, `inet_addr_valid_or_nonlocal`, for listeners, too.
            if !is_own && !is_for_many(address) {
                return Err(errno::error(io::ErrorKind::AddrNotAvailable));
            }
        }
        if port == 0 {
            return self.free_port(host, space).ok_or_else(|| errno::error(io::ErrorKind::AddrInUse));
        }
        let is_taken = self.binds(host, space, port).any(|other| other.collides(bind));
        let is_client = space == PortSpace::Tcp && self[host].client_ports.contains(&port);
        if is_taken || is_client { Err(errno::error(io::ErrorKind::AddrInUse)) } else { Ok(port) }
    }

    fn binds(&self, host: HostId, space: PortSpace, port: u16) -> impl Iterator<Item = Bind> {
        let (is_tcp, host) = (space == PortSpace::Tcp, &self[host]);
        let listeners = host.listeners.at(port).map(|(bind, _)| bind).filter(move |_| is_tcp);
        listeners.chain(host.sockets.at(port).map(|(bind, _)| bind).filter(move |_| !is_tcp))
    }

    /// Returns the next free dynamic port.
    fn free_port(&mut self, host: HostId, space: PortSpace) -> Option<u16> {
        let is_tcp = space == PortSpace::Tcp;
        if is_tcp && self[host].client_ports.len() >= DYNAMIC_PORTS.len() {
            return None;
        }
        let mut port = self[host].next_port;
        for _ in DYNAMIC_PORTS {
            let is_client = is_tcp && self[host].client_ports.contains(&port);
            let is_free = !is_client && self.binds(host, space, port).next().is_none();
            let next = if port == *DYNAMIC_PORTS.end() { *DYNAMIC_PORTS.start() } else { port + 1 };
            if is_free {
                self[host].next_port = next;
                return Some(port);
            }
            port = next;
        }
        None
    }
}

pub(crate) fn check_up(host: HostId, wire: &Wire) -> io::Result<()> {
    match wire.status(host) {
        Status::Down => Err(errno::error(io::ErrorKind::ConnectionAborted)),
        Status::Up | Status::Paused => Ok(()),
    }
}
