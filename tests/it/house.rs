//! The rules of the house.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn the_top_level_holds_nothing_else() {
    const ALLOWED: [&str; 21] = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "benches",
        "clippy.toml",
        "crates",
        "deny.toml",
        "examples",
        "exercises",
        "rustfmt.toml",
        "scripts",
        "src",
        "target",
        "tests",
        "tutorial",
    ];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with('.') || ALLOWED.contains(&name.as_str()),
            "what is {name} doing at the top level?"
        );
    }
}

/// The parts, each of which may use only those before it.
const ORDER: [&str; 15] = [
    "sync",
    "seed",
    "violation",
    "leftover",
    "trace",
    "guard",
    "wait",
    "clock",
    "outcome",
    "transport",
    "fake",
    "inject",
    "net",
    "sim",
    "explore",
];

/// The first path segments of `crate::` in a source, also inside of `use crate::{..}`; comments left out.
fn used_parts(source: &str) -> BTreeSet<String> {
    let code: String =
        source.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
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
    let own = ORDER.iter().position(|known| *known == part).expect("a part that stands in the order");
    let later = &ORDER[own + 1..];
    used_parts(source).into_iter().filter(|used| later.contains(&used.as_str())).collect()
}

#[test]
fn parts_use_only_those_before_them() {
    for file in rust_files(&root().join("src")) {
        let path = file.strip_prefix(root().join("src")).unwrap();
        let part = path.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if part == "lib" {
            continue;
        }
        let late = too_late(part, &fs::read_to_string(&file).unwrap());
        assert!(late.is_empty(), "{} uses {late:?}, which come after `{part}`", path.display());
    }
}

#[test]
fn the_order_of_the_parts_is_really_checked() {
    assert_eq!(too_late("clock", "use crate::sim::Sim;"), ["sim"]);
    assert_eq!(
        too_late("clock", "use crate::{\n    violation::{SourceLocation, sim::X},\n    outcome::Watch,\n};"),
        ["outcome"]
    );
    assert_eq!(too_late("clock", "// crate::sim\nuse crate::violation::SourceLocation;"), [""; 0]);
}

#[test]
fn the_light_build_needs_two_packages() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let tree = Command::new(cargo)
        .args([
            "tree",
            "-e",
            "normal",
            "-p",
            "unplugged",
            "--no-default-features",
            "--target",
            "x86_64-unknown-linux-gnu",
            "--prefix",
            "none",
            "-f",
            "{lib}",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let packages: BTreeSet<String> =
        String::from_utf8(tree.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(packages.iter().map(String::as_str).collect::<Vec<_>>(), ["bytes", "slab", "unplugged"]);
}

#[test]
fn no_file_is_long() {
    for file in rust_files(&root().join("src")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines: split it", file.display());
    }
}

#[test]
fn no_doc_example_is_left_out() {
    for file in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("```ignore") && !text.contains("```rust,ignore"), "{}", file.display());
    }
}
