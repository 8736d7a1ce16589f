//! All of it together, in a test binary that forbids `unsafe`: the macro's own is the package's.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![forbid(unsafe_code)]

mod common;

use std::process::Command;

use common::{draw, order_of_a_map};
use rand_0_8::RngCore;
use unplugged::{Sim, clock::millis};

unplugged_system::interpose!();

/// What the test below asks for.
#[unplugged::test]
async fn a_fixture_that_draws_wherever_it_can(sim: Sim) {
    let mut branches = String::new();
    for _ in 0..32 {
        sim.advance(millis(1 + draw() % 100)).await;
        tokio::select! {
            () = async {} => branches.push('a'),
            () = async {} => branches.push('b'),
        }
    }
    #[expect(clippy::disallowed_methods, reason = "std's clocks are part of the fixture")]
    let clocks = (std::time::Instant::now(), std::time::SystemTime::now());
    let old = rand_0_8::rngs::OsRng.next_u64();
    println!("\ndrawn: {} {branches} {old} {} {clocks:?}", order_of_a_map(), fastrand::u64(..));
}

fn drawn(seed: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_fixture_that_draws_wherever_it_can", "--nocapture"])
        .env("UNPLUGGED_SEED", seed)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find(|line| line.starts_with("drawn: ")).expect("the fixture passes").to_owned()
}

#[test]
fn a_replay_line_repeats_what_foreign_code_drew() {
    let first = drawn("0xfeed");
    assert_eq!(drawn("0xfeed"), first);
    assert_ne!(drawn("0xbeef"), first);
}
