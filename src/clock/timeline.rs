//! One timeline: the time, what waits on it, and who may move it. `FakeClock` and `Sim` drive it; it never
//! moves by itself and runs nothing by itself.

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
    time::{Duration, Instant, SystemTime},
};

pub(crate) use unplugged_seam::__private::TimerLabel as Label;

use super::{
    base::{instant_at, later},
    misuse,
    queue::{EventKey, EventQueue},
    timer::{Callback, PendingTimer},
    wall::{Drift, Wall},
};
use crate::{
    seed::Seed,
    sync::lock,
    violation::{OrRaise, Violation},
};

/// How many events that were due when they were made may fire at one instant.
pub(crate) const INSTANT_LIMIT: u32 = 10_000;

/// How many sleeps that are due when they are polled are ready at once, before one lets other tasks run.
const READY_IN_A_ROW: u32 = 128;

pub(crate) struct Timeline {
    /// Beside the state, so that reading the time takes no lock.
    now: AtomicU64,
    /// The earliest deadline, or the end of time: beside the state for the same reason.
    #[cfg(feature = "tokio")]
    next: AtomicU64,
    is_driven: AtomicBool,
    /// By whom, once it runs something; only that could come back here on the same thread.
    driver: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    queue: EventQueue<Event>,
    wall: Wall,
    /// Where the network goes on by itself, in the same order as the queue.
    #[cfg(feature = "tokio")]
    network: Option<NetworkTurn>,
    /// How many events, that of the network included, are not in the background.
    foreground: usize,
    /// How many events fired that had no delay, at the last instant that had any.
    without_delay: (u64, u32),
    max_steps_per_instant: u32,
    /// What sets that.
    limit_is_set_by: &'static str,
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
        #[cfg(feature = "tokio")]
        if let Some(network) = &self.network {
            return Some(next.map_or(network.at, |next| next.min(network.at)));
        }
        next
    }

    fn zero_delay_loop(&self, label: &Label) -> Violation {
        misuse::zero_delay_loop(label, self.max_steps_per_instant, self.limit_is_set_by)
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

/// What waits for a deadline.
pub(crate) struct Event {
    action: Action,
    background: bool,
    /// It was due when it was made, or moved to where it is.
    without_delay: bool,
    since: u64,
}

enum Action {
    Wake(Option<Waker>, Label),
    Call(Called),
}

/// The next event of the network: one at a time, and mostly another after each, so it stands beside the queue.
#[cfg(feature = "tokio")]
#[derive(Clone, Copy)]
struct NetworkTurn {
    at: u64,
    turn: u32,
    is_background: bool,
    without_delay: bool,
}

/// A callback that waits. Dropped without being run, it drops what the callback owns, whoever else knows it.
pub(super) struct Called(Option<Arc<dyn Callback>>);

impl Drop for Called {
    fn drop(&mut self) {
        self.0.iter().for_each(|callback| callback.forget());
    }
}

impl Event {
    pub(crate) const fn wake(label: Label) -> Self {
        let background = label.background;
        Self { action: Action::Wake(None, label), background, without_delay: false, since: 0 }
    }

    fn call(callback: Arc<dyn Callback>) -> Self {
        Self {
            action: Action::Call(Called(Some(callback))),
            background: false,
            without_delay: false,
            since: 0,
        }
    }

    fn label(&self) -> Label {
        match &self.action {
            Action::Wake(_, label) => label.clone(),
            Action::Call(Called(callback)) => {
                callback.as_ref().expect("a callback that waits").known().label()
            }
        }
    }

    fn pending(&self, due: u64) -> PendingTimer {
        PendingTimer::new(due, self.since, &self.label())
    }

    /// What the sleeper is known by, if it is one.
    #[cfg(feature = "tokio")]
    pub(crate) const fn sleeper(&self) -> Option<&Label> {
        match &self.action {
            Action::Wake(_, label) => Some(label),
            Action::Call(_) => None,
        }
    }

    /// Runs the callback or wakes the sleeper. No lock is held.
    pub(crate) fn run(self, timeline: &Arc<Timeline>) {
        match self.action {
            Action::Wake(waker, _) => waker.into_iter().for_each(Waker::wake),
            Action::Call(mut called) => {
                called.0.take().into_iter().for_each(|callback| callback.run(timeline));
            }
        }
    }
}

impl Timeline {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            now: AtomicU64::new(0),
            #[cfg(feature = "tokio")]
            next: AtomicU64::new(u64::MAX),
            is_driven: AtomicBool::new(false),
            driver: AtomicUsize::new(NOBODY),
            state: Mutex::new(State {
                queue: EventQueue::new(),
                wall: Wall::new(),
                #[cfg(feature = "tokio")]
                network: None,
                foreground: 0,
                without_delay: (0, 0),
                max_steps_per_instant: INSTANT_LIMIT,
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
        instant_at(self.now())
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        lock(&self.state).next_deadline()
    }

    /// The same without a lock, and without what waits for the end of time.
    #[cfg(feature = "tokio")]
    pub(crate) fn next_deadline_before_the_end(&self) -> Option<u64> {
        Some(self.next.load(Ordering::Acquire)).filter(|next| *next < u64::MAX)
    }

    /// To be called whenever the queue has changed.
    fn show_next(&self, state: &State) {
        #[cfg(feature = "tokio")]
        self.next.store(state.next_deadline().unwrap_or(u64::MAX), Ordering::Release);
        #[cfg(not(feature = "tokio"))]
        let _ = state;
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

    /// For somebody whose setting has another name.
    #[cfg(feature = "tokio")]
    pub(crate) fn limit_instants(&self, limit: u32, set_by: &'static str) {
        let mut state = lock(&self.state);
        (state.max_steps_per_instant, state.limit_is_set_by) = (limit, set_by);
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
            None => misuse::deadline_overflows(now, delay).raise(),
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
        let cancelled = if callback.known().wait(key) { None } else { self.remove(&mut state, key) };
        // Only now: before, whoever marked the timer could not tell the event.
        if callback.known().is_background() {
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
        let count = counted.map_err(|violation| violation.with_before_next("now", misuse::offset(now)));
        count.or_raise() % READY_IN_A_ROW == 0
    }

    /// Says when the network goes on by itself, if it does, and whether nobody waits for that.
    #[cfg(feature = "tokio")]
    pub(crate) fn set_network(&self, next: Option<(u64, bool)>) {
        let now = self.now();
        let mut state = lock(&self.state);
        let turn = next.map(|(at, is_background)| NetworkTurn {
            at,
            turn: state.queue.next_turn(),
            is_background,
            without_delay: at <= now,
        });
        let foreground = |turn: &NetworkTurn| usize::from(!turn.is_background);
        state.foreground += turn.as_ref().map_or(0, foreground);
        let old = std::mem::replace(&mut state.network, turn);
        state.foreground -= old.as_ref().map_or(0, foreground);
        self.show_next(&state);
    }

    /// Goes to an event that fires. False if too many that were due when they were made have fired there.
    fn goes_to(&self, deadline: u64, is_without_delay: bool, state: &mut State) -> bool {
        let now = self.now();
        if deadline > now {
            self.now.store(deadline, Ordering::Release);
        }
        deadline > now || !is_without_delay || state.count_without_delay(now).is_some()
    }

    // Driving.

    /// Takes the right to move the time, until the guard is dropped.
    ///
    /// # Panics
    /// If somebody has it already.
    #[track_caller]
    pub(crate) fn drive(&self, call: &'static str) -> Driving<'_> {
        let Some(driving) = self.try_drive() else {
            let is_same = self.driver.load(Ordering::Relaxed) == this_thread();
            misuse::re_entrant(call, is_same, self.now()).raise()
        };
        driving
    }

    /// The same, or nothing if somebody has it already.
    pub(crate) fn try_drive(&self) -> Option<Driving<'_>> {
        let is_driven = self.is_driven.swap(true, Ordering::Acquire);
        (!is_driven).then(|| Driving { timeline: self, has_run: Cell::new(false) })
    }
}

/// The right to move the time.
pub(crate) struct Driving<'a> {
    timeline: &'a Timeline,
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
        next.map_err(|violation| violation.with_before_next("now", misuse::offset(now))).or_raise()
    }

    /// The same as a value, for those who say themselves when it was.
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

    /// Goes to the network's turn and takes it, if it is the next event and due at `end` or before.
    ///
    /// # Errors
    /// If too many events without delay fired at this instant; the network was made at `made_at`.
    #[cfg(feature = "tokio")]
    pub(crate) fn take_network(
        &self,
        end: u64,
        made_at: crate::violation::SourceLocation,
    ) -> Result<bool, Violation> {
        let timeline = self.timeline;
        let mut state = lock(&timeline.state);
        let Some(NetworkTurn { at, turn, is_background, without_delay }) = state.network else {
            return Ok(false);
        };
        if at > end || state.queue.is_before(at, turn) {
            return Ok(false);
        }
        if !timeline.goes_to(at, without_delay, &mut state) {
            return Err(misuse::network_loop(made_at, state.max_steps_per_instant, state.limit_is_set_by));
        }
        state.network = None;
        state.foreground -= usize::from(!is_background);
        timeline.show_next(&state);
        drop(state);
        self.runs();
        Ok(true)
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

const NOBODY: usize = 0;

/// A number of this thread that no other one has as long as it lives: costs a fraction of its `ThreadId`.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}
