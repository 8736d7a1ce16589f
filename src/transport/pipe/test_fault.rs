//! Faults that a test has set on one direction of a pipe, and whether anything met them.

use super::texts;
use crate::{guard, violation::SourceLocation};

/// The last cut, failure or segmentation that the test has set.
pub(super) struct TestFault {
    what: &'static str,
    made_at: SourceLocation,
    is_met: bool,
}

impl TestFault {
    pub(super) const fn new(what: &'static str, made_at: SourceLocation) -> Self {
        Self { what, made_at, is_met: false }
    }

    pub(super) const fn meet(&mut self) {
        self.is_met = true;
    }

    /// In the `drop` of the pipe.
    ///
    /// # Panics
    /// If nothing met it, unless the thread panics already.
    pub(super) fn judge_in_drop(&self) {
        if !self.is_met {
            guard::raise_in_drop(&texts::idle_fault(self.what, self.made_at));
        }
    }
}
