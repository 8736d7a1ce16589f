//! What the interposed functions do: ask the sim on this thread, and else the kernel.
//!
//! They are called by anybody at any time: no panic may leave them, and they call nothing that could call them.

#![expect(
    unsafe_code,
    reason = "the C library's functions are unsafe to stand in for, and so is a system call"
)]

use std::{
    cell::Cell,
    ffi::{c_int, c_long, c_uint, c_void},
    time::{Duration, Instant, SystemTime},
};

use libc::timespec;
use unplugged::{
    __private,
    clock::{Clock, FakeClock},
};

/// The flags that the kernel knows. With any other the call is an error, and the kernel's to refuse.
const FLAGS: c_uint = libc::GRND_NONBLOCK | libc::GRND_RANDOM | libc::GRND_INSECURE;

/// The most that one call of `getentropy` gives.
const ENTROPY_MAX: usize = 256;

/// `getrandom(3)`.
///
/// # Safety
/// As of the C library's: `buffer` can be written for `length` bytes.
pub unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    // SAFETY: the caller's promise.
    if flags & !FLAGS == 0 && unsafe { fill(buffer, length) } {
        return length as isize; // a buffer is never longer
    }
    // SAFETY: the caller's promise.
    unsafe { real_getrandom(buffer, length, flags) }
}

/// The kernel's answer, asked for without the C library's `syscall`, which may be interposed and come back here.
///
/// # Safety
/// `buffer` can be written for `length` bytes.
#[cfg(target_arch = "x86_64")]
unsafe fn real_getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    let given: isize;
    // SAFETY: the kernel checks its arguments, writes `length` bytes at most, and leaves all but these registers.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") libc::SYS_getrandom as isize => given,
            in("rdi") buffer,
            in("rsi") length,
            in("rdx") flags as usize,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    if (-4095..0).contains(&given) {
        failed(-given as c_int);
        return -1;
    }
    given
}

/// The kernel's answer.
///
/// # Safety
/// `buffer` can be written for `length` bytes.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn real_getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    // SAFETY: the kernel checks its arguments, and writes `length` bytes at most.
    unsafe { libc::syscall(libc::SYS_getrandom, buffer, length, flags) as isize }
}

/// How a function of the C library says that it failed.
pub extern "C" fn failed(error: c_int) -> c_long {
    // SAFETY: the place of this thread's `errno`, which is always there.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// `getentropy(3)`.
///
/// # Safety
/// As of the C library's: `buffer` can be written for `length` bytes.
pub unsafe extern "C" fn getentropy(buffer: *mut c_void, length: usize) -> c_int {
    if length > ENTROPY_MAX {
        failed(libc::EIO);
        return -1;
    }
    let mut filled = 0;
    while filled < length {
        // SAFETY: what is left of the caller's buffer.
        let given = unsafe { getrandom(buffer.byte_add(filled), length - filled, 0) };
        match usize::try_from(given) {
            Ok(given) => filled += given,
            // SAFETY: the place of this thread's `errno`, which is always there.
            Err(_) if unsafe { *libc::__errno_location() } == libc::EINTR => {}
            Err(_) => return -1,
        }
    }
    0
}

/// Fills the buffer, if a sim runs on this thread.
///
/// # Safety
/// `buffer` is null, or can be written for `length` bytes.
unsafe fn fill(buffer: *mut c_void, length: usize) -> bool {
    if buffer.is_null() || length == 0 {
        return false;
    }
    let buffer = buffer.cast::<u8>();
    let bytes = {
        // SAFETY: not null, and the caller's promise; a first write makes a slice of what was never written.
        unsafe {
            buffer.write_bytes(0, length);
            std::slice::from_raw_parts_mut(buffer, length)
        }
    };
    __private::fill_from_running(bytes)
}

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
