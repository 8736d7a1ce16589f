//! Scenarios: they run a body with a script, and verify it at the end.

use std::{
    any::Any,
    fmt::Debug,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    thread,
};

use super::{log::CallLog, report, script::Script, state::Shared, texts};
use crate::{
    guard::{self, VerdictGuard},
    violation::{SourceLocation, Violation, panic_text},
};

/// Runs `body` with a script, then verifies it. Returns the output of the body and the log of all calls.
///
/// Every call must be expected, every expected call must come, in order, and no handle may be left.
///
/// If the body returns an error and the scenario fails, the report begins with that error.
///
/// ```
/// # use unplugged::fake::{self, Call, FakeHandle};
/// # trait Store { fn get(&self, key: &str) -> Option<u32>; fn put(&self, key: &str, value: u32); }
/// # #[derive(Debug, PartialEq)] struct Get { key: String }
/// # impl Call for Get { type Reply = Option<u32>; const NAME: &'static str = "Store::get"; }
/// # #[derive(Debug, PartialEq)] struct Put { key: String, value: u32 }
/// # impl Call for Put { type Reply = (); const NAME: &'static str = "Store::put"; }
/// # struct FakeStore(FakeHandle);
/// # impl Store for FakeStore {
/// #     fn get(&self, key: &str) -> Option<u32> { self.0.call(Get { key: key.to_owned() }) }
/// #     fn put(&self, key: &str, value: u32) { self.0.call(Put { key: key.to_owned(), value }) }
/// # }
/// fn count_up(store: &dyn Store) -> u32 {
///     let count = store.get("count").unwrap_or(0) + 1;
///     store.put("count", count);
///     count
/// }
///
/// let (count, log) = fake::scenario(|script| {
///     script.expect(Get { key: "count".into() }).reply(Some(4));
///     script.expect(Put { key: "count".into(), value: 5 }).reply(());
///     count_up(&FakeStore(script.handle()))
/// });
/// assert_eq!(count, 5);
/// log.assert_call_count(2);
/// ```
///
/// # Panics
/// With every broken rule at once; and with the panic of the body.
#[track_caller]
pub fn scenario<T: Debug>(body: impl FnOnce(&Script) -> T) -> (T, CallLog) {
    let scenario = Scenario::begin(SourceLocation::caller());
    let outcome = catch_unwind(AssertUnwindSafe(|| body(&scenario.script)));
    scenario.end(outcome, Vec::new()).unwrap_or_raise()
}

/// Runs `body` with a script, and returns a violation as a value: for tests of fakes and of test helpers.
///
/// # Errors
/// With every broken rule; [`Violation::parts`] lists them.
///
/// # Panics
/// With the panic of the body, if that is all that went wrong.
#[track_caller]
pub fn check_scenario<T: Debug>(body: impl FnOnce(&Script) -> T) -> Result<(T, CallLog), Violation> {
    let scenario = Scenario::begin(SourceLocation::caller());
    let outcome = catch_unwind(AssertUnwindSafe(|| body(&scenario.script)));
    match scenario.end(outcome, Vec::new()) {
        Verdict::Good(good) => Ok(good),
        Verdict::Bad(violation) | Verdict::Told(violation, _) => Err(violation),
        Verdict::Panicked(payload) => resume_unwind(payload),
    }
}

/// Runs an async body with a script, on any executor, then verifies it.
///
/// The future stays on the thread of the test, which awaits it to its end.
///
/// ```
/// # use unplugged::fake::{self, Call};
/// # #[derive(Debug, PartialEq)] struct Ping;
/// # impl Call for Ping { type Reply = u32; const NAME: &'static str = "Peer::ping"; }
/// # let sim = unplugged::outcome::watch(async {
/// let (pong, _log) = fake::scenario_async(async |script| {
///     script.expect(Ping).reply_async(async { 7 });
///     script.handle().call_async(Ping).await
/// })
/// .await;
/// assert_eq!(pong, 7);
/// # });
/// # sim.assert_ready();
/// ```
///
/// # Panics
/// The future panics as [`scenario`] does; and when it is dropped before its end.
///
/// # Cancel safety
/// None: dropping it unfinished is a failure of the test.
#[track_caller]
#[must_use = "a scenario does nothing unless it is awaited, and panics when it is dropped before its end"]
pub fn scenario_async<T: Debug>(body: impl AsyncFnOnce(&Script) -> T) -> impl Future<Output = (T, CallLog)> {
    let scenario = Scenario::begin(SourceLocation::caller());
    async move {
        let outcome = {
            let body = pin!(body(&scenario.script));
            Caught(body).await
        };
        scenario.end(outcome, Vec::new()).unwrap_or_raise()
    }
}

/// A scenario under way.
pub(crate) struct Scenario {
    pub(crate) script: Script,
    _open: VerdictGuard,
    is_ended: bool,
    /// A script belongs to the thread of its test: that thread's end is watched.
    _stays: std::marker::PhantomData<*const ()>,
}

/// How a scenario ended.
pub(crate) enum Verdict<T> {
    Good((T, CallLog)),
    Bad(Violation),
    /// The panic of the body has said it word for word.
    Told(Violation, Box<dyn Any + Send>),
    /// The body panicked, by itself, and no other rule was broken.
    Panicked(Box<dyn Any + Send>),
}

impl Scenario {
    pub(crate) fn begin(opened_at: SourceLocation) -> Self {
        let shared = Shared::new(opened_at);
        let open = VerdictGuard::new("the scenario at", opened_at);
        Self { script: Script { shared }, _open: open, is_ended: false, _stays: std::marker::PhantomData }
    }

    /// Returns the question whether a panic's text is, or quotes, what a call of this scenario raised.
    #[cfg(feature = "tokio")]
    pub(crate) fn raised(&self) -> impl Fn(&str) -> bool + 'static {
        let shared = Arc::clone(&self.script.shared);
        move |text| shared.has_raised(text)
    }

    /// Verifies. `context` are more lines for a report.
    pub(crate) fn end<T: Debug>(
        mut self,
        outcome: thread::Result<T>,
        context: Vec<(&'static str, String)>,
    ) -> Verdict<T> {
        let shared = Arc::clone(&self.script.shared);
        shared.forget_replies();
        if outcome.is_ok() {
            shared.wait_for_handles();
        }
        let found = report::find(&shared, &outcome, context);
        self.is_ended = true;
        match (found, outcome) {
            (Some(violation), Err(payload)) if panic_text(&*payload) == violation.to_string() => {
                Verdict::Told(violation, payload)
            }
            (Some(violation), _) => Verdict::Bad(violation),
            (None, Ok(output)) => Verdict::Good((output, CallLog::new(shared))),
            (None, Err(payload)) => Verdict::Panicked(payload),
        }
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        if self.is_ended {
            return;
        }
        self.script.shared.lock().is_closed = true;
        self.script.shared.forget_replies();
        let fault = texts::unfinished(&self.script.shared.title());
        guard::raise_in_drop(&fault);
    }
}

impl<T> Verdict<T> {
    #[track_caller]
    pub(crate) fn unwrap_or_raise(self) -> (T, CallLog) {
        match self {
            Self::Good(good) => good,
            Self::Bad(violation) => guard::raise(&violation),
            Self::Told(violation, payload) => {
                guard::violated(&violation);
                resume_unwind(payload)
            }
            Self::Panicked(payload) => resume_unwind(payload),
        }
    }
}

/// Polls a future, and catches its panic.
struct Caught<'a, F>(Pin<&'a mut F>);

impl<F: Future> Future for Caught<'_, F> {
    type Output = thread::Result<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    }
}
