//! The memory of a caller: buffers and socket addresses.

#![expect(unsafe_code, reason = "pointers of the caller's are read and written")]

use std::{
    ffi::{OsStr, c_int, c_void},
    marker::PhantomData,
    mem,
    net::SocketAddr,
    os::unix::ffi::OsStrExt,
    path::Path,
    ptr, slice,
};

use libc::{
    iovec, sa_family_t, sockaddr, sockaddr_in, sockaddr_in6, sockaddr_storage, sockaddr_un, socklen_t,
};

use crate::socket::Address;

/// Memory of the caller's that a call fills. It may be uninitialised, so no slice of it is made.
pub(super) struct Target<'a> {
    parts: *const iovec,
    count: usize,
    /// The part that is filled next, and how much of it is.
    part: usize,
    filled: usize,
    of: PhantomData<&'a mut [u8]>,
}

impl<'a> Target<'a> {
    /// # Safety
    /// There are `count` parts, and each can be written for its length, for `'a`.
    pub(super) unsafe fn new(parts: *const iovec, count: usize) -> Self {
        Self { parts, count, part: 0, filled: 0, of: PhantomData }
    }

    /// # Safety
    /// As [`new`](Self::new), for the one part.
    pub(super) unsafe fn one(part: &'a iovec) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::new(part, 1) }
    }

    fn part(&self, index: usize) -> iovec {
        // SAFETY: `index` is below the count of parts that there are, by the promise of `new`.
        unsafe { self.parts.add(index).read() }
    }

    /// Returns how many bytes fit.
    pub(super) fn room(&self) -> usize {
        (0..self.count).fold(0, |sum, index| self.part(index).iov_len.saturating_add(sum))
    }

    /// Copies bytes behind those that were copied; what does not fit is left out.
    pub(super) fn put(&mut self, mut bytes: &[u8]) {
        while self.part < self.count {
            let part = self.part(self.part);
            let count = bytes.len().min(part.iov_len - self.filled);
            if count > 0 {
                // SAFETY: the part can be written for its length, by the promise of `new`, and `bytes` is not the caller's.
                unsafe {
                    ptr::copy_nonoverlapping(
                        bytes.as_ptr(),
                        part.iov_base.cast::<u8>().add(self.filled),
                        count,
                    );
                }
            }
            self.filled += count;
            bytes = &bytes[count..];
            if bytes.is_empty() {
                return;
            }
            (self.part, self.filled) = (self.part + 1, 0);
        }
    }
}

/// The bytes of a buffer of the caller's.
///
/// # Safety
/// It can be read for its length, for `'a`.
pub(super) unsafe fn bytes<'a>(start: *const c_void, length: usize) -> &'a [u8] {
    if start.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: not null, and the caller's promise.
    unsafe { slice::from_raw_parts(start.cast(), length) }
}

/// The bytes of several buffers of the caller's.
///
/// # Safety
/// There are `count` parts, and each can be read for its length, for `'a`.
pub(super) unsafe fn gathered<'a>(parts: *const iovec, count: usize) -> Vec<&'a [u8]> {
    // SAFETY: the caller's promise.
    (0..count)
        .map(|index| unsafe { parts.add(index).read() })
        .map(|part| unsafe { bytes(part.iov_base, part.iov_len) })
        .collect()
}

/// Reads a value of the caller's.
///
/// # Safety
/// `place` is null, or can be read.
pub(super) unsafe fn read<T: Copy>(place: *const T) -> Option<T> {
    // SAFETY: the caller's promise.
    (!place.is_null()).then(|| unsafe { place.read_unaligned() })
}

/// Copies a value into memory of the caller's that may be shorter, as the kernel does, and says how long it is.
///
/// # Safety
/// `place` is null, or can be written for `*length` bytes; `length` is null or can be read and written.
pub(super) unsafe fn write_cut(value: &[u8], place: *mut c_void, length: *mut socklen_t) -> socklen_t {
    // SAFETY: the caller's promise.
    let Some(room) = (unsafe { read(length) }).filter(|_| !place.is_null()) else { return 0 };
    let count = value.len().min(room as usize);
    // SAFETY: not null, and `count` is at most the room there is.
    unsafe { ptr::copy_nonoverlapping(value.as_ptr(), place.cast::<u8>(), count) };
    count as socklen_t
}

/// Reads a socket address.
///
/// # Safety
/// `place` is null, or can be read for `length` bytes.
pub(super) unsafe fn address(place: *const sockaddr, length: socklen_t) -> Result<Address, c_int> {
    let length = length as usize;
    if place.is_null() {
        return Err(libc::EFAULT);
    }
    if length < size_of::<sa_family_t>() {
        return Err(libc::EINVAL);
    }
    // SAFETY: as long as a family, at least.
    match c_int::from(unsafe { place.cast::<sa_family_t>().read_unaligned() }) {
        libc::AF_INET if length >= size_of::<sockaddr_in>() => {
            // SAFETY: as long as it must be.
            let address = unsafe { place.cast::<sockaddr_in>().read_unaligned() };
            let ip = address.sin_addr.s_addr.to_ne_bytes();
            Ok(Address::Inet((ip, u16::from_be(address.sin_port)).into()))
        }
        libc::AF_INET6 if length >= mem::offset_of!(sockaddr_in6, sin6_scope_id) => {
            // SAFETY: as long as it must be: what is read lies before the scope, which may be missing.
            let (ip, port) = unsafe {
                let place = place.cast::<sockaddr_in6>();
                (
                    (&raw const (*place).sin6_addr.s6_addr).read_unaligned(),
                    (&raw const (*place).sin6_port).read_unaligned(),
                )
            };
            Ok(Address::Inet((ip, u16::from_be(port)).into()))
        }
        libc::AF_INET | libc::AF_INET6 => Err(libc::EINVAL),
        libc::AF_UNIX => {
            let start = mem::offset_of!(sockaddr_un, sun_path);
            // SAFETY: the bytes of the address behind the family.
            let path = unsafe { bytes(place.cast::<u8>().add(start).cast(), length.saturating_sub(start)) };
            let end = match path {
                [0, ..] => path.len(),
                _ => path.iter().position(|byte| *byte == 0).unwrap_or(path.len()),
            };
            Ok(Address::Path(Path::new(OsStr::from_bytes(&path[..end])).into()))
        }
        libc::AF_UNSPEC => Ok(Address::Unspecified),
        _ => Err(libc::EAFNOSUPPORT),
    }
}

/// Shows a socket address, cut to the caller's memory, whose length becomes the whole one.
///
/// # Safety
/// As [`write_cut`].
pub(super) unsafe fn show_address(address: &Address, place: *mut sockaddr, length: *mut socklen_t) {
    if place.is_null() || length.is_null() {
        return;
    }
    let (whole, count) = storage(address);
    // SAFETY: any value is a row of bytes, and `count` lies within.
    let value = unsafe { slice::from_raw_parts((&raw const whole).cast::<u8>(), count) };
    // SAFETY: the caller's promise; the length is not null.
    unsafe {
        write_cut(value, place.cast(), length);
        length.write(count as socklen_t);
    }
}

/// Returns an address as C has it, and its length.
pub(super) fn storage(address: &Address) -> (sockaddr_storage, usize) {
    // SAFETY: a structure of integers, for which zero is a value.
    let mut whole: sockaddr_storage = unsafe { mem::zeroed() };
    let place = &raw mut whole;
    let count = match address {
        Address::Inet(SocketAddr::V4(address)) => {
            let value = sockaddr_in {
                sin_family: libc::AF_INET as sa_family_t,
                sin_port: address.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(address.ip().octets()) },
                sin_zero: [0; 8],
            };
            // SAFETY: the storage is larger than any address, and aligned for each.
            unsafe { place.cast::<sockaddr_in>().write(value) };
            size_of::<sockaddr_in>()
        }
        Address::Inet(SocketAddr::V6(address)) => {
            let value = sockaddr_in6 {
                sin6_family: libc::AF_INET6 as sa_family_t,
                sin6_port: address.port().to_be(),
                sin6_flowinfo: address.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: address.ip().octets() },
                sin6_scope_id: address.scope_id(),
            };
            // SAFETY: as above.
            unsafe { place.cast::<sockaddr_in6>().write(value) };
            size_of::<sockaddr_in6>()
        }
        Address::Path(path) => {
            let start = mem::offset_of!(sockaddr_un, sun_path);
            let path = path.as_os_str().as_bytes();
            let count = path.len().min(size_of::<sockaddr_un>() - start);
            whole.ss_family = libc::AF_UNIX as sa_family_t;
            // SAFETY: `count` bytes lie within the path of the storage.
            unsafe { ptr::copy_nonoverlapping(path.as_ptr(), place.cast::<u8>().add(start), count) };
            // A path ends with a zero byte, which counts; an abstract name does not.
            start + count + usize::from(path.first().is_some_and(|first| *first != 0))
        }
        Address::Unspecified => size_of::<sa_family_t>(),
    };
    (whole, count)
}
