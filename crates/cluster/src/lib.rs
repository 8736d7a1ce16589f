#![doc = include_str!("../README.md")]

mod client;
mod cluster;
mod disk;
mod journal;
mod ledger;
mod log;
mod machine;
mod node;
mod runtime;
mod wire;

pub use self::{
    client::Client,
    cluster::{Cluster, Setup},
    disk::{Disk, Durability},
    journal::{Journal, Write},
    ledger::Ledger,
    runtime::{Boot, Draws, HostInstant, HostRuntime},
};

openraft::declare_raft_types!(
    /// The types that openraft runs on here.
    pub Types:
        D = Write,
        R = (),
        NodeId = u64,
        Node = openraft::EmptyNode,
        Entry = openraft::Entry<Types>,
        SnapshotData = Journal,
        AsyncRuntime = HostRuntime,
);
