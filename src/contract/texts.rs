//! Failure texts of contracts.

use std::time::Duration;

use crate::{nearest::nearest, violation::Violation};

pub(super) fn broken(headline: String, faults: &[Violation]) -> Violation {
    let lines = faults.iter().map(|fault| ("broken", fault.headline().to_owned() + &seen(fault)));
    Violation::new(headline).with_all(lines).with_parts(faults.to_vec())
}

fn seen(fault: &Violation) -> String {
    ["seen", "side", "source"]
        .iter()
        .filter_map(|label| fault.detail(label).map(|text| format!("\n  {label}: {text}")))
        .collect()
}

pub(super) fn fault(
    subject: &str,
    [rule, says, source]: [&'static str; 3],
    side: Option<&str>,
    seen: &str,
) -> Violation {
    let violation =
        Violation::new(format!("{subject} breaks `{rule}`: {says}")).with("rule", rule).with("seen", seen);
    let violation = match side {
        None => violation,
        Some(side) => violation.with("side", side),
    };
    violation.with("source", source)
}

pub(super) fn unknown_rule(subject: &str, rule: &str, mut known: Vec<&str>) -> Violation {
    known.sort_unstable();
    let next = match nearest(rule, known.iter().copied()) {
        Some(nearest) => format!("write `{nearest}`"),
        None => "see `Report::held`, `Report::faults` and `Report::skipped` for the names".to_owned(),
    };
    Violation::new(format!("{subject}: its contract has no rule `{rule}`")).next(next)
}

pub(super) fn not_in_time(limit: Duration) -> String {
    format!("not done after {limit:?}: something never became ready")
}

pub(super) fn panicked(text: &str) -> String {
    format!("a panic: {text}")
}

pub(super) fn polls_for_ever(polls: u32) -> String {
    format!("polled {polls} times and not done: something wakes itself without an end")
}
