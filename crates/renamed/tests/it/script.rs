//! A test that has a script.

use network::{
    Sim,
    clock::secs,
    fake::{FakeHandle, Script},
    strict_fake,
};

#[strict_fake(crate = network)]
trait Store {
    fn put(&self, key: &str);
}

use store_calls::Put;

/// Puts a key each second.
async fn tick(store: impl Store) {
    loop {
        tokio::time::sleep(secs(1)).await;
        store.put("tick");
    }
}

#[network::test(crate = network)]
async fn a_test_has_a_script(sim: Sim, script: &Script) {
    script.expect(Put { key: "tick".to_owned() }).times(3).reply(());
    sim.spawn(tick(FakeStore(script.handle())));
    sim.advance(secs(3)).await;
}

#[network::test(crate = network)]
async fn the_script_may_come_first(script: &Script, _sim: Sim) -> Result<(), std::fmt::Error> {
    script.expect(Put { key: "once".to_owned() }).reply(());
    FakeStore(script.handle()).put("once");
    Ok(())
}

#[network::test(crate = network)]
#[should_panic(expected = "`Store::put` was never called")]
async fn the_script_is_verified(script: &Script) {
    script.expect(Put { key: "never".to_owned() }).reply(());
    let _handle: FakeHandle = script.handle();
}

#[network::test(crate = network, seeds = 0..4)]
async fn each_seed_has_a_script(sim: Sim, script: &Script) {
    let ticks = u32::try_from(sim.seed().value()).expect("small") + 1;
    script.expect(Put { key: "tick".to_owned() }).times(ticks).reply(());
    sim.spawn(tick(FakeStore(script.handle())));
    sim.advance(secs(1) * ticks).await;
}

#[network::test(crate = network, audit)]
#[should_panic(expected = "left over")]
async fn a_test_with_a_script_is_audited(sim: Sim, script: &Script) {
    script.expect(Put { key: "tick".to_owned() }).at_least_once().at_most(2).reply(());
    sim.spawn(tick(FakeStore(script.handle())));
    sim.advance(secs(1)).await;
}
