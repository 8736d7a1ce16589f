//! What a sim reports to its trace.

use std::{rc::Rc, sync::Arc, time::Duration};

use super::{Sim, SimBuilder};
use crate::{
    clock::{Label, Timeline},
    leftover::Registry,
    trace::{Subject, Trace},
};

impl Sim {
    /// The same world once more.
    pub(crate) fn handle(&self) -> Self {
        Self { owned: Rc::clone(&self.owned) }
    }

    /// What the network looked like when something panicked with this text, what happened before, and when it is.
    pub(crate) fn facts_of(&self, panic: &str) -> Vec<(&'static str, String)> {
        self.owned.world.facts_of(panic)
    }
}

impl SimBuilder {
    /// Keeps the last `keep` events, with all their bytes, and digests their contents: `usize::MAX` keeps all.
    ///
    /// ```
    /// use unplugged::{Sim, clock::{ClockExt, millis}};
    ///
    /// let run = || {
    ///     let sim = Sim::builder().trace(100).build();
    ///     sim.spawn(sim.clock().sleep(millis(5)).named("nap"));
    ///     sim.run_until_idle();
    ///     (sim.transcript().lines(), sim.content_digest())
    /// };
    /// let (lines, digest) = run();
    /// assert!(lines[1].starts_with("+5ms fired timer `nap`, made at "));
    /// assert_eq!(digest, run().1);
    /// ```
    pub fn trace(mut self, keep: usize) -> Self {
        self.trace = Some(keep);
        self
    }
}

pub(super) fn trace(keep: Option<usize>, timeline: &Arc<Timeline>) -> Trace {
    let timeline = Arc::clone(timeline);
    let now = move || Duration::from_nanos(timeline.now());
    match keep {
        None => Trace::of_the_end(now),
        Some(keep) => Trace::new(keep, now),
    }
}

pub(super) fn leftovers(timeline: &Arc<Timeline>) -> Registry {
    let timeline = Arc::clone(timeline);
    Registry::new(move || Duration::from_nanos(timeline.now()))
}

pub(super) fn fired(label: &Label) -> Subject {
    Subject::Timer { name: label.name().cloned(), repeats: label.repeats, made_at: label.made_at.into() }
}

pub(super) fn panicked(text: &str) -> Subject {
    Subject::Text(text.lines().next().unwrap_or_default().into())
}
