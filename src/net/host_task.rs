//! A task of a host, and what reports say of it.

use std::sync::{
    Mutex, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    sync::lock,
    violation::SourceLocation,
    wait::{Wait, Waiting},
};

/// A task of a host, as reports name it.
pub(super) struct Known {
    pub(super) made_at: SourceLocation,
    /// [`Host::start`](super::Host::start) has spawned it: it may run without an end.
    pub(super) is_start: bool,
    /// The waits of its last run, and when that was.
    pub(super) waits: Mutex<Vec<Wait>>,
    pub(super) ran: AtomicU64,
    /// The text of its output, if that was an `Err`.
    pub(super) failure: OnceLock<String>,
}

impl Known {
    pub(super) fn label(&self, host: &str) -> String {
        format!("the task of `{host}` spawned at {}", self.made_at)
    }

    pub(super) fn error(&self) -> &str {
        self.failure.get().map_or("", String::as_str)
    }

    pub(super) fn waiting(&self, host: &str) -> Waiting {
        Waiting {
            who: self.label(host),
            waits: lock(&self.waits).clone(),
            since: self.ran.load(Ordering::Relaxed),
        }
    }
}
