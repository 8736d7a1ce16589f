//! The handle that a fake holds: it asks the script for each reply.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    call::{By, Call, Caller, ErasedCall},
    expectation::{Later, Reply, Taken},
    judge::{Judgement, Unjudged},
    state::Shared,
    texts,
};
use crate::{
    guard,
    violation::{SourceLocation, Violation},
};

/// A handle on a script; a fake should hold nothing else. A clone asks the same script, as the same fake.
///
/// All clones must be dropped when the scenario ends: one that is left could still be called, unseen. Dropping it checks
/// nothing, so a fake that is leaked or dropped elsewhere loses nothing.
pub struct FakeHandle {
    shared: Arc<Shared>,
    lane: Option<usize>,
    /// The name of the fake, if it has one.
    fake: Option<&'static str>,
    origin: usize,
}

impl FakeHandle {
    pub(super) fn new(
        shared: &Arc<Shared>,
        lane: Option<usize>,
        fake: Option<&'static str>,
        made_at: SourceLocation,
    ) -> Self {
        Self { shared: Arc::clone(shared), lane, fake, origin: shared.take_handle(lane, fake, made_at) }
    }

    fn caller(&self, place: SourceLocation, hidden_by: By) -> Caller {
        Caller { place, hidden_by, fake: self.fake }
    }

    /// Asks the script for the reply to `call`.
    ///
    /// A report names the line of this call as the caller, or, in a method with `#[track_caller]`, the line that
    /// called the method. Nothing sees through `dyn` or an `async fn`.
    ///
    /// # Panics
    /// If the script does not expect this call now. The violation is recorded before: code that catches the panic
    /// hides nothing.
    #[track_caller]
    pub fn call<C: Call>(&self, call: C) -> C::Reply {
        self.ask(call, self.caller(SourceLocation::caller(), By::Nothing)).give()
    }

    /// Asks the script for the reply to `call`, which may come later. The call is made now, not at the first poll.
    ///
    /// # Panics
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    /// The call has happened; dropping the future drops the reply.
    #[track_caller]
    pub fn call_async<C: Call>(&self, call: C) -> ReplyFuture<C::Reply> {
        let caller = self.caller(SourceLocation::caller(), By::AsyncFn);
        match self.ask(call, caller) {
            Asked { reply: Taken::Own(Reply::Later(later)), call, number, .. } => {
                let shared = Arc::clone(&self.shared);
                let record = move || {
                    shared.record(texts::reply_panicked(number, C::NAME, &call.text(), caller));
                };
                ReplyFuture { ready: None, later: Some((later, Box::new(record))) }
            }
            asked => ReplyFuture { ready: Some(asked.give()), later: None },
        }
    }

    /// Asks the script, for code that `#[strict_fake]` writes. `method` is the line of the method in the trait: if it is
    /// the caller's line, too, the call came through `dyn`.
    #[doc(hidden)]
    #[track_caller]
    pub fn call_of_method<C: Call>(&self, call: C, method: SourceLocation) -> C::Reply {
        let place = SourceLocation::caller();
        let (at, of_method) = (place.location(), method.location());
        let is_hidden = at.line() == of_method.line() && at.file() == of_method.file();
        self.ask(call, self.caller(place, if is_hidden { By::Dyn } else { By::Nothing })).give()
    }

    /// Finds the entry that the call meets, books it, and takes its reply.
    ///
    /// The comparisons run with no lock held. If another thread makes a call meanwhile, they run again.
    #[inline]
    #[track_caller]
    fn ask<C: Call>(&self, call: C, caller: Caller) -> Asked<'_, C> {
        let call = Arc::new(call);
        let (found, mut state) = loop {
            let version = self.shared.version();
            let judged = Unjudged::new(&self.shared, C::NAME, caller);
            let found = self.shared.find_candidate(self.lane, |at, step| {
                let own = step.of::<C>().filter(|_| step.fake == self.fake)?;
                own.is_met_by(&call).then_some((at, step, own))
            });
            mem::forget(judged);
            let state = self.shared.lock();
            if self.shared.version() == version {
                break (found, state);
            }
        };
        if state.is_closed {
            drop(state);
            self.raise_late(&*call, caller);
        }
        state.fakes.is_called(self.origin, C::NAME);
        let taken = found.and_then(|(at, step, expected)| Some((at, step, expected.take_reply()?)));
        let Some((at, step, reply)) = taken else {
            let judged = Unjudged::new(&self.shared, C::NAME, caller);
            Judgement::begin(&self.shared, state, self.lane, call, caller).end(judged);
        };
        self.shared.book(&state, at, step);
        let number = state.log.push(Arc::clone(&call) as Arc<dyn ErasedCall>, caller);
        drop(state);
        Asked { handle: self, call, number, caller, reply }
    }

    #[track_caller]
    fn raise(&self, fault: Violation) -> ! {
        self.shared.record(fault.clone());
        self.shared.lock().raised.push(fault.headline().to_owned());
        fault.raise()
    }

    /// Panics, since the scenario is over and has reported already.
    #[track_caller]
    fn raise_late(&self, call: &dyn ErasedCall, caller: Caller) -> ! {
        let fault = texts::late(call, caller, &self.shared.title());
        guard::raise(&fault)
    }
}

/// A call that met its entry, with the reply that it gets.
struct Asked<'h, C: Call> {
    handle: &'h FakeHandle,
    call: Arc<C>,
    number: usize,
    caller: Caller,
    reply: Taken<'h, C>,
}

impl<C: Call> Asked<'_, C> {
    /// Runs the reply's code, with no lock held.
    #[inline]
    #[track_caller]
    fn give(self) -> C::Reply {
        let Self { handle, call, number, caller, reply } = self;
        let call = &*call;
        let fault =
            |text: fn(usize, &str, &str, Caller) -> Violation| text(number, C::NAME, &call.text(), caller);
        // A panic of the reply is on record, even if the code under test catches it.
        let panicked = Armed(|| handle.shared.record(fault(texts::reply_panicked)));
        let given = match reply {
            Taken::Stateless(make) => Ok(make(call)),
            Taken::Own(Reply::Each(make)) => Ok(make(call)),
            Taken::Own(Reply::Once(make)) => Ok(make(call)),
            Taken::Own(reply) => Err(reply),
        };
        mem::forget(panicked);
        match given {
            Ok(given) => given,
            Err(Reply::Panic(text)) => panic!("{text}"),
            Err(Reply::Later(_)) => handle.raise(fault(texts::reply_is_later)),
            Err(_) => handle.raise(fault(texts::reply_is_gone)),
        }
    }
}

/// Runs its closure when it is dropped by a panic; forgotten otherwise.
struct Armed<F: Fn()>(F);

impl<F: Fn()> Drop for Armed<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Clone for FakeHandle {
    fn clone(&self) -> Self {
        self.shared.lock().fakes.copy(self.origin);
        Self { shared: Arc::clone(&self.shared), lane: self.lane, fake: self.fake, origin: self.origin }
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

/// Records that a reply's code has panicked.
type OnPanic = Box<dyn Fn() + Send>;

/// The reply to an async call; made by [`FakeHandle::call_async`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReplyFuture<R> {
    ready: Option<R>,
    /// The reply's code, and what records its panic, even if the code under test catches it.
    later: Option<(Later<R>, OnPanic)>,
}

impl<R> Unpin for ReplyFuture<R> {}

impl<R> Future for ReplyFuture<R> {
    type Output = R;

    /// # Panics
    /// If polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        if let Some(reply) = self.ready.take() {
            return Poll::Ready(reply);
        }
        let Some((later, record)) = &mut self.later else {
            panic!("an answer was polled again after it was ready")
        };
        let panicked = Armed(&*record);
        let polled = later.as_mut().poll(cx);
        mem::forget(panicked);
        if polled.is_ready() {
            self.later = None;
        }
        polled
    }
}

impl<R> fmt::Debug for ReplyFuture<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyFuture").field("is_ready", &self.ready.is_some()).finish_non_exhaustive()
    }
}
