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
    /// Waits until this instant; `None` if the limit is too far for an `Instant`.
    Draining(Option<Instant>),
    Aborting,
}

/// The report about a server's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The number of connections.
    pub accepted: u64,
    /// The number of connections that did not end by themselves.
    pub aborted: usize,
}

impl Drain {
    /// Creates the drain of a server that waits this long for requests in flight, once told to stop.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { limit, stage: Stage::Accepting, open: 0, report: Report::default() }
    }

    /// Counts one more connection.
    pub fn opened(&mut self) {
        self.open += 1;
        self.report.accepted += 1;
    }

    /// Counts a connection that has ended by itself.
    ///
    /// # Panics
    /// If none is open.
    pub fn closed(&mut self) {
        self.open = self.open.checked_sub(1).expect("a connection ended that was not open");
    }

    /// Stops the server. A second stop ends the wait.
    pub fn stop(&mut self, now: Instant) {
        self.stage = match self.stage {
            Stage::Accepting => Stage::Draining(now.checked_add(self.limit)),
            Stage::Draining(_) | Stage::Aborting => Stage::Aborting,
        };
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.stage {
            Stage::Draining(deadline) if self.open > 0 => deadline,
            _ => None,
        }
    }

    /// Aborts what is left if the deadline has come. A call before it does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.stage = Stage::Aborting;
        }
    }

    /// Returns `true` until the server is told to stop.
    #[must_use]
    pub fn is_accepting(&self) -> bool {
        self.stage == Stage::Accepting
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.open
    }

    /// Returns the report, once the server ends: nothing is open, or the rest must be aborted.
    #[must_use]
    pub fn outcome(&self) -> Option<Report> {
        match self.stage {
            Stage::Accepting => None,
            Stage::Draining(_) if self.open > 0 => None,
            Stage::Draining(_) | Stage::Aborting => Some(Report { aborted: self.open, ..self.report }),
        }
    }
}
