//! The last resort against a task that is never idle and that the kit does not know.
//!
//! Such a task keeps tokio from ever parking, so nothing deterministic can see it. A thread looks at the world
//! twice a second of real time; if it has not been idle in between, it wakes the test's future again and again.
//! tokio polls that at most once between some sixty other polls, and so it can count. This only ends a test that
//! would hang, and never decides one that would not.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    task::Waker,
    thread::{self, Thread},
    time::Duration,
};

use super::{texts, world::World};

const LOOK: Duration = Duration::from_millis(500);
const POKE: Duration = Duration::from_micros(50);

/// tokio 1.54 polls 61 tasks between two polls of the future under `block_on`.
const POLLS_A_ROUND: u32 = 61;

/// Stops the thread when it is dropped.
pub(super) struct Watchdog {
    thread: Thread,
    alive: Option<Arc<()>>,
}

impl Watchdog {
    pub(super) fn start(world: &Arc<World>) -> Self {
        let alive = Arc::new(());
        let (world, still) = (Arc::downgrade(world), Arc::downgrade(&alive));
        let spawned =
            thread::Builder::new().name("unplugged-watchdog".into()).spawn(move || watch(&world, &still));
        let thread = spawned.expect("the system can start a thread").thread().clone();
        Self { thread, alive: Some(alive) }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.alive = None;
        self.thread.unpark();
    }
}

fn watch(world: &Weak<World>, alive: &Weak<()>) {
    let mut seen = None;
    let mut blocked_for = Duration::ZERO;
    while alive.strong_count() > 0 {
        thread::park_timeout(LOOK);
        let Some(world) = world.upgrade() else { return };
        let idle = world.is_running().then(|| world.idle_count.load(Ordering::Relaxed));
        if idle.is_some() && idle == seen {
            suspect(&world, alive);
        }
        seen = idle;
        if world.blocking.load(Ordering::Acquire) == 0 {
            blocked_for = Duration::ZERO;
            continue;
        }
        blocked_for += LOOK;
        if blocked_for > world.blocking_limit {
            world.fail(world.explain(texts::blocking_hangs(world.blocking_limit)));
        }
    }
}

/// Wakes the test's future until the world was idle, or was busy for too many rounds.
fn suspect(world: &World, alive: &Weak<()>) {
    let idle = world.idle_count.load(Ordering::Relaxed);
    let polled = world.root_polls.load(Ordering::Relaxed);
    while alive.strong_count() > 0 && world.is_running() && world.idle_count.load(Ordering::Relaxed) == idle {
        let rounds = world.root_polls.load(Ordering::Relaxed).wrapping_sub(polled);
        if rounds > u64::from(world.instant_limit / POLLS_A_ROUND) {
            let violation = texts::busy_task(world.instant_limit);
            return world.fail(world.explain(violation));
        }
        world.root_waker().iter().for_each(Waker::wake_by_ref);
        thread::park_timeout(POKE);
    }
}
