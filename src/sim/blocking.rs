//! `Sim::spawn_blocking`: blocking code on a thread of the sim.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    task::Waker,
};

use tokio::task::JoinHandle;

use super::{
    current::{self, Role},
    panics,
    sim::Sim,
    task_entry::TaskKind,
};
use crate::{
    outcome::{FutureReport, promise},
    violation::SourceLocation,
};

impl Sim {
    /// Runs `work` on a thread of its own. It begins once no task can run, and has the sim for itself until it is done or
    /// waits: the order is the same in each run. `tokio::task::spawn_blocking` cannot promise that, and is reported.
    ///
    /// The waits of the package `unplugged-blocking` (`wait`, `wait_for`) are virtual there: the sim goes on, and time moves.
    /// Any other wait for a task (a std channel, `blocking_recv`) blocks the sim, and is reported after
    /// [`blocking_limit`](crate::sim::SimBuilder::blocking_limit): such code needs `tokio::task::spawn_blocking`, and
    /// [`real_threads`](crate::sim::SimBuilder::real_threads).
    ///
    /// ```
    /// use unplugged::Sim;
    ///
    /// let sim = Sim::new();
    /// let sum = sim.spawn_blocking(|| (1..=1000_u32).sum::<u32>());
    /// let sum = sim.watch(sum);
    /// sim.settle(); // comes back when the thread is done
    /// assert_eq!(sum.assert_success(), &500_500);
    /// assert_eq!(sim.elapsed(), unplugged::clock::nanos(0));
    /// ```
    #[track_caller]
    pub fn spawn_blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> JoinHandle<R> {
        let (promise, result) = promise();
        panics::install_hook();
        let entry = self.add_task(FutureReport::of_task(SourceLocation::caller()), TaskKind::Foreground);
        let (core, runtime) = (Arc::clone(&self.owned.core), self.owned.runtime.handle().clone());
        let world = Arc::downgrade(&core);
        let wake_sim = move || {
            let test = world.upgrade().and_then(|core| core.test_waker());
            test.iter().for_each(Waker::wake_by_ref);
        };
        let threads = &self.owned.core.threads;
        let work = move || {
            let _entered = (runtime.enter(), current::enter(&core, Role::Blocking));
            let _unread = promise.complete(catch_unwind(AssertUnwindSafe(work)));
        };
        let timeline = Arc::clone(&self.owned.core.timeline);
        threads.add(timeline, Arc::clone(&entry), Box::new(wake_sim), Box::new(work));
        self.spawn_known(async { result.await.unwrap_or_else(|panic| resume_unwind(panic)) }, entry)
    }
}
