//! The rules of each pair of hosts, compiled once for each epoch.

use super::{
    super::ids::{HostId, Id, PairId},
    Effect, Links, Pair, default_latency,
    rules::RuleState,
};

impl Links {
    /// Returns the pair with the rules of this epoch.
    pub(super) fn compile(&mut self, from: HostId, to: HostId) -> PairId {
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
        pair.latency = default_latency(from, to);
        pair.plain = Some(pair.latency);
        pair.mtu = usize::MAX;
        for (index, rule) in self.rules.iter_mut().enumerate() {
            if !rule.matcher.matches(sender, receiver) {
                continue;
            }
            rule.usage.is_met = true; // a packet asks for the rules
            pair.plain = match &rule.effect {
                Effect::Latency(latency) => pair.plain.and(latency.as_fixed()),
                _ => None,
            };
            if let Effect::Mtu(most) = &rule.effect {
                pair.mtu = pair.mtu.min(*most);
            }
            let state = match known.iter().position(|(_, state)| state.rule == rule.id) {
                Some(place) => known.swap_remove(place).1,
                None => RuleState::new(rule, &self.draws, sender, receiver),
            };
            pair.rules.push((index, state));
        }
        pair.epoch = self.epoch;
        id
    }
}
