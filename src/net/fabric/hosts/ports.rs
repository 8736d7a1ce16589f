//! The ports of a host: who listens on one, who can be bound to one, and which are free.

use std::{io, net::SocketAddr};

use super::{
    super::{
        ids::{HostId, ListenerId},
        wire::{Status, Wire},
    },
    Bind, Hosts, is_for_many,
    port_table::DYNAMIC_PORTS,
};
use crate::{net::errno, seed::fnv1a};

impl Hosts {
    /// Returns the listener that takes connections from one address to another.
    pub(crate) fn listener_at(
        &self,
        host: HostId,
        from: SocketAddr,
        to: SocketAddr,
        wire: &Wire,
    ) -> Option<ListenerId> {
        if wire.status(host) == Status::Down {
            return None;
        }
        let fitting = || self[host].listeners.at(to.port()).filter(|(bind, _)| bind.covers(to.ip()));
        // One that is bound to this very address comes before one that is bound to all.
        let best = fitting().map(|(bind, _)| bind.is_specific()).max()?;
        choose(fitting().filter(|(bind, _)| bind.is_specific() == best).map(|(_, id)| id), from, to)
    }

    /// Checks that a socket can be bound to these addresses.
    pub(crate) fn check_own(&self, host: HostId, bind: Bind, wire: &Wire) -> io::Result<()> {
        check_up(host, wire)?;
        match bind {
            // Source: Linux 6.18, `inet_addr_valid_or_nonlocal`, for listeners, too.
            Bind::One(address) if address.is_loopback() || is_for_many(address) => Ok(()),
            Bind::One(address) if self.host_at(host, address) != Some(host) => {
                Err(errno::error(io::ErrorKind::AddrNotAvailable))
            }
            _ => Ok(()),
        }
    }

    /// Returns the dynamic ports, the next first.
    pub(crate) fn dynamic_ports(&self, host: HostId) -> impl Iterator<Item = u16> + use<> {
        let next = self[host].next_port;
        (next..=*DYNAMIC_PORTS.end()).chain(*DYNAMIC_PORTS.start()..next)
    }

    /// Counts a dynamic port as used: the next is another.
    pub(crate) fn use_dynamic_port(&mut self, host: HostId, port: u16) {
        let next = if port == *DYNAMIC_PORTS.end() { *DYNAMIC_PORTS.start() } else { port + 1 };
        self[host].next_port = next;
    }
}

/// Chooses one of the sockets that share a port: the same for the same addresses.
///
/// Source: Linux 6.18, `reuseport_select_sock`, which takes a hash of the addresses.
pub(crate) fn choose<T: Copy>(
    mut sockets: impl Iterator<Item = T>,
    from: SocketAddr,
    to: SocketAddr,
) -> Option<T> {
    let first = sockets.next()?;
    let Some(second) = sockets.next() else { return Some(first) }; // the usual case, without a hash
    let all: Vec<T> = [first, second].into_iter().chain(sockets).collect();
    let hash = fnv1a(format!("{from} {to}").as_bytes());
    let index = usize::try_from(hash % all.len() as u64).unwrap_or_default();
    Some(all[index])
}

pub(crate) fn check_up(host: HostId, wire: &Wire) -> io::Result<()> {
    match wire.status(host) {
        Status::Down => Err(errno::error(io::ErrorKind::ConnectionAborted)),
        Status::Up | Status::Paused => Ok(()),
    }
}
