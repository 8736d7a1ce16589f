//! What stands in the root, and what the light build needs.

use std::{collections::BTreeSet, process::Command};

use super::source::{root, tracked};

/// Everything that may stand in the root of the repository or of the package; names that begin with a point may, too.
const ALLOWED: [&str; 22] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "COMPARE.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SUPPORT.md",
    "benches",
    "clippy.toml",
    "crates",
    "deny.toml",
    "examples",
    "exercises",
    "rustfmt.toml",
    "scripts",
    "src",
    "tests",
    "tutorial",
];

fn strangers(paths: &[String]) -> BTreeSet<&str> {
    let names = paths.iter().filter_map(|path| path.split('/').next());
    names.filter(|name| !name.starts_with('.') && *name != "target" && !ALLOWED.contains(name)).collect()
}

#[test]
fn the_top_level_holds_nothing_else() {
    let paths = tracked();
    assert_eq!(strangers(&paths), BTreeSet::new(), "what are these doing at the top level?");
}

#[test]
fn a_stranger_at_the_top_level_is_found() {
    let paths = ["src/lib.rs", "notes.txt", "docs/a.md", ".ci/run"].map(str::to_owned);
    assert_eq!(strangers(&paths), BTreeSet::from(["docs", "notes.txt"]));
}

#[test]
fn the_light_build_needs_two_packages_and_the_seam() {
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
    assert_eq!(
        packages.iter().map(String::as_str).collect::<Vec<_>>(),
        ["bytes", "slab", "unplugged", "unplugged_seam"]
    );
}
