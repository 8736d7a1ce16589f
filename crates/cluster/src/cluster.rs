//! A whole cluster in one sim.

use std::sync::{Arc, LazyLock, PoisonError};

use openraft::{Config, SnapshotPolicy};
use unplugged::{Sim, clock::Drift, net::Host};

use crate::{
    Client, Disk, Durability, Journal, Ledger,
    node::{Node, Running},
    wire,
};

/// openraft's default parses a command line: once is enough.
static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
    let config = Config {
        heartbeat_interval: 100,
        election_timeout_min: 200,
        election_timeout_max: 400,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(20),
        max_in_snapshot_log_to_keep: 5,
        ..Config::default()
    };
    Arc::new(config.validate().expect("the timeouts are in order"))
});

/// The settings of a cluster.
#[derive(Clone, Debug)]
pub struct Setup {
    /// How fast each node's timers run: as many nodes as there are rates.
    pub rates: Vec<Drift>,
    /// The things that the nodes sync to disk.
    pub durability: Durability,
}

/// Nodes `node-0`, `node-1` and so on, and the host `client`.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<(Host, Node)>,
    client: Host,
    ledger: Arc<Ledger>,
}

impl Cluster {
    /// Starts the nodes.
    #[must_use]
    pub fn start(sim: &Sim, setup: &Setup) -> Self {
        let (net, ledger) = (sim.net(), Arc::new(Ledger::default()));
        let count = setup.rates.len() as u64;
        let nodes = setup.rates.iter().zip(0..).map(|(rate, id)| {
            let node = Node {
                id,
                nodes: count,
                seed: sim.seed(),
                disk: Disk::new(setup.durability),
                config: Arc::clone(&CONFIG),
                ledger: Arc::clone(&ledger),
                running: Arc::default(),
            };
            let host = net.host(wire::name(id));
            host.clock().set_rate(*rate);
            (host, node)
        });
        let nodes: Vec<_> = nodes.collect();
        for (host, node) in &nodes {
            let node = node.clone();
            host.start(move |host| node.clone().run(host));
        }
        Self { nodes, client: net.host("client"), ledger }
    }

    /// Returns the hosts of the nodes.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.nodes.iter().map(|(host, _)| host)
    }

    /// Makes a client, on the host `client`.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.client, self.nodes.len() as u64)
    }

    /// Returns the ledger: the checks of all nodes on the way.
    #[must_use]
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Returns how often the nodes were started, all together.
    #[must_use]
    pub fn boots(&self) -> u64 {
        self.nodes.iter().map(|(_, node)| node.disk.boots()).sum()
    }

    /// Returns the leader, as each node sees it.
    #[must_use]
    pub fn leaders(&self) -> Vec<Option<u64>> {
        self.running().map(|running| running.raft.metrics().borrow().current_leader).collect()
    }

    /// Returns each node's report of itself, in openraft's words.
    #[must_use]
    pub fn metrics(&self) -> Vec<String> {
        self.running().map(|running| running.raft.metrics().borrow().to_string()).collect()
    }

    /// Returns each node's journal, and the number of the last entry that it applied.
    #[must_use]
    pub fn journals(&self) -> Vec<(Option<u64>, Journal)> {
        let journals = self.running().map(|running| {
            let state = running.machine.state();
            (state.applied.map(|id| id.index), state.journal.clone())
        });
        journals.collect()
    }

    fn running(&self) -> impl Iterator<Item = Running> {
        self.nodes
            .iter()
            .filter_map(|(_, node)| node.running.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
