//! Timers and the time, without a runtime.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    hint::black_box,
    num::NonZeroU64,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use unplugged::{
    clock::{Clock, ClockExt, FakeClock, FirstCall, hours, millis, nanos, secs},
    seed::Seed,
};

use super::tasks::{paused, tokio_sleepers};
use crate::Table;

pub(crate) fn all(table: &mut Table) {
    for (count, rounds) in [(1_000, 51), (10_000, 21), (100_000, 7), (1_000_000, 3)] {
        let delays = delays(count);
        let (delays, size) = (&delays[..], (rounds, count));
        table.row(
            &format!("call_later, fired: {count}"),
            "boxed futures in a BinaryHeap",
            size,
            || callbacks(delays),
            || heap(delays),
        );
        table.row(
            &format!("sleeping future, watched: {count}"),
            "boxed futures in a BinaryHeap",
            size,
            || sleepers(delays),
            || heap(delays),
        );
        table.row(
            &format!("sleeping future, watched: {count}"),
            "tokio paused: spawn, sleep, await",
            size,
            || sleepers(delays),
            || tokio_sleepers(delays),
        );
    }
    times(table);
    repeated(table);
}

fn times(table: &mut Table) {
    const TIMES: u32 = 10_000;
    let clock = FakeClock::new();
    let runtime = paused();
    table.row(
        "now()",
        "tokio paused",
        (21, TIMES),
        || (0..TIMES).for_each(|_| _ = black_box(black_box(&clock).now())),
        || runtime.block_on(async { (0..TIMES).for_each(|_| _ = black_box(tokio::time::Instant::now())) }),
    );
    let clock = FakeClock::new();
    table.row(
        "advance(1 ms), nothing due",
        "tokio paused",
        (21, TIMES),
        || (0..TIMES).for_each(|_| black_box(&clock).advance(millis(1))),
        || {
            runtime.block_on(async {
                for _ in 0..TIMES {
                    tokio::time::advance(millis(1)).await;
                }
            });
        },
    );
}

fn repeated(table: &mut Table) {
    const TIMES: u32 = 10_000;
    let runtime = paused();
    let tokio_ticks = || {
        runtime.block_on(async {
            let mut ticks = tokio::time::interval(secs(1));
            for _ in 0..TIMES {
                ticks.tick().await;
            }
        });
    };
    table.row(
        "interval, one tick, watched",
        "tokio paused",
        (21, TIMES),
        || {
            let clock = FakeClock::new();
            let ticking = clock.clone();
            let watch = clock.watch(async move {
                let mut ticks = ticking.interval(secs(1));
                for _ in 0..TIMES {
                    ticks.tick().await;
                }
            });
            clock.advance(secs(TIMES.into()));
            watch.assert_ready();
        },
        tokio_ticks,
    );
    table.row(
        "call_every, one call",
        "tokio paused: interval",
        (21, TIMES),
        || {
            let clock = FakeClock::new();
            let _ = clock.call_every(secs(1), FirstCall::AtOnce, |tick| _ = black_box(tick.now));
            clock.advance(secs(TIMES.into()));
        },
        tokio_ticks,
    );
    table.row(
        "timeout, armed and cancelled",
        "tokio paused",
        (21, TIMES),
        || {
            let clock = FakeClock::new();
            clock.set_max_steps_per_instant(u32::MAX);
            let limiting = clock.clone();
            let watch = clock.watch(async move {
                for _ in 0..TIMES {
                    limiting.timeout(secs(1), tokio::task::yield_now()).await.unwrap_or_default();
                }
            });
            watch.assert_ready();
        },
        || {
            runtime.block_on(async {
                for _ in 0..TIMES {
                    tokio::time::timeout(secs(1), tokio::task::yield_now()).await.unwrap_or_default();
                }
            });
        },
    );
}

/// Random delays up to two hours.
pub(crate) fn delays(count: u32) -> Vec<Duration> {
    let mut draws = Seed::DEFAULT.rng("delays");
    let most = NonZeroU64::new(7_200_000_000_000).unwrap_or(NonZeroU64::MIN);
    (0..count).map(|_| nanos(draws.below(most))).collect()
}

fn callbacks(delays: &[Duration]) {
    let clock = FakeClock::new();
    let fired = Arc::new(AtomicU64::new(0));
    for delay in delays {
        let fired = Arc::clone(&fired);
        let _ = clock.call_later(*delay, move || _ = fired.fetch_add(1, Ordering::Relaxed));
    }
    clock.advance(hours(2));
    check(fired.load(Ordering::Relaxed), delays);
}

fn sleepers(delays: &[Duration]) {
    let clock = FakeClock::new();
    let watches: Vec<_> = delays.iter().map(|delay| clock.watch(clock.sleep(*delay))).collect();
    clock.advance(hours(2));
    watches.iter().for_each(|watch| _ = watch.assert_ready());
}

/// What any executor has to do at least: keep the futures in the order of their deadlines, and poll each.
fn heap(delays: &[Duration]) {
    let fired = Arc::new(AtomicU64::new(0));
    let mut heap = BinaryHeap::new();
    let mut futures: Vec<Option<Pin<Box<dyn Future<Output = ()>>>>> = Vec::new();
    for (index, delay) in delays.iter().enumerate() {
        let fired = Arc::clone(&fired);
        futures.push(Some(Box::pin(async move { _ = fired.fetch_add(1, Ordering::Relaxed) })));
        heap.push(Reverse((*delay, index)));
    }
    while let Some(Reverse((_, index))) = heap.pop() {
        let future = futures[index].take();
        let mut cx = Context::from_waker(Waker::noop());
        future.into_iter().for_each(|mut future| _ = future.as_mut().poll(&mut cx));
    }
    check(fired.load(Ordering::Relaxed), delays);
}

fn check(fired: u64, delays: &[Duration]) {
    assert_eq!(usize::try_from(fired), Ok(delays.len()), "every timer fired");
}
