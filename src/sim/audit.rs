//! The audit: what is left over at the end of a test.

use std::{fmt, sync::Arc, time::Duration};

use super::{core::SimCore, sim::Sim, task_entry::TaskEntry, texts};
use crate::{
    clock::PendingTimer,
    guard::OrRaise,
    leftover::{Leftover, LeftoverKind},
    net::Net,
    sync::lock,
    violation::Violation,
};

/// The things that are still there in a sim; made by [`Sim::audit`], which shows one.
#[derive(Clone)]
#[must_use = "it says nothing by itself: `assert_clean`"]
pub struct Audit {
    core: Arc<SimCore>,
    left: Vec<Leftover>,
    expected: Vec<Leftover>,
    unknown_tasks: usize,
}

impl Sim {
    /// Looks for what is left over: timers, unread bytes, connections that were not accepted, open ends, tasks, and
    /// failures that the test has not looked at. A sim never does so by itself: a test may hold a connection at its
    /// end. Ask when all should be over, and drop first what the test itself holds, or leave its host out.
    ///
    /// What a server always has is not left over, but [`expected`](Audit::expected): listeners and datagram sockets
    /// of a host that is up, timers and tasks in the background, what [`Host::start`](crate::net::Host::start)
    /// started, tasks that wait only for connections or datagrams, and futures that the test watches.
    ///
    /// Outside of an async test this settles first; inside of one, `sim.settle().await` before. A close that is under
    /// way has not arrived: let some time pass.
    ///
    /// ```
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// use unplugged::{Sim, clock::secs};
    ///
    /// let sim = Sim::new();
    /// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    /// server.start(|server| async move {
    ///     let listener = server.listen(7).expect("the port is free");
    ///     while let Ok((mut stream, _from)) = listener.accept().await {
    ///         server.spawn(async move {
    ///             let mut heard = Vec::new();
    ///             let _whole = stream.read_to_end(&mut heard).await;
    ///         });
    ///     }
    /// });
    /// let mut stream = sim.run(async move { client.connect("server:7").await })?;
    /// let audit = sim.audit();
    /// assert!(audit.leftovers()[0].to_string().starts_with("`client` 10.0.0.1:49152 to 10.0.0.2:7: open"));
    ///
    /// sim.run(async { stream.write_all(b"bye").await })?;
    /// drop(stream);
    /// sim.advance(secs(1)); // the end arrives
    /// sim.audit().assert_clean(); // though the server listens on
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Not known
    /// tokio's own timers, and what tasks that the code spawned with `tokio::spawn` are: only how many there are
    /// ([`unknown_tasks`](Audit::unknown_tasks)). The answers of tasks, which are with their `JoinHandle`s: of those that
    /// are an `Err` there is an entry, whether the test looks at it or not. Pipes that were
    /// made while the sim did not run.
    pub fn audit(&self) -> Audit {
        let core = &self.owned.core;
        if !core.is_running() {
            drop(self.settle());
        }
        let timers = core.timeline.pending();
        let (timers, idle_timers): (Vec<_>, Vec<_>) = timers.iter().partition(|timer| !timer.is_background);
        let ((pending, unasked), failed) = {
            let tasks = &mut lock(&core.state).tasks;
            (tasks.all(), tasks.failed())
        };
        let (tasks, idle_tasks): (Vec<_>, Vec<_>) = pending.iter().partition(|known| is_left(known));
        let (on_net, expected) = core.net.get().map(Net::leftovers).unwrap_or_default();
        let of_hosts =
            on_net.iter().chain(&expected).filter(|entry| entry.kind == LeftoverKind::Task).count();
        let mut left: Vec<Leftover> = timers.into_iter().map(of_timer).collect();
        left.extend(on_net);
        left.extend(core.leftovers.leftovers());
        left.extend(tasks.into_iter().map(|known| of_task(known)));
        left.extend(failed.iter().map(|known| of_failure(known)));
        left.extend(unasked.iter().map(|known| of_answer(known)));
        let panics = lock(&core.panics);
        let of_tasks = panics.iter().filter(|panicked| !panicked.is_of_test);
        left.extend(of_tasks.map(|panicked| self.of_panic(&panicked.text, &panicked.place)));
        drop(panics);
        left.sort_by_key(|entry| (entry.kind, entry.since)); // a stable sort
        let mut idle: Vec<Leftover> = idle_timers.into_iter().map(of_timer).collect();
        idle.extend(expected);
        idle.extend(idle_tasks.into_iter().map(|known| of_task(known)));
        let alive = self.owned.runtime.metrics().num_alive_tasks();
        let unknown_tasks = alive.saturating_sub(pending.len() + of_hosts + core.probe.tasks());
        Audit { core: Arc::clone(core), left, expected: idle, unknown_tasks }
    }

    fn of_panic(&self, text: &str, place: &str) -> Leftover {
        let since = Duration::from_nanos(self.owned.core.timeline.now());
        let what = format!("panic of a task at {place}: {}", text.lines().next().unwrap_or_default());
        Leftover { kind: LeftoverKind::Unobserved, host: None, what, since, made_at: None }
    }
}

/// Returns whether a task that is not done should be.
fn is_left(known: &TaskEntry) -> bool {
    !known.is_watched() && !known.is_background() && !known.waiting().is_idle()
}

fn of_timer(timer: &PendingTimer) -> Leftover {
    let (what, since, made_at) = (timer.what(), timer.since, Some(timer.made_at));
    Leftover { kind: LeftoverKind::Timer, host: None, what, since, made_at }
}

fn of_task(known: &TaskEntry) -> Leftover {
    let what = format!("task: {}", known.waiting().summary());
    of_known(LeftoverKind::Task, what, known)
}

fn of_failure(known: &TaskEntry) -> Leftover {
    let error = known.report.failure().unwrap_or_default();
    of_known(LeftoverKind::Failed, format!("task that failed: {error}"), known)
}

fn of_answer(known: &TaskEntry) -> Leftover {
    let error = known.report.failure().map(|error| format!(": it failed, with {error}")).unwrap_or_default();
    let what = format!("answer of a watched future, which the test has not looked at{error}");
    of_known(LeftoverKind::Unobserved, what, known)
}

fn of_known(kind: LeftoverKind, what: String, known: &TaskEntry) -> Leftover {
    let what = match known.report.given_name() {
        Some(name) => format!("`{name}` {what}"),
        None => what,
    };
    let (since, made_at) = (Duration::from_nanos(known.since()), Some(known.report.made_at()));
    Leftover { kind, host: None, what, since, made_at }
}

impl Audit {
    /// Returns what is left over: by kind, and since when.
    #[must_use]
    pub fn leftovers(&self) -> &[Leftover] {
        &self.left
    }

    /// Returns what may stay, as [`Sim::audit`] says.
    #[must_use]
    pub fn expected(&self) -> &[Leftover] {
        &self.expected
    }

    /// Returns how many tasks the code spawned by itself, with `tokio::spawn`. The kit cannot tell what they
    /// are, so they are not left over.
    #[must_use]
    pub const fn unknown_tasks(&self) -> usize {
        self.unknown_tasks
    }

    /// Leaves out what belongs to this host: what the test itself holds.
    ///
    /// # Panics
    /// If there is no such host.
    #[track_caller]
    pub fn except_host(mut self, host: &str) -> Self {
        let known = match self.core.net.get() {
            Some(net) => net.check_known(host),
            None => Err(crate::net::no_such_host(host)),
        };
        known.or_raise();
        self.left.retain(|entry| entry.host() != Some(host));
        self
    }

    /// Leaves out what is of this kind.
    pub fn allow(mut self, kind: LeftoverKind) -> Self {
        self.left.retain(|entry| entry.kind != kind);
        self
    }

    /// Checks that nothing is left over.
    ///
    /// # Errors
    /// With everything that is, each with where it was made.
    pub fn check_clean(&self) -> Result<(), Violation> {
        if self.left.is_empty() {
            return Ok(());
        }
        Err(texts::not_clean(&self.left, self.unknown_tasks).with_all(self.core.facts_of_check()))
    }

    /// Panics if anything is left over.
    ///
    /// # Panics
    /// With the text of [`check_clean`](Self::check_clean).
    #[track_caller]
    pub fn assert_clean(&self) {
        self.check_clean().or_raise();
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = |entries: &[Leftover]| entries.iter().map(ToString::to_string).collect::<Vec<_>>();
        f.debug_struct("Audit")
            .field("left", &lines(&self.left))
            .field("expected", &lines(&self.expected))
            .field("unknown_tasks", &self.unknown_tasks)
            .finish()
    }
}
