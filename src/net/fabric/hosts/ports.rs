//! The ports of a host.

use std::{io, net::SocketAddr, ops::RangeInclusive};

use super::{
    super::{
        ids::{HostId, ListenerId},
        wire::{Status, Wire},
    },
    Bind, Hosts,
};

/// Source: RFC 6335, section 6: the dynamic ports.
pub(super) const DYNAMIC_PORTS: RangeInclusive<u16> = 49152..=65535;

/// A protocol with ports of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
}

/// Sockets by port; those of one port in the order in which they were added. Mostly none or few.
#[derive(Clone, Debug)]
pub(crate) struct Ports<T>(Vec<(u16, Bind, T)>);

impl<T> Default for Ports<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Ports<T> {
    pub(crate) fn add(&mut self, port: u16, bind: Bind, id: T) {
        let after = self.0.partition_point(|(other, ..)| *other <= port);
        self.0.insert(after, (port, bind, id));
    }

    /// Removes a socket, if it is there.
    pub(crate) fn remove(&mut self, port: u16, id: T) {
        let before = self.0.partition_point(|(other, ..)| *other < port);
        let found = self.0[before..].iter().position(|(other, _, known)| (*other, *known) == (port, id));
        if let Some(place) = found {
            self.0.remove(before + place);
        }
    }

    pub(crate) fn at(&self, port: u16) -> impl Iterator<Item = (Bind, T)> {
        let begin = self.0.partition_point(|(other, ..)| *other < port);
        self.0[begin..].iter().take_while(move |(other, ..)| *other == port).map(|(_, bind, id)| (*bind, *id))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (u16, T)> {
        self.0.iter().map(|(port, _, id)| (*port, *id))
    }
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
        let port = self.free_port(host, Protocol::Tcp).ok_or(io::ErrorKind::AddrNotAvailable)?;
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
        protocol: Protocol,
        wire: &Wire,
    ) -> io::Result<u16> {
        check_up(host, wire)?;
        if let Bind::One(address) = bind {
            let is_own = address.is_loopback() || self.host_at(host, address) == Some(host);
            let is_group = protocol == Protocol::Udp && address.is_multicast();
            if !is_own && !is_group {
                return Err(io::ErrorKind::AddrNotAvailable.into());
            }
        }
        if port == 0 {
            return self.free_port(host, protocol).ok_or_else(|| io::ErrorKind::AddrInUse.into());
        }
        let is_taken = self.binds(host, protocol, port).any(|other| other.collides(bind));
        let is_client = protocol == Protocol::Tcp && self[host].client_ports.contains(&port);
        if is_taken || is_client { Err(io::ErrorKind::AddrInUse.into()) } else { Ok(port) }
    }

    fn binds(&self, host: HostId, protocol: Protocol, port: u16) -> impl Iterator<Item = Bind> {
        let (is_tcp, host) = (protocol == Protocol::Tcp, &self[host]);
        let listeners = host.listeners.at(port).map(|(bind, _)| bind).filter(move |_| is_tcp);
        listeners.chain(host.sockets.at(port).map(|(bind, _)| bind).filter(move |_| !is_tcp))
    }

    /// Returns the next free dynamic port.
    fn free_port(&mut self, host: HostId, protocol: Protocol) -> Option<u16> {
        let is_tcp = protocol == Protocol::Tcp;
        if is_tcp && self[host].client_ports.len() >= DYNAMIC_PORTS.len() {
            return None;
        }
        let mut port = self[host].next_port;
        for _ in DYNAMIC_PORTS {
            let is_client = is_tcp && self[host].client_ports.contains(&port);
            let is_free = !is_client && self.binds(host, protocol, port).next().is_none();
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
        Status::Down => Err(io::ErrorKind::ConnectionAborted.into()),
        Status::Up | Status::Paused => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_one_port_stay_in_the_order_in_which_they_were_added() {
        let mut ports = Ports::default();
        for (port, id) in [(80, 'a'), (53, 'b'), (80, 'c'), (81, 'd')] {
            ports.add(port, Bind::All, id);
        }
        assert_eq!(ports.at(80).map(|(_, id)| id).collect::<String>(), "ac");
        assert_eq!(ports.at(54).count(), 0);
        ports.remove(80, 'd'); // it is at another
        ports.remove(80, 'a');
        assert_eq!(ports.all().collect::<Vec<_>>(), [(53, 'b'), (80, 'c'), (81, 'd')]);
    }
}
