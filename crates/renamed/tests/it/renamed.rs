//! `crate = ..` finds the kit under another name.

use network::{Sim, clock::secs};

#[network::test(crate = network)]
async fn the_test_attribute_finds_a_renamed_crate(sim: Sim) {
    let nap = sim.watch(tokio::time::sleep(secs(1)));
    sim.advance(secs(1)).await;
    nap.assert_ready();
}

#[network::test(crate = ::network, seed = 7)]
async fn a_path_from_the_root_is_a_path_too(sim: Sim) {
    assert_eq!(sim.seed(), network::seed::Seed::new(7));
}
