//! What a fake holds: it passes each call on to the script, and gives back the reply.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, MutexGuard},
    task::{Context, Poll},
};

use super::{
    call::{By, Call, Caller, Inside},
    entry::{Later, Reply, Scripted, Taken, Typed},
    judge::Judgement,
    made::Kept,
    state::{At, Shared, State},
    texts,
};
use crate::{
    guard,
    violation::{SourceLocation, Violation},
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
    pub(super) fn new(shared: &Arc<Shared>, lane: Option<usize>, made_at: SourceLocation) -> Self {
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
        self.call_now(call, Caller { place: SourceLocation::caller(), hidden_by: By::Nothing })
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
        let caller = Caller { place: SourceLocation::caller(), hidden_by: By::AsyncFn };
        let (call, number, typed) = self.ask(call, caller);
        match typed.take_reply() {
            Taken::Own(Reply::Later(later)) => Answer { ready: None, later: Some(later) },
            reply => Answer { ready: Some(self.give(call.as_ref(), number, caller, reply)), later: None },
        }
    }

    /// What `#[strict_fake]` writes: `method` is the line of the method in the trait. If that is also the caller's
    /// line, the call came through `dyn`.
    #[doc(hidden)]
    #[track_caller]
    pub fn call_of_method<C: Call>(&self, call: C, method: SourceLocation) -> C::Reply {
        let place = SourceLocation::caller();
        let (at, of_method) = (place.location(), method.location());
        let is_hidden = at.line() == of_method.line() && at.file() == of_method.file();
        self.call_now(call, Caller { place, hidden_by: if is_hidden { By::Dyn } else { By::Nothing } })
    }

    #[track_caller]
    fn call_now<C: Call>(&self, call: C, caller: Caller) -> C::Reply {
        if let Some((typed, number)) = self.meet_next(&call, caller) {
            return self.give(&call, number, caller, typed.take_reply());
        }
        let (call, number, typed) = self.ask(call, caller);
        self.give(call.as_ref(), number, caller, typed.take_reply())
    }

    /// What nearly every call comes to: it equals the next entry, and nobody comes between. Books it; `None` if it is
    /// not so, whatever the reason.
    fn meet_next<C: Call>(&self, call: &C, caller: Caller) -> Option<(&Typed<C>, usize)> {
        let lane = self.shared.lane(self.lane.unwrap_or(0));
        let next = lane.next();
        let step = lane.steps.get(next)?;
        let typed = step.of::<C>()?;
        if !self.compared(C::NAME, caller, || typed.is_exactly_met_by(call)) {
            return None;
        }
        let mut state = self.shared.lock();
        if state.is_closed || lane.next() != next || !typed.has_reply() {
            return None;
        }
        state.meet(lane, step, next);
        let number =
            state.log.push(Kept::AsScripted(At { lane: self.lane.unwrap_or(0), step: next }), caller);
        Some((typed, number))
    }

    /// Finds the entry that the call meets, and books it.
    #[inline(never)]
    #[track_caller]
    fn ask<C: Call>(&self, call: C, caller: Caller) -> (Asked<C>, usize, &Typed<C>) {
        let judged = Unjudged { handle: self, name: C::NAME, caller };
        let (found, mut state) = self.look(&call);
        if state.is_closed {
            drop(state);
            std::mem::forget(judged);
            self.raise_late(&call, caller);
        }
        let Some((at, typed)) = found.filter(|(_, typed)| typed.has_reply()) else {
            let call = Arc::new(call);
            Judgement::begin(&self.shared, state, self.lane, call, caller).end(judged);
        };
        state.meet(self.shared.lane(at.lane), self.shared.step(at), at.step);
        let (asked, kept) = if typed.is_exact() {
            (Asked::Own(call), Kept::AsScripted(at))
        } else {
            let call = Arc::new(call);
            (Asked::Logged(Arc::clone(&call)), Kept::Own(call))
        };
        let number = state.log.push(kept, caller);
        drop(state);
        std::mem::forget(judged);
        (asked, number, typed)
    }

    /// The first entry that the call meets, of those that may come next, and the state for which that holds.
    fn look<C: Call>(&self, call: &C) -> (Option<(At, &Typed<C>)>, MutexGuard<'_, State>) {
        loop {
            let (found, version) = self.find(call);
            let state = self.shared.lock();
            if state.version() == version {
                return (found, state);
            } // another thread made a call meanwhile: look again
        }
    }

    /// The same, and the version of the state for which it holds. The comparison runs with no lock held.
    fn find<C: Call>(&self, call: &C) -> (Option<(At, &Typed<C>)>, u64) {
        let version = self.shared.lock().version();
        for n in 0.. {
            let state = self.shared.lock();
            if state.version() != version {
                break; // the caller sees it too, and looks again
            }
            let Some((at, step)) = self.shared.candidate(self.lane, n) else { break };
            drop(state);
            if let Some(typed) = step.of::<C>().filter(|typed| typed.is_met_by(call)) {
                return (Some((at, typed)), version);
            }
        }
        (None, version)
    }

    /// Runs the reply's code, with no lock held.
    #[inline]
    #[track_caller]
    fn give<C: Call>(&self, call: &C, number: usize, caller: Caller, reply: Taken<'_, C>) -> C::Reply {
        let made =
            |fault: fn(usize, &str, &str, Caller) -> Violation| fault(number, C::NAME, &call.text(), caller);
        let reply = match reply {
            Taken::Free(make) => return self.watched(|| make(call), || made(texts::reply_panicked)),
            Taken::Own(reply) => reply,
        };
        match reply {
            Reply::Made(make) => self.watched(|| make(call), || made(texts::reply_panicked)),
            Reply::EachTime(make) => self.watched(|| make(call), || made(texts::reply_panicked)),
            Reply::Panic(text) => panic!("{text}"),
            Reply::Later(_) => self.raise(made(texts::reply_is_later)),
            Reply::None => self.raise(made(texts::reply_is_gone)),
        }
    }

    /// A panic in a comparison is on record, too.
    fn compared(&self, name: &'static str, caller: Caller, compare: impl FnOnce() -> bool) -> bool {
        let judged = Unjudged { handle: self, name, caller };
        let is_met = compare();
        std::mem::forget(judged);
        is_met
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
