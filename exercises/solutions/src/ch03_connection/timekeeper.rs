use std::time::Instant;

/// Decides when a connection has waited too long. The connection tells it what it waits for.
pub trait Timekeeper {
    /// Notes what the connection waits for. Called with the same phase many times; only a change restarts its limit.
    fn enter(&mut self, phase: Phase);

    /// Notes that bytes came.
    fn received(&mut self);

    /// Notes how many bytes were sent since the connection began, and how many still wait.
    fn sent(&mut self, sent: u64, unsent: usize);

    /// Returns the instant of the next limit.
    fn deadline(&self) -> Option<Instant>;

    /// Returns the phase whose limit is reached at `now`, if there is one.
    fn expired(&mut self, now: Instant) -> Option<Phase>;

    /// Returns the date for an answer, if it knows one.
    fn date(&mut self) -> Option<String>;
}

/// The phase of a connection: what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: a timekeeper has a limit for each")]
pub enum Phase {
    /// The rest of a head, or the first request of all.
    Head,
    /// The rest of a body.
    Body,
    /// The next request, after an answer.
    Idle,
    /// The handler.
    Handler,
    /// The client, which does not take what was written.
    Write,
    /// Nothing: the connection is over.
    Over,
}

/// A timekeeper without limits.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "complete: it has no fields")]
pub struct Timeless;

impl Timekeeper for Timeless {
    fn enter(&mut self, _phase: Phase) {}
    fn received(&mut self) {}
    fn sent(&mut self, _sent: u64, _unsent: usize) {}
    fn deadline(&self) -> Option<Instant> {
        None
    }
    fn expired(&mut self, _now: Instant) -> Option<Phase> {
        None
    }
    fn date(&mut self) -> Option<String> {
        None
    }
}
