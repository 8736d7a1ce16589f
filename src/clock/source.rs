//! One event source beside the queue of a timeline, in the same order as the queue.
//!
//! A network has one next event at a time, and mostly another after each: beside the queue it costs no insertion.

use std::sync::atomic::Ordering;

use super::{
    driving::Driving,
    timeline::{SourceTurn, Timeline},
};
use crate::sync::lock;

/// The source has fired too often at one instant.
#[derive(Debug)]
pub(crate) struct ZeroDelayLoop {
    /// How often it may.
    pub(crate) limit: u32,
    /// The setting that raises the limit.
    pub(crate) set_by: &'static str,
}

impl Timeline {
    /// Sets the limit on behalf of a setting of another name.
    pub(crate) fn limit_instants(&self, limit: u32, set_by: &'static str) {
        let mut state = lock(&self.state);
        (state.max_steps_per_instant, state.limit_is_set_by) = (limit, set_by);
    }

    /// Says when the source is next due, if it is, and whether that is background work.
    pub(crate) fn set_source(&self, next: Option<(u64, bool)>) {
        let now = self.now();
        let mut state = lock(&self.state);
        let turn = next.map(|(at, is_background)| SourceTurn {
            at,
            turn: state.queue.next_turn(),
            is_background,
            without_delay: at <= now,
        });
        let foreground = |turn: &SourceTurn| usize::from(!turn.is_background);
        state.foreground += turn.as_ref().map_or(0, foreground);
        let old = std::mem::replace(&mut state.source, turn);
        state.foreground -= old.as_ref().map_or(0, foreground);
        self.show_next(&state);
    }

    /// The earliest deadline, without a lock; `None` at the end of time.
    pub(crate) fn next_deadline_before_the_end(&self) -> Option<u64> {
        Some(self.next.load(Ordering::Acquire)).filter(|next| *next < u64::MAX)
    }
}

impl Driving<'_> {
    /// Goes to the turn of the source and takes it, if it is the next event and due at `end` or before.
    ///
    /// # Errors
    /// If too many events without delay fired at this instant.
    pub(crate) fn take_source(&self, end: u64) -> Result<bool, ZeroDelayLoop> {
        let timeline = self.timeline;
        let mut state = lock(&timeline.state);
        let Some(SourceTurn { at, turn, is_background, without_delay }) = state.source else {
            return Ok(false);
        };
        if at > end || state.queue.is_before(at, turn) {
            return Ok(false);
        }
        if !timeline.goes_to(at, without_delay, &mut state) {
            return Err(ZeroDelayLoop { limit: state.max_steps_per_instant, set_by: state.limit_is_set_by });
        }
        state.source = None;
        state.foreground -= usize::from(!is_background);
        timeline.show_next(&state);
        drop(state);
        self.runs();
        Ok(true)
    }
}
