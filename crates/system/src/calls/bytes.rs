//! Reading and writing.

#![expect(unsafe_code, reason = "stands in for functions of C, and makes system calls")]

use std::ffi::{c_int, c_void};

use libc::{iovec, mmsghdr, msghdr, size_t, sockaddr, socklen_t, ssize_t};

use super::{
    kernel,
    memory::{self, Target},
    with_socket,
};
use crate::socket::{Address, Received, Socket};

fn receive(socket: &Socket, target: &mut Target<'_>, flags: c_int, call: &str) -> Result<Received, c_int> {
    let received = socket.receive(target.room(), flags, |bytes| target.put(bytes));
    received.map_err(|error| waits(socket, error, flags, call))
}

fn send(
    socket: &Socket,
    slices: &[&[u8]],
    to: Option<&Address>,
    flags: c_int,
    call: &str,
) -> Result<usize, c_int> {
    socket.send(slices, to).map_err(|error| waits(socket, error, flags, call))
}

fn waits(socket: &Socket, error: c_int, flags: c_int, call: &str) -> c_int {
    if flags & libc::MSG_DONTWAIT != 0 { error } else { super::sockets::waits(socket, error, call) }
}

/// `recvfrom(2)`
///
/// # Safety
/// As the C library's: `start` can be written for `length` bytes; `from` is null, or can be written for `*from_length`.
pub unsafe extern "C" fn recvfrom(
    fd: c_int,
    start: *mut c_void,
    length: size_t,
    flags: c_int,
    from: *mut sockaddr,
    from_length: *mut socklen_t,
) -> ssize_t {
    let ours = with_socket(fd, |socket| {
        let part = iovec { iov_base: start, iov_len: length };
        // SAFETY: the caller's promise.
        let received = receive(socket, &mut unsafe { Target::one(&part) }, flags, "recv")?;
        if let Some(sender) = received.from {
            // SAFETY: the caller's promise.
            unsafe { memory::show_address(&Address::Inet(sender), from, from_length) };
        }
        Ok(received.count)
    });
    ours.unwrap_or_else(|| kernel!(SYS_recvfrom, fd, start, length, flags, from, from_length) as isize)
}

/// `recv(2)`
///
/// # Safety
/// As [`recvfrom`].
pub unsafe extern "C" fn recv(fd: c_int, start: *mut c_void, length: size_t, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { recvfrom(fd, start, length, flags, std::ptr::null_mut(), std::ptr::null_mut()) }
}

/// `read(2)`
///
/// # Safety
/// As [`recvfrom`].
pub unsafe extern "C" fn read(fd: c_int, start: *mut c_void, length: size_t) -> ssize_t {
    let ours = with_socket(fd, |socket| {
        let part = iovec { iov_base: start, iov_len: length };
        // SAFETY: the caller's promise.
        Ok(receive(socket, &mut unsafe { Target::one(&part) }, 0, "read")?.count)
    });
    ours.unwrap_or_else(|| kernel!(SYS_read, fd, start, length) as isize)
}

/// `readv(2)`
///
/// # Safety
/// As the C library's: there are `count` parts, and each can be written for its length.
pub unsafe extern "C" fn readv(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    let ours = with_socket(fd, |socket| {
        let count = usize::try_from(count).map_err(|_| libc::EINVAL)?;
        // SAFETY: the caller's promise.
        Ok(receive(socket, &mut unsafe { Target::new(parts, count) }, 0, "readv")?.count)
    });
    ours.unwrap_or_else(|| kernel!(SYS_readv, fd, parts, count) as isize)
}

/// `recvmsg(2)`
///
/// # Safety
/// As the C library's: `message` and what it points to can be written.
pub unsafe extern "C" fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise.
    let ours = with_socket(fd, |socket| unsafe { receive_message(socket, message, flags) });
    ours.unwrap_or_else(|| kernel!(SYS_recvmsg, fd, message, flags) as isize)
}

/// # Safety
/// As [`recvmsg`].
unsafe fn receive_message(socket: &Socket, message: *mut msghdr, flags: c_int) -> Result<usize, c_int> {
    if message.is_null() {
        return Err(libc::EFAULT);
    }
    // SAFETY: not null, and the caller's promise. No reference to it is kept while its parts are written.
    unsafe {
        let (parts, count) = ((*message).msg_iov, (*message).msg_iovlen);
        let received = receive(socket, &mut Target::new(parts, count), flags, "recvmsg")?;
        match received.from {
            Some(from) => memory::show_address(
                &Address::Inet(from),
                (*message).msg_name.cast(),
                &raw mut (*message).msg_namelen,
            ),
            None => (*message).msg_namelen = 0,
        }
        (*message).msg_controllen = 0; // no ancillary data is modelled
        (*message).msg_flags = if received.is_cut { libc::MSG_TRUNC } else { 0 };
        Ok(received.count)
    }
}

/// `recvmmsg(2)`: as many datagrams as are there, the first of which must be.
///
/// # Safety
/// As the C library's: there are `count` messages, which can be written as those of [`recvmsg`].
pub unsafe extern "C" fn recvmmsg(
    fd: c_int,
    messages: *mut mmsghdr,
    count: u32,
    flags: c_int,
    timeout: *mut libc::timespec,
) -> c_int {
    let ours = with_socket(fd, |socket| {
        // SAFETY: the caller's promise.
        several(count, |index| unsafe {
            let message = messages.add(index);
            let received = receive_message(socket, &raw mut (*message).msg_hdr, flags)?;
            (*message).msg_len = u32::try_from(received).unwrap_or(u32::MAX);
            Ok(())
        })
    });
    ours.unwrap_or_else(|| kernel!(SYS_recvmmsg, fd, messages, count, flags, timeout) as isize) as c_int
}

/// Handles messages one by one; an error ends it, and is told if it is that of the first.
fn several(count: u32, mut handle: impl FnMut(usize) -> Result<(), c_int>) -> Result<usize, c_int> {
    for index in 0..count as usize {
        match handle(index) {
            Ok(()) => {}
            Err(error) if index == 0 => return Err(error),
            Err(_) => return Ok(index),
        }
    }
    Ok(count as usize)
}

/// `sendto(2)`
///
/// # Safety
/// As the C library's: `start` can be read for `length` bytes; `to` is null, or can be read for `to_length`.
pub unsafe extern "C" fn sendto(
    fd: c_int,
    start: *const c_void,
    length: size_t,
    flags: c_int,
    to: *const sockaddr,
    to_length: socklen_t,
) -> ssize_t {
    let ours = with_socket(fd, |socket| {
        // SAFETY: the caller's promise.
        let to = (!to.is_null()).then(|| unsafe { memory::address(to, to_length) }).transpose()?;
        // SAFETY: the caller's promise.
        send(socket, &[unsafe { memory::bytes(start, length) }], to.as_ref(), flags, "send")
    });
    ours.unwrap_or_else(|| kernel!(SYS_sendto, fd, start, length, flags, to, to_length) as isize)
}

/// `send(2)`
///
/// # Safety
/// As [`sendto`].
pub unsafe extern "C" fn send_(fd: c_int, start: *const c_void, length: size_t, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise.
    unsafe { sendto(fd, start, length, flags, std::ptr::null(), 0) }
}

/// `write(2)`
///
/// # Safety
/// As [`sendto`].
pub unsafe extern "C" fn write(fd: c_int, start: *const c_void, length: size_t) -> ssize_t {
    // SAFETY: the caller's promise.
    let ours =
        with_socket(fd, |socket| send(socket, &[unsafe { memory::bytes(start, length) }], None, 0, "write"));
    ours.unwrap_or_else(|| kernel!(SYS_write, fd, start, length) as isize)
}

/// `writev(2)`
///
/// # Safety
/// As the C library's: there are `count` parts, and each can be read for its length.
pub unsafe extern "C" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    let ours = with_socket(fd, |socket| {
        let count = usize::try_from(count).map_err(|_| libc::EINVAL)?;
        // SAFETY: the caller's promise.
        send(socket, &unsafe { memory::gathered(parts, count) }, None, 0, "writev")
    });
    ours.unwrap_or_else(|| kernel!(SYS_writev, fd, parts, count) as isize)
}

/// `sendmsg(2)`
///
/// # Safety
/// As the C library's: `message` and what it points to can be read.
pub unsafe extern "C" fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise.
    let ours = with_socket(fd, |socket| unsafe { send_message(socket, message, flags) });
    ours.unwrap_or_else(|| kernel!(SYS_sendmsg, fd, message, flags) as isize)
}

/// # Safety
/// As [`sendmsg`].
unsafe fn send_message(socket: &Socket, message: *const msghdr, flags: c_int) -> Result<usize, c_int> {
    // SAFETY: the caller's promise.
    let message = unsafe { memory::read(message) }.ok_or(libc::EFAULT)?;
    let to = match message.msg_name.is_null() {
        true => None,
        // SAFETY: the caller's promise.
        false => Some(unsafe { memory::address(message.msg_name.cast(), message.msg_namelen) }?),
    };
    // SAFETY: the caller's promise.
    let slices = unsafe { memory::gathered(message.msg_iov, message.msg_iovlen) };
    send(socket, &slices, to.as_ref(), flags, "sendmsg")
}

/// `sendmmsg(2)`
///
/// # Safety
/// As the C library's: there are `count` messages, which can be read as that of [`sendmsg`], and written.
pub unsafe extern "C" fn sendmmsg(fd: c_int, messages: *mut mmsghdr, count: u32, flags: c_int) -> c_int {
    let ours = with_socket(fd, |socket| {
        // SAFETY: the caller's promise.
        several(count, |index| unsafe {
            let message = messages.add(index);
            let sent = send_message(socket, &raw const (*message).msg_hdr, flags)?;
            (*message).msg_len = u32::try_from(sent).unwrap_or(u32::MAX);
            Ok(())
        })
    });
    ours.unwrap_or_else(|| kernel!(SYS_sendmmsg, fd, messages, count, flags) as isize) as c_int
}
