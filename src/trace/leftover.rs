//! What is still there at the end.

use std::{fmt, sync::Arc, time::Duration};

use crate::violation::SourceLocation;

/// Something that is still there: an entry of an [`Audit`](crate::sim::Audit). Prints as
/// `` `client` 10.0.0.1:49152 to 10.0.0.2:80: open, since +2ms, made at src/main.rs:41:10 ``.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    pub(crate) kind: LeftoverKind,
    pub(crate) host: Option<Arc<str>>,
    pub(crate) what: String,
    pub(crate) since: Duration,
    pub(crate) made_at: Option<SourceLocation>,
}

/// Something that is made while a record is kept, and that may be left over.
pub(crate) trait MayBeLeft: Send + Sync {
    /// What of it is left over; nothing once it is gone for good.
    fn leftovers(&self) -> Vec<Leftover>;
}

/// What kind of thing is left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LeftoverKind {
    /// A timer of the sim's clock that waits, in the foreground.
    Timer,
    /// Bytes or datagrams that have arrived at a socket or a pipe, and that nobody has read.
    Unread,
    /// A connection that waits to be accepted.
    Unaccepted,
    /// An end of a connection or of a pipe that somebody holds.
    OpenEnd,
    /// A socket that outlived the crash of its host, and that somebody holds.
    Orphan,
    /// A task that waits for more than a server may wait for for ever.
    Task,
    /// A failure, or an answer, that nobody has looked at.
    Unobserved,
}

impl LeftoverKind {
    /// How it is labelled in a failure text.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Unread => "unread",
            Self::Unaccepted => "queued",
            Self::OpenEnd => "open",
            Self::Orphan => "orphan",
            Self::Task => "task",
            Self::Unobserved => "unobserved",
        }
    }
}

impl Leftover {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> LeftoverKind {
        self.kind
    }

    /// The name of the host that it belongs to; of timers, pipes and tasks of the sim's own nobody knows it.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Since when, counted from the clock's start: when it was made, or of a task, when it ran last.
    #[must_use]
    pub const fn since(&self) -> Duration {
        self.since
    }

    /// Where it was made. A connection that nobody has accepted was made by who connected.
    #[must_use]
    pub const fn made_at(&self) -> Option<SourceLocation> {
        self.made_at
    }
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = &self.host {
            write!(f, "`{host}` ")?;
        }
        write!(f, "{}, since +{:?}", self.what, self.since)?;
        match self.made_at {
            Some(place) => write!(f, ", made at {place}"),
            None => Ok(()),
        }
    }
}
