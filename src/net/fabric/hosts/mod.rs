//! Hosts: their addresses, names and ports.

mod addresses;
mod bind;
mod clients;
mod names;
mod port_table;
mod ports;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    ops::{Index, IndexMut},
    sync::Arc,
};

use self::port_table::{DYNAMIC_PORTS, Ports};
pub(crate) use self::{
    addresses::{as_ipv6, destination, ipv4_of, ipv6_of, is_for_many, is_mapped},
    bind::{Bind, Reuse},
    clients::{Claim, Clients, TimeWait, Tuple},
    names::Found,
    ports::{check_up, choose},
};
use super::ids::{BoundId, HostId, Id, ListenerId, SocketId};
use crate::{
    net::{Record, names::normal},
    violation::SourceLocation,
};

/// A host.
#[derive(Debug)]
pub(crate) struct HostState {
    pub(crate) name: Arc<str>,
    pub(crate) made_at: SourceLocation,
    pub(super) listeners: Ports<ListenerId>,
    pub(super) sockets: Ports<SocketId>,
    /// TCP sockets that are bound, and do not listen.
    pub(super) bound: Ports<BoundId>,
    /// The connections of its TCP clients, and those in TIME-WAIT.
    pub(super) clients: Clients,
    next_port: u16,
    /// The multicast groups that its sockets have joined.
    pub(super) groups: Vec<(IpAddr, SocketId)>,
    /// The name servers that it asks. Without any it knows all hosts.
    pub(crate) name_servers: Vec<IpAddr>,
}

/// All hosts, and what names and addresses stand for.
#[derive(Default)]
pub(crate) struct Hosts {
    hosts: Vec<HostState>,
    names: BTreeMap<Arc<str>, HostId>,
    /// Names that stand for addresses, in lower case.
    aliases: BTreeMap<Arc<str>, Vec<IpAddr>>,
    /// Other records of names.
    records: BTreeMap<Arc<str>, Vec<Record>>,
    /// Addresses beyond the one of each family that every host has.
    extra: BTreeMap<IpAddr, HostId>,
}

impl Hosts {
    /// Adds a host. Its name must be new.
    pub(super) fn add(&mut self, name: Arc<str>, made_at: SourceLocation) -> HostId {
        let id = HostId::at(self.hosts.len());
        self.names.insert(normal(&name).into(), id);
        self.hosts.push(HostState {
            name,
            made_at,
            listeners: Ports::default(),
            sockets: Ports::default(),
            bound: Ports::default(),
            clients: Clients::default(),
            next_port: *DYNAMIC_PORTS.start(),
            groups: Vec::new(),
            name_servers: Vec::new(),
        });
        id
    }

    pub(crate) fn len(&self) -> usize {
        self.hosts.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (HostId, &HostState)> {
        self.hosts.iter().enumerate().map(|(index, host)| (HostId::at(index), host))
    }
}

impl Index<HostId> for Hosts {
    type Output = HostState;

    #[inline]
    fn index(&self, id: HostId) -> &HostState {
        &self.hosts[id.index()]
    }
}

impl IndexMut<HostId> for Hosts {
    #[inline]
    fn index_mut(&mut self, id: HostId) -> &mut HostState {
        &mut self.hosts[id.index()]
    }
}
