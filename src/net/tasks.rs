//! The tasks of hosts, and what a test does to whole hosts.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    thread,
    time::Duration,
};

use tokio::task::{AbortHandle, JoinHandle};

use super::{
    Host, StartOutput,
    core::Shared,
    fabric::{HostId, Status},
    host_task::Known,
    texts,
};
use crate::{
    leaf::Later,
    leftover::{Leftover, LeftoverKind},
    nanos::offset,
    outcome::failure,
    sync::{Wakers, lock},
    violation::SourceLocation,
    wait::{self, Waiting},
};

/// The tasks of a host.
#[derive(Default)]
pub(super) struct HostTasks {
    running: Vec<Running>,
    /// How many there may be before the next look at which are done.
    look_at: usize,
    /// The tasks that were to run while the host was paused.
    paused: Wakers,
    /// The tasks whose output was an `Err`.
    failed: Vec<Arc<Known>>,
    /// The functions that run whenever it comes up.
    starts: Vec<(Start, SourceLocation)>,
}

struct Running {
    abort: AbortHandle,
    known: Arc<Known>,
}

impl HostTasks {
    /// Those that are done leave it now and then: so each costs a few steps.
    fn add(&mut self, task: Running) {
        if self.running.len() >= self.look_at {
            self.running.retain(|task| !task.abort.is_finished());
            self.look_at = 2 * self.running.len() + 8;
        }
        self.running.push(task);
    }

    /// Takes the start functions: no host comes up again.
    pub(super) fn take_starts(&mut self) -> impl Sized + use<> {
        std::mem::take(&mut self.starts)
    }

    fn alive(&self) -> impl Iterator<Item = &Known> {
        self.running.iter().filter(|task| !task.abort.is_finished()).map(|task| &*task.known)
    }

    /// Returns the tasks that wait.
    pub(super) fn waiting(&self, host: &str) -> Vec<Waiting> {
        self.alive().map(|known| known.waiting(host)).collect()
    }

    /// Returns what to tell of the tasks that failed.
    pub(super) fn failures(&self, host: &str) -> Vec<String> {
        let tell = |known: &Arc<Known>| {
            let (who, at) = (known.label(host), offset(known.ran.load(Ordering::Relaxed)));
            format!("{who}, at {at}: {}", known.error())
        };
        self.failed.iter().map(tell).collect()
    }

    /// Returns the tasks that should be over; then those that may run without an end.
    pub(super) fn leftovers(&self, host: &Arc<str>) -> (Vec<Leftover>, Vec<Leftover>) {
        let (left, expected): (Vec<_>, Vec<_>) =
            self.alive().partition(|known| !known.is_start && !known.waiting(host).is_idle());
        let entry = |known: &Known| Leftover {
            kind: LeftoverKind::Task,
            host: Some(Arc::clone(host)),
            what: format!("task: {}", known.waiting(host).summary()),
            since: Duration::from_nanos(known.ran.load(Ordering::Relaxed)),
            made_at: Some(known.made_at),
        };
        let failed = |known: &Arc<Known>| Leftover {
            kind: LeftoverKind::Failed,
            what: format!("task that failed: {}", known.error()),
            ..entry(known)
        };
        let mut left: Vec<Leftover> = left.into_iter().map(entry).collect();
        left.extend(self.failed.iter().map(failed));
        (left, expected.into_iter().map(entry).collect())
    }
}

type Start = Arc<dyn Fn(Host) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>;

/// Crashes, pauses, and the tasks that go with them.
impl Host {
    /// Runs a future as a task of this host: a crash drops it, and while the host is paused it does not run. What
    /// it spawns in turn with `tokio::spawn` is not the host's.
    ///
    /// # Panics
    /// If the host is down.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, known) = self.task(future, SourceLocation::caller(), false);
        self.add(self.shared().runtime.spawn(task), known)
    }

    /// Spawns a `!Send` future: one that holds an `Rc`, for example.
    ///
    /// # Panics
    /// If the host is down, or on another thread than the sim's.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_here(future, SourceLocation::caller(), false)
    }

    #[track_caller]
    fn spawn_here<F>(&self, future: F, made_at: SourceLocation, is_start: bool) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.check_thread();
        let (task, known) = self.task(future, made_at, is_start);
        let _in = self.shared().runtime.enter();
        self.add(tokio::task::spawn_local(task), known)
    }

    #[track_caller]
    fn check_thread(&self) {
        if thread::current().id() != self.shared().thread {
            texts::spawn_on_another_thread(self.name()).raise();
        }
    }

    #[track_caller]
    fn task<F>(
        &self,
        future: F,
        made_at: SourceLocation,
        is_start: bool,
    ) -> (Later<HostTask<F>>, Arc<Known>) {
        if self.status() == Status::Down {
            texts::spawn_on_a_dead_host(self.name()).raise();
        }
        self.shared().must_go_on();
        let shared = Arc::clone(self.shared());
        let ran = AtomicU64::new(shared.timeline.now());
        let known =
            Arc::new(Known { made_at, is_start, waits: Mutex::default(), ran, failure: OnceLock::new() });
        let task = HostTask { shared, host: self.id(), known: Arc::clone(&known), future: Box::pin(future) };
        (Later::new(self.shared().timeline.draw_turns(), task), known)
    }

    fn add<T>(&self, handle: JoinHandle<T>, known: Arc<Known>) -> JoinHandle<T> {
        let abort = handle.abort_handle();
        self.shared().with(|core| core.tasks(self.id()).add(Running { abort, known }));
        handle
    }

    /// Starts what this host does, now and after each [`restart`](Self::restart): all of it, in this order, if it is
    /// several things. The future need not be `Send`.
    ///
    /// ```
    /// use tokio::io::AsyncWriteExt;
    /// use unplugged::Sim;
    ///
    /// let sim = Sim::new();
    /// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    /// server.start(|server| async move {
    ///     let listener = server.listen(25).expect("the port is free");
    ///     while let Ok((mut stream, _from)) = listener.accept().await {
    ///         let _sent = stream.write_all(b"220 ready\r\n").await;
    ///     }
    /// });
    /// sim.run(async { client.connect("server:25").await })?;
    /// server.crash();
    /// server.restart();
    /// sim.run(async { client.connect("server:25").await })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If the host is down, or on another thread than the sim's.
    #[track_caller]
    pub fn start<F>(&self, start: impl Fn(Self) -> F + Send + Sync + 'static)
    where
        F: Future<Output: StartOutput> + 'static,
    {
        self.start_at(start, SourceLocation::caller());
    }

    /// Starts what this host does, as [`start`](Self::start), and hands it a clone of `state` each time.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use unplugged::Sim;
    ///
    /// let sim = Sim::new();
    /// let [client, server] = sim.net().hosts(["client", "server"]);
    /// let banner: Arc<str> = "220 ready\r\n".into();
    /// server.start_with(banner, async |server, banner| {
    ///     let listener = server.listen(25)?;
    ///     let (stream, _from) = listener.accept().await?;
    ///     stream.try_write(banner.as_bytes())?;
    ///     std::io::Result::Ok(())
    /// });
    /// sim.run(async { client.connect("server:25").await })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If the host is down, or on another thread than the sim's.
    #[track_caller]
    pub fn start_with<S, F>(&self, state: S, start: impl Fn(Self, S) -> F + Send + Sync + 'static)
    where
        S: Clone + Send + Sync + 'static,
        F: Future<Output: StartOutput> + 'static,
    {
        self.start_at(move |host| start(host, state.clone()), SourceLocation::caller());
    }

    #[track_caller]
    fn start_at<F>(&self, start: impl Fn(Self) -> F + Send + Sync + 'static, made_at: SourceLocation)
    where
        F: Future<Output: StartOutput> + 'static,
    {
        let start: Start = Arc::new(move |host: Self| {
            let name: Arc<str> = host.name().into();
            let started = start(host);
            Box::pin(async move {
                if let Some(error) = started.await.into_failure() {
                    texts::start_failed(&name, &error, made_at).raise();
                }
            })
        });
        let _task = self.spawn_here(start(self.clone()), made_at, true);
        self.shared().with(|core| core.tasks(self.id()).starts.push((start, made_at)));
    }

    /// Takes the power from the machine: its tasks end, its sockets are dead, and no peer is told. Packets for it are
    /// lost until [`restart`](Self::restart). Code that was not spawned through the host lives on: its operations
    /// fail with `ConnectionAborted`, and [`orphaned_sockets`](Self::orphaned_sockets) lists its sockets.
    ///
    /// # Panics
    /// If it is down already.
    #[track_caller]
    pub fn crash(&self) {
        if self.status() == Status::Down {
            texts::crashed_twice(self.name()).raise();
        }
        let (running, paused) = self.shared().with(|core| {
            core.fabric.set_status(self.id(), Status::Down);
            let tasks = core.tasks(self.id());
            (std::mem::take(&mut tasks.running), std::mem::take(&mut tasks.paused))
        });
        running.iter().for_each(|task| task.abort.abort());
        paused.wake_now();
    }

    /// Starts the machine again, with no socket and nothing in memory. It runs what [`start`](Self::start) said.
    ///
    /// # Panics
    /// If it is not down, or on another thread than the sim's.
    #[track_caller]
    pub fn restart(&self) {
        let status = self.status();
        if status != Status::Down {
            texts::restarted_while_up(self.name(), status == Status::Paused).raise();
        }
        self.check_thread();
        let starts = self.shared().with(|core| {
            core.fabric.set_status(self.id(), Status::Up);
            core.tasks(self.id()).starts.clone()
        });
        for (start, made_at) in starts {
            let _task = self.spawn_here(start(self.clone()), made_at, true);
        }
    }

    /// Stops the machine, as when it is out of memory or its disk hangs: its tasks do not run, and packets for it
    /// wait. Its timers go on, and are late when it comes back.
    ///
    /// # Panics
    /// If it is paused or down already.
    #[track_caller]
    pub fn pause(&self) {
        if self.status() != Status::Up {
            texts::paused_while_not_up(self.name()).raise();
        }
        self.shared().with(|core| core.fabric.set_status(self.id(), Status::Paused));
    }

    /// Resumes the machine: packets that waited arrive at once, in their order.
    ///
    /// # Panics
    /// If it is not paused.
    #[track_caller]
    pub fn resume(&self) {
        if self.status() != Status::Paused {
            texts::resumed_while_not_paused(self.name()).raise();
        }
        let paused = self.shared().with(|core| {
            core.fabric.set_status(self.id(), Status::Up);
            std::mem::take(&mut core.tasks(self.id()).paused)
        });
        paused.wake_now();
    }

    /// Returns whether it is up, and not paused.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.status() == Status::Up
    }

    /// Describes the sockets that a crash has killed and that code still holds.
    #[must_use]
    pub fn orphaned_sockets(&self) -> Vec<String> {
        self.shared().with(|core| core.fabric.orphaned_sockets(self.id()))
    }

    /// Up again, whatever it was: the test may have been faster.
    pub(super) fn heal(&self) {
        match self.status() {
            Status::Up => {}
            Status::Paused => self.resume(),
            Status::Down => self.restart(),
        }
    }

    fn status(&self) -> Status {
        self.shared().with(|core| core.fabric.status(self.id()))
    }
}

/// A task that stands still while its host does.
struct HostTask<F> {
    shared: Arc<Shared>,
    host: HostId,
    known: Arc<Known>,
    future: Pin<Box<F>>,
}

impl<F: Future<Output: 'static>> Future for HostTask<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let is_up = this.shared.with(|core| {
            let is_up = core.fabric.status(this.host) == Status::Up;
            if !is_up {
                core.tasks(this.host).paused.add(cx.waker());
            }
            is_up
        });
        if !is_up {
            return Poll::Pending;
        }
        this.known.ran.store(this.shared.timeline.now(), Ordering::Relaxed);
        let _scope = this.shared.scope.enter(this.host);
        let label =
            || this.known.label(&this.shared.with(|core| Arc::clone(&core.fabric.hosts[this.host].name)));
        let (polled, waits) =
            this.shared.panics.watch(|| wait::listen(|| this.future.as_mut().poll(cx)), label);
        let old = std::mem::replace(&mut *lock(&this.known.waits), waits);
        drop(old);
        let error = match &polled {
            Poll::Ready(output) => failure(output),
            Poll::Pending => None,
        };
        if let Some(error) = error {
            let _is_first = this.known.failure.set(error);
            this.shared.with(|core| core.tasks(this.host).failed.push(Arc::clone(&this.known)));
        }
        polled
    }
}
