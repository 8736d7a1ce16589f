//! Faults at random, and healed.

use unplugged::{
    Sim,
    clock::{Clock, ClockExt, Drift, millis, mins, secs},
    net::{FaultKind, Host, Net},
    seed::Seed,
};

use super::panic_text;

fn cluster(seed: u64) -> (Sim, Net, Vec<Host>) {
    let sim = Sim::builder().seed(Seed::new(seed)).build();
    let net = sim.net();
    let hosts = ["client", "one", "two", "three"].map(|name| net.host(name)).to_vec();
    (sim, net, hosts)
}

/// What a storm of five minutes did.
fn storm(seed: u64, sim: &Sim, net: &Net) -> Vec<String> {
    let storm =
        sim.watch(net.chaos(mins(5)).every(secs(10)).except("client").run()).named(&*seed.to_string());
    sim.advance(mins(5));
    storm.assert_ready().clone()
}

#[test]
fn the_same_seed_gives_the_same_storm_and_the_spared_host_is_left_alone() {
    let run = |seed| {
        let (sim, net, _hosts) = cluster(seed);
        storm(seed, &sim, &net)
    };
    let log = run(7);
    assert_eq!(run(7), log);
    assert_ne!(run(8), log);
    assert!((15..50).contains(&log.len()), "{log:#?}");
    assert!(log.iter().all(|line| !line.contains("client")), "{log:#?}");
}

#[test]
fn no_storm_is_like_the_one_before() {
    let (sim, net, _hosts) = cluster(7);
    let shifted = |log: Vec<String>| -> Vec<String> {
        log.iter().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect()
    };
    let first = shifted(storm(7, &sim, &net));
    assert_ne!(shifted(storm(7, &sim, &net)), first);
}

#[test]
fn every_storm_heals_at_the_end_of_its_window() {
    for seed in 0..50 {
        let (sim, net, hosts) = cluster(seed);
        let log = storm(seed, &sim, &net);
        assert!(hosts.iter().all(Host::is_up), "seed {seed}: {log:#?}");
        assert_eq!(format!("{net:?}"), "Net { hosts: 4, connections: 0, rules: [] }", "seed {seed}");
    }
}

#[test]
fn all_kinds_of_trouble_come() {
    let (sim, net, _hosts) = cluster(1);
    let long = sim.watch(net.chaos(mins(60)).every(secs(10)).run());
    sim.advance(mins(60));
    let log = long.assert_ready().join("\n");
    let troubles = [
        "Partition",
        "OneWayPartition",
        "Hold",
        "Loss",
        "Delay",
        "Crash",
        "Pause",
        "ClockStep",
        "ClockDrift",
    ];
    for trouble in troubles {
        assert!(log.contains(trouble), "{trouble}");
    }
    let only = sim.watch(net.chaos(mins(60)).faults([FaultKind::Loss]).run());
    sim.advance(mins(60));
    assert!(only.assert_ready().iter().all(|line| line.contains("Loss of")));
}

#[test]
fn no_fault_lasts_longer_than_is_said() {
    let (sim, net, _hosts) = cluster(2);
    let storm = sim.watch(net.chaos(mins(60)).every(secs(10)).max_duration(millis(900)).run());
    sim.advance(mins(60));
    let log = storm.assert_ready();
    assert!(log.len() > 200, "{}", log.len());
    for line in log {
        let (lasts, _) = line.split_once(" for ").unwrap().1.split_once(": ").unwrap();
        let of_a_second = lasts.strip_suffix("ms").map(|number| number.parse::<f64>().unwrap());
        assert!(of_a_second.is_some_and(|number| number < 900.0), "{line}");
    }
}

#[test]
fn clocks_are_wrong_in_a_storm_and_right_after_it() {
    let (sim, net, hosts) = cluster(4);
    let clocks: Vec<_> = hosts.iter().map(Host::clock).collect();
    let troubles = [FaultKind::ClockStep, FaultKind::ClockDrift];
    let storm = sim.watch(net.chaos(mins(10)).every(secs(10)).except("client").faults(troubles).run());
    let (mut wrong_walls, mut wrong_speeds) = (0, 0);
    let mut before: Vec<_> = clocks.iter().map(|clock| clock.since_start()).collect();
    for _ in 0..599 {
        sim.advance(secs(1));
        let now: Vec<_> = clocks.iter().map(|clock| clock.since_start()).collect();
        wrong_speeds += now.iter().zip(&before).filter(|(now, before)| **now - **before != secs(1)).count();
        wrong_walls += clocks.iter().filter(|clock| clock.system_time() != sim.clock().system_time()).count();
        assert_eq!(clocks[0].system_time(), sim.clock().system_time());
        before = now;
    }
    assert!(wrong_walls > 300 && wrong_speeds > 300, "{wrong_walls} {wrong_speeds}");
    sim.advance(secs(1));
    let log = storm.assert_ready();
    for clock in &clocks {
        assert_eq!(clock.system_time(), sim.clock().system_time(), "{log:#?}");
        assert_eq!(clock.rate(), Drift::NONE);
    }
    assert!(clocks.iter().any(|clock| clock.since_start() != mins(10)), "what was gained is kept");
    let first_lines = sim.transcript().lines();
    assert!(first_lines.iter().any(|line| line.contains("quartz runs: ")), "{first_lines:#?}");
    assert!(log.iter().any(|line| line.contains("ClockStep of `one` back by ")), "{log:#?}");
    assert!(log.iter().any(|line| line.contains(" ppm slow")), "{log:#?}");
    assert!(log.iter().any(|line| line.ends_with(", which was not exact")), "{log:#?}");
}

#[test]
fn a_storm_leaves_alone_what_the_test_did_to_a_clock() {
    let (sim, net, hosts) = cluster(4);
    hosts[1].clock().step_forward(mins(5));
    let storm = sim.watch(net.chaos(mins(10)).every(secs(10)).faults([FaultKind::ClockStep]).run());
    sim.advance(mins(10));
    storm.assert_ready();
    let ahead = hosts[1].clock().system_time().duration_since(sim.clock().system_time());
    assert_eq!(ahead.unwrap(), mins(5));
}

#[test]
fn a_storm_that_is_dropped_heals_at_once() {
    let (sim, net, hosts) = cluster(3);
    let storm = sim.watch(net.chaos(mins(60)).every(secs(1)).run());
    sim.advance(mins(1));
    storm.assert_pending();
    drop(storm);
    sim.settle();
    assert!(hosts.iter().all(Host::is_up));
    assert_eq!(format!("{net:?}"), "Net { hosts: 4, connections: 0, rules: [] }");
}

#[test]
fn plans_without_sense_are_refused() {
    let (_sim, net, _hosts) = cluster(1);
    let nothing = "a chaos of no length, or of no trouble, proves nothing";
    assert_eq!(panic_text(|| net.chaos(secs(0))), nothing);
    assert_eq!(panic_text(|| net.chaos(secs(1)).max_duration(secs(0))), nothing);
    assert_eq!(panic_text(|| net.chaos(secs(1)).faults([])), nothing);
    assert_eq!(
        panic_text(|| net.chaos(secs(1)).every(secs(0))),
        "a chaos with no time between its faults has a thousand million a second\n  \
         next     give `every` a time; the window's tenth is what it is unless set"
    );
    assert!(panic_text(|| net.chaos(secs(1)).except("nobody")).starts_with("no host is called `nobody`\n"));
    let of_one = || net.chaos(secs(1)).except("one").except("two").except("three");
    assert_eq!(
        panic_text(|| of_one().run()),
        "faults of links need two hosts that are not excluded, and there is 1\n  \
         next     exclude fewer hosts, or give `faults` only kinds that concern one host: `Crash`, `Pause`, \
         `ClockStep`, `ClockDrift`"
    );
    assert_eq!(
        panic_text(|| of_one().except("client").run()),
        "this chaos has no host: all are excluded, or none is made\n  \
         next     make the hosts before `run`, or exclude fewer"
    );
}

#[test]
fn a_storm_can_strike_one_server_and_spare_its_client() {
    let kinds = [FaultKind::Crash, FaultKind::Pause, FaultKind::ClockStep, FaultKind::ClockDrift];
    let storms = kinds.iter().map(|kind| vec![*kind]).chain([kinds.to_vec()]);
    for kinds in storms {
        let sim = Sim::new();
        let (_client, server) = (sim.net().host("client"), sim.net().host("server"));
        let storm = sim.net().chaos(mins(5)).every(secs(10)).except("client").faults(kinds.clone());
        let storm = sim.watch(storm.run());
        sim.advance(mins(5));
        let log = storm.assert_ready();
        assert!(!log.is_empty() && log.iter().all(|line| line.contains("of `server`")), "{log:?}");
        for kind in kinds {
            assert!(log.iter().any(|line| line.contains(&format!("{kind:?}"))), "{kind:?} in {log:?}");
        }
        assert!(server.is_up());
    }
}
