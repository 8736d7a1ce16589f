//! A rumour spreads through a cluster that loses packets, splits and loses machines, and reaches every node.
//!
//! `cargo run --release --example gossip -- --nodes 500 --hours 1 --seed 7`
#![allow(clippy::print_stdout, reason = "an example tells its story")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cpu_time::ProcessTime;
use unplugged::{
    Sim,
    clock::{ClockExt, hours, millis, mins, secs},
    net::{Host, Latency, Probability},
    seed::{Seed, Stream},
};

/// How often a node tells another what it knows.
const ROUND: Duration = secs(10);

/// What a node knows: the newest rumour, by its number. Every node keeps its own, as on a disk.
type Known = Arc<AtomicU64>;

/// Listens, and each round tells one other node.
async fn node(host: Host, nodes: u64, known: Known, mut draws: Stream) {
    let socket = host.bind(7).expect("the port is free");
    let mut buffer = [0; 8];
    // Nodes do not all begin at once.
    let mut next = tokio::time::Instant::now() + millis(draws.next_u64() % 10_000);
    loop {
        match tokio::time::timeout_at(next, socket.recv_from(&mut buffer)).await {
            Ok(Ok((_, from))) => {
                let (heard, knew) = (u64::from_be_bytes(buffer), known.load(Ordering::Relaxed));
                known.fetch_max(heard, Ordering::Relaxed);
                if heard < knew {
                    // The other is behind: tell it. Sent is not arrived, and that is all right.
                    let _sent = socket.send_to(&knew.to_be_bytes(), from);
                }
            }
            Ok(Err(_)) => return,
            Err(_) => {
                next += ROUND;
                let other = draws.next_u64() % nodes;
                let _sent = socket.send_to(
                    &known.load(Ordering::Relaxed).to_be_bytes(),
                    (format!("node-{other}").as_str(), 7),
                );
            }
        }
    }
}

struct Arguments {
    nodes: u64,
    hours: u64,
    seed: Seed,
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut arguments = Self { nodes: 50, hours: 1, seed: Seed::DEFAULT };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("`{word}` needs a value"))?;
            let number = || value.parse().map_err(|error| format!("`{word} {value}`: {error}"));
            match word.as_str() {
                "--nodes" => arguments.nodes = number()?,
                "--hours" => arguments.hours = number()?,
                "--seed" => arguments.seed = value.parse().map_err(|error| format!("{error}"))?,
                _ => return Err(format!("`{word}` is no argument: there are --nodes, --hours and --seed")),
            }
        }
        if arguments.nodes < 4 || !(1..=24).contains(&arguments.hours) {
            return Err("a cluster needs four nodes, and runs for 1 to 24 hours".into());
        }
        Ok(arguments)
    }
}

fn main() -> Result<(), String> {
    let Arguments { nodes, hours: count, seed } = Arguments::read()?;
    let begun = ProcessTime::now();
    let sim = Sim::builder().seed(seed).limit(hours(25)).build();
    let net = sim.net();
    net.everywhere().latency(Latency::heavy_tail(millis(5), millis(500))).for_good();
    net.everywhere().loss(Probability::percent(5)).for_good();

    let hosts: Vec<Host> = (0..nodes).map(|number| net.host(format!("node-{number}"))).collect();
    let known: Vec<Known> = hosts.iter().map(|_| Known::default()).collect();
    for (number, host) in hosts.iter().enumerate() {
        let known = Arc::clone(&known[number]);
        host.start(move |host| {
            let draws = seed.stream(host.name());
            node(host, nodes, Arc::clone(&known), draws)
        });
    }

    // Every ten minutes there is a new rumour, and something goes wrong.
    let mut faults = sim.stream("gossip.faults");
    let mut draw = |bound: u64| usize::try_from(faults.next_u64() % bound).unwrap_or(0);
    for rumour in 1..=count * 6 {
        known[draw(nodes)].store(rumour, Ordering::Relaxed);
        let crashed = &hosts[draw(nodes)];
        let (one, other) = (&hosts[draw(nodes)], &hosts[draw(nodes)]);
        crashed.crash();
        let split = (one.name() != other.name()).then(|| net.between(one.name(), other.name()).partition());
        sim.advance(mins(3));
        crashed.restart();
        drop(split);
        sim.advance(mins(7));
        let ignorant = known.iter().filter(|known| known.load(Ordering::Relaxed) < rumour).count();
        assert_eq!(ignorant, 0, "after the storm everybody knows rumour {rumour}");
    }

    println!("virtual time  {:?}", sim.clock().since_start());
    println!("CPU time      {:?}", begun.elapsed());
    println!("messages      {}", net.packets());
    println!("digest        {:#018x}", net.digest());
    Ok(())
}
