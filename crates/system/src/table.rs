//! The descriptors that belong to a sim.
//!
//! Each of them is a descriptor of the kernel's, too, which reserves its number: a file that can be neither read nor written
//! nor polled, so that a call that is not interposed fails.

#![forbid(unsafe_code)]

use std::{
    ffi::c_int,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

use crate::{epoll::Epoll, socket::Socket};

/// How many descriptors there can be: Linux's default for the hard limit is 2^20, and for a process that asks for no more
/// 2^10.
const MOST: usize = 1 << 16;

static IS_OURS: [AtomicU8; MOST] = [const { AtomicU8::new(0) }; MOST];
static ENTRIES: [Mutex<Option<Entry>>; MOST] = [const { Mutex::new(None) }; MOST];

/// What a descriptor stands for.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// A socket of a sim's network.
    Socket(Arc<Socket>),
    /// An epoll that was made on a sim's thread. The kernel has one of the same number.
    Epoll(Arc<Epoll>),
}

fn index(fd: c_int) -> Option<usize> {
    usize::try_from(fd).ok().filter(|index| *index < MOST)
}

/// Returns whether the descriptor belongs to a sim.
#[inline]
pub(crate) fn is_ours(fd: c_int) -> bool {
    index(fd).is_some_and(|index| IS_OURS[index].load(Ordering::Acquire) != 0)
}

/// Returns what the descriptor stands for.
pub(crate) fn get(fd: c_int) -> Option<Entry> {
    let index = index(fd).filter(|_| is_ours(fd))?;
    ENTRIES[index].lock().unwrap_or_else(PoisonError::into_inner).clone()
}

pub(crate) fn socket(fd: c_int) -> Option<Arc<Socket>> {
    match get(fd)? {
        Entry::Socket(socket) => Some(socket),
        Entry::Epoll(_) => None,
    }
}

pub(crate) fn epoll(fd: c_int) -> Option<Arc<Epoll>> {
    match get(fd)? {
        Entry::Epoll(epoll) => Some(epoll),
        Entry::Socket(_) => None,
    }
}

/// Adds a descriptor. Returns false if its number is too high.
#[must_use]
pub(crate) fn put(fd: c_int, entry: Entry) -> bool {
    let Some(index) = index(fd) else { return false };
    *ENTRIES[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
    IS_OURS[index].store(1, Ordering::Release);
    true
}

/// Removes a descriptor: before the kernel may give its number away again.
pub(crate) fn take(fd: c_int) -> Option<Entry> {
    let index = index(fd).filter(|_| is_ours(fd))?;
    IS_OURS[index].store(0, Ordering::Release);
    ENTRIES[index].lock().unwrap_or_else(PoisonError::into_inner).take()
}
