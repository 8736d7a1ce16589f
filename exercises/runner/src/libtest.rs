//! Reads the output of Rust's test harness.

/// The result of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// With its text, and its place: `exercises/tests/ch01_request_head.rs:12:5`.
    Failed {
        place: String,
        text: String,
    },
    /// It began, but the process ended or was killed before its end.
    NoEnd,
}

/// The tests of one run, in the order in which they ran.
pub(crate) type Outcomes = Vec<(String, Outcome)>;

/// Reads the output of a test binary that ran its tests one at a time.
pub(crate) fn parse(output: &str) -> Outcomes {
    let mut outcomes = Vec::new();
    for line in output.lines() {
        let Some((name, end)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")) else {
            continue;
        };
        outcomes.push((name.to_owned(), outcome(output, name, end)));
    }
    outcomes
}

fn outcome(output: &str, name: &str, end: &str) -> Outcome {
    match end.trim() {
        "ok" => Outcome::Passed,
        "FAILED" => {
            let said =
                output.split_once(&format!("\n---- {name} stdout ----\n")).map_or("", |(_, said)| said);
            let said = said.split("\n---- ").next().unwrap_or("");
            let (place, text) = panic(said);
            Outcome::Failed { place, text }
        }
        _ => Outcome::NoEnd,
    }
}

/// Returns the place and the text of the first panic in the output of a test.
fn panic(said: &str) -> (String, String) {
    let Some((_, after)) = said.split_once(" panicked at ") else {
        return (String::new(), said.split("\nfailures:\n").next().unwrap_or("").trim().to_owned());
    };
    let (place, text) = after.split_once(":\n").unwrap_or((after, ""));
    let ends = ["\nnote: ", "\nstack backtrace:", "\nthread '", "\nfailures:\n", "\n\n\n"];
    let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    (place.replace('\\', "/"), text[..end].trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 3 tests
test t01_a ... ok
test t02_b ... FAILED
test t03_c ... FAILED

failures:

---- t02_b stdout ----

thread 't02_b' (123) panicked at exercises\\tests\\ch01.rs:4:5:
it differs
  expected 1
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- t03_c stdout ----

thread '<unnamed>' (7) panicked at exercises/src/ch01.rs:7:9:
EXERCISE

thread 't03_c' panicked at other.rs:1:1:
joined


failures:
    t02_b
    t03_c

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    fn failed(place: &str, text: &str) -> Outcome {
        Outcome::Failed { place: place.into(), text: text.into() }
    }

    #[test]
    fn each_failure_has_its_place_and_text() {
        let expected = vec![
            ("t01_a".into(), Outcome::Passed),
            ("t02_b".into(), failed("exercises/tests/ch01.rs:4:5", "it differs\n  expected 1")),
            ("t03_c".into(), failed("exercises/src/ch01.rs:7:9", "EXERCISE")),
        ];
        assert_eq!(parse(OUTPUT), expected);
    }

    #[test]
    fn a_test_that_did_not_end_is_told_apart() {
        let outcomes = parse("test t01_a ... ok\ntest t02_b ... ");
        assert_eq!(outcomes, vec![("t01_a".into(), Outcome::Passed), ("t02_b".into(), Outcome::NoEnd)]);
    }

    #[test]
    fn a_test_that_returned_an_error_has_its_text() {
        let outcomes = parse(
            "test t01_a ... FAILED\n\nfailures:\n\n---- t01_a stdout ----\nError: \"no\"\n\n\nfailures:\n    t01_a\n",
        );
        assert_eq!(outcomes, vec![("t01_a".into(), failed("", "Error: \"no\""))]);
    }
}
