//! Links between hosts: rules, their distributions, and packets.

mod bandwidth;
pub(super) mod in_flight;
mod latency;
#[expect(clippy::module_inception, reason = "the type `Link` in a file of its name")]
pub(super) mod link;
mod loss;
mod packet;
mod probability;

pub(in crate::net) use self::latency::below;
pub use self::{
    bandwidth::Bandwidth,
    in_flight::InFlight,
    latency::Latency,
    link::{Link, RuleGuard},
    loss::BurstLoss,
    packet::{Packet, Verdict},
    probability::Probability,
};
