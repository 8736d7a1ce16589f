//! The rules, each with its meta-test, and the known-bad tests as somebody's suite would have them. `lists/RULES.md` maps
//! the rules to tests.

use std::process::{Command, Output};

use super::known_bad::{self, BARE};
use crate::lists::named::assert_names_tests;

/// Runs known-bad tests for what they are.
fn bare(command: &mut Command) -> Output {
    command.env(BARE, "1").env("RUST_BACKTRACE", "0").output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Each known-bad test, alone in a process with these arguments, fails, or aborts the process.
#[track_caller]
fn all_are_red(arguments: &[&str]) {
    for (name, aborts) in known_bad::all() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = bare(command.args(["--exact", name]).args(arguments));
        let text = text(&output);
        assert!(text.contains("\nrunning 1 test\n"), "{name}: {text}");
        if aborts {
            assert!(!text.contains("test result:"), "{name}: the process came to its end: {text}");
            assert!(!matches!(output.status.code(), Some(0 | 101)), "{name}: {text}");
        } else {
            assert_eq!(output.status.code(), Some(101), "{name}: {text}");
            assert!(text.contains("test result: FAILED. 0 passed; 1 failed;"), "{name}: {text}");
        }
    }
}

#[test]
fn all_are_red_one_thread_at_a_time() {
    all_are_red(&["--test-threads=1"]);
}

#[test]
fn all_are_red_beside_other_threads() {
    all_are_red(&["--test-threads=8"]);
}

#[test]
fn every_rule_is_mapped_to_tests_that_exist() {
    let rows: Vec<Vec<&str>> = include_str!("../lists/RULES.md")
        .lines()
        .filter(|line| line.starts_with("| N"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let numbers: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let all: Vec<String> = (1..=30).map(|number| format!("N{number:02}")).collect();
    assert_eq!(numbers, all);
    for row in rows {
        assert_names_tests(row[0], row[2]);
    }
}

#[test]
fn every_hole_is_shown_by_tests_that_exist() {
    let (holes, limits) = include_str!("../lists/HOLES.md").split_once("## Limits").unwrap();
    let rows = |text: &'static str| {
        let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| hole |"));
        rows.map(|line| line.trim_matches('|').split(" | ").collect())
    };
    let shown: Vec<Vec<&str>> = rows(holes).collect();
    let mut beside: Vec<&str> = Vec::new();
    for row in &shown {
        let [hole, _mockall, _ours, tests] = row[..] else { panic!("a row of four: {row:?}") };
        assert_names_tests(hole, tests);
        beside.extend(
            tests.split('`').filter_map(|test| test.split_once("beside/mockall.rs::")).map(|test| test.1),
        );
    }
    let source = include_str!("../beside/mockall.rs");
    for test in source.split("#[test]\nfn ").skip(1).map(|rest| rest.split('(').next().unwrap()) {
        assert!(beside.contains(&test), "`{test}` stands in no row");
    }
    let limits: Vec<Vec<&str>> = rows(limits).collect();
    assert!(limits.len() > 5, "the table was read");
    for row in limits {
        assert!(row.len() == 2 && row[1].len() > 20, "no reason: {row:?}");
    }
}
