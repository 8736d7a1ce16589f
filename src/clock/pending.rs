//! `PendingTimer`: an entry in the list of what waits.

use std::{fmt, sync::Arc, time::Duration};

use unplugged_seam::__private::TimerLabel as Label;

use crate::{nanos::Offset, violation::SourceLocation};

/// A sleep or a callback that waits: an entry of [`FakeClock::pending`](super::FakeClock::pending). Prints as
/// ``timer `idle`, due at +30s, made at src/session.rs:12:9``.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingTimer {
    kind: &'static str,
    name: Option<Arc<str>>,
    /// When it is due, counted from the clock's start.
    pub due: Duration,
    /// Since when it waits, counted from the clock's start: when it was made, or a repeating one called last.
    pub since: Duration,
    /// The place where it was made.
    pub made_at: SourceLocation,
    /// `run_until_idle` does not wait for it.
    pub is_background: bool,
}

impl PendingTimer {
    /// An entry for a timer that waits since `since` until `due`, in nanoseconds from the start.
    pub(super) fn new(due: u64, since: u64, label: &Label) -> Self {
        Self {
            kind: label.kind(),
            name: label.name().cloned(),
            due: Duration::from_nanos(due),
            since: Duration::from_nanos(since),
            made_at: label.made_at.into(),
            is_background: label.background,
        }
    }

    /// Everything except the place.
    pub(crate) fn what(&self) -> String {
        let name = self.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        let background = if self.is_background { ", in the background" } else { "" };
        format!("{}{name}, due at {}{background}", self.kind, Offset(self.due))
    }

    /// Returns its name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl fmt::Display for PendingTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, made at {}", self.what(), self.made_at)
    }
}
