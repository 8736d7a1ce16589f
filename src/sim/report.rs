//! The facts that a sim adds to a failure.

use super::{
    core::{Panicked, SimCore},
    texts,
};
use crate::{net::Net, sync::lock, violation::Violation, wait::Waiting};

type Facts = Vec<(&'static str, String)>;

/// Which facts of a sim a report shows. `Default` is only when.
#[derive(Clone, Copy, Default)]
pub(super) struct About {
    /// All waits and timers.
    pub(super) waits: bool,
    /// The sockets, what stops packets, and the last events.
    pub(super) scene: bool,
}

impl SimCore {
    /// Returns the facts that a report shows, in its order.
    pub(super) fn facts(&self, about: About) -> Facts {
        let mut facts = if about.waits { self.waits() } else { Facts::new() };
        if about.scene {
            facts.extend(self.scene());
        }
        facts.extend(self.failures());
        facts.push(("now", texts::now(self.timeline.now(), self.draws.seed())));
        facts
    }

    /// Adds all facts to a failure that ends the test.
    pub(super) fn explain(&self, violation: Violation) -> Violation {
        violation.with_all(self.facts(About { waits: true, scene: true }))
    }

    /// Adds when it was.
    pub(super) fn stamp(&self, violation: Violation) -> Violation {
        violation.with_all(self.facts(About::default()))
    }

    /// Returns the facts for a failed check: those of the network only if there is one.
    pub(super) fn facts_of_check(&self) -> Facts {
        self.facts(About { scene: self.net.get().is_some(), waits: false })
    }

    /// Returns the facts for a failure that raised this panic: where it came, and what the sim looked like then, since
    /// the panic has dropped sockets.
    pub(super) fn facts_of_panic(&self, panic: &str) -> Facts {
        let panics = lock(&self.panics);
        let known = panics.iter().rev().find(|known| known.text == panic).cloned();
        drop(panics);
        let (place, scene) = match known {
            Some(Panicked { place, scene, .. }) => (Some(("at", place)), scene),
            None => (None, self.scene()),
        };
        place.into_iter().chain(scene).chain(self.facts(About::default())).collect()
    }

    /// Keeps a panic, with what the sim looks like now.
    pub(super) fn keep_panic(&self, text: String, place: String, is_of_test: bool) {
        let scene = self.scene();
        lock(&self.panics).push(Panicked { text, place, scene, is_of_test });
    }

    /// Prints what the sim can add to a panic of the test itself, whose text goes on as it is.
    pub(super) fn print_test_panic(&self) {
        let panics = lock(&self.panics);
        let is_told = |last: &Panicked| last.text.contains(&format!(", seed {}", self.draws.seed()));
        let last = panics.last().filter(|last| !is_told(last)).cloned();
        drop(panics);
        if let Some(Panicked { text, scene, .. }) = last {
            eprintln!("{}", self.stamp(texts::test_panicked(&text).with_all(scene)));
        }
    }

    /// Returns what the test, the tasks and the hosts wait for, and the timers that none of them tells.
    fn waits(&self) -> Facts {
        let (test, pending) = {
            let state = lock(&self.state);
            let (who, waits, since) = ("the test".to_owned(), state.test_waits.clone(), state.test_ran);
            let test = (!waits.is_empty()).then_some(Waiting { who, waits, since });
            (test, state.tasks.pending())
        };
        let pending = pending.iter().map(|task| task.waiting());
        let of_hosts = self.net.get().map(Net::waiting).into_iter().flatten();
        let waits = test.into_iter().chain(pending).chain(of_hosts).flat_map(|waiting| waiting.lines());
        let mut facts = texts::some_of("waits", waits.collect());
        let timers = self.timeline.pending().iter().map(|timer| (timer.to_string(), timer.since)).collect();
        let timers = texts::timers(&facts, timers);
        facts.extend(timers);
        facts
    }

    /// Returns the spawned tasks whose output was an `Err`.
    fn failures(&self) -> Facts {
        let failed = lock(&self.state).tasks.failed();
        let of_hosts = self.net.get().map(Net::failures).unwrap_or_default();
        let told = failed.iter().filter_map(|task| task.failure()).chain(of_hosts);
        texts::some_of("failed", told.collect())
    }

    /// Returns what the network looks like, and what happened last.
    fn scene(&self) -> Facts {
        let look = self.net.get().and_then(Net::try_look).unwrap_or_default();
        texts::scene(look.sockets, look.stops, &self.trace.events())
    }
}
