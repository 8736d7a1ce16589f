//! `Sim`: what every test does with one.

use std::{
    any::TypeId,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::task::JoinHandle;

use super::{
    clock::SimClock,
    driver::Until,
    panics,
    run::Owned,
    step::{Step, Unpolled},
    task_entry::{TaskEntry, TaskKind},
    tasks::{Heard, SimTask},
    texts,
    watched::OnSim,
};
use crate::{
    clock::{Moment, OutOfReach, target},
    guard,
    leaf::Later,
    nanos::{later, offset},
    net::Net,
    outcome::{FutureReport, Slot, Watch, Watched},
    seed::{Rng, Seed},
    sync::lock,
    violation::SourceLocation,
};

/// A simulation: one thread, one runtime, one timeline.
///
/// Outside of an async test (`Sim::new()`), `advance` and the other moves are done when they return. In an async
/// test (`#[unplugged::test]`, [`run`](Self::run)) they are awaited.
/// The [module](crate::sim) begins with the smallest test of each kind.
pub struct Sim {
    pub(super) owned: Rc<Owned>,
}

#[expect(clippy::must_use_candidate, reason = "a `Step` that is dropped too early says so itself")]
impl Sim {
    /// Runs `future` as a task of this sim, and keeps its result. Dropping the [`Watch`] drops the future.
    #[track_caller]
    pub fn watch<F>(&self, future: F) -> Watch<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let slot = Slot::new(SourceLocation::caller());
        let has_answer = TypeId::of::<F::Output>() != TypeId::of::<()>();
        let entry = self.add_task(FutureReport::of(&slot), TaskKind::Watched { has_answer });
        let watched = Watched { slot: Arc::clone(&slot), future: Box::pin(future) };
        let task = SimTask::new(&self.owned.core, watched, entry);
        let abort = self.owned.runtime.spawn_local(task).abort_handle();
        Watch::new(slot, Box::new(OnSim { owned: Rc::downgrade(&self.owned), abort }))
    }

    /// Runs `future` as a task of this sim. Unlike with `tokio::spawn`, a report can say what it waits for.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_task(future, SourceLocation::caller(), false)
    }

    /// Runs a task that has no end, like an accept loop: `run_until_idle` does not wait for it.
    #[track_caller]
    pub fn spawn_background<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_task(future, SourceLocation::caller(), true)
    }

    /// Runs `body` to its end. While it awaits something and every task is blocked, time moves by itself, unless the
    /// sim is [`manual`](crate::sim::SimBuilder::manual).
    ///
    /// # Panics
    /// With the panic of `body`; if a task panicked and that was not expected; if nothing can happen any more, if
    /// the limit of virtual time is reached, or if something is never idle; inside of a running sim.
    #[track_caller]
    pub fn run<F: Future>(&self, body: F) -> F::Output {
        panics::mend_hook(&self.owned.core);
        let output = self.owned.drive(body);
        if !panics::is_hook_heard(&self.owned.core) {
            guard::raise(&self.owned.core.stamp(texts::hook_replaced()));
        }
        self.owned.expected.check();
        output
    }

    /// Runs a test's body, which owns a handle on this sim, to its end. Then everything runs that can run at that
    /// instant, and the sim ends.
    ///
    /// # Panics
    /// As [`run`](Self::run) does; if a task panics when the sim drops it, or never began.
    #[track_caller]
    pub fn run_test<F: Future>(self, body: impl FnOnce(Self) -> F) -> F::Output {
        self.run_test_if(body, |_output| true)
    }

    /// Runs a test's body. What it has left behind runs on only if its output `is_success`: a failure speaks first.
    #[track_caller]
    pub(crate) fn run_test_if<F: Future>(
        self,
        body: impl FnOnce(Self) -> F,
        is_success: impl FnOnce(&F::Output) -> bool,
    ) -> F::Output {
        let (handle, own) = (self.handle(), self.handle());
        let output = self.run(async move {
            let output = body(handle).await;
            match is_success(&output) {
                true => own.settle().await,
                false => own.owned.core.has_failed.store(true, Ordering::Relaxed),
            }
            output
        });
        self.end();
        output
    }

    /// Drops this handle, and panics with what the end of the sim has shown.
    #[track_caller]
    pub(crate) fn end(self) {
        if let Err(violation) = self.owned.end() {
            guard::raise(&violation);
        }
    }

    /// Returns whether a future is pending once everything has run that can run at this instant. The future may
    /// borrow, and stays with the caller.
    ///
    /// Inside of an async test this only polls the future once: `sim.settle().await` before.
    ///
    /// ```
    /// use std::pin::pin;
    /// use unplugged::{Sim, clock::secs};
    ///
    /// let sim = Sim::new();
    /// let name = String::from("nap");
    /// let mut nap = pin!(async { tokio::time::sleep(secs(1)).await; name.len() });
    /// assert!(sim.is_pending(nap.as_mut()));
    /// sim.advance(secs(1));
    /// assert_eq!(sim.run(nap), 3);
    /// ```
    #[track_caller]
    pub fn is_pending<F: Future>(&self, mut future: Pin<&mut F>) -> bool {
        if self.owned.core.is_running() {
            return future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending();
        }
        let mut settled = Step::new(&self.owned.core, "settle()", None);
        let polled = poll_fn(|cx| {
            if future.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            Pin::new(&mut settled).poll(cx).map(|()| true)
        });
        let is_pending = self.owned.drive(polled);
        if !is_pending {
            self.owned.drive(settled);
        }
        is_pending
    }

    /// Runs everything that can run at this instant, and what is due at it. Time stands still.
    #[track_caller]
    pub fn settle(&self) -> Step {
        self.step("settle()", None)
    }

    /// Moves time on by `by`, deadline by deadline: each timer, tokio's or the kit's, fires at its own instant,
    /// and everything that it wakes runs there.
    ///
    /// # Panics
    /// If the end of the timeline would be passed, while another move is under way, and as [`run`](Self::run)
    /// does.
    #[track_caller]
    pub fn advance(&self, by: Duration) -> Step {
        let end = later(self.owned.core.timeline.now(), by);
        match end {
            Some(end) => self.step("advance(..)", Some(Until::Time(end))),
            None => texts::overflow("advance", by).raise(),
        }
    }

    /// Moves time on to `moment`: to an instant of [`clock`](Self::clock), or to so long after the start.
    ///
    /// # Panics
    /// If `moment` is in the past, and as [`advance`](Self::advance) does.
    #[track_caller]
    pub fn advance_to(&self, moment: impl Moment) -> Step {
        match target(&self.owned.core.timeline, moment) {
            Ok(end) => self.step("advance_to(..)", Some(Until::Time(end))),
            Err(OutOfReach::Past(to)) => texts::goes_back(self.owned.core.timeline.now(), &to).raise(),
            Err(OutOfReach::TooFar(by)) => texts::overflow("advance_to", by).raise(),
        }
    }

    /// Moves time on to the next timer, tokio's or the kit's, and runs all that is due there.
    ///
    /// # Panics
    /// If there is none within the limit, and as [`advance`](Self::advance) does.
    #[track_caller]
    pub fn advance_to_next(&self) -> Step {
        self.step("advance_to_next()", Some(Until::After(self.owned.core.timeline.now())))
    }

    /// Moves time on by each of the durations in turn, and settles after each. Always awaited.
    ///
    /// # Panics
    /// As [`advance`](Self::advance) does.
    ///
    /// # Cancel safety
    /// Dropped while it is under way, time stops where it is.
    #[track_caller]
    pub fn advance_each<I>(&self, steps: I) -> impl Future<Output = ()> + use<'_, I>
    where
        I: IntoIterator<Item = Duration>,
    {
        let unpolled = Unpolled::new("advance_each(..)");
        async move {
            unpolled.begins();
            for step in steps {
                self.advance(step).await;
            }
        }
    }

    /// Moves time on, from one settled instant to the next, until `condition` holds. It is asked at this instant
    /// first.
    ///
    /// # Panics
    /// If it does not hold within the limit, and as [`advance`](Self::advance) does.
    #[track_caller]
    pub fn run_until(&self, condition: impl FnMut() -> bool + 'static) -> Step {
        self.finish(Step::until_condition(&self.owned.core, "run_until(..)", condition))
    }

    /// Moves time on until every watched or spawned future of the sim is done, and no timer of its clock waits;
    /// those in the background aside. Tasks that the code spawned by itself are not known and not waited for, and
    /// those of hosts are not either: a server that is started with [`Host::start`](crate::net::Host::start) may run on,
    /// one that the test watches or spawns may not.
    ///
    /// # Panics
    /// If that is not so within the limit, and as [`advance`](Self::advance) does.
    #[track_caller]
    pub fn run_until_idle(&self) -> Step {
        self.step("run_until_idle()", Some(Until::Idle))
    }

    /// Returns how much virtual time has passed since the sim began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.owned.core.timeline.now())
    }

    /// Returns the clock of this sim, for code that takes a [`Clock`](crate::clock::Clock).
    #[must_use]
    pub fn clock(&self) -> SimClock {
        SimClock { core: Arc::clone(&self.owned.core) }
    }

    /// Returns the network of this sim: the same one each time.
    #[must_use]
    #[track_caller]
    pub fn net(&self) -> Net {
        self.owned.core.net(self.owned.runtime.handle(), panics::WATCH, SourceLocation::caller())
    }

    /// Returns the seed of this sim.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.owned.core.draws.seed()
    }

    /// Opens the next random number generator of this name: no two calls give the same numbers, so
    /// `sim.rng("x").next_u64()` twice gives two numbers. The first generator of a name is that of [`Seed::rng`].
    #[must_use]
    pub fn rng(&self, name: &str) -> Rng {
        self.owned.core.draws.rng(name)
    }

    /// Says that exactly one task will panic with a text that holds `text`. Any other panic of a task fails the
    /// test, and so does one that has not come when [`run`](Self::run) returns or the sim is dropped.
    ///
    /// # Panics
    /// If `text` is empty: it would match every panic.
    #[track_caller]
    pub fn expect_panic(&self, text: &str) {
        assert!(!text.is_empty(), "`expect_panic` needs a text: an empty one would match every panic");
        self.owned.expected.add(text, SourceLocation::caller());
    }

    pub(super) const fn of(owned: Rc<Owned>) -> Self {
        Self { owned }
    }

    /// Returns one more handle on this sim.
    pub(crate) fn handle(&self) -> Self {
        Self { owned: Rc::clone(&self.owned) }
    }

    /// Returns the facts for a failure that raised this panic.
    pub(crate) fn facts_of_panic(&self, panic: &str) -> Vec<(&'static str, String)> {
        self.owned.core.facts_of_panic(panic)
    }

    pub(crate) fn spawn_task<F>(
        &self,
        future: F,
        made_at: SourceLocation,
        is_background: bool,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let kind = if is_background { TaskKind::Background } else { TaskKind::Foreground };
        self.spawn_known(future, self.add_task(FutureReport::of_task(made_at), kind))
    }

    pub(super) fn spawn_known<F>(&self, future: F, entry: Arc<TaskEntry>) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let heard = Heard { entry: Arc::clone(&entry), future: Box::pin(future) };
        let turns = self.owned.core.timeline.draw_turns();
        self.owned.runtime.spawn_local(Later::new(turns, SimTask::new(&self.owned.core, heard, entry)))
    }

    pub(super) fn add_task(&self, report: Arc<FutureReport>, kind: TaskKind) -> Arc<TaskEntry> {
        let entry = TaskEntry::new(self.owned.core.timeline.now(), report, kind);
        lock(&self.owned.core.state).tasks.add(Arc::clone(&entry));
        entry
    }

    #[track_caller]
    fn step(&self, call: &'static str, until: Option<Until>) -> Step {
        self.finish(Step::new(&self.owned.core, call, until))
    }

    /// Does the step, unless an async test awaits it.
    #[track_caller]
    fn finish(&self, mut step: Step) -> Step {
        if !self.owned.core.is_running() {
            self.owned.drive(&mut step);
        }
        step
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim")
            .field("now", &format_args!("{}", offset(self.owned.core.timeline.now())))
            .field("seed", &self.seed())
            .field("pending", &self.clock().pending())
            .finish()
    }
}
