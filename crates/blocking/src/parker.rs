//! A thread that waits, at most until a deadline: in real time, or in that of a sim.

use std::{
    panic::Location,
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::{Wake, Waker},
    time::{Duration, Instant},
};

use unplugged_seam::__private::{ThreadHook, ThreadWait, thread_hook};

/// The call of a wait, for the reports of a sim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) called_at: &'static Location<'static>,
    /// Where the operation began, if elsewhere.
    pub(crate) started_at: Option<&'static Location<'static>>,
}

/// A thread that waits.
pub(crate) enum Parker {
    Real {
        bell: Arc<Bell>,
        deadline: Option<Instant>,
    },
    /// A blocking thread of a sim.
    Simulated {
        thread: Arc<dyn ThreadHook>,
        waits: ThreadWait,
    },
}

impl Parker {
    /// Returns a parker for a wait that begins now, and the waker that ends it. [`Duration::MAX`] is no limit.
    #[expect(clippy::disallowed_methods, reason = "a wait of a real thread has a limit in real time")]
    pub(crate) fn new(call: Call, limit: Duration) -> (Self, Waker) {
        if let Some(thread) = thread_hook() {
            let waits = ThreadWait {
                call: call.name,
                called_at: call.called_at,
                for_what_began_at: call.started_at,
                deadline: thread.deadline_after(limit),
            };
            let waker = Waker::from(Arc::new(WakeThread(Arc::clone(&thread))));
            return (Self::Simulated { thread, waits }, waker);
        }
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        (Self::Real { bell, deadline: Instant::now().checked_add(limit) }, waker)
    }

    /// Waits until woken, and returns false if the deadline came first.
    pub(crate) fn park(&self) -> bool {
        match self {
            Self::Real { bell, deadline } => bell.wait(*deadline),
            Self::Simulated { thread, waits } => Arc::clone(thread).park(waits),
        }
    }
}

struct WakeThread(Arc<dyn ThreadHook>);

impl Wake for WakeThread {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Arc::clone(&self.0).wake();
    }
}

/// A real thread that waits, as seen by those who wake it.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    is_woken: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    #[expect(clippy::disallowed_methods, reason = "a wait of a real thread has a limit in real time")]
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut is_woken = self.is_woken.lock().unwrap_or_else(PoisonError::into_inner);
        while !*is_woken {
            let Some(deadline) = deadline else {
                is_woken = self.changed.wait(is_woken).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (is_woken, _) = self.changed.wait_timeout(is_woken, left).unwrap_or_else(PoisonError::into_inner);
        }
        *is_woken = false;
        true
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.is_woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }
}
