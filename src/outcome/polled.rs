//! `watch`: a future that belongs to no clock and no sim.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::Waker,
};

use super::{
    future::{Asked, OnWake, Slot},
    settle::{Settle, Settled},
    texts,
    watch::Watch,
};
use crate::{leaf, sync::lock, violation::SourceLocation};

/// Watches a future that belongs to no clock. It is polled at each question, if it was woken since.
///
/// ```
/// use unplugged::outcome;
///
/// let watch = outcome::watch(async { "12".parse::<u32>() });
/// assert_eq!(watch.assert_success(), &12);
/// ```
#[track_caller]
pub fn watch<F: Future + 'static>(future: F) -> Watch<F::Output> {
    let slot = Slot::new(SourceLocation::caller());
    let polled = Polled { slot: Arc::clone(&slot), future: Mutex::new(Some(Box::pin(future))) };
    Watch::new(slot, Box::new(polled))
}

/// A future that only its watch polls.
struct Polled<F: Future> {
    slot: Arc<Slot<F::Output>>,
    future: Mutex<Option<Pin<Box<F>>>>,
}

impl<F: Future<Output: 'static>> Settle for Polled<F> {
    /// Polls for as long as the future wakes itself at once, within bounds.
    fn settle(&self) -> Settled {
        const LIMIT: u32 = 100_000;
        // Taken out while it runs: a future that asks its own watch finds nothing to poll.
        let Some(mut future) = lock(&self.future).take() else { return Settled::Yes };
        let mut polls = 0;
        while self.slot.is_woken() {
            if self.slot.poll(Pin::new(&mut leaf::outside_the_budget(future.as_mut()))).is_ready() {
                return Settled::Yes;
            }
            polls += 1;
            if polls > LIMIT {
                *lock(&self.future) = Some(future);
                texts::busy(&self.slot.report().label(), LIMIT).raise();
            }
        }
        *lock(&self.future) = Some(future);
        Settled::Yes
    }

    fn wake_also(&self, awaiting: &Waker) {
        self.slot.woken.tell(OnWake::Task(awaiting.clone()));
    }
}
