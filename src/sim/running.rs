//! Which sim runs on this thread, for those whom the system's own calls lead here.
//!
//! Code under test asks the system for randomness and the time, and no argument says in which world. Only
//! `unplugged-entropy` asks here, which stands in for these calls in a test binary; without it, nothing does. All
//! of it may be called at any time, from a signal handler or at a thread's end: then the answer is that none runs.

use std::{
    cell::RefCell,
    process,
    sync::{
        Arc, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
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

/// Something has asked: the system's calls lead here in this process.
static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// Whether a sim decides in this process what foreign code draws from the system.
pub(crate) fn is_asked() -> bool {
    IS_ASKED.load(Ordering::Relaxed)
}

/// Fills `bytes` from the stream `sim.entropy` of the sim that runs on this thread. Returns whether one does.
#[doc(hidden)]
#[must_use = "if no sim runs, nothing is filled"]
pub fn fill_from_running(bytes: &mut [u8]) -> bool {
    IS_ASKED.store(true, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use std::{cell::Cell, thread};

    use super::*;
    use crate::{
        clock::{Clock, millis},
        seed::Seed,
        sim::Sim,
    };

    fn draw() -> Option<[u8; 11]> {
        let mut bytes = [0; 11];
        fill_from_running(&mut bytes).then_some(bytes)
    }

    /// What a world of the default seed draws first.
    fn first() -> [u8; 11] {
        let mut stream = Seed::DEFAULT.rng("sim.entropy");
        let mut bytes = [0; 11];
        bytes[..8].copy_from_slice(&stream.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&stream.next_u64().to_le_bytes()[..3]);
        bytes
    }

    #[test]
    fn a_running_sim_answers_and_nobody_else() {
        let nobody = || (draw(), now_in_running(), system_time_in_running()) == (None, None, None);
        assert!(nobody());
        let sim = Sim::new();
        assert!(nobody());
        sim.run(async {
            assert_eq!(draw(), Some(first()));
            sim.advance(millis(3)).await;
            assert_eq!(now_in_running(), Some(sim.clock().now()));
            assert_eq!(system_time_in_running(), Some(sim.clock().system_time()));
            assert!(thread::spawn(nobody).join().unwrap());
        });
        assert!(nobody());
        drop(sim);
        assert!(nobody());
    }

    #[test]
    fn a_sim_that_panics_answers_no_more() {
        let sim = Sim::new();
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            sim.run(async { panic!("on purpose") });
        }));
        assert!(ended.is_err());
        assert_eq!(draw(), None);
    }

    #[test]
    fn a_call_inside_of_a_call_finds_nobody() {
        Sim::new().run(async {
            assert_eq!(ask(|_world| Some((draw(), now_in_running()))), Some((None, None)));
            // A signal handler that comes in the middle of a draw.
            let locked = RUNNING.with_borrow(|here| Arc::clone(&here.as_ref().unwrap().world));
            let stream = locked.entropy.lock().unwrap();
            assert_eq!(draw(), None);
            drop(stream);
            assert_eq!(draw(), Some(first()));
        });
    }

    #[test]
    fn a_sim_may_live_until_its_thread_ends() {
        struct AtTheEnd(Cell<Option<Sim>>);
        impl Drop for AtTheEnd {
            fn drop(&mut self) {
                drop(self.0.take());
                assert_eq!(draw(), None);
            }
        }
        thread_local! {
            static KEPT: AtTheEnd = const { AtTheEnd(Cell::new(None)) };
        }
        let thread = thread::spawn(|| {
            KEPT.with(|kept| kept.0.set(None)); // it ends after what is first used later
            KEPT.with(|kept| kept.0.set(Some(Sim::new())));
        });
        thread.join().unwrap();
    }
}
