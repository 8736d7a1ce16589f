//! `FakeExit`: an exit that ends the code under test, and not the process.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use unplugged_seam::Exit;

use super::{exit_catcher::ExitCatcher, exit_state::ExitState, park, run_outcome::RunOutcome, texts};
use crate::{
    guard::{self, VerdictGuard},
    violation::SourceLocation,
};

/// An exit that ends the code under test, and not the process.
///
/// A call notes the code and unwinds, without a word, up to the test, which gets an [`RunOutcome`]. Unlike the real
/// exit it runs destructors on its way, and code can catch it; the second is noticed and fails the test. Where
/// that will not do, [`park`](Self::park) stops the calling thread for ever instead.
///
/// # Example: the common case
/// ```
/// use unplugged::inject::FakeExit;
///
/// FakeExit::run(|exit| exit.exit(3)).assert_code(3);
/// ```
///
/// # Example: an exit among other things that are handed in
/// ```
/// use unplugged::inject::{Exit, FakeExit};
///
/// struct App { exit: Exit, verbose: bool }
/// impl App {
///     fn stop(&self) { if !self.verbose { self.exit.exit(4) } }
/// }
/// let fake = FakeExit::new();
/// let app = App { exit: fake.exit(), verbose: false };
/// fake.catch(|| app.stop()).assert_code(4);
/// ```
///
/// # Panics
/// When it is dropped without a run, unless the thread already panics.
#[must_use = "a fake exit works only inside of `catch`"]
pub struct FakeExit {
    /// `None` once it is used.
    state: Option<Arc<ExitState>>,
    _open: VerdictGuard,
}

impl FakeExit {
    /// Returns an exit for one run.
    ///
    /// # Panics
    /// In a program built with `panic = "abort"`, where nothing can unwind.
    #[track_caller]
    pub fn new() -> Self {
        texts::needs_unwinding();
        let made_at = SourceLocation::caller();
        Self {
            state: Some(ExitState::new(made_at)),
            _open: VerdictGuard::new("the fake exit made at", made_at),
        }
    }

    /// Returns the exit, for the code under test.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.state().to_exit()
    }

    /// Runs `f`, inside of which the exit may be called, and tells how it ended, also if that was a panic. When `f`
    /// has returned, no more may hold the exit than before: what the test keeps may stay.
    pub fn catch<T>(mut self, f: impl FnOnce() -> T) -> RunOutcome<T> {
        let state = self.take();
        state.catch(state.holders(), f)
    }

    /// Does what [`catch`](Self::catch) does for a future, poll by poll.
    pub fn catch_async<F: Future>(mut self, future: F) -> ExitCatcher<F> {
        let state = self.take();
        let kept = state.holders();
        ExitCatcher::new(state, kept, future)
    }

    /// Runs `f` with a fake exit. When `f` has returned, nobody may hold the exit any more.
    ///
    /// # Panics
    /// In a program built with `panic = "abort"`.
    #[track_caller]
    pub fn run<T>(f: impl FnOnce(Exit) -> T) -> RunOutcome<T> {
        let state = Self::new().take();
        let exit = state.to_exit();
        state.catch(0, || f(exit))
    }

    /// Runs the future that `f` makes with a fake exit, and tells how it ended.
    ///
    /// ```
    /// use unplugged::{inject::FakeExit, outcome};
    ///
    /// let run = outcome::watch(FakeExit::run_async(|exit| async move { exit.exit(3) }));
    /// run.assert_ready().assert_code(3);
    /// ```
    ///
    /// # Panics
    /// In a program built with `panic = "abort"`.
    #[track_caller]
    pub fn run_async<F: Future>(f: impl FnOnce(Exit) -> F) -> ExitCatcher<F> {
        let state = Self::new().take();
        let future = f(state.to_exit());
        ExitCatcher::new(state, 0, future)
    }

    /// Runs `f` on a thread of its own, where a call of the exit stops the calling thread for ever: no destructor
    /// runs and nothing can catch it, as with the real one. The thread is left behind. Gives up after 10 s of
    /// real time. Also works where `panic = "abort"`.
    ///
    /// ```
    /// use unplugged::inject::FakeExit;
    ///
    /// struct Loud;
    /// impl Drop for Loud {
    ///     fn drop(&mut self) { unreachable!("a real exit runs no destructor") }
    /// }
    /// let ended = FakeExit::park(|exit| { let _loud = Loud; exit.exit(3) });
    /// ended.assert_code(3);
    /// ```
    #[track_caller]
    pub fn park<T: Send + 'static>(f: impl FnOnce(Exit) -> T + Send + 'static) -> RunOutcome<T> {
        Self::park_within(park::LIMIT, f)
    }

    /// Does what [`park`](Self::park) does, with another limit of real time.
    ///
    /// # Panics
    /// If the system can start no thread.
    #[track_caller]
    pub fn park_within<T: Send + 'static>(
        limit: Duration,
        f: impl FnOnce(Exit) -> T + Send + 'static,
    ) -> RunOutcome<T> {
        let state = ExitState::new(SourceLocation::caller());
        let exit = state.to_exit();
        park::park(&state, 0, limit, || f(exit))
    }

    fn state(&self) -> &Arc<ExitState> {
        self.state.as_ref().expect("there until its run")
    }

    fn take(&mut self) -> Arc<ExitState> {
        self.state.take().expect("there until its run")
    }
}

impl Default for FakeExit {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for FakeExit {
    fn drop(&mut self) {
        if let Some(state) = &self.state {
            guard::raise_in_drop(&texts::never_run(state.made_at()));
        }
    }
}

impl fmt::Debug for FakeExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeExit").field("made_at", &self.state().made_at()).finish()
    }
}
