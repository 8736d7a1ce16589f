//! `Sleep`: the one future that every clock gives.

use std::{
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

/// A future that is ready at a deadline. Made by [`Clock::sleep_until`](super::Clock::sleep_until) and
/// [`ClockExt::sleep`](super::ClockExt::sleep).
///
/// On a virtual clock the timer counts from the moment when the `Sleep` is made, not from its first poll, so that
/// `FakeClock::pending` shows it at once. Dropping it removes the timer.
///
/// On a virtual clock, of many sleeps that are due when they are polled, at one instant, one in 128 lets other tasks
/// run first: it wakes itself and is ready at its next poll.
///
/// # Cancel safety
/// A `Sleep` that is dropped leaves nothing behind. Polled again after it was ready, it is ready again.
#[must_use = "a sleep does nothing unless it is awaited"]
pub struct Sleep(Kind);

enum Kind {
    Timer(HookedTimer),
    Future(Pin<Box<dyn Future<Output = ()> + Send + Sync>>),
    Done,
}

/// A timer of a virtual clock.
struct HookedTimer {
    hook: Arc<dyn TimerHook>,
    timer: ClockTimer,
}

/// The timers of a virtual clock.
pub trait TimerHook: Send + Sync {
    /// Polls the timer; removes it once it is ready.
    fn poll(&self, timer: &mut ClockTimer, cx: &mut Context<'_>) -> Poll<()>;
    /// Takes over a label that has changed, if the timer waits.
    fn relabel(&self, timer: &ClockTimer);
    /// Removes the timer, if it is still there.
    fn cancel(&self, timer: &mut ClockTimer);
    /// Returns when the timer fires, counted from the start of the timeline; `None` if never.
    fn due(&self, timer: &ClockTimer) -> Option<Duration>;
}

/// The part of one timer that a virtual clock keeps in its `Sleep`.
#[derive(Debug)]
pub struct ClockTimer {
    /// The clock's own key of it, while it waits.
    pub key: Option<u64>,
    /// Its deadline, in nanoseconds of its clock.
    pub deadline: u64,
    /// Its label in reports.
    pub label: TimerLabel,
}

/// The label of a timer in reports.
#[derive(Clone, Debug)]
pub struct TimerLabel {
    /// Most have none: behind one pointer.
    name: Option<Arc<Name>>,
    /// Where it was made.
    pub made_at: &'static Location<'static>,
    /// True for the timer of a callback that repeats.
    pub repeats: bool,
    /// True if `run_until_idle` does not wait for it.
    pub background: bool,
}

#[derive(Debug)]
struct Name(Arc<str>);

impl TimerLabel {
    /// Returns the label of a timer without a name, in the foreground.
    #[must_use]
    pub const fn new(made_at: &'static Location<'static>) -> Self {
        Self { name: None, made_at, repeats: false, background: false }
    }

    /// Returns its name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&Arc<str>> {
        self.name.as_deref().map(|Name(name)| name)
    }

    /// Sets its name.
    pub fn set_name(&mut self, name: Arc<str>) {
        self.name = Some(Arc::new(Name(name)));
    }

    /// Returns what kind of timer it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        if self.repeats { "repeating timer" } else { "timer" }
    }
}

/// The kind and the name: ``timer `nap` ``.
impl fmt::Display for TimerLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self.name() {
            Some(name) => write!(f, " `{name}`"),
            None => Ok(()),
        }
    }
}

/// Returns a sleep of a virtual clock.
pub fn sleep(hook: Arc<dyn TimerHook>, timer: ClockTimer) -> Sleep {
    Sleep(Kind::Timer(HookedTimer { hook, timer }))
}

impl Sleep {
    /// Wraps the timer of another clock, for a [`Clock`](super::Clock) of your own.
    ///
    /// ```
    /// use std::time::{Duration, Instant, SystemTime};
    /// use unplugged::clock::FakeClock;
    /// use unplugged_seam::{Clock, ClockExt, Sleep};
    ///
    /// /// The same time with another zero: an hour ahead.
    /// struct HourAhead(FakeClock);
    /// const HOUR: Duration = Duration::from_secs(3600);
    /// impl Clock for HourAhead {
    ///     fn now(&self) -> Instant { self.0.now() + HOUR }
    ///     fn start(&self) -> Instant { self.0.start() + HOUR }
    ///     fn system_time(&self) -> SystemTime { self.0.system_time() + HOUR }
    ///     fn sleep_until(&self, deadline: Instant) -> Sleep {
    ///         Sleep::from_future(self.0.sleep_until(deadline - HOUR))
    ///     }
    /// }
    /// let fake = FakeClock::new();
    /// let slept = fake.watch(HourAhead(fake.clone()).sleep(Duration::from_secs(1)));
    /// fake.advance(Duration::from_secs(1));
    /// slept.assert_ready();
    /// ```
    pub fn from_future(timer: impl Future<Output = ()> + Send + Sync + 'static) -> Self {
        Self(Kind::Future(Box::pin(timer)))
    }

    /// Names the timer, for the reports of the test kit. Does nothing on a clock that is not virtual.
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        self.labelled(|label| label.set_name(name))
    }

    /// Marks the timer as background work, such as a keep-alive: `run_until_idle` does not wait for it. Does nothing
    /// on a clock that is not virtual.
    pub fn background(self) -> Self {
        self.labelled(|label| label.background = true)
    }

    /// Takes over the label of `last`: people know both as one timer.
    pub(super) fn labelled_as(self, last: &Self) -> Self {
        match &last.0 {
            Kind::Timer(last) => self.labelled(|label| *label = last.timer.label.clone()),
            Kind::Future(_) | Kind::Done => self,
        }
    }

    fn labelled(mut self, change: impl FnOnce(&mut TimerLabel)) -> Self {
        if let Kind::Timer(HookedTimer { hook, timer }) = &mut self.0 {
            change(&mut timer.label);
            hook.relabel(timer);
        }
        self
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Kind::Timer(HookedTimer { hook, timer }) => hook.poll(timer, cx),
            Kind::Done => Poll::Ready(()),
            Kind::Future(timer) => {
                std::task::ready!(timer.as_mut().poll(cx));
                self.0 = Kind::Done;
                Poll::Ready(())
            }
        }
    }
}

impl Drop for HookedTimer {
    fn drop(&mut self) {
        self.hook.cancel(&mut self.timer);
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kind::Timer(HookedTimer { hook, timer }) = &self.0 else {
            return f.debug_struct("Sleep").finish_non_exhaustive();
        };
        let due = hook.due(timer).map_or_else(|| "never".to_owned(), |due| format!("+{due:?}"));
        let made_at = timer.label.made_at;
        let file = made_at.file().replace('\\', "/");
        f.debug_struct("Sleep")
            .field("name", &timer.label.name())
            .field("due", &format_args!("{due}"))
            .field("made_at", &format_args!("{file}:{}:{}", made_at.line(), made_at.column()))
            .finish()
    }
}
