//! What a fake holds: it passes each call on to the script, and gives back the reply.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    call::{By, Call, Caller, Inside},
    entry::{Entry, Later, Reply},
    judge::Judgement,
    made::{Kept, Made},
    state::{At, Shared, State},
    texts,
};
use crate::{
    fault::{Place, Violation},
    guard,
};

/// The script's end that a fake holds, and the only thing that it should hold. Copies are of the same script.
///
/// All copies must be gone when the scenario ends: one that is left could still be called, unseen. Dropping it
/// checks nothing, so a fake that is leaked or dropped elsewhere loses nothing.
pub struct FakeHandle {
    shared: Arc<Shared>,
    lane: Option<usize>,
    origin: usize,
}

impl FakeHandle {
    pub(super) fn new(shared: &Arc<Shared>, lane: Option<usize>, made_at: Place) -> Self {
        Self { shared: Arc::clone(shared), lane, origin: shared.take_handle(made_at) }
    }

    /// Asks the script for the reply to `call`.
    ///
    /// A report names the line of this call as the caller, or, in a method with `#[track_caller]`, the line that
    /// called the method. Nothing sees through `dyn` or an `async fn`.
    ///
    /// # Panics
    /// If the script does not expect this call now, with the whole story. It is then on record too: whoever
    /// catches the panic hides nothing.
    #[track_caller]
    pub fn call<C: Call>(&self, call: C) -> C::Reply {
        self.call_now(call, Caller::At(Place::caller()))
    }

    /// The same for an async method, where the reply may come later. The call is made now, not at the first poll.
    ///
    /// # Panics
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    /// The call has happened; dropping the answer drops the reply.
    #[track_caller]
    pub fn call_async<C: Call>(&self, call: C) -> Answer<C::Reply> {
        let caller = Caller::Hidden(Place::caller(), By::AsyncFn);
        let (call, number, reply) = self.ask(call, caller);
        match reply {
            Reply::Later(later) => Answer { ready: None, later: Some(later) },
            reply => Answer { ready: Some(self.give(call.as_ref(), number, caller, reply)), later: None },
        }
    }

    /// What `#[strict_fake]` writes: `method` is the line of the method in the trait. If that is also the caller's
    /// line, the call came through `dyn`.
    #[doc(hidden)]
    #[track_caller]
    pub fn call_of_method<C: Call>(&self, call: C, method: Place) -> C::Reply {
        let place = Place::caller();
        let is_hidden = (place.location().file(), place.location().line())
            == (method.location().file(), method.location().line());
        self.call_now(call, if is_hidden { Caller::Hidden(place, By::Dyn) } else { Caller::At(place) })
    }

    #[track_caller]
    fn call_now<C: Call>(&self, call: C, caller: Caller) -> C::Reply {
        let (call, number, reply) = self.ask(call, caller);
        self.give(call.as_ref(), number, caller, reply)
    }

    /// Finds the entry that the call meets, and books it. Gives the reply, not run yet.
    #[track_caller]
    fn ask<C: Call>(&self, call: C, caller: Caller) -> (Asked<C>, usize, Reply<C>) {
        let judged = Unjudged { handle: self, name: C::NAME, caller };
        loop {
            let (found, version) = self.find(&call);
            let mut state = self.shared.lock();
            if state.version() != version {
                continue; // another thread made a call meanwhile: look again
            }
            if state.is_closed {
                drop(state);
                std::mem::forget(judged);
                self.raise_late(&call, caller);
            }
            let Some((at, entry)) = found.filter(|(at, _)| state.step(*at).has_reply()) else {
                let made = Made { kept: Kept::Own(Arc::new(call)), caller };
                Judgement::begin(state, self.lane, made).end(&self.shared, judged);
            };
            let reply = state.step_mut(at).take_reply();
            state.meet(at);
            let (asked, kept) = match entry.expected.exact() {
                Some(_) => (Asked::Own(call), Kept::AsScripted(entry)),
                None => {
                    let call = Arc::new(call);
                    (Asked::Logged(Arc::clone(&call)), Kept::Own(call))
                }
            };
            state.log.push(Made { kept, caller });
            let number = state.log.len();
            drop(state);
            std::mem::forget(judged);
            return (asked, number, reply);
        }
    }

    /// The first entry that the call meets, of those that may come next; and the state of the script for which
    /// that holds. The comparison runs with no lock held.
    fn find<C: Call>(&self, call: &C) -> (Option<(At, Arc<Entry>)>, u64) {
        let next = |state: &State, n: usize| {
            state.candidate(self.lane, n).map(|(at, step)| (at, Arc::clone(&step.entry)))
        };
        let (version, mut candidate) = {
            let state = self.shared.lock();
            (state.version(), next(&state, 0))
        };
        let mut n = 0;
        while let Some((at, entry)) = candidate {
            if entry.of::<C>().is_some_and(|typed| typed.is_met_by(call)) {
                return (Some((at, entry)), version);
            }
            n += 1;
            let state = self.shared.lock();
            if state.version() != version {
                break; // the caller sees it too, and looks again
            }
            candidate = next(&state, n);
        }
        (None, version)
    }

    /// Runs the reply's code, with no lock held.
    #[track_caller]
    fn give<C: Call>(&self, call: &C, number: usize, caller: Caller, reply: Reply<C>) -> C::Reply {
        let made =
            |fault: fn(usize, &str, &str, Caller) -> Violation| fault(number, C::NAME, &call.text(), caller);
        match reply {
            Reply::Made(make) => self.watched(|| make(call), || made(texts::reply_panicked)),
            Reply::EachTime(make) => self.watched(|| make(call), || made(texts::reply_panicked)),
            Reply::Panic(text) => panic!("{text}"),
            Reply::Later(_) => self.raise(made(texts::reply_is_later)),
            Reply::None => self.raise(made(texts::reply_is_gone)),
        }
    }

    /// A panic in a reply is on record, even if the code under test catches it.
    fn watched<R>(&self, reply: impl FnOnce() -> R, fault: impl Fn() -> Violation) -> R {
        struct Watched<'a, F: Fn() -> Violation>(&'a FakeHandle, F);
        impl<F: Fn() -> Violation> Drop for Watched<'_, F> {
            fn drop(&mut self) {
                self.0.shared.record((self.1)());
            }
        }
        let watched = Watched(self, fault);
        let reply = reply();
        std::mem::forget(watched);
        reply
    }

    #[track_caller]
    fn raise(&self, fault: Violation) -> ! {
        self.shared.record(fault.clone());
        self.shared.lock().raised.push(fault.headline().to_owned());
        fault.raise()
    }

    /// The scenario is over, its verdict spoken: what is left is to be loud.
    #[track_caller]
    fn raise_late(&self, call: &dyn Inside, caller: Caller) -> ! {
        let fault = texts::late(call, caller, &self.shared.title());
        guard::raise(&fault)
    }
}

/// A call whose reply is to come.
enum Asked<C> {
    Own(C),
    /// The log holds it too.
    Logged(Arc<C>),
}

impl<C> AsRef<C> for Asked<C> {
    fn as_ref(&self) -> &C {
        match self {
            Self::Own(call) => call,
            Self::Logged(call) => call,
        }
    }
}

impl Clone for FakeHandle {
    fn clone(&self) -> Self {
        self.shared.lock().handles[self.origin].alive += 1;
        Self { shared: Arc::clone(&self.shared), lane: self.lane, origin: self.origin }
    }
}

impl Drop for FakeHandle {
    /// Only counts. Nothing is verified here.
    fn drop(&mut self) {
        self.shared.let_go(self.origin);
    }
}

impl fmt::Debug for FakeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FakeHandle").field(&format_args!("{}", self.shared.title())).finish()
    }
}

/// Records a call whose comparison or `Debug` panicked; forgotten when all went well.
pub(super) struct Unjudged<'a> {
    handle: &'a FakeHandle,
    name: &'static str,
    caller: Caller,
}

impl Drop for Unjudged<'_> {
    fn drop(&mut self) {
        self.handle.shared.record(texts::unjudged(self.name, self.caller));
    }
}

/// The reply to an async call; made by [`FakeHandle::call_async`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct Answer<R> {
    ready: Option<R>,
    later: Option<Later<R>>,
}

impl<R> Unpin for Answer<R> {}

impl<R> Future for Answer<R> {
    type Output = R;

    /// # Panics
    /// If polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        if let Some(reply) = self.ready.take() {
            return Poll::Ready(reply);
        }
        let Some(later) = &mut self.later else { panic!("an answer was polled again after it was ready") };
        let polled = later.as_mut().poll(cx);
        if polled.is_ready() {
            self.later = None;
        }
        polled
    }
}

impl<R> fmt::Debug for Answer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("is_ready", &self.ready.is_some()).finish_non_exhaustive()
    }
}
