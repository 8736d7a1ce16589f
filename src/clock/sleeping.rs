//! The hook behind a `Sleep` of a timeline.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use unplugged_seam::__private::{ClockTimer, TimerHook, TimerLabel as Label, sleep};

use super::{
    Sleep,
    event::{Event, NEVER},
    queue::EventKey,
    timeline::Timeline,
};
use crate::{
    violation::SourceLocation,
    wait::{self, Wait},
};

impl Timeline {
    /// Returns a sleep until an instant of this timeline; past its end it never ends.
    pub(crate) fn sleep_until(self: &Arc<Self>, deadline: Instant, made_at: SourceLocation) -> Sleep {
        let (now, deadline) = (self.now(), self.position_of(deadline));
        let label = Label::new(made_at.location());
        let is_ahead = deadline > now && deadline != NEVER;
        let key = is_ahead.then(|| self.insert(deadline, Event::wake(label.clone())).to_bits());
        sleep(Arc::clone(self) as Arc<dyn TimerHook>, ClockTimer { key, deadline, label })
    }
}

impl TimerHook for Timeline {
    fn poll(&self, timer: &mut ClockTimer, cx: &mut Context<'_>) -> Poll<()> {
        if self.now() < timer.deadline {
            if let Some(key) = timer.key {
                self.set_waker(EventKey::from_bits(key), cx.waker());
            }
            report(timer, self.due(timer));
            return Poll::Pending;
        }
        let has_waited = timer.key.is_some();
        self.cancel(timer);
        if !has_waited && self.is_turn_over(&timer.label) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn relabel(&self, timer: &ClockTimer) {
        if let Some(key) = timer.key {
            Self::relabel(self, EventKey::from_bits(key), timer.label.clone());
        }
    }

    fn cancel(&self, timer: &mut ClockTimer) {
        if let Some(key) = timer.key.take() {
            drop(self.take(EventKey::from_bits(key)));
        }
    }

    fn due(&self, timer: &ClockTimer) -> Option<Duration> {
        let due = timer.key.and_then(|key| self.deadline(EventKey::from_bits(key)));
        Some(due.unwrap_or(timer.deadline)).filter(|due| *due != NEVER).map(Duration::from_nanos)
    }
}

/// Tells the watcher of the poll what it waits for.
pub(super) fn report(timer: &ClockTimer, due: Option<Duration>) {
    wait::report(|| {
        let label = &timer.label;
        let wait = Wait::new(label.kind(), label.made_at.into())
            .named_if(label.name().cloned())
            .idle(label.background);
        match due {
            Some(due) => wait.due(due),
            None => wait.detailed("without a deadline"),
        }
    });
}
