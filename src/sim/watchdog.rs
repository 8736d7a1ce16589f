//! The last resort against what keeps a sim from ever being idle.
//!
//! A thread looks at each sim twice a second of real time, and does nothing while the sim is idle now and then:
//!
//! - **Tasks that the kit does not know and that never wait** keep tokio from parking. The thread wakes the test's future
//!   again and again. tokio polls that at most once between some sixty other polls, and so the polls are counted. The
//!   limit counts a task: a world in which each task stays below it passes, however slow the machine is.
//! - **A poll that does not return**, and a blocking task that is never done: nothing of the sim can report them.
//!   `SimBuilder::blocking_limit` says after how much real time the test fails. This is the one verdict of a sim that the
//!   real time decides. Where a poll does not return, the process ends: nothing else can end its thread.

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
    thread::{self, Thread},
    time::Duration,
};

use tokio::runtime::RuntimeMetrics;

use super::{
    core::{NOTHING, SimCore, THE_TEST},
    texts,
    tokio_clock::TASKS_IN_A_ROW,
};
use crate::{sync::lock, violation::Violation};

const LOOK: Duration = Duration::from_millis(500);
const POKE: Duration = Duration::from_micros(50);

/// How many pokes one look may take: then it is the turn of the other sims.
const POKES: u32 = 2_000;

/// After how much real time a poll that does not return is told, before it ends the process.
const TOLD_AFTER: Duration = Duration::from_secs(10);

/// The sims that one thread looks at: a thread each would cost more than most sims do.
static WATCHED: Mutex<Vec<Arc<Watched>>> = Mutex::new(Vec::new());

struct Watched {
    core: Weak<SimCore>,
    /// Tells how many tasks there are.
    metrics: RuntimeMetrics,
    /// The thread that made the sim: libtest names it after the test.
    test: String,
    seen: Mutex<Seen>,
    is_over: AtomicBool,
}

/// The state at the last look.
#[derive(Default)]
struct Seen {
    idle: Option<u64>,
    /// How often the test had been polled then.
    polls: u64,
    /// How many rounds there had been when it began to look busy.
    suspected: Option<u64>,
    /// The most tasks there were since then.
    tasks: usize,
    blocked_for: Duration,
    /// For how long nothing was polled but one poll.
    stuck_for: Duration,
    is_told: bool,
}

/// Ends the watch when it is dropped.
pub(super) struct Watchdog(Arc<Watched>);

impl Watchdog {
    pub(super) fn start(core: &Arc<SimCore>, metrics: RuntimeMetrics) -> Self {
        static THREAD: OnceLock<Thread> = OnceLock::new();
        let watched = Arc::new(Watched {
            core: Arc::downgrade(core),
            metrics,
            test: thread::current().name().unwrap_or("a thread without a name").to_owned(),
            seen: Mutex::default(),
            is_over: AtomicBool::new(false),
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
        self.0.is_over.store(true, Ordering::Release);
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
        let is_busy = is_same && !is_parked;
        // It was woken at the last look, and still not polled: one poll has not returned since.
        let is_stuck = is_busy && seen.suspected.is_some() && polls == seen.polls;
        (seen.idle, seen.polls) = (idle, polls);
        if !is_busy {
            seen.suspected = None;
        } else if !is_stuck {
            let first = seen.suspected.is_none();
            let before = *seen.suspected.get_or_insert(core.rounds.load(Ordering::Relaxed));
            seen.tasks = if first { 0 } else { seen.tasks };
            self.suspect(&core, before, &mut seen.tasks);
        }
        seen.stuck_for = if is_stuck { seen.stuck_for + LOOK } else { Duration::ZERO };
        if is_stuck {
            self.judge_poll(&core, &mut seen);
        }
        let has_blocking = core.blocking.load(Ordering::Acquire) > 0;
        let is_blocked = has_blocking || (is_same && is_parked);
        seen.blocked_for = if is_blocked { seen.blocked_for + LOOK } else { Duration::ZERO };
        let limit = core.settings.blocking_limit;
        if seen.blocked_for > limit {
            let hangs = if has_blocking { texts::blocking_hangs(limit) } else { texts::thread_hangs(limit) };
            core.fail(core.explain(hangs));
        }
    }

    /// Wakes the test's future until the sim was idle, or was busy for too many rounds since there had been
    /// `before`, or for as long as one look may take.
    fn suspect(&self, core: &SimCore, before: u64, tasks: &mut usize) {
        let idle = core.idle_count.load(Ordering::Relaxed);
        let is_busy = || {
            let is_idle = core.idle_count.load(Ordering::Relaxed) != idle;
            !self.is_over.load(Ordering::Acquire) && core.is_running() && !is_idle
        };
        let limit = core.settings.max_steps_per_instant;
        for _ in 0..POKES {
            if !is_busy() {
                return;
            }
            *tasks = (*tasks).max(self.metrics.num_alive_tasks());
            let rounds = core.rounds.load(Ordering::Relaxed).wrapping_sub(before);
            let polls = rounds.saturating_mul(TASKS_IN_A_ROW.into());
            if polls > u64::from(limit).saturating_mul((*tasks).max(1) as u64) {
                return core.fail(core.explain(texts::busy_task(limit)));
            }
            core.test_waker().iter().for_each(Waker::wake_by_ref);
            thread::park_timeout(POKE);
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
        tell(&core.stamp(hangs));
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
