//! Making sockets, and what establishes connections.

#![expect(unsafe_code, reason = "stands in for functions of C, and makes system calls")]

use std::{ffi::c_int, sync::Arc};

use libc::{sockaddr, socklen_t};
use unplugged::__private;

use super::{answer, descriptors, kernel, memory, threads, with_socket};
use crate::socket::{Address, Family, Kind, Socket};

/// `socket(2)`
///
/// # Safety
/// As the C library's, which asks for nothing.
pub unsafe extern "C" fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
    if let Some(sort) = sort(domain, kind, protocol) {
        if let Some(sim) = __private::running() {
            return answer(|| {
                let net = sim.net().ok_or(libc::ENETDOWN)?;
                install(&Socket::new(sim, net, sort.0, sort.1), kind)
            }) as c_int;
        }
        if let (Family::V4 | Family::V6, Some(sim)) = (sort.0, threads::parent()) {
            return answer(|| Err(threads::refuse_socket(&sim))) as c_int;
        }
    }
    kernel!(SYS_socket, domain, kind, protocol) as c_int
}

/// Returns the sort of a socket, if the network has it.
fn sort(domain: c_int, kind: c_int, protocol: c_int) -> Option<(Family, Kind)> {
    let family = match domain {
        libc::AF_INET => Family::V4,
        libc::AF_INET6 => Family::V6,
        libc::AF_UNIX => Family::Unix,
        _ => return None,
    };
    let kind = kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
    match (family, kind, protocol) {
        (Family::Unix, libc::SOCK_STREAM, 0) => Some((family, Kind::Stream)),
        (Family::Unix, ..) => None,
        (_, libc::SOCK_STREAM, 0 | libc::IPPROTO_TCP) => Some((family, Kind::Stream)),
        (_, libc::SOCK_DGRAM, 0 | libc::IPPROTO_UDP) => Some((family, Kind::Datagram)),
        _ => None,
    }
}

/// Gives a socket a descriptor.
fn install(socket: &Arc<Socket>, flags: c_int) -> Result<usize, c_int> {
    socket.set_nonblocking(flags & libc::SOCK_NONBLOCK != 0);
    descriptors::install(Arc::clone(socket), flags & libc::SOCK_CLOEXEC != 0)
}

/// `bind(2)`
///
/// # Safety
/// As the C library's: `address` can be read for `length` bytes.
pub unsafe extern "C" fn bind(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    // SAFETY: the caller's promise.
    let ours =
        with_socket(fd, |socket| socket.bind(unsafe { memory::address(address, length) }?).map(|()| 0));
    ours.unwrap_or_else(|| kernel!(SYS_bind, fd, address, length) as isize) as c_int
}

/// `listen(2)`
///
/// # Safety
/// As the C library's, which asks for nothing.
pub unsafe extern "C" fn listen(fd: c_int, backlog: c_int) -> c_int {
    let ours = with_socket(fd, |socket| socket.listen(backlog).map(|()| 0));
    ours.unwrap_or_else(|| kernel!(SYS_listen, fd, backlog) as isize) as c_int
}

/// `accept4(2)`
///
/// # Safety
/// As the C library's: `address` is null, or can be written for `*length` bytes.
pub unsafe extern "C" fn accept4(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    flags: c_int,
) -> c_int {
    let ours = with_socket(fd, |socket| {
        let (accepted, from) = socket.accept().map_err(|error| waits(socket, error, "accept"))?;
        let fd = install(&accepted, flags)?;
        // SAFETY: the caller's promise.
        unsafe { memory::show_address(&from, address, length) };
        Ok(fd)
    });
    ours.unwrap_or_else(|| kernel!(SYS_accept4, fd, address, length, flags) as isize) as c_int
}

/// `accept(2)`
///
/// # Safety
/// As [`accept4`].
pub unsafe extern "C" fn accept(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { accept4(fd, address, length, 0) }
}

/// `connect(2)`
///
/// # Safety
/// As [`bind`].
pub unsafe extern "C" fn connect(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    let ours = with_socket(fd, |socket| {
        // SAFETY: the caller's promise.
        let to = unsafe { memory::address(address, length) }?;
        match socket.connect(&to) {
            Err(libc::EINPROGRESS) if !socket.is_nonblocking() => Err(socket.would_block("connect")),
            connected => connected.map(|()| 0),
        }
    });
    ours.unwrap_or_else(|| kernel!(SYS_connect, fd, address, length) as isize) as c_int
}

/// `getsockname(2)`
///
/// # Safety
/// As the C library's: `address` can be written for `*length` bytes.
pub unsafe extern "C" fn getsockname(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int {
    // SAFETY: the caller's promise.
    let ours = with_socket(fd, |socket| unsafe { show(&socket.address()?, address, length) });
    ours.unwrap_or_else(|| kernel!(SYS_getsockname, fd, address, length) as isize) as c_int
}

/// `getpeername(2)`
///
/// # Safety
/// As [`getsockname`].
pub unsafe extern "C" fn getpeername(fd: c_int, address: *mut sockaddr, length: *mut socklen_t) -> c_int {
    // SAFETY: the caller's promise.
    let ours = with_socket(fd, |socket| unsafe { show(&socket.peer()?, address, length) });
    ours.unwrap_or_else(|| kernel!(SYS_getpeername, fd, address, length) as isize) as c_int
}

/// # Safety
/// As [`getsockname`].
unsafe fn show(shown: &Address, address: *mut sockaddr, length: *mut socklen_t) -> Result<usize, c_int> {
    if address.is_null() || length.is_null() {
        return Err(libc::EFAULT);
    }
    // SAFETY: the caller's promise.
    unsafe { memory::show_address(shown, address, length) };
    Ok(0)
}

/// `shutdown(2)`
///
/// # Safety
/// As the C library's, which asks for nothing.
pub unsafe extern "C" fn shutdown(fd: c_int, how: c_int) -> c_int {
    let ours = with_socket(fd, |socket| socket.shut_down(how).map(|()| 0));
    ours.unwrap_or_else(|| kernel!(SYS_shutdown, fd, how) as isize) as c_int
}

/// Reports a call that would wait on a blocking socket.
pub(super) fn waits(socket: &Socket, error: c_int, call: &str) -> c_int {
    if error == libc::EAGAIN && !socket.is_nonblocking() { socket.would_block(call) } else { error }
}
