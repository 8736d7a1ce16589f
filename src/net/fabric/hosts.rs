//! Hosts, their addresses and their ports.

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::RangeInclusive,
    sync::Arc,
};

use super::{Fabric, HostId, ListenerId, SocketId, addresses::to_loopback, ports::Ports};
use crate::{
    net::{
        Record,
        names::{is_localhost, normal},
    },
    violation::SourceLocation,
};

/// Source: RFC 6335, section 6: the dynamic ports.
const DYNAMIC_PORTS: RangeInclusive<u16> = 49152..=65535;

#[derive(Debug)]
pub(crate) struct HostState {
    pub(crate) name: Arc<str>,
    pub(crate) made_at: SourceLocation,
    pub(crate) status: Status,
    pub(crate) listeners: Ports<ListenerId>,
    pub(crate) sockets: Ports<SocketId>,
    /// The dynamic ports of its clients.
    pub(crate) stream_ports: BTreeSet<u16>,
    next_port: u16,
    pub(crate) groups: Vec<(IpAddr, SocketId)>,
    /// Whom it asks about names; if none, it knows the hosts.
    pub(crate) name_servers: Vec<IpAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Up,
    Paused,
    Down,
}

/// The addresses that a listener or a datagram socket is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bind {
    /// All of the host's.
    All,
    /// All of this family's; that of IPv6 has those of IPv4 too, in its own form.
    ///
    /// Source: Linux 6.18, `net.ipv6.bindv6only`.
    AllOf(IpAddr),
    One(IpAddr),
}

impl Bind {
    pub(crate) fn to(address: IpAddr) -> Self {
        let address = address.to_canonical();
        if address.is_unspecified() { Self::AllOf(address) } else { Self::One(address) }
    }

    pub(crate) fn covers(self, address: IpAddr) -> bool {
        match self {
            Self::All => true,
            Self::AllOf(all) => all.is_ipv6() || address.is_ipv4(),
            Self::One(one) => one == address,
        }
    }

    pub(crate) const fn is_specific(self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Whether it shows IPv4 addresses in the form of IPv6.
    pub(crate) const fn shows_ipv6(self) -> bool {
        matches!(self, Self::AllOf(IpAddr::V6(_)))
    }

    /// Whether both cannot have the same port.
    fn collides(self, other: Self) -> bool {
        match (self, other) {
            (Self::All | Self::AllOf(IpAddr::V6(_)), _) | (_, Self::All | Self::AllOf(IpAddr::V6(_))) => true,
            (Self::One(one), Self::One(other)) => one == other,
            (Self::AllOf(one) | Self::One(one), Self::AllOf(other) | Self::One(other)) => {
                one.is_ipv4() == other.is_ipv4()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Stream,
    Datagram,
}

/// What is known of a name.
pub(crate) enum Found {
    Host(HostId),
    Addresses(Vec<IpAddr>),
}

impl Found {
    /// A host has one of each family.
    pub(crate) fn addresses(self) -> Vec<IpAddr> {
        match self {
            Self::Host(host) => vec![ipv4_of(host).into(), ipv6_of(host).into()],
            Self::Addresses(addresses) => addresses,
        }
    }
}

impl Fabric {
    /// Makes a host. Its name must be new.
    pub(crate) fn add_host(&mut self, name: Arc<str>, made_at: SourceLocation) -> HostId {
        let id = HostId::at(self.hosts.len());
        self.links.add_host(Arc::clone(&name));
        self.transcript.name_host(Arc::clone(&name));
        self.names.insert(normal(&name).into(), id);
        self.hosts.push(HostState {
            name,
            made_at,
            status: Status::Up,
            listeners: Ports::default(),
            sockets: Ports::default(),
            stream_ports: BTreeSet::new(),
            next_port: *DYNAMIC_PORTS.start(),
            groups: Vec::new(),
            name_servers: Vec::new(),
        });
        id
    }

    pub(crate) fn host_named(&self, name: &str) -> Option<HostId> {
        self.names.get(name).or_else(|| self.names.get(&*normal(name))).copied()
    }

    /// What is known of a name without asking anybody: `localhost` is who asks, an address is itself. No address, if
    /// there is only something else to say of it.
    pub(crate) fn lookup(&self, name: &str) -> Option<Found> {
        if let Ok(address) = name.parse() {
            return Some(Found::Addresses(vec![address]));
        }
        if is_localhost(name) {
            return Some(Found::Addresses(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]));
        }
        if let Some(addresses) = self.alias(name) {
            return Some(Found::Addresses(addresses.clone()));
        }
        let host = self.host_named(name).map(Found::Host);
        host.or_else(|| self.records(name).map(|_| Found::Addresses(Vec::new())))
    }

    fn alias(&self, name: &str) -> Option<&Vec<IpAddr>> {
        if self.aliases.is_empty() {
            return None; // mostly
        }
        self.aliases.get(name).or_else(|| self.aliases.get(&*normal(name)))
    }

    /// What else there is to say of a name.
    pub(crate) fn records(&self, name: &str) -> Option<&Vec<Record>> {
        self.records.get(&*normal(name))
    }

    /// Says one thing more of a name.
    pub(crate) fn add_record(&mut self, name: &str, record: Record) {
        let name = normal(name).into();
        match record.as_address() {
            Some(address) => self.aliases.entry(name).or_default().push(address),
            None => self.records.entry(name).or_default().push(record),
        }
    }

    pub(crate) fn add_alias(&mut self, name: &str, addresses: Vec<IpAddr>) {
        self.aliases.insert(normal(name).into(), addresses);
    }

    /// The host that has this address, as seen from `from`.
    pub(crate) fn host_at(&self, from: HostId, address: IpAddr) -> Option<HostId> {
        if address.is_loopback() || address.is_unspecified() {
            return Some(from);
        }
        let index = match address {
            IpAddr::V4(address) => u32::from(address).checked_sub(u32::from(FIRST_IPV4)),
            IpAddr::V6(address) => {
                let index = u128::from(address).checked_sub(u128::from(FIRST_IPV6));
                index.and_then(|index| u32::try_from(index).ok())
            }
        };
        let regular = index.map(HostId).filter(|host| host.index() < self.hosts.len());
        regular.or_else(|| self.extra.get(&address).copied())
    }

    /// Gives a host one more address. False if somebody has it already.
    pub(crate) fn add_address(&mut self, host: HostId, address: IpAddr) -> bool {
        if self.host_at(host, address).is_some() {
            return false;
        }
        self.extra.insert(address, host);
        true
    }

    /// The address that a host sends from, towards this one.
    pub(crate) fn source_address(&self, host: HostId, to: IpAddr) -> IpAddr {
        match to {
            to if to.is_loopback() => to_loopback(to),
            // The own address speaks to itself.
            to if self.host_at(host, to) == Some(host) => to,
            IpAddr::V4(_) => IpAddr::V4(ipv4_of(host)),
            IpAddr::V6(_) => IpAddr::V6(ipv6_of(host)),
        }
    }

    /// The next free dynamic port for a client.
    pub(super) fn take_port(&mut self, host: HostId) -> io::Result<u16> {
        self.check_up(host)?;
        let port = self.free_port(host, Protocol::Stream).ok_or(io::ErrorKind::AddrNotAvailable)?;
        self.hosts[host.index()].stream_ports.insert(port);
        Ok(port)
    }

    /// The port that a listener or a datagram socket gets.
    pub(super) fn bind_port(
        &mut self,
        host: HostId,
        bind: Bind,
        port: u16,
        protocol: Protocol,
    ) -> io::Result<u16> {
        self.check_up(host)?;
        if let Bind::One(address) = bind {
            let is_own = address.is_loopback() || self.host_at(host, address) == Some(host);
            let is_group = protocol == Protocol::Datagram && address.is_multicast();
            if !is_own && !is_group {
                return Err(io::ErrorKind::AddrNotAvailable.into());
            }
        }
        if port == 0 {
            return self.free_port(host, protocol).ok_or_else(|| io::ErrorKind::AddrInUse.into());
        }
        let is_taken = self.binds(host, protocol, port).any(|other| other.collides(bind));
        let is_client = protocol == Protocol::Stream && self.hosts[host.index()].stream_ports.contains(&port);
        if is_taken || is_client { Err(io::ErrorKind::AddrInUse.into()) } else { Ok(port) }
    }

    pub(super) fn check_up(&self, host: HostId) -> io::Result<()> {
        match self.hosts[host.index()].status {
            Status::Down => Err(io::ErrorKind::ConnectionAborted.into()),
            Status::Up | Status::Paused => Ok(()),
        }
    }

    fn binds(&self, host: HostId, protocol: Protocol, port: u16) -> impl Iterator<Item = Bind> {
        let state = &self.hosts[host.index()];
        let listeners = state.listeners.at(port).map(|id| self.listeners[id.index()].bind);
        let sockets = state.sockets.at(port).map(|id| self.sockets[id.index()].bind);
        let is_stream = protocol == Protocol::Stream;
        let listeners = listeners.filter(move |_| is_stream);
        listeners.chain(sockets.filter(move |_| !is_stream))
    }

    /// Goes round through the dynamic ports.
    fn free_port(&mut self, host: HostId, protocol: Protocol) -> Option<u16> {
        let state = &self.hosts[host.index()];
        let clients = if protocol == Protocol::Stream { state.stream_ports.len() } else { 0 };
        if clients >= DYNAMIC_PORTS.len() {
            return None;
        }
        let mut port = state.next_port;
        for _ in DYNAMIC_PORTS {
            let is_client =
                protocol == Protocol::Stream && self.hosts[host.index()].stream_ports.contains(&port);
            let is_free = !is_client && self.binds(host, protocol, port).next().is_none();
            let next = if port == *DYNAMIC_PORTS.end() { *DYNAMIC_PORTS.start() } else { port + 1 };
            if is_free {
                self.hosts[host.index()].next_port = next;
                return Some(port);
            }
            port = next;
        }
        None
    }
}

const FIRST_IPV4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const FIRST_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);

/// 10.0.0.1, 10.0.0.2 and so on, in the order of their making.
pub(crate) fn ipv4_of(host: HostId) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(FIRST_IPV4) + host.0)
}

/// fd00::1, fd00::2 and so on.
pub(crate) fn ipv6_of(host: HostId) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(FIRST_IPV6) + u128::from(host.0))
}
