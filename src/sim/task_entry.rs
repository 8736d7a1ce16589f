//! The tasks that a sim knows.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::{nanos::offset, outcome::FutureReport, wait::Waiting};

/// A task that the sim knows.
pub(super) struct TaskEntry {
    pub(super) report: Arc<FutureReport>,
    kind: TaskKind,
    has_begun: AtomicBool,
    /// It is done, or it was dropped.
    is_over: AtomicBool,
    /// It came to its end by itself.
    has_ended: AtomicBool,
    /// When it ran last, or was made.
    ran: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskKind {
    Foreground,
    /// `run_until_idle` does not wait for it.
    Background,
    /// A watch has it, and its answer may be worth a look.
    Watched {
        has_answer: bool,
    },
}

impl TaskEntry {
    pub(super) fn new(now: u64, report: Arc<FutureReport>, kind: TaskKind) -> Arc<Self> {
        let [has_begun, is_over, has_ended] = [false; 3].map(AtomicBool::new);
        Arc::new(Self { report, kind, has_begun, is_over, has_ended, ran: AtomicU64::new(now) })
    }

    pub(super) fn begins(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }

    /// Returns whether a spawned task was not polled once. A watch owns its future and may drop it before.
    pub(super) fn never_began(&self) -> bool {
        !self.is_watched() && !self.has_begun.load(Ordering::Relaxed)
    }

    pub(super) fn runs(&self, now: u64) {
        self.ran.store(now, Ordering::Relaxed);
    }

    pub(super) fn ends(&self) {
        self.has_ended.store(true, Ordering::Release);
    }

    pub(super) fn is_dropped(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    pub(super) fn is_pending(&self) -> bool {
        !self.is_over.load(Ordering::Acquire)
    }

    pub(super) fn is_background(&self) -> bool {
        self.kind == TaskKind::Background
    }

    pub(super) const fn is_watched(&self) -> bool {
        matches!(self.kind, TaskKind::Watched { .. })
    }

    /// Returns whether it is done, with more than `()`, and the test has not looked at that.
    fn is_unobserved(&self) -> bool {
        let has_answer = self.kind == TaskKind::Watched { has_answer: true };
        has_answer && self.has_ended.load(Ordering::Acquire) && !self.report.is_asked()
    }

    /// Returns whether it was spawned, and its output was an `Err`.
    fn has_failed(&self) -> bool {
        !self.is_watched() && self.report.failure().is_some()
    }

    /// Returns what to tell of a failure.
    pub(super) fn failure(&self) -> Option<String> {
        let error = self.report.failure()?;
        Some(format!("{}, at {}: {error}", self.report.label(), offset(self.since())))
    }

    pub(super) fn since(&self) -> u64 {
        self.ran.load(Ordering::Relaxed)
    }

    pub(super) fn waiting(&self) -> Waiting {
        Waiting { who: self.report.label(), waits: self.report.waits(), since: self.since() }
    }
}

/// The tasks that a sim knows. Those that are over are removed now and then.
#[derive(Default)]
pub(super) struct TaskList {
    pending: VecDeque<Arc<TaskEntry>>,
    /// With so many, those that are over are removed.
    sweep_at: usize,
    /// Those that are done, with an answer that the test had not looked at by then.
    unobserved: Vec<Arc<TaskEntry>>,
    /// The spawned tasks whose output was an `Err`.
    failed: Vec<Arc<TaskEntry>>,
}

impl TaskList {
    pub(super) fn add(&mut self, task: Arc<TaskEntry>) {
        if self.pending.len() >= self.sweep_at {
            self.sweep();
            self.sweep_at = 2 * self.pending.len() + 64; // so that many tasks cost a few steps each
        }
        self.pending.push_back(task);
    }

    fn sweep(&mut self) {
        self.unobserved.retain(|done| done.is_unobserved());
        self.unobserved.extend(self.pending.iter().filter(|task| task.is_unobserved()).cloned());
        let has_failed = |task: &&Arc<TaskEntry>| !task.is_pending() && task.has_failed();
        self.failed.extend(self.pending.iter().filter(has_failed).cloned());
        self.pending.retain(|task| task.is_pending());
    }

    /// Returns the tasks that are not over; then those whose answer the test has not looked at.
    pub(super) fn all(&mut self) -> (Vec<Arc<TaskEntry>>, Vec<Arc<TaskEntry>>) {
        self.sweep();
        (self.pending.iter().cloned().collect(), self.unobserved.clone())
    }

    /// Returns the spawned tasks whose output was an `Err`.
    pub(super) fn failed(&mut self) -> Vec<Arc<TaskEntry>> {
        self.sweep();
        self.failed.clone()
    }

    /// Returns the watched futures whose output was an `Err` that the test has not looked at.
    pub(super) fn unobserved_failures(&mut self) -> Vec<Arc<TaskEntry>> {
        self.sweep();
        self.unobserved.iter().filter(|task| task.report.failure().is_some()).cloned().collect()
    }

    /// Returns the tasks that are not over, the oldest first.
    pub(super) fn pending(&self) -> Vec<Arc<TaskEntry>> {
        self.pending.iter().filter(|task| task.is_pending()).cloned().collect()
    }

    /// Returns whether a task that is not in the background is still to be waited for.
    pub(super) fn has_foreground(&mut self) -> bool {
        while self.pending.front().is_some_and(|task| !task.is_pending()) {
            let Some(done) = self.pending.pop_front() else { break };
            self.failed.extend(done.has_failed().then(|| Arc::clone(&done)));
            self.unobserved.extend(done.is_unobserved().then_some(done));
        }
        self.pending.iter().any(|task| task.is_pending() && !task.is_background())
    }
}
