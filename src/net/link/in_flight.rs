//! The packets in flight, which a test can deliver or drop.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use crate::{
    clock::instant_at,
    net::{core::Shared, fabric::PacketName},
};

/// A packet that was in flight when [`Net::in_flight`](crate::net::Net::in_flight) was called.
///
/// ```
/// use unplugged::Sim;
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let (client, server) = (net.host("client"), net.host("server"));
/// let (near, far) = (client.bind_udp(0)?, server.bind_udp(53)?);
/// near.send_to(b"first", "server:53")?;
/// near.send_to(b"second", "server:53")?;
///
/// let under_way = net.in_flight();
/// assert_eq!(under_way[0].to_string(), "datagram of 5 bytes from `client`:49152 to `server`:53, due at +1ms");
/// assert!(under_way[1].deliver()); // before the first, and at once
/// assert!(under_way[0].lose());
/// sim.settle();
/// let mut heard = [0; 8];
/// let count = far.try_recv(&mut heard)?;
/// assert_eq!(&heard[..count], b"second");
/// assert!(net.in_flight().is_empty());
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct InFlight {
    pub(in crate::net) shared: Arc<Shared>,
    pub(in crate::net) name: PacketName,
    pub(in crate::net) from: Arc<str>,
    pub(in crate::net) to: Arc<str>,
    pub(in crate::net) addresses: [SocketAddr; 2],
    pub(in crate::net) what: String,
    pub(in crate::net) length: usize,
    pub(in crate::net) due: Option<u64>,
}

impl InFlight {
    /// Returns the name of the host that sent it.
    #[must_use]
    pub fn from_host(&self) -> &str {
        &self.from
    }

    /// Returns the name of the host that it goes to.
    #[must_use]
    pub fn to_host(&self) -> &str {
        &self.to
    }

    /// Returns the address and port that it comes from.
    #[must_use]
    pub const fn source(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Returns the address and port that it goes to.
    #[must_use]
    pub const fn destination(&self) -> SocketAddr {
        self.addresses[1]
    }

    /// Returns the size of its payload in bytes.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Returns when it arrives, or `None` while a link or a paused host holds it.
    #[must_use]
    pub fn due(&self) -> Option<std::time::Instant> {
        self.due.map(instant_at)
    }

    /// Delivers the packet at this instant, with the next `settle` or advance. It overtakes earlier packets, and ignores holds
    /// and partitions. Returns false if it is no longer in flight, or if its host is paused.
    #[must_use = "it may have arrived already"]
    pub fn deliver(&self) -> bool {
        self.shared.with(|core| core.fabric.decide(self.name, true))
    }

    /// Drops the packet. Returns false if it is no longer in flight.
    #[must_use = "it may have arrived already"]
    pub fn lose(&self) -> bool {
        self.shared.with(|core| core.fabric.decide(self.name, false))
    }
}

impl fmt::Display for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [source, destination] = self.addresses.map(|address| address.port());
        write!(f, "{} from `{}`:{source} to `{}`:{destination}, ", self.what, self.from, self.to)?;
        match self.due {
            Some(due) => write!(f, "due at +{:?}", Duration::from_nanos(due)),
            None => f.write_str("held"),
        }
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InFlight({self})")
    }
}
