//! Futures that a `FakeClock` polls as its time moves.

use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use super::{
    future::{OnWake, Slot},
    watch::{Runner, Settle, Settled, Watch},
};
use crate::{
    clock::{Attached, FakeClock},
    fault::Place,
    sync::lock,
};

impl FakeClock {
    /// Polls `future` at once, and from then on whenever it is woken while time moves: between any two
    /// deadlines, with the instant of its own deadline as `now`. Also at each question.
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
        F::Output: Send + Sync + 'static,
    {
        let slot = Slot::new(Place::caller());
        let task = Arc::new_cyclic(|task: &Weak<Task<F>>| {
            let task: Weak<dyn Attached> = task.clone();
            slot.woken.tell(OnWake::Clock(self.ready_queue(), task));
            Task {
                slot: Arc::clone(&slot),
                future: Mutex::new(Some(Box::pin(future))),
                polled_when: AtomicU64::new(0),
                polls: AtomicU32::new(0),
            }
        });
        let first: Weak<dyn Attached> = Arc::downgrade(&(Arc::clone(&task) as Arc<dyn Attached>));
        self.ready_queue().push(first);
        self.settle();
        Watch::new(slot, Runner::Clock(Rc::new(OnClock { clock: self.clone(), _task: task })))
    }
}

/// Owned by the watch; the clock has only a weak reference.
struct Task<F: Future> {
    slot: Arc<Slot<F::Output>>,
    future: Mutex<Option<Pin<Box<F>>>>,
    polled_when: AtomicU64,
    polls: AtomicU32,
}

impl<F> Attached for Task<F>
where
    F: Future + Send,
    F::Output: Send + Sync,
{
    fn poll_at(self: Arc<Self>, now: u64) -> u32 {
        // Taken out while it runs: no lock is held, and a future that drops its own watch is no deadlock.
        let Some(mut future) = lock(&self.future).take() else { return 0 };
        if self.slot.woken.is_set() && self.slot.poll(future.as_mut()).is_pending() {
            *lock(&self.future) = Some(future);
        } else if self.slot.is_pending() {
            *lock(&self.future) = Some(future);
            return 0;
        }
        if self.polled_when.swap(now, Ordering::Relaxed) != now {
            self.polls.store(0, Ordering::Relaxed);
        }
        self.polls.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn label(&self) -> String {
        self.slot.label()
    }
}

struct OnClock {
    clock: FakeClock,
    _task: Arc<dyn Attached>,
}

impl Settle for OnClock {
    fn settle(&self) -> Settled {
        if self.clock.settle() { Settled::Yes } else { Settled::NotHere }
    }

    fn when_to_ask(&self) -> &'static str {
        "ask when the clock stands: not from inside a callback or a future that it runs"
    }

    fn context(&self) -> Vec<(&'static str, String)> {
        let mut lines =
            vec![("now", format!("+{:?}", std::time::Duration::from_nanos(self.clock.timeline().now())))];
        if let Some(seed) = self.clock.timeline().shuffled_by() {
            lines.push(("seed", seed.to_string()));
        }
        lines
    }
}
