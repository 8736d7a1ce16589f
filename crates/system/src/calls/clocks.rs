//! Clocks that show the time of the sim on this thread, or else the kernel's.
//!
//! These functions are called at any time, by any code: no panic leaves them, and they call nothing that could call them.

#![expect(
    unsafe_code,
    reason = "the C library's functions are unsafe to stand in for, and so is a system call"
)]

use std::{
    cell::Cell,
    ffi::c_int,
    time::{Duration, Instant, SystemTime},
};

use libc::timespec;
use unplugged::{
    __private,
    clock::{Clock, FakeClock},
};

thread_local! {
    /// This thread asks at which `Instant` the monotonic clock shows nothing.
    static ASKS_ZERO: Cell<bool> = const { Cell::new(false) };
}

/// `clock_gettime(3)`.
///
/// # Safety
/// As of the C library's: `time` can be written.
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut timespec) -> c_int {
    match shown(clock) {
        Some(shown) if !time.is_null() => {
            // SAFETY: not null, and the caller's promise.
            unsafe { time.write(shown) };
            0
        }
        // SAFETY: the kernel checks its arguments, and writes one `timespec` at most.
        _ => unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) as c_int },
    }
}

/// What this clock shows in the sim on this thread.
fn shown(clock: c_int) -> Option<timespec> {
    let since_zero = match clock {
        libc::CLOCK_MONOTONIC
        | libc::CLOCK_MONOTONIC_COARSE
        | libc::CLOCK_MONOTONIC_RAW
        | libc::CLOCK_BOOTTIME => {
            if ASKS_ZERO.get() {
                Duration::ZERO
            } else {
                __private::now_in_running()?.saturating_duration_since(zero())
            }
        }
        libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE => {
            // A wall clock that was set to before 1970 shows 1970.
            __private::system_time_in_running()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
        }
        _ => return None,
    };
    let seconds = i64::try_from(since_zero.as_secs()).ok()?;
    Some(timespec { tv_sec: seconds, tv_nsec: since_zero.subsec_nanos().into() })
}

/// The `Instant` at which the monotonic clock shows nothing. std tells of an `Instant` only how far it is from
/// another; this one is made by std while its question to the clock is answered with nothing.
#[expect(clippy::disallowed_methods, reason = "it is not the real clock that is read")]
fn zero() -> Instant {
    at_zero(Instant::now)
}

fn at_zero<R>(read: impl FnOnce() -> R) -> R {
    ASKS_ZERO.set(true);
    let read = read();
    ASKS_ZERO.set(false);
    read
}

/// Has all virtual time begin at an `Instant` that is the same in each process: before `main`, which is before
/// anybody else can ask for the beginning. Code that hashes an `Instant` gets the same each time.
pub extern "C" fn pin_virtual_time() {
    at_zero(|| FakeClock::new().start());
}
