//! One entry of a script: the call that it expects, and the reply.

use std::{
    any::Any,
    future::Future,
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU8, Ordering},
    },
};

use super::call::{Call, Inside};
use crate::sync::lock;

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
    fn has_reply(&self) -> bool;
    /// Lets go of the reply; that it was said, stays known.
    fn forget_reply(&self);
}

// The stages of a reply.
const UNSAID: u8 = 0;
const SAID: u8 = 1;
const GONE: u8 = 2;

/// An entry for one type of call.
pub(super) struct Typed<C: Call> {
    want: Want<C>,
    reply: Mutex<Reply<C>>,
    /// A reply to each of several calls that owns nothing, so that it need not be let go of, nor be locked.
    free: OnceLock<Free<C>>,
    /// Whether a reply was said, and is still there.
    stage: AtomicU8,
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
pub(super) type Free<C> = Box<dyn Fn(&C) -> <C as Call>::Reply + Send + Sync>;

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

/// The reply to one call, not run yet.
pub(super) enum Taken<'e, C: Call> {
    Own(Reply<C>),
    Free(&'e Free<C>),
}

impl<C: Call> Typed<C> {
    pub(super) fn new(want: Want<C>) -> Self {
        Self { want, reply: Mutex::new(Reply::None), free: OnceLock::new(), stage: AtomicU8::new(UNSAID) }
    }

    /// Runs the user's comparison.
    pub(super) fn is_met_by(&self, call: &C) -> bool {
        match &self.want {
            Want::Exact(want) => want == call,
            Want::That(_, predicate) => predicate(call),
        }
    }

    /// The same, of exact entries only.
    #[inline]
    pub(super) fn is_exactly_met_by(&self, call: &C) -> bool {
        matches!(&self.want, Want::Exact(want) if want == call)
    }

    pub(super) const fn is_exact(&self) -> bool {
        matches!(self.want, Want::Exact(_))
    }

    pub(super) fn say(&self, reply: Reply<C>) {
        *lock(&self.reply) = reply;
        self.stage.store(SAID, Ordering::Release);
    }

    /// Says what each call is answered with.
    pub(super) fn say_each(&self, reply: impl Fn(&C) -> C::Reply + Send + Sync + 'static) {
        fn owns_nothing<F>(_: &F) -> bool {
            !mem::needs_drop::<F>()
        }
        if owns_nothing(&reply) {
            let is_first = self.free.set(Box::new(reply)).is_ok();
            debug_assert!(is_first, "a reply is said once");
            self.stage.store(SAID, Ordering::Release);
        } else {
            self.say(Reply::EachTime(Arc::new(reply)));
        }
    }

    #[inline]
    pub(super) fn take_reply(&self) -> Taken<'_, C> {
        if let Some(free) = self.free.get() {
            return Taken::Free(free);
        }
        let mut reply = lock(&self.reply);
        Taken::Own(match &*reply {
            Reply::EachTime(each) => Reply::EachTime(Arc::clone(each)),
            _ => {
                self.stage.store(GONE, Ordering::Release);
                mem::replace(&mut reply, Reply::None)
            }
        })
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

    fn has_reply(&self) -> bool {
        self.stage.load(Ordering::Acquire) != UNSAID
    }

    fn forget_reply(&self) {
        if self.stage.load(Ordering::Acquire) == SAID {
            let reply = mem::replace(&mut *lock(&self.reply), Reply::None);
            drop(reply); // with no lock held
        }
    }
}
