//! What a sim reports to its trace.

use std::{rc::Rc, sync::Arc, time::Duration};

use super::{Sim, SimBuilder};
use crate::{
    clock::{Label, Timeline},
    trace::{Event, Trace},
};

impl Sim {
    /// The record of what happens while this world runs. The last 64 events are kept. More are, and all
    /// are digested, packets of the network included, only if the builder was [told so](SimBuilder::trace). For
    /// reading there is [`transcript`](Self::transcript).
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.owned.world.trace.clone()
    }

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
    /// Digests all that happens, and keeps the last `keep` events to be read: `usize::MAX` for all of them.
    ///
    /// ```
    /// use unplugged::{Sim, clock::{ClockExt, millis}};
    ///
    /// let run = || {
    ///     let sim = Sim::builder().trace(100).build();
    ///     sim.spawn(sim.clock().sleep(millis(5)).named("nap"));
    ///     sim.run_until_idle();
    ///     (sim.trace().lines(), sim.trace().digest())
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

pub(super) fn fired(label: &Label) -> Event {
    let what = if label.repeats { "fired repeating timer" } else { "fired timer" };
    Event::new(what).named_if(label.name().cloned()).made_at(label.made_at.into())
}

pub(super) fn panicked(text: &str) -> Event {
    Event::new("panic").named(text.lines().next().unwrap_or_default())
}
