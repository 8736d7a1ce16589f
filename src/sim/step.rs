//! The future that moves a sim's time.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    core::{Completion, SimCore, Target},
    driver::Until,
    texts,
};
use crate::{guard, nanos::saturating_nanos, violation::SourceLocation};

/// A move of the sim's time. In an async test it is awaited; outside of one it is done when the call returns.
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
    core: Arc<SimCore>,
    call: &'static str,
    called_at: SourceLocation,
    until: Option<Until>,
    /// Asked at each settled instant; time moves on until it holds.
    condition: Option<Box<dyn FnMut() -> bool>>,
    limit: u64,
    completion: Arc<Completion>,
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
    /// Settles, and then moves until the target is reached, if there is one.
    #[track_caller]
    pub(super) fn new(core: &Arc<SimCore>, call: &'static str, until: Option<Until>) -> Self {
        let limit = core.timeline.now().saturating_add(saturating_nanos(core.settings.limit));
        let core = Arc::clone(core);
        Self {
            core,
            call,
            called_at: SourceLocation::caller(),
            until,
            condition: None,
            limit,
            completion: Arc::default(),
            progress: Progress::Unpolled,
        }
    }

    #[track_caller]
    pub(super) fn until_condition(
        core: &Arc<SimCore>,
        call: &'static str,
        condition: impl FnMut() -> bool + 'static,
    ) -> Self {
        let mut step = Self::new(core, call, None);
        step.condition = Some(Box::new(condition));
        step
    }

    /// Returns where to go from this settled instant; `None` if that was all.
    fn next_target(&mut self) -> Option<Until> {
        match &mut self.condition {
            None => self.until.take(),
            Some(condition) => (!condition()).then(|| Until::After(self.core.timeline.now())),
        }
    }

    fn go_on(&mut self) {
        let Some(until) = self.next_target() else {
            self.progress = Progress::Done;
            return;
        };
        self.completion = Arc::default();
        self.progress = Progress::Moving;
        let target =
            Target { call: self.call, until, limit: self.limit, completion: Arc::clone(&self.completion) };
        if let Err(violation) = self.core.begin(target) {
            self.progress = Progress::Done;
            self.core.stamp(violation).raise();
        }
    }
}

impl Future for Step {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.progress == Progress::Unpolled {
            self.core.add_settle_waiter(Arc::clone(&self.completion));
            self.progress = Progress::Settling;
        }
        while self.progress != Progress::Done && self.completion.is_done() {
            self.go_on();
        }
        if self.progress == Progress::Done {
            return Poll::Ready(());
        }
        self.completion.wait(cx.waker());
        Poll::Pending
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        match self.progress {
            Progress::Done => {}
            Progress::Unpolled if std::thread::panicking() => {}
            Progress::Unpolled => guard::raise(&texts::forgotten(self.call, self.called_at)),
            Progress::Settling | Progress::Moving => self.core.withdraw(&self.completion),
        }
    }
}

/// Panics when a future of several steps is dropped that was never polled: it lives in that future until it begins.
pub(super) struct Unpolled {
    call: &'static str,
    called_at: SourceLocation,
    has_begun: bool,
}

impl Unpolled {
    #[track_caller]
    pub(super) fn new(call: &'static str) -> Self {
        Self { call, called_at: SourceLocation::caller(), has_begun: false }
    }

    pub(super) fn begins(mut self) {
        self.has_begun = true;
    }
}

impl Drop for Unpolled {
    fn drop(&mut self) {
        if !self.has_begun && !std::thread::panicking() {
            guard::raise(&texts::forgotten(self.call, self.called_at));
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
