//! What a call of a strict fake costs, beside mockall and a fake written by hand that checks nothing. unimock is
//! left out: it needs `paste`, which nobody maintains.
//!
//! Prints medians and ratios: `cargo bench --bench fake`. Nothing is asserted: a machine that is busy is no bug.
#![allow(missing_docs, reason = "a bench")]
#![expect(clippy::print_stdout, reason = "it prints figures")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::{
    cell::Cell,
    collections::VecDeque,
    hint::black_box,
    sync::Mutex,
    time::{Duration, Instant},
};

use mockall::{Sequence, automock, predicate::eq};
use unplugged::{
    fake::{Call, FakeHandle, scenario},
    strict_fake,
};

#[strict_fake]
#[automock]
trait Store {
    fn put(&self, key: u64, value: u64) -> u64;
}

use store_calls::Put;

fn timed(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

/// The median of eleven runs, in nanoseconds a step.
fn median(steps: usize, mut run: impl FnMut()) -> f64 {
    median_of(steps, || timed(&mut run))
}

/// As `median`, of a run that says itself what of it counts.
fn median_of(steps: usize, mut run: impl FnMut() -> Duration) -> f64 {
    run();
    let mut figures: Vec<f64> = (0..11).map(|_| run().as_nanos() as f64 / steps as f64).collect();
    figures.sort_by(f64::total_cmp);
    figures[5]
}

fn report(title: &str, base: f64, rows: &[(&str, f64)]) {
    println!("\n{title}");
    for (name, figure) in rows {
        println!("  {name:<44} {figure:>10.1} ns  {:>8.2}x", figure / base);
    }
}

fn use_store(store: &dyn Store, calls: u64) {
    for _ in 0..calls {
        black_box(store.put(black_box(1), black_box(2)));
    }
}

fn use_in_order(store: &dyn Store, calls: u64) {
    for key in 0..calls {
        black_box(store.put(black_box(key), 2));
    }
}

struct TestConnection(Cell<u64>);

impl Store for TestConnection {
    fn put(&self, key: u64, value: u64) -> u64 {
        self.0.set(self.0.get() + key);
        value
    }
}

struct ByHandLocked(Mutex<VecDeque<(u64, u64)>>);

impl Store for ByHandLocked {
    fn put(&self, key: u64, value: u64) -> u64 {
        assert_eq!(self.0.lock().expect("no poison").pop_front(), Some((key, value)));
        value
    }
}

const CALLS: u64 = 100_000;

fn the_same_call_again() {
    let steps = CALLS as usize;
    let ours = median(steps, || {
        let ((), _log) = scenario(|script| {
            script.expect(Put { key: 1, value: 2 }).times(CALLS as u32).reply(3);
            use_store(&FakeStore(script.handle()), CALLS);
        });
    });
    let mockall = median(steps, || {
        let mut store = MockStore::new();
        store.expect_put().with(eq(1), eq(2)).times(steps).return_const(3_u64);
        use_store(&store, CALLS);
    });
    let by_hand = median(steps, || use_store(&TestConnection(Cell::new(0)), CALLS));
    report(
        "the same call again, each checked; ratio to ours",
        ours,
        &[
            ("unplugged, .times(n)", ours),
            ("mockall, with(eq, eq).times(n)", mockall),
            ("by hand, a counter, nothing checked", by_hand),
        ],
    );
}

fn a_script_in_order() {
    for steps in [10_u64, 100, 1_000, 10_000] {
        let rounds = (10_000 / steps).max(1);
        let all = (steps * rounds) as usize;
        let ours = median(all, || {
            for _ in 0..rounds {
                let ((), _log) = scenario(|script| {
                    for key in 0..steps {
                        script.expect(Put { key, value: 2 }).reply(3);
                    }
                    use_in_order(&FakeStore(script.handle()), steps);
                });
            }
        });
        let calls_alone = median_of(all, || {
            let round = |_| {
                let (taken, _log) = scenario(|script| {
                    for key in 0..steps {
                        script.expect(Put { key, value: 2 }).reply(3);
                    }
                    let store = FakeStore(script.handle());
                    timed(|| use_in_order(&store, steps))
                });
                taken
            };
            (0..rounds).map(round).sum()
        });
        let mockall = median(all, || {
            for _ in 0..rounds {
                let (mut store, mut order) = (MockStore::new(), Sequence::new());
                for key in 0..steps {
                    store
                        .expect_put()
                        .with(eq(key), eq(2))
                        .times(1)
                        .in_sequence(&mut order)
                        .return_const(3_u64);
                }
                use_in_order(&store, steps);
            }
        });
        let by_hand = median(all, || {
            for _ in 0..rounds {
                let script = (0..steps).map(|key| (key, 2)).collect();
                use_in_order(&ByHandLocked(Mutex::new(script)), steps);
            }
        });
        let title = format!("a script of {steps} calls in order, made and met, a call; ratio to ours");
        report(
            &title,
            ours,
            &[
                ("unplugged", ours),
                ("of it, the calls alone", calls_alone),
                ("mockall, in_sequence", mockall),
                ("by hand, VecDeque behind a Mutex", by_hand),
            ],
        );
    }
}

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let _: fn(&FakeHandle, Put) -> <Put as Call>::Reply = FakeHandle::call;
    the_same_call_again();
    a_script_in_order();
}
