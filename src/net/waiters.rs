//! Who waits for one thing.

use std::task::Waker;

/// Mostly one: the task that owns the stream. More when several share it.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    owner: Option<Waker>,
    others: Vec<Waker>,
}

impl Waiters {
    /// The one that polls the thing itself. Gives the waker back that it replaces, to be dropped outside of locks.
    #[must_use]
    pub(super) fn set_owner(&mut self, waker: &Waker) -> Option<Waker> {
        match &self.owner {
            Some(known) if known.will_wake(waker) => None,
            _ => self.owner.replace(waker.clone()),
        }
    }

    /// One of several.
    pub(super) fn add(&mut self, waker: &Waker) {
        if !self.others.iter().any(|known| known.will_wake(waker)) {
            self.others.push(waker.clone());
        }
    }

    pub(super) fn take_into(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.owner.take());
        woken.append(&mut self.others);
    }

    /// Not to be called under a lock.
    pub(super) fn wake_all(self) {
        self.owner.into_iter().chain(self.others).for_each(Waker::wake);
    }
}
