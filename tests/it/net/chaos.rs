//! Faults at random, and healed.

use unplugged::{
    Sim,
    clock::{millis, mins, secs},
    net::{Host, Net, Trouble},
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
        sim.watch(net.chaos(mins(5)).every(secs(10)).sparing("client").run()).named(&*seed.to_string());
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
    for trouble in ["Partition", "OneWayPartition", "Hold", "Loss", "Delay", "Crash", "Pause"] {
        assert!(log.contains(trouble), "{trouble}");
    }
    let only = sim.watch(net.chaos(mins(60)).with([Trouble::Loss]).run());
    sim.advance(mins(60));
    assert!(only.assert_ready().iter().all(|line| line.contains("Loss of")));
}

#[test]
fn no_fault_lasts_longer_than_is_said() {
    let (sim, net, _hosts) = cluster(2);
    let storm = sim.watch(net.chaos(mins(60)).every(secs(10)).lasting(millis(900)).run());
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
    assert_eq!(panic_text(|| net.chaos(secs(1)).lasting(secs(0))), nothing);
    assert_eq!(panic_text(|| net.chaos(secs(1)).with([])), nothing);
    assert!(panic_text(|| net.chaos(secs(1)).sparing("nobody")).starts_with("no host is called `nobody`\n"));
    assert_eq!(
        panic_text(|| net.chaos(secs(1)).sparing("one").sparing("two").sparing("three").run()),
        "a chaos needs two hosts that are not spared, and there are 1\n  \
         next     make the hosts before `run`, or spare fewer"
    );
}
