//! Below and above `#[rstest]`.

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

/// `run_until` names the test in its report; so a line that runs it again names the case.
#[network::test(crate = network, limit = "1s")]
#[rstest]
#[case(7)]
#[should_panic(expected = "-- --exact rstest::a_case_is_run_again_by_its_own_name::case_1")]
async fn a_case_is_run_again_by_its_own_name(#[case] number: u64) {
    tokio::time::sleep(secs(number)).await;
}
