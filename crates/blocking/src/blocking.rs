//! `Blocking`: the bridge itself.

use std::{
    fmt,
    panic::Location,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::Poll,
    time::Duration,
};

use tokio::runtime::Handle;

use crate::{
    Eventual, Id, RetrieveError, SetupError, StillRunning, Unread, WaitError,
    error::BoxError,
    event_loop::EventLoop,
    operation::{Ending, Operation},
    panics,
    parker::Call,
    stash::Stash,
    unread::Reporter,
};

/// A bridge from blocking code to async code: an event loop in a thread of its own, or over a runtime that runs.
///
/// A clone is the same bridge. The event loop stops with [`stop`](Self::stop), with the guard of
/// [`stop_on_drop`](Self::stop_on_drop), and when the last clone is dropped.
///
/// ```
/// use std::time::Duration;
/// use unplugged_blocking::{Blocking, WaitError};
///
/// /// Blocking code that is handed a bridge.
/// fn greeting(blocking: &Blocking, name: String) -> Result<String, WaitError> {
///     blocking.wait_for(Duration::from_secs(5), async move {
///         tokio::time::sleep(Duration::from_millis(1)).await;
///         Ok::<_, std::io::Error>(format!("hello {name}"))
///     })
/// }
///
/// let blocking = Blocking::new();
/// blocking.setup()?;
/// assert_eq!(greeting(&blocking, "Ada".to_owned())?, "hello Ada");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Blocking(Arc<Bridge>);

struct Bridge {
    state: Mutex<State>,
    stash: Stash,
    settings: Builder,
}

#[derive(Debug)]
enum State {
    Idle,
    /// `no_setup` was called.
    Forbidden,
    Running(Arc<EventLoop>),
}

impl Blocking {
    /// Returns a bridge that starts nothing yet: see [`setup`](Self::setup).
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Returns a bridge over a runtime that the program drives. No thread is started.
    #[must_use]
    pub fn over(runtime: Handle) -> Self {
        let blocking = Self::new();
        *blocking.0.state() = State::Running(EventLoop::over(runtime));
        panics::listen();
        blocking
    }

    /// Returns the settings of a new bridge.
    #[must_use]
    pub fn builder() -> Builder {
        Builder { stop_limit: Duration::from_secs(5), report: Reporter::default(), interrupts: false }
    }

    /// Starts the event loop, a tokio runtime in a thread of its own. Does nothing if one runs.
    ///
    /// The first call in a process puts a panic hook before the one that is set: it notes the place of a panic in an
    /// operation, and then calls that one.
    ///
    /// # Errors
    /// [`SetupError::Forbidden`] after [`no_setup`](Self::no_setup), [`SetupError::Io`] when no runtime or no thread
    /// can be made.
    pub fn setup(&self) -> Result<(), SetupError> {
        let mut state = self.0.state();
        match *state {
            State::Running(_) => return Ok(()),
            State::Forbidden => return Err(SetupError::Forbidden),
            State::Idle => {}
        }
        let event_loop = EventLoop::start("unplugged-blocking").map_err(SetupError::Io)?;
        *state = State::Running(Arc::clone(&event_loop));
        drop(state);
        panics::listen();
        self.0.settings.listen(&event_loop);
        Ok(())
    }

    /// Forbids [`setup`](Self::setup), for a program that brings a runtime of its own with
    /// [`use_runtime`](Self::use_runtime).
    ///
    /// # Errors
    /// [`SetupError::AlreadyRunning`] if an event loop runs.
    pub fn no_setup(&self) -> Result<(), SetupError> {
        let mut state = self.0.state();
        if matches!(*state, State::Running(_)) {
            return Err(SetupError::AlreadyRunning);
        }
        *state = State::Forbidden;
        Ok(())
    }

    /// Runs the operations on a runtime that the program drives. No thread is started.
    ///
    /// # Errors
    /// [`SetupError::AlreadyRunning`] if an event loop runs.
    pub fn use_runtime(&self, runtime: Handle) -> Result<(), SetupError> {
        let mut state = self.0.state();
        if matches!(*state, State::Running(_)) {
            return Err(SetupError::AlreadyRunning);
        }
        let event_loop = EventLoop::over(runtime);
        *state = State::Running(Arc::clone(&event_loop));
        drop(state);
        panics::listen();
        self.0.settings.listen(&event_loop);
        Ok(())
    }

    /// Starts an operation on the event loop, and returns its result to come.
    ///
    /// Without an event loop, each wait gives [`WaitError::NotRunning`].
    #[track_caller]
    pub fn run<T, E, F>(&self, future: F) -> Eventual<T>
    where
        T: Send + Sync + 'static,
        E: Into<BoxError> + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let operation = Arc::new(Operation::new(Location::caller(), self.0.settings.report.clone()));
        let event_loop = self.0.event_loop();
        let task = event_loop.as_ref().map(|event_loop| {
            let id = event_loop.new_task();
            let held: Weak<EventLoop> = Arc::downgrade(event_loop);
            let after = move || held.upgrade().into_iter().for_each(|event_loop| event_loop.forget(id));
            let ending = Ending { operation: Arc::clone(&operation), after: Some(after) };
            let task = event_loop.handle.spawn(ending.run(future)).abort_handle();
            event_loop.keep(id, task.clone());
            task
        });
        Eventual { operation, event_loop, task, stash: self.0.stash.clone() }
    }

    /// Runs a future on this thread, at most for `limit`, and returns its value.
    ///
    /// Its timers and sockets are those of the event loop. It may borrow, and it need not be `Send`. A panic of the
    /// future passes through to the caller.
    ///
    /// # Errors
    /// [`WaitError::TimedOut`] when the limit passes: the future is dropped, which cancels it.
    /// [`WaitError::OnLoopThread`] on a thread that runs tasks of a tokio runtime: the future is not polled.
    #[track_caller]
    pub fn wait_for<T, E: Into<BoxError>>(
        &self,
        limit: Duration,
        future: impl Future<Output = Result<T, E>>,
    ) -> Result<T, WaitError> {
        let event_loop = self.0.event_loop().ok_or(WaitError::NotRunning)?;
        let mut future = pin!(future);
        let call = Call { name: "wait_for", called_at: Location::caller(), started_at: None };
        let result = event_loop.wait(call, limit, |context| {
            if event_loop.is_stopped() {
                return Poll::Pending; // The runtime may be gone: its timers would panic.
            }
            let _entered = event_loop.handle.enter();
            future.as_mut().poll(context)
        })?;
        result.map_err(|error| WaitError::Failed(error.into().into()))
    }

    /// Takes a stashed result out again. An id works once.
    ///
    /// # Errors
    /// [`RetrieveError`] if the id is unknown or was used, or if the result has another type, which stays stashed.
    pub fn retrieve<T: Send + Sync + 'static>(&self, id: Id) -> Result<Eventual<T>, RetrieveError> {
        Eventual::retrieve(&self.0.stash, id)
    }

    /// Ends all waits that are under way, on all threads, with [`WaitError::Interrupted`].
    ///
    /// For the handler of a signal: see [`Builder::interrupt_on_ctrl_c`]. Operations go on; later waits are not affected.
    pub fn interrupt(&self) {
        if let Some(event_loop) = self.0.event_loop() {
            event_loop.interrupt();
        }
    }

    /// Stops the event loop: all operations end, and all waits on all threads, with [`WaitError::Stopped`].
    ///
    /// Results that are there stay, and stashed failures that were never read are reported.
    /// A runtime that the program drives goes on. After it, [`setup`](Self::setup) starts a new event loop.
    ///
    /// # Errors
    /// [`StillRunning`] if a task blocks the thread beyond [`Builder::stop_limit`].
    pub fn stop(&self) -> Result<(), StillRunning> {
        self.0.stop()
    }

    /// Returns a guard that stops the event loop on drop, for `main`: whether it returns or panics.
    ///
    /// ```
    /// # use unplugged_blocking::Blocking;
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let blocking = Blocking::new();
    ///     blocking.setup()?;
    ///     let _stop = blocking.stop_on_drop();
    ///     // ..
    ///     Ok(())
    /// }
    /// ```
    pub fn stop_on_drop(&self) -> StopOnDrop {
        StopOnDrop(self.clone())
    }
}

impl Default for Blocking {
    fn default() -> Self {
        Self::new()
    }
}

impl Bridge {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn event_loop(&self) -> Option<Arc<EventLoop>> {
        match &*self.state() {
            State::Running(event_loop) => Some(Arc::clone(event_loop)),
            State::Idle | State::Forbidden => None,
        }
    }

    fn stop(&self) -> Result<(), StillRunning> {
        let mut state = self.state();
        let State::Running(event_loop) = &*state else { return Ok(()) };
        let event_loop = Arc::clone(event_loop);
        *state = State::Idle;
        drop(state);
        let result = event_loop.stop(self.settings.stop_limit);
        self.stash.report_unread();
        result
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("{error}");
        }
    }
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &*self.state() {
            State::Idle => "idle",
            State::Forbidden => "setup forbidden",
            State::Running(_) => "running",
        };
        f.debug_struct("Bridge").field("state", &state).finish_non_exhaustive()
    }
}

/// Stops an event loop on drop: see [`Blocking::stop_on_drop`].
#[derive(Debug)]
#[must_use = "it stops the event loop when it is dropped, which would be at once"]
pub struct StopOnDrop(Blocking);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Err(error) = self.0.stop() {
            eprintln!("{error}");
        }
    }
}

/// The settings of a new [`Blocking`].
#[derive(Clone, Debug)]
pub struct Builder {
    stop_limit: Duration,
    report: Reporter,
    interrupts: bool,
}

impl Builder {
    /// Sets what is done with a failure that no wait has returned. By default it is printed to stderr.
    ///
    /// The closure runs once a failure, on the thread that drops the `Eventual` or on the event loop. Its panics are
    /// caught.
    #[must_use]
    pub fn report_unread(mut self, report: impl Fn(&Unread) + Send + Sync + 'static) -> Self {
        self.report = Reporter::new(report);
        self
    }

    /// Sets how long [`Blocking::stop`] waits for the thread of the event loop. By default 5 s.
    #[must_use]
    pub fn stop_limit(mut self, limit: Duration) -> Self {
        self.stop_limit = limit;
        self
    }

    /// Sets whether Ctrl-C ends the waits that are under way, with [`WaitError::Interrupted`].
    ///
    /// By default it does not, and Ctrl-C ends the process. With it, Ctrl-C never ends the process again: that is for
    /// the program to do, when its wait was interrupted.
    #[cfg(feature = "signal")]
    #[must_use]
    pub fn interrupt_on_ctrl_c(mut self, interrupts: bool) -> Self {
        self.interrupts = interrupts;
        self
    }

    /// Returns the bridge. Nothing is started yet.
    #[must_use]
    pub fn build(self) -> Blocking {
        Blocking(Arc::new(Bridge { state: Mutex::new(State::Idle), stash: Stash::default(), settings: self }))
    }

    fn listen(&self, event_loop: &Arc<EventLoop>) {
        #[cfg(feature = "signal")]
        if self.interrupts {
            let held = Arc::downgrade(event_loop);
            let task = event_loop.handle.spawn(async move {
                while tokio::signal::ctrl_c().await.is_ok() {
                    let Some(event_loop) = held.upgrade() else { return };
                    event_loop.interrupt();
                }
            });
            event_loop.keep(event_loop.new_task(), task.abort_handle());
        }
        let _ = (self.interrupts, event_loop);
    }
}
