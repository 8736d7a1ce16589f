//! The README's code, compiled and run; and its other claims that can be checked.

mod lossy_link;
#[expect(unreachable_pub, reason = "it is shown as the code of a library")]
mod session;
mod session_test;
mod silent_client;

use std::{collections::BTreeSet, fs, path::Path};

const README: &str = include_str!("../../../README.md");

#[test]
fn its_code_is_the_code_that_runs_here() {
    for source in [
        include_str!("silent_client.rs"),
        include_str!("session.rs"),
        include_str!("session_test.rs"),
        include_str!("lossy_link.rs"),
    ] {
        assert!(README.contains(&format!("```rust\n{source}```")), "the README does not show:\n{source}");
    }
}

#[test]
fn its_tests_have_at_most_fifteen_lines() {
    let tests =
        [include_str!("silent_client.rs"), include_str!("session_test.rs"), include_str!("lossy_link.rs")];
    for test in tests {
        assert!(test.lines().count() <= 15, "{} lines:\n{test}", test.lines().count());
    }
}

#[test]
fn its_quick_start_has_exactly_two_commands() {
    let quick_start = README.split("## Quick start").nth(1).expect("a quick start");
    let block = quick_start.split("```").nth(1).expect("a block of commands");
    assert_eq!(block.lines().skip(1).collect::<Vec<_>>(), ["cargo run --example tour", "cargo test"]);
}

#[test]
fn its_limits_are_those_that_the_pitfall_tests_show() {
    let pitfalls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sim/pitfalls.rs");
    let pitfalls = fs::read_to_string(pitfalls).expect("the tests are here");
    let shown: BTreeSet<&str> = pitfalls
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("fn ")?.split('(').next())
        .filter(|name| name.starts_with("remains_"))
        .collect();
    let listed: BTreeSet<&str> = README.split('`').filter(|word| word.starts_with("remains_")).collect();
    assert!(!shown.is_empty());
    assert_eq!(listed, shown);
}
