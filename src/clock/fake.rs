//! `FakeClock`: time that moves only when a test says so.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use super::{
    Clock, Sleep,
    callback::{Callback, Once},
    driving::Driving,
    every::{self, FirstCall, Tick},
    moment::{Moment, OutOfReach, target},
    pending::PendingTimer,
    ready::ReadyQueue,
    texts,
    timeline::{MAX_STEPS_PER_INSTANT, Timeline},
    timer::Timer,
    units::hours,
    wall::Drift,
};
use crate::{
    nanos::{later, offset},
    seed::Seed,
    sync::lock,
    violation::SourceLocation,
};

/// A clock that moves only when a test says so, and then exactly.
///
/// `advance` visits every deadline on its way, the end included, one by one. At each it runs the callbacks that
/// are due and polls the futures handed to [`watch`](Self::watch) until none of them is woken; each sees *its
/// own* instant as `now`, and what it schedules inside the window runs inside the window. So
/// `advance(a); advance(b)` is the same as `advance(a + b)`.
///
/// Clones are the same clock. It needs no runtime and may be moved and shared between threads, but only one
/// place moves it at a time. A timer that is left in the clock keeps what its callback owns.
///
/// # Example: a session that ends after two hours
/// ```
/// use std::{sync::Arc, time::Instant};
/// use unplugged::clock::{Clock, FakeClock, hours, nanos};
///
/// struct Session { clock: Arc<dyn Clock>, ends: Instant }
/// impl Session {
///     fn open(clock: Arc<dyn Clock>) -> Self { Self { ends: clock.now() + hours(2), clock } }
///     fn is_alive(&self) -> bool { self.clock.now() < self.ends }
/// }
/// let clock = FakeClock::new();
/// let session = Session::open(Arc::new(clock.clone()));
/// clock.advance(hours(2) - nanos(1));
/// assert!(session.is_alive());
/// clock.advance(nanos(1));
/// assert!(!session.is_alive());
/// ```
#[derive(Clone)]
pub struct FakeClock {
    inner: Arc<Inner>,
}

struct Inner {
    timeline: Arc<Timeline>,
    ready: Arc<ReadyQueue>,
    max_steps_per_instant: AtomicU32,
    idle_limit: Mutex<Duration>,
}

impl FakeClock {
    /// Returns a clock at its start; its wall clock shows 2000-01-01T00:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        let inner = Inner {
            timeline: Timeline::new(),
            ready: Arc::default(),
            max_steps_per_instant: AtomicU32::new(MAX_STEPS_PER_INSTANT),
            idle_limit: Mutex::new(hours(24)),
        };
        Self { inner: Arc::new(inner) }
    }

    // Moving time.

    /// Moves time on by `by`, deadline by deadline. With zero it runs what is due now.
    ///
    /// # Panics
    /// If called from inside a callback or a watched future, or by two threads at once; if something loops
    /// without delay; if the end of the timeline (292 years) would be passed; and with the panic of a callback
    /// or a watched future, which leaves the clock at that instant and in order.
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        let now = self.inner.timeline.now();
        match later(now, by) {
            Some(end) => self.drive_to("advance", end),
            None => texts::advance_overflows("advance", now, by).raise(),
        }
    }

    /// Moves time on to `moment`, as [`advance`](Self::advance) does: to an instant, or to so long after the start.
    ///
    /// # Panics
    /// If `moment` is in the past, and as [`advance`](Self::advance) does.
    #[track_caller]
    pub fn advance_to(&self, moment: impl Moment) {
        let now = self.inner.timeline.now();
        match target(&self.inner.timeline, moment) {
            Ok(end) => self.drive_to("advance_to", end),
            Err(OutOfReach::Past(to)) => texts::goes_back("advance_to", now, &to).raise(),
            Err(OutOfReach::TooFar(by)) => texts::advance_overflows("advance_to", now, by).raise(),
        }
    }

    /// Moves time on to the next deadline, and runs all that is due there. Returns how far that was; `None` if nothing
    /// waits, and then time stands still.
    ///
    /// # Panics
    /// As [`advance`](Self::advance) does.
    #[expect(clippy::must_use_candidate, reason = "it moves time, with or without its value")]
    #[track_caller]
    pub fn advance_to_next(&self) -> Option<Duration> {
        let driving = self.inner.timeline.drive("advance_to_next");
        self.run_ready(&driving);
        let from = self.inner.timeline.now();
        let next = self.inner.timeline.next_deadline()?;
        self.run_until(&driving, next);
        Some(Duration::from_nanos(next - from))
    }

    /// Moves time on by each of the durations in turn.
    ///
    /// # Panics
    /// As [`advance`](Self::advance) does.
    #[track_caller]
    pub fn advance_each(&self, steps: impl IntoIterator<Item = Duration>) {
        for step in steps {
            self.advance(step);
        }
    }

    /// Moves time on until nothing but background timers waits. Returns how far that was. Background
    /// timers that are due on the way run.
    ///
    /// # Panics
    /// If something still waits after the idle limit (24 hours, see [`set_idle_limit`](Self::set_idle_limit)),
    /// and as [`advance`](Self::advance) does.
    #[expect(clippy::must_use_candidate, reason = "it moves time, with or without its value")]
    #[track_caller]
    pub fn run_until_idle(&self) -> Duration {
        let timeline = &self.inner.timeline;
        let limit = *lock(&self.inner.idle_limit);
        let driving = timeline.drive("run_until_idle");
        let started = timeline.now();
        let end = later(started, limit).unwrap_or(u64::MAX);
        self.run_ready(&driving);
        while timeline.has_foreground() {
            let Some(event) = driving.next_event(end) else {
                texts::never_idle(limit, started, timeline.now(), pending_lines(&timeline.pending())).raise();
            };
            event.run();
            self.run_ready(&driving);
        }
        Duration::from_nanos(timeline.now() - started)
    }

    // Callbacks, for the test's own script.

    /// Runs `callback` in `delay` from now, while time is moved; with zero, the next time it is moved at all.
    ///
    /// This is for the test's own script ("three seconds later the peer hangs up"). Production code takes a
    /// [`Clock`] and sleeps.
    ///
    /// # Panics
    /// If the deadline is past the end of the timeline (292 years).
    #[track_caller]
    pub fn call_later(&self, delay: Duration, callback: impl FnOnce() + Send + 'static) -> Timer {
        let timeline = &self.inner.timeline;
        let deadline = timeline.deadline_in(delay);
        let once: Arc<dyn Callback> = Once::new(SourceLocation::caller(), callback);
        timeline.insert_callback(deadline, &once);
        Timer::new(timeline, once)
    }

    /// Runs `callback` repeatedly, on a grid of `period` that begins now, until it says
    /// [`stop`](Tick::stop), panics, or the timer is cancelled. A call that comes late (because the timer was
    /// moved) is followed by the next point of the grid, and is told how many it missed.
    ///
    /// ```
    /// use unplugged::clock::{FakeClock, FirstCall, secs};
    ///
    /// let clock = FakeClock::new();
    /// let beat = clock.call_every(secs(10), FirstCall::AfterOnePeriod, |tick| {
    ///     println!("missed {}", tick.missed); // 0, then 2, then 0
    /// });
    /// clock.advance(secs(10));
    /// beat.delay(secs(25))?; // from +20s to +45s
    /// clock.advance(secs(40));
    /// # Ok::<(), unplugged::clock::TimerError>(())
    /// ```
    ///
    /// # Panics
    /// If `period` is zero, or longer than the timeline.
    #[track_caller]
    pub fn call_every(
        &self,
        period: Duration,
        first: FirstCall,
        callback: impl FnMut(&mut Tick) + Send + 'static,
    ) -> Timer {
        every::call_every(&self.inner.timeline, period, first, SourceLocation::caller(), callback)
    }

    /// Returns everything that waits, in the order in which it will run: sleeps and callbacks, with name, deadline and
    /// the place where each was made.
    #[must_use]
    pub fn pending(&self) -> Vec<PendingTimer> {
        self.inner.timeline.pending()
    }

    // Settings.

    /// Shuffles timers of equal deadlines: those made from now on run in an order drawn from `seed`. By default the
    /// first one made runs first. A test that panics prints the seed.
    pub fn shuffle_ties(&self, seed: Seed) {
        self.inner.timeline.shuffle(seed);
    }

    /// Sets how many timers without delay may run at one instant, and how often one future may be polled, before that
    /// counts as a loop: 100,000 unless set.
    ///
    /// # Panics
    /// If `limit` is zero: nothing could run.
    #[track_caller]
    pub fn set_max_steps_per_instant(&self, limit: u32) {
        assert!(limit > 0, "an instant limit of nothing would let nothing run");
        self.inner.max_steps_per_instant.store(limit, Ordering::Relaxed);
        self.inner.timeline.set_max_steps_per_instant(limit);
    }

    /// Sets how far `run_until_idle` may go: 24 hours unless set. `Duration::MAX` is no limit.
    pub fn set_idle_limit(&self, limit: Duration) {
        *lock(&self.inner.idle_limit) = limit;
    }

    /// Sets the wall clock, forwards or back. The monotonic clock and all timers stay as they are.
    ///
    /// # Panics
    /// If `time` is so late that a `SystemTime` could not follow to the end of the timeline.
    #[track_caller]
    pub fn set_system_time(&self, time: SystemTime) {
        self.inner.timeline.set_system_time(time);
    }

    /// Sets how much faster or slower than the monotonic clock the wall clock runs from now on.
    pub fn set_drift(&self, drift: Drift) {
        self.inner.timeline.set_drift(drift);
    }

    // For the other files of this part.

    pub(super) fn ready_queue(&self) -> Arc<ReadyQueue> {
        Arc::clone(&self.inner.ready)
    }

    pub(crate) fn timeline(&self) -> &Arc<Timeline> {
        &self.inner.timeline
    }

    /// Polls what was woken. Returns false if time is just being moved: then that will do it.
    pub(super) fn settle(&self) -> bool {
        let driving = self.inner.timeline.try_drive();
        driving.iter().for_each(|driving| self.run_ready(driving));
        driving.is_some()
    }

    // The loop.

    #[track_caller]
    fn drive_to(&self, call: &'static str, end: u64) {
        let driving = self.inner.timeline.drive(call);
        self.run_ready(&driving);
        self.run_until(&driving, end);
    }

    #[track_caller]
    fn run_until(&self, driving: &Driving<'_>, end: u64) {
        while let Some(event) = driving.next_event(end) {
            event.run();
            self.run_ready(driving);
        }
        driving.arrive(end);
    }

    /// Polls the woken futures until none is left. The guard shows that only this call does.
    #[track_caller]
    fn run_ready(&self, driving: &Driving<'_>) {
        while let Some(future) = self.inner.ready.pop() {
            driving.runs();
            let now = self.inner.timeline.now();
            let limit = self.inner.max_steps_per_instant.load(Ordering::Relaxed);
            if let Err(label) = future.poll_at(now, limit) {
                texts::busy_future(&label, now, limit).raise();
            }
        }
    }
}

/// A line for each timer that is not in the background.
fn pending_lines(pending: &[PendingTimer]) -> Vec<String> {
    pending.iter().filter(|timer| !timer.is_background).map(ToString::to_string).collect()
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        self.inner.timeline.instant()
    }

    fn start(&self) -> Instant {
        self.inner.timeline.start()
    }

    fn system_time(&self) -> SystemTime {
        self.inner.timeline.system_time()
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep {
        self.inner.timeline.sleep_until(deadline, SourceLocation::caller())
    }
}

impl fmt::Debug for FakeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeClock")
            .field("now", &format_args!("{}", offset(self.inner.timeline.now())))
            .field("pending", &self.pending())
            .field("shuffled_by", &self.inner.timeline.shuffled_by())
            .finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        while self.ready.pop().is_some() {} // each knows the queue, too
        // A shuffled order that made a test fail can be had again only with its seed.
        let seed = self.timeline.shuffled_by().filter(|_| std::thread::panicking());
        if let Some(seed) = seed {
            eprintln!(
                "FakeClock: ties were shuffled with seed {seed}; `shuffle_ties(Seed::new({seed}))` repeats it"
            );
        }
    }
}
