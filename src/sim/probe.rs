//! Counts the polls of all tasks, also of those that the kit does not know.
//!
//! The probe is a task that is always ready: it takes each turn of a batch of polls that no other task takes. After each
//! batch tokio polls the future under `block_on`, which subtracts. While the probe runs the sim is not idle, so it runs
//! only for two questions:
//!
//! - Did anything run where tokio's clock has stopped? It also stops at the levels of its timer wheel, where nothing is due.
//! - Is a task polled too often at one instant? The watchdog asks once a sim has not been idle for a while.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Poll, Waker},
};

use super::tokio_clock::{TASKS_IN_A_ROW, tasks_alive, tasks_ever};
use crate::sync::lock;

/// How many times more tasks than at its begin one count may meet, before it begins again.
const MORE_TASKS: u64 = 4;

#[derive(Default)]
pub(super) struct Probe {
    /// Looked at in each poll of the test.
    is_asked: AtomicBool,
    state: Mutex<State>,
    /// The last instant at which nothing ran, plus one.
    stopover: AtomicU64,
}

#[derive(Default)]
struct State {
    question: Option<Question>,
    task: Weak<ProbeTask>,
}

enum Question {
    /// Does anything run at this instant?
    Runs(u64),
    /// Is a task polled more often than this? The polls are counted from the next batch on.
    Busy(u32, Option<Count>),
}

/// The task's turns in this batch.
#[derive(Default)]
struct ProbeTask {
    turns: AtomicU32,
    is_over: AtomicBool,
}

/// The polls since a point of the run.
struct Count {
    polls: u64,
    /// How many polls show that one task had too many.
    needed: u64,
    /// How many tasks there were when it began, the probe aside.
    alive: u64,
    /// How many tasks the process had ever spawned by then, and with the questions since then: each spawns one.
    ever: u64,
}

impl Probe {
    /// Asks whether anything runs at `now`. To be called before the next batch, with the waker of the future under
    /// `block_on`.
    pub(super) fn ask_whether_anything_runs(&self, now: u64, test: &Waker) {
        self.ask(Question::Runs(now), test);
    }

    /// Asks whether a task is polled more than `limit` times at this instant, if nothing is asked.
    pub(super) fn ask_whether_busy(&self, limit: u32, test: &Waker) {
        if !self.is_asked() {
            self.ask(Question::Busy(limit, None), test);
        }
    }

    fn ask(&self, question: Question, test: &Waker) {
        lock(&self.state).question = Some(question);
        self.is_asked.store(true, Ordering::Release);
        test.wake_by_ref();
    }

    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Acquire)
    }

    /// Returns whether nothing ran at `now`, where tokio's clock has stopped.
    pub(super) fn is_stopover(&self, now: u64) -> bool {
        self.stopover.load(Ordering::Relaxed) == now.saturating_add(1)
    }

    /// Notes that an event of the kit's own fires at this instant.
    pub(super) fn something_runs(&self) {
        self.stopover.store(0, Ordering::Relaxed);
    }

    /// Returns how many tasks of the runtime are the probe.
    pub(super) fn tasks(&self) -> usize {
        lock(&self.state).task.strong_count()
    }

    /// Looks at the batch that has ended, to be called in each poll of the future under `block_on` while something is
    /// asked. True if a task was polled too often.
    pub(super) fn batch_ended(&self, test_runs: bool, test: &Waker) -> bool {
        let mut state = lock(&self.state);
        let State { question: Some(question), task } = &mut *state else { return false };
        let mut others = u64::from(test_runs);
        let running = task.upgrade().filter(|task| !task.is_over.load(Ordering::Relaxed));
        if let Some(running) = running {
            others += u64::from(TASKS_IN_A_ROW - running.turns.swap(0, Ordering::Relaxed));
            let (is_answered, is_too_many) = match question {
                Question::Runs(now) => {
                    let stopover = if others == 0 { *now + 1 } else { 0 };
                    self.stopover.store(stopover, Ordering::Relaxed);
                    (true, false)
                }
                Question::Busy(limit, count) => {
                    let is_too_many = others > 0 && Count::add(count, others, u64::from(*limit));
                    (others == 0 || is_too_many, is_too_many)
                }
            };
            if is_answered {
                self.end_of(&mut state);
                return is_too_many;
            }
        } else if test_runs && matches!(question, Question::Runs(_)) {
            self.something_runs();
            self.end_of(&mut state);
            return false;
        } else {
            let started = Arc::new(ProbeTask::default());
            *task = Arc::downgrade(&started);
            drop(state);
            tokio::spawn(run(started));
        }
        test.wake_by_ref(); // for the end of the next batch
        false
    }

    /// Forgets what is asked.
    pub(super) fn end(&self) {
        self.end_of(&mut lock(&self.state));
    }

    fn end_of(&self, state: &mut State) {
        state.question = None;
        if let Some(task) = state.task.upgrade() {
            task.is_over.store(true, Ordering::Relaxed);
        }
        self.is_asked.store(false, Ordering::Release);
    }
}

impl Count {
    fn begin(limit: u64) -> Self {
        let alive = tasks_alive().saturating_sub(1).max(1);
        Self { polls: 0, needed: limit.saturating_mul(alive), alive, ever: tasks_ever() }
    }

    /// Adds polls to the count, and begins one if there is none. True if there were more than `limit` for each task that
    /// there was, also for those that ended.
    fn add(count: &mut Option<Self>, polls: u64, limit: u64) -> bool {
        let known = count.get_or_insert_with(|| Self::begin(limit));
        known.polls += polls;
        if known.polls <= known.needed {
            return false;
        }
        known.ever += 1;
        let tasks = known.alive + tasks_ever() - known.ever;
        known.needed = limit.saturating_mul(tasks);
        let is_too_many = known.polls > known.needed;
        if tasks > known.alive * MORE_TASKS {
            *count = None;
        }
        is_too_many
    }
}

/// Takes each turn that is left.
async fn run(task: Arc<ProbeTask>) {
    poll_fn(|cx| {
        if task.is_over.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        task.turns.fetch_add(1, Ordering::Relaxed);
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
