//! Whether what happens in a world concerns anybody: a packet that is sent again into a partition does not.

use std::sync::atomic::{AtomicU64, Ordering};

/// When somebody was last concerned; and when something last happened that concerned nobody.
pub(super) struct Stir {
    heard: AtomicU64,
    unheard: AtomicU64,
}

impl Stir {
    pub(super) const fn new() -> Self {
        Self { heard: AtomicU64::new(0), unheard: AtomicU64::new(u64::MAX) }
    }

    pub(super) fn at(&self, now: u64, is_heard: bool) {
        let when = if is_heard { &self.heard } else { &self.unheard };
        when.store(now, Ordering::Relaxed);
    }

    /// Whether anybody is concerned at this instant; `None` if nothing is known of it.
    pub(super) fn is_heard(&self, now: u64) -> Option<bool> {
        let is = |when: &AtomicU64| when.load(Ordering::Relaxed) == now;
        if is(&self.heard) { Some(true) } else { is(&self.unheard).then_some(false) }
    }
}
