//! The last resort against a task that is never idle and that the kit does not know.
//!
//! Such a task keeps tokio from ever parking, so nothing deterministic can see it. A thread looks at the sim
//! twice a second of real time; if it has not been idle in between, it wakes the test's future again and again.
//! tokio polls that at most once between some sixty other polls, and so it can count. This only ends a test that
//! would hang, and never decides one that would not.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
    thread::{self, Thread},
    time::Duration,
};

use super::{core::SimCore, texts, tokio_clock::TASKS_IN_A_ROW};
use crate::sync::lock;

const LOOK: Duration = Duration::from_millis(500);
const POKE: Duration = Duration::from_micros(50);

/// How many pokes one look may take: then it is the turn of the other sims.
const POKES: u32 = 2_000;

/// The sims that one thread looks at: a thread each would cost more than most sims do.
static WATCHED: Mutex<Vec<Arc<Watched>>> = Mutex::new(Vec::new());

struct Watched {
    core: Weak<SimCore>,
    seen: Mutex<Seen>,
    is_over: AtomicBool,
}

/// The state at the last look.
#[derive(Default)]
struct Seen {
    idle: Option<u64>,
    /// How often the test had been polled when it began to look busy.
    suspected: Option<u64>,
    blocked_for: Duration,
}

/// Ends the watch when it is dropped.
pub(super) struct Watchdog(Arc<Watched>);

impl Watchdog {
    pub(super) fn start(core: &Arc<SimCore>) -> Self {
        static THREAD: OnceLock<Thread> = OnceLock::new();
        let watched =
            Watched { core: Arc::downgrade(core), seen: Mutex::default(), is_over: AtomicBool::new(false) };
        let watched = Arc::new(watched);
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
        let idle = core.is_running().then(|| core.idle_count.load(Ordering::Relaxed));
        if idle.is_some() && idle == seen.idle {
            let polled = core.test_polls.load(Ordering::Relaxed);
            suspect(&core, *seen.suspected.get_or_insert(polled), &self.is_over);
        } else {
            seen.suspected = None;
        }
        seen.idle = idle;
        if core.blocking.load(Ordering::Acquire) == 0 {
            seen.blocked_for = Duration::ZERO;
            return;
        }
        seen.blocked_for += LOOK;
        if seen.blocked_for > core.settings.blocking_limit {
            core.fail(core.explain(texts::blocking_hangs(core.settings.blocking_limit)));
        }
    }
}

/// Wakes the test's future until the sim was idle, or was busy for too many rounds since it had been `polled` so
/// often, or for as long as one look may take.
fn suspect(core: &SimCore, polled: u64, is_over: &AtomicBool) {
    let idle = core.idle_count.load(Ordering::Relaxed);
    let is_busy = || {
        let is_idle = core.idle_count.load(Ordering::Relaxed) != idle;
        !is_over.load(Ordering::Acquire) && core.is_running() && !is_idle
    };
    for _ in 0..POKES {
        if !is_busy() {
            return;
        }
        let rounds = core.test_polls.load(Ordering::Relaxed).wrapping_sub(polled);
        if rounds > u64::from(core.settings.max_steps_per_instant / TASKS_IN_A_ROW) {
            let violation = texts::busy_task(core.settings.max_steps_per_instant);
            return core.fail(core.explain(violation));
        }
        core.test_waker().iter().for_each(Waker::wake_by_ref);
        thread::park_timeout(POKE);
    }
}
