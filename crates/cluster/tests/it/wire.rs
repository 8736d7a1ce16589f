//! A node and what comes over its port.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, Drift, millis, secs},
};
use unplugged_cluster::{Cluster, Durability, Setup};

fn three() -> Setup {
    Setup { rates: vec![Drift::NONE; 3], durability: Durability::Synced }
}

#[test]
fn a_frame_that_claims_too_much_ends_the_connection_and_not_the_node() {
    let sim = Sim::new();
    let cluster = Cluster::start(&sim, &three());
    let stranger = sim.net().host("stranger");
    sim.run(async {
        let mut stream = stranger.connect("node-0:7000").await.unwrap();
        stream.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"");
        cluster.client().write(1).await;
    });
}

#[test]
fn a_write_is_in_every_journal_a_heartbeat_later() {
    let sim = Sim::new();
    let cluster = Cluster::start(&sim, &three());
    sim.run(async { cluster.client().write(7).await });
    sim.advance(millis(300));
    for (_, journal) in cluster.journals() {
        assert_eq!(journal.writes().iter().map(|write| write.number).collect::<Vec<_>>(), [7]);
    }
}

#[test]
fn the_leader_that_crashes_is_replaced_and_comes_back_as_a_follower() {
    let sim = Sim::new();
    let cluster = Cluster::start(&sim, &three());
    sim.run(async { cluster.client().write(1).await });
    sim.advance(secs(1));
    let first = cluster.leaders()[0].unwrap();
    let host = cluster.hosts().nth(usize::try_from(first).unwrap()).unwrap();
    host.crash();
    sim.run(async { cluster.client().write(2).await });
    assert!(sim.clock().since_start() < secs(5), "{:?}", sim.clock().since_start());
    host.restart();
    sim.advance(secs(1));
    let leaders = cluster.leaders();
    assert!(leaders.iter().all(|leader| leader.is_some() && *leader != Some(first)), "{leaders:?}");
    assert_eq!(cluster.ledger().terms(), 2);
}
