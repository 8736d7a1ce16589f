//! Uses of the rules and storms of a network: what was never asked about a packet, and what was asked and never struck.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use crate::{sync::lock, violation::SourceLocation};

/// The use of all rules that were made in one place.
#[derive(Clone, Debug)]
pub(crate) struct RuleUse {
    /// The rule in words, with its place.
    pub(crate) text: String,
    /// One of them was asked about a packet; of storms, one struck.
    pub(crate) is_met: bool,
    /// One of them did something to a packet.
    pub(crate) has_struck: bool,
    pub(crate) may_be_idle: bool,
}

/// The uses of rules, by the place where they were made. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct RuleUses(Arc<Mutex<BTreeMap<String, RuleUse>>>);

impl RuleUses {
    pub(crate) fn add(&self, made_at: SourceLocation, rule: RuleUse) {
        let mut known = lock(&self.0);
        match known.get_mut(&made_at.to_string()) {
            Some(old) => {
                old.is_met |= rule.is_met;
                old.has_struck |= rule.has_struck;
                old.may_be_idle |= rule.may_be_idle;
            }
            None => _ = known.insert(made_at.to_string(), rule),
        }
    }

    /// Adds what another network has seen.
    pub(crate) fn add_all(&self, others: &Self) {
        let others = lock(&others.0).clone();
        for (made_at, rule) in others {
            let mut known = lock(&self.0);
            let old = known.entry(made_at).or_insert_with(|| rule.clone());
            old.is_met |= rule.is_met;
            old.has_struck |= rule.has_struck;
            old.may_be_idle |= rule.may_be_idle;
        }
    }

    /// Returns the rules that were never asked, and may not be idle.
    pub(crate) fn idle(&self) -> Vec<String> {
        let is_idle = |rule: &&RuleUse| !rule.is_met && !rule.may_be_idle;
        lock(&self.0).values().filter(is_idle).map(|rule| rule.text.clone()).collect()
    }

    /// Returns the rules that were asked, and never did anything.
    pub(crate) fn never_struck(&self) -> Vec<String> {
        let never_struck = |rule: &&RuleUse| rule.is_met && !rule.has_struck;
        lock(&self.0).values().filter(never_struck).map(|rule| rule.text.clone()).collect()
    }
}

impl fmt::Debug for RuleUses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RuleUses").field(&*lock(&self.0)).finish()
    }
}
