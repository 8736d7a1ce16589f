//! What the network costs: CPU time per operation, beside tokio's in-memory pipe in the same run.
//!
//! `cargo bench --bench net`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails in any line, and prints")]

use std::time::Duration;

use cpu_time::ProcessTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{hours, millis},
    net::{BindAddr, Latency, Net},
};

const EXCHANGES: usize = 100;

/// The least CPU time of `run`, of several times.
fn measure(repeats: usize, mut run: impl FnMut()) -> Duration {
    run();
    let times = (0..repeats).map(|_| {
        let begun = ProcessTime::now();
        run();
        begun.elapsed()
    });
    times.min().unwrap()
}

async fn client(mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
    let mut buffer = [7; 64];
    for _ in 0..EXCHANGES {
        stream.write_all(&buffer).await.unwrap();
        stream.read_exact(&mut buffer).await.unwrap();
    }
}

async fn serve(mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
    let mut buffer = [0; 64];
    while stream.read_exact(&mut buffer).await.is_ok() {
        stream.write_all(&buffer).await.unwrap();
    }
}

/// `clients` hosts with a connection each to one server, 100 exchanges of 64 bytes each way.
fn exchanges(clients: usize, configure: impl Fn(&Net)) {
    let sim = Sim::new();
    let net = sim.net();
    configure(&net);
    let listener = net.host("server").listen(BindAddr::from(80).backlog(2000)).unwrap();
    let hosts: Vec<_> = (0..clients).map(|number| net.host(format!("client-{number}"))).collect();
    sim.run(async move {
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream));
            }
        });
        let tasks: Vec<_> = hosts
            .into_iter()
            .map(|host| tokio::spawn(async move { client(host.connect("server:80").await.unwrap()).await }))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// The same over tokio's pipe: two tasks a client, no network.
fn duplex_exchanges(clients: usize) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async move {
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let (near, far) = tokio::io::duplex(65536);
                tokio::spawn(serve(far));
                tokio::spawn(client(near))
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn open_and_close(clients: usize) {
    let sim = Sim::new();
    let net = sim.net();
    let listener = net.host("server").listen(BindAddr::from(80).backlog(2000)).unwrap();
    let hosts: Vec<_> = (0..clients).map(|number| net.host(format!("client-{number}"))).collect();
    sim.run(async move {
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        let tasks: Vec<_> = hosts
            .into_iter()
            .map(|host| tokio::spawn(async move { drop(host.connect("server:80").await.unwrap()) }))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn datagram_round_trips(count: usize) {
    let sim = Sim::new();
    let net = sim.net();
    let (client, server) = (net.host("client"), net.host("server"));
    let (client, server) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
    sim.run(async move {
        tokio::spawn(async move {
            let mut buffer = [0; 64];
            loop {
                let (length, from) = server.recv_from(&mut buffer).await.unwrap();
                server.send_to(&buffer[..length], from).await.unwrap();
            }
        });
        client.connect("server:53").await.unwrap();
        let mut buffer = [0; 64];
        for _ in 0..count {
            client.send(&[7; 64]).await.unwrap();
            client.recv(&mut buffer).await.unwrap();
        }
    });
}

fn idle(hosts: usize) {
    let sim = Sim::new();
    let net = sim.net();
    for number in 0..hosts {
        net.host(format!("host-{number}"));
    }
    sim.advance(hours(2));
}

/// The resident memory of this process, in bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// What a host and what an open connection with some traffic hold, in bytes, tasks left out.
fn memory() -> (u64, u64) {
    const COUNT: u64 = 10_000;
    let sim = Sim::new();
    let net = sim.net();
    let begun = resident();
    let hosts: Vec<_> = (0..COUNT).map(|number| net.host(format!("host-{number}"))).collect();
    let with_hosts = resident();
    let listener = net.host("server").listen(BindAddr::from(80).backlog(20_000)).unwrap();
    let streams = sim.run(async move {
        let mut streams = Vec::new();
        for host in &hosts {
            let mut near = host.connect("server:80").await.unwrap();
            let (mut far, _) = listener.accept().await.unwrap();
            near.write_all(&[7; 64]).await.unwrap();
            far.read_exact(&mut [0; 64]).await.unwrap();
            streams.push((near, far));
        }
        streams
    });
    let with_streams = resident();
    drop(streams);
    ((with_hosts - begun) / COUNT, (with_streams - with_hosts) / COUNT)
}

fn main() {
    let (host, connection) = memory();
    println!("a host holds {host} bytes, an open connection with both ends {connection} bytes");
    let per = |time: Duration, count: usize| format!("{} ns", time.as_nanos() / count as u128);
    for clients in [1, 10, 100, 1000] {
        let messages = clients * EXCHANGES * 2;
        let repeats = if clients < 1000 { 15 } else { 5 };
        let fixed = measure(repeats, || exchanges(clients, |_| {}));
        let spread = measure(repeats, || {
            let latency = Latency::uniform(millis(1), millis(10));
            exchanges(clients, |net| net.everywhere().latency(latency.clone()).keep());
        });
        let far = measure(repeats, || {
            exchanges(clients, |net| net.everywhere().latency(millis(100)).keep());
        });
        let duplex = measure(repeats, || duplex_exchanges(clients));
        println!(
            "{clients} clients, a message: {} (1 ms), {} (100 ms), {} (1 to 10 ms), {} (tokio duplex)",
            per(fixed, messages),
            per(far, messages),
            per(spread, messages),
            per(duplex, messages),
        );
    }
    for clients in [100, 1000] {
        println!("{clients} clients, open + close: {}", per(measure(9, || open_and_close(clients)), clients));
    }
    println!("a datagram's round trip: {}", per(measure(9, || datagram_round_trips(10_000)), 10_000));
    println!("1000 idle hosts, two hours: {:?}", measure(9, || idle(1000)));
    println!("a world alone: {:?}", measure(9, || drop(Sim::new().net())));
}
