//! The wakers of all who wait for one thing.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Waker,
};

/// Wakers, each under a key of its own.
#[derive(Debug, Default)]
pub(crate) struct Wakers(Mutex<Registry>);

#[derive(Debug, Default)]
struct Registry {
    next: u64,
    wakers: BTreeMap<u64, Waker>,
}

impl Wakers {
    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a waker until the guard is dropped.
    pub(crate) fn add(&self, waker: &Waker) -> Registered<'_> {
        let mut registry = self.lock();
        let key = registry.next;
        registry.next += 1;
        registry.wakers.insert(key, waker.clone());
        Registered { wakers: self, key }
    }

    /// Wakes all, after the lock is released.
    pub(crate) fn wake_all(&self) {
        let wakers: Vec<_> = self.lock().wakers.values().cloned().collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Removes its waker on drop.
#[derive(Debug)]
pub(crate) struct Registered<'a> {
    wakers: &'a Wakers,
    key: u64,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        let gone = self.wakers.lock().wakers.remove(&self.key);
        drop(gone);
    }
}
