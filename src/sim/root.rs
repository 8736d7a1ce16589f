//! The futures that a sim polls itself: the test's own, and those it was given to watch or spawn.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use super::{texts, world::World};
use crate::{
    outcome::FutureReport,
    trace::EventKind,
    violation::Violation,
    wait::{self, Waiting},
};

/// The future under `block_on`. Ends with a report if the world cannot go on.
pub(super) struct Root<'a, F> {
    pub(super) world: &'a Arc<World>,
    pub(super) body: Pin<&'a mut F>,
    pub(super) polls: PollCount,
}

impl<F: Future> Future for Root<'_, F> {
    type Output = Result<F::Output, Violation>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(violation) = this.world.root_runs(cx.waker()) {
            return Poll::Ready(Err(violation));
        }
        if this.polls.is_too_many(this.world, this.world.timeline.now()) {
            let violation = texts::busy("the test", this.world.max_steps_per_instant);
            return Poll::Ready(Err(this.world.explain(violation)));
        }
        let (polled, waits) = wait::listen(|| this.body.as_mut().poll(cx));
        this.world.root_waits(waits);
        polled.map(Ok)
    }
}

/// Counts the polls at one instant.
#[derive(Default)]
pub(super) struct PollCount {
    instant: u64,
    polls: u32,
}

impl PollCount {
    fn is_too_many(&mut self, world: &World, now: u64) -> bool {
        if std::mem::replace(&mut self.instant, now) != now {
            self.polls = 0;
        }
        self.polls += 1;
        self.polls > world.max_steps_per_instant
    }
}

/// A task that the sim knows.
pub(super) struct Task<F> {
    world: Arc<World>,
    future: F,
    known: Arc<Known>,
    polls: PollCount,
    stage: Stage,
}

#[derive(PartialEq, Eq)]
enum Stage {
    New,
    Begun,
    Ended,
}

impl<F> Task<F> {
    pub(super) fn new(world: &Arc<World>, future: F, known: Arc<Known>) -> Self {
        Self { world: Arc::clone(world), future, known, polls: PollCount::default(), stage: Stage::New }
    }

    fn enter(&mut self, stage: Stage, kind: EventKind) {
        self.stage = stage;
        self.world.trace.report(kind, self.known.report.subject(), 0, []);
    }
}

impl<F: Future + Unpin> Future for Task<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if this.stage == Stage::New {
            this.enter(Stage::Begun, EventKind::TaskStarted);
        }
        let now = this.world.timeline.now();
        this.known.ran.store(now, Ordering::Relaxed);
        if this.polls.is_too_many(&this.world, now) {
            let violation = texts::busy(&this.known.report.label(), this.world.max_steps_per_instant);
            this.world.fail(this.world.explain(violation));
            return Poll::Pending; // for ever: the test ends with the report
        }
        let polled = Pin::new(&mut this.future).poll(cx);
        if polled.is_ready() {
            this.known.has_ended.store(true, Ordering::Release);
            this.enter(Stage::Ended, EventKind::TaskEnded);
        }
        polled
    }
}

impl<F> Drop for Task<F> {
    fn drop(&mut self) {
        if self.stage == Stage::Begun {
            self.enter(Stage::Ended, EventKind::TaskDropped);
        }
        self.known.done.store(true, Ordering::Release);
    }
}

/// A spawned future whose waits are heard.
pub(super) struct Heard<F> {
    pub(super) known: Arc<Known>,
    pub(super) future: Pin<Box<F>>,
}

impl<F: Future> Future for Heard<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let (polled, waits) = wait::listen(|| this.future.as_mut().poll(cx));
        this.known.report.set_waits(waits);
        polled
    }
}

/// What the world knows of a task.
pub(super) struct Known {
    pub(super) report: Arc<FutureReport>,
    kind: Kind,
    /// It is done, or it was dropped.
    done: AtomicBool,
    /// It came to its end by itself.
    has_ended: AtomicBool,
    /// When it ran last, or was made.
    ran: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Foreground,
    /// `run_until_idle` does not wait for it.
    Background,
    /// A watch has it, and its answer may be worth a look.
    Watched {
        has_answer: bool,
    },
}

impl Known {
    pub(super) fn new(world: &World, report: Arc<FutureReport>, kind: Kind) -> Arc<Self> {
        let [done, has_ended] = [false; 2].map(AtomicBool::new);
        Arc::new(Self { report, kind, done, has_ended, ran: AtomicU64::new(world.timeline.now()) })
    }

    pub(super) fn is_pending(&self) -> bool {
        !self.done.load(Ordering::Acquire)
    }

    pub(super) fn is_background(&self) -> bool {
        self.kind == Kind::Background
    }

    pub(super) const fn is_watched(&self) -> bool {
        matches!(self.kind, Kind::Watched { .. })
    }

    /// It is done, with more than `()`, and nobody has looked at that.
    pub(super) fn is_unasked(&self) -> bool {
        let has_answer = self.kind == Kind::Watched { has_answer: true };
        has_answer && self.has_ended.load(Ordering::Acquire) && !self.report.is_asked()
    }

    pub(super) fn since(&self) -> u64 {
        self.ran.load(Ordering::Relaxed)
    }

    pub(super) fn waiting(&self) -> Waiting {
        Waiting { who: self.report.label(), waits: self.report.waits(), since: self.since() }
    }
}
