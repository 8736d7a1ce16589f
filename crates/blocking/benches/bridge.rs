//! What a call through the bridge costs, beside the same by hand: `cargo bench -p unplugged-blocking`.
//!
//! Each row is a ratio, ours / by hand, of two loops that take turns in one process; the best of the rounds counts.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a bench prints times"
)]

use std::{
    io,
    sync::mpsc,
    time::{Duration, Instant},
};

use tokio::runtime::{Builder, Handle};
use unplugged_blocking::Blocking;

const CALLS: u32 = 2_000;
const ROUNDS: usize = 7;
const LIMIT: Duration = Duration::from_secs(60);

/// Nanoseconds a call.
fn nanos(call: &mut dyn FnMut()) -> f64 {
    let begin = Instant::now();
    (0..CALLS).for_each(|_| call());
    begin.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

fn row(name: &str, mut ours: impl FnMut(), mut by_hand: impl FnMut()) {
    let (mut best, mut best_by_hand) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        best = best.min(nanos(&mut ours));
        best_by_hand = best_by_hand.min(nanos(&mut by_hand));
    }
    println!("{name:44} {best:8.0} ns {best_by_hand:8.0} ns {:8.2}x", best / best_by_hand);
}

/// A runtime on a thread of its own, as one would write it by hand.
fn by_hand() -> Handle {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        sender.send(runtime.handle().clone()).unwrap();
        runtime.block_on(std::future::pending::<()>());
    });
    receiver.recv().unwrap()
}

fn main() {
    let blocking = Blocking::new();
    blocking.setup().unwrap();
    let handle = by_hand();
    println!("{:44} {:>11} {:>11} {:>9}", "a call", "ours", "by hand", "ratio");
    row(
        "wait_for / Handle::block_on + timeout, ready",
        || {
            blocking.wait_for(LIMIT, async { Ok::<_, io::Error>(1) }).unwrap();
        },
        || {
            let limited = async { tokio::time::timeout(LIMIT, async { 1 }).await };
            handle.block_on(limited).unwrap();
        },
    );
    row(
        "run + wait / spawn + channel, another thread",
        || {
            blocking.run(async { Ok::<_, io::Error>(1) }).wait(LIMIT).unwrap();
        },
        || {
            let (sender, receiver) = mpsc::channel();
            handle.spawn(async move { sender.send(1) });
            receiver.recv_timeout(LIMIT).unwrap();
        },
    );
    row(
        "run, 100 at once / spawn + channel",
        || {
            let all: Vec<_> = (0..100).map(|n| blocking.run(async move { Ok::<_, io::Error>(n) })).collect();
            all.iter().for_each(|one| assert!(one.wait(LIMIT).is_ok()));
        },
        || {
            let (sender, receiver) = mpsc::channel();
            for n in 0..100 {
                let sender = sender.clone();
                handle.spawn(async move { sender.send(n) });
            }
            (0..100).for_each(|_| assert!(receiver.recv_timeout(LIMIT).is_ok()));
        },
    );
}
