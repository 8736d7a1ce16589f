//! The builder of one expectation.

use std::{fmt, future::Future, marker::PhantomData};

use super::{
    at::{At, Place},
    call::{Call, ErasedCall},
    expectation::{Expectation, Reply, Want},
    state::{Shared, Step},
    texts,
};
use crate::violation::SourceLocation;

/// An expectation that still needs its reply. Without a reply it is a violation: none is ever invented.
#[must_use = "an expectation needs a reply: end it with `.reply(..)` or `.reply_with(..)`"]
pub struct Expect<'s, C: Call> {
    slot: Slot<'s, C>,
}

/// An expectation of several calls that still needs its reply.
#[must_use = "an expectation needs a reply: end it with `.reply(..)` or `.reply_with(..)`"]
pub struct ExpectSeveral<'s, C: Call> {
    slot: Slot<'s, C>,
}

/// An expectation that still needs its upper bound.
#[must_use = "an unknown count needs both bounds: go on with `.at_most(n)`"]
pub struct ExpectAtLeastOnce<'s, C: Call> {
    slot: Slot<'s, C>,
}

/// A step of a script with the type of its call.
struct Slot<'s, C: Call> {
    step: &'s Step,
    call: PhantomData<fn() -> C>,
}

impl<'s, C: Call> Expect<'s, C> {
    pub(super) fn new(shared: &'s Shared, place: Place, want: Want<C>, scripted_at: SourceLocation) -> Self {
        let Place { lane, fake } = place;
        let step = shared.lane(lane).steps.push(Step::new(Expectation::new(want), fake, scripted_at));
        Self { slot: Slot { step: shared.step(At { lane, step }), call: PhantomData } }
    }

    #[track_caller]
    pub(super) fn that(
        shared: &'s Shared,
        place: Place,
        words: &'static str,
        must_reject: &C,
        predicate: impl Fn(&C) -> bool + Send + Sync + 'static,
        scripted_at: SourceLocation,
    ) -> Self {
        if predicate(must_reject) {
            let fault = texts::vacuous(words, must_reject.name(), &must_reject.text(), scripted_at);
            shared.record(fault.clone());
            shared.lock().raised.push(fault.headline().to_owned());
            fault.raise();
        }
        Self::new(shared, place, Want::Matches(words, Box::new(predicate)), scripted_at)
    }

    /// Expects the call exactly `n` times in a row.
    ///
    /// # Panics
    /// If `n` is zero.
    #[track_caller]
    pub fn times(self, n: u32) -> ExpectSeveral<'s, C> {
        assert!(n > 0, "`times(0)` expects nothing: leave the entry out");
        self.slot.bound(n, n)
    }

    /// Expects the call once or more often in a row. The upper bound comes next.
    pub fn at_least_once(self) -> ExpectAtLeastOnce<'s, C> {
        ExpectAtLeastOnce { slot: self.slot }
    }

    /// Replies with this value.
    pub fn reply(self, reply: C::Reply)
    where
        C::Reply: Send,
    {
        self.slot.reply(Reply::Once(Box::new(move |_| reply)));
    }

    /// Replies with the value that `reply` makes from the call.
    pub fn reply_with(self, reply: impl FnOnce(&C) -> C::Reply + Send + 'static) {
        self.slot.reply(Reply::Once(Box::new(reply)));
    }

    /// Replies when `reply` is ready, for example a [`Promised`](crate::outcome::Promised). Only
    /// [`FakeHandle::call_async`](super::FakeHandle::call_async) can wait for it.
    pub fn reply_async(self, reply: impl Future<Output = C::Reply> + Send + 'static) {
        self.slot.reply(Reply::Later(Box::pin(reply)));
    }

    /// Panics with `text` instead of a reply, as a collaborator with a bug does.
    pub fn reply_panic(self, text: impl Into<String>) {
        self.slot.reply(Reply::Panic(text.into()));
    }
}

impl<'s, C: Call> ExpectAtLeastOnce<'s, C> {
    /// Expects the call at most `n` times in a row.
    ///
    /// # Panics
    /// If `n` is zero.
    #[track_caller]
    pub fn at_most(self, n: u32) -> ExpectSeveral<'s, C> {
        assert!(n > 0, "`at_least_once().at_most(0)` contradicts itself");
        self.slot.bound(1, n)
    }
}

impl<C: Call> ExpectSeveral<'_, C> {
    /// Replies each time with a clone of this value.
    pub fn reply(self, reply: C::Reply)
    where
        C::Reply: Clone + Send + Sync,
    {
        self.reply_with(move |_| reply.clone());
    }

    /// Replies each time with the value that `reply` makes from the call.
    pub fn reply_with(self, reply: impl Fn(&C) -> C::Reply + Send + Sync + 'static) {
        self.slot.typed().say_each(reply);
    }
}

impl<'s, C: Call> Slot<'s, C> {
    fn bound(self, least: u32, most: u32) -> ExpectSeveral<'s, C> {
        self.step.bound(least, most);
        ExpectSeveral { slot: self }
    }

    fn reply(self, reply: Reply<C>) {
        self.typed().say(reply);
    }

    fn typed(&self) -> &'s Expectation<C> {
        self.step.of().expect("an entry of its own type")
    }
}

impl<C: Call> fmt::Debug for Slot<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expect")
            .field("call", &C::NAME)
            .field("scripted_at", &self.step.scripted_at)
            .finish_non_exhaustive()
    }
}

impl<C: Call> fmt::Debug for Expect<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slot.fmt(f)
    }
}

impl<C: Call> fmt::Debug for ExpectSeveral<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slot.fmt(f)
    }
}

impl<C: Call> fmt::Debug for ExpectAtLeastOnce<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slot.fmt(f)
    }
}
