//! Callbacks that repeat on a grid.

use std::{
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};

use unplugged_seam::__private::TimerLabel as Label;

use super::{
    callback::{Callback, TimerEntry},
    texts,
    timeline::Timeline,
    timer::Timer,
};
use crate::{
    nanos::{later, nanos_of, within},
    sync::lock,
    violation::SourceLocation,
};

/// When a repeating callback runs for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: a grid has no other first point")]
pub enum FirstCall {
    /// Inside the call that sets it up, at once.
    AtOnce,
    /// One period later.
    AfterOnePeriod,
}

/// One call of a repeating callback, as the callback sees it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Tick {
    /// The time of this call.
    pub now: Instant,
    /// How many points of the grid went by without a call since the last one: 0 unless the timer was moved.
    pub missed: u64,
    stop: bool,
}

impl Tick {
    /// Stops the timer: the callback will not run again.
    pub const fn stop(&mut self) {
        self.stop = true;
    }
}

struct Every<F> {
    timeline: Weak<Timeline>,
    entry: TimerEntry,
    /// Taken out while it runs, and for good when it is over.
    repeat: Mutex<Option<Repeat<F>>>,
}

/// A grid that begins at `origin`, and the last of its points that was called or missed.
struct Repeat<F> {
    callback: F,
    origin: u64,
    period: u64,
    last: u64,
}

#[track_caller]
pub(super) fn call_every(
    timeline: &Arc<Timeline>,
    period: Duration,
    first: FirstCall,
    made_at: SourceLocation,
    callback: impl FnMut(&mut Tick) + Send + 'static,
) -> Timer {
    let now = timeline.now();
    let period_nanos = nanos_of(period).filter(|_| later(now, period).is_some());
    let Some(period_nanos) = period_nanos else { texts::deadline_overflows(now, period).raise() };
    if period_nanos == 0 {
        texts::zero_period("call_every").raise();
    }
    let repeat = Repeat { callback, origin: now, period: period_nanos, last: 0 };
    let mut label = Label::new(made_at.location());
    label.repeats = true;
    let entry = TimerEntry::new(label);
    let every = Arc::new(Every { timeline: Arc::downgrade(timeline), entry, repeat: Mutex::new(None) });
    match first {
        FirstCall::AtOnce => Arc::clone(&every).call(timeline, repeat, 0),
        FirstCall::AfterOnePeriod => Arc::clone(&every).schedule(timeline, repeat),
    }
    Timer::new(timeline, every)
}

impl<F: FnMut(&mut Tick) + Send + 'static> Callback for Every<F> {
    fn entry(&self) -> &TimerEntry {
        &self.entry
    }

    /// Runs the callback, on time or late.
    fn run(self: Arc<Self>) {
        self.entry.runs();
        let Some(timeline) = self.timeline.upgrade() else { return };
        let repeat = lock(&self.repeat).take();
        if let Some(mut repeat) = repeat {
            let point = repeat.points_until(timeline.now());
            let missed = point.saturating_sub(repeat.last + 1);
            repeat.last = point;
            self.call(&timeline, repeat, missed);
        }
    }

    fn forget(&self) {
        let repeat = lock(&self.repeat).take();
        drop(repeat); // it may own anything: no lock is held
    }
}

impl<F: FnMut(&mut Tick) + Send + 'static> Every<F> {
    fn call(self: Arc<Self>, timeline: &Timeline, mut repeat: Repeat<F>, missed: u64) {
        /// A callback that panics, or stops, is not called again.
        struct Over<'a>(&'a TimerEntry);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.called_unless_it_waits();
            }
        }
        let every = Arc::clone(&self);
        let over = Over(&every.entry);
        let mut tick = Tick { now: timeline.instant(), missed, stop: false };
        (repeat.callback)(&mut tick);
        if !tick.stop {
            self.schedule(timeline, repeat);
        }
        drop(over);
    }

    /// Waits for the first point of the grid that is still to come; past the end of the timeline there is none.
    fn schedule(self: Arc<Self>, timeline: &Timeline, repeat: Repeat<F>) {
        let Some(deadline) = repeat.next_point(timeline.now()) else { return };
        *lock(&self.repeat) = Some(repeat);
        timeline.insert_callback(deadline, &(self as Arc<dyn Callback>));
    }
}

impl<F> Repeat<F> {
    fn points_until(&self, now: u64) -> u64 {
        points_until(self.origin, self.period, now)
    }

    fn next_point(&self, now: u64) -> Option<u64> {
        let after = (self.points_until(now) + 1).checked_mul(self.period)?;
        within(self.origin, after)
    }
}

/// How many points of the grid after its origin lie at `now` or before.
fn points_until(origin: u64, period: u64, now: u64) -> u64 {
    now.saturating_sub(origin) / period
}
