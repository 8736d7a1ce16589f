//! Panics of tasks: tokio swallows them, a sim does not. One that is expected must come.
//!
//! A panic hook, chained before the one that was there, notes every panic on a thread while its sim runs.
//! `resume_unwind` calls no hook and is not counted. Where other code replaces the hook, panics are missed.

use std::{
    cell::RefCell,
    panic,
    sync::{Arc, Once},
};

use super::{recorded, texts, world::World};
use crate::{
    guard::{self, VerdictGuard},
    sync::lock,
    trace::EventKind,
    violation::{SourceLocation, Violation, panic_text},
};

thread_local! {
    /// The sim that runs on this thread.
    static RUNNING: RefCell<Option<Arc<World>>> = const { RefCell::new(None) };
}

/// Calls `act` with the sim that runs on this thread.
pub(super) fn with_running(act: impl FnOnce(&World)) {
    RUNNING.with_borrow(|running| {
        if let Some(world) = running {
            act(world);
        }
    });
}

/// A panic, and what the world looked like then: it drops what the code held.
pub(super) struct Panicked {
    pub(super) text: String,
    pub(super) place: String,
    scene: Vec<(&'static str, String)>,
}

impl Panicked {
    pub(super) fn scene(&self) -> Vec<(&'static str, String)> {
        self.scene.clone()
    }

    fn staged(&self, violation: Violation) -> Violation {
        self.scene.iter().fold(violation, |violation, (label, text)| violation.with(label, text))
    }
}

/// The texts of panics that are to come.
pub(super) struct ExpectedPanics {
    world: Arc<World>,
    texts: RefCell<Vec<(String, VerdictGuard)>>,
}

impl ExpectedPanics {
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world), texts: RefCell::default() }
    }

    pub(super) fn add(&self, text: &str, expected_at: SourceLocation) {
        let open = VerdictGuard::new("the panic of a task expected at", expected_at);
        self.texts.borrow_mut().push((text.to_owned(), open));
    }

    /// Checks the panics off the list; the first that is not there is a violation.
    pub(super) fn unexpected(&self) -> Option<Violation> {
        let panics = std::mem::take(&mut *lock(&self.world.panics));
        let mut expected = self.texts.borrow_mut();
        let mut unexpected = panics.into_iter().filter(|panicked| {
            let known = expected.iter().position(|(wanted, _)| panicked.text.contains(wanted.as_str()));
            known.map(|index| expected.remove(index)).is_none()
        });
        let first = unexpected.next();
        unexpected.for_each(drop);
        first.map(|panicked| {
            let violation = texts::task_panicked(&panicked.text, &panicked.place);
            self.world.stamp(panicked.staged(violation))
        })
    }

    /// Panics if one has not come.
    #[track_caller]
    pub(super) fn check(&self) {
        if let Some(violation) = self.missing() {
            guard::raise(&violation);
        }
    }

    fn missing(&self) -> Option<Violation> {
        let missing = self.texts.borrow_mut().drain(..).next();
        missing.map(|(text, _open)| self.world.surround(texts::panic_missing(&text)))
    }
}

impl Drop for ExpectedPanics {
    /// A sim that is moved by hand ends without a run.
    fn drop(&mut self) {
        if let Some(violation) = self.missing() {
            guard::raise_in_drop(&violation);
        }
    }
}

impl World {
    /// The test itself panics: its text goes on as it is, and what the world can add stands beside it, on standard
    /// error.
    pub(super) fn tell_of_panic(&self) {
        let violation = {
            let panics = lock(&self.panics);
            let last =
                panics.last().filter(|last| !last.text.contains(&format!(", seed {}", self.draws.seed())));
            last.map(|last| last.staged(texts::test_panicked(&last.text)))
        };
        if let Some(violation) = violation {
            eprintln!("{}", self.stamp(violation));
        }
    }
}

/// Notes panics on this thread for `world`, until it is dropped.
pub(super) struct Listening(Option<Arc<World>>);

pub(super) fn listen(world: &Arc<World>) -> Listening {
    static CHAINED: Once = Once::new();
    CHAINED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            note(info);
            previous(info);
        }));
    });
    Listening(swap(Some(Arc::clone(world))))
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(swap(self.0.take()));
    }
}

/// While a sim is called, no other begins: its runtime refuses that, in words of its own.
fn swap(running: Option<Arc<World>>) -> Option<Arc<World>> {
    RUNNING
        .with(|here| here.try_borrow_mut().ok().and_then(|mut here| std::mem::replace(&mut *here, running)))
}

fn note(info: &panic::PanicHookInfo<'_>) {
    let Ok(Some(world)) = RUNNING.try_with(|running| running.try_borrow().ok()?.clone()) else { return };
    let text = panic_text(info.payload());
    let place = info.location().map_or_else(String::new, |place| {
        format!("{}:{}:{}", place.file().replace('\\', "/"), place.line(), place.column())
    });
    world.trace.report(EventKind::TaskPanicked, recorded::panicked(&text), 0, []);
    let scene = world.scene();
    lock(&world.panics).push(Panicked { text, place, scene });
}
