//! What is wrong with a call that the script does not expect now.

use std::sync::MutexGuard;

use super::{
    difference::difference,
    handle::Unjudged,
    made::Made,
    state::{At, Shared, State},
    texts,
    view::{StepView, View},
};
use crate::fault::Violation;

/// A call under judgement: everything that the verdict needs, copied out of the lock.
pub(super) struct Judgement {
    view: View,
    due: Vec<At>,
    made: Made,
    version: u64,
}

impl Judgement {
    pub(super) fn begin(mut state: MutexGuard<'_, State>, lane: Option<usize>, made: Made) -> Self {
        state.log.push(made.clone());
        let due = (0..).map_while(|n| state.candidate(lane, n).map(|(at, _)| at)).collect();
        let view = state.view();
        Self { view, due, made, version: state.version() }
    }

    /// Records the violation, then panics with it.
    #[track_caller]
    pub(super) fn end(self, shared: &Shared, unjudged: Unjudged<'_>) -> ! {
        let (fault, spoilt) = self.verdict();
        std::mem::forget(unjudged);
        let text = texts::raised(fault.clone(), &self.view, &self.due, &shared.title());
        let mut state = shared.lock();
        state.faults.push(fault);
        state.raised.push(text.headline().to_owned());
        if let Some(at) = spoilt.filter(|_| state.version() == self.version) {
            state.spoil(at);
        }
        drop(state);
        text.raise()
    }

    /// The violation; and the step that the call was meant for, if that is clear.
    fn verdict(&self) -> (Violation, Option<At>) {
        let (call, number) = (self.made.call(), self.view.log.len());
        let due: Vec<&StepView> = self.due.iter().map(|at| self.view.step(*at)).collect();
        if let Some(bare) = due.iter().find(|step| !step.has_reply && step.is_for(call)) {
            return (texts::asked_without_reply(number, &self.made, bare), None);
        }
        let same = |step: &&StepView| step.entry.expected.is_exactly(call.as_any());
        if let Some(later) = self.view.steps().filter(|step| step.is_left).find(same) {
            return (texts::out_of_order(number, &self.made, &due, later), None);
        }
        if let Some(meant) = due.iter().find(|step| step.is_for(call)) {
            let difference = difference(&meant.entry.expected.text(), &call.text());
            return (texts::differs(number, &self.made, meant, difference.as_ref()), Some(meant.at));
        }
        if let Some(used) = self.view.steps().filter(|step| !step.is_left).find(same) {
            return (texts::too_many(number, &self.made, &due, used), None);
        }
        (texts::unexpected(number, &self.made, &due, self.nearest().as_ref()), None)
    }

    /// The entry of the same method that differs in the fewest arguments; one that is left before one that is
    /// used. Looked for only now, so that a call that is right costs nothing.
    fn nearest(&self) -> Option<(&StepView, Option<super::difference::Difference>)> {
        let call = self.made.call();
        let got = call.text();
        let of_method = self.view.steps().filter(|step| step.is_for(call));
        let compared = of_method.map(|step| (step, difference(&step.entry.expected.text(), &got)));
        compared.min_by_key(|(step, difference)| {
            (difference.as_ref().map_or(usize::MAX, |difference| difference.count), !step.is_left)
        })
    }
}
