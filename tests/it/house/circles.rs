//! Inside of a room, files use each other in one direction.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::{
    imports::Package,
    source::{Source, root, rust_files},
};

type Arrows = BTreeSet<(String, String)>;

/// Returns the groups of files each of which uses, by way of others, itself.
fn circles(arrows: &Arrows) -> BTreeSet<BTreeSet<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        next.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|from| (*from, reached_from(from, &next))).collect();
    let is_in_circle = |file: &&&str| reached[**file].contains(**file);
    (next.keys().filter(is_in_circle))
        .map(|file| {
            let back = |other: &&&str| reached.get(**other).is_some_and(|reached| reached.contains(file));
            reached[file].iter().filter(back).map(|other| (*other).to_owned()).collect()
        })
        .collect()
}

fn reached_from<'a>(from: &str, next: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), next[from].clone());
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(next.get(file).into_iter().flatten());
        }
    }
    reached
}

/// The circles of a package without the arrows of `excused`, each with its arrows.
fn report(root: &str, sources: &[Source], excused: &Arrows) -> Vec<String> {
    let arrows = &arrows_in(root, sources) - excused;
    let shown = circles(&arrows).into_iter().map(|circle| {
        let inside = arrows.iter().filter(|(from, to)| circle.contains(from) && circle.contains(to));
        let inside: Vec<String> = inside.map(|(from, to)| format!("  {from} uses {to}")).collect();
        format!("{root}: a circle of {} files\n{}", circle.len(), inside.join("\n"))
    });
    shown.collect()
}

/// Which file uses which, in the rooms of a package: `lib.rs` shows what is there and may be asked for it.
fn arrows_in(root: &str, sources: &[Source]) -> Arrows {
    let mut arrows = Package::new(root, sources).arrows();
    arrows.retain(|(from, to)| from != "lib.rs" && to != "lib.rs");
    arrows
}

/// The arrows that ARCHITECTURE.md excuses: "- **Circle:** `a.rs` uses `b.rs`: the reason".
fn excused(page: &str) -> Arrows {
    let lines = page.lines().filter_map(|line| line.trim_start().strip_prefix("- **Circle:** "));
    lines
        .map(|line| {
            let (files, reason) = line.split_once(": ").unwrap_or_else(|| panic!("no reason: {line}"));
            assert!(reason.len() > 20, "no reason: {line}");
            let (from, to) = files.split_once(" uses ").unwrap_or_else(|| panic!("no arrow: {line}"));
            (from.replace('`', ""), to.replace('`', ""))
        })
        .collect()
}

#[test]
fn no_files_of_a_room_use_each_other_in_a_circle() {
    let sources = rust_files(&["src/", "crates/"]);
    let excused = excused(&fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap());
    let (mut found, mut known) = (Vec::new(), Arrows::new());
    for root in roots(&sources) {
        known.extend(arrows_in(&root, &sources));
        found.extend(report(&root, &sources, &excused));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let gone: Vec<_> = excused.difference(&known).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md excuses what is not there: {gone:?}");
}

/// Where the sources of the packages begin.
fn roots(sources: &[Source]) -> BTreeSet<String> {
    let folders = sources.iter().filter_map(|source| {
        let at = source.path.find("src/")?;
        Some(source.path[..at + "src/".len()].to_owned())
    });
    folders.filter(|root| root != "crates/beside/src/" && root != "crates/system/src/").collect()
}

fn found_in(files: &[(&str, &str)]) -> Vec<String> {
    let sources =
        files.iter().map(|(path, text)| Source { path: format!("src/{path}"), text: (*text).to_owned() });
    report("src/", &sources.collect::<Vec<_>>(), &Arrows::new())
}

#[test]
fn a_circle_is_found() {
    let circle = [
        ("net/mod.rs", "mod a; mod b; mod c;"),
        ("net/a.rs", "use super::b::B;"),
        ("net/b.rs", "fn b() { crate::net::c::c() }"),
        ("net/c.rs", "pub fn c(_: super::a::A) {}"),
    ];
    assert_eq!(
        found_in(&circle),
        [
            "src/: a circle of 3 files\n  net/a.rs uses net/b.rs\n  net/b.rs uses net/c.rs\n  net/c.rs uses net/a.rs"
        ]
    );
    let mut line = circle;
    line[3].1 = "// super::a::A\npub fn c(_: &str) { c(\"super::a::A\") }";
    assert_eq!(found_in(&line), [""; 0]);
}

#[test]
fn what_a_module_passes_on_is_looked_up_where_it_is_defined() {
    let through_the_parent = [
        ("net/mod.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("net/a.rs", "use super::B; pub struct A(B);"),
        ("net/b.rs", "pub struct B;"),
    ];
    assert_eq!(found_in(&through_the_parent), [""; 0]);
    let mut back = through_the_parent;
    back[2].1 = "use super::{A, C}; pub struct B(A);";
    assert_eq!(
        found_in(&back),
        ["src/: a circle of 2 files\n  net/a.rs uses net/b.rs\n  net/b.rs uses net/a.rs"]
    );
    let mut parent = through_the_parent;
    parent[0].1 = "mod a; mod b; pub use a::A; pub use b::B; pub struct C(A);";
    parent[1].1 = "use super::C;";
    assert_eq!(
        found_in(&parent),
        ["src/: a circle of 2 files\n  net/a.rs uses net/mod.rs\n  net/mod.rs uses net/a.rs"]
    );
}

#[test]
fn an_arrow_is_excused_by_its_reason_alone() {
    let page =
        "- **Circle:** `a.rs` uses `b.rs`: two halves of one machine that hand over to each other\n- else";
    assert_eq!(excused(page), BTreeSet::from([("a.rs".to_owned(), "b.rs".to_owned())]));
    let sources = [("src/a.rs", "use crate::b;"), ("src/b.rs", "use crate::a;")];
    let sources = sources.map(|(path, text)| Source { path: path.into(), text: text.into() });
    assert_eq!(report("src/", &sources, &Arrows::new()).len(), 1);
    assert_eq!(report("src/", &sources, &excused(page)), [""; 0]);
}
