//! The calls of a finished scenario, and assertions on them. They are methods of the log, not of a fake: a misspelt one does
//! not compile, and none can run before the end. None returns a `bool` that could be ignored.

use std::{fmt, sync::Arc};

use super::{
    call::{AnyCall, Call},
    logged::{Log, LoggedCall},
    state::Shared,
    texts,
};
use crate::{guard, violation::Violation};

/// All calls of a finished scenario, in the order in which they came.
#[must_use = "assert on the log, or say that nothing more is asked of it: `let (.., _log) = ..`"]
pub struct CallLog {
    log: Log,
    shared: Arc<Shared>,
}

impl CallLog {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let log = std::mem::take(&mut shared.lock().log);
        Self { log, shared }
    }

    /// Asserts that the calls were exactly these, in this order: `log.assert_calls(&[&Get { .. }, &Put { .. }])`.
    ///
    /// # Panics
    /// With the text of [`check_calls`](Self::check_calls).
    #[track_caller]
    pub fn assert_calls(&self, calls: &[&dyn AnyCall]) {
        if let Err(violation) = self.check_calls(calls) {
            guard::raise(&violation);
        }
    }

    /// Checks that the calls were exactly these, in this order.
    ///
    /// # Errors
    /// If the log holds other calls, with the first that differs.
    pub fn check_calls(&self, calls: &[&dyn AnyCall]) -> Result<(), Violation> {
        let all: Vec<LoggedCall<'_>> = self.calls().collect();
        let differs = |at: &usize| match (all.get(*at), calls.get(*at)) {
            (Some(made), Some(call)) => !call.is_equal(made.call.as_any()),
            _ => true,
        };
        let longest = all.len().max(calls.len());
        match (0..longest).find(differs) {
            None => Ok(()),
            Some(at) => {
                let expected = calls.get(at).map(|call| call.text());
                Err(self.explain(texts::calls_differ(at + 1, expected, all.get(at).copied())))
            }
        }
    }

    /// Asserts that there were exactly `count` calls.
    ///
    /// # Panics
    /// With the text of [`check_call_count`](Self::check_call_count).
    #[track_caller]
    pub fn assert_call_count(&self, count: usize) {
        if let Err(violation) = self.check_call_count(count) {
            guard::raise(&violation);
        }
    }

    /// Checks that there were exactly `count` calls.
    ///
    /// # Errors
    /// If there were more calls, or fewer.
    pub fn check_call_count(&self, count: usize) -> Result<(), Violation> {
        let got = self.calls().count();
        if got == count { Ok(()) } else { Err(self.explain(texts::count_differs(count, got))) }
    }

    /// Asserts that exactly this call was made, at least once.
    ///
    /// # Panics
    /// With the text of [`check_called`](Self::check_called).
    #[track_caller]
    pub fn assert_called<C: Call>(&self, call: &C) {
        if let Err(violation) = self.check_called(call) {
            guard::raise(&violation);
        }
    }

    /// Checks that exactly this call was made, at least once.
    ///
    /// # Errors
    /// If the log does not hold it.
    pub fn check_called<C: Call>(&self, call: &C) -> Result<(), Violation> {
        let is_it = |made: LoggedCall<'_>| made.call.as_any().downcast_ref() == Some(call);
        if self.calls().any(is_it) {
            return Ok(());
        }
        Err(self.explain(texts::not_called(C::NAME, &format!("{call:?}"))))
    }

    /// Asserts that no call was made for which `predicate` holds.
    ///
    /// The predicate must hold for `must_match`: one that matches nothing proves nothing. Nor does an empty log.
    ///
    /// ```
    /// # use unplugged::fake::{self, Call};
    /// # #[derive(Debug, PartialEq)] struct Put { key: String }
    /// # impl Call for Put { type Reply = (); const NAME: &'static str = "Store::put"; }
    /// # let ((), log) = fake::scenario(|script| {
    /// #     script.expect(Put { key: "user".into() }).reply(());
    /// #     script.handle().call(Put { key: "user".into() });
    /// # });
    /// log.assert_never_called(&Put { key: "admin/root".into() }, |put| put.key.starts_with("admin/"));
    /// ```
    ///
    /// # Panics
    /// With the text of [`check_never_called`](Self::check_never_called).
    #[track_caller]
    pub fn assert_never_called<C: Call>(&self, must_match: &C, predicate: impl Fn(&C) -> bool) {
        if let Err(violation) = self.check_never_called(must_match, predicate) {
            guard::raise(&violation);
        }
    }

    /// Checks that no call was made for which `predicate` holds.
    ///
    /// # Errors
    /// If there was such a call, if `predicate` rejects `must_match`, or if the log is empty.
    pub fn check_never_called<C: Call>(
        &self,
        must_match: &C,
        predicate: impl Fn(&C) -> bool,
    ) -> Result<(), Violation> {
        if !predicate(must_match) {
            return Err(self.explain(texts::rejects_witness(C::NAME, &format!("{must_match:?}"))));
        }
        if self.log.len() == 0 {
            return Err(self.explain(texts::log_is_empty(C::NAME)));
        }
        let matches = |made: LoggedCall<'_>| made.call.as_any().downcast_ref().is_some_and(&predicate);
        match self.calls().enumerate().find(|(_, made)| matches(*made)) {
            None => Ok(()),
            Some((at, made)) => Err(self.explain(texts::was_called(at + 1, made))),
        }
    }

    fn explain(&self, fault: Violation) -> Violation {
        texts::with_log(fault, self.calls(), &self.shared.title())
    }

    /// Returns every call in order.
    fn calls(&self) -> impl Iterator<Item = LoggedCall<'_>> {
        self.log.iter()
    }
}

/// Lists the calls.
impl fmt::Debug for CallLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.calls().map(|made| made.text())).finish()
    }
}
