//! The replay line: what it says is what repeats the failure.

use std::{
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
};

use unplugged::{Sim, clock::secs};

use crate::support::replay_of;

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
    assert!(report.contains("\nthe test fails each time with seed 0xfeed\n"), "{report}");

    let line =
        report.lines().find_map(|line| line.trim().strip_prefix("replay ")).expect("a replay line").trim();
    let second = Command::new("sh")
        .args(["-c", line])
        .env(ARMED, "1")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(self::report(&second), report);
    assert!(report.ends_with(replay_of("UNPLUGGED_SEED=0xfeed", test).lines().next().unwrap()), "{report}");
}

static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Fails in its first run only.
#[unplugged::test]
async fn a_fixture_that_fails_once(sim: Sim) {
    sim.settle().await;
    let is_first = RUNS.fetch_add(1, Ordering::Relaxed) == 0;
    assert!(std::env::var_os(ARMED).is_none() || !is_first, "the first run fails");
}

#[unplugged::test]
async fn a_fixture_that_returns_an_error(sim: Sim) -> Result<(), String> {
    sim.settle().await;
    std::env::var_os(ARMED).map_or(Ok(()), |_| Err("not today".into()))
}

/// All that a fixture says once its own text is over.
fn said_last(test: &str, first: &str) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(ARMED, "1").env("RUST_BACKTRACE", "0");
    let output = child.output().unwrap();
    assert_eq!(output.status.code(), Some(101), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let from = text.find(first).unwrap_or_else(|| panic!("no {first:?} in:\n{text}"));
    text[from..].trim_end().to_owned()
}

#[test]
fn a_test_that_passes_when_it_runs_again_does_not_blame_the_seed() {
    assert_eq!(
        said_last("sim::replay::a_fixture_that_fails_once", "the sim in which"),
        "the sim in which the test panicked\n  \
         trace    +0ns panic `the first run fails`\n  \
         now      +0ns, seed 0x5eed\n\
         the test passes when it runs again with seed 0x5eed, so the seed is not the cause\n  \
         next     look for what differs from run to run with `explore::determinism`: the real time, a static, a file, \
         another thread; on Linux `interpose!` of `unplugged-system` gives other crates the randomness and the time of \
         the sim"
    );
}

#[test]
fn a_test_that_returns_an_error_says_how_to_run_it_again() {
    let test = "sim::replay::a_fixture_that_returns_an_error";
    assert_eq!(
        said_last(test, "the test fails"),
        format!(
            "the test fails each time with seed 0x5eed\n{}\nError: \"not today\"",
            replay_of("UNPLUGGED_SEED=0x5eed", test)
        )
    );
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
