//! tokio's clock and timer wheel: everything that knows how they work.
//!
//! tokio's timers are not visible from outside, but tokio stops at them by itself when it auto-advances. A timer of the
//! sim's own (the *fence*) stops it at the last whole millisecond before the next stop, and `tokio::time::advance` covers
//! the exact rest. tokio adds whole milliseconds when it auto-advances, so the clock is brought back to a whole one
//! before.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Waker},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{Instant, Sleep},
};

use super::driver::{Motion, RuntimeClock};
use crate::nanos::saturating_nanos;

/// The grain of tokio's timers.
///
/// Source: tokio 1.54, `runtime/time/source.rs`, `instant_to_tick`.
const MILLISECOND: u64 = 1_000_000;

/// The levels of tokio's timer wheel, and the bits of a tick that each takes.
///
/// Source: tokio 1.54, `runtime/time/wheel/mod.rs`, `NUM_LEVELS`, and `wheel/level.rs`, `LEVEL_MULT` of 64 slots.
const WHEEL_LEVELS: u64 = 6;
const WHEEL_BITS: u64 = 6;

/// How many tasks tokio polls between two polls of the future under `block_on`.
///
/// Source: tokio 1.54, `runtime/scheduler/current_thread/mod.rs`, `DEFAULT_EVENT_INTERVAL`.
pub(super) const TASKS_IN_A_ROW: u32 = 61;

/// How far apart the stops of the wheel's lowest level are: it stops nowhere else on its way to a timer.
const STOPOVERS: u64 = MILLISECOND << WHEEL_BITS;

/// The words of tokio's panic where it has no I/O driver.
///
/// Source: tokio 1.54, `runtime/driver.rs`, `Handle::io`.
pub(super) const NO_IO: &str = "IO is disabled";

/// The words of tokio's panic where `pause` meets a clock that is paused.
///
/// Source: tokio 1.54, `time/clock.rs`, `Clock::pause`.
pub(super) const IS_FROZEN: &str = "time is already frozen";

#[derive(Default)]
pub(super) struct TokioClock {
    /// Where virtual time began; set when the runtime runs for the first time.
    start: Option<Instant>,
    fence: Option<Fence>,
}

/// A timer of tokio's that nothing waits for, and where it is.
struct Fence {
    sleep: Pin<Box<Sleep>>,
    at: u64,
    /// tokio was last let go towards it.
    is_ahead: bool,
}

impl TokioClock {
    /// Starts virtual time, if it has not started.
    pub(super) fn start(&mut self) {
        self.start.get_or_insert_with(Instant::now);
    }

    /// Returns where tokio has come to, if that is the fence: the look costs a fraction of reading the clock.
    pub(super) fn reached(&self) -> Option<u64> {
        self.fence.as_ref().filter(|fence| fence.is_ahead && fence.sleep.is_elapsed()).map(|fence| fence.at)
    }

    /// Drops the fence, which belongs to the runtime: to be called when that is gone.
    pub(super) fn end(&mut self) {
        self.fence = None;
    }

    /// Has tokio wait for a timer, one far ahead unless there is one.
    pub(super) fn look_far_ahead(&mut self, now: u64) {
        /// Nearer timers would be stops on the way: tokio moves a timer back only where it is.
        const FAR: u64 = 3_600_000 * MILLISECOND;
        let is_there = self.fence.as_ref().is_some_and(|fence| fence.at > now && !fence.sleep.is_elapsed());
        if let (false, Some(start)) = (is_there, self.start) {
            self.raise_fence(start, now - now % MILLISECOND + FAR);
        }
    }

    /// Sets the timer that tokio's auto-advance stops at.
    fn raise_fence(&mut self, start: Instant, at: u64) {
        let deadline = start + Duration::from_nanos(at);
        match &mut self.fence {
            Some(fence) => {
                if fence.at != at || fence.sleep.is_elapsed() {
                    fence.sleep.as_mut().reset(deadline);
                }
                (fence.at, fence.is_ahead) = (at, true);
            }
            none => {
                let mut sleep = Box::pin(tokio::time::sleep_until(deadline));
                sleep.as_mut().reset(deadline); // registers it, where a poll would also leave a waker
                *none = Some(Fence { sleep, at, is_ahead: true });
            }
        }
    }
}

impl RuntimeClock for TokioClock {
    fn now(&self, known: u64) -> Option<u64> {
        let (start, now) = (self.start?, Instant::now());
        if now == start + Duration::from_nanos(known) {
            return Some(known); // the common case, without a division
        }
        Some(saturating_nanos(now - start))
    }

    /// tokio tells nothing of its timers.
    fn next_deadline(&self) -> Option<u64> {
        None
    }

    fn go_towards(&mut self, now: u64, stop: u64) -> Motion {
        let last_millisecond = stop - stop % MILLISECOND;
        if now >= last_millisecond {
            // `stop` is not a whole millisecond: it would be that last one, and so not ahead.
            advance(stop - now);
            return Motion::ToStop;
        }
        let into_millisecond = now % MILLISECOND;
        if into_millisecond > 0 {
            let next_millisecond = now + MILLISECOND - into_millisecond;
            advance(next_millisecond - now);
            return Motion::To(next_millisecond);
        }
        if let Some(start) = self.start {
            self.raise_fence(start, last_millisecond);
        }
        Motion::AutoAdvance
    }

    /// Where tokio has stopped for the fence, or on the way to it, nothing of its own was due.
    fn has_work(&mut self, now: u64) -> bool {
        let Some(fence) = &mut self.fence else { return true };
        fence.is_ahead = false;
        now != fence.at && !is_stopover(now, fence.at)
    }
}

/// Makes tokio look for work again instead of waiting, in virtual or in real time, for its next timer: a yield that
/// nothing waits for.
pub(super) fn stay_awake() {
    let _yielded = pin!(tokio::task::yield_now()).poll(&mut Context::from_waker(Waker::noop()));
}

/// Returns whether tokio may stop at this instant on its way to a timer.
pub(super) const fn may_be_stopover(now: u64) -> bool {
    now % STOPOVERS == 0
}

/// Returns how many tasks this runtime holds.
pub(super) fn tasks_alive() -> u64 {
    Handle::current().metrics().num_alive_tasks() as u64
}

/// Returns how many tasks the process has ever spawned, this call's own included.
///
/// Source: tokio 1.54, `runtime/task/id.rs`, `Id::next`: one counter of the process.
pub(super) fn tasks_ever() -> u64 {
    let id = tokio::spawn(std::future::ready(())).id();
    id.to_string().parse().expect("the id of a task is a number")
}

/// Moves tokio's clock: the first poll does, the rest would only yield.
fn advance(by: u64) {
    let moved = pin!(tokio::time::advance(Duration::from_nanos(by)));
    let _yielded = moved.poll(&mut Context::from_waker(Waker::noop()));
}

/// Returns whether tokio may stop here on its way to a lonely timer: one far ahead goes down the wheel level by level,
/// each time with an auto-advance of its own.
fn is_stopover(now: u64, fence: u64) -> bool {
    let (now, fence) = (now / MILLISECOND, fence / MILLISECOND);
    let level = |level: u64| (fence >> (WHEEL_BITS * level)) << (WHEEL_BITS * level);
    now <= fence && (1..=WHEEL_LEVELS).any(|number| now == level(number))
}

#[cfg(test)]
mod tests {
    use std::{
        cell::{Cell, RefCell},
        panic::{AssertUnwindSafe, catch_unwind},
        rc::Rc,
        sync::{Arc, Mutex},
        task::Poll,
    };

    use tokio::runtime::{Builder, LocalOptions, Runtime};

    use super::*;
    use crate::violation::panic_text;

    fn paused(on_park: impl Fn() + Send + Sync + 'static) -> Runtime {
        Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .on_thread_park(on_park)
            .build()
            .expect("a runtime")
    }

    /// Fails when tokio changes what the sim builds on.
    #[test]
    fn tokio_is_as_this_file_says() {
        // A lonely timer is reached by way of the wheel's levels, and of nothing else.
        let start: Arc<Mutex<Option<Instant>>> = Arc::default();
        let parked: Arc<Mutex<Vec<u64>>> = Arc::default();
        let (started, stops) = (Arc::clone(&start), Arc::clone(&parked));
        let runtime = paused(move || {
            let start = *started.lock().unwrap();
            stops.lock().unwrap().extend(start.map(|start| saturating_nanos(Instant::now() - start)));
        });
        let far = 3_600_123_u64;
        runtime.block_on(async {
            *start.lock().unwrap() = Some(Instant::now());
            tokio::time::sleep(Duration::from_millis(far)).await;
            // A timer in the middle of a millisecond fires at the end of it.
            let before = Instant::now();
            tokio::time::sleep(Duration::from_micros(1500)).await;
            assert_eq!(before.elapsed(), Duration::from_millis(2));
        });
        let mut stops = parked.lock().unwrap().clone();
        stops.retain(|stop| *stop > 0 && *stop < far * MILLISECOND);
        assert!(!stops.is_empty(), "the wheel has levels");
        assert!(stops.iter().all(|stop| is_stopover(*stop, far * MILLISECOND)), "{stops:?}");
        assert!(stops.iter().all(|stop| may_be_stopover(*stop)), "{stops:?}");

        // `advance` moves the clock in its first poll, to the nanosecond; a yield keeps the thread from parking.
        let parks = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&parks);
        let runtime = paused(move || *counted.lock().unwrap() += 1);
        runtime.block_on(async {
            let before = Instant::now();
            advance(1_500_001);
            assert_eq!(before.elapsed(), Duration::from_nanos(1_500_001));
        });

        // The future under `block_on` has its turn after that many tasks.
        let polls = Rc::new(Cell::new(0_u32));
        let seen = Rc::new(RefCell::new(Vec::new()));
        let (counted, noted) = (Rc::clone(&polls), Rc::clone(&seen));
        let busy = Builder::new_current_thread().build_local(LocalOptions::default()).expect("a runtime");
        let spin = busy.spawn_local(std::future::poll_fn(move |cx: &mut Context<'_>| -> Poll<()> {
            counted.set(counted.get() + 1);
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
        busy.block_on(std::future::poll_fn(move |cx| {
            noted.borrow_mut().push(polls.get());
            cx.waker().wake_by_ref();
            if noted.borrow().len() < 4 { Poll::Pending } else { Poll::Ready(()) }
        }));
        spin.abort();
        let rounds: Vec<u32> = seen.borrow().windows(2).map(|two| two[1] - two[0]).collect();
        assert!(rounds.iter().all(|round| *round <= TASKS_IN_A_ROW), "{rounds:?}");
        assert!(rounds.contains(&TASKS_IN_A_ROW), "{rounds:?}");

        // The tasks of a process are counted.
        let few = paused(|| ());
        few.block_on(async {
            let before = tasks_ever();
            let spawned: Vec<_> = (0..10).map(|_| tokio::spawn(async {})).collect();
            assert!(tasks_ever() >= before + 11, "other tests spawn, too");
            assert!(tasks_alive() >= 10);
            drop(spawned);
        });

        // What tokio says where it has no I/O driver.
        let without_io = paused(|| ());
        let connected = catch_unwind(AssertUnwindSafe(|| {
            without_io.block_on(async { drop(tokio::net::UdpSocket::bind("127.0.0.1:0").await) });
        }));
        assert!(panic_text(&*connected.expect_err("no I/O")).contains(NO_IO));
    }
}
