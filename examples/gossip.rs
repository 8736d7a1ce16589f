//! A rumour spreads through a cluster that loses packets, splits and loses machines, and reaches every node.
//!
//! `cargo run --release --example gossip -- --nodes 500 --hours 1 --seed 7`
#![allow(clippy::print_stdout, reason = "an example tells its story")]

use std::{
    fmt,
    num::NonZeroU64,
    process::ExitCode,
    str::FromStr,
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
    seed::{Rng, Seed},
};

/// How often a node tells another what it knows.
const ROUND: Duration = secs(10);

/// The number of the newest rumour that a node knows. It survives a crash, as on a disk.
type Known = Arc<AtomicU64>;

/// Draws a number below `bound`.
fn below(draws: &mut Rng, bound: u64) -> u64 {
    draws.below(NonZeroU64::new(bound).expect("a bound above zero"))
}

/// Listens, and tells one other node in each round.
async fn node(host: Host, number: u64, nodes: u64, known: Known, mut draws: Rng) {
    let socket = host.bind_udp(7).expect("the port is free");
    let mut buffer = [0; 8];
    // The nodes do not all begin at the same time.
    let mut next = tokio::time::Instant::now() + millis(below(&mut draws, 10_000));
    loop {
        match tokio::time::timeout_at(next, socket.recv_from(&mut buffer)).await {
            Ok(Ok((_, from))) => {
                let (heard, knew) = (u64::from_be_bytes(buffer), known.load(Ordering::Relaxed));
                known.fetch_max(heard, Ordering::Relaxed);
                if heard < knew {
                    // The other node is behind: tell it. The packet may be lost; a later round repeats it.
                    let _sent = socket.send_to(&knew.to_be_bytes(), from).await;
                }
            }
            Ok(Err(_)) => return,
            Err(_) => {
                next += ROUND;
                let other = (number + 1 + below(&mut draws, nodes - 1)) % nodes;
                let rumour = known.load(Ordering::Relaxed).to_be_bytes();
                let _sent = socket.send_to(&rumour, (format!("node-{other}").as_str(), 7)).await;
            }
        }
    }
}

const HELP: &str = "\
A rumour spreads through a cluster that loses packets, splits and loses machines, and reaches every node.

  --nodes N   how many nodes, 2 to 20000; 50 unless set
  --hours N   for how many hours of virtual time, 1 to 24; 1 unless set
  --seed N    what all chance is drawn from, as 24301 or 0x5eed; 0x5eed unless set

The same arguments give the same digest. Every ten minutes there is a new rumour, a crash and a partition; should a
node not know the rumour when they are over, it panics.";

struct Arguments {
    nodes: u64,
    hours: u64,
    seed: Seed,
}

impl Arguments {
    /// Reads the arguments of the process; `None` if they ask for help.
    fn read() -> Result<Option<Self>, String> {
        let mut arguments = Self { nodes: 50, hours: 1, seed: Seed::DEFAULT };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--nodes" => arguments.nodes = number(&word, words.next(), 2, 20_000)?,
                "--hours" => arguments.hours = number(&word, words.next(), 1, 24)?,
                "--seed" => arguments.seed = value(&word, words.next())?,
                "--help" | "-h" => return Ok(None),
                _ => {
                    return Err(format!(
                        "`{word}` is no argument: there are --nodes, --hours, --seed and --help"
                    ));
                }
            }
        }
        Ok(Some(arguments))
    }
}

fn value<T: FromStr<Err: fmt::Display>>(name: &str, value: Option<String>) -> Result<T, String> {
    let value = value.ok_or_else(|| format!("`{name}` needs a value: `{name} 7`"))?;
    value.parse().map_err(|error| format!("`{name} {value}`: {error}"))
}

fn number(name: &str, text: Option<String>, least: u64, most: u64) -> Result<u64, String> {
    let text: String = value(name, text)?;
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("`{name} {text}`: it must be a number from {least} to {most}"))
}

fn main() -> ExitCode {
    match Arguments::read() {
        Ok(Some(arguments)) => {
            gossip(&arguments);
            return ExitCode::SUCCESS;
        }
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(why) => eprintln!("{why}"),
    }
    ExitCode::from(2)
}

fn gossip(&Arguments { nodes, hours: count, seed }: &Arguments) {
    let begun = ProcessTime::now();
    let sim = Sim::builder().seed(seed).limit(hours(25)).build();
    let net = sim.net();
    net.everywhere().latency(Latency::pareto(millis(5), millis(500))).keep();
    net.everywhere().loss(Probability::percent(5)).keep();

    let hosts: Vec<Host> = (0..nodes).map(|number| net.host(format!("node-{number}"))).collect();
    let known: Vec<Known> = hosts.iter().map(|_| Known::default()).collect();
    for (number, host) in hosts.iter().enumerate() {
        let known = Arc::clone(&known[number]);
        host.start(move |host| {
            let draws = seed.rng(host.name());
            node(host, number as u64, nodes, Arc::clone(&known), draws)
        });
    }

    // Every ten minutes there is a new rumour, and something goes wrong.
    let mut faults = sim.rng("gossip.faults");
    let mut draw = |bound: u64| usize::try_from(below(&mut faults, bound)).expect("a node's number");
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
        if rumour % 6 == 0 && count > 1 {
            eprintln!("hour {} of {count}: everybody knows", rumour / 6);
        }
    }

    println!("virtual time  {:?}", sim.clock().since_start());
    println!("CPU time      {:?}", begun.elapsed());
    println!("digest        {:#018x}", sim.digest());
}
