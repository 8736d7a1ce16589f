//! Chapter 07: how long a connection waits. The page is `exercises/chapters/ch07_time.md`, the tests are
//! `exercises/tests/ch07_time.rs`: make them green one by one, in their order.
//!
//! ```text
//! a deadline     is set once, and nothing that the client sends moves it:     a head, a handler, a pause
//! an idle limit  begins again with every sign of life of the right direction: a body, a write
//! ```
//!
//! Nothing here sleeps, and nothing here asks a real clock. The connection of chapter 03 tells what it waits for,
//! asks when that ends, and is called then; you keep the time.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use unplugged::clock::Clock;

use crate::ch03_connection::{Phase, Timekeeper};

/// How long a connection waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a whole head, from its first byte; the first, from the connection's beginning. A deadline: then 408, or
    /// a plain close if nothing came.
    pub head: Duration,
    /// For more of a body. An idle limit: then 408.
    pub body_idle: Duration,
    /// For the first byte of the next request. Then a plain close.
    pub keep_alive_idle: Duration,
    /// For the handler, if at all. A deadline: then 503.
    pub handler: Option<Duration>,
    /// For the client to take more of what was written. An idle limit: then the connection is aborted.
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
/// Yours: what it holds. It decides nothing else: what a connection does when a limit is reached (408, 503, a close,
/// an abort) stands in chapter 03.
#[derive(Clone)]
pub struct Deadlines {}

impl Deadlines {
    /// The limits of a new connection, by this clock. Until it is told of a phase, it waits for nothing.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        exercise!(
            "ch07",
            "Deadlines::new(a clock at {:?}, {timeouts:?}): keep both; nothing is waited for yet",
            clock.system_time()
        )
    }
}

impl Timekeeper for Deadlines {
    /// A phase begins, and its limit with it: `head`, `body_idle`, `keep_alive_idle` or `handler`. The connection says
    /// it after every call; the phase that it is in already begins nothing anew. `Over` and `Write` have no limit: what
    /// counts for a write is whether it moves, and [`sent`](Timekeeper::sent) tells that in every phase.
    fn enter(&mut self, phase: Phase) {
        exercise!(
            "ch07",
            "Deadlines::enter({phase:?}): its limit begins now, unless it is in that phase already"
        )
    }

    /// Bytes came: a body's limit begins again. No other does.
    fn received(&mut self) {
        exercise!("ch07", "Deadlines::received(): the limit of a body begins again, and no other")
    }

    /// So many bytes have gone out since the connection began, and so many still wait to. While some wait, and `sent`
    /// stands still, the limit `write_stall` runs; it begins again whenever `sent` has moved, and ends with nothing
    /// left to send.
    fn sent(&mut self, sent: u64, unsent: usize) {
        exercise!("ch07", "Deadlines::sent({sent}, {unsent}): a stall runs while bytes wait and none go out")
    }

    /// When the first of the limits is reached: that of the phase, or that of the stall. A limit that is too far for
    /// an `Instant` is never reached.
    fn deadline(&self) -> Option<Instant> {
        exercise!(
            "ch07",
            "Deadlines::deadline(): the earlier of the phase's limit and the stall's; None if none runs"
        )
    }

    /// Which limit is reached at `now`, if one is: `Write` for a stall, and for any other the phase. A limit is reached
    /// at its instant, not before, and once: then it does not run any more. While bytes wait to go out, a connection
    /// is not `Idle`: its limit begins again.
    fn expired(&mut self, now: Instant) -> Option<Phase> {
        exercise!("ch07", "Deadlines::expired(at {now:?}): which limit is reached, if one is; each only once")
    }

    /// The wall clock's time as HTTP writes it, in Greenwich, two digits each for day, hour, minute, second:
    /// `Sun, 06 Nov 1994 08:49:37 GMT`. This one always knows it.
    fn date(&mut self) -> Option<String> {
        exercise!("ch07", "Deadlines::date(): the clock's system_time() as `Sun, 06 Nov 1994 08:49:37 GMT`")
    }
}

impl fmt::Debug for Deadlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines").finish_non_exhaustive()
    }
}
