//! The futures that move a sim's time.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    texts,
    world::{Goal, Ticket, Until, World},
};
use crate::nanos::saturating_nanos;

/// A move of the sim: awaited in an async test; outside of one it is done when the call returns.
///
/// # Panics
/// If it is dropped without having been awaited: a forgotten `.await` would otherwise be a test that passes.
///
/// # Cancel safety
/// Dropped while it is under way, time stops where it is.
///
/// ```
/// use unplugged::{Sim, clock::{ClockExt, secs}};
///
/// let sim = Sim::new();
/// sim.advance(secs(1)); // done
/// let clock = sim.clock();
/// sim.run(async {
///     sim.advance(secs(1)).await; // done when it is awaited
///     assert_eq!(clock.since_start(), secs(2));
/// });
/// ```
pub struct Step {
    world: Arc<World>,
    call: &'static str,
    until: Option<Until>,
    /// Asked at each settled instant; time moves on until it holds.
    condition: Option<Box<dyn FnMut() -> bool>>,
    limit: u64,
    ticket: Arc<Ticket>,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Unpolled,
    Settling,
    Moving,
    Done,
}

impl Step {
    /// Settles, and then moves until the goal is reached, if there is one.
    pub(super) fn new(world: &Arc<World>, call: &'static str, until: Option<Until>) -> Self {
        let limit = world.timeline.now().saturating_add(saturating_nanos(world.limit));
        let world = Arc::clone(world);
        Self {
            world,
            call,
            until,
            condition: None,
            limit,
            ticket: Arc::default(),
            progress: Progress::Unpolled,
        }
    }

    pub(super) fn until_condition(
        world: &Arc<World>,
        call: &'static str,
        condition: impl FnMut() -> bool + 'static,
    ) -> Self {
        let mut step = Self::new(world, call, None);
        step.condition = Some(Box::new(condition));
        step
    }

    /// Where to go from this settled instant; `None` if that was all.
    fn next_goal(&mut self) -> Option<Until> {
        match &mut self.condition {
            None => self.until.take(),
            Some(condition) => (!condition()).then(|| Until::After(self.world.timeline.now())),
        }
    }

    fn go_on(&mut self) {
        let Some(until) = self.next_goal() else {
            self.progress = Progress::Done;
            return;
        };
        self.ticket = Arc::default();
        self.progress = Progress::Moving;
        let goal = Goal { call: self.call, until, limit: self.limit, ticket: Arc::clone(&self.ticket) };
        if let Err(violation) = self.world.begin(goal) {
            self.progress = Progress::Done;
            self.world.stamp(violation).raise();
        }
    }
}

impl Future for Step {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.progress == Progress::Unpolled {
            self.world.add_settler(Arc::clone(&self.ticket));
            self.progress = Progress::Settling;
        }
        while self.progress != Progress::Done && self.ticket.is_done() {
            self.go_on();
        }
        if self.progress == Progress::Done {
            return Poll::Ready(());
        }
        self.ticket.wait(cx.waker());
        Poll::Pending
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        match self.progress {
            Progress::Done => {}
            Progress::Unpolled if std::thread::panicking() => {}
            Progress::Unpolled => panic!("{}", texts::forgotten(self.call)),
            Progress::Settling | Progress::Moving => self.world.withdraw(&self.ticket),
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = match self.progress {
            Progress::Unpolled => "not awaited yet",
            Progress::Settling | Progress::Moving => "under way",
            Progress::Done => "done",
        };
        f.debug_struct("Step")
            .field("call", &self.call)
            .field("progress", &format_args!("{progress}"))
            .finish()
    }
}
