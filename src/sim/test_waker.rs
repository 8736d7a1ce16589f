//! The waker of the test's own future: it knows what woke the test.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    },
    task::{Wake, Waker},
};

use crate::clock::this_thread;

/// The cause of a wake of the test.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A task, a packet, another thread.
    Others = 0,
    /// A timer that the test itself waits for.
    Timer = 1,
    /// A move of time that the test itself asked for.
    Step = 2,
}

/// The wakes of the test since its last turn.
#[derive(Default)]
pub(super) struct TestWakes {
    /// The thread that runs the sim: a wake from another one is not the sim's.
    thread: AtomicUsize,
    /// The cause of a wake on that thread now.
    cause: AtomicU8,
    is_woken: AtomicBool,
    by_step: AtomicBool,
    by_others: AtomicBool,
}

/// The reason for a turn of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// None: the sim itself woke the future.
    NotWoken,
    /// Only a timer that the test waits for.
    ByTimer,
    /// Only a move of time that the test asked for.
    ByStep,
    /// Something else has happened.
    ByOthers,
}

impl TestWakes {
    /// A run begins on this thread.
    pub(super) fn begin(&self) {
        self.thread.store(this_thread(), Ordering::Relaxed);
        self.becomes(Cause::Others);
        self.is_woken.store(true, Ordering::Relaxed);
        self.by_others.store(true, Ordering::Relaxed);
    }

    /// Sets what wakes on the sim's thread from now on.
    pub(super) fn becomes(&self, cause: Cause) {
        self.cause.store(cause as u8, Ordering::Relaxed);
    }

    /// Takes what has woken the test.
    pub(super) fn take(&self) -> Turn {
        if !self.is_woken.swap(false, Ordering::AcqRel) {
            return Turn::NotWoken;
        }
        let by_step = self.by_step.swap(false, Ordering::Relaxed);
        match self.by_others.swap(false, Ordering::Relaxed) {
            true => Turn::ByOthers,
            false if by_step => Turn::ByStep,
            false => Turn::ByTimer,
        }
    }

    fn wake(&self) {
        let cause = self.cause.load(Ordering::Relaxed);
        if cause == Cause::Others as u8 || self.thread.load(Ordering::Relaxed) != this_thread() {
            self.by_others.store(true, Ordering::Relaxed);
        } else if cause == Cause::Step as u8 {
            self.by_step.store(true, Ordering::Relaxed);
        }
        self.is_woken.store(true, Ordering::Release);
    }
}

/// The waker that the test's own future gets.
pub(super) struct TestWaker {
    pub(super) wakes: Arc<TestWakes>,
    /// That of the future under `block_on`.
    pub(super) inner: Waker,
}

impl Wake for TestWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.wake();
        self.inner.wake_by_ref();
    }
}
