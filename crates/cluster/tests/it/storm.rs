//! A storm over a cluster, and what must be true after it.

use std::{
    num::NonZeroU64,
    sync::{Arc, Mutex},
    time::Duration,
};

use unplugged::{
    Sim,
    clock::{Clock, ClockExt, Drift, millis, secs},
    net::{FaultKind, Latency, Probability},
    seed::Rng,
};
use unplugged_cluster::{Cluster, Durability, Setup};

/// A storm is so many gusts, each followed by a lull in which a leader may be elected.
const GUSTS: u32 = 4;
const GUST: Duration = millis(1500);
const LULL: Duration = millis(700);

/// What goes wrong: anything, and machines and partitions most of all. Only long delays are left out: a packet that is
/// seconds late would keep those behind it long after the storm.
const TROUBLES: [FaultKind; 9] = [
    FaultKind::Partition,
    FaultKind::Partition,
    FaultKind::OneWayPartition,
    FaultKind::OneWayPartition,
    FaultKind::Hold,
    FaultKind::Loss,
    FaultKind::Crash,
    FaultKind::Crash,
    FaultKind::Pause,
];

/// How long the cluster has to recover; candidates that draw the same timeouts again and again need some of it.
const CALM: Duration = secs(10);

/// The number of the write after the storm.
const LAST: u64 = 1_000_000;

/// What a storm came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    digest: u64,
    pub(crate) crashes: u64,
    pub(crate) terms: usize,
    entries: usize,
    snapshots: u64,
    acknowledged: u64,
}

/// Runs a cluster through a storm; a rule of Raft that is broken ends it at that instant.
pub(crate) async fn storm(sim: Sim, durability: Durability) -> Outcome {
    let mut draws = sim.rng("cluster.storm");
    let cluster = cluster(&sim, &mut draws, durability);
    let ledger = Arc::clone(cluster.ledger());
    tokio::select! {
        biased;
        broken = ledger.broken() => panic!("{broken}"),
        outcome = weather(&sim, &mut draws, &cluster) => outcome,
    }
}

fn below(draws: &mut Rng, bound: u64) -> u64 {
    draws.below(NonZeroU64::new(bound).expect("a bound"))
}

/// Three nodes, or sometimes five, on a local network. None has the right time, and their timers run up to a tenth
/// too slow or too fast: a crystal is better, a machine that is short of cycles is worse.
fn cluster(sim: &Sim, draws: &mut Rng, durability: Durability) -> Cluster {
    let nodes = if below(draws, 4) == 0 { 5 } else { 3 };
    let mut rate = || match u32::try_from(below(draws, 200_001)).unwrap() {
        slow @ 0..100_000 => Drift::slow(100_000 - slow),
        fast => Drift::fast(fast - 100_000),
    };
    let rates = (0..nodes).map(|_| rate()).collect();
    let cluster = Cluster::start(sim, &Setup { rates, durability });
    sim.net().everywhere().latency(Latency::pareto(millis(1), millis(300))).keep();
    for host in cluster.hosts() {
        host.clock().step_forward(millis(below(draws, 60_000)));
        host.clock().set_drift(Drift::fast(u32::try_from(below(draws, 10_000)).unwrap()));
    }
    cluster
}

/// Faults for a while, and writes all along; then calm.
async fn weather(sim: &Sim, draws: &mut Rng, cluster: &Cluster) -> Outcome {
    let acknowledged = Arc::new(Mutex::new(0));
    let (mut client, seen) = (cluster.client(), Arc::clone(&acknowledged));
    let writer = sim.spawn(async move {
        for number in 1.. {
            client.write(number).await;
            *seen.lock().unwrap() = number;
            tokio::time::sleep(millis(100)).await;
        }
    });
    let (net, clock) = (sim.net(), sim.clock());
    let loss = net.everywhere().loss(Probability::percent(1));
    let hosts: Vec<_> = cluster.hosts().collect();
    for _ in 0..GUSTS {
        net.chaos(GUST).every(GUST / 6).faults(TROUBLES).except("client").run().await;
        let set_back = hosts[usize::try_from(below(draws, hosts.len() as u64)).unwrap()];
        set_back.clock().step_back(millis(below(draws, 5_000)));
        clock.sleep(LULL).await;
    }
    drop(loss);
    let calm = clock.now() + CALM;
    while !agree(cluster) && clock.now() < calm {
        clock.sleep(millis(200)).await;
    }
    clock.sleep(millis(500)).await;
    writer.abort();
    let acknowledged = *acknowledged.lock().unwrap();
    assert_recovered(cluster, acknowledged).await;
    Outcome {
        digest: sim.digest(),
        crashes: cluster.boots() - hosts.len() as u64,
        terms: cluster.ledger().terms(),
        entries: cluster.ledger().entries(),
        snapshots: cluster.ledger().snapshots(),
        acknowledged,
    }
}

fn agree(cluster: &Cluster) -> bool {
    let leaders = cluster.leaders();
    leaders[0].is_some() && leaders.iter().all(|leader| *leader == leaders[0])
}

/// One leader, one journal, and in it all that was ever acknowledged, once and in its order.
async fn assert_recovered(cluster: &Cluster, acknowledged: u64) {
    assert!(agree(cluster), "no leader of all {CALM:?} after the storm:\n{}", cluster.metrics().join("\n"));
    let mut client = cluster.client();
    let write = tokio::time::timeout(secs(2), client.write(LAST));
    write.await.expect("in calm weather a write takes less than two seconds");
    tokio::time::sleep(secs(1)).await;
    let journals = cluster.journals();
    assert_eq!(journals.len(), cluster.hosts().count(), "a node did not start");
    for (node, journal) in journals.iter().enumerate() {
        assert_eq!(journal, &journals[0], "node-{node} and node-0 differ after the storm");
    }
    let (applied, journal) = &journals[0];
    assert_eq!(*applied, cluster.ledger().last(), "an entry that was committed is lost");
    let numbers: Vec<u64> = journal.writes().iter().map(|write| write.number).collect();
    for number in (1..=acknowledged).chain([LAST]) {
        assert!(numbers.contains(&number), "write {number} was acknowledged, and is lost: {numbers:?}");
    }
    assert!(numbers.is_sorted_by(|one, next| one < next), "a write counts twice: {numbers:?}");
    let times_go_up = journal.writes().is_sorted_by(|one, next| one.received < next.received);
    assert!(times_go_up, "a wall clock went back, and the journal with it: {:?}", journal.writes());
}
