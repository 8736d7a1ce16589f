//! The environment of a test: variables that the kit does not know, and replays that are announced.

use std::process::{Command, Output};

/// Runs one test of this binary with these variables set.
fn run(test: &str, variables: &[(&str, &str)]) -> (Output, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).env("RUST_BACKTRACE", "0").envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat();
    (output, text)
}

const OF_THE_ATTRIBUTE: &str = "sim::test_attribute::it_needs_no_sim";
const A_SEARCH: &str = "explore::splits::a_body_that_cuts_nothing_is_no_search";

#[test]
fn an_unknown_variable_fails_the_test_with_the_nearest_name() {
    for (name, next) in [
        ("UNPLUGGED_SED", "write `UNPLUGGED_SEED`, or unset it"),
        ("UNPLUGGED_SEARCHES", "write `UNPLUGGED_SEARCH`, or unset it"),
        ("UNPLUGGED_TRACE", "unset it"),
    ] {
        let (output, text) = run(OF_THE_ATTRIBUTE, &[(name, "1")]);
        assert_eq!(output.status.code(), Some(101), "{text}");
        let expected = format!(
            "the environment variable `{name}` is set, and the kit knows none of this name\n  \
             known    `UNPLUGGED_SEED`, `UNPLUGGED_CASE`, `UNPLUGGED_SEARCH`, `UNPLUGGED_CHILD`\n  \
             next     {next}\n"
        );
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn a_search_refuses_an_unknown_variable_too() {
    let (output, text) = run(A_SEARCH, &[("UNPLUGGED_CASES", "3")]);
    assert_eq!(output.status.code(), Some(101), "{text}");
    assert!(text.contains("the environment variable `UNPLUGGED_CASES` is set"), "{text}");
}

/// What a harness captures, a test that passes does not show.
#[test]
fn a_replay_is_announced_once_where_no_harness_captures_it() {
    let (output, text) = run(OF_THE_ATTRIBUTE, &[("UNPLUGGED_SEED", "0x7")]);
    assert!(output.status.success(), "{text}");
    let told = "unplugged: `UNPLUGGED_SEED=0x7` is set: the tests of this process run with this seed alone\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr).matches(told).count(), 1, "{text}");
    let (_, text) = run(A_SEARCH, &[("UNPLUGGED_CASE", "1")]);
    assert!(
        text.contains("unplugged: `UNPLUGGED_CASE=1` is set: the tests of this process run with this case"),
        "{text}"
    );
    let (_, text) = run(OF_THE_ATTRIBUTE, &[]);
    assert!(!text.contains("unplugged: "), "{text}");
}
