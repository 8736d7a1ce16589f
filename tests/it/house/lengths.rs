//! How long a file may be, and that all its examples are run.

use std::fs;

use super::source::{Source, root, rust_files};

/// The longest file in `src/` and `crates/`, in lines, unit tests included.
const LONGEST: usize = 400;

fn long_files(sources: &[Source]) -> Vec<String> {
    let counted = sources.iter().map(|source| (source, source.text.lines().count()));
    counted
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(source, lines)| format!("{}: {lines}", source.path))
        .collect()
}

#[test]
fn no_file_is_long() {
    let sources = rust_files(&["src/", "crates/"]);
    let long = long_files(&sources);
    assert!(long.is_empty(), "more than {LONGEST} lines, split them: {long:#?}");
}

#[test]
fn a_long_file_is_found() {
    let file = |lines: usize| Source { path: format!("src/{lines}.rs"), text: "x\n".repeat(lines) };
    assert_eq!(long_files(&[file(LONGEST), file(LONGEST + 1)]), ["src/401.rs: 401"]);
}

#[test]
fn the_pages_for_people_are_short() {
    // ARCHITECTURE.md has a row for each file, and those do not count.
    for (page, most) in [("ARCHITECTURE.md", 220), ("CONTRIBUTING.md", 80), ("README.md", 120)] {
        if let Ok(text) = fs::read_to_string(root().join(page)) {
            let lines = text.lines().filter(|line| !line.starts_with("| `")).count();
            assert!(lines <= most, "{page} has {lines} lines, at most {most} are read");
        }
    }
}

#[test]
fn no_doc_example_is_left_out() {
    for Source { path, text } in rust_files(&["src/", "crates/"]) {
        let left_out = ["ignore", "rust,ignore"].iter().any(|kind| text.contains(&format!("```{kind}\n")));
        assert!(!left_out, "{path}");
    }
}
