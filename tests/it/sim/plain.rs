//! `settle` in a plain tokio test.

use std::{cell::Cell, rc::Rc, time::Duration};

use tokio::time::{Instant, sleep, timeout};
use unplugged::{Sim, sim};

use super::panic_text;

#[tokio::test(start_paused = true)]
async fn settle_runs_a_chain_of_a_thousand_tasks() {
    let (first, mut receiver) = tokio::sync::mpsc::unbounded_channel::<u32>();
    for _ in 0..1000 {
        let (sender, next) = tokio::sync::mpsc::unbounded_channel();
        let mut previous = std::mem::replace(&mut receiver, next);
        tokio::spawn(async move {
            while let Some(count) = previous.recv().await {
                let _ = sender.send(count + 1);
            }
        });
    }
    first.send(0).unwrap();
    sim::settle().await;
    assert_eq!(receiver.try_recv(), Ok(1000));
}

#[tokio::test(start_paused = true)]
async fn settle_moves_no_time() {
    let begun = Instant::now();
    let nap = tokio::spawn(sleep(Duration::from_millis(1)));
    timeout(Duration::from_millis(1), sim::settle()).await.unwrap();
    assert!(!nap.is_finished());
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn settle_after_an_advance_sees_what_it_set_off() {
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let steps = Rc::new(Cell::new(0));
            let seen = Rc::clone(&steps);
            tokio::task::spawn_local(async move {
                sleep(Duration::from_secs(1)).await;
                for _ in 0..300 {
                    seen.set(seen.get() + 1);
                    tokio::task::yield_now().await;
                }
            });
            sim::settle().await;
            tokio::time::advance(Duration::from_secs(1)).await;
            sim::settle().await;
            assert_eq!(steps.get(), 300);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn two_that_settle_both_come_back() {
    tokio::join!(sim::settle(), sim::settle());
}

#[test]
fn settle_refuses_a_runtime_of_several_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let text = panic_text(|| runtime.block_on(sim::settle()));
    assert_eq!(text, "`settle` needs a runtime of one thread: write `#[tokio::test(start_paused = true)]`");
}

#[test]
fn settle_refuses_a_sim_which_has_its_own() {
    let text = panic_text(|| Sim::new().run(sim::settle()));
    assert!(text.contains("IO is disabled"), "{text}");
}
