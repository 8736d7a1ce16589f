//! Faults at random, within a window, and healed at its end.

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Host, HostClock, Latency, Net, Probability, RuleGuard, link::below, texts};
use crate::{
    clock::Drift,
    nanos::{offset, saturating_nanos},
    seed::Rng,
    violation::SourceLocation,
};

/// A fault of a [`Chaos`].
/// See [`Chaos`] for a plan that draws from some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultKind {
    /// Two hosts do not reach each other.
    Partition,
    /// One host does not reach another, which reaches it.
    OneWayPartition,
    /// Packets between two hosts stop, and arrive later.
    Hold,
    /// A third of the packets between two hosts are lost.
    Loss,
    /// Packets between two hosts take a tenth of a second, up to five. One that was sent just before it is healed
    /// is still as late, and the later bytes of its stream wait for it.
    Delay,
    /// A host loses its power, and starts again.
    Crash,
    /// A host stands still, and goes on.
    Pause,
    /// The wall clock of a host steps, forwards or back, by up to a minute.
    ClockStep,
    /// The quartz of a host is fast or slow, by up to a tenth: its timers are early or late. Healed, it runs at the
    /// right speed, and the wall clock is put right; what the monotonic clock gained or lost it keeps.
    ClockDrift,
}

/// In nanoseconds.
const MOST_STEP: u64 = 60_000_000_000;

/// In parts per million.
const MOST_DRIFT: u64 = 100_000;

/// A plan of random faults; made by [`Net::chaos`]. After [`run`](Self::run) all is well again, so that a test can
/// say: "after the storm it converges".
///
/// ```
/// use unplugged::{Sim, clock::{mins, secs}, net::FaultKind};
///
/// let sim = Sim::new();
/// let net = sim.net();
/// for name in ["client", "node-1", "node-2", "node-3"] {
///     net.host(name);
/// }
/// let chaos = net.chaos(mins(5)).every(secs(20)).except("client").faults([FaultKind::Partition, FaultKind::Crash]);
/// let storm = sim.watch(chaos.run());
/// sim.advance(mins(5));
/// assert!(!storm.assert_ready().is_empty()); // what it did, in words
/// ```
#[derive(Clone)]
#[must_use = "a plan does nothing until `run`"]
pub struct Chaos {
    net: Net,
    window: Duration,
    every: Duration,
    longest: Duration,
    spared: Vec<Arc<str>>,
    troubles: Vec<FaultKind>,
}

const ALL: [FaultKind; 9] = [
    FaultKind::Partition,
    FaultKind::OneWayPartition,
    FaultKind::Hold,
    FaultKind::Loss,
    FaultKind::Delay,
    FaultKind::Crash,
    FaultKind::Pause,
    FaultKind::ClockStep,
    FaultKind::ClockDrift,
];

impl Net {
    /// Plans random faults among all hosts, for so long. The first that runs draws from the span `net.chaos` of
    /// the seed, the next from `net.chaos.2`, and so on: no storm is like the one before.
    ///
    /// # Panics
    /// If the window is empty.
    #[track_caller]
    pub fn chaos(&self, window: Duration) -> Chaos {
        if window.is_zero() {
            texts::empty_chaos().raise();
        }
        let (net, every, spared, troubles) = (self.clone(), window / 10, Vec::new(), ALL.to_vec());
        Chaos { net, window, every, longest: window, spared, troubles }
    }
}

impl Chaos {
    /// Sets the average time from one fault to the next: a tenth of the window unless set.
    ///
    /// # Panics
    /// If it is no time at all.
    #[track_caller]
    pub fn every(mut self, mean: Duration) -> Self {
        if mean.is_zero() {
            texts::endless_chaos().raise();
        }
        self.every = mean;
        self
    }

    /// Sets how long one fault lasts at most: to the end of the window unless set. With many faults in a long window there
    /// is hardly a moment without one, unless they are shorter.
    ///
    /// # Panics
    /// If it is no time at all.
    #[track_caller]
    pub fn max_duration(mut self, longest: Duration) -> Self {
        if longest.is_zero() {
            texts::empty_chaos().raise();
        }
        self.longest = longest;
        self
    }

    /// Spares this host and its links.
    ///
    /// # Panics
    /// If there is no such host.
    #[track_caller]
    pub fn except(mut self, host: &str) -> Self {
        let names = self.net.names();
        match names.iter().find(|name| &***name == host) {
            Some(name) => self.spared.push(Arc::clone(name)),
            None => texts::unknown_host(host, &names).raise(),
        }
        self
    }

    /// Sets which faults happen: all unless set.
    ///
    /// # Panics
    /// If it is nothing.
    #[track_caller]
    pub fn faults(mut self, troubles: impl IntoIterator<Item = FaultKind>) -> Self {
        self.troubles = troubles.into_iter().collect();
        if self.troubles.is_empty() {
            texts::empty_chaos().raise();
        }
        self
    }

    /// Lets it happen, and heals all at the end of the window. Tells what it did.
    ///
    /// # Panics
    /// When it is called, if fewer than two hosts are not spared.
    ///
    /// # Cancel safety
    /// Dropped while it runs, all is healed at once.
    #[track_caller]
    pub fn run(self) -> impl Future<Output = Vec<String>> + Send + 'static {
        let hosts: Vec<Host> = self.net.hosts_but(&self.spared);
        if hosts.len() < 2 {
            texts::lonely_chaos(hosts.len()).raise();
        }
        let (mut stream, made_at) = (self.net.rng_of_the_next_chaos(), SourceLocation::caller());
        async move {
            let timeline = Arc::clone(&hosts[0].shared().timeline); // no host's clock: it keeps the window
            let pause = Latency::exponential(Duration::ZERO, self.every);
            let (mut active, mut log) = (Vec::<(Instant, Healing)>::new(), Vec::new());
            let end = timeline.instant() + self.window;
            let mut next = timeline.instant() + drawn(&pause, &mut stream);
            loop {
                let wake = active.iter().map(|(until, _)| *until).chain([next, end]).min().unwrap_or(end);
                timeline.sleep_until(wake, made_at).named("chaos").await;
                active.retain(|(until, _)| *until > wake);
                if wake >= end {
                    return log;
                }
                if wake == next {
                    next = wake + drawn(&pause, &mut stream);
                    let longest = self.longest.min(end - wake);
                    let lasts = Duration::from_nanos(below(&mut stream, saturating_nanos(longest)).max(1));
                    let (what, healing) = self.strike(&hosts, &mut stream);
                    log.push(format!("{} for {lasts:?}: {what}", offset(timeline.now())));
                    active.extend(healing.map(|healing| (wake + lasts, healing)));
                }
            }
        }
    }

    /// One fault, in words, and what heals it; none if the host it was for is down or paused already.
    fn strike(&self, hosts: &[Host], stream: &mut Rng) -> (String, Option<Healing>) {
        let mut draw = |bound: usize| usize::try_from(below(stream, bound as u64)).unwrap_or(0);
        let fault_kind = self.troubles[draw(self.troubles.len())];
        let one = draw(hosts.len());
        let other = (one + 1 + draw(hosts.len() - 1)) % hosts.len();
        let (one, other) = (&hosts[one], &hosts[other]);
        let pair = self.net.between(one.name(), other.name());
        let fault = match fault_kind {
            FaultKind::Partition => pair.partition(),
            FaultKind::OneWayPartition => self.net.link(one.name(), other.name()).partition(),
            FaultKind::Hold => pair.hold(),
            FaultKind::Loss => pair.loss(Probability::ratio(1, 3)),
            FaultKind::Delay => {
                pair.latency(Latency::pareto(Duration::from_millis(100), Duration::from_secs(5)))
            }
            FaultKind::Crash | FaultKind::Pause => return strike_host(one, fault_kind),
            FaultKind::ClockStep | FaultKind::ClockDrift => return strike_clock(one, fault_kind, stream),
        };
        (format!("{fault_kind:?} of `{}` and `{}`", one.name(), other.name()), Some(Healing::Link(fault)))
    }
}

fn strike_host(host: &Host, fault_kind: FaultKind) -> (String, Option<Healing>) {
    let what = format!("{fault_kind:?} of `{}`", host.name());
    if !host.is_up() {
        return (format!("{what}, which was not up"), None);
    }
    match fault_kind {
        FaultKind::Crash => host.crash(),
        _ => host.pause(),
    }
    (what, Some(Healing::Host(host.clone())))
}

/// A clock is healed of its own fault alone: what the test did to it stays.
fn strike_clock(host: &Host, fault_kind: FaultKind, stream: &mut Rng) -> (String, Option<Healing>) {
    let (clock, name) = (host.clock(), host.name());
    let is_forward = below(stream, 2) == 1;
    if fault_kind == FaultKind::ClockStep {
        let by = Duration::from_nanos(below(stream, MOST_STEP) + 1);
        if is_forward {
            clock.step_forward(by);
        } else {
            clock.step_back(by);
        }
        let what = format!("ClockStep of `{name}` {} by {by:?}", if is_forward { "forward" } else { "back" });
        return (what, Some(Healing::Step { clock, by, is_forward }));
    }
    let parts = u32::try_from(below(stream, MOST_DRIFT) + 1).unwrap_or(1);
    let drift = if is_forward { Drift::fast(parts) } else { Drift::slow(parts) };
    let what = format!("ClockDrift of `{name}`, {drift}");
    if clock.rate() != Drift::NONE {
        return (format!("{what}, which was not exact"), None);
    }
    clock.set_rate(drift);
    let ahead = clock.ahead();
    (what, Some(Healing::Drift { clock, ahead }))
}

/// Puts a wall clock ahead by so many nanoseconds, or back.
fn step(clock: &HostClock, by: i128) {
    let length = Duration::from_nanos(u64::try_from(by.unsigned_abs()).unwrap_or(u64::MAX));
    match by {
        0 => {}
        1.. => clock.step_forward(length),
        _ => clock.step_back(length),
    }
}

/// Heals when it is dropped.
enum Healing {
    /// Dropped with its fault.
    Link(#[expect(dead_code, reason = "its drop lifts it")] RuleGuard),
    Host(Host),
    Step {
        clock: HostClock,
        by: Duration,
        is_forward: bool,
    },
    /// The clock was so far ahead when it began to drift.
    Drift {
        clock: HostClock,
        ahead: i128,
    },
}

impl Drop for Healing {
    fn drop(&mut self) {
        match self {
            Self::Link(_) => {}
            Self::Host(host) => host.heal(),
            Self::Step { clock, by, is_forward: true } => clock.step_back(*by),
            Self::Step { clock, by, is_forward: false } => clock.step_forward(*by),
            Self::Drift { clock, ahead } => {
                clock.set_rate(Drift::NONE);
                step(clock, *ahead - clock.ahead());
            }
        }
    }
}

fn drawn(pause: &Latency, stream: &mut Rng) -> Duration {
    Duration::from_nanos(pause.draw(stream).max(1))
}

impl fmt::Debug for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chaos")
            .field("window", &self.window)
            .field("every", &self.every)
            .field("longest", &self.longest)
            .field("spared", &self.spared)
            .field("troubles", &self.troubles)
            .finish()
    }
}
