//! Leader election through partitions, crashes and skewed clocks, a seed each.

use std::sync::Mutex;

use unplugged::{Sim, explore, seed::Seed};
use unplugged_cluster::Durability;

use crate::storm::storm;

#[test]
fn a_thousand_storms_break_no_rule_of_raft() {
    let (elections, crashes) = (Mutex::new(0), Mutex::new(0));
    let explored = explore::seeds(0..1000, async |sim: Sim| {
        let outcome = storm(sim, Durability::Synced).await;
        *elections.lock().unwrap() += outcome.terms;
        *crashes.lock().unwrap() += outcome.crashes;
    });
    let (elections, crashes) = (elections.into_inner().unwrap(), crashes.into_inner().unwrap());
    eprintln!("{explored}: {elections} leaders elected, {crashes} crashes");
    if explored.cases() == 1000 {
        // Else they were no storms.
        assert!(elections > 2000, "{elections} leaders were elected");
        assert!(crashes > 4000, "{crashes} machines crashed");
    }
}

#[test]
fn the_same_seed_gives_the_same_storm() {
    let run = |seed| {
        let sim = Sim::builder().seed(Seed::new(seed)).build();
        sim.run_test(|sim| storm(sim, Durability::Synced))
    };
    for seed in 0..10 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}

#[test]
fn two_runs_of_a_storm_are_the_same_event_by_event() {
    let explored = explore::determinism(async |sim| {
        storm(sim, Durability::Synced).await;
    });
    assert!(explored.cases() > 1000, "{explored}");
}
