//! The replay line: what it says is what repeats the failure.

use std::process::{Command, Output};

use unplugged::{Sim, clock::secs};

/// Set for the fixture below, which passes without it.
const ARMED: &str = "TEST_FIXTURE_FAILS";

/// Fails only in a child of the test below; its text shows what was drawn.
#[unplugged::test]
async fn a_fixture_that_draws(sim: Sim) {
    sim.advance(secs(1)).await;
    if std::env::var_os(ARMED).is_some() {
        let drawn = sim.rng("fixture").next_u64();
        sim.watch(std::future::pending::<()>()).named(format!("drew {drawn}")).assert_ready();
    }
}

#[test]
fn a_printed_replay_line_repeats_the_failure() {
    let own = std::env::current_exe().unwrap();
    let test = "sim::replay::a_fixture_that_draws";
    let first = Command::new(own)
        .args(["--exact", test, "--nocapture"])
        .env("UNPLUGGED_SEED", "0xfeed")
        .env(ARMED, "1")
        .output()
        .unwrap();
    let report = report(&first);
    assert!(report.contains("seed 0xfeed"), "{report}");

    let line =
        report.lines().find_map(|line| line.trim().strip_prefix("replay ")).expect("a replay line").trim();
    assert_eq!(line, format!("UNPLUGGED_SEED=0xfeed cargo test -p unplugged -- --exact {test}"));
    let (seed, command) = line.split_once(" cargo ").unwrap();
    let second = Command::new(env!("CARGO"))
        .args(command.split(' '))
        .env("UNPLUGGED_SEED", seed.strip_prefix("UNPLUGGED_SEED=").unwrap())
        .env(ARMED, "1")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(self::report(&second), report);
}

/// The text of the fixture's panic, from its first line to the replay line.
fn report(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(101), "{output:?}");
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).unwrap();
    let lines = text.lines().skip_while(|line| !line.contains("`drew"));
    let mut report = Vec::new();
    for line in lines {
        report.push(line);
        if line.trim_start().starts_with("replay ") {
            break;
        }
    }
    assert!(!report.is_empty(), "no report in:\n{text}");
    report.join("\n")
}

/// Elsewhere stable tokio takes its order from std's keys, which differ.
#[cfg(tokio_unstable)]
#[test]
fn select_takes_its_branches_by_the_seed_where_tokio_can_be_seeded() {
    let branches = |seed| {
        Sim::builder().seed(unplugged::seed::Seed::new(seed)).build().run(async {
            let mut branches = String::new();
            for _ in 0..64 {
                tokio::select! {
                    () = async {} => branches.push('a'),
                    () = async {} => branches.push('b'),
                }
            }
            branches
        })
    };
    assert_eq!(branches(7), branches(7));
    assert_ne!(branches(7), branches(8));
}
