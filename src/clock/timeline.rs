//! `Timeline`: the time, and what waits on it. A `FakeClock` or a `Sim` moves it; it runs nothing by itself.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
    time::{Duration, Instant, SystemTime},
};

use unplugged_seam::__private::TimerLabel as Label;

use super::{
    base::base,
    callback::Callback,
    event::{Action, Event, NEVER},
    pending::PendingTimer,
    queue::{EventKey, EventQueue},
    texts,
    wall::{Drift, Wall},
};
use crate::{
    guard::OrRaise,
    nanos::{later, nanos_of, offset},
    seed::Seed,
    sync::lock,
    violation::Violation,
};

/// How many events that were due when they were made may fire at one instant, and how often a future may be polled at
/// it, unless set: for every virtual clock.
pub(crate) const MAX_STEPS_PER_INSTANT: u32 = 100_000;

/// The driver when nothing drives.
pub(super) const NOBODY: usize = 0;

/// How many sleeps that are due when they are polled are ready at once, before one lets other tasks run.
const READY_IN_A_ROW: u32 = 128;

pub(crate) struct Timeline {
    /// Beside the state, so that reading the time takes no lock.
    pub(super) now: AtomicU64,
    /// The earliest deadline, or the end of time: beside the state for the same reason.
    pub(super) next: AtomicU64,
    pub(super) is_driven: AtomicBool,
    /// The thread that drives, once it runs something: only that could come back here on the same thread.
    pub(super) driver: AtomicUsize,
    /// The instant at which the runtime began that has its own clock on this timeline.
    start: OnceLock<Instant>,
    pub(super) state: Mutex<State>,
}

pub(super) struct State {
    pub(super) queue: EventQueue<Event>,
    pub(super) wall: Wall,
    /// The event source beside the queue, in the same order as the queue.
    pub(super) source: Option<SourceTurn>,
    /// How many events, that of the source included, are not in the background.
    pub(super) foreground: usize,
    /// How many events fired that had no delay, at the last instant that had any.
    pub(super) without_delay: (u64, u32),
    pub(super) max_steps_per_instant: u32,
    /// The setting that raises it.
    pub(super) limit_is_set_by: &'static str,
}

impl State {
    fn set_background(&mut self, key: EventKey) {
        if let Some(event) = self.queue.get_mut(key) {
            self.foreground -= usize::from(!event.background);
            event.background = true;
        }
    }

    /// The earliest deadline.
    fn next_deadline(&self) -> Option<u64> {
        let next = self.queue.next_deadline();
        match &self.source {
            Some(source) => Some(next.map_or(source.at, |next| next.min(source.at))),
            None => next,
        }
    }

    pub(super) fn zero_delay_loop(&self, label: &Label) -> Violation {
        texts::zero_delay_loop(
            &label.to_string(),
            label.made_at.into(),
            self.max_steps_per_instant,
            self.limit_is_set_by,
        )
    }

    /// Counts an event without delay at `now`; `None` if there were too many.
    fn count_without_delay(&mut self, now: u64) -> Option<u32> {
        let (then, count) = self.without_delay;
        let before = if then == now { count } else { 0 };
        let count = (before < self.max_steps_per_instant).then_some(before + 1)?;
        self.without_delay = (now, count);
        Some(count)
    }
}

/// When the event source beside the queue is next due.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "only a network is a source"))]
pub(super) struct SourceTurn {
    pub(super) at: u64,
    pub(super) turn: u32,
    pub(super) is_background: bool,
    pub(super) without_delay: bool,
}

impl Timeline {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            now: AtomicU64::new(0),
            next: AtomicU64::new(u64::MAX),
            is_driven: AtomicBool::new(false),
            driver: AtomicUsize::new(NOBODY),
            start: OnceLock::new(),
            state: Mutex::new(State {
                queue: EventQueue::new(),
                wall: Wall::new(),
                source: None,
                foreground: 0,
                without_delay: (0, 0),
                max_steps_per_instant: MAX_STEPS_PER_INSTANT,
                limit_is_set_by: "set_max_steps_per_instant",
            }),
        })
    }

    // Reading.

    /// Nanoseconds since the start.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Acquire)
    }

    pub(crate) fn instant(&self) -> Instant {
        self.instant_at(self.now())
    }

    /// The instant at which the timeline starts.
    pub(crate) fn start(&self) -> Instant {
        self.start.get().copied().unwrap_or_else(base)
    }

    /// The instant this many nanoseconds after the start.
    pub(crate) fn instant_at(&self, offset: u64) -> Instant {
        self.start() + Duration::from_nanos(offset)
    }

    /// How many nanoseconds an instant is after the start: 0 before it, and what never comes past the end.
    pub(crate) fn position_of(&self, instant: Instant) -> u64 {
        nanos_of(instant.saturating_duration_since(self.start())).unwrap_or(NEVER)
    }

    /// Starts the timeline at the instant of a runtime's clock, so that their instants are the same. Once, before any
    /// instant was read.
    #[cfg(feature = "tokio")]
    pub(crate) fn start_at(&self, start: Instant) {
        let set = self.start.set(start);
        debug_assert!(set.is_ok(), "a timeline starts once");
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        lock(&self.state).next_deadline()
    }

    /// To be called whenever the queue has changed.
    pub(super) fn show_next(&self, state: &State) {
        self.next.store(state.next_deadline().unwrap_or(u64::MAX), Ordering::Release);
    }

    pub(crate) fn has_foreground(&self) -> bool {
        lock(&self.state).foreground > 0
    }

    pub(crate) fn deadline(&self, key: EventKey) -> Option<u64> {
        lock(&self.state).queue.deadline(key)
    }

    pub(crate) fn pending(&self) -> Vec<PendingTimer> {
        let state = lock(&self.state);
        state.queue.iter().map(|(due, event)| event.pending(due)).collect()
    }

    pub(crate) fn shuffled_by(&self) -> Option<Seed> {
        lock(&self.state).queue.shuffled_by()
    }

    /// Draws for how many turns of the run queue a task waits before it begins: none where the first comes first.
    #[cfg(feature = "tokio")]
    pub(crate) fn draw_turns(&self) -> u8 {
        /// Four tasks that are spawned together can begin in each order.
        const TURNS: u32 = 4;
        let queue = &mut lock(&self.state).queue;
        if queue.shuffled_by().is_some() { (queue.next_turn() % TURNS) as u8 } else { 0 }
    }

    pub(crate) fn system_time(&self) -> SystemTime {
        lock(&self.state).wall.at(self.now())
    }

    // Settings.

    pub(crate) fn shuffle(&self, seed: Seed) {
        lock(&self.state).queue.shuffle(seed);
    }

    pub(crate) fn set_max_steps_per_instant(&self, limit: u32) {
        lock(&self.state).max_steps_per_instant = limit;
    }

    /// # Panics
    /// If the wall clock could not follow from there to the end of the timeline.
    #[track_caller]
    pub(crate) fn set_system_time(&self, time: SystemTime) {
        let time = Wall::settable(time).or_raise();
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
        match later(now, delay) {
            Some(deadline) => deadline,
            None => texts::deadline_overflows(now, delay).raise(),
        }
    }

    pub(crate) fn insert(&self, deadline: u64, event: Event) -> EventKey {
        self.insert_into(&mut lock(&self.state), deadline, event)
    }

    /// Puts a callback into the queue, unless it was cancelled before. A thread that fires it at once waits until its
    /// key is known.
    pub(super) fn insert_callback(&self, deadline: u64, callback: &Arc<dyn Callback>) {
        let mut state = lock(&self.state);
        let key = self.insert_into(&mut state, deadline, Event::call(Arc::clone(callback)));
        let cancelled = if callback.entry().wait(key) { None } else { self.remove(&mut state, key) };
        // Only now: before, whoever marked the timer could not tell the event.
        if callback.entry().is_background() {
            state.set_background(key);
        }
        drop(state);
        drop(cancelled);
    }

    fn insert_into(&self, state: &mut State, deadline: u64, mut event: Event) -> EventKey {
        event.since = self.now();
        event.without_delay = deadline <= event.since;
        state.foreground += usize::from(!event.background);
        let key = state.queue.insert(deadline, event);
        self.show_next(state);
        key
    }

    fn remove(&self, state: &mut State, key: EventKey) -> Option<Event> {
        let event = state.queue.remove(key)?;
        self.show_next(state);
        state.foreground -= usize::from(!event.background);
        Some(event)
    }

    /// Takes an event out; `None` if it is there no more. It may own anything, so drop it where no lock is held.
    pub(crate) fn take(&self, key: EventKey) -> Option<Event> {
        self.remove(&mut lock(&self.state), key)
    }

    /// Gives a waiting event another deadline. False if it is there no more.
    pub(crate) fn reschedule(&self, key: EventKey, deadline: u64) -> bool {
        let now = self.now();
        let mut state = lock(&self.state);
        if let Some(event) = state.queue.get_mut(key) {
            event.without_delay = deadline <= now;
        }
        let is_there = state.queue.reschedule(key, deadline);
        self.show_next(&state);
        is_there
    }

    /// Changes what a sleep that waits is known by.
    pub(crate) fn relabel(&self, key: EventKey, mut label: Label) {
        let mut state = lock(&self.state);
        if label.background {
            state.set_background(key);
        }
        if let Some(Event { action: Action::Wake(_, known), .. }) = state.queue.get_mut(key) {
            std::mem::swap(known, &mut label);
        }
        drop(state);
        drop(label);
    }

    /// `run_until_idle` does not wait for it.
    pub(super) fn set_background(&self, key: EventKey) {
        lock(&self.state).set_background(key);
    }

    /// Says whom to wake when the event fires.
    pub(crate) fn set_waker(&self, key: EventKey, waker: &Waker) {
        let mut old = None;
        if let Some(Event { action: Action::Wake(slot, _), .. }) = lock(&self.state).queue.get_mut(key) {
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
        let now = self.now();
        let counted = {
            let mut state = lock(&self.state);
            state.count_without_delay(now).ok_or_else(|| state.zero_delay_loop(label))
        };
        let count = counted.map_err(|violation| violation.with_before_next("now", offset(now)));
        count.or_raise() % READY_IN_A_ROW == 0
    }

    /// Goes to an event that fires. False if too many that were due when they were made have fired there.
    pub(super) fn goes_to(&self, deadline: u64, is_without_delay: bool, state: &mut State) -> bool {
        let now = self.now();
        if deadline > now {
            self.now.store(deadline, Ordering::Release);
        }
        deadline > now || !is_without_delay || state.count_without_delay(now).is_some()
    }
}
