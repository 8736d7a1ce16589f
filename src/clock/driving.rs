//! The right to move the time of a timeline.

use std::{cell::Cell, sync::atomic::Ordering};

use super::{
    event::Event,
    texts,
    timeline::{NOBODY, Timeline},
};
use crate::{guard::OrRaise, nanos::offset, sync::lock, violation::Violation};

impl Timeline {
    /// Takes the right to move the time, until the guard is dropped.
    ///
    /// # Panics
    /// If it is taken already.
    #[track_caller]
    pub(crate) fn drive(&self, call: &'static str) -> Driving<'_> {
        let Some(driving) = self.try_drive() else {
            let is_same = self.driver.load(Ordering::Relaxed) == this_thread();
            texts::re_entrant(call, is_same, self.now()).raise()
        };
        driving
    }

    /// Takes the right to move the time; `None` if it is taken.
    pub(crate) fn try_drive(&self) -> Option<Driving<'_>> {
        let is_driven = self.is_driven.swap(true, Ordering::Acquire);
        (!is_driven).then(|| Driving { timeline: self, has_run: Cell::new(false) })
    }
}

/// The right to move the time.
pub(crate) struct Driving<'a> {
    pub(super) timeline: &'a Timeline,
    has_run: Cell<bool>,
}

impl Driving<'_> {
    /// Goes to the next event that is due at `end` or before, and takes it out.
    ///
    /// # Panics
    /// If too many events without delay fired at this instant; this one stays where it is.
    #[track_caller]
    pub(crate) fn next_event(&self, end: u64) -> Option<Event> {
        let now = self.timeline.now();
        let next = self.try_next_event(end);
        next.map_err(|violation| violation.with_before_next("now", offset(now))).or_raise()
    }

    /// Goes to the next event that is due at `end` or before, and takes it out. The error does not say when it was.
    pub(crate) fn try_next_event(&self, end: u64) -> Result<Option<Event>, Violation> {
        let timeline = self.timeline;
        let mut state = lock(&timeline.state);
        let next = state.queue.first().filter(|(deadline, _)| *deadline <= end);
        let Some((deadline, is_without_delay)) = next.map(|(deadline, next)| (deadline, next.without_delay))
        else {
            return Ok(None);
        };
        if !timeline.goes_to(deadline, is_without_delay, &mut state) {
            let label = state.queue.first().map(|(_, next)| next.label());
            return label.map_or(Ok(None), |label| Err(state.zero_delay_loop(&label)));
        }
        let Some((_, event)) = state.queue.pop_due(end) else { return Ok(None) };
        timeline.show_next(&state);
        state.foreground -= usize::from(!event.background);
        drop(state);
        self.runs();
        Ok(Some(event))
    }

    /// Says that something is about to run, and where.
    pub(crate) fn runs(&self) {
        if !self.has_run.replace(true) {
            self.timeline.driver.store(this_thread(), Ordering::Relaxed);
        }
    }

    /// Goes to `now`, where nothing is due before it.
    pub(crate) fn arrive(&self, now: u64) {
        if now > self.timeline.now() {
            self.timeline.now.store(now, Ordering::Release);
        }
    }
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        if self.has_run.get() {
            self.timeline.driver.store(NOBODY, Ordering::Relaxed);
        }
        self.timeline.is_driven.store(false, Ordering::Release);
    }
}

/// A number of this thread that no other one has as long as it lives: costs a fraction of its `ThreadId`.
pub(crate) fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}
