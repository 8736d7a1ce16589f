//! The events of a timeline: sleeps and callbacks.

use std::{sync::Arc, task::Waker};

use unplugged_seam::__private::TimerLabel as Label;

use super::{callback::Callback, pending::PendingTimer};

/// The deadline of what never fires.
pub(super) const NEVER: u64 = u64::MAX;

/// A sleep or a callback that waits for a deadline.
pub(crate) struct Event {
    pub(super) action: Action,
    pub(super) background: bool,
    /// It was due when it was made, or when it was moved there.
    pub(super) without_delay: bool,
    pub(super) since: u64,
}

pub(super) enum Action {
    Wake(Option<Waker>, Label),
    Call(Called),
}

/// A callback that waits. Dropped without being run, it drops what the callback owns, even if handles are left.
pub(super) struct Called(Option<Arc<dyn Callback>>);

impl Drop for Called {
    fn drop(&mut self) {
        self.0.iter().for_each(|callback| callback.forget());
    }
}

impl Event {
    pub(crate) const fn wake(label: Label) -> Self {
        let background = label.background;
        Self { action: Action::Wake(None, label), background, without_delay: false, since: 0 }
    }

    pub(super) fn call(callback: Arc<dyn Callback>) -> Self {
        Self {
            action: Action::Call(Called(Some(callback))),
            background: false,
            without_delay: false,
            since: 0,
        }
    }

    pub(super) fn label(&self) -> Label {
        match &self.action {
            Action::Wake(_, label) => label.clone(),
            Action::Call(Called(callback)) => {
                callback.as_ref().expect("a callback that waits").entry().label()
            }
        }
    }

    pub(super) fn pending(&self, due: u64) -> PendingTimer {
        PendingTimer::new(due, self.since, &self.label())
    }

    /// The label of the sleep, if it is one.
    #[cfg(feature = "tokio")]
    pub(crate) const fn sleeper(&self) -> Option<&Label> {
        match &self.action {
            Action::Wake(_, label) => Some(label),
            Action::Call(_) => None,
        }
    }

    /// Runs the callback or wakes the sleep. No lock is held.
    pub(crate) fn run(self) {
        match self.action {
            Action::Wake(waker, _) => waker.into_iter().for_each(Waker::wake),
            Action::Call(mut called) => {
                called.0.take().into_iter().for_each(|callback| callback.run());
            }
        }
    }
}
