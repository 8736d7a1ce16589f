//! The links between hosts: what becomes of a packet. No state is kept for a pair of hosts that has no rule.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    HostId,
    rules::{Effect, Matcher, Rule, RuleState, SECOND},
};
use crate::{
    clock::saturating_nanos,
    net::{Packet, PacketKind, Verdict, latency::below},
    seed::Seed,
    violation::SourceLocation,
};

/// One way from host to host, unless set: a millisecond.
pub(crate) const LATENCY: u64 = 1_000_000;

/// One way from a host to itself: ten microseconds.
pub(crate) const LOOPBACK: u64 = 10_000;

/// How packets get from one host to another, as long as no rule changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// All arrive, after this many nanoseconds, and nothing is drawn.
    Plain(u64),
    /// Each is judged by itself, by the rules of this pair.
    Ruled(PairId),
}

/// A pair of hosts that has rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PairId(u32);

/// A route, and how long that is true.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    pub(crate) epoch: u32,
    pub(crate) route: Route,
}

impl Path {
    pub(crate) const UNKNOWN: Self = Self { epoch: 0, route: Route::Plain(0) };
}

/// Whether a packet can pass the middle of its link at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gate {
    Open,
    Held,
    Cut,
}

/// What becomes of a packet that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    At { arrival: u64, harm: Harm },
    Held,
    Lost,
}

/// What else happens to it under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Harm {
    /// A second copy arrives then.
    pub(crate) copy: Option<u64>,
    /// This bit is flipped.
    pub(crate) flipped: Option<usize>,
    /// Only so many bytes are left.
    pub(crate) cut_to: Option<usize>,
}

impl Harm {
    /// Whether a checksum would tell.
    pub(crate) const fn is_damage(self) -> bool {
        self.flipped.is_some() || self.cut_to.is_some()
    }
}

pub(crate) struct Links {
    pub(crate) seed: Seed,
    names: Vec<Arc<str>>,
    rules: Vec<Rule>,
    installed: u64,
    /// How many of each kind were ever installed: one that is made anew draws anew.
    kinds: BTreeMap<&'static str, usize>,
    pub(crate) epoch: u32,
    /// How many rules are for what hosts send to themselves.
    loopbacks: usize,
    /// How many rules cut or hold.
    gates: usize,
    /// How many rules look into packets.
    pub(crate) inspectors: usize,
    pairs: Vec<Pair>,
    known: BTreeMap<(HostId, HostId), PairId>,
}

/// What is known of a pair that has rules.
#[derive(Default)]
struct Pair {
    epoch: u32,
    plain: Option<u64>,
    /// Unless a rule sets it.
    latency: u64,
    /// Whether a packet can be lost at all.
    is_lossy: bool,
    /// What a packet may carry at most.
    mtu: usize,
    /// The matching rules by their place in the list.
    rules: Vec<(usize, RuleState)>,
    /// Packets of one link do not overtake each other.
    last_arrival: u64,
}

impl Links {
    pub(crate) fn new(seed: Seed) -> Self {
        Self {
            seed,
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
        }
    }

    pub(crate) fn add_host(&mut self, name: Arc<str>) {
        self.names.push(name);
    }

    /// Adds a rule, after all others.
    pub(crate) fn install(&mut self, matcher: Matcher, effect: Effect, made_at: SourceLocation) -> u64 {
        self.installed += 1;
        self.loopbacks += usize::from(matcher.is_loopback);
        self.gates += usize::from(effect.is_gate());
        self.inspectors += usize::from(matches!(effect, Effect::Inspect(_)));
        let before = self.kinds.entry(effect.kind()).or_default();
        let nth = std::mem::replace(before, *before + 1);
        self.rules.push(Rule { id: self.installed, nth, matcher, effect, made_at });
        self.epoch += 1;
        self.installed
    }

    /// Takes a rule out. Its closure is dropped by the caller, outside of locks.
    pub(crate) fn lift(&mut self, id: u64) -> Option<Effect> {
        let index = self.rules.iter().position(|rule| rule.id == id)?;
        let rule = self.rules.remove(index);
        self.loopbacks -= usize::from(rule.matcher.is_loopback);
        self.gates -= usize::from(rule.effect.is_gate());
        self.inspectors -= usize::from(matches!(rule.effect, Effect::Inspect(_)));
        self.epoch += 1;
        Some(rule.effect)
    }

    pub(crate) fn describe(&self) -> Vec<String> {
        self.rules.iter().map(ToString::to_string).collect()
    }

    /// The rules that cut or hold.
    pub(crate) fn gates(&self) -> impl Iterator<Item = String> {
        self.rules.iter().filter(|rule| rule.effect.is_gate()).map(ToString::to_string)
    }

    pub(crate) fn route(&mut self, from: HostId, to: HostId) -> Route {
        let relevant = if from == to { self.loopbacks } else { self.rules.len() };
        if relevant == 0 {
            return Route::Plain(unless_set(from, to));
        }
        let pair = self.compile(from, to);
        self.pairs[pair.index()].plain.map_or(Route::Ruled(pair), Route::Plain)
    }

    /// Whether packets that are under way can pass now.
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

    /// Whether a packet of this pair can be lost at all.
    pub(crate) fn is_lossy(&self, pair: PairId) -> bool {
        self.pairs[pair.index()].is_lossy
    }

    /// How much a packet of this pair may carry.
    pub(crate) fn mtu(&self, pair: PairId) -> usize {
        self.pairs[pair.index()].mtu
    }

    /// Decides about a packet that is sent now. The pair's rules are those of this epoch.
    pub(crate) fn judge(&mut self, pair: PairId, now: u64, packet: &Packet<'_>) -> Fate {
        match self.gate_of(pair) {
            Gate::Cut => return Fate::Lost,
            Gate::Held => return Fate::Held,
            Gate::Open => {}
        }
        let rules = &mut self.rules;
        let pair = &mut self.pairs[pair.index()];
        let mut latency = pair.latency;
        let (mut sent, mut extra, mut overtakes, mut is_lost) = (now, 0_u64, false, false);
        let mut harm = Harm::default();
        for (index, state) in &mut pair.rules {
            let bits = packet.length * 8;
            match &mut rules[*index].effect {
                Effect::Cut | Effect::Hold => {}
                Effect::Latency(drawn) => latency = drawn.draw(&mut state.stream),
                Effect::Jitter(most) => {
                    extra = extra.saturating_add(below(&mut state.stream, most.saturating_add(1)));
                }
                Effect::Loss(probability) => is_lost |= probability.draw(&mut state.stream),
                Effect::BurstLoss(bursts) => is_lost |= bursts.draw(state),
                Effect::Bandwidth(bandwidth) => match bandwidth.depart(state, sent, packet.length) {
                    Some(end) => sent = end,
                    None => is_lost = true,
                },
                Effect::Duplicate(probability) => {
                    if probability.draw(&mut state.stream) {
                        harm.copy = Some(0);
                    }
                }
                Effect::Reorder { probability, most } => {
                    if probability.draw(&mut state.stream) {
                        overtakes = true;
                        extra = extra.saturating_add(below(&mut state.stream, most.saturating_add(1)));
                    }
                }
                Effect::Corrupt(probability) => {
                    if probability.draw(&mut state.stream) && bits > 0 {
                        harm.flipped = Some(random(state, bits));
                    }
                }
                Effect::Truncate(probability) => {
                    if probability.draw(&mut state.stream) && packet.length > 0 {
                        harm.cut_to = Some(random(state, packet.length));
                    }
                }
                Effect::Mtu(most) => is_lost |= packet.kind == PacketKind::Datagram && packet.length > *most,
                // A panic drops streams, and these say so: a closure that fails once more would end the process.
                Effect::Inspect(_) if std::thread::panicking() => {}
                Effect::Inspect(decide) => match decide(packet) {
                    Verdict::Pass => {}
                    Verdict::Drop => return Fate::Lost,
                    Verdict::Deliver(after) => {
                        let arrival = now.saturating_add(saturating_nanos(after));
                        return Fate::At { arrival, harm: Harm::default() };
                    }
                },
            }
        }
        if is_lost {
            return Fate::Lost;
        }
        let mut arrival = sent.saturating_add(latency).saturating_add(extra);
        if !overtakes {
            arrival = arrival.max(pair.last_arrival);
            pair.last_arrival = arrival;
        }
        harm.copy = harm.copy.map(|_| arrival);
        Fate::At { arrival, harm }
    }

    /// The pair, with the rules of this epoch.
    fn compile(&mut self, from: HostId, to: HostId) -> PairId {
        let next = PairId::at(self.pairs.len());
        let id = *self.known.entry((from, to)).or_insert(next);
        if id == next {
            self.pairs.push(Pair::default());
        }
        let pair = &mut self.pairs[id.index()];
        if pair.epoch == self.epoch {
            return id;
        }
        let (sender, receiver) = (&self.names[from.index()], &self.names[to.index()]);
        let mut known = std::mem::take(&mut pair.rules);
        pair.latency = unless_set(from, to);
        pair.plain = Some(pair.latency);
        pair.is_lossy = false;
        pair.mtu = usize::MAX;
        for (index, rule) in self.rules.iter().enumerate() {
            if !rule.matcher.matches(sender, receiver) {
                continue;
            }
            pair.plain = match &rule.effect {
                Effect::Latency(latency) => pair.plain.and(latency.as_fixed()),
                _ => None,
            };
            pair.is_lossy |= rule.effect.can_lose();
            if let Effect::Mtu(most) = &rule.effect {
                pair.mtu = pair.mtu.min(*most);
            }
            let state = match known.iter().position(|(_, state)| state.rule == rule.id) {
                Some(place) => known.swap_remove(place).1,
                None => RuleState::new(rule, self.seed, sender, receiver),
            };
            pair.rules.push((index, state));
        }
        pair.epoch = self.epoch;
        id
    }
}

/// How long a packet is under way, unless a rule says so.
fn unless_set(from: HostId, to: HostId) -> u64 {
    if from == to { LOOPBACK } else { LATENCY }
}

impl PairId {
    const fn index(self) -> usize {
        self.0 as usize
    }

    #[expect(clippy::cast_possible_truncation, reason = "no test makes four thousand million of them")]
    const fn at(index: usize) -> Self {
        Self(index as u32)
    }
}

fn random(state: &mut RuleState, bound: usize) -> usize {
    usize::try_from(below(&mut state.stream, bound as u64)).unwrap_or(0)
}

/// The nanoseconds that so many bytes take at this rate.
pub(crate) fn transfer_time(bytes: u128, bits_per_second: u64) -> u64 {
    let nanos = (bytes * 8 * u128::from(SECOND)).div_ceil(u128::from(bits_per_second.max(1)));
    u64::try_from(nanos).unwrap_or(u64::MAX)
}
