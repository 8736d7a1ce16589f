//! The world that a test runs in: tasks, tokio's timers and the kit's, on one exact timeline.
//!
//! A [`Sim`] runs unmodified tokio code on one thread, in virtual time. Time moves when the test says so, or when
//! the test itself awaits something and every task is blocked.
//!
//! # Example: the smallest test
//! ```
//! use unplugged::{Sim, clock::{millis, secs}};
//!
//! let sim = Sim::new();
//! let nap = sim.watch(async { tokio::time::sleep(secs(7200)).await });
//! sim.advance(secs(7200) - millis(1));
//! nap.assert_pending();
//! sim.advance(millis(1));
//! nap.assert_ready();
//! ```
//!
//! The same in an async test, where every move is awaited:
//!
//! ```
//! # #![allow(unused_imports, reason = "a doctest compiles no tests")]
//! # #[cfg(feature = "macros")] mod tests {
//! use unplugged::{Sim, clock::{millis, secs}};
//!
//! #[unplugged::test]
//! async fn two_hours_pass(sim: Sim) {
//!     let nap = sim.watch(tokio::time::sleep(secs(7200)));
//!     sim.advance(secs(7200) - millis(1)).await;
//!     nap.assert_pending();
//!     sim.advance(millis(1)).await;
//!     nap.assert_ready();
//! }
//! # }
//! ```
//!
//! # Not modelled
//! Other threads: `std::thread`, `block_in_place`, a nested `block_on`. Real sockets and `spawn_blocking` are
//! reported; [`Sim::spawn_blocking`] is waited for.
//! Randomness that other people's code takes from the system: the order of a std `HashMap`, `rand`, the branches of
//! `select!`. On Linux one line of the package `unplugged-entropy` in the test binary has it drawn from the seed, and
//! on request std's clocks follow the sim. Built with `--cfg tokio_unstable`, a sim seeds `select!` by itself.
//! tokio's own timers keep their grain of one millisecond, and at one instant they come before the kit's.
//!
//! # Common mistakes
//! - **A forgotten `.await`** on `advance` and its like: the test panics and says so.
//! - **Asking too early.** A future that was just woken or just watched has not run yet: `sim.settle().await` first.
//! - **A tokio timer made outside.** `tokio::time::sleep` asks for its runtime when it is called, not when it is
//!   polled: outside of an async test write `sim.watch(async { sleep(..).await })`.
//! - **`std::time::Instant::now()`** in the code under test reads the real clock; take a [`Clock`]
//!   or use tokio's `Instant`.

mod audit;
mod clock;
mod network;
mod panics;
#[cfg(all(unix, target_pointer_width = "64"))]
mod plain;
mod real_use;
mod recorded;
mod root;
mod running;
mod runtime;
mod scenario;
mod step;
mod stir;
mod texts;
mod tokio_clock;
mod transcript;
mod watchdog;
mod watched;
mod world;

use std::{
    any::TypeId,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::task::JoinHandle;

#[cfg(all(unix, target_pointer_width = "64"))]
pub use self::plain::settle;
pub(crate) use self::running::is_asked;
#[doc(hidden)]
pub use self::running::{fill_from_running, now_in_running, system_time_in_running};
pub use self::{audit::Audit, clock::SimClock, step::Step};
use self::{
    panics::ExpectedPanics,
    root::{Heard, Kind, Known, PollCount, Root, Task},
    runtime::Runtime,
    watchdog::Watchdog,
    watched::OnSim,
    world::{Blocking, Until, World},
};
pub use crate::leftover::{Leftover, LeftoverKind};
use crate::{
    clock::{MAX_STEPS_PER_INSTANT, Moment, OutOfReach, hours, target},
    net::Net,
    outcome::{FutureReport, Slot, Watch, Watched, promise},
    seed::{Rng, Seed},
    violation::{OrRaise, SourceLocation},
};

/// How long, in real time, a blocking task may keep the world waiting.
const BLOCKING_LIMIT: Duration = Duration::from_secs(60);

/// A world of its own: one thread, one runtime, one timeline.
///
/// Outside of an async test (`Sim::new()`), `advance` and the other moves are done when they return. In an async
/// test (`#[unplugged::test]`, [`run`](Self::run)) they are awaited.
/// The [module](self) begins with the smallest test of each kind.
pub struct Sim {
    owned: Rc<Owned>,
}

struct Owned {
    world: Arc<World>,
    expected: ExpectedPanics,
    real_io: bool,
    // Dropped in this order: the tasks go with the runtime.
    runtime: Runtime,
    _watchdog: Watchdog,
    _end: End,
}

/// Dropped last: what the tasks dropped had a network still.
struct End(Arc<World>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.net.get().into_iter().for_each(Net::end);
    }
}

/// The settings of a [`Sim`]; made by [`Sim::builder`].
///
/// ```
/// use unplugged::{Sim, clock::mins, seed::Seed};
///
/// let sim = Sim::builder().seed(Seed::new(7)).limit(mins(10)).build();
/// assert_eq!(sim.seed().to_string(), "0x7");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct SimBuilder {
    pub(self) seed: Seed,
    pub(self) replay: Option<String>,
    pub(self) manual: bool,
    pub(self) limit: Duration,
    pub(self) max_steps_per_instant: u32,
    real_io: bool,
    pub(self) real_threads: bool,
    pub(self) blocking_limit: Duration,
    /// How many events to keep, if the trace is to be looked at.
    pub(self) trace: Option<usize>,
    /// The environment said which seed.
    is_replay: bool,
}

#[expect(clippy::must_use_candidate, reason = "a `Step` that is dropped too early says so itself")]
impl Sim {
    /// A world with the default settings: seed `0x5eed`, a limit of 24 hours.
    ///
    /// # Panics
    /// Inside of another runtime or sim.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A world with settings of its own.
    pub fn builder() -> SimBuilder {
        SimBuilder {
            seed: Seed::DEFAULT,
            replay: None,
            manual: false,
            limit: hours(24),
            max_steps_per_instant: MAX_STEPS_PER_INSTANT,
            real_io: false,
            real_threads: false,
            blocking_limit: BLOCKING_LIMIT,
            trace: None,
            is_replay: false,
        }
    }

    /// What `#[unplugged::test]` begins with: the settings of a test of this package and name, with the seed from
    /// the environment variable `UNPLUGGED_SEED`, if it is set. Nothing else of a sim reads the environment.
    ///
    /// # Panics
    /// If `UNPLUGGED_SEED` is no seed.
    pub fn from_env(package: &str, test: &str) -> SimBuilder {
        let mut builder = Self::builder();
        if let Ok(text) = std::env::var("UNPLUGGED_SEED") {
            builder.seed = text.parse().unwrap_or_else(|error| panic!("UNPLUGGED_SEED: {error}"));
            builder.is_replay = true;
        }
        // The first part of a module path is the crate; libtest's names begin after it.
        let name = test.split_once("::").map_or(test, |(_, name)| name);
        builder.replay = Some(format!("cargo test -p {package} -- --exact {name}"));
        builder
    }

    // Futures.

    /// Runs `future` as a task of this world, and keeps its result. Dropping the [`Watch`] drops the future.
    #[track_caller]
    pub fn watch<F>(&self, future: F) -> Watch<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let slot = Slot::new(SourceLocation::caller());
        let has_answer = TypeId::of::<F::Output>() != TypeId::of::<()>();
        let known = Known::new(&self.owned.world, FutureReport::of(&slot), Kind::Watched { has_answer });
        let watched = Watched { slot: Arc::clone(&slot), future: Box::pin(future) };
        let abort = self.owned.runtime.spawn_local(self.task(watched, known)).abort_handle();
        Watch::new(slot, Box::new(OnSim { owned: Rc::downgrade(&self.owned), abort }))
    }

    /// Runs `future` as a task of this world. Unlike with `tokio::spawn`, a report can say what it waits for.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_task(future, SourceLocation::caller(), false)
    }

    /// The same for a task that runs for ever, like an accept loop: `run_until_idle` does not wait for it.
    #[track_caller]
    pub fn spawn_background<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_task(future, SourceLocation::caller(), true)
    }

    /// Runs `work` on a thread of its own, and keeps the world from settling and time from moving until it is done.
    /// `tokio::task::spawn_blocking` cannot promise that, and is reported.
    ///
    /// What happens between the start and the end of `work`, beside other tasks, is up to the system's threads.
    ///
    /// ```
    /// use unplugged::{Sim, clock::ClockExt};
    ///
    /// let sim = Sim::new();
    /// let sum = sim.spawn_blocking(|| (1..=1000_u32).sum::<u32>());
    /// let sum = sim.watch(sum);
    /// sim.settle(); // comes back when the thread is done
    /// assert_eq!(sum.assert_success(), &500_500);
    /// assert_eq!(sim.clock().since_start(), unplugged::clock::nanos(0));
    /// ```
    #[track_caller]
    pub fn spawn_blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> JoinHandle<R> {
        let (promise, result) = promise();
        let (world, blocking) = (Arc::clone(&self.owned.world), Blocking::begin(&self.owned.world));
        self.owned.runtime.spawn_blocking(move || {
            let listening = panics::listen(&world);
            let _nobody_waits = promise.complete(catch_unwind(AssertUnwindSafe(work)));
            drop((listening, blocking)); // in this order: whoever waits for the result is woken by now
        });
        self.spawn_task(
            async { result.await.unwrap_or_else(|panic| resume_unwind(panic)) },
            SourceLocation::caller(),
            false,
        )
    }

    /// Runs `body` to its end. While it awaits something and every task is blocked, time moves by itself (unless
    /// the sim is [`manual`](SimBuilder::manual)).
    ///
    /// # Panics
    /// With the panic of `body`; if a task panicked and that was not expected; if nothing can happen any more, if
    /// the limit of virtual time is reached, or if something is never idle; inside of a running sim.
    #[track_caller]
    pub fn run<F: Future>(&self, body: F) -> F::Output {
        let output = self.drive(body);
        self.owned.expected.check();
        output
    }

    /// The form that `#[unplugged::test]` uses: the body owns a handle on this world.
    #[track_caller]
    pub fn run_test<F: Future>(self, body: impl FnOnce(Self) -> F) -> F::Output {
        let handle = self.handle();
        self.run(async move { body(handle).await })
    }

    // Time.

    /// Runs everything that can run at this instant, and what is due at it. Time stands still.
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
        let end = crate::nanos::later(self.owned.world.timeline.now(), by);
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
        let now = self.owned.world.timeline.now();
        match target(now, moment) {
            Ok(end) => self.step("advance_to(..)", Some(Until::Time(end))),
            Err(OutOfReach::Past(to)) => texts::goes_back(now, &to).raise(),
            Err(OutOfReach::TooFar(by)) => texts::overflow("advance_to", by).raise(),
        }
    }

    /// Moves time on to the next timer, tokio's or the kit's, and runs all that is due there.
    ///
    /// # Panics
    /// If there is none within the limit, and as [`advance`](Self::advance) does.
    #[track_caller]
    pub fn advance_to_next(&self) -> Step {
        self.step("advance_to_next()", Some(Until::After(self.owned.world.timeline.now())))
    }

    /// Moves time on, from one settled instant to the next, until `condition` holds. It is asked at this instant
    /// first.
    ///
    /// # Panics
    /// If it does not hold within the limit, and as [`advance`](Self::advance) does.
    #[track_caller]
    pub fn run_until(&self, condition: impl FnMut() -> bool + 'static) -> Step {
        self.finish(Step::until_condition(&self.owned.world, "run_until(..)", condition))
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

    /// Moves time on by each of the durations in turn, and settles after each. Always awaited.
    ///
    /// # Panics
    /// As [`advance`](Self::advance) does.
    ///
    /// # Cancel safety
    /// Dropped while it is under way, time stops where it is.
    pub async fn advance_each(&self, steps: impl IntoIterator<Item = Duration>) {
        for step in steps {
            self.advance(step).await;
        }
    }

    /// The clock of this world, for code that takes a [`Clock`].
    #[must_use]
    pub fn clock(&self) -> SimClock {
        SimClock { world: Arc::clone(&self.owned.world) }
    }

    // Randomness and panics.

    /// The seed of this world.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.owned.world.draws.seed()
    }

    /// Opens the next random number generator of this name: no two calls give the same numbers, so
    /// `sim.rng("x").next_u64()` twice gives two numbers. The first generator of a name is that of [`Seed::rng`].
    #[must_use]
    pub fn rng(&self, name: &str) -> Rng {
        self.owned.world.draws.rng(name)
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

    // Inside.

    #[track_caller]
    fn step(&self, call: &'static str, until: Option<Until>) -> Step {
        self.finish(Step::new(&self.owned.world, call, until))
    }

    /// In an async test the step is awaited; outside of one it is done here.
    #[track_caller]
    fn finish(&self, mut step: Step) -> Step {
        if !self.owned.world.is_running() {
            self.drive(&mut step);
        }
        step
    }

    #[track_caller]
    fn drive<F: Future>(&self, body: F) -> F::Output {
        self.owned.drive(body)
    }

    pub(crate) fn spawn_task<F>(
        &self,
        future: F,
        made_at: SourceLocation,
        background: bool,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let kind = if background { Kind::Background } else { Kind::Foreground };
        let known = Known::new(&self.owned.world, FutureReport::of_task(made_at), kind);
        let heard = Heard { known: Arc::clone(&known), future: Box::pin(future) };
        self.owned.runtime.spawn_local(self.task(heard, known))
    }

    fn task<F>(&self, future: F, known: Arc<Known>) -> Task<F> {
        self.owned.world.add_pending(Arc::clone(&known));
        Task::new(&self.owned.world, future, known)
    }
}

impl Default for Sim {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim")
            .field("now", &format_args!("{}", crate::nanos::offset(self.owned.world.timeline.now())))
            .field("seed", &self.seed())
            .field("pending", &self.clock().pending())
            .finish()
    }
}

impl SimBuilder {
    /// The seed of all random streams: `0x5eed` unless set.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// The seed, unless the environment has said another: what `#[unplugged::test(seed = ..)]` sets.
    pub fn default_seed(mut self, seed: Seed) -> Self {
        if !self.is_replay {
            self.seed = seed;
        }
        self
    }

    /// Time moves only when the test says so, never because the test awaits.
    pub fn manual(mut self) -> Self {
        self.manual = true;
        self
    }

    /// How much virtual time may pass between two turns of the test itself, before that counts as stalled: 24
    /// hours unless set. An `advance` may go further.
    ///
    /// # Panics
    /// If it is zero.
    pub fn limit(mut self, limit: Duration) -> Self {
        assert!(!limit.is_zero(), "the limit of a sim must be longer than nothing");
        self.limit = limit;
        self
    }

    /// How often one task may be polled at one instant, and how many timers and packets may be due at it without
    /// delay, before that counts as a loop: 100,000 unless set.
    pub fn max_steps_per_instant(mut self, limit: u32) -> Self {
        self.max_steps_per_instant = limit;
        self
    }

    /// Allows real sockets, for tests that cannot do without. What they do is neither exact nor repeatable.
    pub fn real_io(mut self, allowed: bool) -> Self {
        self.real_io = allowed;
        self
    }

    /// Allows `tokio::task::spawn_blocking` and what is built on it (`tokio::fs`, `lookup_host`). Virtual time waits
    /// for such threads, but `settle` and the moves of time do not: use [`Sim::spawn_blocking`] where you can.
    pub fn real_threads(mut self, allowed: bool) -> Self {
        self.real_threads = allowed;
        self
    }

    /// How long, in real time, [`Sim::spawn_blocking`] may keep the world waiting before that is reported: 60
    /// seconds unless set; looked at twice a second.
    pub fn blocking_limit(mut self, limit: Duration) -> Self {
        self.blocking_limit = limit;
        self
    }

    /// Makes the world.
    ///
    /// # Panics
    /// If the system cannot give what a runtime needs.
    #[must_use]
    pub fn build(self) -> Sim {
        let world = World::new(&self);
        let runtime = Runtime::start(&world, self.real_io)
            .unwrap_or_else(|error| panic!("a sim needs a runtime: {error}"));
        let watchdog = Watchdog::start(&world);
        let expected = ExpectedPanics::new(&world);
        let end = End(Arc::clone(&world));
        Sim {
            owned: Rc::new(Owned {
                world,
                expected,
                real_io: self.real_io,
                runtime,
                _watchdog: watchdog,
                _end: end,
            }),
        }
    }
}

impl Owned {
    #[track_caller]
    fn drive<F: Future>(&self, body: F) -> F::Output {
        struct Stop<'a>(&'a World, bool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.set_running(false);
                if thread::panicking() && !self.1 {
                    self.0.tell_of_panic();
                }
            }
        }
        if self.world.set_running(true) {
            self.world.stamp(texts::nested()).raise();
        }
        let _context = self.runtime.enter();
        // It outlives the report that ends it: what it holds is dropped by a panic, and need not complain itself.
        let mut body = Box::pin(body);
        let stop = Stop(&self.world, thread::panicking());
        let listening = panics::listen(&self.world);
        let root = Root { world: &self.world, body: body.as_mut(), polls: PollCount::default() };
        let recording = (self.world.trace.start(), self.world.leftovers.start());
        let running = running::enter(&self.world);
        let refusing = real_use::refuse(self.real_io);
        let output = self.runtime.block_on(root);
        drop((refusing, running, recording, listening, stop));
        let output = output.or_raise();
        if let Some(violation) = self.expected.unexpected() {
            violation.raise();
        }
        output
    }
}
