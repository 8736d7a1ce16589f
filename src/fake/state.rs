//! The state that a script, its handles and its log share. No code of the user's (comparison, `Debug`, reply, drop) runs
//! while it is locked. The entries are read with no lock, so a correct call takes the lock once.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use super::{
    append_only::AppendOnly,
    at::At,
    call::Call,
    expectation::{ErasedExpectation, Expectation},
    fakes::Fakes,
    logged::Log,
};
use crate::{
    guard,
    sync::lock,
    violation::{SourceLocation, Violation},
};

/// How long the end of a scenario waits, in real time, for threads that are about to let go of their handles.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) struct Shared {
    pub(super) opened_at: SourceLocation,
    pub(super) opened_by: Thread,
    /// How many runs of fake exits its thread had parked before.
    parked_before: usize,
    /// The first is that of the script itself.
    pub(super) lanes: AppendOnly<Lane, 1>,
    /// Counts the changes of what is expected next. Changes while the state is locked.
    version: AtomicU64,
    state: Mutex<State>,
    let_go: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) log: Log,
    pub(super) faults: Vec<Violation>,
    /// The first lines of what this scenario has panicked with, to know its own panics again.
    pub(super) raised: Vec<String>,
    pub(super) no_calls: Option<SourceLocation>,
    pub(super) fakes: Fakes,
    pub(super) is_closed: bool,
    /// The end of the scenario waits for the handles.
    is_awaited: bool,
}

/// An order of its own within a script.
pub(super) struct Lane {
    pub(super) name: Option<&'static str>,
    pub(super) made_at: SourceLocation,
    pub(super) no_calls: OnceLock<SourceLocation>,
    pub(super) steps: AppendOnly<Step, 8>,
    /// A handle was made for this lane: only such handles meet its entries.
    has_handles: AtomicBool,
    /// The first step that can still take a call. Changes while the state is locked.
    next: AtomicUsize,
}

/// An entry, and how often it was met. Atomics change while the state is locked, or before there is a call.
pub(super) struct Step {
    pub(super) scripted_at: SourceLocation,
    /// The name of the fake that is to be called, if it has one.
    pub(super) fake: Option<&'static str>,
    pub(super) expected: Box<dyn ErasedExpectation>,
    least: AtomicU32,
    most: AtomicU32,
    met: AtomicU32,
    /// A call came for it that differed: it counts as used, and was reported.
    is_spoilt: AtomicBool,
}

impl Shared {
    pub(super) fn new(opened_at: SourceLocation) -> Arc<Self> {
        let shared = Self {
            opened_at,
            opened_by: thread::current(),
            parked_before: guard::parked(),
            lanes: AppendOnly::new(),
            version: AtomicU64::new(0),
            state: Mutex::default(),
            let_go: Condvar::new(),
        };
        shared.lanes.push(Lane::new(None, opened_at));
        Arc::new(shared)
    }

    /// Returns whether a panic's text is, or quotes, what a call has raised. A panic may come while the state is locked.
    #[cfg(feature = "tokio")]
    pub(super) fn has_raised(&self, text: &str) -> bool {
        let is_in = |own: &String| text.contains(own) || text.contains(&own.escape_debug().to_string());
        self.state.try_lock().is_ok_and(|state| state.raised.iter().any(is_in))
    }

    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    #[inline]
    pub(super) fn lane(&self, lane: usize) -> &Lane {
        self.lanes.get(lane).expect("a lane is never taken away")
    }

    #[inline]
    pub(super) fn step(&self, at: At) -> &Step {
        self.lane(at.lane).steps.get(at.step).expect("an entry is never taken away")
    }

    pub(super) fn take_handle(
        &self,
        lane: Option<usize>,
        fake: Option<&'static str>,
        made_at: SourceLocation,
    ) -> usize {
        let mut state = self.lock();
        if let Some(lane) = lane {
            self.lane(lane).has_handles.store(true, Ordering::Relaxed);
            self.changed();
        }
        state.fakes.take_handle(lane, fake, made_at)
    }

    /// Returns the lane of this name, and makes it if there is none.
    pub(super) fn lane_named(&self, name: &'static str, made_at: SourceLocation) -> usize {
        let _state = self.lock();
        let known = self.lanes.iter().position(|lane| lane.name == Some(name));
        known.unwrap_or_else(|| self.lanes.push(Lane::new(Some(name), made_at)))
    }

    pub(super) fn let_go(&self, origin: usize) {
        let mut state = self.lock();
        state.fakes.let_go(origin);
        if state.is_awaited {
            self.let_go.notify_all();
        }
    }

    /// Waits, within bounds, until no handle is alive.
    pub(super) fn wait_for_handles(&self) {
        let mut state = self.lock();
        if state.is_held() {
            state.is_awaited = true;
            drop(self.let_go.wait_timeout_while(state, PATIENCE, |state| state.is_held()));
        }
    }

    /// Drops all replies, outside the lock: they may hold fakes of this scenario.
    pub(super) fn forget_replies(&self) {
        let steps = self.lanes.iter().flat_map(|lane| lane.steps.iter());
        steps.filter(|step| !step.has_given_its_only_reply()).for_each(|step| step.expected.forget_reply());
    }

    /// Returns how many runs of fake exits its thread has parked since it was opened.
    pub(super) fn parked(&self) -> usize {
        guard::parked().saturating_sub(self.parked_before)
    }

    /// Records a violation, in case the panic that follows is caught.
    pub(super) fn record(&self, fault: Violation) {
        self.lock().faults.push(fault);
    }

    #[inline]
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Finds the first step that may take the next call and is `wanted`. In each lane this is the next step and, if that
    /// has had enough calls, the one behind it. The result holds while the version is the same.
    #[inline]
    pub(super) fn find_candidate<'s, R>(
        &'s self,
        only: Option<usize>,
        mut wanted: impl FnMut(At, &'s Step) -> Option<R>,
    ) -> Option<R> {
        let first = only.unwrap_or(0);
        for lane in first.. {
            let known = self.lanes.get(lane)?;
            if only.is_none() && known.has_handles.load(Ordering::Relaxed) {
                continue;
            }
            for step in known.next().. {
                let Some(found) = known.steps.get(step) else { break };
                if let Some(found) = wanted(At { lane, step }, found) {
                    return Some(found);
                }
                if found.met() < found.least() {
                    break;
                }
            }
            if only.is_some() {
                return None;
            }
        }
        None
    }

    /// Finds the first step that can take more calls and is `wanted`, in any order.
    pub(super) fn find_left<'s, R>(
        &'s self,
        only: Option<usize>,
        mut wanted: impl FnMut(At, &'s Step) -> Option<R>,
    ) -> Option<R> {
        let lanes = self.lanes.iter().enumerate();
        let lanes = lanes.filter(|(index, lane)| match only {
            Some(only) => *index == only,
            None => !lane.has_handles.load(Ordering::Relaxed),
        });
        let steps = lanes.flat_map(|(lane, known)| {
            let steps = known.steps.iter().enumerate().skip(known.next());
            steps.map(move |(step, found)| (At { lane, step }, found))
        });
        steps.filter(|(_, step)| step.met() < step.most()).find_map(|(at, step)| wanted(at, step))
    }

    /// Returns whether every entry was met and no handle is left. Otherwise a report is written.
    pub(super) fn is_in_order(&self, state: &State) -> bool {
        let mut lanes = self.lanes.iter().enumerate();
        let (mut is_said, mut is_met) = (false, true);
        let all = lanes.all(|(index, lane)| {
            let mut steps = lane.steps.iter();
            let is_empty = lane.steps.get(0).is_none();
            is_said |= !is_empty;
            is_met &= steps.all(|step| step.is_met() && !step.is_spoilt());
            let is_idle = lane.no_calls.get().is_some();
            index == 0 || is_idle == is_empty && (!is_idle || state.fakes.has_handle_of_lane(index))
        });
        let is_told_apart = || state.fakes.faults(|fake| self.has_entry_of(fake)).is_empty();
        let is_met = all && is_said && is_met && state.faults.is_empty();
        is_met && state.no_calls.is_none() && !state.is_held() && is_told_apart()
    }

    /// Returns whether a call of this fake is expected.
    pub(super) fn has_entry_of(&self, fake: &str) -> bool {
        self.lanes.iter().flat_map(|lane| lane.steps.iter()).any(|step| step.fake == Some(fake))
    }

    /// Books a call on a step, and moves on when the step is full. The state is this script's own, and locked.
    #[inline]
    pub(super) fn book(&self, _locked: &State, at: At, step: &Step) {
        let met = step.met() + 1;
        step.met.store(met, Ordering::Relaxed);
        let next = if met >= step.most() { at.step + 1 } else { at.step };
        self.lane(at.lane).next.store(next, Ordering::Release);
        self.changed();
    }

    /// Counts a change. The state is locked, so no other thread writes.
    #[inline]
    fn changed(&self) {
        self.version.store(self.version.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Gives a step up: a call came that was meant for it and differs.
    pub(super) fn spoil(&self, _locked: &State, at: At) {
        self.step(at).is_spoilt.store(true, Ordering::Relaxed);
        self.lane(at.lane).next.store(at.step + 1, Ordering::Release);
        self.changed();
    }
}

impl State {
    fn is_held(&self) -> bool {
        self.fakes.alive().next().is_some()
    }
}

impl Lane {
    pub(super) fn new(name: Option<&'static str>, made_at: SourceLocation) -> Self {
        Self {
            name,
            made_at,
            no_calls: OnceLock::new(),
            steps: AppendOnly::new(),
            has_handles: AtomicBool::new(false),
            next: AtomicUsize::new(0),
        }
    }

    #[inline]
    pub(super) fn next(&self) -> usize {
        self.next.load(Ordering::Acquire)
    }
}

impl Step {
    pub(super) fn new<C: Call>(
        expected: Expectation<C>,
        fake: Option<&'static str>,
        scripted_at: SourceLocation,
    ) -> Self {
        Self {
            scripted_at,
            fake,
            expected: Box::new(expected),
            least: AtomicU32::new(1),
            most: AtomicU32::new(1),
            met: AtomicU32::new(0),
            is_spoilt: AtomicBool::new(false),
        }
    }

    /// Returns the expectation, if it is for this type of call.
    #[inline]
    pub(super) fn of<C: Call>(&self) -> Option<&Expectation<C>> {
        self.expected.as_any().downcast_ref()
    }

    pub(super) fn bound(&self, least: u32, most: u32) {
        self.least.store(least, Ordering::Relaxed);
        self.most.store(most, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn least(&self) -> u32 {
        self.least.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn most(&self) -> u32 {
        self.most.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn met(&self) -> u32 {
        self.met.load(Ordering::Relaxed)
    }

    pub(super) fn is_spoilt(&self) -> bool {
        self.is_spoilt.load(Ordering::Relaxed)
    }

    /// Returns whether enough calls came. Then a reply was said, too: a call takes it.
    fn is_met(&self) -> bool {
        self.met() >= self.least()
    }

    fn has_given_its_only_reply(&self) -> bool {
        self.most() == 1 && self.met() == 1
    }
}
