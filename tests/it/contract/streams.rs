//! The contract of streams, over the kit's own and over the kernel's.

use tokio::net::{TcpListener, TcpStream};
use unplugged::{
    Sim,
    clock::{hours, millis},
    contract,
    net::{Host, Latency, Probability, TcpStream as SimStream},
    transport::{Pipe, Segmentation, pipe},
};

/// A connected pair over the network of a sim.
async fn connected([client, server]: &[Host; 2]) -> (SimStream, SimStream) {
    let listener = server.listen(0).unwrap();
    let connecting = client.connect(("server", listener.local_addr().unwrap().port()));
    let (client, accepted) = tokio::join!(connecting, listener.accept());
    (client.unwrap(), accepted.unwrap().0)
}

#[test]
fn a_pipe_holds_the_contract() {
    let sim = Sim::new();
    sim.run(contract::stream(async || pipe()).run()).assert_held();
}

#[test]
fn a_pipe_that_delivers_byte_by_byte_holds_the_contract() {
    let sim = Sim::new();
    let cut = async || Pipe::builder().segmentation(Segmentation::one_byte()).pair();
    sim.run(contract::stream(cut).run()).assert_held();
}

#[test]
fn tokios_duplex_holds_the_contract() {
    for capacity in [64, 4096] {
        let sim = Sim::new();
        sim.run(contract::stream(async || tokio::io::duplex(capacity)).run()).assert_held();
    }
}

/// Its halves share one buffer, so dropping one of them tells the other nothing.
#[test]
fn tokios_simplex_breaks_the_rules_about_dropped_halves_and_no_other() {
    let sim = Sim::new();
    let make = async || {
        let (reader, writer) = tokio::io::simplex(64);
        (writer, reader)
    };
    let report = sim.run(contract::one_way(make).run());
    let broken: Vec<_> = report.faults().iter().filter_map(|fault| fault.detail("rule")).collect();
    assert_eq!(broken, ["drop-ends", "write-to-dropped", "read-wakes-on-drop", "drop-wakes-writer"]);
    assert_eq!(
        report.skipped(),
        ["both-ways-at-once", "half-close", "reset-with-unread", "wakers-apart", "clogged-one-way"]
    );
}

#[test]
fn streams_of_a_network_hold_the_contract() {
    let sim = Sim::new();
    let hosts = ["client", "server"].map(|name| sim.net().host(name));
    let suite = contract::stream(async || connected(&hosts).await).resets(true);
    sim.run(suite.run()).assert_held();
}

#[test]
fn streams_of_a_network_with_latency_and_loss_hold_the_contract() {
    let sim = Sim::new();
    let hosts = ["client", "server"].map(|name| sim.net().host(name));
    sim.net().between("client", "server").latency(Latency::fixed(millis(20))).keep();
    sim.net().between("client", "server").loss(Probability::percent(5)).keep();
    let suite = contract::stream(async || connected(&hosts).await).resets(true);
    sim.run(suite.limit(hours(5)).run()).assert_held();
}

fn real() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn tcp_of_the_kernel_holds_the_contract() {
    let make = async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    };
    real().block_on(contract::stream(make).resets(true).run()).assert_held();
}

#[cfg(unix)]
#[test]
fn unix_sockets_of_the_kernel_hold_the_contract() {
    let make = async || tokio::net::UnixStream::pair().unwrap();
    real().block_on(contract::stream(make).run()).assert_held();
}
