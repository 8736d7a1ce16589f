//! The threads of a sim: one runs at a time, in its turn, and waits in virtual time.
//!
//! A thread has its turn when no task can run: the sim's own thread waits until it parks or ends. What it wakes runs
//! afterwards, so the order is the same in each run.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
    thread,
    time::Duration,
};

use unplugged_seam::__private::{ThreadHook, ThreadWait, set_thread_hook};

use super::task_entry::TaskEntry;
use crate::{
    clock::{Sleep, Timeline},
    nanos::later,
    sync::lock,
    wait::Wait,
};

type Work = Box<dyn FnOnce() + Send>;
type WakeSim = Box<dyn Fn() + Send + Sync>;

/// The threads of one sim.
#[derive(Default)]
pub(super) struct Threads {
    queue: Arc<Mutex<Queue>>,
    /// A thread has its turn.
    is_running: AtomicBool,
}

#[derive(Default)]
struct Queue {
    ready: VecDeque<Arc<SimThread>>,
    /// Those that have not ended, as far as it is known.
    all: Vec<Weak<SimThread>>,
    is_over: bool,
}

struct SimThread {
    queue: Weak<Mutex<Queue>>,
    timeline: Arc<Timeline>,
    /// Lets the sim look again: tokio may be parked when a thread that is not the sim's wakes this one.
    wake_sim: WakeSim,
    /// The task that waits for its result: reports show what that waits for.
    task: Arc<TaskEntry>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    turn: Turn,
    /// Until it begins.
    work: Option<Work>,
    is_woken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It waits for its turn.
    Ready,
    Running,
    /// It waits to be woken.
    Parked,
    Ended,
    /// The sim is over: it runs to its end, and no wait is virtual any more.
    Free,
}

impl Threads {
    /// Adds a thread that begins at its first turn.
    pub(super) fn add(&self, timeline: Arc<Timeline>, task: Arc<TaskEntry>, wake_sim: WakeSim, work: Work) {
        let state = State { turn: Turn::Ready, work: Some(work), is_woken: false };
        let thread = Arc::new(SimThread {
            queue: Arc::downgrade(&self.queue),
            timeline,
            wake_sim,
            task,
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let mut queue = lock(&self.queue);
        queue.all.retain(|known| known.strong_count() > 0);
        queue.all.push(Arc::downgrade(&thread));
        queue.ready.push_back(thread);
    }

    /// Returns whether a thread has its turn now.
    pub(super) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    /// Gives the next thread that is ready its turn, until it parks, ends, or the test fails. Returns false if none is.
    pub(super) fn run_next(&self, is_failing: impl Fn() -> bool) -> bool {
        let next = lock(&self.queue).ready.pop_front();
        let Some(thread) = next else { return false };
        self.is_running.store(true, Ordering::Release);
        thread.take_turn(is_failing);
        self.is_running.store(false, Ordering::Release);
        true
    }

    /// The test fails: a thread that runs is not waited for any longer.
    pub(super) fn give_up(&self) {
        for thread in self.living() {
            drop(lock(&thread.state));
            thread.changed.notify_all();
        }
    }

    /// The sim is over: what has not begun never does, and what waits goes on, as if its limit had passed.
    pub(super) fn end(&self) {
        let ready = {
            let mut queue = lock(&self.queue);
            queue.is_over = true;
            std::mem::take(&mut queue.ready)
        };
        for thread in self.living() {
            let mut state = lock(&thread.state);
            if state.turn != Turn::Ended {
                state.turn = Turn::Free;
            }
            let work = state.work.take();
            drop(state);
            thread.changed.notify_all();
            drop(work);
        }
        drop(ready);
    }

    fn living(&self) -> Vec<Arc<SimThread>> {
        lock(&self.queue).all.iter().filter_map(Weak::upgrade).collect()
    }
}

impl SimThread {
    /// On the sim's thread.
    fn take_turn(self: &Arc<Self>, is_failing: impl Fn() -> bool) {
        let mut state = lock(&self.state);
        state.turn = Turn::Running;
        match state.work.take() {
            Some(work) => self.begin(work),
            None => self.changed.notify_all(),
        }
        while state.turn == Turn::Running && !is_failing() {
            state = self.wait(state);
        }
    }

    fn begin(self: &Arc<Self>, work: Work) {
        let it = Arc::clone(self);
        let place = self.task.report.made_at();
        let builder = thread::Builder::new().name(format!("blocking task, spawned at {place}"));
        let begun = builder.spawn(move || {
            let hook = set_thread_hook(Some(Arc::clone(&it) as Arc<dyn ThreadHook>));
            work();
            drop(set_thread_hook(hook));
            let mut state = lock(&it.state);
            state.turn = Turn::Ended;
            drop(state);
            it.changed.notify_all();
        });
        begun.unwrap_or_else(|error| panic!("the system can start no thread: {error}"));
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// On the thread itself: waits for the next turn after a wake. False if the sim is over.
    fn give_way(&self) -> bool {
        let mut state = lock(&self.state);
        if state.is_woken || state.turn == Turn::Free {
            return state.turn != Turn::Free;
        }
        state.turn = Turn::Parked;
        self.changed.notify_all();
        while !matches!(state.turn, Turn::Running | Turn::Free) {
            state = self.wait(state);
        }
        state.turn != Turn::Free
    }

    /// Puts it among those that are ready, if it waits.
    fn becomes_ready(self: &Arc<Self>, is_woken: bool) {
        let mut state = lock(&self.state);
        state.is_woken |= is_woken;
        if state.turn != Turn::Parked {
            return;
        }
        state.turn = Turn::Ready;
        drop(state);
        let Some(queue) = self.queue.upgrade() else { return };
        let mut queue = lock(&queue);
        if !queue.is_over {
            queue.ready.push_back(Arc::clone(self));
        }
        drop(queue);
        (self.wake_sim)();
    }

    fn wait_of(waits: &ThreadWait) -> Wait {
        let wait = Wait::new(waits.call, waits.called_at.into());
        let wait = match waits.for_what_began_at {
            Some(began) => wait.detailed(format!("for the operation started at {began}")),
            None => wait,
        };
        match waits.deadline {
            Some(deadline) => wait.due(Duration::from_nanos(deadline)),
            None => wait,
        }
    }
}

impl ThreadHook for SimThread {
    fn deadline_after(&self, limit: Duration) -> Option<u64> {
        later(self.timeline.now(), limit)
    }

    fn park(self: Arc<Self>, waits: &ThreadWait) -> bool {
        let timer = Waker::from(Arc::new(Timer(Arc::clone(&self))));
        let timeline = &self.timeline;
        let mut sleep: Option<Sleep> = waits
            .deadline
            .map(|deadline| timeline.sleep_until(timeline.instant_at(deadline), waits.called_at.into()));
        self.task.report.set_waits(vec![Self::wait_of(waits)]);
        let is_woken = loop {
            if std::mem::take(&mut lock(&self.state).is_woken) {
                break true;
            }
            let is_late = sleep
                .as_mut()
                .is_some_and(|sleep| Pin::new(sleep).poll(&mut Context::from_waker(&timer)).is_ready());
            if is_late || !self.give_way() {
                break false;
            }
        };
        self.task.report.set_waits(Vec::new());
        is_woken
    }

    fn wake(self: Arc<Self>) {
        self.becomes_ready(true);
    }
}

/// Wakes a thread whose limit has passed.
struct Timer(Arc<SimThread>);

impl Wake for Timer {
    fn wake(self: Arc<Self>) {
        self.0.becomes_ready(false);
    }
}
