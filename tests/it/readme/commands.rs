//! Each command that the pages for users name is run: by `scripts/check`, or as the tests that it selects.

use std::{collections::BTreeSet, fs};

use super::{README, SUPPORT, root};
use crate::house::source::{is_packaged, rust_files};

/// The commands that no check runs, with the reason.
const NOT_RUN: [(&str, &str); 5] = [
    ("cargo doc --open", "opens a browser; the step `docs` builds the same pages"),
    ("cargo bench --bench peers", "measures, and asserts nothing; the step `lints` builds it"),
    ("cargo bench --bench fake", "measures, and asserts nothing; the step `lints` builds it"),
    ("cargo test -p workbook-solutions", "is a part of `cargo test`"),
    ("cargo beside", "measures, and builds the peers, which no check should wait for"),
];

/// The commands of a page: the lines of its `console` blocks, and what stands in backticks and begins with `cargo`.
fn commands(page: &str) -> BTreeSet<&str> {
    let mut commands = BTreeSet::new();
    for (at, part) in page.split("```").enumerate() {
        if let Some(block) = part.strip_prefix("console\n").filter(|_| at % 2 == 1) {
            commands.extend(block.lines());
        } else if at % 2 == 0 {
            let quoted = part.split('`').skip(1).step_by(2);
            commands.extend(quoted.filter(|word| word.starts_with("cargo ") || word.starts_with("scripts/")));
        }
    }
    commands
}

/// Whether the list of checks has a command as it is, but for flags of its own.
fn is_run(command: &str, checks: &str) -> bool {
    let words = |line: &str| -> Vec<String> {
        let words = line.split(|letter: char| letter.is_whitespace() || "\"{};|".contains(letter));
        let own = ["-q", "--quiet", "--no-fail-fast", ""];
        words.filter(|word| !own.contains(word)).map(str::to_owned).collect()
    };
    let wanted = words(command);
    checks.lines().any(|line| words(line).windows(wanted.len()).any(|run| run == wanted))
}

/// The filter of `cargo test --test it FILTER`, which `cargo test` runs with all others.
fn filter(command: &str) -> Option<&str> {
    command.strip_prefix("cargo test --test it ").filter(|filter| !filter.contains(' '))
}

/// Whether a test has a filter in its path.
fn selects_tests(filter: &str) -> bool {
    rust_files(&["tests/it/"]).iter().any(|source| {
        let module = source.path.trim_start_matches("tests/it/").trim_end_matches(".rs");
        let module = module.trim_end_matches("/mod").replace('/', "::");
        let functions = source.text.lines().filter_map(|line| line.split_once("fn ")?.1.split('(').next());
        functions.into_iter().any(|name| format!("{module}::{name}").contains(filter))
    })
}

#[test]
fn every_command_of_the_readme_the_front_page_and_the_comparison_is_run() {
    let Ok(checks) = fs::read_to_string(root().join("scripts/check")) else {
        assert!(is_packaged(), "only a package has no scripts");
        return;
    };
    let front = fs::read_to_string(root().join("src/lib.rs")).expect("the front page");
    let front: String =
        front.lines().filter_map(|line| line.strip_prefix("//!")).collect::<Vec<_>>().join("\n");
    let [compare, tutorial] =
        ["COMPARE.md", "tutorial/README.md"].map(|page| fs::read_to_string(root().join(page)).expect(page));
    let (mut count, mut not_run) = (0, Vec::new());
    for (name, page) in [
        ("README.md", README),
        ("src/lib.rs", &front),
        ("SUPPORT.md", SUPPORT),
        ("COMPARE.md", &compare),
        ("tutorial/README.md", &tutorial),
    ] {
        for command in commands(page) {
            count += 1;
            let is_known = NOT_RUN.iter().any(|(known, _)| *known == command);
            let runs = is_run(command, &checks) || filter(command).is_some_and(selects_tests) || is_known;
            if !runs {
                not_run.push(format!("{name}: `{command}`"));
            }
        }
    }
    assert!(not_run.is_empty(), "nothing runs {not_run:#?}");
    assert!(count > 5, "the pages were read");
}

#[test]
fn a_command_that_nothing_runs_is_found() {
    let page = "Say `cargo a`, not `b`.\n```console\ncargo c --d\n```\n```rust\n`cargo e`\n```\n";
    assert_eq!(commands(page), BTreeSet::from(["cargo a", "cargo c --d"]));
    assert!(is_run("cargo run --example a", "late a cargo run --quiet --example a -- --b"));
    assert!(is_run("cargo a", "first() { { cargo a || true; } | tee; }"));
    assert!(!is_run("cargo run --example b", "late a cargo run --quiet --example a"));
    assert!(selects_tests("remains_") && selects_tests("clock"));
    let nothing = ["no", "such", "test"].join("::"); // in pieces, or this line would be found
    assert!(!selects_tests(&nothing));
}
