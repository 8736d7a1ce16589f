//! The state of one sim, which its handles, tasks and threads share.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
    time::Duration,
};

use tokio::runtime::Handle;

use super::{
    activity::Activity,
    driver::{RuntimeClock, Until},
    interposed::Interposed,
    probe::Probe,
    settings::Settings,
    task_entry::{TaskEntry, TaskList},
    test_waker::{Cause, TestWakes},
    texts,
    threads::Threads,
    tokio_clock::TokioClock,
};
use crate::{
    clock::Timeline,
    leftover::Registry,
    net::{Net, PanicWatch},
    seed::{Draws, Rng},
    sync::{Locked, Wakers, lock},
    trace::Trace,
    violation::{SourceLocation, Violation},
    wait::Wait,
};

/// The value of `polling` while nothing that the sim knows is polled.
pub(super) const NOTHING: usize = 0;
/// The test's own future is polled.
pub(super) const THE_TEST: usize = 1;

pub(super) struct SimCore {
    pub(super) timeline: Arc<Timeline>,
    pub(super) trace: Trace,
    pub(super) leftovers: Registry,
    pub(super) draws: Draws,
    /// Stands in for the system's randomness, where something asks for it (see `current`).
    pub(super) entropy: Mutex<Rng>,
    pub(super) settings: Settings,
    pub(super) threads: Threads,
    /// True while `block_on` is under way.
    is_running: AtomicBool,
    /// How often the sim was idle: what the watchdog looks at.
    pub(super) idle_count: AtomicU64,
    /// How often the test's own future was polled.
    pub(super) test_polls: AtomicU64,
    pub(super) probe: Probe,
    pub(super) wakes: Arc<TestWakes>,
    /// The future that is polled now, for the watchdog: `NOTHING`, `THE_TEST`, or the address of a task's entry.
    pub(super) polling: AtomicUsize,
    /// The sim's thread is parked, or about to be.
    pub(super) is_parked: AtomicBool,
    /// The network, once it was asked for.
    pub(super) net: OnceLock<Net>,
    /// The sockets that the system's calls make, where those are interposed.
    pub(super) interposed: Option<Interposed>,
    pub(super) activity: Activity,
    /// The runtime's clock cannot move while the thread is parked the next time.
    pub(super) clock_stands: AtomicBool,
    /// Raw for speed: every move takes it. What is taken out of it is woken and dropped after it is released.
    pub(super) state: Mutex<State>,
    pub(super) panics: Mutex<Vec<Panicked>>,
    /// The texts of all panics that the hook has noted: one that is forwarded with such a text is not a new one.
    pub(super) noted: Mutex<Vec<String>>,
    /// The panic hook has heard the last probe.
    pub(super) is_probe_heard: AtomicBool,
    /// A run has ended with a failure: what its end left behind is no finding.
    pub(super) has_failed: AtomicBool,
}

pub(super) struct State {
    pub(super) clock: TokioClock,
    pub(super) settle_waiters: VecDeque<Arc<Completion>>,
    pub(super) target: Option<Target>,
    pub(super) test: Option<Waker>,
    /// When the test itself ran last.
    pub(super) test_ran: u64,
    /// When the test itself came on last, by something else than a timer of its own.
    pub(super) test_came_on: u64,
    pub(super) test_waits: Vec<Wait>,
    /// The last instant at which anything ran.
    pub(super) active: u64,
    pub(super) failure: Option<Violation>,
    pub(super) tasks: TaskList,
    /// The tasks that had not begun when the world ended.
    pub(super) never_began: Vec<Arc<TaskEntry>>,
}

/// How far the sim is to run.
pub(super) struct Target {
    pub(super) call: &'static str,
    pub(super) until: Until,
    /// Where it is given up.
    pub(super) limit: u64,
    pub(super) completion: Arc<Completion>,
}

impl State {
    /// Returns whether the test looks for the next instant at which anything runs, and that may be `now`.
    pub(super) fn looks_for_the_next(&self, now: u64) -> bool {
        matches!(&self.target, Some(Target { until: Until::After(then), .. }) if now > *then)
    }
}

/// Tells a waiting future that its turn has come.
#[derive(Default)]
pub(super) struct Completion {
    is_done: AtomicBool,
    wakers: Locked<Wakers>,
}

impl Completion {
    pub(super) fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }

    pub(super) fn wait(&self, waker: &Waker) {
        self.wakers.with(|wakers, after| wakers.register(waker, after));
    }

    pub(super) fn complete(&self) {
        self.is_done.store(true, Ordering::Release);
        self.wakers.with(|wakers, after| wakers.wake_all(after));
    }
}

/// A panic, and what the sim looked like then: the panic drops what the code held.
#[derive(Clone)]
pub(super) struct Panicked {
    pub(super) text: String,
    pub(super) place: String,
    pub(super) scene: Vec<(&'static str, String)>,
    /// The test's own future was polled: its panic ends the test, or the test has caught it.
    pub(super) is_of_test: bool,
    pub(super) end: texts::PanicEnd,
    /// How many panics its thread had noted by then.
    pub(super) number: u64,
}

impl SimCore {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        let timeline = Timeline::new();
        timeline.limit_instants(settings.max_steps_per_instant, "SimBuilder::max_steps_per_instant");
        if settings.shuffle_ties && settings.seed.value() != 0 {
            timeline.shuffle(settings.seed);
        }
        let clock = Arc::clone(&timeline);
        let now = move || Duration::from_nanos(clock.now());
        let trace = match settings.trace {
            None => Trace::of_the_end(now.clone()),
            Some(keep) => Trace::new(keep, now.clone()),
        };
        let draws = settings.draws.clone().unwrap_or_else(|| Draws::new(settings.seed));
        Arc::new(Self {
            timeline,
            trace,
            leftovers: Registry::new(now),
            entropy: Mutex::new(draws.rng("sim.start")),
            draws,
            threads: Threads::default(),
            is_running: AtomicBool::new(false),
            idle_count: AtomicU64::new(0),
            test_polls: AtomicU64::new(0),
            probe: Probe::default(),
            wakes: Arc::default(),
            polling: AtomicUsize::new(NOTHING),
            is_parked: AtomicBool::new(false),
            net: OnceLock::new(),
            interposed: Interposed::of_sim(settings.real_io),
            settings,
            activity: Activity::new(),
            clock_stands: AtomicBool::new(false),
            state: Mutex::new(State {
                clock: TokioClock::default(),
                settle_waiters: VecDeque::new(),
                target: None,
                test: None,
                test_ran: 0,
                test_came_on: 0,
                test_waits: Vec::new(),
                active: 0,
                failure: None,
                tasks: TaskList::default(),
                never_began: Vec::new(),
            }),
            panics: Mutex::default(),
            noted: Mutex::default(),
            is_probe_heard: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        })
    }

    /// Returns the network, which is made for the first who asks.
    pub(super) fn net(&self, runtime: &Handle, panics: PanicWatch, made_at: SourceLocation) -> Net {
        let net = self.net.get_or_init(|| {
            let (timeline, draws) = (Arc::clone(&self.timeline), self.draws.clone());
            Net::on_timeline(timeline, runtime.clone(), draws, (&self.trace, panics), made_at)
        });
        net.clone()
    }

    pub(super) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    /// Returns whether it was running before.
    pub(super) fn set_running(&self, is_running: bool) -> bool {
        self.is_running.swap(is_running, Ordering::AcqRel)
    }

    /// Begins what the sim draws for foreign code: what the making of the sim drew, which may be nothing, does not
    /// shift it.
    pub(super) fn begin_entropy(&self) {
        *lock(&self.entropy) = self.draws.rng("sim.entropy");
    }

    pub(super) fn add_settle_waiter(&self, completion: Arc<Completion>) {
        lock(&self.state).settle_waiters.push_back(completion);
    }

    pub(super) fn begin(&self, target: Target) -> Result<(), Violation> {
        let mut state = lock(&self.state);
        if let Some(under_way) = &state.target {
            return Err(texts::two_targets(target.call, under_way.call));
        }
        state.target = Some(target);
        Ok(())
    }

    /// Forgets the target or the turn of a future that was dropped.
    pub(super) fn withdraw(&self, completion: &Arc<Completion>) {
        let mut state = lock(&self.state);
        state.settle_waiters.retain(|waiting| !Arc::ptr_eq(waiting, completion));
        if state.target.as_ref().is_some_and(|target| Arc::ptr_eq(&target.completion, completion)) {
            state.target = None;
        }
    }

    /// Prepares for a poll of the test's own future: starts the clock and keeps the waker. Returns the failure that
    /// ends the test, if there is one.
    pub(super) fn test_runs(&self, waker: &Waker) -> Option<Violation> {
        count(&self.test_polls);
        let mut state = lock(&self.state);
        state.clock.start();
        let old = match &state.test {
            Some(known) if known.will_wake(waker) => None,
            _ => state.test.replace(waker.clone()),
        };
        let failure = state.failure.take();
        drop(state);
        drop(old);
        failure
    }

    /// The test itself has a turn; `comes_on` unless it only waited for a timer of its own.
    pub(super) fn test_has_turn(&self, comes_on: bool) {
        let mut state = lock(&self.state);
        state.test_ran = self.timeline.now();
        if comes_on {
            state.test_came_on = state.test_ran;
        }
    }

    /// Returns the failure if other code than the sim has moved the runtime's clock.
    pub(super) fn moved_by_others(&self) -> Option<Violation> {
        let known = self.timeline.now();
        let now = lock(&self.state).clock.now(known)?;
        (now != known).then(texts::moved_by_others)
    }

    /// Tells a future of the test that its turn has come.
    pub(super) fn complete(&self, completion: &Completion) {
        self.wakes.becomes(Cause::Step);
        completion.complete();
        self.wakes.becomes(Cause::Others);
    }

    pub(super) fn set_test_waits(&self, waits: Vec<Wait>) {
        lock(&self.state).test_waits = waits;
    }

    pub(super) fn test_waker(&self) -> Option<Waker> {
        lock(&self.state).test.clone()
    }

    /// Ends the test with this report.
    pub(super) fn fail(&self, violation: Violation) {
        let test = {
            let mut state = lock(&self.state);
            state.failure.get_or_insert(violation);
            state.test.clone()
        };
        test.iter().for_each(Waker::wake_by_ref);
        self.threads.give_up();
    }

    /// Returns whether the test ends already.
    pub(super) fn is_failing(&self) -> bool {
        lock(&self.state).failure.is_some()
    }
}

/// Counts up. Only the sim's own thread does; another may look.
pub(super) fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

impl Drop for SimCore {
    /// The runtime is gone by now.
    fn drop(&mut self) {
        lock(&self.state).clock.end();
    }
}
