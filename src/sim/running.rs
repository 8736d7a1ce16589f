//! The sim on a thread, as a package sees it that interposes system calls.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    task::Waker,
};

use tokio::runtime::Handle;
use unplugged_seam::__private::thread_hook;

use super::{
    core::SimCore,
    current,
    interposed::has_sockets,
    panics::WATCH,
    pool::{Pool, Seen},
    test_waker::Cause,
    tokio_clock::stay_awake,
};
use crate::{
    net::Net,
    sync::lock,
    violation::{SourceLocation, Violation},
};

impl SimCore {
    /// Makes the runtime look again.
    fn wake(&self) {
        self.test_waker().iter().for_each(Waker::wake_by_ref);
    }

    /// Returns the blocking tasks of the runtime, where the sim sees them.
    pub(super) fn pool(&self) -> Option<&Pool> {
        self.interposed.as_ref()?.pool.as_ref()
    }

    /// Has tokio's driver show whether a blocking task is under way, if one may be. Returns whether the sim waits for that.
    /// Where something else goes first, the driver does not wait, and shows nothing.
    pub(super) fn asks_pool(&self, other_goes_first: bool) -> bool {
        let asks = self.pool().is_some_and(|pool| pool.ask(other_goes_first));
        if asks {
            lock(&self.state).clock.look_far_ahead(self.timeline.now());
            self.clock_stands.store(true, Ordering::Relaxed);
        }
        asks
    }

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
        self.0.fail(self.0.explain(Violation::new(headline.to_owned()).next(next)));
    }

    /// Returns whether the runtime is being made, or dropped: no task runs.
    #[must_use]
    pub fn is_between(&self) -> bool {
        !self.0.is_running()
    }
}

/// Threads and blocking tasks.
impl RunningSim {
    /// Takes what a wait of tokio's driver shows that is to last so long, in milliseconds, or without an end if negative.
    /// Returns how long it may last.
    #[must_use]
    pub fn driver_waits(&self, timeout: i32) -> i32 {
        match self.0.pool().map_or(Seen::Nothing, |pool| pool.driver_waits(timeout)) {
            Seen::Nothing => timeout,
            Seen::Quiet => {
                self.0.wake(); // so that tokio's clock stands
                0
            }
            Seen::Busy(limit) => limit,
        }
    }

    /// Notes that a thread is started on this one. The new thread holds the value.
    #[must_use]
    pub fn starts_thread(&self) -> SimOfThread {
        self.0.pool().into_iter().for_each(Pool::thread_begins);
        SimOfThread(Arc::downgrade(&self.0), true)
    }

    /// Waits until nothing else can run, if this is a thread of tokio's pool. Returns false if the sim has ended. A thread of
    /// [`Sim::spawn_blocking`](super::Sim::spawn_blocking) has its turn already.
    #[must_use]
    pub fn awaits_turn(&self) -> bool {
        let is_of_tokio = Handle::try_current().is_ok() && thread_hook().is_none();
        match self.0.pool().filter(|_| is_of_tokio) {
            Some(pool) => pool.await_turn(|| self.0.wake()),
            None => true,
        }
    }
}

/// The sim on whose thread a thread was started, directly or not.
pub struct SimOfThread(Weak<SimCore>, bool);

impl SimOfThread {
    /// Returns the sim, unless it is gone.
    #[must_use]
    pub fn sim(&self) -> Option<RunningSim> {
        self.0.upgrade().map(RunningSim)
    }

    /// Notes that this thread starts another one.
    #[must_use]
    pub fn starts_thread(&self) -> Self {
        Self(Weak::clone(&self.0), false)
    }
}

impl Drop for SimOfThread {
    fn drop(&mut self) {
        if let (true, Some(sim)) = (self.1, self.0.upgrade()) {
            sim.pool().into_iter().for_each(Pool::thread_ends);
        }
    }
}

impl std::fmt::Debug for SimOfThread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SimOfThread").field(&self.sim()).finish()
    }
}

impl std::fmt::Debug for RunningSim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningSim").field("interposed", &self.0.interposed).finish()
    }
}
