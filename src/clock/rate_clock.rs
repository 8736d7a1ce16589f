//! `RateClock`: a monotonic clock that runs faster or slower than its timeline. It never jumps.

use std::{
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use slab::Slab;
use unplugged_seam::__private::{ClockTimer, TimerHook, TimerLabel as Label, sleep};

use super::{
    Sleep,
    event::{Event, NEVER},
    queue::EventKey,
    sleeping::report,
    timeline::Timeline,
    wall::{Drift, MILLION},
};
use crate::{nanos::END, sync::lock, violation::SourceLocation};

/// The oscillator of one machine.
pub(crate) struct RateClock {
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

    /// The time that the clock shows at this point of the timeline.
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

impl RateClock {
    pub(crate) fn new(timeline: Arc<Timeline>) -> Arc<Self> {
        let line = Line { at: 0, shows: 0, drift: Drift::NONE };
        Arc::new(Self { timeline, state: Mutex::new(State { line, waiting: Slab::new() }) })
    }

    pub(crate) const fn timeline(&self) -> &Arc<Timeline> {
        &self.timeline
    }

    /// The time that this clock shows, in nanoseconds since the start.
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

    /// Returns a sleep until this clock shows an instant; past the end of the timeline it never ends.
    pub(crate) fn sleep_until(self: &Arc<Self>, deadline: Instant, made_at: SourceLocation) -> Sleep {
        self.sleep_to(self.timeline.position_of(deadline), made_at)
    }

    /// Returns a sleep until this clock shows so many nanoseconds since the start.
    pub(crate) fn sleep_to(self: &Arc<Self>, deadline: u64, made_at: SourceLocation) -> Sleep {
        let now = self.now();
        let label = Label::new(made_at.location());
        let is_ahead = deadline > now && deadline != NEVER;
        let key = is_ahead.then(|| {
            let mut state = lock(&self.state);
            let key = self.timeline.insert(state.line.reaches(deadline), Event::wake(label.clone()));
            state.waiting.insert((key, deadline)) as u64
        });
        sleep(Arc::clone(self) as Arc<dyn TimerHook>, ClockTimer { key, deadline, label })
    }

    /// Returns the key of a sleep that waits.
    fn event(&self, timer: &ClockTimer) -> Option<EventKey> {
        let waiting = timer.key? as usize;
        lock(&self.state).waiting.get(waiting).map(|(key, _)| *key)
    }
}

impl TimerHook for RateClock {
    fn poll(&self, timer: &mut ClockTimer, cx: &mut Context<'_>) -> Poll<()> {
        if self.now() < timer.deadline {
            if let Some(event) = self.event(timer) {
                self.timeline.set_waker(event, cx.waker());
            }
            report(timer, self.due(timer));
            return Poll::Pending;
        }
        let has_waited = timer.key.is_some();
        self.cancel(timer);
        if !has_waited && self.timeline.is_turn_over(&timer.label) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn relabel(&self, timer: &ClockTimer) {
        if let Some(event) = self.event(timer) {
            self.timeline.relabel(event, timer.label.clone());
        }
    }

    fn cancel(&self, timer: &mut ClockTimer) {
        if let Some(waiting) = timer.key.take() {
            let (event, _) = lock(&self.state).waiting.remove(waiting as usize);
            drop(self.timeline.take(event));
        }
    }

    fn due(&self, timer: &ClockTimer) -> Option<Duration> {
        let due = self.event(timer).and_then(|event| self.timeline.deadline(event));
        Some(due.unwrap_or(timer.deadline)).filter(|due| *due != NEVER).map(Duration::from_nanos)
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
