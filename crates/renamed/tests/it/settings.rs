//! The settings of `#[unplugged::test]`.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use network::{
    Sim,
    clock::{ClockExt, hours, millis, secs},
    seed::Seed,
};

#[network::test(crate = network, seed = 0x77, limit = "48h", max_steps_per_instant = 5_000, trace = 100)]
async fn settings_with_a_value(sim: Sim) {
    assert_eq!(sim.seed(), Seed::new(0x77));
    sim.advance(hours(25)).await; // further than the limit that is the default
    assert_eq!(sim.clock().since_start(), hours(25));
}

#[network::test(crate = network, limit = "500ms")]
#[should_panic(expected = "nothing happened for 500ms of virtual time")]
async fn a_limit_holds() {
    tokio::time::sleep(secs(1)).await;
}

#[network::test(crate = network, max_steps_per_instant = 10)]
#[should_panic(expected = "never idle")]
async fn so_does_a_number_of_steps() {
    loop {
        tokio::task::yield_now().await;
    }
}

#[network::test(crate = network, manual)]
#[should_panic(expected = "manual")]
async fn a_flag_stands_alone() {
    tokio::time::sleep(secs(1)).await;
}

#[network::test(crate = network, manual = false, real_io = true, real_threads)]
async fn or_has_a_value() {
    tokio::time::sleep(secs(1)).await;
    let read = tokio::task::spawn_blocking(|| 7).await;
    assert_eq!(read.ok(), Some(7));
}

static SEEDS: Mutex<Vec<u64>> = Mutex::new(Vec::new());

mod each_seed {
    use super::{SEEDS, Sim};

    #[network::test(crate = network, seeds = 10..=20)]
    async fn runs_once(sim: Sim) -> Result<(), std::io::Error> {
        SEEDS.lock().expect("no poison").push(sim.seed().value());
        Ok(())
    }

    #[test]
    fn is_in_the_range() {
        SEEDS.lock().expect("no poison").clear();
        runs_once();
        let mut seeds = SEEDS.lock().expect("no poison").clone();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds, (10..=20).collect::<Vec<_>>());
    }
}

#[network::test(crate = network, seeds = 0..8)]
#[should_panic(expected = "the test returned Err(\"of seed 3\")")]
async fn an_error_of_a_seed_fails(sim: Sim) -> Result<(), String> {
    let seed = sim.seed().value();
    if seed == 3 { Err(format!("of seed {seed}")) } else { Ok(()) }
}

#[network::test(crate = network, audit)]
#[should_panic(expected = "1 thing is left over\n  task ")]
async fn an_audit_finds_what_is_left(sim: Sim) {
    let host = sim.net().host("a");
    sim.spawn(async move {
        let _listener = host.listen(80);
        std::future::pending::<()>().await;
    });
}

#[network::test(crate = network, audit)]
async fn connections_that_were_dropped_are_not_left(sim: Sim) -> Result<(), std::io::Error> {
    let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    let listener = server.listen(80)?;
    let (client, server) = (client.connect("server:80").await?, listener.accept().await?);
    drop((client, server));
    Ok(())
}

#[network::test(crate = network, audit)]
#[should_panic(expected = "the body")]
async fn an_audit_hides_no_panic(sim: Sim) {
    sim.spawn(std::future::pending::<()>());
    panic!("the body");
}

static RUNS: AtomicU32 = AtomicU32::new(0);

#[network::test(crate = network, seeds = 0..3, audit, limit = "1h")]
async fn seeds_are_audited(sim: Sim) {
    RUNS.fetch_add(1, Ordering::Relaxed);
    sim.advance(millis(5)).await;
}
