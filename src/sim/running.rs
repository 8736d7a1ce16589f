//! Which sim runs on this thread, for those whom the system's own calls lead here.
//!
//! Code under test asks the system for randomness and the time, and no argument says in which world. Only
//! `unplugged-entropy` asks here, which stands in for these calls in a test binary; without it, nothing does. All
//! of it may be called at any time, from a signal handler or at a thread's end: then the answer is that none runs.

use std::{
    cell::RefCell,
    process,
    sync::{Arc, TryLockError},
    time::{Instant, SystemTime},
};

use super::world::World;
use crate::clock::instant_at;

thread_local! {
    /// The world that runs, is made or ends on this thread, and the process that it belongs to.
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

struct Running {
    world: Arc<World>,
    process: u32,
}

/// Until it is dropped, the world runs on this thread. Nests.
pub(super) struct Entered(Option<Running>);

pub(super) fn enter(world: &Arc<World>) -> Entered {
    instant_at(0); // reads the real clock, once: not while it is asked for on behalf of a world
    Entered(swap(Some(Running { world: Arc::clone(world), process: process::id() })))
}

impl Drop for Entered {
    fn drop(&mut self) {
        drop(swap(self.0.take()));
    }
}

/// A thread that ends has no world any more.
fn swap(running: Option<Running>) -> Option<Running> {
    RUNNING.try_with(|here| here.replace(running)).ok().flatten()
}

/// What `ask` gets of the world on this thread. A process that was forked off has none: it would draw what its
/// parent draws.
fn ask<R>(ask: impl FnOnce(&World) -> Option<R>) -> Option<R> {
    let asked = RUNNING.try_with(|here| {
        // Borrowed alone, so that a call from inside of this one finds nothing.
        let here = here.try_borrow_mut().ok()?;
        let running = here.as_ref().filter(|running| running.process == process::id())?;
        ask(&running.world)
    });
    asked.ok().flatten()
}

/// Fills `bytes` from the stream `sim.entropy` of the sim that runs on this thread. Returns whether one does.
#[doc(hidden)]
#[must_use = "if no sim runs, nothing is filled"]
pub fn fill_from_running(bytes: &mut [u8]) -> bool {
    let filled = ask(|world| {
        let mut stream = match world.entropy.try_lock() {
            Ok(stream) => stream,
            Err(TryLockError::Poisoned(stream)) => stream.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        for bytes in bytes.chunks_mut(8) {
            bytes.copy_from_slice(&stream.next_u64().to_le_bytes()[..bytes.len()]);
        }
        Some(())
    });
    filled.is_some()
}

/// The time of the sim that runs on this thread, if one does.
#[doc(hidden)]
#[must_use]
pub fn now_in_running() -> Option<Instant> {
    ask(|world| Some(world.timeline.instant()))
}

/// The wall clock of the sim that runs on this thread, if one does.
#[doc(hidden)]
#[must_use]
pub fn system_time_in_running() -> Option<SystemTime> {
    ask(|world| Some(world.timeline.system_time()))
}
