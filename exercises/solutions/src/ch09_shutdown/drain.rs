use std::time::{Duration, Instant};

/// Decides how a server ends: it accepts, then drains, then aborts what is left.
#[derive(Clone, Debug)]
pub struct Drain {
    limit: Duration,
    stage: Stage,
    open: usize,
    report: Report,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Accepting,
    /// Until this instant; `None` if that is too far to be one.
    Draining(Option<Instant>),
    Aborting,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many connections there were.
    pub accepted: u64,
    /// How many of them did not end by themselves.
    pub aborted: usize,
}

impl Drain {
    /// For a server that waits so long, once told to stop, for what is in flight.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { limit, stage: Stage::Accepting, open: 0, report: Report::default() }
    }

    /// There is one more connection.
    pub fn opened(&mut self) {
        self.open += 1;
        self.report.accepted += 1;
    }

    /// A connection has ended by itself.
    ///
    /// # Panics
    /// If none is open.
    pub fn closed(&mut self) {
        self.open = self.open.checked_sub(1).expect("a connection ended that was not open");
    }

    /// The server is told to stop. Told again, it does not wait any more.
    pub fn stop(&mut self, now: Instant) {
        self.stage = match self.stage {
            Stage::Accepting => Stage::Draining(now.checked_add(self.limit)),
            Stage::Draining(_) | Stage::Aborting => Stage::Aborting,
        };
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.stage {
            Stage::Draining(deadline) if self.open > 0 => deadline,
            _ => None,
        }
    }

    /// The deadline may have come. Too early does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.stage = Stage::Aborting;
        }
    }

    /// Whether new connections are welcome.
    #[must_use]
    pub fn is_accepting(&self) -> bool {
        self.stage == Stage::Accepting
    }

    /// How many connections are open.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.open
    }

    /// How it ended, once it has: nothing is open any more, or what is has to be aborted.
    #[must_use]
    pub fn outcome(&self) -> Option<Report> {
        match self.stage {
            Stage::Accepting => None,
            Stage::Draining(_) if self.open > 0 => None,
            Stage::Draining(_) | Stage::Aborting => Some(Report { aborted: self.open, ..self.report }),
        }
    }
}
