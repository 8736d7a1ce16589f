//! Scenarios of strict fakes in a sim.

use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
};

use super::{quiet, sim::Sim};
use crate::{
    fake::{CallLog, Scenario, Script},
    violation::SourceLocation,
};

impl Sim {
    /// Runs `body` with a script, as [`fake::scenario`](crate::fake::scenario) does, in this sim. It is verified
    /// when the sim and all its tasks are gone: a task that is still there at the end, and holds a fake, cannot
    /// make another call.
    ///
    /// ```
    /// # use unplugged::fake::Call;
    /// # #[derive(Debug, PartialEq)] struct Ping;
    /// # impl Call for Ping { type Reply = (); const NAME: &'static str = "Peer::ping"; }
    /// use unplugged::{Sim, clock::secs};
    ///
    /// let ((), _log) = Sim::new().scenario(async |sim, script| {
    ///     script.expect(Ping).times(3).reply(());
    ///     let peer = script.handle();
    ///     tokio::spawn(async move {
    ///         loop {
    ///             tokio::time::sleep(secs(10)).await;
    ///             peer.call(Ping);
    ///         }
    ///     });
    ///     sim.advance(secs(39)).await;
    /// });
    /// ```
    ///
    /// # Panics
    /// With every broken rule of the scenario at once, and as [`run`](Self::run) does. Inside of a running sim use
    /// [`fake::scenario_async`](crate::fake::scenario_async).
    #[track_caller]
    pub fn scenario<T: Debug>(self, body: impl AsyncFnOnce(Self, &Script) -> T) -> (T, CallLog) {
        self.scenario_at(SourceLocation::caller(), body, |_output| true)
    }

    /// Runs a scenario whose reports name this place.
    #[track_caller]
    pub(crate) fn scenario_at<T: Debug>(
        self,
        opened_at: SourceLocation,
        body: impl AsyncFnOnce(Self, &Script) -> T,
        is_success: impl FnOnce(&T) -> bool,
    ) -> (T, CallLog) {
        let scenario = Scenario::begin(opened_at);
        let (handle, own) = (self.handle(), self.handle());
        let script = &scenario.script;
        let whole = || {
            let run = || {
                self.run(async {
                    let output = body(handle, script).await;
                    match is_success(&output) {
                        true => own.settle().await,
                        false => own.owned.core.has_failed.store(true, Ordering::Relaxed),
                    }
                    output
                })
            };
            let outcome = catch_unwind(AssertUnwindSafe(run));
            drop(own);
            let context = self.owned.core.facts_of_check();
            let ended = catch_unwind(AssertUnwindSafe(|| self.end()));
            (outcome.and_then(|output| ended.map(|()| output)), context)
        };
        // A broken script is told once, by the scenario, and not where it unwinds through tasks.
        let (outcome, context) = quiet::hiding_only(scenario.raised(), whole);
        scenario.end(outcome, context).unwrap_or_raise()
    }
}
