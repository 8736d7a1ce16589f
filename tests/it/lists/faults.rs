//! `FAULTS.md` has a row for each fault that was found from outside, and the tests it names exist.

use super::named::{assert_names_tests, named};

const FAULTS: &str = include_str!("FAULTS.md");

/// Every program that showed a fault, by its short name. Those of hosts as machines (a crash, a pause) are not here.
const SHOWN: [&str; 82] = [
    "c_1a",
    "c_1b",
    "c_2",
    "c_3",
    "c_4",
    "c_5",
    "c_6",
    "c_7",
    "c_8",
    "c_9a",
    "c_9b",
    "e_caught",
    "e_det_axum",
    "e_names",
    "e_reset_seen",
    "e_tokio_advance",
    "e_window",
    "h01",
    "h02",
    "h03",
    "h04",
    "h05",
    "h06",
    "h07",
    "h08",
    "h09",
    "h10",
    "h11",
    "h12",
    "h13",
    "h14",
    "h15",
    "h16",
    "h17",
    "h18",
    "h19",
    "h20",
    "h21",
    "h22",
    "k01_a",
    "k01_b",
    "k02",
    "k02_b",
    "k03",
    "k04",
    "k04_b",
    "k05",
    "k05_b",
    "k06",
    "k06_b",
    "k07",
    "k08",
    "k09",
    "k09_b",
    "k10",
    "k11_a",
    "k11_b",
    "k11_c",
    "k12",
    "k13",
    "k14",
    "k15",
    "k15_c",
    "k16",
    "macro_hygiene",
    "macro_silent_pass",
    "n_f01",
    "n_f02",
    "n_f04",
    "n_f05",
    "n_f06",
    "n_f07",
    "n_f08",
    "n_f09",
    "n_f10",
    "n_f11",
    "n_f12",
    "n_f13",
    "n_f15",
    "pipe_deadlock",
    "scripted_deadlock",
    "strict_fake_here",
];

/// The rows: the short name, what was wrong, and what holds the cure.
fn rows() -> Vec<[&'static str; 3]> {
    let lines = FAULTS.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fault |"));
    let cells = lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    cells.map(|cells| cells.try_into().unwrap_or_else(|cells| panic!("a row of three: {cells:?}"))).collect()
}

#[test]
fn each_fault_has_one_row() {
    let mut names: Vec<&str> = rows().iter().map(|row| row[0]).collect();
    names.sort_unstable();
    assert_eq!(names, SHOWN);
}

#[test]
fn each_row_names_tests_that_exist() {
    for [fault, wrong, held_by] in rows() {
        assert!(wrong.len() > 20, "{fault} says nothing: {wrong}");
        assert_names_tests(fault, held_by);
        let names = named(held_by).map(|name| format!("`{name}`")).collect::<Vec<_>>();
        assert_eq!(held_by, names.join(", "), "{fault}: names of tests, and commas between them");
    }
}
