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

use crate::{
    fault::Place,
    sync::lock,
    wait::{self, Wait},
};

/// What the watch and the future share.
pub(crate) struct Slot<T> {
    pub(super) answer: OnceLock<Answer<T>>,
    pub(super) label: Arc<Mutex<Label>>,
    pub(super) waits: Arc<Mutex<Vec<Wait>>>,
    pub(super) woken: Arc<Woken>,
}

/// What a report says of a future, whatever its type.
#[cfg(feature = "tokio")]
pub(crate) struct Report {
    label: Arc<Mutex<Label>>,
    waits: Arc<Mutex<Vec<Wait>>>,
}

#[cfg(feature = "tokio")]
impl Report {
    pub(crate) fn of<T>(slot: &Slot<T>) -> Self {
        Self { label: Arc::clone(&slot.label), waits: Arc::clone(&slot.waits) }
    }

    pub(crate) fn of_task(made_at: Place) -> Self {
        let label = Label { kind: "task spawned", name: None, made_at };
        Self { label: Arc::new(Mutex::new(label)), waits: Arc::default() }
    }

    pub(crate) fn set_waits(&self, waits: Vec<Wait>) {
        *lock(&self.waits) = waits;
    }

    pub(crate) fn label(&self) -> String {
        lock(&self.label).to_string()
    }

    pub(crate) fn waits(&self) -> Vec<Wait> {
        lock(&self.waits).clone()
    }
}

/// How a future ended.
pub(crate) enum Answer<T> {
    Ready(T),
    Panicked(String),
}

#[derive(Clone)]
pub(crate) struct Label {
    kind: &'static str,
    pub(super) name: Option<Arc<str>>,
    pub(super) made_at: Place,
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
    Call(Box<dyn Fn() + Send + Sync>),
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
            OnWake::Call(call) => {
                call();
                None
            }
        };
        task.iter().for_each(Waker::wake_by_ref);
    }
}

impl<T> Slot<T> {
    pub(crate) fn new(made_at: Place) -> Arc<Self> {
        Arc::new(Self {
            answer: OnceLock::new(),
            label: Arc::new(Mutex::new(Label { kind: "future watched", name: None, made_at })),
            waits: Arc::default(),
            woken: Arc::new(Woken { flag: AtomicBool::new(true), on_wake: Mutex::new(OnWake::Nobody) }),
        })
    }

    /// How many wakers there are through which the future can still be woken.
    pub(super) fn holders(&self) -> usize {
        Arc::strong_count(&self.woken) - 1
    }

    pub(crate) fn label(&self) -> String {
        lock(&self.label).to_string()
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.answer.get().is_none()
    }

    pub(crate) fn waits(&self) -> Vec<Wait> {
        lock(&self.waits).clone()
    }

    /// Polls the future once, and keeps what came of it. A panic is kept as the answer and goes on.
    pub(crate) fn poll<F: Future<Output = T> + ?Sized>(&self, future: Pin<&mut F>) -> Poll<()> {
        self.woken.flag.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut cx = Context::from_waker(&waker);
        let (polled, heard) = wait::listen(|| catch_unwind(AssertUnwindSafe(|| future.poll(&mut cx))));
        *lock(&self.waits) = heard;
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => {
                let _first = self.answer.set(Answer::Ready(output));
                Poll::Ready(())
            }
            Err(payload) => {
                let _first = self.answer.set(Answer::Panicked(panic_text(&*payload)));
                resume_unwind(payload)
            }
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
