//! The last resort against what keeps a sim from ever being idle.
//!
//! A thread looks at each sim twice a second of real time, and does nothing while the sim is idle now and then:
//!
//! - **Tasks that the kit does not know and that never wait** keep tokio from parking. The thread lets the
//!   [probe](super::probe) count the polls. The limit counts a task: a world in which each task stays below it passes,
//!   however slow the machine is.
//! - **A poll that does not return**, and a blocking task that is never done: nothing of the sim can report them.
//!   `SimBuilder::blocking_limit` says after how much real time the test fails. This is the one verdict of a sim that the
//!   real time decides. Where a poll does not return, the process ends: nothing else can end its thread.

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock, Weak, atomic::Ordering},
    thread::{self, Thread},
    time::Duration,
};

use super::{
    core::{NOTHING, SimCore, THE_TEST},
    texts,
};
use crate::{sync::lock, violation::Violation};

const LOOK: Duration = Duration::from_millis(500);

/// After how much real time a poll that does not return is told, before it ends the process.
const TOLD_AFTER: Duration = Duration::from_secs(10);

/// The sims that one thread looks at: a thread each would cost more than most sims do.
static WATCHED: Mutex<Vec<Arc<Watched>>> = Mutex::new(Vec::new());

struct Watched {
    core: Weak<SimCore>,
    /// The thread that made the sim: libtest names it after the test.
    test: String,
    seen: Mutex<Seen>,
}

/// The state at the last look.
#[derive(Default)]
struct Seen {
    idle: Option<u64>,
    /// How often the test had been polled then.
    polls: u64,
    /// The sim has not been idle since, and its probe was asked.
    is_suspected: bool,
    blocked_for: Duration,
    /// For how long nothing was polled but one poll.
    stuck_for: Duration,
    is_told: bool,
}

/// Ends the watch when it is dropped.
pub(super) struct Watchdog(Arc<Watched>);

impl Watchdog {
    pub(super) fn start(core: &Arc<SimCore>) -> Self {
        static THREAD: OnceLock<Thread> = OnceLock::new();
        let watched = Arc::new(Watched {
            core: Arc::downgrade(core),
            test: thread::current().name().unwrap_or("a thread without a name").to_owned(),
            seen: Mutex::default(),
        });
        lock(&WATCHED).push(Arc::clone(&watched));
        THREAD.get_or_init(|| {
            let spawned = thread::Builder::new().name("unplugged-watchdog".into()).spawn(watch);
            spawned.expect("the system can start a thread").thread().clone()
        });
        Self(watched)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        lock(&WATCHED).retain(|known| !Arc::ptr_eq(known, &self.0));
    }
}

/// Twice a second, for as long as the process lives: it knows nothing of sims that are over.
fn watch() {
    loop {
        thread::park_timeout(LOOK);
        let all = lock(&WATCHED).clone();
        for watched in all {
            // A report that panics costs its own sim the watch, not the others.
            let _ = catch_unwind(AssertUnwindSafe(|| watched.look()));
        }
    }
}

impl Watched {
    fn look(&self) {
        let Some(core) = self.core.upgrade() else { return };
        let mut seen = lock(&self.seen);
        let (idle, polls) =
            (core.idle_count.load(Ordering::Relaxed), core.test_polls.load(Ordering::Relaxed));
        let idle = core.is_running().then_some(idle);
        let is_same = idle.is_some() && idle == seen.idle;
        let is_parked = core.is_parked.load(Ordering::Relaxed);
        let has_blocking = core.threads.is_running();
        let is_busy = is_same && !is_parked && !has_blocking;
        // It was woken at the last look, and still not polled: one poll has not returned since.
        let is_stuck = is_busy && seen.is_suspected && polls == seen.polls;
        (seen.idle, seen.polls) = (idle, polls);
        seen.is_suspected = is_busy;
        if is_busy && !is_stuck {
            let test = core.test_waker();
            test.iter()
                .for_each(|test| core.probe.ask_whether_busy(core.settings.max_steps_per_instant, test));
        }
        seen.stuck_for = if is_stuck { seen.stuck_for + LOOK } else { Duration::ZERO };
        if is_stuck {
            self.judge_poll(&core, &mut seen);
        }
        let is_blocked = is_same && (has_blocking || is_parked);
        seen.blocked_for = if is_blocked { seen.blocked_for + LOOK } else { Duration::ZERO };
        let limit = core.settings.blocking_limit;
        if seen.blocked_for > limit {
            let hangs = if has_blocking { texts::blocking_hangs(limit) } else { texts::thread_hangs(limit) };
            core.fail(core.explain(hangs));
        }
    }

    /// Tells of a poll that does not return, and ends the process once that took too long.
    fn judge_poll(&self, core: &SimCore, seen: &mut Seen) {
        let limit = core.settings.blocking_limit;
        let is_over = seen.stuck_for > limit && !is_debugged();
        if !is_over && (seen.is_told || seen.stuck_for < TOLD_AFTER) {
            return;
        }
        seen.is_told = true;
        let ends = (!is_over).then_some(limit);
        let hangs = texts::poll_hangs(&polled_now(core), &self.test, seen.stuck_for, ends);
        let replay = core.settings.test.as_ref().map(|test| test.lines(core.draws.seed()));
        // The report at the end would tell of these, and may never come. The poll may hold the lock.
        let panics = core.noted.try_lock().map(|noted| noted.clone()).unwrap_or_default();
        let panics = panics.into_iter().map(|text| ("panic", text));
        tell(&core.stamp(hangs.with_all(panics)).with_all(replay.into_iter().flatten()));
        if is_over {
            std::process::abort();
        }
    }
}

/// Returns what is polled now. The poll may hold any lock: none is waited for.
fn polled_now(core: &SimCore) -> String {
    let unknown = "a task that the code spawned by itself, or a callback: the kit cannot tell which";
    match core.polling.load(Ordering::Relaxed) {
        NOTHING => unknown.into(),
        THE_TEST => "the test".into(),
        address => {
            let tasks = core.state.try_lock().map(|state| state.tasks.pending()).unwrap_or_default();
            let known = tasks.iter().find(|task| Arc::as_ptr(task).addr() == address);
            known.map_or_else(|| "a task of the sim".into(), |task| task.report.label())
        }
    }
}

/// Writes to the real standard error: what a test prints is shown only once it has ended.
fn tell(violation: &Violation) {
    let _closed = writeln!(io::stderr().lock(), "\n{violation}");
}

/// Returns whether a debugger holds this process: then a poll takes as long as the reader.
fn is_debugged() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|pid| pid.trim() != "0"))
}
