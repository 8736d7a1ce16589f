//! The handle that a fake holds: it asks the script for each reply.

use std::{
    any::Any,
    fmt,
    future::Future,
    io::{self, Write},
    mem,
    pin::Pin,
    sync::{Arc, MutexGuard},
    task::{Context, Poll},
    thread,
};

use super::{
    at::At,
    call::{By, Call, Caller, ErasedCall},
    expectation::{Later, Reply, Taken},
    judge::{Judgement, Unjudged},
    state::{Shared, State, Step},
    texts::{self, IN_A_PANIC},
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
            let late = texts::late(&*call, caller, &self.shared.title());
            guard::violated(&late);
            return self.refuse(call, 0, caller, &late);
        }
        state.fakes.is_called(self.origin, C::NAME);
        let taken = found.and_then(|(at, step, expected)| Some((at, step, expected.take_reply()?)));
        if let Some((at, step, reply)) = taken {
            return self.book(state, call, caller, (at, step, reply));
        }
        if thread::panicking() {
            drop(state);
            if let Some(left) = self.take_any(&*call) {
                return self.book(self.shared.lock(), call, caller, left);
            }
            state = self.shared.lock();
        }
        let judged = Unjudged::new(&self.shared, C::NAME, caller);
        let judgement = Judgement::begin(&self.shared, state, self.lane, Arc::clone(&call) as _, caller);
        let (number, text) = judgement.end(judged);
        self.refuse(call, number, caller, &text)
    }

    /// Books a call on the entry that it meets.
    #[inline]
    fn book<'h, C: Call>(
        &'h self,
        mut state: MutexGuard<'_, State>,
        call: Arc<C>,
        caller: Caller,
        (at, step, reply): (At, &Step, Taken<'h, C>),
    ) -> Asked<'h, C> {
        self.shared.book(&state, at, step);
        let number = state.log.push(Arc::clone(&call) as Arc<dyn ErasedCall>, caller);
        drop(state);
        Asked { handle: self, call, number, caller, reply }
    }

    /// Takes the reply of any entry that is left and equal, for a call that a destructor makes while its thread panics: the
    /// panic has upset the order already, and another one would abort the process.
    #[cold]
    fn take_any<C: Call>(&self, call: &C) -> Option<(At, &Step, Taken<'_, C>)> {
        let (at, step, expected) = self.shared.find_left(self.lane, |at, step| {
            let own = step.of::<C>().filter(|_| step.fake == self.fake)?;
            own.is_met_by(call).then_some((at, step, own))
        })?;
        Some((at, step, expected.take_reply()?))
    }

    /// Panics with a violation. While the thread panics already it replies where a reply is made of nothing, and else
    /// tells the violation to those who read the process's end, since the panic aborts it.
    #[cold]
    #[track_caller]
    fn refuse<C: Call>(&self, call: Arc<C>, number: usize, caller: Caller, text: &Violation) -> Asked<'_, C> {
        if !thread::panicking() {
            text.raise();
        }
        let nothing: Box<dyn Any> = Box::new(());
        match nothing.downcast::<C::Reply>() {
            Ok(nothing) => Asked { handle: self, call, number, caller, reply: Taken::Made(*nothing) },
            Err(_) => {
                let _untold = writeln!(io::stderr(), "\n{text}\n{IN_A_PANIC}");
                text.raise();
            }
        }
    }

    #[track_caller]
    fn raise(&self, fault: Violation) -> ! {
        self.shared.record(fault.clone());
        self.shared.lock().raised.push(fault.headline().to_owned());
        fault.raise()
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
            Taken::Made(reply) => Ok(reply),
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
