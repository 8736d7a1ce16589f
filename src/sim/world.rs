//! What the tasks of a sim run in: one timeline for tokio's timers and the kit's, moved only when all is idle.
//!
//! The whole driver works inside tokio's `on_thread_park`, which tells that no task can run. Each time, it takes
//! one step: it lets a `settle` go on, fires one event of the kit's own queue, or moves tokio's clock towards
//! the next one. tokio's timers are not visible from outside, but tokio stops at them by itself when it
//! auto-advances; a timer of ours (the *fence*) stops it at the last millisecond before the kit's next event,
//! and `tokio::time::advance` covers the exact rest. tokio adds whole milliseconds when it auto-advances, so the
//! clock is brought back to a whole one before.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
    time::Duration,
};

use tokio::time::{Instant, Sleep};

use super::{
    SimBuilder,
    panics::Panicked,
    recorded,
    root::Known,
    stir::Stir,
    texts,
    tokio_clock::{advance_tokio, is_stopover, stay_awake},
};
use crate::{
    clock::{PendingTimer, Timeline},
    leftover::Registry,
    nanos::{offset, saturating_nanos},
    net::Net,
    seed::{Draws, Rng},
    sync::lock,
    trace::{EventKind, Trace},
    violation::Violation,
    wait::{Wait, Waiting},
};

const MILLISECOND: u64 = 1_000_000;

pub(super) struct World {
    pub(super) timeline: Arc<Timeline>,
    pub(super) trace: Trace,
    pub(super) leftovers: Registry,
    pub(super) draws: Draws,
    /// What stands in for the system's randomness, where something asks for it (see `running`).
    pub(super) entropy: Mutex<Rng>,
    pub(super) replay: Option<String>,
    pub(super) manual: bool,
    pub(super) limit: Duration,
    pub(super) max_steps_per_instant: u32,
    real_threads: bool,
    pub(super) blocking_limit: Duration,
    /// How many blocking tasks of the sim's own are under way.
    pub(super) blocking: AtomicUsize,
    /// True while `block_on` is under way.
    running: AtomicBool,
    /// How often the world was idle: what the watchdog looks at.
    pub(super) idle_count: AtomicU64,
    /// How often the test's own future was polled.
    pub(super) root_polls: AtomicU64,
    /// The network, once somebody has asked for it.
    pub(super) net: OnceLock<Net>,
    /// Where virtual time began, on tokio's clock; set when the runtime runs for the first time.
    start: OnceLock<Instant>,
    stir: Stir,
    /// tokio's clock cannot move while the thread is parked the next time.
    tokio_stands: AtomicBool,
    state: Mutex<State>,
    pub(super) panics: Mutex<Vec<Panicked>>,
}

struct State {
    fence: Option<Fence>,
    settlers: VecDeque<Arc<Ticket>>,
    goal: Option<Goal>,
    root: Option<Waker>,
    /// When the test itself ran last.
    root_ran: u64,
    root_waits: Vec<Wait>,
    /// The last instant at which anything ran.
    active: u64,
    fatal: Option<Violation>,
    /// Those that are done leave it now and then.
    pending: VecDeque<Arc<Known>>,
    /// How many there may be before the next look at who is done.
    look_at: usize,
    /// Those that are done, with an answer that nobody had looked at by then.
    unasked: Vec<Arc<Known>>,
}

/// A timer of tokio's that nobody waits for, and where it is.
struct Fence {
    sleep: Pin<Box<Sleep>>,
    at: u64,
    /// tokio was last let go towards it.
    is_ahead: bool,
}

impl Fence {
    /// Where tokio has come to it, if it has: that is told for a fraction of what a look at its clock costs.
    fn reached(&self) -> Option<u64> {
        (self.is_ahead && self.sleep.is_elapsed()).then_some(self.at)
    }
}

/// How far the world is to run.
pub(super) struct Goal {
    pub(super) call: &'static str,
    pub(super) until: Until,
    /// Where it is given up.
    pub(super) limit: u64,
    pub(super) ticket: Arc<Ticket>,
}

#[derive(Clone, Copy)]
pub(super) enum Until {
    /// This point of the timeline.
    Time(u64),
    /// All known futures are done, and no foreground timer waits.
    Idle,
    /// Anything happened later than then.
    After(u64),
}

/// Tells a waiting future that its turn has come.
#[derive(Default)]
pub(super) struct Ticket {
    done: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Ticket {
    pub(super) fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    pub(super) fn wait(&self, waker: &Waker) {
        *lock(&self.waker) = Some(waker.clone());
    }

    fn call(&self) {
        self.done.store(true, Ordering::Release);
        let waker = lock(&self.waker).take();
        waker.into_iter().for_each(Waker::wake);
    }
}

/// A blocking task that is under way, until it is dropped.
pub(super) struct Blocking(Arc<World>);

impl Blocking {
    pub(super) fn begin(world: &Arc<World>) -> Self {
        world.blocking.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(world))
    }
}

impl Drop for Blocking {
    /// Nobody may wait for its result: the world must look again.
    fn drop(&mut self) {
        self.0.blocking.fetch_sub(1, Ordering::AcqRel);
        self.0.root_waker().iter().for_each(Waker::wake_by_ref);
    }
}

/// What the world does when it is idle.
enum Move {
    Call(Arc<Ticket>),
    FireDue,
    /// tokio's clock goes on by this exact amount.
    Advance(u64),
    /// tokio's clock goes to the next event, between two milliseconds, where no timer of its own can be due.
    Meet(u64),
    /// tokio goes to its next timer, but not past the fence.
    LetTokio,
    Fail(Violation),
    Nothing,
}

impl World {
    pub(super) fn new(builder: &SimBuilder) -> Arc<Self> {
        let timeline = Timeline::new();
        timeline.limit_instants(builder.max_steps_per_instant, "SimBuilder::max_steps_per_instant");
        let draws = Draws::new(builder.seed);
        Arc::new(Self {
            trace: recorded::trace(builder.trace, &timeline),
            leftovers: recorded::leftovers(&timeline),
            timeline,
            entropy: Mutex::new(draws.rng("sim.start")),
            draws,
            replay: builder.replay.as_ref().map(|test| format!("UNPLUGGED_SEED={} {test}", builder.seed)),
            manual: builder.manual,
            limit: builder.limit,
            max_steps_per_instant: builder.max_steps_per_instant,
            real_threads: builder.real_threads,
            blocking_limit: builder.blocking_limit,
            blocking: AtomicUsize::new(0),
            running: AtomicBool::new(false),
            idle_count: AtomicU64::new(0),
            root_polls: AtomicU64::new(0),
            net: OnceLock::new(),
            start: OnceLock::new(),
            stir: Stir::new(),
            tokio_stands: AtomicBool::new(false),
            state: Mutex::new(State {
                fence: None,
                settlers: VecDeque::new(),
                goal: None,
                root: None,
                root_ran: 0,
                root_waits: Vec::new(),
                active: 0,
                fatal: None,
                pending: VecDeque::new(),
                look_at: 0,
                unasked: Vec::new(),
            }),
            panics: Mutex::default(),
        })
    }

    // For the futures of the test.

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::Acquire)
    }

    /// The world is made: what that drew, which may be nothing, does not shift what is drawn from now on.
    pub(super) fn begin_entropy(&self) {
        *lock(&self.entropy) = self.draws.rng("sim.entropy");
    }

    pub(super) fn set_running(&self, running: bool) -> bool {
        self.running.swap(running, Ordering::AcqRel)
    }

    pub(super) fn add_settler(&self, ticket: Arc<Ticket>) {
        lock(&self.state).settlers.push_back(ticket);
    }

    pub(super) fn begin(&self, goal: Goal) -> Result<(), Violation> {
        let mut state = lock(&self.state);
        if let Some(under_way) = &state.goal {
            return Err(texts::two_goals(goal.call, under_way.call));
        }
        state.goal = Some(goal);
        Ok(())
    }

    /// Forgets the goal or the turn of a future that was dropped.
    pub(super) fn withdraw(&self, ticket: &Arc<Ticket>) {
        let mut state = lock(&self.state);
        state.settlers.retain(|waiting| !Arc::ptr_eq(waiting, ticket));
        if state.goal.as_ref().is_some_and(|goal| Arc::ptr_eq(&goal.ticket, ticket)) {
            state.goal = None;
        }
    }

    pub(super) fn add_pending(&self, future: Arc<Known>) {
        let mut state = lock(&self.state);
        if state.pending.len() >= state.look_at {
            state.drop_done();
            state.look_at = 2 * state.pending.len() + 64; // so that many futures cost a few steps each
        }
        state.pending.push_back(future);
    }

    /// The test's own future is about to run: the clock starts, and its waker is known.
    pub(super) fn root_runs(&self, waker: &Waker) -> Option<Violation> {
        count(&self.root_polls);
        let mut state = lock(&self.state);
        self.start.get_or_init(Instant::now);
        state.root_ran = self.timeline.now();
        match &state.root {
            Some(known) if known.will_wake(waker) => {}
            _ => state.root = Some(waker.clone()),
        }
        state.fatal.take()
    }

    pub(super) fn root_waits(&self, waits: Vec<Wait>) {
        lock(&self.state).root_waits = waits;
    }

    pub(super) fn root_waker(&self) -> Option<Waker> {
        lock(&self.state).root.clone()
    }

    /// Ends the test with this report.
    pub(super) fn fail(&self, violation: Violation) {
        let root = {
            let mut state = lock(&self.state);
            state.fatal.get_or_insert(violation);
            state.root.clone()
        };
        root.iter().for_each(Waker::wake_by_ref);
    }

    /// Adds who waits for what, what happened last, when, and how to run it again.
    pub(super) fn explain(&self, mut violation: Violation) -> Violation {
        let (root, pending) = {
            let state = lock(&self.state);
            let waits = state.root_waits.clone();
            let who = "the test".to_owned();
            let root = (!waits.is_empty()).then_some(Waiting { who, waits, since: state.root_ran });
            (root, state.pending.clone())
        };
        let pending = pending.iter().filter(|future| future.is_pending()).map(|future| future.waiting());
        let of_hosts = self.net.get().map(Net::waiting).into_iter().flatten();
        let waits = root.into_iter().chain(pending).chain(of_hosts).flat_map(|waiting| waiting.lines());
        violation = texts::some_of("waits", waits.collect()).into_iter().fold(violation, with);
        let told: Vec<String> = violation.details().map(|(_, text)| text.to_owned()).collect();
        let timers = self.timeline.pending().iter().map(|timer| (timer.to_string(), timer.since())).collect();
        violation = texts::timers(&told, timers).into_iter().fold(violation, with);
        self.stamp(self.staged(violation))
    }

    /// Adds what the network looks like, and what happened last.
    pub(super) fn staged(&self, violation: Violation) -> Violation {
        self.scene().into_iter().fold(violation, with)
    }

    /// Adds when, and how to run it again.
    pub(super) fn stamp(&self, violation: Violation) -> Violation {
        self.context().into_iter().fold(violation, with)
    }

    pub(super) fn context(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("now", format!("{}, seed {}", offset(self.timeline.now()), self.draws.seed()))];
        lines.extend(self.replay.clone().map(|replay| ("replay", replay)));
        lines
    }

    pub(super) fn pending_timers(&self) -> Vec<PendingTimer> {
        self.timeline.pending()
    }

    /// The futures that are not done; then those whose answer nobody has looked at.
    pub(super) fn known(&self) -> (Vec<Arc<Known>>, Vec<Arc<Known>>) {
        let mut state = lock(&self.state);
        state.drop_done();
        (state.pending.iter().cloned().collect(), state.unasked.clone())
    }

    // The driver.

    /// tokio's clock may have moved while the thread was parked: the timeline goes with it.
    pub(super) fn on_unpark(&self) {
        if self.tokio_stands.load(Ordering::Relaxed) {
            return;
        }
        let reached = lock(&self.state).fence.as_ref().and_then(Fence::reached);
        match (reached, self.start.get()) {
            (Some(fence), _) => self.arrive_at(fence),
            (None, Some(start)) => _ = self.arrive(*start),
            (None, None) => {}
        }
    }

    /// The runtime has started a thread, which it does for blocking tasks only.
    pub(super) fn on_thread(&self) {
        if !self.real_threads && self.blocking.load(Ordering::Acquire) == 0 {
            self.fail(self.explain(texts::blocking_unseen()));
        }
    }

    /// No task can run: take one step.
    pub(super) fn on_idle(&self) {
        count(&self.idle_count);
        self.tokio_stands.store(false, Ordering::Relaxed);
        if self.blocking.load(Ordering::Acquire) > 0 {
            return; // tokio parks, and its clock stands still, until a thread wakes a task
        }
        let Some(start) = self.start.get().copied() else { return };
        let now = self.arrive(start);
        match self.next_move(now, start) {
            Move::Call(ticket) => ticket.call(),
            Move::FireDue => self.fire_due(now),
            Move::Advance(by) => {
                advance_tokio(Duration::from_nanos(by));
                self.tokio_stands.store(true, Ordering::Relaxed);
                self.stir.at(now + by, false);
                self.arrive_at(now + by);
            }
            Move::Meet(at) => {
                advance_tokio(Duration::from_nanos(at - now));
                self.fire_due(at);
            }
            Move::Fail(violation) => self.fail(self.explain(violation)),
            Move::LetTokio | Move::Nothing => {}
        }
    }

    /// Brings the timeline to tokio's time.
    fn arrive(&self, start: Instant) -> u64 {
        let (tokio, known) = (Instant::now(), self.timeline.now());
        if tokio == start + Duration::from_nanos(known) {
            return known; // mostly, and this way round it costs a fraction
        }
        let now = offset_in(start, tokio);
        self.arrive_at(now);
        now
    }

    fn arrive_at(&self, now: u64) {
        if now > self.timeline.now() {
            self.timeline.drive("a sim").arrive(now);
        }
    }

    /// Fires the first event that is due now. It may wake nobody (a packet that a socket keeps for later): tokio must
    /// come back all the same.
    fn fire_due(&self, now: u64) {
        stay_awake();
        self.tokio_stands.store(true, Ordering::Relaxed);
        self.fire_next(now).unwrap_or_else(|loops| self.fail(self.explain(loops)));
    }

    fn fire_next(&self, now: u64) -> Result<(), Violation> {
        let driving = self.timeline.drive("a sim");
        if let Some(net) = self.net.get() {
            if driving.take_source(now).map_err(|loops| net.zero_delay_loop(&loops))? {
                drop(driving);
                net.go_on();
                self.stir.at(now, net.woke_at() == now);
                return Ok(());
            }
        }
        let event = driving.try_next_event(now)?;
        drop(driving);
        if let Some(event) = event {
            event
                .sleeper()
                .into_iter()
                .for_each(|label| self.trace.report(EventKind::TimerFired, recorded::fired(label), 0, []));
            self.stir.at(now, true);
            event.run();
        }
        Ok(())
    }

    fn next_move(&self, now: u64, start: Instant) -> Move {
        let mut state = lock(&self.state);
        let fence = state.fence.as_mut().map(|fence| {
            fence.is_ahead = false;
            fence.at
        });
        let is_stop = || fence.is_some_and(|fence| now == fence || is_stopover(now, fence));
        if self.stir.is_heard(now).unwrap_or_else(|| !is_stop()) {
            state.active = now;
        }
        let quiet_since = state.active;
        if state.fatal.is_some() {
            return Move::Nothing;
        }
        let next = self.timeline.next_deadline_before_the_end();
        if next.is_some_and(|next| next <= now) {
            return Move::FireDue;
        }
        if let Some(ticket) = state.settlers.pop_front() {
            return Move::Call(ticket);
        }
        let is_to_idle = state.goal.as_ref().is_some_and(|goal| matches!(goal.until, Until::Idle));
        let end = match &state.goal {
            None if self.manual => {
                let what =
                    state.root_waits.first().map_or_else(|| "on an unknown leaf".into(), ToString::to_string);
                return Move::Fail(texts::manual(&what));
            }
            None => End::Limit(state.root_ran.saturating_add(saturating_nanos(self.limit))),
            Some(goal) => {
                let (until, limit) = (goal.until, goal.limit);
                let is_reached = match until {
                    Until::Time(_) => false,
                    Until::Idle => !state.has_known_foreground() && !self.timeline.has_foreground(),
                    Until::After(then) => now > then && now < limit,
                };
                match until {
                    _ if is_reached => return Move::Call(take_goal(&mut state)),
                    Until::Time(end) => End::Reach(end),
                    Until::Idle | Until::After(_) => End::Limit(limit),
                }
            }
        };
        let (end, is_limit) = match end {
            End::Reach(end) => (end, false),
            End::Limit(end) => (end, true),
        };
        if now >= end {
            return if !is_limit {
                Move::Call(take_goal(&mut state))
            } else if end - quiet_since >= saturating_nanos(self.limit) / 2 {
                Move::Fail(texts::stalled(quiet_since, self.limit, is_to_idle))
            } else {
                Move::Fail(texts::limit_reached(self.limit))
            };
        }
        match next {
            Some(next) if next <= end => towards(&mut state, now, next, true, start),
            _ => towards(&mut state, now, end, false, start),
        }
    }
}

fn with(violation: Violation, (label, text): (&'static str, String)) -> Violation {
    violation.with(label, text)
}

/// Where a goal ends.
enum End {
    /// There, and then the goal is reached.
    Reach(u64),
    /// There, and then it is given up.
    Limit(u64),
}

impl State {
    fn drop_done(&mut self) {
        self.unasked.retain(|done| done.is_unasked());
        self.unasked.extend(self.pending.iter().filter(|known| known.is_unasked()).cloned());
        self.pending.retain(|known| known.is_pending());
    }

    /// Whether a known future, not in the background, is still to be waited for.
    fn has_known_foreground(&mut self) -> bool {
        while self.pending.front().is_some_and(|future| !future.is_pending()) {
            let done = self.pending.pop_front();
            self.unasked.extend(done.filter(|done| done.is_unasked()));
        }
        self.pending.iter().any(|future| future.is_pending() && !future.is_background())
    }
}

fn take_goal(state: &mut State) -> Arc<Ticket> {
    state.goal.take().map(|goal| goal.ticket).unwrap_or_default()
}

/// One step of tokio's clock on the way to `stop`, which lies ahead, with nothing of the kit's before it, and perhaps
/// an event there.
fn towards(state: &mut State, now: u64, stop: u64, is_event: bool, start: Instant) -> Move {
    let last_millisecond = stop - stop % MILLISECOND;
    if now >= last_millisecond {
        // `stop` is not a whole millisecond: it would be that last one, and so not ahead.
        return if is_event { Move::Meet(stop) } else { Move::Advance(stop - now) };
    }
    let into_millisecond = now % MILLISECOND;
    if into_millisecond > 0 {
        return Move::Advance(MILLISECOND - into_millisecond);
    }
    raise_fence(state, last_millisecond, start);
    Move::LetTokio
}

/// Sets the timer that tokio's auto-advance stops at.
fn raise_fence(state: &mut State, at: u64, start: Instant) {
    let deadline = start + Duration::from_nanos(at);
    match &mut state.fence {
        Some(fence) => {
            if fence.at != at || fence.sleep.is_elapsed() {
                fence.sleep.as_mut().reset(deadline);
            }
            (fence.at, fence.is_ahead) = (at, true);
        }
        none => {
            let mut sleep = Box::pin(tokio::time::sleep_until(deadline));
            sleep.as_mut().reset(deadline); // registers it, where a poll would also leave a waker
            *none = Some(Fence { sleep, at, is_ahead: true });
        }
    }
}

/// Only the sim's own thread counts; another may look.
fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

fn offset_in(start: Instant, instant: Instant) -> u64 {
    saturating_nanos(instant - start)
}

impl Drop for World {
    /// The fence belongs to the runtime, which is gone by now.
    fn drop(&mut self) {
        lock(&self.state).fence = None;
    }
}
