//! Beside the peers: each row runs the same work on ours and on a peer, in turns, in this one process.
//!
//! `cargo bench --bench peers [-- part of a row's name]` prints, per operation, the best of our runs, the best of the
//! peer's, and their ratio (below 1: ours is cheaper). Where the system tells (Linux), it is processor time.
//! Nothing is asserted: machines differ, and one that is busy lies.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod peers {
    pub(crate) mod streams;
    pub(crate) mod tasks;
    pub(crate) mod timers;
}

use std::time::{Duration, Instant};

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let mut table = Table { wanted };
    println!("{:<44} {:>10}   {:<34} {:>10} {:>7}", "per operation", "ours", "peer", "its time", "ratio");
    peers::timers::all(&mut table);
    peers::tasks::all(&mut table);
    peers::streams::all(&mut table);
}

pub(crate) struct Table {
    wanted: Option<String>,
}

impl Table {
    /// Runs `ours` and `theirs` in turns, `rounds` times each; either does `operations` in one run.
    pub(crate) fn row(
        &mut self,
        name: &str,
        peer: &str,
        (rounds, operations): (usize, u32),
        mut ours: impl FnMut(),
        mut theirs: impl FnMut(),
    ) {
        if self.wanted.as_ref().is_some_and(|wanted| !name.contains(wanted.as_str())) {
            return;
        }
        ours();
        theirs();
        let (mut our_best, mut their_best) = (Duration::MAX, Duration::MAX);
        for _ in 0..rounds {
            our_best = our_best.min(time(&mut ours));
            their_best = their_best.min(time(&mut theirs));
        }
        let (ours, theirs) = (our_best / operations, their_best / operations);
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64().max(1e-9);
        println!("{name:<44} {:>10}   {peer:<34} {:>10} {ratio:>6.2}x", show(ours), show(theirs));
    }
}

/// A run this short is rarely interrupted, and the system's account of processor time is too coarse for it.
const SHORT: Duration = Duration::from_millis(30);

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn time(work: impl FnOnce()) -> Duration {
    let (begun, worked_before) = (Instant::now(), processor_time());
    work();
    let (took, worked) = (begun.elapsed(), processor_time().zip(worked_before));
    match worked {
        Some((after, before)) if took > SHORT => after - before,
        _ => took,
    }
}

/// How long this thread has run.
///
/// Source: Linux, Documentation/scheduler/sched-stats, `/proc/<pid>/schedstat`.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

fn show(time: Duration) -> String {
    format!("{} ns", time.as_nanos())
}
