//! The host whose task is polled, for sockets that no host was handed to.

use std::sync::atomic::{AtomicU32, Ordering};

use super::fabric::HostId;

/// The host whose task is polled now. The kit's own sockets never ask: they are made by a host.
#[derive(Debug)]
pub(super) struct Scope(AtomicU32);

/// No task of a host is polled.
const NONE: u32 = u32::MAX;

impl Scope {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(NONE))
    }

    /// Sets the host until the guard is dropped. Nests.
    pub(super) fn enter(&self, host: HostId) -> InScope<'_> {
        InScope(self, self.0.swap(host.0, Ordering::Relaxed))
    }

    pub(super) fn host(&self) -> Option<HostId> {
        let host = self.0.load(Ordering::Relaxed);
        (host != NONE).then_some(HostId(host))
    }
}

/// Restores the host of before when it is dropped.
pub(super) struct InScope<'a>(&'a Scope, u32);

impl Drop for InScope<'_> {
    fn drop(&mut self) {
        self.0.0.store(self.1, Ordering::Relaxed);
    }
}
