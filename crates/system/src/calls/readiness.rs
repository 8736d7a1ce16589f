//! epoll and poll.

#![expect(unsafe_code, reason = "stands in for functions of C, and makes system calls")]

use std::{ffi::c_int, ptr, time::Duration};

use libc::{epoll_event, nfds_t, pollfd, sigset_t, timespec};
use unplugged::__private;

use super::{answer, descriptors, failed, kernel, memory, with_socket};
use crate::{
    epoll::Epoll,
    table::{self, Entry},
    texts,
};

/// The size of the kernel's set of signals, which is not that of C's.
const SIZE_OF_SIGNALS: usize = 8;

/// `epoll_create1(2)`
///
/// # Safety
/// As the C library's, which asks for nothing.
pub unsafe extern "C" fn epoll_create1(flags: c_int) -> c_int {
    let fd = kernel!(SYS_epoll_create1, flags) as c_int;
    if fd < 0 {
        return fd;
    }
    let Some(sim) = __private::running() else { return fd };
    answer(|| {
        let is_drivers = sim.is_between();
        if table::put(fd, Entry::Epoll(Epoll::new(sim, is_drivers))) {
            return Ok(fd as usize);
        }
        kernel!(SYS_close, fd);
        Err(libc::EMFILE)
    }) as c_int
}

/// `epoll_create(2)`
///
/// # Safety
/// As the C library's, which asks for nothing.
pub unsafe extern "C" fn epoll_create(size: c_int) -> c_int {
    if size <= 0 {
        return failed(libc::EINVAL) as c_int;
    }
    // SAFETY: it asks for nothing.
    unsafe { epoll_create1(0) }
}

/// `epoll_ctl(2)`
///
/// # Safety
/// As the C library's: `event` is null, or can be read.
pub unsafe extern "C" fn epoll_ctl(
    epoll: c_int,
    operation: c_int,
    fd: c_int,
    event: *mut epoll_event,
) -> c_int {
    let ours = with_socket(fd, |socket| {
        let epoll = table::epoll(epoll).ok_or(libc::EPERM)?; // one of another thread
        // SAFETY: the caller's promise.
        epoll.control(operation, fd, socket, unsafe { memory::read(event) }).map(|()| 0)
    });
    if let Some(ours) = ours {
        return ours as c_int;
    }
    let Some(known) = table::epoll(epoll) else {
        return kernel!(SYS_epoll_ctl, epoll, operation, fd, event) as c_int;
    };
    answer(|| {
        if operation == libc::EPOLL_CTL_ADD && is_real_socket(fd) {
            known.refuse(texts::REAL_SOCKET);
            return Err(libc::EPERM);
        }
        if kernel!(SYS_epoll_ctl, epoll, operation, fd, event) < 0 {
            return Err(descriptors::errno());
        }
        known.count_kernels(operation);
        Ok(0)
    }) as c_int
}

/// Returns whether it is a socket of the machine's own network. The runtime has one of its own at a path.
fn is_real_socket(fd: c_int) -> bool {
    let mut domain: c_int = 0;
    let mut length = size_of::<c_int>() as libc::socklen_t;
    let (level, name) = (libc::SOL_SOCKET, libc::SO_DOMAIN);
    let asked = kernel!(SYS_getsockopt, fd, level, name, &raw mut domain, &raw mut length);
    asked == 0 && matches!(domain, libc::AF_INET | libc::AF_INET6)
}

/// `epoll_pwait(2)`
///
/// # Safety
/// As the C library's: `events` can be written for `most` events; `signals` is null, or can be read.
pub unsafe extern "C" fn epoll_pwait(
    epoll: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: c_int,
    signals: *const sigset_t,
) -> c_int {
    let size = SIZE_OF_SIGNALS;
    let Some(known) = table::epoll(epoll) else {
        return kernel!(SYS_epoll_pwait, epoll, events, most, timeout, signals, size) as c_int;
    };
    answer(|| {
        let most = usize::try_from(most).ok().filter(|most| *most > 0).ok_or(libc::EINVAL)?;
        let mut place = events;
        let ours = known.collect(most, |event| {
            // SAFETY: `collect` tells of `most` events at most.
            unsafe {
                place.write_unaligned(event);
                place = place.add(1);
            }
        });
        let timeout = if ours > 0 { 0 } else { known.limit_wait(timeout) };
        if ours == most || !known.must_ask_kernel(timeout) {
            return Ok(ours);
        }
        let left = (most - ours) as c_int;
        match kernel!(SYS_epoll_pwait, epoll, place, left, timeout, signals, size) {
            kernels @ 0.. => Ok(ours + kernels as usize),
            _ if ours > 0 => Ok(ours),
            _ => Err(descriptors::errno()),
        }
    }) as c_int
}

/// `epoll_wait(2)`
///
/// # Safety
/// As [`epoll_pwait`].
pub unsafe extern "C" fn epoll_wait(
    epoll: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { epoll_pwait(epoll, events, most, timeout, ptr::null()) }
}

/// `poll(2)`
///
/// # Safety
/// As the C library's: there are `count` entries, which can be read and written.
pub unsafe extern "C" fn poll(entries: *mut pollfd, count: nfds_t, timeout: c_int) -> c_int {
    // SAFETY: the caller's promise.
    if let Some(ours) = unsafe { poll_ours(entries, count, timeout == 0) } {
        return ours;
    }
    let limit = u64::try_from(timeout).ok().map(Duration::from_millis).map(|limit| timespec {
        tv_sec: limit.as_secs() as libc::time_t,
        tv_nsec: limit.subsec_nanos().into(),
    });
    let limit = limit.as_ref().map_or(ptr::null(), ptr::from_ref);
    kernel!(SYS_ppoll, entries, count, limit, ptr::null::<sigset_t>(), SIZE_OF_SIGNALS) as c_int
}

/// `ppoll(2)`
///
/// # Safety
/// As [`poll`]; `limit` and `signals` are null, or can be read.
pub unsafe extern "C" fn ppoll(
    entries: *mut pollfd,
    count: nfds_t,
    limit: *const timespec,
    signals: *const sigset_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let is_at_once =
        unsafe { memory::read(limit) }.is_some_and(|limit| (limit.tv_sec, limit.tv_nsec) == (0, 0));
    // SAFETY: the caller's promise.
    if let Some(ours) = unsafe { poll_ours(entries, count, is_at_once) } {
        return ours;
    }
    // The kernel writes what is left of the limit, which C's function does not.
    // SAFETY: the caller's promise.
    let mut copy = unsafe { memory::read(limit) };
    let limit = copy.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
    kernel!(SYS_ppoll, entries, count, limit, signals, SIZE_OF_SIGNALS) as c_int
}

/// Polls entries of which at least one is a sim's socket. `None` if none is.
///
/// # Safety
/// As [`poll`].
unsafe fn poll_ours(entries: *mut pollfd, count: nfds_t, is_at_once: bool) -> Option<c_int> {
    let count = count as usize;
    // SAFETY: the caller's promise.
    let entry = |index| unsafe { entries.add(index).read() };
    let first = (0..count).find(|index| table::socket(entry(*index).fd).is_some())?;
    let polled = answer(|| {
        let mut ready = 0;
        for index in 0..count {
            let mut one = entry(index);
            match table::socket(one.fd) {
                Some(socket) => {
                    let asked = one.events | libc::POLLERR | libc::POLLHUP;
                    one.revents = socket.mask() as i16 & asked;
                }
                None => {
                    let now = timespec { tv_sec: 0, tv_nsec: 0 };
                    let none = ptr::null::<sigset_t>();
                    let asked = kernel!(SYS_ppoll, &raw mut one, 1, &raw const now, none, SIZE_OF_SIGNALS);
                    if asked < 0 {
                        return Err(descriptors::errno());
                    }
                }
            }
            ready += usize::from(one.revents != 0);
            // SAFETY: the caller's promise.
            unsafe { entries.add(index).write(one) };
        }
        match table::socket(entry(first).fd) {
            Some(socket) if ready == 0 && !is_at_once => Err(socket.would_block("poll")),
            _ => Ok(ready),
        }
    });
    Some(polled as c_int)
}
