use std::time::Instant;

/// Says when a connection has waited too long. Told what the connection waits for, asked when that ends.
pub trait Timekeeper {
    /// The connection waits for this now. Said again and again; only a change begins anew.
    fn enter(&mut self, phase: Phase);

    /// Bytes came, of whatever the connection waits for.
    fn received(&mut self);

    /// So many bytes have gone out since the connection began, and so many still wait to.
    fn sent(&mut self, sent: u64, unsent: usize);

    /// When the first of the limits is reached.
    fn deadline(&self) -> Option<Instant>;

    /// Which limit is reached at `now`, if one is.
    fn expired(&mut self, now: Instant) -> Option<Phase>;

    /// The date for an answer, if it knows one.
    fn date(&mut self) -> Option<String>;
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: a timekeeper must have a limit for each")]
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
    /// Nothing any more.
    Over,
}

/// Waits for ever.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "complete: it has nothing in it")]
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
