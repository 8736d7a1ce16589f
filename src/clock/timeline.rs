//! One timeline: the time, what waits on it, and who may move it. `FakeClock` and `Sim` drive it; it never
//! moves by itself and runs nothing by itself.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
    thread::{self, ThreadId},
    time::{Duration, Instant, SystemTime},
};

use super::{
    base::{instant_at, later, offset_of},
    misuse,
    queue::{EventKey, EventQueue},
    timer::PendingTimer,
    wall::{Drift, Wall},
};
use crate::{fault::Place, seed::Seed, sync::lock};

/// How many events that were due when they were made may fire at one instant.
pub(crate) const INSTANT_LIMIT: u32 = 10_000;

/// How many sleeps that are due when they are polled are ready at once, before one lets other tasks run.
const READY_IN_A_ROW: u32 = 128;

pub(crate) struct Timeline {
    /// Beside the state, so that reading the time takes no lock.
    now: AtomicU64,
    state: Mutex<State>,
}

struct State {
    queue: EventQueue<Event>,
    wall: Wall,
    /// How many events of the queue are not in the background.
    foreground: usize,
    /// How many events fired at this instant that had no delay.
    without_delay: u32,
    instant_limit: u32,
    driven_by: Option<ThreadId>,
}

/// What waits for a deadline.
pub(crate) struct Event {
    label: Label,
    action: Action,
    /// It was due when it was made, or moved to where it is.
    without_delay: bool,
}

enum Action {
    Wake(Option<Waker>),
    Call(Box<dyn FnOnce() + Send>),
    /// Tells whether it woke anybody.
    #[cfg(feature = "tokio")]
    Deliver(Box<dyn FnOnce() -> bool + Send>),
}

/// What people know an event by.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) made_at: Place,
    pub(crate) repeats: bool,
    pub(crate) background: bool,
}

impl Label {
    pub(crate) const fn new(made_at: Place) -> Self {
        Self { name: None, made_at, repeats: false, background: false }
    }

    pub(crate) const fn kind(&self) -> &'static str {
        if self.repeats { "repeating timer" } else { "timer" }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match &self.name {
            Some(name) => write!(f, " `{name}`"),
            None => Ok(()),
        }
    }
}

impl Event {
    pub(crate) fn call(label: Label, action: impl FnOnce() + Send + 'static) -> Self {
        Self { label, action: Action::Call(Box::new(action)), without_delay: false }
    }

    pub(crate) const fn wake(label: Label) -> Self {
        Self { label, action: Action::Wake(None), without_delay: false }
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn deliver(label: Label, action: impl FnOnce() -> bool + Send + 'static) -> Self {
        Self { label, action: Action::Deliver(Box::new(action)), without_delay: false }
    }

    /// What the sleeper is known by, if it is one.
    #[cfg(feature = "tokio")]
    pub(crate) const fn sleeper(&self) -> Option<&Label> {
        match self.action {
            Action::Wake(_) => Some(&self.label),
            Action::Call(_) | Action::Deliver(_) => None,
        }
    }

    /// Runs the callback or wakes the sleeper. No lock is held. False if it is known that nobody was woken.
    pub(crate) fn run(self) -> bool {
        match self.action {
            Action::Wake(waker) => waker.inspect(Waker::wake_by_ref).is_some(),
            Action::Call(callback) => {
                callback();
                true
            }
            #[cfg(feature = "tokio")]
            Action::Deliver(deliver) => deliver(),
        }
    }
}

impl Timeline {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            now: AtomicU64::new(0),
            state: Mutex::new(State {
                queue: EventQueue::new(),
                wall: Wall::new(),
                foreground: 0,
                without_delay: 0,
                instant_limit: INSTANT_LIMIT,
                driven_by: None,
            }),
        })
    }

    // Reading.

    /// Nanoseconds since the start.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Acquire)
    }

    pub(crate) fn instant(&self) -> Instant {
        instant_at(self.now())
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        lock(&self.state).queue.next_deadline()
    }

    pub(crate) fn has_foreground(&self) -> bool {
        lock(&self.state).foreground > 0
    }

    pub(crate) fn deadline(&self, key: EventKey) -> Option<u64> {
        lock(&self.state).queue.deadline(key)
    }

    pub(crate) fn pending(&self) -> Vec<PendingTimer> {
        let state = lock(&self.state);
        state.queue.iter().map(|(due, event)| PendingTimer::new(due, &event.label)).collect()
    }

    pub(crate) fn shuffled_by(&self) -> Option<Seed> {
        lock(&self.state).queue.shuffled_by()
    }

    pub(crate) fn system_time(&self) -> SystemTime {
        lock(&self.state).wall.at(self.now())
    }

    // Settings.

    pub(crate) fn shuffle(&self, seed: Seed) {
        lock(&self.state).queue.shuffle(seed);
    }

    pub(crate) fn set_instant_limit(&self, limit: u32) {
        lock(&self.state).instant_limit = limit;
    }

    /// # Panics
    /// If the wall clock could not follow from there to the end of the timeline.
    #[track_caller]
    pub(crate) fn set_system_time(&self, time: SystemTime) {
        if time.checked_add(Duration::from_nanos(u64::MAX)).is_none() {
            misuse::too_late_a_date().raise();
        }
        lock(&self.state).wall.set(self.now(), time);
    }

    pub(crate) fn set_drift(&self, drift: Drift) {
        lock(&self.state).wall.set_drift(self.now(), drift);
    }

    // Events.

    /// The deadline `delay` from now.
    ///
    /// # Panics
    /// If it is past the end of the timeline.
    #[track_caller]
    pub(crate) fn deadline_in(&self, delay: Duration) -> u64 {
        let now = self.now();
        later(now, delay).unwrap_or_else(|| misuse::deadline_overflows(now, delay).raise())
    }

    pub(crate) fn insert(&self, deadline: u64, mut event: Event) -> EventKey {
        event.without_delay = deadline <= self.now();
        let mut state = lock(&self.state);
        state.foreground += usize::from(!event.label.background);
        state.queue.insert(deadline, event)
    }

    /// Takes an event out; `None` if it is there no more. It may own anything, so drop it where no lock is held.
    pub(crate) fn take(&self, key: EventKey) -> Option<Event> {
        let mut state = lock(&self.state);
        let event = state.queue.remove(key)?;
        state.foreground -= usize::from(!event.label.background);
        Some(event)
    }

    /// Gives a waiting event another deadline. False if it is there no more.
    pub(crate) fn reschedule(&self, key: EventKey, deadline: u64) -> bool {
        let now = self.now();
        let mut state = lock(&self.state);
        if let Some(event) = state.queue.get_mut(key) {
            event.without_delay = deadline <= now;
        }
        state.queue.reschedule(key, deadline)
    }

    /// Changes what a waiting event is known by.
    pub(crate) fn relabel(&self, key: EventKey, change: impl FnOnce(&mut Label)) {
        let mut state = lock(&self.state);
        let Some(event) = state.queue.get_mut(key) else { return };
        let was_background = event.label.background;
        change(&mut event.label);
        if event.label.background && !was_background {
            state.foreground -= 1;
        }
    }

    /// Says whom to wake when the event fires.
    pub(crate) fn set_waker(&self, key: EventKey, waker: &Waker) {
        let mut old = None;
        if let Some(Event { action: Action::Wake(slot), .. }) = lock(&self.state).queue.get_mut(key) {
            match slot {
                Some(known) if known.will_wake(waker) => {}
                _ => old = slot.replace(waker.clone()),
            }
        }
        drop(old); // outside the lock, as above
    }

    /// Counts a sleep that was due when it was polled. True if it must let other tasks run first.
    ///
    /// # Panics
    /// If there were too many at this instant: they are a loop that never waits.
    pub(crate) fn is_turn_over(&self, label: &Label) -> bool {
        let (count, limit) = {
            let mut state = lock(&self.state);
            state.without_delay += 1;
            (state.without_delay, state.instant_limit)
        };
        if count > limit {
            misuse::zero_delay_loop(label, self.now(), limit).raise();
        }
        count % READY_IN_A_ROW == 0
    }

    // Driving.

    /// Takes the right to move the time, until the guard is dropped.
    ///
    /// # Panics
    /// If somebody has it already.
    #[track_caller]
    pub(crate) fn drive(&self, call: &'static str) -> Driving<'_> {
        let me = thread::current().id();
        let taken_by = {
            let mut state = lock(&self.state);
            let taken_by = state.driven_by;
            state.driven_by.get_or_insert(me);
            taken_by
        };
        match taken_by {
            None => Driving { timeline: self },
            Some(driver) => misuse::re_entrant(call, driver == me, self.now()).raise(),
        }
    }

    /// The same, or nothing if somebody has it already.
    pub(crate) fn try_drive(&self) -> Option<Driving<'_>> {
        let mut state = lock(&self.state);
        if state.driven_by.is_some() {
            return None;
        }
        state.driven_by = Some(thread::current().id());
        Some(Driving { timeline: self })
    }
}

/// The right to move the time.
pub(crate) struct Driving<'a> {
    timeline: &'a Timeline,
}

impl Driving<'_> {
    /// Goes to the next event that is due at `end` or before, and takes it out.
    ///
    /// # Panics
    /// If too many events without delay fired at this instant; this one stays where it is.
    pub(crate) fn next_event(&self, end: u64) -> Option<Event> {
        let timeline = self.timeline;
        let mut state = lock(&timeline.state);
        let now = timeline.now();
        let (deadline, next) = state.queue.first().filter(|(deadline, _)| *deadline <= end)?;
        if deadline > now {
            timeline.now.store(deadline, Ordering::Release);
            state.without_delay = 0;
        } else if next.without_delay {
            let limit = state.instant_limit;
            if state.without_delay >= limit {
                let label = next.label.clone();
                drop(state);
                misuse::zero_delay_loop(&label, now, limit).raise();
            }
            state.without_delay += 1;
        }
        let (_, event) = state.queue.pop_due(end)?;
        state.foreground -= usize::from(!event.label.background);
        Some(event)
    }

    /// Goes to `now`, where nothing is due before it.
    pub(crate) fn arrive(&self, now: u64) {
        if now > self.timeline.now() {
            lock(&self.timeline.state).without_delay = 0;
            self.timeline.now.store(now, Ordering::Release);
        }
    }
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        lock(&self.timeline.state).driven_by = None;
    }
}

/// What an instant is on the timeline.
///
/// # Panics
/// If it is past the end.
#[track_caller]
pub(super) fn position_of(instant: Instant, now: u64) -> u64 {
    offset_of(instant).unwrap_or_else(|| {
        misuse::deadline_overflows(now, instant.saturating_duration_since(instant_at(now))).raise()
    })
}
