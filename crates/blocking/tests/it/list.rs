//! `B10.md` misses no number, and names tests that exist.

use std::{env, process::Command};

const PAGE: &str = include_str!("B10.md");
const ROWS: usize = 55;

fn rows() -> Vec<[&'static str; 3]> {
    let lines = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |"));
    lines
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            cells.try_into().unwrap_or_else(|cells| panic!("three cells: {cells:?}"))
        })
        .collect()
}

/// The tests of this binary, as it lists them itself.
fn tests() -> Vec<String> {
    let output =
        Command::new(env::current_exe().unwrap()).args(["--list", "--format", "terse"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

#[test]
fn no_number_is_left_out() {
    let numbers: Vec<usize> = rows().iter().map(|[number, ..]| number.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=ROWS).collect::<Vec<_>>());
}

#[test]
fn every_row_names_tests_that_exist() {
    let tests = tests();
    for [number, _, answer] in rows() {
        let mut names = answer
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains("::") && !name.starts_with("tokio"))
            .peekable();
        assert!(
            names.peek().is_some() || answer.starts_with("not: ") && answer.len() > 40,
            "row {number}: {answer}"
        );
        for name in names {
            assert!(tests.iter().any(|test| test == name), "row {number}: there is no test `{name}`");
        }
    }
}
