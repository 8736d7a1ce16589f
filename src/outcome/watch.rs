//! `Watch`: asks a future how it went, as often as you like.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex},
};

use super::{
    future::{Answer, Asked, Slot},
    texts,
};
use crate::{
    clock::FakeClock,
    sync::lock,
    violation::{OrRaise, SourceLocation, Violation},
};

/// The result of a future, as far as it has come. Owns the future: dropping a `Watch` drops it.
///
/// Each question has two forms: one that panics with a text that says all (`assert_pending`), and one that
/// returns the same as a value (`pending`).
#[must_use = "dropping a `Watch` drops the future that it watches"]
pub struct Watch<T> {
    asked: Arc<dyn Asked<T>>,
    runner: Runner,
}

/// Who polls the watched future.
pub(crate) enum Runner {
    /// A clock, as time moves, and at each question.
    Clock(FakeClock),
    /// The watch itself, at each question; or a sim, as time moves.
    Other(Rc<dyn Settle>),
}

/// What a question does before it looks at the answer.
pub(crate) trait Settle {
    /// Lets the future go on as far as it can.
    fn settle(&self) -> Settled;
    /// What to do about a question that was asked where nothing can be settled.
    fn when_to_ask(&self) -> &'static str {
        "let the world settle before you ask: `sim.settle().await`"
    }
    /// More lines for a failure text.
    fn context(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// Whether everything that could run did run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    Yes,
    /// Somebody else is running, and must settle first.
    NotHere,
}

/// Watches a future that belongs to no clock: it is polled at each question, if it was woken since.
///
/// ```
/// use unplugged::outcome;
///
/// let watch = outcome::watch(async { "12".parse::<u32>() });
/// assert_eq!(watch.assert_success(), &12);
/// ```
#[track_caller]
pub fn watch<F: Future + 'static>(future: F) -> Watch<F::Output> {
    let slot = Slot::new(SourceLocation::caller());
    let by_hand = TestConnection { slot: Arc::clone(&slot), future: Mutex::new(Some(Box::pin(future))) };
    Watch::new(slot, Runner::Other(Rc::new(by_hand)))
}

struct TestConnection<F: Future> {
    slot: Arc<Slot<F::Output>>,
    future: Mutex<Option<Pin<Box<F>>>>,
}

impl<F: Future> Settle for TestConnection<F> {
    /// Polls for as long as the future wakes itself at once, within bounds.
    fn settle(&self) -> Settled {
        const LIMIT: u32 = 10_000;
        // Taken out while it runs: a future that asks its own watch finds nothing to poll.
        let Some(mut future) = lock(&self.future).take() else { return Settled::Yes };
        let mut polls = 0;
        while self.slot.is_woken() {
            if self.slot.poll(future.as_mut()).is_ready() {
                return Settled::Yes;
            }
            polls += 1;
            if polls > LIMIT {
                *lock(&self.future) = Some(future);
                texts::busy(&self.slot.report().label(), LIMIT).raise();
            }
        }
        *lock(&self.future) = Some(future);
        Settled::Yes
    }
}

impl<T> Watch<T> {
    pub(crate) fn new(asked: Arc<dyn Asked<T>>, runner: Runner) -> Self {
        Self { asked, runner }
    }

    /// Names the future, for failure texts.
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        self.asked.report().name(name.into());
        self
    }

    /// The output, if the future is done.
    ///
    /// # Errors
    /// If it is pending, with what it waits for, or if it panicked.
    pub fn ready(&self) -> Result<&T, Violation> {
        let settled = self.settle();
        match self.answer() {
            Some(Answer::Ready(output)) => Ok(output),
            Some(Answer::Panicked(text)) => {
                Err(self.with_context(texts::panicked(&self.asked.report().label(), "finish", text)))
            }
            None => Err(self.still_pending("finished", settled)),
        }
    }

    /// Panics unless the future is done; gives its output.
    ///
    /// # Panics
    /// With the text of [`ready`](Self::ready).
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "an assertion is also of use without its value")]
    pub fn assert_ready(&self) -> &T {
        self.ready().or_raise()
    }

    /// Nothing, if the future is still pending. Its later answer is untouched.
    ///
    /// # Errors
    /// If it is done or panicked; and, in the body of an async test or in a callback of the clock, if it was woken
    /// and has not run since: then nobody can know yet, and the world must settle first.
    pub fn pending(&self) -> Result<(), Violation> {
        let settled = self.settle();
        let label = self.asked.report().label();
        let violation = match self.answer() {
            None if self.is_stale(settled) => texts::stale(&label, self.runner().when_to_ask()),
            None => return Ok(()),
            Some(Answer::Panicked(text)) => texts::panicked(&label, "stay pending", text),
            Some(Answer::Ready(_)) => texts::not_pending(&label),
        };
        Err(self.with_context(violation))
    }

    /// Panics unless the future is still pending.
    ///
    /// # Panics
    /// With the text of [`pending`](Self::pending).
    #[track_caller]
    pub fn assert_pending(&self) {
        self.pending().or_raise();
    }

    /// True if the future is pending and can never be woken: nobody has its waker any more. The reverse is not
    /// claimed; a future can hold its own waker.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.settle();
        self.lost()
    }

    fn answer(&self) -> Option<&Answer<T>> {
        let answer = self.asked.answer().get();
        answer.iter().for_each(|_| self.asked.report().ask());
        answer
    }

    fn lost(&self) -> bool {
        let is_pending = self.asked.answer().get().is_none(); // which is no look at the answer
        is_pending && !self.asked.is_woken() && Arc::clone(&self.asked).holders() == 0
    }

    fn runner(&self) -> &dyn Settle {
        match &self.runner {
            Runner::Clock(clock) => clock,
            Runner::Other(runner) => &**runner,
        }
    }

    fn settle(&self) -> Settled {
        self.runner().settle()
    }

    fn is_stale(&self, settled: Settled) -> bool {
        settled == Settled::NotHere && self.asked.is_woken()
    }

    fn still_pending(&self, wanted: &str, settled: Settled) -> Violation {
        let label = self.asked.report().label();
        if self.is_stale(settled) {
            return self.with_context(texts::stale(&label, self.runner().when_to_ask()));
        }
        let violation = texts::pending(
            &label,
            wanted,
            &self.asked.report().waits(),
            Arc::clone(&self.asked).holders(),
            self.lost(),
        );
        self.with_context(violation)
    }

    fn with_context(&self, mut violation: Violation) -> Violation {
        for (label, text) in self.runner().context() {
            violation = violation.with(label, text);
        }
        violation
    }
}

impl<T, E> Watch<Result<T, E>> {
    /// The value, if the future succeeded.
    ///
    /// # Errors
    /// If it failed (with the error), is pending (with what it waits for), or panicked.
    pub fn success(&self) -> Result<&T, Violation>
    where
        E: fmt::Debug,
    {
        let settled = self.settle();
        let label = self.asked.report().label();
        match self.answer() {
            Some(Answer::Ready(Ok(value))) => Ok(value),
            Some(Answer::Ready(Err(error))) => Err(self.with_context(texts::failed(&label, error))),
            Some(Answer::Panicked(text)) => Err(self.with_context(texts::panicked(&label, "succeed", text))),
            None => Err(self.still_pending("succeeded", settled)),
        }
    }

    /// The error, if the future failed.
    ///
    /// # Errors
    /// If it succeeded (with the value), is pending (with what it waits for), or panicked.
    pub fn failure(&self) -> Result<&E, Violation>
    where
        T: fmt::Debug,
    {
        let settled = self.settle();
        let label = self.asked.report().label();
        match self.answer() {
            Some(Answer::Ready(Err(error))) => Ok(error),
            Some(Answer::Ready(Ok(value))) => Err(self.with_context(texts::succeeded(&label, value))),
            Some(Answer::Panicked(text)) => Err(self.with_context(texts::panicked(&label, "fail", text))),
            None => Err(self.still_pending("failed", settled)),
        }
    }

    /// Panics unless the future succeeded; gives its value.
    ///
    /// # Panics
    /// With the text of [`success`](Self::success).
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "an assertion is also of use without its value")]
    pub fn assert_success(&self) -> &T
    where
        E: fmt::Debug,
    {
        self.success().or_raise()
    }

    /// Panics unless the future failed; gives its error.
    ///
    /// # Panics
    /// With the text of [`failure`](Self::failure).
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "an assertion is also of use without its value")]
    pub fn assert_failure(&self) -> &E
    where
        T: fmt::Debug,
    {
        self.failure().or_raise()
    }
}

impl<T> Drop for Watch<T> {
    fn drop(&mut self) {
        self.asked.abandon();
    }
}

impl<T> fmt::Debug for Watch<T> {
    /// Shows the state as it is, without polling.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.asked.answer().get() {
            None => "pending",
            Some(Answer::Ready(_)) => "ready",
            Some(Answer::Panicked(_)) => "panicked",
        };
        f.debug_struct("Watch")
            .field("future", &format_args!("{}", self.asked.report().label()))
            .field("state", &format_args!("{state}"))
            .field("waits", &self.asked.report().waits())
            .finish()
    }
}
