//! One entry of a script: the call that it expects, and the reply.

use std::{any::Any, future::Future, pin::Pin, sync::Arc};

use super::call::{Call, Inside};
use crate::fault::Place;

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
    /// The expected call, if it is an exact one.
    fn exact(&self) -> Option<&dyn Inside>;
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
    /// Given already, or let go.
    None,
    Made(Once<C>),
    Later(Later<C::Reply>),
    EachTime(Each<C>),
    Panic(String),
}

impl<C: Call> Typed<C> {
    pub(super) fn new(want: Want<C>) -> Self {
        Self { want }
    }

    /// Runs the user's comparison.
    pub(super) fn is_met_by(&self, call: &C) -> bool {
        match &self.want {
            Want::Exact(want) => want == call,
            Want::That(_, predicate) => predicate(call),
        }
    }
}

impl<C: Call> Reply<C> {
    /// The reply to one call, not run yet.
    pub(super) fn take(&mut self) -> Self {
        match self {
            Self::EachTime(each) => Self::EachTime(Arc::clone(each)),
            other => std::mem::replace(other, Self::None),
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

    fn exact(&self) -> Option<&dyn Inside> {
        match &self.want {
            Want::Exact(want) => Some(want),
            Want::That(..) => None,
        }
    }
}
