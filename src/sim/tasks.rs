//! The futures that a sim polls itself: the test's own, and those it was given to watch or spawn.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{core::SimCore, task_entry::TaskEntry, texts};
use crate::{trace::EventKind, violation::Violation, wait};

/// The future under `block_on`. Ends with a report if the sim cannot go on.
pub(super) struct TestFuture<'a, F> {
    core: &'a Arc<SimCore>,
    body: Pin<&'a mut F>,
    polls: PollCount,
}

impl<'a, F> TestFuture<'a, F> {
    pub(super) fn new(core: &'a Arc<SimCore>, body: Pin<&'a mut F>) -> Self {
        Self { core, body, polls: PollCount::default() }
    }
}

impl<F: Future> Future for TestFuture<'_, F> {
    type Output = Result<F::Output, Violation>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(violation) = this.core.test_runs(cx.waker()) {
            return Poll::Ready(Err(violation));
        }
        if this.polls.is_too_many(this.core, this.core.timeline.now()) {
            let violation = texts::busy("the test", this.core.settings.max_steps_per_instant);
            return Poll::Ready(Err(this.core.explain(violation)));
        }
        let (polled, waits) = wait::listen(|| this.body.as_mut().poll(cx));
        this.core.set_test_waits(waits);
        polled.map(Ok)
    }
}

/// Counts the polls at one instant.
#[derive(Default)]
struct PollCount {
    instant: u64,
    polls: u32,
}

impl PollCount {
    fn is_too_many(&mut self, core: &SimCore, now: u64) -> bool {
        if std::mem::replace(&mut self.instant, now) != now {
            self.polls = 0;
        }
        self.polls += 1;
        self.polls > core.settings.max_steps_per_instant
    }
}

/// A task that the sim knows.
pub(super) struct SimTask<F> {
    core: Arc<SimCore>,
    future: F,
    entry: Arc<TaskEntry>,
    polls: PollCount,
    stage: Stage,
}

#[derive(PartialEq, Eq)]
enum Stage {
    New,
    Started,
    Ended,
}

impl<F> SimTask<F> {
    pub(super) fn new(core: &Arc<SimCore>, future: F, entry: Arc<TaskEntry>) -> Self {
        Self { core: Arc::clone(core), future, entry, polls: PollCount::default(), stage: Stage::New }
    }

    fn enter(&mut self, stage: Stage, kind: EventKind) {
        self.stage = stage;
        self.core.trace.report(kind, self.entry.report.subject(), 0, &[]);
    }
}

impl<F: Future + Unpin> Future for SimTask<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if this.stage == Stage::New {
            this.enter(Stage::Started, EventKind::TaskStarted);
        }
        let now = this.core.timeline.now();
        this.entry.runs(now);
        if this.polls.is_too_many(&this.core, now) {
            let limit = this.core.settings.max_steps_per_instant;
            let violation = texts::busy(&this.entry.report.label(), limit);
            this.core.fail(this.core.explain(violation));
            return Poll::Pending; // the test ends with the report
        }
        let polled = Pin::new(&mut this.future).poll(cx);
        if polled.is_ready() {
            this.entry.ends();
            this.enter(Stage::Ended, EventKind::TaskEnded);
        }
        polled
    }
}

impl<F> Drop for SimTask<F> {
    fn drop(&mut self) {
        if self.stage == Stage::Started {
            self.enter(Stage::Ended, EventKind::TaskDropped);
        }
        self.entry.is_dropped();
    }
}

/// A spawned future that tells its entry what it waits for.
pub(super) struct Heard<F> {
    pub(super) entry: Arc<TaskEntry>,
    pub(super) future: Pin<Box<F>>,
}

impl<F: Future> Future for Heard<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let (polled, waits) = wait::listen(|| this.future.as_mut().poll(cx));
        this.entry.report.set_waits(waits);
        polled
    }
}
