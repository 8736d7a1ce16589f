// caught-by: t21_an_answer_that_is_still_going_out_is_not_idleness
// instead-of: ch07_time/mod.rs
// Idle since the answer was written, and not since the client has it.
//! Chapter 07: time. What a connection waits for, and how long.
//!
//! There are two kinds of limits. A *deadline* is set once, and nothing that the client sends moves it: the head has
//! one, because else a client that sends a byte a minute holds a connection for ever. An *idle limit* begins again
//! with every sign of life: a body has one, and a write, because large ones may take as long as they need.
//!
//! Nothing here sleeps. The connection asks when it should be called, and is called.

mod date;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use unplugged::clock::Clock;

use self::date::Dates;
use crate::ch03_connection::{Phase, Timekeeper};

/// How long a connection waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a limit for each phase: a new phase wants a decision")]
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
#[derive(Clone)]
pub struct Deadlines {
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
    phase: Phase,
    deadline: Option<Instant>,
    stall: Option<Stall>,
    dates: Dates,
}

/// The client takes nothing.
#[derive(Clone, Copy, Debug)]
struct Stall {
    deadline: Instant,
    /// What it had taken when that began.
    sent: u64,
}

impl Deadlines {
    /// The limits of a new connection, by this clock.
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
            // What counts for a write is the stall, which any phase can have.
            Phase::Write | Phase::Over => None,
        }
    }

    /// When a limit is reached that begins now. One too far for an `Instant` never is.
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
