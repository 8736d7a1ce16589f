//! Panics of tasks.

use std::{
    future::{Future, pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    thread,
};

use pretty_assertions::assert_eq;
use unplugged::{Sim, clock::secs, explore, net::Host};

use super::panic_text;

#[test]
fn an_expected_panic_is_no_failure() {
    let sim = Sim::new();
    sim.expect_panic("on purpose");
    let task = sim.run(async { tokio::spawn(async { panic!("it fell over on purpose") }).await });
    assert!(task.unwrap_err().is_panic());
}

#[test]
fn an_expected_panic_that_never_comes_is_a_failure() {
    let sim = Sim::new();
    sim.expect_panic("boom");
    let text = panic_text(|| sim.run(async {}));
    assert_eq!(
        text,
        "no task panicked with a text that holds \"boom\", and one was expected\n  now      +0ns, seed 0x5eed"
    );
}

#[test]
fn an_expected_panic_that_never_comes_is_a_failure_also_without_a_run() {
    let text = panic_text(|| {
        let sim = Sim::new();
        sim.expect_panic("boom");
        sim.advance(secs(1));
    });
    assert_eq!(
        text,
        "no task panicked with a text that holds \"boom\", and one was expected\n  now      +1s, seed 0x5eed"
    );
}

#[test]
fn one_expectation_matches_one_panic() {
    let sim = Sim::new();
    sim.expect_panic("boom");
    let text = panic_text(|| {
        sim.run(async {
            for _ in 0..2 {
                let _ = tokio::spawn(async { panic!("boom") }).await;
            }
        });
    });
    assert!(
        text.starts_with("a task of the sim panicked, or the code in it caught a panic\n  panic    boom\n"),
        "{text}"
    );
}

#[test]
fn a_panic_that_comes_while_time_moves_is_raised_by_the_move() {
    let sim = Sim::new();
    sim.spawn(async {
        tokio::time::sleep(secs(1)).await;
        panic!("late");
    });
    let text = panic_text(|| drop(sim.advance(secs(1))));
    assert!(text.starts_with("a task of the sim panicked\n  panic    late\n"), "{text}");
}

/// The panic is what the test waits in vain for.
#[test]
fn a_panic_is_told_before_what_it_has_led_to() {
    for (is_manual, then) in [
        (false, "  then     the sim has stalled: nothing happened for 86400s of virtual time"),
        (true, "  then     the test awaits, and its time stands still: on an unknown leaf"),
    ] {
        let sim = Sim::builder().manual(is_manual).build();
        sim.spawn(async { panic!("no answer") });
        let text = panic_text(|| sim.run(pending::<()>()));
        assert!(text.starts_with("a task of the sim panicked\n  panic    no answer\n"), "{text}");
        assert_eq!(text.lines().last(), Some(then));
    }
}

#[test]
fn an_expected_panic_does_not_hide_what_ends_the_test() {
    let sim = Sim::new();
    sim.expect_panic("no answer");
    sim.spawn(async { panic!("no answer") });
    let text = panic_text(|| sim.run(pending::<()>()));
    assert!(text.starts_with("the sim has stalled: "), "{text}");
}

#[test]
fn the_panic_of_the_test_itself_is_raised_as_it_is() {
    let sim = Sim::new();
    assert_eq!(panic_text(|| sim.run(async { panic!("mine") })), "mine");
}

#[test]
fn a_sim_can_be_used_after_a_panic() {
    let sim = Sim::new();
    panic_text(|| sim.run(async { panic!("mine") }));
    sim.advance(secs(1));
    let nap = sim.watch(async { tokio::time::sleep(secs(1)).await });
    sim.advance(secs(1));
    nap.assert_ready();
}

#[test]
fn a_panic_that_the_body_catches_is_not_that_of_a_task() {
    let missing = "no task panicked with a text that holds \"boom\", and one was expected";
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            sim.expect_panic("boom");
            let _caught = catch_unwind(|| panic!("boom"));
            sim.spawn(async { /* it should panic, and does not */ });
        });
    });
    assert!(text.starts_with(missing), "{text}");
    // Nor is one of a future that the body polls itself.
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            sim.expect_panic("boom");
            let mut code = Box::pin(async { panic!("boom") });
            let polled = poll_fn(|cx| {
                let polled = catch_unwind(AssertUnwindSafe(|| code.as_mut().poll(cx)));
                std::task::Poll::Ready(polled.is_err())
            });
            assert!(polled.await);
        });
    });
    assert!(text.starts_with(missing), "{text}");
    // Nor one with which an earlier run has ended.
    let text = panic_text(|| {
        let sim = Sim::new();
        panic_text(|| sim.run(async { panic!("boom") }));
        sim.expect_panic("boom");
        sim.run(async {});
    });
    assert!(text.starts_with(missing), "{text}");
}

#[test]
fn a_panic_that_the_body_catches_is_over() {
    Sim::new().run_test(async |sim| {
        assert!(catch_unwind(|| panic!("caught")).is_err());
        sim.settle().await;
        sim.audit().assert_clean();
    });
}

#[test]
fn a_panic_of_a_task_beside_one_that_the_body_catches_is_heard() {
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            assert!(catch_unwind(|| panic!("caught")).is_err());
            tokio::spawn(async { panic!("of the task") });
            sim.settle().await;
        });
    });
    assert!(
        text.starts_with(
            "a task of the sim panicked, or the code in it caught a panic\n  panic    of the task\n"
        ),
        "{text}"
    );
}

const ALLOW: &str = "allow them: `#[unplugged::test(allow_panics = \"...\")]`, or `SimBuilder::allow_panics`";

/// Answers a panic of its handler, as a service does.
async fn answered() -> u16 {
    let mut handler = pin!(async { panic!("a handler's bug") });
    let polled = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx)));
        std::task::Poll::Ready(polled.is_err())
    });
    if polled.await { 500 } else { 200 }
}

#[test]
fn a_panic_that_the_code_in_a_task_catches_is_told_as_that() {
    let at = line!() - 10;
    let sim = Sim::new();
    let text = panic_text(|| {
        sim.spawn(async { assert_eq!(answered().await, 500) });
        sim.settle();
    });
    let made = line!() - 3;
    assert_eq!(
        text,
        format!(
            "the code in a task of the sim panicked and caught it\n  \
             panic    a handler's bug\n  \
             at       tests/it/sim/panics.rs:{at}:36\n  \
             in       the task spawned at tests/it/sim/panics.rs:{made}:13\n  \
             next     if the code is meant to answer panics, {ALLOW}\n  \
             trace    +0ns began task, made at tests/it/sim/panics.rs:{made}:13\n           \
             +0ns panic `a handler's bug`\n  \
             now      +0ns, seed 0x5eed"
        )
    );
}

#[test]
fn a_panic_that_a_task_of_a_host_catches_is_told_as_that() {
    let sim = Sim::new();
    let host = sim.net().host("server");
    let text = panic_text(|| {
        host.spawn(answered());
        sim.settle();
    });
    let made = line!() - 3;
    let first =
        "the code in a task of the sim panicked and caught it\n  panic    a handler's bug\n  at       ";
    assert!(text.starts_with(first), "{text}");
    let task = format!("\n  in       the task of `server` spawned at tests/it/sim/panics.rs:{made}:14\n");
    assert!(text.contains(&task), "{text}");
}

#[test]
fn a_panic_below_tokio_s_spawn_says_that_either_may_be() {
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            let status = tokio::spawn(answered());
            sim.settle().await;
            assert_eq!(status.await.unwrap(), 500);
        });
    });
    let first = "a task of the sim panicked, or the code in it caught a panic\n  panic    a handler's bug\n";
    assert!(text.starts_with(first), "{text}");
    let next = format!(
        "\n  next     if a task is meant to panic, say `sim.expect_panic(\"...\")` before; if the code is meant to answer \
         panics, {ALLOW}\n"
    );
    assert!(text.contains(&next), "{text}");
}

#[test]
fn a_task_that_catches_one_panic_and_dies_of_another_is_told_both() {
    let sim = Sim::builder().allow_panics("a handler's bug").build();
    let text = panic_text(|| {
        sim.spawn(async {
            answered().await;
            panic!("its own");
        });
        sim.settle();
    });
    assert!(text.starts_with("a task of the sim panicked\n  panic    its own\n"), "{text}");
}

#[test]
fn allowed_panics_may_come_as_often_as_they_do() {
    let sim = Sim::builder().allow_panics("a handler's bug").allow_panics("worker").build();
    sim.run_test(async |sim| {
        for _ in 0..3 {
            assert_eq!(tokio::spawn(answered()).await.unwrap(), 500);
            assert_eq!(sim.spawn(answered()).await.unwrap(), 500);
            assert!(tokio::spawn(async { panic!("a worker's bug") }).await.unwrap_err().is_panic());
        }
        sim.settle().await;
        sim.audit().assert_clean();
    });
    Sim::builder().allow_panics("never comes").build().run(async {});
}

#[test]
fn a_search_may_allow_panics_in_its_storms() {
    let settings = Sim::builder().allow_panics("a handler's bug");
    let body = async |sim: Sim| assert_eq!(sim.spawn(answered()).await.unwrap(), 500);
    explore::seeds_with(&settings, 0..3, body).assert_cases(3);
    let text = panic_text(|| drop(explore::seeds(0..3, body).to_string()));
    assert!(
        text.starts_with("explore::seeds: seed 0x0 fails\n  failure  the code in a task of the sim"),
        "{text}"
    );
}

#[unplugged::test(allow_panics = "a handler's bug")]
async fn a_test_may_allow_panics(sim: Sim) {
    assert_eq!(sim.spawn(answered()).await.unwrap(), 500);
}

#[test]
fn an_allowed_text_allows_no_other() {
    let text = panic_text(|| {
        let sim = Sim::builder().allow_panics("another").build();
        sim.spawn(answered());
        sim.settle();
    });
    assert!(text.starts_with("the code in a task of the sim panicked and caught it\n"), "{text}");
    let text = panic_text(|| drop(Sim::builder().allow_panics("")));
    assert_eq!(text, "`allow_panics` needs a text: an empty one would allow every panic");
}

/// Forwards a panic of a worker thread.
async fn forwards() {
    let worker = thread::spawn(|| -> () { panic!("a bug in a worker") });
    worker.join().unwrap_or_else(|panic| resume_unwind(panic));
}

#[test]
fn a_panic_that_a_task_of_a_host_forwards_is_heard_once_and_names_the_task() {
    let ways: [fn(&Host); 3] = [
        |host| drop(host.spawn(forwards())),
        |host| drop(host.spawn_local(forwards())),
        |host| host.start(|_host| forwards()),
    ];
    let first = line!() - 4;
    for (way, made) in ways.into_iter().zip(first..) {
        let sim = Sim::new();
        let host = sim.net().host("server");
        let text = panic_text(|| {
            way(&host);
            sim.settle();
        });
        let expected = format!(
            "a task of the sim panicked\n  \
             panic    a bug in a worker\n  \
             at       forwarded by the task of `server` spawned at tests/it/sim/panics.rs:{made}:"
        );
        assert!(text.starts_with(&expected), "{text}");
        assert_eq!(text.matches("panic `a bug in a worker`").count(), 1, "{text}");
        Sim::new().run(async {});
    }
}
