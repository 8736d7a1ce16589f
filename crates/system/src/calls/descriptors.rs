//! Descriptors: made, duplicated, closed.

#![expect(unsafe_code, reason = "stands in for functions of C, and makes system calls")]

use std::{
    ffi::c_int,
    panic::catch_unwind,
    sync::{Arc, OnceLock},
};

use super::{answer, kernel};
use crate::{
    socket::Socket,
    table::{self, Entry},
};

/// Returns what the last call on this thread has failed with.
pub(super) fn errno() -> c_int {
    // SAFETY: the place of this thread's `errno`, which is always there.
    unsafe { *libc::__errno_location() }
}

/// Reserves a number of the kernel's: a duplicate of a file that can be neither read nor written nor polled.
fn reserve(closes_on_exec: bool) -> Result<c_int, c_int> {
    static PLACEHOLDER: OnceLock<Result<c_int, c_int>> = OnceLock::new();
    let placeholder = *PLACEHOLDER.get_or_init(|| {
        raise_limit();
        let flags = libc::O_PATH | libc::O_CLOEXEC;
        let fd = kernel!(SYS_openat, libc::AT_FDCWD, c"/".as_ptr(), flags) as c_int;
        if fd < 0 { Err(errno()) } else { Ok(fd) }
    });
    let command = if closes_on_exec { libc::F_DUPFD_CLOEXEC } else { libc::F_DUPFD };
    let fd = kernel!(SYS_fcntl, placeholder?, command, 0) as c_int;
    if fd < 0 { Err(errno()) } else { Ok(fd) }
}

/// Lets the process have as many descriptors as it may: each end of a connection takes one.
fn raise_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it writes one structure, and then reads it.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// Gives a socket a descriptor.
pub(super) fn install(socket: Arc<Socket>, closes_on_exec: bool) -> Result<usize, c_int> {
    let fd = reserve(closes_on_exec)?;
    if !table::put(fd, Entry::Socket(socket)) {
        kernel!(SYS_close, fd);
        return Err(libc::EMFILE);
    }
    Ok(fd as usize)
}

/// Has the kernel duplicate a descriptor, and notes that the new one stands for the same.
pub(super) fn duplicate(fd: c_int, by_kernel: impl FnOnce(c_int) -> c_int) -> Result<usize, c_int> {
    let entry = table::get(fd);
    let other = by_kernel(fd);
    if other < 0 {
        return Err(errno());
    }
    if let Some(entry) = entry.filter(|_| other != fd) {
        if !table::put(other, entry) {
            kernel!(SYS_close, other);
            return Err(libc::EMFILE);
        }
    }
    Ok(other as usize)
}

/// Forgets a descriptor, before the kernel gives its number to another file. The last one of a socket closes it.
fn forget(fd: c_int) {
    let forgotten = catch_unwind(|| {
        if let Some(entry) = table::take(fd) {
            if let Entry::Socket(socket) = &entry {
                socket.forget(fd);
            }
            drop(entry);
        }
    });
    drop(forgotten); // a panic of it was printed, and must not leave a call of C
}

/// `close(2)`
///
/// # Safety
/// As the C library's: nothing else owns the descriptor.
pub unsafe extern "C" fn close(fd: c_int) -> c_int {
    if table::is_ours(fd) {
        forget(fd);
    }
    kernel!(SYS_close, fd) as c_int
}

/// `dup(2)`
///
/// # Safety
/// As the C library's, which asks for nothing.
pub unsafe extern "C" fn dup(fd: c_int) -> c_int {
    if !table::is_ours(fd) {
        return kernel!(SYS_dup, fd) as c_int;
    }
    answer(|| duplicate(fd, |fd| kernel!(SYS_dup, fd) as c_int)) as c_int
}

/// `dup3(2)`
///
/// # Safety
/// As the C library's: nothing else owns `other`.
pub unsafe extern "C" fn dup3(fd: c_int, other: c_int, flags: c_int) -> c_int {
    if !table::is_ours(fd) && !table::is_ours(other) {
        return kernel!(SYS_dup3, fd, other, flags) as c_int;
    }
    if fd != other {
        forget(other);
    }
    answer(|| duplicate(fd, |fd| kernel!(SYS_dup3, fd, other, flags) as c_int)) as c_int
}

/// `dup2(2)`
///
/// # Safety
/// As [`dup3`].
pub unsafe extern "C" fn dup2(fd: c_int, other: c_int) -> c_int {
    if fd == other {
        // It is the same, or an error.
        return if kernel!(SYS_fcntl, fd, libc::F_GETFD) < 0 { -1 } else { fd };
    }
    // SAFETY: the caller's promise.
    unsafe { dup3(fd, other, 0) }
}
