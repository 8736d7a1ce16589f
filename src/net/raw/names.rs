//! Names, for calls that look them up.

use std::{io, net::IpAddr};

use crate::net::Net;

/// Returns the addresses of a name, as every host knows them.
///
/// # Errors
/// `NotFound` if there is no such name. The list is empty if the name has no address.
pub fn lookup(net: &Net, name: &str) -> io::Result<Vec<IpAddr>> {
    let found = net.shared.with(|core| core.fabric.hosts.lookup(name));
    found.map(|found| found.addresses()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Returns whether a host asks name servers: which one looks a name up cannot be told.
#[must_use]
pub fn has_name_servers(net: &Net) -> bool {
    net.shared.with(|core| core.fabric.hosts.iter().any(|(_, host)| !host.name_servers.is_empty()))
}
