//! The result of a search.

use std::fmt;

use super::texts;
use crate::{
    guard,
    net::{RuleUses, rules_idle},
};

/// The result of a search that found no failure: how many cases ran.
///
/// ```
/// use unplugged::explore;
///
/// let explored = explore::seeds(0..3, async |sim| assert!(sim.seed().value() < 3));
/// assert_eq!(explored.to_string(), "3 seeds, 1 distinct run");
/// explored.assert_cases(3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explored {
    search: &'static str,
    cases: usize,
    what: &'static str,
    /// How many runs of seeds differ.
    runs: Option<usize>,
    /// The environment asked for no other cases than the test.
    is_whole: bool,
}

impl Explored {
    /// Returns how many cases ran: one, where one is replayed.
    #[must_use]
    pub const fn cases(&self) -> usize {
        self.cases
    }

    /// Returns how many runs of a search over seeds differ, in hosts, instants, kinds, sizes or order of what happened; as many
    /// as there were cases in the other searches. One distinct run of many seeds says that the seed decides nothing.
    #[must_use]
    pub fn distinct_runs(&self) -> usize {
        self.runs.unwrap_or(self.cases)
    }

    /// Checks that as many cases ran as you think there are, unless the environment asked for others. This
    /// notices a search that grows or shrinks because the code does more or less than it did.
    ///
    /// # Panics
    /// If there were more or fewer.
    #[track_caller]
    pub fn assert_cases(&self, expected: usize) {
        if self.is_whole && self.cases != expected {
            guard::raise(&texts::other_count(&self.count(), self.search, expected));
        }
    }

    /// Returns whether all cases of the test ran.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Judges the rules of the networks of all cases: one that met nothing in any case fails the search, and one that was asked
    /// and never did anything is told. A part of the cases says nothing of the whole.
    #[track_caller]
    pub(super) fn judge_rules(&self, uses: &RuleUses) {
        let idle = uses.idle();
        if self.is_whole && !idle.is_empty() {
            guard::raise(&rules_idle(idle).with("search", texts::in_no_case(self.search, &self.count())));
        }
        for rule in uses.never_struck() {
            eprintln!("explore::{}: never struck: {rule}", self.search);
        }
    }

    /// `100 seeds`, `1 cut`.
    fn count(&self) -> String {
        let what = if self.cases == 1 { self.what.trim_end_matches('s') } else { self.what };
        format!("{} {what}", self.cases)
    }

    /// Ends a search: prints how many ran, on standard error.
    pub(super) fn report(
        search: &'static str,
        cases: usize,
        what: &'static str,
        is_whole: bool,
        runs: Option<usize>,
    ) -> Self {
        let explored = Self { search, cases, what, runs, is_whole };
        eprintln!("explore::{search}: {explored} passed");
        explored
    }
}

/// `100 seeds, 12 distinct runs`, `1 cut`.
impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.count())?;
        match self.runs {
            Some(1) => f.write_str(", 1 distinct run"),
            Some(runs) => write!(f, ", {runs} distinct runs"),
            None => Ok(()),
        }
    }
}
