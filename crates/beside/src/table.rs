//! Runs the contenders of a row in turns, and prints what they took.

use std::{io::Write, time::Duration};

use cpu_time::ThreadTime;

/// How long a contender may work on one row, and how often at most.
const BUDGET: Duration = Duration::from_secs(2);
const MOST_ROUNDS: usize = 15;
const LEAST_ROUNDS: usize = 3;

pub(crate) struct Table {
    wanted: Option<String>,
}

pub(crate) struct Contender {
    name: &'static str,
    /// How many operations a run does; less than one if it does a part of one.
    operations: f64,
    run: Box<dyn FnMut()>,
    is_slow: bool,
    times: Vec<f64>,
}

impl Contender {
    pub(crate) fn new(name: &'static str, operations: f64, run: impl FnMut() + 'static) -> Self {
        Self { name, operations, run: Box::new(run), is_slow: false, times: Vec::new() }
    }

    pub(crate) fn called(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// Runs once, without a warm-up.
    pub(crate) fn slow(mut self) -> Self {
        self.is_slow = true;
        self
    }

    /// The nanoseconds of one operation in one run.
    fn run(&mut self) -> f64 {
        let begun = ThreadTime::now();
        (self.run)();
        begun.elapsed().as_secs_f64() * 1e9 / self.operations
    }

    /// The first run tells how many more there can be.
    fn rounds(&mut self) -> usize {
        let first = self.run();
        if self.is_slow {
            self.times.push(first);
            return 0;
        }
        let rounds = BUDGET.as_secs_f64() * 1e9 / (first * self.operations);
        (rounds as usize).clamp(LEAST_ROUNDS, MOST_ROUNDS)
    }

    fn median(&mut self) -> f64 {
        self.times.sort_by(f64::total_cmp);
        self.times[self.times.len() / 2]
    }
}

impl Table {
    pub(crate) fn new(wanted: Option<&str>) -> Self {
        let table = Self { wanted: wanted.map(ToOwned::to_owned) };
        say(&format!(
            "{:<40} {:>10}   {:<34} {:>10} {:>9}",
            "per operation", "ours", "peer", "its", "ours/its"
        ));
        table
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| name.contains(wanted.as_str()))
    }

    /// The first contender is ours.
    pub(crate) fn row(&mut self, name: &str, mut contenders: Vec<Contender>) {
        if !self.wants(name) {
            return;
        }
        eprintln!("... {name}");
        let rounds: Vec<usize> = contenders.iter_mut().map(Contender::rounds).collect();
        for round in 0..MOST_ROUNDS {
            for (contender, rounds) in contenders.iter_mut().zip(&rounds) {
                if round < *rounds {
                    let time = contender.run();
                    contender.times.push(time);
                }
            }
        }
        let mut contenders = contenders.into_iter();
        let Some(mut ours) = contenders.next() else { return };
        for mut peer in contenders {
            line(name, ours.median(), peer.name, peer.median(), time);
        }
    }
}

/// One line: ours, the peer's, and how many times.
pub(crate) fn line(name: &str, ours: f64, peer: &str, its: f64, show: impl Fn(f64) -> String) {
    say(&format!("{name:<40} {:>10}   {peer:<34} {:>10} {}", show(ours), show(its), ratio(ours / its)));
}

fn ratio(ratio: f64) -> String {
    if ratio < 0.01 { format!("{ratio:>8.0e}x") } else { format!("{ratio:>8.2}x") }
}

fn time(nanos: f64) -> String {
    match nanos {
        ..10e3 => format!("{nanos:.0} ns"),
        10e3..1e6 => format!("{:.1} us", nanos / 1e3),
        1e6..10e9 => format!("{:.1} ms", nanos / 1e6),
        10e9..100e9 => format!("{:.1} s", nanos / 1e9),
        _ => format!("{:.0} s", nanos / 1e9),
    }
}

fn say(line: &str) {
    println!("{line}");
    let _ = std::io::stdout().flush(); // a run takes minutes, and may be cut short
}
