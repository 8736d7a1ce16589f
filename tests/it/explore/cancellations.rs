//! `explore::cancellations`.

use std::{cell::Cell, rc::Rc};

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, millis},
    explore,
    transport::{Pipe, pipe},
};

use crate::support::{NOT_THE_CAUSE, panic_of, replay};

/// Two accounts.
type Accounts = Rc<[Cell<u32>; 2]>;

fn accounts() -> Accounts {
    Rc::new([Cell::new(100), Cell::new(0)])
}

async fn nothing_is_lost(_sim: Sim, accounts: Accounts, _output: Option<()>) {
    let [from, to] = &*accounts;
    assert!(from.get() + to.get() == 100, "money is lost");
}

#[test]
fn an_await_in_the_middle_of_a_transfer_is_reported_word_for_word() {
    let text = panic_of(|| {
        explore::cancellations(
            |sim: &Sim| {
                let (kept, clock) = (accounts(), sim.clock());
                let accounts = Rc::clone(&kept);
                let transfer = async move {
                    clock.sleep(millis(2)).named("delay").await;
                    let [from, to] = &*accounts;
                    from.set(from.get() - 10);
                    clock.sleep(millis(5)).named("the bank").await; // the planted bug
                    to.set(to.get() + 10);
                };
                (transfer, kept)
            },
            nothing_is_lost,
        );
    });
    let bank = line!() - 8;
    assert_eq!(
        text,
        format!(
            "explore::cancellations: case 4 of 4 fails: dropped in wait 2: timer `the bank`, due at +7ms, made at \
             tests/it/explore/cancellations.rs:{bank}:27\n  \
             failure  money is lost\n  \
             at       tests/it/explore/cancellations.rs:25:5\n  \
             trace    +0ns began task, made at tests/it/explore/cancellations.rs:{made}:9\n           \
             +2ms fired timer `delay`, made at tests/it/explore/cancellations.rs:{delay}:27\n           \
             +2ms ended task, made at tests/it/explore/cancellations.rs:{made}:9\n           \
             +2ms panic `money is lost`\n  \
             now      +2ms, seed 0x5eed\n{replay}",
            made = bank - 8,
            delay = bank - 3,
            replay = replay("UNPLUGGED_CASE=4"),
        )
    );
}

#[test]
fn a_transfer_without_an_await_in_its_middle_passes_every_case() {
    let explored = explore::cancellations(
        |sim: &Sim| {
            let (kept, clock) = (accounts(), sim.clock());
            let accounts = Rc::clone(&kept);
            let transfer = async move {
                clock.sleep(millis(2)).await;
                clock.sleep(millis(5)).await;
                let [from, to] = &*accounts;
                from.set(from.get() - 10);
                to.set(to.get() + 10);
            };
            (transfer, kept)
        },
        nothing_is_lost,
    );
    // To its end, unpolled, and in each of two waits.
    assert_eq!(explored.cases(), 4);
    assert_eq!(explored.to_string(), "4 cases");
}

#[test]
fn each_operation_of_a_pipe_is_a_place_to_be_dropped_at() {
    let mut seen = Vec::new();
    let explored = explore::cancellations(
        |_sim| {
            let (mut client, server) = pipe();
            let write = async move {
                for byte in 0..3 {
                    client.write_all(&[byte]).await.unwrap();
                }
            };
            (write, server)
        },
        async |_sim, mut server: Pipe, output: Option<()>| {
            let mut heard = Vec::new();
            server.read_to_end(&mut heard).await.unwrap();
            seen.push((heard.len(), output.is_some()));
        },
    );
    assert_eq!(explored.cases(), 5);
    assert_eq!(seen, [(3, true), (0, false), (0, false), (1, false), (2, false)]);
}

#[test]
fn a_future_that_does_not_wait_as_often_in_every_run_is_reported() {
    let mut run = 0;
    let text = panic_of(|| {
        explore::cancellations(
            |sim: &Sim| {
                run += 1;
                let waits = if run == 1 { 2 } else { 1 };
                let clock = sim.clock();
                let naps = async move {
                    for _ in 0..waits {
                        clock.sleep(millis(1)).await;
                    }
                };
                (naps, ())
            },
            async |_sim, (), _output| (),
        );
    });
    assert!(
        text.starts_with(
            "explore::cancellations: case 4 of 4 fails: dropped in wait 2: timer, due at +1ms, made at "
        ),
        "{text}"
    );
    let failure = "\n  failure  the future was done before its wait 2\n             \
                   next     it does not wait as often in every run: see `explore::determinism`\n";
    assert!(text.contains(failure), "{text}");
}

#[test]
fn a_future_that_fails_by_itself_is_reported_as_that() {
    let text = panic_of(|| {
        explore::cancellations(
            |_sim| (async { panic!("by itself") }, ()),
            async |_sim, (), _: Option<()>| (),
        );
    });
    assert!(
        text.starts_with("explore::cancellations: case 1 fails: not dropped\n  failure  by itself\n"),
        "{text}"
    );
}

#[test]
fn a_future_that_waits_too_often_is_refused() {
    let text = panic_of(|| {
        explore::cancellations(
            |_sim| {
                let yields = async {
                    for _ in 0..10_001 {
                        tokio::task::yield_now().await;
                    }
                };
                (yields, ())
            },
            async |_sim, (), _output| (),
        );
    });
    assert_eq!(
        text,
        "explore::cancellations: the future waits 10001 times, and 10000 are the most to search\n  \
         next     let it do less"
    );
}

#[test]
fn a_drop_that_passes_when_it_runs_again_is_not_blamed() {
    let mut runs = 0;
    let text = panic_of(|| {
        explore::cancellations(
            |_sim| (tokio::task::yield_now(), ()),
            async |_sim, (), _output| {
                runs += 1;
                assert!(runs != 2, "the second run");
            },
        );
    });
    let first = "explore::cancellations: case 2 of 3 failed and passes when it runs again, so the case is not the cause: \
                 dropped unpolled\n  failure  the second run\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.ends_with(&format!("\n  next     {NOT_THE_CAUSE}")) && !text.contains("replay"), "{text}");
}
