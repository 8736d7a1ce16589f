//! The rules of links: which links they match, and their effects.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    net::{Bandwidth, BurstLoss, Latency, Packet, Probability, RuleUse, Verdict},
    seed::{Draws, Rng},
    violation::SourceLocation,
};

/// A host's name, or a pattern in which `*` matches any letters.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(pub(crate) Arc<str>);

impl Pattern {
    pub(crate) fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or("")) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

/// The links that a rule matches.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    pub(crate) from: Pattern,
    pub(crate) to: Pattern,
    pub(crate) both_ways: bool,
    /// It matches loopback: each host to itself. Other rules never match loopback.
    pub(crate) is_loopback: bool,
}

impl Matcher {
    pub(crate) fn all() -> Self {
        Self { from: Pattern("*".into()), to: Pattern("*".into()), both_ways: false, is_loopback: false }
    }

    pub(crate) fn matches(&self, from: &str, to: &str) -> bool {
        if self.is_loopback || from == to {
            return self.is_loopback && from == to && self.from.matches(from);
        }
        let there = self.from.matches(from) && self.to.matches(to);
        there || self.both_ways && self.from.matches(to) && self.to.matches(from)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_loopback {
            return write!(f, "loopback of {}", self.from.0);
        }
        let arrow = if self.both_ways { "<>" } else { "->" };
        write!(f, "{} {arrow} {}", self.from.0, self.to.0)
    }
}

/// A closure of the test that sees each packet.
pub(crate) type Inspect = Box<dyn FnMut(&Packet<'_>) -> Verdict + Send>;

pub(crate) enum Effect {
    Latency(Latency),
    Jitter(u64),
    Bandwidth(Bandwidth),
    Loss(Probability),
    BurstLoss(BurstLoss),
    Duplicate(Probability),
    Reorder { probability: Probability, most: u64 },
    Corrupt(Probability),
    Truncate(Probability),
    Mtu(usize),
    Hold,
    Cut,
    Inspect(Inspect),
}

impl Effect {
    pub(crate) const fn is_gate(&self) -> bool {
        matches!(self, Self::Hold | Self::Cut)
    }

    /// Returns whether it can be asked about a packet, and do nothing.
    pub(crate) const fn may_miss(&self) -> bool {
        !matches!(self, Self::Latency(_) | Self::Jitter(_) | Self::Bandwidth(_) | Self::Hold | Self::Cut)
    }

    /// Returns its word, which also names its generator.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Latency(_) => "latency",
            Self::Jitter(_) => "jitter",
            Self::Bandwidth(_) => "bandwidth",
            Self::Loss(_) => "loss",
            Self::BurstLoss(_) => "bursts",
            Self::Duplicate(_) => "duplicate",
            Self::Reorder { .. } => "reorder",
            Self::Corrupt(_) => "corrupt",
            Self::Truncate(_) => "truncate",
            Self::Mtu(_) => "mtu",
            Self::Hold => "hold",
            Self::Cut => "partition",
            Self::Inspect(_) => "inspect",
        }
    }
}

pub(crate) struct Rule {
    pub(crate) id: u64,
    /// How many of its kind were installed before.
    pub(crate) nth: usize,
    pub(crate) matcher: Matcher,
    pub(crate) effect: Effect,
    pub(crate) made_at: SourceLocation,
    pub(crate) usage: Usage,
}

/// The use of a rule.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    /// It was asked about a packet.
    pub(crate) is_met: bool,
    /// It did something to a packet.
    pub(crate) has_struck: bool,
    pub(crate) may_be_idle: bool,
}

impl Rule {
    pub(crate) fn to_use(&self) -> RuleUse {
        let Usage { is_met, has_struck, may_be_idle } = self.usage;
        let has_struck = has_struck || is_met && !self.effect.may_miss();
        RuleUse { text: self.to_string(), is_met, has_struck, may_be_idle }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::Latency(latency) => write!(f, " {latency}"),
            Self::Jitter(most) => write!(f, " up to {:?}", Duration::from_nanos(*most)),
            Self::Bandwidth(bandwidth) => write!(f, " {bandwidth}"),
            Self::Loss(p) | Self::Duplicate(p) | Self::Corrupt(p) | Self::Truncate(p) => write!(f, " {p}"),
            Self::BurstLoss(bursts) => write!(f, " {bursts}"),
            Self::Reorder { probability, most } => {
                write!(f, " {probability} up to {:?}", Duration::from_nanos(*most))
            }
            Self::Mtu(bytes) => write!(f, " {bytes} bytes"),
            Self::Hold | Self::Cut | Self::Inspect(_) => Ok(()),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, made at {}", self.matcher, self.effect, self.made_at)
    }
}

/// The state of one rule for one pair of hosts.
pub(crate) struct RuleState {
    pub(crate) rule: u64,
    pub(crate) rng: Rng,
    /// A burst of losses goes on.
    pub(super) is_bad: bool,
    /// The sender is busy until then.
    pub(super) busy_until: u64,
}

impl RuleState {
    /// Each rule and link has a generator of its own: a further rule shifts the draws of no other.
    pub(crate) fn new(rule: &Rule, draws: &Draws, from: &str, to: &str) -> Self {
        let rng = draws.rng(&format!("net.{}.{}.{from}>{to}", rule.effect.kind(), rule.nth));
        Self { rule: rule.id, rng, is_bad: false, busy_until: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_letters() {
        let matching = |pattern: &str, name| Pattern(pattern.into()).matches(name);
        assert!(matching("*", "") && matching("*", "node-1") && matching("node-*", "node-1"));
        assert!(matching("*-1", "node-1") && matching("n*e*1", "node-1") && matching("a*a", "aa"));
        assert!(!matching("a*a", "a") && !matching("node", "node-1") && !matching("*-2", "node-1"));
        assert!(!matching("n*x*1", "node-1"));
    }
}
