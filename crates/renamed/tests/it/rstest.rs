//! Below and above `#[rstest]`.

use std::process::Command;

use network::{Sim, clock::secs, fake::Script};
use rstest::rstest;

#[rstest]
#[case(1, "a")]
#[case::named(2, "b")]
#[network::test(crate = network)]
async fn below_with_the_sim_first(#[ignore] sim: Sim, #[case] seconds: u64, #[case] name: &str) {
    sim.advance(secs(seconds)).await;
    assert!(["a", "b"].contains(&name));
}

#[rstest]
#[case(1)]
#[case(2)]
#[network::test(crate = network, seed = 9)]
async fn below_with_the_sim_last(#[case] seconds: u64, #[ignore] sim: Sim) {
    sim.advance(secs(seconds)).await;
    assert_eq!(sim.seed().value(), 9);
}

#[network::test(crate = network, seed = 9)]
#[rstest]
#[case(1)]
#[case(2)]
async fn above_with_the_sim_first(sim: Sim, #[case] seconds: u64) {
    sim.advance(secs(seconds)).await;
    assert_eq!(sim.seed().value(), 9);
}

#[network::test(crate = network)]
#[rstest]
async fn above_with_the_sim_last(#[values(1, 2)] seconds: u64, #[values("a", "b")] name: String, sim: Sim) {
    sim.advance(secs(seconds)).await;
    assert_eq!(name.len(), 1);
}

#[network::test(crate = network, seeds = 0..3)]
#[rstest]
#[case("a")]
async fn above_with_seeds(sim: Sim, #[case] name: String) {
    assert!(sim.net().host(&*name).name().starts_with('a'));
}

#[rstest]
#[case(1)]
#[case(2)]
#[network::test(crate = network)]
async fn without_a_sim(#[case] number: u64) {
    assert!(number < 3);
}

#[network::test(crate = network)]
#[rstest]
#[case(1)]
async fn with_a_script(#[case] number: u64, sim: Sim, script: &Script) {
    script.expect_no_calls();
    let _handle = script.handle();
    sim.advance(secs(number)).await;
}

#[rstest]
#[case(7)]
#[network::test(crate = network)]
#[should_panic(expected = "case 7")]
async fn a_case_may_be_to_panic(#[case] number: u64) {
    panic!("case {number}");
}

/// Set for the fixture, which passes without it.
const ARMED: &str = "TEST_FIXTURE_FAILS";

/// Its limit ends it: what `rstest` fills is moved, so it runs once.
#[network::test(crate = network, limit = "1s")]
#[rstest]
#[case(7)]
async fn a_fixture_of_a_case(#[case] number: u64) {
    tokio::time::sleep(secs(if std::env::var_os(ARMED).is_some() { number } else { 0 })).await;
}

#[test]
fn a_case_is_run_again_by_its_own_name() {
    let name = "rstest::a_fixture_of_a_case::case_1";
    let own = std::env::current_exe().unwrap().display().to_string();
    let mut line = format!("{own} {name}");
    for _printed in 0..2 {
        let output = Command::new("sh").args(["-c", &line]).env(ARMED, "1").output().unwrap();
        let text = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap();
        assert_eq!(output.status.code(), Some(101), "{text}");
        let (_, rest) =
            text.split_once("\nthe test failed with seed 0x5eed\n  replay   ").expect("a replay line");
        rest.lines().next().unwrap().clone_into(&mut line);
        assert!(line.ends_with(&format!(" --exact {name}")), "{line}");
    }
}
