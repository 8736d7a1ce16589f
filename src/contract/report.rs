//! `Report`: which rules of a contract are held, and which are broken.

use std::fmt;

use super::texts;
use crate::{guard, violation::Violation};

/// The result of a suite: every rule that was tried, and a [`Violation`] for each that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a report says nothing by itself: call `assert_held`"]
pub struct Report {
    pub(super) subject: String,
    pub(super) held: Vec<&'static str>,
    pub(super) skipped: Vec<&'static str>,
    pub(super) faults: Vec<Violation>,
}

impl Report {
    pub(super) const fn new(subject: String) -> Self {
        Self { subject, held: Vec::new(), skipped: Vec::new(), faults: Vec::new() }
    }

    /// Asserts that no rule is broken.
    ///
    /// # Panics
    /// With the text of [`check_held`](Self::check_held).
    #[track_caller]
    pub fn assert_held(&self) {
        if let Err(violation) = self.check_held() {
            guard::raise(&violation);
        }
    }

    /// Checks that no rule is broken.
    ///
    /// # Errors
    /// Returns one violation that sums up all broken rules; they are its parts.
    pub fn check_held(&self) -> Result<(), Violation> {
        match self.faults.is_empty() {
            true => Ok(()),
            false => Err(texts::broken(self.to_string(), &self.faults)),
        }
    }

    /// Returns the broken rules. The detail `rule` of each is its name.
    #[must_use]
    pub fn faults(&self) -> &[Violation] {
        &self.faults
    }

    /// Returns whether this rule is broken.
    ///
    /// # Panics
    /// If the suite has no rule of this name.
    #[must_use]
    #[track_caller]
    pub fn breaks(&self, rule: &str) -> bool {
        let broken: Vec<&str> = self.faults.iter().filter_map(|fault| fault.detail("rule")).collect();
        let mut known = broken.iter().chain(&self.held).chain(&self.skipped).copied();
        if !known.any(|name| name == rule) {
            let known = broken.iter().chain(&self.held).chain(&self.skipped).copied().collect();
            guard::raise(&texts::unknown_rule(&self.subject, rule, known));
        }
        broken.contains(&rule)
    }

    /// Returns the names of the rules that are held.
    #[must_use]
    pub fn held(&self) -> &[&'static str] {
        &self.held
    }

    /// Returns the names of the rules that a setting switched off.
    #[must_use]
    pub fn skipped(&self) -> &[&'static str] {
        &self.skipped
    }
}

/// `stream `X` holds 30 of 31 rules, 2 skipped`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (held, broken) = (self.held.len(), self.faults.len());
        write!(f, "{} holds {held} of {} rules", self.subject, held + broken)?;
        if self.skipped.is_empty() { Ok(()) } else { write!(f, ", {} skipped", self.skipped.len()) }
    }
}
