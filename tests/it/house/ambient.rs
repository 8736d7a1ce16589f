//! What no part may do but where ARCHITECTURE.md says so: `unsafe`, ambient state, the environment, random numbers.

use std::{collections::BTreeSet, fs};

use super::source::{code_of, root, rust_files};

/// The files of the kit whose code has such a line.
fn files_with(is_such: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let sources = rust_files(&["src/"]);
    let sources = sources
        .iter()
        .filter(|source| !source.path.ends_with("/tests.rs") && !source.path.contains("/tests/"));
    let found = sources.filter(|source| code_of(&source.text).lines().any(|line| is_such(line.trim_start())));
    found.map(|source| source.path.clone()).collect()
}

/// The paths that the point of the page names: "- **Ambient state**: `src/a.rs`, `src/b.rs`", to the next point.
fn said(page: &str, point: &str) -> BTreeSet<String> {
    let rest =
        page.split(&format!("\n- **{point}**")).nth(1).unwrap_or_else(|| panic!("no point **{point}**"));
    let text = rest.split("\n- ").next().and_then(|text| text.split("\n\n").next()).expect("a text");
    let paths = text.split('`').skip(1).step_by(2).filter(|word| word.starts_with("src/"));
    paths.map(str::to_owned).collect()
}

fn page() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is here")
}

fn is_ambient(line: &str) -> bool {
    line.contains("thread_local!")
        || line.trim_start_matches("pub ").trim_start_matches("pub(crate) ").starts_with("static ")
}

#[test]
fn ambient_state_is_where_the_page_says() {
    assert_eq!(said(&page(), "Ambient state"), files_with(is_ambient));
    assert!(
        is_ambient("static ONCE: Once = Once::new();")
            && is_ambient("thread_local!(static HERE: u8 = const { 0 });")
    );
    assert!(!is_ambient("fn name() -> &'static str {") && !is_ambient("const STATIC: u8 = 0;"));
}

#[test]
fn the_environment_is_read_where_the_page_says() {
    let reads =
        |line: &str| line.contains("env::var") || line.contains("env::vars") || line.contains("env::args");
    assert_eq!(said(&page(), "The environment"), files_with(reads));
}

#[test]
fn random_numbers_are_made_where_the_page_says() {
    let makes =
        |line: &str| ["Rng::new", "RandomState::", "getrandom::"].iter().any(|maker| line.contains(maker));
    assert_eq!(said(&page(), "Chance"), files_with(makes));
}

#[test]
fn two_packages_hold_all_that_is_unsafe() {
    let is_word = |line: &str| {
        line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == "unsafe")
    };
    let sources = rust_files(&["src/", "crates/"]);
    let sources = sources.iter().filter(|source| source.path.contains("src/"));
    let with: BTreeSet<&str> = sources
        .filter(|source| code_of(&source.text).lines().any(is_word))
        .map(|source| source.path.split('/').take(2).last().expect("a folder"))
        .collect();
    assert_eq!(with, BTreeSet::from(["exit-guard", "system"]));
}
