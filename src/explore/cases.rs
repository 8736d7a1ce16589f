//! Numbered cases of a search, one after the other.

use std::fmt;

use super::{case::Failure, environment::Entry, explored::Explored, progress::Progress, texts};
use crate::guard;

/// The cases of a search, from 1, in an order that begins with the smallest.
pub(super) struct Cases<'a> {
    entry: &'a Entry,
    what: &'static str,
    /// The only one to run, if the environment says so.
    only: Option<usize>,
    ran: usize,
    progress: Progress,
}

impl<'a> Cases<'a> {
    #[track_caller]
    pub(super) fn begin(entry: &'a Entry, what: &'static str) -> Self {
        let only = entry.variable("UNPLUGGED_CASE");
        Self { entry, what, only, ran: 0, progress: Progress::begin(entry.search) }
    }

    /// Returns whether this case is to run.
    pub(super) fn wants(&self, number: usize) -> bool {
        self.only.is_none_or(|only| only == number)
    }

    /// Counts a case that ran. One that failed runs `again`, to see whether the case is to blame.
    ///
    /// # Panics
    /// If it failed.
    #[track_caller]
    pub(super) fn ran(
        &mut self,
        number: usize,
        of: Option<usize>,
        case: impl fmt::Display,
        result: Result<(), Failure>,
        again: impl FnOnce() -> Result<(), Failure>,
    ) {
        if let Err(failure) = result {
            let replay = self.entry.replay("UNPLUGGED_CASE", number);
            guard::raise(&texts::case_fails(
                self.entry.search,
                number,
                of,
                &case,
                failure.again(again),
                replay,
            ));
        }
        self.ran += 1;
        self.progress.tell(self.ran, of, self.what);
    }

    /// Counts the run that showed which cases there are; it is the first of them. It is needed for the others and
    /// runs with any of them.
    ///
    /// # Panics
    /// If it failed.
    #[track_caller]
    pub(super) fn first(
        &mut self,
        of: usize,
        case: impl fmt::Display,
        result: Result<(), Failure>,
        again: impl FnOnce() -> Result<(), Failure>,
    ) {
        if self.wants(1) || result.is_err() {
            self.ran(1, result.is_ok().then_some(of), case, result, again);
        }
    }

    /// Runs each of a list that is known.
    #[track_caller]
    pub(super) fn all_of<C: fmt::Display>(
        &mut self,
        cases: &[C],
        mut run: impl FnMut(&C) -> Result<(), Failure>,
    ) {
        for (index, case) in cases.iter().enumerate() {
            if self.wants(index + 1) {
                let result = run(case);
                self.ran(index + 1, Some(cases.len()), case, result, || run(case));
            }
        }
        self.must_exist(cases.len());
    }

    /// # Panics
    /// If there is no case at all, or not the one that was asked for.
    #[track_caller]
    pub(super) fn must_exist(&self, of: usize) {
        if self.ran == 0 {
            guard::raise(&texts::no_case(self.entry.search, self.only, of));
        }
    }

    pub(super) fn end(self) -> Explored {
        Explored::report(self.entry.search, self.ran, self.what, self.only.is_none(), None)
    }
}
