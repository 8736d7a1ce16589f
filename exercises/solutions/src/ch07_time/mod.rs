//! Chapter 07: time. What a connection waits for, and how long.
//!
//! There are two kinds of limits. A *deadline* is set once, and nothing that the client sends moves it: the head has
//! one, because otherwise a client that sends a byte a minute holds a connection without end. An *idle limit* restarts
//! whenever bytes move: a body and a write have one, because large ones may take as long as they need.
//!
//! Nothing here sleeps. The connection asks for the deadline, and is called then.

mod date;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use unplugged::clock::Clock;

use self::date::Dates;
use crate::ch03_connection::{Phase, Timekeeper};

/// The time limits of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a limit for each phase: a new phase wants a decision")]
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
#[derive(Clone)]
pub struct Deadlines {
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
    phase: Phase,
    deadline: Option<Instant>,
    stall: Option<Stall>,
    dates: Dates,
}

/// A stall: the client takes nothing.
#[derive(Clone, Copy, Debug)]
struct Stall {
    deadline: Instant,
    /// The number of bytes that it had taken when the stall began.
    sent: u64,
}

impl Deadlines {
    /// Creates the limits of a new connection, on this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        Self { clock, timeouts, phase: Phase::Over, deadline: None, stall: None, dates: Dates::default() }
    }

    fn limit(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Head => Some(self.timeouts.head),
            Phase::Body => Some(self.timeouts.body_idle),
            Phase::Idle => Some(self.timeouts.keep_alive_idle),
            Phase::Handler => self.timeouts.handler,
            // A write is limited by its stall, which any phase can have.
            Phase::Write | Phase::Over => None,
        }
    }

    /// Returns the instant of a limit that begins now. A limit that is too far for an `Instant` is never reached.
    fn starting_now(&self, limit: Option<Duration>) -> Option<Instant> {
        let limit = limit?;
        self.clock.now().checked_add(limit)
    }
}

impl Timekeeper for Deadlines {
    fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.deadline = self.starting_now(self.limit(phase));
        }
    }

    fn received(&mut self) {
        if self.phase == Phase::Body {
            self.deadline = self.starting_now(Some(self.timeouts.body_idle));
        }
    }

    fn sent(&mut self, sent: u64, unsent: usize) {
        self.stall = match self.stall {
            _ if unsent == 0 => None,
            Some(stall) if stall.sent == sent => Some(stall),
            _ => {
                let deadline = self.starting_now(Some(self.timeouts.write_stall));
                deadline.map(|deadline| Stall { deadline, sent })
            }
        };
    }

    fn deadline(&self) -> Option<Instant> {
        let stall = self.stall.map(|stall| stall.deadline);
        self.deadline.into_iter().chain(stall).min()
    }

    fn expired(&mut self, now: Instant) -> Option<Phase> {
        if self.stall.is_some_and(|stall| stall.deadline <= now) {
            self.stall = None;
            return Some(Phase::Write);
        }
        self.deadline.filter(|deadline| *deadline <= now)?;
        if self.phase == Phase::Idle && self.stall.is_some() {
            // Not idle: the client still takes the answer.
            self.deadline = self.starting_now(Some(self.timeouts.keep_alive_idle));
            return None;
        }
        self.deadline = None;
        Some(self.phase)
    }

    fn date(&mut self) -> Option<String> {
        Some(self.dates.of(self.clock.system_time()))
    }
}

impl fmt::Debug for Deadlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines")
            .field("timeouts", &self.timeouts)
            .field("phase", &self.phase)
            .field("is_stalled", &self.stall.is_some())
            .finish_non_exhaustive()
    }
}
