//! A thread that waits, at most until a deadline.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::{Wake, Waker},
    time::{Duration, Instant},
};

/// A thread that waits, as seen by those who wake it.
#[derive(Debug, Default)]
pub(crate) struct Parker {
    is_woken: Mutex<bool>,
    changed: Condvar,
}

impl Parker {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let parker = Arc::new(Self::default());
        let waker = Waker::from(Arc::clone(&parker));
        (parker, waker)
    }

    /// Waits until woken, and returns false if the deadline came first.
    pub(crate) fn park(&self, deadline: Deadline) -> bool {
        let mut is_woken = self.is_woken.lock().unwrap_or_else(PoisonError::into_inner);
        while !*is_woken {
            let Some(left) = deadline.left() else {
                is_woken = self.changed.wait(is_woken).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if left.is_zero() {
                return false;
            }
            (is_woken, _) = self.changed.wait_timeout(is_woken, left).unwrap_or_else(PoisonError::into_inner);
        }
        *is_woken = false;
        true
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.is_woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }
}

/// When a wait ends at the latest. `None`: never.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

#[expect(clippy::disallowed_methods, reason = "a wait of a real thread has a limit in real time")]
impl Deadline {
    /// The deadline of a limit that counts from now. [`Duration::MAX`] is none.
    pub(crate) fn after(limit: Duration) -> Self {
        Self(Instant::now().checked_add(limit))
    }

    fn left(self) -> Option<Duration> {
        self.0.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}
