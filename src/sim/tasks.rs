//! The futures that a sim polls itself: the test's own, and those it was given to watch or spawn.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
};

use super::{
    core::{NOTHING, SimCore, THE_TEST},
    panics::WATCH,
    task_entry::TaskEntry,
    test_waker::{TestWaker, Turn},
    texts,
};
use crate::{trace::EventKind, violation::Violation, wait};

/// The future under `block_on`. Ends with a report if the sim cannot go on.
pub(super) struct TestFuture<'a, F> {
    core: &'a Arc<SimCore>,
    body: Pin<&'a mut F>,
    polls: PollCount,
    /// The waker of the body; made at the first poll.
    waker: Option<Waker>,
    /// How often in a row the body ran, and only time had passed.
    turns: u64,
    /// How often the sim was idle when the body ran last.
    idle_count: u64,
}

/// How many turns in a row the test may have that only time brings, for each step that an instant may have.
const TURNS_PER_STEP: u64 = 10;

impl<'a, F> TestFuture<'a, F> {
    pub(super) fn new(core: &'a Arc<SimCore>, body: Pin<&'a mut F>) -> Self {
        core.wakes.begin();
        core.probe.end();
        Self { core, body, polls: PollCount::default(), waker: None, turns: 0, idle_count: u64::MAX }
    }

    /// Counts a turn of the body. Returns the failure if the test only polls, or if its clock was moved by others.
    fn begin_turn(&mut self, turn: Turn) -> Result<(), Violation> {
        let idle_count = self.core.idle_count.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.idle_count, idle_count) == idle_count {
            self.core.moved_by_others().map_or(Ok(()), |moved| Err(self.core.stamp(moved)))?;
        }
        self.core.test_has_turn(turn != Turn::ByTimer);
        self.turns = if turn == Turn::ByOthers { 0 } else { self.turns + 1 };
        let limit = u64::from(self.core.settings.max_steps_per_instant) * TURNS_PER_STEP;
        match self.turns > limit {
            true => Err(self.core.explain(texts::test_polls(limit))),
            false => Ok(()),
        }
    }
}

impl<F: Future> Future for TestFuture<'_, F> {
    type Output = Result<F::Output, Violation>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(violation) = this.core.test_runs(cx.waker()) {
            return Poll::Ready(Err(violation));
        }
        let turn = this.core.wakes.take();
        if this.core.probe.is_asked() && this.core.probe.batch_ended(turn != Turn::NotWoken, cx.waker()) {
            let limit = this.core.settings.max_steps_per_instant;
            return Poll::Ready(Err(this.core.explain(texts::busy_task(limit))));
        }
        if turn == Turn::NotWoken {
            return Poll::Pending;
        }
        if let Err(violation) = this.begin_turn(turn) {
            return Poll::Ready(Err(violation));
        }
        if this.polls.is_too_many(this.core, this.core.timeline.now()) {
            let violation = texts::busy("the test", this.core.settings.max_steps_per_instant);
            return Poll::Ready(Err(this.core.explain(violation)));
        }
        let (core, body) = (this.core, &mut this.body);
        let waker = this.waker.get_or_insert_with(|| {
            Waker::from(Arc::new(TestWaker { wakes: Arc::clone(&core.wakes), inner: cx.waker().clone() }))
        });
        core.polling.store(THE_TEST, Ordering::Relaxed);
        let (polled, waits) = wait::listen(|| body.as_mut().poll(&mut Context::from_waker(waker)));
        core.polling.store(NOTHING, Ordering::Relaxed);
        core.set_test_waits(waits);
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
            this.entry.begins();
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
        this.core.polling.store(Arc::as_ptr(&this.entry).addr(), Ordering::Relaxed);
        let polling = Polling(&this.core);
        let poll = || Pin::new(&mut this.future).poll(cx);
        let polled = WATCH.watch(poll, || this.entry.report.label());
        drop(polling);
        if polled.is_ready() {
            this.entry.ends();
            this.enter(Stage::Ended, EventKind::TaskEnded);
        }
        polled
    }
}

/// Until it is dropped, a task is polled.
struct Polling<'a>(&'a SimCore);

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.polling.store(NOTHING, Ordering::Relaxed);
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

impl<F: Future<Output: 'static>> Future for Heard<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let (polled, waits) = wait::listen(|| this.future.as_mut().poll(cx));
        this.entry.report.set_waits(waits);
        if let Poll::Ready(output) = &polled {
            this.entry.report.note_output(output);
        }
        polled
    }
}
