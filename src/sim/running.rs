//! The sim on a thread, as a package sees it that interposes system calls.

use std::sync::{Arc, atomic::Ordering};

use tokio::runtime::Handle;

use super::{
    core::SimCore, current, interposed::has_sockets, panics::WATCH, test_waker::Cause,
    tokio_clock::stay_awake,
};
use crate::{
    net::Net,
    violation::{SourceLocation, Violation},
};

impl SimCore {
    /// Has tokio ask its driver first, if a socket is ready. Returns whether it does.
    pub(super) fn lets_sockets_go_first(&self) -> bool {
        let is_ready =
            self.interposed.as_ref().is_some_and(|sockets| sockets.is_ready.load(Ordering::Acquire));
        if is_ready {
            stay_awake();
            self.clock_stands.store(true, Ordering::Relaxed);
        }
        is_ready
    }
}

/// The sim on this thread, whose sockets the system's calls are to use.
#[derive(Clone)]
pub struct RunningSim(Arc<SimCore>);

/// Returns the sim that the socket calls on this thread lead to, if there is one.
#[must_use]
pub fn running() -> Option<RunningSim> {
    if !has_sockets() {
        return None;
    }
    current::asked().filter(|core| core.interposed.is_some()).map(RunningSim)
}

impl RunningSim {
    /// Returns its network: that of `Sim::net`. There is none where no runtime runs, which is while the sim is made.
    #[must_use]
    pub fn net(&self) -> Option<Net> {
        if let Some(net) = self.0.net.get() {
            return Some(net.clone());
        }
        let (runtime, made_at) = (Handle::try_current().ok()?, SourceLocation::caller());
        Some(self.0.net(&runtime, WATCH, made_at))
    }

    /// Says whether a socket is ready that tokio's driver has not been told of.
    pub fn set_ready(&self, is_ready: bool) {
        self.0.interposed.iter().for_each(|sockets| sockets.is_ready.store(is_ready, Ordering::Release));
    }

    /// Says that tokio's driver is told of sockets now: whatever that wakes was not woken by a timer.
    pub fn tells(&self) {
        self.0.wakes.becomes(Cause::Others);
    }

    /// Ends the test with this report.
    pub fn fail(&self, headline: &str, next: &str) {
        self.0.fail(self.0.explain(Violation::new(headline.to_owned()).with("next", next)));
    }

    /// Returns whether the runtime is being made, or dropped: no task runs.
    #[must_use]
    pub fn is_between(&self) -> bool {
        !self.0.is_running()
    }
}

impl std::fmt::Debug for RunningSim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningSim").field("interposed", &self.0.interposed).finish()
    }
}
