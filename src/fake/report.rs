//! The report at the end of a scenario: everything that is wrong with it.

use std::{any::type_name, fmt::Debug, thread};

use super::{
    fakes::FakeFault,
    state::{Lane, Shared, State},
    texts,
    view::{StepView, View},
};
use crate::{
    guard::{self, in_test},
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
        let of_script = script_faults(shared, &state, &view, outcome.is_ok());
        (view, std::mem::take(&mut state.faults), std::mem::take(&mut state.raised), of_script)
    };
    let of_script = of_script.into_iter().map(|fault| fault(&view));
    if let (Err(payload), true) = (outcome, violations.is_empty()) {
        let of_script: Vec<_> = of_script.collect();
        if !of_script.is_empty() {
            // The panic goes on as it is. A test may want it, and must not lose this: the hook hears of it.
            let panicked = texts::body_panicked(&panic_text(&**payload));
            let report = report(Some(panicked), &of_script, &view, &shared.title());
            guard::violated(&report.with_all(context));
        }
        return None;
    }
    if outcome.is_ok() {
        violations.extend(of_script);
    }
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

/// `is_whole` unless the body was left by a panic, with its fakes wherever they were.
fn script_faults(shared: &Shared, state: &State, view: &View<'_>, is_whole: bool) -> Vec<Fault> {
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
    if !is_whole {
        return faults;
    }
    for fault in state.fakes.faults(|fake| shared.has_entry_of(fake)) {
        faults.push(Box::new(move |view| of_fake(fault, view)));
    }
    for origin in state.fakes.alive() {
        let (alive, made_at) = (origin.alive, origin.made_at);
        let parked = shared.parked();
        faults.push(Box::new(move |_| texts::alive(alive, made_at, parked)));
    }
    faults
}

fn of_fake(fault: FakeFault, view: &View<'_>) -> Violation {
    let title = |name: &str| format!("the fake `{name}`");
    match fault {
        FakeFault::Empty { name, made_at } => texts::empty(&title(name), made_at),
        FakeFault::Contradiction { name, no_calls } => {
            let mut steps = view.steps();
            let first = steps.find(|step| step.entry.fake == Some(name)).expect("an entry of the fake");
            texts::contradiction(&title(name), no_calls, first)
        }
        FakeFault::NoHandle { name, no_calls } => {
            texts::no_handle(&title(name), &format!("script.fake({name:?})"), no_calls)
        }
        FakeFault::NotToldApart { of_trait, made_at } => texts::not_told_apart(of_trait, &made_at),
        FakeFault::NotCalledBeside { idle, called } => texts::not_called_beside(idle, called),
    }
}

fn empty_or_contradicting(shared: &Shared, state: &State, view: &View<'_>, faults: &mut Vec<Fault>) {
    let whole_is_empty = shared.lanes.iter().all(is_silent) && !state.fakes.has_idle();
    if whole_is_empty && state.no_calls.is_none() {
        let opened_at = shared.opened_at;
        faults.push(Box::new(move |_| texts::empty("the script", opened_at)));
    }
    if let Some(no_calls) = state.no_calls {
        if let Some(first) = view.steps().next().map(|step| step.at) {
            let fault = move |view: &View<'_>| texts::contradiction("the script", no_calls, view.step(first));
            faults.push(Box::new(fault));
        } else if !state.fakes.has_handles() {
            faults.push(Box::new(move |_| texts::no_handle("the script", "script", no_calls)));
        }
    }
    for (index, (lane, seen)) in shared.lanes.iter().zip(&view.lanes).enumerate().skip(1) {
        let title = lane.name.map_or_else(String::new, |name| format!("the lane `{name}`"));
        let (made_at, no_calls) = (lane.made_at, lane.no_calls.get().copied());
        match (seen.steps.first().map(|step: &StepView<'_>| step.at), no_calls) {
            (None, None) if !whole_is_empty => faults.push(Box::new(move |_| texts::empty(&title, made_at))),
            (Some(first), Some(no_calls)) => {
                faults.push(Box::new(move |view| texts::contradiction(&title, no_calls, view.step(first))))
            }
            (None, Some(no_calls)) if !state.fakes.has_handle_of_lane(index) => {
                let call = format!("script.lane({:?})", lane.name.unwrap_or_default());
                faults.push(Box::new(move |_| texts::no_handle(&title, &call, no_calls)));
            }
            _ => {}
        }
    }
}

/// Nothing is said of a lane.
fn is_silent(lane: &Lane) -> bool {
    lane.steps.get(0).is_none() && lane.no_calls.get().is_none()
}
