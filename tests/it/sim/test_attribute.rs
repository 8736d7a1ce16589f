//! `#[unplugged::test]`.

use unplugged::{
    Sim,
    clock::{ClockExt, secs},
    seed::Seed,
};

#[unplugged::test]
async fn it_needs_no_sim() {
    tokio::time::sleep(secs(1)).await;
}

#[unplugged::test]
async fn it_may_return_a_result(sim: Sim) -> Result<(), std::num::ParseIntError> {
    let number: u64 = "3".parse()?;
    sim.advance(secs(number)).await;
    assert_eq!(sim.clock().since_start(), secs(3));
    Ok(())
}

#[unplugged::test(seed = 0x77, limit = "48h")]
async fn it_takes_a_seed_and_a_limit(sim: Sim) {
    assert_eq!(sim.seed(), Seed::new(0x77));
    tokio::time::sleep(secs(40 * 3600)).await;
}

#[unplugged::test(manual)]
async fn it_can_be_manual(sim: Sim) {
    let nap = sim.watch(tokio::time::sleep(secs(1)));
    sim.advance(secs(1)).await;
    nap.assert_ready();
}

#[unplugged::test(crate = unplugged)]
async fn it_finds_the_crate_under_another_path(_sim: Sim) {}

#[unplugged::test]
#[should_panic(expected = "the text that is expected")]
async fn other_attributes_work_around_it(sim: Sim) {
    sim.settle().await;
    panic!("the text that is expected");
}

#[unplugged::test]
async fn futures_need_not_be_send(sim: Sim) {
    let local = std::rc::Rc::new(5);
    let watch = sim.watch(async move { *local });
    sim.settle().await;
    assert_eq!(watch.assert_ready(), &5);
}
