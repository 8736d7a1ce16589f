//! A future that is polled on behalf of a watch: it keeps the answer, hears what its leaves wait for, and
//! counts who could still wake it.

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

#[cfg(feature = "tokio")]
use crate::trace::Subject;
use crate::{
    sync::lock,
    violation::SourceLocation,
    wait::{self, Wait},
};

/// A future that is polled on behalf of a watch, as that sees it.
pub(crate) trait Asked<T> {
    fn answer(&self) -> &OnceLock<Answer<T>>;
    fn report(&self) -> &Report;
    /// True if it was woken since it was last polled (or never polled at all).
    fn is_woken(&self) -> bool;
    /// How many wakers there are through which it can still be woken.
    fn holders(self: Arc<Self>) -> usize;
    /// Its watch is dropped.
    fn abandon(&self) {}
}

/// What the watch and the future share, if the future may not be sent between threads.
pub(crate) struct Slot<T> {
    answer: OnceLock<Answer<T>>,
    report: Arc<Report>,
    pub(super) woken: Arc<Woken>,
}

impl<T> Asked<T> for Slot<T> {
    fn answer(&self) -> &OnceLock<Answer<T>> {
        &self.answer
    }

    fn report(&self) -> &Report {
        &self.report
    }

    fn is_woken(&self) -> bool {
        self.woken.is_set()
    }

    fn holders(self: Arc<Self>) -> usize {
        Arc::strong_count(&self.woken) - 1
    }
}

/// What can be said of a future, whatever its type.
pub(crate) struct Report {
    known: Mutex<(Label, Vec<Wait>)>,
    /// Somebody has looked at the answer.
    is_asked: AtomicBool,
}

impl Report {
    const fn new(kind: &'static str, made_at: SourceLocation) -> Self {
        let known = Mutex::new((Label { kind, name: None, made_at }, Vec::new()));
        Self { known, is_asked: AtomicBool::new(false) }
    }

    pub(super) const fn of_watched(made_at: SourceLocation) -> Self {
        Self::new("future watched", made_at)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn of<T>(slot: &Slot<T>) -> Arc<Self> {
        Arc::clone(&slot.report)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn of_task(made_at: SourceLocation) -> Arc<Self> {
        Arc::new(Self::new("task spawned", made_at))
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn subject(&self) -> Subject {
        let label = &lock(&self.known).0;
        Subject::Made { name: label.name.clone(), made_at: label.made_at }
    }

    pub(super) fn ask(&self) {
        self.is_asked.store(true, Ordering::Relaxed);
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn given_name(&self) -> Option<Arc<str>> {
        lock(&self.known).0.name.clone()
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn made_at(&self) -> SourceLocation {
        lock(&self.known).0.made_at
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

/// How a future ended.
pub(crate) enum Answer<T> {
    Ready(T),
    Panicked(String),
}

struct Label {
    kind: &'static str,
    name: Option<Arc<str>>,
    made_at: SourceLocation,
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "`{name}`"),
            None => write!(f, "the {} at {}", self.kind, self.made_at),
        }
    }
}

/// The waker of a watched future: remembers the wake, and passes it on to whoever polls.
pub(crate) struct Woken {
    flag: AtomicBool,
    on_wake: Mutex<OnWake>,
}

/// Who is told of a wake.
pub(crate) enum OnWake {
    Nobody,
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "made by `sim`"))]
    Task(Waker),
}

impl Woken {
    /// True if it was woken since it was last polled (or never polled at all).
    pub(crate) fn is_set(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    #[cfg(feature = "tokio")]
    fn tell(&self, whom: OnWake) {
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
            answer: OnceLock::new(),
            report: Arc::new(Report::of_watched(made_at)),
            woken: Arc::new(Woken { flag: AtomicBool::new(true), on_wake: Mutex::new(OnWake::Nobody) }),
        })
    }

    /// Polls the future once, and keeps what came of it. A panic is kept as the answer and goes on.
    pub(crate) fn poll<F: Future<Output = T> + ?Sized>(&self, future: Pin<&mut F>) -> Poll<()> {
        self.woken.flag.store(false, Ordering::Release);
        poll(self, &Waker::from(Arc::clone(&self.woken)), future)
    }
}

pub(super) fn poll<T, F>(asked: &impl Asked<T>, waker: &Waker, future: Pin<&mut F>) -> Poll<()>
where
    F: Future<Output = T> + ?Sized,
{
    let mut cx = Context::from_waker(waker);
    let (polled, heard) = wait::listen(|| catch_unwind(AssertUnwindSafe(|| future.poll(&mut cx))));
    asked.report().set_waits(heard);
    match polled {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => {
            let _first = asked.answer().set(Answer::Ready(output));
            Poll::Ready(())
        }
        Err(payload) => {
            let _first = asked.answer().set(Answer::Panicked(panic_text(&*payload)));
            resume_unwind(payload)
        }
    }
}

/// What a panic said, if it said it as text.
pub(crate) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}

/// A watched future for a foreign executor: to that, it is a task like any other.
#[cfg(feature = "tokio")]
pub(crate) struct Watched<F: Future> {
    pub(crate) slot: Arc<Slot<F::Output>>,
    pub(crate) future: Pin<Box<F>>,
}

#[cfg(feature = "tokio")]
impl<F: Future> Future for Watched<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.slot.woken.tell(OnWake::Task(cx.waker().clone()));
        if !this.slot.woken.is_set() {
            return Poll::Pending;
        }
        this.slot.poll(this.future.as_mut())
    }
}

#[cfg(feature = "tokio")]
impl<F: Future> Unpin for Watched<F> {}
