//! The functions that `#[unplugged::test]` calls.

use std::{
    convert::Infallible,
    fmt::{Debug, Display},
    ops::Range,
    process::ExitCode,
    thread,
    time::Duration,
};

use crate::{
    Sim, explore,
    fake::Script,
    guard,
    seed::Seed,
    sim::SimBuilder,
    violation::{SourceLocation, Violation},
};

/// How much virtual time an audited test has after its end: connections that it dropped close meanwhile.
const CLOSING: Duration = Duration::from_secs(1);

/// A test with its settings; made by [`test`].
#[derive(Clone, Debug)]
#[must_use = "a test does nothing until it runs"]
pub struct TestRun {
    builder: SimBuilder,
    is_audited: bool,
}

/// Begins the test with this path of modules in this package.
pub fn test(package: &str, path: &str) -> TestRun {
    let thread = thread::current();
    // A case of an `#[rstest]` is named by the thread only: its function is called as the test of all cases is.
    let is_case = |name: &&str| path.split_once("::").is_some_and(|(_, own)| is_below(name, own));
    let case = thread.name().filter(is_case).map(|name| format!("::{name}"));
    let builder = Sim::from_env(package, case.as_deref().unwrap_or(path));
    TestRun { builder, is_audited: false }
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
    pub fn run<T: TestOutput>(self, body: impl AsyncFnOnce(Sim) -> T) -> T {
        let mut audit = Audited::new(self.is_audited);
        let output = self.builder.build().run_test_if(
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

    /// Runs the body in a sim, with a script that is verified at the end.
    #[track_caller]
    pub fn run_with_script<T: TestOutput + Debug>(self, body: impl AsyncFnOnce(Sim, &Script) -> T) -> T {
        self.run_with_script_at(SourceLocation::caller(), body)
    }

    #[track_caller]
    fn run_with_script_at<T: TestOutput + Debug>(
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
        let is_audited = self.is_audited;
        explore::seeds_of(&self.builder, seeds, |sim| {
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
            must_succeed(&output);
        });
    }

    /// Runs the body once for each seed, each time with a script of its own.
    #[track_caller]
    pub fn run_seeds_with_script<T: TestOutput + Debug>(
        self,
        seeds: Range<u64>,
        body: impl AsyncFn(Sim, &Script) -> T + Sync,
    ) {
        let (is_audited, place) = (self.is_audited, SourceLocation::caller());
        explore::seeds_alone(&self.builder, seeds, |builder| {
            let run = Self { builder, is_audited };
            must_succeed(
                &run.run_with_script_at(place, async |sim, script: &Script| body(sim, script).await),
            );
        });
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
