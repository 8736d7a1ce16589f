//! `FakeProcess`: the test's side of a process that is handed in.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    future::Future,
    sync::Arc,
};

use bytes::Bytes;
use unplugged_seam::__private::{ProcessHook, process};

use super::{
    ExitCatcher, Process, RunOutcome,
    exit_state::ExitState,
    fake_stdin::FakeStdin,
    park,
    process_state::{Declarations, Declared, ProcessState},
    texts,
};
use crate::{
    clock::Clock,
    guard::{self, VerdictGuard},
    seed::Seed,
    violation::{SourceLocation, Violation},
};

/// The test's side of a fake [`Process`]: what is declared, what was written, and the verdict.
///
/// Nothing is there that was not declared, and everything that is declared must be used: an undeclared variable, an
/// unread input and an untaken output are faults. The verdict is here and not in the process, so it cannot be lost
/// with it: [`finish`](Self::finish) tells all faults at once, also those whose panic the code has caught.
///
/// # Example: a program that greets
/// ```
/// use std::io::Write;
/// use unplugged::inject::{FakeProcess, Process};
///
/// fn greet(mut process: Process) {
///     let Ok(name) = process.env.var("NAME") else { process.exit.exit(2) };
///     writeln!(process.stdout, "hello {name}").unwrap();
/// }
///
/// let fake = FakeProcess::new().env("NAME", "Ann");
/// fake.run(greet).assert_returned();
/// assert_eq!(fake.take_stdout(), "hello Ann\n");
/// fake.finish();
///
/// let fake = FakeProcess::new().env_absent("NAME");
/// fake.run(greet).assert_code(2);
/// fake.finish();
/// ```
///
/// # Panics
/// When it is dropped before `finish`, unless the thread already panics.
#[must_use = "a fake process checks nothing before `finish`"]
pub struct FakeProcess {
    state: Arc<ProcessState>,
    exit: Arc<ExitState>,
    finished: bool,
    _open: VerdictGuard,
}

impl FakeProcess {
    /// Returns a process of which nothing is declared.
    #[track_caller]
    pub fn new() -> Self {
        let made_at = SourceLocation::caller();
        let (state, exit) = (ProcessState::new(made_at), ExitState::new(made_at));
        exit.is_of(&state);
        Self { state, exit, finished: false, _open: VerdictGuard::new("the fake process made at", made_at) }
    }

    // What there is.

    /// Declares the arguments, the name of the program first. They need not be UTF-8.
    ///
    /// # Panics
    /// If they are declared already.
    #[track_caller]
    pub fn args(self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        self.declare("args", |state| &mut state.args, args)
    }

    /// Declares a variable of the environment. Its value need not be UTF-8.
    ///
    /// # Panics
    /// If it is declared already, or no system allows the name or the value.
    #[track_caller]
    pub fn env(self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variable(name.into(), Some(value.into()))
    }

    /// Declares that a variable of the environment is read, and absent.
    ///
    /// # Panics
    /// If it is declared already, or no system allows the name.
    #[track_caller]
    pub fn env_absent(self, name: impl Into<OsString>) -> Self {
        self.variable(name.into(), None)
    }

    /// Declares the standard input: these bytes, and then the end.
    ///
    /// # Panics
    /// If it is declared already.
    #[track_caller]
    pub fn stdin(self, input: impl Into<Bytes>) -> Self {
        self.declare("stdin", |state| &mut state.stdin, input.into())
    }

    /// Declares that the standard output takes this many bytes, and is then a broken pipe: every further write fails.
    ///
    /// # Panics
    /// If it is said already.
    #[track_caller]
    pub fn stdout_breaks_after(self, bytes: usize) -> Self {
        self.declare("stdout_breaks_after", |state| &mut state.stdout.breaks, bytes)
    }

    /// Declares that the standard output takes at most this many bytes a write.
    ///
    /// # Panics
    /// If it is 0, or said already.
    #[track_caller]
    pub fn stdout_takes_at_most(self, bytes: usize) -> Self {
        let call = "stdout_takes_at_most";
        self.declare(call, |state| &mut state.stdout.short, not_zero(call, bytes))
    }

    /// Declares that the standard error takes this many bytes, and is then a broken pipe: every further write fails.
    ///
    /// # Panics
    /// If it is said already.
    #[track_caller]
    pub fn stderr_breaks_after(self, bytes: usize) -> Self {
        self.declare("stderr_breaks_after", |state| &mut state.stderr.breaks, bytes)
    }

    /// Declares that the standard error takes at most this many bytes a write.
    ///
    /// # Panics
    /// If it is 0, or said already.
    #[track_caller]
    pub fn stderr_takes_at_most(self, bytes: usize) -> Self {
        let call = "stderr_takes_at_most";
        self.declare(call, |state| &mut state.stderr.short, not_zero(call, bytes))
    }

    /// Declares the bytes that are drawn from the entropy, all of them.
    ///
    /// # Panics
    /// If there are none, or they are declared already.
    #[track_caller]
    pub fn entropy(self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        not_zero("entropy", bytes.len());
        self.declare("entropy", |state| &mut state.entropy, bytes.into())
    }

    /// Declares that exactly `length` bytes are drawn from the entropy, which come from the stream `entropy` of
    /// `seed`.
    ///
    /// # Panics
    /// If `length` is 0, or the entropy is declared already.
    #[track_caller]
    pub fn entropy_seeded(self, seed: Seed, length: usize) -> Self {
        not_zero("entropy_seeded", length);
        let mut stream = seed.rng("entropy");
        let bytes: Vec<u8> =
            std::iter::repeat_with(|| stream.next_u64().to_le_bytes()).flatten().take(length).collect();
        self.declare("entropy", |state| &mut state.entropy, bytes.into())
    }

    /// Declares the clock.
    ///
    /// # Panics
    /// If it is declared already.
    #[track_caller]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(clock);
        self.declare("clock", |state| &mut state.clock, clock)
    }

    // The run.

    /// Returns the process, for code that the test runs by itself. There its exit must not be called: where it may be, let
    /// [`run`](Self::run) do it.
    ///
    /// # Panics
    /// If the process was given already.
    #[track_caller]
    #[must_use]
    pub fn process(&self) -> Process {
        let here = SourceLocation::caller();
        if let Some(before) = self.state.state().given.replace(here) {
            texts::given_twice(before, here).raise();
        }
        let stdin = Box::new(FakeStdin::new(Arc::clone(&self.state)));
        process(self.exit.to_exit(), Arc::clone(&self.state) as Arc<dyn ProcessHook>, stdin)
    }

    /// Runs `f` with the process, and tells how it ended, as [`FakeExit::run`](super::FakeExit::run) does.
    ///
    /// # Panics
    /// If the process was given already; in a program built with `panic = "abort"`.
    #[track_caller]
    pub fn run<T>(&self, f: impl FnOnce(Process) -> T) -> RunOutcome<T> {
        texts::needs_unwinding();
        let process = self.process();
        self.exit.catch(usize::MAX, || f(process))
    }

    /// Runs the future that `f` makes with the process, and tells how it ended.
    ///
    /// ```
    /// use unplugged::{inject::FakeProcess, outcome};
    ///
    /// let fake = FakeProcess::new();
    /// let run = outcome::watch(fake.run_async(|process| async move { process.exit.exit(3) }));
    /// run.assert_ready().assert_code(3);
    /// fake.finish();
    /// ```
    ///
    /// # Panics
    /// If the process was given already; in a program built with `panic = "abort"`.
    #[track_caller]
    pub fn run_async<F: Future>(&self, f: impl FnOnce(Process) -> F) -> ExitCatcher<F> {
        texts::needs_unwinding();
        let future = f(self.process());
        ExitCatcher::new(Arc::clone(&self.exit), usize::MAX, future)
    }

    /// Runs `f` with the process on a thread of its own, where a call of the exit stops the calling thread for ever,
    /// as [`FakeExit::park`](super::FakeExit::park) does. Gives up after 10 s of real time. Also works where
    /// `panic = "abort"`.
    ///
    /// ```
    /// use unplugged::inject::FakeProcess;
    ///
    /// let fake = FakeProcess::new();
    /// fake.park(|process| process.exit.exit(3)).assert_code(3);
    /// fake.finish();
    /// ```
    ///
    /// # Panics
    /// If the process was given already.
    #[track_caller]
    pub fn park<T: Send + 'static>(&self, f: impl FnOnce(Process) -> T + Send + 'static) -> RunOutcome<T> {
        let process = self.process();
        park::park(&self.exit, usize::MAX, park::LIMIT, || f(process))
    }

    // What came of it.

    /// Takes what was written to the standard output since the last time.
    #[must_use = "an output that is taken should be looked at"]
    pub fn take_stdout(&self) -> Bytes {
        std::mem::take(&mut self.state.state().stdout.bytes).into()
    }

    /// Takes what was written to the standard error since the last time.
    #[must_use = "an output that is taken should be looked at"]
    pub fn take_stderr(&self) -> Bytes {
        std::mem::take(&mut self.state.state().stderr.bytes).into()
    }

    /// Returns `Ok` if everything went by the rules. After an exit the code may still hold parts of the process: a real one
    /// would be gone.
    ///
    /// # Errors
    /// With all faults at once: what the code did undeclared, what is declared and unused, what is untaken, an exit
    /// outside of a run, and a process that is still held or was never handed out.
    pub fn check_finish(mut self) -> Result<(), Violation> {
        self.finished = true;
        self.state.ends();
        texts::all(self.faults(), self.state.made_at()).map_or(Ok(()), Err)
    }

    /// Panics unless everything went by the rules.
    ///
    /// # Panics
    /// With the text of [`check_finish`](Self::check_finish).
    #[track_caller]
    pub fn finish(self) {
        if let Err(violation) = self.check_finish() {
            guard::raise(&violation);
        }
    }

    fn faults(&self) -> Vec<Violation> {
        let state = self.state.state();
        let mut faults = state.faults.clone();
        faults.extend(self.exit.outside());
        let held = Arc::strong_count(&self.state) > 1 || self.exit.holders() > 0;
        match state.given {
            None => faults.push(texts::never_given()),
            Some(place) if held && self.exit.calls().is_empty() => faults.push(texts::process_held(place)),
            Some(_) => {}
        }
        faults.extend(state.left_over());
        faults
    }

    #[track_caller]
    fn variable(self, name: OsString, value: Option<OsString>) -> Self {
        if !is_name(&name) || value.as_ref().is_some_and(|value| holds(value, b"\0")) {
            texts::bad_variable(&name).raise();
        }
        let declared = Declared::new(value, SourceLocation::caller());
        if let Some(before) = self.state.state().env.get(&name) {
            texts::declared_twice(&texts::variable(&name), before.made_at).raise();
        }
        self.state.state().env.insert(name, declared);
        self
    }

    #[track_caller]
    fn declare<T>(
        self,
        call: &str,
        slot: impl Fn(&mut Declarations) -> &mut Option<Declared<T>>,
        value: T,
    ) -> Self {
        let before = slot(&mut self.state.state()).replace(Declared::new(value, SourceLocation::caller()));
        if let Some(before) = before {
            texts::declared_twice(&format!("`{call}`"), before.made_at).raise();
        }
        self
    }
}

#[track_caller]
fn not_zero(call: &str, number: usize) -> usize {
    if number == 0 {
        texts::nothing(call).raise();
    }
    number
}

/// A name that a variable of the environment can have.
///
/// Source: `std::env::set_var`, "Panics".
fn is_name(name: &OsStr) -> bool {
    !name.is_empty() && !holds(name, b"=\0")
}

fn holds(text: &OsStr, any: &[u8]) -> bool {
    text.as_encoded_bytes().iter().any(|byte| any.contains(byte))
}

impl Default for FakeProcess {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for FakeProcess {
    fn drop(&mut self) {
        if !self.finished {
            guard::raise_in_drop(&texts::unfinished(self.faults(), self.state.made_at()));
        }
    }
}

impl fmt::Debug for FakeProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeProcess")
            .field("made_at", &self.state.made_at())
            .field("faults", &self.faults().len())
            .finish_non_exhaustive()
    }
}
