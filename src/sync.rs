//! Locks under which nothing of the user's is woken or dropped.
//!
//! A waker may own a task, and the task the other end of a stream. Dropping or waking it under a lock can come back to
//! the same lock and hang. [`Locked`] makes the rule a type: its closure puts such things into [`After`], which wakes
//! and drops them once the lock is released. [`Wakers`] is the one registry of waiting tasks.
//!
//! A waker is cloned under the lock, as tokio does it, too.

use std::{
    any::Any,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Waker,
};

/// Locks without poison. A lock whose value holds nothing of the user's, no waker included, needs no [`Locked`].
#[inline]
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A value under a lock that is released before anything of the user's is woken or dropped.
#[derive(Debug, Default)]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T> Locked<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Changes the value. Then releases the lock, and wakes and drops what `change` put into its [`After`].
    ///
    /// What `change` returns is dropped unlocked, too.
    #[inline]
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut T, &mut After) -> R) -> R {
        let mut after = After::default(); // if `change` panics, this is dropped after the guard
        let result = change(&mut lock(&self.0), &mut after);
        after.run();
        result
    }

    /// Reads the value.
    #[inline]
    pub(crate) fn read<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&lock(&self.0))
    }
}

/// A list of what happens once a lock is released: tasks to wake, and values of the user's to drop.
///
/// Needs no allocation for one task to wake and one waker to drop.
#[derive(Default)]
#[must_use = "nothing is woken before `run`"]
pub(crate) struct After {
    wake: Few<Waker>,
    replaced: Few<Waker>,
    values: Vec<Box<dyn Any>>,
}

impl After {
    /// Wakes a task.
    pub(crate) fn wake(&mut self, waker: Waker) {
        self.wake.push(waker);
    }

    /// Drops a value of the user's. Allocates; where that counts, the closure of [`Locked::with`] returns the value.
    pub(crate) fn drop<T: 'static>(&mut self, value: T) {
        self.values.push(Box::new(value));
    }

    /// Wakes the tasks in their order, then drops the rest. Not to be called under a lock.
    #[inline]
    pub(crate) fn run(self) {
        self.wake.for_each(Waker::wake);
    }
}

/// A list with room for one item without an allocation.
#[derive(Debug)]
pub(crate) struct Few<T> {
    first: Option<T>,
    more: Vec<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { first: None, more: Vec::new() }
    }
}

impl<T> Few<T> {
    pub(crate) fn push(&mut self, item: T) {
        if self.first.is_none() && self.more.is_empty() {
            self.first = Some(item);
        } else {
            self.more.push(item);
        }
    }

    #[inline]
    fn for_each(self, each: impl FnMut(T)) {
        self.first.into_iter().chain(self.more).for_each(each);
    }
}

/// The tasks that wait for one thing. Mostly there is one: the task that owns the stream.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    owner: Option<Waker>,
    others: Vec<Waker>,
    /// Is woken each time, and never forgotten.
    #[cfg(feature = "tokio")]
    observer: Option<Waker>,
}

impl Wakers {
    /// Registers the task that owns the thing, in place of the last one.
    pub(crate) fn register(&mut self, waker: &Waker, after: &mut After) {
        if let Some(replaced) = self.replace(waker) {
            after.replaced.push(replaced);
        }
    }

    /// Like [`register`](Self::register), for a lock that is no [`Locked`]. The caller drops the waker unlocked.
    #[must_use = "a waker must not be dropped under the lock"]
    pub(crate) fn replace(&mut self, waker: &Waker) -> Option<Waker> {
        match &self.owner {
            Some(known) if known.will_wake(waker) => None,
            _ => self.owner.replace(waker.clone()),
        }
    }

    /// Wakes all, and forgets them.
    pub(crate) fn wake_all(&mut self, after: &mut After) {
        for waker in self.owner.take().into_iter().chain(self.others.drain(..)) {
            after.wake(waker);
        }
    }
}

#[cfg(feature = "tokio")]
impl Wakers {
    /// Registers one of several tasks.
    pub(crate) fn add(&mut self, waker: &Waker) {
        if !self.others.iter().any(|known| known.will_wake(waker)) {
            self.others.push(waker.clone());
        }
    }

    /// Forgets the task that owns the thing.
    pub(crate) fn unregister(&mut self, after: &mut After) {
        if let Some(owner) = self.owner.take() {
            after.replaced.push(owner);
        }
    }

    /// Like [`wake_all`](Self::wake_all), for a lock that is no [`Locked`]. The caller wakes unlocked.
    pub(crate) fn take_into(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.owner.take());
        woken.append(&mut self.others);
        woken.extend(self.observer.clone());
    }

    /// Registers the one that is woken each time by [`take_into`](Self::take_into). Returns the last one, which the caller
    /// drops unlocked.
    #[must_use = "a waker must not be dropped under the lock"]
    pub(crate) fn observe(&mut self, waker: &Waker) -> Option<Waker> {
        self.observer.replace(waker.clone())
    }

    /// Wakes all. Not to be called under a lock.
    pub(crate) fn wake_now(self) {
        self.owner.into_iter().chain(self.others).for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::Arc,
        task::Wake,
    };

    use super::*;

    #[derive(Default)]
    struct State {
        wakers: Wakers,
        log: Vec<&'static str>,
    }

    /// Writes into the log when it is woken and when it is dropped: a deadlock, if the state is locked then.
    struct Notes(Arc<Locked<State>>, [&'static str; 2]);

    impl Notes {
        fn waker(state: &Arc<Locked<State>>, notes: [&'static str; 2]) -> Waker {
            Waker::from(Arc::new(Self(Arc::clone(state), notes)))
        }
    }

    impl Wake for Notes {
        fn wake(self: Arc<Self>) {
            self.0.with(|state, _| state.log.push(self.1[0]));
        }
    }

    impl Drop for Notes {
        fn drop(&mut self) {
            self.0.with(|state, _| state.log.push(self.1[1]));
        }
    }

    fn log_of(state: &Locked<State>) -> Vec<&'static str> {
        state.read(|state| state.log.clone())
    }

    #[test]
    fn tasks_are_woken_and_values_dropped_unlocked_and_in_this_order() {
        let state = Arc::<Locked<State>>::default();
        let (first, second) = (Notes::waker(&state, ["first", "-"]), Notes::waker(&state, ["second", "-"]));
        let value = Notes(Arc::clone(&state), ["", "value"]);
        state.with(|_, after| {
            after.drop(value);
            after.wake(first);
            after.wake(second);
        });
        assert_eq!(log_of(&state), ["first", "-", "second", "-", "value"]);
    }

    #[test]
    fn a_replaced_waker_is_dropped_unlocked() {
        let state = Arc::<Locked<State>>::default();
        let own = Notes::waker(&state, ["woken", "dropped"]);
        state.with(|state, after| state.wakers.register(&own, after));
        drop(own);
        state.with(|state, after| state.wakers.register(Waker::noop(), after));
        assert_eq!(log_of(&state), ["dropped"]);
    }

    #[test]
    fn a_panic_releases_the_lock_before_anything_is_dropped() {
        let state = Arc::<Locked<State>>::default();
        let value = Notes(Arc::clone(&state), ["", "dropped"]);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            state.with(|_, after| {
                after.drop(value);
                panic!("on purpose");
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(log_of(&state), ["dropped"]);
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn the_owner_is_one_task_and_each_of_the_others_is_woken_once() {
        let state = Arc::<Locked<State>>::default();
        let (owner, other) = (Notes::waker(&state, ["owner", ""]), Notes::waker(&state, ["other", ""]));
        state.with(|State { wakers, .. }, after| {
            wakers.register(&other, after);
            wakers.register(&owner, after);
            wakers.add(&other);
            wakers.add(&other);
            wakers.wake_all(after);
            wakers.wake_all(after);
        });
        assert_eq!(log_of(&state), ["owner", "other"]);
    }
}
