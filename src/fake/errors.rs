//! Errors that the code under test only logs: each must be taken, or the test fails.

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex},
};

use super::texts;
use crate::{
    guard::{self, VerdictGuard},
    sync::lock,
    violation::{SourceLocation, Violation},
};

/// An error as it is logged.
type Logged = Box<dyn Error + Send + Sync>;

/// A log of errors, which the test checks.
///
/// Dropping it fails the test if it still holds an error, or if it never gave out a [`sink`](Self::sink). Code that
/// logs after the end of the log panics. On a thread that is never joined, nothing shows that panic: join the thread.
///
/// ```
/// use unplugged::fake::{ErrorLog, ErrorSink};
///
/// fn read_config(errors: &ErrorSink) -> u32 {
///     "x".parse().unwrap_or_else(|error: std::num::ParseIntError| {
///         errors.log(error);
///         80
///     })
/// }
///
/// let errors = ErrorLog::new();
/// assert_eq!(read_config(&errors.sink()), 80);
/// assert_eq!(errors.take::<std::num::ParseIntError>().len(), 1);
/// ```
#[must_use = "dropping the log ends it"]
pub struct ErrorLog {
    shared: Arc<Shared>,
    _open: VerdictGuard,
}

/// The end of an [`ErrorLog`] that the code under test logs to. A clone logs to the same log.
#[derive(Clone)]
pub struct ErrorSink {
    shared: Arc<Shared>,
}

struct Shared {
    made_at: SourceLocation,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    errors: Vec<(Logged, SourceLocation)>,
    has_sink: bool,
    is_closed: bool,
}

impl ErrorLog {
    /// Makes an empty log.
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "a log is made on a line that a report can name")]
    pub fn new() -> Self {
        let shared = Arc::new(Shared { made_at: SourceLocation::caller(), state: Mutex::default() });
        let open = VerdictGuard::new("the error log made at", shared.made_at);
        Self { shared, _open: open }
    }

    /// Returns the end that the code under test logs to.
    #[must_use]
    pub fn sink(&self) -> ErrorSink {
        lock(&self.shared.state).has_sink = true;
        ErrorSink { shared: Arc::clone(&self.shared) }
    }

    /// Takes all errors of this type, in their order.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "that there is one is asserted already")]
    pub fn take<E: Error + 'static>(&self) -> Vec<E> {
        let taken = self.take_if(|error| error.is::<E>());
        let taken: Vec<E> =
            taken.into_iter().filter_map(|error| error.downcast().ok()).map(|error| *error).collect();
        if taken.is_empty() {
            guard::raise(&self.nothing(&format!("of type `{}`", std::any::type_name::<E>())));
        }
        taken
    }

    /// Takes all errors whose text, or that of a cause, holds `text`, in their order.
    ///
    /// # Panics
    /// If there is none, or if `text` is empty.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "that there is one is asserted already")]
    pub fn take_text(&self, text: &str) -> Vec<Box<dyn Error + Send + Sync>> {
        assert!(!text.is_empty(), "`take_text` needs a text: an empty one would take every error");
        let taken = self.take_if(|error| chain(error).contains(text));
        if taken.is_empty() {
            guard::raise(&self.nothing(&format!("with the text {text:?}")));
        }
        taken
    }

    /// Ends the log. Dropping it does the same.
    ///
    /// # Panics
    /// With the text of [`check_finished`](Self::check_finished).
    #[track_caller]
    pub fn finish(self) {
        if let Err(violation) = self.check_finished() {
            guard::raise(&violation);
        }
    }

    /// Ends the log, and returns the violation as a value.
    ///
    /// # Errors
    /// If an error is left in it, or if it never gave out a [`sink`](Self::sink).
    pub fn check_finished(self) -> Result<(), Violation> {
        self.end().map_or(Ok(()), Err)
    }

    /// Takes the errors for which `is_wanted` holds. Code of the user's runs with no lock held.
    fn take_if(&self, is_wanted: impl Fn(&(dyn Error + Send + Sync + 'static)) -> bool) -> Vec<Logged> {
        let all = std::mem::take(&mut lock(&self.shared.state).errors);
        let (wanted, mut rest): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(error, _)| is_wanted(&**error));
        let mut state = lock(&self.shared.state);
        rest.append(&mut state.errors);
        state.errors = rest;
        drop(state);
        wanted.into_iter().map(|(error, _)| error).collect()
    }

    fn nothing(&self, what: &str) -> Violation {
        self.with_errors(texts::nothing_to_take(what))
    }

    fn with_errors(&self, mut violation: Violation) -> Violation {
        let errors = std::mem::take(&mut lock(&self.shared.state).errors);
        for (error, logged_at) in &errors {
            violation = violation.with("error", format!("{}, from {logged_at}", chain(&**error)));
        }
        let mut state = lock(&self.shared.state);
        let newer = std::mem::replace(&mut state.errors, errors);
        state.errors.extend(newer);
        drop(state);
        violation
    }

    /// Closes the log once, and returns what is wrong with it.
    fn end(&self) -> Option<Violation> {
        let (was_closed, left, has_sink) = {
            let mut state = lock(&self.shared.state);
            (std::mem::replace(&mut state.is_closed, true), state.errors.len(), state.has_sink)
        };
        if !was_closed && !has_sink {
            return Some(texts::no_sink(self.shared.made_at));
        }
        if was_closed || left == 0 {
            return None;
        }
        Some(self.with_errors(texts::errors_left(left, self.shared.made_at)))
    }
}

impl Drop for ErrorLog {
    /// # Panics
    /// If an error is left, and no panic is under way.
    fn drop(&mut self) {
        if let Some(violation) = self.end() {
            guard::raise_in_drop(&violation);
        }
    }
}

impl ErrorSink {
    /// Logs an error.
    ///
    /// # Panics
    /// If the log has ended: the error would be lost.
    #[track_caller]
    pub fn log(&self, error: impl Into<Box<dyn Error + Send + Sync>>) {
        let (error, logged_at) = (error.into(), SourceLocation::caller());
        let mut state = lock(&self.shared.state);
        if state.is_closed {
            drop(state);
            let violation = texts::late_error(&chain(&*error), logged_at, self.shared.made_at);
            guard::raise(&violation);
        }
        state.errors.push((error, logged_at));
    }
}

/// Returns the text of an error and of its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Debug for ErrorLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorLog").field("left", &lock(&self.shared.state).errors.len()).finish()
    }
}

impl fmt::Debug for ErrorSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorSink").field("made_at", &self.shared.made_at).finish()
    }
}
