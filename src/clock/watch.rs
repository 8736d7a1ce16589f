//! `FakeClock::watch`: futures that a clock polls as its time moves.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Wake, Waker},
};

use super::{
    fake::FakeClock,
    ready::{Attached, ReadyQueue},
};
use crate::{
    leaf,
    nanos::offset,
    outcome::{AnswerSlot, Asked, FutureReport, Settle, Settled, Watch, poll_watched},
    sync::lock,
    violation::SourceLocation,
};

impl FakeClock {
    /// Polls `future` at once, and then whenever it is woken while time moves: between any two deadlines, with the
    /// instant of its own deadline as `now`. Also at each question.
    ///
    /// A future that cannot be sent between threads is watched in a `Sim`.
    ///
    /// ```
    /// use unplugged::clock::{ClockExt, FakeClock, secs};
    ///
    /// let clock = FakeClock::new();
    /// let laps = clock.watch({
    ///     let clock = clock.clone();
    ///     async move {
    ///         let mut laps = Vec::new();
    ///         for _ in 0..3 {
    ///             clock.sleep(secs(10)).await;
    ///             laps.push(clock.since_start());
    ///         }
    ///         laps
    ///     }
    /// });
    /// clock.advance(secs(3600));
    /// assert_eq!(laps.assert_ready(), &[secs(10), secs(20), secs(30)]);
    /// ```
    ///
    /// # Panics
    /// With the panic of the future, if its first poll panics.
    #[track_caller]
    pub fn watch<F>(&self, future: F) -> Watch<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = Arc::new(WatchedTask {
            answer: AnswerSlot::new(),
            report: FutureReport::of_watched(SourceLocation::caller()),
            is_woken: AtomicBool::new(false),
            ready: self.ready_queue(),
            future: Mutex::new(Held { future: Some(Box::pin(future)), is_abandoned: false }),
            polled_when: AtomicU64::new(0),
            polls: AtomicU32::new(0),
        });
        let watch = Watch::new(Arc::clone(&task) as Arc<dyn Asked<F::Output>>, Box::new(self.clone()));
        task.wake();
        self.settle();
        watch
    }
}

/// A watched future with its answer and its own waker, in one allocation. Its watch alone owns the future; a waker that
/// outlives the watch keeps the allocation only.
struct WatchedTask<F: Future> {
    answer: AnswerSlot<F::Output>,
    report: FutureReport,
    /// True while it stands in the ready queue, or is about to be polled.
    is_woken: AtomicBool,
    ready: Arc<ReadyQueue>,
    future: Mutex<Held<F>>,
    polled_when: AtomicU64,
    polls: AtomicU32,
}

struct Held<F> {
    future: Option<Pin<Box<F>>>,
    /// Its watch was dropped.
    is_abandoned: bool,
}

impl<F> Wake for WatchedTask<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn wake(self: Arc<Self>) {
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            let ready = Arc::clone(&self.ready);
            ready.push(self);
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Arc::clone(self).wake();
    }
}

impl<F> Attached for WatchedTask<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn poll_at(self: Arc<Self>, now: u64, limit: u32) -> Result<(), String> {
        // Taken out while it runs: no lock is held, and a future that drops its own watch is no deadlock.
        let Some(mut future) = lock(&self.future).future.take() else { return Ok(()) };
        self.is_woken.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&self));
        if poll_watched(&*self, &waker, Pin::new(&mut leaf::outside_the_budget(future.as_mut()))).is_pending()
        {
            let mut held = lock(&self.future);
            if !held.is_abandoned {
                held.future = Some(future);
            }
        }
        if self.polled_when.swap(now, Ordering::Relaxed) != now {
            self.polls.store(0, Ordering::Relaxed);
        }
        let polls = self.polls.fetch_add(1, Ordering::Relaxed) + 1;
        if polls > limit { Err(self.report.label()) } else { Ok(()) }
    }
}

impl<F> Asked<F::Output> for WatchedTask<F>
where
    F: Future + Send,
    F::Output: Send,
{
    fn answer(&self) -> &AnswerSlot<F::Output> {
        &self.answer
    }

    fn report(&self) -> &FutureReport {
        &self.report
    }

    fn is_woken(&self) -> bool {
        self.is_woken.load(Ordering::Acquire)
    }

    fn holders(self: Arc<Self>) -> usize {
        Arc::strong_count(&self) - 2 // this one, and the watch
    }

    fn abandon(&self) {
        let mut held = lock(&self.future);
        held.is_abandoned = true;
        let future = held.future.take();
        drop(held);
        drop(future); // it may own anything: no lock is held
    }
}

impl Settle for FakeClock {
    fn settle(&self) -> Settled {
        if Self::settle(self) { Settled::Yes } else { Settled::NotHere }
    }

    fn when_to_ask(&self) -> &'static str {
        "ask when the clock stands: not from inside a callback or a future that it runs"
    }

    fn context(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("now", offset(self.timeline().now()).to_string())];
        if let Some(seed) = self.timeline().shuffled_by() {
            lines.push(("seed", seed.to_string()));
        }
        lines
    }
}
