//! `explore::determinism`.

use std::{
    cell::Cell,
    future::pending,
    sync::atomic::{AtomicU64, Ordering},
};

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, millis},
    explore,
    trace::{self, CustomEvent},
    transport::pipe,
};

use crate::support::{panic_of, replay};

const NEXT: &str = "look between the last event before and this one for the order of a `HashMap`, a random number, \
                    `select!`, the real time, another thread";

/// Which run this is, from 1.
fn count(runs: &AtomicU64) -> u64 {
    runs.fetch_add(1, Ordering::Relaxed) + 1
}

#[test]
fn the_first_event_that_differs_is_reported_word_for_word() {
    let runs = AtomicU64::new(0);
    let text = panic_of(|| {
        explore::determinism(async |sim: Sim| {
            let run = runs.fetch_add(1, Ordering::Relaxed); // the planted bug
            for turn in 0..8 {
                let delay = if turn == 6 { millis(3 + run) } else { millis(2) };
                sim.clock().sleep(delay).named(format!("nap {turn}")).await;
            }
        });
    });
    let made = line!() - 4;
    assert_eq!(
        text,
        format!(
            "explore::determinism: two runs of one seed differ at event 7\n  \
             first    +15ms fired timer `nap 6`, made at tests/it/explore/determinism.rs:{made}:29\n  \
             second   +16ms fired timer `nap 6`, made at tests/it/explore/determinism.rs:{made}:29\n  \
             before   +6ms fired timer `nap 2`, made at tests/it/explore/determinism.rs:{made}:29\n           \
             +8ms fired timer `nap 3`, made at tests/it/explore/determinism.rs:{made}:29\n           \
             +10ms fired timer `nap 4`, made at tests/it/explore/determinism.rs:{made}:29\n           \
             +12ms fired timer `nap 5`, made at tests/it/explore/determinism.rs:{made}:29\n  \
             seed     0x5eed\n{replay}\n  \
             next     {NEXT}",
            replay = replay("UNPLUGGED_SEED=0x5eed"),
        )
    );
}

#[test]
fn two_runs_that_are_the_same_pass_with_all_their_events() {
    let runs = AtomicU64::new(0);
    let explored = explore::determinism(async |sim: Sim| {
        count(&runs);
        for _ in 0..5 {
            sim.clock().sleep(millis(sim.rng("naps").next_u64() % 9 + 1)).await;
        }
    });
    assert_eq!((explored.cases(), runs.into_inner()), (5, 2));
    assert_eq!(explored.to_string(), "5 events");
}

#[test]
fn a_run_that_is_longer_than_the_other_differs_at_its_next_event() {
    let runs = AtomicU64::new(0);
    let text = panic_of(|| {
        explore::determinism(async |_sim| {
            for _ in 0..count(&runs) {
                trace::record(|| CustomEvent::new("step"));
            }
        });
    });
    assert!(
        text.starts_with(
            "explore::determinism: two runs of one seed differ at event 2\n  \
             first    (the run is over)\n  \
             second   +0ns step\n  \
             before   +0ns step\n  \
             seed     0x5eed\n"
        ),
        "{text}"
    );
}

#[test]
fn bytes_of_the_same_length_differ() {
    let runs = AtomicU64::new(0);
    let text = panic_of(|| {
        explore::determinism(async |_sim| {
            let (mut client, _server) = pipe();
            client.write_all(if count(&runs) == 1 { b"a, b" } else { b"b, a" }).await.unwrap();
        });
    });
    let first = text.lines().find(|line| line.starts_with("  first ")).unwrap();
    assert!(first.contains("wrote to `client`, 4 bytes, made at"), "{text}");
    assert!(first.ends_with(": b\"a, b\""), "{text}");
}

#[test]
fn a_run_without_events_is_refused() {
    let text = panic_of(|| {
        explore::determinism(async |_sim| tokio::time::sleep(millis(1)).await);
    });
    assert_eq!(
        text,
        "explore::determinism: nothing was recorded, so that nothing can be compared\n  \
         now      seed 0x5eed\n  \
         next     use the sim's clock, tasks and pipes, or report events of your own with `trace::record`"
    );
}

#[test]
fn a_run_that_fails_is_reported_as_what_it_is() {
    let text = panic_of(|| {
        explore::determinism(async |_sim| pending().await);
    });
    assert_eq!(
        text,
        format!(
            "explore::determinism: both runs fail\n  \
         failure  the sim has stalled: nothing happened for 86400s of virtual time\n             \
         since    +0ns\n             \
         now      +86400s, seed 0x5eed\n{replay}",
            replay = replay("UNPLUGGED_SEED=0x5eed")
        )
    );
}

/// A byte over the network.
async fn over_the_network(sim: Sim, byte: u8) {
    let (server, client) = (sim.net().host("server"), sim.net().host("client"));
    let listener = server.listen(80).unwrap();
    let said = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&[byte]).await.unwrap();
    });
    let mut stream = client.connect("server:80").await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.unwrap();
    said.await.unwrap();
}

#[test]
fn packets_of_the_network_are_compared() {
    let runs = AtomicU64::new(0);
    let text = panic_of(|| {
        explore::determinism(async |sim: Sim| {
            over_the_network(sim, u8::try_from(count(&runs)).unwrap()).await;
        });
    });
    let differs = "explore::determinism: two runs of one seed differ at event 7\n  \
                   first    +3ms `server`:80 to `client`:49152: segment of 1 byte sent: b\"\\x01\"\n";
    assert!(text.starts_with(differs), "{text}");
    assert!(
        text.contains(
            "\n  second   +3ms `server`:80 to `client`:49152: segment of 1 byte sent: b\"\\x02\"\n"
        )
    );
    assert!(explore::determinism(async |sim: Sim| over_the_network(sim, 1).await).cases() > 8);
}

thread_local! {
    static IDENTITY: Cell<u64> = const { Cell::new(0) };
}

#[test]
fn what_code_draws_once_per_thread_and_keeps_is_found() {
    let drawn = AtomicU64::new(0);
    let text = panic_of(|| {
        explore::determinism(async |_sim| {
            if IDENTITY.get() == 0 {
                IDENTITY.set(count(&drawn)); // the planted bug
            }
            trace::record(|| CustomEvent::new("identity").named(IDENTITY.get().to_string()));
        });
    });
    assert!(text.starts_with("explore::determinism: two runs of one seed differ at event 1\n"), "{text}");
}

#[test]
fn a_run_that_fails_beside_one_that_passes_is_told_so() {
    for (failing, headline) in [
        (1, "explore::determinism: the first run fails, and the second passes"),
        (2, "explore::determinism: the second run fails, and the first passes"),
    ] {
        let runs = AtomicU64::new(0);
        let text = panic_of(|| {
            explore::determinism(async |_sim| {
                trace::record(|| CustomEvent::new("step"));
                assert!(count(&runs) != failing, "this run");
            });
        });
        assert!(text.starts_with(&format!("{headline}\n  failure  this run\n")), "{text}");
        let next =
            "look for the order of a `HashMap`, a random number, `select!`, the real time, another thread";
        assert!(text.ends_with(&format!("\n  next     {next}")), "{text}");
    }
}

/// Sends this over a pipe, and returns the report.
fn differing(said: impl Fn(u64) -> String + Sync) -> String {
    let runs = AtomicU64::new(0);
    panic_of(|| {
        explore::determinism(async |_sim| {
            let (mut client, _server) = pipe();
            client.write_all(said(count(&runs)).as_bytes()).await.unwrap();
        });
    })
}

/// As axum says it: the header is the real clock's.
#[test]
fn a_date_header_is_shown_where_it_differs_and_its_cure() {
    let text = differing(|run| {
        format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ndate: Tue, 01 Dec 2026 07:00:0{run} GMT\r\n\r\nx")
    });
    for (side, second) in [("first ", 1), ("second", 2)] {
        let shown = format!(
            "made at tests/it/explore/determinism.rs:213:41, from byte 26: \
             b\"ength: 1\\r\\ndate: Tue, 01 Dec 2026 07:00:0{second} GMT\\r\\n\\r\\nx\"\n"
        );
        let line = text.split_once(&format!("\n  {side}   ")).map(|(_, rest)| rest).unwrap();
        assert!(line.split_inclusive('\n').next().unwrap().ends_with(&shown), "{text}");
    }
    let next = "\n  next     a `date` header has the real time: on Linux `interpose!(clocks)` of `unplugged-system` gives the \
                code the time of the sim";
    assert!(text.ends_with(next), "{text}");
}

#[test]
fn bytes_that_differ_far_from_their_beginning_are_shown_where_they_do() {
    let text = differing(|run| format!("{}id={run}{}", "x".repeat(100), "y".repeat(100)));
    let shown = |run| format!(", from byte 63: b\"{}id={run}{}\"\n", "x".repeat(37), "y".repeat(39));
    assert!(text.contains(&shown(1)) && text.contains(&shown(2)), "{text}");
    assert!(text.ends_with(&format!("\n  next     {NEXT}")), "{text}");
}

#[test]
fn numbers_that_are_compared_and_not_shown_are_told() {
    let runs = AtomicU64::new(0);
    let text = panic_of(|| {
        explore::determinism(async |_sim| {
            let run = count(&runs);
            trace::record(|| CustomEvent::new("voted").numbers([run, 0, 7], |_, f| f.write_str("by all")));
        });
    });
    assert!(text.contains("\n  first    +0ns voted, by all (numbers [1, 0, 7])\n"), "{text}");
    assert!(text.contains("\n  second   +0ns voted, by all (numbers [2, 0, 7])\n"), "{text}");
}

/// tokio numbers the tasks of the whole process.
#[test]
fn the_number_of_a_task_in_a_panic_s_text_is_no_difference() {
    let explored = explore::determinism(async |sim| {
        sim.expect_panic("boom");
        sim.expect_panic("JoinError");
        let task = sim.spawn(async { panic!("boom") });
        let _failed = sim.spawn(async { task.await.unwrap() }).await;
    });
    explored.assert_cases(6);
}
