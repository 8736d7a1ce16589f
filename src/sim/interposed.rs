//! Sims whose sockets are made by the system's own calls, where a package interposes those.
//!
//! Such a sim has tokio's I/O driver, and no real socket: the package answers the driver's calls. The driver is asked
//! whenever a socket of the network is ready, before time moves.

use std::sync::atomic::{AtomicBool, Ordering};

use super::pool::Pool;

/// True if a package answers the calls that make and use sockets.
static HAS_SOCKETS: AtomicBool = AtomicBool::new(false);

/// Makes the calls that make and use sockets lead to the sim of their thread. It is called before `main`: sims that are
/// there already have no driver.
pub fn interpose_sockets() {
    HAS_SOCKETS.store(true, Ordering::Relaxed);
}

/// True if a package tells of the threads that are started.
static HAS_THREADS: AtomicBool = AtomicBool::new(false);

/// Makes the threads that are started on a sim's thread known to it. It is called before `main`.
pub fn interpose_threads() {
    HAS_THREADS.store(true, Ordering::Relaxed);
}

/// Returns whether they do.
pub(super) fn has_sockets() -> bool {
    HAS_SOCKETS.load(Ordering::Relaxed)
}

/// The state of a sim's interposed sockets.
#[derive(Debug)]
pub(super) struct Interposed {
    /// A socket of the network is ready, and tokio's driver has not been told.
    pub(super) is_ready: AtomicBool,
    /// The blocking tasks of the runtime, if the threads are known.
    pub(super) pool: Option<Pool>,
}

impl Interposed {
    /// Returns the state of a sim, if its sockets are interposed.
    pub(super) fn of_sim(real_io: bool) -> Option<Self> {
        let has_threads = HAS_THREADS.load(Ordering::Relaxed);
        (has_sockets() && !real_io)
            .then(|| Self { is_ready: AtomicBool::new(false), pool: has_threads.then(Pool::default) })
    }
}
