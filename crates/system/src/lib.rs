// Its examples are of Linux.
#![cfg_attr(target_os = "linux", doc = include_str!("../README.md"))]
#![cfg_attr(not(target_os = "linux"), doc = "For Linux. Elsewhere [`interpose!`] does not compile.")]

#[cfg(target_os = "linux")]
mod calls;
mod check;
#[cfg(target_os = "linux")]
mod epoll;
mod macros;
#[cfg(target_os = "linux")]
mod parts;
#[cfg(target_os = "linux")]
mod socket;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod texts;

pub use self::check::{assert_interposed, is_interposed};

/// What the macro calls.
#[doc(hidden)]
#[cfg(target_os = "linux")]
pub mod __private {
    pub use libc;
    pub use unplugged::__private::{interpose_sockets, interpose_threads};

    pub use crate::calls::{
        bytes::{
            read, readv, recv, recvfrom, recvmmsg, recvmsg, send_ as send, sendmmsg, sendmsg, sendto, write,
            writev,
        },
        clocks::{clock_gettime, pin_virtual_time},
        descriptors::{close, dup, dup2, dup3},
        names::getaddrinfo,
        options::{fcntl, getsockopt, ioctl, setsockopt},
        randomness::{failed, getentropy, getrandom},
        readiness::{epoll_create, epoll_create1, epoll_ctl, epoll_pwait, epoll_wait, poll, ppoll},
        sockets::{accept, accept4, bind, connect, getpeername, getsockname, listen, shutdown, socket},
        threads::pthread_create,
    };
}
