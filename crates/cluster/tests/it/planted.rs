//! The planted bug is found, and the line that is printed finds it again.

use std::process::{Command, Output};

use unplugged::{Sim, clock::millis, explore};
use unplugged_cluster::Durability;

use crate::storm::storm;

/// Set for the fixture below, which passes without it. A seed of its own arms it, too: so the line that it prints is
/// enough to see it fail again.
const ARMED: &str = "TEST_FIXTURE_FAILS";

/// Its name, as libtest has it.
const FIXTURE: &str = "planted::a_fixture_whose_disks_flush_a_millisecond_late";

/// The same storms, on disks that sync.
const CURED: &str = "elections::a_thousand_storms_break_no_rule_of_raft";

#[test]
fn a_fixture_whose_disks_flush_a_millisecond_late() {
    let is_armed = [ARMED, "UNPLUGGED_SEED"].iter().any(|name| std::env::var_os(name).is_some());
    let (seeds, durability) = match is_armed {
        true => (0..1000, Durability::FlushedAfter(millis(1))),
        false => (0..5, Durability::Synced),
    };
    explore::seeds(seeds, async |sim: Sim| {
        storm(sim, durability).await;
    });
}

#[test]
fn a_planted_bug_is_found_and_the_printed_line_repeats_it() {
    let own = || Command::new(std::env::current_exe().unwrap());
    let found = own()
        .args(["--exact", FIXTURE, "--nocapture"])
        .env(ARMED, "1")
        .env_remove("UNPLUGGED_SEED")
        .env_remove("UNPLUGGED_SEARCH")
        .output()
        .unwrap();
    let (found, line) = report(&found);
    let (first, facts) = found.split_once('\n').unwrap();
    let rules = ["is not the same everywhere", "two leaders in term"];
    assert!(rules.iter().any(|rule| facts.contains(rule)), "another failure than the planted one:\n{found}");

    assert!(line.ends_with(&format!(" --exact {FIXTURE}")), "{line}");
    let (again, line_again) = report(&Command::new("sh").args(["-c", &line]).output().unwrap());
    let (first_again, facts_again) = again.split_once('\n').unwrap();
    assert_eq!(first_again, first.split_once(", after").map_or(first, |(first, _)| first));
    assert_eq!(facts_again, facts);
    // The shell that ran the line stands in the right directory already.
    assert_eq!(line_again, line.split_once(" && ").map_or(&*line, |(_, line)| line));

    // The same seed on disks that sync: it is the disk, and not the weather.
    let seed = line.split_once("UNPLUGGED_SEED=").and_then(|(_, rest)| rest.split(' ').next()).unwrap();
    let cured = own().args(["--exact", CURED]).env("UNPLUGGED_SEED", seed).output().unwrap();
    assert!(cured.status.success(), "{}", text(&cured));
}

fn text(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap()
}

/// The report of a search that failed, and its replay line.
fn report(output: &Output) -> (String, String) {
    let text = text(output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    let from = text.find("explore::seeds: seed ").unwrap_or_else(|| panic!("no report in:\n{text}"));
    let (report, rest) = text[from..].split_once("\n  replay   ").expect("a replay line");
    (report.to_owned(), rest.lines().next().unwrap().to_owned())
}
