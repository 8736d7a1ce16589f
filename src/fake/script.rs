//! The script of a scenario, and its lanes.

use std::{fmt, sync::Arc};

use super::{at::Place, call::Call, expect::Expect, expectation::Want, handle::FakeHandle, state::Shared};
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
        Expect::new(&self.shared, MAIN, Want::Exact(call), SourceLocation::caller())
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
        Expect::that(&self.shared, MAIN, words, &must_reject, predicate, SourceLocation::caller())
    }

    /// Expects that no call comes. An empty script must say so, and the code under test must hold a handle.
    #[track_caller]
    pub fn expect_no_calls(&self) {
        self.shared.lock().no_calls = Some(SourceLocation::caller());
    }

    /// Returns the lane of this name, for code that runs concurrently; the first use of a name adds it. The calls of one
    /// lane come in order, those of two lanes in any. Once the lane has given out a [`handle`](Lane::handle), its entries
    /// are for such handles only.
    #[track_caller]
    #[must_use]
    pub fn lane(&self, name: &'static str) -> Lane<'_> {
        let lane = self.shared.lane_named(name, SourceLocation::caller());
        Lane { shared: &self.shared, place: Place { lane, fake: None }, of_lane: Some(lane) }
    }

    /// Returns the part of the fake of this name: two fakes of one trait are told apart so, and keep one order.
    ///
    /// ```
    /// # use unplugged::fake::{self, Call, FakeHandle};
    /// # trait Store { fn get(&self, key: &str) -> u32; fn put(&self, key: &str, value: u32); }
    /// # #[derive(Debug, PartialEq)] struct Get { key: String }
    /// # impl Call for Get { type Reply = u32; const NAME: &'static str = "Store::get"; }
    /// # #[derive(Debug, PartialEq)] struct Put { key: String, value: u32 }
    /// # impl Call for Put { type Reply = (); const NAME: &'static str = "Store::put"; }
    /// # struct FakeStore(FakeHandle);
    /// # impl Store for FakeStore {
    /// #     fn get(&self, key: &str) -> u32 { self.0.call(Get { key: key.to_owned() }) }
    /// #     fn put(&self, key: &str, value: u32) { self.0.call(Put { key: key.to_owned(), value }) }
    /// # }
    /// fn back_up(source: &dyn Store, backup: &dyn Store) {
    ///     backup.put("k", source.get("k"));
    /// }
    ///
    /// let ((), _log) = fake::scenario(|script| {
    ///     let (source, backup) = (script.fake("source"), script.fake("backup"));
    ///     source.expect(Get { key: "k".into() }).reply(1);
    ///     backup.expect(Put { key: "k".into(), value: 1 }).reply(());
    ///     back_up(&FakeStore(source.handle()), &FakeStore(backup.handle()));
    /// });
    /// ```
    #[track_caller]
    #[must_use]
    pub fn fake(&self, name: &'static str) -> Lane<'_> {
        self.shared.lock().fakes.name(name, SourceLocation::caller());
        Lane { shared: &self.shared, place: Place { fake: Some(name), ..MAIN }, of_lane: None }
    }

    /// Makes the handle that a fake holds. Its calls may belong to any lane that has no handles of its own. Two fakes that
    /// are there at one time need a [name](Self::fake) each, unless they are of different traits and both are called.
    #[track_caller]
    #[must_use]
    pub fn handle(&self) -> FakeHandle {
        FakeHandle::new(&self.shared, None, None, SourceLocation::caller())
    }
}

/// The entries of the script that belong to no lane and no named fake.
const MAIN: Place = Place { lane: 0, fake: None };

/// A part of a [`Script`]: a lane with its own order, made by [`Script::lane`], or what concerns one of several fakes, made
/// by [`Script::fake`].
#[derive(Clone, Copy)]
pub struct Lane<'s> {
    shared: &'s Arc<Shared>,
    place: Place,
    /// The lane that its handles belong to; those of a named fake may belong to any.
    of_lane: Option<usize>,
}

impl<'s> Lane<'s> {
    /// Expects exactly this call next in this part.
    #[track_caller]
    pub fn expect<C: Call>(&self, call: C) -> Expect<'s, C> {
        Expect::new(self.shared, self.place, Want::Exact(call), SourceLocation::caller())
    }

    /// Expects a call next in this part for which `predicate` holds; see [`Script::expect_where`].
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
        Expect::that(self.shared, self.place, words, &must_reject, predicate, SourceLocation::caller())
    }

    /// Expects that no call of this part comes. The code under test must hold a handle of it.
    #[track_caller]
    pub fn expect_no_calls(&self) {
        let said_at = SourceLocation::caller();
        match self.place.fake {
            Some(fake) => self.shared.lock().fakes.expects_no_calls(fake, said_at),
            None => _ = self.shared.lane(self.place.lane).no_calls.set(said_at),
        }
    }

    /// Returns the part of the fake of this name, in this lane; see [`Script::fake`].
    #[track_caller]
    #[must_use]
    pub fn fake(&self, name: &'static str) -> Self {
        self.shared.lock().fakes.name(name, SourceLocation::caller());
        Self { place: Place { fake: Some(name), ..self.place }, ..*self }
    }

    /// Makes the handle of a fake whose calls all belong to this part.
    #[track_caller]
    #[must_use]
    pub fn handle(&self) -> FakeHandle {
        FakeHandle::new(self.shared, self.of_lane, self.place.fake, SourceLocation::caller())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&format_args!("{}", self.shared.title())).finish()
    }
}

impl fmt::Debug for Lane<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.place.fake.or(self.shared.lane(self.place.lane).name);
        f.debug_tuple("Lane").field(&name.unwrap_or_default()).finish()
    }
}
