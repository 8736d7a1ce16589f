//! The network as system calls see it: sockets that never wait, what a poll of them shows, and the host of the code that
//! runs. For packages that interpose system calls; no part of the public API.
//!
//! A socket tells of its edges by two wakers that stay registered: one for what arrives, one for room.

mod hosts;
mod listener;
mod names;
mod stream;
mod udp;

use std::{io, task::Waker};

pub use self::{
    hosts::{HERE, has_address, here, host_of, in_scope},
    listener::Listener,
    names::{has_name_servers, lookup},
    stream::Stream,
    udp::Datagrams,
};
use super::{errno, fabric::Io};
use crate::sync::Wakers;

/// The wakers of a socket: of what can be read or accepted, and of what can be written.
#[derive(Clone, Copy, Debug)]
pub struct Observers<'a> {
    /// Woken whenever something arrives, and when the connection ends.
    pub readable: &'a Waker,
    /// Woken when a connect ends, when there is room again after there was none, and when the connection ends.
    pub writable: &'a Waker,
}

/// The state of a socket as a poll shows it, and as Linux's `tcp_poll`, `unix_poll` and `datagram_poll` compute it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag of poll(2)")]
pub struct Readiness {
    /// `EPOLLIN`
    pub is_readable: bool,
    /// `EPOLLOUT`
    pub is_writable: bool,
    /// `EPOLLRDHUP`: the peer has ended its direction.
    pub is_at_end: bool,
    /// `EPOLLHUP`: both directions have ended.
    pub is_hung_up: bool,
    /// `EPOLLERR`: an error waits to be taken.
    pub has_error: bool,
}

impl Readiness {
    /// A connection that is broken, or that was refused.
    const fn over(has_error: bool) -> Self {
        Self { is_readable: true, is_writable: true, is_at_end: true, is_hung_up: true, has_error }
    }
}

fn now_or_never<T>(io: Io<T>) -> io::Result<T> {
    match io {
        Io::Done(value) => Ok(value),
        Io::Wait => Err(io::ErrorKind::WouldBlock.into()),
        Io::Fail(kind) => Err(errno::error(kind)),
    }
}

/// Registers an observer, and returns the one that it replaces, which must not be dropped under the lock.
fn observe(wakers: &mut Wakers, waker: &Waker) -> Option<Waker> {
    wakers.observe(waker)
}
