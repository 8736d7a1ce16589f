//! Tracks whether the sim makes progress: a packet that is sent again into a partition is none.

use std::sync::atomic::{AtomicU64, Ordering};

/// The last instants at which something happened, with and without progress.
pub(super) struct Activity {
    progress: AtomicU64,
    idle: AtomicU64,
}

impl Activity {
    pub(super) const fn new() -> Self {
        Self { progress: AtomicU64::new(0), idle: AtomicU64::new(u64::MAX) }
    }

    /// Records that something happened, and whether it was progress: it woke a task.
    pub(super) fn record(&self, now: u64, is_progress: bool) {
        let when = if is_progress { &self.progress } else { &self.idle };
        when.store(now, Ordering::Relaxed);
    }

    /// Returns whether there was progress at this instant; `None` if nothing is known of it.
    pub(super) fn is_progress(&self, now: u64) -> Option<bool> {
        let is = |when: &AtomicU64| when.load(Ordering::Relaxed) == now;
        if is(&self.progress) { Some(true) } else { is(&self.idle).then_some(false) }
    }
}
