//! The watched futures of a clock that were woken.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::sync::lock;

/// A future that the clock polls when it is woken; its `Watch` owns it.
pub(super) trait Attached: Send + Sync {
    /// Polls it.
    ///
    /// # Errors
    /// Its label, if that happened more than `limit` times at this instant.
    fn poll_at(self: Arc<Self>, now: u64, limit: u32) -> Result<(), String>;
}

/// The attached futures that were woken, in that order.
#[derive(Default)]
pub(super) struct ReadyQueue {
    /// Beside the queue, so that it costs nothing while it is empty.
    has_any: AtomicBool,
    queue: Mutex<VecDeque<Arc<dyn Attached>>>,
}

impl ReadyQueue {
    pub(super) fn push(&self, woken: Arc<dyn Attached>) {
        let mut queue = lock(&self.queue);
        queue.push_back(woken);
        self.has_any.store(true, Ordering::Release);
    }

    pub(super) fn pop(&self) -> Option<Arc<dyn Attached>> {
        if !self.has_any.load(Ordering::Acquire) {
            return None;
        }
        let mut queue = lock(&self.queue);
        let woken = queue.pop_front();
        self.has_any.store(!queue.is_empty(), Ordering::Release);
        woken
    }
}
