//! Checks a proof.

use super::scratch::{Proof, Subject};
use crate::{
    book::Chapter,
    libtest::{Outcome, Outcomes},
    wrong::Wrong,
};

/// Returns the faults of a proof; none if it holds. Without outcomes, the subject did not compile.
pub(super) fn judge(proof: &Proof<'_>, outcomes: Option<&Outcomes>) -> Vec<String> {
    let chapter = proof.chapter;
    if let Subject::Wrong(_, Err(misfit)) = &proof.subject {
        return vec![misfit.clone()];
    }
    let Some(outcomes) = outcomes else { return vec![format!("DOES NOT COMPILE: {}", proof.shown())] };
    match &proof.subject {
        Subject::Stub => each_test(chapter, outcomes, on_stub),
        Subject::Reference => each_test(chapter, outcomes, on_reference),
        Subject::Wrong(wrong, _) => is_caught(chapter, wrong, outcomes).err().into_iter().collect(),
    }
}

fn each_test(
    chapter: &Chapter,
    outcomes: &Outcomes,
    fault: impl Fn(&Chapter, &Outcome) -> Option<String>,
) -> Vec<String> {
    let of = |name: &str| {
        outcomes.iter().find(|(own, _)| own == name).map_or(&Outcome::NoEnd, |(_, outcome)| outcome)
    };
    let fault =
        |name: &String| fault(chapter, of(name)).map(|fault| format!("{fault}: {} {name}", chapter.id));
    chapter.tests.iter().filter_map(|test| fault(&test.name)).collect()
}

/// Checks that a test is red with the text of the exercise.
fn on_stub(chapter: &Chapter, outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Passed => Some("PASSES ON THE STUB".into()),
        Outcome::NoEnd => Some("DOES NOT END ON THE STUB".into()),
        Outcome::Failed { text, .. } if text.starts_with(&format!("EXERCISE {} NOT DONE", chapter.id)) => {
            None
        }
        Outcome::Failed { place, text } => {
            let first = text.lines().next().unwrap_or("");
            Some(format!("RED ON THE STUB WITHOUT THE EXERCISE'S TEXT, but `{first}` at {place}"))
        }
    }
}

fn on_reference(_: &Chapter, outcome: &Outcome) -> Option<String> {
    (*outcome != Outcome::Passed).then(|| "NOT GREEN ON THE REFERENCE".into())
}

/// Checks that the named test fails by its own assertion: a wrong solution that panics proves nothing about the test.
fn is_caught(chapter: &Chapter, wrong: &Wrong, outcomes: &Outcomes) -> Result<(), String> {
    let name = &wrong.caught_by;
    let shown = format!("{} {}", chapter.id, wrong.name);
    if chapter.test(name).is_none() {
        return Err(format!("NO SUCH TEST {name}: {shown}"));
    }
    for (test, outcome) in outcomes {
        match outcome {
            Outcome::NoEnd => return Err(format!("DOES NOT END, in {test}: {shown}")),
            Outcome::Failed { place, .. } if !place.contains("exercises/tests/") => {
                return Err(format!("CRASHES at {place}, in {test}: {shown}"));
            }
            Outcome::Failed { .. } | Outcome::Passed => {}
        }
    }
    match outcomes.iter().find(|(test, _)| test == name) {
        Some((_, Outcome::Failed { .. })) => Ok(()),
        _ => Err(format!("NOT CAUGHT by {name}: {shown}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{book::Test, page};

    fn chapter() -> Chapter {
        Chapter {
            id: "ch01".into(),
            name: "ch01_request_head".into(),
            page: page::parse("# 01 Request head\nTime: 5 minutes\n").expect("a page"),
            tests: vec![Test { name: "t01_a".into(), line: 1, source: String::new() }],
            wrong: vec![],
        }
    }

    fn judged(subject: Subject<'_>, outcomes: &[(&str, Outcome)]) -> Vec<String> {
        let chapter = chapter();
        let outcomes = outcomes.iter().map(|(name, outcome)| ((*name).to_owned(), outcome.clone())).collect();
        judge(&Proof { chapter: &chapter, before: vec![], subject }, Some(&outcomes))
    }

    fn subject(wrong: &Wrong) -> Subject<'_> {
        Subject::Wrong(wrong, Ok(String::new()))
    }

    fn failed(place: &str, text: &str) -> Outcome {
        Outcome::Failed { place: place.into(), text: text.into() }
    }

    #[test]
    fn on_a_stub_every_test_is_red_with_the_text_of_the_exercise() {
        assert_eq!(judged(Subject::Stub, &[("t01_a", failed("", "EXERCISE ch01 NOT DONE: .."))]), [""; 0]);
        assert_eq!(judged(Subject::Stub, &[("t01_a", Outcome::Passed)]), ["PASSES ON THE STUB: ch01 t01_a"]);
        assert_eq!(judged(Subject::Stub, &[]), ["DOES NOT END ON THE STUB: ch01 t01_a"]);
        assert_eq!(
            judged(Subject::Stub, &[("t01_a", failed("a.rs:1:1", "no\nmore"))]),
            ["RED ON THE STUB WITHOUT THE EXERCISE'S TEXT, but `no` at a.rs:1:1: ch01 t01_a"]
        );
    }

    #[test]
    fn on_the_reference_every_test_is_green() {
        assert_eq!(judged(Subject::Reference, &[("t01_a", Outcome::Passed)]), [""; 0]);
        assert_eq!(judged(Subject::Reference, &[]), ["NOT GREEN ON THE REFERENCE: ch01 t01_a"]);
    }

    #[test]
    fn a_wrong_solution_is_caught_by_its_own_test_and_by_no_crash() {
        let edit = "caught-by: t01_a\nin: ch01_request_head/mod.rs\nwhy: It is shorter.\n\n-one\n";
        let mut wrong = Wrong::parse("hasty", "hasty.edit", edit).expect("an edit");
        let in_test = || failed("/book/exercises/tests/support/mod.rs:1:1", "differs");
        assert_eq!(judged(subject(&wrong), &[("t01_a", in_test())]), [""; 0]);
        assert_eq!(
            judged(subject(&wrong), &[("t01_a", Outcome::Passed)]),
            ["NOT CAUGHT by t01_a: ch01 hasty"]
        );
        assert_eq!(
            judged(subject(&wrong), &[("t01_a", in_test()), ("t02_b", failed("hasty.rs:1:1", "unwrap"))]),
            ["CRASHES at hasty.rs:1:1, in t02_b: ch01 hasty"]
        );
        assert_eq!(
            judged(subject(&wrong), &[("t01_a", Outcome::NoEnd)]),
            ["DOES NOT END, in t01_a: ch01 hasty"]
        );
        wrong.caught_by = "t09_z".into();
        assert_eq!(judged(subject(&wrong), &[]), ["NO SUCH TEST t09_z: ch01 hasty"]);
        let misfit = Subject::Wrong(&wrong, Err("IT DOES NOT FIT".into()));
        assert_eq!(judged(misfit, &[]), ["IT DOES NOT FIT"]);
    }

    #[test]
    fn a_subject_that_does_not_compile_is_a_fault() {
        let chapter = chapter();
        let proof = Proof { chapter: &chapter, before: vec![], subject: Subject::Reference };
        assert_eq!(judge(&proof, None), ["DOES NOT COMPILE: ch01 the reference"]);
    }
}
