//! Which operation goes wrong, and how.

use std::{fmt, io, sync::Mutex};

use crate::sync::lock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Read,
    Write,
    Flush,
    Shutdown,
}

impl Operation {
    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Flush => "flush",
            Self::Shutdown => "shutdown",
        }
    }

    /// How it can go wrong.
    const fn ways(self) -> &'static [Way] {
        const RESET: Way = Way::Error(io::ErrorKind::ConnectionReset);
        const TIMED_OUT: Way = Way::Error(io::ErrorKind::TimedOut);
        match self {
            Self::Read | Self::Write => &[RESET, TIMED_OUT, Way::Cut, Way::Short],
            Self::Flush | Self::Shutdown => &[RESET],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Error(io::ErrorKind),
    Cut,
    Short,
}

/// One fault; or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case(Option<(Operation, usize, Way)>);

impl Case {
    pub(super) const NONE: Self = Self(None);
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((operation, number, way)) = self.0 else { return f.write_str("no fault") };
        write!(f, "{} {number} ", operation.word())?;
        match way {
            Way::Error(kind) => write!(f, "fails with {kind:?}"),
            Way::Cut => f.write_str("finds the connection cut"),
            Way::Short => f.write_str("takes one byte"),
        }
    }
}

/// Counts the operations of one run, and says which goes wrong.
#[derive(Debug)]
pub(super) struct Plan {
    case: Case,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they began, each with its number among its like.
    begun: Vec<(Operation, usize)>,
    under_way: Vec<(Operation, Option<Way>)>,
    struck: bool,
}

impl Plan {
    pub(super) fn new(case: Case) -> Self {
        Self { case, state: Mutex::default() }
    }

    /// An operation is polled: how it goes wrong, and whether this is its first poll.
    pub(super) fn polled(&self, operation: Operation) -> (Option<Way>, bool) {
        let mut state = lock(&self.state);
        if let Some((_, way)) = state.under_way.iter().find(|(known, _)| *known == operation) {
            return (*way, false);
        }
        let number = state.begun.iter().filter(|(known, _)| *known == operation).count() + 1;
        state.begun.push((operation, number));
        let way =
            self.case.0.filter(|(known, nth, _)| (*known, *nth) == (operation, number)).map(|(.., way)| way);
        state.struck |= way.is_some();
        state.under_way.push((operation, way));
        (way, true)
    }

    pub(super) fn ended(&self, operation: Operation) {
        lock(&self.state).under_way.retain(|(known, _)| *known != operation);
    }

    /// Returns whether what was to go wrong did.
    pub(super) fn is_done(&self) -> bool {
        self.case.0.is_none() || lock(&self.state).struck
    }

    pub(super) const fn case(&self) -> Case {
        self.case
    }

    /// All that could go wrong in this run.
    pub(super) fn cases(&self) -> Vec<Case> {
        let begun = lock(&self.state).begun.clone();
        let cases = begun.into_iter().flat_map(|(operation, number)| {
            operation.ways().iter().map(move |way| Case(Some((operation, number, *way))))
        });
        cases.collect()
    }
}
