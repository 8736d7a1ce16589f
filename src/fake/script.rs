//! The script of a scenario, and its lanes.

use std::{fmt, sync::Arc};

use super::{
    call::Call,
    expect::Expect,
    expectation::Want,
    handle::FakeHandle,
    state::{self, Shared},
};
use crate::violation::SourceLocation;

/// The calls that a scenario expects, in order, and their replies.
///
/// [`scenario`](super::scenario) makes it and lends it to the body. Every entry expects exactly one call, unless it
/// says how many.
pub struct Script {
    pub(super) shared: Arc<Shared>,
}

impl Script {
    /// Expects exactly this call next. The reply comes after.
    #[track_caller]
    pub fn expect<C: Call>(&self, call: C) -> Expect<'_, C> {
        Expect::new(&self.shared, 0, Want::Exact(call), SourceLocation::caller())
    }

    /// Expects a call next for which `predicate` holds. A report shows `words` for it.
    ///
    /// The predicate must reject `must_reject`: a predicate that accepts everything checks nothing.
    ///
    /// ```
    /// # use unplugged::fake::{self, Call};
    /// # #[derive(Debug, PartialEq)]
    /// # struct Put { key: String }
    /// # impl Call for Put { type Reply = (); const NAME: &'static str = "Store::put"; }
    /// let ((), _log) = fake::scenario(|script| {
    ///     let elsewhere = Put { key: "/etc/passwd".into() };
    ///     script.expect_where("below /tmp", elsewhere, |put| put.key.starts_with("/tmp/")).reply(());
    ///     script.handle().call(Put { key: "/tmp/a".into() });
    /// });
    /// ```
    ///
    /// # Panics
    /// If the predicate accepts `must_reject`.
    #[track_caller]
    pub fn expect_where<C: Call>(
        &self,
        words: &'static str,
        must_reject: C,
        predicate: impl Fn(&C) -> bool + Send + Sync + 'static,
    ) -> Expect<'_, C> {
        Expect::that(&self.shared, 0, words, &must_reject, predicate, SourceLocation::caller())
    }

    /// Expects that no call comes. An empty script must say so, and the code under test must hold a handle.
    #[track_caller]
    pub fn expect_no_calls(&self) {
        self.shared.lock().no_calls = Some(SourceLocation::caller());
    }

    /// Adds a lane, for code that runs concurrently. The calls of one lane come in order, those of two lanes in any.
    #[track_caller]
    #[must_use]
    pub fn lane(&self, name: &'static str) -> Lane<'_> {
        let lane = self.shared.lanes.push(state::Lane::new(Some(name), SourceLocation::caller()));
        Lane { shared: &self.shared, lane }
    }

    /// Makes the handle that a fake holds. Its calls may belong to any lane.
    #[track_caller]
    #[must_use]
    pub fn handle(&self) -> FakeHandle {
        FakeHandle::new(&self.shared, None, SourceLocation::caller())
    }
}

/// A part of a [`Script`] with its own order; made by [`Script::lane`].
#[derive(Clone, Copy)]
pub struct Lane<'s> {
    shared: &'s Arc<Shared>,
    lane: usize,
}

impl<'s> Lane<'s> {
    /// Expects exactly this call next in this lane.
    #[track_caller]
    pub fn expect<C: Call>(&self, call: C) -> Expect<'s, C> {
        Expect::new(self.shared, self.lane, Want::Exact(call), SourceLocation::caller())
    }

    /// Expects a call next in this lane for which `predicate` holds; see [`Script::expect_where`].
    ///
    /// # Panics
    /// If the predicate accepts `must_reject`.
    #[track_caller]
    pub fn expect_where<C: Call>(
        &self,
        words: &'static str,
        must_reject: C,
        predicate: impl Fn(&C) -> bool + Send + Sync + 'static,
    ) -> Expect<'s, C> {
        Expect::that(self.shared, self.lane, words, &must_reject, predicate, SourceLocation::caller())
    }

    /// Expects that no call of this lane comes.
    #[track_caller]
    pub fn expect_no_calls(&self) {
        let _first = self.shared.lane(self.lane).no_calls.set(SourceLocation::caller());
    }

    /// Makes the handle of a fake whose calls all belong to this lane.
    #[track_caller]
    #[must_use]
    pub fn handle(&self) -> FakeHandle {
        FakeHandle::new(self.shared, Some(self.lane), SourceLocation::caller())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&format_args!("{}", self.shared.title())).finish()
    }
}

impl fmt::Debug for Lane<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lane").field(&self.shared.lane(self.lane).name).finish()
    }
}
