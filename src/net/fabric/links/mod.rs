//! The links between hosts: the rules that decide about a packet. Pairs of hosts without a rule keep no state.

mod compile;
mod draw;
mod rules;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

pub(crate) use self::rules::{Effect, Matcher, Pattern};
use self::{
    draw::{depart, is_lost_in_burst, random},
    rules::{Rule, RuleState, Usage},
};
use super::ids::{HostId, Id, PairId};
use crate::{
    nanos::saturating_nanos,
    net::{Packet, RuleUse, RuleUses, Verdict, link::below},
    seed::Draws,
    trace::PacketKind,
    violation::SourceLocation,
};

/// The latency from host to host, unless set: a millisecond.
const LATENCY: u64 = 1_000_000;

/// The latency from a host to itself, unless set: ten microseconds.
const LOOPBACK: u64 = 10_000;

/// How packets get from one host to another, until a rule changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// All arrive after this many nanoseconds, and nothing is drawn.
    Plain(u64),
    /// The rules of this pair decide about each.
    Ruled(PairId),
}

/// A route, valid for one epoch of the rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CachedRoute {
    pub(crate) epoch: u32,
    pub(crate) route: Route,
}

impl CachedRoute {
    pub(crate) const UNKNOWN: Self = Self { epoch: 0, route: Route::Plain(0) };
}

/// A packet as its sender hands it to the wire.
pub(crate) struct Outgoing<'a> {
    pub(crate) from: HostId,
    pub(crate) to: HostId,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) kind: PacketKind,
    /// Empty where no rule looks at it.
    pub(crate) payload: &'a [u8],
    pub(crate) length: usize,
}

/// The answer to whether a packet can pass the middle of its link now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gate {
    Open,
    Held,
    Cut,
}

/// The decision about a packet that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    At { arrival: u64, damage: Damage },
    Held,
    Lost,
}

impl Delivery {
    /// An undamaged arrival after this many nanoseconds.
    pub(crate) fn after(now: u64, latency: u64) -> Self {
        Self::At { arrival: now.saturating_add(latency), damage: Damage::default() }
    }
}

/// Duplication and damage under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Damage {
    /// A second copy arrives at this time.
    pub(crate) copy: Option<u64>,
    /// This bit is flipped.
    pub(crate) flipped: Option<usize>,
    /// The payload is truncated to this length.
    pub(crate) cut_to: Option<usize>,
}

impl Damage {
    /// Returns whether a checksum fails.
    pub(crate) const fn breaks_checksum(self) -> bool {
        self.flipped.is_some() || self.cut_to.is_some()
    }
}

pub(crate) struct Links {
    pub(crate) draws: Draws,
    names: Vec<Arc<str>>,
    rules: Vec<Rule>,
    installed: u64,
    /// How many of each kind were ever installed: a rule made again draws from a generator of its own.
    kinds: BTreeMap<&'static str, usize>,
    pub(crate) epoch: u32,
    /// How many rules are for loopback.
    loopbacks: usize,
    /// How many rules cut or hold.
    gates: usize,
    /// How many rules look into packets.
    pub(crate) inspectors: usize,
    pairs: Vec<Pair>,
    known: BTreeMap<(HostId, HostId), PairId>,
    /// The use of the rules that are gone.
    uses: RuleUses,
}

/// The rules of one pair, compiled for one epoch.
#[derive(Default)]
struct Pair {
    epoch: u32,
    plain: Option<u64>,
    /// The latency where no rule sets it.
    latency: u64,
    /// The largest payload.
    mtu: usize,
    /// The matching rules by their place in the list.
    rules: Vec<(usize, RuleState)>,
    /// Packets of one link do not overtake each other.
    last_arrival: u64,
}

impl Links {
    pub(crate) fn new(draws: Draws) -> Self {
        Self {
            draws,
            names: Vec::new(),
            rules: Vec::new(),
            installed: 0,
            kinds: BTreeMap::new(),
            epoch: 1,
            loopbacks: 0,
            gates: 0,
            inspectors: 0,
            pairs: Vec::new(),
            known: BTreeMap::new(),
            uses: RuleUses::default(),
        }
    }

    pub(crate) fn add_host(&mut self, name: Arc<str>) {
        self.names.push(name);
    }

    /// Adds a rule after all others, and returns its number.
    pub(crate) fn install(&mut self, matcher: Matcher, effect: Effect, made_at: SourceLocation) -> u64 {
        self.installed += 1;
        self.loopbacks += usize::from(matcher.is_loopback);
        self.gates += usize::from(effect.is_gate());
        self.inspectors += usize::from(matches!(effect, Effect::Inspect(_)));
        let before = self.kinds.entry(effect.kind()).or_default();
        let nth = std::mem::replace(before, *before + 1);
        let usage = Usage::default();
        self.rules.push(Rule { id: self.installed, nth, matcher, effect, made_at, usage });
        self.epoch += 1;
        self.installed
    }

    /// Removes a rule. The caller drops its closure outside of locks.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Effect> {
        let index = self.rules.iter().position(|rule| rule.id == id)?;
        let rule = self.rules.remove(index);
        self.uses.add(rule.made_at, rule.to_use());
        self.loopbacks -= usize::from(rule.matcher.is_loopback);
        self.gates -= usize::from(rule.effect.is_gate());
        self.inspectors -= usize::from(matches!(rule.effect, Effect::Inspect(_)));
        self.epoch += 1;
        Some(rule.effect)
    }

    /// Returns a rule that is there.
    pub(crate) fn rule_use(&self, id: u64) -> Option<RuleUse> {
        self.rules.iter().find(|rule| rule.id == id).map(Rule::to_use)
    }

    /// Allows that a rule meets no packet.
    pub(crate) fn may_be_idle(&mut self, id: u64) {
        let rule = self.rules.iter_mut().find(|rule| rule.id == id);
        rule.into_iter().for_each(|rule| rule.usage.may_be_idle = true);
    }

    /// Returns the use of all rules that there are and that are gone.
    pub(crate) fn uses(&self) -> &RuleUses {
        self.rules.iter().for_each(|rule| self.uses.add(rule.made_at, rule.to_use()));
        &self.uses
    }

    /// Describes all rules, a line each.
    pub(crate) fn describe(&self) -> Vec<String> {
        self.rules.iter().map(ToString::to_string).collect()
    }

    /// Describes the rules that cut or hold.
    pub(crate) fn gates(&self) -> impl Iterator<Item = String> {
        self.rules.iter().filter(|rule| rule.effect.is_gate()).map(ToString::to_string)
    }

    /// Returns how packets get from one host to another now.
    pub(crate) fn route(&mut self, from: HostId, to: HostId) -> Route {
        let relevant = if from == to { self.loopbacks } else { self.rules.len() };
        if relevant == 0 {
            return Route::Plain(default_latency(from, to));
        }
        let pair = self.compile(from, to);
        self.pairs[pair.index()].plain.map_or(Route::Ruled(pair), Route::Plain)
    }

    /// Returns whether packets that are under way can pass now.
    pub(crate) fn gate(&mut self, from: HostId, to: HostId) -> Gate {
        if self.gates == 0 || from == to && self.loopbacks == 0 {
            return Gate::Open;
        }
        let pair = self.compile(from, to);
        self.gate_of(pair)
    }

    fn gate_of(&self, pair: PairId) -> Gate {
        let gates = self.pairs[pair.index()].rules.iter().map(|(index, _)| match self.rules[*index].effect {
            Effect::Cut => Gate::Cut,
            Effect::Hold => Gate::Held,
            _ => Gate::Open,
        });
        gates.max().unwrap_or(Gate::Open)
    }

    /// Returns the largest payload of this pair.
    pub(crate) fn mtu(&self, pair: PairId) -> usize {
        self.pairs[pair.index()].mtu
    }

    /// Decides about a packet that is sent now. The pair's rules are those of this epoch.
    pub(crate) fn apply_rules(&mut self, pair: PairId, now: u64, packet: &Outgoing<'_>) -> Delivery {
        match self.gate_of(pair) {
            Gate::Cut => return Delivery::Lost,
            Gate::Held => return Delivery::Held,
            Gate::Open => {}
        }
        let (rules, names) = (&mut self.rules, &self.names);
        let pair = &mut self.pairs[pair.index()];
        let mut latency = pair.latency;
        let (mut sent, mut extra, mut overtakes, mut is_lost) = (now, 0_u64, false, false);
        let mut damage = Damage::default();
        for (index, state) in &mut pair.rules {
            let bits = packet.length * 8;
            let Rule { effect, usage, .. } = &mut rules[*index];
            let before = (is_lost, damage, overtakes);
            match effect {
                Effect::Cut | Effect::Hold => {}
                Effect::Latency(drawn) => latency = drawn.draw(&mut state.rng),
                Effect::Jitter(most) => {
                    extra = extra.saturating_add(below(&mut state.rng, most.saturating_add(1)));
                }
                Effect::Loss(probability) => is_lost |= probability.draw(&mut state.rng),
                Effect::BurstLoss(bursts) => is_lost |= is_lost_in_burst(*bursts, state),
                Effect::Bandwidth(bandwidth) => match depart(*bandwidth, state, sent, packet.length) {
                    Some(end) => sent = end,
                    None => is_lost = true,
                },
                Effect::Duplicate(probability) => {
                    if probability.draw(&mut state.rng) {
                        damage.copy = Some(0);
                    }
                }
                Effect::Reorder { probability, most } => {
                    if probability.draw(&mut state.rng) {
                        overtakes = true;
                        extra = extra.saturating_add(below(&mut state.rng, most.saturating_add(1)));
                    }
                }
                Effect::Corrupt(probability) => {
                    if probability.draw(&mut state.rng) && bits > 0 {
                        damage.flipped = Some(random(state, bits));
                    }
                }
                Effect::Truncate(probability) => {
                    if probability.draw(&mut state.rng) && packet.length > 0 {
                        damage.cut_to = Some(random(state, packet.length));
                    }
                }
                Effect::Mtu(most) => is_lost |= packet.kind == PacketKind::Datagram && packet.length > *most,
                // A panic drops streams, which send packets: a second panic in the closure would abort the process.
                Effect::Inspect(_) if std::thread::panicking() => {}
                Effect::Inspect(decide) => match decide(&packet.shown(names)) {
                    Verdict::Pass => {}
                    Verdict::Drop => {
                        usage.has_struck = true;
                        return Delivery::Lost;
                    }
                    Verdict::Deliver(after) => {
                        usage.has_struck = true;
                        return Delivery::after(now, saturating_nanos(after));
                    }
                },
            }
            usage.has_struck |= before != (is_lost, damage, overtakes);
        }
        if is_lost {
            return Delivery::Lost;
        }
        let mut arrival = sent.saturating_add(latency).saturating_add(extra);
        if !overtakes {
            arrival = arrival.max(pair.last_arrival);
            pair.last_arrival = arrival;
        }
        damage.copy = damage.copy.map(|_| arrival);
        Delivery::At { arrival, damage }
    }
}

impl Outgoing<'_> {
    /// The packet as a rule of the test sees it.
    fn shown<'a>(&'a self, names: &'a [Arc<str>]) -> Packet<'a> {
        Packet {
            from_host: &names[self.from.index()],
            to_host: &names[self.to.index()],
            source: self.source,
            destination: self.destination,
            kind: self.kind,
            payload: self.payload,
        }
    }
}

/// The latency where no rule sets it.
fn default_latency(from: HostId, to: HostId) -> u64 {
    if from == to { LOOPBACK } else { LATENCY }
}
