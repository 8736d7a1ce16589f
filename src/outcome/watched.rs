//! A watched future as a task of an executor, and what a sim asks of its report.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use super::future::{FutureReport, OnWake, Slot};
use crate::{sync::lock, trace::Subject, violation::SourceLocation};

/// A watched future for an executor that is not the kit's: to that, it is a task like any other.
pub(crate) struct Watched<F: Future> {
    pub(crate) slot: Arc<Slot<F::Output>>,
    pub(crate) future: Pin<Box<F>>,
}

impl<F: Future<Output: 'static>> Future for Watched<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.slot.woken.tell(OnWake::Task(cx.waker().clone()));
        if !this.slot.woken.is_set() {
            return Poll::Pending;
        }
        this.slot.poll(this.future.as_mut())
    }
}

impl<F: Future> Unpin for Watched<F> {}

impl FutureReport {
    pub(crate) fn of<T>(slot: &Slot<T>) -> Arc<Self> {
        Arc::clone(&slot.report)
    }

    pub(crate) fn of_task(made_at: SourceLocation) -> Arc<Self> {
        Arc::new(Self::new("task spawned", made_at))
    }

    pub(crate) fn subject(&self) -> Subject {
        let label = &lock(&self.known).0;
        Subject::Made { name: label.name.clone(), made_at: label.made_at }
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    pub(crate) fn given_name(&self) -> Option<Arc<str>> {
        lock(&self.known).0.name.clone()
    }

    pub(crate) fn made_at(&self) -> SourceLocation {
        lock(&self.known).0.made_at
    }
}
