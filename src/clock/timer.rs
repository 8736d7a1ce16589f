//! `Timer`: a handle on a callback that waits.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use unplugged_seam::__private::TimerLabel as Label;

use super::{
    callback::{CANCELLED, Callback, Status},
    timeline::Timeline,
};
use crate::{sync::lock, violation::SourceLocation};

/// A handle on a callback that waits for its time. Dropping it changes nothing: the callback still waits.
///
/// ```
/// use unplugged::clock::{FakeClock, TimerError, millis};
///
/// let clock = FakeClock::new();
/// let timer = clock.call_later(millis(100), || ()).named("retry");
/// timer.delay(millis(50))?;                          // +150ms
/// timer.reset(millis(20))?;                          // +20ms, counted from now
/// assert_eq!(timer.due(), Some(millis(20)));
/// clock.advance(millis(20));
/// assert_eq!(timer.cancel(), Err(TimerError::AlreadyCalled));
/// # Ok::<(), TimerError>(())
/// ```
#[derive(Clone)]
pub struct Timer {
    timeline: Weak<Timeline>,
    callback: Arc<dyn Callback>,
}

/// Why a timer cannot be cancelled or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimerError {
    /// The callback has run, or is running.
    AlreadyCalled,
    /// The callback was cancelled before, or its clock is gone.
    AlreadyCancelled,
}

impl fmt::Display for TimerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyCalled => "the timer has been called already",
            Self::AlreadyCancelled => "the timer has been cancelled already",
        })
    }
}

impl std::error::Error for TimerError {}

impl Timer {
    pub(super) fn new(timeline: &Arc<Timeline>, callback: Arc<dyn Callback>) -> Self {
        Self { timeline: Arc::downgrade(timeline), callback }
    }

    /// Names the timer, for [`PendingTimer`](crate::clock::PendingTimer) and failure texts.
    #[must_use = "the timer waits on without its handle; say `let _ =` if you do not need it"]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        self.labelled(|label| label.set_name(name))
    }

    /// Marks the timer as background work, such as a keep-alive: `run_until_idle` does not wait for it.
    #[must_use = "the timer waits on without its handle; say `let _ =` if you do not need it"]
    pub fn background(self) -> Self {
        self.labelled(|label| label.background = true)
    }

    /// Returns true while the callback is still to come; for a repeating timer also while the callback runs.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.due().is_some() || self.status() == Status::Running
    }

    /// Returns when the callback is due, counted from the clock's start; `None` if it is not waiting.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        let Status::Waiting(key) = self.status() else { return None };
        self.timeline.upgrade()?.deadline(key).map(Duration::from_nanos)
    }

    /// Returns the instant at which the callback is due; `None` if it is not waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let due = self.due()?;
        Some(self.timeline.upgrade()?.start() + due)
    }

    /// Cancels the timer: the callback will not run any more. A repeating callback can cancel its own timer.
    ///
    /// # Errors
    /// [`TimerError`] if it is over already; then nothing changes.
    pub fn cancel(&self) -> Result<(), TimerError> {
        let entry = self.callback.entry();
        match entry.status() {
            Status::Waiting(key) => {
                let timeline = self.timeline.upgrade().ok_or(TimerError::AlreadyCancelled)?;
                // Not there: another thread runs it just now.
                let event = timeline.take(key).ok_or(TimerError::AlreadyCalled)?;
                entry.cancelled();
                drop(event); // it may own anything, also this timer: no lock is held
                Ok(())
            }
            Status::Running if entry.ends_running(CANCELLED) => Ok(()),
            _ => Err(self.status().error()),
        }
    }

    /// Moves the callback to `delay` from now. Of a repeating timer only the next call moves; its grid stays.
    ///
    /// # Errors
    /// [`TimerError`] if the callback is over, or (a repeating one) running just now; then nothing changes.
    ///
    /// # Panics
    /// If the deadline is past the end of the timeline.
    #[track_caller]
    pub fn reset(&self, delay: Duration) -> Result<(), TimerError> {
        self.move_to(|timeline, _| timeline.deadline_in(delay))
    }

    /// Moves the callback to `by` later than it is due.
    ///
    /// # Errors
    /// [`TimerError`] if the callback is over, or (a repeating one) running just now; then nothing changes.
    ///
    /// # Panics
    /// If the deadline is past the end of the timeline.
    #[track_caller]
    pub fn delay(&self, by: Duration) -> Result<(), TimerError> {
        self.move_to(|timeline, old| {
            let now = timeline.now();
            timeline.deadline_in(Duration::from_nanos(old.saturating_sub(now)).saturating_add(by))
        })
    }

    #[track_caller]
    fn move_to(&self, deadline: impl FnOnce(&Timeline, u64) -> u64) -> Result<(), TimerError> {
        let status = self.status();
        let Status::Waiting(key) = status else { return Err(status.error()) };
        let timeline = self.timeline.upgrade().ok_or(TimerError::AlreadyCancelled)?;
        let old = timeline.deadline(key).ok_or(TimerError::AlreadyCalled)?;
        let deadline = deadline(&timeline, old);
        if timeline.reschedule(key, deadline) { Ok(()) } else { Err(TimerError::AlreadyCalled) }
    }

    fn labelled(self, change: impl FnOnce(&mut Label)) -> Self {
        let entry = self.callback.entry();
        change(&mut lock(&entry.label));
        if let (true, Status::Waiting(key)) = (entry.is_background(), entry.status()) {
            self.timeline.upgrade().iter().for_each(|timeline| timeline.set_background(key));
        }
        self
    }

    fn status(&self) -> Status {
        self.callback.entry().status()
    }
}

impl Status {
    fn error(self) -> TimerError {
        match self {
            Self::Cancelled => TimerError::AlreadyCancelled,
            Self::Waiting(_) | Self::Running | Self::Called => TimerError::AlreadyCalled,
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.status() {
            Status::Waiting(_) => "waiting",
            Status::Running => "running",
            Status::Called => "called",
            Status::Cancelled => "cancelled",
        };
        let label = self.callback.entry().label();
        f.debug_struct("Timer")
            .field("name", &label.name())
            .field("state", &format_args!("{state}"))
            .field("due", &self.due())
            .field("made_at", &SourceLocation::from(label.made_at))
            .finish()
    }
}
