//! Names, without a name server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{super::ids::HostId, Hosts, ipv4_of, ipv6_of};
use crate::net::{
    Record,
    names::{is_localhost, normal},
};

/// The result of a lookup.
pub(crate) enum Found {
    Host(HostId),
    Addresses(Vec<IpAddr>),
}

impl Found {
    /// Returns the addresses. A host has one of each family.
    pub(crate) fn addresses(self) -> Vec<IpAddr> {
        match self {
            Self::Host(host) => vec![ipv4_of(host).into(), ipv6_of(host).into()],
            Self::Addresses(addresses) => addresses,
        }
    }
}

impl Hosts {
    pub(crate) fn named(&self, name: &str) -> Option<HostId> {
        self.names.get(name).or_else(|| self.names.get(&*normal(name))).copied()
    }

    /// Looks a name up. `localhost` is the host that asks, and an address is itself. A name that has only other records
    /// has no address.
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
        if let Some(target) = self.canonical(name) {
            return self.lookup(target).or(Some(Found::Addresses(Vec::new())));
        }
        let host = self.named(name).map(Found::Host);
        host.or_else(|| self.records(name).map(|_| Found::Addresses(Vec::new())))
    }

    /// Returns the name that this one is an alias of, in the end; `None` if it is none, or if they go round.
    pub(crate) fn canonical(&self, name: &str) -> Option<&str> {
        let next = |name: &str| self.records(name)?.iter().find_map(Record::as_alias);
        let mut target = next(name)?;
        for _ in 0..self.records.len() {
            match next(target) {
                Some(further) => target = further,
                None => return Some(target),
            }
        }
        None
    }

    fn alias(&self, name: &str) -> Option<&Vec<IpAddr>> {
        if self.aliases.is_empty() {
            return None; // the usual case, without a normal form
        }
        self.aliases.get(name).or_else(|| self.aliases.get(&*normal(name)))
    }

    /// Returns the records of a name that are no addresses.
    pub(crate) fn records(&self, name: &str) -> Option<&Vec<Record>> {
        self.records.get(&*normal(name))
    }

    /// Adds a record to a name.
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
}
