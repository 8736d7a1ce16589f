//! The answer of a future, on its way to the watch.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

use crate::sync::lock;

/// How a future ended.
pub(crate) enum Answer<T> {
    Ready(T),
    Panicked(String),
}

/// The place where a future leaves its answer, and the watch takes it.
pub(crate) struct AnswerSlot<T> {
    answer: Mutex<Option<Answer<T>>>,
    is_done: AtomicBool,
    /// The task that awaits the watch.
    awaiting: Mutex<Option<Waker>>,
}

impl<T> AnswerSlot<T> {
    pub(crate) const fn new() -> Self {
        Self { answer: Mutex::new(None), is_done: AtomicBool::new(false), awaiting: Mutex::new(None) }
    }

    /// True once there was an answer, also when it was taken.
    pub(super) fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }

    pub(super) fn set(&self, answer: Answer<T>) {
        *lock(&self.answer) = Some(answer);
        self.is_done.store(true, Ordering::Release);
        let awaiting = lock(&self.awaiting).take();
        awaiting.into_iter().for_each(Waker::wake);
    }

    pub(super) fn take(&self) -> Option<Answer<T>> {
        lock(&self.answer).take()
    }

    /// Wakes this task when there is an answer.
    pub(super) fn wake_when_done(&self, waker: &Waker) {
        let old = lock(&self.awaiting).replace(waker.clone());
        drop(old); // outside the lock: a waker may own anything
    }
}
