//! Chapter 07: how long a connection waits. The page is `exercises/chapters/ch07_time.md`, the tests are
//! `exercises/tests/ch07_time.rs`: make them green one by one, in their order.
//!
//! ```text
//! a deadline     is set once, and nothing that the client sends moves it:  a head, a handler, a pause
//! an idle limit  restarts whenever bytes move in the right direction:      a body, a write
//! ```
//!
//! Nothing here sleeps, and nothing here reads a real clock. The connection of chapter 03 says what it waits for, asks
//! for the deadline, and is called then. You keep the time.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use unplugged::clock::Clock;

use crate::ch03_connection::{Phase, Timekeeper};

/// The time limits of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The limit for a whole head, from its first byte; for the first head, from the beginning of the connection. A
    /// deadline: then 408, or a close without an answer if nothing came.
    pub head: Duration,
    /// The limit for the next bytes of a body. An idle limit: then 408.
    pub body_idle: Duration,
    /// The limit for the first byte of the next request. Then a close without an answer.
    pub keep_alive_idle: Duration,
    /// The limit for the handler, if there is one. A deadline: then 503.
    pub handler: Option<Duration>,
    /// The limit for the client to take more bytes. An idle limit: then the connection is aborted.
    pub write_stall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(60),
            body_idle: Duration::from_secs(30),
            keep_alive_idle: Duration::from_secs(75),
            handler: None,
            write_stall: Duration::from_secs(60),
        }
    }
}

/// Keeps the time of one connection.
///
/// You decide what it holds. It only keeps the time: chapter 03 decides what a connection does when a limit is reached
/// (408, 503, a close, an abort).
#[derive(Clone)]
pub struct Deadlines {}

impl Deadlines {
    /// Creates the limits of a new connection, on this clock. Before the first phase, no limit runs.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        exercise!(
            "ch07",
            "Deadlines::new(a clock at {:?}, {timeouts:?}): keep both; no limit runs yet",
            clock.system_time()
        )
    }
}

impl Timekeeper for Deadlines {
    /// Begins a phase and its limit: `head`, `body_idle`, `keep_alive_idle` or `handler`. The connection calls it after
    /// every call; the same phase again restarts nothing. `Over` and `Write` have no limit here: a write is limited by
    /// its progress, which [`sent`](Timekeeper::sent) reports in every phase.
    fn enter(&mut self, phase: Phase) {
        exercise!(
            "ch07",
            "Deadlines::enter({phase:?}): its limit begins now, unless it is in that phase already"
        )
    }

    /// Notes that bytes came: restarts the limit of a body, and no other.
    fn received(&mut self) {
        exercise!("ch07", "Deadlines::received(): restart the limit of a body, and no other")
    }

    /// Notes how many bytes were sent since the connection began, and how many still wait. While bytes wait and `sent`
    /// stays the same, the limit `write_stall` runs. It restarts whenever `sent` has changed, and ends when nothing
    /// waits.
    fn sent(&mut self, sent: u64, unsent: usize) {
        exercise!(
            "ch07",
            "Deadlines::sent({sent}, {unsent}): a stall runs while bytes wait and none are sent"
        )
    }

    /// Returns the earlier of the phase's limit and the stall's. A limit that is too far for an `Instant` is never
    /// reached.
    fn deadline(&self) -> Option<Instant> {
        exercise!(
            "ch07",
            "Deadlines::deadline(): the earlier of the phase's limit and the stall's; None if none runs"
        )
    }

    /// Returns the limit that is reached at `now`, if there is one: `Write` for a stall, otherwise the phase. A limit
    /// is reached at its instant, not before, and only once: then it no longer runs. A connection with unsent bytes is
    /// not `Idle`: restart that limit.
    fn expired(&mut self, now: Instant) -> Option<Phase> {
        exercise!(
            "ch07",
            "Deadlines::expired(at {now:?}): the limit that is reached, if there is one; each only once"
        )
    }

    /// Returns the wall clock's time in HTTP's format, in GMT, with two digits each for day, hour, minute and second:
    /// `Sun, 06 Nov 1994 08:49:37 GMT`. Never `None`.
    fn date(&mut self) -> Option<String> {
        exercise!("ch07", "Deadlines::date(): the clock's system_time() as `Sun, 06 Nov 1994 08:49:37 GMT`")
    }
}

impl fmt::Debug for Deadlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines").finish_non_exhaustive()
    }
}
