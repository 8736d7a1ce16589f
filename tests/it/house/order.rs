//! The parts of the kit stand in an order, and each uses only those before it.

use std::collections::BTreeSet;

use super::source::{Source, code_of, rust_files};

/// The parts, each of which may use only those before it.
const ORDER: [&str; 23] = [
    "sync",
    "nanos",
    "swept",
    "nearest",
    "seed",
    "violation",
    "replay",
    "leftover",
    "trace",
    "guard",
    "environment",
    "leaf",
    "wait",
    "outcome",
    "clock",
    "transport",
    "fake",
    "inject",
    "net",
    "sim",
    "explore",
    "contract",
    "private",
];

/// The first path segments of `crate::` in a source, also inside of `use crate::{..}`.
fn used_parts(source: &str) -> BTreeSet<String> {
    let code = code_of(source);
    let mut parts = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => {
                parts.insert(after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
            Some(group) => {
                let (mut depth, mut word) = (0, String::new());
                for letter in group.chars() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => parts.extend(first_segment(&std::mem::take(&mut word))),
                        _ if depth == 0 => word.push(letter),
                        _ => {}
                    }
                }
                parts.extend(first_segment(&word));
            }
        }
    }
    parts
}

fn first_segment(path: &str) -> Option<String> {
    path.trim().split("::").next().filter(|segment| !segment.is_empty()).map(str::to_owned)
}

fn too_late(part: &str, source: &str) -> Vec<String> {
    let own = ORDER.iter().position(|known| *known == part);
    let later = &ORDER[own.unwrap_or_else(|| panic!("{part} does not stand in the order")) + 1..];
    used_parts(source).into_iter().filter(|used| later.contains(&used.as_str())).collect()
}

#[test]
fn parts_use_only_those_before_them() {
    for Source { path, text } in rust_files(&["src/"]) {
        let part = path.split('/').nth(1).unwrap().trim_end_matches(".rs");
        if part == "lib" {
            continue;
        }
        let late = too_late(part, &text);
        assert!(late.is_empty(), "{path} uses {late:?}, which come after `{part}`");
    }
}

#[test]
fn the_order_of_the_parts_is_really_checked() {
    assert_eq!(too_late("clock", "use crate::sim::Sim;"), ["sim"]);
    assert_eq!(
        too_late("clock", "use crate::{\n    violation::{SourceLocation, sim::X},\n    transport::Pipe,\n};"),
        ["transport"]
    );
    assert_eq!(too_late("clock", "// crate::sim\nuse crate::violation::SourceLocation;"), [""; 0]);
}
