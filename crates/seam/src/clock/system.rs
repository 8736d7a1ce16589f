//! `SystemClock`: the real time, with one thread for its timers.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::{Instant, SystemTime},
};

use super::{Clock, Sleep};
use crate::simulated::{note_real_use, real_now};

/// The real time, always, with nothing but std.
///
/// The first sleep starts one thread, `unplugged-timers`, which serves all sleeps of the process. Where tokio runs,
/// `TokioClock` needs no thread.
///
/// ```
/// use unplugged_seam::{Clock, SystemClock};
///
/// assert!(SystemClock.now() <= SystemClock.now());
/// assert!(SystemClock.is_real());
/// ```
///
/// # Panics
/// Every use of it on a thread where a sim of the test kit runs: the code should take the clock of the sim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete: there is one real time")]
pub struct SystemClock;

impl Clock for SystemClock {
    #[track_caller]
    fn now(&self) -> Instant {
        note_real_use("SystemClock::now");
        real_now()
    }

    /// Returns when this was first called.
    #[track_caller]
    fn start(&self) -> Instant {
        static START: OnceLock<Instant> = OnceLock::new();
        note_real_use("SystemClock::start");
        *START.get_or_init(real_now)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the real clock")]
    #[track_caller]
    fn system_time(&self) -> SystemTime {
        note_real_use("SystemClock::system_time");
        SystemTime::now()
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        note_real_use("SystemClock::sleep_until");
        Sleep::from_future(RealSleep { deadline, timer: None })
    }

    fn is_real(&self) -> bool {
        true
    }
}

struct RealSleep {
    deadline: Instant,
    timer: Option<TimerKey>,
}

impl Future for RealSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if real_now() >= self.deadline {
            return Poll::Ready(());
        }
        let timers = Timers::of_the_process();
        timers.cancel(self.timer.take());
        self.timer = Some(timers.wake_at(self.deadline, cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for RealSleep {
    fn drop(&mut self) {
        if self.timer.is_some() {
            Timers::of_the_process().cancel(self.timer);
        }
    }
}

/// A deadline, and a number that no other timer has.
type TimerKey = (Instant, u64);

struct Timers {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<TimerKey, Waker>,
    made: u64,
}

impl Timers {
    fn of_the_process() -> &'static Arc<Self> {
        static TIMERS: OnceLock<Arc<Timers>> = OnceLock::new();
        TIMERS.get_or_init(|| {
            let timers = Arc::new(Self { state: Mutex::default(), changed: Condvar::new() });
            let served = Arc::clone(&timers);
            thread::Builder::new()
                .name("unplugged-timers".into())
                .spawn(move || served.serve())
                .expect("the system can start a thread");
            timers
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_at(&self, deadline: Instant, waker: Waker) -> TimerKey {
        let mut state = self.lock();
        state.made += 1;
        let key = (deadline, state.made);
        state.waiting.insert(key, waker);
        drop(state);
        self.changed.notify_one();
        key
    }

    fn cancel(&self, timer: Option<TimerKey>) {
        let waker = timer.and_then(|key| self.lock().waiting.remove(&key));
        drop(waker); // outside the lock: it may own anything
    }

    fn serve(&self) {
        let mut state = self.lock();
        loop {
            let now = real_now();
            state = match state.waiting.first_key_value().map(|(key, _)| *key) {
                Some(key) if key.0 <= now => {
                    let waker = state.waiting.remove(&key);
                    drop(state);
                    waker.into_iter().for_each(Waker::wake);
                    self.lock()
                }
                Some((next, _)) => {
                    self.changed.wait_timeout(state, next - now).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
