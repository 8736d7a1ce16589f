//! A monotonic clock that runs faster or slower than the timeline that it lives on. It never jumps.

use std::sync::{Arc, Mutex};

use slab::Slab;

use super::{
    queue::EventKey,
    timeline::Timeline,
    wall::{Drift, MILLION},
};
use crate::sync::lock;

/// The last nanosecond of a timeline.
const END: u64 = i64::MAX.unsigned_abs();

/// The quartz of one machine.
pub(crate) struct Pace {
    timeline: Arc<Timeline>,
    state: Mutex<State>,
}

struct State {
    line: Line,
    /// The sleeps that wait, each with its deadline on this clock.
    waiting: Slab<(EventKey, u64)>,
}

/// A straight line through one known point: at `at` of the timeline this clock shows `shows`.
#[derive(Clone, Copy)]
struct Line {
    at: u64,
    shows: u64,
    drift: Drift,
}

impl Line {
    const fn speed(&self) -> u128 {
        (MILLION + self.drift.parts_per_million() as i128).unsigned_abs()
    }

    /// What the clock shows at this point of the timeline.
    fn shown_at(&self, now: u64) -> u64 {
        let elapsed = u128::from(now - self.at) * self.speed() / MILLION.unsigned_abs();
        self.shows.saturating_add(u64::try_from(elapsed).unwrap_or(END)).min(END)
    }

    /// The first point of the timeline at which the clock shows this or more; its end, if there is none.
    fn reaches(&self, shown: u64) -> u64 {
        let missing = u128::from(shown.saturating_sub(self.shows)) * MILLION.unsigned_abs();
        let elapsed = match (missing, self.speed()) {
            (0, _) => 0,
            (_, 0) => u128::from(END),
            (missing, speed) => missing.div_ceil(speed),
        };
        self.at.saturating_add(u64::try_from(elapsed).unwrap_or(END)).min(END)
    }
}

impl Pace {
    pub(crate) fn new(timeline: Arc<Timeline>) -> Arc<Self> {
        let line = Line { at: 0, shows: 0, drift: Drift::NONE };
        Arc::new(Self { timeline, state: Mutex::new(State { line, waiting: Slab::new() }) })
    }

    pub(crate) const fn timeline(&self) -> &Arc<Timeline> {
        &self.timeline
    }

    /// What this clock shows, in nanoseconds since the start.
    pub(crate) fn now(&self) -> u64 {
        lock(&self.state).line.shown_at(self.timeline.now())
    }

    pub(crate) fn drift(&self) -> Drift {
        lock(&self.state).line.drift
    }

    /// From now on the clock runs at this speed: what waits for it is due earlier or later.
    pub(crate) fn set_drift(&self, drift: Drift) {
        let now = self.timeline.now();
        let mut state = lock(&self.state);
        state.line = Line { at: now, shows: state.line.shown_at(now), drift };
        let line = state.line;
        for (_, (key, deadline)) in &state.waiting {
            self.timeline.reschedule(*key, line.reaches(*deadline));
        }
    }

    /// The point of the timeline at which this clock will show `deadline`, as far as is known now.
    pub(super) fn reaches(&self, deadline: u64) -> u64 {
        lock(&self.state).line.reaches(deadline)
    }

    /// A sleep waits until `deadline` of this clock. Gives what to [`forget`](Self::forget).
    pub(super) fn wait(&self, key: EventKey, deadline: u64) -> usize {
        lock(&self.state).waiting.insert((key, deadline))
    }

    pub(super) fn forget(&self, waiting: usize) {
        lock(&self.state).waiting.remove(waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_reached_at_its_first_nanosecond_and_not_before() {
        for drift in [Drift::NONE, Drift::fast(1), Drift::slow(1), Drift::fast(333_333), Drift::slow(999_999)]
        {
            let line = Line { at: 17, shows: 5, drift };
            for shown in [5, 6, 7, 100, 1_000_003, 7_777_777_777] {
                let reached = line.reaches(shown);
                assert!(line.shown_at(reached) >= shown, "{drift:?} {shown}");
                assert!(reached == 17 || line.shown_at(reached - 1) < shown, "{drift:?} {shown}");
            }
        }
    }

    #[test]
    fn a_clock_that_stands_still_reaches_nothing_more() {
        let line = Line { at: 17, shows: 5, drift: Drift::slow(1_000_000) };
        assert_eq!((line.reaches(5), line.reaches(6)), (17, END));
        assert_eq!(line.shown_at(1_000_000), 5);
    }

    #[test]
    fn no_clock_runs_past_the_end_of_the_timeline() {
        let line = Line { at: 17, shows: 5, drift: Drift::fast(1_000_000) };
        assert_eq!((line.shown_at(END), line.reaches(END)), (END, (END - 5).div_ceil(2) + 17));
        let late = Line { at: END - 1, shows: 5, drift: Drift::slow(500_000) };
        assert_eq!(late.reaches(END), END);
    }
}
