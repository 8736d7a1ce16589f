//! The functions that `#[unplugged::test]` calls.

use std::{
    convert::Infallible,
    fmt::{Debug, Display},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    thread,
    time::Duration,
};

use super::texts;
use crate::{
    Sim, explore,
    fake::Script,
    guard,
    replay::{ThisRun, ThisTest},
    seed::Seed,
    sim::{self, SimBuilder},
    violation::{SourceLocation, Violation},
};

/// How much virtual time an audited test has after its end: connections that it dropped close meanwhile.
const CLOSING: Duration = Duration::from_secs(1);

/// A test with its settings; made by [`test`].
#[derive(Clone, Debug)]
#[must_use = "a test does nothing until it runs"]
pub struct TestRun {
    builder: SimBuilder,
    test: ThisTest,
    is_audited: bool,
}

/// Begins the test with this path of modules in this package.
pub fn test(package: &str, path: &str) -> TestRun {
    let thread = thread::current();
    // The first part of a module path is the crate; libtest's names begin after it.
    let own = path.split_once("::").map_or(path, |(_, own)| own);
    // A case of an `#[rstest]` is named by the thread only: its function is called as the test of all cases is.
    let name = thread.name().filter(|name| is_below(name, own)).unwrap_or(own).to_owned();
    let test = ThisTest { run: ThisRun::of_this_process().of_package(package), name };
    TestRun { builder: Sim::from_env(test.clone()), test, is_audited: false }
}

/// Returns whether this is the name of a case of the test.
fn is_below(name: &str, test: &str) -> bool {
    name.strip_prefix(test).is_some_and(|rest| rest.starts_with("::"))
}

/// The settings, one for each name in the attribute.
impl TestRun {
    /// Sets the seed, unless the environment has set another.
    pub fn seed(mut self, seed: u64) -> Self {
        self.builder = self.builder.default_seed(Seed::new(seed));
        self
    }

    /// Sets the limit of virtual time, in milliseconds.
    pub fn limit(mut self, millis: u64) -> Self {
        self.builder = self.builder.limit(Duration::from_millis(millis));
        self
    }

    /// Allows panics whose text holds this.
    #[track_caller]
    pub fn allow_panics(mut self, text: &str) -> Self {
        self.builder = self.builder.allow_panics(text);
        self
    }

    /// Lets time move only when the test says so.
    pub fn manual(mut self, is_manual: bool) -> Self {
        self.builder = self.builder.manual(is_manual);
        self
    }

    /// Sets how many events the trace keeps.
    pub fn trace(mut self, events: usize) -> Self {
        self.builder = self.builder.trace(events);
        self
    }

    /// Allows real sockets.
    pub fn real_io(mut self, is_allowed: bool) -> Self {
        self.builder = self.builder.real_io(is_allowed);
        self
    }

    /// Allows real threads.
    pub fn real_threads(mut self, is_allowed: bool) -> Self {
        self.builder = self.builder.real_threads(is_allowed);
        self
    }

    /// Lets the seed draw the order of what is due at one instant.
    pub fn shuffle_ties(mut self, is_shuffled: bool) -> Self {
        self.builder = self.builder.shuffle_ties(is_shuffled);
        self
    }

    /// Sets how often a task may run at one instant.
    pub fn max_steps_per_instant(mut self, steps: u32) -> Self {
        self.builder = self.builder.max_steps_per_instant(steps);
        self
    }

    /// Audits the sim at the end of a test that succeeds.
    pub fn audit(mut self, is_audited: bool) -> Self {
        self.is_audited = is_audited;
        self
    }
}

/// The ways to run a test.
impl TestRun {
    /// Runs the body in a sim.
    #[track_caller]
    pub fn run<T: TestOutput>(self, body: impl AsyncFn(Sim) -> T + Sync) -> T {
        let again = || is_success(&self.clone().in_a_sim(async |sim: Sim| body(sim).await));
        let ended = Ended::new(&self, Some(&again));
        let output = self.clone().in_a_sim(async |sim: Sim| body(sim).await);
        ended.with(output)
    }

    /// Runs a body that cannot be called twice.
    #[track_caller]
    pub fn run_once<T: TestOutput>(self, body: impl AsyncFnOnce(Sim) -> T) -> T {
        let ended = Ended::new(&self, None);
        let output = self.clone().in_a_sim(body);
        ended.with(output)
    }

    #[track_caller]
    fn in_a_sim<T: TestOutput>(self, body: impl AsyncFnOnce(Sim) -> T) -> T {
        run_in(self.builder.build(), self.is_audited, body)
    }

    /// Runs the body in a sim, with a script that is verified at the end.
    #[track_caller]
    pub fn run_with_script<T: TestOutput + Debug>(self, body: impl AsyncFn(Sim, &Script) -> T + Sync) -> T {
        let place = SourceLocation::caller();
        let run = || self.clone().with_script(place, async |sim, script: &Script| body(sim, script).await);
        let again = || is_success(&run());
        let ended = Ended::new(&self, Some(&again));
        let output = self.clone().with_script(place, async |sim, script: &Script| body(sim, script).await);
        ended.with(output)
    }

    /// Runs a body that cannot be called twice, with a script that is verified at the end.
    #[track_caller]
    pub fn run_once_with_script<T: TestOutput + Debug>(self, body: impl AsyncFnOnce(Sim, &Script) -> T) -> T {
        let ended = Ended::new(&self, None);
        let output = self.clone().with_script(SourceLocation::caller(), body);
        ended.with(output)
    }

    #[track_caller]
    fn with_script<T: TestOutput + Debug>(
        self,
        place: SourceLocation,
        body: impl AsyncFnOnce(Sim, &Script) -> T,
    ) -> T {
        let mut audit = Audited::new(self.is_audited);
        let (output, _log) = self.builder.build().scenario_at(
            place,
            async |sim: Sim, script: &Script| {
                let own = sim.handle();
                let output = body(sim, script).await;
                audit.after(&own, output).await
            },
            is_success,
        );
        audit.raise();
        output
    }

    /// Runs the body once for each seed.
    #[track_caller]
    pub fn run_seeds<T: TestOutput>(self, seeds: Range<u64>, body: impl AsyncFn(Sim) -> T + Sync) {
        explore::seeds_of(&self.test, &self.builder, seeds, |sim| {
            must_succeed(&run_in(sim, self.is_audited, async |sim| body(sim).await));
        });
    }

    /// Runs the body once for each seed, each time with a script of its own.
    #[track_caller]
    pub fn run_seeds_with_script<T: TestOutput + Debug>(
        self,
        seeds: Range<u64>,
        body: impl AsyncFn(Sim, &Script) -> T + Sync,
    ) {
        let place = SourceLocation::caller();
        explore::seeds_alone(&self.test, &self.builder, seeds, |builder| {
            let run = Self { builder, ..self.clone() };
            must_succeed(&run.with_script(place, async |sim, script: &Script| body(sim, script).await));
        });
    }
}

#[track_caller]
fn run_in<T: TestOutput>(sim: Sim, is_audited: bool, body: impl AsyncFnOnce(Sim) -> T) -> T {
    let mut audit = Audited::new(is_audited);
    let output = sim.run_test_if(
        async |sim: Sim| {
            let own = sim.handle();
            let output = body(sim).await;
            audit.after(&own, output).await
        },
        is_success,
    );
    audit.raise();
    output
}

/// The end of a test. One that fails runs again, before its seed is blamed.
struct Ended<'a> {
    run: &'a TestRun,
    /// Runs it again. Returns whether it succeeded.
    again: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl<'a> Ended<'a> {
    const fn new(run: &'a TestRun, again: Option<&'a (dyn Fn() -> bool + Sync)>) -> Self {
        Self { run, again }
    }

    fn with<T: TestOutput>(self, output: T) -> T {
        if !is_success(&output) {
            self.tell();
        }
        output
    }

    /// Prints how to run the test again, or that this is no use. A second run has a thread of its own, as a run of
    /// tomorrow has.
    fn tell(&self) {
        let seed = self.run.builder.seed_of_all();
        let fails = |again: &(dyn Fn() -> bool + Sync)| {
            let run = || sim::quietly(|| catch_unwind(AssertUnwindSafe(again)));
            thread::scope(|scope| {
                let thread = thread::Builder::new().name(self.run.test.name.clone());
                let ran = thread.spawn_scoped(scope, run).ok().and_then(|thread| thread.join().ok());
                !matches!(ran, Some(Ok(true)))
            })
        };
        let text = match self.again {
            None => texts::ran_once(seed, self.run.test.lines(seed)),
            Some(again) if fails(again) => texts::fails_each_time(seed, self.run.test.lines(seed)),
            Some(_) => texts::passes_again(seed),
        };
        eprintln!("{text}");
    }
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.tell();
        }
    }
}

/// The audit at the end of a test. What it finds is raised outside of the sim, where the panic names the test's line.
struct Audited {
    is_wanted: bool,
    found: Option<Violation>,
}

impl Audited {
    const fn new(is_wanted: bool) -> Self {
        Self { is_wanted, found: None }
    }

    async fn after<T: TestOutput>(&mut self, sim: &Sim, output: T) -> T {
        if self.is_wanted && output.failure().is_none() {
            sim.advance(CLOSING).await;
            self.found = sim.audit().check_clean().err();
        }
        output
    }

    #[track_caller]
    fn raise(self) {
        if let Some(violation) = self.found {
            guard::raise(&violation);
        }
    }
}

fn is_success(output: &impl TestOutput) -> bool {
    output.failure().is_none()
}

fn must_succeed(output: &impl TestOutput) {
    if let Some(error) = output.failure() {
        panic!("the test returned {error}");
    }
}

/// A type that a test may return.
#[diagnostic::on_unimplemented(
    message = "a test cannot return `{Self}`",
    label = "a test returns nothing or a `Result`",
    note = "as with `#[test]`: `()`, `Result<(), E>` with `E: Debug`, or `ExitCode`"
)]
pub trait TestOutput {
    /// Returns the failure, if it is one.
    fn failure(&self) -> Option<impl Display>;
}

impl TestOutput for () {
    fn failure(&self) -> Option<impl Display> {
        None::<Infallible>
    }
}

impl TestOutput for Infallible {
    fn failure(&self) -> Option<impl Display> {
        None::<Self>
    }
}

impl TestOutput for ExitCode {
    fn failure(&self) -> Option<impl Display> {
        (*self != Self::SUCCESS).then(|| format!("{self:?}"))
    }
}

impl<T: TestOutput, E: Debug> TestOutput for Result<T, E> {
    fn failure(&self) -> Option<impl Display> {
        match self {
            Ok(output) => output.failure().map(|failure| failure.to_string()),
            Err(error) => Some(format!("Err({error:?})")),
        }
    }
}
