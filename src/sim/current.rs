//! The sim that runs on a thread: the one thread-local of a sim.
//!
//! The runtime's hooks and the panic hook ask it. So do the hooks of packages that stand in for calls of the system: code
//! under test asks the system for randomness and the time, and no argument says for which sim. All of it may be called
//! at any time, from a signal handler or at a thread's end: then the answer is that none runs.

use std::{
    cell::{Cell, RefCell},
    process,
    sync::{
        Arc, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Instant, SystemTime},
};

use super::core::SimCore;
use crate::clock::base;

thread_local! {
    static HERE: Here = const { Here { sim: RefCell::new(None), is_asking: Cell::new(false) } };
}

struct Here {
    sim: RefCell<Option<CurrentSim>>,
    /// A call from inside of a question finds no sim.
    is_asking: Cell<bool>,
}

struct CurrentSim {
    core: Arc<SimCore>,
    role: Role,
    /// The process that it belongs to: one that was forked off would draw what its parent draws.
    process: u32,
}

/// The work that a thread does for a sim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It makes or drops the runtime: the system's calls lead to the sim.
    Runtime,
    /// It runs the tasks: panics are noted, too.
    Tasks,
    /// It runs a blocking task: only its panics are noted.
    Blocking,
    /// It drops the tasks at the end: the system's calls lead to the sim, and panics are noted.
    End,
}

/// Returns whether a sim runs on this thread.
pub(super) fn is_entered() -> bool {
    HERE.try_with(|here| here.sim.try_borrow().is_ok_and(|sim| sim.is_some())).unwrap_or(false)
}

/// Until it is dropped, the sim runs on this thread. Nests.
pub(super) struct Entered(Option<CurrentSim>);

pub(super) fn enter(core: &Arc<SimCore>, role: Role) -> Entered {
    base(); // reads the real clock, once: not while it is asked for on behalf of a sim
    Entered(swap(Some(CurrentSim { core: Arc::clone(core), role, process: process::id() })))
}

impl Drop for Entered {
    fn drop(&mut self) {
        drop(swap(self.0.take()));
    }
}

/// A thread that ends has no sim any more. While a sim is called, no other begins: its runtime refuses that.
fn swap(sim: Option<CurrentSim>) -> Option<CurrentSim> {
    let swapped = HERE.try_with(|here| {
        let mut here = here.sim.try_borrow_mut().ok()?;
        std::mem::replace(&mut *here, sim)
    });
    swapped.ok().flatten()
}

/// Calls `act` with the sim whose tasks run on this thread.
pub(super) fn with(act: impl FnOnce(&SimCore)) {
    HERE.with(|here| {
        if let Some(sim) = here.sim.borrow().as_ref().filter(|sim| sim.role == Role::Tasks) {
            act(&sim.core);
        }
    });
}

/// Returns the sim that notes the panics of this thread.
pub(super) fn of_panic() -> Option<(Arc<SimCore>, Role)> {
    let found = HERE.try_with(|here| {
        let sim = here.sim.try_borrow().ok()?;
        sim.as_ref().filter(|sim| sim.role != Role::Runtime).map(|sim| (Arc::clone(&sim.core), sim.role))
    });
    found.ok().flatten()
}

/// Returns what `ask` gets of the sim that the system's calls on this thread lead to.
fn ask<R>(ask: impl FnOnce(&SimCore) -> Option<R>) -> Option<R> {
    let asked = HERE.try_with(|here| {
        let sim = here.sim.try_borrow().ok()?;
        let sim = sim.as_ref().filter(|sim| sim.role != Role::Blocking && sim.process == process::id())?;
        if here.is_asking.replace(true) {
            return None;
        }
        let answer = ask(&sim.core);
        here.is_asking.set(false);
        answer
    });
    asked.ok().flatten()
}

/// Returns the sim that the system's calls on this thread lead to. It is asked once for each socket.
pub(super) fn asked() -> Option<Arc<SimCore>> {
    let found = HERE.try_with(|here| {
        let sim = here.sim.try_borrow().ok()?;
        let sim = sim.as_ref().filter(|sim| sim.role != Role::Blocking && sim.process == process::id())?;
        Some(Arc::clone(&sim.core))
    });
    found.ok().flatten()
}

/// Something has asked: the system's calls lead here in this process.
static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// Returns whether a sim decides in this process what foreign code draws from the system.
pub(crate) fn is_asked() -> bool {
    IS_ASKED.load(Ordering::Relaxed)
}

/// Fills `bytes` with what the sim that runs on this thread draws for foreign code. Returns whether one does.
#[must_use = "if no sim runs, nothing is filled"]
pub fn fill_from_running(bytes: &mut [u8]) -> bool {
    IS_ASKED.store(true, Ordering::Relaxed);
    let filled = ask(|core| {
        let mut rng = match core.entropy.try_lock() {
            Ok(rng) => rng,
            Err(TryLockError::Poisoned(rng)) => rng.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        for bytes in bytes.chunks_mut(8) {
            bytes.copy_from_slice(&rng.next_u64().to_le_bytes()[..bytes.len()]);
        }
        Some(())
    });
    filled.is_some()
}

/// Returns the time of the sim that runs on this thread, if one does.
#[must_use]
pub fn now_in_running() -> Option<Instant> {
    ask(|core| Some(core.timeline.instant()))
}

/// Returns the wall clock's time in the sim that runs on this thread, if one does.
#[must_use]
pub fn system_time_in_running() -> Option<SystemTime> {
    ask(|core| Some(core.timeline.system_time()))
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, thread};

    use super::*;
    use crate::{
        clock::{Clock, millis},
        seed::Seed,
        sim::sim::Sim,
    };

    fn draw() -> Option<[u8; 11]> {
        let mut bytes = [0; 11];
        fill_from_running(&mut bytes).then_some(bytes)
    }

    /// Returns what a sim of the default seed draws first.
    fn first() -> [u8; 11] {
        let mut rng = Seed::DEFAULT.rng("sim.entropy");
        let mut bytes = [0; 11];
        bytes[..8].copy_from_slice(&rng.next_u64().to_le_bytes());
        bytes[8..].copy_from_slice(&rng.next_u64().to_le_bytes()[..3]);
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
            assert_eq!(ask(|_core| Some((draw(), now_in_running()))), Some((None, None)));
            // A signal handler that comes in the middle of a draw.
            let locked = HERE.with(|here| Arc::clone(&here.sim.borrow().as_ref().unwrap().core));
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
