//! The host of a socket that no host was handed to.

use std::{net::IpAddr, sync::Arc};

use crate::net::{
    Host, Net,
    fabric::{HostId, Id},
};

/// The name of the host of code that runs in no host's task: the body of the test, and what it spawns.
pub const HERE: &str = "here";

/// Returns the host of the code that runs: that of the task that is polled, or else [`HERE`], which is made when it is
/// first asked for.
#[must_use]
pub fn here(net: &Net) -> Host {
    in_scope(net).unwrap_or_else(|| match net.shared.with(|core| core.fabric.hosts.named(HERE)) {
        Some(known) => host(net, known),
        None => net.host(HERE),
    })
}

/// Returns the host whose task is polled.
#[must_use]
pub fn in_scope(net: &Net) -> Option<Host> {
    net.shared.scope.host().map(|id| host(net, id))
}

/// Returns whether a socket of the host can be bound to this address.
#[must_use]
pub fn has_address(host: &Host, address: IpAddr) -> bool {
    let address = address.to_canonical();
    let found = host.shared().with(|core| core.fabric.hosts.host_at(host.id(), address));
    found == Some(host.id())
}

/// Returns the host that has this address, if it is that of one host for all.
#[must_use]
pub fn host_of(net: &Net, address: IpAddr) -> Option<Host> {
    let address = address.to_canonical();
    if address.is_loopback() || address.is_unspecified() {
        return None;
    }
    let found = net.shared.with(|core| core.fabric.hosts.host_at(HostId::at(0), address))?;
    Some(host(net, found))
}

fn host(net: &Net, id: HostId) -> Host {
    let name = net.shared.with(|core| Arc::clone(&core.fabric.hosts[id].name));
    Host::new(Arc::clone(&net.shared), id, name)
}
