//! Options of sockets, and the flags of their descriptors.

#![expect(unsafe_code, reason = "stands in for functions of C, and makes system calls")]

use std::ffi::{c_int, c_ulong, c_void};

use libc::socklen_t;

use super::{answer, descriptors, kernel, memory, with_socket};
use crate::table;

/// `setsockopt(2)`
///
/// # Safety
/// As the C library's: `value` can be read for `length` bytes.
pub unsafe extern "C" fn setsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *const c_void,
    length: socklen_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let ours = with_socket(fd, |socket| {
        if value.is_null() {
            return Err(libc::EFAULT);
        }
        // SAFETY: not null, and the caller's promise.
        socket.set_option((level, name), unsafe { memory::bytes(value, length as usize) }).map(|()| 0)
    });
    ours.unwrap_or_else(|| kernel!(SYS_setsockopt, fd, level, name, value, length) as isize) as c_int
}

/// `getsockopt(2)`
///
/// # Safety
/// As the C library's: `value` can be written for `*length` bytes.
pub unsafe extern "C" fn getsockopt(
    fd: c_int,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    length: *mut socklen_t,
) -> c_int {
    let ours = with_socket(fd, |socket| {
        if value.is_null() || length.is_null() {
            return Err(libc::EFAULT);
        }
        let shown = socket.option((level, name))?;
        // SAFETY: not null, and the caller's promise.
        unsafe { length.write(memory::write_cut(&shown, value, length)) };
        Ok(0)
    });
    ours.unwrap_or_else(|| kernel!(SYS_getsockopt, fd, level, name, value, length) as isize) as c_int
}

/// `ioctl(2)`
///
/// # Safety
/// As the C library's: `argument` is what the request takes.
pub unsafe extern "C" fn ioctl(fd: c_int, request: c_ulong, argument: usize) -> c_int {
    let ours = with_socket(fd, |socket| {
        let place = std::ptr::with_exposed_provenance_mut::<c_int>(argument);
        match request {
            libc::FIONBIO => {
                // SAFETY: the request takes a pointer to a number.
                socket.set_nonblocking(unsafe { memory::read(place) }.ok_or(libc::EFAULT)? != 0);
                Ok(0)
            }
            libc::FIONREAD => {
                let unread = c_int::try_from(socket.unread()?).unwrap_or(c_int::MAX);
                // SAFETY: the request takes a pointer to a number.
                unsafe { place.write(unread) };
                Ok(0)
            }
            libc::FIOCLEX | libc::FIONCLEX => Ok(kernel!(SYS_ioctl, fd, request, argument) as usize),
            _ => Err(libc::ENOTTY),
        }
    });
    ours.unwrap_or_else(|| kernel!(SYS_ioctl, fd, request, argument) as isize) as c_int
}

/// `fcntl(2)`
///
/// # Safety
/// As the C library's: `argument` is what the command takes.
pub unsafe extern "C" fn fcntl(fd: c_int, command: c_int, argument: usize) -> c_int {
    if !table::is_ours(fd) {
        return kernel!(SYS_fcntl, fd, command, argument) as c_int;
    }
    if matches!(command, libc::F_DUPFD | libc::F_DUPFD_CLOEXEC) {
        return answer(|| descriptors::duplicate(fd, |fd| kernel!(SYS_fcntl, fd, command, argument) as c_int))
            as c_int;
    }
    let ours = with_socket(fd, |socket| match command {
        libc::F_GETFL => {
            Ok((libc::O_RDWR | if socket.is_nonblocking() { libc::O_NONBLOCK } else { 0 }) as usize)
        }
        libc::F_SETFL => {
            socket.set_nonblocking(argument as c_int & libc::O_NONBLOCK != 0);
            Ok(0)
        }
        _ => match kernel!(SYS_fcntl, fd, command, argument) as c_int {
            done @ 0.. => Ok(done as usize),
            _ => Err(descriptors::errno()),
        },
    });
    ours.unwrap_or_else(|| kernel!(SYS_fcntl, fd, command, argument) as isize) as c_int
}
