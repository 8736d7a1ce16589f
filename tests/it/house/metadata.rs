//! What the packages say of themselves.

use std::fs;

use super::source::{root, tracked};

/// The keys of a manifest that name a place on the web.
const PLACES: [&str; 4] = ["repository", "homepage", "documentation", "git-repository-url"];

fn places(manifest: &str) -> Vec<&str> {
    let keys = manifest.lines().filter_map(|line| line.split(['=', '.']).next().map(str::trim));
    keys.filter(|key| PLACES.contains(key)).collect()
}

#[test]
fn no_manifest_names_a_place_that_does_not_exist() {
    for path in tracked() {
        if path.ends_with("Cargo.toml") || path.ends_with("book.toml") {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            assert_eq!(places(&text), [""; 0], "{path}: there is no repository and no site");
        }
    }
}

#[test]
fn no_page_shows_a_badge() {
    for path in tracked().into_iter().filter(|path| path.ends_with("README.md")) {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        for badge in ["shields.io", "badge.svg", "badge."] {
            assert!(!text.contains(badge), "{path}: {badge}");
        }
    }
}

#[test]
fn a_place_in_a_manifest_is_found() {
    let manifest = "[package]\nname = \"a\"\nrepository.workspace = true\nhomepage = \"https://a\"\n";
    assert_eq!(places(manifest), ["repository", "homepage"]);
}
