//! `Sim::advance_to_next` stops where something is due, and nowhere else.

use std::time::Duration;

use tokio::time::{interval, sleep};
use unplugged::{
    Sim,
    clock::{ClockExt, hours, micros, millis, secs},
    outcome::Watch,
};

use super::panic_text;

/// A watched sleep on tokio's timers.
fn sleeper(sim: &Sim, length: Duration) -> Watch<()> {
    sim.watch(async move { sleep(length).await })
}

fn stops(sim: &Sim, count: usize) -> Vec<Duration> {
    let stops = (0..count).map(|_| {
        sim.advance_to_next();
        sim.elapsed()
    });
    stops.collect()
}

#[test]
fn a_lone_timer_of_tokio_is_the_next() {
    for far in [millis(1), millis(64), millis(65), millis(4096), secs(5), hours(20)] {
        let sim = Sim::new();
        let nap = sleeper(&sim, far);
        sim.settle();
        assert_eq!(stops(&sim, 1), [far]);
        nap.assert_ready();
    }
}

#[test]
fn it_visits_the_deadlines_and_no_other_instant() {
    let sim = Sim::new();
    sim.spawn_background(async {
        let mut ticks = interval(millis(70));
        loop {
            ticks.tick().await;
        }
    });
    let nap = sleeper(&sim, millis(100));
    assert_eq!(stops(&sim, 4), [70, 100, 140, 210].map(millis));
    nap.assert_ready();
}

#[test]
fn a_timer_that_lies_where_tokio_s_wheel_stops_is_not_missed() {
    let sim = Sim::new();
    let naps = [64, 128, 4096, 8192].map(|at| sleeper(&sim, millis(at)));
    let far = sleeper(&sim, secs(3600));
    assert_eq!(stops(&sim, 5), [64, 128, 4096, 8192, 3_600_000].map(millis));
    for nap in &naps {
        nap.assert_ready();
    }
    far.assert_ready();
}

#[test]
fn a_timer_of_a_task_that_the_sim_does_not_know_counts() {
    let sim = Sim::new();
    sim.run(async { drop(tokio::spawn(async { sleep(millis(128)).await })) });
    let far = sleeper(&sim, secs(5));
    assert_eq!(stops(&sim, 2), [millis(128), secs(5)]);
    far.assert_ready();
}

#[test]
fn many_timers_at_one_stop_of_the_wheel_are_all_run() {
    let sim = Sim::new();
    let naps: Vec<_> = (0..200).map(|_| sleeper(&sim, millis(64))).collect();
    let far = sleeper(&sim, secs(5));
    assert_eq!(stops(&sim, 2), [millis(64), secs(5)]);
    for nap in &naps {
        nap.assert_ready();
    }
    far.assert_ready();
}

#[test]
fn a_timer_of_tokio_beside_one_of_the_kit() {
    let sim = Sim::new();
    let clock = sim.clock();
    let late = sleeper(&sim, secs(5));
    let fine = sim.watch(async move { clock.sleep(secs(4) + micros(500)).await });
    assert_eq!(stops(&sim, 2), [secs(4) + micros(500), secs(5)]);
    late.assert_ready();
    fine.assert_ready();
}

#[unplugged::test]
async fn the_test_s_own_timer_counts(sim: Sim) {
    let nap = async {
        sleep(millis(64)).await;
        sim.elapsed()
    };
    let (woken, ()) = tokio::join!(nap, async { sim.advance_to_next().await });
    assert_eq!(woken, millis(64));
}

#[test]
fn nothing_to_come_is_reported() {
    let sim = Sim::new();
    let text = panic_text(|| drop(sim.advance_to_next()));
    assert!(text.starts_with("the sim has stalled: nothing happened for 86400s of virtual time\n"), "{text}");
}

#[test]
fn a_condition_is_not_asked_where_nothing_is_due() {
    let sim = Sim::new();
    let nap = sleeper(&sim, secs(5));
    let asked = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let (noted, clock) = (std::rc::Rc::clone(&asked), sim.clock());
    sim.run_until(move || {
        noted.borrow_mut().push(clock.since_start());
        clock.since_start() >= secs(5)
    });
    assert_eq!(*asked.borrow(), [secs(0), secs(5)]);
    nap.assert_ready();
}
