//! Links between hosts, and their rules.

use std::{fmt, sync::Arc, time::Duration};

use super::{Bandwidth, BurstLoss, Latency, Packet, Probability, Verdict};
use crate::{
    net::{
        core::Shared,
        fabric::{Effect, Matcher, Pattern},
        texts,
    },
    trace::EventKind,
    violation::{SourceLocation, Violation},
};

/// The links from one host, or several, to others; made by [`Net::link`](crate::net::Net::link) and its like.
///
/// Every method adds one rule and gives a [`RuleGuard`]: dropping it lifts the rule, [`RuleGuard::keep`] leaves it.
/// Rules compose: of several latencies and bandwidths the last counts for latency and each bandwidth queues in turn; each loss
/// draws for itself; a partition wins over a hold. A rule holds for packets that are sent after it was made;
/// partitions and holds also for those that are under way.
///
/// Times, sizes and probabilities cannot be negative, or no number: their types hold no such thing.
///
/// On a stream, a lost, damaged or late segment delays what follows it; it never changes the bytes.
///
/// ```
/// use unplugged::{Sim, clock::millis, net::{Bandwidth, Latency, Probability, Verdict}, trace::PacketKind};
///
/// let sim = Sim::new();
/// let net = sim.net();
/// for name in ["phone", "tablet", "server"] {
///     net.host(name);
/// }
/// // How the network is, for as long as there is one.
/// net.everywhere().latency(millis(20)).keep();
/// let mobile = net.between("phone", "server"); // both ways, each by itself
/// mobile.latency(Latency::normal(millis(60), millis(15))).keep();
/// mobile.bandwidth(Bandwidth::megabits(2)).keep();
///
/// // What happens to it, for as long as it is kept.
/// let storm = mobile.loss(Probability::percent(20));
/// let deaf = net.link("server", "*").partition(); // one way, and to all
/// let closes = net.link("phone", "server").inspect(|packet| match packet.kind() {
///     PacketKind::Fin => Verdict::Drop,
///     _ => Verdict::Pass,
/// });
/// storm.remove();
/// drop((deaf, closes));
/// ```
#[derive(Clone)]
pub struct Link {
    shared: Arc<Shared>,
    matcher: Matcher,
}

impl Link {
    pub(in crate::net) const fn new(shared: Arc<Shared>, matcher: Matcher) -> Self {
        Self { shared, matcher }
    }

    /// Sets how long packets are under way: a millisecond unless set. Packets of one link do not overtake each other, as long
    /// as its rules stay as they are.
    #[track_caller]
    pub fn latency(&self, latency: impl Into<Latency>) -> RuleGuard {
        self.install(Effect::Latency(latency.into()))
    }

    /// Adds up to `most` to the latency. Each nanosecond is equally likely.
    #[track_caller]
    pub fn jitter(&self, most: Duration) -> RuleGuard {
        self.install(Effect::Jitter(nanos(most)))
    }

    /// Limits what the link carries: packets queue, then they are lost.
    #[track_caller]
    pub fn bandwidth(&self, bandwidth: Bandwidth) -> RuleGuard {
        self.install(Effect::Bandwidth(bandwidth))
    }

    /// Loses packets, each by a chance of its own.
    #[track_caller]
    pub fn loss(&self, probability: Probability) -> RuleGuard {
        self.install(Effect::Loss(probability))
    }

    /// Loses packets in bursts.
    #[track_caller]
    pub fn burst_loss(&self, bursts: BurstLoss) -> RuleGuard {
        self.install(Effect::BurstLoss(bursts))
    }

    /// Datagrams arrive twice, the copy first.
    #[track_caller]
    pub fn duplicate(&self, probability: Probability) -> RuleGuard {
        self.install(Effect::Duplicate(probability))
    }

    /// Delays packets by up to `most`, and lets others overtake them.
    #[track_caller]
    pub fn reorder(&self, probability: Probability, most: Duration) -> RuleGuard {
        self.install(Effect::Reorder { probability, most: nanos(most) })
    }

    /// Flips one bit of a datagram. On a stream the checksum fails, and the segment is lost.
    #[track_caller]
    pub fn corrupt(&self, probability: Probability) -> RuleGuard {
        self.install(Effect::Corrupt(probability))
    }

    /// Cuts a datagram short, to any length below its own.
    #[track_caller]
    pub fn truncate(&self, probability: Probability) -> RuleGuard {
        self.install(Effect::Truncate(probability))
    }

    /// Datagrams that carry more than so many bytes are lost without a word. Streams fit their segments to it.
    ///
    /// # Panics
    /// If it is zero.
    #[track_caller]
    pub fn mtu(&self, payload: usize) -> RuleGuard {
        if payload == 0 {
            texts::no_mtu().raise();
        }
        self.install(Effect::Mtu(payload))
    }

    /// Holds packets under way. When the last hold is removed they arrive at once, in their order. A stream does
    /// not time out over it, but by its keep-alive.
    #[track_caller]
    pub fn hold(&self) -> RuleGuard {
        self.install(Effect::Hold)
    }

    /// Loses all packets, those under way included. No end is told.
    #[track_caller]
    pub fn partition(&self) -> RuleGuard {
        self.install(Effect::Cut)
    }

    /// Asks `decide` about each packet that is sent. It must not call the network.
    #[track_caller]
    pub fn inspect(&self, decide: impl FnMut(&Packet<'_>) -> Verdict + Send + 'static) -> RuleGuard {
        self.install(Effect::Inspect(Box::new(decide)))
    }

    #[track_caller]
    fn install(&self, effect: Effect) -> RuleGuard {
        let made_at = SourceLocation::caller();
        let text = format!("{}: {effect}", self.matcher);
        let id = self.shared.with(|core| {
            let fabric = &mut core.fabric;
            let id = fabric.wire.links.install(self.matcher.clone(), effect, made_at);
            fabric.rules_changed(EventKind::LinkChanged, None, &*text);
            id
        });
        RuleGuard { shared: Arc::clone(&self.shared), id, text, made_at }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.matcher)
    }
}

/// A rule of a link, for as long as this is kept.
///
/// ```
/// use unplugged::{Sim, clock::secs};
///
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// let _listener = server.listen(80)?;
/// let cut = sim.net().between("client", "server").partition();
/// let connected = sim.watch(client.connect("server:80"));
/// sim.advance(secs(5)); // attempts after 0, 1 and 3 seconds
/// connected.assert_pending();
/// cut.remove();
/// sim.advance(secs(5)); // and after 7
/// connected.assert_success();
/// # std::io::Result::Ok(())
/// ```
#[must_use = "dropping it lifts the fault at once: keep it, or say `keep`"]
pub struct RuleGuard {
    shared: Arc<Shared>,
    id: u64,
    text: String,
    made_at: SourceLocation,
}

impl RuleGuard {
    /// Keeps the rule in force until the end of the network.
    pub fn keep(mut self) {
        self.id = 0;
    }

    /// Lifts the rule, as dropping does.
    pub fn remove(self) {}
}

impl Drop for RuleGuard {
    fn drop(&mut self) {
        if self.id == 0 {
            return;
        }
        let lifted = self.shared.with(|core| {
            let lifted = core.fabric.wire.links.remove(self.id);
            core.fabric.rules_changed(EventKind::LinkChanged, None, format!("{}: lifted", self.text));
            lifted
        });
        drop(lifted); // a closure of the test may own anything: not under the lock
    }
}

impl fmt::Debug for RuleGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuleGuard({}, made at {})", self.text, self.made_at)
    }
}

/// Checks the names of a link against the hosts.
pub(in crate::net) fn matcher(
    names: &[Arc<str>],
    from: &str,
    to: &str,
    both_ways: bool,
) -> Result<Matcher, Violation> {
    let (from, to) = (Pattern(from.into()), Pattern(to.into()));
    for pattern in [&from, &to] {
        if !names.iter().any(|name| pattern.matches(name)) {
            return Err(texts::unknown_host(&pattern.0, names));
        }
    }
    if from.is_exact() && from.0 == to.0 {
        return Err(texts::link_to_itself(&from.0));
    }
    Ok(Matcher { from, to, both_ways, is_loopback: false })
}

/// Checks the name of a loopback against the hosts.
pub(in crate::net) fn loopback_matcher(names: &[Arc<str>], hosts: &str) -> Result<Matcher, Violation> {
    let pattern = Pattern(hosts.into());
    if !names.iter().any(|name| pattern.matches(name)) {
        return Err(texts::unknown_host(hosts, names));
    }
    Ok(Matcher { from: pattern.clone(), to: pattern, both_ways: false, is_loopback: true })
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}
