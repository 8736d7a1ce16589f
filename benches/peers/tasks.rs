//! Tasks that sleep, in a sim.

use std::time::Duration;

use tokio::runtime::Runtime;
use unplugged::Sim;

use super::timers::delays;
use crate::Table;

pub(crate) fn all(table: &mut Table) {
    for (count, rounds) in [(1_000, 21), (10_000, 9), (100_000, 3)] {
        let delays = delays(count);
        let (delays, size) = (&delays[..], (rounds, count));
        let peer = "tokio paused: the same";
        table.row(
            &format!("sim: tokio::spawn, tokio's sleep: {count}"),
            peer,
            size,
            || Sim::new().run(sleep_all(delays)),
            || tokio_sleepers(delays),
        );
        table.row(
            &format!("sim: spawn, the clock's sleep: {count}"),
            peer,
            size,
            || clock_sleepers(delays),
            || tokio_sleepers(delays),
        );
    }
}

/// A runtime of tokio whose clock is paused.
#[expect(clippy::expect_used, reason = "a bench may fail")]
pub(crate) fn paused() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime")
}

pub(crate) fn tokio_sleepers(delays: &[Duration]) {
    paused().block_on(sleep_all(delays));
}

async fn sleep_all(delays: &[Duration]) {
    let tasks: Vec<_> = delays.iter().map(|delay| tokio::spawn(tokio::time::sleep(*delay))).collect();
    for task in tasks {
        task.await.unwrap_or_default();
    }
}

fn clock_sleepers(delays: &[Duration]) {
    use unplugged::clock::ClockExt;
    let sim = Sim::new();
    let clock = sim.clock();
    let tasks: Vec<_> = delays.iter().map(|delay| sim.spawn(clock.sleep(*delay))).collect();
    sim.run(async {
        for task in tasks {
            task.await.unwrap_or_default();
        }
    });
}
