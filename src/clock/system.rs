//! `SystemClock`: the real time, with one thread for its timers.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant, SystemTime},
};

use super::{
    Clock, Sleep,
    queue::{EventKey, EventQueue},
};
use crate::sync::lock;

/// The real time, always, with nothing but std. The first sleep starts one thread, `unplugged-timers`, which
/// serves all sleeps of the process; where tokio runs, [`TokioClock`](super::TokioClock) needs none.
///
/// ```
/// use unplugged::clock::{Clock, SystemClock};
///
/// assert!(SystemClock.now() <= SystemClock.now());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete: there is one real time")]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the real clock")]
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// The first time that this was asked for.
    fn start(&self) -> Instant {
        static START: OnceLock<Instant> = OnceLock::new();
        *START.get_or_init(|| self.now())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the real clock")]
    fn system_time(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::from_future(RealSleep { deadline, timer: None })
    }
}

struct RealSleep {
    deadline: Instant,
    timer: Option<EventKey>,
}

impl Future for RealSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if SystemClock.now() >= self.deadline {
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

struct Timers {
    queue: Mutex<EventQueue<Waker>>,
    changed: Condvar,
    base: Instant,
}

impl Timers {
    fn of_the_process() -> &'static Arc<Self> {
        static TIMERS: OnceLock<Arc<Timers>> = OnceLock::new();
        TIMERS.get_or_init(|| {
            let timers = Arc::new(Self {
                queue: Mutex::new(EventQueue::new()),
                changed: Condvar::new(),
                base: SystemClock.now(),
            });
            let served = Arc::clone(&timers);
            thread::Builder::new()
                .name("unplugged-timers".into())
                .spawn(move || served.serve())
                .expect("the system can start a thread");
            timers
        })
    }

    fn wake_at(&self, deadline: Instant, waker: Waker) -> EventKey {
        let key = lock(&self.queue).insert(self.nanos(deadline), waker);
        self.changed.notify_one();
        key
    }

    fn cancel(&self, timer: Option<EventKey>) {
        let waker = timer.and_then(|key| lock(&self.queue).remove(key));
        drop(waker); // outside the lock: it may own anything
    }

    fn serve(&self) {
        let mut queue = lock(&self.queue);
        loop {
            let now = self.nanos(SystemClock.now());
            queue = if let Some((_, waker)) = queue.pop_due(now) {
                drop(queue);
                waker.wake();
                lock(&self.queue)
            } else if let Some(next) = queue.next_deadline() {
                let pause = Duration::from_nanos(next - now);
                self.changed.wait_timeout(queue, pause).unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Nanoseconds since the thread began, rounded down: a timer is never early by it, as the sleep asks again.
    fn nanos(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.base).as_nanos()).unwrap_or(u64::MAX)
    }
}
