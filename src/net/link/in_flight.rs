//! The packets in flight, which a test can deliver or drop.

use std::{fmt, net::SocketAddr, sync::Arc, time::Instant};

use crate::net::{core::Shared, fabric::PacketName};

/// A packet that was in flight when [`Net::in_flight`](crate::net::Net::in_flight) was called.
///
/// ```
/// use unplugged::Sim;
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let (client, server) = (net.host("client"), net.host("server"));
/// let (near, far) = (client.bind_udp(0)?, server.bind_udp(53)?);
/// near.try_send_to(b"first", "server:53")?;
/// near.try_send_to(b"second", "server:53")?;
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
#[non_exhaustive]
pub struct InFlight {
    pub(in crate::net) shared: Arc<Shared>,
    pub(in crate::net) name: PacketName,
    pub(in crate::net) what: String,
    /// The name of the host that sent it.
    pub from_host: Arc<str>,
    /// The name of the host that it goes to.
    pub to_host: Arc<str>,
    /// The address and port that it comes from.
    pub source: SocketAddr,
    /// The address and port that it goes to.
    pub destination: SocketAddr,
    /// The size of its payload in bytes.
    pub length: usize,
    /// When it arrives, or `None` while a link or a paused host holds it.
    pub due: Option<Instant>,
}

impl InFlight {
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
        let (source, destination) = (self.source.port(), self.destination.port());
        write!(f, "{} from `{}`:{source} to `{}`:{destination}, ", self.what, self.from_host, self.to_host)?;
        match self.due {
            Some(due) => write!(f, "due at +{:?}", due.duration_since(self.shared.timeline.start())),
            None => f.write_str("held"),
        }
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InFlight({self})")
    }
}
