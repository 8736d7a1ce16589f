//! What a script, its handles and its log share. No code of the user (comparison, `Debug`, reply, drop) runs
//! while it is locked. The entries are read with no lock, and so a call that is right locks once.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use super::{
    call::Call,
    entry::{Scripted, Typed},
    grown::Grown,
    made::Log,
};
use crate::{
    sync::lock,
    violation::{SourceLocation, Violation},
};

/// How long the end of a scenario waits, in real time, for threads that are about to let go of their handles.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) struct Shared {
    pub(super) opened_at: SourceLocation,
    pub(super) opened_by: Thread,
    /// The first is that of the script itself.
    pub(super) lanes: Grown<Lane, 1>,
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
    pub(super) handles: Vec<Origin>,
    pub(super) is_closed: bool,
    /// The end of the scenario waits for the handles.
    is_awaited: bool,
    /// Counts the changes of what is expected next.
    version: u64,
}

/// An order of its own within a script.
pub(super) struct Lane {
    pub(super) name: Option<&'static str>,
    pub(super) made_at: SourceLocation,
    pub(super) no_calls: OnceLock<SourceLocation>,
    pub(super) steps: Grown<Step, 8>,
    /// The first step that can still take a call. Changes while the state is locked.
    next: AtomicUsize,
}

/// An entry, and how often it was met. What is atomic changes while the state is locked, or before there is a call.
pub(super) struct Step {
    pub(super) scripted_at: SourceLocation,
    pub(super) expected: Box<dyn Scripted>,
    least: AtomicU32,
    most: AtomicU32,
    met: AtomicU32,
    /// A call came for it that differed: it counts as used, and was reported.
    is_spoilt: AtomicBool,
}

/// One `handle()`, and how many copies of it are alive.
pub(super) struct Origin {
    pub(super) made_at: SourceLocation,
    pub(super) alive: usize,
}

/// Where a step stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) lane: usize,
    pub(super) step: usize,
}

impl Shared {
    pub(super) fn new(opened_at: SourceLocation) -> Arc<Self> {
        let shared = Self {
            opened_at,
            opened_by: thread::current(),
            lanes: Grown::new(),
            state: Mutex::default(),
            let_go: Condvar::new(),
        };
        shared.lanes.push(Lane::new(None, opened_at));
        Arc::new(shared)
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

    pub(super) fn take_handle(&self, made_at: SourceLocation) -> usize {
        let mut state = self.lock();
        state.handles.push(Origin { made_at, alive: 1 });
        state.handles.len() - 1
    }

    pub(super) fn let_go(&self, origin: usize) {
        let mut state = self.lock();
        state.handles[origin].alive -= 1;
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

    /// Lets go of all replies, outside the lock: they may hold fakes of this scenario.
    pub(super) fn forget_replies(&self) {
        self.lanes.iter().flat_map(|lane| lane.steps.iter()).for_each(|step| step.expected.forget_reply());
    }

    /// Keeps a violation, whatever becomes of the panic that may follow.
    pub(super) fn record(&self, fault: Violation) {
        self.lock().faults.push(fault);
    }

    /// The n-th step that may take the next call: of each lane the next one and, if that is content with what it
    /// had, the one behind. It holds for as long as the state is locked.
    pub(super) fn candidate(&self, only: Option<usize>, mut n: usize) -> Option<(At, &Step)> {
        let lanes = only.map_or(0..self.lanes.len(), |lane| lane..lane + 1);
        for lane in lanes {
            let known = self.lane(lane);
            for (step, found) in (known.next()..).map_while(|step| Some((step, known.steps.get(step)?))) {
                if n == 0 {
                    return Some((At { lane, step }, found));
                }
                n -= 1;
                if found.met() < found.least() {
                    break;
                }
            }
        }
        None
    }

    /// Plainly good: every entry was met, and nobody can call any more. What is not is looked at in full.
    pub(super) fn is_in_order(&self, state: &State) -> bool {
        let mut lanes = self.lanes.iter().enumerate();
        let (mut is_said, mut is_met) = (false, true);
        let all = lanes.all(|(index, lane)| {
            let mut steps = lane.steps.iter();
            let is_empty = lane.steps.get(0).is_none();
            is_said |= !is_empty;
            is_met &= steps.all(|step| step.is_met() && !step.is_spoilt());
            index == 0 || lane.no_calls.get().is_some() == is_empty
        });
        all && is_said && is_met && state.faults.is_empty() && state.no_calls.is_none() && !state.is_held()
    }

    /// A call came that was meant for this step and differs: the step is over.
    pub(super) fn spoil(&self, state: &mut State, at: At) {
        self.step(at).is_spoilt.store(true, Ordering::Relaxed);
        self.lane(at.lane).next.store(at.step + 1, Ordering::Release);
        state.version += 1;
    }
}

impl State {
    /// Books a call on a step of a lane, and moves on when the step is full.
    #[inline]
    pub(super) fn meet(&mut self, lane: &Lane, step: &Step, index: usize) {
        let met = step.met() + 1;
        step.met.store(met, Ordering::Relaxed);
        lane.next.store(if met >= step.most() { index + 1 } else { index }, Ordering::Release);
        self.version += 1;
    }

    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    fn is_held(&self) -> bool {
        self.handles.iter().any(|origin| origin.alive > 0)
    }
}

impl Lane {
    pub(super) fn new(name: Option<&'static str>, made_at: SourceLocation) -> Self {
        Self { name, made_at, no_calls: OnceLock::new(), steps: Grown::new(), next: AtomicUsize::new(0) }
    }

    #[inline]
    pub(super) fn next(&self) -> usize {
        self.next.load(Ordering::Acquire)
    }
}

impl Step {
    pub(super) fn new<C: Call>(expected: Typed<C>, scripted_at: SourceLocation) -> Self {
        Self {
            scripted_at,
            expected: Box::new(expected),
            least: AtomicU32::new(1),
            most: AtomicU32::new(1),
            met: AtomicU32::new(0),
            is_spoilt: AtomicBool::new(false),
        }
    }

    /// The entry, if it is one for this type of call.
    #[inline]
    pub(super) fn of<C: Call>(&self) -> Option<&Typed<C>> {
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

    fn is_met(&self) -> bool {
        self.expected.has_reply() && self.met() >= self.least()
    }
}
