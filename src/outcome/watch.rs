//! `Watch`: asks a future how it went.

use std::{
    cell::OnceCell,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    answer::Answer,
    failure::is_err,
    future::Asked,
    settle::{Settle, Settled},
    texts,
};
use crate::{guard::OrRaise, violation::Violation};

/// The result of a future, as far as it has come. It owns the future: dropping a `Watch` drops it.
///
/// Each question has two forms: `assert_pending` panics with a complete text, and `check_pending` returns it as a value.
///
/// In an async test a watch can also be awaited, which gives the output away:
///
/// ```
/// use unplugged::{Sim, clock::{ClockExt, secs}};
///
/// let sim = Sim::new();
/// let (nap, clock) = (sim.watch(sim.clock().sleep(secs(3))), sim.clock());
/// sim.run(async move {
///     nap.await;
///     assert_eq!(clock.since_start(), secs(3));
/// });
/// ```
#[must_use = "dropping a `Watch` drops the future that it watches"]
pub struct Watch<T> {
    asked: Arc<dyn Asked<T>>,
    runner: Box<dyn Settle>,
    /// Its answer, once the test has asked.
    answer: OnceCell<Answer<T>>,
}

impl<T> Watch<T> {
    pub(crate) fn new(asked: Arc<dyn Asked<T>>, runner: Box<dyn Settle>) -> Self {
        Self { asked, runner, answer: OnceCell::new() }
    }

    /// Names the future, for failure texts.
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        self.asked.report().name(name.into());
        self
    }

    /// Allows an `Err` that the test does not look at. Without this word it is a violation at the end of the sim.
    ///
    /// ```
    /// use unplugged::Sim;
    ///
    /// Sim::new().run_test(async |sim| {
    ///     let _served = sim.watch(async { Err::<(), _>("the client left") }).ignore_result();
    ///     sim.settle().await;
    /// });
    /// ```
    pub fn ignore_result(self) -> Self {
        self.asked.report().ask();
        self
    }

    /// Panics unless the future is done, and its output is no `Err`. Returns the output.
    ///
    /// # Panics
    /// With the text of [`check_ready`](Self::check_ready).
    #[track_caller]
    pub fn assert_ready(&self) -> &T {
        self.check_ready().or_raise()
    }

    /// Panics unless the future is still pending.
    ///
    /// # Panics
    /// With the text of [`check_pending`](Self::check_pending).
    #[track_caller]
    pub fn assert_pending(&self) {
        self.check_pending().or_raise();
    }

    /// Gives the output away, also an `Err`. Panics unless the future is done.
    ///
    /// ```
    /// use unplugged::outcome;
    ///
    /// let lines: Vec<String> = outcome::watch(async { vec!["hello".to_owned()] }).into_output();
    /// assert_eq!(lines, ["hello"]);
    /// ```
    ///
    /// # Panics
    /// If the future is pending or panicked.
    #[track_caller]
    #[must_use]
    pub fn into_output(mut self) -> T {
        self.check_output().map(drop).or_raise();
        match self.answer.take() {
            Some(Answer::Ready(output)) => output,
            Some(Answer::Panicked(_)) | None => unreachable!("it is ready"),
        }
    }

    /// Returns the output, if the future is done.
    ///
    /// # Errors
    /// If it is pending, with what it waits for, if it panicked, or if its output is an `Err`: that is asked for with
    /// [`assert_failure`](Self::assert_failure) or [`into_output`](Self::into_output).
    pub fn check_ready(&self) -> Result<&T, Violation> {
        let output = self.check_output()?;
        match self.asked.report().failure() {
            Some(error) => Err(self.with_context(texts::ready_with_an_error(&self.label(), error))),
            None => Ok(output),
        }
    }

    /// Returns the output, whatever it is, if the future is done.
    fn check_output(&self) -> Result<&T, Violation> {
        let settled = self.runner.settle();
        match self.answer() {
            Some(Answer::Ready(output)) => Ok(output),
            Some(Answer::Panicked(text)) => {
                Err(self.with_context(texts::panicked(&self.label(), "finish", text)))
            }
            None => Err(self.still_pending("finished", settled)),
        }
    }

    /// Returns `Ok` if the future is still pending. Its later answer is untouched.
    ///
    /// # Errors
    /// If it is done or panicked. Also, in the body of an async test or in a callback of the clock, if it was woken and
    /// has not run since: then the answer is not known yet, and the sim must settle first.
    pub fn check_pending(&self) -> Result<(), Violation> {
        let settled = self.runner.settle();
        let label = self.label();
        let violation = match self.answer() {
            None if self.is_stale(settled) => texts::stale(&label, self.runner.when_to_ask()),
            None if self.asked.answer().is_done() => texts::taken(&label),
            None => return Ok(()),
            Some(Answer::Panicked(text)) => texts::panicked(&label, "stay pending", text),
            Some(Answer::Ready(_)) => texts::not_pending(&label),
        };
        Err(self.with_context(violation))
    }

    /// Returns true if the future is pending and can never be woken: its waker has no holder any more. The reverse is not
    /// claimed; a future can hold its own waker.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.runner.settle();
        self.lost()
    }

    /// The answer, if there is one. The test has seen it then.
    fn answer(&self) -> Option<&Answer<T>> {
        let answer = self.collected();
        answer.iter().for_each(|_| self.asked.report().ask());
        answer
    }

    /// The answer, if there is one; not counted as seen.
    fn collected(&self) -> Option<&Answer<T>> {
        if self.answer.get().is_none() {
            if let Some(answer) = self.asked.answer().take() {
                return Some(self.answer.get_or_init(|| answer));
            }
        }
        self.answer.get()
    }

    fn label(&self) -> String {
        self.asked.report().label()
    }

    fn lost(&self) -> bool {
        let is_pending = !self.asked.answer().is_done();
        is_pending && !self.asked.is_woken() && Arc::clone(&self.asked).holders() == 0
    }

    fn is_stale(&self, settled: Settled) -> bool {
        settled == Settled::NotHere && self.asked.is_woken() && !self.asked.answer().is_done()
    }

    fn still_pending(&self, wanted: &str, settled: Settled) -> Violation {
        let label = self.label();
        let violation = if self.is_stale(settled) {
            texts::stale(&label, self.runner.when_to_ask())
        } else if self.asked.answer().is_done() {
            texts::taken(&label)
        } else {
            let (waits, holders) = (self.asked.report().waits(), Arc::clone(&self.asked).holders());
            texts::pending(&label, wanted, &waits, holders, self.lost())
        };
        self.with_context(violation)
    }

    fn with_context(&self, violation: Violation) -> Violation {
        violation.with_all(self.runner.context())
    }
}

impl<T, E> Watch<Result<T, E>> {
    /// Panics unless the future succeeded. Returns its value.
    ///
    /// # Panics
    /// With the text of [`check_success`](Self::check_success).
    #[track_caller]
    pub fn assert_success(&self) -> &T
    where
        E: fmt::Debug,
    {
        self.check_success().or_raise()
    }

    /// Panics unless the future failed. Returns its error.
    ///
    /// # Panics
    /// With the text of [`check_failure`](Self::check_failure).
    #[track_caller]
    pub fn assert_failure(&self) -> &E
    where
        T: fmt::Debug,
    {
        self.check_failure().or_raise()
    }

    /// Returns the value, if the future succeeded.
    ///
    /// # Errors
    /// If it failed (with the error), is pending (with what it waits for), or panicked. Also if the value is an `Err`
    /// itself, as of a `JoinHandle` whose task failed: [`joined`](super::joined) takes the join error off.
    pub fn check_success(&self) -> Result<&T, Violation>
    where
        E: fmt::Debug,
    {
        let settled = self.runner.settle();
        match self.answer() {
            Some(Answer::Ready(Ok(value))) if is_err(value) => {
                let error = self.asked.report().failure();
                Err(self.with_context(texts::joined_a_failure(&self.label(), error)))
            }
            Some(Answer::Ready(Ok(value))) => Ok(value),
            Some(Answer::Ready(Err(error))) => Err(self.with_context(texts::failed(&self.label(), error))),
            Some(Answer::Panicked(text)) => {
                Err(self.with_context(texts::panicked(&self.label(), "succeed", text)))
            }
            None => Err(self.still_pending("succeeded", settled)),
        }
    }

    /// Returns the error, if the future failed.
    ///
    /// # Errors
    /// If it succeeded (with the value), is pending (with what it waits for), or panicked.
    pub fn check_failure(&self) -> Result<&E, Violation>
    where
        T: fmt::Debug,
    {
        let settled = self.runner.settle();
        match self.answer() {
            Some(Answer::Ready(Err(error))) => Ok(error),
            Some(Answer::Ready(Ok(value))) => Err(self.with_context(texts::succeeded(&self.label(), value))),
            Some(Answer::Panicked(text)) => {
                Err(self.with_context(texts::panicked(&self.label(), "fail", text)))
            }
            None => Err(self.still_pending("failed", settled)),
        }
    }
}

/// # Panics
/// If the future panicked, and if the output was given away before.
///
/// # Cancel safety
/// A `Watch` that is dropped drops its future; await `&mut watch` to keep it.
impl<T> Future for Watch<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.asked.answer().wake_when_done(cx.waker());
        self.runner.wake_also(cx.waker());
        let settled = self.runner.settle();
        match self.answer() {
            None if !self.asked.answer().is_done() => return Poll::Pending,
            Some(Answer::Ready(_)) => {}
            None => self.still_pending("finished", settled).raise(),
            Some(Answer::Panicked(text)) => {
                self.with_context(texts::panicked(&self.label(), "finish", text)).raise()
            }
        }
        match self.answer.take() {
            Some(Answer::Ready(output)) => Poll::Ready(output),
            Some(Answer::Panicked(_)) | None => unreachable!("it is ready"),
        }
    }
}

impl<T> Unpin for Watch<T> {}

impl<T> Drop for Watch<T> {
    fn drop(&mut self) {
        self.asked.abandon();
    }
}

impl<T> fmt::Debug for Watch<T> {
    /// Shows the state as it is, without polling.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.collected() {
            None if self.asked.answer().is_done() => "given away",
            None => "pending",
            Some(Answer::Ready(_)) => "ready",
            Some(Answer::Panicked(_)) => "panicked",
        };
        f.debug_struct("Watch")
            .field("future", &format_args!("{}", self.label()))
            .field("state", &format_args!("{state}"))
            .field("waits", &self.asked.report().waits())
            .finish()
    }
}
