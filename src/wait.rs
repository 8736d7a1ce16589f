//! The reasons why futures are pending: what a leaf waits for, and where it was made.
//!
//! A pending future says only "not yet". The kit's own leaves (timers, streams, promises) also say what they
//! wait for, to the watcher of that poll. That is how a [`Watch`](crate::outcome::Watch) can print
//! `timer `idle`, due at +30s, made at src/session.rs:12:9`. A leaf of your own joins in with [`report`].
//!
//! What a watcher knows comes from the last poll: a combinator that polls only the children that were woken
//! (`FuturesUnordered`) shows only those.

use std::{cell::RefCell, fmt, sync::Arc, time::Duration};

use crate::violation::SourceLocation;

/// One thing that a pending future waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    what: &'static str,
    name: Option<Arc<str>>,
    detail: Option<String>,
    due: Option<Duration>,
    made_at: SourceLocation,
    is_idle: bool,
}

impl Wait {
    /// Names a wait for `what` (as in "read from", "timer"), on a thing made at `made_at`.
    #[must_use]
    pub const fn new(what: &'static str, made_at: SourceLocation) -> Self {
        Self { what, name: None, detail: None, due: None, made_at, is_idle: false }
    }

    /// Adds the name of the thing.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        self.named_if(Some(name.into()))
    }

    pub(crate) fn named_if(self, name: Option<Arc<str>>) -> Self {
        Self { name, ..self }
    }

    /// Adds how far the thing has come, as in "step 2 of 5".
    #[must_use]
    pub fn detailed(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Sets whether a server may wait for it without an end.
    pub(crate) const fn idle(mut self, is_idle: bool) -> Self {
        self.is_idle = is_idle;
        self
    }

    #[cfg(feature = "tokio")]
    const fn is_idle(&self) -> bool {
        self.is_idle
    }

    /// Adds when the wait ends by itself, counted from the clock's start.
    #[must_use]
    pub const fn due(mut self, due: Duration) -> Self {
        self.due = Some(due);
        self
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, ", {detail}")?;
        }
        if let Some(due) = self.due {
            write!(f, ", due at +{due:?}")?;
        }
        write!(f, ", made at {}", self.made_at)
    }
}

thread_local! {
    /// The waits of the poll that is under way on this thread; `None` while none is watched.
    static WAITS: RefCell<Option<Vec<Wait>>> = const { RefCell::new(None) };
}

/// Tells the watcher of the poll under way, if there is one, what the caller is waiting for. A leaf calls this
/// whenever it returns `Poll::Pending`; `wait` runs only if there is one.
///
/// ```
/// use std::task::Poll;
/// use unplugged::{violation::SourceLocation, outcome, wait::{self, Wait}};
///
/// let made_at = SourceLocation::caller();
/// let door = std::future::poll_fn(move |_| -> Poll<()> {
///     wait::report(|| Wait::new("door", made_at));
///     Poll::Pending
/// });
/// let violation = outcome::watch(door).check_ready().unwrap_err();
/// assert!(violation.detail("waits").unwrap().starts_with("door, made at"));
/// ```
pub fn report(wait: impl FnOnce() -> Wait) {
    if WAITS.with_borrow(Option::is_some) {
        let wait = wait(); // while nothing is borrowed: it may do anything
        WAITS.with_borrow_mut(|waits| {
            if let Some(waits) = waits {
                waits.reserve_exact(usize::from(waits.is_empty())); // most futures wait for one thing
                waits.push(wait);
            }
        });
    }
}

/// Returns whether the poll that is under way is watched.
#[cfg(feature = "tokio")]
pub(crate) fn is_heard() -> bool {
    WAITS.with_borrow(Option::is_some)
}

/// Runs `poll` and returns what its leaves reported. Nests: an outer watcher gets nothing of an inner poll.
pub(crate) fn listen<R>(poll: impl FnOnce() -> R) -> (R, Vec<Wait>) {
    struct Restore(Option<Vec<Wait>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            WAITS.set(self.0.take());
        }
    }
    let restore = Restore(WAITS.replace(Some(Vec::new())));
    let result = poll();
    let heard = WAITS.take().unwrap_or_default();
    drop(restore);
    (result, heard)
}

/// A waiting task, as a report shows it.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) who: String,
    pub(crate) waits: Vec<Wait>,
    pub(crate) since: u64,
}

#[cfg(feature = "tokio")]
impl Waiting {
    /// A line for each wait.
    pub(crate) fn lines(&self) -> Vec<String> {
        let Self { who, waits, since } = self;
        let since = Duration::from_nanos(*since);
        if waits.is_empty() {
            return vec![format!("{who}: an unknown leaf, since +{since:?}")];
        }
        waits.iter().map(|wait| format!("{who}: {wait}, since +{since:?}")).collect()
    }

    /// Returns what it waits for, in one line.
    pub(crate) fn summary(&self) -> String {
        let waits: Vec<String> = self.waits.iter().map(ToString::to_string).collect();
        if waits.is_empty() { "an unknown leaf".into() } else { waits.join("; ") }
    }

    /// Returns whether it waits only for what a server may wait for without an end.
    pub(crate) fn is_idle(&self) -> bool {
        !self.waits.is_empty() && self.waits.iter().all(Wait::is_idle)
    }
}
