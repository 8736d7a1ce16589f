//! `RunOutcome`: how a run of the code under test came to its end.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{calls::Call, texts};
use crate::{
    guard::{self, VerdictGuard},
    violation::{SourceLocation, Violation},
};

/// How a run of the code under test came to its end: with an exit, a return, a panic, or against the rules.
///
/// It must be asked. Asking does not consume, so asking twice gives the same answer twice.
///
/// # Panics
/// When it is dropped unasked, unless the thread already panics.
#[must_use = "a run that nobody asks about shows nothing: `assert_code`, or `assert_returned`"]
pub struct RunOutcome<T> {
    how: How<T>,
    made_at: SourceLocation,
    /// The end of what it wrote to its standard error.
    stderr: Option<String>,
    asked: AtomicBool,
    _open: VerdictGuard,
}

pub(super) enum How<T> {
    Exited(Call),
    Returned(T),
    Panicked(String),
    Fault(Violation),
}

impl<T> RunOutcome<T> {
    pub(super) fn new(how: How<T>, made_at: SourceLocation, stderr: Option<String>) -> Self {
        let open = VerdictGuard::new("a run whose fake exit was made at", made_at);
        Self { how, made_at, stderr, asked: AtomicBool::new(false), _open: open }
    }

    /// Returns the code that the run exited with.
    ///
    /// ```
    /// use unplugged::inject::FakeExit;
    ///
    /// let ended = FakeExit::run(|_exit| ());
    /// assert_eq!(ended.check_exited().unwrap_err().headline(), "the code did not exit: it returned");
    /// ```
    ///
    /// # Errors
    /// If it returned without an exit, panicked, or broke a rule: called the exit twice, swallowed it, gave a
    /// code that no Unix parent can see.
    pub fn check_exited(&self) -> Result<i32, Violation> {
        self.exited("exit").map(|call| call.code)
    }

    /// Returns `Ok` if the run exited with exactly `want`.
    ///
    /// # Errors
    /// Those of [`check_exited`](Self::check_exited), and another code.
    pub fn check_code(&self, want: i32) -> Result<(), Violation> {
        let call = self.exited(&format!("exit with {want}"))?;
        if call.code == want { Ok(()) } else { Err(self.told(texts::wrong_code(call, want))) }
    }

    /// Panics unless the run exited with exactly `want`.
    ///
    /// # Panics
    /// With the text of [`check_code`](Self::check_code).
    #[track_caller]
    pub fn assert_code(&self, want: i32) {
        if let Err(violation) = self.check_code(want) {
            guard::raise(&violation);
        }
    }

    /// Returns what the run returned: its exit was never called.
    ///
    /// ```
    /// use unplugged::inject::FakeExit;
    ///
    /// assert_eq!(FakeExit::run(|_exit| "done").check_returned()?, &"done");
    /// let ended = FakeExit::run(|exit| { if exit.is_real() { return } exit.exit(3) });
    /// assert_eq!(ended.check_returned().unwrap_err().headline(), "the code did not return: it exited with 3");
    /// # Ok::<(), unplugged::violation::Violation>(())
    /// ```
    ///
    /// # Errors
    /// If it exited, panicked, or broke a rule.
    pub fn check_returned(&self) -> Result<&T, Violation> {
        match self.ask() {
            How::Returned(value) => Ok(value),
            How::Exited(call) => Err(self.told(texts::exited_instead(*call))),
            How::Panicked(text) => Err(self.told(texts::panicked_instead("return", text))),
            How::Fault(violation) => Err(self.told(violation.clone())),
        }
    }

    /// Panics unless the run returned; gives what it returned.
    ///
    /// # Panics
    /// With the text of [`check_returned`](Self::check_returned).
    #[track_caller]
    pub fn assert_returned(&self) -> &T {
        match self.check_returned() {
            Ok(value) => value,
            Err(violation) => guard::raise(&violation),
        }
    }

    fn exited(&self, wanted: &str) -> Result<Call, Violation> {
        match self.ask() {
            How::Exited(call) => Ok(*call),
            How::Returned(_) => Err(self.told(texts::returned_instead(wanted, self.made_at))),
            How::Panicked(text) => Err(self.told(texts::panicked_instead(wanted, text))),
            How::Fault(violation) => Err(self.told(violation.clone())),
        }
    }

    /// Adds what the code said about it.
    fn told(&self, violation: Violation) -> Violation {
        self.stderr.iter().fold(violation, |violation, said| violation.with_before_next("stderr", said))
    }

    fn ask(&self) -> &How<T> {
        self.asked.store(true, Ordering::Relaxed);
        &self.how
    }
}

impl<T> Drop for RunOutcome<T> {
    fn drop(&mut self) {
        if !*self.asked.get_mut() {
            guard::raise_in_drop(&texts::unasked(&self.how.to_string(), self.made_at));
        }
    }
}

impl<T> fmt::Display for How<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(call) => write!(f, "it exited with {}", call.code),
            Self::Returned(_) => f.write_str("it returned"),
            Self::Panicked(text) => write!(f, "it panicked: {text}"),
            Self::Fault(violation) => write!(f, "{violation}"),
        }
    }
}

impl<T> fmt::Debug for RunOutcome<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunOutcome({})", self.how)
    }
}
