//! Tests in a binary of their own.

use std::thread;

use unplugged::{Sim, explore};
use unplugged_replayed::draw;

/// The closure of the search stands here, not in the test.
fn search() {
    explore::seeds(0..40, async |sim| draw(sim).await);
}

#[test]
fn in_a_helper() {
    search();
}

#[test]
fn in_the_test() {
    explore::seeds(0..40, async |sim| draw(sim).await);
}

#[test]
fn on_a_thread_with_a_name() {
    let worker = thread::Builder::new().name("worker".into()).spawn(search).expect("a thread");
    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
#[ignore = "it runs if it is asked for"]
fn ignored() {
    search();
}

#[unplugged::test(seed = 1)]
#[ignore = "it runs if it is asked for"]
async fn ignored_in_a_sim(sim: Sim) {
    draw(sim).await;
}

#[unplugged::test(seed = 1)]
async fn in_a_sim(sim: Sim) {
    draw(sim).await;
}
