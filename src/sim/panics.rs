//! Panics of tasks: tokio swallows them, a sim does not. One that is expected must come.
//!
//! A panic hook, chained before the one that was there, notes every panic on a thread while its sim runs.
//! One that the test's own future makes is its own: it ends the test, or the test has caught it. `resume_unwind` calls no hook: a task that the kit knows looks at what unwinds through it. The hook is probed before
//! and after each run, since other code may replace it.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Once, atomic::Ordering},
};

use super::{
    core::{SimCore, THE_TEST},
    current::{self, Role},
    quiet,
    texts::{self, PanicEnd},
};
use crate::{
    guard::{self, VerdictGuard},
    inject,
    net::{self, PanicWatch},
    sync::lock,
    trace::{EventKind, Subject},
    violation::{SourceLocation, Violation, panic_text, without_counts},
};

/// The texts of panics that are to come.
pub(super) struct ExpectedPanics {
    core: Arc<SimCore>,
    texts: RefCell<Vec<(String, VerdictGuard)>>,
    /// The verdict was given.
    is_judged: Cell<bool>,
}

impl ExpectedPanics {
    pub(super) fn new(core: &Arc<SimCore>) -> Self {
        Self { core: Arc::clone(core), texts: RefCell::default(), is_judged: Cell::new(false) }
    }

    pub(super) fn add(&self, text: &str, expected_at: SourceLocation) {
        let open = VerdictGuard::new("the panic of a task expected at", expected_at);
        self.texts.borrow_mut().push((text.to_owned(), open));
    }

    /// Checks the panics off the list. Returns the first that is not there.
    pub(super) fn unexpected(&self) -> Option<Violation> {
        let panics = std::mem::take(&mut *lock(&self.core.panics));
        let mut expected = self.texts.borrow_mut();
        let of_tasks = panics.into_iter().filter(|panicked| !panicked.is_of_test);
        let mut unexpected = of_tasks.filter(|panicked| {
            let known = expected.iter().position(|(wanted, _)| panicked.text.contains(wanted.as_str()));
            known.map(|index| expected.remove(index)).is_none()
        });
        let first = unexpected.next();
        unexpected.for_each(drop);
        first.map(|panicked| {
            let violation = texts::task_panicked(&panicked.text, &panicked.place, &panicked.end);
            self.core.stamp(violation.with_all(panicked.scene))
        })
    }

    /// Tells the guard of those that are not on the list: the test panics itself, and that may be what it wants.
    pub(super) fn tell_unexpected(&self) {
        let panics = lock(&self.core.panics).clone();
        let expected = self.texts.borrow();
        let is_expected = |text: &str| expected.iter().any(|(wanted, _)| text.contains(wanted.as_str()));
        for panicked in panics.iter().filter(|panicked| !panicked.is_of_test && !is_expected(&panicked.text))
        {
            guard::violated(&self.core.stamp(texts::task_panicked(
                &panicked.text,
                &panicked.place,
                &panicked.end,
            )));
        }
    }

    /// Panics if one has not come.
    #[track_caller]
    pub(super) fn check(&self) {
        if let Some(violation) = self.missing() {
            guard::raise(&violation);
        }
    }

    /// Returns the first thing that the end of the world has shown.
    pub(super) fn verdict(&self) -> Option<Violation> {
        let unexpected = self.unexpected();
        let missing = self.missing();
        let never_began = std::mem::take(&mut lock(&self.core.state).never_began);
        if self.core.has_failed.load(Ordering::Relaxed) || self.is_judged.replace(true) {
            return None;
        }
        let never_began = || {
            let tasks: Vec<String> = never_began.iter().map(|task| task.report.label()).collect();
            (!tasks.is_empty()).then(|| self.core.stamp(texts::never_began(tasks)))
        };
        let unseen = || {
            let failed = lock(&self.core.state).tasks.unobserved_failures();
            let failed: Vec<String> = failed.iter().filter_map(|task| task.failure()).collect();
            (!failed.is_empty()).then(|| self.core.stamp(texts::failures_unseen(failed)))
        };
        if let Some(notes) = &self.core.settings.notes {
            notes.add_run(self.core.trace.digest());
        }
        unexpected.or(missing).or_else(never_began).or_else(unseen).or_else(|| self.idle_rules())
    }

    /// Returns the rules of the network that met nothing. A search asks at its own end.
    fn idle_rules(&self) -> Option<Violation> {
        let uses = self.core.net.get()?.rule_uses();
        if let Some(notes) = &self.core.settings.notes {
            notes.rules.add_all(&uses);
            return None;
        }
        let idle = uses.idle();
        (!idle.is_empty()).then(|| self.core.stamp(net::rules_idle(idle)))
    }

    fn missing(&self) -> Option<Violation> {
        let missing = self.texts.borrow_mut().drain(..).next();
        missing.map(|(text, _open)| texts::panic_missing(&text).with_all(self.core.facts_of_check()))
    }
}

impl Drop for ExpectedPanics {
    /// A sim that is moved by hand ends without a run.
    fn drop(&mut self) {
        if let Some(violation) = self.verdict() {
            guard::raise_in_drop(&violation);
        }
    }
}

/// The payload of a probe.
const PROBE: &str = "unplugged asks whether its panic hook is still there";

/// Installs the panic hook.
pub(super) fn install_hook() {
    static CHAINED: Once = Once::new();
    CHAINED.call_once(chain_hook);
}

fn chain_hook() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !note(info) && !quiet::hides(info) {
            previous(info);
        }
    }));
}

/// Runs this without a word of the panics on this thread. A reader who asks for backtraces gets all.
pub(crate) fn quietly<R>(run: impl FnOnce() -> R) -> R {
    install_hook();
    quiet::hiding(run)
}

/// Installs the panic hook again, if other code has replaced it since.
pub(super) fn mend_hook(core: &Arc<SimCore>) {
    install_hook();
    if !is_hook_heard(core) {
        chain_hook();
    }
}

/// Returns whether a panic of this thread reaches the hook.
pub(super) fn is_hook_heard(core: &Arc<SimCore>) -> bool {
    if cfg!(panic = "abort") || std::thread::panicking() {
        return true;
    }
    core.is_probe_heard.store(false, Ordering::Relaxed);
    let entered = current::enter(core, Role::Tasks);
    let _probed = panic::catch_unwind(AssertUnwindSafe(|| panic::panic_any(PROBE)));
    drop(entered);
    core.is_probe_heard.load(Ordering::Relaxed)
}

/// Notes a panic. Returns whether it is a probe, of which the other hooks need not hear.
fn note(info: &panic::PanicHookInfo<'_>) -> bool {
    let Some((core, role)) = current::of_panic() else { return false };
    if info.payload().downcast_ref::<&str>() == Some(&PROBE) {
        core.is_probe_heard.store(true, Ordering::Relaxed);
        return true;
    }
    let text = panic_text(info.payload());
    let place = info.location().map_or_else(String::new, |place| {
        format!("{}:{}:{}", place.file().replace('\\', "/"), place.line(), place.column())
    });
    let is_of_test = role == Role::Tasks && core.polling.load(Ordering::Relaxed) == THE_TEST;
    let end = if role == Role::Tasks { PanicEnd::Unknown } else { PanicEnd::Task };
    core.note_panic(text, place, is_of_test, end);
    false
}

thread_local! {
    /// How many panics were noted on this thread.
    static NOTED: Cell<u64> = const { Cell::new(0) };
}

/// The watch around each poll of a task that the kit knows.
pub(super) const WATCH: PanicWatch = PanicWatch { noted: || NOTED.get(), ended };

fn ended(since: u64, payload: Option<&(dyn Any + Send)>, task: &str) {
    if let Some((core, _)) = current::of_panic() {
        core.poll_has_ended(since, payload, task);
    }
}

/// Returns what a line of the trace shows of a panic, also of one that quotes another (`JoinError::Panic(Id(7), "first\\nsecond")`).
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match without_counts(line) {
        line if line.contains("\\n") => format!("{}..", line.split("\\n").next().unwrap_or_default()),
        line => line,
    }
}

impl SimCore {
    fn note_panic(&self, text: String, place: String, is_of_test: bool, end: PanicEnd) {
        let number = NOTED.get() + 1;
        NOTED.set(number);
        self.trace.report(EventKind::TaskPanicked, Subject::Text(first_line(&text).into()), 0, &[]);
        let mut noted = lock(&self.noted);
        if !noted.contains(&text) {
            noted.push(text.clone());
        }
        drop(noted);
        if is_of_test || !self.settings.allowed_panics.iter().any(|allowed| text.contains(allowed)) {
            self.keep_panic(text, place, is_of_test, end, number);
        }
    }

    /// Notes how one poll of a task ended, if it met a panic: those since then, and what unwinds through the task.
    pub(super) fn poll_has_ended(&self, since: u64, payload: Option<&(dyn Any + Send)>, task: &str) {
        payload.iter().for_each(|payload| self.note_forwarded(*payload, task));
        let ends = payload.map(panic_text);
        for panicked in lock(&self.panics).iter_mut().rev().take_while(|panicked| panicked.number > since) {
            if panicked.end == PanicEnd::Unknown {
                let is_end = ends.as_ref() == Some(&panicked.text);
                panicked.end = if is_end { PanicEnd::Task } else { PanicEnd::Caught(task.to_owned()) };
            }
        }
    }

    /// Notes what unwinds through a task, unless the hook has: another thread has panicked, and its payload is forwarded.
    fn note_forwarded(&self, payload: &(dyn Any + Send), task: &str) {
        let text = panic_text(payload);
        let is_noted = lock(&self.noted).contains(&text);
        if !is_noted && !inject::is_exit(payload) {
            self.note_panic(text, format!("forwarded by {task}"), false, PanicEnd::Task);
        }
    }

    /// Notes the tasks that the end of the world meets before their first poll.
    pub(super) fn note_tasks_that_never_began(&self) {
        let mut state = lock(&self.state);
        let never_began = state.tasks.pending().into_iter().filter(|task| task.never_began()).collect();
        state.never_began = never_began;
    }
}
