//! `explore::seeds`.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use pretty_assertions::assert_eq;
use tokio::task::JoinError;
use unplugged::{
    Sim,
    clock::{hours, millis, secs},
    explore,
    seed::Seed,
};

use crate::support::{NOT_THE_CAUSE, panic_of, replay};

/// Right for most seeds: a delay that is drawn must not be 7 ms.
async fn planted(sim: Sim) {
    let delay = sim.seed().value() % 16;
    sim.spawn(tokio::time::sleep(millis(delay))).await.unwrap();
    assert!(delay != 7, "the planted bug");
}

#[test]
fn the_first_seed_that_fails_is_reported_word_for_word() {
    let spawned = line!() - 6;
    let text = panic_of(|| {
        explore::seeds(0..1000, planted);
    });
    assert_eq!(
        text,
        format!(
            "explore::seeds: seed 0x7 fails, after 7 that passed\n  \
             failure  the planted bug\n  \
             at       tests/it/explore/seeds.rs:{at}:5\n  \
             trace    +0ns began task, made at tests/it/explore/seeds.rs:{spawned}:9\n           \
             +7ms ended task, made at tests/it/explore/seeds.rs:{spawned}:9\n           \
             +7ms panic `the planted bug`\n  \
             now      +7ms, seed 0x7\n{replay}",
            at = spawned + 1,
            replay = replay("UNPLUGGED_SEED=0x7"),
        )
    );
}

#[test]
fn a_correct_body_runs_once_for_each_seed() {
    let seen = Mutex::new(Vec::new());
    let explored = explore::seeds(0..100, async |sim: Sim| {
        seen.lock().unwrap().push(sim.seed().value());
    });
    assert_eq!(explored.cases(), 100);
    assert_eq!(explored.to_string(), "100 seeds, 1 distinct run");
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

#[test]
fn a_list_is_taken_in_its_order() {
    let text = panic_of(|| {
        explore::seeds([30, 23, 7], planted);
    });
    assert!(text.starts_with("explore::seeds: seed 0x17 fails, after 1 that passed\n"), "{text}");
}

#[test]
fn a_search_over_no_seed_is_refused() {
    let text = panic_of(|| {
        explore::seeds([], planted);
    });
    assert_eq!(
        text,
        "explore::seeds: there is no seed to run\n  \
         next     give it some; if `UNPLUGGED_SEARCH` asks for a share, there are fewer seeds than shares"
    );
}

#[test]
fn a_hang_is_a_failure_whose_facts_are_told_once() {
    let text = panic_of(|| {
        explore::seeds([5], async |sim: Sim| {
            sim.spawn(std::future::pending::<()>()).await.unwrap();
        });
    });
    let made = line!() - 3;
    assert_eq!(
        text,
        format!(
            "explore::seeds: seed 0x5 fails\n  \
             failure  the sim has stalled: nothing happened for 86400s of virtual time\n             \
             since    +0ns\n             \
             waits    the task spawned at tests/it/explore/seeds.rs:{made}:17: an unknown leaf, since +0ns\n             \
             trace    +0ns began task, made at tests/it/explore/seeds.rs:{made}:17\n             \
             now      +86400s, seed 0x5\n{replay}",
            replay = replay("UNPLUGGED_SEED=0x5"),
        )
    );
}

#[test]
fn the_worlds_may_have_settings_of_their_own() {
    let settings = Sim::builder().limit(hours(1)).seed(Seed::new(99));
    let text = panic_of(|| {
        explore::seeds_with(&settings, [5], async |_sim| std::future::pending().await);
    });
    assert_eq!(
        text,
        format!(
            "explore::seeds: seed 0x5 fails\n  \
         failure  the sim has stalled: nothing happened for 3600s of virtual time\n             \
         since    +0ns\n             \
         now      +3600s, seed 0x5\n{replay}",
            replay = replay("UNPLUGGED_SEED=0x5")
        )
    );
}

#[test]
fn the_bodies_run_side_by_side() {
    // Passes only if two run at once: each waits, in real time, until it is met.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let meeting = std::sync::Barrier::new(cores.min(2));
    let explored = explore::seeds(0..2, async |sim: Sim| {
        meeting.wait();
        sim.advance(secs(1)).await;
    });
    assert_eq!(explored.cases(), 2);
}

#[test]
fn another_count_than_expected_is_reported() {
    let text = panic_of(|| explore::seeds(0..5, async |_sim| ()).assert_cases(6));
    assert_eq!(
        text,
        "explore::seeds: 5 seeds ran, and 6 were expected\n  \
         next     if the code does more or less than it did, and should, say the new number"
    );
}

#[test]
fn a_seed_that_fails_shows_the_sockets_that_there_were() {
    let text = panic_of(|| {
        explore::seeds([5], async |sim: Sim| {
            let _socket = sim.net().host("server").bind_udp(53).unwrap(); // the panic drops it
            panic!("the planted bug");
        });
    });
    let at = line!() - 3;
    assert_eq!(
        text,
        format!(
            "explore::seeds: seed 0x5 fails\n  \
         failure  the planted bug\n  \
         at       tests/it/explore/seeds.rs:{at}:13\n  \
         socket   `server` has datagram port 53, 0 unread, since +0ns\n  \
         trace    +0ns panic `the planted bug`\n  \
         now      +0ns, seed 0x5\n{replay}",
            replay = replay("UNPLUGGED_SEED=0x5")
        )
    );
}

/// Fails in its first run only: the cause is a static.
#[test]
fn a_seed_that_passes_when_it_runs_again_is_not_blamed() {
    let runs = AtomicUsize::new(0);
    let text = panic_of(|| {
        explore::seeds([5], async |_sim| assert!(runs.fetch_add(1, Ordering::Relaxed) > 0, "the first run"));
    });
    let at = line!() - 2;
    assert_eq!(
        text,
        format!(
            "explore::seeds: seed 0x5 failed and passes when it runs again, so the seed is not the cause\n  \
             failure  the first run\n  \
             at       tests/it/explore/seeds.rs:{at}:42\n  \
             trace    +0ns panic `the first run`\n  \
             now      +0ns, seed 0x5\n  \
             next     {NOT_THE_CAUSE}"
        )
    );
}

#[test]
fn a_seed_that_fails_otherwise_when_it_runs_again_says_both() {
    let runs = AtomicUsize::new(0);
    let text = panic_of(|| {
        explore::seeds([4, 5], async |sim: Sim| {
            assert!(sim.seed().value() == 4, "run {}", runs.fetch_add(1, Ordering::Relaxed));
        });
    });
    let at = line!() - 3;
    assert_eq!(
        text,
        format!(
            "explore::seeds: seed 0x5 fails, after 1 that passed, and otherwise when it runs again\n  \
             failure  run 0\n  \
             at       tests/it/explore/seeds.rs:{at}:13\n  \
             trace    +0ns panic `run 0`\n  \
             now      +0ns, seed 0x5\n  \
             again    run 1\n{replay}\n  \
             next     {NOT_THE_CAUSE}",
            replay = replay("UNPLUGGED_SEED=0x5"),
        )
    );
}

/// tokio numbers the tasks of the whole process: two runs of one seed have other numbers.
#[test]
fn the_number_of_a_task_is_no_other_failure() {
    let tellers: [fn(JoinError); 3] =
        [|error| panic!("{error:?}"), |error| panic!("{error}"), |error| panic!("stopped: {:?}", error.id())];
    for (tell, is_aborted) in tellers.into_iter().flat_map(|tell| [(tell, false), (tell, true)]) {
        let text = panic_of(|| {
            explore::seeds([4, 5], async |sim| {
                let is_right = sim.seed().value() == 4;
                let task = tokio::spawn(async move { assert!(is_right, "drew 5") });
                if is_aborted && !is_right {
                    task.abort();
                }
                task.await.unwrap_or_else(tell);
            });
        });
        assert!(text.starts_with("explore::seeds: seed 0x5 fails, after 1 that passed\n"), "{text}");
    }
}
