//! Callbacks that wait: what runs, and the state that a timer's handles share with it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use unplugged_seam::__private::TimerLabel as Label;

use super::queue::EventKey;
use crate::{sync::lock, violation::SourceLocation};

/// A callback with its entry, in one allocation.
pub(super) trait Callback: Send + Sync {
    fn entry(&self) -> &TimerEntry;
    /// Runs it: it is due.
    fn run(self: Arc<Self>);
    /// Drops what it owns: it will never run.
    fn forget(&self);
}

/// The state of a timer, which its handles and its event share.
pub(super) struct TimerEntry {
    /// The key of the event, or one of the three below.
    status: AtomicU64,
    pub(super) label: Mutex<Label>,
}

const RUNNING: u64 = u64::MAX;
const CALLED: u64 = u64::MAX - 1;
pub(super) const CANCELLED: u64 = u64::MAX - 2;

impl TimerEntry {
    pub(super) const fn new(label: Label) -> Self {
        Self { status: AtomicU64::new(RUNNING), label: Mutex::new(label) }
    }

    pub(super) fn status(&self) -> Status {
        match self.status.load(Ordering::Acquire) {
            RUNNING => Status::Running,
            CALLED => Status::Called,
            CANCELLED => Status::Cancelled,
            key => Status::Waiting(EventKey::from_bits(key)),
        }
    }

    /// It runs, and may wait again.
    pub(super) fn runs(&self) {
        self.status.store(RUNNING, Ordering::Release);
    }

    /// It runs for the last time.
    pub(super) fn called(&self) {
        self.status.store(CALLED, Ordering::Release);
    }

    /// It runs no more, and waits for no event.
    pub(super) fn called_unless_it_waits(&self) {
        self.ends_running(CALLED);
    }

    /// Its event was taken out.
    pub(super) fn cancelled(&self) {
        self.status.store(CANCELLED, Ordering::Release);
    }

    /// It waits for an event. False if it was cancelled meanwhile.
    pub(super) fn wait(&self, key: EventKey) -> bool {
        self.ends_running(key.to_bits())
    }

    /// False if it does not run (any more).
    pub(super) fn ends_running(&self, status: u64) -> bool {
        self.status.compare_exchange(RUNNING, status, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(super) fn is_background(&self) -> bool {
        lock(&self.label).background
    }

    pub(super) fn label(&self) -> Label {
        lock(&self.label).clone()
    }
}

/// A callback that is called once.
pub(super) struct Once<F> {
    entry: TimerEntry,
    callback: Mutex<Option<F>>,
}

impl<F: FnOnce() + Send + 'static> Once<F> {
    pub(super) fn new(made_at: SourceLocation, callback: F) -> Arc<Self> {
        Arc::new(Self {
            entry: TimerEntry::new(Label::new(made_at.location())),
            callback: Mutex::new(Some(callback)),
        })
    }
}

impl<F: FnOnce() + Send> Callback for Once<F> {
    fn entry(&self) -> &TimerEntry {
        &self.entry
    }

    fn run(self: Arc<Self>) {
        self.entry.called(); // before it runs: it cannot cancel itself
        let callback = lock(&self.callback).take();
        callback.into_iter().for_each(|callback| callback());
    }

    fn forget(&self) {
        let callback = lock(&self.callback).take();
        drop(callback); // it may own anything: no lock is held
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Waiting(EventKey),
    /// The callback of a repeating timer is running: it is neither waiting nor over.
    Running,
    Called,
    Cancelled,
}
