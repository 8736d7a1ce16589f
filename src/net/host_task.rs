//! A task of a host, and what reports say of it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    sync::lock,
    violation::SourceLocation,
    wait::{Wait, Waiting},
};

/// How the polls of tasks are watched for panics, also for one that a task forwards (`resume_unwind` calls no hook).
#[derive(Clone, Copy)]
pub(crate) struct PanicWatch {
    /// How many panics this thread has noted.
    pub(crate) noted: fn() -> u64,
    /// A poll has ended that met panics after so many, or unwinds with this payload, of the task of this name.
    pub(crate) ended: fn(u64, Option<&(dyn Any + Send)>, &str),
}

impl PanicWatch {
    pub(crate) fn watch<R>(self, poll: impl FnOnce() -> R, task: impl FnOnce() -> String) -> R {
        let noted = (self.noted)();
        let polled = catch_unwind(AssertUnwindSafe(poll));
        if polled.is_err() || (self.noted)() != noted {
            (self.ended)(noted, polled.as_ref().err().map(|payload| &**payload), &task());
        }
        polled.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

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
