//! Bad tests that search.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim, explore,
    transport::{Pipe, pipe},
};

red! {
    fn no_seeds() {
        explore::seeds(0..0, async |sim: Sim| sim.settle().await);
    } says "there is no seed to run";

    fn a_count_that_was_not_reached() {
        explore::seeds(0..3, async |sim: Sim| {
            sim.rng("dice").below(std::num::NonZeroU64::MIN);
            sim.settle().await;
        })
        .assert_cases(4);
    } says "4";

    fn cancellations_of_what_never_waits() {
        explore::cancellations(|_sim| (async {}, ()), async |_sim, (), _output| ());
    } says "explore::cancellations: the future never waits: there is no wait in which it could be dropped\n  next     give it a future with an `.await` that is pending: a stream of `pipe`, a sleep, a channel";

    fn faults_of_a_stream_that_is_not_used() {
        explore::faults(async |_sim, _faulty, _peer| ());
    } says "explore::faults";

    fn faults_of_another_stream_than_the_one_that_is_given() {
        explore::faults(async |_sim, _faulty, _peer| {
            let (mut client, mut server) = pipe();
            client.write_all(b"x").await.unwrap();
            server.read_u8().await.unwrap();
        });
    } says "explore::faults";

    fn splits_of_no_bytes() {
        explore::splits("", async |_sim: Sim, _cut| ());
    } says "no case";

    fn splits_that_are_dropped() {
        explore::splits("GET /", async |_sim: Sim, cut| drop(cut));
    } says "explore::splits";

    fn splits_on_the_wrong_end() {
        explore::splits("GET /", async |_sim: Sim, cut| {
            let (mut client, mut server) = Pipe::builder().segmentation(cut).pair();
            client.write_all(b"G").await.unwrap();
            server.read_u8().await.unwrap();
        });
    } says "explore::splits";

    fn a_failure_of_one_case_of_many() {
        explore::splits("GET /", async |_sim: Sim, cut| {
            let (mut client, mut server) = Pipe::builder().segmentation(cut).pair();
            client.write_all(b"GET /").await.unwrap();
            let mut heard = [0; 5];
            let count = server.read(&mut heard).await.unwrap();
            assert_eq!(count, 5, "one read, one message");
        });
    } says "one read, one message";

    fn a_determinism_of_what_draws_from_the_process() {
        let runs = AtomicU64::new(0);
        explore::determinism(async |sim: Sim| {
            let host = sim.net().host(format!("host-{}", runs.fetch_add(1, Ordering::Relaxed)));
            drop(host.listen(80));
        });
    } says "explore::determinism";

    fn a_determinism_of_nothing() {
        explore::determinism(async |_sim: Sim| ());
    } says "explore::determinism";
}
