//! Sims whose sockets are made by the system's own calls, where a package interposes those.
//!
//! Such a sim has tokio's I/O driver, and no real socket: the package answers the driver's calls. The driver is asked
//! whenever a socket of the network is ready, before time moves.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::runtime::Handle;

use super::{core::SimCore, current, test_waker::Cause, tokio_clock::stay_awake};
use crate::{
    net::Net,
    violation::{SourceLocation, Violation},
};

/// A package answers the calls that make and use sockets, in this binary.
static HAS_SOCKETS: AtomicBool = AtomicBool::new(false);

/// Says that the calls that make and use sockets lead to the sim of their thread. To be called before `main`: sims that are
/// there already have no driver.
pub fn interpose_sockets() {
    HAS_SOCKETS.store(true, Ordering::Relaxed);
}

/// What a sim knows of interposed sockets.
#[derive(Debug, Default)]
pub(super) struct Interposed {
    /// A socket of the network is ready, and tokio's driver has not been told.
    is_ready: AtomicBool,
}

impl Interposed {
    /// Returns the state of a sim, if its sockets are interposed.
    pub(super) fn of_sim(real_io: bool) -> Option<Self> {
        (HAS_SOCKETS.load(Ordering::Relaxed) && !real_io).then(Self::default)
    }
}

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
    if !HAS_SOCKETS.load(Ordering::Relaxed) {
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
        Some(self.0.net(&runtime, made_at))
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
