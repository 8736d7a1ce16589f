//! The links between hosts, and the rules that a test adds to them.

use std::{fmt, sync::Arc, time::Duration};

use super::{super::RuleUse, Bandwidth, BurstLoss, Latency, Packet, Probability, Verdict};
use crate::{
    guard,
    net::{
        core::Shared,
        fabric::{Effect, Matcher, Pattern},
        texts,
    },
    trace::EventKind,
    violation::{SourceLocation, Violation},
};

/// One or more links between hosts. Made by [`Net::link`](crate::net::Net::link) and similar methods.
///
/// Every method adds one rule and returns its [`RuleGuard`]. Dropping the guard removes the rule; [`RuleGuard::keep`] keeps
/// the rule.
///
/// Rules compose: the last latency counts, packets queue at each bandwidth in turn, each loss draws independently, and a
/// partition wins over a hold. A rule applies to packets that are sent after it was added; partitions and holds also apply
/// to those in flight.
///
/// On a stream, a lost, damaged or late segment delays the bytes behind it, and never changes bytes.
///
/// ```
/// use unplugged::{Sim, clock::millis, net::{Bandwidth, Latency, Probability, Verdict}, trace::PacketKind};
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let [phone, _tablet, _server] = net.hosts(["phone", "tablet", "server"]);
/// // The network itself.
/// net.everywhere().latency(millis(20)).keep();
/// let mobile = net.between("phone", "server"); // both ways, each by itself
/// mobile.latency(Latency::normal(millis(60), millis(15))).keep();
/// mobile.bandwidth(Bandwidth::megabits(2)).keep();
/// sim.run(phone.connect("server:80")).unwrap_err(); // refused: nothing listens there
///
/// // Faults, while their guards live. No packet meets them here, which a test must allow.
/// let storm = mobile.loss(Probability::percent(20)).may_be_idle();
/// let deaf = net.link("server", "*").partition().may_be_idle(); // one way, and to all
/// let closes = net.link("phone", "server").inspect(|packet| match packet.kind {
///     PacketKind::Fin => Verdict::Drop,
///     _ => Verdict::Pass,
/// });
/// let closes = closes.may_be_idle();
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

    /// Sets the latency of packets. The default is one millisecond. Packets of one link do not overtake each other while its
    /// rules stay the same.
    #[track_caller]
    pub fn latency(&self, latency: impl Into<Latency>) -> RuleGuard {
        self.install(Effect::Latency(latency.into()))
    }

    /// Adds a uniform jitter of up to `most` to the latency.
    #[track_caller]
    pub fn jitter(&self, most: Duration) -> RuleGuard {
        self.install(Effect::Jitter(nanos(most)))
    }

    /// Limits the bandwidth: packets queue, and are lost when the queue is full.
    #[track_caller]
    pub fn bandwidth(&self, bandwidth: Bandwidth) -> RuleGuard {
        self.install(Effect::Bandwidth(bandwidth))
    }

    /// Loses packets, each independently.
    #[track_caller]
    pub fn loss(&self, probability: Probability) -> RuleGuard {
        self.install(Effect::Loss(probability))
    }

    /// Loses packets in bursts.
    #[track_caller]
    pub fn burst_loss(&self, bursts: BurstLoss) -> RuleGuard {
        self.install(Effect::BurstLoss(bursts))
    }

    /// Duplicates datagrams. The copy arrives first.
    #[track_caller]
    pub fn duplicate(&self, probability: Probability) -> RuleGuard {
        self.install(Effect::Duplicate(probability))
    }

    /// Delays packets by up to `most`. Others may overtake them.
    #[track_caller]
    pub fn reorder(&self, probability: Probability, most: Duration) -> RuleGuard {
        self.install(Effect::Reorder { probability, most: nanos(most) })
    }

    /// Corrupts datagrams: flips one bit. On a stream, the checksum fails and the segment is lost.
    #[track_caller]
    pub fn corrupt(&self, probability: Probability) -> RuleGuard {
        self.install(Effect::Corrupt(probability))
    }

    /// Truncates datagrams, to a length from zero to one byte less than before.
    #[track_caller]
    pub fn truncate(&self, probability: Probability) -> RuleGuard {
        self.install(Effect::Truncate(probability))
    }

    /// Limits the payload of a packet. Larger datagrams are lost silently; streams make smaller segments.
    ///
    /// # Panics
    /// Panics if it is zero.
    #[track_caller]
    pub fn mtu(&self, payload: usize) -> RuleGuard {
        if payload == 0 {
            texts::no_mtu().raise();
        }
        self.install(Effect::Mtu(payload))
    }

    /// Holds packets in flight. When the last hold is removed, they arrive at once, in their order. A stream does not time
    /// out meanwhile, unless by its keep-alive.
    #[track_caller]
    pub fn hold(&self) -> RuleGuard {
        self.install(Effect::Hold)
    }

    /// Loses all packets silently, those in flight included.
    #[track_caller]
    pub fn partition(&self) -> RuleGuard {
        self.install(Effect::Cut)
    }

    /// Calls `decide` for each packet that is sent, and does what it returns. `decide` must not call the network.
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

/// A rule of a link, which lasts until this guard is dropped.
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
    /// Keeps the rule for good.
    pub fn keep(mut self) {
        self.id = 0;
    }

    /// Allows that the rule meets no packet. Without this word that is a violation at the end of the sim, and in a search, if
    /// it is so in each case.
    ///
    /// ```
    /// use unplugged::Sim;
    ///
    /// let sim = Sim::new();
    /// let [_client, _server] = sim.net().hosts(["client", "server"]);
    /// let quiet = sim.net().between("client", "server").partition().may_be_idle();
    /// assert!(quiet.check_met().is_err());
    /// ```
    pub fn may_be_idle(self) -> Self {
        self.shared.with(|core| core.fabric.wire.links.may_be_idle(self.id));
        self
    }

    /// Asserts that the rule was asked about a packet.
    ///
    /// # Panics
    /// With the text of [`check_met`](Self::check_met).
    #[track_caller]
    pub fn assert_met(&self) {
        if let Err(violation) = self.check_met() {
            guard::raise(&violation);
        }
    }

    /// Checks that the rule was asked about a packet.
    ///
    /// # Errors
    /// If it met none so far.
    pub fn check_met(&self) -> Result<(), Violation> {
        let rule = self.shared.with(|core| core.fabric.wire.links.rule_use(self.id));
        match rule {
            Some(RuleUse { is_met: false, text, .. }) => Err(texts::rules_idle(vec![text])),
            _ => Ok(()),
        }
    }

    /// Removes the rule, as dropping does.
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
        drop(lifted); // unlocked: a closure of the test may own anything
    }
}

impl fmt::Debug for RuleGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuleGuard({}, made at {})", self.text, self.made_at)
    }
}

/// Checks that the hosts of a link exist.
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

/// Checks that the host of a loopback exists.
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
