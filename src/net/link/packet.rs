//! A packet as a rule of the test sees it, and the verdict on it.

use std::{net::SocketAddr, time::Duration};

use crate::trace::PacketKind;

/// A packet that is being sent.
///
/// ```
/// use unplugged::{Sim, clock::millis, net::Verdict};
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let (client, server) = (net.host("client"), net.host("server"));
/// let _slow = net.link("client", "server").inspect(|packet| match packet.payload {
///     b"slow" => Verdict::Deliver(millis(500)),
///     b"lost" => Verdict::Drop,
///     _ => Verdict::Pass,
/// });
/// let (near, far) = (client.bind_udp(0)?, server.bind_udp(53)?);
/// for payload in ["slow", "lost", "soon"] {
///     near.try_send_to(payload.as_bytes(), "server:53")?;
/// }
/// let heard = |wait| {
///     sim.advance(wait);
///     let mut heard = [0; 4];
///     far.try_recv(&mut heard).map(|_| heard)
/// };
/// assert_eq!(&heard(millis(1))?, b"soon");
/// assert_eq!(&heard(millis(499))?, b"slow");
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Packet<'a> {
    /// The name of the host that sends it.
    pub from_host: &'a str,
    /// The name of the host that it goes to.
    pub to_host: &'a str,
    /// The address and port that it comes from.
    pub source: SocketAddr,
    /// The address and port that it goes to.
    pub destination: SocketAddr,
    /// Its kind.
    pub kind: PacketKind,
    /// Its payload: the bytes of a datagram, or those of a stream's segment.
    pub payload: &'a [u8],
}

/// The decision of a rule about one [`Packet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: go on, or decide for it or against it")]
pub enum Verdict {
    /// Leaves the packet to the other rules.
    Pass,
    /// Delivers it after exactly this long, without the other rules. Partitions and holds still apply.
    Deliver(Duration),
    /// Loses it.
    Drop,
}
