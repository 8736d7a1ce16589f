//! Callbacks that repeat on a grid.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::{
    base::{instant_at, later, nanos_of, within},
    misuse,
    timeline::{Event, Label, Timeline},
    timer::{Shared, Status, Timer},
};
use crate::fault::Place;

/// When a repeating callback runs for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: a grid has no other first point")]
pub enum FirstCall {
    /// Inside the call that sets it up, at once.
    AtOnce,
    /// One period later.
    AfterOnePeriod,
}

/// What a repeating callback is told about the call.
#[derive(Debug)]
pub struct Tick {
    now: u64,
    missed: u64,
    stop: bool,
}

impl Tick {
    /// The time of this call.
    #[must_use]
    pub fn now(&self) -> std::time::Instant {
        instant_at(self.now)
    }

    /// How many points of the grid went by without a call since the last one: 0 unless the timer was moved.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }

    /// The callback will not run again.
    pub const fn stop(&mut self) {
        self.stop = true;
    }
}

/// A grid that begins at `origin`, and the last of its points that was called or missed.
struct Repeat<F> {
    timeline: Weak<Timeline>,
    shared: Arc<Shared>,
    callback: F,
    origin: u64,
    period: u64,
    last: u64,
}

pub(super) fn call_every(
    timeline: &Arc<Timeline>,
    period: Duration,
    first: FirstCall,
    made_at: Place,
    callback: impl FnMut(&mut Tick) + Send + 'static,
) -> Timer {
    let now = timeline.now();
    let period_nanos = nanos_of(period).filter(|_| later(now, period).is_some());
    let Some(period_nanos) = period_nanos else { misuse::deadline_overflows(now, period).raise() };
    if period_nanos == 0 {
        misuse::zero_period("call_every").raise();
    }
    let shared = Shared::new(Status::Running, Label { repeats: true, ..Label::new(made_at) });
    let repeat = Box::new(Repeat {
        timeline: Arc::downgrade(timeline),
        shared: Arc::clone(&shared),
        callback,
        origin: now,
        period: period_nanos,
        last: 0,
    });
    match first {
        FirstCall::AtOnce => repeat.call(0),
        FirstCall::AfterOnePeriod => repeat.schedule(timeline),
    }
    Timer::new(timeline, shared)
}

impl<F: FnMut(&mut Tick) + Send + 'static> Repeat<F> {
    /// Runs the callback, on time or late.
    fn fire(mut self: Box<Self>) {
        let Some(timeline) = self.timeline.upgrade() else { return };
        self.shared.set_status(Status::Running);
        let point = points_until(self.origin, self.period, timeline.now());
        let missed = point.saturating_sub(self.last + 1);
        self.last = point;
        self.call(missed);
    }

    fn call(mut self: Box<Self>, missed: u64) {
        /// A callback that panics, or stops, is not called again.
        struct Over<'a>(&'a Shared);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                if self.0.status() == Status::Running {
                    self.0.set_status(Status::Called);
                }
            }
        }
        let Some(timeline) = self.timeline.upgrade() else { return };
        let shared = Arc::clone(&self.shared);
        let over = Over(&shared);
        let mut tick = Tick { now: timeline.now(), missed, stop: false };
        (self.callback)(&mut tick);
        if !tick.stop {
            self.schedule(&timeline);
        }
        drop(over);
    }

    /// Waits for the first point of the grid that is still to come; past the end of the timeline there is none.
    fn schedule(self: Box<Self>, timeline: &Timeline) {
        let next = points_until(self.origin, self.period, timeline.now()) + 1;
        let Some(deadline) = next.checked_mul(self.period).and_then(|after| within(self.origin, after))
        else {
            return;
        };
        let shared = Arc::clone(&self.shared);
        shared.wait(|label| timeline.insert(deadline, Event::call(label, move || self.fire())));
    }
}

/// How many points of the grid after its origin lie at `now` or before.
fn points_until(origin: u64, period: u64, now: u64) -> u64 {
    now.saturating_sub(origin) / period
}
