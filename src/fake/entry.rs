//! One entry of a script: the call that it expects, and the reply.

use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
};

use super::call::Call;
use crate::{fault::Place, sync::lock};

/// What an entry knows of itself, whatever the type of its call.
pub(super) trait Scripted: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn name(&self) -> &'static str;
    /// The expected call, as a report shows it.
    fn text(&self) -> String;
    /// It is an entry for calls of this type.
    fn is_for(&self, call: &dyn Any) -> bool;
    /// The expected call is exact and equals this one.
    fn is_exactly(&self, call: &dyn Any) -> bool;
    /// Lets go of the reply, which may hold a fake of the same scenario.
    fn forget_reply(&self);
}

/// An entry as the script holds it.
pub(super) struct Entry<T: ?Sized = dyn Scripted> {
    pub(super) scripted_at: Place,
    pub(super) expected: T,
}

impl Entry {
    /// The entry, if it is one for this type of call.
    pub(super) fn of<C: Call>(&self) -> Option<&Typed<C>> {
        self.expected.as_any().downcast_ref()
    }
}

/// An entry for one type of call.
pub(super) struct Typed<C: Call> {
    want: Want<C>,
    reply: Mutex<Reply<C>>,
}

pub(super) enum Want<C> {
    Exact(C),
    /// A predicate, and what it says in words.
    That(&'static str, Box<dyn Fn(&C) -> bool + Send + Sync>),
}

/// What makes one reply.
type Once<C> = Box<dyn FnOnce(&C) -> <C as Call>::Reply + Send>;

/// What makes each reply of several.
type Each<C> = Arc<dyn Fn(&C) -> <C as Call>::Reply + Send + Sync>;

/// A reply that comes later.
pub(super) type Later<R> = Pin<Box<dyn Future<Output = R> + Send>>;

pub(super) enum Reply<C: Call> {
    /// Not said yet, given already, or let go.
    None,
    Made(Once<C>),
    Later(Later<C::Reply>),
    EachTime(Each<C>),
    Panic(String),
}

impl<C: Call> Typed<C> {
    pub(super) fn new(want: Want<C>) -> Self {
        Self { want, reply: Mutex::new(Reply::None) }
    }

    /// Runs the user's comparison.
    pub(super) fn is_met_by(&self, call: &C) -> bool {
        match &self.want {
            Want::Exact(want) => want == call,
            Want::That(_, predicate) => predicate(call),
        }
    }

    pub(super) fn set_reply(&self, reply: Reply<C>) {
        let old = std::mem::replace(&mut *lock(&self.reply), reply);
        drop(old);
    }

    /// The reply to one call, not run yet.
    pub(super) fn take_reply(&self) -> Reply<C> {
        let mut reply = lock(&self.reply);
        match &*reply {
            Reply::EachTime(each) => Reply::EachTime(Arc::clone(each)),
            _ => std::mem::replace(&mut reply, Reply::None),
        }
    }
}

impl<C: Call> Scripted for Typed<C> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &'static str {
        C::NAME
    }

    fn text(&self) -> String {
        match &self.want {
            Want::Exact(want) => format!("{want:?}"),
            Want::That(words, _) => format!("a call of `{}`: {words}", C::NAME),
        }
    }

    fn is_for(&self, call: &dyn Any) -> bool {
        call.is::<C>()
    }

    fn is_exactly(&self, call: &dyn Any) -> bool {
        match &self.want {
            Want::Exact(want) => call.downcast_ref::<C>() == Some(want),
            Want::That(..) => false,
        }
    }

    fn forget_reply(&self) {
        self.set_reply(Reply::None);
    }
}
