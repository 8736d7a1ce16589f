//! The instants of all clocks of a sim are the same: tokio's, the sim's and those of hosts.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use unplugged::{
    Sim,
    clock::{Clock, ClockExt, Drift, micros, millis, secs},
};

#[unplugged::test]
async fn a_deadline_of_tokio_holds_for_the_clock(sim: Sim) {
    let deadline = (Instant::now() + secs(2)).into_std();
    sim.clock().sleep_until(deadline).await;
    assert_eq!(sim.elapsed(), secs(2));
}

#[unplugged::test]
async fn a_deadline_of_the_clock_holds_for_tokio(sim: Sim) {
    let deadline = Instant::from_std(sim.clock().now() + secs(2));
    timeout(secs(3600), sleep_until(deadline)).await.unwrap();
    assert_eq!(sim.elapsed(), secs(2));
}

#[unplugged::test]
async fn the_clocks_agree_at_each_step(sim: Sim) {
    for step in [Duration::ZERO, micros(150), millis(3), secs(90)] {
        sim.advance(step).await;
        assert_eq!(sim.clock().now(), Instant::now().into_std());
    }
    assert_eq!(sim.clock().start() + sim.elapsed(), Instant::now().into_std());
}

#[unplugged::test]
async fn the_clock_of_a_host_agrees_until_it_drifts(sim: Sim) {
    let clock = sim.net().host("db").clock();
    sim.advance(secs(1)).await;
    assert_eq!((clock.start(), clock.now()), (sim.clock().start(), Instant::now().into_std()));
    timeout_at(Instant::from_std(clock.now() + secs(2)), clock.sleep(secs(1))).await.unwrap();
    clock.set_rate(Drift::fast(500_000));
    sim.advance(secs(2)).await;
    assert_eq!(clock.now(), sim.clock().now() + secs(1));
}

#[unplugged::test]
async fn time_moves_to_an_instant_of_tokio(sim: Sim) {
    sim.advance(millis(7)).await;
    sim.advance_to((Instant::now() + secs(1)).into_std()).await;
    assert_eq!(sim.elapsed(), secs(1) + millis(7));
}

#[unplugged::test]
async fn a_packet_is_due_at_an_instant_of_tokio(sim: Sim) {
    let net = sim.net();
    let (near, far) = (net.host("near"), net.host("far"));
    net.link("near", "far").latency(millis(5)).keep();
    let (near, far) = (near.bind_udp(1).unwrap(), far.bind_udp(1).unwrap());
    let due = (Instant::now() + millis(5)).into_std();
    near.try_send_to(b"x", "far:1").unwrap();
    assert_eq!(net.in_flight()[0].due, Some(due));
    far.recv_from(&mut [0]).await.unwrap();
    assert_eq!(sim.clock().now(), due);
}
