//! `Sleep`: the one future that every clock gives.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

#[cfg(feature = "tokio")]
use super::pace::Pace;
use super::{
    queue::EventKey,
    timeline::{Event, Label, Timeline, position_of},
};
use crate::{
    violation::SourceLocation,
    wait::{self, Wait},
};

/// Waits until a deadline. Made by [`Clock::sleep_until`](super::Clock::sleep_until) and
/// [`ClockExt::sleep`](super::ClockExt::sleep).
///
/// On a virtual clock the timer counts from the moment when the `Sleep` is made, not from its first poll, so
/// that [`FakeClock::pending`](super::FakeClock::pending) shows it at once. Dropping it takes the timer out.
///
/// Of many sleeps that are due when they are polled, at one instant, one in 128 lets other tasks run first and is
/// ready at its next poll, for which it wakes itself.
///
/// # Cancel safety
/// A `Sleep` that is dropped leaves nothing behind. Polled again after it was ready, it is ready again.
#[must_use = "a sleep does nothing unless it is awaited"]
pub struct Sleep(Kind);

enum Kind {
    Virtual(VirtualSleep),
    Foreign(Pin<Box<dyn Future<Output = ()> + Send + Sync>>),
    Done,
}

struct VirtualSleep {
    timeline: Arc<Timeline>,
    deadline: u64,
    key: Option<EventKey>,
    label: Label,
    #[cfg(feature = "tokio")]
    paced: Option<Box<Paced>>,
}

/// A sleep of a clock that has a pace of its own.
#[cfg(feature = "tokio")]
struct Paced {
    pace: Arc<Pace>,
    /// What that knows it by, while it waits.
    waiting: Option<usize>,
}

impl Sleep {
    /// Wraps the timer of another clock: for those who write a [`Clock`](super::Clock) of their own.
    ///
    /// ```
    /// use std::time::{Duration, Instant, SystemTime};
    /// use unplugged::clock::{Clock, ClockExt, FakeClock, Sleep};
    ///
    /// /// The same time, seen with another zero: an hour ahead.
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
        Self(Kind::Foreign(Box::pin(timer)))
    }

    pub(crate) fn on_timeline(timeline: &Arc<Timeline>, deadline: Instant, made_at: SourceLocation) -> Self {
        let now = timeline.now();
        let deadline = position_of(deadline, now);
        let label = Label::new(made_at);
        let key = (deadline > now).then(|| timeline.insert(deadline, Event::wake(label.clone())));
        Self(Kind::Virtual(VirtualSleep {
            timeline: Arc::clone(timeline),
            deadline,
            key,
            label,
            #[cfg(feature = "tokio")]
            paced: None,
        }))
    }

    /// The same on a clock that has a pace of its own.
    #[cfg(feature = "tokio")]
    #[track_caller]
    pub(crate) fn at_pace(pace: &Arc<Pace>, deadline: Instant, made_at: SourceLocation) -> Self {
        let (timeline, now) = (Arc::clone(pace.timeline()), pace.now());
        let deadline = position_of(deadline, now);
        let label = Label::new(made_at);
        let due = pace.reaches(deadline);
        let key = (deadline > now).then(|| timeline.insert(due, Event::wake(label.clone())));
        let waiting = key.map(|key| pace.wait(key, deadline));
        let paced = Some(Box::new(Paced { pace: Arc::clone(pace), waiting }));
        Self(Kind::Virtual(VirtualSleep { timeline, deadline, key, label, paced }))
    }

    /// Names the timer, for [`PendingTimer`](super::PendingTimer) and failure texts. On a clock that is not
    /// virtual this does nothing.
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        self.labelled(|label| label.set_name(name))
    }

    /// Marks the timer as one that runs for ever, like a keep-alive: `run_until_idle` does not wait for it. On a
    /// clock that is not virtual this does nothing.
    pub fn background(self) -> Self {
        self.labelled(|label| label.background = true)
    }

    /// The next of several sleeps that people know as one: it takes over what the last was known by.
    pub(super) fn instead_of(self, last: &Self) -> Self {
        match &last.0 {
            Kind::Virtual(last) => self.labelled(|label| *label = last.label.clone()),
            Kind::Foreign(_) | Kind::Done => self,
        }
    }

    fn labelled(mut self, change: impl FnOnce(&mut Label)) -> Self {
        if let Kind::Virtual(sleep) = &mut self.0 {
            change(&mut sleep.label);
            if let Some(key) = sleep.key {
                sleep.timeline.relabel(key, sleep.label.clone());
            }
        }
        self
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Kind::Virtual(sleep) => sleep.poll(cx),
            Kind::Done => Poll::Ready(()),
            Kind::Foreign(timer) => {
                std::task::ready!(timer.as_mut().poll(cx));
                self.0 = Kind::Done;
                Poll::Ready(())
            }
        }
    }
}

impl VirtualSleep {
    fn is_early(&self) -> bool {
        #[cfg(feature = "tokio")]
        if let Some(paced) = &self.paced {
            return paced.pace.now() < self.deadline;
        }
        self.timeline.now() < self.deadline
    }

    /// When it fires, on the timeline.
    fn due(&self) -> Duration {
        let due = self.key.and_then(|key| self.timeline.deadline(key));
        Duration::from_nanos(due.unwrap_or(self.deadline))
    }

    /// It waits no more.
    fn take_out(&mut self) -> bool {
        let Some(key) = self.key.take() else { return false };
        drop(self.timeline.take(key));
        #[cfg(feature = "tokio")]
        if let Some(paced) = &mut self.paced {
            paced.waiting.take().into_iter().for_each(|waiting| paced.pace.forget(waiting));
        }
        true
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_early() {
            if let Some(key) = self.key {
                self.timeline.set_waker(key, cx.waker());
            }
            wait::report(|| {
                Wait::new(self.label.kind(), self.label.made_at)
                    .named(self.label.name().cloned())
                    .due(self.due())
                    .idle(self.label.background)
            });
            return Poll::Pending;
        }
        if !self.take_out() && self.timeline.is_turn_over(&self.label) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl Drop for VirtualSleep {
    fn drop(&mut self) {
        self.take_out();
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Virtual(sleep) => f
                .debug_struct("Sleep")
                .field("name", &sleep.label.name())
                .field("due", &format_args!("+{:?}", sleep.due()))
                .field("made_at", &sleep.label.made_at)
                .finish(),
            Kind::Foreign(_) | Kind::Done => f.debug_struct("Sleep").finish_non_exhaustive(),
        }
    }
}
