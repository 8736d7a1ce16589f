//! The README and the front page of the documentation, opened as a stranger opens them: their code is compiled and run, their
//! commands are run, their links lead somewhere.

mod commands;
#[expect(unreachable_pub, reason = "it is shown as the code of a library")]
mod session;
mod session_test;
mod silent_client;

use std::{collections::BTreeSet, fs, path::Path};

const README: &str = include_str!("../../../README.md");
const SUPPORT: &str = include_str!("../../../SUPPORT.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn its_code_is_the_code_that_runs_here() {
    let sources =
        [include_str!("silent_client.rs"), include_str!("session.rs"), include_str!("session_test.rs")];
    for source in sources {
        assert!(README.contains(&format!("```rust\n{source}```")), "the README does not show:\n{source}");
    }
    assert_eq!(README.matches("```rust\n").count(), sources.len(), "a block that does not run here");
}

#[test]
fn its_tests_have_at_most_fifteen_lines() {
    for test in [include_str!("silent_client.rs"), include_str!("session_test.rs")] {
        assert!(test.lines().count() <= 15, "{} lines:\n{test}", test.lines().count());
    }
}

#[test]
fn its_quick_start_has_exactly_two_commands() {
    let quick_start = README.split("## Quick start").nth(1).expect("a quick start");
    let block = quick_start.split("```").nth(1).expect("a block of commands");
    assert_eq!(block.lines().skip(1).collect::<Vec<_>>(), ["cargo run --example tour", "cargo test"]);
}

/// The targets of a page's links that lead to no file or folder of the repository.
fn dead_links(page: &str) -> Vec<&str> {
    let is_in_clone = root().join("exercises").is_dir(); // the published package has no workbook and no other packages
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets = targets.filter(|target| {
        is_in_clone || !["crates", "exercises"].iter().any(|folder| target.starts_with(folder))
    });
    targets.filter(|target| !root().join(target).exists()).collect()
}

#[test]
fn its_links_lead_somewhere() {
    for page in ["README.md", "SUPPORT.md", "COMPARE.md"] {
        let text = fs::read_to_string(root().join(page)).expect(page);
        assert_eq!(dead_links(&text), [""; 0], "{page}");
    }
    assert_eq!(dead_links("[a](src/lib.rs) and [b](src/no_such_file.rs)"), ["src/no_such_file.rs"]);
}

#[test]
fn compare_counts_the_violated_intents_that_pass_with_mockall() {
    let compare = fs::read_to_string(root().join("COMPARE.md")).expect("the page is here");
    let beside = fs::read_to_string(root().join("tests/it/beside/mockall.rs")).expect("the tests are here");
    let tests = beside.split("#[test]\n").skip(1);
    let shown = tests.filter(|test| test.contains("passes_there(")).count();
    assert!(compare.contains(&format!(" {shown} violated intents pass there")), "{shown} pass there");
}

#[test]
fn the_limits_in_support_are_those_that_the_pitfall_tests_show() {
    let pitfalls =
        fs::read_to_string(root().join("tests/it/sim/tokio_clock.rs")).expect("the tests are here");
    let shown: BTreeSet<&str> = pitfalls
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("fn ")?.split('(').next())
        .filter(|name| name.starts_with("remains_"))
        .collect();
    let listed: BTreeSet<&str> = SUPPORT.split('`').filter(|word| word.starts_with("remains_")).collect();
    assert!(!shown.is_empty());
    assert_eq!(listed, shown);
}
