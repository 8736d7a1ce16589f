//! Things that an audit finds at the end of a test, and the registry of what it must look at.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{sync::lock, violation::SourceLocation};

/// A thing that is left over: an entry of an [`Audit`](crate::sim::Audit). Prints as
/// `` `client` 10.0.0.1:49152 to 10.0.0.2:80: open, since +2ms, made at src/main.rs:41:10 ``.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leftover {
    /// The kind of the thing.
    pub kind: LeftoverKind,
    pub(crate) host: Option<Arc<str>>,
    pub(crate) what: String,
    /// Since when it is there, counted from the clock's start: when it was made, or of a task, when it ran last.
    pub since: Duration,
    /// Where it was made. A connection that was not accepted was made by the code that connected.
    pub made_at: Option<SourceLocation>,
}

/// The kind of a [`Leftover`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LeftoverKind {
    /// A timer of the sim's clock that waits, in the foreground.
    Timer,
    /// Bytes or datagrams that have arrived at a socket or a pipe and were not read.
    Unread,
    /// A connection that waits to be accepted.
    Unaccepted,
    /// An end of a connection or of a pipe that is still held.
    OpenEnd,
    /// A socket that outlived the crash of its host and is still held.
    Orphan,
    /// A task that waits for something that must come to an end.
    Task,
    /// A spawned task whose output was an `Err`. The test may have looked at it through the `JoinHandle`: the kit cannot
    /// see that.
    Failed,
    /// A failure, or the answer of a watch, that the test has not looked at.
    Unobserved,
}

impl LeftoverKind {
    /// Returns its label in a failure text.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Unread => "unread",
            Self::Unaccepted => "queued",
            Self::OpenEnd => "open",
            Self::Orphan => "orphan",
            Self::Task => "task",
            Self::Failed => "failed",
            Self::Unobserved => "unobserved",
        }
    }
}

impl Leftover {
    /// Returns the name of its host. Timers, pipes and tasks of the sim itself have none.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
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

/// Something that is made while a sim runs, and that may be left over.
pub(crate) trait MayBeLeft: Send + Sync {
    /// Returns what of it is left over; nothing once it is gone for good.
    fn leftovers(&self) -> Vec<Leftover>;
}

/// The things that the audit of one sim must look at. Clones are the same registry.
#[derive(Clone)]
pub(crate) struct Registry(Arc<Shared>);

struct Shared {
    now: Box<dyn Fn() -> Duration + Send + Sync>,
    things: Mutex<Things>,
}

#[derive(Default)]
struct Things {
    things: Vec<Box<dyn MayBeLeft>>,
    /// With so many, those that are gone are removed.
    sweep_at: usize,
}

thread_local! {
    /// The registry of the sim that runs on this thread just now.
    static CURRENT: RefCell<Option<Registry>> = const { RefCell::new(None) };
}

/// Registers a thing, made at the instant that the closure gets, with the sim that runs on this thread.
pub(crate) fn register(thing: impl FnOnce(Duration) -> Box<dyn MayBeLeft>) {
    if let Some(registry) = CURRENT.with_borrow(Clone::clone) {
        registry.add(thing);
    }
}

/// Until it is dropped, things register with this registry. Nests.
pub(crate) struct Registering(Option<Registry>);

impl Drop for Registering {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Registry {
    pub(crate) fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { now: Box::new(now), things: Mutex::default() }))
    }

    pub(crate) fn start(&self) -> Registering {
        Registering(CURRENT.replace(Some(self.clone())))
    }

    fn add(&self, thing: impl FnOnce(Duration) -> Box<dyn MayBeLeft>) {
        let thing = thing((self.0.now)());
        let is_full = {
            let mut things = lock(&self.0.things);
            things.things.push(thing);
            things.things.len() > things.sweep_at
        };
        if is_full {
            self.leftovers();
        }
    }

    /// Returns what of all that was registered is left over, in its order, and forgets the rest.
    pub(crate) fn leftovers(&self) -> Vec<Leftover> {
        let mut things = std::mem::take(&mut lock(&self.0.things).things); // asked under no lock
        let mut left = Vec::new();
        things.retain(|thing| {
            let before = left.len();
            left.extend(thing.leftovers());
            left.len() > before
        });
        let mut state = lock(&self.0.things);
        things.append(&mut state.things);
        state.sweep_at = 2 * things.len() + 64; // so that each costs a few steps
        state.things = things;
        left
    }
}
