//! tokio's own paused clock, for the comparison with the kit's.

use std::{cell::Cell, rc::Rc, time::Duration};

#[tokio::test(start_paused = true)]
async fn tokio_advance_jumps_and_runs_what_was_due_afterwards() {
    let naps = Rc::new(Cell::new(0));
    let counted = Rc::clone(&naps);
    let local = tokio::task::LocalSet::new();
    local.spawn_local(async move {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            counted.set(counted.get() + 1);
        }
    });
    local
        .run_until(async {
            tokio::task::yield_now().await; // the first nap begins
            tokio::time::advance(Duration::from_millis(500)).await;
            assert!(naps.get() < 5, "{} naps", naps.get());
        })
        .await;
}
