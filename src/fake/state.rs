//! What a script, its handles and its log share. No code of the user (comparison, `Debug`, reply, drop) runs
//! while it is locked.

use std::{
    any::Any,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{self, Thread},
    time::Duration,
};

use super::{
    call::Call,
    entry::{Entry, Reply},
    made::Made,
};
use crate::{
    fault::{Place, Violation},
    sync::lock,
};

/// How long the end of a scenario waits, in real time, for threads that are about to let go of their handles.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) struct Shared {
    pub(super) opened_at: Place,
    pub(super) opened_by: Thread,
    state: Mutex<State>,
    let_go: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) lanes: Vec<Lane>,
    pub(super) log: Vec<Made>,
    pub(super) faults: Vec<Violation>,
    /// The first lines of what this scenario has panicked with, to know its own panics again.
    pub(super) raised: Vec<String>,
    pub(super) no_calls: Option<Place>,
    pub(super) handles: Vec<Origin>,
    pub(super) is_closed: bool,
    /// Counts the changes of what is expected next.
    version: u64,
}

/// An order of its own within a script.
pub(super) struct Lane {
    pub(super) name: Option<&'static str>,
    pub(super) made_at: Place,
    pub(super) no_calls: Option<Place>,
    pub(super) steps: Vec<Step>,
    /// The first step that can still take a call.
    next: usize,
}

/// An entry, and how often it was met.
pub(super) struct Step {
    pub(super) entry: Arc<Entry>,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) met: u32,
    /// A `Reply` of the type of the entry; none while it was not said.
    reply: Option<Box<dyn Any + Send>>,
    /// A call came for it that differed: it counts as used, and was reported.
    pub(super) is_spoilt: bool,
}

/// One `handle()`, and how many copies of it are alive.
pub(super) struct Origin {
    pub(super) made_at: Place,
    pub(super) alive: usize,
}

/// Where a step stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) lane: usize,
    pub(super) step: usize,
}

impl Shared {
    pub(super) fn new(opened_at: Place) -> Arc<Self> {
        let main = Lane::new(None, opened_at);
        Arc::new(Self {
            opened_at,
            opened_by: thread::current(),
            state: Mutex::new(State { lanes: vec![main], ..State::default() }),
            let_go: Condvar::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn take_handle(&self, made_at: Place) -> usize {
        let mut state = self.lock();
        state.handles.push(Origin { made_at, alive: 1 });
        state.handles.len() - 1
    }

    pub(super) fn let_go(&self, origin: usize) {
        self.lock().handles[origin].alive -= 1;
        self.let_go.notify_all();
    }

    /// Waits, within bounds, until no handle is alive.
    pub(super) fn wait_for_handles(&self) {
        let waited = self.let_go.wait_timeout_while(self.lock(), PATIENCE, |state| {
            state.handles.iter().any(|origin| origin.alive > 0)
        });
        drop(waited);
    }

    /// Lets go of all replies, outside the lock: they may hold fakes of this scenario.
    pub(super) fn forget_replies(&self) {
        let mut state = self.lock();
        let steps = state.lanes.iter_mut().flat_map(|lane| &mut lane.steps);
        let replies: Vec<_> = steps.filter_map(|step| step.forget_reply()).collect();
        drop(state);
        drop(replies);
    }

    /// Keeps a violation, whatever becomes of the panic that may follow.
    pub(super) fn record(&self, fault: Violation) {
        self.lock().faults.push(fault);
    }
}

impl State {
    pub(super) fn add_lane(&mut self, name: &'static str, made_at: Place) -> usize {
        self.lanes.push(Lane::new(Some(name), made_at));
        self.lanes.len() - 1
    }

    pub(super) fn add_step(&mut self, lane: usize, entry: Arc<Entry>) -> At {
        let steps = &mut self.lanes[lane].steps;
        steps.push(Step { entry, least: 1, most: 1, met: 0, reply: None, is_spoilt: false });
        let at = At { lane, step: steps.len() - 1 };
        self.version += 1;
        at
    }

    pub(super) fn step_mut(&mut self, at: At) -> &mut Step {
        &mut self.lanes[at.lane].steps[at.step]
    }

    pub(super) fn step(&self, at: At) -> &Step {
        &self.lanes[at.lane].steps[at.step]
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The n-th step that may take the next call: of each lane the next one and, if that is content with what it
    /// had, the one behind.
    pub(super) fn candidate(&self, only: Option<usize>, mut n: usize) -> Option<(At, &Step)> {
        let lanes = only.map_or(0..self.lanes.len(), |lane| lane..lane + 1);
        for lane in lanes {
            let known = &self.lanes[lane];
            for step in known.next..known.steps.len() {
                if n == 0 {
                    return Some((At { lane, step }, &known.steps[step]));
                }
                n -= 1;
                if known.steps[step].met < known.steps[step].least {
                    break;
                }
            }
        }
        None
    }

    /// Books a call on a step, and moves on when the step is full.
    pub(super) fn meet(&mut self, at: At) {
        let lane = &mut self.lanes[at.lane];
        lane.steps[at.step].met += 1;
        lane.next = at.step;
        if lane.steps[at.step].met >= lane.steps[at.step].most {
            lane.next += 1;
        }
        self.version += 1;
    }

    /// A call came that was meant for this step and differs: the step is over.
    pub(super) fn spoil(&mut self, at: At) {
        self.lanes[at.lane].steps[at.step].is_spoilt = true;
        self.lanes[at.lane].next = at.step + 1;
        self.version += 1;
    }

    /// Plainly good: every entry was met, and nobody can call any more. What is not is looked at in full.
    pub(super) fn is_in_order(&self) -> bool {
        let is_met = |step: &Step| step.has_reply() && step.met >= step.least && !step.is_spoilt;
        self.faults.is_empty()
            && self.no_calls.is_none()
            && self.handles.iter().all(|origin| origin.alive == 0)
            && self.lanes.iter().flat_map(|lane| &lane.steps).all(is_met)
            && self.lanes.iter().skip(1).all(|lane| lane.no_calls.is_some() == lane.steps.is_empty())
            && self.lanes.iter().any(|lane| !lane.steps.is_empty())
    }

    pub(super) fn is_left(&self, at: At) -> bool {
        at.step >= self.lanes[at.lane].next
    }
}

impl Step {
    pub(super) fn has_reply(&self) -> bool {
        self.reply.is_some()
    }

    pub(super) fn set_reply<C: Call>(&mut self, reply: Reply<C>) {
        self.reply = Some(Box::new(reply));
    }

    /// Lets go of a reply that was said; that it was, stays known.
    fn forget_reply(&mut self) -> Option<Box<dyn Any + Send>> {
        self.reply.as_mut().map(|reply| std::mem::replace(reply, Box::new(())))
    }

    /// The reply to one call, not run yet.
    pub(super) fn take_reply<C: Call>(&mut self) -> Reply<C> {
        let reply = self.reply.as_mut().and_then(|reply| reply.downcast_mut());
        reply.map_or(Reply::None, Reply::take)
    }
}

impl Lane {
    fn new(name: Option<&'static str>, made_at: Place) -> Self {
        Self { name, made_at, no_calls: None, steps: Vec::new(), next: 0 }
    }
}
