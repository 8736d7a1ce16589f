//! Exact time in a sim.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, UNIX_EPOCH},
};

use unplugged::{
    Sim,
    clock::{Clock, ClockExt, Drift, hours, micros, millis, nanos, secs},
};

#[test]
fn tokio_timers_fire_at_their_exact_millisecond() {
    let sim = Sim::new();
    let nap = sim.watch(async { tokio::time::sleep(hours(2)).await });
    sim.advance(hours(2) - nanos(1));
    nap.assert_pending();
    sim.advance(nanos(1));
    nap.assert_ready();
}

#[test]
fn clock_timers_fire_at_their_exact_nanosecond() {
    let sim = Sim::new();
    let nap = sim.watch(sim.clock().sleep(nanos(1_234_567)));
    sim.advance(nanos(1_234_566));
    nap.assert_pending();
    sim.advance(nanos(1));
    nap.assert_ready();
}

#[test]
fn both_kinds_of_timers_share_one_timeline() {
    let sim = Sim::new();
    let log = Rc::new(RefCell::new(Vec::new()));
    let start = sim.watch(async { tokio::time::Instant::now() });
    let start = *start.assert_ready();
    for micros in [300, 1000, 1700, 2000, 5500, 6000] {
        let (clock, log) = (sim.clock(), Rc::clone(&log));
        sim.spawn(async move {
            clock.sleep(unplugged::clock::micros(micros)).await;
            log.borrow_mut().push(("kit", clock.since_start(), start.elapsed()));
        });
    }
    for millis in [1, 2, 6] {
        let (clock, log) = (sim.clock(), Rc::clone(&log));
        sim.spawn(async move {
            tokio::time::sleep(unplugged::clock::millis(millis)).await;
            log.borrow_mut().push(("tokio", clock.since_start(), start.elapsed()));
        });
    }
    sim.advance(secs(1));
    let expected: Vec<_> = [
        ("kit", 300),
        ("tokio", 1000),
        ("kit", 1000),
        ("kit", 1700),
        ("tokio", 2000),
        ("kit", 2000),
        ("kit", 5500),
        ("tokio", 6000),
        ("kit", 6000),
    ]
    .into_iter()
    .map(|(kind, at)| (kind, micros(at), micros(at)))
    .collect();
    assert_eq!(*log.borrow(), expected);
}

#[unplugged::test]
async fn the_test_itself_may_await_time(sim: Sim) {
    tokio::time::sleep(secs(3)).await;
    assert_eq!(sim.clock().since_start(), secs(3));
    sim.clock().sleep(micros(250)).await;
    tokio::time::sleep(millis(10)).await;
    assert_eq!(sim.clock().since_start(), secs(3) + millis(11));
}

#[test]
fn idle_goes_to_the_end_of_the_last_task_and_not_further() {
    let sim = Sim::new();
    sim.spawn(async { tokio::time::sleep(secs(7)).await });
    sim.run_until_idle();
    assert_eq!(sim.clock().since_start(), secs(7));
}

#[test]
fn run_until_stops_at_the_first_settled_instant_at_which_the_condition_holds() {
    let sim = Sim::new();
    let clock = sim.clock();
    sim.spawn_background(async {
        loop {
            tokio::time::sleep(secs(1)).await;
        }
    });
    sim.run_until(move || clock.since_start() >= secs(5));
    assert_eq!(sim.clock().since_start(), secs(5));
}

#[test]
fn settle_runs_what_is_due_at_this_instant() {
    let sim = Sim::new();
    let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    sim.net().everywhere().latency(nanos(0)).keep();
    let socket = server.bind_udp(53).unwrap();
    client.bind_udp(0).unwrap().try_send_to(b"x", "server:53").unwrap();
    sim.settle();
    assert_eq!(socket.try_recv_from(&mut [0; 8]).unwrap().0, 1);
    assert_eq!(sim.clock().since_start(), nanos(0));
}

#[test]
fn the_wall_clock_of_a_sim_can_be_set_and_can_drift() {
    let sim = Sim::new();
    let clock = sim.clock();
    let noon = UNIX_EPOCH + secs(43_200);
    clock.set_system_time(noon);
    assert_eq!(clock.system_time(), noon);
    clock.set_drift(Drift::fast(1_000));
    sim.advance(secs(1000));
    assert_eq!(clock.system_time(), noon + secs(1001));
    assert_eq!(clock.since_start(), secs(1000));
}

#[test]
fn elapsed_is_what_was_advanced_each_step_of_it() {
    let sim = Sim::new();
    assert_eq!(sim.elapsed(), Duration::ZERO);
    sim.run(async { sim.advance_each([secs(1), millis(500), secs(2)]).await });
    assert_eq!(sim.elapsed(), millis(3500));
}
