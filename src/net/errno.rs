//! The errors of socket operations, each with the number that Linux gives it.
//!
//! On other systems, whose numbers differ, an error has its kind and no number.

use std::io::{self, ErrorKind};

use crate::net::texts::uncategorized;

/// Returns the error of a socket operation, as the kernel gives it.
///
/// Source: Linux 6.18, `include/uapi/asm-generic/errno-base.h` and `errno.h`.
pub(crate) fn error(kind: ErrorKind) -> io::Error {
    let number = match kind {
        ErrorKind::NotFound => 2,             // ENOENT
        ErrorKind::WouldBlock => 11,          // EAGAIN
        ErrorKind::PermissionDenied => 13,    // EACCES
        ErrorKind::InvalidInput => 22,        // EINVAL
        ErrorKind::BrokenPipe => 32,          // EPIPE
        ErrorKind::AddrInUse => 98,           // EADDRINUSE
        ErrorKind::AddrNotAvailable => 99,    // EADDRNOTAVAIL
        ErrorKind::NetworkUnreachable => 101, // ENETUNREACH
        ErrorKind::ConnectionAborted => 103,  // ECONNABORTED
        ErrorKind::ConnectionReset => 104,    // ECONNRESET
        ErrorKind::NotConnected => 107,       // ENOTCONN
        ErrorKind::TimedOut => 110,           // ETIMEDOUT
        ErrorKind::ConnectionRefused => 111,  // ECONNREFUSED
        ErrorKind::HostUnreachable => 113,    // EHOSTUNREACH
        _ => return kind.into(),
    };
    if cfg!(target_os = "linux") { io::Error::from_raw_os_error(number) } else { kind.into() }
}

/// EDESTADDRREQ: a datagram socket sends, and has no destination.
pub(crate) fn no_destination() -> io::Error {
    unnamed(89, "destination address required")
}

/// EMSGSIZE: a datagram is longer than its protocol can carry.
pub(crate) fn message_too_long() -> io::Error {
    unnamed(90, "message too long")
}

/// EAFNOSUPPORT: an IPv4 socket sends to IPv6.
pub(crate) fn wrong_family() -> io::Error {
    unnamed(97, "address family not supported by protocol")
}

/// Returns an error whose kind stable Rust cannot name.
fn unnamed(number: i32, text: &str) -> io::Error {
    if cfg!(target_os = "linux") {
        io::Error::from_raw_os_error(number)
    } else {
        uncategorized(text.to_owned())
    }
}
