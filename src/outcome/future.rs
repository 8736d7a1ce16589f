//! A future that is polled on behalf of a watch: its answer, its report and its wakers.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use super::{
    answer::{Answer, AnswerSlot},
    failure::failure,
};
use crate::{
    sync::lock,
    violation::{SourceLocation, panic_text},
    wait::{self, Wait},
};

/// A future that is polled on behalf of a watch, as the watch sees it.
pub(crate) trait Asked<T> {
    fn answer(&self) -> &AnswerSlot<T>;
    fn report(&self) -> &FutureReport;
    /// True if it was woken since it was last polled (or never polled at all).
    fn is_woken(&self) -> bool;
    /// How many wakers there are through which it can still be woken.
    fn holders(self: Arc<Self>) -> usize;
    /// Its watch is dropped.
    fn abandon(&self) {}
}

/// The state that a watch and a future share, if the future may not be sent between threads.
pub(crate) struct Slot<T> {
    answer: AnswerSlot<T>,
    pub(super) report: Arc<FutureReport>,
    pub(super) woken: Arc<Woken>,
}

impl<T> Asked<T> for Slot<T> {
    fn answer(&self) -> &AnswerSlot<T> {
        &self.answer
    }

    fn report(&self) -> &FutureReport {
        &self.report
    }

    fn is_woken(&self) -> bool {
        self.woken.is_set()
    }

    fn holders(self: Arc<Self>) -> usize {
        Arc::strong_count(&self.woken) - 1
    }
}

/// The report on a future, whatever its type.
pub(crate) struct FutureReport {
    pub(super) known: Mutex<(Label, Vec<Wait>)>,
    /// The test has looked at the answer.
    pub(super) is_asked: AtomicBool,
    /// The text of its output, if that is an `Err`.
    failure: OnceLock<String>,
}

impl FutureReport {
    pub(super) const fn new(kind: &'static str, made_at: SourceLocation) -> Self {
        let known = Mutex::new((Label { kind, name: None, made_at }, Vec::new()));
        Self { known, is_asked: AtomicBool::new(false), failure: OnceLock::new() }
    }

    pub(crate) const fn of_watched(made_at: SourceLocation) -> Self {
        Self::new("future watched", made_at)
    }

    pub(super) fn ask(&self) {
        self.is_asked.store(true, Ordering::Relaxed);
    }

    /// Keeps an output that is an `Err`.
    pub(crate) fn note_output<T: 'static>(&self, output: &T) {
        if let Some(text) = failure(output) {
            let _is_first = self.failure.set(text);
        }
    }

    /// Returns the text of the output, if that was an `Err`.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    pub(super) fn name(&self, name: Arc<str>) {
        lock(&self.known).0.name = Some(name);
    }

    pub(crate) fn set_waits(&self, waits: Vec<Wait>) {
        lock(&self.known).1 = waits;
    }

    pub(crate) fn label(&self) -> String {
        lock(&self.known).0.to_string()
    }

    pub(crate) fn waits(&self) -> Vec<Wait> {
        lock(&self.known).1.clone()
    }
}

/// A name, or the kind and the place.
pub(super) struct Label {
    pub(super) kind: &'static str,
    pub(super) name: Option<Arc<str>>,
    pub(super) made_at: SourceLocation,
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "`{name}`"),
            None => write!(f, "the {} at {}", self.kind, self.made_at),
        }
    }
}

/// The waker of a watched future: remembers the wake, and passes it on to the task that polls.
pub(crate) struct Woken {
    flag: AtomicBool,
    on_wake: Mutex<OnWake>,
}

/// The task to wake in turn.
pub(crate) enum OnWake {
    Nobody,
    Task(Waker),
}

impl Woken {
    /// True if it was woken since it was last polled (or never polled at all).
    pub(crate) fn is_set(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    pub(super) fn tell(&self, whom: OnWake) {
        let old = std::mem::replace(&mut *lock(&self.on_wake), whom);
        drop(old); // outside the lock: a waker may own anything
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.flag.store(true, Ordering::Release);
        let task = match &*lock(&self.on_wake) {
            OnWake::Nobody => None,
            OnWake::Task(task) => Some(task.clone()),
        };
        task.iter().for_each(Waker::wake_by_ref);
    }
}

impl<T> Slot<T> {
    pub(crate) fn new(made_at: SourceLocation) -> Arc<Self> {
        Arc::new(Self {
            answer: AnswerSlot::new(),
            report: Arc::new(FutureReport::of_watched(made_at)),
            woken: Arc::new(Woken { flag: AtomicBool::new(true), on_wake: Mutex::new(OnWake::Nobody) }),
        })
    }

    /// Polls the future once, and keeps what came of it. A panic is kept as the answer and goes on.
    pub(crate) fn poll<F: Future<Output = T> + ?Sized>(&self, future: Pin<&mut F>) -> Poll<()>
    where
        T: 'static,
    {
        self.woken.flag.store(false, Ordering::Release);
        poll_watched(self, &Waker::from(Arc::clone(&self.woken)), future)
    }
}

pub(crate) fn poll_watched<T, F>(asked: &impl Asked<T>, waker: &Waker, future: Pin<&mut F>) -> Poll<()>
where
    T: 'static,
    F: Future<Output = T> + ?Sized,
{
    let mut cx = Context::from_waker(waker);
    let (polled, heard) = wait::listen(|| catch_unwind(AssertUnwindSafe(|| future.poll(&mut cx))));
    asked.report().set_waits(heard);
    match polled {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => {
            asked.report().note_output(&output);
            asked.answer().set(Answer::Ready(output));
            Poll::Ready(())
        }
        Err(payload) => {
            asked.answer().set(Answer::Panicked(panic_text(&*payload)));
            resume_unwind(payload)
        }
    }
}
