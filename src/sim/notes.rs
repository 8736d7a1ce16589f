//! Notes that a search keeps of the sims of all its cases.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use crate::{net::RuleUses, sync::lock};

/// Notes on what the sims of a search have seen. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// The use of the network's rules: a rule may be idle in one case of a search.
    pub(crate) rules: RuleUses,
    /// The digests of the runs.
    runs: Arc<Mutex<BTreeSet<u64>>>,
}

impl Notes {
    pub(super) fn add_run(&self, digest: u64) {
        lock(&self.runs).insert(digest);
    }

    /// Returns how many runs differ: in hosts, instants, kinds, sizes or order of what happened.
    pub(crate) fn distinct_runs(&self) -> usize {
        lock(&self.runs).len()
    }
}
