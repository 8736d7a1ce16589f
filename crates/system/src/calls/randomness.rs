//! Randomness, drawn from the seed of the sim on this thread, or else by the kernel.
//!
//! These functions are called at any time, by any code: no panic leaves them, and they call nothing that could call them.

#![expect(
    unsafe_code,
    reason = "the C library's functions are unsafe to stand in for, and so is a system call"
)]

use std::ffi::{c_int, c_long, c_uint, c_void};

use unplugged::__private;

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
