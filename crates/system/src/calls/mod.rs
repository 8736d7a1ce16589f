//! What stands in for the C library's functions: the sim's answer where a sim is asked, and else the kernel's.
//!
//! All that is unsafe stands here: pointers of the caller's, and system calls. Each function turns the caller's memory into
//! slices and values, and hands them to safe code. No panic leaves a function.

pub(crate) mod bytes;
pub(crate) mod clocks;
pub(crate) mod descriptors;
mod memory;
pub(crate) mod names;
mod of_c;
pub(crate) mod options;
pub(crate) mod randomness;
pub(crate) mod readiness;
pub(crate) mod sockets;
pub(crate) mod threads;

use std::{
    ffi::c_int,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{socket::Socket, table};

/// The kernel's own answer to a system call.
///
/// The arguments are those of the interposed function, whose caller has promised that they fit.
macro_rules! kernel {
    ($number:ident $(, $argument:expr)* $(,)?) => {{
        // SAFETY: the arguments of the interposed call, handed on as they came.
        unsafe { libc::syscall(libc::$number $(, $argument)*) }
    }};
}
use kernel;

/// Sets `errno`, and returns what says that a call has failed.
fn failed(code: c_int) -> isize {
    randomness::failed(code) as isize
}

/// Runs safe code for a call, and returns its result as the C library does. A panic is `ENETDOWN`: it must not unwind
/// through the caller's frames, which may be C's.
fn answer(act: impl FnOnce() -> Result<usize, c_int>) -> isize {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(Ok(value)) => value as isize, // counts and descriptors, far below the largest
        Ok(Err(code)) => failed(code),
        Err(_) => failed(libc::ENETDOWN),
    }
}

/// Answers for a socket of a sim. `None` for all other descriptors.
#[inline]
fn with_socket(fd: c_int, act: impl FnOnce(&Arc<Socket>) -> Result<usize, c_int>) -> Option<isize> {
    if !table::is_ours(fd) {
        return None;
    }
    let socket = table::socket(fd)?;
    Some(answer(move || act(&socket)))
}
