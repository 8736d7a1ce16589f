//! A plan of random faults within a window, healed at its end.

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Host, HostClock, Latency, Net, Probability, RuleGuard, RuleUse, link::below, texts};
use crate::{
    clock::Drift,
    nanos::{offset, saturating_nanos},
    seed::Rng,
    violation::SourceLocation,
};

/// A kind of fault in a [`Chaos`] plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultKind {
    /// Two hosts cannot reach each other.
    Partition,
    /// One host cannot reach another, which can reach it.
    OneWayPartition,
    /// Packets between two hosts are held, and arrive later.
    Hold,
    /// A third of the packets between two hosts are lost.
    Loss,
    /// Packets between two hosts take from 0.1 to 5 seconds. A packet that was sent before the end of the fault is still
    /// late, and the later bytes of its stream wait for it.
    Delay,
    /// A host crashes, and restarts.
    Crash,
    /// A host is paused, and resumed.
    Pause,
    /// The wall clock of a host steps forward or back, by up to a minute.
    ClockStep,
    /// The oscillator of a host is fast or slow, by up to 10 %: its timers are early or late. At the end it runs at the
    /// right speed, and the wall clock is right again; the monotonic clock keeps what it gained or lost.
    ClockDrift,
}

impl FaultKind {
    const fn concerns_a_link(self) -> bool {
        !matches!(self, Self::Crash | Self::Pause | Self::ClockStep | Self::ClockDrift)
    }
}

/// The largest step of a wall clock, in nanoseconds.
const MAX_STEP: u64 = 60_000_000_000;

/// The largest drift, in parts per million.
const MAX_DRIFT: u64 = 100_000;

/// A plan of random faults. Made by [`Net::chaos`]. After [`run`](Self::run) all faults are healed, so that a test can
/// check that the system recovers.
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
    excluded: Vec<Arc<str>>,
    kinds: Vec<FaultKind>,
    may_be_idle: bool,
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
    /// Returns a plan of random faults among all hosts, for this long. Each plan that runs draws from its own generator of
    /// the seed, so that no two are alike.
    ///
    /// # Panics
    /// Panics if `window` is zero.
    #[track_caller]
    pub fn chaos(&self, window: Duration) -> Chaos {
        if window.is_zero() {
            texts::empty_chaos().raise();
        }
        let (net, every, excluded, kinds) = (self.clone(), window / 10, Vec::new(), ALL.to_vec());
        Chaos { net, window, every, longest: window, excluded, kinds, may_be_idle: false }
    }
}

impl Chaos {
    /// Sets the mean time from one fault to the next. The default is a tenth of the window.
    ///
    /// # Panics
    /// Panics if `mean` is zero.
    #[track_caller]
    pub fn every(mut self, mean: Duration) -> Self {
        if mean.is_zero() {
            texts::endless_chaos().raise();
        }
        self.every = mean;
        self
    }

    /// Sets the longest duration of one fault. By default, a fault can last to the end of the window; in a long window with
    /// many faults there is then hardly a moment without one.
    ///
    /// # Panics
    /// Panics if `longest` is zero.
    #[track_caller]
    pub fn max_duration(mut self, longest: Duration) -> Self {
        if longest.is_zero() {
            texts::empty_chaos().raise();
        }
        self.longest = longest;
        self
    }

    /// Excludes this host and its links.
    ///
    /// # Panics
    /// Panics if there is no such host.
    #[track_caller]
    pub fn except(mut self, host: &str) -> Self {
        let names = self.net.names();
        match names.iter().find(|name| &***name == host) {
            Some(name) => self.excluded.push(Arc::clone(name)),
            None => texts::unknown_host(host, &names).raise(),
        }
        self
    }

    /// Sets the kinds of faults. The default is all of them.
    ///
    /// # Panics
    /// Panics if there is none.
    #[track_caller]
    pub fn faults(mut self, kinds: impl IntoIterator<Item = FaultKind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        if self.kinds.is_empty() {
            texts::empty_chaos().raise();
        }
        self
    }

    /// Allows that the test ends before the first fault. Without this word that is a violation at the end of the sim, and in a
    /// search, if it is so in each case.
    pub const fn may_be_idle(mut self) -> Self {
        self.may_be_idle = true;
        self
    }

    /// Notes that the plan runs, and whether it has struck.
    fn note(&self, has_struck: bool, made_at: SourceLocation) {
        let text = format!("a storm of {:?}, run at {made_at}", self.window);
        let storm = RuleUse { text, is_met: has_struck, has_struck, may_be_idle: self.may_be_idle };
        self.net.note_storm(made_at, storm);
    }

    /// Runs the plan, and heals all faults at the end of the window. Returns what it did, a line for each fault.
    ///
    /// # Panics
    /// Panics when it is called, if no host remains, or only one while a kind of fault concerns a link.
    ///
    /// # Cancel safety
    /// If the future is dropped while it runs, all faults are healed at once.
    #[track_caller]
    pub fn run(self) -> impl Future<Output = Vec<String>> + Send + 'static {
        let hosts: Vec<Host> = self.net.hosts_but(&self.excluded);
        let needs_links = self.kinds.iter().any(|kind| kind.concerns_a_link());
        if hosts.is_empty() || needs_links && hosts.len() < 2 {
            texts::lonely_chaos(hosts.len()).raise();
        }
        let (mut rng, made_at) = (self.net.rng_of_the_next_chaos(), SourceLocation::caller());
        self.note(false, made_at);
        async move {
            let timeline = Arc::clone(&hosts[0].shared().timeline); // not a host's clock, which can drift
            let pause = Latency::exponential(Duration::ZERO, self.every);
            let (mut active, mut log) = (Vec::<(Instant, Healing)>::new(), Vec::new());
            let end = timeline.instant() + self.window;
            let mut next = timeline.instant() + drawn(&pause, &mut rng);
            loop {
                let wake = active.iter().map(|(until, _)| *until).chain([next, end]).min().unwrap_or(end);
                timeline.sleep_until(wake, made_at).named("chaos").await;
                active.retain(|(until, _)| *until > wake);
                if wake >= end {
                    return log;
                }
                if wake == next {
                    next = wake + drawn(&pause, &mut rng);
                    let longest = self.longest.min(end - wake);
                    let lasts = Duration::from_nanos(below(&mut rng, saturating_nanos(longest)).max(1));
                    let (what, healing) = self.strike(&hosts, &mut rng);
                    self.note(true, made_at);
                    log.push(format!("{} for {lasts:?}: {what}", offset(timeline.now())));
                    active.extend(healing.map(|healing| (wake + lasts, healing)));
                }
            }
        }
    }

    /// Causes one fault. Returns its description and what heals it: nothing if the host was not up.
    fn strike(&self, hosts: &[Host], rng: &mut Rng) -> (String, Option<Healing>) {
        let mut draw = |bound: usize| usize::try_from(below(rng, bound as u64)).unwrap_or(0);
        let fault_kind = self.kinds[draw(self.kinds.len())];
        let one = draw(hosts.len());
        // Drawn in any case, so that each fault takes as many draws.
        let step = draw(hosts.len().saturating_sub(1).max(1));
        let other = &hosts[(one + 1 + step) % hosts.len()];
        let one = &hosts[one];
        let pair = || self.net.between(one.name(), other.name());
        let fault = match fault_kind {
            FaultKind::Partition => pair().partition(),
            FaultKind::OneWayPartition => self.net.link(one.name(), other.name()).partition(),
            FaultKind::Hold => pair().hold(),
            FaultKind::Loss => pair().loss(Probability::ratio(1, 3)),
            FaultKind::Delay => {
                pair().latency(Latency::pareto(Duration::from_millis(100), Duration::from_secs(5)))
            }
            FaultKind::Crash | FaultKind::Pause => return strike_host(one, fault_kind),
            FaultKind::ClockStep | FaultKind::ClockDrift => return strike_clock(one, fault_kind, rng),
        };
        (
            format!("{fault_kind:?} of `{}` and `{}`", one.name(), other.name()),
            Some(Healing::Link(fault.may_be_idle())),
        )
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

/// Healing takes back this fault only: changes by the test stay.
fn strike_clock(host: &Host, fault_kind: FaultKind, rng: &mut Rng) -> (String, Option<Healing>) {
    let (clock, name) = (host.clock(), host.name());
    let is_forward = below(rng, 2) == 1;
    if fault_kind == FaultKind::ClockStep {
        let by = Duration::from_nanos(below(rng, MAX_STEP) + 1);
        if is_forward {
            clock.step_forward(by);
        } else {
            clock.step_back(by);
        }
        let what = format!("ClockStep of `{name}` {} by {by:?}", if is_forward { "forward" } else { "back" });
        return (what, Some(Healing::Step { clock, by, is_forward }));
    }
    let parts = u32::try_from(below(rng, MAX_DRIFT) + 1).unwrap_or(1);
    let drift = if is_forward { Drift::fast(parts) } else { Drift::slow(parts) };
    let what = format!("ClockDrift of `{name}`, {drift}");
    if clock.rate() != Drift::NONE {
        return (format!("{what}, which was not exact"), None);
    }
    clock.set_rate(drift);
    let ahead = clock.ahead();
    (what, Some(Healing::Drift { clock, ahead }))
}

/// Steps a wall clock by so many nanoseconds, back if negative.
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
    /// Dropped with its rule.
    Link(#[expect(dead_code, reason = "its drop removes the rule")] RuleGuard),
    Host(Host),
    Step {
        clock: HostClock,
        by: Duration,
        is_forward: bool,
    },
    /// With how far the clock was ahead when it began to drift.
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

fn drawn(pause: &Latency, rng: &mut Rng) -> Duration {
    Duration::from_nanos(pause.draw(rng).max(1))
}

impl fmt::Debug for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chaos")
            .field("window", &self.window)
            .field("every", &self.every)
            .field("longest", &self.longest)
            .field("excluded", &self.excluded)
            .field("kinds", &self.kinds)
            .finish()
    }
}
