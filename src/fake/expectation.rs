//! The call that one entry of a script expects, and its reply.

use std::{
    any::Any,
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
};

use super::call::Call;
use crate::sync::lock;

/// An [`Expectation`] of any type of call.
pub(super) trait ErasedExpectation: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn name(&self) -> &'static str;
    /// Shows the expected call as a report does.
    fn text(&self) -> String;
    /// Returns whether it expects calls of this type.
    fn is_for(&self, call: &dyn Any) -> bool;
    /// Returns whether the expected call is exact and equals this one.
    fn is_exactly(&self, call: &dyn Any) -> bool;
    /// Returns whether the expected call equals itself, as one with a NaN does not.
    fn equals_itself(&self) -> bool;
    fn has_reply(&self) -> bool;
    /// Drops the reply with no lock held.
    fn forget_reply(&self);
}

/// An expected call of one type, and its reply.
pub(super) struct Expectation<C: Call> {
    want: Want<C>,
    reply: Mutex<Reply<C>>,
    /// A reply that owns nothing, in place of the other: a call takes no lock for it, and it need not be dropped.
    stateless: OnceLock<Box<Each<C>>>,
}

pub(super) enum Want<C> {
    Exact(C),
    /// The predicate, and words for it.
    Matches(&'static str, Box<dyn Fn(&C) -> bool + Send + Sync>),
}

/// A reply to one call.
type Once<C> = dyn FnOnce(&C) -> <C as Call>::Reply + Send;

/// A reply to each of several calls.
type Each<C> = dyn Fn(&C) -> <C as Call>::Reply + Send + Sync;

/// A reply that comes later.
pub(super) type Later<R> = Pin<Box<dyn Future<Output = R> + Send>>;

pub(super) enum Reply<C: Call> {
    /// Not said yet.
    Unsaid,
    Once(Box<Once<C>>),
    Each(Arc<Each<C>>),
    Later(Later<C::Reply>),
    Panic(String),
    /// Given already, or dropped at the end of the scenario.
    Gone,
}

/// The reply to one call, not run yet.
pub(super) enum Taken<'e, C: Call> {
    Own(Reply<C>),
    Made(C::Reply),
    Stateless(&'e Each<C>),
}

impl<C: Call> Expectation<C> {
    pub(super) const fn new(want: Want<C>) -> Self {
        Self { want, reply: Mutex::new(Reply::Unsaid), stateless: OnceLock::new() }
    }

    /// Runs the user's comparison.
    #[inline]
    pub(super) fn is_met_by(&self, call: &C) -> bool {
        match &self.want {
            Want::Exact(want) => want == call,
            Want::Matches(_, predicate) => predicate(call),
        }
    }

    pub(super) fn say(&self, reply: Reply<C>) {
        let unsaid = mem::replace(&mut *lock(&self.reply), reply);
        debug_assert!(matches!(unsaid, Reply::Unsaid), "a reply is said once");
    }

    pub(super) fn say_each(&self, reply: impl Fn(&C) -> C::Reply + Send + Sync + 'static) {
        fn owns_nothing<F>(_: &F) -> bool {
            !mem::needs_drop::<F>()
        }
        if owns_nothing(&reply) {
            let is_first = self.stateless.set(Box::new(reply)).is_ok();
            debug_assert!(is_first, "a reply is said once");
        } else {
            self.say(Reply::Each(Arc::new(reply)));
        }
    }

    /// Takes the reply to one call; `None` if none was said.
    #[inline]
    pub(super) fn take_reply(&self) -> Option<Taken<'_, C>> {
        if let Some(reply) = self.stateless.get() {
            return Some(Taken::Stateless(&**reply));
        }
        let mut reply = lock(&self.reply);
        let taken = match &*reply {
            Reply::Unsaid => return None,
            Reply::Each(each) => Reply::Each(Arc::clone(each)),
            _ => mem::replace(&mut *reply, Reply::Gone),
        };
        Some(Taken::Own(taken))
    }
}

impl<C: Call> ErasedExpectation for Expectation<C> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &'static str {
        C::NAME
    }

    fn text(&self) -> String {
        match &self.want {
            Want::Exact(want) => format!("{want:?}"),
            Want::Matches(words, _) => format!("a call of `{}`: {words}", C::NAME),
        }
    }

    fn is_for(&self, call: &dyn Any) -> bool {
        call.is::<C>()
    }

    fn is_exactly(&self, call: &dyn Any) -> bool {
        matches!(&self.want, Want::Exact(want) if call.downcast_ref() == Some(want))
    }

    #[expect(clippy::eq_op, reason = "a float that is NaN does not equal itself")]
    fn equals_itself(&self) -> bool {
        match &self.want {
            Want::Exact(want) => want == want,
            Want::Matches(..) => true,
        }
    }

    fn has_reply(&self) -> bool {
        self.stateless.get().is_some() || !matches!(*lock(&self.reply), Reply::Unsaid)
    }

    fn forget_reply(&self) {
        let reply = {
            let mut reply = lock(&self.reply);
            if matches!(*reply, Reply::Unsaid) {
                return;
            }
            mem::replace(&mut *reply, Reply::Gone)
        };
        drop(reply);
    }
}
