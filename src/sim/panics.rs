//! Panics of tasks: tokio swallows them, a sim does not. One that is expected must come.
//!
//! A panic hook, chained before the one that was there, notes every panic on a thread while its sim runs.
//! `resume_unwind` calls no hook and is not counted. Where other code replaces the hook, panics are missed.

use std::{
    cell::RefCell,
    panic,
    sync::{Arc, Once},
};

use super::{core::SimCore, current, texts};
use crate::{
    guard::{self, VerdictGuard},
    sync::lock,
    trace::{EventKind, Subject},
    violation::{SourceLocation, Violation, panic_text},
};

/// The texts of panics that are to come.
pub(super) struct ExpectedPanics {
    core: Arc<SimCore>,
    texts: RefCell<Vec<(String, VerdictGuard)>>,
}

impl ExpectedPanics {
    pub(super) fn new(core: &Arc<SimCore>) -> Self {
        Self { core: Arc::clone(core), texts: RefCell::default() }
    }

    pub(super) fn add(&self, text: &str, expected_at: SourceLocation) {
        let open = VerdictGuard::new("the panic of a task expected at", expected_at);
        self.texts.borrow_mut().push((text.to_owned(), open));
    }

    /// Checks the panics off the list. Returns the first that is not there.
    pub(super) fn unexpected(&self) -> Option<Violation> {
        let panics = std::mem::take(&mut *lock(&self.core.panics));
        let mut expected = self.texts.borrow_mut();
        let mut unexpected = panics.into_iter().filter(|panicked| {
            let known = expected.iter().position(|(wanted, _)| panicked.text.contains(wanted.as_str()));
            known.map(|index| expected.remove(index)).is_none()
        });
        let first = unexpected.next();
        unexpected.for_each(drop);
        first.map(|panicked| {
            let violation = texts::task_panicked(&panicked.text, &panicked.place);
            self.core.stamp(violation.with_all(panicked.scene))
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
        missing.map(|(text, _open)| texts::panic_missing(&text).with_all(self.core.facts_of_check()))
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

/// Installs the panic hook, once in a process.
pub(super) fn install_hook() {
    static CHAINED: Once = Once::new();
    CHAINED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            note(info);
            previous(info);
        }));
    });
}

fn note(info: &panic::PanicHookInfo<'_>) {
    let Some(core) = current::of_panic() else { return };
    let text = panic_text(info.payload());
    let place = info.location().map_or_else(String::new, |place| {
        format!("{}:{}:{}", place.file().replace('\\', "/"), place.line(), place.column())
    });
    let first_line = text.lines().next().unwrap_or_default().into();
    core.trace.report(EventKind::TaskPanicked, Subject::Text(first_line), 0, &[]);
    core.keep_panic(text, place);
}
