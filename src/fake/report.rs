//! The report at the end of a scenario: everything that is wrong with it.

use std::{any::type_name, fmt::Debug, thread};

use super::{
    state::{Lane, Shared, State},
    texts,
    view::{StepView, View},
};
use crate::{
    guard::in_test,
    violation::{Violation, panic_text},
};

impl Shared {
    /// Where the scenario stands, and in which test.
    pub(super) fn title(&self) -> String {
        format!("{}{}", self.opened_at, in_test(&self.opened_by))
    }
}

/// Closes the scenario, and says what is wrong with it, if anything is.
pub(super) fn find<T: Debug>(
    shared: &Shared,
    outcome: &thread::Result<T>,
    context: Vec<(&'static str, String)>,
) -> Option<Violation> {
    let (view, mut violations, raised, of_script) = {
        let mut state = shared.lock();
        state.is_closed = true;
        if outcome.is_ok() && shared.is_in_order(&state) {
            return None;
        }
        let view = shared.view(&state);
        let of_script = if outcome.is_ok() { script_faults(shared, &state, &view) } else { Vec::new() };
        (view, std::mem::take(&mut state.faults), std::mem::take(&mut state.raised), of_script)
    };
    violations.extend(of_script.into_iter().map(|fault| fault(&view)));
    if violations.is_empty() {
        return None;
    }
    let of_body = match outcome {
        Ok(output) => error_text(output).map(|error| texts::body_failed(&error)),
        Err(payload) => Some(panic_text(&**payload))
            .filter(|text| !raised.iter().any(|own| text.contains(own.as_str())))
            .map(|text| texts::body_panicked(&text)),
    };
    let report = report(of_body, &violations, &view, &shared.title());
    let report = context.into_iter().fold(report, |report, (label, text)| report.with(label, text));
    Some(report.with_parts(violations))
}

/// Returns the `Debug` text of an output that is an error.
fn error_text<T: Debug>(output: &T) -> Option<String> {
    let is_result = type_name::<T>().starts_with("core::result::Result<");
    let text = is_result.then(|| format!("{output:?}"))?;
    Some(text.strip_prefix("Err(")?.strip_suffix(')')?.to_owned())
}

fn report(
    of_body: Option<Violation>,
    violations: &[Violation],
    view: &View<'_>,
    scenario: &str,
) -> Violation {
    let report = match (of_body, violations) {
        (None, [only]) => only.clone(),
        (of_body, all) => {
            let report = of_body.unwrap_or_else(|| texts::several(all.len()));
            all.iter().fold(report, |report, one| report.with("broken", one))
        }
    };
    texts::with_calls(report, view, scenario)
}

/// A violation that is put into words later, with no lock held.
type Fault = Box<dyn FnOnce(&View<'_>) -> Violation>;

fn script_faults(shared: &Shared, state: &State, view: &View<'_>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for lane in &view.lanes {
        for (index, step) in lane.steps.iter().enumerate() {
            let at = step.at;
            debug_assert_eq!(at.step, index, "a view holds the steps in their order");
            if !step.has_reply {
                faults.push(Box::new(move |view| texts::no_reply(view.step(at))));
            } else if step.met < step.least && !step.is_spoilt {
                faults.push(Box::new(move |view| texts::missing(view.step(at))));
            }
        }
    }
    empty_or_contradicting(shared, state, view, &mut faults);
    for origin in state.handles.iter().filter(|origin| origin.alive > 0) {
        let (alive, made_at) = (origin.alive, origin.made_at);
        faults.push(Box::new(move |_| texts::alive(alive, made_at)));
    }
    faults
}

fn empty_or_contradicting(shared: &Shared, state: &State, view: &View<'_>, faults: &mut Vec<Fault>) {
    let whole_is_empty = shared.lanes.iter().all(is_silent);
    if whole_is_empty && state.no_calls.is_none() {
        let opened_at = shared.opened_at;
        faults.push(Box::new(move |_| texts::empty("the script", opened_at)));
    }
    if let Some(no_calls) = state.no_calls {
        if let Some(first) = view.steps().next().map(|step| step.at) {
            let fault = move |view: &View<'_>| texts::contradiction("the script", no_calls, view.step(first));
            faults.push(Box::new(fault));
        } else if state.handles.is_empty() {
            faults.push(Box::new(move |_| texts::no_handle(no_calls)));
        }
    }
    for (lane, seen) in shared.lanes.iter().zip(&view.lanes).skip(1) {
        let title = lane.name.map_or_else(String::new, |name| format!("the lane `{name}`"));
        let (made_at, no_calls) = (lane.made_at, lane.no_calls.get().copied());
        match (seen.steps.first().map(|step: &StepView<'_>| step.at), no_calls) {
            (None, None) if !whole_is_empty => faults.push(Box::new(move |_| texts::empty(&title, made_at))),
            (Some(first), Some(no_calls)) => {
                faults.push(Box::new(move |view| texts::contradiction(&title, no_calls, view.step(first))))
            }
            _ => {}
        }
    }
}

/// Nothing is said of a lane.
fn is_silent(lane: &Lane) -> bool {
    lane.steps.get(0).is_none() && lane.no_calls.get().is_none()
}
