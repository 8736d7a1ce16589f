//! The judgement of a call that the script does not expect now.

use std::sync::{Arc, MutexGuard};

use super::{
    at::At,
    call::{Caller, ErasedCall},
    difference::{Difference, difference},
    logged::LoggedCall,
    state::{Shared, State},
    texts,
    view::{StepView, View},
};
use crate::violation::Violation;

/// A call under judgement: everything that the verdict needs, copied out of the lock.
pub(super) struct Judgement<'s> {
    shared: &'s Shared,
    view: View<'s>,
    due: Vec<At>,
    call: Arc<dyn ErasedCall>,
    caller: Caller,
    number: usize,
    version: u64,
}

impl<'s> Judgement<'s> {
    pub(super) fn begin(
        shared: &'s Shared,
        mut state: MutexGuard<'_, State>,
        lane: Option<usize>,
        call: Arc<dyn ErasedCall>,
        caller: Caller,
    ) -> Self {
        let number = state.log.push(Arc::clone(&call), caller);
        let mut due = Vec::new();
        shared.find_candidate(lane, |at, _| {
            due.push(at);
            None::<()>
        });
        let (view, version) = (shared.view(&state), shared.version());
        Self { shared, view, due, call, caller, number, version }
    }

    /// Records the violation. Returns the number of the call, and what to panic with.
    pub(super) fn end(self, unjudged: Unjudged<'_>) -> (usize, Violation) {
        let shared = self.shared;
        let (fault, spoilt) = self.verdict();
        std::mem::forget(unjudged);
        let text = texts::raised(fault.clone(), &self.view, &self.due, &shared.title());
        let mut state = shared.lock();
        state.faults.push(fault);
        state.raised.push(text.headline().to_owned());
        if let Some(at) = spoilt.filter(|_| shared.version() == self.version) {
            shared.spoil(&state, at);
        }
        drop(state);
        (self.number, text)
    }

    /// Returns the violation, and the step that the call was meant for, if that is clear.
    fn verdict(&self) -> (Violation, Option<At>) {
        let (call, number, made) = (&*self.call, self.number, self.made());
        let due: Vec<&StepView<'_>> = self.due.iter().map(|at| self.view.step(*at)).collect();
        if let Some(bare) = due.iter().find(|step| !step.has_reply && step.is_for(call)) {
            return (texts::asked_without_reply(number, made, bare), None);
        }
        let equal = |step: &&StepView<'_>| step.entry.expected.is_exactly(call.as_any());
        let is_own = |step: &StepView<'_>| step.entry.fake == self.caller.fake;
        if let Some(of_other) = due.iter().find(|step| equal(step) && !is_own(step)) {
            return (texts::of_another_fake(number, made, of_other), None);
        }
        let same = |step: &&StepView<'_>| equal(step) && is_own(step);
        if let Some(later) = self.view.steps().filter(|step| step.is_left).find(same) {
            return (texts::out_of_order(number, made, &due, later), None);
        }
        if let Some(meant) = due.iter().find(|step| step.is_for(call) && is_own(step)) {
            let difference = difference(&meant.entry.expected.text(), &call.text());
            let is_itself = meant.entry.expected.equals_itself();
            return (texts::differs(number, made, meant, difference.as_ref(), is_itself), Some(meant.at));
        }
        if let Some(used) = self.view.steps().filter(|step| !step.is_left).find(same) {
            return (texts::too_many(number, made, &due, used), None);
        }
        (texts::unexpected(number, made, &due, self.nearest().as_ref()), None)
    }

    fn made(&self) -> LoggedCall<'_> {
        LoggedCall { call: &*self.call, caller: self.caller }
    }

    /// Finds the entry of the same method that differs in the fewest arguments; one that is left before one that is
    /// used. It runs only for a wrong call, so a correct one costs nothing.
    fn nearest(&self) -> Option<(&StepView<'_>, Option<Difference>)> {
        let call = &*self.call;
        let got = call.text();
        let of_method = self.view.steps().filter(|step| step.is_for(call));
        let compared = of_method.map(|step| (step, difference(&step.entry.expected.text(), &got)));
        compared.min_by_key(|(step, difference)| {
            (difference.as_ref().map_or(usize::MAX, |difference| difference.count), !step.is_left)
        })
    }
}

/// Records a call whose comparison or `Debug` panicked. Forgotten when all went well.
pub(super) struct Unjudged<'s> {
    shared: &'s Shared,
    name: &'static str,
    caller: Caller,
}

impl<'s> Unjudged<'s> {
    pub(super) const fn new(shared: &'s Shared, name: &'static str, caller: Caller) -> Self {
        Self { shared, name, caller }
    }
}

impl Drop for Unjudged<'_> {
    fn drop(&mut self) {
        self.shared.record(texts::unjudged(self.name, self.caller));
    }
}
