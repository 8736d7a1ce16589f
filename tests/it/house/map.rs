//! ARCHITECTURE.md has a line for each source file, and names no file that is not there.

use std::{collections::BTreeSet, fs};

use super::source::{Source, is_packaged, root, rust_files};

/// The files that a page names: rows "| `tcp/conn.rs` | .. |" below a heading "### `src/net/`".
fn named(page: &str) -> BTreeSet<String> {
    let (mut folder, mut files) = (None, BTreeSet::new());
    for line in page.lines() {
        if line.starts_with('#') {
            folder = line.strip_prefix("### ").and_then(|heading| heading.split('`').nth(1));
        } else if let (Some(folder), Some(row)) = (folder, line.strip_prefix("| `")) {
            files.extend(row.split('`').next().map(|file| format!("{folder}{file}")));
        }
    }
    files
}

/// Whether a file needs a line: unit tests stand beside what they test.
fn needs_a_line(path: &str) -> bool {
    path.contains("src/") && !path.ends_with("/tests.rs") && !path.contains("/tests/")
}

/// The row that a file could have: its path and what its head says.
fn row(source: &Source) -> String {
    let head = source.text.lines().map_while(|line| line.strip_prefix("//! "));
    let head = head.collect::<Vec<_>>().join(" ");
    format!("| `{}` | {} |", source.path, head.split(". ").next().unwrap_or("").trim_end_matches('.'))
}

#[test]
fn each_source_file_has_a_line_in_the_map() {
    let named = named(&fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap());
    let sources = rust_files(&["src/", "crates/"]);
    let sources: Vec<&Source> = sources.iter().filter(|source| needs_a_line(&source.path)).collect();
    let missing = sources.iter().filter(|source| !named.contains(&source.path)).map(|source| row(source));
    let missing: Vec<String> = missing.collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md has no line for:\n{}", missing.join("\n"));
    let is_here = |path: &&String| sources.iter().any(|source| source.path == **path);
    let is_in_package = |path: &&String| !path.starts_with("crates/") || root().join("crates").is_dir();
    let gone: Vec<&String> = named.iter().filter(is_in_package).filter(|path| !is_here(path)).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names files that are not there: {gone:#?}");
}

/// The tests that guard the rules: the last cells of the table below "## Rules".
fn guards(page: &str) -> BTreeSet<&str> {
    let table = page.split("\n## Rules\n").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or("");
    let cells = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|line| line.trim_end_matches(" |").rsplit(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn each_rule_names_a_test_that_exists() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let sources = rust_files(&["tests/", "src/", "crates/"]);
    let is_in_package = root().join("crates").is_dir();
    let guards = guards(&page);
    assert!(guards.len() > 10, "the table was read");
    for test in guards.into_iter().filter(|_| is_in_package) {
        let is_there = sources.iter().any(|source| source.text.contains(&format!("fn {test}(")));
        assert!(is_there, "ARCHITECTURE.md names the test {test}, which is not there");
    }
}

/// The files and folders that a page names in backticks, by their path from the root.
fn paths(page: &str) -> BTreeSet<&str> {
    const FOLDERS: [&str; 7] =
        ["benches/", "crates/", "examples/", "exercises/", "scripts/", "src/", "tests/"];
    let quoted = page.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)));
    paths.filter(|path| !path.contains([' ', '<', '*', ':'])).collect()
}

#[test]
fn the_pages_for_developers_name_files_that_exist() {
    if is_packaged() {
        return; // much of what they name is not in the package
    }
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "COMPARE.md", "SUPPORT.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let gone: Vec<&str> = paths(&text).into_iter().filter(|path| !root().join(path).exists()).collect();
        assert!(gone.is_empty(), "{page} names {gone:?}");
    }
    assert_eq!(paths("`src/a.rs`, `a/src/b`, `tests/<part>`, src/c"), BTreeSet::from(["src/a.rs"]));
}

#[test]
fn the_rows_of_the_map_are_read() {
    let page = "### `src/net/`\n| file | holds |\n| `tcp/conn.rs` | a |\n\n## Else\n| `b.rs` | c |\n\n### `src/`: the parts\n| `lib.rs` | b |\n";
    assert_eq!(named(page), BTreeSet::from(["src/lib.rs", "src/net/tcp/conn.rs"].map(str::to_owned)));
    let page = "a\n## Rules\n\n| part | rule | guarded by |\n|---|---|---|\n| all | b `c` | `d`, `e` |\n\n## F\n| a | `g` |";
    assert_eq!(guards(page), BTreeSet::from(["d", "e"]));
    assert!(needs_a_line("src/net/tcp/conn.rs") && needs_a_line("crates/seam/src/lib.rs"));
    assert!(!needs_a_line("src/net/tests.rs") && !needs_a_line("crates/macros/tests/ui.rs"));
    let source = Source { path: "src/a.rs".into(), text: "//! The a\n//! of b. And c.\n\nuse d;\n".into() };
    assert_eq!(row(&source), "| `src/a.rs` | The a of b |");
}
