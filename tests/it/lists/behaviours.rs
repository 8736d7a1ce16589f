//! The tables of `BEHAVIOURS.md` and `PEERS.md` are complete, and what they point at is there.

use super::named::{is_a_reason, is_a_test, named};

/// Each section of the tables, and how many behaviours it has.
const SECTIONS: [(&str, usize); 22] = [
    ("B1", 15),
    ("B1.handle", 9),
    ("B1.hole", 8),
    ("B2.loop", 25),
    ("B2.later", 4),
    ("B2.limit", 18),
    ("B2.cancel", 9),
    ("B3", 18),
    ("B3.more", 7),
    ("B4", 20),
    ("B4.more", 5),
    ("B5", 20),
    ("B5.log", 10),
    ("B5.left", 7),
    ("tcp", 59),
    ("udp", 36),
    ("run", 22),
    ("more", 20),
    ("net.tcp", 25),
    ("net.udp", 13),
    ("net.more", 35),
    ("mad", 36),
];

const BEHAVIOURS: &str = include_str!("BEHAVIOURS.md");
const PEERS: &str = include_str!("PEERS.md");

/// Both, as one.
fn tables() -> String {
    [BEHAVIOURS, PEERS].concat()
}

/// A line of a table: its section, its number there, and what is said against or for it.
struct Row<'a> {
    section: &'a str,
    number: usize,
    answer: &'a str,
}

fn rows(table: &str) -> Vec<Row<'_>> {
    let lines = table.lines().filter(|line| line.starts_with("| ") && is_numbered(line));
    lines.map(|line| row(line).unwrap_or_else(|| panic!("no row of the table: {line}"))).collect()
}

/// Whether the first cell ends in a point and a number, as no heading does.
fn is_numbered(line: &str) -> bool {
    let id = line.trim_start_matches("| ").split(' ').next().unwrap_or_default();
    id.rsplit_once('.').is_some_and(|(_, number)| number.parse::<usize>().is_ok())
}

fn row(line: &str) -> Option<Row<'_>> {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [id, _behaviour, answer] = cells[..] else { return None };
    let (section, number) = id.rsplit_once('.')?;
    Some(Row { section, number: number.parse().ok()?, answer })
}

fn is_complete(table: &str, section: &str, count: usize) -> bool {
    let numbers = rows(table).into_iter().filter(|row| row.section == section).map(|row| row.number);
    numbers.eq(1..=count)
}

#[test]
fn no_behaviour_is_left_out() {
    let tables = tables();
    for (section, count) in SECTIONS {
        assert!(is_complete(&tables, section, count), "{section} has {count} behaviours, in this order");
    }
    for row in rows(&tables) {
        assert!(SECTIONS.iter().any(|(section, _)| *section == row.section), "{} is no section", row.section);
    }
}

#[test]
fn a_gap_in_the_table_is_found() {
    let table = "| B9.1 | a | b |\n| B9.2 | a | b |";
    assert!(is_complete(table, "B9", 2));
    assert!(!is_complete(table, "B9", 1));
    assert!(!is_complete(table, "B9", 3));
    assert!(!is_complete("| B9.1 | a | b |\n| B9.3 | a | b |", "B9", 2));
}

#[test]
fn every_behaviour_has_a_test_or_a_reason_against() {
    for Row { section, number, answer } in rows(&tables()) {
        assert!(is_answered(answer), "{section}.{number}: {answer:?}");
    }
}

/// It is one or the other, and said in this form.
fn is_answered(answer: &str) -> bool {
    is_a_reason(answer) || named(answer).next().is_some()
}

#[test]
fn an_answer_names_a_test_or_says_why_not() {
    assert!(is_answered("not: nobody can tell"));
    assert!(is_answered("`a::b::c`; but later"));
    assert!(!is_answered("nobody can tell"));
    assert!(!is_answered("`send_to` does it"));
}

#[test]
fn every_test_that_is_named_exists() {
    for (table, least) in [(BEHAVIOURS, 80), (PEERS, 200)] {
        let missing: Vec<&str> = named(table).filter(|path| !is_a_test(path)).collect();
        assert!(missing.is_empty(), "{missing:#?}");
        assert!(named(table).count() > least, "the table was read");
    }
}
