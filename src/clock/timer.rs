//! Handles on callbacks that wait, and the list of everything that waits.

use std::{
    fmt,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    base::instant_at,
    queue::EventKey,
    timeline::{Label, Timeline},
};
use crate::{sync::lock, violation::SourceLocation};

/// A callback that waits for its time. Dropping the handle changes nothing; the callback waits on.
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

/// A callback, with what all handles on it see; in one allocation.
pub(super) trait Callback: Send + Sync {
    fn known(&self) -> &Known;
    /// It is due.
    fn run(self: Arc<Self>, timeline: &Arc<Timeline>);
    /// It will never be: drops what it owns.
    fn forget(&self);
}

/// What all handles on a timer, and the timer itself, see.
pub(super) struct Known {
    /// The key of the event, or one of the three below.
    status: AtomicU64,
    label: Mutex<Label>,
}

const RUNNING: u64 = u64::MAX;
const CALLED: u64 = u64::MAX - 1;
const CANCELLED: u64 = u64::MAX - 2;

impl Known {
    pub(super) const fn new(label: Label) -> Self {
        Self { status: AtomicU64::new(RUNNING), label: Mutex::new(label) }
    }

    pub(super) fn status(&self) -> Status {
        match self.status.load(Ordering::Acquire) {
            RUNNING => Status::Running,
            CALLED => Status::Called,
            CANCELLED => Status::Cancelled,
            key => Status::Waiting(EventKey::from_bits(key)),
        }
    }

    /// It runs, and may wait again.
    pub(super) fn runs(&self) {
        self.status.store(RUNNING, Ordering::Release);
    }

    /// It runs for the last time.
    pub(super) fn called(&self) {
        self.status.store(CALLED, Ordering::Release);
    }

    /// It runs no more, and waits for no event.
    pub(super) fn called_unless_it_waits(&self) {
        self.ends_running(CALLED);
    }

    /// Its event was taken out.
    fn cancelled(&self) {
        self.status.store(CANCELLED, Ordering::Release);
    }

    /// It waits for an event. False if it was cancelled meanwhile.
    pub(super) fn wait(&self, key: EventKey) -> bool {
        self.ends_running(key.to_bits())
    }

    /// False if it does not run (any more).
    fn ends_running(&self, status: u64) -> bool {
        self.status.compare_exchange(RUNNING, status, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(super) fn is_background(&self) -> bool {
        lock(&self.label).background
    }

    pub(super) fn label(&self) -> Label {
        lock(&self.label).clone()
    }
}

/// A callback that is called once.
pub(super) struct Once<F> {
    known: Known,
    callback: Mutex<Option<F>>,
}

impl<F: FnOnce() + Send + 'static> Once<F> {
    pub(super) fn new(made_at: SourceLocation, callback: F) -> Arc<Self> {
        Arc::new(Self {
            known: Known::new(Label::new(made_at.location())),
            callback: Mutex::new(Some(callback)),
        })
    }
}

impl<F: FnOnce() + Send> Callback for Once<F> {
    fn known(&self) -> &Known {
        &self.known
    }

    fn run(self: Arc<Self>, _: &Arc<Timeline>) {
        self.known.called(); // before it runs: it cannot cancel itself
        let callback = lock(&self.callback).take();
        callback.into_iter().for_each(|callback| callback());
    }

    fn forget(&self) {
        let callback = lock(&self.callback).take();
        drop(callback); // it may own anything: no lock is held
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Waiting(EventKey),
    /// The callback of a repeating timer is running: it is neither waiting nor over.
    Running,
    Called,
    Cancelled,
}

/// Why a timer cannot be cancelled or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimerError {
    /// Its callback has run, or is running.
    AlreadyCalled,
    /// It was cancelled before, or its clock is gone.
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

    /// Names the timer, for [`PendingTimer`] and failure texts.
    #[must_use = "the timer waits on without its handle; say `let _ =` if you do not need it"]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        self.labelled(|label| label.set_name(name))
    }

    /// Marks the timer as one that runs for ever, like a keep-alive: `run_until_idle` does not wait for it.
    #[must_use = "the timer waits on without its handle; say `let _ =` if you do not need it"]
    pub fn background(self) -> Self {
        self.labelled(|label| label.background = true)
    }

    /// True while the callback is still to come; for a repeating timer also while the callback runs.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.due().is_some() || self.status() == Status::Running
    }

    /// When the callback is due, counted from the clock's start; `None` if it is not waiting.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        let Status::Waiting(key) = self.status() else { return None };
        self.timeline.upgrade()?.deadline(key).map(Duration::from_nanos)
    }

    /// When the callback is due; `None` if it is not waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let due = self.due()?;
        Some(instant_at(0) + due)
    }

    /// The callback will not run any more. From inside a repeating callback: it will not run again.
    ///
    /// # Errors
    /// [`TimerError`] if it is over already; then nothing changes.
    pub fn cancel(&self) -> Result<(), TimerError> {
        let known = self.callback.known();
        match known.status() {
            Status::Waiting(key) => {
                let timeline = self.timeline.upgrade().ok_or(TimerError::AlreadyCancelled)?;
                // Not there: another thread runs it just now.
                let event = timeline.take(key).ok_or(TimerError::AlreadyCalled)?;
                known.cancelled();
                drop(event); // it may own anything, also this timer: no lock is held
                Ok(())
            }
            Status::Running if known.ends_running(CANCELLED) => Ok(()),
            _ => Err(self.status().error()),
        }
    }

    /// The callback will run `delay` from now, whatever was said before. Of a repeating timer only the next call
    /// moves; its grid stays where it is.
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

    /// The callback will run `by` later than it would have.
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
        let known = self.callback.known();
        change(&mut lock(&known.label));
        if let (true, Status::Waiting(key)) = (known.is_background(), known.status()) {
            self.timeline.upgrade().iter().for_each(|timeline| timeline.set_background(key));
        }
        self
    }

    fn status(&self) -> Status {
        self.callback.known().status()
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
        let label = self.callback.known().label();
        f.debug_struct("Timer")
            .field("name", &label.name())
            .field("state", &format_args!("{state}"))
            .field("due", &self.due())
            .field("made_at", &SourceLocation::from(label.made_at))
            .finish()
    }
}

/// One entry of [`FakeClock::pending`](super::FakeClock::pending): a sleep or a callback that waits. Prints as
/// ``timer `idle`, due at +30s, made at src/session.rs:12:9``.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingTimer {
    kind: &'static str,
    name: Option<Arc<str>>,
    due: Duration,
    since: Duration,
    made_at: SourceLocation,
    background: bool,
}

impl PendingTimer {
    pub(super) fn new(due: u64, since: u64, label: &Label) -> Self {
        Self {
            kind: label.kind(),
            name: label.name().cloned(),
            due: Duration::from_nanos(due),
            since: Duration::from_nanos(since),
            made_at: label.made_at.into(),
            background: label.background,
        }
    }

    /// All but where it was made.
    pub(crate) fn what(&self) -> String {
        let name = self.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        let background = if self.background { ", in the background" } else { "" };
        format!("{}{name}, due at +{:?}{background}", self.kind, self.due)
    }

    /// The name it was given, if any.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// When it is due, counted from the clock's start.
    #[must_use]
    pub const fn due(&self) -> Duration {
        self.due
    }

    /// When it is due.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        instant_at(0) + self.due
    }

    /// Since when it waits, counted from the clock's start: when it was made, or a repeating one called last.
    #[must_use]
    pub const fn since(&self) -> Duration {
        self.since
    }

    /// Where it was made.
    #[must_use]
    pub const fn made_at(&self) -> SourceLocation {
        self.made_at
    }

    /// Whether `run_until_idle` leaves it alone.
    #[must_use]
    pub const fn is_background(&self) -> bool {
        self.background
    }
}

impl fmt::Display for PendingTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, made at {}", self.what(), self.made_at)
    }
}
