//! The failure texts of strict fakes.

use super::{
    at::At,
    call::{Caller, ErasedCall},
    difference::Difference,
    logged::LoggedCall,
    view::{StepView, View, shown},
};
use crate::violation::{SourceLocation, Violation};

/// How many entries that are left a report lists.
const LISTED: usize = 5;

// A call that the script does not expect now.

fn call_fault(headline: String, made: LoggedCall<'_>, due: &[&StepView<'_>]) -> Violation {
    let mut fault = Violation::new(headline);
    match due {
        [] => fault = fault.with("expected", "no more calls"),
        [one] => fault = fault.with("expected", one.text()),
        several => {
            let texts = several.iter().map(|step| format!("{} ({})", step.text(), step.position()));
            fault = fault.with("expected", lines(texts));
        }
    }
    fault = fault.with("got", shown(&made.text()));
    if !due.is_empty() {
        fault = fault.with("scripted", lines(due.iter().map(|step| step.entry.scripted_at.to_string())));
    }
    fault.with("called", made.caller)
}

pub(super) fn differs(
    number: usize,
    made: LoggedCall<'_>,
    meant: &StepView<'_>,
    difference: Option<&Difference>,
    is_itself: bool,
) -> Violation {
    let place = match difference {
        Some(Difference { argument, offset: Some((unit, at)), .. }) => {
            format!(" in `{argument}`, at {unit} {at}")
        }
        Some(Difference { argument, .. }) => format!(" in `{argument}`"),
        None => String::new(),
    };
    let headline = format!(
        "call {number}, `{}`, differs from the script{place} ({})",
        made.call.name(),
        meant.position()
    );
    let fault = call_fault(headline, made, &[meant]);
    if is_itself {
        return fault;
    }
    fault
        .with(
            "why",
            "the expected call does not equal itself: a float that is NaN, or a `PartialEq` of your own",
        )
        .next("expect it with `script.expect_where(..)`, which asks a closure")
}

pub(super) fn out_of_order(
    number: usize,
    made: LoggedCall<'_>,
    due: &[&StepView<'_>],
    later: &StepView<'_>,
) -> Violation {
    let headline = format!("call {number}, `{}`, is out of order", made.call.name());
    call_fault(headline, made, due).with(
        "nearest",
        format!("{}: this very call, scripted {}", later.position(), later.entry.scripted_at),
    )
}

/// The very call that is due, of another fake.
pub(super) fn of_another_fake(number: usize, made: LoggedCall<'_>, due: &StepView<'_>) -> Violation {
    let fake =
        |name: Option<&str>| name.map_or("a fake without a name".to_owned(), |name| format!("`{name}`"));
    let (called, expected) = (fake(made.caller.fake), fake(due.entry.fake));
    let name = made.call.name();
    let headline = format!(
        "call {number}, `{name}`, was made on {called}, and is expected of {expected} ({})",
        due.position()
    );
    call_fault(headline, made, &[due])
}

pub(super) fn too_many(
    number: usize,
    made: LoggedCall<'_>,
    due: &[&StepView<'_>],
    used: &StepView<'_>,
) -> Violation {
    let headline = format!("call {number}, `{}`, is one too many", made.call.name());
    let scripted = format!("{}, used: this very call, scripted {}", used.position(), used.entry.scripted_at);
    call_fault(headline, made, due).with("nearest", scripted)
}

pub(super) fn unexpected(
    number: usize,
    made: LoggedCall<'_>,
    due: &[&StepView<'_>],
    nearest: Option<&(&StepView<'_>, Option<Difference>)>,
) -> Violation {
    let headline = format!("call {number}, `{}`, is not in the script", made.call.name());
    let fault = call_fault(headline, made, due);
    let Some((step, difference)) = nearest else { return fault };
    let used = if step.is_left { "" } else { ", used" };
    let difference = difference.as_ref().map_or_else(String::new, |difference| {
        let Difference { argument, expected, got, .. } = difference;
        format!("; `{argument}` differs: {}, got {}", shown(expected), shown(got))
    });
    fault.with(
        "nearest",
        format!(
            "{}{used}: {}, scripted {}{difference}",
            step.position(),
            step.text(),
            step.entry.scripted_at
        ),
    )
}

pub(super) fn asked_without_reply(number: usize, made: LoggedCall<'_>, bare: &StepView<'_>) -> Violation {
    let headline = format!("call {number}, `{}`, has no reply ({})", made.call.name(), bare.position());
    call_fault(headline, made, &[bare]).next(NEEDS_REPLY)
}

const NEEDS_REPLY: &str = "end the expectation with `.reply(..)` or `.reply_with(..)`";

pub(super) fn unjudged(name: &str, caller: Caller) -> Violation {
    Violation::new(format!("a call of `{name}` could not be judged: comparing it, or showing it, panicked"))
        .with("called", caller)
}

pub(super) fn late(call: &dyn ErasedCall, caller: Caller, scenario: &str) -> Violation {
    Violation::new(format!("`{}` was called after the end of its scenario", call.name()))
        .with("got", shown(&call.text()))
        .with("called", caller)
        .with("scenario", scenario)
}

/// The violation of a call as its panic shows it: with what is left, and all calls.
pub(super) fn raised(fault: Violation, view: &View<'_>, due: &[At], scenario: &str) -> Violation {
    let left = view.steps().filter(|step| step.is_left && !step.is_spoilt && !due.contains(&step.at));
    with_calls(with_left(fault, left), view, scenario)
}

fn with_left<'a>(fault: Violation, mut left: impl Iterator<Item = &'a StepView<'a>>) -> Violation {
    let listed = left.by_ref().take(LISTED).map(|step| format!("{}: {}", step.position(), step.text()));
    let mut listed: Vec<String> = listed.collect();
    if listed.is_empty() {
        return fault;
    }
    match left.count() {
        0 => {}
        more => listed.push(format!("and {more} more")),
    }
    fault.with("left", lines(listed))
}

/// One text of several lines: they share a label.
fn lines(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().collect::<Vec<_>>().join("\n")
}

/// The end of every report: all calls in their order, and the scenario.
pub(super) fn with_calls(fault: Violation, view: &View<'_>, scenario: &str) -> Violation {
    with_log(fault, view.calls(), scenario)
}

pub(super) fn with_log<'s>(
    fault: Violation,
    calls: impl Iterator<Item = LoggedCall<'s>>,
    scenario: &str,
) -> Violation {
    let calls = calls
        .enumerate()
        .map(|(index, made)| format!("{}: {}, from {}", index + 1, shown(&made.text()), made.caller));
    let calls = lines(calls);
    let calls = if calls.is_empty() { "none".to_owned() } else { calls };
    fault.with("calls", calls).with("scenario", scenario)
}

// Replies.

pub(super) fn reply_panicked(number: usize, name: &str, call: &str, caller: Caller) -> Violation {
    Violation::new(format!("the reply to call {number}, `{name}`, panicked"))
        .with("got", shown(call))
        .with("called", caller)
        .next("if the collaborator is to panic, say so with `.reply_panic(..)`")
}

pub(super) fn reply_is_later(number: usize, name: &str, call: &str, caller: Caller) -> Violation {
    Violation::new(format!("the reply to call {number}, `{name}`, comes later, and the call cannot wait"))
        .with("got", shown(call))
        .with("called", caller)
        .next("answer with `.reply(..)`, or let the fake's method be async and use `call_async`")
}

pub(super) fn reply_is_gone(number: usize, name: &str, call: &str, caller: Caller) -> Violation {
    Violation::new(format!("the reply to call {number}, `{name}`, is gone: the scenario ends"))
        .with("got", shown(call))
        .with("called", caller)
}

// The script itself.

pub(super) fn vacuous(words: &str, name: &str, witness: &str, scripted_at: SourceLocation) -> Violation {
    Violation::new(format!("the matcher `{words}` of `{name}` accepts the call that it must reject"))
        .with("accepts", shown(witness))
        .with("scripted", scripted_at)
        .next("a matcher that accepts everything checks nothing: narrow it, or take another witness")
}

pub(super) fn no_reply(step: &StepView<'_>) -> Violation {
    Violation::new(format!(
        "the expectation of `{}` has no reply ({})",
        step.entry.expected.name(),
        step.position()
    ))
    .with("expected", step.text())
    .with("scripted", step.entry.scripted_at)
    .next(NEEDS_REPLY)
}

pub(super) fn missing(step: &StepView<'_>) -> Violation {
    let name = step.entry.expected.name();
    let headline = match (step.met, step.least) {
        (0, _) => format!("`{name}` was never called ({})", step.position()),
        (1, least) => format!("`{name}` was called once instead of {least} times ({})", step.position()),
        (met, least) => format!("`{name}` was called {met} times instead of {least} ({})", step.position()),
    };
    Violation::new(headline).with("expected", step.text()).with("scripted", step.entry.scripted_at)
}

pub(super) fn empty(what: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("{what} is empty"))
        .with("made at", made_at)
        .next("expect a call, or say `expect_no_calls()`")
}

pub(super) fn contradiction(what: &str, no_calls: SourceLocation, first: &StepView<'_>) -> Violation {
    Violation::new(format!("{what} expects no calls, and `{}`", first.entry.expected.name()))
        .with("scripted", format!("{no_calls}\n{}", first.entry.scripted_at))
}

pub(super) fn no_handle(what: &str, call: &str, no_calls: SourceLocation) -> Violation {
    Violation::new(format!("`expect_no_calls()` proves nothing: {what} gave out no handle"))
        .with("scripted", no_calls)
        .next(format!("give the code under test a fake that holds `{call}.handle()`"))
}

// The end.

/// Fakes of one trait that the script does not tell apart.
pub(super) fn not_told_apart(what: &str, made_at: &[SourceLocation]) -> Violation {
    Violation::new(format!(
        "{} fakes of `{what}` were called, and the script does not tell them apart",
        made_at.len()
    ))
    .with("made at", lines(made_at.iter().map(ToString::to_string)))
    .next("name each: `let backup = script.fake(\"backup\")`, then `backup.expect(..)` and `backup.handle()`")
}

/// A handle that was not called beside one that was: it may be the fake that was meant.
pub(super) fn not_called_beside(idle: SourceLocation, called: SourceLocation) -> Violation {
    Violation::new(
        "a handle was never called, and another one was: the script does not say which fake is meant",
    )
    .with("made at", idle)
    .with("called", format!("the handle made at {called}"))
    .next("name the fakes with `script.fake(\"..\")`; one that must not be called says `expect_no_calls()`")
}

/// The end of a process whose destructor made a call that its script does not have, while its thread panicked.
pub(super) const IN_A_PANIC: &str = "  why      a destructor made this call while its thread panicked: a second panic ends the process\n  \
                                     next     see the panic before this one; expect the call, or give the method no result";

/// `parked` is how many runs of fake exits were parked meanwhile: what their code captured stays for good.
pub(super) fn alive(count: usize, made_at: SourceLocation, parked: usize) -> Violation {
    let handles =
        if count == 1 { "a handle is".to_owned() } else { format!("{count} copies of a handle are") };
    let alive = Violation::new(format!("{handles} still alive at the end: a call could still come, unseen"))
        .with("made at", made_at);
    if parked == 0 {
        return alive.next("join the thread, end the task or drop the fake inside the scenario");
    }
    let runs = if parked == 1 { "a run".to_owned() } else { format!("{parked} runs") };
    alive
        .with("parked", format!("{runs} of `FakeExit::park`: what the code holds there is never dropped"))
        .next("take `FakeExit::run`, which drops it, or hand the parked code no fake")
}

pub(super) fn several(count: usize) -> Violation {
    Violation::new(format!("{count} rules of the scenario are broken"))
}

pub(super) fn body_failed(error: &str) -> Violation {
    Violation::new("the body of the scenario failed").with("error", error)
}

pub(super) fn body_panicked(text: &str) -> Violation {
    Violation::new("the body of the scenario panicked").with("panic", text)
}

pub(super) fn unfinished(scenario: &str) -> Violation {
    Violation::new("a scenario was dropped before its end: nothing is verified")
        .with("scenario", scenario)
        .next("await it in the test itself, to its end")
}

// The log.

pub(super) fn calls_differ(at: usize, expected: Option<String>, got: Option<LoggedCall<'_>>) -> Violation {
    let got_text = got.map_or_else(|| "no more calls".to_owned(), |made| shown(&made.text()));
    let fault = Violation::new(format!("the log differs from the calls asserted, at call {at}"))
        .with("expected", expected.map_or_else(|| "no more calls".to_owned(), |text| shown(&text)))
        .with("got", got_text);
    match got {
        Some(made) => fault.with("called", made.caller),
        None => fault,
    }
}

pub(super) fn count_differs(expected: usize, got: usize) -> Violation {
    Violation::new("the log holds another number of calls").with("expected", expected).with("got", got)
}

pub(super) fn not_called(name: &str, call: &str) -> Violation {
    Violation::new(format!("`{name}` was never called with these arguments")).with("expected", shown(call))
}

pub(super) fn was_called(number: usize, made: LoggedCall<'_>) -> Violation {
    Violation::new(format!("call {number}, `{}`, is one that must not happen", made.call.name()))
        .with("got", shown(&made.text()))
        .with("called", made.caller)
}

pub(super) fn rejects_witness(name: &str, witness: &str) -> Violation {
    Violation::new(format!("the predicate on `{name}` rejects the call that it must match"))
        .with("rejects", shown(witness))
        .next("a predicate that matches nothing proves nothing: correct it, or take another witness")
}

pub(super) fn log_is_empty(name: &str) -> Violation {
    Violation::new(format!("that `{name}` was never called proves nothing: the log is empty"))
        .next("a script that expects no call at all says `expect_no_calls()`")
}

// Logged errors.

pub(super) fn errors_left(count: usize, made_at: SourceLocation) -> Violation {
    let errors =
        if count == 1 { "a logged error was".to_owned() } else { format!("{count} logged errors were") };
    Violation::new(format!("{errors} not taken"))
        .with("made at", made_at)
        .next("if it is meant to be logged, take it: `take::<E>()`, `take_text(..)`")
}

pub(super) fn nothing_to_take(what: &str) -> Violation {
    Violation::new(format!("no error {what} was logged"))
}

pub(super) fn no_sink(made_at: SourceLocation) -> Violation {
    Violation::new("an error log proves nothing: it gave out no sink")
        .with("made at", made_at)
        .next("give the code under test `errors.sink()`")
}

pub(super) fn late_error(error: &str, logged_at: SourceLocation, made_at: SourceLocation) -> Violation {
    Violation::new("an error was logged after the end of its log")
        .with("error", error)
        .with("called", logged_at)
        .with("made at", made_at)
}
