//! Packet loss in bursts.

use std::fmt;

use super::Probability;

/// Packet loss in bursts. With each packet, a burst begins or ends at random.
///
/// Source: Gilbert's model of 1960 with Elliott's loss rate of 1963.
///
/// ```
/// use unplugged::{Sim, net::{BurstLoss, Probability}};
///
/// let net = Sim::new().net();
/// for name in ["phone", "server"] {
///     net.host(name);
/// }
/// // A tunnel now and then: one packet in 1000 begins it, one in 10 ends it, and one in 10 gets through it.
/// let tunnels = BurstLoss::new(Probability::ratio(1, 1000), Probability::percent(10)).loss(Probability::percent(90));
/// net.between("phone", "server").burst_loss(tunnels).keep();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstLoss {
    pub(in crate::net) begins: Probability,
    pub(in crate::net) ends: Probability,
    pub(in crate::net) loss: Probability,
}

impl BurstLoss {
    /// Returns a model in which a burst begins and ends with these probabilities, packet by packet. In a burst every packet is
    /// lost: in the long run `begins / (begins + ends)` of them.
    #[must_use]
    pub const fn new(begins: Probability, ends: Probability) -> Self {
        Self { begins, ends, loss: Probability::ALWAYS }
    }

    /// Sets how many packets of a burst are lost. The default is all.
    #[must_use]
    pub const fn loss(mut self, loss: Probability) -> Self {
        self.loss = loss;
        self
    }
}

impl fmt::Display for BurstLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "begin {}, end {}, lose {}", self.begins, self.ends, self.loss)
    }
}
