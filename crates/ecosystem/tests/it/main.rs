//! Published crates, unmodified: their sockets, names, timers and randomness are the sim's.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails in any line")]

mod http;
mod redis;
mod resolver;
mod web_socket;

use std::time::Duration;

use unplugged::{
    Sim,
    clock::{millis, secs},
    net::{Host, Probability},
};

unplugged_system::interpose!();

/// A client and a server, this far apart.
fn two_hosts(sim: &Sim, latency: Duration) -> [Host; 2] {
    let hosts = sim.net().hosts(["client", "server"]);
    sim.net().between("client", "server").latency(latency).keep();
    hosts
}

/// Asserts that a scenario over a bad link has one run, whenever and wherever it runs, and returns what it says.
fn always_the_same<T: PartialEq + std::fmt::Debug>(scenario: impl Fn(&Sim, [Host; 2]) -> T + Sync) -> T {
    let run = || {
        let sim = Sim::builder().trace(64).build();
        let hosts = two_hosts(&sim, millis(10));
        sim.net().between("client", "server").loss(Probability::percent(5)).may_be_idle().keep();
        (scenario(&sim, hosts), sim.content_digest())
    };
    // A thread of its own for each run: std makes the keys of its maps once for each thread.
    let on_a_thread = || std::thread::scope(|scope| scope.spawn(|| run().1).join().unwrap());
    let first = on_a_thread();
    for number in 1..20 {
        assert_eq!(on_a_thread(), first, "run {number}");
    }
    run().0
}

/// How long a scenario may take.
const LONG: Duration = secs(600);
