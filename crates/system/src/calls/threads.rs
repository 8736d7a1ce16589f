//! Threads: each knows on which sim's thread it was started, directly or not.

#![expect(unsafe_code, reason = "stands in for functions of C, and calls C's")]

use std::{
    cell::RefCell,
    ffi::{c_int, c_void},
    mem,
    sync::OnceLock,
};

use libc::{pthread_attr_t, pthread_t};
use unplugged::__private::{self, RunningSim, SimOfThread};

use super::of_c::of_c;
use crate::texts;

type Start = extern "C" fn(*mut c_void) -> *mut c_void;
type Create =
    unsafe extern "C" fn(*mut pthread_t, *const pthread_attr_t, StartUnwinding, *mut c_void) -> c_int;
type StartUnwinding = extern "C-unwind" fn(*mut c_void) -> *mut c_void;

thread_local! {
    static PARENT: RefCell<Option<SimOfThread>> = const { RefCell::new(None) };
}

/// What a thread begins with.
struct Child {
    start: StartUnwinding,
    argument: *mut c_void,
    parent: SimOfThread,
}

/// Runs a thread. It may end in the middle, by `pthread_exit`: nothing here is left to be dropped then.
extern "C-unwind" fn begin(child: *mut c_void) -> *mut c_void {
    // SAFETY: made by `pthread_create` below, for this one call.
    let child = *unsafe { Box::from_raw(child.cast::<Child>()) };
    let Child { start, argument, parent } = child;
    PARENT.set(Some(parent)); // dropped by the thread's end
    start(argument)
}

/// The C library's function, which this one stands before.
fn real() -> Option<Create> {
    static REAL: OnceLock<usize> = OnceLock::new();
    let found = *REAL.get_or_init(|| of_c(c"pthread_create"));
    // SAFETY: the next function of this name is C's, and this is its type; none is null, which is `None`.
    unsafe { mem::transmute::<usize, Option<Create>>(found) }
}

/// `pthread_create(3)`
///
/// # Safety
/// As the C library's: `start` can be called with `argument`, on another thread.
pub unsafe extern "C" fn pthread_create(
    thread: *mut pthread_t,
    attributes: *const pthread_attr_t,
    start: Start,
    argument: *mut c_void,
) -> c_int {
    let Some(create) = real() else { return libc::EAGAIN };
    // SAFETY: a function that does not unwind may be called as one that may.
    let start = unsafe { mem::transmute::<Start, StartUnwinding>(start) };
    let parent = __private::running().map(|sim| sim.starts_thread()).or_else(|| {
        let parent = PARENT.try_with(|parent| parent.borrow().as_ref().map(SimOfThread::starts_thread));
        parent.ok().flatten()
    });
    let Some(parent) = parent else {
        // SAFETY: the caller's promise.
        return unsafe { create(thread, attributes, start, argument) };
    };
    let child = Box::into_raw(Box::new(Child { start, argument, parent }));
    // SAFETY: the caller's promise; `begin` takes the child, once.
    let made = unsafe { create(thread, attributes, begin, child.cast()) };
    if made != 0 {
        // SAFETY: no thread has taken it.
        drop(unsafe { Box::from_raw(child) });
    }
    made
}

/// Returns the sim on whose thread this one was started, if no sim runs here.
pub(super) fn parent() -> Option<RunningSim> {
    let parent = PARENT.try_with(|parent| parent.borrow().as_ref().and_then(SimOfThread::sim));
    parent.ok().flatten()
}

/// Refuses a socket on a thread that was started on a sim's: it would be one of the machine's network, silently.
pub(super) fn refuse_socket(sim: &RunningSim) -> c_int {
    let (headline, next) = texts::SOCKET_ON_THREAD;
    sim.fail(headline, next);
    libc::ENETDOWN
}
