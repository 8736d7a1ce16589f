//! tokio's paused clock with no network: the least that a message can cost where tokio's own timers stay exact.
//!
//! All of it works inside the hook that tokio calls when no task can run, once a park: nothing cheaper moves its
//! clock. tokio's timers cannot be seen from outside, so the clock must not jump over a millisecond, but park so that
//! tokio itself stops at its next one.

use std::{
    cell::RefCell,
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::{
    runtime::Builder,
    task,
    time::{self, Instant, Sleep},
};

const MILLISECOND: u64 = 1_000_000;

/// Moves tokio's clock from event to event, each of which wakes the task.
struct Clock {
    start: Instant,
    now: u64,
    /// When the next event is, and how far from one to the next.
    event: u64,
    pace: u64,
    left: usize,
    task: Option<Waker>,
    /// A timer at the last millisecond before the event, where tokio stops by itself.
    fence: Option<Pin<Box<Sleep>>>,
    fence_at: u64,
}

thread_local! {
    static CLOCK: RefCell<Option<Clock>> = const { RefCell::new(None) };
}

/// An event each millisecond.
pub(crate) fn milliseconds(count: usize) {
    run(MILLISECOND, count);
}

/// Events at a nanosecond of their own: as many as if so many clients had a message under way for five milliseconds.
pub(crate) fn nanoseconds(clients: usize, count: usize) {
    run(5_432_101 / clients as u64, count);
}

fn run(pace: u64, count: usize) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .on_thread_park(|| CLOCK.with_borrow_mut(|clock| clock.iter_mut().for_each(Clock::step)))
        .build()
        .expect("a runtime");
    let ended = runtime.block_on(async move {
        let start = Instant::now();
        let clock =
            Clock { start, now: 0, event: pace, pace, left: count, task: None, fence: None, fence_at: 0 };
        CLOCK.set(Some(clock));
        task::spawn(poll_fn(poll)).await.expect("the task");
        CLOCK.set(None);
        start.elapsed()
    });
    assert_eq!(ended, Duration::from_nanos(pace) * count as u32, "each event at its nanosecond");
}

fn poll(cx: &mut Context<'_>) -> Poll<()> {
    CLOCK.with_borrow_mut(|clock| {
        let clock = clock.as_mut().expect("it runs");
        clock.task = Some(cx.waker().clone());
        if clock.left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
}

impl Clock {
    fn step(&mut self) {
        let last_millisecond = self.event - self.event % MILLISECOND;
        let into_millisecond = self.now % MILLISECOND;
        if self.left == 0 {
            return;
        }
        if self.now < last_millisecond && into_millisecond > 0 {
            // tokio adds whole milliseconds: from between two of them it would be late for its own timers.
            return self.advance_to(self.now - into_millisecond + MILLISECOND);
        }
        if self.now < last_millisecond {
            if self.fence_at != last_millisecond {
                return self.set_fence(last_millisecond);
            }
            if self.fence.as_ref().is_some_and(|fence| !fence.is_elapsed()) {
                return; // a timer of somebody else's came first
            }
            self.now = last_millisecond;
        }
        if self.now < self.event {
            self.advance_to(self.event);
        }
        self.event += self.pace;
        self.left -= 1;
        self.task.take().into_iter().for_each(Waker::wake);
    }

    fn set_fence(&mut self, at: u64) {
        let deadline = self.start + Duration::from_nanos(at);
        let fence = self.fence.get_or_insert_with(|| Box::pin(time::sleep_until(deadline)));
        fence.as_mut().reset(deadline); // registers it, also the first time
        self.fence_at = at;
    }

    fn advance_to(&mut self, at: u64) {
        let moved = time::advance(Duration::from_nanos(at - self.now));
        let _moved = pin!(moved).poll(&mut Context::from_waker(Waker::noop()));
        self.now = at;
    }
}
